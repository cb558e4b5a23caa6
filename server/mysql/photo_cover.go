package mysql

import (
	"context"
	"slices"

	"warmcabin/server/cabin"
)

func notAtDesk() error {
	return cabin.E(cabin.CodeNotFound, "没有找到这张照片，或者您无权处理。")
}

// atDesk reads a photo of a report whose desk the actor runs (CodeNotFound for others: they
// learn nothing), with the report; locked for a change.
func (tx *Tx) atDesk(actor cabin.Actor, id string) (*cabin.Photo, *cabin.Report, error) {
	var rows []cabin.Photo
	if err := tx.selectAll(&rows, `SELECT `+photoColumns+` FROM photos WHERE id = ? AND report_id <> 0 AND state <> 'removed'`, id); err != nil {
		return nil, nil, err
	}
	if len(rows) == 0 {
		return nil, nil, notAtDesk()
	}
	r, err := lockedReport(tx, rows[0].ReportID)
	if err != nil {
		return nil, nil, err
	}
	if !slices.Contains(r.RolesOf(actor), cabin.Staff) {
		return nil, nil, notAtDesk()
	}
	var p cabin.Photo // locked after its report, as everywhere
	err = tx.get(&p, `SELECT `+photoColumns+` FROM photos WHERE id = ? FOR UPDATE`, id)
	return &p, r, err
}

// AtDesk returns a photo of a report whose desk the actor runs (CodeNotFound for others).
func (s Photos) AtDesk(ctx context.Context, actor cabin.Actor, id string) (*cabin.Photo, error) {
	p, err := s.Visible(ctx, actor, id)
	if err != nil {
		return nil, err
	}
	if p.ReportID == 0 {
		return nil, notAtDesk()
	}
	r, err := s.db.Reports.byID(ctx, p.ReportID)
	if err != nil {
		return nil, err
	}
	if !slices.Contains(r.RolesOf(actor), cabin.Staff) {
		return nil, notAtDesk()
	}
	return p, nil
}

// Uncovered returns a photo as it is under its cover, to the desk that may lift it; that it
// was looked at is an audit row. CodeConflict while it is no picture yet.
func (s Photos) Uncovered(ctx context.Context, actor cabin.Actor, id string) (p *cabin.Photo, err error) {
	err = s.db.InTx(ctx, func(tx *Tx) error {
		var r *cabin.Report
		if p, r, err = tx.atDesk(actor, id); err != nil {
			return err
		}
		if p.State != cabin.PhotoReady {
			return cabin.E(cabin.CodeConflict, "这张照片还没有处理好。")
		}
		if p.Cover == "" {
			return nil // as everybody who may see it
		}
		return tx.audit(actor, cabin.Staff, "photo.look_under_cover", "report", r.ID, map[string]any{"photo": p.ID})
	})
	return p, err
}

// Cover hides areas of a photo from everybody but the desk, at once: until a worker has made
// the covered files nobody sees any. newID names them. CodeNotFound as Uncovered,
// CodeConflict while it is no picture yet, CodeInvalid for impossible areas. The same areas
// again change nothing.
func (s Photos) Cover(ctx context.Context, actor cabin.Actor, id, newID string, areas []cabin.Area) error {
	if err := cabin.CheckAreas(areas); err != nil {
		return err
	}
	text := cabin.CoverText(areas)
	return s.db.InTx(ctx, func(tx *Tx) error {
		p, r, err := tx.atDesk(actor, id)
		if err != nil {
			return err
		}
		if p.State != cabin.PhotoReady {
			return cabin.E(cabin.CodeConflict, "这张照片还没有处理好，请稍后再遮挡。")
		}
		if p.Cover == text {
			return nil
		}
		tx.later(`UPDATE photos SET cover = ?, cover_id = ?, cover_ready = FALSE, attempts = 0, due_at = ? WHERE id = ?`, text, newID, tx.Now, p.ID)
		return s.changeCover(tx, actor, r, p, "cover_photo", "遮挡了照片中的部分内容", len(areas))
	})
}

// Uncover shows a photo again as it was taken. CodeNotFound as Uncovered, CodeConflict when
// nothing is covered.
func (s Photos) Uncover(ctx context.Context, actor cabin.Actor, id string) error {
	return s.db.InTx(ctx, func(tx *Tx) error {
		p, r, err := tx.atDesk(actor, id)
		if err != nil {
			return err
		}
		if p.Cover == "" {
			return cabin.E(cabin.CodeConflict, "这张照片没有遮挡。")
		}
		tx.later(`UPDATE photos SET cover = '', cover_id = '', cover_ready = TRUE, due_at = NULL WHERE id = ?`, p.ID)
		return s.changeCover(tx, actor, r, p, "uncover_photo", "取消了照片的遮挡", 0)
	})
}

// changeCover has the former covered files deleted, and writes the event and the audit row.
func (s Photos) changeCover(tx *Tx, actor cabin.Actor, r *cabin.Report, p *cabin.Photo, command, text string, areas int) error {
	if p.CoverID != "" {
		tx.removeFiles(p.CoverID)
	}
	if err := tx.audit(actor, cabin.Staff, "photo."+command, "report", r.ID, map[string]any{"photo": p.ID, "areas": areas}); err != nil {
		return err
	}
	e := cabin.Event{Command: command, From: string(r.State), To: string(r.State), Role: cabin.Staff, Text: text}
	return s.db.Reports.record(tx, actor, r, e, nil, nil)
}
