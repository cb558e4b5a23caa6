package cabin

import (
	"fmt"
	"reflect"
	"slices"
	"testing"
	"time"
)

// at is a plain Monday, 10:00 in Shanghai.
var at = time.Date(2026, 11, 23, 10, 0, 0, 0, Shanghai)

const (
	residentID = 11
	deputyID   = 3
	stationID  = 5
)

// people are one actor per role as it stands to the matters of these tests, and strangers.
var people = map[Role]Actor{
	Resident:   {PersonID: residentID},
	Deputy:     {PersonID: 12, Grants: []Grant{{Deputy, deputyID}}},
	Staff:      {PersonID: 13, Grants: []Grant{{Staff, stationID}}},
	Department: {PersonID: 14, Grants: []Grant{{Department, 7}}},
	Community:  {PersonID: 15, Grants: []Grant{{Community, 8}}},
	Liaison:    {PersonID: 16, Grants: []Grant{{Liaison, 8}}},
	System:     TheSystem,
	Helping:    {PersonID: 17, Grants: []Grant{{Department, 9}}},
	Proxy:      {PersonID: 18, Grants: []Grant{{Liaison, 88}}},
}

var strangers = map[string]Actor{
	"another resident":     {PersonID: 21},
	"another deputy":       {PersonID: 22, Grants: []Grant{{Deputy, deputyID + 1}}},
	"another desk":         {PersonID: 23, Grants: []Grant{{Staff, stationID + 1}}},
	"another department":   {PersonID: 24, Grants: []Grant{{Department, 70}}},
	"another community":    {PersonID: 25, Grants: []Grant{{Community, 80}, {Liaison, 80}}},
	"a liaison of nowhere": {PersonID: 27, Grants: []Grant{{Liaison, 0}}},
	"an auditor":           {PersonID: 26, Grants: []Grant{{Auditor, 0}}},
	"nobody":               {},
}

// everything satisfies every need.
func everything() Input {
	return Input{
		Reason: "有事", Note: "说明", Text: "很好", Days: 3, DepartmentID: 7, Department: "城管科", Outcome: Fixed,
		HelperIDs: []int64{9}, Helpers: []string{"房管科"}, CategoryID: 2, Category: Category{ID: 2, Name: "物业管理", Days: 5}, IntoID: 50, Into: "2026-0050",
		PhotoIDs: []string{"p"}, Building: "3 号楼", Where: "东侧", Stars: 5, Offer: &Slot{Start: at.Add(72 * time.Hour), End: at.Add(73 * time.Hour), StationID: stationID, RoomID: 2},
	}
}

// without takes one need away again.
func without(n Need) Input {
	in := everything()
	switch n {
	case NeedReason:
		in.Reason = " \n"
	case NeedNote:
		in.Note = ""
	case NeedOffer:
		in.Offer = nil
	case NeedOutcome:
		in.Outcome = "great"
	case NeedDepartment:
		in.DepartmentID = 0
	case NeedCategory:
		in.CategoryID = 0
	case NeedReport:
		in.IntoID = 0
	case NeedWhere:
		in.Building, in.Where = "", " "
	case NeedPhotos:
		in.PhotoIDs = nil
	case NeedStars:
		in.Stars = 6
	}
	return in
}

// booking stands in state so that every guard of that state is content: it began ten
// minutes ago where that is asked for, and ends its wait tomorrow.
func bookingIn(state BookingState) *Booking {
	hold, offer, offerEnd := at.Add(24*time.Hour), at.Add(48*time.Hour), at.Add(49*time.Hour)
	b := &Booking{
		ID: 1, ResidentID: residentID, DeputyID: deputyID, StationID: stationID, RoomID: 2, Service: TalkOne, Topic: "邻里",
		StartsAt: at.Add(-10 * time.Minute), EndsAt: at.Add(20 * time.Minute), State: state, CreatedAt: at.AddDate(0, 0, -2),
		DeputyName: "林晓", ResidentName: "王秀兰", StationName: "中心站", RoomName: "接待室",
	}
	if state == Requested || state == Countered {
		desk := at.Add(20 * time.Hour)
		b.StartsAt, b.EndsAt, b.HoldUntil, b.DueAt = at.Add(30*time.Hour), at.Add(31*time.Hour), &hold, &desk
	}
	if state == Countered {
		b.OfferStartsAt, b.OfferEndsAt = &offer, &offerEnd
	}
	return b
}

