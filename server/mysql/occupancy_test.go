package mysql_test

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"warmcabin/server/cabin"
	"warmcabin/server/mysql"
)

func TestSameKeySameAnswer(t *testing.T) {
	t.Parallel()
	s := newStreet(t, 2)
	r := s.residents[0]
	n := mysql.NewBooking{ResidentID: r.PersonID, DeputyID: 1, Start: wednesday(9, 30), Topic: "邻里"}
	k := key(r, "once")
	ids := make([]int64, 20)
	var wg sync.WaitGroup
	for i := range ids {
		wg.Go(func() {
			b, err := s.db.Bookings.Request(t.Context(), k, n)
			if err != nil {
				t.Error(err)
				return
			}
			ids[i] = b.ID
		})
	}
	wg.Wait()
	for _, id := range ids {
		if id != ids[0] {
			t.Fatalf("one key made several bookings: %v", ids)
		}
	}
	if n := s.count(t, `SELECT COUNT(*) FROM bookings`); n != 1 {
		t.Errorf("%d bookings", n)
	}
	other := k
	other.BodyHash = sha256.Sum256([]byte("another body"))
	_, err := s.db.Bookings.Request(t.Context(), other, n)
	wantCode(t, "the key with another body", err, cabin.CodeKeyReused)
	codes := together(append(times(5, func() error {
		_, err := s.db.Bookings.Request(t.Context(), key(s.residents[1], "two"), mysql.NewBooking{ResidentID: s.residents[1].PersonID, DeputyID: 1, Start: wednesday(11, 0)})
		return err
	}),
		times(5, func() error {
			k := key(s.residents[1], "two")
			k.BodyHash[0]++
			_, err := s.db.Bookings.Request(t.Context(), k, mysql.NewBooking{ResidentID: s.residents[1].PersonID, DeputyID: 2, Start: wednesday(10, 0)})
			return err
		})...)...)
	if n := tally(codes); n[""] != 5 || n[cabin.CodeKeyReused] != 5 {
		t.Errorf("two bodies at once: %v", n)
	}
	for _, bad := range []string{"", strings.Repeat("k", 65), "钥匙", "a b", "a\n"} {
		k := k
		k.Key = bad
		_, err := s.db.Bookings.Request(t.Context(), k, n)
		wantCode(t, fmt.Sprintf("key %q", bad), err, cabin.CodeInvalid)
	}
}

func TestTwoPhonesAtTheCap(t *testing.T) {
	t.Parallel()
	s := newStreet(t, 1)
	r := s.residents[0]
	ask := func(deputy int64, start time.Time) func() error {
		return func() error {
			_, err := s.request(t, r, deputy, start, fmt.Sprintf("%d-%d", deputy, start.Unix()))
			return err
		}
	}
	// Nothing is open: both phones get what they ask for.
	if n := tally(together(ask(1, wednesday(9, 0)), ask(2, wednesday(10, 0)))); n[""] != 2 {
		t.Fatalf("two at once with two seats free: %v", n)
	}
	s.exec(t, `UPDATE bookings SET state = 'cancelled', open_seat = NULL, hold_until = NULL WHERE id = (SELECT MIN(id) FROM bookings)`)
	s.exec(t, `DELETE FROM occupancy WHERE holder_id = (SELECT MIN(id) FROM bookings)`)
	// One is open: of six at once exactly one gets the last seat.
	codes := together(ask(1, wednesday(9, 30)), ask(1, wednesday(10, 30)), ask(1, wednesday(11, 0)), ask(2, wednesday(9, 0)), ask(2, wednesday(11, 0)), ask(2, wednesday(11, 30)))
	if n := tally(codes); n[""] != 1 || n[cabin.CodeLimitReached] != 5 {
		t.Errorf("at the cap: %v", n)
	}
	if n := s.count(t, `SELECT COUNT(*) FROM bookings WHERE open_seat IS NOT NULL`); n != 2 {
		t.Errorf("%d open bookings", n)
	}
}

