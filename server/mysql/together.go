package mysql

import (
	"context"
	"slices"
	"sync"
	"time"
)

// together combines requests that come at the same moment: while one batch is being answered
// the next gathers, as with a disk's log (ADR 0011): two at once are smaller, and cost more.
// Alone, a request is a batch of one; nobody waits for more to come. A batch that is late, as
// behind a lock, holds up nobody else. Where answering has two halves, a large batch begins
// beside those that are past their first.
type together[T interface{ person() int64 }] struct {
	most    int // in a batch
	mu      sync.Mutex
	at      [stages]int // batches that are being answered
	waiting []*turn[T]
}

// stage is how far a batch is.
type stage int

const (
	firstHalf stage = iota
	secondHalf
	late
	stages
)

// turn is a request on its way.
type turn[T any] struct {
	of   T
	lost bool            // answering it broke down
	lead chan []*turn[T] // a batch that this one's caller answers
	done chan struct{}   // closed when it is answered, or lost
}

const (
	togetherLeaders  = 4                     // at most
	togetherBeside   = 2                     // second halves beside which a large batch begins
	togetherPatience = 30 * time.Millisecond // a batch is late after that
	togetherTime     = 15 * time.Second      // for a batch
)

func newTogether[T interface{ person() int64 }](most int) together[T] {
	return together[T]{most: most}
}

// answering answers a batch, and says when it is halfway.
type answering[T any] func(ctx context.Context, batch []T, halfway func())

// do returns when of is answered, by answer, which is given batches; false when that broke
// down.
func (q *together[T]) do(ctx context.Context, of T, answer func(context.Context, []T)) bool {
	return q.halves(ctx, of, func(ctx context.Context, batch []T, _ func()) { answer(ctx, batch) })
}

// halves is do where answering has two halves.
func (q *together[T]) halves(ctx context.Context, of T, answer answering[T]) bool {
	t := &turn[T]{of: of, lead: make(chan []*turn[T], 1), done: make(chan struct{})}
	q.mu.Lock()
	q.waiting = append(q.waiting, t)
	q.start()
	q.mu.Unlock()
	for {
		select {
		case batch := <-t.lead:
			q.answer(ctx, batch, answer)
		case <-t.done:
			return !t.lost
		}
	}
}

// answer answers one batch. It goes on when the leader's own caller went away: the others
// have not.
func (q *together[T]) answer(ctx context.Context, batch []*turn[T], answer answering[T]) {
	now := firstHalf
	patience := time.AfterFunc(togetherPatience, func() { q.move(&now, late) })
	answered := false
	defer func() { // also on panic: nobody waits for ever
		patience.Stop()
		q.move(&now, stages)
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
	answer(ctx, all, func() { q.move(&now, secondHalf) })
	answered = true
}

// move brings a batch to a later stage, stages when it is answered, and starts what may be
// answered now.
func (q *together[T]) move(now *stage, to stage) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if to <= *now {
		return
	}
	q.at[*now]--
	if *now = to; to < stages {
		q.at[to]++
	}
	q.start()
}

// start gives what waits to a leader, if it may begin. q.mu is held.
func (q *together[T]) start() {
	large := len(q.waiting) >= (q.most*5+7)/8
	free := q.at[firstHalf] == 0 && (q.at[secondHalf] == 0 || q.at[secondHalf] <= togetherBeside && large)
	if len(q.waiting) == 0 || !free || q.at[firstHalf]+q.at[secondHalf]+q.at[late] >= togetherLeaders {
		return
	}
	q.at[firstHalf]++
	batch := q.take()
	batch[0].lead <- batch
}

// take picks what can go together: of one person only one request, so that the next sees
// what the first one made. Where person is 0 it does not matter whose it is.
func (q *together[T]) take() (batch []*turn[T]) {
	people := map[int64]bool{}
	q.waiting = slices.DeleteFunc(q.waiting, func(t *turn[T]) bool {
		who := t.of.person()
		if len(batch) == q.most || who != 0 && people[who] {
			return false
		}
		people[who] = true
		batch = append(batch, t)
		return true
	})
	return batch
}
