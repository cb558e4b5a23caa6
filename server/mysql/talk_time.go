package mysql

import (
	"fmt"
	"time"

	"warmcabin/server/cabin"
)

// What a move of a talk does to its time, its seats and its line, in the transaction that
// moves it.

// hold takes the deputy's and the room's time for the talk (CodeSlotTaken), unless the
// deputy is on leave (CodeInvalid).
func (s Talks) hold(tx *Tx, t *cabin.Talk) error {
	spans := talkHolder(t).spans
	first, last := spans[0].from, spans[0].to
	var leaves []idRow
	var inTheWay []struct {
		Kind cabin.ResourceKind `db:"kind"`
	}
	err := tx.read(
		part{nil, `SELECT id INTO @deputy FROM deputies WHERE id = ? LOCK IN SHARE MODE`, []any{t.DeputyID}},
		part{&leaves, `SELECT id FROM deputy_exceptions WHERE deputy_id = ? AND ends_at > ? AND starts_at < ? AND kind = ? LIMIT 1`,
			[]any{t.DeputyID, t.StartsAt.UTC(), t.EndsAt.UTC(), cabin.Leave}},
		part{&inTheWay, `SELECT DISTINCT kind FROM occupancy WHERE (kind = ? AND resource_id = ? AND quarter BETWEEN ? AND ? OR kind = ? AND resource_id = ? AND quarter BETWEEN ? AND ?)
			AND (expires_at IS NULL OR expires_at > ?) ORDER BY kind`,
			[]any{cabin.DeputyTime, t.DeputyID, first, last, cabin.RoomTime, t.RoomID, first, last, tx.Now}})
	switch {
	case err != nil:
		return err
	case len(leaves) > 0:
		return cabin.Invalid("start", "代表在这个时间请了假，请换一个时间。")
	case len(inTheWay) > 0 && inTheWay[0].Kind == cabin.RoomTime:
		return cabin.E(cabin.CodeSlotTaken, "这个房间在这个时间已经有安排，请换一个时间或房间。")
	case len(inTheWay) > 0:
		return cabin.E(cabin.CodeSlotTaken, "代表在这个时间已经有安排，请换一个时间。")
	}
	if err := tx.occupy(byTalk, t.ID, spans, nil); err != nil {
		return err
	}
	return s.endLines(tx, t)
}

// endLines ends the lines for slots that the talk covers: nobody will be offered them.
func (s Talks) endLines(tx *Tx, t *cabin.Talk) error {
	var line []cabin.Wait
	err := tx.read(part{&line, `SELECT ` + waitColumns + waitFrom + `WHERE w.deputy_id = ? AND w.starts_at > ? AND w.starts_at < ? AND w.live = 1 AND w.talk_id = 0 AND w.ends_at > ?`,
		[]any{t.DeputyID, t.StartsAt.Add(-cabin.MaxTalkLength).UTC(), t.EndsAt.UTC(), t.StartsAt.UTC()}})
	if err != nil {
		return err
	}
	for i := range line {
		if err := s.db.Waits.end(tx, &line[i]); err != nil {
			return err
		}
	}
	return nil
}

// reseat makes the seats' keys fit the new number, and offers what is more to the line.
func (s Talks) reseat(tx *Tx, t *cabin.Talk) error {
	var taken []struct {
		Seat cabin.Quarter `db:"quarter"`
	}
	err := tx.read(
		part{nil, `DELETE FROM occupancy WHERE kind = ? AND resource_id = ? AND expires_at <= ?`, []any{cabin.TalkSeat, t.ID, tx.Now}},
		part{&taken, `SELECT quarter FROM occupancy WHERE kind = ? AND resource_id = ? ORDER BY quarter`, []any{cabin.TalkSeat, t.ID}})
	if err != nil {
		return err
	}
	if len(taken) > t.Seats {
		return cabin.E(cabin.CodeConflict, fmt.Sprintf("已经有 %d 个座位报了名，座位不能比这少。", len(taken)))
	}
	below := map[cabin.Quarter]bool{}
	for _, k := range taken {
		below[k.Seat] = true
	}
	free := cabin.Quarter(1)
	for _, k := range taken {
		if int(k.Seat) <= t.Seats {
			continue
		}
		for below[free] {
			free++
		}
		below[free] = true
		if _, err := tx.exec(`UPDATE occupancy SET quarter = ? WHERE kind = ? AND resource_id = ? AND quarter = ?`, free, cabin.TalkSeat, t.ID, k.Seat); err != nil {
			return err
		}
	}
	return s.db.Waits.offerNext(tx, t.DeputyID, t.ID, *t.StartsAt)
}

