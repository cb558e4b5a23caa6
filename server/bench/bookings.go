package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// Booking, the writing side of issue 3.

const (
	wideDeputies = 60
	mostBookings = 44_000 // what the rounds may use up
	racers       = 200
	races        = 200
	raceLimit    = 2 * time.Minute // for all of them: a round that is not run is not won
)

// errand is one booking to be made: a seat and who takes it.
type errand struct {
	seat
	resident int // 0…n-1
}

// errands gives seats, which are in order of time, to residents: one each, then, for the
// later times, a second one each, so that nobody is asked to be in two places. The order
// is shuffled, always in the same way: phones do not book side by side. It returns how
// many residents are needed.
func errands(seats []seat) (all []errand, residents int) {
	half := len(seats) / 2
	for half > 0 && half < len(seats) && seats[half].start.Equal(seats[half-1].start) {
		half++
	}
	shuffle := rand.New(rand.NewPCG(3, 14))
	for _, part := range [][]seat{seats[:half], seats[half:min(2*half, len(seats))]} {
		begin := len(all)
		for i, at := range part {
			all = append(all, errand{at, i})
		}
		shuffle.Shuffle(len(part), func(i, j int) {
			all[begin+i], all[begin+j] = all[begin+j], all[begin+i]
		})
	}
	return all, half
}

// used counts through n things; next returns the number, or false at the end.
func used(n int) func() (int, bool) {
	var at atomic.Int64
	return func() (int, bool) { i := int(at.Add(1)) - 1; return i, i < n }
}

// bookingCreate books distinct slots for distinct residents, with everything that a
// booking does, against two bare inserts.
func bookingCreate(ctx context.Context, s *stage) ([]result, error) {
	first, err := s.addDeputies(ctx, wideDeputies, wide)
	if err != nil {
		return nil, err
	}
	seats, err := s.seats(ctx, first, wideDeputies)
	if err != nil {
		return nil, err
	}
	all, n := errands(seats[:min(len(seats), mostBookings)])
	_, tokens, err := s.addResidents(ctx, n)
	if err != nil {
		return nil, err
	}
	nextOurs, nextFloor := used(len(all)), used(1<<40)
	ours := &side{want: http.StatusCreated, next: func() []byte {
		i, ok := nextOurs()
		if !ok {
			return nil
		}
		return post("/api/v1/bookings", tokens[all[i].resident], fmt.Sprintf("create-%06d", i), bookingBody(all[i].seat))
	}}
	floor := &side{want: http.StatusCreated, next: func() []byte {
		i, _ := nextFloor()
		e := all[i%len(all)]
		body := fmt.Appendf(nil, `{"residentId":%d,`, 10_000_000+i) // one open booking each
		return post("/floor/booking", "", "", append(body, bookingBody(e.seat)[1:]...))
	}}
	r, err := s.versus(ctx, "booking_create", inFlight, ours, floor, atLeast(0.70))
	return []result{r}, err
}

// try is one racer's answer.
type try struct {
	status int
	body   []byte
	took   time.Duration
}

// bookingRace sends 200 people for one seat, 200 times. The value is how many rounds had
// exactly one winner while every loser was told so, with other times to choose from.
func bookingRace(ctx context.Context, s *stage) ([]result, error) {
	first, err := s.addDeputies(ctx, 1, wide)
	if err != nil {
		return nil, err
	}
	seats, err := s.seats(ctx, first, 1)
	if err != nil {
		return nil, err
	}
	if len(seats) < races {
		return nil, fmt.Errorf("%d free slots for %d rounds", len(seats), races)
	}
	// Nobody races more than nine times: a person may send ten requests at once.
	_, tokens, err := s.addResidents(ctx, racers*races/8)
	if err != nil {
		return nil, err
	}
	if err := s.settle(ctx); err != nil {
		return nil, err
	}
	s.server.forgetPeak()
	before, err := s.lab.read(ctx, s.server)
	if err != nil {
		return nil, err
	}
	fair, losers, err := s.runRaces(ctx, tokens, seats)
	if err != nil {
		return nil, err
	}
	after, err := s.lab.read(ctx, s.server)
	if err != nil {
		return nil, err
	}
	s.lab.note("  booking_race：%s；没有约到的 p50 %.0f ms、p99 %.0f ms", after.minus(before).sentence([]round{losers}),
		ms(percentile(losers.waits, 50)), ms(percentile(losers.waits, 99)))
	s.notePeak()
	return []result{
		valued("booking_race", float64(fair), atLeast(races)),
		valued("booking_race_slowest_loser_s", percentile(losers.waits, 100).Seconds(), atMost(1)),
	}, nil
}

// runRaces runs the rounds and returns how many were fair, and the waits of all losers.
func (s *stage) runRaces(ctx context.Context, tokens []string, seats []seat) (fair int, losers round, err error) {
	calls := make([]*call, racers)
	for i := range calls {
		calls[i] = newCall(s.server.addr)
		defer calls[i].close()
	}
	until, shown := time.Now().Add(raceLimit), 0
	for k := range races {
		if time.Now().After(until) {
			s.lab.note("  booking_race：%v 内只跑了 %d 轮", raceLimit, k)
			break
		}
		people := tokens[:racers]
		tries, took, err := race(ctx, calls, people, seats[k], k)
		if err != nil {
			return fair, losers, err
		}
		winner, waits, fault := judge(tries)
		if fault == "" {
			fair++
		} else if shown++; shown <= oddShown {
			s.lab.note("  booking_race 第 %d 轮：%s", k+1, fault)
		}
		// To the end of the line; who has won has booked.
		tokens = append(tokens[racers:], people...)
		if winner >= 0 {
			at := len(tokens) - racers + winner
			tokens = slices.Delete(tokens, at, at+1)
		}
		losers.waits, losers.took = append(losers.waits, waits...), losers.took+took
	}
	slices.Sort(losers.waits)
	return fair, losers, nil
}

// race lets everybody go for one seat at once.
func race(ctx context.Context, calls []*call, tokens []string, at seat, k int) ([]try, time.Duration, error) {
	tries, failed := make([]try, len(calls)), make([]error, len(calls))
	start := make(chan struct{})
	var all sync.WaitGroup
	for i, c := range calls {
		request := post("/api/v1/bookings", tokens[i], fmt.Sprintf("race-%04d", k), bookingBody(at))
		all.Go(func() {
			<-start
			begun := time.Now()
			status, body, err := c.do(request)
			tries[i], failed[i] = try{status, body, time.Since(begun)}, err
		})
	}
	begun := time.Now()
	close(start)
	all.Wait()
	took := time.Since(begun)
	for _, err := range failed {
		if err != nil {
			return nil, 0, err
		}
	}
	return tries, took, ctx.Err()
}

// judge finds the winner (-1 when there is not exactly one), the waits of the losers, and
// what was wrong with the round, "" for nothing.
func judge(tries []try) (winner int, losers []time.Duration, fault string) {
	winner, winners := -1, 0
	for i, t := range tries {
		if t.status == http.StatusCreated {
			winner, winners = i, winners+1
			continue
		}
		losers = append(losers, t.took)
		refusal, err := decode[struct {
			Code         string           `json:"code"`
			Alternatives []map[string]any `json:"alternatives"`
		}](t.body)
		if err != nil || t.status != http.StatusConflict || refusal.Code != "slot_taken" || len(refusal.Alternatives) == 0 {
			fault = said(t.status, t.body)
		}
	}
	if winners != 1 {
		return -1, losers, fmt.Sprintf("%d 个人约到了 %s", winners, fault)
	}
	return winner, losers, fault
}