// prepareMark makes the guards of a no-show's mark content.
func prepareMark(b *Booking, command BookingCommand, role Role) {
	hourAgo := at.Add(-time.Hour)
	b.DeputyHereAt = &hourAgo
	if command == BookingDeputyHere {
		b.DeputyHereAt = nil
	}
	if b.State == NoShow {
		b.AbsentSide, b.AbsentAt = role, &hourAgo
	}
	if command == BookingRestore && b.State.Open() {
		b.DisplacedAt = &hourAgo
	}
	if command == BookingUphold {
		b.ObjectedAt, b.Objection = &hourAgo, ObjectionPending
	}
}

func allBookingCommands() []BookingCommand {
	var all []BookingCommand
	for _, t := range BookingTransitions {
		if !slices.Contains(all, t.Command) {
			all = append(all, t.Command)
		}
	}
	return append(all, "fly")
}

// TestBookingTable walks every state × command × role: allowed exactly when the table has the row.
func TestBookingTable(t *testing.T) {
	p := DefaultPresets()
	for _, state := range BookingStates {
		for _, command := range allBookingCommands() {
			for role, actor := range people {
				if role == Department || role == Community || role == Liaison || role == Helping || role == Proxy {
					continue // strangers to a booking
				}
				b := bookingIn(state)
				if (command == BookingCancel || command == BookingMove) && state == Confirmed {
					b.StartsAt = at.Add(3 * time.Hour)
				}
				prepareMark(b, command, role)
				now := at
				if command == BookingToDesk && b.DueAt != nil {
					now = *b.DueAt
				}
				if command == BookingExpire && b.HoldUntil != nil {
					now = *b.HoldUntil
				}
				var row *bookingMove
				for i := range BookingTransitions {
					r := &BookingTransitions[i]
					if r.From == state && r.Command == command && slices.Contains(r.By, role) {
						row = r
					}
				}
				name := fmt.Sprintf("%s %s by %s", state, command, role)
				before := *b
				e, tell, err := b.Apply(command, actor, everything(), now, p)
				if row == nil {
					want := CodeConflict
					if !b.HoldOver(now) && commandKnown(BookingTransitions, state, command) {
						want = CodeForbidden
					}
					if CodeOf(err) != want {
						t.Errorf("%s: got %v, want %s", name, err, want)
					}
					if !reflect.DeepEqual(*b, before) {
						t.Errorf("%s: refused, but the booking changed", name)
					}
					continue
				}
				if err != nil {
					t.Errorf("%s: refused: %v", name, err)
					continue
				}
				if b.State != row.To || e.From != string(state) || e.To != string(row.To) || e.Role != role || e.Command != string(command) || e.Text == "" || !b.UpdatedAt.Equal(now) {
					t.Errorf("%s: state %s, event %+v", name, b.State, e)
				}
				if !slices.Equal(tell, row.Tell) {
					t.Errorf("%s: tells %v, want %v", name, tell, row.Tell)
				}
				if waits := b.State == Requested || b.State == Countered; waits != (b.HoldUntil != nil) {
					t.Errorf("%s: state %s with hold %v", name, b.State, b.HoldUntil)
				}
				if (b.State == Countered) != (b.OfferStartsAt != nil) {
					t.Errorf("%s: state %s with offer %v", name, b.State, b.OfferStartsAt)
				}
			}
		}
	}
}

func TestBookingStrangersLearnNothing(t *testing.T) {
	for _, state := range BookingStates {
		for _, command := range allBookingCommands() {
			for who, actor := range strangers {
				b := bookingIn(state)
				if _, _, err := b.Apply(command, actor, Input{}, at, DefaultPresets()); CodeOf(err) != CodeNotFound {
					t.Errorf("%s, %s %s: got %v", who, state, command, err)
				}
				if got := b.Actions(actor, at, DefaultPresets()); len(got) != 0 {
					t.Errorf("%s is offered %v", who, got)
				}
			}
		}
	}
}

