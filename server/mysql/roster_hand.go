package mysql

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"warmcabin/server/cabin"
)

// HandEntry is one thing of the roster, as the office edits it by hand.
type HandEntry struct {
	cabin.RosterEntry
	ClosedAt *time.Time
}

// closing says what of a kind is closed, and what must be over before: each query counts,
// and names in Chinese what is still open.
type closing struct {
	table string
	role  cabin.Role // that ends with it
	open  []stillOpen
	after string // what goes with it; "" nothing
}

type stillOpen struct{ query, words string }

var closings = map[cabin.RosterKind]closing{
	cabin.RosterStation: {"stations", cabin.Staff, []stillOpen{
		{`SELECT COUNT(*) FROM stations WHERE parent_id = ? AND closed_at IS NULL`, "%d 个下级联络站还归它"},
		{`SELECT COUNT(*) FROM communities WHERE station_id = ?`, "%d 个社区的事还由它受理"},
		{`SELECT COUNT(*) FROM deputies WHERE station_id = ? AND closed_at IS NULL`, "%d 位代表还在这里接待"},
		{`SELECT COUNT(*) FROM deputy_hours WHERE station_id = ?`, "还有 %d 段每周的接待时间在这里"},
		{`SELECT COUNT(*) FROM bookings WHERE station_id = ? AND state IN ('requested', 'countered', 'confirmed', 'checked_in')`, "还有 %d 个预约没有结束"},
		{`SELECT COUNT(*) FROM reports WHERE station_id = ? AND waiting IN ('staff', 'department', 'resident')`, "还有 %d 件反映没有办结"},
	}, ""},
	cabin.RosterDeputy: {"deputies", cabin.Deputy, []stillOpen{
		{`SELECT COUNT(*) FROM bookings WHERE deputy_id = ? AND state IN ('requested', 'countered', 'confirmed', 'checked_in')`, "还有 %d 个预约没有结束，请先改期或取消"},
		{`SELECT COUNT(*) FROM talks WHERE deputy_id = ? AND state IN ('proposed', 'open')`, "还有 %d 场讲座没有结束"},
		{`SELECT COUNT(*) FROM waits WHERE deputy_id = ? AND live = 1`, "还有 %d 人在候补"},
	}, `DELETE FROM deputy_hours WHERE deputy_id = ?`},
}

// Hand reads the roster with what is closed, by its kind and id, for editing by hand.
// Phones are in it: whoever shows it masks them. For the admin.
func (s Offices) Hand(ctx context.Context, kind cabin.RosterKind) (now cabin.RosterNow, entries []HandEntry, err error) {
	err = s.db.InTx(ctx, func(tx *Tx) error {
		if now, err = tx.roster(); err != nil {
			return err
		}
		entries = make([]HandEntry, len(now[kind]))
		for i, e := range now[kind] {
			entries[i].RosterEntry = e
		}
		c, closable := closings[kind]
		if !closable {
			return nil
		}
		var closed []closedRow
		if err := tx.selectAll(&closed, `SELECT id, closed_at FROM `+c.table+` WHERE closed_at IS NOT NULL`); err != nil {
			return err
		}
		for _, row := range closed {
			if i := slices.IndexFunc(entries, func(e HandEntry) bool { return e.ID == row.ID }); i >= 0 {
				entries[i].ClosedAt = &row.At
			}
		}
		return nil
	})
	return now, entries, err
}

type closedRow struct {
	ID int64     `db:"id"`
	At time.Time `db:"closed_at"`
}

// SaveByHand writes one thing of the roster as a form has it, by the rules of an import;
// id 0 makes a new one. Errors as cabin.PlanByHand. For the admin.
func (s Offices) SaveByHand(ctx context.Context, actor cabin.Actor, kind cabin.RosterKind, id int64, texts []string) (saved int64, err error) {
	err = s.db.InTx(ctx, func(tx *Tx) error {
		saved = id
		if err := tx.oneOffice(); err != nil {
			return err
		}
		now, err := tx.roster()
		if err != nil {
			return err
		}
		plan, err := cabin.PlanByHand(now, kind, id, texts, today(tx.Now))
		if err != nil || plan == nil {
			return err
		}
		if err := tx.lockRoster(plan); err != nil {
			return err
		}
		if err := tx.writeRoster(actor, plan); duplicate(err) {
			return cabin.E(cabin.CodeConflict, "已经有只差大小写或符号的名称了，不能区分，请换一个。", err)
		} else if err != nil {
			return err
		}
		if saved == 0 {
			if err := tx.get(&saved, `SELECT MAX(id) FROM `+rosterTables[kind]); err != nil { // oneOffice: nobody else adds
				return err
			}
		}
		var columns []string
		for _, d := range plan.Items[0].Diffs() {
			columns = append(columns, d.Title)
		}
		return tx.audit(actor, cabin.Admin, "roster.save", string(kind), saved, map[string]any{"columns": columns})
	})
	s.db.forget()
	s.db.places.last.Store(nil)
	return saved, err
}

