package mysql

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"math/big"
	"strings"
	"time"

	"warmcabin/server/cabin"
)

// NewBooking is what is asked for. Actor is the resident (also when it is empty), or the
// staff who book for them.
type NewBooking struct {
	Actor       cabin.Actor
	ResidentID  int64
	DeputyID    int64
	Start       time.Time
	Service     cabin.Service
	Topic, Note string
}

// byDesk tells whether staff book for a resident: no lead time, and no bar after no-shows.
func (n *NewBooking) byDesk() bool { return n.Actor.PersonID != n.ResidentID }

// checkStart keeps out what is no time at all; the limits are held in the transaction.
func checkStart(start, now time.Time) error {
	if start.Before(now.AddDate(-1, 0, 0)) || start.After(now.AddDate(1, 0, 0)) {
		return cabin.Invalid("start", "这个时间不能预约，请重新选择时间。")
	}
	return nil
}

// Request books a slot, once for a key. The slot is held until the deputy answers. Errors:
// CodeInvalid (no such slot, too soon, too far), CodeSlotTaken, CodeLimitReached (open
// bookings, no-shows), CodeKeyReused, CodeNotFound (staff of another station).
//
// It takes three trips to the database: all that must be known, with the locks; the
// booking and its time; and event, audit, inboxes, outbox, key and COMMIT. Requests that
// come at the same moment share them (asking.go).
func (s Bookings) Request(ctx context.Context, key Key, n NewBooking) (*cabin.Booking, error) {
	if err := checkStart(n.Start, s.db.Now()); err != nil {
		return nil, err
	}
	if n.Actor.PersonID == 0 {
		n.Actor.PersonID = n.ResidentID
	}
	made, earlier, err := s.db.bookings.ask(ctx, s.db, key, n.ResidentID, n, s.requestAll)
	if earlier != 0 {
		return s.byID(ctx, earlier)
	}
	return made, err
}

// requestAll decides on each request: the residents' rows are locked first, then the
// deputies' are shared.
func (s Bookings) requestAll(tx *Tx, batch []*asked[NewBooking, cabin.Booking]) (write func() error, err error) {
	asks := make([]NewBooking, len(batch))
	for i, a := range batch {
		asks[i] = a.n
	}
	reads, err := tx.readFor(asks...)
	if err != nil {
		return nil, err
	}
	var drafts []*draft
	held := map[span]bool{}
	for i, a := range batch {
		d, err := s.decide(tx, &reads[i], a.n, false)
		if err == nil {
			err = d.collides(held)
		}
		if refusal, ok := errors.AsType[*cabin.Error](err); ok {
			a.err = refusal
			continue
		}
		if err != nil {
			return nil, err
		}
		d.from, a.made, a.id = originOf(a.ctx), d.b, &d.b.ID
		drafts = append(drafts, d)
	}
	if len(drafts) == 0 {
		return nil, nil
	}
	return func() error { return s.write(tx, drafts...) }, nil
}

// collides refuses a draft when one before it in the batch holds one of its keys, and
// adds its own when not. A place of the day is another number the next time (errAgain).
func (d *draft) collides(held map[span]bool) error {
	var own []span
	for _, s := range d.spans {
		for q := s.from; q <= s.to; q++ {
			key := span{s.Resource, q, q}
			if held[key] && s.Kind == cabin.DeputyDay {
				return errAgain
			}
			if held[key] {
				return cabin.E(cabin.CodeSlotTaken, "这个时间刚刚被别人约走了，请换一个时间。")
			}
			own = append(own, key)
		}
	}
	for _, key := range own {
		held[key] = true
	}
	return nil
}

// request books the slot. fromLine: the person was offered it, and may take it late and
// before the others in line.
func (s Bookings) request(tx *Tx, r *requestRead, n NewBooking, fromLine bool) (*cabin.Booking, error) {
	d, err := s.decide(tx, r, n, fromLine)
	if err != nil {
		return nil, err
	}
	return d.b, s.write(tx, d)
}

// decide holds a request against all rules, and drafts the booking. It writes nothing but
// what gives the resident's own seats back.
func (s Bookings) decide(tx *Tx, r *requestRead, n NewBooking, fromLine bool) (*draft, error) {
	p := tx.presets()
	d := r.deputy
	if d == nil {
		return nil, cabin.Invalid("deputyId", "没有找到这位代表。")
	}
	sch, err := tx.rules(d.ID, d.Rules)
	if err != nil {
		return nil, err
	}
	rules := p
	if n.byDesk() || fromLine {
		rules = p.ForDesk()
	}
	slot, err := cabin.FindSlot(n.Start, n.Service, sch, tx.Now, rules)
	if err != nil {
		return nil, err
	}
	seat, err := s.admit(tx, &r.residentRead, n, p)
	if err != nil {
		return nil, err
	}
	if !fromLine && r.ahead {
		return nil, cabin.E(cabin.CodeSlotTaken, "这个时间有人在候补，请换一个时间，或者也来排队。")
	}
	if r.taken[cabin.Resource{Kind: cabin.DeputyTime, ID: d.ID}][n.Start.Unix()/900] {
		return nil, cabin.E(cabin.CodeSlotTaken, "这个时间已经被别人约走了，请换一个时间。")
	}
	places, err := place(d.ID, slot.Start, d.Cap, d.Cap > 0, r.taken)
	if err != nil {
		return nil, err
	}
	b := &cabin.Booking{
		ResidentID: n.ResidentID, DeputyID: n.DeputyID, Service: slot.Service, Party: 1, Topic: n.Topic, Note: n.Note,
		StartsAt: slot.Start.UTC(), EndsAt: slot.End.UTC(), StationID: slot.StationID, RoomID: slot.RoomID, CreatedAt: tx.Now,
		DeputyName: d.Name, DeputyLevel: d.Level, DeputyPhotoID: d.PhotoID,
		StationName: slot.StationName, StationAddress: slot.StationAddress, StationPhone: slot.StationPhone, RoomName: slot.RoomName,
	}
	return newDraft(tx, n.Actor, b, cabin.BookingRequest, &r.residentRead, seat, places, audiences{deputies: &r.listeners})
}

