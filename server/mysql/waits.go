package mysql

import (
	"context"
	"database/sql"
	"time"

	"warmcabin/server/cabin"
)

// Waits are the lines for full slots and talks (domain: "Warm cabin", waitlist).
type Waits struct{ db *DB }

// MaxWaits is how many lines a resident may stand in at once.
const MaxWaits = 5

const waitColumns = `w.id, w.resident_id, w.deputy_id, w.talk_id, w.station_id, w.room_id, w.service, w.party, w.topic, w.note, w.starts_at, w.ends_at,
	w.state, w.offer_until, w.due_at, w.booking_id, w.created_at, w.updated_at, d.name AS deputy_name, st.name AS station_name,
	COALESCE(r.name, '') AS room_name, COALESCE(tk.topic, '') AS talk_topic,
	(SELECT COUNT(*) FROM waits a WHERE a.deputy_id = w.deputy_id AND a.starts_at = w.starts_at AND a.live = 1 AND a.id < w.id AND a.talk_id = w.talk_id) AS ahead`

const waitJoins = ` STRAIGHT_JOIN deputies d ON d.id = w.deputy_id STRAIGHT_JOIN stations st ON st.id = w.station_id
	LEFT JOIN rooms r ON r.id = w.room_id LEFT JOIN talks tk ON tk.id = w.talk_id `

const waitFrom = ` FROM waits w` + waitJoins

// Join puts a resident into the line for a slot that is taken, or (n.TalkID) a talk that
// is full, once for a key. Errors: CodeInvalid (no such slot), CodeConflict (it is free:
// book it; already in line), CodeLimitReached.
func (s Waits) Join(ctx context.Context, key Key, n NewWait) (*cabin.Wait, error) {
	if err := key.check(); err != nil {
		return nil, err
	}
	var id int64
	err := s.db.InTx(ctx, func(tx *Tx) (err error) {
		id, err = s.join(tx, key, n)
		return err
	})
	if err != nil {
		return nil, err
	}
	return s.Get(ctx, cabin.Actor{PersonID: n.ResidentID}, id)
}

// NewWait asks for a place in line. TalkID and Party are for a talk, else Start and Service.
type NewWait struct {
	ResidentID  int64
	DeputyID    int64
	Start       time.Time
	Service     cabin.Service
	TalkID      int64
	Party       int
	Topic, Note string
}

// join locks the deputy's row first: whoever frees the slot at this moment either sees
// this wait, or has freed it before.
func (s Waits) join(tx *Tx, key Key, n NewWait) (int64, error) {
	var resident residentRead
	var keys []madeRow
	var waits []struct {
		N int `db:"n"`
	}
	deputy := part{nil, `SELECT id INTO @deputy FROM deputies WHERE id = ? FOR UPDATE`, []any{n.DeputyID}}
	if n.TalkID != 0 {
		deputy = part{nil, `SELECT d.id INTO @deputy FROM deputies d JOIN talks t ON t.deputy_id = d.id WHERE t.id = ? FOR UPDATE`, []any{n.TalkID}}
	}
	err := tx.read(append(resident.parts(tx.Now, n.ResidentID), deputy, keysPart(&keys, key),
		part{&waits, `SELECT COUNT(*) AS n FROM waits WHERE resident_id = ? AND live = 1`, []any{n.ResidentID}})...)
	if err != nil {
		return 0, err
	}
	if id, err := madeBy(keys, key); id != 0 || err != nil {
		return id, err
	}
	if until := resident.barredUntil(tx.Now, tx.presets()); !until.IsZero() {
		return 0, cabin.E(cabin.CodeLimitReached, "因为有几次约好了没有到，"+cabin.MomentText(until)+" 前请打电话给联络站，由工作人员替您预约。")
	}
	if waits[0].N >= MaxWaits {
		return 0, cabin.E(cabin.CodeLimitReached, "您排的队太多了，请先退出一个。")
	}
	w := &cabin.Wait{ResidentID: n.ResidentID, DeputyID: n.DeputyID, TalkID: n.TalkID, Service: n.Service, Party: 1, Topic: n.Topic, Note: n.Note, CreatedAt: tx.Now}
	if n.TalkID != 0 {
		err = s.fullTalk(tx, n, w)
	} else {
		err = s.fullSlot(tx, n, w)
	}
	if err != nil {
		return 0, err
	}
	if _, _, err := w.Apply(cabin.WaitJoin, cabin.Actor{PersonID: n.ResidentID}, tx.Now, tx.presets()); err != nil {
		return 0, err
	}
	id, err := tx.insert(`INSERT INTO waits (resident_id, deputy_id, talk_id, station_id, room_id, service, party, topic, note, starts_at, ends_at,
		state, live, due_at, created_at, updated_at) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,1,?,?,?)`, w.ResidentID, w.DeputyID, w.TalkID, w.StationID, w.RoomID,
		w.Service, w.Party, w.Topic, w.Note, w.StartsAt.UTC(), w.EndsAt.UTC(), w.State, utc(w.DueAt), tx.Now, tx.Now)
	if duplicate(err) {
		return 0, cabin.E(cabin.CodeConflict, "您已经在排队了。")
	}
	if err != nil {
		return 0, err
	}
	tx.keep(key, id)
	if w.TalkID != 0 { // those before them may be too many for the seats that are left
		if err := s.offerNext(tx, w.DeputyID, w.TalkID, w.StartsAt); err != nil {
			return 0, err
		}
	}
	return id, tx.audit(cabin.Actor{PersonID: n.ResidentID}, cabin.Resident, "wait.join", "wait", id, nil)
}

