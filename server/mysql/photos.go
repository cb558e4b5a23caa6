package mysql

import (
	"context"
	"fmt"
	"slices"

	"warmcabin/server/cabin"
)

// Photos are the rows of stored photos; the files are media's.
type Photos struct{ db *DB }

const photoColumns = `id, report_id, event_id, state, stage, width, height, bytes, reason, cover, cover_id, cover_ready, created_at`

// Uploads returns what became of these uploads of the owner, those that there are.
func (s Photos) Uploads(ctx context.Context, ownerID int64, ids []string) (list []cabin.Photo, err error) {
	if len(ids) == 0 {
		return nil, nil
	}
	err = s.db.selectIn(ctx, &list, `SELECT `+photoColumns+` FROM photos WHERE id IN (?) AND owner_id = ? ORDER BY id`, ids, ownerID)
	return list, err
}

// Visible returns a photo that the reader may see, as soon as there is something to be
// seen: their own upload, or part of a report that they may open. CodeNotFound otherwise:
// others learn nothing.
func (s Photos) Visible(ctx context.Context, actor cabin.Actor, id string) (*cabin.Photo, error) {
	var p cabin.Photo
	hidden := cabin.E(cabin.CodeNotFound, "没有找到这张照片，或者您无权查看。")
	if err := s.db.get(ctx, &p, `SELECT owner_id, `+photoColumns+` FROM photos WHERE id = ? AND state <> 'removed'`, id); err != nil {
		if cabin.CodeOf(err) == cabin.CodeNotFound {
			return nil, hidden
		}
		return nil, err
	}
	if p.OwnerID == actor.PersonID && p.OwnerID != 0 {
		return &p, nil
	}
	if p.ReportID == 0 {
		return nil, hidden
	}
	r, err := s.db.Reports.byID(ctx, p.ReportID)
	if err != nil {
		return nil, err
	}
	if len(r.RolesOf(actor)) == 0 {
		return nil, hidden
	}
	return &p, nil
}

// Ready returns a photo that can be seen, for who has asked for the right to see it
// (CodeNotFound).
func (s Photos) Ready(ctx context.Context, id string) (*cabin.Photo, error) {
	var p cabin.Photo
	if err := s.db.get(ctx, &p, `SELECT `+photoColumns+` FROM photos WHERE id = ? AND state = 'ready' AND cover_ready`, id); err != nil {
		return nil, err
	}
	return &p, nil
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

// Remove forgets an upload of the owner that is attached to nothing (CodeNotFound
// otherwise). Its files go with it: by the caller, or else by a worker.
func (s Photos) Remove(ctx context.Context, ownerID int64, id string) error {
	return s.db.InTx(ctx, func(tx *Tx) error {
		res, err := tx.exec(`DELETE FROM photos WHERE id = ? AND owner_id = ? AND report_id = 0`, id, ownerID)
		if err != nil {
			return err
		}
		if n, err := res.RowsAffected(); err != nil || n == 0 {
			if err != nil {
				return err
			}
			return cabin.E(cabin.CodeNotFound, "这张照片已经提交或已经删除。")
		}
		tx.removeFiles(id)
		return nil
	})
}

// loose reads those of these uploads that are attached to nothing, locked. None without ids.
func loose(dest *[]cabin.Photo, ids []string) []part {
	if len(ids) == 0 {
		return nil
	}
	unique := slices.Compact(slices.Sorted(slices.Values(ids)))
	return []part{{dest, `SELECT id, owner_id, state, reason FROM photos WHERE id IN (?) AND report_id = 0 ORDER BY id FOR UPDATE`, []any{unique}}}
}

// usable holds the ids that somebody wants to attach against their loose uploads, and
// returns those that are still being worked on; one that is no photo is refused.
func usable(found []cabin.Photo, ownerID int64, ids []string, most int) (processing []string, err error) {
	if len(ids) > most {
		return nil, cabin.Invalid("photoIds", fmt.Sprintf("照片最多 %d 张。", most))
	}
	for i, id := range ids {
		at := slices.IndexFunc(found, func(p cabin.Photo) bool { return p.ID == id && p.OwnerID == ownerID })
		switch {
		case at < 0 || slices.Contains(ids[:i], id):
			return nil, cabin.Invalid("photoIds", "有照片没有上传成功，请删掉后重新添加。")
		case found[at].State == cabin.PhotoBad:
			return nil, cabin.Invalid("photoIds", fmt.Sprintf("第 %d 张照片不能用：%s", i+1, found[at].Reason))
		case found[at].State == cabin.PhotoProcessing:
			processing = append(processing, id)
		}
	}
	return processing, nil
}

// attach reads and binds loose uploads of the person to an event of a report.
func (tx *Tx) attach(ownerID int64, ids []string, reportID int64, event raw, most int) (processing []string, err error) {
	var found []cabin.Photo
	if 0 < len(ids) && len(ids) <= most {
		if err := tx.read(loose(&found, ids)...); err != nil {
			return nil, err
		}
	}
	if processing, err = usable(found, ownerID, ids, most); err != nil {
		return nil, err
	}
	tx.bind(ids, reportID, event)
	return processing, nil
}

// bind queues the photos' places, in their order.
func (tx *Tx) bind(ids []string, reportID int64, event raw) {
	for i, id := range ids {
		tx.later(`UPDATE photos SET report_id = ?, event_id = `+string(event)+`, position = ? WHERE id = ?`, reportID, i, id)
	}
}
