package mysql

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"warmcabin/server/cabin"
)

// LooseLimit is how many uploads a person may have that are attached to nothing yet.
const LooseLimit = 30

// uploaded is a photo on its way. Those of one moment are written together, with one COMMIT.
type uploaded struct {
	cabin.Photo
	err error
}

func (u *uploaded) person() int64 { return 0 }

const uploadsBatch = 64

// Add records an upload, to be developed unless it is ready. CodeLimitReached when the
// person has too many that were never used.
func (s Photos) Add(ctx context.Context, p cabin.Photo) error {
	u := &uploaded{Photo: p}
	u.State = cmp.Or(u.State, cabin.PhotoReady)
	done := s.db.uploads.do(ctx, u, func(ctx context.Context, batch []*uploaded) {
		if err := classify(s.addAll(ctx, batch)); err != nil {
			for _, u := range batch {
				u.err = err
			}
		}
	})
	if !done {
		return cabin.E(cabin.CodeInternal, "系统出错了，我们会尽快处理，请稍后再试。")
	}
	return u.err
}

// addAll writes these photos in one trip, which also tells who has too many now: theirs,
// which are few, are taken out again.
func (s Photos) addAll(ctx context.Context, batch []*uploaded) error {
	const row = `(?,?,?,?,?,?,?,?)`
	now := s.db.Now()
	owners, values := make([]int64, len(batch)), make([]any, 0, 8*len(batch))
	for i, u := range batch {
		owners[i] = u.OwnerID
		var due *time.Time
		if u.State == cabin.PhotoProcessing {
			due = &now
		}
		values = append(values, u.ID, u.OwnerID, u.State, u.Width, u.Height, u.Bytes, now, due)
	}
	var full []owned
	err := s.db.readAgain(ctx,
		part{nil, `INSERT INTO photos (id, owner_id, state, width, height, bytes, created_at, due_at) VALUES ` + row + strings.Repeat(`,`+row, len(batch)-1), values},
		part{&full, `SELECT owner_id, COUNT(*) AS photos FROM photos WHERE owner_id IN (?) AND report_id = 0 GROUP BY owner_id HAVING COUNT(*) > ?`, []any{owners, LooseLimit}})
	if err != nil || len(full) == 0 {
		return err
	}
	surplus := map[int64]int{}
	for _, o := range full {
		surplus[o.OwnerID] = o.Photos - LooseLimit
	}
	var refused []string
	for _, u := range slices.Backward(batch) { // who came last goes first
		if surplus[u.OwnerID] > 0 {
			surplus[u.OwnerID]--
			refused = append(refused, u.ID)
			u.err = cabin.E(cabin.CodeLimitReached, "您还有很多照片没有提交，请先提交或删除一些。")
		}
	}
	return s.db.InTx(ctx, func(tx *Tx) error {
		for _, id := range refused {
			tx.later(`DELETE FROM photos WHERE id = ?`, id) // nobody else was told of it
			tx.removeFiles(id)                              // a worker may have taken it
		}
		return nil
	})
}

// owned is how many loose photos somebody has.
type owned struct {
	OwnerID int64 `db:"owner_id"`
	Photos  int   `db:"photos"`
}