// seated locks and reads the open bookings and the line of a talk, as they were at start.
func (s Talks) seated(tx *Tx, t *cabin.Talk, start time.Time) (seats []cabin.Booking, line []cabin.Wait, err error) {
	var lockedSeats, lockedLine []idRow
	open := []cabin.BookingState{cabin.Confirmed, cabin.CheckedIn}
	inLine := []any{t.DeputyID, start.UTC(), t.ID}
	err = tx.read(
		part{&lockedSeats, `SELECT id FROM bookings WHERE talk_id = ? AND state IN (?) ORDER BY id FOR UPDATE`, []any{t.ID, open}},
		part{&lockedLine, `SELECT id FROM waits WHERE deputy_id = ? AND starts_at = ? AND live = 1 AND talk_id = ? ORDER BY id FOR UPDATE`, inLine},
		part{&seats, `SELECT ` + bookingColumns + bookingFrom + `WHERE b.talk_id = ? AND b.state IN (?) ORDER BY b.id`, []any{t.ID, open}},
		part{&line, `SELECT ` + waitColumns + waitFrom + `WHERE w.deputy_id = ? AND w.starts_at = ? AND w.live = 1 AND w.talk_id = ? ORDER BY w.id`, inLine})
	return seats, line, err
}

// retime moves the talk's time with its seats and its line. Whoever has another meeting
// at the new time loses the seat and is told why; offers are made anew.
func (s Talks) retime(tx *Tx, t, before *cabin.Talk, reason string) error {
	if err := tx.release(talkHolder(before)); err != nil {
		return err
	}
	seats, line, err := s.seated(tx, t, *before.StartsAt)
	if err != nil {
		return err
	}
	if err := tx.release(waitHolders(line)...); err != nil {
		return err
	}
	if err := s.hold(tx, t); err != nil {
		return err
	}
	staying, leaving, err := tx.moveResidents(t, seats)
	if err != nil {
		return err
	}
	slot := t.Slot()
	for i := range staying {
		b := &staying[i]
		b.TalkPlace = t.PlaceText
		if err := s.seat(tx, b, cabin.BookingRetime, cabin.Input{Offer: &slot, Reason: reason}); err != nil {
			return err
		}
	}
	why := "讲座改到 " + cabin.DatedSpan(*t.StartsAt, *t.EndsAt) + "，您那时已经有另一个预约。"
	if err := s.leave(tx, leaving, cabin.BookingCallOff, cabin.Input{Reason: why}); err != nil {
		return err
	}
	for i := range line {
		w := &line[i]
		w.StartsAt, w.EndsAt, w.StationID, w.RoomID = *t.StartsAt, *t.EndsAt, t.StationID, t.RoomID
		tx.later(`UPDATE waits SET starts_at = ?, ends_at = ?, station_id = ?, room_id = ? WHERE id = ?`, w.StartsAt.UTC(), w.EndsAt.UTC(), w.StationID, w.RoomID, w.ID)
		if err := s.db.Waits.bySystem(tx, w, cabin.WaitRetime); err != nil {
			return err
		}
	}
	if err := tx.flush(); err != nil {
		return err
	}
	if err := s.offerSlots(tx, before); err != nil {
		return err
	}
	return s.db.Waits.offerNext(tx, t.DeputyID, t.ID, *t.StartsAt)
}

// moveResidents moves the time of those who signed up; the seats stay. It returns who can
// come at the new time and who cannot.
func (tx *Tx) moveResidents(t *cabin.Talk, seats []cabin.Booking) (staying, leaving []cabin.Booking, err error) {
	if len(seats) == 0 {
		return nil, nil, nil
	}
	residents, had := make([]int64, len(seats)), make([]holder, len(seats))
	for i, b := range seats {
		residents[i], had[i] = b.ResidentID, holder{byBooking, b.ID, spansOf(b.Resources(), b.StartsAt, b.EndsAt)}
	}
	if err := tx.release(had...); err != nil {
		return nil, nil, err
	}
	when := spansOf([]cabin.Resource{{Kind: cabin.ResidentTime}}, *t.StartsAt, *t.EndsAt)[0]
	var busy []idRow
	err = tx.read(
		part{&busy, `SELECT DISTINCT resource_id AS id FROM occupancy WHERE kind = ? AND resource_id IN (?) AND quarter BETWEEN ? AND ? AND (expires_at IS NULL OR expires_at > ?)`,
			[]any{cabin.ResidentTime, residents, when.from, when.to, tx.Now}})
	if err != nil {
		return nil, nil, err
	}
	elsewhere := map[int64]bool{}
	for _, r := range busy {
		elsewhere[r.ID] = true
	}
	for _, b := range seats {
		if elsewhere[b.ResidentID] {
			leaving = append(leaving, b)
			continue
		}
		staying = append(staying, b)
		when.ID = b.ResidentID
		err := tx.occupy(byBooking, b.ID, []span{when}, nil)
		if cabin.CodeOf(err) == cabin.CodeSlotTaken {
			return nil, nil, errAgain // they booked something at this very moment
		}
		if err != nil {
			return nil, nil, err
		}
	}
	return staying, leaving, nil
}