func TestSeatsComeBack(t *testing.T) {
	t.Parallel()
	s := newStreet(t, 1)
	r := s.residents[0]
	a := s.booked(t, r, 1, wednesday(9, 0), "a")
	s.command(t, s.deputy, a.ID, cabin.BookingAccept, cabin.Input{})
	s.booked(t, r, 2, wednesday(10, 0), "b")
	_, err := s.request(t, r, 2, wednesday(11, 0), "c")
	wantCode(t, "a third", err, cabin.CodeLimitReached)
	// Next week: the desk never closed the first, nobody answered the second.
	s.clock.Set(wednesday(18, 0))
	next := wednesday(9, 0).AddDate(0, 0, 7)
	s.booked(t, r, 1, next, "d")
	s.booked(t, r, 2, next.Add(time.Hour), "e")
	_, err = s.request(t, r, 2, next.Add(2*time.Hour), "f")
	wantCode(t, "a third again", err, cabin.CodeLimitReached)
	done := s.command(t, s.deputy, a.ID, cabin.BookingComplete, cabin.Input{Note: "谈了"})
	if done.State != cabin.Completed {
		t.Error(done.State)
	}
}

// TestOverlaps: nobody and nothing is at two places at once.
func TestOverlaps(t *testing.T) {
	t.Parallel()
	s := newStreet(t, 3)
	// Deputy 3 shares the room of deputy 1, with slots of another length.
	s.exec(t, `INSERT INTO deputies (id, name, level, station_id) VALUES (3, '何静', 'district', 1)`)
	s.exec(t, `INSERT INTO deputy_hours (deputy_id, station_id, room_id, weekday, from_minute, to_minute, slot_minutes, service) VALUES (3, 1, 1, 3, 555, 720, 45, 'talk_one')`)
	s.booked(t, s.residents[0], 1, wednesday(9, 30), "a")
	_, err := s.request(t, s.residents[0], 2, wednesday(9, 30), "b")
	wantCode(t, "the resident is elsewhere", err, cabin.CodeSlotTaken)
	if err == nil || !strings.Contains(err.Error(), "您在这个时间已经有另一个预约") {
		t.Errorf("it is not said that it is their own: %v", err)
	}
	_, err = s.request(t, s.residents[1], 3, wednesday(9, 15), "c") // 9:15–10:00 touches 9:30–10:00
	wantCode(t, "the room is taken", err, cabin.CodeSlotTaken)
	if strings.Contains(err.Error(), "您在这个时间") {
		t.Errorf("wrong words: %v", err)
	}
	s.booked(t, s.residents[1], 3, wednesday(10, 0), "d") // begins when the other ends
	// Both deputies' residents at once for one room, again and again.
	for i, hour := range []int{0, 7, 14} {
		day := wednesday(10, 45).AddDate(0, 0, hour)
		x, y := s.person(t, fmt.Sprint("x", i)), s.person(t, fmt.Sprint("y", i))
		codes := together(func() error { _, err := s.request(t, x, 1, day.Add(15*time.Minute), "x"); return err },
			func() error { _, err := s.request(t, y, 3, day, "y"); return err })
		if n := tally(codes); n[""] != 1 || n[cabin.CodeSlotTaken] != 1 {
			t.Errorf("one room for two: %v", n)
		}
	}
}

