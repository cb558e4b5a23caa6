package mysql

import (
	"context"
	"slices"
	"time"

	"warmcabin/server/cabin"
)

// DeskDay is a day at a station.
type DeskDay struct {
	Deputies []DayDeputy
	Bookings []*cabin.Booking // by time: agreed, asked for and offered
	Talks    []DayTalk
}

// DayDeputy is a deputy who receives at the station that day, or was to.
type DayDeputy struct {
	ID      int64        `db:"id"`
	Name    string       `db:"name"`
	Level   string       `db:"level"`
	PhotoID string       `db:"photo_id"`
	Slots   []cabin.Slot // at this station, taken ones too
	Away    bool         // on leave for a part of the day
}

// DayTalk is a talk of the day.
type DayTalk struct {
	ID         int64           `db:"id"`
	DeputyID   int64           `db:"deputy_id"`
	DeputyName string          `db:"deputy_name"`
	Topic      string          `db:"topic"`
	RoomName   string          `db:"room_name"`
	PlaceText  string          `db:"place_text"`
	State      cabin.TalkState `db:"state"`
	Seats      int             `db:"seats"`
	Signed     int             `db:"signed"`  // people
	Arrived    int             `db:"arrived"` // people
	StartsAt   time.Time       `db:"starts_at"`
	EndsAt     time.Time       `db:"ends_at"`
}

// atDesk are the states in which a booking belongs to a day at the station, besides
// Countered, which stands in the day of the time that is offered.
var atDesk = []cabin.BookingState{cabin.Requested, cabin.Confirmed, cabin.CheckedIn, cabin.Completed, cabin.NoShow}

const (
	maxDayRows  = 500
	maxDayTalks = 50
)

// Desk reads the day at a station: who receives there, with what is booked and still free,
// in two trips.
func (s Bookings) Desk(ctx context.Context, stationID int64, day time.Time) (DeskDay, error) {
	y, m, d := day.In(cabin.Shanghai).Date()
	from := time.Date(y, m, d, 0, 0, 0, 0, cabin.Shanghai)
	to, now := from.AddDate(0, 0, 1), s.db.Now()
	var out DeskDay
	err := s.db.read(ctx, s.dayParts(&out, stationID, from, to, now)...)
	if err != nil || len(out.Deputies) == 0 {
		return out, err
	}
	ids := make([]int64, len(out.Deputies))
	for i, d := range out.Deputies {
		ids[i] = d.ID
	}
	schedules, taken, err := s.db.Places.schedules(ctx, ids, from, to)
	if err != nil {
		return out, err
	}
	p := s.db.Presets().ForDesk()
	for i := range out.Deputies {
		d := &out.Deputies[i]
		sch := schedules[d.ID]
		d.Slots = slices.DeleteFunc(cabin.DaySlots(from, sch, taken, now, p), func(sl cabin.Slot) bool { return sl.StationID != stationID })
		d.Away = slices.ContainsFunc(sch.Exceptions, func(e cabin.Exception) bool { return e.Covers(from, to) })
	}
	out.Deputies = slices.DeleteFunc(out.Deputies, func(d DayDeputy) bool {
		return len(d.Slots) == 0 && !out.holds(d.ID) && (!d.Away || !receives(schedules[d.ID], stationID, from, p.Calendar))
	})
	return out, nil
}

// receives tells whether the deputy would receive at the station that day, were it not for
// a leave.
func receives(sch cabin.Schedule, stationID int64, day time.Time, c cabin.Calendar) bool {
	weekday := c.Weekday(day)
	return slices.ContainsFunc(sch.Hours, func(h cabin.Hours) bool { return h.StationID == stationID && h.Weekday == weekday })
}

func (d *DeskDay) holds(deputyID int64) bool {
	return slices.ContainsFunc(d.Bookings, func(b *cabin.Booking) bool { return b.DeputyID == deputyID }) ||
		slices.ContainsFunc(d.Talks, func(t DayTalk) bool { return t.DeputyID == deputyID })
}

func (s Bookings) dayParts(out *DeskDay, stationID int64, from, to, now time.Time) []part {
	from, to = from.UTC(), to.UTC()
	return []part{
		{&out.Deputies, `SELECT id, name, level, photo_id FROM deputies WHERE id IN (
			SELECT deputy_id FROM deputy_hours WHERE station_id = ?
			UNION SELECT deputy_id FROM deputy_exceptions WHERE station_id = ? AND ends_at > ? AND starts_at < ?
			UNION SELECT deputy_id FROM bookings WHERE station_id = ? AND starts_at >= ? AND starts_at < ?) ORDER BY id`,
			[]any{stationID, stationID, from, to, stationID, from, to}},
		{&out.Bookings, `SELECT ` + bookingColumns + ` FROM (
			SELECT id, starts_at AS at FROM bookings FORCE INDEX (bookings_station_day) WHERE station_id = ? AND starts_at >= ? AND starts_at < ? AND state IN (?) AND (hold_until IS NULL OR hold_until > ?)
			UNION ALL SELECT id, offer_starts_at AS at FROM bookings FORCE INDEX (bookings_station_state) WHERE station_id = ? AND state = ? AND offer_starts_at >= ? AND offer_starts_at < ? AND hold_until > ?
			) day STRAIGHT_JOIN bookings b ON b.id = day.id` + bookingJoins + `ORDER BY day.at, b.id LIMIT ?`,
			[]any{stationID, from, to, atDesk, now, stationID, cabin.Countered, from, to, now, maxDayRows}},
		{&out.Talks, `SELECT t.id, t.deputy_id, d.name AS deputy_name, t.topic, COALESCE(r.name, '') AS room_name, t.place_text, t.state, t.seats, t.starts_at, t.ends_at,
			(SELECT COALESCE(SUM(b.party), 0) FROM bookings b WHERE b.talk_id = t.id AND b.state IN (?)) AS signed,
			(SELECT COALESCE(SUM(b.party), 0) FROM bookings b WHERE b.talk_id = t.id AND b.checked_in_at IS NOT NULL) AS arrived
			FROM talks t STRAIGHT_JOIN deputies d ON d.id = t.deputy_id LEFT JOIN rooms r ON r.id = t.room_id
			WHERE t.station_id = ? AND t.state IN (?) AND t.starts_at >= ? AND t.starts_at < ? ORDER BY t.starts_at, t.id LIMIT ?`,
			[]any{
				[]cabin.BookingState{cabin.Confirmed, cabin.CheckedIn, cabin.Completed}, stationID, []cabin.TalkState{cabin.TalkOpen, cabin.TalkDone}, from, to, maxDayTalks,
			}},
	}
}

// ByCode finds today's bookings at these stations by the six digits that the resident
// shows: one, none, or in a rare case two.
func (s Bookings) ByCode(ctx context.Context, stationIDs []int64, code string) (list []*cabin.Booking, err error) {
	ids := scopes(stationIDs)
	if len(ids) == 0 {
		return nil, nil
	}
	y, m, d := s.db.Now().In(cabin.Shanghai).Date()
	from := time.Date(y, m, d, 0, 0, 0, 0, cabin.Shanghai).UTC()
	err = s.db.selectIn(ctx, &list, `SELECT `+bookingColumns+bookingFrom+`WHERE b.check_code = ? AND b.starts_at >= ? AND b.starts_at < ? AND b.station_id IN (?)
		AND b.state IN (?) ORDER BY b.starts_at, b.id LIMIT 10`, code, from, from.AddDate(0, 0, 1), ids,
		[]cabin.BookingState{cabin.Confirmed, cabin.CheckedIn, cabin.Completed, cabin.NoShow})
	return list, err
}