// callOff ends every seat and every wait of a talk, and gives its time back.
func (s Talks) callOff(tx *Tx, t *cabin.Talk, reason string) error {
	if t.StartsAt == nil {
		return nil
	}
	seats, line, err := s.seated(tx, t, *t.StartsAt)
	if err != nil {
		return err
	}
	if err := s.leave(tx, seats, cabin.BookingCallOff, cabin.Input{Reason: reason}); err != nil {
		return err
	}
	for i := range line {
		if err := s.db.Waits.end(tx, &line[i]); err != nil {
			return err
		}
	}
	if err := tx.release(talkHolder(t)); err != nil {
		return err
	}
	return s.offerSlots(tx, t)
}

// offerSlots offers the deputy's slots that the talk stood in the way of.
func (s Talks) offerSlots(tx *Tx, t *cabin.Talk) error {
	var starts []lineRow
	err := tx.read(part{&starts, `SELECT DISTINCT deputy_id, starts_at FROM waits WHERE deputy_id = ? AND starts_at > ? AND starts_at < ? AND live = 1 AND talk_id = 0 AND ends_at > ?`,
		[]any{t.DeputyID, t.StartsAt.Add(-cabin.MaxTalkLength).UTC(), t.EndsAt.UTC(), t.StartsAt.UTC()}})
	for _, l := range starts {
		if err == nil {
			err = s.db.Waits.offerNext(tx, l.DeputyID, 0, l.StartsAt)
		}
	}
	return err
}

// finish closes the seats: who was checked in is asked for a rating, the others are blamed
// for nothing.
func (s Talks) finish(tx *Tx, t *cabin.Talk) error {
	seats, _, err := s.seated(tx, t, *t.StartsAt)
	if err != nil {
		return err
	}
	if err := s.leave(tx, seats, cabin.BookingClose, cabin.Input{}); err != nil {
		return err
	}
	return tx.release(talkHolder(t))
}

// closeAfter ends a seat whose no-show was undone after the talk itself had ended.
func (s Talks) closeAfter(tx *Tx, b *cabin.Booking) error {
	var t []struct {
		State  cabin.TalkState `db:"state"`
		Reason string          `db:"reason"`
	}
	if err := tx.read(part{&t, `SELECT state, reason FROM talks WHERE id = ?`, []any{b.TalkID}}); err != nil {
		return err
	}
	switch t[0].State {
	case cabin.TalkDone:
		return s.leave(tx, []cabin.Booking{*b}, cabin.BookingClose, cabin.Input{})
	case cabin.TalkCancelled:
		return s.leave(tx, []cabin.Booking{*b}, cabin.BookingCallOff, cabin.Input{Reason: t[0].Reason})
	}
	return nil
}

// leave moves bookings to an end and gives their time and seats back.
func (s Talks) leave(tx *Tx, seats []cabin.Booking, command cabin.BookingCommand, in cabin.Input) error {
	had := make([]holder, len(seats))
	for i := range seats {
		had[i] = bookingHolder(&seats[i])
		if err := s.seat(tx, &seats[i], command, in); err != nil {
			return err
		}
	}
	return tx.release(had...)
}

// seat moves one booking of a talk, by the clock of the talk; its keys are the caller's.
func (s Talks) seat(tx *Tx, b *cabin.Booking, command cabin.BookingCommand, in cabin.Input) error {
	e, tell, err := b.Apply(command, cabin.TheSystem, in, tx.Now, tx.presets())
	if err != nil {
		return err
	}
	tx.update(b)
	return s.db.Bookings.recordTo(tx, cabin.TheSystem, b, e, tell, audiences{})
}

// bySystem moves a wait; its keys are the caller's.
func (s Waits) bySystem(tx *Tx, w *cabin.Wait, command cabin.WaitCommand) error {
	e, tell, err := w.Apply(command, cabin.TheSystem, tx.Now, tx.presets())
	if err != nil {
		return err
	}
	return s.record(tx, cabin.TheSystem, w, e, tell)
}

func waitHolders(line []cabin.Wait) []holder {
	holders := make([]holder, len(line))
	for i := range line {
		holders[i] = waitHolder(&line[i])
	}
	return holders
}
