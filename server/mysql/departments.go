package mysql

import (
	"context"
	"database/sql"
	"errors"
	"slices"

	"warmcabin/server/cabin"
)

// Departments are what matters are dispatched to, as the admin keeps them.
type Departments struct{ db *DB }

// DepartmentUse is a department with what hangs on it.
type DepartmentUse struct {
	cabin.Named
	Closed bool `db:"closed"`
	Open   int  `db:"open"`   // reports that wait for it
	People int  `db:"people"` // who hold its role
}

// All lists every department, the closed ones last. For the admin.
func (s Departments) All(ctx context.Context) (list []DepartmentUse, err error) {
	err = s.db.selectAll(ctx, &list, `SELECT d.id, d.name, d.duty, d.closed_at IS NOT NULL AS closed,
		(SELECT COUNT(*) FROM reports r WHERE r.department_id = d.id AND r.waiting = 'department') AS open,
		(SELECT COUNT(*) FROM person_roles g WHERE g.role = 'department' AND g.scope_id = d.id) AS people
		FROM departments d ORDER BY d.closed_at IS NOT NULL, d.id`)
	return list, err
}

// atDepartment are the states in which a department is to act.
var atDepartment = []cabin.ReportState{cabin.Dispatched, cabin.InProgress, cabin.Reopened}

const (
	maxDepartmentName = 20
	maxDuty           = 60
)

// Save adds a department (d.ID 0, once for a key) or changes one. For the admin; CodeInvalid, CodeNotFound.
func (s Departments) Save(ctx context.Context, key Key, actor cabin.Actor, d cabin.Named) (int64, error) {
	if d.ID == 0 {
		return s.db.createOnce(ctx, key, func(tx *Tx) (int64, error) { return tx.saveDepartment(actor, d) })
	}
	return d.ID, s.db.InTx(ctx, func(tx *Tx) error {
		_, err := tx.saveDepartment(actor, d)
		return err
	})
}

func (tx *Tx) saveDepartment(actor cabin.Actor, d cabin.Named) (int64, error) {
	d.Name, d.Duty = cabin.Clean(d.Name), cabin.Clean(d.Duty)
	if err := cabin.CheckText("name", d.Name, 2, maxDepartmentName); err != nil {
		return 0, err
	}
	if err := cabin.CheckText("duty", d.Duty, 0, maxDuty); err != nil {
		return 0, err
	}
	if err := tx.oneOffice(); err != nil {
		return 0, err
	}
	var others, known []idRow
	err := tx.read(part{&others, `SELECT id FROM departments WHERE name = ? AND id <> ?`, []any{d.Name, d.ID}},
		part{&known, `SELECT id FROM departments WHERE id = ?`, []any{d.ID}})
	switch {
	case err != nil:
		return 0, err
	case len(others) > 0:
		return 0, cabin.Invalid("name", "已经有“"+d.Name+"”了（可能停用了），请换一个名字，或者恢复那个单位。")
	case d.ID != 0 && len(known) == 0:
		return 0, sql.ErrNoRows
	}
	detail := map[string]any{"name": d.Name, "duty": d.Duty}
	if d.ID == 0 {
		if d.ID, err = tx.insert(`INSERT INTO departments (name, duty) VALUES (?,?)`, d.Name, d.Duty); err != nil {
			return 0, err
		}
		return d.ID, tx.audit(actor, cabin.Admin, "department.create", "department", d.ID, detail)
	}
	if err := tx.rename(actor, cabin.NamedDepartment, d.ID, d.Name); err != nil {
		return 0, err
	}
	tx.later(`UPDATE departments SET name = ?, duty = ? WHERE id = ?`, d.Name, d.Duty, d.ID)
	return d.ID, tx.audit(actor, cabin.Admin, "department.save", "department", d.ID, detail)
}

// Close lets nothing more be dispatched to a department, and gives what it holds back to the
// desk, each by itself: the desk and the reporters are told. It returns how many. Again is
// safe, and goes on where it was interrupted. For the admin; CodeNotFound.
func (s Departments) Close(ctx context.Context, actor cabin.Actor, id int64) (returned int, err error) {
	err = s.db.InTx(ctx, func(tx *Tx) error {
		var closed []bool
		if err := tx.selectAll(&closed, `SELECT closed_at IS NOT NULL FROM departments WHERE id = ? FOR UPDATE`, id); err != nil {
			return err
		}
		if len(closed) == 0 {
			return sql.ErrNoRows
		}
		if closed[0] {
			return nil
		}
		tx.later(`UPDATE departments SET closed_at = ? WHERE id = ?`, tx.Now, id)
		return tx.audit(actor, cabin.Admin, "department.close", "department", id, nil)
	})
	if err != nil {
		return 0, err
	}
	// A dispatch that was under way held the row till its end (Tx.name): nothing comes after these.
	var held, helped []int64
	err = errors.Join(
		s.db.selectIn(ctx, &held, `SELECT id FROM reports WHERE department_id = ? AND waiting IN ('department', 'resident') AND state IN (?)`, id, atDepartment),
		s.db.selectIn(ctx, &helped, `SELECT report_id FROM report_parts WHERE department_id = ? AND state = ?`, id, cabin.PartAsked))
	if err != nil {
		return 0, err
	}
	returned, err = s.db.each(ctx, held, nil, func(tx *Tx, report int64) error {
		r, err := lockedReport(tx, report)
		if err != nil || r.DepartmentID != id {
			return err
		}
		return s.db.Reports.move(tx, actor, r, cabin.ReportRecall, cabin.Input{Reason: r.DepartmentName + "不再承办，由联络站另行安排。"})
	})
	if err != nil {
		return returned, err
	}
	_, err = s.db.each(ctx, helped, nil, func(tx *Tx, report int64) error { return s.leave(tx, actor, report, id) })
	return returned, err
}

// leave takes the department out of a report that it only helps with.
func (s Departments) leave(tx *Tx, actor cabin.Actor, report, id int64) error {
	r, err := lockedReport(tx, report)
	if err != nil {
		return err
	}
	before := *r
	before.Parts = slices.Clone(r.Parts)
	e, ok := r.Leaves(id)
	if !ok {
		return nil
	}
	tx.saveParts(&before, r)
	return s.db.Reports.record(tx, actor, r, e, []cabin.Audience{cabin.ToDepartment, cabin.ToStaff}, nil)
}

// Reopen lets a closed department be dispatched to again. For the admin; CodeNotFound.
func (s Departments) Reopen(ctx context.Context, actor cabin.Actor, id int64) error {
	return s.db.InTx(ctx, func(tx *Tx) error {
		res, err := tx.exec(`UPDATE departments SET closed_at = NULL WHERE id = ?`, id)
		if err != nil {
			return err
		}
		if n, _ := res.RowsAffected(); n == 0 {
			var known []int64
			if err := tx.selectAll(&known, `SELECT id FROM departments WHERE id = ?`, id); err != nil || len(known) > 0 {
				return err
			}
			return sql.ErrNoRows
		}
		return tx.audit(actor, cabin.Admin, "department.reopen", "department", id, nil)
	})
}
