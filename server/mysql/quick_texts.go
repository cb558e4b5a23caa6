package mysql

import (
	"context"
	"database/sql"
	"time"

	"warmcabin/server/cabin"
)

// QuickTexts are the sentences that the office keeps for those who answer people.
type QuickTexts struct{ db *DB }

const mostQuickTexts = 12 // of a command: more are no quicker than writing

// List are those in use, in the order of the screen; for the office also who changed them.
func (s QuickTexts) List(ctx context.Context) (list []cabin.QuickText, err error) {
	err = s.db.selectAll(ctx, &list, `SELECT q.id, q.command, q.label, q.text, q.position, COALESCE(p.name, '') AS updated_by, q.updated_at, q.closed_at
		FROM quick_texts q LEFT JOIN persons p ON p.id = q.updated_by WHERE q.closed_at IS NULL ORDER BY q.command, q.position, q.id`)
	return list, err
}

// Save changes a sentence, or adds one (id 0) at the end of its command's. For the admin.
// Errors: CodeInvalid, CodeNotFound (closed by somebody else), CodeLimitReached, and
// CodeConflict when it was changed since seen.
func (s QuickTexts) Save(ctx context.Context, actor cabin.Actor, q cabin.QuickText, seen *time.Time) error {
	if err := q.Check(); err != nil {
		return err
	}
	return s.db.InTx(ctx, func(tx *Tx) error {
		if err := tx.oneOffice(); err != nil {
			return err
		}
		var all []cabin.QuickText
		if err := tx.selectAll(&all, `SELECT id, command, label, text, position, '' AS updated_by, updated_at, closed_at FROM quick_texts WHERE closed_at IS NULL ORDER BY position, id`); err != nil {
			return err
		}
		var old *cabin.QuickText
		last, count := 0, 0
		for i := range all {
			if all[i].ID == q.ID {
				old = &all[i]
			}
			if all[i].Command == q.Command {
				last, count = max(last, all[i].Position), count+1
			}
		}
		switch {
		case q.ID != 0 && old == nil:
			return sql.ErrNoRows
		case old != nil && !same(old.UpdatedAt, seen):
			return cabin.E(cabin.CodeConflict, "别人刚刚改过这句话，请看过再改。")
		case (old == nil || old.Command != q.Command) && count >= mostQuickTexts:
			return cabin.E(cabin.CodeLimitReached, "这里的常用语已经很多了，请先停用不常用的。")
		}
		detail := map[string]any{"command": q.Command, "label": q.Label}
		if old == nil {
			id, err := tx.insert(`INSERT INTO quick_texts (command, label, text, position, updated_by, updated_at) VALUES (?,?,?,?,?,?)`, q.Command, q.Label, q.Text, last+1, actor.PersonID, tx.Now)
			if err != nil {
				return err
			}
			return tx.audit(actor, cabin.Admin, "quick_text.save", "quick_text", id, detail)
		}
		tx.later(`UPDATE quick_texts SET command = ?, label = ?, text = ?, updated_by = ?, updated_at = ? WHERE id = ?`, q.Command, q.Label, q.Text, actor.PersonID, tx.Now, q.ID)
		detail["old"] = old.Label
		return tx.audit(actor, cabin.Admin, "quick_text.save", "quick_text", q.ID, detail)
	})
}

func same(a, b *time.Time) bool {
	if a == nil || b == nil {
		return a == b
	}
	return a.Equal(*b)
}

// Close takes a sentence out of use; what was written with it stays. For the admin; twice
// is fine, CodeNotFound for one that never was.
func (s QuickTexts) Close(ctx context.Context, actor cabin.Actor, id int64) error {
	return s.db.InTx(ctx, func(tx *Tx) error {
		var found []struct {
			ClosedAt *time.Time `db:"closed_at"`
		}
		if err := tx.selectAll(&found, `SELECT closed_at FROM quick_texts WHERE id = ? FOR UPDATE`, id); err != nil {
			return err
		}
		if len(found) == 0 {
			return sql.ErrNoRows
		}
		if found[0].ClosedAt != nil {
			return nil
		}
		tx.later(`UPDATE quick_texts SET closed_at = ?, updated_by = ?, updated_at = ? WHERE id = ?`, tx.Now, actor.PersonID, tx.Now, id)
		return tx.audit(actor, cabin.Admin, "quick_text.remove", "quick_text", id, map[string]any{})
	})
}
