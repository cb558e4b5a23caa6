package cabin

import (
	"reflect"
	"slices"
	"strings"
	"testing"
)

// Who may open a reporter's phone, as what, by role and by whom the report is about.
func TestWhoOpensAContact(t *testing.T) {
	both := Actor{PersonID: 14, Grants: []Grant{{Department, 7}, {Staff, stationID}}}
	admin := Actor{PersonID: 40, Grants: []Grant{{Admin, 0}}}
	handlerAndDesk := Subject{true, 7}
	for _, c := range []struct {
		name     string
		actor    Actor
		allowed  bool // the reporter lets the department call
		subjects []Subject
		want     Role
		code     Code
	}{
		{"the reporter themselves", people[Resident], true, nil, "", CodeForbidden},
		{"the desk", people[Staff], false, nil, Staff, ""},
		{"the office", admin, false, nil, Staff, ""},
		{"the proxy", people[Proxy], false, nil, Liaison, ""},
		{"the department, not allowed", people[Department], false, nil, "", CodeForbidden},
		{"the department, allowed", people[Department], true, nil, Department, ""},
		{"a helping department", people[Helping], true, nil, "", CodeForbidden},
		{"the deputy", people[Deputy], true, nil, "", CodeForbidden},
		{"the community", people[Community], true, nil, "", CodeForbidden},
		{"a liaison officer", people[Liaison], true, nil, "", CodeForbidden},
		{"an auditor", strangers["an auditor"], true, nil, "", CodeNotFound},
		{"another desk", strangers["another desk"], true, nil, "", CodeNotFound},
		{"a stranger", strangers["another resident"], true, nil, "", CodeNotFound},

		{"the department that it is about", people[Department], true, []Subject{handlerAndDesk}, "", CodeForbidden},
		{"its people at the desk", both, true, []Subject{handlerAndDesk}, "", CodeForbidden},
		{"the desk, about the department", people[Staff], false, []Subject{handlerAndDesk}, Staff, ""},
		{"the clerk that it is about", people[Staff], true, []Subject{{ID: 13}}, "", CodeNotFound},
		{"a colleague of theirs", both, false, []Subject{{ID: 13}}, Staff, ""},
		{"the handler that it is about", people[Department], true, []Subject{{ID: 14}}, "", CodeNotFound},
		{"the office's person that it is about", admin, true, []Subject{{ID: 40}}, "", CodeNotFound},
		{"the proxy that it is about", people[Proxy], true, []Subject{{ID: 18}}, "", CodeNotFound},
		{"the community's person that it is about", people[Community], true, []Subject{{ID: 15}}, "", CodeNotFound},
		{"the deputy that it is about", people[Deputy], true, []Subject{{ID: 12}}, "", CodeNotFound},
	} {
		r := reportIn(InProgress)
		r.ContactHidden, r.SubjectText = !c.allowed, SubjectsText(c.subjects)
		role, err := r.ContactOpened(c.actor, "核实地点")
		if role != c.want || CodeOf(err) != c.code {
			t.Errorf("%s: %q, %v", c.name, role, err)
		}
		if c.code == "" {
			if _, err := r.ContactOpened(c.actor, " \n"); CodeOf(err) != CodeInvalid {
				t.Errorf("%s without a reason: %v", c.name, err)
			}
		}
		if shows := r.ShowsReporter(c.actor); shows && len(c.subjects) > 0 && c.code != "" {
			t.Errorf("%s is told who reported", c.name)
		}
		if marks := r.MarksSubjects(c.actor); marks != (c.want == Staff) {
			t.Errorf("%s marks whom it is about: %v", c.name, marks)
		}
		if c.code == CodeNotFound && (len(r.RolesOf(c.actor)) != 0 || len(r.Actions(c.actor)) != 0) {
			t.Errorf("%s has a part in it: %v", c.name, r.RolesOf(c.actor))
		}
	}
}

