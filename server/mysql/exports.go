package mysql

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"time"

	"warmcabin/server/cabin"
)

// Exports are lists that people take with them as workbooks: asked for here, written by a
// worker, fetched by who asked and by nobody else.
type Exports struct{ db *DB }

// The states of an export.
const (
	ExportWaiting = "waiting"
	ExportRunning = "running"
	ExportDone    = "done"
	ExportFailed  = "failed"
	ExportRefused = "refused" // the right was gone when it ran, or when it was fetched
	ExportGone    = "gone"    // its day is over
)

// Export is one list that somebody asked for.
type Export struct {
	ID        int64            `db:"id"`
	PersonID  int64            `db:"person_id"`
	List      cabin.ExportList `db:"list"`
	Filter    string           `db:"filters"`
	Scope     string           `db:"scope"`
	State     string           `db:"state"`
	RowsDone  int              `db:"rows_done"`
	RowsTotal int              `db:"rows_total"`
	Bytes     int64            `db:"bytes"`
	File      string           `db:"file"`
	Attempts  int              `db:"attempts"`
	CreatedAt time.Time        `db:"created_at"`
	EndedAt   *time.Time       `db:"ended_at"`
	ExpiresAt time.Time        `db:"expires_at"`

	AgreementID int64 `db:"agreement_id"` // of two admins, to a list with names and phones
}

const exportColumns = `id, person_id, list, filters, scope, state, rows_done, rows_total, bytes, file, attempts, created_at, ended_at, expires_at, agreement_id`

// Filters are what narrows the list.
func (e *Export) Filters() (f cabin.ExportFilters, err error) {
	return f, json.Unmarshal([]byte(e.Filter), &f)
}

const (
	maxOpenExports = 3 // of one person
	exportTries    = 3
)

// Ask queues an export, once for a key. CodeForbidden without the right, CodeLimitReached
// with too many under way.
func (s Exports) Ask(ctx context.Context, k Key, actor cabin.Actor, list cabin.ExportList, f cabin.ExportFilters) (*Export, error) {
	def := cabin.ExportOf(list)
	if def == nil {
		return nil, cabin.Invalid("list", "没有这份名单。")
	}
	if def.Contacts() {
		return nil, cabin.E(cabin.CodeFourEyes, "带姓名电话的名单要两位管理员同意。请在“两人同意”里写明理由提出申请。")
	}
	scope, err := def.Scope(actor)
	if err != nil {
		return nil, err
	}
	if err := f.Check(); err != nil {
		return nil, err
	}
	text, err := json.Marshal(f)
	if err != nil {
		return nil, err
	}
	id, err := s.db.createOnce(ctx, k, func(tx *Tx) (int64, error) {
		var open []int64
		err := tx.selectAll(&open, `SELECT id FROM exports WHERE person_id = ? AND state IN ('waiting', 'running') FOR UPDATE`, actor.PersonID)
		if err == nil && len(open) >= maxOpenExports {
			err = cabin.E(cabin.CodeLimitReached, fmt.Sprintf("已经有 %d 份正在导出，请等它们完成。", len(open)))
		}
		if err != nil {
			return 0, err
		}
		id, err := tx.insert(`INSERT INTO exports (person_id, list, filters, scope, state, file, created_at, due_at, expires_at) VALUES (?,?,?,?,?,?,?,?,?)`,
			actor.PersonID, list, text, scope.String(), ExportWaiting, rand.Text(), tx.Now, tx.Now, tx.Now.Add(tx.presets().KeepExports))
		if err != nil {
			return 0, err
		}
		return id, tx.exportAudit(actor, "export.ask", id, list, map[string]any{"filters": f.Words(), "scope": scope.String()})
	})
	if err != nil {
		return nil, err
	}
	return s.Get(ctx, actor.PersonID, id)
}

func (tx *Tx) exportAudit(actor cabin.Actor, action string, id int64, list cabin.ExportList, detail map[string]any) error {
	role := cabin.Resident // somebody who lost every role
	if def := cabin.ExportOf(list); def != nil {
		for _, r := range def.Roles {
			if actor.Has(r) {
				role = r
				break
			}
		}
	}
	detail["list"] = list
	return tx.audit(actor, role, action, "export", id, detail)
}