// fullSlot fills w from the deputy's slot, which must be taken.
func (s Waits) fullSlot(tx *Tx, n NewWait, w *cabin.Wait) error {
	if err := checkStart(n.Start, tx.Now); err != nil {
		return err
	}
	y, m, d := n.Start.In(cabin.Shanghai).Date()
	day := time.Date(y, m, d, 0, 0, 0, 0, cabin.Shanghai)
	var t timetable
	if err := tx.read(t.parts([]int64{n.DeputyID}, day, day.AddDate(0, 0, 1), tx.Now)...); err != nil {
		return err
	}
	for _, slot := range cabin.DaySlots(day, t.schedules()[n.DeputyID], t.occupied(), tx.Now, tx.presets()) {
		if !slot.Start.Equal(n.Start) || (n.Service != "" && slot.Service != n.Service) {
			continue
		}
		if slot.Closed {
			return tx.presets().Bookable(slot.Start, tx.Now)
		}
		if slot.Free {
			return cabin.E(cabin.CodeConflict, "这个时间有空，可以直接预约。")
		}
		w.Service, w.StationID, w.RoomID, w.StartsAt, w.EndsAt = slot.Service, slot.StationID, slot.RoomID, slot.Start, slot.End
		return nil
	}
	return cabin.Invalid("start", "这个时间代表不接待，请重新选择时间。")
}

// offerNext offers what was freed to the first in line, in the transaction that freed it.
func (s Waits) offerNext(tx *Tx, deputyID, talkID int64, start time.Time) error {
	if lead := tx.presets().BookLead; start.Add(-lead).Before(tx.Now) {
		return nil
	}
	if err := tx.flush(); err != nil { // a wait that ended in this transaction is out of the line
		return err
	}
	var line []cabin.Wait
	err := tx.read(
		part{nil, `SELECT id INTO @deputy FROM deputies WHERE id = ? LOCK IN SHARE MODE`, []any{deputyID}},
		part{&line, `SELECT ` + waitColumns + waitFrom + `WHERE w.deputy_id = ? AND w.starts_at = ? AND w.live = 1 AND w.talk_id = ? ORDER BY w.id LIMIT 100`,
			[]any{deputyID, start.UTC(), talkID}})
	if err != nil || len(line) == 0 {
		return err
	}
	if talkID != 0 {
		return s.offerSeats(tx, talkID, line)
	}
	return s.offerSlot(tx, line)
}