// A department cannot tell a report that is about it from one whose reporter did not let it call.
func TestARefusalDoesNotTellASubject(t *testing.T) {
	hidden, about := reportIn(InProgress), reportIn(InProgress)
	about.ContactHidden, about.SubjectText = false, "d7"
	_, one := hidden.ContactOpened(people[Department], "核实")
	_, other := about.ContactOpened(people[Department], "核实")
	if one == nil || other == nil || one.Error() != other.Error() {
		t.Errorf("%v / %v", one, other)
	}
}

func TestADepartmentCallsWhileItHandles(t *testing.T) {
	for _, state := range ReportStates {
		r := reportIn(state)
		r.ContactHidden = false
		if r.DepartmentID == 0 {
			r.DepartmentID = 7
		}
		want := state == Dispatched || state == InProgress || state == Reopened
		if got := r.ContactRole(people[Department]) == Department; got != want {
			t.Errorf("%s: %v", state, got)
		}
	}
}

// Who the report is about stays its own reporter.
func TestAReporterIsNotRecused(t *testing.T) {
	r := reportIn(Resolved)
	r.SubjectText = SubjectsText([]Subject{{ID: residentID}})
	if _, _, err := r.Apply(ReportRate, people[Resident], Input{Stars: 5}, at, DefaultPresets()); err != nil {
		t.Error(err)
	}
}

func TestSubjectsText(t *testing.T) {
	list := []Subject{{true, 7}, {false, 12}, {true, 7}}
	text := SubjectsText(list)
	if text != "d7 p12" {
		t.Errorf("%q", text)
	}
	r := Report{SubjectText: text + " x pp q9z"}
	if got := SubjectsText(r.Subjects()); got != text {
		t.Errorf("back: %q", got)
	}
}

// A proxy confirms as a proxy, without a rating, and only for who cannot do it themselves.
func TestAProxyConfirmsAsProxy(t *testing.T) {
	r := reportIn(Resolved)
	e, _, err := r.Apply(ReportConfirm, people[Proxy], Input{Note: "打电话问过，不积水了"}, at, DefaultPresets())
	if err != nil || r.State != Closed || r.Stars != 0 || e.Role != Proxy || !strings.Contains(e.Text, "代为确认") {
		t.Errorf("%+v, %+v, %v", r, e, err)
	}
	r = reportIn(Resolved)
	if _, _, err := r.Apply(ReportRate, people[Proxy], Input{Stars: 5}, at, DefaultPresets()); CodeOf(err) != CodeForbidden {
		t.Errorf("a proxy rates: %v", err)
	}
	r.ProxyTells = false
	if _, _, err := r.Apply(ReportConfirm, people[Proxy], Input{Note: "好了"}, at, DefaultPresets()); CodeOf(err) != CodeForbidden {
		t.Errorf("for somebody with WeChat: %v", err)
	}
	revoked := Actor{PersonID: 18}
	if _, _, err := reportIn(Resolved).Apply(ReportConfirm, revoked, Input{Note: "好了"}, at, DefaultPresets()); CodeOf(err) != CodeNotFound {
		t.Errorf("without the role: %v", err)
	}
	other := Actor{PersonID: 18, Grants: []Grant{{Liaison, 8}}}
	if _, _, err := reportIn(Resolved).Apply(ReportVerify, other, everything(), at, DefaultPresets()); CodeOf(err) != CodeForbidden {
		t.Errorf("verifies what they reported: %v", err)
	}
}

func TestProxyRole(t *testing.T) {
	for _, c := range []struct {
		a         Actor
		community int64
		want      Role
	}{
		{people[Staff], 0, Staff}, {people[Staff], 99, Staff}, {people[Community], 8, Community}, {people[Liaison], 8, Liaison},
		{people[Community], 9, ""}, {people[Liaison], 0, ""}, {people[Department], 8, ""}, {people[Deputy], 8, ""}, {people[Resident], 8, ""},
	} {
		got, err := ProxyRole(c.a, c.community)
		if got != c.want || (err == nil) != (c.want != "") || err != nil && CodeOf(err) != CodeForbidden {
			t.Errorf("%+v in %d: %q, %v", c.a, c.community, got, err)
		}
	}
}

