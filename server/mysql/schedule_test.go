package mysql_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"warmcabin/server/cabin"
	"warmcabin/server/mysql"
)

// tuesdays is a rule that nothing stands against.
func tuesdays() cabin.Hours {
	return cabin.Hours{
		DeputyID: 1, StationID: 1, RoomID: 1, Weekday: time.Tuesday, FromMinute: 14 * 60, ToMinute: 16 * 60,
		SlotMinutes: 30, PauseMinutes: 15, Service: cabin.TalkOne,
	}
}

func (s *street) schedule(t testing.TB, a cabin.Actor, deputyID int64) mysql.DeputySchedule {
	t.Helper()
	sch, err := s.db.Schedules.Get(t.Context(), a, deputyID)
	if err != nil {
		t.Fatal(err)
	}
	return sch
}

func (s *street) starts(t testing.TB, day time.Time) []string {
	t.Helper()
	days, err := s.db.Places.Slots(t.Context(), 1, day, 1)
	if err != nil {
		t.Fatal(err)
	}
	var starts []string
	for _, sl := range days[0].Slots {
		starts = append(starts, sl.Start.In(cabin.Shanghai).Format("15:04"))
	}
	return starts
}

func TestWeeklyHours(t *testing.T) {
	t.Parallel()
	s := newStreet(t, 2)
	id, err := s.db.Schedules.AddHours(t.Context(), key(s.deputy, "add"), s.deputy, tuesdays())
	if err != nil {
		t.Fatal(err)
	}
	again, err := s.db.Schedules.AddHours(t.Context(), key(s.deputy, "add"), s.deputy, tuesdays())
	if err != nil || again != id {
		t.Errorf("the same key made %d after %d, %v", again, id, err)
	}
	tuesday := time.Date(2026, 11, 24, 14, 0, 0, 0, cabin.Shanghai)
	if got := fmt.Sprint(s.starts(t, tuesday)); got != "[14:00 14:45 15:30]" {
		t.Errorf("with a pause of a quarter: %s", got)
	}
	_, err = s.db.Schedules.AddHours(t.Context(), key(s.staff, "add"), s.staff, tuesdays())
	wantCode(t, "over their own", err, cabin.CodeInvalid)

	// The rule shrinks over a booking: it stays, and is told.
	b := s.booked(t, s.residents[0], 1, tuesday.Add(90*time.Minute), "late")
	other := s.booked(t, s.residents[1], 1, tuesday, "early")
	h := tuesdays()
	h.ID, h.ToMinute = id, 15*60
	if err := s.db.Schedules.SaveHours(t.Context(), s.staff, h); err != nil {
		t.Fatal(err)
	}
	sch := s.schedule(t, s.deputy, 1)
	if len(sch.Outside) != 1 || sch.Outside[0].ID != b.ID || len(sch.Hours) != 2 {
		t.Errorf("outside the hours: %+v", sch.Outside)
	}
	s.command(t, s.deputy, b.ID, cabin.BookingAccept, cabin.Input{})
	if err := s.db.Schedules.RemoveHours(t.Context(), s.deputy, 1, id); err != nil {
		t.Fatal(err)
	}
	if sch := s.schedule(t, s.staff, 1); len(sch.Outside) != 2 || sch.Outside[0].ID != other.ID {
		t.Errorf("without the rule: %+v", sch.Outside)
	}
	wantCode(t, "a rule that is gone", s.db.Schedules.RemoveHours(t.Context(), s.deputy, 1, id), cabin.CodeNotFound)
	wantCode(t, "another deputy's rule", s.db.Schedules.RemoveHours(t.Context(), s.deputy, 1, 2), cabin.CodeNotFound)
}

