package mysql

import (
	"context"
	"database/sql"
	"slices"

	"warmcabin/server/cabin"
)

// whoOf says whom a matter belongs to: the table and the column of the person. spoken holds
// of a push about what the desk and the person did together, face to face or on the phone.
var whoOf = map[cabin.MatterKind]struct{ table, person, events, key, spoken string }{
	cabin.MatterBooking: {"bookings", "resident_id", "booking_events", "booking_id", spokenAtDesk},
	cabin.MatterReport:  {"reports", "reporter_id", "report_events", "report_id", "FALSE"},
}

// spokenAtDesk: the booking m itself, and the yes that whoever wrote it down gave for the
// deputy in the same conversation; a later yes has to be told.
const spokenAtDesk = `m.booked_by <> 0 AND (o.created_at = m.created_at OR EXISTS (SELECT 1 FROM booking_events e
	WHERE e.booking_id = m.id AND e.command = 'accept' AND e.actor_id = m.booked_by AND e.at = o.created_at AND e.at <= m.created_at + INTERVAL 10 MINUTE))`

// nowhere are the ends of a push that reached nobody.
const nowhere = `('no_consent', 'no_wechat', 'refused', 'dead')`

// Unreached returns which of these bookings or reports have an owner whom the last push
// about it did not reach, who has not read the news in the inbox either, and whom nobody
// told by phone since; who was there when the desk booked for them, and when it said yes at
// once, knows that. For the desk only.
func (s Notices) Unreached(ctx context.Context, kind cabin.MatterKind, ids []int64) (map[int64]bool, error) {
	found := map[int64]bool{}
	who, ok := whoOf[kind]
	if !ok || len(ids) == 0 {
		return found, nil
	}
	var rows []struct {
		ID int64 `db:"id"`
	}
	// Nearly always there is no such message on a page: that is a look at one index.
	var failed []int64
	err := s.db.selectIn(ctx, &failed, `SELECT DISTINCT matter_id FROM outbox WHERE matter_kind = ? AND matter_id IN (?) AND told_at IS NULL AND state IN `+nowhere, kind, ids)
	if err != nil || len(failed) == 0 {
		return found, err
	}
	err = s.db.read(ctx, part{&rows, `SELECT m.id FROM ` + who.table + ` m
		JOIN outbox o ON o.id = (SELECT MAX(x.id) FROM outbox x WHERE x.matter_kind = ? AND x.matter_id = m.id AND x.person_id = m.` + who.person + `)
		WHERE m.id IN (?) AND o.state IN ` + nowhere + ` AND o.told_at IS NULL AND NOT (` + who.spoken + `)
		AND NOT EXISTS (SELECT 1 FROM persons gone WHERE gone.id = m.` + who.person + ` AND gone.deleted_at IS NOT NULL) AND NOT EXISTS (SELECT 1 FROM notices n
			WHERE n.person_id = m.` + who.person + ` AND n.matter_kind = ? AND n.matter_id = m.id AND n.created_at >= o.created_at AND n.read_at IS NOT NULL)`,
		[]any{kind, failed, kind}})
	for _, r := range rows {
		found[r.ID] = true
	}
	return found, err
}

// TellByPhone notes that the desk told the matter's owner by phone: the mark goes, and the
// history says so. For staff of the matter's station; CodeNotFound for others and
// CodeConflict when there is nothing left to tell.
func (s Notices) TellByPhone(ctx context.Context, actor cabin.Actor, kind cabin.MatterKind, id int64) error {
	who, ok := whoOf[kind]
	if !ok {
		return classify(sql.ErrNoRows)
	}
	return s.db.InTx(ctx, func(tx *Tx) error {
		var m struct {
			Person  int64  `db:"person"`
			Station int64  `db:"station_id"`
			State   string `db:"state"`
		}
		if err := tx.get(&m, `SELECT `+who.person+` AS person, station_id, state FROM `+who.table+` WHERE id = ? FOR UPDATE`, id); err != nil {
			return err
		}
		if !actor.Has(cabin.Admin) && !actor.Holds(cabin.Staff, m.Station) {
			return sql.ErrNoRows
		}
		var r *cabin.Report
		if kind == cabin.MatterReport {
			var err error
			if r, err = lockedReport(tx, id); err != nil {
				return err
			}
			if !slices.Contains(r.RolesOf(actor), cabin.Staff) { // it is about them
				return sql.ErrNoRows
			}
		}
		res, err := tx.exec(`UPDATE outbox SET told_at = ? WHERE matter_kind = ? AND matter_id = ? AND person_id = ? AND told_at IS NULL AND state IN `+nowhere,
			tx.Now, kind, id, m.Person)
		if err != nil {
			return err
		}
		if n, err := res.RowsAffected(); err != nil || n == 0 {
			return orConflict(err, "已经告知过了。")
		}
		if r != nil {
			return s.db.Reports.record(tx, actor, r, cabin.Event{Command: "told_by_phone", From: m.State, To: m.State, Role: cabin.Staff, Text: "已电话告知"}, nil, nil)
		}
		tx.later(`INSERT INTO `+who.events+` (`+who.key+`, at, actor_id, actor_role, command, from_state, to_state, text) VALUES (?,?,?,?,?,?,?,?)`,
			id, tx.Now, actor.PersonID, cabin.Staff, "told_by_phone", m.State, m.State, "已电话告知")
		return tx.audit(actor, cabin.Staff, string(kind)+".told_by_phone", string(kind), id, nil)
	})
}

func orConflict(err error, sentence string) error {
	if err != nil {
		return err
	}
	return cabin.E(cabin.CodeConflict, sentence)
}
