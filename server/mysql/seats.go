package mysql

import (
	"context"
	"fmt"
	"time"

	"warmcabin/server/cabin"
)

// SignUp asks for seats at a talk. Actor is the resident, or the staff who do it for them.
type SignUp struct {
	Actor      cabin.Actor
	ResidentID int64
	TalkID     int64
	Party      int // the resident among them
	Note       string
}

// MaxParty is how many people one resident may bring, themselves among them.
const MaxParty = 5

// SignUp takes seats at an open talk, once for a key: confirmed at once. Errors:
// CodeSlotTaken (full: join the line), CodeConflict (not open, already signed up),
// CodeLimitReached, CodeKeyReused.
func (s Bookings) SignUp(ctx context.Context, key Key, n SignUp) (*cabin.Booking, error) {
	if err := key.check(); err != nil {
		return nil, err
	}
	var b *cabin.Booking
	err := s.db.InTx(ctx, func(tx *Tx) (err error) {
		b, err = s.signUp(tx, &key, n, false)
		return err
	})
	if err != nil {
		return nil, err
	}
	return s.byID(ctx, b.ID)
}

// seatRead is a talk with its seats, as they are in this transaction.
type seatRead struct {
	talk  []seatTalk
	taken []struct {
		Seat cabin.Quarter `db:"quarter"`
	}
	own []idRow // the resident's seats, when they have signed up already
}

type seatTalk struct {
	ID        int64      `db:"id"`
	DeputyID  int64      `db:"deputy_id"`
	StationID int64      `db:"station_id"`
	RoomID    int64      `db:"room_id"`
	Seats     int        `db:"seats"`
	StartsAt  *time.Time `db:"starts_at"`
	EndsAt    *time.Time `db:"ends_at"`
	State     string     `db:"state"`
	Topic     string     `db:"topic"`
	Place     string     `db:"place_text"`
	Waiting   int        `db:"waiting"`
}

// parts: the talk's row is locked, so that those who sign up at once take turns and each
// sees the seats that are left.
func (r *seatRead) parts(talkID, residentID int64, now time.Time) []part {
	return []part{
		{&r.talk, `SELECT t.id, t.deputy_id, t.station_id, t.room_id, t.seats, t.starts_at, t.ends_at, t.state, t.topic, t.place_text,
			(SELECT COUNT(*) FROM waits w WHERE w.deputy_id = t.deputy_id AND w.starts_at = t.starts_at AND w.live = 1 AND w.talk_id = t.id) AS waiting
			FROM talks t WHERE t.id = ? FOR UPDATE`, []any{talkID}},
		{&r.taken, `SELECT quarter FROM occupancy WHERE kind = ? AND resource_id = ? AND (expires_at IS NULL OR expires_at > ?) ORDER BY quarter`,
			[]any{cabin.TalkSeat, talkID, now}},
		{&r.own, `SELECT id FROM bookings WHERE talk_id = ? AND resident_id = ? AND state IN (?)`,
			[]any{talkID, residentID, []cabin.BookingState{cabin.Confirmed, cabin.CheckedIn}}},
	}
}

// free picks party free seats, nil when there are not so many.
func (r *seatRead) free(party int) []span {
	taken := map[cabin.Quarter]bool{}
	for _, t := range r.taken {
		taken[t.Seat] = true
	}
	var spans []span
	for seat := cabin.Quarter(1); int(seat) <= r.talk[0].Seats && len(spans) < party; seat++ {
		if !taken[seat] {
			spans = append(spans, span{cabin.Resource{Kind: cabin.TalkSeat, ID: r.talk[0].ID}, seat, seat})
		}
	}
	if len(spans) < party {
		return nil
	}
	return spans
}

