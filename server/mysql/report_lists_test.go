package mysql_test

import (
	"fmt"
	"sync"
	"testing"

	"warmcabin/server/cabin"
	"warmcabin/server/mysql"
)

// A page's marks change with its rows and names, and with nothing else.
func TestMarks(t *testing.T) {
	t.Parallel()
	s := newStreet(t, 2)
	r := s.reported(t, s.residents[0], "m")
	mine := mysql.MyReports(s.residents[0].PersonID, 0, 20)
	desk := mysql.StationReports([]int64{1, 2}, mysql.QueueWaiting, mysql.Page{Limit: 20})
	read := func(l mysql.ReportList) mysql.Marks {
		t.Helper()
		_, marks, err := s.db.Reports.ReadMarked(t.Context(), l)
		now, err2 := s.db.Reports.Marks(t.Context(), l)
		if err != nil || err2 != nil || !marks.Same(now) {
			t.Fatalf("read with a page %+v, %v, and alone %+v, %v", marks, err, now, err2)
		}
		return now
	}
	before := [2]mysql.Marks{read(mine), read(desk)}
	for _, step := range []struct {
		what       string
		do         func()
		mine, desk bool // what changes
	}{
		{"nothing", func() {}, false, false},
		{"another resident's report", func() { s.reported(t, s.residents[1], "other") }, false, true},
		{"an event that leaves the state", func() {
			s.moveReport(t, s.residents[0], r.ID, cabin.ReportAdd, cabin.Input{Note: "还有一处"})
		}, true, true},
		{"whom it is about", func() {
			if err := s.db.Reports.MarkSubjects(t.Context(), s.staff, r.ID, []cabin.Subject{{Department: true, ID: 2}}); err != nil {
				t.Fatal(err)
			}
		}, true, true},
		{"a hand in the database", func() { s.exec(t, `UPDATE reports SET body = '改了' WHERE id = ?`, r.ID) }, true, true},
		{"a category's name", func() { s.exec(t, `UPDATE categories SET name = '路面积水'`); s.db.ForgetNames() }, true, true},
		{"names read again", func() { s.db.ForgetNames() }, false, false},
		{"dispatched", func() {
			s.moveReport(t, s.staff, r.ID, cabin.ReportAccept, cabin.Input{})
			s.moveReport(t, s.staff, r.ID, cabin.ReportDispatch, dispatch)
		}, true, true},
		{"in the department's hands", func() {
			s.moveReport(t, s.person(t, "dept", cabin.Grant{Role: cabin.Department, ScopeID: 1}), r.ID, cabin.ReportTake, cabin.Input{})
		}, true, false},
	} {
		step.do()
		after := [2]mysql.Marks{read(mine), read(desk)}
		for i, want := range []bool{step.mine, step.desk} {
			if after[i].Same(before[i]) == want {
				t.Errorf("%s: list %d changed: %v", step.what, i, !want)
			}
		}
		before = after
	}
	if m := read(mysql.StationReports(nil, mysql.QueueWaiting, mysql.Page{Limit: 20})); !m.Same(read(mysql.StationReports([]int64{0}, mysql.QueueClosed, mysql.Page{Limit: 20}))) {
		t.Error("a list of nothing has marks")
	}
}

// TestMarksTogether: many lists asked for at one moment, some of them the same, each get
// their own marks, and what was just written is in them.
func TestMarksTogether(t *testing.T) {
	t.Parallel()
	s := newStreet(t, 10)
	second, probe := s.probed(t)
	second.Presets()
	var all sync.WaitGroup
	for i, who := range s.residents {
		all.Go(func() {
			list := mysql.MyReports(who.PersonID, 0, 5)
			if i%2 == 1 {
				list = mysql.StationReports([]int64{1, 2}, mysql.QueueWaiting, mysql.Page{Limit: 50})
			}
			last, err := second.Reports.Marks(t.Context(), list)
			if err != nil {
				t.Error(err)
				return
			}
			for n := range 5 {
				s.reported(t, who, fmt.Sprint("n", n))
				now, err := second.Reports.Marks(t.Context(), list)
				if err != nil || now.Same(last) {
					t.Errorf("%d: the list is as before the %d. report, %v", i, n+1, err)
				}
				if _, whole, err := second.Reports.ReadMarked(t.Context(), list); i%2 == 0 && (err != nil || !whole.Same(now)) {
					t.Errorf("%d: somebody else's marks, %v", i, err)
				}
				last = now
			}
		})
	}
	all.Wait()
	probe.Queries()
	marks, err := second.Reports.Marks(t.Context(), mysql.MyReports(s.residents[0].PersonID, 0, 5))
	if n := len(probe.Queries()); err != nil || n > 2 || marks.Same(mysql.Marks{}) { // the names once a second
		t.Errorf("%d trips for a page's marks, %v", n, err)
	}
}
