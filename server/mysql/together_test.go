package mysql

import (
	"context"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// guest is a request of a person.
type guest struct{ who, n int64 }

func (g guest) person() int64 { return g.who }

// served are the batches in the order in which they began.
type served struct {
	mu      sync.Mutex
	batches [][]int64
}

func (s *served) began(all []guest) {
	ns := make([]int64, len(all))
	for i, g := range all {
		ns[i] = g.n
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.batches = append(s.batches, ns)
}

func (s *served) sizes() (sizes []int) {
	for _, b := range s.batches {
		sizes = append(sizes, len(b))
	}
	return sizes
}

// What comes while a batch is being answered goes together in the next, at most as many as
// fit; of one person one after the other.
func TestTogetherGathers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q, s := newTogether[guest](4), served{}
		answer := func(_ context.Context, all []guest) {
			s.began(all)
			time.Sleep(togetherPatience / 2)
		}
		var guests sync.WaitGroup
		come := func(g guest) {
			guests.Go(func() {
				if !q.do(t.Context(), g, answer) {
					t.Error(g, "was lost")
				}
			})
			synctest.Wait()
		}
		for n := range int64(7) { // 0 alone, then as many as fit, then the rest
			come(guest{who: n, n: n})
		}
		come(guest{who: 6, n: 7}) // the same person again
		guests.Wait()
		if got := s.sizes(); !slices.Equal(got, []int{1, 4, 2, 1}) {
			t.Errorf("batches of %v: %v", got, s.batches)
		}
	})
}

// A batch behind a lock is waited for by its own people only.
func TestTogetherPassesWhatIsLate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q, begun := newTogether[guest](4), time.Now()
		answer := func(_ context.Context, all []guest) {
			if all[0].n == 0 {
				time.Sleep(time.Second)
			}
		}
		took := make([]time.Duration, 3)
		var guests sync.WaitGroup
		for n := range int64(3) {
			guests.Go(func() {
				q.do(t.Context(), guest{who: n, n: n}, answer)
				took[n] = time.Since(begun)
			})
			synctest.Wait()
		}
		guests.Wait()
		if took[0] != time.Second || took[1] != togetherPatience || took[2] != togetherPatience {
			t.Errorf("answered after %v", took)
		}
	})
}

// However many are late, no more than a few batches are under way.
func TestTogetherIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := newTogether[guest](4)
		var mu sync.Mutex
		open, most := 0, 0
		answer := func(context.Context, []guest) {
			mu.Lock()
			open++
			most = max(most, open)
			mu.Unlock()
			time.Sleep(time.Second)
			mu.Lock()
			open--
			mu.Unlock()
		}
		var guests sync.WaitGroup
		for n := range int64(40) {
			guests.Go(func() { q.do(t.Context(), guest{who: n, n: n}, answer) })
			time.Sleep(2 * togetherPatience)
		}
		guests.Wait()
		if most != togetherLeaders {
			t.Errorf("%d batches at once", most)
		}
	})
}

// When answering breaks down everybody is told so, and the next ones are answered.
func TestTogetherBreaksDown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := newTogether[guest](4)
		hold := make(chan struct{})
		answer := func(_ context.Context, all []guest) {
			<-hold
			if len(all) > 1 {
				panic("broken")
			}
		}
		lost := make([]bool, 3)
		var guests sync.WaitGroup
		for n := range int64(3) {
			guests.Go(func() {
				defer func() { _ = recover() }() // the leader's own caller sees the panic
				lost[n] = true
				lost[n] = !q.do(t.Context(), guest{who: n, n: n}, answer)
			})
			synctest.Wait()
		}
		close(hold)
		guests.Wait()
		if !slices.Equal(lost, []bool{false, true, true}) {
			t.Errorf("lost: %v", lost)
		}
		if !q.do(t.Context(), guest{n: 9}, answer) {
			t.Error("the next one was lost")
		}
	})
}

// Beside a batch that is past its first half a large one begins, a small one waits; beside
// one that is not, or beside two, none does.
func TestTogetherBeginsHalfway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q, s := newTogether[guest](4), served{}
		half := togetherPatience / 8 // the second one is three times as long
		var guests sync.WaitGroup
		come := func(from, to int64) {
			for n := from; n < to; n++ {
				guests.Go(func() {
					q.halves(t.Context(), guest{who: n, n: n}, func(_ context.Context, all []guest, halfway func()) {
						s.began(all)
						time.Sleep(half)
						halfway()
						time.Sleep(3 * half)
					})
				})
				synctest.Wait()
			}
		}
		began := func(when string, want ...int) {
			t.Helper()
			synctest.Wait()
			if got := s.sizes(); !slices.Equal(got, want) {
				t.Errorf("%s: batches of %v, want %v", when, got, want)
			}
		}
		come(0, 3)
		time.Sleep(half + time.Nanosecond)
		began("two wait beside a second half", 1)
		come(3, 4)
		began("three wait there", 1, 3)
		come(4, 8)
		time.Sleep(half - 2*time.Nanosecond)
		began("a first half is under way", 1, 3)
		time.Sleep(2 * time.Nanosecond)
		began("two are past their first halves", 1, 3, 4)
		come(8, 12)
		time.Sleep(half)
		began("three are", 1, 3, 4)
		time.Sleep(half)
		began("one of the three is answered", 1, 3, 4, 4)
		guests.Wait()
	})
}