// signUp takes seats in this transaction. Who comes from the line may take a seat before
// the others there. Without a key the caller keeps one.
func (s Bookings) signUp(tx *Tx, key *Key, n SignUp, fromLine bool) (*cabin.Booking, error) {
	var resident residentRead
	var seats seatRead
	var keys []madeRow
	parts := append(resident.parts(tx.Now, n.ResidentID), seats.parts(n.TalkID, n.ResidentID, tx.Now)...)
	if key != nil {
		parts = append(parts, keysPart(&keys, *key))
	}
	if err := tx.read(parts...); err != nil {
		return nil, err
	}
	if key != nil {
		if id, err := madeBy(keys, *key); id != 0 || err != nil {
			return &cabin.Booking{ID: id}, err
		}
	}
	t, err := openTalk(&seats, n.Party, tx.Now)
	if err != nil {
		return nil, err
	}
	if !fromLine && t.Waiting > 0 {
		return nil, cabin.E(cabin.CodeSlotTaken, "座位已满，有人在候补，您也可以来排队。")
	}
	taken := seats.free(n.Party)
	if taken == nil {
		return nil, cabin.E(cabin.CodeSlotTaken, fmt.Sprintf("剩下的座位不够 %d 位，您可以候补，或者少带几位。", n.Party))
	}
	request := NewBooking{Actor: n.Actor, ResidentID: n.ResidentID}
	seat, err := s.admit(tx, &resident, request, tx.presets())
	if err != nil {
		return nil, err
	}
	b := &cabin.Booking{
		ResidentID: n.ResidentID, DeputyID: t.DeputyID, TalkID: t.ID, StationID: t.StationID, RoomID: t.RoomID, Service: cabin.GroupTalk,
		Party: n.Party, Topic: t.Topic, Note: n.Note, StartsAt: *t.StartsAt, EndsAt: *t.EndsAt, CreatedAt: tx.Now, TalkTopic: t.Topic, TalkPlace: t.Place,
	}
	if err := s.create(tx, n.Actor, b, cabin.BookingSignUp, &resident, seat, taken, audiences{}); err != nil {
		return nil, err
	}
	if key != nil {
		tx.keep(*key, b.ID)
	}
	return b, nil
}

func openTalk(r *seatRead, party int, now time.Time) (*seatTalk, error) {
	switch {
	case len(r.talk) == 0:
		return nil, cabin.E(cabin.CodeNotFound, "没有找到这场讲座。")
	case party < 1 || party > MaxParty:
		return nil, cabin.Invalid("party", fmt.Sprintf("人数请填 1 到 %d。", MaxParty))
	case r.talk[0].State != "open" || r.talk[0].StartsAt == nil:
		return nil, cabin.E(cabin.CodeConflict, "这场讲座现在不能报名。")
	case !r.talk[0].StartsAt.After(now):
		return nil, cabin.E(cabin.CodeConflict, "这场讲座已经开始了。")
	case len(r.own) > 0:
		return nil, cabin.E(cabin.CodeConflict, "您已经报过名了。要改人数，请先取消再报名。")
	}
	return &r.talk[0], nil
}

// fullTalk fills w from a talk, which must have fewer free seats than are asked for.
func (s Waits) fullTalk(tx *Tx, n NewWait, w *cabin.Wait) error {
	var r seatRead
	if err := tx.read(r.parts(n.TalkID, n.ResidentID, tx.Now)...); err != nil {
		return err
	}
	t, err := openTalk(&r, n.Party, tx.Now)
	if err != nil {
		return err
	}
	if t.Waiting == 0 && r.free(n.Party) != nil {
		return cabin.E(cabin.CodeConflict, "还有座位，可以直接报名。")
	}
	w.DeputyID, w.Service, w.Party, w.StationID, w.RoomID = t.DeputyID, cabin.GroupTalk, n.Party, t.StationID, t.RoomID
	w.StartsAt, w.EndsAt, w.Topic = *t.StartsAt, *t.EndsAt, t.Topic
	return nil
}

// offerSeats offers free seats down the line. Whoever brings more people than there are
// seats keeps their place, and the next who fit are asked.
func (s Waits) offerSeats(tx *Tx, talkID int64, line []cabin.Wait) error {
	for i := range line {
		w := &line[i]
		if w.State != cabin.InLine || !w.LastOffer(tx.presets()).After(tx.Now) {
			continue
		}
		var r seatRead
		if err := tx.read(r.parts(talkID, w.ResidentID, tx.Now)...); err != nil {
			return err
		}
		if len(r.talk) == 0 || r.talk[0].State != "open" {
			return nil
		}
		spans := r.free(w.Party)
		if spans == nil {
			continue
		}
		own := cabin.Resource{Kind: cabin.ResidentTime, ID: w.ResidentID}
		if _, err := s.tryOffer(tx, w, append(spansOf([]cabin.Resource{own}, w.StartsAt, w.EndsAt), spans...)); err != nil {
			return err
		}
	}
	return nil
}
