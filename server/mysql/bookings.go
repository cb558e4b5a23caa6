package mysql

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"time"

	"warmcabin/server/cabin"
)

// Bookings are residents' appointments with deputies.
type Bookings struct{ db *DB }

const bookingColumns = `b.id, b.resident_id, b.deputy_id, b.talk_id, b.station_id, b.room_id, b.service, b.party, b.topic, b.note, b.starts_at, b.ends_at,
	b.offer_starts_at, b.offer_ends_at, b.state, b.waiting, b.hold_until, b.due_at, b.check_code, b.checked_in_at, b.deputy_here_at, b.displaced_at,
	b.absent_side, b.absent_at, b.objected_at, b.objection_state, b.booked_by, b.reason, b.record, b.stars, b.rating_text,
	b.created_at, b.updated_at, d.name AS deputy_name, d.level AS deputy_level, d.photo_id AS deputy_photo_id,
	` + called + ` AS resident_name, p.openid IS NOT NULL AS resident_wechat, st.name AS station_name, st.address AS station_address, st.phone AS station_phone,
	COALESCE(r.name, '') AS room_name, COALESCE(tk.topic, '') AS talk_topic, COALESCE(tk.place_text, '') AS talk_place`

const bookingFrom = ` FROM bookings b` + bookingJoins

// The order of the joins is said, so that the page comes first and the names after it.
const bookingJoins = ` STRAIGHT_JOIN deputies d ON d.id = b.deputy_id STRAIGHT_JOIN persons p ON p.id = b.resident_id
	STRAIGHT_JOIN stations st ON st.id = b.station_id LEFT JOIN rooms r ON r.id = b.room_id LEFT JOIN talks tk ON tk.id = b.talk_id `

// Command moves a booking. in.Offer needs only its Start, for a counter-offer or a move.
// Errors as cabin.Booking.Apply, and CodeSlotTaken.
func (s Bookings) Command(ctx context.Context, actor cabin.Actor, id int64, command cabin.BookingCommand, in cabin.Input) (*cabin.Booking, error) {
	err := s.db.InTx(ctx, func(tx *Tx) error { return s.move(tx, actor, id, command, in) })
	if err != nil {
		return nil, err
	}
	return s.byID(ctx, id)
}

func (s Bookings) move(tx *Tx, actor cabin.Actor, id int64, command cabin.BookingCommand, in cabin.Input) error {
	b, err := lockedBooking(tx, id)
	if err != nil {
		return err
	}
	return s.moveLocked(tx, actor, b, command, in)
}

func (s Bookings) moveLocked(tx *Tx, actor cabin.Actor, b *cabin.Booking, command cabin.BookingCommand, in cabin.Input) error {
	before := *b
	var places []span
	if in.Offer != nil {
		trial := *b // whoever may not do this learns nothing about the deputy's times
		if _, _, err := trial.Apply(command, actor, in, tx.Now, tx.presets()); err != nil {
			return err
		}
		var err error
		if in.Offer, places, err = s.offer(tx, b, in.Offer.Start, command == cabin.BookingMove); err != nil {
			return err
		}
	}
	e, tell, err := b.Apply(command, actor, in, tx.Now, tx.presets())
	if err != nil {
		return err
	}
	if err := s.reoccupy(tx, b, &before, places); err != nil {
		return err
	}
	tx.update(b)
	if err := s.recordTo(tx, actor, b, e, tell, audiences{}); err != nil {
		return err
	}
	if command == cabin.BookingUndoAbsent && b.TalkID != 0 {
		return s.db.Talks.closeAfter(tx, b)
	}
	return nil
}

// update queues the booking's row as it is now.
func (tx *Tx) update(b *cabin.Booking) {
	tx.later(`UPDATE bookings SET station_id = ?, room_id = ?, starts_at = ?, ends_at = ?, offer_starts_at = ?, offer_ends_at = ?,
		state = ?, waiting = ?, hold_until = ?, due_at = ?, open_seat = IF(?, open_seat, NULL), checked_in_at = ?, deputy_here_at = ?, displaced_at = ?,
		absent_side = ?, absent_at = ?, objected_at = ?, objection_state = ?, reason = ?, record = ?, stars = ?, rating_text = ?, updated_at = ?
		WHERE id = ?`, b.StationID, b.RoomID, b.StartsAt.UTC(), b.EndsAt.UTC(), utc(b.OfferStartsAt), utc(b.OfferEndsAt),
		b.State, b.Waiting, utc(b.HoldUntil), utc(b.DueAt), b.State.Open(), utc(b.CheckedInAt), utc(b.DeputyHereAt), utc(b.DisplacedAt),
		b.AbsentSide, utc(b.AbsentAt), utc(b.ObjectedAt), b.Objection, b.Reason, b.Record, b.Stars, b.RatingText, b.UpdatedAt, b.ID)
}

