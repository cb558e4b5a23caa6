package mysql

import (
	"context"
	"fmt"
	"slices"

	"github.com/jmoiron/sqlx"

	"warmcabin/server/cabin"
)

// Photos are the rows of stored photos; the files are media's.
type Photos struct{ db *DB }

// LooseLimit is how many uploads a person may have that are attached to nothing yet.
const LooseLimit = 30

// Add records an upload. CodeLimitReached when the person has too many that were never used.
func (s Photos) Add(ctx context.Context, p cabin.Photo) error {
	return s.db.InTx(ctx, func(tx *Tx) error {
		var loose int
		if err := tx.get(&loose, `SELECT COUNT(*) FROM photos WHERE owner_id = ? AND report_id = 0`, p.OwnerID); err != nil {
			return err
		}
		if loose >= LooseLimit {
			return cabin.E(cabin.CodeLimitReached, "您还有很多照片没有提交，请先提交或删除一些。")
		}
		_, err := tx.exec(`INSERT INTO photos (id, owner_id, width, height, bytes, created_at) VALUES (?,?,?,?,?,?)`,
			p.ID, p.OwnerID, p.Width, p.Height, p.Bytes, tx.Now)
		return err
	})
}

// Visible tells whether the reader may see a photo: their own upload, or part of a report
// that they may open. CodeNotFound otherwise: others learn nothing.
func (s Photos) Visible(ctx context.Context, actor cabin.Actor, id string) error {
	var p cabin.Photo
	hidden := cabin.E(cabin.CodeNotFound, "没有找到这张照片，或者您无权查看。")
	if err := s.db.get(ctx, &p, `SELECT id, owner_id, report_id FROM photos WHERE id = ?`, id); err != nil {
		if cabin.CodeOf(err) == cabin.CodeNotFound {
			return hidden
		}
		return err
	}
	if p.OwnerID == actor.PersonID && p.OwnerID != 0 {
		return nil
	}
	if p.ReportID == 0 {
		return hidden
	}
	r, err := s.db.Reports.byID(ctx, p.ReportID)
	if err == nil && len(r.RolesOf(actor)) == 0 {
		return hidden
	}
	return err
}

// Portrait tells whether the photo is a deputy's portrait, which everybody may see (CodeNotFound).
func (s Photos) Portrait(ctx context.Context, id string) error {
	var n int
	err := s.db.get(ctx, &n, `SELECT COUNT(*) FROM deputies WHERE photo_id = ? AND photo_id <> ''`, id)
	if err == nil && n == 0 {
		return cabin.E(cabin.CodeNotFound, "没有找到这张照片。")
	}
	return err
}

// Remove forgets an upload of the owner that is attached to nothing (CodeNotFound otherwise).
func (s Photos) Remove(ctx context.Context, ownerID int64, id string) error {
	n, err := s.db.exec(ctx, `DELETE FROM photos WHERE id = ? AND owner_id = ? AND report_id = 0`, id, ownerID)
	if err != nil {
		return err
	}
	if n == 0 {
		return cabin.E(cabin.CodeNotFound, "这张照片已经提交或已经删除。")
	}
	return nil
}

// attach binds loose uploads of the person to a report, in their order, and to the event
// that was queued last: its id is LAST_INSERT_ID() when the queue runs.
func (tx *Tx) attach(ownerID int64, ids []string, reportID int64, most int) error {
	if len(ids) == 0 {
		return nil
	}
	if len(ids) > most {
		return cabin.Invalid("photoIds", fmt.Sprintf("照片最多 %d 张。", most))
	}
	unique := slices.Compact(slices.Sorted(slices.Values(ids)))
	query, args, err := sqlx.In(`SELECT id FROM photos WHERE id IN (?) AND owner_id = ? AND report_id = 0 FOR UPDATE`, unique, ownerID)
	if err != nil {
		return err
	}
	var found []string
	if err := tx.selectAll(&found, query, args...); err != nil {
		return err
	}
	if len(found) != len(ids) {
		return cabin.Invalid("photoIds", "有照片没有上传成功，请删掉后重新添加。")
	}
	for i, id := range ids {
		tx.later(`UPDATE photos SET report_id = ?, event_id = LAST_INSERT_ID(), position = ? WHERE id = ?`, reportID, i, id)
	}
	return nil
}
