// Package moment lets questions of one moment share one reading.
package moment

import (
	"context"
	"errors"
	"sync"
	"time"
)

// Readings answers questions of one kind. Whoever asks joins the reading that begins next:
// it begins after everybody in it asked, so its answers are as fresh as each one's own
// would be. Nobody waits for others to come: alone, a question is read at once; what comes
// while a reading is on its way goes together in the next. One that takes longer than
// patience holds nobody up.
type Readings[Q comparable, A any] struct {
	read  func(context.Context, []Q) ([]A, error)
	place chan struct{}
	mu    sync.Mutex
	next  *reading[Q, A]
}

const (
	together = 32 // questions of one reading at most
	patience = 20 * time.Millisecond
	limit    = 15 * time.Second
)

type reading[Q comparable, A any] struct {
	questions []Q
	at        map[Q]int // each question once
	answers   []A
	err       error
	done      chan struct{}
}

// New makes Readings; read answers questions, all of them different, in their order.
func New[Q comparable, A any](read func(context.Context, []Q) ([]A, error)) *Readings[Q, A] {
	return &Readings[Q, A]{read: read, place: make(chan struct{}, 1)}
}

// Get returns the answer to q as it stands now or later. Many may get one answer: it is not
// theirs to change.
func (r *Readings[Q, A]) Get(ctx context.Context, q Q) (A, error) {
	mine, i, first := r.join(q)
	if first { // also when ctx ends: others have joined
		r.lead(ctx, mine)
	}
	select {
	case <-mine.done:
	case <-ctx.Done():
		var none A
		return none, ctx.Err()
	}
	if mine.err != nil {
		var none A
		return none, mine.err
	}
	return mine.answers[i], nil
}

func (r *Readings[Q, A]) join(q Q) (mine *reading[Q, A], at int, first bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.next == nil || len(r.next.questions) == together {
		r.next = &reading[Q, A]{at: make(map[Q]int), done: make(chan struct{})}
		first = true
	}
	mine = r.next
	at, asked := mine.at[q]
	if !asked {
		at = len(mine.questions)
		mine.at[q], mine.questions = at, append(mine.questions, q)
	}
	return mine, at, first
}

// lead waits for the place, closes the reading to further questions and answers it. It goes
// on when its own asker went away: the others have not.
func (r *Readings[Q, A]) lead(ctx context.Context, mine *reading[Q, A]) {
	select {
	case r.place <- struct{}{}:
		defer func() { <-r.place }()
	default:
		late := time.NewTimer(patience)
		defer late.Stop()
		select {
		case r.place <- struct{}{}:
			defer func() { <-r.place }()
		case <-late.C:
		}
	}
	r.mu.Lock()
	if r.next == mine {
		r.next = nil
	}
	r.mu.Unlock()
	mine.err = errors.New("moment: a reading ended without an answer") // a panic: nobody waits for ever
	defer close(mine.done)
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), limit)
	defer cancel()
	answers, err := r.read(ctx, mine.questions)
	if err == nil && len(answers) != len(mine.questions) {
		err = errors.New("moment: a reading without an answer to each question")
	}
	mine.answers, mine.err = answers, err
}
