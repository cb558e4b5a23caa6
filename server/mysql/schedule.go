package mysql

import (
	"context"
	"time"

	"warmcabin/server/cabin"
)

// Schedules are the deputies' weekly hours, exceptions and caps. Every change locks the
// deputy's row before it reads anything; a booking shares that lock while it is made, so
// that there is one order of the two.
type Schedules struct{ db *DB }

// ScheduledDeputy is whose schedule it is.
type ScheduledDeputy struct {
	ID          int64      `db:"id"`
	Name        string     `db:"name"`
	StationID   int64      `db:"station_id"`
	StationName string     `db:"station_name"`
	DayCap      int        `db:"day_cap"`
	FeedSince   *time.Time `db:"feed_since"` // when the calendar's address was made, nil = none
}

// SharedRoom is another deputy's rule in the room of one of these, at the same time.
type SharedRoom struct {
	RuleID     int64  `db:"rule_id"`
	DeputyName string `db:"deputy_name"`
	FromMinute int    `db:"from_minute"`
	ToMinute   int    `db:"to_minute"`
}

// DeputySchedule is a deputy's schedule with what hangs on it.
type DeputySchedule struct {
	Deputy     ScheduledDeputy
	Hours      []cabin.Hours
	Exceptions []cabin.Exception // not over yet, by time
	Shared     []SharedRoom
	Outside    []*cabin.Booking // agreed before the hours changed; they stay
}

const deputyRow = `SELECT d.id, d.name, d.station_id, st.name AS station_name, d.day_cap, f.created_at AS feed_since FROM deputies d
	JOIN stations st ON st.id = d.station_id LEFT JOIN calendar_feeds f ON f.deputy_id = d.id WHERE d.id = ? AND d.closed_at IS NULL`

// arrangeable returns the deputy of a read with the role by which the actor may arrange
// (CodeNotFound when there is none, CodeForbidden).
func arrangeable(found []ScheduledDeputy, a cabin.Actor) (ScheduledDeputy, cabin.Role, error) {
	if len(found) == 0 {
		return ScheduledDeputy{}, "", cabin.E(cabin.CodeNotFound, "没有找到这位代表。")
	}
	role := cabin.ArrangerRole(a, found[0].ID, found[0].StationID)
	if role == "" {
		return found[0], "", cabin.E(cabin.CodeForbidden, "只有代表本人和所属的联络站可以安排时间。")
	}
	return found[0], role, nil
}

// lock locks the deputy's row for a change of the schedule.
func (s Schedules) lock(tx *Tx, actor cabin.Actor, deputyID int64) (ScheduledDeputy, cabin.Role, error) {
	var found []ScheduledDeputy
	err := tx.read(changeRules(deputyID), part{&found, deputyRow, []any{deputyID}})
	if err != nil {
		return ScheduledDeputy{}, "", err
	}
	return arrangeable(found, actor)
}

// openPart reads the deputy's open meetings from the day of now on, countered ones by the
// time that they were asked for.
func openPart(dest *[]*cabin.Booking, deputyID int64, now time.Time) part {
	return part{dest, `SELECT ` + bookingColumns + ` FROM (
			SELECT id FROM bookings WHERE deputy_id = ? AND state IN (?) AND starts_at >= ?
			UNION ALL SELECT id FROM bookings WHERE deputy_id = ? AND state = ?) page
		STRAIGHT_JOIN bookings b ON b.id = page.id` + bookingJoins + `WHERE b.talk_id = 0 ORDER BY b.starts_at, b.id LIMIT 2000`,
		[]any{deputyID, []cabin.BookingState{cabin.Requested, cabin.Confirmed, cabin.CheckedIn}, now.AddDate(0, 0, -1), deputyID, cabin.Countered}}
}

// Get returns a deputy's schedule to who may arrange it, in one trip.
func (s Schedules) Get(ctx context.Context, actor cabin.Actor, deputyID int64) (DeputySchedule, error) {
	var out DeputySchedule
	var found []ScheduledDeputy
	var open []*cabin.Booking
	now, of := s.db.Now(), []int64{deputyID}
	err := s.db.read(ctx, part{&found, deputyRow, []any{deputyID}}, hoursPart(&out.Hours, of),
		exceptionsPart(&out.Exceptions, of, now, now.AddDate(2, 0, 0)), openPart(&open, deputyID, now),
		part{&out.Shared, `SELECT h.id AS rule_id, d.name AS deputy_name, o.from_minute, o.to_minute FROM deputy_hours h
			JOIN deputy_hours o ON o.room_id = h.room_id AND o.weekday = h.weekday AND o.deputy_id <> h.deputy_id
				AND o.from_minute < h.to_minute AND o.to_minute > h.from_minute
			JOIN deputies d ON d.id = o.deputy_id WHERE h.deputy_id = ? AND h.room_id > 0 ORDER BY h.id, o.id`, []any{deputyID}})
	if err != nil {
		return out, err
	}
	if out.Deputy, _, err = arrangeable(found, actor); err != nil {
		return DeputySchedule{}, err
	}
	out.Outside = cabin.Schedule{Hours: out.Hours, Exceptions: out.Exceptions}.Outside(open, now, s.db.Presets())
	return out, nil
}

