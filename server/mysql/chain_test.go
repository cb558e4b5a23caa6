package mysql_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"warmcabin/server/cabin"
	"warmcabin/server/mysql"
)

func (s *street) verify(t testing.TB) mysql.Verification {
	t.Helper()
	v, err := s.db.Reports.Verify(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// Whatever is changed in the database behind the product's back is found, and where.
func TestTampering(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		sql  string
		seq  int
		what string
	}{
		"the reporter's words":     {`UPDATE reports SET body = '没有积水' WHERE id = 1`, 1, "文字"},
		"an office's words":        {`UPDATE report_events SET note = '早就修好了' WHERE report_id = 1 AND seq = 5`, 5, "文字"},
		"when it happened":         {`UPDATE report_events SET at = at - INTERVAL 3 DAY WHERE report_id = 1 AND seq = 4`, 4, "改动"},
		"who did it":               {`UPDATE report_events SET actor_role = 'resident' WHERE report_id = 1 AND seq = 5`, 5, "改动"},
		"an event in the middle":   {`DELETE FROM report_events WHERE report_id = 1 AND seq = 3`, 3, "少了"},
		"the last event":           {`DELETE FROM report_events WHERE report_id = 1 AND seq = 5`, 0, "结尾"},
		"the last and the length":  {`DELETE e FROM report_events e WHERE report_id = 1 AND seq = 5; UPDATE reports SET chain_length = 4 WHERE id = 1`, 0, "结尾"},
		"two that change places":   {`UPDATE report_events SET seq = 7 - seq WHERE report_id = 1 AND seq IN (3, 4)`, 3, "少了"},
		"a photo that was taken":   {`DELETE FROM photos WHERE report_id = 1`, 1, "照片"},
		"another digest with salt": {`UPDATE report_events SET note = 'x', digest = UNHEX(SHA2('x', 256)) WHERE report_id = 1 AND seq = 5`, 5, "改动"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStreet(t, 2)
			handler := s.person(t, "dept", cabin.Grant{Role: cabin.Department, ScopeID: 1})
			m := s.reported(t, s.residents[0], "m", s.photo(t, s.residents[0]), s.photo(t, s.residents[0]))
			s.reported(t, s.residents[1], "other")
			s.moveReport(t, s.staff, m.ID, cabin.ReportAccept, cabin.Input{})
			s.moveReport(t, s.staff, m.ID, cabin.ReportDispatch, dispatch)
			s.moveReport(t, handler, m.ID, cabin.ReportTake, cabin.Input{})
			s.moveReport(t, handler, m.ID, cabin.ReportProgress, cabin.Input{Note: "正在疏通"})
			if v := s.verify(t); len(v.Faults) != 0 || v.Reports != 2 || v.Events != 6 || v.Unchained != 0 {
				t.Fatalf("untouched: %+v", v)
			}
			for _, q := range strings.Split(c.sql, "; ") {
				s.exec(t, q)
			}
			v := s.verify(t)
			if len(v.Faults) != 1 || v.Faults[0].Number != m.Number() || v.Faults[0].Seq != c.seq || !strings.Contains(v.Faults[0].What, c.what) {
				t.Errorf("%+v", v.Faults)
			}
		})
	}
}

// Words that go with their person leave the chain whole; a receipt of any step still holds.
func TestChainWithoutWords(t *testing.T) {
	t.Parallel()
	s := newStreet(t, 1)
	m := s.reported(t, s.residents[0], "m")
	early := cabin.ReceiptCode(m.Head)
	var wg sync.WaitGroup
	for i := range 6 { // several at one moment make one chain
		wg.Go(func() {
			_, _ = s.db.Reports.Command(t.Context(), s.residents[0], m.ID, cabin.ReportAdd, cabin.Input{Note: fmt.Sprint("又下雨了，第", i, "次")})
		})
	}
	wg.Wait()
	if v := s.verify(t); len(v.Faults) != 0 || v.Events != 7 {
		t.Fatalf("%+v", v)
	}
	s.exec(t, `UPDATE report_events SET note = '', salt = NULL WHERE report_id = ?`, m.ID)
	s.exec(t, `UPDATE reports SET body = '（反映人已删除）', place_text = '' WHERE id = ?`, m.ID)
	if v := s.verify(t); len(v.Faults) != 0 || v.Deleted != 7 {
		t.Errorf("%+v", v)
	}
	for code, want := range map[string]bool{early: true, strings.ToLower(strings.ReplaceAll(early, "-", " ")): true, "0000-0000-0000-0000": false, "": false} {
		found, whole, err := s.db.Reports.Receipt(t.Context(), m.ID, code)
		if err != nil || found != want || !whole {
			t.Errorf("%q: %v %v %v", code, found, whole, err)
		}
	}
	s.exec(t, `DELETE FROM report_events WHERE report_id = ? ORDER BY id DESC LIMIT 1`, m.ID)
	if found, whole, _ := s.db.Reports.Receipt(t.Context(), m.ID, early); !found || whole {
		t.Errorf("a tail that was cut off: %v %v", found, whole)
	}
}