// TestExpiredHoldIsFreeAtOnce, with no job, and with a crowd at the door.
func TestExpiredHoldIsFreeAtOnce(t *testing.T) {
	t.Parallel()
	s := newStreet(t, 41)
	first := s.booked(t, s.residents[40], 1, wednesday(9, 0), "first")
	over := s.clock.Now().Add(time.Hour)
	s.exec(t, `UPDATE bookings SET hold_until = ?, due_at = ? WHERE id = ?`, over, over, first.ID)
	s.exec(t, `UPDATE occupancy SET expires_at = ? WHERE holder_id = ?`, over, first.ID)
	s.clock.Set(over.Add(-time.Millisecond))
	_, err := s.request(t, s.residents[0], 1, wednesday(9, 0), "early")
	wantCode(t, "a millisecond early", err, cabin.CodeSlotTaken)
	s.clock.Set(over)
	if days, err := s.db.Places.Slots(t.Context(), 1, wednesday(0, 0), 1); err != nil || !days[0].Slots[0].Free {
		t.Errorf("the slot is not shown as free: %+v, %v", days, err)
	}
	var calls []func() error
	for _, r := range s.residents[:40] {
		calls = append(calls, func() error { _, err := s.request(t, r, 1, wednesday(9, 0), "crowd"); return err })
	}
	if n := tally(together(calls...)); n[""] != 1 || n[cabin.CodeSlotTaken] != 39 {
		t.Errorf("a crowd for an expired hold: %v", n)
	}
	_, err = s.db.Bookings.Command(t.Context(), s.deputy, first.ID, cabin.BookingAccept, cabin.Input{})
	wantCode(t, "the deputy is too late", err, cabin.CodeConflict)
	if done, err := s.db.Bookings.Due(t.Context(), 10); done != 1 || err != nil {
		t.Errorf("the job ended %d, %v", done, err)
	}
	if n := s.count(t, `SELECT COUNT(*) FROM occupancy`); n != 6 {
		t.Errorf("the job took the new booking's time away: %d rows", n)
	}
}

// TestAcceptWithoutTime: another process's clock was ahead and gave the time away while
// this one still thought the hold was good.
func TestAcceptWithoutTime(t *testing.T) {
	t.Parallel()
	s := newStreet(t, 2)
	b := s.booked(t, s.residents[0], 1, wednesday(9, 0), "a")
	s.exec(t, `UPDATE occupancy SET expires_at = ? WHERE holder_id = ?`, s.clock.Now(), b.ID)
	s.booked(t, s.residents[1], 1, wednesday(9, 0), "b")
	before := s.snapshot(t)
	_, err := s.db.Bookings.Command(t.Context(), s.deputy, b.ID, cabin.BookingAccept, cabin.Input{})
	wantCode(t, "accepting without the time", err, cabin.CodeSlotTaken)
	if after := s.snapshot(t); after != before {
		t.Errorf("something was left:\n%s\n%s", before, after)
	}
}

func TestCounterOffer(t *testing.T) {
	t.Parallel()
	s := newStreet(t, 3)
	b := s.booked(t, s.residents[0], 1, wednesday(9, 0), "a")
	s.booked(t, s.residents[1], 1, wednesday(10, 0), "taken")
	offer := func(start time.Time) cabin.Input {
		return cabin.Input{Reason: "开会", Offer: &cabin.Slot{Start: start}}
	}
	before := s.snapshot(t)
	for what, c := range map[string]struct {
		actor cabin.Actor
		start time.Time
		want  cabin.Code
	}{
		"a slot taken meanwhile": {s.deputy, wednesday(10, 0), cabin.CodeSlotTaken}, "the same time": {s.deputy, wednesday(9, 0), cabin.CodeInvalid},
		"no slot": {s.deputy, wednesday(9, 10), cabin.CodeInvalid}, "the resident": {s.residents[0], wednesday(11, 0), cabin.CodeForbidden},
		"a stranger, bad time": {s.residents[2], wednesday(9, 10), cabin.CodeNotFound}, "the resident, bad time": {s.residents[0], wednesday(9, 10), cabin.CodeForbidden},
	} {
		_, err := s.db.Bookings.Command(t.Context(), c.actor, b.ID, cabin.BookingCounter, offer(c.start))
		wantCode(t, what, err, c.want)
	}
	if after := s.snapshot(t); after != before {
		t.Errorf("refused offers left something:\n%s\n%s", before, after)
	}
	b = s.command(t, s.deputy, b.ID, cabin.BookingCounter, offer(wednesday(11, 0)))
	if b.State != cabin.Countered || !b.OfferStartsAt.Equal(wednesday(11, 0)) || !b.StartsAt.Equal(wednesday(9, 0)) {
		t.Errorf("%+v", b)
	}
	other := s.booked(t, s.residents[2], 1, wednesday(9, 0), "freed") // the old time is free
	_, err := s.request(t, s.residents[2], 1, wednesday(11, 0), "held")
	wantCode(t, "the offered time is held", err, cabin.CodeSlotTaken)
	b = s.command(t, s.residents[0], b.ID, cabin.BookingTake, cabin.Input{})
	if b.State != cabin.Confirmed || !b.StartsAt.Equal(wednesday(11, 0)) || b.OfferStartsAt != nil || b.HoldUntil != nil {
		t.Errorf("%+v", b)
	}
	if n := s.count(t, `SELECT COUNT(*) FROM occupancy WHERE holder_id = ? AND expires_at IS NULL`, b.ID); n != 6 {
		t.Errorf("%d quarters are firm, want 6", n)
	}
	// Refusing frees the offer.
	s.command(t, s.deputy, other.ID, cabin.BookingCounter, offer(wednesday(11, 30)))
	s.command(t, s.residents[2], other.ID, cabin.BookingRefuse, cabin.Input{})
	if n := s.count(t, `SELECT COUNT(*) FROM occupancy WHERE holder_id = ?`, other.ID); n != 0 {
		t.Errorf("a refused offer occupies %d quarters", n)
	}
}

