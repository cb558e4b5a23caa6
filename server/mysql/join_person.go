package mysql

import (
	"context"

	"warmcabin/server/cabin"
)

// earlierQuery finds who was written down under a phone before its owner came with WeChat:
// nobody who logs in, works here or is gone. The phone is the one that WeChat told of the
// asking person, never one that somebody typed.
const earlierQuery = `SELECT p.id, ` + called + ` AS name FROM contacts own STRAIGHT_JOIN contacts c ON c.phone_hash = own.phone_hash AND c.person_id <> own.person_id
	STRAIGHT_JOIN persons p ON p.id = c.person_id AND p.openid IS NULL AND p.deleted_at IS NULL AND NOT p.worked
	WHERE own.person_id = ? AND own.recorded_by = own.person_id ORDER BY p.id LIMIT ?`

// Earlier lists who was written down under the caller's own phone, with masked names: it may
// be the caller, or somebody of their family.
func (s People) Earlier(ctx context.Context, personID int64) (names []string, err error) {
	var found []namedRow
	err = s.db.selectAll(ctx, &found, earlierQuery, personID, maxKnown)
	for _, f := range found {
		names = append(names, cabin.MaskedName(f.Name))
	}
	return names, err
}

// JoinEarlier makes the person who was written down under the caller's own phone, by the
// name that the caller gives, one with the caller: their matters are the caller's from now
// on. A phone alone does not do it, as families share one; the name alone finds nobody.
// CodeNotFound when phone and name do not meet, CodeConflict when both have a booking at one
// time. It returns how many matters came along; a second time there is nobody left to find.
func (s People) JoinEarlier(ctx context.Context, personID int64, name string) (matters int, err error) {
	err = s.db.InTx(ctx, func(tx *Tx) error {
		matters = 0
		var found []namedRow
		if err := tx.selectAll(&found, earlierQuery+` FOR UPDATE`, personID, maxKnown); err != nil {
			return err
		}
		for _, f := range found {
			if cabin.SameName(f.Name, name) {
				matters, err = tx.joinPerson(joining{actor: cabin.Actor{PersonID: personID}, role: cabin.Resident, action: "person.join", from: f.ID, to: personID})
				return err
			}
		}
		return cabin.E(cabin.CodeNotFound, "没有用这个电话和姓名登记过。请写登记时说的全名；记不清，可以请联络站帮您查。")
	})
	return matters, err
}

// joining is who becomes one with whom, and who did it.
type joining struct {
	actor    cabin.Actor
	role     cabin.Role
	action   string // of the audit
	from, to int64
}

// joinPerson gives what was written down for one person to another, who has WeChat: each
// matter says so in its history. Both are locked, and nothing was read without a lock yet.
func (tx *Tx) joinPerson(j joining) (matters int, err error) {
	if err := tx.apart(j); err != nil {
		return 0, err
	}
	bookings, err := tx.joinBookings(j)
	if err != nil {
		return 0, err
	}
	reports, err := tx.joinReports(j)
	if err != nil {
		return 0, err
	}
	// What was told of these matters and could not be read without WeChat is read now, and what
	// waits to be told reaches them; a row that a worker sends at this moment stays.
	tx.later(`UPDATE notices SET person_id = ? WHERE person_id = ?`, j.to, j.from)
	tx.later(`UPDATE outbox o JOIN (SELECT id FROM bookings WHERE resident_id = ?) m ON o.matter_id = m.id SET o.person_id = ? WHERE o.matter_kind = ? AND o.person_id = ? AND o.state <> 'sending'`,
		j.to, j.to, cabin.MatterBooking, j.from)
	tx.later(`UPDATE outbox o JOIN (SELECT id FROM reports WHERE reporter_id = ?) m ON o.matter_id = m.id SET o.person_id = ? WHERE o.matter_kind = ? AND o.person_id = ? AND o.state <> 'sending'`,
		j.to, j.to, cabin.MatterReport, j.from)
	tx.later(`DELETE FROM contacts WHERE person_id = ?`, j.from)
	tx.later(`UPDATE persons SET name = ?, sealed_name = NULL, name_hash = NULL, deleted_at = ?, joined_to = ? WHERE id = ?`, cabin.DeletedName, tx.Now, j.to, j.from)
	matters = bookings + reports
	return matters, tx.audit(j.actor, j.role, j.action, "person", j.to, map[string]any{"from": j.from, "matters": matters})
}