// A report from before there were chains is chained from its next event on.
func TestChainBeginsLate(t *testing.T) {
	t.Parallel()
	s := newStreet(t, 1)
	m := s.reported(t, s.residents[0], "m")
	s.exec(t, `UPDATE report_events SET seq = 0, salt = NULL, digest = NULL, hash = NULL`)
	s.exec(t, `UPDATE reports SET chain_length = 0, head = NULL`)
	if v := s.verify(t); len(v.Faults) != 0 || v.Unchained != 1 || v.Events != 0 {
		t.Errorf("%+v", v)
	}
	s.moveReport(t, s.staff, m.ID, cabin.ReportAccept, cabin.Input{})
	if v := s.verify(t); len(v.Faults) != 0 || v.Unchained != 0 || v.Events != 1 {
		t.Errorf("%+v", v)
	}
}

// resolvedWithPair is a report whose result has a photo of the place before and one after.
func (s *street) resolvedWithPair(t testing.TB) (m *cabin.Report, before, after string) {
	t.Helper()
	handler := s.person(t, "dept", cabin.Grant{Role: cabin.Department, ScopeID: 1})
	m = s.reported(t, s.residents[0], "m", s.photo(t, s.residents[0]))
	s.moveReport(t, s.staff, m.ID, cabin.ReportAccept, cabin.Input{})
	s.moveReport(t, s.staff, m.ID, cabin.ReportDispatch, dispatch)
	s.moveReport(t, handler, m.ID, cabin.ReportTake, cabin.Input{})
	before, after = s.photo(t, handler), s.photo(t, handler)
	m = s.moveReport(t, handler, m.ID, cabin.ReportResolve, cabin.Input{Outcome: cabin.Fixed, Note: "已经疏通", PhotoIDs: []string{before, after}, BeforeIDs: []string{before}, AfterIDs: []string{after}})
	return m, before, after
}

// What a photo shows of a result, before or after, cannot be changed behind the product's back;
// in a chain from before that was chained it is said that it could be.
func TestWhatAPhotoShowsIsChained(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		sql string
		seq int
	}{
		"before and after change places": {`UPDATE photos SET stage = IF(stage = 'before', 'after', 'before') WHERE stage <> ''`, 5},
		"a result's photo shows nothing": {`UPDATE photos SET stage = '' WHERE stage = 'after'`, 5},
		"the reporter's shows a result":  {`UPDATE photos SET stage = 'after' WHERE stage = ''`, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStreet(t, 1)
			m, _, _ := s.resolvedWithPair(t)
			if v := s.verify(t); len(v.Faults) != 0 || v.Events != 5 || v.Unstaged != 0 {
				t.Fatalf("untouched: %+v", v)
			}
			receipt := cabin.ReceiptCode(m.Head)
			s.exec(t, c.sql)
			if v := s.verify(t); len(v.Faults) != 1 || v.Faults[0].Seq != c.seq || !strings.Contains(v.Faults[0].What, "照片") {
				t.Errorf("%+v", v.Faults)
			}
			if found, whole, err := s.db.Reports.Receipt(t.Context(), m.ID, receipt); err != nil || !found || whole {
				t.Errorf("the receipt says %v %v %v", found, whole, err)
			}
		})
	}
}

// TestChainsOfTheFirstForm: events that were chained by the ids of their photos alone hold.
func TestChainsOfTheFirstForm(t *testing.T) {
	t.Parallel()
	s := newStreet(t, 1)
	m, before, after := s.resolvedWithPair(t)
	var salt, prev []byte
	var text, note string
	link := cabin.Link{ReportID: m.ID, Seq: 5}
	if err := s.x.QueryRow(`SELECT at, actor_role, command, from_state, to_state, text, note, salt, (SELECT hash FROM report_events WHERE report_id = ? AND seq = 4)
		FROM report_events WHERE report_id = ? AND seq = 5`, m.ID, m.ID).Scan(&link.At, &link.Role, &link.Command, &link.From, &link.To, &text, &note, &salt, &prev); err != nil {
		t.Fatal(err)
	}
	link.Digest = cabin.FirstEventDigest(salt, text, note, "", "", []cabin.ChainedPhoto{{ID: before}, {ID: after}})
	head := link.Hash(prev)
	s.exec(t, `UPDATE report_events SET digest = ?, hash = ? WHERE report_id = ? AND seq = 5`, link.Digest, head, m.ID)
	s.exec(t, `UPDATE reports SET head = ? WHERE id = ?`, head, m.ID)
	if v := s.verify(t); len(v.Faults) != 0 || v.Events != 5 || v.Unstaged != 1 {
		t.Fatalf("%+v", v)
	}
	s.moveReport(t, s.residents[0], m.ID, cabin.ReportRate, cabin.Input{Stars: 5})
	if v := s.verify(t); len(v.Faults) != 0 || v.Events != 6 || v.Unstaged != 1 {
		t.Errorf("and goes on: %+v", v)
	}
	s.exec(t, `DELETE FROM photos WHERE id = ?`, after)
	if v := s.verify(t); len(v.Faults) != 1 || v.Faults[0].Seq != 5 {
		t.Errorf("a photo that was taken: %+v", v.Faults)
	}
}
