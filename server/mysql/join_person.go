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
				matters, err = tx.joinPerson(f.ID, personID)
				return err
			}
		}
		return cabin.E(cabin.CodeNotFound, "没有用这个电话和姓名登记过。请写登记时说的全名；记不清，可以请联络站帮您查。")
	})
	return matters, err
}

// joinPerson gives what was written down for one person to another, who has WeChat.
func (tx *Tx) joinPerson(from, to int64) (matters int, err error) {
	var both []struct {
		Quarter int64 `db:"quarter"`
	}
	if err := tx.selectAll(&both, `SELECT a.quarter FROM occupancy a JOIN occupancy b ON b.kind = a.kind AND b.quarter = a.quarter AND b.resource_id = ? WHERE a.kind = ? AND a.resource_id = ? LIMIT 1 FOR UPDATE`,
		to, cabin.ResidentTime, from); err != nil {
		return 0, err
	}
	if len(both) > 0 {
		return 0, cabin.E(cabin.CodeConflict, "登记的那一次和您自己约的有一次时间重了，请先取消其中一个。")
	}
	var open []struct {
		ID int64 `db:"id"`
	}
	if err := tx.selectAll(&open, `SELECT id FROM bookings WHERE resident_id IN (?, ?) AND open_seat IS NOT NULL ORDER BY resident_id = ? DESC, id FOR UPDATE`, from, to, to); err != nil {
		return 0, err
	}
	var counts []struct {
		N int `db:"n"`
	}
	if err := tx.selectAll(&counts, `SELECT (SELECT COUNT(*) FROM reports WHERE reporter_id = ?) + (SELECT COUNT(*) FROM bookings WHERE resident_id = ?) AS n`, from, from); err != nil {
		return 0, err
	}
	// Seats of open bookings are numbered anew, above what any of them holds: more than a
	// person may take stay, and none is taken before they are fewer.
	for i, b := range open {
		tx.later(`UPDATE bookings SET open_seat = ? WHERE id = ?`, 100+i, b.ID)
	}
	tx.later(`UPDATE occupancy SET resource_id = ? WHERE kind = ? AND resource_id = ?`, to, cabin.ResidentTime, from)
	tx.later(`UPDATE bookings SET resident_id = ? WHERE resident_id = ?`, to, from)
	for i, b := range open {
		tx.later(`UPDATE bookings SET open_seat = ? WHERE id = ?`, 1+i, b.ID)
	}
	tx.later(`UPDATE reports SET reporter_id = ?, proxy_tells = FALSE WHERE reporter_id = ?`, to, from)
	tx.later(`UPDATE waits SET resident_id = ? WHERE resident_id = ?`, to, from)
	tx.later(`UPDATE IGNORE report_followers SET person_id = ? WHERE person_id = ?`, to, from)
	tx.later(`DELETE f FROM report_followers f JOIN reports r ON r.id = f.report_id AND r.reporter_id = f.person_id WHERE f.person_id = ?`, to)
	tx.later(`DELETE FROM report_followers WHERE person_id = ?`, from)
	tx.later(`DELETE FROM contacts WHERE person_id = ?`, from)
	tx.later(`UPDATE persons SET name = ?, sealed_name = NULL, name_hash = NULL, deleted_at = ?, joined_to = ? WHERE id = ?`, cabin.DeletedName, tx.Now, to, from)
	return counts[0].N, tx.audit(cabin.Actor{PersonID: to}, cabin.Resident, "person.join", "person", to, map[string]any{"from": from, "matters": counts[0].N})
}
