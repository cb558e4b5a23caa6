package mysql

import (
	"context"
	"time"

	"warmcabin/server/cabin"
)

// BookingCount is what became of a deputy's bookings in a span of months.
type BookingCount struct {
	DeputyID int64              `db:"deputy_id"`
	State    cabin.BookingState `db:"state"`
	Bookings int                `db:"bookings"`
	Rated    int                `db:"rated"`
	Stars    int                `db:"stars"`
}

// endedBookings are the states whose bookings the statistics count.
var endedBookings = []cabin.BookingState{cabin.Completed, cabin.NoShow, cabin.Expired, cabin.Declined, cabin.Cancelled}

// DeputyName is a deputy as the statistics list them.
type DeputyName struct {
	ID        int64  `db:"id"`
	Name      string `db:"name"`
	StationID int64  `db:"station_id"`
}

// DeskNumbers are what besides reports stands in the statistics of these stations.
type DeskNumbers struct {
	Deputies []DeputyName   // of the stations
	Bookings []BookingCount // of any deputy, at the stations
	Unmet    []UnmetNeed    // words that matched nobody; of the whole street
	Waited   int            // people in a line who got no seat
	Idle     []DeputyName   // of the stations, with nothing in the quarter
}

const mostUnmet = 10

// Desk counts bookings, unmet needs and deputies with nothing in the quarter from…to.
func (s Statistics) Desk(ctx context.Context, f StatisticFilter, from, to time.Time) (out DeskNumbers, err error) {
	stations := scopes(f.StationIDs)
	if len(stations) == 0 {
		return out, nil
	}
	first, end := f.From.Start().UTC(), f.To.Next().Start().UTC()
	var waited []struct {
		N int `db:"n"`
	}
	from, to = from.UTC(), to.UTC()
	err = s.db.read(ctx,
		part{&out.Deputies, `SELECT id, name, station_id FROM deputies WHERE station_id IN (?) ORDER BY id`, []any{stations}},
		part{&out.Bookings, `SELECT deputy_id, state, COUNT(*) AS bookings, COALESCE(SUM(stars > 0), 0) AS rated, COALESCE(SUM(stars), 0) AS stars
			FROM bookings FORCE INDEX (bookings_station_state) WHERE station_id IN (?) AND state IN (?) AND starts_at >= ? AND starts_at < ? GROUP BY deputy_id, state`,
			[]any{stations, endedBookings, first, end}},
		part{&out.Unmet, `SELECT word, times, first_at, last_at FROM unmet_needs FORCE INDEX (unmet_needs_times) WHERE times > 0 ORDER BY times DESC, last_at DESC LIMIT ?`, []any{mostUnmet}},
		part{&waited, `SELECT COUNT(*) AS n FROM waits w JOIN deputies d ON d.id = w.deputy_id WHERE d.station_id IN (?) AND w.starts_at >= ? AND w.starts_at < ? AND w.live IS NULL AND w.booking_id = 0 AND w.state = 'lapsed'`,
			[]any{stations, first, end}},
		part{&out.Idle, idleQuery, []any{stations, from, to, from, to, to, from}})
	if len(waited) > 0 {
		out.Waited = waited[0].N
	}
	return out, err
}

// idleQuery looks up for each deputy whether there was something, by its index. Each is a
// value of its own: NOT EXISTS the optimizer may turn round, and then it reads all reports
// there are. Of the reports the newest that came before the end of the quarter decides.
const idleQuery = `SELECT d.id, d.name, d.station_id FROM deputies d WHERE d.station_id IN (?) AND d.closed_at IS NULL
	AND (SELECT 1 FROM bookings b WHERE b.deputy_id = d.id AND b.state IN ('confirmed', 'checked_in', 'completed') AND b.starts_at >= ? AND b.starts_at < ? LIMIT 1) IS NULL
	AND (SELECT 1 FROM talks t WHERE t.deputy_id = d.id AND t.state IN ('open', 'done') AND t.starts_at >= ? AND t.starts_at < ? LIMIT 1) IS NULL
	AND COALESCE((SELECT r.created_at FROM reports r FORCE INDEX (reports_deputy) WHERE r.deputy_id = d.id AND r.created_at < ? ORDER BY r.id DESC LIMIT 1), '1000-01-01') < ?
	ORDER BY d.station_id, d.id`

// StatisticRows are the reports behind a number.
type StatisticRows struct {
	StationIDs []int64
	From, To   time.Time // when they came; To excluded
	CategoryID int64     // 0 = any
	DeputyID   int64     // 0 = any
	What       cabin.StatisticRows
}

// rowsWhere narrows reports to what a number counts.
var rowsWhere = map[cabin.StatisticRows]string{
	cabin.RowsSolved: "solved_at IS NOT NULL", cabin.RowsOpen: "solved_at IS NULL AND state <> 'closed'", cabin.RowsReopened: "reopened_count > 0", cabin.RowsRated: "stars > 0",
}

// Rows pages through the reports behind a number, the newest first.
func (s Statistics) Rows(ctx context.Context, f StatisticRows, p Page) (list []*cabin.Report, err error) {
	q := branches{table: "reports", order: []string{"created_at", "id"}, desc: true, limit: p.Limit}
	more, moreArgs := "", []any{}
	if f.CategoryID != 0 {
		more, moreArgs = " AND category_id = ?", append(moreArgs, f.CategoryID)
	}
	if where := rowsWhere[f.What]; where != "" {
		more += " AND " + where
	}
	for _, id := range scopes(f.StationIDs) {
		where, args := "station_id = ? AND created_at >= ? AND created_at < ?", []any{id, f.From.UTC(), f.To.UTC()}
		switch {
		case f.DeputyID != 0: // a deputy's are few: by their own index; the sums keep the others out
			q.order = []string{"id"}
			where, args = "deputy_id = ? AND id < ? AND station_id + 0 = ? AND created_at + INTERVAL 0 DAY >= ? AND created_at + INTERVAL 0 DAY < ?", append([]any{f.DeputyID, orMax(p.ID)}, args...)
		case p.ID != 0:
			where, args = where+" AND created_at <= ? AND (created_at < ? OR id < ?)", append(args, p.At, p.At, p.ID)
		}
		q.add(where+more, append(args, moreArgs...)...)
	}
	if err = q.read(ctx, s.db, &list, reportColumns+reporterCalled, ""); err != nil {
		return nil, err
	}
	return list, s.db.label(ctx, list)
}

// BookingRows are the bookings behind a number.
type BookingRows struct {
	StationIDs []int64
	From, To   time.Time // when they are; To excluded
	DeputyID   int64     // 0 = any
	State      cabin.BookingState
}

// Bookings pages through the bookings behind a number, the latest first.
func (s Statistics) Bookings(ctx context.Context, f BookingRows, p Page) (list []*cabin.Booking, err error) {
	q := branches{table: "bookings", order: []string{"starts_at", "id"}, desc: true, limit: p.Limit}
	for _, id := range scopes(f.StationIDs) {
		where, args := "station_id = ? AND state = ? AND starts_at >= ? AND starts_at < ?", []any{id, f.State, f.From.UTC(), f.To.UTC()}
		if f.DeputyID != 0 {
			where, args = where+" AND deputy_id = ?", append(args, f.DeputyID)
		}
		if p.ID != 0 {
			where, args = where+" AND starts_at <= ? AND (starts_at < ? OR id < ?)", append(args, p.At, p.At, p.ID)
		}
		q.add(where, args...)
	}
	err = q.read(ctx, s.db, &list, bookingColumns, bookingJoins)
	return list, err
}