// offer finds the deputy's slot that starts at start, for a counter-offer or a move, with
// the day's place that it takes. A resident is held to the lead time, the line and the cap.
func (s Bookings) offer(tx *Tx, b *cabin.Booking, start time.Time, byResident bool) (*cabin.Slot, []span, error) {
	if err := checkStart(start, tx.Now); err != nil {
		return nil, nil, err
	}
	y, m, d := start.In(cabin.Shanghai).Date()
	day := time.Date(y, m, d, 0, 0, 0, 0, cabin.Shanghai)
	var t timetable // and a change of the deputy's hours is either seen, or waits for us
	lock := part{nil, `SELECT id INTO @deputy FROM deputies WHERE id = ? LOCK IN SHARE MODE`, []any{b.DeputyID}}
	if err := tx.read(append([]part{lock}, t.parts([]int64{b.DeputyID}, day, day.AddDate(0, 0, 1), tx.Now)...)...); err != nil {
		return nil, nil, err
	}
	p, sch := tx.presets(), t.schedules()[b.DeputyID]
	if !byResident {
		p = p.ForDesk()
	}
	slot, err := cabin.FindSlot(start, b.Service, sch, tx.Now, p)
	if occupies, _ := b.Occupies(); err == nil && (slot.Start.Equal(b.StartsAt) || slot.Start.Equal(occupies)) {
		err = cabin.Invalid("start", "这就是原来的时间，请选另一个时间。")
	}
	if err != nil {
		return nil, nil, err
	}
	if byResident && slices.ContainsFunc(t.lines, func(l lineRow) bool { return l.StartsAt.Equal(start) }) {
		return nil, nil, cabin.E(cabin.CodeSlotTaken, "这个时间有人在候补，请换一个时间。")
	}
	most := sch.DayCap
	if !byResident {
		most = cabin.MaxDayCap
	}
	occupied, own := t.occupied(), b.StartsAt.In(cabin.Shanghai)
	if sch.DayCap > 0 && byResident && own.YearDay() == start.In(cabin.Shanghai).YearDay() && own.Year() == start.In(cabin.Shanghai).Year() {
		most++ // the place that the booking itself gives back on this day
	}
	places, err := place(b.DeputyID, start, most, sch.DayCap > 0, occupied)
	return &slot, places, err
}

// reoccupy makes the occupied time follow the booking's state; what becomes free is
// offered to the first in line.
func (s Bookings) reoccupy(tx *Tx, b, before *cabin.Booking, places []span) error {
	was, _ := before.Occupies()
	start, end := b.Occupies()
	spans := append(spansOf(b.Resources(), start, end), places...)
	if !before.State.Open() {
		if !b.State.Open() || !end.After(tx.Now) {
			return nil
		}
		return tx.reopen(b, spans)
	}
	switch {
	case !b.State.Open():
		if err := tx.release(bookingHolder(before)); err != nil {
			return err
		}
	case !start.Equal(was):
		if err := tx.release(bookingHolder(before)); err != nil {
			return err
		}
		if err := tx.occupy(byBooking, b.ID, spans, b.HoldUntil); err != nil {
			return err
		}
	case b.State == cabin.Confirmed && before.State != cabin.Confirmed:
		return tx.firm(b, spans)
	case b.HoldUntil != nil && before.HoldUntil != nil && !b.HoldUntil.Equal(*before.HoldUntil):
		where, args := bookingHolder(b).where()
		tx.later(`UPDATE occupancy SET expires_at = ? WHERE `+where, append([]any{utc(b.HoldUntil)}, args...)...)
		return nil
	default:
		return nil
	}
	return s.db.Waits.offerNext(tx, before.DeputyID, before.TalkID, was)
}

