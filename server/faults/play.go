package main

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"sync"
	"time"

	"warmcabin/server/wechat/wechatsim"
)

// plan says how long and how hard.
type plan struct {
	rounds      int
	residents   int
	pause       time.Duration // of a resident between two requests, about
	least, most time.Duration // of load before a kill
	hurry       bool          // ends the leases of killed workers by hand: a test has no two minutes
}

const (
	badCalls    = 0.1                    // of all calls to WeChat
	downFor     = 500 * time.Millisecond // between a kill and the start
	recoverTime = 30 * time.Second       // a part that takes longer is a fault of its own
	settleTime  = 4 * time.Minute        // a lease, and what waited for it
)

// play runs the rounds, lets everything settle and counts.
func (s *site) play(ctx context.Context, p plan, notes io.Writer) (*verdict, error) {
	if err := s.people(ctx, p.residents); err != nil {
		return nil, err
	}
	s.sim.SetWeather(wechatsim.Weather{Chance: badCalls})
	loading, stop := context.WithCancel(ctx)
	var crowd sync.WaitGroup
	for _, ph := range s.phones {
		crowd.Go(func() { ph.live(loading, p.pause) })
	}
	err := s.rounds(ctx, p, notes)
	stop()
	crowd.Wait()
	if err != nil {
		return nil, err
	}
	s.sim.ClearFaults()
	fmt.Fprintf(notes, "负载停止，等通知发完（被杀的后台任务手里的通知要等租约到期）…\n")
	if err := s.settle(ctx, p.hurry); err != nil {
		return nil, err
	}
	return s.count(ctx)
}

func (s *site) rounds(ctx context.Context, p plan, notes io.Writer) error {
	parts := s.parts()
	for i := range p.rounds {
		at := parts[i%len(parts)]
		r := s.journal.begin(at.kind)
		if err := rest(ctx, p.least+rand.N(p.most-p.least)); err != nil {
			return err
		}
		at.kill()
		s.journal.killed(r)
		if err := rest(ctx, downFor); err != nil {
			return err
		}
		if err := at.start(ctx); err != nil {
			return fmt.Errorf("%s 被杀后没有重新启动：%w", at.kind, err)
		}
		took, err := s.awaitSuccess(ctx, at.kind, r)
		if err != nil {
			return err
		}
		fmt.Fprintf(notes, "第 %d 轮：%s 被杀，%.2f 秒后恢复\n", i+1, at.kind, took.Seconds())
	}
	return nil
}

// awaitSuccess waits for the first request that was made after the kill and acknowledged;
// after a worker's, for the first message that reached WeChat.
func (s *site) awaitSuccess(ctx context.Context, kind string, r int) (time.Duration, error) {
	limit := time.Now().Add(recoverTime)
	for time.Now().Before(limit) {
		if kind == killWorker {
			if at := s.post.firstAfter(s.journal.killTime(r)); !at.IsZero() {
				s.journal.recovered(r, at)
			}
		}
		if took := s.journal.recovery(r); took > 0 {
			return took, nil
		}
		if err := rest(ctx, 10*time.Millisecond); err != nil {
			return 0, err
		}
	}
	return 0, fmt.Errorf("%s 被杀并重新启动后，%v 内没有一个成功的请求", kind, recoverTime)
}

// settle waits until every message is in a final state; what is not then is counted as lost.
func (s *site) settle(ctx context.Context, hurry bool) error {
	limit := time.Now().Add(settleTime)
	for time.Now().Before(limit) {
		if hurry { // what a worker had when it was killed; a deadlock is tried again
			for _, kill := range s.journal.workerKills() {
				_, _ = s.db.ExecContext(ctx, `UPDATE outbox_busy b JOIN outbox o ON o.id = b.outbox_id SET b.lease_until = o.attempted_at WHERE o.attempted_at BETWEEN ? AND ?`, kill.UTC().Add(-workerMay), kill.UTC())
			}
		}
		var open int
		if err := s.db.QueryRowContext(ctx, `SELECT COUNT(*) FROM outbox WHERE state IN ('waiting', 'sending')`).Scan(&open); err != nil {
			return err
		}
		if open == 0 {
			return nil
		}
		if err := rest(ctx, 200*time.Millisecond); err != nil {
			return err
		}
	}
	return nil
}

func rest(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
