package mysql_test

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"

	"warmcabin/server/cabin"
	"warmcabin/server/mysql"
)

func (s *street) category(t testing.TB, id int64) mysql.CategoryUse {
	t.Helper()
	all, err := s.db.Categories.All(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range all {
		if c.ID == id {
			return c
		}
	}
	t.Fatalf("no category %d", id)
	return mysql.CategoryUse{}
}

// The admin asks a question of a category; answers stay with their reports as they were
// given, in the chain and in the export; a closed category takes nothing more.
func TestACategorysQuestions(t *testing.T) {
	t.Parallel()
	s := newStreet(t, 1)
	admin := s.person(t, "admin", cabin.Grant{Role: cabin.Admin})
	c := s.category(t, 1).Category
	c.Questions = cabin.Questions{{Text: "水有多深", Kind: cabin.AskChoice, Required: true, Options: []string{"没过鞋面", "没过脚踝"}}}
	if err := s.db.Categories.Save(t.Context(), admin, c); err != nil {
		t.Fatal(err)
	}
	wantCode(t, "another admin's older page", s.db.Categories.Save(t.Context(), admin, c), cabin.CodeConflict)
	n := mysql.NewReport{ReporterID: s.residents[0].PersonID, CategoryID: 1, CommunityID: 1, Building: "3 号楼", PlaceText: "东侧", Body: "下雨就积水"}
	_, err := s.db.Reports.Submit(t.Context(), key(s.residents[0], "without"), n)
	wantCode(t, "a question that must be answered", err, cabin.CodeInvalid)
	n.Answers = []cabin.Given{{ID: 1, Answer: "没过脚踝"}}
	r, err := s.db.Reports.Submit(t.Context(), key(s.residents[0], "with"), n)
	if err != nil {
		t.Fatal(err)
	}
	if want := (cabin.Answers{{Question: "水有多深", Answer: "没过脚踝"}}); !reflect.DeepEqual(r.Answers, want) || r.PlaceText != "3 号楼 东侧" || r.Building != "3 号楼" {
		t.Errorf("%+v", r)
	}

	// Asked otherwise from now on: what was answered before is as it was.
	c = s.category(t, 1).Category
	c.Questions = cabin.Questions{{Text: "积水多久了", Kind: cabin.AskText}}
	if err := s.db.Categories.Save(t.Context(), admin, c); err != nil {
		t.Fatal(err)
	}
	again, _, err := s.db.Reports.Get(t.Context(), s.staff, r.ID)
	if err != nil || again.Answers.Lines() != "水有多深 没过脚踝" {
		t.Errorf("%+v, %v", again.Answers, err)
	}
	// A follower reads none of it.
	neighbour := s.person(t, "neighbour")
	if _, err := s.db.Reports.Join(t.Context(), key(neighbour, "join"), neighbour, r.ID, mysql.Joining{}); err != nil {
		t.Fatal(err)
	}
	if seen, _, err := s.db.Reports.Get(t.Context(), neighbour, r.ID); err != nil || seen.Answers != nil || seen.Building != "" {
		t.Errorf("%+v, %v", seen, err)
	}
	// A form that was open all the while still says what it asked.
	if late, err := s.db.Reports.Submit(t.Context(), key(s.residents[0], "late"), n); err != nil || late.Answers.Lines() != "水有多深 没过脚踝" {
		t.Errorf("%+v, %v", late, err)
	}
	if v, err := s.db.Reports.Verify(t.Context()); err != nil || len(v.Faults) != 0 || v.Reports != 2 {
		t.Fatalf("%+v, %v", v, err)
	}
	s.exec(t, `UPDATE reports SET answers = REPLACE(answers, '脚踝', '鞋面') WHERE id = `+fmt.Sprint(r.ID))
	if v, err := s.db.Reports.Verify(t.Context()); err != nil || len(v.Faults) != 1 {
		t.Errorf("an answer was changed behind our back: %+v, %v", v, err)
	}

	c = s.category(t, 1).Category
	c.Closed = true
	wantCode(t, "the last category", s.db.Categories.Save(t.Context(), admin, c), cabin.CodeConflict)
	wantCode(t, "a name that there is", second(s.db.Categories.Create(t.Context(), key(admin, "same"), admin, cabin.Category{Name: c.Name, Days: 3})), cabin.CodeInvalid)
	other, err := s.db.Categories.Create(t.Context(), key(admin, "other"), admin, cabin.Category{Name: "其他", Days: 3})
	if err != nil {
		t.Fatal(err)
	}
	if twice, err := s.db.Categories.Create(t.Context(), key(admin, "other"), admin, cabin.Category{Name: "其他", Days: 3}); err != nil || twice != other {
		t.Errorf("%d, %v", twice, err)
	}
	if err := s.db.Categories.Order(t.Context(), admin, []int64{other, 1}); err != nil {
		t.Fatal(err)
	}
	wantCode(t, "an order of another list", s.db.Categories.Order(t.Context(), admin, []int64{1}), cabin.CodeConflict)
	if list, err := s.db.Places.Categories(t.Context()); err != nil || len(list) != 2 || list[0].ID != other {
		t.Errorf("%+v, %v", list, err)
	}
	if err := s.db.Categories.Save(t.Context(), admin, c); err != nil {
		t.Fatal(err)
	}
	_, err = s.db.Reports.Submit(t.Context(), key(s.residents[0], "closed"), n)
	wantCode(t, "a closed category", err, cabin.CodeInvalid)
	s.refusedMove(t, s.staff, r.ID, cabin.ReportClassify, cabin.Input{CategoryID: 1}, cabin.CodeInvalid)
	if list, err := s.db.Places.Categories(t.Context()); err != nil || len(list) != 1 {
		t.Errorf("%+v, %v", list, err)
	}
}

func second[T any](_ T, err error) error { return err }

// A department is closed while it holds matters: they are the desk's again, everybody is
// told, nothing is dispatched to it meanwhile, and what it had answered may still be refused.
func TestADepartmentIsClosedWhileItHoldsMatters(t *testing.T) {
	t.Parallel()
	s := newStreet(t, 3)
	admin := s.person(t, "admin", cabin.Grant{Role: cabin.Admin})
	handler := s.person(t, "handler", cabin.Grant{Role: cabin.Department, ScopeID: 1})
	dispatched, taken, asking, answered, helped := s.reported(t, s.residents[0], "1"), s.reported(t, s.residents[0], "2"), s.reported(t, s.residents[1], "3"), s.reported(t, s.residents[1], "4"), s.reported(t, s.residents[2], "5")
	for _, r := range []*cabin.Report{dispatched, taken, asking, answered} {
		s.moveReport(t, s.staff, r.ID, cabin.ReportAccept, cabin.Input{})
		s.moveReport(t, s.staff, r.ID, cabin.ReportDispatch, dispatch)
	}
	for _, r := range []*cabin.Report{taken, asking, answered} {
		s.moveReport(t, handler, r.ID, cabin.ReportTake, cabin.Input{})
	}
	s.moveReport(t, handler, asking.ID, cabin.ReportAsk, cabin.Input{Reason: "哪个门？"})
	s.moveReport(t, handler, answered.ID, cabin.ReportResolve, cabin.Input{Outcome: cabin.Fixed, Note: "通了"})
	s.moveReport(t, s.staff, helped.ID, cabin.ReportAccept, cabin.Input{})
	s.moveReport(t, s.staff, helped.ID, cabin.ReportDispatch, cabin.Input{DepartmentID: 2, HelperIDs: []int64{1}, Days: 5})

	if n, err := s.db.Departments.Close(t.Context(), admin, 1); err != nil || n != 3 {
		t.Fatalf("%d came back, %v", n, err)
	}
	for _, id := range []int64{dispatched.ID, taken.ID, asking.ID} {
		r, past, err := s.db.Reports.Get(t.Context(), s.staff, id)
		if err != nil || r.State != cabin.Accepted || r.Waiting != cabin.WaitingStaff || r.DepartmentID != 0 || r.DueAt == nil || r.PausedAt != nil {
			t.Errorf("%+v, %v", r, err)
		}
		if !strings.Contains(past[0].Note, "城管科不再承办") {
			t.Errorf("the timeline says %q", past[0].Note)
		}
	}
	for _, a := range []cabin.Actor{s.staff, handler, s.residents[0]} {
		if got := s.titles(t, a); !strings.Contains(got, "收回") && !strings.Contains(got, "重新安排") {
			t.Errorf("%d is told %q", a.PersonID, got)
		}
	}
	if r, _, err := s.db.Reports.Get(t.Context(), s.staff, helped.ID); err != nil || r.State != cabin.Dispatched || r.Parts[0].State != cabin.PartSentBack {
		t.Errorf("what it helped with: %+v, %v", r, err)
	}
	// Twice is safe; nothing more goes there; what it answered may be refused, and comes to the desk.
	if n, err := s.db.Departments.Close(t.Context(), admin, 1); err != nil || n != 0 {
		t.Errorf("%d, %v", n, err)
	}
	s.refusedMove(t, s.staff, taken.ID, cabin.ReportDispatch, dispatch, cabin.CodeInvalid)
	if r := s.moveReport(t, s.residents[1], answered.ID, cabin.ReportRefuse, cabin.Input{Reason: "又堵了"}); r.State != cabin.Reopened || r.DepartmentID != 0 || r.Waiting != cabin.WaitingStaff {
		t.Errorf("%+v", r)
	}
	s.moveReport(t, s.staff, answered.ID, cabin.ReportDispatch, cabin.Input{DepartmentID: 2, Days: 3})
	if list, err := s.db.Places.Departments(t.Context()); err != nil || len(list) != 1 {
		t.Errorf("%+v, %v", list, err)
	}
	if v, err := s.db.Reports.Verify(t.Context()); err != nil || len(v.Faults) != 0 {
		t.Errorf("%+v, %v", v, err)
	}
	if err := s.db.Departments.Reopen(t.Context(), admin, 1); err != nil {
		t.Fatal(err)
	}
	s.moveReport(t, s.staff, taken.ID, cabin.ReportDispatch, dispatch)
	wantCode(t, "none to close", second(s.db.Departments.Close(t.Context(), admin, 99)), cabin.CodeNotFound)
}

// While a department is being closed, the desk goes on dispatching to it: nothing stays there.
func TestNothingStaysAtADepartmentThatIsBeingClosed(t *testing.T) {
	t.Parallel()
	s := newStreet(t, 1)
	admin := s.person(t, "admin", cabin.Grant{Role: cabin.Admin})
	ids := make([]int64, 12)
	for i := range ids {
		ids[i] = s.reported(t, s.residents[0], fmt.Sprint(i)).ID
		s.moveReport(t, s.staff, ids[i], cabin.ReportAccept, cabin.Input{})
	}
	var all sync.WaitGroup
	for i, id := range ids {
		all.Go(func() {
			if i == len(ids)/2 {
				if _, err := s.db.Departments.Close(t.Context(), admin, 1); err != nil {
					t.Error(err)
				}
				return
			}
			_, err := s.db.Reports.Command(t.Context(), s.staff, id, cabin.ReportDispatch, dispatch)
			if err != nil && cabin.CodeOf(err) != cabin.CodeInvalid {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if n := s.count(t, `SELECT COUNT(*) FROM reports WHERE department_id = 1`); n != 0 {
		t.Errorf("%d reports lie at a closed department", n)
	}
}

// Who moves a report first sees to it; a colleague takes over with a reason that is read;
// the queue shows one's own.
func TestAShiftIsTakenOver(t *testing.T) {
	t.Parallel()
	s := newStreet(t, 1)
	second := s.person(t, "second", cabin.Grant{Role: cabin.Staff, ScopeID: 1})
	elsewhere := s.person(t, "elsewhere", cabin.Grant{Role: cabin.Staff, ScopeID: 7})
	handler := s.person(t, "handler", cabin.Grant{Role: cabin.Department, ScopeID: 1})
	stations := []int64{1}
	held := func(a cabin.Actor, q mysql.Queue) (ids []int64) {
		t.Helper()
		list, err := s.db.Reports.HeldBy(t.Context(), a.PersonID, stations, q, mysql.Page{Limit: 20})
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range list {
			ids = append(ids, r.ID)
		}
		return ids
	}
	var ids []int64
	for i := range 3 {
		ids = append(ids, s.reported(t, s.residents[0], fmt.Sprint(i)).ID)
		s.clock.Advance(1000)
		s.moveReport(t, s.staff, ids[i], cabin.ReportAccept, cabin.Input{})
	}
	s.moveReport(t, second, ids[2], cabin.ReportDispatch, dispatch) // moving it takes nothing away
	if got := held(s.staff, mysql.QueueWaiting); !slices.Equal(got, ids[:2]) {
		t.Errorf("mine: %v", got)
	}
	if got := held(s.staff, mysql.QueueHandling); !slices.Equal(got, ids[2:]) {
		t.Errorf("mine at a department: %v", got)
	}
	page, err := s.db.Reports.HeldBy(t.Context(), s.staff.PersonID, stations, mysql.QueueWaiting, mysql.Page{Limit: 1})
	if err != nil || len(page) != 1 {
		t.Fatal(page, err)
	}
	if next, err := s.db.Reports.HeldBy(t.Context(), s.staff.PersonID, stations, mysql.QueueWaiting, mysql.Page{At: *page[0].DueAt, ID: page[0].ID, Limit: 5}); err != nil || len(next) != 1 || next[0].ID != ids[1] {
		t.Errorf("second page %+v, %v", next, err)
	}

	wantCode(t, "a stranger holds", s.db.Reports.Hold(t.Context(), elsewhere, ids[0], "x"), cabin.CodeNotFound)
	wantCode(t, "a department holds", s.db.Reports.Hold(t.Context(), handler, ids[2], "x"), cabin.CodeNotFound)
	wantCode(t, "without a reason", s.db.Reports.Hold(t.Context(), second, ids[0], " \u200b"), cabin.CodeInvalid)
	if err := s.db.Reports.Hold(t.Context(), second, ids[0], "小赵今天休息"); err != nil {
		t.Fatal(err)
	}
	if err := s.db.Reports.Hold(t.Context(), second, ids[0], ""); err != nil { // the second tap
		t.Fatal(err)
	}
	_, err = s.db.Reports.TakeOver(t.Context(), second, stations, second.PersonID, "x")
	wantCode(t, "from oneself", err, cabin.CodeInvalid)
	_, err = s.db.Reports.TakeOver(t.Context(), elsewhere, []int64{7}, s.staff.PersonID, "x")
	wantCode(t, "of another desk", err, cabin.CodeConflict)
	n, err := s.db.Reports.TakeOver(t.Context(), second, stations, s.staff.PersonID, "小赵这周请假")
	if err != nil || n != 2 {
		t.Fatalf("%d, %v", n, err)
	}
	if got := s.titles(t, s.staff); !strings.Contains(got, "接手了您经办的2 件反映") && !strings.Contains(got, "接手了您经办的 2 件反映") {
		t.Errorf("the colleague is told %q", got)
	}
	if got := held(s.staff, mysql.QueueWaiting); len(got) != 0 {
		t.Errorf("still %v", got)
	}
	_, err = s.db.Reports.TakeOver(t.Context(), second, stations, s.staff.PersonID, "再来")
	wantCode(t, "nothing left", err, cabin.CodeConflict)
	list, err := s.db.Reports.Colleagues(t.Context(), stations)
	if err != nil || len(list) != 2 || list[0].ID != second.PersonID || list[0].Open != 3 {
		t.Errorf("%+v, %v", list, err)
	}
	// It ends with the report, or when it is given back.
	if err := s.db.Reports.Release(t.Context(), second, ids[0]); err != nil {
		t.Fatal(err)
	}
	s.moveReport(t, s.residents[0], ids[1], cabin.ReportWithdraw, cabin.Input{})
	wantCode(t, "a closed one", s.db.Reports.Hold(t.Context(), second, ids[1], "x"), cabin.CodeConflict)
	if n := s.count(t, `SELECT COUNT(*) FROM report_holders`); n != 1 {
		t.Errorf("%d held", n)
	}
	if n := s.count(t, `SELECT COUNT(*) FROM audit WHERE action = 'report.take_over'`); n != 3 {
		t.Errorf("%d in the audit", n)
	}
}
