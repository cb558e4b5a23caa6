package cabin

import (
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"
)

func TestCancelUntilTwoHoursBefore(t *testing.T) {
	p := DefaultPresets()
	for _, c := range []struct {
		before time.Duration
		want   Code
	}{{2 * time.Hour, ""}, {2*time.Hour - time.Millisecond, CodeConflict}, {-time.Hour, CodeConflict}} {
		b := bookingIn(Confirmed)
		b.StartsAt = at.Add(c.before)
		_, _, err := b.Apply(BookingCancel, people[Resident], Input{}, at, p)
		if CodeOf(err) != c.want {
			t.Errorf("%s before: %v", c.before, err)
		}
		if err != nil && !strings.Contains(err.Error(), "2 小时") {
			t.Errorf("the refusal does not say how long: %v", err)
		}
		b = bookingIn(Confirmed)
		b.StartsAt = at.Add(c.before)
		if _, _, err := b.Apply(BookingCancel, people[Staff], Input{Reason: "代表临时有会"}, at, p); err != nil {
			t.Errorf("the desk may cancel %s before: %v", c.before, err)
		}
	}
	// Who is the resident and serves at the desk may do what the desk may, with its needs.
	both := Actor{PersonID: residentID, Grants: []Grant{{Staff, 0}}}
	b := bookingIn(Confirmed)
	if _, _, err := b.Apply(BookingCancel, both, Input{}, at, p); CodeOf(err) != CodeInvalid {
		t.Errorf("the desk cancels without a reason: %v", err)
	}
	if e, _, err := b.Apply(BookingCancel, both, Input{Reason: "有事"}, at, p); err != nil || e.Role != Staff {
		t.Errorf("event %+v, %v", e, err)
	}
}

func TestCheckInWindow(t *testing.T) {
	for _, c := range []struct {
		before time.Duration
		want   Code
	}{{time.Hour + time.Millisecond, CodeConflict}, {time.Hour, ""}, {-time.Hour, ""}} {
		b := bookingIn(Confirmed)
		b.StartsAt = at.Add(c.before)
		if _, _, err := b.Apply(BookingCheckIn, people[Staff], Input{}, at, DefaultPresets()); CodeOf(err) != c.want {
			t.Errorf("%s before: %v", c.before, err)
		}
	}
	for _, command := range []BookingCommand{BookingResidentAbsent, BookingDeputyAbsent} {
		b := bookingIn(Confirmed)
		b.StartsAt = at.Add(time.Millisecond)
		if _, _, err := b.Apply(command, people[Staff], Input{}, at, DefaultPresets()); CodeOf(err) != CodeConflict {
			t.Errorf("%s before the start: %v", command, err)
		}
	}
}

// TestDeputyAbsentAfterCheckIn: the resident waits at the desk and nobody comes.
func TestDeputyAbsentAfterCheckIn(t *testing.T) {
	b := bookingIn(CheckedIn)
	if _, _, err := b.Apply(BookingDeputyAbsent, people[Staff], Input{}, at, DefaultPresets()); err != nil || b.State != NoShow || b.AbsentSide != "deputy" {
		t.Errorf("%s %s, %v", b.State, b.AbsentSide, err)
	}
}

func TestHoldOver(t *testing.T) {
	p := DefaultPresets()
	for _, state := range []BookingState{Requested, Countered} {
		b := bookingIn(state)
		over := *b.HoldUntil
		if b.HoldOver(over.Add(-time.Millisecond)) || !b.HoldOver(over) {
			t.Errorf("%s: the hold ends at the wrong moment", state)
		}
		if _, _, err := b.Apply(BookingExpire, TheSystem, Input{}, over.Add(-time.Millisecond), p); CodeOf(err) != CodeConflict {
			t.Errorf("%s expired too early: %v", state, err)
		}
		for _, actor := range []Actor{people[Resident], people[Deputy], people[Staff]} {
			if got := b.Actions(actor, over, p); len(got) != 0 {
				t.Errorf("%s: offers %v after the hold", state, got)
			}
			for _, command := range allBookingCommands() {
				if _, _, err := b.Apply(command, actor, everything(), over, p); CodeOf(err) != CodeConflict {
					t.Errorf("%s: %s after the hold: %v", state, command, err)
				}
			}
		}
		if _, _, err := b.Apply(BookingExpire, TheSystem, Input{}, over, p); err != nil || b.State != Expired {
			t.Errorf("%s: %s, %v", state, b.State, err)
		}
	}
}

