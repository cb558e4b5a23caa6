package mysql

import (
	"context"
	"fmt"

	"warmcabin/server/cabin"
)

// Personal is what belongs to one person: to be taken along, and to be deleted.
type Personal struct{ db *DB }

// Holdings count what there is of a person, for them to read before they delete it.
type Holdings struct {
	Reports      int `db:"reports"`
	OpenReports  int `db:"open_reports"`
	Bookings     int `db:"bookings"`
	OpenBookings int `db:"open_bookings"`
	Waits        int `db:"waits"`
	Photos       int `db:"photos"`
	Phone        int `db:"phone"`
	Roles        int `db:"roles"`
}

const holdingsQuery = `SELECT
	(SELECT COUNT(*) FROM reports WHERE reporter_id = ?) AS reports,
	(SELECT COUNT(*) FROM reports WHERE reporter_id = ? AND state <> 'closed') AS open_reports,
	(SELECT COUNT(*) FROM bookings WHERE resident_id = ?) AS bookings,
	(SELECT COUNT(*) FROM bookings WHERE resident_id = ? AND state IN ('requested', 'countered', 'confirmed', 'checked_in')) AS open_bookings,
	(SELECT COUNT(*) FROM waits WHERE resident_id = ? AND live IS NOT NULL) AS waits,
	(SELECT COUNT(*) FROM photos WHERE owner_id = ? AND state <> 'removed') AS photos,
	(SELECT COUNT(*) FROM contacts WHERE person_id = ?) AS phone,
	(SELECT COUNT(*) FROM person_roles WHERE person_id = ?) AS roles`

// Holdings counts what there is of this person.
func (s Personal) Holdings(ctx context.Context, id int64) (h Holdings, err error) {
	err = s.db.get(ctx, &h, holdingsQuery, id, id, id, id, id, id, id, id)
	return h, err
}

// Deleted is what became of a person's data.
type Deleted struct {
	Bookings int      // that were open and are cancelled
	Files    []string // exports whose files are to be removed
}

// Delete takes a person out of everything: name, phone, WeChat identity, inbox, consents,
// uploads that were never sent; open bookings and places in lines are given up first.
// Matters stay as they are, of a deleted resident. It cannot be undone; twice is fine.
// CodeConflict for who holds a working role, and while a booking can not be cancelled any more.
func (s Personal) Delete(ctx context.Context, actor cabin.Actor) (d Deleted, err error) {
	err = s.db.InTx(ctx, func(tx *Tx) error {
		d = Deleted{}
		var person struct {
			UnionID string `db:"unionid"`
			Gone    bool   `db:"gone"`
		}
		if err := tx.get(&person, `SELECT unionid, deleted_at IS NOT NULL AS gone FROM persons WHERE id = ? FOR UPDATE`, actor.PersonID); err != nil || person.Gone {
			return err
		}
		var h Holdings
		id := actor.PersonID
		if err := tx.get(&h, holdingsQuery, id, id, id, id, id, id, id, id); err != nil {
			return err
		}
		if h.Roles > 0 {
			return cabin.E(cabin.CodeConflict, "您还担任工作角色，请先联系街道人大工委收回，再删除个人数据。")
		}
		if d.Bookings, err = s.giveUp(tx, actor); err != nil {
			return err
		}
		if d.Files, err = tx.forgetFiles(id); err != nil {
			return err
		}
		tx.forget(id, person.UnionID)
		return tx.audit(actor, cabin.Resident, "person.delete", "person", id, map[string]any{"reports": h.Reports, "bookings": h.Bookings, "cancelled": d.Bookings})
	})
	return d, err
}