// reopen takes back what a booking gave away as a no-show that is undone while there still
// is time to meet: its time, its place in a day that has a cap, or its seats.
func (tx *Tx) reopen(b *cabin.Booking, spans []span) error {
	more, err := tx.placesOf(b)
	if err == nil {
		err = tx.occupy(byBooking, b.ID, append(spans, more...), nil)
	}
	if cabin.CodeOf(err) == cabin.CodeSlotTaken && !errors.Is(err, errAgain) {
		return cabin.E(cabin.CodeConflict, "这个时间已经让给了别人。请等 "+cabin.MomentText(b.EndsAt)+" 过了再撤销。", err)
	}
	return err
}

// placesOf picks free keys for what is counted: the seats of a talk, or the place of the
// day, to which the desk is not held.
func (tx *Tx) placesOf(b *cabin.Booking) ([]span, error) {
	if b.TalkID != 0 {
		var r seatRead
		if err := tx.read(r.parts(b.TalkID, b.ResidentID, tx.Now)...); err != nil {
			return nil, err
		}
		if r.talk[0].State != string(cabin.TalkOpen) {
			return nil, nil
		}
		if seats := r.free(b.Party); seats != nil {
			return seats, nil
		}
		return nil, cabin.E(cabin.CodeSlotTaken, "座位已经让给了别人。")
	}
	y, m, d := b.StartsAt.In(cabin.Shanghai).Date()
	day := time.Date(y, m, d, 0, 0, 0, 0, cabin.Shanghai)
	var t timetable
	if err := tx.read(t.parts([]int64{b.DeputyID}, day, day.AddDate(0, 0, 1), tx.Now)...); err != nil {
		return nil, err
	}
	return place(b.DeputyID, day, cabin.MaxDayCap, t.schedules()[b.DeputyID].DayCap > 0, t.occupied())
}

// recordTo writes the event, the audit row, the inboxes and the outbox.
func (s Bookings) recordTo(tx *Tx, actor cabin.Actor, b *cabin.Booking, e cabin.Event, tell []cabin.Audience, who audiences) error {
	tx.event(actor, b, e)
	if err := tx.audit(actor, e.Role, "booking."+e.Command, "booking", b.ID, map[string]any{"from": e.From, "to": e.To}); err != nil {
		return err
	}
	who.resident, who.deputy, who.station = b.ResidentID, b.DeputyID, b.StationID
	if !b.ResidentWeChat && e.Role != cabin.Staff && slices.Contains(tell, cabin.ToResident) {
		tell = append(slices.Clone(tell), cabin.ToCaller)
	}
	return tx.tell(actor, who, tell, func(to cabin.Audience) cabin.Notice { return cabin.BookingNotice(b, e, to, tx.Now) })
}

// event queues a line of the booking's history.
func (tx *Tx) event(actor cabin.Actor, b *cabin.Booking, e cabin.Event) {
	tx.row(`INSERT INTO booking_events (booking_id, at, actor_id, actor_role, command, from_state, to_state, text, note, old_text, new_text) VALUES`, b.ID, tx.Now, actor.PersonID, e.Role, e.Command, e.From, e.To, e.Text, e.Note, e.Old, e.New)
}

func lockedBooking(tx *Tx, id int64) (*cabin.Booking, error) {
	var locked []struct {
		ID int64 `db:"id"`
	}
	var found []cabin.Booking
	err := tx.read(part{&locked, `SELECT id FROM bookings WHERE id = ? FOR UPDATE`, []any{id}},
		part{&found, `SELECT ` + bookingColumns + bookingFrom + `WHERE b.id = ?`, []any{id}})
	if err == nil && len(found) == 0 {
		err = sql.ErrNoRows
	}
	if err != nil {
		return nil, err
	}
	return &found[0], nil
}

func (s Bookings) byID(ctx context.Context, id int64) (*cabin.Booking, error) {
	var b cabin.Booking
	err := s.db.get(ctx, &b, `SELECT `+bookingColumns+bookingFrom+`WHERE b.id = ?`, id)
	return &b, err
}

// Get returns a booking with its events to somebody who may see it (CodeNotFound for others).
func (s Bookings) Get(ctx context.Context, actor cabin.Actor, id int64) (*cabin.Booking, []cabin.PastEvent, error) {
	b, err := s.byID(ctx, id)
	if err != nil {
		return nil, nil, err
	}
	if len(b.RolesOf(actor)) == 0 {
		return nil, nil, classify(sql.ErrNoRows) // as of one that does not exist
	}
	var events []cabin.PastEvent
	err = s.db.selectAll(ctx, &events, `SELECT id, at, actor_role, actor_id = ? AS mine, text, note, old_text, new_text FROM booking_events WHERE booking_id = ? ORDER BY id DESC`, actor.PersonID, id)
	return b, events, err
}

