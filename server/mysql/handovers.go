package mysql

import (
	"context"
	"database/sql"

	"warmcabin/server/cabin"
)

// Handovers are the notes that a shift leaves for the next one.
type Handovers struct{ db *DB }

const handoverReads = `SELECT h.id, h.station_id, h.person_id, p.name AS person_name, h.text, h.reports, h.bookings, h.overdue, h.created_at `

// Write keeps a note for the station's next shift, with what waits there now, once for a
// key. CodeForbidden for who is no staff of the station.
func (s Handovers) Write(ctx context.Context, key Key, actor cabin.Actor, stationID int64, text string) (*cabin.Handover, error) {
	if !actor.Holds(cabin.Staff, stationID) && !actor.Has(cabin.Admin) {
		return nil, cabin.E(cabin.CodeForbidden, "您不在这个联络站工作，不能在这里交班。")
	}
	if err := cabin.CheckText("text", text, 2, cabin.MaxHandover); err != nil {
		return nil, err
	}
	waiting, err := s.db.Reports.Desk(ctx, []int64{stationID})
	if err != nil {
		return nil, err
	}
	id, err := s.db.createOnce(ctx, key, func(tx *Tx) (int64, error) {
		id, err := tx.insert(`INSERT INTO handovers (station_id, person_id, text, reports, bookings, overdue, created_at) VALUES (?,?,?,?,?,?,?)`,
			stationID, actor.PersonID, text, waiting.ReportsWaiting, waiting.BookingsWaiting, waiting.Overdue, tx.Now)
		if err != nil {
			return 0, err
		}
		return id, tx.audit(actor, cabin.Staff, "handover.write", "handover", id, map[string]any{"station": stationID})
	})
	if err != nil {
		return nil, err
	}
	var h cabin.Handover
	err = s.db.get(ctx, &h, handoverReads+`FROM handovers h STRAIGHT_JOIN persons p ON p.id = h.person_id WHERE h.id = ?`, id)
	return &h, err
}

// Acknowledge says that the actor read a note of a station of theirs; twice is fine.
// CodeNotFound for others.
func (s Handovers) Acknowledge(ctx context.Context, actor cabin.Actor, id int64) error {
	return s.db.InTx(ctx, func(tx *Tx) error {
		var station int64
		if err := tx.get(&station, `SELECT station_id FROM handovers WHERE id = ?`, id); err != nil {
			return err
		}
		if !actor.Holds(cabin.Staff, station) && !actor.Has(cabin.Admin) {
			return sql.ErrNoRows
		}
		res, err := tx.exec(`INSERT IGNORE INTO handover_reads (handover_id, person_id, read_at) VALUES (?,?,?)`, id, actor.PersonID, tx.Now)
		if err != nil {
			return err
		}
		if n, _ := res.RowsAffected(); n == 0 {
			return nil
		}
		return tx.audit(actor, cabin.Staff, "handover.read", "handover", id, map[string]any{"station": station})
	})
}

// HandoverRead is who read a note.
type HandoverRead struct {
	HandoverID int64  `db:"handover_id"`
	PersonID   int64  `db:"person_id"`
	Name       string `db:"name"`
}

// List pages through the notes of these stations, the newest first, with who read them.
func (s Handovers) List(ctx context.Context, stationIDs []int64, before int64, limit int) (list []cabin.Handover, reads []HandoverRead, err error) {
	q := branches{table: "handovers", order: []string{"id"}, desc: true, limit: limit}
	for _, id := range scopes(stationIDs) {
		q.add("station_id = ? AND id < ?", id, orMax(before))
	}
	columns := handoverReads[len("SELECT "):]
	if err = q.read(ctx, s.db, &list, columns, " STRAIGHT_JOIN persons p ON p.id = h.person_id"); err != nil || len(list) == 0 {
		return nil, nil, err
	}
	ids := make([]int64, len(list))
	for i, h := range list {
		ids[i] = h.ID
	}
	err = s.db.selectIn(ctx, &reads, `SELECT x.handover_id, x.person_id, p.name FROM handover_reads x STRAIGHT_JOIN persons p ON p.id = x.person_id WHERE x.handover_id IN (?) ORDER BY x.handover_id, x.read_at`, ids)
	return list, reads, err
}