// TestBookingActionsAreWhatApplyAccepts also takes people with two roles at once.
func TestBookingActionsAreWhatApplyAccepts(t *testing.T) {
	p := DefaultPresets()
	actors := []Actor{people[Resident], people[Deputy], people[Staff],
		{PersonID: residentID, Grants: []Grant{{Staff, 0}}}, {PersonID: residentID, Grants: []Grant{{Deputy, deputyID}}},
		{PersonID: 30, Grants: []Grant{{Admin, 0}}}, {PersonID: 31, Grants: []Grant{{Deputy, deputyID}, {Staff, stationID}}}}
	for _, state := range BookingStates {
		for _, start := range []time.Duration{-time.Hour, 30 * time.Minute, 90 * time.Minute, 5 * time.Hour} {
			for _, wait := range []time.Duration{-time.Millisecond, 0, time.Hour} {
				for i, actor := range actors {
					fresh := func() *Booking {
						b := bookingIn(state)
						b.StartsAt, b.EndsAt = at.Add(start), at.Add(start+30*time.Minute)
						if b.HoldUntil != nil {
							hold := at.Add(wait)
							b.HoldUntil = &hold
						}
						return b
					}
					offered := map[BookingCommand]Action{}
					for _, a := range fresh().Actions(actor, at, p) {
						if _, twice := offered[BookingCommand(a.Command)]; twice {
							t.Errorf("%s, actor %d: %s is offered twice", state, i, a.Command)
						}
						offered[BookingCommand(a.Command)] = a
					}
					for _, command := range allBookingCommands() {
						name := fmt.Sprintf("%s, %s to the start, actor %d: %s", state, start, i, command)
						b := fresh()
						_, _, err := b.Apply(command, actor, everything(), at, p)
						a, ok := offered[command]
						if ok != (err == nil) {
							t.Errorf("%s: offered %v, but Apply says %v", name, ok, err)
						}
						for _, n := range a.Needs {
							b, before := fresh(), fresh()
							if _, _, err := b.Apply(command, actor, without(n), at, p); CodeOf(err) != CodeInvalid {
								t.Errorf("%s without %s: %v", name, n, err)
							}
							if !reflect.DeepEqual(b, before) {
								t.Errorf("%s without %s changed the booking", name, n)
							}
						}
					}
				}
			}
		}
	}
}

func reportIn(state ReportState) *Report {
	from, due := at.Add(-time.Hour), at.Add(8*time.Hour)
	r := &Report{
		ID: 1, ReporterID: residentID, CategoryID: 1, StationID: stationID, CommunityID: 8, DeputyID: deputyID, Body: "积水", State: state,
		CreatedAt: at.AddDate(0, 0, -3), CategoryName: "道路积水", CategoryDays: 5, CommunityName: "梧桐社区", ReporterName: "王秀兰",
		ProxyID: 18, ProxyRole: Liaison, ProxyTells: true, ContactHidden: true,
	}
	switch state {
	case Dispatched, InProgress, Resolved, Reopened:
		r.DepartmentID, r.DepartmentName = 7, "城管科"
		r.Parts = []Part{{1, 9, "房管科", PartAsked}}
	}
	if state != Draft && state != Closed {
		r.DueFrom, r.DueAt = &from, &due
	}
	r.Waiting = map[ReportState]Waiting{Draft: WaitingResident, Submitted: WaitingStaff, Accepted: WaitingStaff, Dispatched: WaitingDepartment,
		InProgress: WaitingDepartment, Resolved: WaitingResident, Reopened: WaitingDepartment, Closed: WaitingNobody}[state]
	return r
}

func allReportCommands() []ReportCommand {
	var all []ReportCommand
	for _, t := range ReportTransitions {
		if !slices.Contains(all, t.Command) {
			all = append(all, t.Command)
		}
	}
	return append(all, "fly")
}