// Close ends a station or a deputy (a department has Departments.Close): it is offered to nobody any more, those
// who held a role for it hold it no longer, and what happened keeps it. CodeConflict, with
// what is still open, while there is something; closing it twice is fine. For the admin.
func (s Offices) Close(ctx context.Context, actor cabin.Actor, kind cabin.RosterKind, id int64) error {
	c, ok := closings[kind]
	if !ok {
		return cabin.E(cabin.CodeNotFound, "这一项不能停用。")
	}
	err := s.db.InTx(ctx, func(tx *Tx) error {
		if err := tx.oneOffice(); err != nil {
			return err
		}
		if closed, err := tx.lockClosable(c, id); err != nil || closed {
			return err
		}
		if err := tx.nothingOpen(c, id); err != nil {
			return err
		}
		tx.later(`UPDATE `+c.table+` SET closed_at = ? WHERE id = ?`, tx.Now, id)
		if c.after != "" {
			tx.later(c.after, id)
			tx.later(`UPDATE deputies SET rules_version = rules_version + 1 WHERE id = ?`, id)
		}
		var holders []int64
		if err := tx.selectAll(&holders, `SELECT person_id FROM person_roles WHERE role = ? AND scope_id = ? FOR UPDATE`, c.role, id); err != nil {
			return err
		}
		for _, h := range holders {
			if err := tx.ungrant(actor, h, cabin.Grant{Role: c.role, ScopeID: id}); err != nil {
				return err
			}
		}
		tx.later(`UPDATE invites SET withdrawn_at = ? WHERE role = ? AND scope_id = ? AND used_at IS NULL AND withdrawn_at IS NULL`, tx.Now, c.role, id)
		return tx.audit(actor, cabin.Admin, "roster.close", string(kind), id, map[string]any{"holders": len(holders)})
	})
	s.db.places.last.Store(nil)
	return err
}

// lockClosable locks the row (CodeNotFound) and tells whether it is closed already.
func (tx *Tx) lockClosable(c closing, id int64) (closed bool, err error) {
	var row []struct {
		At *time.Time `db:"closed_at"`
	}
	if err := tx.selectAll(&row, `SELECT closed_at FROM `+c.table+` WHERE id = ? FOR UPDATE`, id); err != nil {
		return false, err
	}
	if len(row) == 0 {
		return false, cabin.E(cabin.CodeNotFound, "没有找到这一条，可能刚刚被改过，请刷新。")
	}
	return row[0].At != nil, nil
}

func (tx *Tx) nothingOpen(c closing, id int64) error {
	var open []string
	for _, p := range c.open {
		var n int
		if err := tx.get(&n, p.query, id); err != nil {
			return err
		}
		if n > 0 {
			open = append(open, fmt.Sprintf(p.words, n))
		}
	}
	if len(open) == 0 {
		return nil
	}
	return cabin.E(cabin.CodeConflict, "现在还不能停用："+strings.Join(open, "；")+"。")
}

// Reopen takes a Close back; roles are given anew by invites. For the admin.
func (s Offices) Reopen(ctx context.Context, actor cabin.Actor, kind cabin.RosterKind, id int64) error {
	c, ok := closings[kind]
	if !ok {
		return cabin.E(cabin.CodeNotFound, "这一项不能停用。")
	}
	err := s.db.InTx(ctx, func(tx *Tx) error {
		if err := tx.oneOffice(); err != nil {
			return err
		}
		if closed, err := tx.lockClosable(c, id); err != nil || !closed {
			return err
		}
		tx.later(`UPDATE `+c.table+` SET closed_at = NULL WHERE id = ?`, id)
		return tx.audit(actor, cabin.Admin, "roster.reopen", string(kind), id, nil)
	})
	s.db.places.last.Store(nil)
	return err
}
