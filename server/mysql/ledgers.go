package mysql

import (
	"context"
	"database/sql"
	"time"

	"warmcabin/server/cabin"
)

// Ledgers are what happened, by month and station (台账): read from the matters themselves,
// never changed, set right by rows of their own.
type Ledgers struct{ db *DB }

// LedgerFilter narrows a ledger.
type LedgerFilter struct {
	Kind       cabin.LedgerKind
	StationIDs []int64
	From, To   time.Time // To excluded
}

// receptions are the bookings that were kept, or were to be.
var receptions = []cabin.BookingState{cabin.CheckedIn, cabin.Completed, cabin.NoShow}

// ledgerStates are the bookings that stand in a ledger: all, but for what still waits.
var ledgerStates = map[cabin.LedgerKind][]cabin.BookingState{
	cabin.LedgerReception: receptions,
	cabin.LedgerBookings:  {cabin.Requested, cabin.Countered, cabin.Confirmed, cabin.CheckedIn, cabin.Completed, cabin.NoShow, cabin.Declined, cabin.Cancelled, cabin.Expired},
}

// LedgerRow is a row of a ledger: one of these, with what was set right about it.
type LedgerRow struct {
	Booking     *cabin.Booking
	Report      *cabin.Report
	Visit       *cabin.Visit
	Corrections []cabin.Correction
}

// at is where the row stands in its ledger.
func (r *LedgerRow) at() (time.Time, int64) {
	switch {
	case r.Booking != nil:
		return r.Booking.StartsAt, r.Booking.ID
	case r.Report != nil:
		return r.Report.CreatedAt, r.Report.ID
	}
	return r.Visit.VisitedAt, r.Visit.ID
}

// At is where the row stands in its ledger, and its id.
func (r *LedgerRow) At() (time.Time, int64) { return r.at() }

// Rows pages through a ledger, the latest first.
func (s Ledgers) Rows(ctx context.Context, f LedgerFilter, p Page) (rows []LedgerRow, err error) {
	switch f.Kind {
	case cabin.LedgerReports:
		list, err := s.db.Statistics.Rows(ctx, StatisticRows{StationIDs: f.StationIDs, From: f.From, To: f.To}, p)
		for _, r := range list {
			r.NameThen(s.db.Names())
			r.ReporterName = "" // no ledger names a resident
			rows = append(rows, LedgerRow{Report: r})
		}
		if err != nil {
			return nil, err
		}
	case cabin.LedgerVisits:
		var list []*cabin.Visit
		q := branches{table: "visits", order: []string{"visited_at", "id"}, desc: true, limit: p.Limit}
		for _, id := range scopes(f.StationIDs) {
			q.add(ledgerWhere("station_id = ?", "visited_at", p), ledgerArgs([]any{id}, f, p)...)
		}
		if err := q.read(ctx, s.db, &list, visitReads[len("SELECT "):], visitJoins); err != nil {
			return nil, err
		}
		for _, v := range list {
			rows = append(rows, LedgerRow{Visit: v})
		}
	default:
		var list []*cabin.Booking
		q := branches{table: "bookings", order: []string{"starts_at", "id"}, desc: true, limit: p.Limit}
		for _, id := range scopes(f.StationIDs) {
			for _, state := range ledgerStates[f.Kind] {
				q.add(ledgerWhere("station_id = ? AND state = ?", "starts_at", p), ledgerArgs([]any{id, state}, f, p)...)
			}
		}
		if err := q.read(ctx, s.db, &list, bookingColumns, bookingJoins); err != nil {
			return nil, err
		}
		for _, b := range list {
			b.NameThen(s.db.Names())
			b.ResidentName = ""
			rows = append(rows, LedgerRow{Booking: b})
		}
	}
	return rows, s.correct(ctx, f.Kind, rows)
}

func ledgerWhere(scope, column string, p Page) string {
	where := scope + " AND " + column + " >= ? AND " + column + " < ?"
	if p.ID != 0 {
		where += " AND " + column + " <= ? AND (" + column + " < ? OR id < ?)"
	}
	return where
}