// Get returns an export of this person's own (CodeNotFound).
func (s Exports) Get(ctx context.Context, personID, id int64) (*Export, error) {
	var e Export
	err := s.db.get(ctx, &e, `SELECT `+exportColumns+` FROM exports WHERE id = ? AND person_id = ?`, id, personID)
	s.ended(&e)
	return &e, err
}

func (s Exports) ended(e *Export) {
	if e.State == ExportDone && !s.db.Now().Before(e.ExpiresAt) {
		e.State = ExportGone
	}
}

// Mine lists this person's last exports, the newest first.
func (s Exports) Mine(ctx context.Context, personID int64) ([]Export, error) {
	var list []Export
	err := s.db.selectAll(ctx, &list, `SELECT `+exportColumns+` FROM exports WHERE person_id = ? AND list <> 'my_data' ORDER BY id DESC LIMIT 20`, personID)
	for i := range list {
		s.ended(&list[i])
	}
	return list, err
}

// MyData returns the last archive that this person asked for of their own data, nil for none.
func (s Exports) MyData(ctx context.Context, personID int64) (*Export, error) {
	var list []Export
	err := s.db.selectAll(ctx, &list, `SELECT `+exportColumns+` FROM exports WHERE person_id = ? AND list = 'my_data' ORDER BY id DESC LIMIT 1`, personID)
	if err != nil || len(list) == 0 {
		return nil, err
	}
	s.ended(&list[0])
	return &list[0], nil
}

// Fetch returns an export whose file this person may have now, and notes that they did.
// One whose right is gone is refused for good (CodeForbidden, with the export, whose file
// is then to be removed); CodeNotFound for another's, CodeConflict before it is done and
// after its day.
func (s Exports) Fetch(ctx context.Context, actor cabin.Actor, id int64) (*Export, error) {
	var e Export
	var denied error
	err := s.db.InTx(ctx, func(tx *Tx) error {
		denied = nil
		if err := tx.get(&e, `SELECT `+exportColumns+` FROM exports WHERE id = ? AND person_id = ? FOR UPDATE`, id, actor.PersonID); err != nil {
			return err
		}
		s.ended(&e)
		switch {
		case e.State == ExportGone:
			return cabin.E(cabin.CodeConflict, "文件已经到期删除，请重新导出。")
		case e.State == ExportRefused:
			return lostRight
		case e.State != ExportDone:
			return cabin.E(cabin.CodeConflict, "文件还没有准备好，请稍等。")
		}
		scope, err := cabin.ExportOf(e.List).Scope(actor)
		if err != nil || !scope.Covers(e.Scope) {
			denied = lostRight
			return tx.refuseExport(actor, &e)
		}
		return tx.exportAudit(actor, "export.fetch", e.ID, e.List, map[string]any{"rows": e.RowsDone})
	})
	if err == nil {
		err = denied
	}
	return &e, err
}

var lostRight = cabin.E(cabin.CodeForbidden, "您已经没有这份名单的权限，文件已删除。如果刚刚调整过分工，请联系街道人大工委。")

func (tx *Tx) refuseExport(actor cabin.Actor, e *Export) error {
	if _, err := tx.exec(`UPDATE exports SET state = 'refused', due_at = NULL, ended_at = ? WHERE id = ?`, tx.Now, e.ID); err != nil {
		return err
	}
	e.State = ExportRefused
	return tx.exportAudit(actor, "export.refuse", e.ID, e.List, map[string]any{"scope": e.Scope})
}

