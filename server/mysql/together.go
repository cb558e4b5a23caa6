package mysql

import (
	"context"
	"slices"
	"sync"
	"time"
)

// together combines requests that come at the same moment: whoever finds a place among the
// leaders answers all that wait by then, as the disk does with the log (ADR 0011). Alone, a
// request is a batch of one; nobody ever waits for more to come.
type together[T interface{ person() int64 }] struct {
	leaders chan struct{}
	most    int // in a batch
	mu      sync.Mutex
	waiting []*turn[T]
}

// turn is a request on its way.
type turn[T any] struct {
	of    T
	lost  bool          // answering it broke down
	taken chan struct{} // closed when it is in a batch
	done  chan struct{} // closed when it is answered, or lost
}

const (
	togetherLeaders = 2
	togetherTime    = 15 * time.Second // for a batch
)

func newTogether[T interface{ person() int64 }](most int) together[T] {
	return together[T]{leaders: make(chan struct{}, togetherLeaders), most: most}
}

// do returns when of is answered, by answer, which is given batches; false when that broke
// down.
func (q *together[T]) do(ctx context.Context, of T, answer func(context.Context, []T)) bool {
	t := &turn[T]{of: of, taken: make(chan struct{}), done: make(chan struct{})}
	q.mu.Lock()
	q.waiting = append(q.waiting, t)
	q.mu.Unlock()
	for {
		select {
		case <-t.taken: // somebody leads it
			<-t.done
			return !t.lost
		case q.leaders <- struct{}{}:
			q.lead(ctx, answer)
		}
	}
}

// lead answers one batch, as one of the leaders. It goes on when the leader's own caller
// went away: the others have not.
func (q *together[T]) lead(ctx context.Context, answer func(context.Context, []T)) {
	defer func() { <-q.leaders }()
	batch := q.take()
	if len(batch) == 0 {
		return
	}
	answered := false
	defer func() { // also on panic: nobody waits for ever
		for _, t := range batch {
			t.lost = !answered
			close(t.done)
		}
	}()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), togetherTime)
	defer cancel()
	all := make([]T, len(batch))
	for i, t := range batch {
		all[i] = t.of
	}
	answer(ctx, all)
	answered = true
}

// take picks what can go together: of one person only one request, so that the next sees
// what the first one made. Where person is 0 it does not matter whose it is.
func (q *together[T]) take() (batch []*turn[T]) {
	q.mu.Lock()
	defer q.mu.Unlock()
	people := map[int64]bool{}
	q.waiting = slices.DeleteFunc(q.waiting, func(t *turn[T]) bool {
		who := t.of.person()
		if len(batch) == q.most || who != 0 && people[who] {
			return false
		}
		people[who] = true
		close(t.taken)
		batch = append(batch, t)
		return true
	})
	return batch
}
