package mysql_test

import (
	"testing"
	"time"

	"warmcabin/server/cabin"
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