// Page is a place in a list ordered by (time, id): the last row shown. Zero is the start.
type Page struct {
	At    time.Time
	ID    int64
	Limit int
}

// Mine pages through a resident's bookings, newest first.
func (s Bookings) Mine(ctx context.Context, residentID, before int64, limit int) (list []*cabin.Booking, err error) {
	q := branches{table: "bookings", order: []string{"id"}, desc: true, limit: limit}
	q.add("resident_id = ? AND id < ?", residentID, orMax(before))
	err = q.read(ctx, s.db, &list, bookingColumns, bookingJoins)
	return list, err
}

// View chooses a part of a deputy's or a desk's bookings.
type View string

// The views. Waiting: it is our move; for a desk what came over from a deputy, what a
// deputy cannot keep, and objections. Asked, for a desk: requests that still wait for the
// deputy. Upcoming: agreed, by time. Past: ended.
const (
	Waiting  View = "waiting"
	Asked    View = "asked"
	Upcoming View = "upcoming"
	Past     View = "past"
)

var viewStates = map[View][]cabin.BookingState{
	Waiting:  {cabin.Requested},
	Upcoming: {cabin.Countered, cabin.Confirmed, cabin.CheckedIn},
	Past:     {cabin.Completed, cabin.Declined, cabin.Cancelled, cabin.Expired, cabin.NoShow},
}

// OfDeputies pages through the bookings of these deputies by time: the next first, past
// ones latest first.
func (s Bookings) OfDeputies(ctx context.Context, deputyIDs []int64, v View, p Page) ([]*cabin.Booking, error) {
	return s.view(ctx, "deputy_id", deputyIDs, v, p)
}

// OfStations is OfDeputies for the desks of these stations.
func (s Bookings) OfStations(ctx context.Context, stationIDs []int64, v View, p Page) ([]*cabin.Booking, error) {
	switch v {
	case Waiting:
		return s.waitingFor(ctx, cabin.Staff, stationIDs, p)
	case Asked:
		return s.waitingFor(ctx, cabin.Deputy, stationIDs, p)
	}
	return s.view(ctx, "station_id", stationIDs, v, p)
}

// waitingFor pages through what waits for the desks of these stations, or for the deputies
// who are to receive there, the next first.
func (s Bookings) waitingFor(ctx context.Context, who cabin.Role, stationIDs []int64, p Page) (list []*cabin.Booking, err error) {
	q := branches{table: "bookings", order: []string{"starts_at", "id"}, limit: p.Limit}
	for _, id := range scopes(stationIDs) {
		where, args := "station_id = ? AND waiting = ? AND (hold_until IS NULL OR hold_until > ?)", []any{id, who, s.db.Now()}
		if p.ID != 0 {
			where, args = where+" AND starts_at >= ? AND (starts_at > ? OR id > ?)", append(args, p.At, p.At, p.ID)
		}
		q.add(where, args...)
	}
	err = q.read(ctx, s.db, &list, bookingColumns, bookingJoins)
	return list, err
}

func (s Bookings) view(ctx context.Context, column string, ids []int64, v View, p Page) (list []*cabin.Booking, err error) {
	q := branches{table: "bookings", order: []string{"starts_at", "id"}, desc: v == Past, limit: p.Limit}
	now := s.db.Now()
	for _, id := range scopes(ids) {
		for _, state := range viewStates[v] {
			where, args := column+" = ? AND state = ?", []any{id, state}
			if column == "deputy_id" {
				where += " AND talk_id = 0" // a deputy's talks are a list of their own, not a row for each seat
			}
			if state == cabin.Requested || state == cabin.Countered {
				where, args = where+" AND hold_until > ?", append(args, now)
			}
			if p.ID != 0 && q.desc {
				where, args = where+" AND starts_at <= ? AND (starts_at < ? OR id < ?)", append(args, p.At, p.At, p.ID)
			} else if p.ID != 0 {
				where, args = where+" AND starts_at >= ? AND (starts_at > ? OR id > ?)", append(args, p.At, p.At, p.ID)
			}
			q.add(where, args...)
		}
	}
	err = q.read(ctx, s.db, &list, bookingColumns, bookingJoins)
	return list, err
}