// TestWhoArranges: the deputy, the desk of their station, the admin; nobody else.
func TestWhoArranges(t *testing.T) {
	t.Parallel()
	s := newStreet(t, 1)
	s.exec(t, `INSERT INTO stations (id, kind, name, address) VALUES (2, 'community', '社区站', '幸福路 2 号')`)
	all := map[string]struct {
		actor cabin.Actor
		want  cabin.Code
	}{
		"the deputy":       {s.deputy, ""},
		"the desk":         {s.person(t, "s1", cabin.Grant{Role: cabin.Staff, ScopeID: 1}), ""},
		"the admin":        {s.person(t, "ad", cabin.Grant{Role: cabin.Admin}), ""},
		"another desk":     {s.person(t, "s2", cabin.Grant{Role: cabin.Staff, ScopeID: 2}), cabin.CodeForbidden},
		"another deputy":   {s.person(t, "d2", cabin.Grant{Role: cabin.Deputy, ScopeID: 2}), cabin.CodeForbidden},
		"a resident":       {s.residents[0], cabin.CodeForbidden},
		"nobody":           {cabin.Actor{}, cabin.CodeForbidden},
		"a liaison of one": {s.person(t, "l", cabin.Grant{Role: cabin.Liaison, ScopeID: 1}), cabin.CodeForbidden},
	}
	leave := cabin.Exception{DeputyID: 1, Kind: cabin.Leave, StartsAt: wednesday(0, 0), EndsAt: wednesday(24, 0)}
	before := s.count(t, `SELECT COUNT(*) FROM deputy_hours`) + s.count(t, `SELECT COUNT(*) FROM deputy_exceptions`)
	for who, c := range all {
		h := tuesdays()
		_, err := s.db.Schedules.Get(t.Context(), c.actor, 1)
		wantCode(t, who+" reads", err, c.want)
		_, err = s.db.Schedules.Affected(t.Context(), c.actor, 1, leave.StartsAt, leave.EndsAt)
		wantCode(t, who+" asks who is affected", err, c.want)
		wantCode(t, who+" sets the cap", s.db.Schedules.SetDayCap(t.Context(), c.actor, 1, 3), c.want)
		if c.want == "" {
			continue
		}
		_, err = s.db.Schedules.AddHours(t.Context(), key(c.actor, "h"), c.actor, h)
		wantCode(t, who+" adds", err, c.want)
		h.ID = 1
		wantCode(t, who+" saves", s.db.Schedules.SaveHours(t.Context(), c.actor, h), c.want)
		wantCode(t, who+" removes", s.db.Schedules.RemoveHours(t.Context(), c.actor, 1, 1), c.want)
		_, err = s.db.Schedules.AddException(t.Context(), key(c.actor, "e"), c.actor, leave, "")
		wantCode(t, who+" takes leave", err, c.want)
	}
	if after := s.count(t, `SELECT COUNT(*) FROM deputy_hours`) + s.count(t, `SELECT COUNT(*) FROM deputy_exceptions`); after != before {
		t.Errorf("%d rows instead of %d", after, before)
	}
	_, err := s.db.Schedules.Get(t.Context(), s.staff, 999)
	wantCode(t, "no such deputy", err, cabin.CodeNotFound)
}

// TestRuleChangeWhileBooking: whoever books either has the old rule, and the change tells
// of the booking, or sees the new one and is refused. Nothing falls between.
func TestRuleChangeWhileBooking(t *testing.T) {
	t.Parallel()
	s := newStreet(t, 12)
	for round := range 5 {
		day := wednesday(9, 0).AddDate(0, 0, 7*(round%4))
		h := cabin.Hours{ID: 1, DeputyID: 1, StationID: 1, RoomID: 1, Weekday: time.Wednesday, FromMinute: 9 * 60, ToMinute: 12 * 60, SlotMinutes: 30, Service: cabin.TalkOne}
		if err := s.db.Schedules.SaveHours(t.Context(), s.staff, h); err != nil {
			t.Fatal(err)
		}
		var calls []func() error
		for i := range 6 {
			r := s.residents[i]
			calls = append(calls, func() error {
				_, err := s.request(t, r, 1, day.Add(time.Duration(i)*30*time.Minute), fmt.Sprint("round", round))
				return err
			})
		}
		h.ToMinute = 10 * 60 // four of the six slots go
		calls = append(calls, func() error { return s.db.Schedules.SaveHours(t.Context(), s.staff, h) })
		codes := together(calls...)
		n := tally(codes)
		if codes[6] != "" || codes[0] != "" || codes[1] != "" || n[""]+n[cabin.CodeInvalid] != 7 {
			t.Fatalf("round %d: %v", round, codes)
		}
		made := n[""] - 1
		sch := s.schedule(t, s.staff, 1)
		if want := made - 2; len(sch.Outside) != want {
			t.Errorf("round %d: %d are told to stay, want %d (%v)", round, len(sch.Outside), want, codes)
		}
		s.exec(t, `UPDATE bookings SET state = 'cancelled', open_seat = NULL`)
		s.exec(t, `DELETE FROM occupancy`)
	}
}

