package mysql

import (
	"cmp"
	"context"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"

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