// create writes a new booking with its time and all that goes with it. b is without state.
func (s Bookings) create(tx *Tx, actor cabin.Actor, b *cabin.Booking, command cabin.BookingCommand, r *residentRead, seat int, more []span, who audiences) error {
	d, err := newDraft(tx, actor, b, command, r, seat, more, who)
	if err != nil {
		return err
	}
	return s.write(tx, d)
}

// draft is a booking that may be written.
type draft struct {
	b     *cabin.Booking
	actor cabin.Actor
	event cabin.Event
	tell  []cabin.Audience
	who   audiences
	seat  int
	spans []span
	from  origin // of the request, for the audit
}

func newDraft(tx *Tx, actor cabin.Actor, b *cabin.Booking, command cabin.BookingCommand, r *residentRead, seat int, more []span, who audiences) (*draft, error) {
	b.ResidentName, b.ResidentWeChat = r.open[0].Name, r.open[0].WeChat
	if actor.PersonID != b.ResidentID {
		b.BookedBy = actor.PersonID
	}
	b.CheckCode = checkCode()
	e, tell, err := b.Apply(command, actor, cabin.Input{}, tx.Now, tx.presets())
	if err != nil {
		return nil, err
	}
	return &draft{b: b, actor: actor, event: e, tell: tell, who: who, seat: seat, spans: append(spansOf(b.Resources(), b.StartsAt, b.EndsAt), more...)}, nil
}

// write inserts the bookings with the keys of their time, and queues all that goes with them.
func (s Bookings) write(tx *Tx, drafts ...*draft) error {
	var told []int64
	for _, d := range drafts {
		told = append(told, d.b.ResidentID)
		if d.who.deputies != nil {
			told = append(told, *d.who.deputies...)
		}
	}
	if err := tx.insertBookings(tx.waking.parts(tx, told), drafts); err != nil {
		return err
	}
	for _, d := range drafts {
		tx.came(d.from)
		if err := s.recordTo(tx, d.actor, d.b, d.event, d.tell, d.who); err != nil {
			return err
		}
	}
	return nil
}

// insertBookings inserts the bookings, with other reads on the way, and gives them their ids. The
// keys of a batch's time are queued: what they break is found at the end, and each is then
// asked for by itself.
func (tx *Tx) insertBookings(more []part, drafts []*draft) error {
	var ids insertedIDs
	insert := append(more, newRows(drafts, tx.Now), ids.part())
	if len(drafts) > 1 {
		if err := tx.read(insert...); err != nil {
			return err
		}
		for i, d := range drafts {
			d.b.ID = ids.of(i)
			d.keys(d.b.ID, func(key ...any) int { return tx.row(takeKeys, key...) })
		}
		return nil
	}
	d := drafts[0]
	var keys values
	d.keys(raw("LAST_INSERT_ID()"), keys.add)
	err := tx.read(append(insert, part{nil, takeKeys + string(keys.text), keys.args})...)
	switch {
	case err == nil:
	case duplicate(err) && strings.Contains(err.Error(), "bookings_open_seat"):
		return tooManyOpen(tx.presets())
	case duplicate(err): // a key is there: it may be of a hold that ran out
		err = tx.occupy(byBooking, ids.of(0), d.spans, d.b.HoldUntil)
	}
	if err == nil {
		d.b.ID = ids.of(0)
	}
	return err
}

// newRows is the INSERT of these bookings.
func newRows(drafts []*draft, now time.Time) part {
	var rows values
	for _, d := range drafts {
		b := d.b
		rows.add(b.ResidentID, b.DeputyID, b.TalkID, b.StationID, b.RoomID, b.Service, b.Party, b.Topic, b.Note, b.StartsAt.UTC(), b.EndsAt.UTC(),
			b.State, b.Waiting, utc(b.HoldUntil), utc(b.DueAt), b.CheckCode, b.BookedBy, d.seat, now, now)
	}
	return part{nil, `INSERT INTO bookings (resident_id, deputy_id, talk_id, station_id, room_id, service, party, topic, note, starts_at, ends_at,
		state, waiting, hold_until, due_at, check_code, booked_by, open_seat, created_at, updated_at) VALUES` + string(rows.text), rows.args}
}

