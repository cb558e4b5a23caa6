package main

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"
	"time"
)

// side is one of two servers under the same load.
type side struct {
	name    string
	process *child
	want    int           // the status of a good answer
	next    func() []byte // the next request; nil when there is no more. Called by many at once
	calls   []*call       // kept open over the rounds
	odd     int           // answers of another status, over all rounds
}

// round is what a side did in one stretch of time.
type round struct {
	took  time.Duration   // from the first request to the last answer
	waits []time.Duration // of each good answer, sorted
}

// rate is good answers a second.
func (r round) rate() float64 {
	if r.took <= 0 {
		return 0
	}
	return float64(len(r.waits)) / r.took.Seconds()
}

// percentile is the smallest wait that p percent of all do not exceed; 0 of none.
func percentile(sorted []time.Duration, p float64) time.Duration {
	if len(sorted) == 0 {
		return 0
	}
	rank := int(math.Ceil(p / 100 * float64(len(sorted))))
	return sorted[min(max(rank, 1), len(sorted))-1]
}

// median returns the round of median rate, the lower one of two.
func median(rounds []round) round {
	if len(rounds) == 0 {
		return round{}
	}
	sorted := slices.SortedFunc(slices.Values(rounds), func(a, b round) int {
		switch {
		case a.rate() < b.rate():
			return -1
		case a.rate() > b.rate():
			return 1
		}
		return 0
	})
	return sorted[(len(sorted)-1)/2]
}

const oddShown = 3 // unexpected answers of a side that are shown

// load keeps c requests in flight for about d. A request that got no answer at all ends
// the bench: a server that dies has no figures.
func (s *side) load(ctx context.Context, l *lab, c int, d time.Duration) (round, error) {
	for len(s.calls) < c {
		s.calls = append(s.calls, newCall(s.process.addr))
	}
	waits, odds, failed := make([][]time.Duration, c), make([][]string, c), make([]error, c)
	start := time.Now()
	var workers sync.WaitGroup
	for i := range c {
		workers.Go(func() { waits[i], odds[i], failed[i] = s.work(ctx, s.calls[i], start.Add(d)) })
	}
	workers.Wait()
	r := round{took: time.Since(start), waits: slices.Concat(waits...)}
	slices.Sort(r.waits)
	for _, odd := range slices.Concat(odds...) {
		if s.odd++; s.odd <= oddShown {
			l.note("  %s：意外的回答 %s", s.name, odd)
		}
	}
	for _, err := range failed {
		if err != nil {
			return r, fmt.Errorf("%s: %w", s.name, err)
		}
	}
	return r, ctx.Err()
}

// work is one client: the next request when the last is answered.
func (s *side) work(ctx context.Context, to *call, until time.Time) (waits []time.Duration, odds []string, err error) {
	for {
		begun := time.Now()
		if !begun.Before(until) || ctx.Err() != nil {
			return waits, odds, nil
		}
		request := s.next()
		if request == nil {
			return waits, odds, nil
		}
		status, body, err := to.do(request)
		if err != nil {
			return waits, odds, err
		}
		if status == s.want {
			waits = append(waits, time.Since(begun))
		} else {
			odds = append(odds, said(status, body))
		}
	}
}

// said is an answer in one line.
func said(status int, body []byte) string {
	return fmt.Sprintf("%d %s", status, strings.ToValidUTF8(strings.TrimSpace(string(body[:min(len(body), 300)])), ""))
}

func (s *side) close() {
	for _, c := range s.calls {
		c.close()
	}
}

// plan says how long a comparison takes.
type plan struct {
	warm   time.Duration
	rounds int
	each   time.Duration
	settle func(context.Context) error // before each round: what the last one left is no burden of the next
}

// against loads a and b in turns and returns their rounds; notes say where the time went.
func (l *lab) against(ctx context.Context, name string, p plan, c int, a, b *side) (as, bs []round, err error) {
	defer a.close()
	defer b.close()
	sides := []*side{a, b}
	done := [2][]round{}
	spent := [2]meter{}
	for i := range p.rounds + 1 {
		for k, s := range sides {
			if err := p.settle(ctx); err != nil {
				return nil, nil, err
			}
			if i == 0 { // warm
				if _, err := s.load(ctx, l, c, p.warm); err != nil {
					return nil, nil, err
				}
				continue
			}
			before, err := l.read(ctx, s.process)
			if err != nil {
				return nil, nil, err
			}
			r, err := s.load(ctx, l, c, p.each)
			if err != nil {
				return nil, nil, err
			}
			after, err := l.read(ctx, s.process)
			if err != nil {
				return nil, nil, err
			}
			if len(r.waits) > 0 {
				done[k] = append(done[k], r)
			}
			spent[k] = spent[k].plus(after.minus(before))
		}
	}
	for k, s := range sides {
		l.note("  %s %s：%s", name, s.name, spent[k].sentence(done[k]))
		if s.odd > 0 {
			l.note("  %s %s：%d 个意外的回答", name, s.name, s.odd)
		}
	}
	return done[0], done[1], nil
}

// versus is against, as one line: ours over the floor.
func (s *stage) versus(ctx context.Context, name string, c int, ours, floor *side, t target) (result, error) {
	ours.name, ours.process = "我们", s.server
	floor.name, floor.process = "底线", s.floor
	s.server.forgetPeak()
	p := plan{warm: time.Second, rounds: 5, each: 1500 * time.Millisecond, settle: s.settle}
	as, bs, err := s.lab.against(ctx, name, p, c, ours, floor)
	if err != nil {
		return result{}, err
	}
	return compared(name, c, median(as), median(bs), ours.odd, s.notePeak(), t), nil
}