// offerSlot offers a slot to the first who can take it: whoever has another meeting at
// this time keeps their place in line. A slot that the deputy no longer has, because of a
// leave or other hours, ends its line.
func (s Waits) offerSlot(tx *Tx, line []cabin.Wait) error {
	line, err := s.endGone(tx, line[0].DeputyID, line)
	if err != nil {
		return err
	}
	for i := range line {
		if line[i].State == cabin.Offered && !line[i].OfferOver(tx.Now) {
			return nil
		}
	}
	for i := range line {
		w := &line[i]
		if w.State != cabin.InLine || !w.LastOffer(tx.presets()).After(tx.Now) {
			continue
		}
		offered, err := s.tryOffer(tx, w, waitHolder(w).spans)
		if err != nil || offered {
			return err
		}
	}
	return nil
}

// endGone ends the waits of this deputy for slots that the schedule does not have any
// more, with a notice, and returns the others.
func (s Waits) endGone(tx *Tx, deputyID int64, waits []cabin.Wait) (stay []cabin.Wait, _ error) {
	if len(waits) == 0 {
		return nil, nil
	}
	from, to := waits[0].StartsAt, waits[0].StartsAt
	for i := range waits {
		if at := waits[i].StartsAt; at.Before(from) {
			from = at
		} else if at.After(to) {
			to = at
		}
	}
	var t timetable
	if err := tx.read(t.parts([]int64{deputyID}, from.AddDate(0, 0, -1), to.AddDate(0, 0, 1), tx.Now)...); err != nil {
		return nil, err
	}
	sch := t.schedules()[deputyID]
	for i := range waits {
		w := &waits[i]
		if w.TalkID != 0 || sch.Stands(w.StartsAt, w.Service, tx.Now, tx.presets()) {
			stay = append(stay, *w)
		} else if err := s.end(tx, w); err != nil {
			return nil, err
		}
	}
	return stay, nil
}

// end ends a wait, and an offer to it, whatever its time.
func (s Waits) end(tx *Tx, w *cabin.Wait) error {
	held := w.State == cabin.Offered
	e, tell, err := w.Apply(cabin.WaitEnd, cabin.TheSystem, tx.Now, tx.presets())
	if err != nil {
		return err
	}
	if held {
		// Of a line that was read without locks somebody may have become one with another.
		now, err := s.locked(tx, w.ID)
		if err != nil {
			return err
		}
		w.ResidentID = now.ResidentID
		if err := tx.release(waitHolder(w)); err != nil {
			return err
		}
	}
	return s.record(tx, cabin.TheSystem, w, e, tell)
}