// apart refuses two bookings at one time (CodeConflict).
func (tx *Tx) apart(j joining) error {
	var both []struct {
		Quarter int64 `db:"quarter"`
	}
	err := tx.selectAll(&both, `SELECT a.quarter FROM occupancy a JOIN occupancy b ON b.kind = a.kind AND b.quarter = a.quarter AND b.resource_id = ? WHERE a.kind = ? AND a.resource_id = ? LIMIT 1 FOR UPDATE`,
		j.to, cabin.ResidentTime, j.from)
	switch {
	case err != nil || len(both) == 0:
		return err
	case j.role == cabin.Resident:
		return cabin.E(cabin.CodeConflict, "登记的那一次和您自己约的有一次时间重了，请先取消其中一个。")
	}
	return cabin.E(cabin.CodeConflict, "登记的和本人在微信上约的，有一次时间重了。请先取消其中一个，再来合。")
}

func (tx *Tx) joinBookings(j joining) (n int, err error) {
	var rows []struct {
		ID    int64              `db:"id"`
		State cabin.BookingState `db:"state"`
		Own   bool               `db:"own"`
		Open  bool               `db:"open"`
	}
	if err := tx.selectAll(&rows, `SELECT id, state, resident_id = ? AS own, open_seat IS NOT NULL AS open FROM bookings
		WHERE resident_id = ? OR resident_id = ? AND open_seat IS NOT NULL ORDER BY resident_id = ? DESC, id FOR UPDATE`, j.to, j.from, j.to, j.to); err != nil {
		return 0, err
	}
	var open []int64
	for _, b := range rows {
		if b.Open {
			open = append(open, b.ID)
		}
		if !b.Own {
			n++
			tx.event(j.actor, &cabin.Booking{ID: b.ID}, cabin.Event{Command: cabin.EventJoinPerson, From: string(b.State), To: string(b.State), Role: j.role, Text: cabin.JoinPersonText(j.role)})
		}
	}
	// Seats of open bookings are numbered anew, above what any of them holds: more than a
	// person may take stay, and none is taken before they are fewer.
	for i, id := range open {
		tx.later(`UPDATE bookings SET open_seat = ? WHERE id = ?`, 100+i, id)
	}
	tx.later(`UPDATE occupancy SET resource_id = ? WHERE kind = ? AND resource_id = ?`, j.to, cabin.ResidentTime, j.from)
	tx.later(`UPDATE bookings SET resident_id = ? WHERE resident_id = ?`, j.to, j.from)
	for i, id := range open {
		tx.later(`UPDATE bookings SET open_seat = ? WHERE id = ?`, 1+i, id)
	}
	tx.later(`UPDATE waits SET resident_id = ? WHERE resident_id = ?`, j.to, j.from)
	return n, nil
}

func (tx *Tx) joinReports(j joining) (n int, err error) {
	var ids []int64
	if err := tx.selectAll(&ids, `SELECT id FROM reports WHERE reporter_id = ? ORDER BY id FOR UPDATE`, j.from); err != nil {
		return 0, err
	}
	for _, id := range ids { // all of them are locked before the first is read
		r, err := lockedReport(tx, id)
		if err != nil {
			return 0, err
		}
		e := cabin.Event{Command: cabin.EventJoinPerson, From: string(r.State), To: string(r.State), Role: j.role, Text: cabin.JoinPersonText(j.role)}
		if err := tx.db.Reports.record(tx, j.actor, r, e, nil, nil); err != nil {
			return 0, err
		}
	}
	tx.later(`UPDATE reports SET reporter_id = ?, proxy_tells = FALSE WHERE reporter_id = ?`, j.to, j.from)
	tx.later(`UPDATE IGNORE report_followers SET person_id = ? WHERE person_id = ?`, j.to, j.from)
	tx.later(`DELETE f FROM report_followers f JOIN reports r ON r.id = f.report_id AND r.reporter_id = f.person_id WHERE f.person_id = ?`, j.to)
	tx.later(`DELETE FROM report_followers WHERE person_id = ?`, j.from)
	return len(ids), nil
}