// TestOccupancyFollowsTheState through every way a booking can go.
func TestOccupancyFollowsTheState(t *testing.T) {
	t.Parallel()
	s := newStreet(t, 1)
	r := s.residents[0]
	type step struct {
		actor   cabin.Actor
		command cabin.BookingCommand
		in      cabin.Input
	}
	reason, note := cabin.Input{Reason: "有事"}, cabin.Input{Note: "谈了"}
	for i, path := range [][]step{
		{{s.deputy, cabin.BookingDecline, reason}},
		{{r, cabin.BookingCancel, cabin.Input{}}},
		{{s.deputy, cabin.BookingAccept, cabin.Input{}}, {r, cabin.BookingCancel, cabin.Input{}}},
		{{s.staff, cabin.BookingAccept, cabin.Input{}}, {s.deputy, cabin.BookingCancel, reason}},
		{{s.staff, cabin.BookingAccept, cabin.Input{}}, {s.staff, cabin.BookingCheckIn, cabin.Input{}}, {s.deputy, cabin.BookingComplete, note}, {r, cabin.BookingRate, cabin.Input{Stars: 5, Text: "很好"}}},
		{{s.staff, cabin.BookingAccept, cabin.Input{}}, {s.staff, cabin.BookingResidentAbsent, cabin.Input{}}},
		{{s.staff, cabin.BookingAccept, cabin.Input{}}, {s.staff, cabin.BookingCheckIn, cabin.Input{}}, {s.staff, cabin.BookingDeputyAbsent, cabin.Input{}}},
	} {
		s.clock.Set(monday)
		b := s.booked(t, r, 1, wednesday(9, 0), fmt.Sprintf("path%d", i))
		for _, st := range path {
			if st.command == cabin.BookingCheckIn || st.command == cabin.BookingResidentAbsent {
				s.clock.Set(wednesday(9, 5))
			}
			b = s.command(t, st.actor, b.ID, st.command, st.in)
			rows, firm := s.count(t, `SELECT COUNT(*) FROM occupancy WHERE holder_id = ?`, b.ID), s.count(t, `SELECT COUNT(*) FROM occupancy WHERE holder_id = ? AND expires_at IS NULL`, b.ID)
			seats := s.count(t, `SELECT COUNT(*) FROM bookings WHERE id = ? AND open_seat IS NOT NULL`, b.ID)
			if want := map[bool]int{true: 6}[b.State.Open()]; rows != want || firm != want || seats != want/6 {
				t.Errorf("path %d, %s: %d quarters (%d firm), %d seats", i, b.State, rows, firm, seats)
			}
		}
	}
	if n := s.count(t, `SELECT COUNT(*) FROM occupancy`); n != 0 {
		t.Errorf("%d quarters are left behind", n)
	}
}

