package mysql

import (
	"context"
	"database/sql"
	"fmt"
	"unicode/utf8"

	"warmcabin/server/cabin"
)

// hold makes whoever of the desk moves a report first the one who sees to it, until it is
// closed. The next to move it does not take it away: that is done by taking over.
func (tx *Tx) hold(actor cabin.Actor, r *cabin.Report, e cabin.Event) {
	switch {
	case r.State == cabin.Closed:
		tx.later(`DELETE FROM report_holders WHERE report_id = ?`, r.ID)
	case e.Role == cabin.Staff && actor.PersonID != 0:
		tx.later(`INSERT IGNORE INTO report_holders (report_id, person_id, since) VALUES (?,?,?)`, r.ID, actor.PersonID, tx.Now)
	}
}

// Holder is who of the desk sees to a report.
type Holder struct {
	ReportID int64  `db:"report_id"`
	PersonID int64  `db:"person_id"`
	Name     string `db:"name"`
}

// Holders reads who sees to these reports. For the desk only.
func (s Reports) Holders(ctx context.Context, ids []int64) (map[int64]Holder, error) {
	found := map[int64]Holder{}
	if len(ids) == 0 {
		return found, nil
	}
	var rows []Holder
	err := s.db.selectIn(ctx, &rows, `SELECT h.report_id, h.person_id, p.name FROM report_holders h FORCE INDEX (PRIMARY) STRAIGHT_JOIN persons p ON p.id = h.person_id WHERE h.report_id IN (?)`, ids)
	for _, h := range rows {
		found[h.ReportID] = h
	}
	return found, err
}

// HeldBy pages through what a person of the desk sees to, of one queue of these stations, as StationReports.
func (s Reports) HeldBy(ctx context.Context, personID int64, stationIDs []int64, q Queue, p Page) (list []*cabin.Report, err error) {
	waiting, undated := deskQueue(q)
	if waiting == "" || len(stationIDs) == 0 {
		return nil, nil
	}
	where, order := `AND r.due_at IS NOT NULL`, `r.due_at, r.id`
	args := []any{personID, stationIDs, waiting}
	switch {
	case undated:
		where, order = `AND r.due_at IS NULL AND r.id < ?`, `r.id DESC`
		args = append(args, orMax(p.ID))
	case p.ID != 0:
		where = `AND r.due_at >= ? AND (r.due_at > ? OR r.id > ?)`
		args = append(args, p.At, p.At, p.ID)
	}
	err = s.db.selectIn(ctx, &list, `SELECT `+reportColumns+reporterCalled+`
		FROM report_holders h STRAIGHT_JOIN reports r ON r.id = h.report_id
		WHERE h.person_id = ? AND r.station_id IN (?) AND r.waiting = ? `+where+` ORDER BY `+order+` LIMIT ?`, append(args, p.Limit)...)
	if err != nil {
		return nil, err
	}
	return list, s.db.label(ctx, list)
}

// Colleague is somebody of the desk with how many open reports they see to.
type Colleague struct {
	ID      int64  `db:"id"`
	Name    string `db:"name"`
	Open    int    `db:"open"`
	Overdue int    `db:"overdue"`
	Left    bool   `db:"left_desk"` // no longer of the desk, and still sees to some
}

// Colleagues lists who serves at these stations' desks, and who sees to their reports
// without serving there any more.
func (s Reports) Colleagues(ctx context.Context, stationIDs []int64) (list []Colleague, err error) {
	if len(stationIDs) == 0 {
		return nil, nil
	}
	held := `FROM report_holders h JOIN reports r ON r.id = h.report_id WHERE h.person_id = p.id AND r.station_id IN (?)`
	serves := `EXISTS (SELECT 1 FROM person_roles g WHERE g.person_id = p.id AND (g.role = 'admin' OR g.role = 'staff' AND (g.scope_id = 0 OR g.scope_id IN (?))))`
	err = s.db.selectIn(ctx, &list, `SELECT p.id, p.name, (SELECT COUNT(*) `+held+`) AS open, (SELECT COUNT(*) `+held+` AND r.waiting IN ('staff', 'department') AND r.due_at < ?) AS overdue,
		NOT `+serves+` AS left_desk
		FROM (SELECT person_id FROM person_roles WHERE role = 'staff' UNION SELECT person_id FROM report_holders) who JOIN persons p ON p.id = who.person_id
		WHERE `+serves+` OR EXISTS (SELECT 1 `+held+`) ORDER BY open DESC, p.id LIMIT 100`,
		stationIDs, stationIDs, s.db.Now(), stationIDs, stationIDs, stationIDs)
	return list, err
}

