package mysql

import (
	"context"

	"warmcabin/server/cabin"
)

// ledgerOf are the ledgers by their workbooks.
var ledgerOf = map[cabin.ExportList]cabin.LedgerKind{
	cabin.ExportLedgerReception: cabin.LedgerReception, cabin.ExportLedgerBookings: cabin.LedgerBookings,
	cabin.ExportLedgerReports: cabin.LedgerReports, cabin.ExportLedgerVisits: cabin.LedgerVisits,
}

// ledgerExport reads a ledger, each row with what was set right below it; or the visits of
// communities, without that.
func ledgerExport(e *Export, scope cabin.ExportScope, f *cabin.ExportFilters) *exportReader {
	var q *exportReader
	kind := ledgerOf[e.List]
	station := "b.station_id"
	switch kind {
	case cabin.LedgerReports:
		station = "r.station_id"
		q = &exportReader{table: "reports r", id: "r.id", read: readReports}
		q.and("r.state <> ?", cabin.Draft)
		q.span("r.created_at", f)
	case cabin.LedgerBookings, cabin.LedgerReception:
		q = &exportReader{table: "bookings b", id: "b.id", read: readBookings}
		q.and("b.state IN (?)", ledgerStates[kind])
		q.span("b.starts_at", f)
	default:
		station = "v.station_id"
		q = &exportReader{table: "visits v", id: "v.id", read: readVisits}
		q.span("v.visited_at", f)
	}
	if e.List == cabin.ExportVisits {
		q.scope("v.community_id", scope)
		return q
	}
	q.scope(station, scope)
	if f.StationID != 0 {
		q.and(station+" = ?", f.StationID)
	}
	q.read = corrected(kind, len(cabin.ExportOf(e.List).Columns), q.read)
	return q
}

type pageReader = func(ctx context.Context, db *DB, q *exportReader, after int64, limit int) ([][]any, int64, error)

// corrected puts below each row of a page what was set right about it. The page's ids are
// those of the rows, which a reader returns in their order.
func corrected(kind cabin.LedgerKind, columns int, read pageReader) pageReader {
	return func(ctx context.Context, db *DB, q *exportReader, after int64, limit int) ([][]any, int64, error) {
		var found []foundRow
		where, args := q.page(after, limit)
		if err := db.selectIn(ctx, &found, `SELECT `+q.id+` AS id, NOW() AS created_at FROM `+q.table+where, args...); err != nil || len(found) == 0 {
			return nil, 0, err
		}
		ids := make([]int64, len(found))
		for i, r := range found {
			ids[i] = r.ID
		}
		list, err := db.Ledgers.corrections(ctx, kind, ids)
		if err != nil {
			return nil, 0, err
		}
		rows, _, err := read(ctx, db, q, after, len(ids))
		if err != nil {
			return nil, 0, err
		}
		var out [][]any
		for i, row := range rows[:min(len(rows), len(ids))] {
			for len(row) < columns {
				row = append(row, "")
			}
			out = append(out, row)
			for _, c := range list {
				if c.ObjectID == ids[i] {
					out = append(out, c.ExportRow(row[0], columns))
				}
			}
		}
		return out, ended(ids[len(ids)-1], len(found), limit), nil
	}
}

func readVisits(ctx context.Context, db *DB, q *exportReader, after int64, limit int) (rows [][]any, last int64, err error) {
	var list []*cabin.Visit
	where, args := q.page(after, limit)
	err = db.selectIn(ctx, &list, visitReads+`FROM (SELECT v.id FROM visits v`+where+`) page STRAIGHT_JOIN visits v ON v.id = page.id`+visitJoins+`ORDER BY v.id`, args...)
	for _, v := range list {
		rows, last = append(rows, v.ExportRow()), v.ID
	}
	return rows, ended(last, len(list), limit), err
}

func handoverExport(scope cabin.ExportScope, f *cabin.ExportFilters) *exportReader {
	q := &exportReader{table: "handovers h", id: "h.id"}
	q.scope("h.station_id", scope)
	q.span("h.created_at", f)
	q.read = func(ctx context.Context, db *DB, q *exportReader, after int64, limit int) (rows [][]any, last int64, err error) {
		var list []struct {
			cabin.Handover
			StationName string `db:"station_name"`
			Readers     string `db:"readers"`
		}
		where, args := q.page(after, limit)
		err = db.selectIn(ctx, &list, handoverReads+`, st.name AS station_name, COALESCE((SELECT GROUP_CONCAT(p2.name ORDER BY x.read_at SEPARATOR '、') FROM handover_reads x JOIN persons p2 ON p2.id = x.person_id WHERE x.handover_id = h.id), '') AS readers
			FROM (SELECT h.id FROM handovers h`+where+`) page STRAIGHT_JOIN handovers h ON h.id = page.id STRAIGHT_JOIN persons p ON p.id = h.person_id JOIN stations st ON st.id = h.station_id ORDER BY h.id`, args...)
		for _, h := range list {
			rows = append(rows, []any{h.ID, h.CreatedAt.In(cabin.Shanghai).Format("2006-01-02 15:04"), h.StationName, h.PersonName, cabin.Masked(h.Text), h.Reports, h.Bookings, h.Overdue, h.Readers})
			last = h.ID
		}
		return rows, ended(last, len(list), limit), err
	}
	return q
}

func talkExport(scope cabin.ExportScope, f *cabin.ExportFilters) *exportReader {
	q := &exportReader{table: "talks t", id: "t.id"}
	q.scope("t.station_id", scope)
	q.span("t.starts_at", f)
	if f.StationID != 0 {
		q.and("t.station_id = ?", f.StationID)
	}
	q.read = func(ctx context.Context, db *DB, q *exportReader, after int64, limit int) (rows [][]any, last int64, err error) {
		var list []struct {
			DayTalk
			StationName string `db:"station_name"`
			Starts      string `db:"starts"`
			Record      string `db:"record"`
		}
		where, args := q.page(after, limit)
		err = db.selectIn(ctx, &list, `SELECT t.id, d.name AS deputy_name, t.topic, t.place_text, COALESCE(r.name, '') AS room_name, t.state, t.seats, st.name AS station_name, t.record,
			COALESCE(DATE_FORMAT(t.starts_at + INTERVAL 8 HOUR, '%Y-%m-%d %H:%i'), '') AS starts,
			(SELECT COALESCE(SUM(b.party), 0) FROM bookings b WHERE b.talk_id = t.id AND b.state IN ('confirmed', 'checked_in', 'completed')) AS signed,
			(SELECT COALESCE(SUM(b.party), 0) FROM bookings b WHERE b.talk_id = t.id AND b.checked_in_at IS NOT NULL) AS arrived
			FROM (SELECT t.id FROM talks t`+where+`) page STRAIGHT_JOIN talks t ON t.id = page.id JOIN deputies d ON d.id = t.deputy_id JOIN stations st ON st.id = t.station_id LEFT JOIN rooms r ON r.id = t.room_id ORDER BY t.id`, args...)
		for _, t := range list {
			place := t.PlaceText
			if t.RoomName != "" {
				place = t.RoomName
			}
			rows = append(rows, []any{t.ID, t.Starts, t.StationName, t.DeputyName, cabin.Masked(t.Topic), place, t.Seats, t.Signed, t.Arrived, t.State.Name(), cabin.Masked(t.Record)})
			last = t.ID
		}
		return rows, ended(last, len(list), limit), err
	}
	return q
}
