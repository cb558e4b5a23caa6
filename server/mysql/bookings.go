package mysql

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"warmcabin/server/cabin"
)

// Bookings are residents' appointments with deputies.
type Bookings struct{ db *DB }

// NewBooking is what a resident asks for.
type NewBooking struct {
	ResidentID  int64
	DeputyID    int64
	Start       time.Time
	Service     cabin.Service
	Topic, Note string
}

const bookingColumns = `b.id, b.resident_id, b.deputy_id, b.station_id, b.room_id, b.service, b.topic, b.note, b.starts_at, b.ends_at,
	b.offer_starts_at, b.offer_ends_at, b.state, b.hold_until, b.absent_side, b.reason, b.record, b.stars, b.rating_text,
	b.created_at, b.updated_at, d.name AS deputy_name, d.level AS deputy_level, d.photo_id AS deputy_photo_id,
	p.name AS resident_name, st.name AS station_name, st.address AS station_address, COALESCE(r.name, '') AS room_name`

const bookingFrom = ` FROM bookings b` + bookingJoins

// The order of the joins is said, so that the page comes first and the names after it.
const bookingJoins = ` STRAIGHT_JOIN deputies d ON d.id = b.deputy_id STRAIGHT_JOIN persons p ON p.id = b.resident_id
	STRAIGHT_JOIN stations st ON st.id = b.station_id LEFT JOIN rooms r ON r.id = b.room_id `

// Request books a slot for a resident, once for a key. The slot is held until the deputy
// answers. Errors: CodeInvalid (no such slot, too soon, too far), CodeSlotTaken,
// CodeLimitReached (open bookings), CodeKeyReused.
func (s Bookings) Request(ctx context.Context, key Key, n NewBooking) (*cabin.Booking, error) {
	hours, err := s.db.Places.hours(ctx, n.DeputyID)
	if err != nil {
		return nil, err
	}
	var made *cabin.Booking
	id, err := s.db.createOnce(ctx, key, func(tx *Tx) (id int64, err error) {
		made, err = s.request(tx, n, hours[n.DeputyID])
		if err != nil {
			return 0, err
		}
		return made.ID, nil
	})
	if err != nil {
		return nil, err
	}
	if made != nil && made.ID == id {
		return made, nil
	}
	return s.byID(ctx, id)
}

func (s Bookings) request(tx *Tx, n NewBooking, hours []cabin.Hours) (*cabin.Booking, error) {
	actor := cabin.Actor{PersonID: n.ResidentID}
	slot, err := cabin.FindSlot(n.Start, n.Service, hours, tx.Now, s.db.presets)
	if err != nil {
		return nil, err
	}
	seat, err := s.freeSeat(tx, n.ResidentID)
	if err != nil {
		return nil, err
	}
	hold := s.db.presets.HoldUntil(tx.Now, slot.Start)
	id, err := tx.insert(`INSERT INTO bookings (resident_id, deputy_id, station_id, room_id, service, topic, note, starts_at, ends_at,
		state, hold_until, open_seat, created_at, updated_at) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?)`,
		n.ResidentID, n.DeputyID, slot.StationID, slot.RoomID, slot.Service, n.Topic, n.Note, slot.Start.UTC(), slot.End.UTC(),
		cabin.Requested, hold.UTC(), seat, tx.Now, tx.Now)
	if duplicate(err) {
		return nil, s.tooManyOpen()
	}
	if err != nil {
		return nil, err
	}
	var b cabin.Booking
	if err := tx.get(&b, `SELECT `+bookingColumns+bookingFrom+`WHERE b.id = ?`, id); err != nil {
		return nil, err
	}
	if err := tx.occupy(&b, &hold); err != nil {
		return nil, err
	}
	t := cabin.BookingTransitions[0]
	e := cabin.Event{Command: string(t.Command), To: string(t.To), Role: cabin.Resident, Text: t.Text}
	return &b, s.record(tx, actor, &b, e, t.Tell)
}

func (s Bookings) tooManyOpen() error {
	return cabin.E(cabin.CodeLimitReached, fmt.Sprintf("您已经有 %d 个还没结束的预约，请先完成或取消一个再约。", s.db.presets.OpenBookings))
}

