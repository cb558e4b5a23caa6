package mysql

import (
	"context"
	"time"

	"warmcabin/server/cabin"
)

// What a deputy's slots are computed from, each as one query of a read.

func hoursPart(dest *[]cabin.Hours, deputyIDs []int64) part {
	return part{dest, `SELECT h.id, h.deputy_id, h.station_id, st.name AS station_name, st.address AS station_address, st.phone AS station_phone,
		h.room_id, COALESCE(r.name, '') AS room_name, h.weekday, h.from_minute, h.to_minute, h.slot_minutes, h.pause_minutes, h.service
		FROM deputy_hours h JOIN stations st ON st.id = h.station_id LEFT JOIN rooms r ON r.id = h.room_id
		WHERE h.deputy_id IN (?) ORDER BY h.id`, []any{deputyIDs}}
}

// exceptionsPart reads the exceptions that touch [from, to).
func exceptionsPart(dest *[]cabin.Exception, deputyIDs []int64, from, to time.Time) part {
	return part{dest, `SELECT e.id, e.deputy_id, e.kind, e.starts_at, e.ends_at, e.station_id, COALESCE(st.name, '') AS station_name,
		COALESCE(st.address, '') AS station_address, COALESCE(st.phone, '') AS station_phone, e.room_id, COALESCE(r.name, '') AS room_name,
		e.slot_minutes, e.pause_minutes, e.service, e.reason
		FROM deputy_exceptions e LEFT JOIN stations st ON st.id = e.station_id LEFT JOIN rooms r ON r.id = e.room_id
		WHERE e.deputy_id IN (?) AND e.ends_at > ? AND e.starts_at < ? ORDER BY e.starts_at, e.id`, []any{deputyIDs, from.UTC(), to.UTC()}}
}

type dayCap struct {
	ID  int64 `db:"id"`
	Cap int   `db:"day_cap"`
}

func capsPart(dest *[]dayCap, deputyIDs []int64) part {
	return part{dest, `SELECT id, day_cap FROM deputies WHERE id IN (?) AND day_cap > 0`, []any{deputyIDs}}
}

type takenRow struct {
	Kind    cabin.ResourceKind `db:"kind"`
	ID      int64              `db:"resource_id"`
	Quarter cabin.Quarter      `db:"quarter"`
}

// takenPart reads what is occupied of these deputies, their days, and the rooms of their
// hours, in [from, to). A hold that ran out counts as free.
func takenPart(dest *[]takenRow, deputyIDs []int64, from, to, now time.Time) part {
	first, last := from.Unix()/900, (to.Unix()+899)/900
	const live = ` AND (expires_at IS NULL OR expires_at > ?)`
	return part{dest, `SELECT kind, resource_id, quarter FROM occupancy WHERE kind = ? AND resource_id IN (?) AND quarter >= ? AND quarter < ?` + live +
		` UNION ALL SELECT kind, resource_id, quarter FROM occupancy WHERE kind = ? AND resource_id IN (?) AND quarter >= ? AND quarter < ?` + live +
		` UNION ALL SELECT o.kind, o.resource_id, o.quarter FROM (
			SELECT room_id FROM deputy_hours WHERE deputy_id IN (?) AND room_id > 0
			UNION SELECT room_id FROM deputy_exceptions WHERE deputy_id IN (?) AND ends_at > ? AND room_id > 0) rooms
			STRAIGHT_JOIN occupancy o ON o.kind = ? AND o.resource_id = rooms.room_id AND o.quarter >= ? AND o.quarter < ?` + live,
		[]any{
			cabin.DeputyTime, deputyIDs, first, last, now,
			cabin.DeputyDay, deputyIDs, cabin.DayPlace(from, 0), cabin.DayPlace(to, cabin.MaxDayCap), now,
			deputyIDs, deputyIDs, from.UTC(), cabin.RoomTime, first, last, now,
		}}
}

type lineRow struct {
	DeputyID int64     `db:"deputy_id"`
	StartsAt time.Time `db:"starts_at"`
}