// giveUp cancels what is open of the person: bookings, places in lines, and reports that
// were returned to them and never sent again.
func (s Personal) giveUp(tx *Tx, actor cabin.Actor) (cancelled int, err error) {
	var bookings, waits, drafts []int64
	if err := tx.selectAll(&bookings, `SELECT id FROM bookings WHERE resident_id = ? AND state IN ('requested', 'countered', 'confirmed', 'checked_in') ORDER BY id`, actor.PersonID); err != nil {
		return 0, err
	}
	if err := tx.selectAll(&waits, `SELECT id FROM waits WHERE resident_id = ? AND live IS NOT NULL ORDER BY id`, actor.PersonID); err != nil {
		return 0, err
	}
	if err := tx.selectAll(&drafts, `SELECT id FROM reports WHERE reporter_id = ? AND state = 'draft' ORDER BY id`, actor.PersonID); err != nil {
		return 0, err
	}
	for _, id := range waits { // first, so that no seat they free comes to them
		w, err := s.db.Waits.locked(tx, id)
		if err != nil {
			return 0, err
		}
		command := cabin.WaitLeave
		if w.State == cabin.Offered {
			command = cabin.WaitRefuse
		}
		if err := s.db.Waits.move(tx, actor, w, command); err != nil {
			return 0, err
		}
	}
	for _, id := range bookings {
		b, err := lockedBooking(tx, id)
		if err != nil {
			return 0, err
		}
		command := cabin.BookingCancel
		if b.State == cabin.Countered {
			command = cabin.BookingRefuse
		}
		if err := s.db.Bookings.moveLocked(tx, actor, b, command, cabin.Input{Reason: "选民不再使用"}); err != nil {
			return 0, notYetGone(b, err)
		}
		if err := tx.flush(); err != nil { // the next one reads what this one wrote
			return 0, err
		}
	}
	for _, id := range drafts {
		r, err := lockedReport(tx, id)
		if err != nil {
			return 0, err
		}
		if err := s.db.Reports.move(tx, actor, r, cabin.ReportWithdraw, cabin.Input{}); err != nil {
			return 0, err
		}
	}
	return len(bookings), nil
}

// notYetGone says which booking stands in the way.
func notYetGone(b *cabin.Booking, err error) error {
	switch cabin.CodeOf(err) {
	case cabin.CodeConflict, cabin.CodeForbidden:
		start, _ := b.Occupies()
		return cabin.E(cabin.CodeConflict, fmt.Sprintf("您 %s 的预约已经不能自己取消了。请打电话给联络站取消，或者见面以后再删除。", cabin.MomentText(start)), err)
	}
	return err
}

// forgetFiles forgets uploads that were attached to nothing, whose files a worker removes,
// and returns the files of the person's exports.
func (tx *Tx) forgetFiles(personID int64) (files []string, err error) {
	var photos []string
	if err := tx.selectAll(&photos, `SELECT id FROM photos WHERE owner_id = ? AND report_id = 0 FOR UPDATE`, personID); err != nil {
		return nil, err
	}
	for _, id := range photos {
		tx.later(`DELETE FROM photos WHERE id = ?`, id)
		tx.removeFiles(id)
	}
	if err := tx.selectAll(&files, `SELECT file FROM exports WHERE person_id = ? AND state <> 'gone' FOR UPDATE`, personID); err != nil {
		return nil, err
	}
	tx.later(`UPDATE exports SET state = 'gone', due_at = NULL WHERE person_id = ?`, personID)
	return files, nil
}

func (tx *Tx) forget(id int64, unionID string) {
	for _, table := range []string{"contacts", "consents", "consent_events", "notify_settings", "notices", "report_followers", "digests", "idempotency_keys", "second_factors", "recovery_codes"} {
		tx.later(`DELETE FROM `+table+` WHERE person_id = ?`, id)
	}
	tx.later(`DELETE FROM outbox WHERE person_id = ? AND state = 'waiting'`, id)
	if unionID != "" {
		tx.later(`DELETE FROM official_followers WHERE unionid = ?`, unionID)
	}
	tx.later(`UPDATE bookings SET note = '' WHERE resident_id = ? AND note <> ''`, id)
	tx.later(`UPDATE waits SET note = '' WHERE resident_id = ? AND note <> ''`, id)
	tx.later(`UPDATE persons SET openid = NULL, unionid = '', name = ?, sealed_name = NULL, name_hash = NULL, deleted_at = ? WHERE id = ?`, cabin.DeletedName, tx.Now, id)
}