// TestDayCap: a cap counts what was booked before it, and holds under parallel writers.
func TestDayCap(t *testing.T) {
	t.Parallel()
	s := newStreet(t, 8)
	s.booked(t, s.residents[6], 1, wednesday(9, 0), "before")
	late := s.booked(t, s.residents[7], 1, wednesday(9, 30), "before2")
	if err := s.db.Schedules.SetDayCap(t.Context(), s.deputy, 1, 3); err != nil {
		t.Fatal(err)
	}
	day := func(week int) []func() error {
		var calls []func() error
		for i := range 4 {
			r := s.residents[i]
			calls = append(calls, func() error {
				_, err := s.request(t, r, 1, wednesday(10, 0).AddDate(0, 0, 7*week).Add(time.Duration(i)*30*time.Minute), fmt.Sprint("week", week))
				return err
			})
		}
		return calls
	}
	if n := tally(together(day(0)...)); n[""] != 1 || n[cabin.CodeSlotTaken] != 3 {
		t.Errorf("with two before the cap of three: %v", n)
	}
	if n := tally(together(day(1)...)); n[""] != 3 || n[cabin.CodeSlotTaken] != 1 {
		t.Errorf("a fresh day: %v", n)
	}
	if n := s.count(t, `SELECT COUNT(*) FROM occupancy WHERE kind = 4`); n != 6 {
		t.Errorf("%d places of days are taken, want 6", n)
	}
	// A place in the middle comes back, and only one.
	s.command(t, s.residents[7], late.ID, cabin.BookingCancel, cabin.Input{})
	var calls []func() error
	for _, i := range []int{4, 5} {
		r := s.residents[i]
		calls = append(calls, func() error {
			_, err := s.request(t, r, 1, wednesday(9, 30).Add(time.Duration(i-4)*2*time.Hour), "again")
			return err
		})
	}
	if n := tally(together(calls...)); n[""] != 1 || n[cabin.CodeSlotTaken] != 1 {
		t.Errorf("for the place that came back: %v", n)
	}
	// Lower than what is booked: it stays, and nobody is added.
	if err := s.db.Schedules.SetDayCap(t.Context(), s.deputy, 1, 1); err != nil {
		t.Fatal(err)
	}
	first := s.count(t, `SELECT MIN(id) FROM bookings WHERE state = 'requested'`)
	s.command(t, s.deputy, int64(first), cabin.BookingDecline, cabin.Input{Reason: "开会"})
	_, err := s.request(t, s.residents[6], 1, wednesday(9, 0), "more")
	wantCode(t, "above a lowered cap", err, cabin.CodeSlotTaken)
	for _, most := range []int{-1, cabin.MaxDayCap + 1} {
		wantCode(t, fmt.Sprint("a cap of ", most), s.db.Schedules.SetDayCap(t.Context(), s.deputy, 1, most), cabin.CodeInvalid)
	}
	if err := s.db.Schedules.SetDayCap(t.Context(), s.deputy, 1, 0); err != nil {
		t.Fatal(err)
	}
	s.booked(t, s.residents[6], 1, wednesday(9, 0), "uncapped")
}