// checkKeys holds what giving back rests on: every key is one that its holder's row tells of,
// as it is now, and no key is of a holder that is at its end. Holder 0 is a test's own.
func (s *street) checkKeys(t testing.TB) {
	t.Helper()
	const seconds = `TIMESTAMPDIFF(SECOND, '1970-01-01', `
	const start, end = seconds + `COALESCE(b.offer_starts_at, b.starts_at, w.starts_at, t.starts_at))`, seconds + `COALESCE(b.offer_ends_at, b.ends_at, w.ends_at, t.ends_at))`
	if n := s.count(t, `SELECT COUNT(*) FROM occupancy o
		LEFT JOIN bookings b ON o.holder_kind = 1 AND b.id = o.holder_id AND b.state IN ('requested', 'countered', 'confirmed', 'checked_in')
		LEFT JOIN talks t ON o.holder_kind = 2 AND t.id = o.holder_id AND t.state = 'open'
		LEFT JOIN waits w ON o.holder_kind = 3 AND w.id = o.holder_id AND w.state = 'offered'
		WHERE o.holder_kind > 0 AND NOT COALESCE(CASE o.kind
			WHEN 5 THEN o.resource_id = COALESCE(b.talk_id, w.talk_id)
			WHEN 4 THEN o.resource_id = b.deputy_id AND o.quarter DIV 64 = (`+start+` + 28800) DIV 86400 AND o.quarter % 64 < 40
			ELSE o.resource_id = ELT(o.kind, COALESCE(b.deputy_id, w.deputy_id, t.deputy_id), COALESCE(b.room_id, w.room_id, t.room_id), COALESCE(b.resident_id, w.resident_id))
				AND o.quarter * 900 >= `+start+` AND o.quarter * 900 < `+end+` END, 0)`); n != 0 {
		t.Errorf("%d keys that nobody will give back", n)
	}
}

// TestKeysAreKnownFromTheRow after every command in every state, by whoever may give it, of a
// deputy who has a cap: what a booking holds is what its row says, and at the end nothing.
func TestKeysAreKnownFromTheRow(t *testing.T) {
	t.Parallel()
	s := newStreet(t, 2)
	s.exec(t, `UPDATE deputies SET day_cap = 3 WHERE id = 1`)
	r := s.residents[0]
	other := s.booked(t, s.residents[1], 1, wednesday(11, 30), "another's") // stays whatever happens
	in := cabin.Input{Reason: "有事", Note: "谈了", Stars: 5, Text: "好", Offer: &cabin.Slot{Start: wednesday(10, 30)}}
	ways := map[cabin.BookingState][]cabin.BookingCommand{
		cabin.Requested: {}, cabin.Countered: {cabin.BookingCounter}, cabin.Confirmed: {cabin.BookingAccept},
		cabin.CheckedIn: {cabin.BookingAccept, cabin.BookingCheckIn}, cabin.NoShow: {cabin.BookingAccept, cabin.BookingResidentAbsent},
	}
	moved := map[cabin.BookingCommand]bool{}
	for n, move := range cabin.BookingTransitions {
		way, ok := ways[move.From]
		if !ok {
			continue
		}
		for i, actor := range []cabin.Actor{r, s.deputy, s.staff, cabin.TheSystem} {
			s.clock.Set(monday)
			s.exec(t, `DELETE FROM occupancy WHERE holder_id <> ?`, other.ID)
			s.exec(t, `UPDATE bookings SET state = 'cancelled', open_seat = NULL, absent_side = '', absent_at = NULL WHERE id <> ?`, other.ID)
			b := s.booked(t, r, 1, wednesday(9, 0), fmt.Sprintf("row-%d-%d", n, i))
			for _, c := range way {
				if c == cabin.BookingCheckIn || c == cabin.BookingResidentAbsent {
					s.clock.Set(wednesday(9, 5))
				}
				first := in
				first.Offer = &cabin.Slot{Start: wednesday(10, 0)}
				if c != cabin.BookingCounter {
					first.Offer = nil
				}
				b = s.command(t, s.staff, b.ID, c, first)
			}
			switch move.Command {
			case cabin.BookingToDesk, cabin.BookingExpire:
				s.clock.Set(*b.DueAt)
			case cabin.BookingCheckIn, cabin.BookingResidentAbsent, cabin.BookingDeputyAbsent:
				s.clock.Set(wednesday(9, 5))
			}
			given := in
			if move.Command != cabin.BookingCounter && move.Command != cabin.BookingMove {
				given.Offer = nil
			}
			after, err := s.db.Bookings.Command(t.Context(), actor, b.ID, move.Command, given)
			if err != nil {
				continue
			}
			moved[move.Command] = true
			want := map[bool]int{true: 7}[after.State.Open()] // two quarters of three, and a place in the day
			if has := s.count(t, `SELECT COUNT(*) FROM occupancy WHERE holder_kind = 1 AND holder_id = ?`, b.ID); has != want {
				t.Errorf("%s in %s by %d: %s and %d keys, want %d", move.Command, move.From, i, after.State, has, want)
			}
			if has := s.count(t, `SELECT COUNT(*) FROM occupancy WHERE holder_kind = 1 AND holder_id = ?`, other.ID); has != 7 {
				t.Fatalf("%s in %s: another's booking has %d keys", move.Command, move.From, has)
			}
			s.checkKeys(t)
		}
	}
	for _, c := range []cabin.BookingCommand{cabin.BookingAccept, cabin.BookingCounter, cabin.BookingDecline, cabin.BookingMove, cabin.BookingCancel, cabin.BookingToDesk,
		cabin.BookingDisplace, cabin.BookingTake, cabin.BookingRefuse, cabin.BookingResidentAbsent, cabin.BookingDeputyAbsent, cabin.BookingUndoAbsent} {
		if !moved[c] {
			t.Errorf("nobody could %s", c)
		}
	}
}

