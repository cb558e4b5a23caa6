package moment_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"warmcabin/server/moment"
)

// TestFresh: whoever asks after something happened is told of it, however many ask.
func TestFresh(t *testing.T) {
	t.Parallel()
	var happened, stale atomic.Int64
	r := moment.New(func(_ context.Context, people []int) ([]int64, error) {
		answers := make([]int64, len(people))
		for i := range people {
			answers[i] = happened.Load()
		}
		return answers, nil
	})
	var all sync.WaitGroup
	for w := range 16 {
		all.Go(func() {
			for range 2000 {
				n := happened.Add(1)
				got, err := r.Get(t.Context(), w%5)
				if err != nil || got < n {
					stale.Add(1)
				}
			}
		})
	}
	all.Wait()
	if n := stale.Load(); n != 0 {
		t.Errorf("%d answers were older than their question", n)
	}
}

// TestTogether: what comes while a reading is on its way is one reading, each question in
// it once; what does not fit goes in another.
func TestTogether(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var readings [][]int
		var mu sync.Mutex
		r := moment.New(func(_ context.Context, qs []int) ([]int, error) {
			mu.Lock()
			readings = append(readings, slices.Clone(qs))
			mu.Unlock()
			time.Sleep(10 * time.Millisecond)
			out := make([]int, len(qs))
			for i, q := range qs {
				out[i] = 10 * q
			}
			return out, nil
		})
		var all sync.WaitGroup
		for i := range 81 {
			all.Go(func() {
				if got, err := r.Get(t.Context(), i%40); err != nil || got != 10*(i%40) {
					t.Errorf("%d: %d, %v", i, got, err)
				}
			})
			if i == 0 {
				synctest.Wait() // alone: read at once
			}
		}
		all.Wait()
		var sizes []int
		for _, qs := range readings {
			sizes = append(sizes, len(qs))
			if once := slices.Compact(slices.Sorted(slices.Values(qs))); len(once) != len(qs) {
				t.Errorf("a question twice: %v", qs)
			}
		}
		if len(sizes) < 3 || len(sizes) > 4 || sizes[0] != 1 || slices.Max(sizes) != 32 {
			t.Errorf("readings of %v questions", sizes)
		}
	})
}

// TestOneThatHangs holds up the next for a moment only.
func TestOneThatHangs(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var first atomic.Bool
		r := moment.New(func(ctx context.Context, qs []string) ([]string, error) {
			if first.CompareAndSwap(false, true) {
				<-ctx.Done()
				return nil, ctx.Err()
			}
			return qs, nil
		})
		hung := make(chan error, 1)
		begun := time.Now()
		go func() { _, err := r.Get(t.Context(), "a"); hung <- err }()
		synctest.Wait()
		if got, err := r.Get(t.Context(), "b"); got != "b" || err != nil || time.Since(begun) > 50*time.Millisecond {
			t.Errorf("%q, %v after %v", got, err, time.Since(begun))
		}
		if err := <-hung; !errors.Is(err, context.DeadlineExceeded) || time.Since(begun) > time.Minute {
			t.Errorf("the one that hung: %v after %v", err, time.Since(begun))
		}
	})
}

// TestLeft: one who goes away takes nobody along, and a panic leaves nobody waiting.
func TestLeft(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := moment.New(func(ctx context.Context, qs []int) ([]int, error) {
			time.Sleep(time.Millisecond)
			if slices.Contains(qs, 13) {
				panic("thirteen")
			}
			return qs, ctx.Err()
		})
		leaving, leave := context.WithCancel(t.Context())
		var all sync.WaitGroup
		for i := range 3 { // 0 is on its way; 1 and 2 wait for the next, which 1 will lead
			all.Go(func() {
				got, err := r.Get([]context.Context{t.Context(), leaving, t.Context()}[i], i)
				if got != i || err != nil {
					if i == 1 && errors.Is(err, context.Canceled) {
						return
					}
					t.Errorf("%d: %d, %v", i, got, err)
				}
			})
			synctest.Wait()
		}
		leave()
		all.Wait()
		gone, cancel := context.WithCancel(t.Context())
		cancel()
		all.Go(func() { _, _ = r.Get(t.Context(), 7) })
		synctest.Wait()
		all.Go(func() { _, _ = r.Get(t.Context(), 8) })
		synctest.Wait()
		if _, err := r.Get(gone, 9); !errors.Is(err, context.Canceled) {
			t.Errorf("who is gone waits for others: %v", err)
		}
		all.Wait()

		all.Go(func() {
			defer func() {
				if recover() == nil {
					t.Error("the panic was swallowed")
				}
			}()
			_, _ = r.Get(t.Context(), 13)
		})
		synctest.Wait()
		all.Go(func() {
			if got, err := r.Get(t.Context(), 3); got != 3 || err != nil {
				t.Errorf("after the panic: %d, %v", got, err)
			}
		})
		all.Wait()
	})
}