// placeRead is what hours are held against: the deputy's own, and the station with its rooms.
type placeRead struct {
	timetable
	stations []cabin.Station
	rooms    []cabin.Room
}

func (s Schedules) readPlace(tx *Tx, deputyID, stationID int64, from, to time.Time) (*placeRead, error) {
	var r placeRead
	of := []int64{deputyID}
	return &r, tx.read(hoursPart(&r.hours, of), exceptionsPart(&r.exceptions, of, from, to),
		part{&r.stations, `SELECT id, name, address, phone FROM stations WHERE id = ? AND closed_at IS NULL`, []any{stationID}},
		part{&r.rooms, `SELECT id, station_id, name FROM rooms WHERE station_id = ? ORDER BY id`, []any{stationID}})
}

func (r *placeRead) station() *cabin.Station {
	if len(r.stations) == 0 {
		return nil
	}
	st := r.stations[0]
	st.Rooms = r.rooms
	return &st
}

// checkHours holds a rule against its bounds and the deputy's others.
func (s Schedules) checkHours(tx *Tx, h *cabin.Hours) error {
	r, err := s.readPlace(tx, h.DeputyID, h.StationID, tx.Now, tx.Now)
	if err != nil {
		return err
	}
	if err := h.Check(r.station()); err != nil {
		return err
	}
	return h.CheckOverlap(r.hours)
}

// AddHours adds a weekly rule, once for a key, and returns its id. Errors: CodeInvalid by
// field, CodeNotFound, CodeForbidden.
func (s Schedules) AddHours(ctx context.Context, key Key, actor cabin.Actor, h cabin.Hours) (int64, error) {
	h.ID = 0
	return s.db.createOnce(ctx, key, func(tx *Tx) (int64, error) {
		_, role, err := s.lock(tx, actor, h.DeputyID)
		if err == nil {
			err = s.checkHours(tx, &h)
		}
		if err != nil {
			return 0, err
		}
		id, err := tx.insert(`INSERT INTO deputy_hours (deputy_id, station_id, room_id, weekday, from_minute, to_minute, slot_minutes, pause_minutes, service)
			VALUES (?,?,?,?,?,?,?,?,?)`, h.DeputyID, h.StationID, h.RoomID, h.Weekday, h.FromMinute, h.ToMinute, h.SlotMinutes, h.PauseMinutes, h.Service)
		if err != nil {
			return 0, err
		}
		tx.offers(h.DeputyID, h.Service)
		return id, tx.audit(actor, role, "hours.add", "deputy", h.DeputyID, map[string]any{"rule": id})
	})
}

// offers notes that the deputy offers the service.
func (tx *Tx) offers(deputyID int64, service cabin.Service) {
	tx.later(`INSERT INTO deputy_services (deputy_id, service) VALUES (?,?) ON DUPLICATE KEY UPDATE service = service`, deputyID, service)
}

// SaveHours changes a weekly rule; what is booked stays. Errors as AddHours.
func (s Schedules) SaveHours(ctx context.Context, actor cabin.Actor, h cabin.Hours) error {
	return s.db.InTx(ctx, func(tx *Tx) error {
		role, err := s.lockRule(tx, actor, h.DeputyID, h.ID)
		if err == nil {
			err = s.checkHours(tx, &h)
		}
		if err != nil {
			return err
		}
		if _, err := tx.exec(`UPDATE deputy_hours SET station_id = ?, room_id = ?, weekday = ?, from_minute = ?, to_minute = ?, slot_minutes = ?,
			pause_minutes = ?, service = ? WHERE id = ?`, h.StationID, h.RoomID, h.Weekday, h.FromMinute, h.ToMinute, h.SlotMinutes, h.PauseMinutes, h.Service, h.ID); err != nil {
			return err
		}
		tx.offers(h.DeputyID, h.Service)
		if err := s.endLines(tx, h.DeputyID); err != nil {
			return err
		}
		return tx.audit(actor, role, "hours.save", "deputy", h.DeputyID, map[string]any{"rule": h.ID})
	})
}