func TestExpireOnce(t *testing.T) {
	t.Parallel()
	s := newStreet(t, 6)
	for i, r := range s.residents {
		s.booked(t, r, 1, wednesday(9+i/2, i%2*30), "a")
	}
	s.clock.Set(wednesday(9, 0)) // holds end at their own start
	s.clock.Advance(3 * time.Hour)
	var wg sync.WaitGroup
	done := make([]int, 4)
	for i := range done {
		wg.Go(func() {
			n, err := s.db.Bookings.Due(t.Context(), 50)
			if err != nil {
				t.Error(err)
			}
			done[i] = n
		})
	}
	wg.Wait()
	if total := done[0] + done[1] + done[2] + done[3]; total != 6 {
		t.Errorf("four workers expired %v, want 6 together", done)
	}
	if n, err := s.db.Bookings.Due(t.Context(), 50); n != 0 || err != nil {
		t.Errorf("again: %d, %v", n, err)
	}
	if n := s.count(t, `SELECT COUNT(*) FROM booking_events WHERE command = 'expire'`); n != 6 {
		t.Errorf("%d events", n)
	}
	for _, r := range s.residents {
		if n, _ := s.db.Notices.Unread(t.Context(), r.PersonID); n != 1 {
			t.Errorf("a resident was told %d times", n)
		}
	}
	if n := s.count(t, `SELECT COUNT(*) FROM occupancy`); n != 0 {
		t.Errorf("%d quarters left", n)
	}
}

// TestOneBadRowDoesNotStopTheJob: a row that fails for ever is passed by.
func TestOneBadRowDoesNotStopTheJob(t *testing.T) {
	t.Parallel()
	s := newStreet(t, 3)
	for i, r := range s.residents {
		s.booked(t, r, 1, wednesday(9, i*30%60).Add(time.Duration(i/2)*time.Hour), "a")
	}
	s.clock.Set(wednesday(17, 0))
	s.exec(t, `CREATE TRIGGER bad BEFORE INSERT ON booking_events FOR EACH ROW BEGIN IF NEW.booking_id = (SELECT MIN(id) FROM bookings) AND NEW.command = 'expire' THEN SIGNAL SQLSTATE '45000'; END IF; END`)
	n, err := s.db.Bookings.Due(t.Context(), 50)
	if n != 2 || err == nil || !strings.Contains(err.Error(), "row 1") {
		t.Errorf("expired %d, %v", n, err)
	}
}