// A message that the desk is to pass on is answered once, and forgotten when the matter leaves.
func TestRelay(t *testing.T) {
	p := DefaultPresets()
	r := reportIn(InProgress)
	if e, tell, err := r.Apply(ReportRelay, people[Department], Input{Note: "明天上午停水"}, at, p); err != nil || r.RelayAt == nil || len(tell) != 1 || tell[0] != ToStaff || e.Text != "城管科请联络站转告反映人" {
		t.Fatalf("%+v %v %v", e, tell, err)
	}
	if _, _, err := r.Apply(ReportRelay, people[Department], Input{Note: "再说一遍"}, at, p); CodeOf(err) != CodeConflict {
		t.Errorf("twice: %v", err)
	}
	if r.Waiting != WaitingDepartment || r.PausedAt != nil {
		t.Error("the clock stands for a message")
	}
	gone := *r
	if _, _, err := gone.Apply(ReportResolve, people[Department], everything(), at, p); err != nil || gone.RelayAt != nil {
		t.Errorf("after it was done: %v, %v", gone.RelayAt, err)
	}
	if _, tell, err := r.Apply(ReportRelayed, people[Staff], Input{Note: "已打电话"}, at, p); err != nil || r.RelayAt != nil || tell[0] != ToDepartment {
		t.Errorf("%v %v", tell, err)
	}
}

// What a helping department is to a report in every state of it and of its part: it works on
// an open part, reads on when it is done, and knows nothing of what it sent back.
func TestWhatAHelpingDepartmentMay(t *testing.T) {
	for _, state := range ReportStates {
		for _, c := range []struct {
			part   PartState
			hidden bool // the reporter lets no department call
			want   []Role
		}{{PartAsked, false, []Role{Helping}}, {PartDone, false, []Role{Helped}}, {PartDone, true, []Role{Helped}}, {PartSentBack, false, nil}} {
			name := string(state) + ", " + string(c.part)
			fresh := func() *Report {
				r := reportIn(state)
				r.ContactHidden, r.Parts = c.hidden, []Part{{1, 70, "园林所", PartAsked}, {1, 9, "房管科", c.part}}
				return r
			}
			who, r := people[Helping], fresh()
			if got := r.RolesOf(who); !slices.Equal(got, c.want) {
				t.Fatalf("%s: %v", name, got)
			}
			if r.ShowsReporter(who) || r.ContactRole(who) != "" || r.TakenInBy(who) || r.MarksSubjects(who) || r.MayWatch(who) == nil {
				t.Errorf("%s: more than reading", name)
			}
			if _, err := r.MayTakeDown(who); err == nil {
				t.Errorf("%s: takes photos down", name)
			}
			if c.part != PartAsked && len(r.Actions(who)) != 0 {
				t.Errorf("%s: offered %v", name, r.Actions(who))
			}
			for _, command := range allReportCommands() {
				r := fresh()
				_, _, err := r.Apply(command, who, everything(), at, DefaultPresets())
				switch {
				case c.part == PartAsked:
				case c.part == PartSentBack && CodeOf(err) != CodeNotFound, c.part == PartDone && CodeOf(err) != CodeForbidden && CodeOf(err) != CodeConflict, !reflect.DeepEqual(r, fresh()):
					t.Errorf("%s: %s says %v", name, command, err)
				}
			}
			r = fresh()
			r.SubjectText = SubjectsText([]Subject{{ID: who.PersonID}})
			if got := r.RolesOf(who); len(got) != 0 {
				t.Errorf("%s, about them: %v", name, got)
			}
		}
	}
}

// A matter that comes back is again a matter of who had done their part, not of who had sent
// it back or helps no more.
func TestWhoIsAskedAgain(t *testing.T) {
	r := reportIn(Resolved)
	r.Parts = []Part{{1, 9, "房管科", PartDone}, {1, 70, "园林所", PartSentBack}, {1, 71, "水务所", PartAsked}}
	_, tell, err := r.Apply(ReportRefuse, people[Resident], Input{Reason: "还积水"}, at, DefaultPresets())
	if err != nil || r.Parts[0].State != PartAsked || r.Parts[1].State != PartSentBack || r.Parts[2].State != PartAsked || !slices.Contains(tell, ToHelping) {
		t.Errorf("%+v, told %v, %v", r.Parts, tell, err)
	}
}