const takeKeys = `INSERT INTO occupancy (kind, resource_id, quarter, holder_kind, holder_id, expires_at) VALUES`

// keys adds the rows of takeKeys for the booking that has this id.
func (d *draft) keys(id any, add func(key ...any) int) {
	for _, s := range d.spans {
		for q := s.from; q <= s.to; q++ {
			add(int(s.Kind), s.ID, int(q), int(byBooking), id, utc(d.b.HoldUntil))
		}
	}
}

// checkCode is six digits that the resident shows at the station.
func checkCode() string {
	n, err := rand.Int(rand.Reader, big.NewInt(1_000_000))
	if err != nil {
		panic(err) // the system has no randomness
	}
	return fmt.Sprintf("%06d", n)
}

func tooManyOpen(p cabin.Presets) error {
	return cabin.E(cabin.CodeLimitReached, fmt.Sprintf("您已经有 %d 个还没结束的预约，请先完成或取消一个再约。", p.OpenBookings))
}

// admit picks one of the resident's open seats (CodeLimitReached when there is none, or
// after too many no-shows); holds of theirs that ran out are expired on the way, since no
// job needs to be on time, and a meeting that is over gives its seat back though nobody
// has closed it yet. Where locks are not seen (Galera), the unique key on (resident, seat)
// decides.
func (s Bookings) admit(tx *Tx, r *residentRead, n NewBooking, p cabin.Presets) (int, error) {
	if len(r.open) == 0 {
		return 0, cabin.E(cabin.CodeNotFound, "没有找到这位选民。", errors.New("no such person"))
	}
	if until := r.barredUntil(tx.Now, p); !n.byDesk() && !until.IsZero() {
		return 0, cabin.E(cabin.CodeLimitReached, fmt.Sprintf("因为有 %d 次约好了没有到，%s 前请打电话给联络站，由工作人员替您预约。", p.NoShowLimit, cabin.MomentText(until)))
	}
	used, freed := map[int]bool{}, false
	for _, o := range r.openBookings() {
		b := cabin.Booking{State: o.State, HoldUntil: o.HoldUntil}
		switch {
		case b.HoldOver(tx.Now):
			if err := s.move(tx, cabin.TheSystem, o.ID, cabin.BookingExpire, cabin.Input{}); err != nil {
				return 0, err
			}
			freed = true
		case o.HoldUntil == nil && !o.EndsAt.After(tx.Now):
			tx.later(`UPDATE bookings SET open_seat = NULL WHERE id = ?`, o.ID)
			freed = true
		default:
			used[o.Seat] = true
		}
	}
	for seat := 1; seat <= p.OpenBookings; seat++ {
		if used[seat] {
			continue
		}
		if freed {
			return seat, tx.flush() // what gave its seat back must be there before the seat is taken
		}
		return seat, nil
	}
	return 0, tooManyOpen(p)
}

// Allowance says what a resident may still book, before they tap.
type Allowance struct {
	Open        int
	BarredUntil time.Time // zero: they may book by themselves
	Own         []OwnTime
}

// OwnTime is a time of a deputy that a resident has (BookingID) or waits for (WaitID).
type OwnTime struct {
	DeputyID, BookingID, WaitID int64
	Start                       time.Time
}

// Allowance counts a resident's open bookings and no-shows, and lists which times of
// deputies are theirs.
func (s Bookings) Allowance(ctx context.Context, residentID int64) (Allowance, error) {
	var r residentRead
	of := []int64{residentID}
	now := s.db.Now()
	var own []cabin.Booking
	var lines []cabin.Wait
	err := s.db.read(ctx, r.openPart(now, of),
		part{&own, `SELECT id, state, hold_until, deputy_id, starts_at, ends_at, offer_starts_at, offer_ends_at FROM bookings FORCE INDEX (bookings_open_seat)
			WHERE resident_id = ? AND open_seat IS NOT NULL AND talk_id = 0`, []any{residentID}},
		part{&lines, `SELECT id, state, offer_until, deputy_id, starts_at FROM waits WHERE resident_id = ? AND live = 1 AND talk_id = 0`, []any{residentID}})
	if err != nil {
		return Allowance{}, err
	}
	a := Allowance{BarredUntil: r.barredUntil(now, s.db.Presets())}
	for i := range own {
		if b := &own[i]; !b.HoldOver(now) {
			start, _ := b.Occupies()
			a.Own = append(a.Own, OwnTime{DeputyID: b.DeputyID, BookingID: b.ID, Start: start})
		}
	}
	for i := range lines {
		if w := &lines[i]; !w.OfferOver(now) {
			a.Own = append(a.Own, OwnTime{DeputyID: w.DeputyID, WaitID: w.ID, Start: w.StartsAt})
		}
	}
	for _, o := range r.openBookings() {
		b := cabin.Booking{State: o.State, HoldUntil: o.HoldUntil}
		if !b.HoldOver(now) && (o.HoldUntil != nil || o.EndsAt.After(now)) {
			a.Open++
		}
	}
	return a, nil
}