func TestOfferMovesTheBooking(t *testing.T) {
	p := DefaultPresets()
	b := bookingIn(Requested)
	oldStart := b.StartsAt
	offer := &Slot{Start: at.Add(48 * time.Hour), End: at.Add(49 * time.Hour), StationID: stationID, RoomID: 9}
	if _, _, err := b.Apply(BookingCounter, people[Deputy], Input{Reason: "开会", Offer: offer}, at, p); err != nil {
		t.Fatal(err)
	}
	if s, e := b.Occupies(); !s.Equal(offer.Start) || !e.Equal(offer.End) || b.RoomID != 9 || !b.StartsAt.Equal(oldStart) {
		t.Errorf("occupies %s–%s in room %d, starts %s", s, e, b.RoomID, b.StartsAt)
	}
	taken := *b
	if _, _, err := taken.Apply(BookingTake, people[Resident], Input{}, at, p); err != nil || !taken.StartsAt.Equal(offer.Start) || !taken.EndsAt.Equal(offer.End) || taken.Reason != "" {
		t.Errorf("taken: %+v, %v", taken, err)
	}
	refused := *b
	if _, _, err := refused.Apply(BookingRefuse, people[Resident], Input{}, at, p); err != nil || !refused.StartsAt.Equal(oldStart) || refused.State != Cancelled {
		t.Errorf("refused: %+v, %v", refused, err)
	}
}

func TestHoldUntilIsNeverAfterTheStart(t *testing.T) {
	p := DefaultPresets()
	if got := p.HoldUntil(at, at.Add(5*time.Hour)); !got.Equal(at.Add(5 * time.Hour)) {
		t.Errorf("a near start: %s", got)
	}
	// 72 working hours are nine office days: Monday 10:00 → Friday of next week 10:00.
	if got, want := p.HoldUntil(at, at.AddDate(0, 0, 30)), at.AddDate(0, 0, 11); !got.Equal(want) {
		t.Errorf("a far start: %s, want %s", got, want)
	}
}

// TestNobodyVerifiesTheirOwn: neither who resolved a matter nor who reported it closes it by a visit.
func TestNobodyVerifiesTheirOwn(t *testing.T) {
	in := Input{Note: "看过了", PhotoIDs: []string{"p"}}
	r := reportIn(Accepted)
	if _, _, err := r.Apply(ReportAnswer, people[Staff], Input{Outcome: Explained, Note: "按规定"}, at, DefaultPresets()); err != nil {
		t.Fatal(err)
	}
	if _, _, err := r.Apply(ReportVerify, people[Staff], in, at, DefaultPresets()); CodeOf(err) != CodeForbidden {
		t.Errorf("their own answer: %v", err)
	}
	reporter := Actor{PersonID: residentID, Grants: []Grant{{Liaison, 8}}}
	if _, _, err := reportIn(Resolved).Apply(ReportVerify, reporter, in, at, DefaultPresets()); CodeOf(err) != CodeForbidden {
		t.Errorf("their own report: %v", err)
	}
	if _, _, err := r.Apply(ReportVerify, people[Liaison], in, at, DefaultPresets()); err != nil || r.State != Closed {
		t.Errorf("somebody else: %s, %v", r.State, err)
	}
}