// tryOffer holds the keys for w and tells them. False: something of theirs is in the way,
// or the slot is not free after all.
func (s Waits) tryOffer(tx *Tx, w *cabin.Wait, spans []span) (bool, error) {
	moved := *w
	e, tell, err := moved.Apply(cabin.WaitOffer, cabin.TheSystem, tx.Now, tx.presets())
	if err != nil {
		return false, err
	}
	err = tx.occupy(byWait, w.ID, spans, moved.OfferUntil)
	if cabin.CodeOf(err) == cabin.CodeSlotTaken {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	return true, s.record(tx, cabin.TheSystem, &moved, e, tell)
}

// record writes the wait as it is now, the audit row and the news.
func (s Waits) record(tx *Tx, actor cabin.Actor, w *cabin.Wait, e cabin.Event, tell []cabin.Audience) error {
	tx.later(`UPDATE waits SET state = ?, live = IF(?, 1, NULL), offer_until = ?, due_at = ?, booking_id = ?, updated_at = ? WHERE id = ?`,
		w.State, w.State.Live(), utc(w.OfferUntil), utc(w.DueAt), w.BookingID, tx.Now, w.ID)
	if err := tx.audit(actor, e.Role, "wait."+e.Command, "wait", w.ID, map[string]any{"from": e.From, "to": e.To}); err != nil {
		return err
	}
	return tx.tell(actor, audiences{resident: w.ResidentID}, tell, func(cabin.Audience) cabin.Notice { return cabin.WaitNotice(w, e, tx.Now) })
}

// Command moves a wait; after WaitTake its BookingID is the booking that it became.
// Errors as cabin.Wait.Apply, and as Bookings.Request for a take.
func (s Waits) Command(ctx context.Context, actor cabin.Actor, id int64, command cabin.WaitCommand) (*cabin.Wait, error) {
	err := s.db.InTx(ctx, func(tx *Tx) error {
		w, err := s.locked(tx, id)
		if err != nil {
			return err
		}
		return s.move(tx, actor, w, command)
	})
	if err != nil {
		return nil, err
	}
	return s.Get(ctx, actor, id)
}

func (s Waits) locked(tx *Tx, id int64) (*cabin.Wait, error) {
	var found []cabin.Wait
	err := tx.read(part{nil, `SELECT id INTO @wait FROM waits WHERE id = ? FOR UPDATE`, []any{id}},
		part{&found, `SELECT ` + waitColumns + waitFrom + `WHERE w.id = ?`, []any{id}})
	if err == nil && len(found) == 0 {
		err = sql.ErrNoRows
	}
	if err != nil {
		return nil, err
	}
	return &found[0], nil
}

func (s Waits) move(tx *Tx, actor cabin.Actor, w *cabin.Wait, command cabin.WaitCommand) error {
	held := w.State == cabin.Offered
	e, tell, err := w.Apply(command, actor, tx.Now, tx.presets())
	if err != nil {
		return err
	}
	if held {
		if err := tx.release(waitHolder(w)); err != nil {
			return err
		}
	}
	if command == cabin.WaitTake {
		if err := s.take(tx, actor, w); err != nil {
			return err
		}
	}
	if err := s.record(tx, actor, w, e, tell); err != nil {
		return err
	}
	if held && command != cabin.WaitTake {
		if err := tx.flush(); err != nil { // they are out of the line that is read now
			return err
		}
		return s.offerNext(tx, w.DeputyID, w.TalkID, w.StartsAt)
	}
	return nil
}

// take turns the seat that was held for them into a booking.
func (s Waits) take(tx *Tx, actor cabin.Actor, w *cabin.Wait) error {
	var b *cabin.Booking
	var err error
	if w.TalkID != 0 {
		b, err = s.db.Bookings.signUp(tx, nil, SignUp{Actor: actor, ResidentID: w.ResidentID, TalkID: w.TalkID, Party: w.Party, Note: w.Note}, true)
	} else {
		var reads []requestRead
		n := NewBooking{Actor: actor, ResidentID: w.ResidentID, DeputyID: w.DeputyID, Start: w.StartsAt, Service: w.Service, Topic: w.Topic, Note: w.Note}
		if reads, err = tx.readFor(n); err == nil {
			b, err = s.db.Bookings.request(tx, &reads[0], n, true)
		}
	}
	if err == nil {
		w.BookingID = b.ID
	}
	return err
}

// Get returns a wait of the actor's own (CodeNotFound for others).
func (s Waits) Get(ctx context.Context, actor cabin.Actor, id int64) (*cabin.Wait, error) {
	var w cabin.Wait
	err := s.db.get(ctx, &w, `SELECT `+waitColumns+waitFrom+`WHERE w.id = ?`, id)
	if err == nil && len(w.RolesOf(actor)) == 0 {
		err = classify(sql.ErrNoRows)
	}
	return &w, err
}

// Mine pages through a resident's waits, newest first.
func (s Waits) Mine(ctx context.Context, residentID, before int64, limit int) (list []*cabin.Wait, err error) {
	q := branches{table: "waits", order: []string{"id"}, desc: true, limit: limit}
	q.add("resident_id = ? AND id < ?", residentID, orMax(before))
	err = q.read(ctx, s.db, &list, waitColumns, waitJoins)
	return list, err
}

// Due ends waits whose time is over: an offer that nobody answered goes to the next, a
// line ends when the slot can no longer be booked. Started by the worker; twice is safe.
func (s Waits) Due(ctx context.Context, limit int) (int, error) {
	var ids []int64
	err := s.db.selectAll(ctx, &ids, `SELECT id FROM waits WHERE due_at <= ? ORDER BY due_at, id LIMIT ?`, s.db.Now(), limit)
	return s.db.each(ctx, ids, err, func(tx *Tx, id int64) error {
		w, err := s.locked(tx, id)
		if err != nil {
			return err
		}
		return s.move(tx, cabin.TheSystem, w, cabin.WaitLapse)
	})
}