// TestAllOrNothing breaks each table that a move writes, and looks for what is left.
func TestAllOrNothing(t *testing.T) {
	t.Parallel()
	s := newStreet(t, 2)
	r := s.residents[0]
	open := s.booked(t, s.residents[1], 1, wednesday(11, 0), "open")
	report := s.reported(t, s.residents[1], "open-report")
	photo := s.photo(t, r)
	moves := map[string]func() error{
		"request": func() error { _, err := s.request(t, r, 1, wednesday(9, 0), "a"); return err },
		"accept": func() error {
			_, err := s.db.Bookings.Command(t.Context(), s.deputy, open.ID, cabin.BookingAccept, cabin.Input{})
			return err
		},
		"decline": func() error {
			_, err := s.db.Bookings.Command(t.Context(), s.deputy, open.ID, cabin.BookingDecline, cabin.Input{Reason: "出差"})
			return err
		},
		"report": func() error {
			_, err := s.db.Reports.Submit(t.Context(), key(r, "r"), mysql.NewReport{ReporterID: r.PersonID, CategoryID: 1, Body: "积水", PhotoIDs: []string{photo}})
			return err
		},
		"take in": func() error {
			_, err := s.db.Reports.Command(t.Context(), s.staff, report.ID, cabin.ReportAccept, cabin.Input{})
			return err
		},
	}
	before := s.snapshot(t)
	for _, table := range []string{"booking_events", "occupancy", "report_events", "audit", "notices", "outbox", "idempotency_keys"} {
		s.exec(t, fmt.Sprintf(`CREATE TRIGGER broken BEFORE INSERT ON %s FOR EACH ROW SIGNAL SQLSTATE '45000'`, table))
		for name, move := range moves {
			written := map[string][]string{
				"request": {"booking_events", "occupancy", "audit", "notices", "outbox", "idempotency_keys"}, "accept": {"booking_events", "audit", "notices", "outbox"},
				"decline": {"booking_events", "audit", "notices", "outbox"}, "report": {"report_events", "audit", "notices", "outbox", "idempotency_keys"}, "take in": {"report_events", "audit", "notices", "outbox"},
			}[name]
			if !strings.Contains(strings.Join(written, " "), table) {
				continue
			}
			wantCode(t, name+" with a broken "+table, move(), cabin.CodeInternal)
			if after := s.snapshot(t); after != before {
				t.Errorf("%s with a broken %s left something:\n%s\n%s", name, table, before, after)
			}
		}
		s.exec(t, `DROP TRIGGER broken`)
	}
	long := mysql.NewBooking{ResidentID: r.PersonID, DeputyID: 1, Start: wednesday(9, 0), Note: strings.Repeat("长", 1001)}
	_, err := s.db.Bookings.Request(t.Context(), key(r, "long"), long)
	if err == nil || s.snapshot(t) != before {
		t.Errorf("a note that is too long: %v", err)
	}
	if err := errors.Join(moves["request"](), moves["accept"](), moves["report"](), moves["take in"]()); err != nil {
		t.Errorf("mended, and yet: %v", err)
	}
}

func TestBookingIsNobodyElses(t *testing.T) {
	t.Parallel()
	s := newStreet(t, 2)
	b := s.booked(t, s.residents[0], 1, wednesday(9, 0), "a")
	otherDeputy := s.person(t, "d2", cabin.Grant{Role: cabin.Deputy, ScopeID: 2})
	for who, a := range map[string]cabin.Actor{"a neighbour": s.residents[1], "another deputy": otherDeputy, "nobody": {}} {
		_, _, err := s.db.Bookings.Get(t.Context(), a, b.ID)
		wantCode(t, who+" reads", err, cabin.CodeNotFound)
		_, err = s.db.Bookings.Command(t.Context(), a, b.ID, cabin.BookingCancel, cabin.Input{})
		wantCode(t, who+" cancels", err, cabin.CodeNotFound)
	}
	_, _, err := s.db.Bookings.Get(t.Context(), s.residents[0], 999)
	wantCode(t, "no such booking", err, cabin.CodeNotFound)
	if n := s.count(t, `SELECT COUNT(*) FROM notices n WHERE CONCAT(title, body) LIKE '%or0%'`); n != 0 {
		t.Error("a notice names the resident")
	}
}