// Day lists a day's agreed bookings at these stations, or of these deputies when stations is empty.
func (s Bookings) Day(ctx context.Context, stationIDs, deputyIDs []int64, day time.Time) (list []*cabin.Booking, err error) {
	column, ids := "b.station_id", scopes(stationIDs)
	if len(ids) == 0 {
		column, ids = "b.talk_id = 0 AND b.deputy_id", scopes(deputyIDs)
	}
	if len(ids) == 0 {
		return nil, nil
	}
	y, m, d := day.In(cabin.Shanghai).Date()
	from := time.Date(y, m, d, 0, 0, 0, 0, cabin.Shanghai).UTC()
	err = s.db.selectIn(ctx, &list, `SELECT `+bookingColumns+bookingFrom+`WHERE `+column+` IN (?) AND b.starts_at >= ? AND b.starts_at < ?
		AND b.state IN (?) ORDER BY b.starts_at, b.id LIMIT 200`, ids, from, from.AddDate(0, 0, 1),
		[]cabin.BookingState{cabin.Confirmed, cabin.CheckedIn, cabin.Completed, cabin.NoShow})
	return list, err
}

// Due does what the clock asks for, at most limit times, and returns how many: unanswered
// requests go to the desk and expire, agreed meetings are reminded of. Started by the
// worker; twice is safe: the row lock and the state decide.
func (s Bookings) Due(ctx context.Context, limit int) (int, error) {
	var ids []int64
	err := s.db.selectAll(ctx, &ids, `SELECT id FROM bookings WHERE due_at <= ? ORDER BY due_at LIMIT ?`, s.db.Now(), limit)
	return s.db.each(ctx, ids, err, func(tx *Tx, id int64) error {
		b, err := lockedBooking(tx, id)
		if err != nil {
			return err
		}
		switch {
		case b.DueAt == nil || b.DueAt.After(tx.Now):
			return cabin.E(cabin.CodeConflict, "已经处理过了。")
		case b.HoldOver(tx.Now):
			return s.moveLocked(tx, cabin.TheSystem, b, cabin.BookingExpire, cabin.Input{})
		case b.State == cabin.Requested:
			return s.moveLocked(tx, cabin.TheSystem, b, cabin.BookingToDesk, cabin.Input{})
		}
		return s.remind(tx, b)
	})
}

// remind tells both sides of a meeting that is agreed and sets when to remind them next.
func (s Bookings) remind(tx *Tx, b *cabin.Booking) error {
	next := b.Reminder(tx.Now, tx.presets())
	tx.later(`UPDATE bookings SET due_at = ? WHERE id = ?`, utc(next), b.ID)
	if b.State != cabin.Confirmed || !b.StartsAt.After(tx.Now) {
		return nil
	}
	to := []cabin.Audience{cabin.ToResident, cabin.ToDeputy}
	if b.TalkID != 0 {
		to = to[:1]
	}
	if !b.ResidentWeChat {
		to = append(to, cabin.ToCaller)
	}
	e := cabin.Event{Command: string(cabin.BookingRemind), From: string(b.State), To: string(b.State)}
	return tx.tell(cabin.TheSystem, audiences{resident: b.ResidentID, deputy: b.DeputyID, station: b.StationID}, to,
		func(to cabin.Audience) cabin.Notice { return cabin.BookingNotice(b, e, to, tx.Now) })
}

// each runs do on every id in a transaction of its own; a conflict means that somebody
// else was faster. One that fails does not keep the others waiting, unless the database is
// down.
func (db *DB) each(ctx context.Context, ids []int64, err error, do func(*Tx, int64) error) (done int, _ error) {
	if err != nil {
		return 0, err
	}
	var failed []error
	for _, id := range ids {
		err := db.InTx(ctx, func(tx *Tx) error { return do(tx, id) })
		switch cabin.CodeOf(err) {
		case "":
			done++
		case cabin.CodeConflict, cabin.CodeNotFound:
		case cabin.CodeUnavailable:
			return done, err
		default:
			failed = append(failed, fmt.Errorf("row %d: %w", id, err))
		}
	}
	return done, errors.Join(failed...)
}

func utc(t *time.Time) *time.Time {
	if t == nil {
		return nil
	}
	u := t.UTC()
	return &u
}

func orMax(id int64) int64 {
	if id == 0 {
		return 1<<63 - 1
	}
	return id
}