// TestMakeUpSaturday: the office says that a Saturday stands in for a Wednesday.
func TestMakeUpSaturday(t *testing.T) {
	t.Parallel()
	s := newStreet(t, 1)
	saturday := time.Date(2026, 11, 28, 9, 30, 0, 0, cabin.Shanghai)
	_, err := s.request(t, s.residents[0], 1, saturday, "before")
	wantCode(t, "a plain Saturday", err, cabin.CodeInvalid)
	s.exec(t, `INSERT INTO calendar_days (day, workday, as_weekday, name, updated_by, updated_at) VALUES ('2026-11-28', TRUE, 3, '', 1, '2026-11-20'),
		('2026-12-02', FALSE, -1, '停电', 1, '2026-11-20')`)
	db, _ := s.probed(t) // another server, which has not kept the calendar
	b, err := db.Bookings.Request(t.Context(), key(s.residents[0], "saturday"), mysql.NewBooking{ResidentID: s.residents[0].PersonID, DeputyID: 1, Start: saturday, Topic: "邻里"})
	if err != nil {
		t.Fatal(err)
	}
	if sch, err := db.Schedules.Get(t.Context(), s.deputy, 1); err != nil || len(sch.Outside) != 0 {
		t.Errorf("the Saturday counts as outside: %+v, %v", sch.Outside, err)
	}
	// A leave over it moves the meeting to the nearest Wednesday that is no day off.
	sat := time.Date(2026, 11, 28, 0, 0, 0, 0, cabin.Shanghai)
	wed := cabin.Exception{DeputyID: 1, Kind: cabin.Leave, StartsAt: wednesday(0, 0), EndsAt: sat.AddDate(0, 0, 1)}
	a, err := db.Schedules.Affected(t.Context(), s.deputy, 1, wed.StartsAt, wed.EndsAt)
	if err != nil || len(a.Bookings) != 1 || a.Bookings[0].Booking.ID != b.ID {
		t.Fatalf("%+v, %v", a, err)
	}
	if got := a.Bookings[0].Offer; got == nil || !got.Start.Equal(wednesday(9, 0).AddDate(0, 0, 14)) {
		t.Errorf("offered %+v, want 9 December", got)
	}
}

func TestExtraHours(t *testing.T) {
	t.Parallel()
	s := newStreet(t, 1)
	sunday := time.Date(2026, 11, 29, 9, 0, 0, 0, cabin.Shanghai)
	extra := cabin.Exception{DeputyID: 1, Kind: cabin.Extra, StartsAt: sunday, EndsAt: sunday.Add(2 * time.Hour), StationID: 1, RoomID: 1, SlotMinutes: 60, Service: cabin.TalkOne}
	id, err := s.db.Schedules.AddException(t.Context(), key(s.deputy, "x"), s.deputy, extra, "")
	if err != nil {
		t.Fatal(err)
	}
	b := s.booked(t, s.residents[0], 1, sunday.Add(time.Hour), "sunday")
	for what, mend := range map[string]func(*cabin.Exception){
		"over a weekly rule": func(e *cabin.Exception) { e.StartsAt, e.EndsAt = wednesday(11, 0), wednesday(13, 0) },
		"over another extra": func(e *cabin.Exception) {
			e.StartsAt, e.EndsAt = sunday.Add(90*time.Minute), sunday.Add(3*time.Hour)
		},
		"a room elsewhere": func(e *cabin.Exception) {
			e.RoomID, e.StartsAt, e.EndsAt = 9, sunday.Add(4*time.Hour), sunday.Add(6*time.Hour)
		},
		"two days": func(e *cabin.Exception) { e.EndsAt = sunday.AddDate(0, 0, 1) },
		"the past": func(e *cabin.Exception) {
			e.StartsAt, e.EndsAt = monday.AddDate(0, 0, -8), monday.AddDate(0, 0, -8).Add(time.Hour)
		},
	} {
		e := extra
		mend(&e)
		_, err := s.db.Schedules.AddException(t.Context(), key(s.deputy, strings.ReplaceAll(what, " ", "-")), s.deputy, e, "")
		wantCode(t, what, err, cabin.CodeInvalid)
	}
	if err := s.db.Schedules.RemoveException(t.Context(), s.deputy, 1, id); err != nil {
		t.Fatal(err)
	}
	if sch := s.schedule(t, s.deputy, 1); len(sch.Exceptions) != 0 || len(sch.Outside) != 1 || sch.Outside[0].ID != b.ID {
		t.Errorf("after the extra hours: %+v", sch)
	}
	wantCode(t, "twice", s.db.Schedules.RemoveException(t.Context(), s.deputy, 1, id), cabin.CodeNotFound)
}

