package mysql

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"warmcabin/server/cabin"
)

// asking combines requests that come at the same moment: whoever finds a place among the
// leaders answers all that wait by then, in one transaction with one COMMIT, as the disk
// does with the log. Alone, a request is a batch of one; nobody ever waits for more to come.
type asking struct {
	leaders chan struct{}
	mu      sync.Mutex
	waiting []*asked
}

// asked is a request on its way. done is closed when made, earlier or err is final.
type asked struct {
	ctx     context.Context
	key     Key
	n       NewBooking
	made    *cabin.Booking
	earlier int64
	err     error
	taken   chan struct{} // closed when it is in a batch
	done    chan struct{}
}

const (
	askingLeaders = 2
	askingBatch   = 16
	askingTime    = 15 * time.Second
)

// do returns when a is answered, by answer, which is given batches.
func (q *asking) do(a *asked, answer func(context.Context, []*asked)) {
	q.mu.Lock()
	q.waiting = append(q.waiting, a)
	q.mu.Unlock()
	for {
		select {
		case <-a.taken: // somebody leads it
			<-a.done
			return
		case q.leaders <- struct{}{}:
			q.lead(a, answer)
		}
	}
}

// lead answers one batch, as one of the leaders. It goes on when the leader's own caller went away: the others
// have not.
func (q *asking) lead(a *asked, answer func(context.Context, []*asked)) {
	defer func() { <-q.leaders }()
	batch := q.take()
	if len(batch) == 0 {
		return
	}
	defer func() { // also on panic: nobody waits for ever
		for _, b := range batch {
			if b.made == nil && b.earlier == 0 && b.err == nil {
				b.err = cabin.E(cabin.CodeInternal, "系统出错了，我们会尽快处理，请稍后再试。")
			}
			close(b.done)
		}
	}()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(a.ctx), askingTime)
	defer cancel()
	answer(ctx, batch)
}

// take picks what can go together: of one resident only one request, so that the next
// sees what the first one made.
func (q *asking) take() []*asked {
	q.mu.Lock()
	defer q.mu.Unlock()
	var batch, rest []*asked
	residents := map[int64]bool{}
	for _, a := range q.waiting {
		if len(batch) < askingBatch && !residents[a.n.ResidentID] {
			residents[a.n.ResidentID] = true
			close(a.taken)
			batch = append(batch, a)
			continue
		}
		rest = append(rest, a)
	}
	q.waiting = rest
	return batch
}

// answer books for a batch in one transaction. What one of them breaks is undone for all,
// and each is asked for itself.
func (s Bookings) answer(ctx context.Context, batch []*asked) {
	// In one order everywhere: two batches may hold the same people and deputies.
	slices.SortFunc(batch, func(a, b *asked) int {
		return cmp.Or(cmp.Compare(a.n.ResidentID, b.n.ResidentID), cmp.Compare(a.n.DeputyID, b.n.DeputyID))
	})
	err := s.db.InTx(ctx, func(tx *Tx) error { return s.requestAll(tx, batch) })
	switch {
	case err == nil:
		for _, a := range batch {
			if len(batch) > 1 && errors.Is(a.err, errAgain) {
				s.answer(ctx, []*asked{a})
			}
		}
	case len(batch) == 1 || cabin.CodeOf(err) == cabin.CodeUnavailable || cabin.CodeOf(err) == cabin.CodeOutcomeUnknown:
		for _, a := range batch {
			a.made, a.earlier, a.err = nil, 0, err
		}
	default:
		for _, a := range batch {
			s.answer(ctx, []*asked{a})
		}
	}
}

// requestAll decides on each request and writes those that may be: the residents' rows
// are locked first, then the deputies' are shared. A batch of one fails with its refusal;
// in a larger one a refusal is that request's own.
func (s Bookings) requestAll(tx *Tx, batch []*asked) error {
	asks := make([]reading, len(batch))
	for i, a := range batch {
		a.made, a.earlier, a.err = nil, 0, nil
		asks[i] = reading{a.key, a.n}
	}
	reads, err := tx.readFor(asks...)
	if err != nil {
		return err
	}
	var drafts []*draft
	var writing []*asked
	held := map[span]bool{}
	for i, a := range batch {
		if a.earlier, a.err = madeBy(reads[i].made, a.key); a.earlier != 0 || a.err != nil {
			continue
		}
		d, err := s.decide(tx, &reads[i], a.n, false)
		if err == nil {
			d.trace, _ = a.ctx.Value(requestIDKey{}).(string)
			d.address, _ = a.ctx.Value(addressKey{}).(string)
			err = d.collides(held)
		}
		if refusal, ok := errors.AsType[*cabin.Error](err); ok {
			a.err = refusal
			continue
		}
		if err != nil {
			return err
		}
		drafts, writing = append(drafts, d), append(writing, a)
	}
	if len(batch) == 1 && batch[0].err != nil {
		return batch[0].err
	}
	if len(drafts) == 0 {
		return nil
	}
	if err := s.write(tx, drafts...); err != nil {
		return err
	}
	for i, a := range writing {
		a.made = drafts[i].b
		tx.keep(a.key, a.made.ID)
	}
	return nil
}

// collides refuses a draft when one before it in the batch holds one of its keys, and
// adds its own when not. A place of the day is another number the next time (errAgain).
func (d *draft) collides(held map[span]bool) error {
	var own []span
	for _, s := range d.spans {
		for q := s.from; q <= s.to; q++ {
			key := span{s.Resource, q, q}
			if held[key] && s.Kind == cabin.DeputyDay {
				return errAgain
			}
			if held[key] {
				return cabin.E(cabin.CodeSlotTaken, "这个时间刚刚被别人约走了，请换一个时间。")
			}
			own = append(own, key)
		}
	}
	for _, key := range own {
		held[key] = true
	}
	return nil
}