func ledgerArgs(scope []any, f LedgerFilter, p Page) []any {
	args := append(scope, f.From.UTC(), f.To.UTC())
	if p.ID != 0 {
		args = append(args, p.At, p.At, p.ID)
	}
	return args
}

// correct puts what was set right beside the rows.
func (s Ledgers) correct(ctx context.Context, kind cabin.LedgerKind, rows []LedgerRow) error {
	if len(rows) == 0 {
		return nil
	}
	at := map[int64]int{}
	ids := make([]int64, len(rows))
	for i := range rows {
		_, ids[i] = rows[i].at()
		at[ids[i]] = i
	}
	list, err := s.corrections(ctx, kind, ids)
	for _, c := range list {
		row := &rows[at[c.ObjectID]]
		row.Corrections = append(row.Corrections, c)
	}
	return err
}

// noted is the kind under which a ledger's corrections stand: a reception is a booking.
func noted(kind cabin.LedgerKind) cabin.LedgerKind {
	if kind == cabin.LedgerReception {
		return cabin.LedgerBookings
	}
	return kind
}

func (s Ledgers) corrections(ctx context.Context, kind cabin.LedgerKind, ids []int64) (list []cabin.Correction, err error) {
	err = s.db.selectIn(ctx, &list, `SELECT x.id, x.kind, x.object_id, x.person_id, p.name AS person_name, x.role, x.text, x.reason, x.at
		FROM ledger_corrections x STRAIGHT_JOIN persons p ON p.id = x.person_id WHERE x.kind = ? AND x.object_id IN (?) ORDER BY x.object_id, x.id`, noted(kind), ids)
	return list, err
}

// Correct sets something right in a ledger, once for a key: the row stays, this stands below
// it. For the station's staff and, of a visit, who made it. CodeNotFound for others.
func (s Ledgers) Correct(ctx context.Context, key Key, actor cabin.Actor, c cabin.Correction) error {
	if err := c.Check(); err != nil {
		return err
	}
	c.Kind = noted(c.Kind)
	_, err := s.db.createOnce(ctx, key, func(tx *Tx) (int64, error) {
		role, err := tx.mayCorrect(actor, c)
		if err != nil {
			return 0, err
		}
		id, err := tx.insert(`INSERT INTO ledger_corrections (kind, object_id, person_id, role, text, reason, at) VALUES (?,?,?,?,?,?,?)`, c.Kind, c.ObjectID, actor.PersonID, role, c.Text, c.Reason, tx.Now)
		if err != nil {
			return 0, err
		}
		return id, tx.audit(actor, role, "ledger.correct", "ledger", c.ObjectID, map[string]any{"ledger": c.Kind})
	})
	return err
}

func (tx *Tx) mayCorrect(actor cabin.Actor, c cabin.Correction) (cabin.Role, error) {
	query := map[cabin.LedgerKind]string{
		cabin.LedgerBookings: `SELECT station_id, 0 AS person_id, '' AS role FROM bookings WHERE id = ?`,
		cabin.LedgerReports:  `SELECT station_id, 0 AS person_id, '' AS role FROM reports WHERE id = ? AND state <> 'draft'`,
		cabin.LedgerVisits:   `SELECT station_id, person_id, role FROM visits WHERE id = ?`,
	}[c.Kind]
	if query == "" {
		return "", cabin.Invalid("kind", "没有这本台账。")
	}
	var found struct {
		StationID int64      `db:"station_id"`
		PersonID  int64      `db:"person_id"`
		Role      cabin.Role `db:"role"`
	}
	if err := tx.get(&found, query, c.ObjectID); err != nil {
		return "", err
	}
	switch {
	case actor.Holds(cabin.Staff, found.StationID):
		return cabin.Staff, nil
	case actor.Has(cabin.Admin):
		return cabin.Admin, nil
	case found.PersonID != 0 && found.PersonID == actor.PersonID && (actor.Has(cabin.Liaison) || actor.Has(cabin.Community)):
		return found.Role, nil
	}
	return "", sql.ErrNoRows
}