// prepareReport makes the guards of a command content.
func prepareReport(r *Report, command ReportCommand, role Role) {
	hourAgo := at.Add(-time.Hour)
	switch command {
	case ReportReply, ReportResume:
		r.PausedAt, r.Waiting = &hourAgo, WaitingResident
	case ReportGrantTime, ReportDenyTime:
		r.ExtendDays = 3
	case ReportRelayed:
		r.RelayAt = &hourAgo
	case ReportAnswer, ReportProgress:
		if r.State == InProgress && role == Staff {
			r.DepartmentID, r.DepartmentName, r.Waiting = 0, "", WaitingStaff
		}
	}
}

func TestReportTable(t *testing.T) {
	for _, state := range ReportStates {
		for _, command := range allReportCommands() {
			for role, actor := range people {
				r := reportIn(state)
				if (role == Department || role == Helping) && r.DepartmentID == 0 {
					continue // nothing was dispatched to them: strangers
				}
				if r.DueAt != nil {
					prepareReport(r, command, role)
				}
				now := at
				r.ClockAt = &now
				var row *reportMove
				for i := range ReportTransitions {
					x := &ReportTransitions[i]
					if x.From == state && x.Command == command && slices.Contains(x.By, role) {
						row = x
					}
				}
				name := fmt.Sprintf("%s %s by %s", state, command, role)
				before := *r
				before.Parts = slices.Clone(r.Parts)
				e, tell, err := r.Apply(command, actor, everything(), now, DefaultPresets())
				if row == nil {
					want := CodeConflict
					if commandKnown(ReportTransitions, state, command) {
						want = CodeForbidden
					}
					if CodeOf(err) != want {
						t.Errorf("%s: got %v, want %s", name, err, want)
					}
					if !reflect.DeepEqual(*r, before) {
						t.Errorf("%s: refused, but the report changed", name)
					}
					continue
				}
				if err != nil {
					t.Errorf("%s: refused: %v", name, err)
					continue
				}
				if r.State != row.To || e.From != string(state) || e.To != string(row.To) || e.Role != role || e.Text == "" {
					t.Errorf("%s: state %s, event %+v", name, r.State, e)
				}
				if !slices.Equal(tell, row.Tell) {
					t.Errorf("%s: tells %v", name, tell)
				}
				checkWaiting(t, name, r, now)
			}
		}
	}
}

// checkWaiting holds what every queue relies on.
func checkWaiting(t *testing.T, name string, r *Report, now time.Time) {
	t.Helper()
	want := map[ReportState]Waiting{Draft: WaitingResident, Submitted: WaitingStaff, Accepted: WaitingStaff, Dispatched: WaitingDepartment,
		InProgress: WaitingDepartment, Resolved: WaitingResident, Reopened: WaitingDepartment, Closed: WaitingNobody}[r.State]
	if (r.State == Reopened || r.State == InProgress) && r.DepartmentID == 0 {
		want = WaitingStaff
	}
	if r.PausedAt != nil {
		want = WaitingResident
	}
	if r.Waiting != want {
		t.Errorf("%s: waiting for %s, want %s", name, r.Waiting, want)
	}
	if (r.DueAt == nil) != (r.State == Draft || r.State == Closed) || (r.DueFrom == nil) != (r.DueAt == nil) {
		t.Errorf("%s: state %s, due %v from %v", name, r.State, r.DueAt, r.DueFrom)
	}
	if r.State == Closed && r.SupervisedAt != nil {
		t.Errorf("%s: closed and still supervised", name)
	}
	if r.DueAt != nil && r.DueAt.Before(now) && r.State != Resolved {
		t.Errorf("%s: due in the past, %s", name, r.DueAt)
	}
	if (r.State == Dispatched) != (r.DepartmentID != 0) && r.State != InProgress && r.State != Resolved && r.State != Reopened && r.State != Closed {
		t.Errorf("%s: state %s with department %d", name, r.State, r.DepartmentID)
	}
}