// linesPart reads for which slots people wait in line.
func linesPart(dest *[]lineRow, deputyIDs []int64, from, to time.Time) part {
	return part{dest, `SELECT DISTINCT deputy_id, starts_at FROM waits WHERE deputy_id IN (?) AND starts_at >= ? AND starts_at < ? AND live = 1 AND talk_id = 0`,
		[]any{deputyIDs, from.UTC(), to.UTC()}}
}

// timetable collects the parts of one read.
type timetable struct {
	hours      []cabin.Hours
	exceptions []cabin.Exception
	caps       []dayCap
	taken      []takenRow
	lines      []lineRow
}

func (t *timetable) parts(deputyIDs []int64, from, to, now time.Time) []part {
	return []part{
		hoursPart(&t.hours, deputyIDs), exceptionsPart(&t.exceptions, deputyIDs, from, to), capsPart(&t.caps, deputyIDs),
		takenPart(&t.taken, deputyIDs, from, to, now), linesPart(&t.lines, deputyIDs, from, to),
	}
}

func (t *timetable) schedules() map[int64]cabin.Schedule {
	by := map[int64]cabin.Schedule{}
	for _, h := range t.hours {
		s := by[h.DeputyID]
		s.Hours = append(s.Hours, h)
		by[h.DeputyID] = s
	}
	for _, e := range t.exceptions {
		s := by[e.DeputyID]
		s.Exceptions = append(s.Exceptions, e)
		by[e.DeputyID] = s
	}
	for _, c := range t.caps {
		s := by[c.ID]
		s.DayCap = c.Cap
		by[c.ID] = s
	}
	return by
}

func (t *timetable) occupied() cabin.Taken {
	taken := cabin.Taken{}
	for _, r := range t.taken {
		taken.Add(cabin.Resource{Kind: r.Kind, ID: r.ID}, r.Quarter)
	}
	for _, l := range t.lines {
		taken.AddQueue(l.DeputyID, l.StartsAt)
	}
	return taken
}

// schedules reads these deputies' schedules and what is taken of them in [from, to), in one trip.
func (s Places) schedules(ctx context.Context, deputyIDs []int64, from, to time.Time) (map[int64]cabin.Schedule, cabin.Taken, error) {
	var t timetable
	if len(deputyIDs) == 0 {
		return nil, nil, nil
	}
	err := s.db.read(ctx, t.parts(deputyIDs, from, to, s.db.Now())...)
	return t.schedules(), t.occupied(), err
}

// Day is one day of a deputy's slots.
type Day struct {
	Date  time.Time
	Slots []cabin.Slot
}

// Slots computes a deputy's slots of n days from the day of from on, taken ones too.
func (s Places) Slots(ctx context.Context, deputyID int64, from time.Time, n int) ([]Day, error) {
	return s.slots(ctx, deputyID, from, n, s.db.Presets())
}

// DeskSlots is Slots as the desk may book them: without the lead time.
func (s Places) DeskSlots(ctx context.Context, deputyID int64, from time.Time, n int) ([]Day, error) {
	return s.slots(ctx, deputyID, from, n, s.db.Presets().ForDesk())
}

func (s Places) slots(ctx context.Context, deputyID int64, from time.Time, n int, p cabin.Presets) ([]Day, error) {
	y, m, d := from.In(cabin.Shanghai).Date()
	from = time.Date(y, m, d, 0, 0, 0, 0, cabin.Shanghai)
	schedules, taken, err := s.schedules(ctx, []int64{deputyID}, from, from.AddDate(0, 0, n))
	if err != nil {
		return nil, err
	}
	now, days := s.db.Now(), make([]Day, n)
	for i := range days {
		date := from.AddDate(0, 0, i)
		days[i] = Day{date, cabin.DaySlots(date, schedules[deputyID], taken, now, p)}
	}
	return days, nil
}

// Nearest lists up to n free slots of the deputy that lie closest to wanted, of the
// service when there is one.
func (s Places) Nearest(ctx context.Context, deputyID int64, wanted time.Time, service cabin.Service, n int) ([]cabin.Slot, error) {
	now, p := s.db.Now(), s.db.Presets()
	schedules, taken, err := s.schedules(ctx, []int64{deputyID}, now, now.AddDate(0, 0, p.BookAheadDays+1))
	if err != nil {
		return nil, err
	}
	return cabin.Nearest(schedules[deputyID], taken, wanted, service, n, now, p), nil
}
