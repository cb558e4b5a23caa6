package mysql_test

import (
	"testing"
	"time"

	"warmcabin/server/cabin"
	"warmcabin/server/mysql"
)

func TestQuickTextsAreTheOffices(t *testing.T) {
	t.Parallel()
	s := newStreet(t, 0)
	admin := s.person(t, "admin", cabin.Grant{Role: cabin.Admin})
	list := func() []cabin.QuickText {
		t.Helper()
		all, err := s.db.QuickTexts.List(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return all
	}
	before := list()
	if len(before) == 0 {
		t.Fatal("a new street has no quick texts")
	}
	q := cabin.QuickText{Command: cabin.ReportReturn, Label: "楼号", Text: "请写明是〔几号楼〕，我们好派人去看。"}
	if err := s.db.QuickTexts.Save(t.Context(), admin, q, nil); err != nil {
		t.Fatal(err)
	}
	var mine cabin.QuickText
	for _, x := range list() {
		if x.Label == "楼号" {
			mine = x
		}
	}
	if mine.ID == 0 || mine.UpdatedAt == nil {
		t.Fatalf("%+v", mine)
	}
	s.clock.Advance(time.Minute)
	seen := mine.UpdatedAt
	mine.Text = "请写明是〔几号楼几单元〕。"
	if err := s.db.QuickTexts.Save(t.Context(), admin, mine, seen); err != nil {
		t.Fatal(err)
	}
	if err := s.db.QuickTexts.Save(t.Context(), admin, mine, seen); cabin.CodeOf(err) != cabin.CodeConflict {
		t.Errorf("with what was seen before: %v", err)
	}
	for range 2 {
		if err := s.db.QuickTexts.Close(t.Context(), admin, mine.ID); err != nil {
			t.Fatal(err)
		}
	}
	if len(list()) != len(before) {
		t.Errorf("%d in use, want %d", len(list()), len(before))
	}
	if err := s.db.QuickTexts.Save(t.Context(), admin, mine, nil); cabin.CodeOf(err) != cabin.CodeNotFound {
		t.Errorf("a closed one: %v", err)
	}
	if n := s.count(t, `SELECT COUNT(*) FROM audit WHERE object_kind = 'quick_text'`); n != 3 {
		t.Errorf("%d audit rows, want 3", n)
	}
	for i := 0; ; i++ {
		q.Label = string(rune('甲' + i))
		if err := s.db.QuickTexts.Save(t.Context(), admin, q, nil); cabin.CodeOf(err) == cabin.CodeLimitReached {
			break
		} else if err != nil || i > 20 {
			t.Fatal(i, err)
		}
	}
}

func TestAnOldMatterShowsTheDepartmentOfThen(t *testing.T) {
	t.Parallel()
	s := newStreet(t, 1)
	admin := s.person(t, "admin", cabin.Grant{Role: cabin.Admin})
	handler := s.person(t, "handler", cabin.Grant{Role: cabin.Department, ScopeID: 1})
	over, open := s.brought(t, s.residents[0], 0, "over"), s.brought(t, s.residents[0], 0, "open")
	for _, id := range []int64{over, open} {
		s.moveReport(t, s.staff, id, cabin.ReportAccept, cabin.Input{})
		s.moveReport(t, s.staff, id, cabin.ReportDispatch, dispatch)
		s.moveReport(t, handler, id, cabin.ReportTake, cabin.Input{})
	}
	s.moveReport(t, handler, over, cabin.ReportResolve, cabin.Input{Outcome: cabin.Fixed, Note: "已经疏通了"})
	s.moveReport(t, s.residents[0], over, cabin.ReportRate, cabin.Input{Stars: 5})
	s.clock.Advance(24 * time.Hour)
	rename := func(name string) error {
		_, err := s.db.Departments.Save(t.Context(), mysql.Key{}, admin, cabin.Named{ID: 1, Name: name})
		return err
	}
	for _, name := range []string{"综合执法队", "综合执法队", "城市管理科"} { // the second changes nothing
		if err := rename(name); err != nil {
			t.Fatal(err)
		}
		s.clock.Advance(time.Hour)
	}
	if n := s.count(t, `SELECT COUNT(*) FROM name_versions`); n != 2 {
		t.Errorf("%d former names, want 2", n)
	}
	for id, want := range map[int64]string{over: "城管科", open: "城市管理科"} {
		r, _, err := s.db.Reports.Get(t.Context(), s.staff, id)
		if err != nil {
			t.Fatal(err)
		}
		if r.NameThen(s.db.Names()); r.DepartmentName != want {
			t.Errorf("%s: %s, want %s", r.State, r.DepartmentName, want)
		}
	}
	former, err := s.db.Former(t.Context(), cabin.NamedDepartment, 1)
	if err != nil || len(former) != 2 || former[0].Name != "综合执法队" || former[1].Name != "城管科" {
		t.Errorf("%+v %v", former, err)
	}
}
