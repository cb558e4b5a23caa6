package cabin

import (
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
