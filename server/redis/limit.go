package redis

import (
	"context"
	"errors"
	"fmt"
	"time"

	"warmcabin/server/cabin"
)

// By says whose requests a Limit counts together.
type By int

// The two ways to count.
const (
	ByPerson By = iota
	ByIP
)

// Limit is a rate limit (GCRA): Rate requests per Per, evenly spread, of which Burst may
// come at once.
type Limit struct {
	Name  string // limits of the same name share their counts
	Rate  int
	Per   time.Duration
	Burst int // 0 means Rate
	By    By
}

// counting is a Limit as the scripts take it.
type counting struct {
	step  int64 // what one request costs, in microseconds
	burst int   // how many may come at once
	keep  int64 // how long a count is kept, in milliseconds: a minute longer than a full burst is worked off, as a test's clock may stand still
}

func (l *Limit) counting() (counting, error) {
	if l.Name == "" || l.Rate <= 0 || l.Per <= 0 || l.Burst < 0 {
		return counting{}, cabin.E(cabin.CodeInternal, "系统出错了，请稍后再试", fmt.Errorf("redis: impossible limit %+v", *l))
	}
	c := counting{burst: l.Burst}
	if c.burst == 0 {
		c.burst = l.Rate
	}
	per, rate := l.Per.Microseconds(), int64(l.Rate)
	c.step = (per + rate - 1) / rate
	c.keep = c.step*int64(c.burst)/1000 + time.Minute.Milliseconds()
	return c, nil
}

// Allow counts one request under limit and key, for routes that come before a session: key
// is the caller's IP, whatever limit.By says. Over the limit it returns CodeTooMany with
// RetryAfter; CodeUnavailable when Redis does not answer.
func (s *Sessions) Allow(ctx context.Context, key string, limit Limit) error {
	c, err := limit.counting()
	if err != nil {
		return err
	}
	wait, err := s.run(ctx, allow, []string{limitKey + limit.Name + ":" + key}, s.now().UnixMicro(), c.step, c.burst, c.keep).Int64()
	if err != nil {
		return unavailable(err)
	}
	if wait > 0 {
		return tooMany(wait)
	}
	return nil
}

// tooMany takes the wait in microseconds.
func tooMany(wait any) error {
	us, ok := wait.(int64)
	if !ok {
		return unavailable(errors.New("redis: odd wait"))
	}
	seconds := int((time.Duration(us)*time.Microsecond + time.Second - 1) / time.Second)
	e := cabin.E(cabin.CodeTooMany, fmt.Sprintf("您操作得太快了，请在%s后再试", spoken(seconds)))
	e.RetryAfter = seconds
	return e
}

func spoken(seconds int) string {
	switch {
	case seconds < 60:
		return fmt.Sprintf(" %d 秒", seconds)
	case seconds < 3600:
		return fmt.Sprintf(" %d 分钟", (seconds+59)/60)
	default:
		return fmt.Sprintf(" %d 小时", (seconds+3599)/3600)
	}
}