// freeSeat picks one of the resident's open seats; holds of theirs that ran out are
// expired on the way, since no job needs to be on time, and a meeting that is over gives
// its seat back though nobody has closed it yet. The resident's row makes their two phones
// take turns; where locks are not seen (Galera), the unique key on (resident, seat) decides.
func (s Bookings) freeSeat(tx *Tx, residentID int64) (int, error) {
	var open []struct {
		ID        int64              `db:"id"`
		Seat      int                `db:"open_seat"`
		State     cabin.BookingState `db:"state"`
		HoldUntil *time.Time         `db:"hold_until"`
		EndsAt    *time.Time         `db:"ends_at"`
	}
	err := tx.selectAll(&open, `SELECT COALESCE(b.id, 0) AS id, COALESCE(b.open_seat, 0) AS open_seat, COALESCE(b.state, '') AS state, b.hold_until, b.ends_at
		FROM persons p LEFT JOIN bookings b ON b.resident_id = p.id AND b.open_seat IS NOT NULL WHERE p.id = ? FOR UPDATE`, residentID)
	if err != nil {
		return 0, err
	}
	used := map[int]bool{}
	for _, o := range open {
		b := cabin.Booking{State: o.State, HoldUntil: o.HoldUntil}
		switch {
		case o.EndsAt == nil: // nothing is open
		case b.HoldOver(tx.Now):
			err = s.move(tx, cabin.TheSystem, o.ID, cabin.BookingExpire, cabin.Input{})
		case o.HoldUntil == nil && !o.EndsAt.After(tx.Now):
			tx.later(`UPDATE bookings SET open_seat = NULL WHERE id = ?`, o.ID)
		default:
			used[o.Seat] = true
		}
		if err != nil {
			return 0, err
		}
	}
	for seat := 1; seat <= s.db.presets.OpenBookings; seat++ {
		if !used[seat] {
			return seat, tx.flush() // what gave its seat back must be there before the seat is taken
		}
	}
	return 0, s.tooManyOpen()
}

// occupy takes the booking's quarters. What stands in the way is CodeSlotTaken, said
// apart when it is the resident's own other booking.
func (tx *Tx) occupy(b *cabin.Booking, expires *time.Time) error {
	start, end := b.Occupies()
	quarters := cabin.Quarters(start, end)
	var rows, spans []string
	var args, keyArgs []any
	for _, r := range b.Resources() {
		for _, q := range quarters {
			rows, args = append(rows, "(?,?,?,?,?)"), append(args, r.Kind, r.ID, q, b.ID, expires)
		}
		spans = append(spans, "(kind = ? AND resource_id = ? AND quarter BETWEEN ? AND ?)")
		keyArgs = append(keyArgs, r.Kind, r.ID, quarters[0], quarters[len(quarters)-1])
	}
	within := ` WHERE (` + strings.Join(spans, " OR ") + `)`
	_, err := tx.exec(`DELETE FROM occupancy`+within+` AND expires_at <= ?;
		INSERT INTO occupancy (kind, resource_id, quarter, booking_id, expires_at) VALUES `+strings.Join(rows, ","),
		append(append(slices.Clone(keyArgs), tx.Now), args...)...)
	if !duplicate(err) {
		return err
	}
	var kinds []cabin.ResourceKind
	if err := tx.selectAll(&kinds, `SELECT DISTINCT kind FROM occupancy`+within, keyArgs...); err != nil {
		return err
	}
	if len(kinds) == 1 && kinds[0] == cabin.ResidentTime {
		return cabin.E(cabin.CodeSlotTaken, "您在这个时间已经有另一个预约了，请换一个时间。")
	}
	return cabin.E(cabin.CodeSlotTaken, "这个时间刚刚被别人约走了，请换一个时间。")
}

// Command moves a booking. in.Offer needs only its Start for a counter-offer. Errors as
// cabin.Booking.Apply, and CodeSlotTaken.
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
	before := b.State
	if in.Offer != nil {
		trial := *b // whoever may not do this learns nothing about the deputy's times
		if _, _, err := trial.Apply(command, actor, in, tx.Now, s.db.presets); err != nil {
			return err
		}
		if in.Offer, err = s.offer(tx, b, in.Offer.Start); err != nil {
			return err
		}
	}
	e, tell, err := b.Apply(command, actor, in, tx.Now, s.db.presets)
	if err != nil {
		return err
	}
	if err := tx.reoccupy(b, before); err != nil {
		return err
	}
	tx.later(`UPDATE bookings SET station_id = ?, room_id = ?, starts_at = ?, ends_at = ?, offer_starts_at = ?, offer_ends_at = ?,
		state = ?, hold_until = ?, open_seat = IF(?, open_seat, NULL), absent_side = ?, reason = ?, record = ?, stars = ?, rating_text = ?, updated_at = ?
		WHERE id = ?`, b.StationID, b.RoomID, b.StartsAt.UTC(), b.EndsAt.UTC(), utc(b.OfferStartsAt), utc(b.OfferEndsAt),
		b.State, utc(b.HoldUntil), b.State.Open(), b.AbsentSide, b.Reason, b.Record, b.Stars, b.RatingText, b.UpdatedAt, b.ID)
	return s.record(tx, actor, b, e, tell)
}