func TestReportClocks(t *testing.T) {
	p := DefaultPresets()
	friday := time.Date(2026, 11, 27, 16, 0, 0, 0, Shanghai)
	r := reportIn(Submitted)
	r.Begin(friday, p)
	if want := time.Date(2026, 11, 30, 17, 0, 0, 0, Shanghai); !r.DueAt.Equal(want) {
		t.Errorf("to be accepted by %s, want %s", r.DueAt, want)
	}
	urgent := reportIn(Submitted)
	urgent.Urgent = true
	urgent.Begin(friday.Add(6*time.Hour), p)
	if !urgent.DueAt.Equal(friday.Add(8 * time.Hour)) {
		t.Errorf("danger at night is due %s", urgent.DueAt)
	}
	r = reportIn(Accepted)
	if _, _, err := r.Apply(ReportDispatch, people[Staff], Input{DepartmentID: 7, Department: "城管科", Days: 2}, friday, p); err != nil {
		t.Fatal(err)
	}
	if want := time.Date(2026, 12, 1, 17, 0, 0, 0, Shanghai); !r.DueAt.Equal(want) {
		t.Errorf("two working days end %s, want %s", r.DueAt, want)
	}
	r = reportIn(InProgress)
	resolve := friday
	if _, _, err := r.Apply(ReportResolve, people[Department], Input{Outcome: Fixed, Note: "修好了"}, resolve, p); err != nil {
		t.Fatal(err)
	}
	if _, _, err := r.Apply(ReportLapse, TheSystem, Input{}, r.ClockAt.Add(-time.Millisecond), p); CodeOf(err) != CodeConflict {
		t.Errorf("lapsed early: %v", err)
	}
	if r.Light(resolve.AddDate(0, 0, 20), DefaultPresets()) != "" {
		t.Error("the clock runs while we wait for the reporter")
	}
	if _, _, err := r.Apply(ReportRefuse, people[Resident], Input{Reason: "还漏"}, resolve, p); err != nil || r.ReopenedCount != 1 || r.SupervisedAt == nil || r.Outcome != "" {
		t.Errorf("reopened: %+v, %v", r, err)
	}
}

func TestLight(t *testing.T) {
	from, due := at, at.Add(10*time.Hour)
	r := &Report{DueFrom: &from, DueAt: &due, Waiting: WaitingStaff}
	for hours, want := range map[float64]string{0: "green", 7.99: "green", 8: "amber", 9.99: "amber", 10: "red", 100: "red"} {
		if got := r.Light(at.Add(time.Duration(hours*float64(time.Hour))), DefaultPresets()); got != want {
			t.Errorf("after %.2f of 10 h: %q, want %q", hours, got, want)
		}
	}
	early := NewPresets(map[string]int{"amber_percent": 60}, Calendar{})
	if a, b := r.Light(at.Add(6*time.Hour), early), r.Light(at.Add(6*time.Hour-1), early); a != "amber" || b != "green" {
		t.Errorf("with 60 %%: %s at six of ten hours, %s before", a, b)
	}
	if strike := r.alarm(early); strike == nil || !strike.Equal(at.Add(6*time.Hour)) {
		t.Errorf("with 60 %% the clock strikes at %v", strike)
	}
	if turns := r.Turns(at, early); turns == nil || !turns.Equal(at.Add(6*time.Hour)) {
		t.Errorf("with 60 %% a list is true until %v", turns)
	}
	if (&Report{}).Light(at, DefaultPresets()) != "" {
		t.Error("no clock runs")
	}
}

func TestActorScopes(t *testing.T) {
	a := Actor{PersonID: 1, Grants: []Grant{{Staff, 0}, {Deputy, 3}}}
	if !a.Holds(Staff, 99) || a.Holds(Deputy, 4) || !a.Holds(Deputy, 3) || a.Holds(Community, 0) {
		t.Error("scopes")
	}
	if a.Home() != Staff || (Actor{PersonID: 1}).Home() != Resident || (Actor{}).Has(Resident) {
		t.Error("home")
	}
	if System.Valid() || Role("boss").Valid() || !Auditor.Valid() {
		t.Error("valid roles")
	}
}

// Nobody is told of nothing: what stands so already is not set right again.
func TestSettingRightWhatStandsSo(t *testing.T) {
	for name, c := range map[string]struct {
		command ReportCommand
		in      Input
		field   string
	}{
		"the same place":    {ReportLocate, Input{Building: "3 号楼", Where: "东侧"}, "where"},
		"the same category": {ReportClassify, Input{CategoryID: 1, Category: Category{ID: 1, Name: "道路积水"}}, "categoryId"},
	} {
		r := reportIn(Submitted)
		r.Building, r.PlaceText = "3 号楼", "3 号楼 东侧"
		before := *r
		_, _, err := r.Apply(c.command, people[Staff], c.in, at, DefaultPresets())
		refused, ok := errors.AsType[*Error](err)
		if !ok || refused.Code != CodeInvalid || len(refused.Fields) != 1 || refused.Fields[0].Path != c.field {
			t.Errorf("%s: %v", name, err)
		}
		if !reflect.DeepEqual(*r, before) {
			t.Errorf("%s: refused, but the report changed", name)
		}
	}
}