// Hold makes the actor the one who sees to a report; who did before is told, with the
// reason, which is needed then. Twice is safe. Errors: CodeNotFound for who is not of its
// desk, CodeConflict when it is closed, CodeInvalid.
func (s Reports) Hold(ctx context.Context, actor cabin.Actor, id int64, reason string) error {
	return s.db.InTx(ctx, func(tx *Tx) error {
		r, err := lockedReport(tx, id)
		if err != nil {
			return err
		}
		if !r.ShowsReporter(actor) || !actor.Has(cabin.Admin) && !actor.Holds(cabin.Staff, r.StationID) {
			return sql.ErrNoRows
		}
		if r.State == cabin.Closed {
			return cabin.E(cabin.CodeConflict, "这件事已经办完了，不用再经办。")
		}
		var holders []int64
		if err := tx.selectAll(&holders, `SELECT person_id FROM report_holders WHERE report_id = ?`, id); err != nil {
			return err
		}
		if len(holders) > 0 && holders[0] == actor.PersonID {
			return nil
		}
		if len(holders) == 0 {
			tx.later(`INSERT INTO report_holders (report_id, person_id, since) VALUES (?,?,?)`, id, actor.PersonID, tx.Now)
			return tx.audit(actor, cabin.Staff, "report.hold", "report", id, nil)
		}
		return tx.takeOver(actor, holders[0], []int64{id}, reason)
	})
}

// Release gives a report that the actor sees to back to the whole desk; twice is safe.
func (s Reports) Release(ctx context.Context, actor cabin.Actor, id int64) error {
	return s.db.InTx(ctx, func(tx *Tx) error {
		res, err := tx.exec(`DELETE FROM report_holders WHERE report_id = ? AND person_id = ?`, id, actor.PersonID)
		if err != nil {
			return err
		}
		if n, _ := res.RowsAffected(); n == 0 {
			return nil
		}
		return tx.audit(actor, cabin.Staff, "report.release", "report", id, nil)
	})
}

// maxShift is how many reports one taking over moves; who has more is taken over again.
const maxShift = 500

// TakeOver makes the actor the one who sees to everything open that a colleague sees to at
// these stations, and tells the colleague once. It returns how many. Errors: CodeInvalid
// (no reason, oneself), CodeConflict when there is nothing.
func (s Reports) TakeOver(ctx context.Context, actor cabin.Actor, stationIDs []int64, from int64, reason string) (n int, err error) {
	err = s.db.InTx(ctx, func(tx *Tx) error {
		n = 0
		if from == actor.PersonID {
			return cabin.Invalid("personId", "这些本来就是您经办的。")
		}
		if len(stationIDs) == 0 {
			return sql.ErrNoRows
		}
		var ids []int64
		if err := tx.selectIn(&ids, `SELECT h.report_id FROM report_holders h STRAIGHT_JOIN reports r ON r.id = h.report_id
			WHERE h.person_id = ? AND r.station_id IN (?) ORDER BY h.report_id LIMIT ? FOR UPDATE`, from, stationIDs, maxShift); err != nil {
			return err
		}
		if len(ids) == 0 {
			return cabin.E(cabin.CodeConflict, "这位同事现在没有经办的反映，可能别人已经接手了。")
		}
		n = len(ids)
		return tx.takeOver(actor, from, ids, reason)
	})
	return n, err
}

func (tx *Tx) takeOver(actor cabin.Actor, from int64, ids []int64, reason string) error {
	if reason = cabin.Clean(reason); reason == "" {
		return cabin.Invalid("reason", "请写一句为什么接手，那位同事会看到。")
	}
	if utf8.RuneCountInString(reason) > cabin.MaxReason {
		return cabin.Invalid("reason", "写得太长了，请精简一些。")
	}
	var names []string
	if err := tx.selectAll(&names, `SELECT name FROM persons WHERE id = ?`, actor.PersonID); err != nil {
		return err
	}
	var found []struct {
		ID      int64             `db:"id"`
		Created sql.NullTime      `db:"created_at"`
		State   cabin.ReportState `db:"state"`
	}
	if err := tx.selectIn(&found, `SELECT id, created_at, state FROM reports WHERE id IN (?) ORDER BY id`, ids); err != nil {
		return err
	}
	for _, r := range found {
		tx.later(`UPDATE report_holders SET person_id = ?, since = ? WHERE report_id = ?`, actor.PersonID, tx.Now, r.ID)
		if err := tx.audit(actor, cabin.Staff, "report.take_over", "report", r.ID, map[string]any{"from": from}); err != nil {
			return err
		}
	}
	what := fmt.Sprintf("%d 件反映", len(found))
	if len(found) == 1 {
		what = "反映 " + cabin.Number(found[0].ID, found[0].Created.Time)
	}
	return tx.tell(actor, audiences{resident: from}, []cabin.Audience{cabin.ToResident}, func(cabin.Audience) cabin.Notice {
		return cabin.TakenOverNotice(found[0].ID, names[0], what, reason, tx.Now)
	})
}
