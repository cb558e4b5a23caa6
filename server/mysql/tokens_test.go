package mysql_test

import (
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// A new token is forced once in half a minute, however many processes want to and whatever
// Redis forgot in between.
func TestMayForceOnceInAWhile(t *testing.T) {
	t.Parallel()
	s := newStreet(t, 0)
	const gap = 30 * time.Second
	ask := func(account string) (allowed int64) {
		t.Helper()
		var n atomic.Int64
		var all sync.WaitGroup
		for range 8 {
			all.Go(func() {
				if may, err := s.db.Tokens.MayForce(t.Context(), account, gap); err != nil {
					t.Error(err)
				} else if may {
					n.Add(1)
				}
			})
		}
		all.Wait()
		return n.Load()
	}
	for _, step := range []struct {
		wait time.Duration
		want int64
	}{{0, 1}, {time.Second, 0}, {gap - time.Second - time.Millisecond, 0}, {time.Millisecond, 1}, {time.Hour, 1}, {-2 * time.Second, 0}, {-time.Hour, 1}} {
		s.clock.Advance(step.wait)
		if got := ask("wx-a"); got != step.want {
			t.Errorf("after %v more: %d of 8 may, want %d", step.wait, got, step.want)
		}
	}
	if ask("wx-b") != 1 {
		t.Error("another account's counts")
	}
}
