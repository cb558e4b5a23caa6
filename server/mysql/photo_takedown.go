package mysql

import (
	"context"
	"slices"

	"warmcabin/server/cabin"
)

// TakeDown removes a photo that its owner sent with their report: its files go, now and once
// more when nobody can be writing them; its row stays as a name without a picture, since the
// report's chain holds that name. An event says that it was taken down. Errors: CodeNotFound
// for what is not theirs or not there any more, and as cabin.Report.MayTakeDown.
func (s Photos) TakeDown(ctx context.Context, actor cabin.Actor, id string) error {
	gone := cabin.E(cabin.CodeNotFound, "这张照片已经撤下，或者不是您的。")
	return s.db.InTx(ctx, func(tx *Tx) error {
		var rows []cabin.Photo
		if err := tx.selectAll(&rows, `SELECT `+photoColumns+` FROM photos WHERE id = ? AND owner_id = ? AND report_id <> 0 AND state <> 'removed'`, id, actor.PersonID); err != nil {
			return err
		}
		if len(rows) == 0 {
			return gone
		}
		r, err := lockedReport(tx, rows[0].ReportID)
		if err != nil {
			return err
		}
		role, err := r.MayTakeDown(actor)
		if err != nil {
			return err
		}
		rows = nil // locked after its report, as everywhere
		if err := tx.selectAll(&rows, `SELECT `+photoColumns+` FROM photos WHERE id = ? AND state <> 'removed' FOR UPDATE`, id); err != nil {
			return err
		}
		if len(rows) == 0 {
			return gone
		}
		for _, file := range slices.Compact([]string{rows[0].ID, rows[0].File()}) {
			tx.removeFiles(file)
		}
		tx.later(`UPDATE photos SET state = ?, width = 0, height = 0, bytes = 0, reason = '', cover = '', cover_id = '', cover_ready = TRUE, due_at = NULL WHERE id = ?`, cabin.PhotoRemoved, id)
		tx.later(`DELETE FROM content_checks WHERE photo_id = ?`, id)
		if err := tx.audit(actor, role, "photo.take_down", "report", r.ID, map[string]any{"photo": id}); err != nil {
			return err
		}
		e := cabin.Event{Command: "take_down", From: string(r.State), To: string(r.State), Role: role, Text: "撤下了一张照片"}
		return s.db.Reports.record(tx, actor, r, e, nil, nil)
	})
}
