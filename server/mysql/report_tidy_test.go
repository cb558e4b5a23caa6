package mysql_test

import (
	"strings"
	"testing"

	"warmcabin/server/cabin"
)

// TestAPlaceIsSetRight: the community says where it really is, as an event; what was written
// stays in the chain, neighbours and the public do not read the exact place, and the same
// problem near by is looked for at the new one.
func TestAPlaceIsSetRight(t *testing.T) {
	t.Parallel()
	s := newStreet(t, 2)
	community := s.person(t, "community", cabin.Grant{Role: cabin.Community, ScopeID: 1})
	m := s.reported(t, s.residents[0], "m")
	s.refusedMove(t, s.residents[0], m.ID, cabin.ReportLocate, cabin.Input{Building: "5 号楼"}, cabin.CodeForbidden)
	s.refusedMove(t, community, m.ID, cabin.ReportLocate, cabin.Input{Building: " "}, cabin.CodeInvalid)
	s.refusedMove(t, community, m.ID, cabin.ReportLocate, cabin.Input{Where: strings.Repeat("东", 101)}, cabin.CodeInvalid)
	m = s.moveReport(t, community, m.ID, cabin.ReportLocate, cabin.Input{Building: "5 号楼", Where: "东侧路口"})
	m = s.moveReport(t, s.staff, m.ID, cabin.ReportLocate, cabin.Input{Building: "6 号楼", Where: "东侧路口"})
	if m.PlaceText != "6 号楼 东侧路口" || m.Building != "6 号楼" || m.PlaceWritten == nil || *m.PlaceWritten != "3 号楼前" {
		t.Errorf("it stands at %q, %q, written %v", m.PlaceText, m.Building, m.PlaceWritten)
	}
	if v := s.verify(t); len(v.Faults) != 0 {
		t.Errorf("the chain: %+v", v.Faults)
	}
	_, events, err := s.db.Reports.Get(t.Context(), s.residents[0], m.ID)
	if err != nil || events[0].Note != "原来：5 号楼 东侧路口\n现在：6 号楼 东侧路口" || events[1].Role != cabin.Community {
		t.Errorf("the timeline: %+v, %v", events, err)
	}
	if near := s.near(t, cabin.Report{CategoryID: 1, CommunityID: 1, PlaceText: "6号楼", Body: "下雨积水"}); len(near) != 1 {
		t.Errorf("%d near the new place", len(near))
	}
	s.moveReport(t, s.staff, m.ID, cabin.ReportAccept, cabin.Input{})
	s.exec(t, `INSERT INTO report_followers (report_id, person_id, via, followed_at) VALUES (?,?,'joined',?)`, m.ID, s.residents[1].PersonID, s.clock.Now())
	_, events, err = s.db.Reports.Get(t.Context(), s.residents[1], m.ID)
	if err != nil || len(events) != 2 {
		t.Errorf("a neighbour reads %+v, %v", events, err)
	}
}

// TestAResultShowsBeforeAndAfter: a department's photos of a result say which they are.
func TestAResultShowsBeforeAndAfter(t *testing.T) {
	t.Parallel()
	s := newStreet(t, 1)
	handler := s.person(t, "dept", cabin.Grant{Role: cabin.Department, ScopeID: 1})
	m := s.reported(t, s.residents[0], "m")
	s.moveReport(t, s.staff, m.ID, cabin.ReportAccept, cabin.Input{})
	s.moveReport(t, s.staff, m.ID, cabin.ReportDispatch, dispatch)
	s.moveReport(t, handler, m.ID, cabin.ReportTake, cabin.Input{})
	before, after := s.photo(t, handler), s.photo(t, handler)
	s.moveReport(t, handler, m.ID, cabin.ReportResolve, cabin.Input{Outcome: cabin.Fixed, Note: "已疏通", PhotoIDs: []string{before, after}, BeforeIDs: []string{before}, AfterIDs: []string{after}})
	_, events, err := s.db.Reports.Get(t.Context(), s.residents[0], m.ID)
	if err != nil || len(events[0].Photos) != 2 || events[0].Photos[0].ID != before || events[0].Photos[0].Stage != cabin.Before || events[0].Photos[1].Stage != cabin.After {
		t.Errorf("%+v, %v", events[0], err)
	}
}
