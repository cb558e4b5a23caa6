package mysql_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"warmcabin/server/cabin"
	"warmcabin/server/mysql"
)

// leaveOn is a leave of deputy 1 on whole days from the Wednesday of a week on.
func leaveOn(week, days int) cabin.Exception {
	from := wednesday(0, 0).AddDate(0, 0, 7*week)
	return cabin.Exception{DeputyID: 1, Kind: cabin.Leave, StartsAt: from, EndsAt: from.AddDate(0, 0, days), Reason: "住院"}
}

func (s *street) leave(t testing.TB, a cabin.Actor, e cabin.Exception, words string) (int64, mysql.Affected) {
	t.Helper()
	id, err := s.db.Schedules.AddException(t.Context(), key(a, "leave"+e.StartsAt.Format(time.RFC3339)), a, e, words)
	if err != nil {
		t.Fatal(err)
	}
	done, err := s.db.Schedules.Outcome(t.Context(), a, e.DeputyID, id)
	if err != nil {
		t.Fatal(err)
	}
	return id, done
}

func (s *street) booking(t testing.TB, id int64) *cabin.Booking {
	t.Helper()
	b, _, err := s.db.Bookings.Get(t.Context(), s.staff, id)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestLeaveOverBookings: each is offered the nearest other slot, each another one; what
// was told before is what is done; a line for a slot in the leave ends.
func TestLeaveOverBookings(t *testing.T) {
	t.Parallel()
	s := newStreet(t, 6)
	requested := s.booked(t, s.residents[0], 1, wednesday(9, 0), "a")
	confirmed := s.booked(t, s.residents[1], 1, wednesday(9, 30), "b")
	s.command(t, s.deputy, confirmed.ID, cabin.BookingAccept, cabin.Input{})
	countered := s.booked(t, s.residents[2], 1, wednesday(9, 0).AddDate(0, 0, 7), "c") // asked for next week, offered this one
	s.command(t, s.deputy, countered.ID, cabin.BookingCounter, cabin.Input{Reason: "开会", Offer: &cabin.Slot{Start: wednesday(10, 0)}})
	outside := s.booked(t, s.residents[3], 1, wednesday(9, 30).AddDate(0, 0, 7), "d")
	// The first resident has another meeting next week at 9:00: not offered to them.
	s.booked(t, s.residents[0], 2, wednesday(9, 0).AddDate(0, 0, 7), "elsewhere")
	w := s.joined(t, s.residents[4], wednesday(9, 30))
	s.exec(t, `INSERT INTO talks (id, deputy_id, station_id, topic, seats, starts_at, ends_at, state, proposed_by, created_at, updated_at) VALUES
		(1, 1, 1, '睡得好', 20, '2026-11-25 06:00', '2026-11-25 07:00', 'open', 1, '2026-11-20', '2026-11-20'),
		(2, 1, 1, '改天', 20, '2026-12-25 06:00', '2026-12-25 07:00', 'open', 1, '2026-11-20', '2026-11-20')`)

	told, err := s.db.Schedules.Affected(t.Context(), s.staff, 1, wednesday(0, 0), wednesday(24, 0))
	if err != nil || len(told.Bookings) != 3 || told.Waits != 1 || len(told.Talks) != 1 || told.Talks[0].ID != 1 {
		t.Fatalf("affected: %+v, %v", told, err)
	}
	_, done := s.leave(t, s.deputy, leaveOn(0, 1), "身体不适")
	if len(done.Bookings) != 3 || len(done.Talks) != 1 {
		t.Fatalf("done: %+v", done)
	}
	seen := map[int64]bool{}
	for i, r := range done.Bookings {
		b := r.Booking
		if b.State != cabin.Countered || r.Offer == nil || !r.Offer.Start.Equal(told.Bookings[i].Offer.Start) || b.ID != told.Bookings[i].Booking.ID {
			t.Errorf("%d: %s, offered %+v, told %+v", b.ID, b.State, r.Offer, told.Bookings[i].Offer)
			continue
		}
		if seen[r.Offer.Start.Unix()] || !r.Offer.Start.After(wednesday(24, 0)) || r.Offer.Start.Equal(outside.StartsAt) {
			t.Errorf("%d is offered %s", b.ID, r.Offer.Start)
		}
		seen[r.Offer.Start.Unix()] = true
		if b.Reason != "代表临时有事：身体不适" || strings.Contains(b.Reason, "住院") {
			t.Errorf("the resident reads %q", b.Reason)
		}
	}
	if got := s.booking(t, requested.ID).OfferStartsAt; got.Equal(wednesday(9, 0).AddDate(0, 0, 7)) {
		t.Error("offered a time at which the resident has another meeting")
	}
	if got := s.wait(t, s.residents[4], w.ID); got.State != cabin.Lapsed {
		t.Errorf("who waited for a slot in the leave is %s", got.State)
	}
	if got := s.titles(t, s.residents[4]); !strings.HasPrefix(got, "候补没有排到") {
		t.Errorf("they were told %q", got)
	}
	if n := s.count(t, `SELECT COUNT(*) FROM occupancy WHERE kind = 1 AND resource_id = 1 AND quarter BETWEEN ? AND ?`, wednesday(0, 0).Unix()/900, wednesday(23, 45).Unix()/900); n != 0 {
		t.Errorf("%d quarters of the leave are still taken", n)
	}
	if n := s.count(t, `SELECT COUNT(*) FROM notices WHERE CONCAT(title, body) LIKE '%住院%'`); n != 0 {
		t.Error("the deputy's own reason was told")
	}
	_, err = s.request(t, s.residents[5], 1, wednesday(9, 0), "into-the-leave")
	wantCode(t, "a slot of the leave", err, cabin.CodeInvalid)
	if got := s.booking(t, outside.ID); got.State != cabin.Requested {
		t.Errorf("a meeting outside of the leave is %s", got.State)
	}
	// The resident takes it, and the number stays.
	b := s.command(t, s.residents[1], confirmed.ID, cabin.BookingTake, cabin.Input{})
	if b.State != cabin.Confirmed || b.Number() != confirmed.Number() {
		t.Errorf("%+v", b)
	}
}

// TestLeaveWithoutAnotherTime: nothing is free in the horizon. Nobody is dropped: the desk
// is told to phone, and when the leave is taken back the meetings are good again.
func TestLeaveWithoutAnotherTime(t *testing.T) {
	t.Parallel()
	s := newStreet(t, 3)
	requested := s.booked(t, s.residents[0], 1, wednesday(9, 0), "a")
	confirmed := s.booked(t, s.residents[1], 1, wednesday(9, 30), "b")
	s.command(t, s.deputy, confirmed.ID, cabin.BookingAccept, cabin.Input{})
	countered := s.booked(t, s.residents[2], 1, wednesday(11, 0).AddDate(0, 0, 7), "c")
	s.command(t, s.deputy, countered.ID, cabin.BookingCounter, cabin.Input{Reason: "开会", Offer: &cabin.Slot{Start: wednesday(10, 0)}})
	id, done := s.leave(t, s.staff, leaveOn(0, 60), "")
	if len(done.Bookings) != 3 {
		t.Fatalf("%+v", done)
	}
	for _, r := range done.Bookings {
		b := r.Booking
		if r.Offer != nil || b.DisplacedAt == nil || b.Waiting != cabin.Staff || !b.State.Open() || b.State == cabin.Countered {
			t.Errorf("%d: %+v", b.ID, b)
		}
		_, err := s.db.Bookings.Command(t.Context(), s.deputy, b.ID, cabin.BookingAccept, cabin.Input{})
		wantCode(t, "accepting what cannot be kept", err, cabin.CodeConflict)
	}
	if got := s.booking(t, countered.ID); !got.StartsAt.Equal(wednesday(10, 0)) || got.State != cabin.Requested {
		t.Errorf("the time that was offered is the one to be moved: %+v", got)
	}
	if got := s.titles(t, s.residents[1]); !strings.HasPrefix(got, "林晓代表这个时间有事") {
		t.Errorf("the resident was told %q", got)
	}
	if got := s.titles(t, s.person(t, "desk", cabin.Grant{Role: cabin.Staff})); got != "" {
		t.Fatal("a new clerk has old notices")
	}
	if n := s.count(t, `SELECT COUNT(*) FROM notices WHERE title = '请给选民另约时间' AND person_id = ?`, s.staff.PersonID); n != 3 {
		t.Errorf("the desk was told %d times", n)
	}
	// A second leave over the same does not tell the desk again.
	wider := leaveOn(0, 90)
	if _, again := s.leave(t, s.deputy, cabin.Exception{DeputyID: 1, Kind: cabin.Leave, StartsAt: wider.StartsAt.Add(time.Hour), EndsAt: wider.EndsAt}, ""); len(again.Bookings) != 3 {
		t.Errorf("the wider leave: %+v", again)
	}
	if n := s.count(t, `SELECT COUNT(*) FROM booking_events WHERE command = 'displace'`); n != 3 {
		t.Errorf("displaced %d times", n)
	}
	if err := s.db.Schedules.RemoveException(t.Context(), s.deputy, 1, id); err != nil {
		t.Fatal(err)
	}
	if got := s.booking(t, confirmed.ID); got.DisplacedAt == nil {
		t.Error("good again though another leave covers it")
	}
	for _, e := range s.schedule(t, s.deputy, 1).Exceptions {
		if err := s.db.Schedules.RemoveException(t.Context(), s.deputy, 1, e.ID); err != nil {
			t.Fatal(err)
		}
	}
	if got := s.booking(t, confirmed.ID); got.DisplacedAt != nil || got.State != cabin.Confirmed || got.Waiting != "" || got.DueAt == nil {
		t.Errorf("after the leave was taken back: %+v", got)
	}
	s.command(t, s.deputy, requested.ID, cabin.BookingAccept, cabin.Input{})
}

// TestTwoStaffMoveADay at once: one does it, the other sees what was done.
func TestTwoStaffMoveADay(t *testing.T) {
	t.Parallel()
	s := newStreet(t, 6)
	for i, r := range s.residents {
		b := s.booked(t, r, 1, wednesday(9+i/2, i%2*30), "a")
		if i%2 == 0 {
			s.command(t, s.deputy, b.ID, cabin.BookingAccept, cabin.Input{})
		}
	}
	other := s.person(t, "staff2", cabin.Grant{Role: cabin.Staff, ScopeID: 1})
	var ids [3]int64
	var calls []func() error
	for i, a := range []cabin.Actor{s.staff, other, s.deputy} {
		calls = append(calls, func() (err error) {
			ids[i], err = s.db.Schedules.AddException(t.Context(), key(a, "move-the-day"), a, leaveOn(0, 1), "")
			return err
		})
	}
	if n := tally(together(calls...)); n[""] != 3 {
		t.Fatalf("together: %v", n)
	}
	if ids[0] != ids[1] || ids[1] != ids[2] {
		t.Errorf("the leaves are %v", ids)
	}
	for _, a := range []cabin.Actor{s.staff, other} {
		done, err := s.db.Schedules.Outcome(t.Context(), a, 1, ids[0])
		if err != nil || len(done.Bookings) != 6 {
			t.Errorf("%+v, %v", done, err)
		}
	}
	if n := s.count(t, `SELECT COUNT(*) FROM booking_events WHERE command = 'counter'`); n != 6 {
		t.Errorf("%d offers for 6 meetings", n)
	}
	if n := s.count(t, `SELECT COUNT(*) FROM deputy_exceptions`); n != 1 {
		t.Errorf("%d leaves", n)
	}
}

// TestLeaveAgainstEverybody: people book, move, cancel, stand in line while the day goes.
// Afterwards nothing that is open and not marked lies in the leave, and no time is taken
// by nobody.
func TestLeaveAgainstEverybody(t *testing.T) {
	t.Parallel()
	s := newStreet(t, 30)
	for round := range 3 {
		day := wednesday(9, 0).AddDate(0, 0, 7*round)
		next := day.AddDate(0, 0, 7)
		name := fmt.Sprint("round", round)
		people := s.residents[10*round : 10*round+10]
		var booked [3]*cabin.Booking
		for i := range booked {
			booked[i] = s.booked(t, people[i], 1, day.Add(time.Duration(i)*30*time.Minute), name)
		}
		far := s.booked(t, people[3], 1, next.Add(150*time.Minute), name)
		move := func(r cabin.Actor, id int64, c cabin.BookingCommand, start time.Time) func() error {
			return func() error {
				in := cabin.Input{}
				if !start.IsZero() {
					in.Offer = &cabin.Slot{Start: start}
				}
				_, err := s.db.Bookings.Command(t.Context(), r, id, c, in)
				return err
			}
		}
		codes := together(
			func() error {
				_, err := s.db.Schedules.AddException(t.Context(), key(s.staff, name), s.staff, leaveOn(round, 1), "")
				return err
			},
			move(s.deputy, booked[0].ID, cabin.BookingAccept, time.Time{}), move(people[1], booked[1].ID, cabin.BookingCancel, time.Time{}),
			move(people[3], far.ID, cabin.BookingMove, day.Add(120*time.Minute)),
			func() error { _, err := s.request(t, people[4], 1, day.Add(90*time.Minute), name); return err },
			func() error { _, err := s.request(t, people[5], 1, day.Add(150*time.Minute), name); return err },
			func() error { _, err := s.join(t, people[6], day.Add(30*time.Minute)); return err },
			func() error { _, err := s.join(t, people[7], day.Add(60*time.Minute)); return err },
		)
		for i, c := range codes {
			if c != "" && c != cabin.CodeInvalid && c != cabin.CodeConflict && c != cabin.CodeSlotTaken || i == 0 && c != "" {
				t.Errorf("round %d, call %d: %s", round, i, c)
			}
		}
		end := day.Add(15 * time.Hour)
		if n := s.count(t, `SELECT COUNT(*) FROM bookings WHERE deputy_id = 1 AND displaced_at IS NULL AND (state IN ('requested', 'confirmed') AND starts_at >= ? AND starts_at < ?
			OR state = 'countered' AND offer_starts_at >= ? AND offer_starts_at < ?)`, day.Add(-9*time.Hour), end, day.Add(-9*time.Hour), end); n != 0 {
			t.Errorf("round %d: %d open meetings lie in the leave (%v)", round, n, codes)
		}
		if n := s.count(t, `SELECT COUNT(*) FROM waits WHERE live = 1 AND starts_at >= ? AND starts_at < ?`, day.Add(-9*time.Hour), end); n != 0 {
			t.Errorf("round %d: %d people wait for a slot of the leave", round, n)
		}
		s.nothingDangles(t)
		s.exec(t, `UPDATE bookings SET state = 'cancelled', open_seat = NULL`)
		s.exec(t, `DELETE FROM occupancy`)
	}
}

// nothingDangles: no time is held by what has ended.
func (s *street) nothingDangles(t testing.TB) {
	t.Helper()
	if n := s.count(t, `SELECT COUNT(*) FROM occupancy o LEFT JOIN bookings b ON b.id = o.holder_id WHERE o.holder_kind = 1 AND (b.id IS NULL OR b.open_seat IS NULL)`); n != 0 {
		t.Errorf("%d quarters are held by nobody", n)
	}
	if n := s.count(t, `SELECT COUNT(*) FROM occupancy WHERE holder_kind = 3`); n != 0 {
		t.Errorf("%d quarters are held by offers that ended", n)
	}
}

// TestALongLeaveIsFast: sixty meetings in one transaction.
func TestALongLeaveIsFast(t *testing.T) {
	t.Parallel()
	s := newStreet(t, 60)
	s.exec(t, `UPDATE deputy_hours SET from_minute = 540, to_minute = 1080, slot_minutes = 15 WHERE deputy_id = 1`)
	s.exec(t, `INSERT INTO deputy_hours (deputy_id, station_id, room_id, weekday, from_minute, to_minute, slot_minutes, service) VALUES (1, 1, 1, 4, 540, 1080, 15, 'talk_one')`)
	for i, r := range s.residents {
		day := wednesday(9, 0).AddDate(0, 0, i/36)
		s.booked(t, r, 1, day.Add(time.Duration(i%36)*15*time.Minute), "a")
	}
	db, probe := s.probed(t)
	db.Presets()
	probe.Trips()
	began := time.Now()
	id, err := db.Schedules.AddException(t.Context(), key(s.staff, "long"), s.staff, leaveOn(0, 2), "")
	took, trips := time.Since(began), probe.Trips()
	if err != nil {
		t.Fatal(err)
	}
	done, err := db.Schedules.Outcome(t.Context(), s.staff, 1, id)
	if err != nil || len(done.Bookings) != 60 {
		t.Fatalf("%d, %v", len(done.Bookings), err)
	}
	for _, r := range done.Bookings {
		if r.Offer == nil {
			t.Errorf("%d got nothing though much is free", r.Booking.ID)
		}
	}
	t.Logf("60 meetings: %s, %d trips", took, trips)
	if trips > 60*6+15 || took > 5*time.Second {
		t.Errorf("60 meetings took %d trips and %s", trips, took)
	}
}

// TestLeaveIsAllOrNothing breaks what a leave writes.
func TestLeaveIsAllOrNothing(t *testing.T) {
	t.Parallel()
	s := newStreet(t, 2)
	s.booked(t, s.residents[0], 1, wednesday(9, 0), "a")
	s.booked(t, s.residents[1], 1, wednesday(9, 30), "b")
	before := s.snapshot(t)
	for _, table := range []string{"booking_events", "occupancy", "audit", "notices", "outbox", "idempotency_keys", "deputy_exceptions"} {
		s.exec(t, fmt.Sprintf(`CREATE TRIGGER broken BEFORE INSERT ON %s FOR EACH ROW SIGNAL SQLSTATE '45000'`, table))
		_, err := s.db.Schedules.AddException(t.Context(), key(s.deputy, "broken"), s.deputy, leaveOn(0, 1), "")
		wantCode(t, "with a broken "+table, err, cabin.CodeInternal)
		if after := s.snapshot(t); after != before || s.count(t, `SELECT COUNT(*) FROM deputy_exceptions`) != 0 {
			t.Errorf("a broken %s left something:\n%s\n%s", table, before, after)
		}
		s.exec(t, `DROP TRIGGER broken`)
	}
	if _, done := s.leave(t, s.deputy, leaveOn(0, 1), ""); len(done.Bookings) != 2 {
		t.Errorf("mended, and yet: %+v", done)
	}
}

func TestLeaveBounds(t *testing.T) {
	t.Parallel()
	s := newStreet(t, 0)
	for what, mend := range map[string]func(*cabin.Exception){
		"backwards": func(e *cabin.Exception) { e.StartsAt, e.EndsAt = e.EndsAt, e.StartsAt },
		"yesterday": func(e *cabin.Exception) { e.StartsAt = monday.AddDate(0, 0, -1) },
		"over":      func(e *cabin.Exception) { e.StartsAt, e.EndsAt = monday.Add(-2*time.Hour), monday },
		"a-year":    func(e *cabin.Exception) { e.EndsAt = e.StartsAt.AddDate(0, 0, 181) },
		"a-novel":   func(e *cabin.Exception) { e.Reason = strings.Repeat("长", cabin.MaxReason+1) },
		"nothing":   func(e *cabin.Exception) { e.Kind = "" },
	} {
		e := leaveOn(0, 1)
		mend(&e)
		_, err := s.db.Schedules.AddException(t.Context(), key(s.deputy, what), s.deputy, e, "")
		wantCode(t, what, err, cabin.CodeInvalid)
	}
	today := cabin.Exception{DeputyID: 1, Kind: cabin.Leave, StartsAt: monday.Add(-9 * time.Hour), EndsAt: monday.Add(15 * time.Hour)}
	if _, err := s.db.Schedules.AddException(t.Context(), key(s.deputy, "today"), s.deputy, today, ""); err != nil {
		t.Errorf("today, while the day is on: %v", err)
	}
	_, err := s.db.Schedules.AddException(t.Context(), key(s.deputy, "words"), s.deputy, leaveOn(0, 1), strings.Repeat("长", 101))
	wantCode(t, "long words", err, cabin.CodeInvalid)
}