func TestReportStrangersLearnNothing(t *testing.T) {
	for _, state := range ReportStates {
		for _, command := range allReportCommands() {
			for who, actor := range strangers {
				r := reportIn(state)
				if _, _, err := r.Apply(command, actor, Input{}, at, DefaultPresets()); CodeOf(err) != CodeNotFound {
					t.Errorf("%s, %s %s: got %v", who, state, command, err)
				}
				if len(r.Actions(actor)) != 0 {
					t.Errorf("%s is offered something", who)
				}
			}
		}
		r := reportIn(state)
		for role, a := range people {
			if shows := r.ShowsReporter(a); shows != (role == Staff || role == Resident || role == Proxy) {
				t.Errorf("%s: shows the reporter to %s: %v", state, role, shows)
			}
		}
	}
}

func TestReportActionsAreWhatApplyAccepts(t *testing.T) {
	supervised := at
	actors := []Actor{people[Resident], people[Deputy], people[Staff], people[Community], people[Liaison], people[Department], people[Proxy],
		{PersonID: residentID, Grants: []Grant{{Staff, 0}}}, {PersonID: 13, Grants: []Grant{{Staff, 0}, {Department, 7}, {Liaison, 8}}}, {PersonID: 40, Grants: []Grant{{Admin, 0}}}}
	for _, state := range ReportStates {
		for _, fresh := range []func() *Report{
			func() *Report { return reportIn(state) },
			func() *Report { r := reportIn(state); r.SupervisedAt, r.ResolvedBy = &supervised, 13; return r },
			func() *Report { r := reportIn(state); r.RelayAt, r.ProxyTells = &supervised, false; return r },
		} {
			for i, actor := range actors {
				offered := map[ReportCommand]Action{}
				for _, a := range fresh().Actions(actor) {
					if _, twice := offered[ReportCommand(a.Command)]; twice {
						t.Errorf("%s, actor %d: %s is offered twice", state, i, a.Command)
					}
					offered[ReportCommand(a.Command)] = a
				}
				for _, command := range allReportCommands() {
					name := fmt.Sprintf("%s, actor %d: %s", state, i, command)
					_, _, err := fresh().Apply(command, actor, everything(), at, DefaultPresets())
					a, ok := offered[command]
					if ok != (err == nil) {
						t.Errorf("%s: offered %v, but Apply says %v", name, ok, err)
					}
					for _, n := range a.Needs {
						if n == NeedDays {
							continue // 0 is the category's own
						}
						r, before := fresh(), fresh()
						if _, _, err := r.Apply(command, actor, without(n), at, DefaultPresets()); CodeOf(err) != CodeInvalid {
							t.Errorf("%s without %s: %v", name, n, err)
						}
						if !reflect.DeepEqual(r, before) {
							t.Errorf("%s without %s changed the report", name, n)
						}
					}
				}
			}
		}
	}
}

// TestTablesAreWhole: every state is reached, every state that is not an end is left, and
// every button that destroys something asks first.
func TestTablesAreWhole(t *testing.T) {
	check := func(from, to, command, label, text, confirm string, danger bool, by []Role) {
		if label != "" && danger == (confirm == "") {
			t.Errorf("%s %s: danger %v, question %q", from, command, danger, confirm)
		}
		if text == "" || to == "" || len(by) == 0 {
			t.Errorf("%s %s: an empty row", from, command)
		}
		if label == "" && !slices.Contains(by, System) && from != "" {
			t.Errorf("%s %s: nobody could find it", from, command)
		}
	}
	for _, r := range BookingTransitions {
		check(string(r.From), string(r.To), string(r.Command), r.Label, r.Text, r.Confirm, r.Danger, r.By)
		if r.From != "" && r.From.Name() == "" || r.To.Name() == "" {
			t.Errorf("%s → %s has a state without a name", r.From, r.To)
		}
	}
	for _, r := range ReportTransitions {
		check(string(r.From), string(r.To), string(r.Command), r.Label, r.Text, r.Confirm, r.Danger, r.By)
		if r.From != "" && r.From.Name() == "" || r.To.Name() == "" {
			t.Errorf("%s → %s has a state without a name", r.From, r.To)
		}
	}
	for _, s := range BookingStates {
		if s.Open() && !slices.ContainsFunc(BookingTransitions, func(m bookingMove) bool { return m.From == s && !m.To.Open() }) {
			t.Errorf("an open booking can never end from %s", s)
		}
	}
}
