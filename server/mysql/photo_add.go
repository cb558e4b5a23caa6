package mysql

import (
	"cmp"
	"context"
	"strings"
	"sync"
	"time"

	"github.com/jmoiron/sqlx"

	"warmcabin/server/cabin"
)

// LooseLimit is how many uploads a person may have that are attached to nothing yet.
const LooseLimit = 30

// uploads combines the rows of photos that come at the same moment, as asking does with
// bookings: one of those who wait writes for all, with one COMMIT. Alone, a photo is a
// batch of one; nobody waits for more to come.
type uploads struct {
	leaders chan struct{}
	mu      sync.Mutex
	waiting []*uploaded
}

// uploaded is a photo on its way. done is closed when err is final.
type uploaded struct {
	cabin.Photo
	err   error
	taken chan struct{} // closed when it is in a batch
	done  chan struct{}
}

const (
	uploadsLeaders = 2
	uploadsBatch   = 64
	uploadsTime    = 10 * time.Second
)

// Add records an upload, to be developed unless it is ready. CodeLimitReached when the
// person has too many that were never used.
func (s Photos) Add(ctx context.Context, p cabin.Photo) error {
	q := &s.db.uploads
	u := &uploaded{Photo: p, taken: make(chan struct{}), done: make(chan struct{})}
	u.State = cmp.Or(u.State, cabin.PhotoReady)
	q.mu.Lock()
	q.waiting = append(q.waiting, u)
	q.mu.Unlock()
	for {
		select {
		case <-u.taken: // somebody leads it
			<-u.done
			return u.err
		case q.leaders <- struct{}{}:
			s.lead(ctx, q)
			<-q.leaders
		}
	}
}

// lead writes a batch of what waits. It goes on when the leader's own caller went away: the
// others have not.
func (s Photos) lead(ctx context.Context, q *uploads) {
	q.mu.Lock()
	n := min(len(q.waiting), uploadsBatch)
	batch := q.waiting[:n:n]
	q.waiting = q.waiting[n:]
	for _, u := range batch {
		close(u.taken)
	}
	q.mu.Unlock()
	if n == 0 {
		return
	}
	err := cabin.E(cabin.CodeInternal, "系统出错了，我们会尽快处理，请稍后再试。")
	defer func() { // also on panic: nobody waits for ever
		for _, u := range batch {
			if u.err == nil && err != nil {
				u.err = err
			}
			close(u.done)
		}
	}()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), uploadsTime)
	defer cancel()
	if failed := s.addAll(ctx, batch); failed != nil {
		err = classify(failed).(*cabin.Error)
		return
	}
	err = nil
}

// addAll writes these photos but those of people who have too many.
func (s Photos) addAll(ctx context.Context, batch []*uploaded) error {
	owners := make([]int64, len(batch))
	for i, u := range batch {
		owners[i] = u.OwnerID
	}
	query, args, err := sqlx.In(`SELECT owner_id FROM photos WHERE owner_id IN (?) AND report_id = 0 GROUP BY owner_id HAVING COUNT(*) >= ?`, owners, LooseLimit)
	if err != nil {
		return err
	}
	var full []int64
	if err := s.db.selectAll(ctx, &full, query, args...); err != nil {
		return err
	}
	over := map[int64]bool{}
	for _, id := range full {
		over[id] = true
	}
	now := s.db.Now()
	var rows []any
	for _, u := range batch {
		if over[u.OwnerID] {
			u.err = cabin.E(cabin.CodeLimitReached, "您还有很多照片没有提交，请先提交或删除一些。")
			continue
		}
		var due *time.Time
		if u.State == cabin.PhotoProcessing {
			due = &now
		}
		rows = append(rows, u.ID, u.OwnerID, u.State, u.Width, u.Height, u.Bytes, now, due)
	}
	if len(rows) == 0 {
		return nil
	}
	const row = `,(?,?,?,?,?,?,?,?)`
	_, err = s.db.atOnce(ctx, `INSERT INTO photos (id, owner_id, state, width, height, bytes, created_at, due_at) VALUES `+strings.Repeat(row, len(rows)/8)[1:], rows...)
	return err
}