// offer finds the deputy's slot that starts at start, for a counter-offer.
func (s Bookings) offer(tx *Tx, b *cabin.Booking, start time.Time) (*cabin.Slot, error) {
	var hours []cabin.Hours
	if err := tx.selectAll(&hours, `SELECT `+hoursColumns+` WHERE h.deputy_id = ?`, b.DeputyID); err != nil {
		return nil, err
	}
	slot, err := cabin.FindSlot(start, b.Service, hours, tx.Now, s.db.presets)
	if err == nil && slot.Start.Equal(b.StartsAt) {
		err = cabin.Invalid("start", "这就是原来的时间，请选另一个时间。")
	}
	return &slot, err
}

// reoccupy makes the occupied time follow the booking's state.
func (tx *Tx) reoccupy(b *cabin.Booking, before cabin.BookingState) error {
	if !before.Open() {
		return nil
	}
	if !b.State.Open() || b.State == cabin.Countered {
		if _, err := tx.exec(`DELETE FROM occupancy WHERE booking_id = ?`, b.ID); err != nil {
			return err
		}
	}
	if b.State == cabin.Countered {
		return tx.occupy(b, b.HoldUntil)
	}
	if b.State == cabin.Confirmed {
		return tx.confirmTime(b)
	}
	return nil
}

// confirmTime makes a hold a firm booking. By another process's clock the hold may have
// run out and its time been given away: then the rows are gone, and so is the time.
func (tx *Tx) confirmTime(b *cabin.Booking) error {
	res, err := tx.exec(`UPDATE occupancy SET expires_at = NULL WHERE booking_id = ?`, b.ID)
	if err != nil {
		return err
	}
	start, end := b.Occupies()
	kept, err := res.RowsAffected()
	if err == nil && int(kept) != len(cabin.Quarters(start, end))*len(b.Resources()) {
		return cabin.E(cabin.CodeSlotTaken, "等待的时间已过，这个时间刚刚被别人约走了。")
	}
	return err
}

// record writes the event, the audit row, the inboxes and the outbox.
func (s Bookings) record(tx *Tx, actor cabin.Actor, b *cabin.Booking, e cabin.Event, tell []cabin.Audience) error {
	tx.later(`INSERT INTO booking_events (booking_id, at, actor_id, actor_role, command, from_state, to_state, text, note)
		VALUES (?,?,?,?,?,?,?,?,?)`, b.ID, tx.Now, actor.PersonID, e.Role, e.Command, e.From, e.To, e.Text, e.Note)
	if err := tx.audit(actor, e.Role, "booking."+e.Command, "booking", b.ID, map[string]any{"from": e.From, "to": e.To}); err != nil {
		return err
	}
	return tx.tell(actor, audiences{resident: b.ResidentID, deputy: b.DeputyID, station: b.StationID}, tell,
		func(to cabin.Audience) cabin.Notice { return cabin.BookingNotice(b, e, to, tx.Now) })
}

func lockedBooking(tx *Tx, id int64) (*cabin.Booking, error) {
	var locked int64
	if err := tx.get(&locked, `SELECT id FROM bookings WHERE id = ? FOR UPDATE`, id); err != nil {
		return nil, err
	}
	var b cabin.Booking
	err := tx.get(&b, `SELECT `+bookingColumns+bookingFrom+`WHERE b.id = ?`, id)
	return &b, err
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
	err = s.db.selectAll(ctx, &events, `SELECT id, at, actor_role, actor_id = ? AS mine, text, note FROM booking_events WHERE booking_id = ? ORDER BY id DESC`, actor.PersonID, id)
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

// The views. Waiting: requests that nobody answered yet. Upcoming: agreed, by time. Past: ended.
const (
	Waiting  View = "waiting"
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
	return s.view(ctx, "station_id", stationIDs, v, p)
}

func (s Bookings) view(ctx context.Context, column string, ids []int64, v View, p Page) (list []*cabin.Booking, err error) {
	q := branches{table: "bookings", order: []string{"starts_at", "id"}, desc: v == Past, limit: p.Limit}
	now := s.db.Now()
	for _, id := range scopes(ids) {
		for _, state := range viewStates[v] {
			where, args := column+" = ? AND state = ?", []any{id, state}
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
		column, ids = "b.deputy_id", scopes(deputyIDs)
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

// Expire ends bookings whose time to wait is over, at most limit, and returns how many.
// Started by the worker; twice is safe: the row lock and the state decide.
func (s Bookings) Expire(ctx context.Context, limit int) (int, error) {
	var ids []int64
	err := s.db.selectIn(ctx, &ids, `SELECT id FROM bookings WHERE state IN (?) AND hold_until <= ? LIMIT ?`,
		[]cabin.BookingState{cabin.Requested, cabin.Countered}, s.db.Now(), limit)
	return s.db.each(ctx, ids, err, func(tx *Tx, id int64) error {
		return s.move(tx, cabin.TheSystem, id, cabin.BookingExpire, cabin.Input{})
	})
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