func TestWeek(t *testing.T) {
	t.Parallel()
	s := newStreet(t, 4)
	agreed := s.booked(t, s.residents[0], 1, wednesday(9, 0), "a")
	s.command(t, s.deputy, agreed.ID, cabin.BookingAccept, cabin.Input{})
	moved := s.booked(t, s.residents[1], 1, wednesday(10, 0).AddDate(0, 0, 7), "b")
	s.command(t, s.deputy, moved.ID, cabin.BookingCounter, cabin.Input{Reason: "开会", Offer: &cabin.Slot{Start: wednesday(11, 0)}})
	s.booked(t, s.residents[2], 2, wednesday(9, 0), "others")
	leave := cabin.Exception{DeputyID: 1, Kind: cabin.Leave, StartsAt: wednesday(9, 0).AddDate(0, 0, 1), EndsAt: wednesday(12, 0).AddDate(0, 0, 1)}
	if _, err := s.db.Schedules.AddException(t.Context(), key(s.deputy, "l"), s.deputy, leave, ""); err != nil {
		t.Fatal(err)
	}
	db, probe := s.probed(t)
	db.Presets()
	probe.Trips()
	week, err := db.Schedules.Week(t.Context(), []int64{1}, monday)
	if err != nil || len(week) != 7 {
		t.Fatal(len(week), err)
	}
	if n := probe.Trips(); n != 1 {
		t.Errorf("a week takes %d trips", n)
	}
	wed := week[2]
	if len(wed.Bookings) != 2 || wed.Bookings[0].ID != agreed.ID || wed.Bookings[1].ID != moved.ID || len(wed.Slots) != 6 {
		t.Errorf("Wednesday: %+v", wed)
	}
	if len(week[3].Leaves) != 1 || len(wed.Leaves) != 0 || len(week[1].Bookings) != 0 {
		t.Errorf("leaves: %+v", week[3])
	}
	if week, err := s.db.Schedules.Week(t.Context(), nil, monday); err != nil || len(week) != 7 || len(week[2].Bookings) != 0 {
		t.Errorf("of nobody: %v, %v", week, err)
	}
}

func TestFeedIsSecret(t *testing.T) {
	t.Parallel()
	s := newStreet(t, 3)
	for i, r := range s.residents[:2] {
		b := s.booked(t, r, 1, wednesday(9+i, 0), "a")
		if i == 0 {
			s.command(t, s.deputy, b.ID, cabin.BookingAccept, cabin.Input{})
		}
	}
	first, err := s.db.Feeds.New(t.Context(), s.deputy, 1)
	if err != nil || len(first) < 26 {
		t.Fatal(first, err)
	}
	if n := s.count(t, `SELECT COUNT(*) FROM calendar_feeds WHERE HEX(secret_hash) LIKE CONCAT('%', ?, '%')`, first); n != 0 {
		t.Error("the secret itself is kept")
	}
	feed, err := s.db.Feeds.Read(t.Context(), first)
	if err != nil || len(feed.Meetings) != 1 || feed.DeputyName != "林晓" {
		t.Errorf("%+v, %v", feed, err)
	}
	second, err := s.db.Feeds.New(t.Context(), s.deputy, 1)
	if err != nil {
		t.Fatal(err)
	}
	for what, secret := range map[string]string{"the old address": first, "nothing": "", "a guess": "AAAA"} {
		_, err := s.db.Feeds.Read(t.Context(), secret)
		wantCode(t, what, err, cabin.CodeNotFound)
	}
	if s.schedule(t, s.deputy, 1).Deputy.FeedSince == nil {
		t.Error("the schedule does not know of the address")
	}
	_, err = s.db.Feeds.New(t.Context(), s.staff, 1)
	wantCode(t, "the desk makes one", err, cabin.CodeNotFound)
	wantCode(t, "the desk ends it", s.db.Feeds.End(t.Context(), s.staff, 1), cabin.CodeNotFound)
	if err := s.db.Feeds.End(t.Context(), s.deputy, 1); err != nil {
		t.Fatal(err)
	}
	_, err = s.db.Feeds.Read(t.Context(), second)
	wantCode(t, "an address that was ended", err, cabin.CodeNotFound)
	var wg sync.WaitGroup // several taps at once: one address lives
	secrets := make([]string, 5)
	for i := range secrets {
		wg.Go(func() { secrets[i], _ = s.db.Feeds.New(t.Context(), s.deputy, 1) })
	}
	wg.Wait()
	alive := 0
	for _, secret := range secrets {
		if _, err := s.db.Feeds.Read(t.Context(), secret); err == nil {
			alive++
		}
	}
	if alive != 1 {
		t.Errorf("%d addresses live", alive)
	}
}