// Claim takes a due export for this worker until the lease ends, nil when there is none.
// One that was tried too often ends as failed. Twice is safe: SKIP LOCKED, and due_at moves.
func (s Exports) Claim(ctx context.Context, lease time.Duration) (claimed *Export, err error) {
	err = s.db.InTx(ctx, func(tx *Tx) error {
		claimed = nil
		var due []Export
		if err := tx.selectAll(&due, `SELECT `+exportColumns+` FROM exports WHERE due_at <= ? ORDER BY due_at, id LIMIT 1 FOR UPDATE SKIP LOCKED`, tx.Now); err != nil || len(due) == 0 {
			return err
		}
		e := &due[0]
		if e.Attempts >= exportTries {
			tx.later(`UPDATE exports SET state = 'failed', due_at = NULL, ended_at = ? WHERE id = ?`, tx.Now, e.ID)
			return nil
		}
		e.Attempts, e.State, e.RowsDone = e.Attempts+1, ExportRunning, 0
		tx.later(`UPDATE exports SET state = ?, attempts = ?, rows_done = 0, due_at = ? WHERE id = ?`, e.State, e.Attempts, tx.Now.Add(lease), e.ID)
		claimed = e
		return nil
	})
	return claimed, err
}

// errTaken says that another worker has the export now.
var errTaken = cabin.E(cabin.CodeConflict, "这份导出由另一个进程接手了。")

// hold changes a claimed export (CodeConflict when the claim was lost meanwhile).
func (s Exports) hold(ctx context.Context, e *Export, set string, args ...any) error {
	n, err := s.db.exec(ctx, `UPDATE exports SET `+set+` WHERE id = ? AND attempts = ? AND state = 'running'`, append(args, e.ID, e.Attempts)...)
	if err == nil && n == 0 {
		var still []int64
		if err = s.db.selectAll(ctx, &still, `SELECT id FROM exports WHERE id = ? AND attempts = ? AND state = 'running'`, e.ID, e.Attempts); err == nil && len(still) == 0 {
			err = errTaken
		}
	}
	return err
}

// Progress notes how far it is and keeps the claim for another lease (CodeConflict when it
// was lost).
func (s Exports) Progress(ctx context.Context, e *Export, lease time.Duration) error {
	return s.hold(ctx, e, `rows_done = ?, rows_total = ?, scope = ?, due_at = ?`, e.RowsDone, e.RowsTotal, e.Scope, s.db.Now().Add(lease))
}

// Release gives a claim back at once: the worker is stopping.
func (s Exports) Release(ctx context.Context, e *Export) error {
	return s.hold(ctx, e, `state = 'waiting', attempts = attempts - 1, due_at = ?`, s.db.Now())
}

// Again lets a failed try be tried again, a little later each time, or ends it.
func (s Exports) Again(ctx context.Context, e *Export) error {
	return s.hold(ctx, e, `state = 'waiting', due_at = ?`, s.db.Now().Add(time.Duration(e.Attempts)*10*time.Second))
}

// Refuse ends an export whose right was gone while it ran.
func (s Exports) Refuse(ctx context.Context, actor cabin.Actor, e *Export) error {
	return s.db.InTx(ctx, func(tx *Tx) error { return tx.refuseExport(actor, e) })
}

// TooLong ends an export of more rows than its list may have.
func (s Exports) TooLong(ctx context.Context, e *Export) error {
	return s.hold(ctx, e, `state = 'failed', due_at = NULL, rows_total = ?, ended_at = ?`, e.RowsTotal, s.db.Now())
}

// Done says that the file is there (CodeConflict when the claim was lost).
func (s Exports) Done(ctx context.Context, e *Export) error {
	return s.hold(ctx, e, `state = 'done', due_at = NULL, rows_done = ?, rows_total = ?, scope = ?, bytes = ?, ended_at = ?`, e.RowsDone, e.RowsDone, e.Scope, e.Bytes, s.db.Now())
}

// Expire ends exports whose day is over and returns the names of their files.
func (s Exports) Expire(ctx context.Context, limit int) (files []string, err error) {
	err = s.db.InTx(ctx, func(tx *Tx) error {
		files = nil
		var old []Export
		if err := tx.selectAll(&old, `SELECT `+exportColumns+` FROM exports WHERE state = 'done' AND expires_at <= ? ORDER BY expires_at LIMIT ? FOR UPDATE SKIP LOCKED`, tx.Now, limit); err != nil || len(old) == 0 {
			return err
		}
		ids := make([]int64, len(old))
		for i, e := range old {
			ids[i], files = e.ID, append(files, e.File)
		}
		_, err := tx.execIDs(`UPDATE exports SET state = 'gone' WHERE id IN (?)`, ids)
		return err
	})
	return files, err
}
