package mysql_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"warmcabin/server/cabin"
	"warmcabin/server/mysql"
)

func (s *street) join(t testing.TB, r cabin.Actor, start time.Time) (*cabin.Wait, error) {
	t.Helper()
	return s.db.Waits.Join(t.Context(), key(r, "join"+start.Format("0102-1504")), mysql.NewWait{ResidentID: r.PersonID, DeputyID: 1, Start: start, Topic: "邻里"})
}

func (s *street) joined(t testing.TB, r cabin.Actor, start time.Time) *cabin.Wait {
	t.Helper()
	w, err := s.join(t, r, start)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func (s *street) wait(t testing.TB, r cabin.Actor, id int64) *cabin.Wait {
	t.Helper()
	w, err := s.db.Waits.Get(t.Context(), r, id)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func (s *street) titles(t testing.TB, who cabin.Actor) string {
	t.Helper()
	list, err := s.db.Notices.List(t.Context(), who.PersonID, 0, 20)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, n := range list {
		all = append(all, n.Title)
	}
	return strings.Join(all, "|")
}

// TestTheLine: a full slot, three in line, the seat goes down the line in order: offered
// for two hours, given on, taken; nobody from outside gets it meanwhile.
func TestTheLine(t *testing.T) {
	t.Parallel()
	s := newStreet(t, 5)
	holder, first, second, third, stranger := s.residents[0], s.residents[1], s.residents[2], s.residents[3], s.residents[4]
	_, err := s.join(t, first, wednesday(9, 0))
	wantCode(t, "a line for a free slot", err, cabin.CodeConflict)
	b := s.booked(t, holder, 1, wednesday(9, 0), "holder")
	a, c, d := s.joined(t, first, wednesday(9, 0)), s.joined(t, second, wednesday(9, 0)), s.joined(t, third, wednesday(9, 0))
	if a.Ahead != 0 || c.Ahead != 1 || d.Ahead != 2 || a.State != cabin.InLine {
		t.Errorf("the line is %d, %d, %d", a.Ahead, c.Ahead, d.Ahead)
	}
	if again := s.joined(t, first, wednesday(9, 0)); again.ID != a.ID {
		t.Error("the same key stands in line twice")
	}
	_, err = s.db.Waits.Join(t.Context(), key(first, "another"), mysql.NewWait{ResidentID: first.PersonID, DeputyID: 1, Start: wednesday(9, 0)})
	wantCode(t, "twice in one line", err, cabin.CodeConflict)

	if _, err := s.db.Bookings.Command(t.Context(), holder, b.ID, cabin.BookingCancel, cabin.Input{}); err != nil {
		t.Fatal(err)
	}
	a = s.wait(t, first, a.ID)
	if a.State != cabin.Offered || !a.OfferUntil.Equal(s.clock.Now().Add(2*time.Hour)) {
		t.Fatalf("the first is %s until %v", a.State, a.OfferUntil)
	}
	if got := s.titles(t, first); !strings.HasPrefix(got, "有位子了") {
		t.Errorf("the first was told %q", got)
	}
	_, err = s.request(t, stranger, 1, wednesday(9, 0), "jump")
	wantCode(t, "past the line", err, cabin.CodeSlotTaken)
	days, err := s.db.Places.Slots(t.Context(), 1, wednesday(0, 0), 1)
	if err != nil || days[0].Slots[0].Free || !days[0].Slots[0].Queued {
		t.Errorf("the slot is shown as %+v, %v", days[0].Slots[0], err)
	}

	// The first never answers.
	s.clock.Advance(2 * time.Hour)
	_, err = s.db.Waits.Command(t.Context(), first, a.ID, cabin.WaitTake)
	wantCode(t, "two hours later", err, cabin.CodeConflict)
	_, err = s.request(t, stranger, 1, wednesday(9, 0), "jump-again")
	wantCode(t, "between two of the line", err, cabin.CodeSlotTaken)
	if n, err := s.db.Waits.Due(t.Context(), 10); n != 1 || err != nil {
		t.Fatalf("the job ended %d, %v", n, err)
	}
	if n, err := s.db.Waits.Due(t.Context(), 10); n != 0 || err != nil {
		t.Errorf("the job ended %d more, %v", n, err)
	}
	if a = s.wait(t, first, a.ID); a.State != cabin.Lapsed {
		t.Errorf("the first is %s", a.State)
	}
	if c = s.wait(t, second, c.ID); c.State != cabin.Offered {
		t.Fatalf("the second is %s", c.State)
	}
	// The second gives it on, the third takes it and waits for the deputy's answer like anybody.
	if _, err := s.db.Waits.Command(t.Context(), second, c.ID, cabin.WaitRefuse); err != nil {
		t.Fatal(err)
	}
	if d, err = s.db.Waits.Command(t.Context(), third, d.ID, cabin.WaitTake); err != nil {
		t.Fatal(err)
	}
	made, _, err := s.db.Bookings.Get(t.Context(), third, d.BookingID)
	if err != nil || made.State != cabin.Requested || !made.StartsAt.Equal(wednesday(9, 0)) || d.State != cabin.Seated {
		t.Errorf("the third got %+v, %v", made, err)
	}
	if n := s.count(t, `SELECT COUNT(*) FROM occupancy WHERE holder_kind = 3`); n != 0 {
		t.Errorf("offers still hold %d quarters", n)
	}
	if _, err := s.db.Bookings.Command(t.Context(), s.deputy, made.ID, cabin.BookingAccept, cabin.Input{}); err != nil {
		t.Errorf("the deputy accepts: %v", err)
	}
}

// TestNoOfferAtNight: what is freed at 21:30 is kept for the first until 8:30, and the
// push waits for the morning.
func TestNoOfferAtNight(t *testing.T) {
	t.Parallel()
	s := newStreet(t, 2)
	b := s.booked(t, s.residents[0], 1, wednesday(9, 0), "holder")
	w := s.joined(t, s.residents[1], wednesday(9, 0))
	s.clock.Set(time.Date(2026, 11, 23, 21, 30, 0, 0, cabin.Shanghai))
	if _, err := s.db.Bookings.Command(t.Context(), s.residents[0], b.ID, cabin.BookingCancel, cabin.Input{}); err != nil {
		t.Fatal(err)
	}
	w = s.wait(t, s.residents[1], w.ID)
	if want := time.Date(2026, 11, 24, 8, 30, 0, 0, cabin.Shanghai); w.OfferUntil == nil || !w.OfferUntil.Equal(want) {
		t.Errorf("kept until %v, want %v", w.OfferUntil, want)
	}
	s.clock.Set(time.Date(2026, 11, 23, 22, 30, 0, 0, cabin.Shanghai))
	if _, err := s.db.Waits.Command(t.Context(), s.residents[1], w.ID, cabin.WaitRefuse); err != nil {
		t.Fatal(err)
	}
	again := s.booked(t, s.residents[0], 1, wednesday(9, 0), "again")
	w2, err := s.db.Waits.Join(t.Context(), key(s.residents[1], "later"), mysql.NewWait{ResidentID: s.residents[1].PersonID, DeputyID: 1, Start: wednesday(9, 0), Topic: "邻里"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.db.Bookings.Command(t.Context(), s.residents[0], again.ID, cabin.BookingCancel, cabin.Input{}); err != nil {
		t.Fatal(err)
	}
	if n := s.count(t, `SELECT COUNT(*) FROM outbox WHERE matter_kind = 'wait' AND matter_id = ? AND due_at = '2026-11-23 23:00:00'`, w2.ID); n != 1 {
		t.Error("the push does not wait for seven in the morning")
	}
}

// TestLineEnds: who waits in vain is told when the slot can no longer be booked.
func TestLineEnds(t *testing.T) {
	t.Parallel()
	s := newStreet(t, 2)
	s.booked(t, s.residents[0], 1, wednesday(9, 0), "holder")
	w := s.joined(t, s.residents[1], wednesday(9, 0))
	s.clock.Set(wednesday(5, 0))
	if n, err := s.db.Waits.Due(t.Context(), 10); n != 1 || err != nil {
		t.Fatalf("the job ended %d, %v", n, err)
	}
	if w = s.wait(t, s.residents[1], w.ID); w.State != cabin.Lapsed || !strings.HasPrefix(s.titles(t, s.residents[1]), "候补没有排到") {
		t.Errorf("%s, told %q", w.State, s.titles(t, s.residents[1]))
	}
	_, err := s.db.Waits.Command(t.Context(), s.residents[1], w.ID, cabin.WaitLeave)
	wantCode(t, "leaving a line that ended", err, cabin.CodeConflict)
	_, err = s.db.Waits.Command(t.Context(), s.residents[0], w.ID, cabin.WaitLeave)
	wantCode(t, "another's place", err, cabin.CodeNotFound)
}

// TestJoinWhileFreed: people join while the slot is freed again and again, on two pools
// as on two servers: at the end nobody stands before an empty seat.
func TestJoinWhileFreed(t *testing.T) {
	t.Parallel()
	s := newStreet(t, 13)
	other, _ := s.probed(t)
	for round := range 4 {
		start := wednesday(9, 30*round)
		b := s.booked(t, s.residents[0], 1, start, "holder"+start.Format("0102-1504"))
		calls := []func() error{func() error {
			_, err := s.db.Bookings.Command(t.Context(), s.residents[0], b.ID, cabin.BookingCancel, cabin.Input{})
			return err
		}}
		for i, r := range s.residents[1+3*round : 4+3*round] {
			db := s.db
			if i%2 == 1 {
				db = other
			}
			calls = append(calls, func() error {
				_, err := db.Waits.Join(t.Context(), key(r, "join"+start.Format("0102-1504")), mysql.NewWait{ResidentID: r.PersonID, DeputyID: 1, Start: start, Topic: "邻里"})
				if cabin.CodeOf(err) == cabin.CodeConflict {
					return nil // it was free already
				}
				return err
			})
		}
		for code, n := range tally(together(calls...)) {
			if code != "" {
				t.Errorf("%d times %s", n, code)
			}
		}
		waiting := s.count(t, `SELECT COUNT(*) FROM waits WHERE starts_at = ? AND live = 1`, start.UTC())
		offered := s.count(t, `SELECT COUNT(*) FROM waits WHERE starts_at = ? AND state = 'offered'`, start.UTC())
		if waiting > 0 && offered != 1 {
			t.Errorf("%d stand in line, %d are offered the free seat", waiting, offered)
		}
	}
}

// TestUnansweredGoesToTheDesk after 24 working hours, and expires at 72.
func TestUnansweredGoesToTheDesk(t *testing.T) {
	t.Parallel()
	s := newStreet(t, 1)
	b := s.booked(t, s.residents[0], 1, wednesday(9, 0).AddDate(0, 0, 21), "far")
	if want := (cabin.Calendar{}).AddWorkingTime(s.clock.Now(), 24*time.Hour); !b.DueAt.Equal(want) {
		t.Errorf("24 working hours are over at %v, want %v", b.DueAt, want)
	}
	s.clock.Set(b.DueAt.Add(-time.Millisecond))
	if n, err := s.db.Bookings.Due(t.Context(), 10); n != 0 || err != nil {
		t.Errorf("too early: %d, %v", n, err)
	}
	s.clock.Set(*b.DueAt)
	for _, want := range []int{1, 0} {
		if n, err := s.db.Bookings.Due(t.Context(), 10); n != want || err != nil {
			t.Errorf("the job did %d, %v", n, err)
		}
	}
	now, _, err := s.db.Bookings.Get(t.Context(), s.staff, b.ID)
	if err != nil || now.State != cabin.Requested || now.Waiting != cabin.Staff || !now.DueAt.Equal(*now.HoldUntil) {
		t.Errorf("%+v, %v", now, err)
	}
	if got := s.titles(t, s.staff); !strings.HasPrefix(got, "代表没有答复，转到联络站") {
		t.Errorf("the desk was told %q", got)
	}
	if got := s.titles(t, s.residents[0]); !strings.HasPrefix(got, "联络站正在跟进您的预约") {
		t.Errorf("the resident was told %q", got)
	}
	s.clock.Set(*now.HoldUntil)
	if n, err := s.db.Bookings.Due(t.Context(), 10); n != 1 || err != nil {
		t.Errorf("the job did %d, %v", n, err)
	}
	if now, _, err = s.db.Bookings.Get(t.Context(), s.staff, b.ID); err != nil || now.State != cabin.Expired {
		t.Errorf("%s, %v", now.State, err)
	}
}

// TestReminders: the evening before and two hours before, to both sides, once each, and
// none for a meeting that was cancelled.
func TestReminders(t *testing.T) {
	t.Parallel()
	s := newStreet(t, 2)
	b, gone := s.booked(t, s.residents[0], 1, wednesday(9, 30), "stays"), s.booked(t, s.residents[1], 1, wednesday(10, 0), "goes")
	for _, id := range []int64{b.ID, gone.ID} {
		if _, err := s.db.Bookings.Command(t.Context(), s.deputy, id, cabin.BookingAccept, cabin.Input{}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.db.Bookings.Command(t.Context(), s.residents[1], gone.ID, cabin.BookingCancel, cabin.Input{}); err != nil {
		t.Fatal(err)
	}
	reminded := func(who cabin.Actor) int { return strings.Count(s.titles(t, who), "提醒") }
	for _, c := range []struct {
		at   time.Time
		want int
	}{
		{wednesday(-6, -1), 0}, {wednesday(-6, 0), 1}, {wednesday(-5, 0), 1}, {wednesday(7, 30), 2}, {wednesday(8, 0), 2}, {wednesday(9, 31), 2},
	} {
		s.clock.Set(c.at)
		for range 2 {
			if _, err := s.db.Bookings.Due(t.Context(), 10); err != nil {
				t.Fatal(err)
			}
		}
		if r, d, other := reminded(s.residents[0]), reminded(s.deputy), reminded(s.residents[1]); r != c.want || d != c.want || other != 0 {
			t.Errorf("at %s: resident %d, deputy %d, the one who cancelled %d; want %d", c.at, r, d, other, c.want)
		}
	}
}

// TestMoveKeepsNumberAndHistory, and frees the old time for the line.
func TestMoveKeepsNumberAndHistory(t *testing.T) {
	t.Parallel()
	s := newStreet(t, 2)
	b := s.booked(t, s.residents[0], 1, wednesday(9, 0), "moves")
	if _, err := s.db.Bookings.Command(t.Context(), s.deputy, b.ID, cabin.BookingAccept, cabin.Input{}); err != nil {
		t.Fatal(err)
	}
	w := s.joined(t, s.residents[1], wednesday(9, 0))
	moved, err := s.db.Bookings.Command(t.Context(), s.residents[0], b.ID, cabin.BookingMove, cabin.Input{Offer: &cabin.Slot{Start: wednesday(10, 30)}})
	if err != nil {
		t.Fatal(err)
	}
	if moved.Number() != b.Number() || moved.State != cabin.Requested || !moved.StartsAt.Equal(wednesday(10, 30)) || moved.CheckCode != b.CheckCode {
		t.Errorf("moved to %+v", moved)
	}
	_, events, err := s.db.Bookings.Get(t.Context(), s.residents[0], b.ID)
	if err != nil || len(events) != 3 || !strings.Contains(events[0].Old, "9:00") || !strings.Contains(events[0].New, "10:30") {
		t.Errorf("the history is %+v, %v", events, err)
	}
	if w = s.wait(t, s.residents[1], w.ID); w.State != cabin.Offered {
		t.Errorf("the old time went to nobody: %s", w.State)
	}
	if n := s.count(t, `SELECT COUNT(*) FROM occupancy WHERE holder_id = ? AND holder_kind = 1`, b.ID); n != 6 {
		t.Errorf("the booking holds %d quarters of things, want 6", n)
	}
	_, err = s.db.Bookings.Command(t.Context(), s.residents[0], b.ID, cabin.BookingMove, cabin.Input{Offer: &cabin.Slot{Start: wednesday(9, 0)}})
	wantCode(t, "back, past the line", err, cabin.CodeSlotTaken)
}

// TestTwoDesksMoveOneBooking to different times: one does, the other hears of it.
func TestTwoDesksMoveOneBooking(t *testing.T) {
	t.Parallel()
	s := newStreet(t, 1)
	other, _ := s.probed(t)
	b := s.booked(t, s.residents[0], 1, wednesday(9, 0), "contested")
	counter := func(db *mysql.DB, minute int) func() error {
		return func() error {
			_, err := db.Bookings.Command(t.Context(), s.staff, b.ID, cabin.BookingCounter, cabin.Input{Offer: &cabin.Slot{Start: wednesday(10, minute)}, Reason: "代表有事"})
			return err
		}
	}
	decline := func() error {
		_, err := s.db.Bookings.Command(t.Context(), s.staff, b.ID, cabin.BookingDecline, cabin.Input{Reason: "代表有事"})
		return err
	}
	n := tally(together(counter(s.db, 0), counter(other, 30), decline))
	if n[""]+n[cabin.CodeConflict] != 3 || n[""] == 0 {
		t.Errorf("%v", n)
	}
	if n := s.count(t, `SELECT COUNT(DISTINCT quarter) FROM occupancy`); n != 2 && n != 0 {
		t.Errorf("%d quarters are held for one booking", n)
	}
}

// TestOwnTimes: which of a deputy's times are the reader's own, as they stand at this
// moment; a time that was given back, or whose offer ran out, is nobody's.
func TestOwnTimes(t *testing.T) {
	t.Parallel()
	s := newStreet(t, 2)
	me, other := s.residents[0], s.residents[1]
	own := func(want ...mysql.OwnTime) {
		t.Helper()
		a, err := s.db.Bookings.Allowance(t.Context(), me.PersonID)
		if err != nil || !slices.EqualFunc(a.Own, want, func(a, b mysql.OwnTime) bool {
			return a.DeputyID == b.DeputyID && a.BookingID == b.BookingID && a.WaitID == b.WaitID && a.Start.Equal(b.Start)
		}) {
			t.Errorf("own times %+v, want %+v, %v", a.Own, want, err)
		}
	}
	own()
	theirs := s.booked(t, other, 1, wednesday(9, 0), "theirs")
	b := s.booked(t, me, 1, wednesday(9, 30), "mine")
	w := s.joined(t, me, wednesday(9, 0))
	waits := mysql.OwnTime{DeputyID: 1, WaitID: w.ID, Start: wednesday(9, 0)}
	own(mysql.OwnTime{DeputyID: 1, BookingID: b.ID, Start: wednesday(9, 30)}, waits)
	if _, err := s.db.Bookings.Command(t.Context(), s.deputy, b.ID, cabin.BookingCounter, cabin.Input{Reason: "那时有会", Offer: &cabin.Slot{Start: wednesday(10, 0)}}); err != nil {
		t.Fatal(err)
	}
	own(mysql.OwnTime{DeputyID: 1, BookingID: b.ID, Start: wednesday(10, 0)}, waits)
	if _, err := s.db.Bookings.Command(t.Context(), me, b.ID, cabin.BookingRefuse, cabin.Input{}); err != nil {
		t.Fatal(err)
	}
	own(waits)
	if _, err := s.db.Bookings.Command(t.Context(), other, theirs.ID, cabin.BookingCancel, cabin.Input{}); err != nil {
		t.Fatal(err)
	}
	own(waits)
	s.clock.Set(*s.wait(t, me, w.ID).OfferUntil)
	own()
}

// TestBarredAfterTwoNoShows: only the desk books for them, for thirty days from the second.
func TestBarredAfterTwoNoShows(t *testing.T) {
	t.Parallel()
	s := newStreet(t, 1)
	r := s.residents[0]
	for i, start := range []time.Time{wednesday(9, 0), wednesday(9, 0).AddDate(0, 0, 7)} {
		s.clock.Set(start.AddDate(0, 0, -1))
		b := s.booked(t, r, 1, start, "missed"+start.Format("0102-1504"))
		if _, err := s.db.Bookings.Command(t.Context(), s.deputy, b.ID, cabin.BookingAccept, cabin.Input{}); err != nil {
			t.Fatal(err)
		}
		s.clock.Set(start.Add(20 * time.Minute))
		if _, err := s.db.Bookings.Command(t.Context(), s.staff, b.ID, cabin.BookingResidentAbsent, cabin.Input{}); err != nil {
			t.Fatal(err)
		}
		a, err := s.db.Bookings.Allowance(t.Context(), r.PersonID)
		if err != nil || a.Open != 0 || a.BarredUntil.IsZero() != (i == 0) {
			t.Errorf("after %d: %+v, %v", i+1, a, err)
		}
	}
	next := wednesday(9, 0).AddDate(0, 0, 14)
	_, err := s.request(t, r, 1, next, "barred")
	wantCode(t, "barred", err, cabin.CodeLimitReached)
	_, err = s.join(t, r, next)
	wantCode(t, "barred from lines", err, cabin.CodeLimitReached)
	b, err := s.db.Bookings.Request(t.Context(), key(s.staff, "desk"), mysql.NewBooking{Actor: s.staff, ResidentID: r.PersonID, DeputyID: 1, Start: next, Topic: "邻里"})
	if err != nil || b.BookedBy != s.staff.PersonID {
		t.Errorf("the desk books for them: %+v, %v", b, err)
	}
	// Undone within the day, the mark no longer bars.
	var last int64
	if err := s.x.QueryRow(`SELECT MAX(id) FROM bookings WHERE state = 'no_show'`).Scan(&last); err != nil {
		t.Fatal(err)
	}
	if _, err := s.db.Bookings.Command(t.Context(), s.staff, last, cabin.BookingUndoAbsent, cabin.Input{}); err != nil {
		t.Fatal(err)
	}
	if a, err := s.db.Bookings.Allowance(t.Context(), r.PersonID); err != nil || !a.BarredUntil.IsZero() {
		t.Errorf("undone: %+v, %v", a, err)
	}
}