// RemoveHours removes a weekly rule; what is booked stays (CodeNotFound, CodeForbidden).
func (s Schedules) RemoveHours(ctx context.Context, actor cabin.Actor, deputyID, ruleID int64) error {
	return s.db.InTx(ctx, func(tx *Tx) error {
		role, err := s.lockRule(tx, actor, deputyID, ruleID)
		if err != nil {
			return err
		}
		if _, err := tx.exec(`DELETE FROM deputy_hours WHERE id = ?`, ruleID); err != nil {
			return err
		}
		if err := s.endLines(tx, deputyID); err != nil {
			return err
		}
		return tx.audit(actor, role, "hours.remove", "deputy", deputyID, map[string]any{"rule": ruleID})
	})
}

// lockRule locks the deputy and holds that the rule is theirs.
func (s Schedules) lockRule(tx *Tx, actor cabin.Actor, deputyID, ruleID int64) (cabin.Role, error) {
	_, role, err := s.lock(tx, actor, deputyID)
	if err != nil {
		return "", err
	}
	var theirs []struct {
		ID int64 `db:"id"`
	}
	err = tx.selectAll(&theirs, `SELECT id FROM deputy_hours WHERE id = ? AND deputy_id = ?`, ruleID, deputyID)
	if err == nil && len(theirs) == 0 {
		err = cabin.E(cabin.CodeNotFound, "这条接待时间已经不在了，请刷新。")
	}
	return role, err
}

// endLines ends the waits for slots that the deputy does not have any more.
func (s Schedules) endLines(tx *Tx, deputyID int64) error {
	var locked []struct {
		ID int64 `db:"id"`
	}
	var waits []cabin.Wait
	const live = `deputy_id = ? AND starts_at > ? AND live = 1 AND talk_id = 0`
	err := tx.read(part{&locked, `SELECT id FROM waits WHERE ` + live + ` FOR UPDATE`, []any{deputyID, tx.Now}},
		part{&waits, `SELECT ` + waitColumns + waitFrom + `WHERE w.deputy_id = ? AND w.starts_at > ? AND w.live = 1 AND w.talk_id = 0 ORDER BY w.starts_at, w.id`, []any{deputyID, tx.Now}})
	if err != nil {
		return err
	}
	if _, err := s.db.Waits.endGone(tx, deputyID, waits); err != nil {
		return err
	}
	return tx.flush() // nobody is offered a seat in a line that has ended
}

// SetDayCap sets how many meetings the deputy has a day at most; 0 = as the hours allow.
// What is booked counts, and stays where it is more. Errors: CodeInvalid, CodeNotFound, CodeForbidden.
func (s Schedules) SetDayCap(ctx context.Context, actor cabin.Actor, deputyID int64, most int) error {
	if most < 0 || most > cabin.MaxDayCap {
		return cabin.Invalid("dayCap", "每天最多接待请填 0 到 40，0 表示不限。")
	}
	return s.db.InTx(ctx, func(tx *Tx) error {
		_, role, err := s.lock(tx, actor, deputyID)
		if err != nil {
			return err
		}
		if _, err := tx.exec(`UPDATE deputies SET day_cap = ? WHERE id = ?`, most, deputyID); err != nil {
			return err
		}
		if most > 0 {
			if err := s.countDays(tx, deputyID); err != nil {
				return err
			}
		}
		return tx.audit(actor, role, "hours.cap", "deputy", deputyID, map[string]any{"most": most})
	})
}

// countDays gives every open meeting its place in its day: those that were booked before
// there was a cap have none.
func (s Schedules) countDays(tx *Tx, deputyID int64) error {
	var open []*cabin.Booking
	var locked []struct {
		ID int64 `db:"id"`
	}
	first := cabin.DayPlace(tx.Now, 0)
	if err := tx.read(
		part{&locked, `SELECT id FROM bookings WHERE deputy_id = ? AND state IN (?) FOR UPDATE`,
			[]any{deputyID, []cabin.BookingState{cabin.Requested, cabin.Countered, cabin.Confirmed, cabin.CheckedIn}}},
		openPart(&open, deputyID, tx.Now),
		part{nil, `DELETE FROM occupancy WHERE kind = ? AND resource_id = ? AND quarter >= ?`, []any{cabin.DeputyDay, deputyID, first}}); err != nil {
		return err
	}
	next := map[cabin.Quarter]cabin.Quarter{}
	for _, b := range open {
		start, _ := b.Occupies()
		day := cabin.DayPlace(start, 0)
		if day < first || b.HoldOver(tx.Now) || next[day] == cabin.MaxDayCap {
			continue
		}
		key := day + next[day]
		next[day]++
		tx.later(`INSERT INTO occupancy (kind, resource_id, quarter, holder_kind, holder_id, expires_at) VALUES (?,?,?,?,?,?)`,
			cabin.DeputyDay, deputyID, key, byBooking, b.ID, utc(b.HoldUntil))
	}
	return nil
}
