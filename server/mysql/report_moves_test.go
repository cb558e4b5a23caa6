package mysql_test

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"warmcabin/server/cabin"
	"warmcabin/server/mysql"
)

// refusedMove wants a command refused with code and leaves nothing behind.
func (s *street) refusedMove(t testing.TB, actor cabin.Actor, id int64, c cabin.ReportCommand, in cabin.Input, code cabin.Code) {
	t.Helper()
	before := s.count(t, `SELECT COUNT(*) FROM report_events`)
	_, err := s.db.Reports.Command(t.Context(), actor, id, c, in)
	wantCode(t, string(c), err, code)
	if after := s.count(t, `SELECT COUNT(*) FROM report_events`); after != before {
		t.Errorf("%s was refused and wrote %d events", c, after-before)
	}
}

// Two departments: one helps, sees no name, finishes its part or sends it back.
func TestTwoDepartments(t *testing.T) {
	t.Parallel()
	s := newStreet(t, 1)
	main := s.person(t, "main", cabin.Grant{Role: cabin.Department, ScopeID: 1})
	helps := s.person(t, "helps", cabin.Grant{Role: cabin.Department, ScopeID: 2})
	m := s.reported(t, s.residents[0], "m")
	s.moveReport(t, s.staff, m.ID, cabin.ReportAccept, cabin.Input{})
	s.refusedMove(t, s.staff, m.ID, cabin.ReportDispatch, cabin.Input{DepartmentID: 1, HelperIDs: []int64{1}}, cabin.CodeInvalid)
	s.refusedMove(t, s.staff, m.ID, cabin.ReportDispatch, cabin.Input{DepartmentID: 1, HelperIDs: []int64{2, 2}}, cabin.CodeInvalid)
	s.refusedMove(t, s.staff, m.ID, cabin.ReportDispatch, cabin.Input{DepartmentID: 1, HelperIDs: []int64{99}}, cabin.CodeInvalid)
	m = s.moveReport(t, s.staff, m.ID, cabin.ReportDispatch, cabin.Input{DepartmentID: 1, HelperIDs: []int64{2}, Days: 5})
	if len(m.Parts) != 1 || m.Parts[0].DepartmentName != "物业办" || m.Parts[0].State != cabin.PartAsked {
		t.Fatalf("%+v", m.Parts)
	}
	if got := s.titles(t, helps); !strings.Contains(got, "交办给您") {
		t.Errorf("the helping department is told %q", got)
	}
	list, err := s.db.Reports.Helped(t.Context(), []int64{2}, mysql.QueueHelping, 0, 20)
	if err != nil || len(list) != 1 || list[0].ReporterName != "" || len(list[0].Parts) != 1 {
		t.Errorf("%+v, %v", list, err)
	}
	s.moveReport(t, main, m.ID, cabin.ReportTake, cabin.Input{})
	s.refusedMove(t, helps, m.ID, cabin.ReportResolve, cabin.Input{Outcome: cabin.Fixed, Note: "好了"}, cabin.CodeForbidden)
	m = s.moveReport(t, helps, m.ID, cabin.ReportProgress, cabin.Input{Note: "通知了物业"})
	if m.ReporterName != "" || m.State != cabin.InProgress {
		t.Errorf("%+v", m)
	}
	m = s.moveReport(t, helps, m.ID, cabin.ReportSendBack, cabin.Input{Reason: "不在我们小区"})
	if m.State != cabin.InProgress || m.DepartmentID != 1 || m.Parts[0].State != cabin.PartSentBack {
		t.Errorf("a helping department took the matter with it: %+v", m)
	}
	s.refusedMove(t, helps, m.ID, cabin.ReportProgress, cabin.Input{Note: "还来"}, cabin.CodeNotFound)
	if list, err = s.db.Reports.Helped(t.Context(), []int64{2}, mysql.QueueHelping, 0, 20); err != nil || len(list) != 0 {
		t.Errorf("sent back and still asked: %d, %v", len(list), err)
	}
	s.moveReport(t, main, m.ID, cabin.ReportResolve, cabin.Input{Outcome: cabin.Fixed, Note: "疏通了"})
	m = s.moveReport(t, s.residents[0], m.ID, cabin.ReportRefuse, cabin.Input{Reason: "还积水"})
	if m.Parts[0].State != cabin.PartSentBack {
		t.Errorf("reopened, and asked again of whom it never was: %+v", m.Parts)
	}
	if got := s.count(t, `SELECT COUNT(*) FROM report_parts`); got != 1 {
		t.Errorf("%d parts", got)
	}
}

// Who helped reads on when its part is done, to the matter's end: no name, no phone, nothing
// to move; and is asked again, and told, when the matter comes back.
func TestWhoHelpedReadsOn(t *testing.T) {
	t.Parallel()
	s := newStreet(t, 1)
	main := s.person(t, "main", cabin.Grant{Role: cabin.Department, ScopeID: 1})
	helps := s.person(t, "helps", cabin.Grant{Role: cabin.Department, ScopeID: 2})
	m := s.reported(t, s.residents[0], "m")
	s.moveReport(t, s.staff, m.ID, cabin.ReportAccept, cabin.Input{})
	s.moveReport(t, s.staff, m.ID, cabin.ReportDispatch, cabin.Input{DepartmentID: 1, HelperIDs: []int64{2}, Days: 5})
	s.moveReport(t, main, m.ID, cabin.ReportTake, cabin.Input{})
	lists := func(want ...int) {
		t.Helper()
		for i, q := range []mysql.Queue{mysql.QueueHelping, mysql.QueueHelped} {
			if list, err := s.db.Reports.Helped(t.Context(), []int64{2}, q, 0, 20); err != nil || len(list) != want[i] {
				t.Errorf("%s: %d reports, want %d, %v", q, len(list), want[i], err)
			}
		}
	}
	reads := func(last string) {
		t.Helper()
		r, events, err := s.db.Reports.Get(t.Context(), helps, m.ID)
		if err != nil {
			t.Fatal(err)
		}
		if r.ReporterName != "" || len(r.Openings) != 0 || len(r.Actions(helps)) != 0 || !strings.Contains(events[0].Text, last) {
			t.Errorf("%s: %+v, last %q", last, r, events[0].Text)
		}
		if _, err := s.db.Reports.OpenContact(t.Context(), helps, m.ID, "核实"); cabin.CodeOf(err) != cabin.CodeForbidden {
			t.Errorf("%s: opens the contact: %v", last, err)
		}
	}
	lists(1, 0)
	s.moveReport(t, helps, m.ID, cabin.ReportPartDone, cabin.Input{Note: "通知了物业"})
	lists(0, 1)
	reads("协办的部分已办好")
	s.refusedMove(t, helps, m.ID, cabin.ReportProgress, cabin.Input{Note: "还来"}, cabin.CodeForbidden)
	s.moveReport(t, main, m.ID, cabin.ReportResolve, cabin.Input{Outcome: cabin.Fixed, Note: "疏通了"})
	reads("已办结")
	s.moveReport(t, s.residents[0], m.ID, cabin.ReportRefuse, cabin.Input{Reason: "还积水"})
	lists(1, 0)
	if got := s.titles(t, helps); !strings.Contains(got, "还没解决") {
		t.Errorf("it came back, and who helped is told %q", got)
	}
	s.moveReport(t, main, m.ID, cabin.ReportTake, cabin.Input{})
	s.moveReport(t, main, m.ID, cabin.ReportResolve, cabin.Input{Outcome: cabin.Fixed, Note: "换了管道"})
	s.moveReport(t, s.residents[0], m.ID, cabin.ReportRate, cabin.Input{Stars: 5})
	lists(0, 1)
	reads("5 星")
}

// The clock stands while the reporter is asked, and only then; it goes on by itself.
func TestAskingStopsTheClock(t *testing.T) {
	t.Parallel()
	s := newStreet(t, 1)
	handler := s.person(t, "dept", cabin.Grant{Role: cabin.Department, ScopeID: 1})
	m := s.reported(t, s.residents[0], "m")
	s.moveReport(t, s.staff, m.ID, cabin.ReportAccept, cabin.Input{})
	due := *s.moveReport(t, s.staff, m.ID, cabin.ReportDispatch, dispatch).DueAt
	s.moveReport(t, handler, m.ID, cabin.ReportTake, cabin.Input{})
	m = s.moveReport(t, handler, m.ID, cabin.ReportAsk, cabin.Input{Reason: "哪个路口？"})
	if m.Waiting != cabin.WaitingResident || m.Light(monday, cabin.DefaultPresets()) != "" || m.PausedAt == nil {
		t.Errorf("%+v", m)
	}
	s.refusedMove(t, s.staff, m.ID, cabin.ReportAsk, cabin.Input{Reason: "再问"}, cabin.CodeConflict)
	s.refusedMove(t, s.staff, m.ID, cabin.ReportUrge, cabin.Input{}, cabin.CodeConflict)
	s.clock.Set(monday.Add(24 * time.Hour)) // eight hours of office time
	m = s.moveReport(t, s.residents[0], m.ID, cabin.ReportReply, cabin.Input{Note: "东边的"})
	if want := (cabin.Calendar{}).AddWorkingTime(due, 8*time.Hour); !m.DueAt.Equal(want) || m.Waiting != cabin.WaitingDepartment || m.PausedAt != nil {
		t.Errorf("due %s, want %s; %+v", m.DueAt, want, m)
	}
	s.moveReport(t, handler, m.ID, cabin.ReportAsk, cabin.Input{Reason: "几点？"})
	s.clock.Advance(7 * 24 * time.Hour)
	for range 3 { // reminded halfway, then no longer waited for
		if _, err := s.db.Reports.Due(t.Context(), 50); err != nil {
			t.Fatal(err)
		}
	}
	if m, _, _ = s.db.Reports.Get(t.Context(), s.staff, m.ID); m.PausedAt != nil || m.Waiting != cabin.WaitingDepartment || !m.DueAt.After(s.clock.Now()) {
		t.Errorf("nobody answered for seven days: %+v", m)
	}
	if got := s.titles(t, s.residents[0]); strings.Count(got, "想问您一个问题") != 3 {
		t.Errorf("asked twice and reminded once: %q", got)
	}
}

// A department asks for time; the desk grants it or not; the reporter is told when it is.
func TestMoreTime(t *testing.T) {
	t.Parallel()
	s := newStreet(t, 1)
	handler := s.person(t, "dept", cabin.Grant{Role: cabin.Department, ScopeID: 1})
	m := s.reported(t, s.residents[0], "m")
	s.moveReport(t, s.staff, m.ID, cabin.ReportAccept, cabin.Input{})
	s.moveReport(t, s.staff, m.ID, cabin.ReportDispatch, dispatch)
	due := *s.moveReport(t, handler, m.ID, cabin.ReportTake, cabin.Input{}).DueAt
	s.refusedMove(t, handler, m.ID, cabin.ReportAskTime, cabin.Input{Reason: "要占道手续"}, cabin.CodeInvalid)
	s.refusedMove(t, s.staff, m.ID, cabin.ReportGrantTime, cabin.Input{}, cabin.CodeConflict)
	s.moveReport(t, handler, m.ID, cabin.ReportAskTime, cabin.Input{Reason: "要占道手续", Days: 3})
	m = s.moveReport(t, s.staff, m.ID, cabin.ReportDenyTime, cabin.Input{Reason: "先抽水"})
	if !m.DueAt.Equal(due) || m.ExtendDays != 0 {
		t.Errorf("refused: %+v", m)
	}
	s.moveReport(t, handler, m.ID, cabin.ReportAskTime, cabin.Input{Reason: "要占道手续", Days: 3})
	m = s.moveReport(t, s.staff, m.ID, cabin.ReportGrantTime, cabin.Input{})
	if want := (cabin.Calendar{}).EndOfWorkday(due, 3); !m.DueAt.Equal(want) {
		t.Errorf("due %s, want %s", m.DueAt, want)
	}
	if got := s.titles(t, s.residents[0]); !strings.Contains(got, "延期了") {
		t.Errorf("the reporter is told %q", got)
	}
}

// The desk gives more time by itself, with a reason that the reporter reads; what is over by then
// gets it from now on. A second one who saw the old deadline is told, and gives none again.
func TestTheDeskGivesMoreTime(t *testing.T) {
	t.Parallel()
	s := newStreet(t, 1)
	handler := s.person(t, "dept", cabin.Grant{Role: cabin.Department, ScopeID: 1})
	m := s.reported(t, s.residents[0], "m")
	s.moveReport(t, s.staff, m.ID, cabin.ReportAccept, cabin.Input{})
	m = s.moveReport(t, s.staff, m.ID, cabin.ReportDispatch, dispatch)
	due, seen := *m.DueAt, m.Version()
	more := cabin.Input{Reason: "要等占道手续", Days: 3, Seen: seen}
	s.refusedMove(t, s.staff, m.ID, cabin.ReportExtend, cabin.Input{Reason: "要等占道手续"}, cabin.CodeInvalid)
	s.refusedMove(t, s.staff, m.ID, cabin.ReportExtend, cabin.Input{Days: 3}, cabin.CodeInvalid)
	s.refusedMove(t, handler, m.ID, cabin.ReportExtend, more, cabin.CodeForbidden)
	s.refusedMove(t, s.residents[0], m.ID, cabin.ReportExtend, more, cabin.CodeForbidden)
	other := s.person(t, "colleague", cabin.Grant{Role: cabin.Staff, ScopeID: 1})
	codes := together(
		func() error {
			_, err := s.db.Reports.Command(t.Context(), s.staff, m.ID, cabin.ReportExtend, more)
			return err
		},
		func() error {
			_, err := s.db.Reports.Command(t.Context(), other, m.ID, cabin.ReportExtend, more)
			return err
		})
	if n := tally(codes); n[""] != 1 || n[cabin.CodeConflict] != 1 {
		t.Errorf("two at once: %v", n)
	}
	if m, _, _ = s.db.Reports.Get(t.Context(), s.staff, m.ID); !m.DueAt.Equal(cabin.Calendar{}.EndOfWorkday(due, 3)) || m.State != cabin.Dispatched {
		t.Errorf("%s, due %s after %s", m.State, m.DueAt, due)
	}
	for who, want := range map[int64]string{s.residents[0].PersonID: "延期了", handler.PersonID: "期限延到"} {
		if got := s.titles(t, cabin.Actor{PersonID: who}); strings.Count(got, want) != 1 {
			t.Errorf("%d is told %q", who, got)
		}
	}
	s.clock.Advance(30 * 24 * time.Hour) // long over
	if m = s.moveReport(t, s.staff, m.ID, cabin.ReportExtend, cabin.Input{Reason: "材料到了，这周动工", Days: 5}); !m.DueAt.Equal(cabin.Calendar{}.EndOfWorkday(s.clock.Now(), 5)) {
		t.Errorf("what was over is due %s", m.DueAt)
	}
	s.moveReport(t, s.staff, m.ID, cabin.ReportAsk, cabin.Input{Reason: "哪个门？"})
	s.refusedMove(t, s.staff, m.ID, cabin.ReportExtend, cabin.Input{Reason: "再等等", Days: 1}, cabin.CodeConflict)
}

// What the list offers to merge into is what may be merged into: as long as somebody still has
// to do something, in whatever state.
func TestWhatIsOfferedMayBeMergedInto(t *testing.T) {
	t.Parallel()
	s := newStreet(t, 2)
	handler := s.person(t, "dept", cabin.Grant{Role: cabin.Department, ScopeID: 1})
	r := s.residents[0]
	type step struct {
		who cabin.Actor
		c   cabin.ReportCommand
		in  cabin.Input
	}
	path := []step{
		{s.staff, cabin.ReportAccept, cabin.Input{}}, {s.staff, cabin.ReportDispatch, dispatch}, {handler, cabin.ReportTake, cabin.Input{}},
		{handler, cabin.ReportResolve, cabin.Input{Outcome: cabin.Fixed, Note: "好了"}}, {r, cabin.ReportRefuse, cabin.Input{Reason: "没好"}},
	}
	offered := map[cabin.ReportState]int64{}
	for n := range len(path) + 1 {
		m := s.reported(t, r, fmt.Sprintf("at-%d", n))
		for _, p := range path[:n] {
			m = s.moveReport(t, p.who, m.ID, p.c, p.in)
		}
		offered[m.State] = m.ID
	}
	m := s.reported(t, r, "returned")
	offered[s.moveReport(t, s.staff, m.ID, cabin.ReportReturn, cabin.Input{Reason: "哪里？"}).State] = m.ID
	m = s.reported(t, r, "rejected")
	offered[s.moveReport(t, s.staff, m.ID, cabin.ReportReject, cabin.Input{Reason: "在打官司"}).State] = m.ID
	for _, state := range cabin.ReportStates {
		id := offered[state]
		if id == 0 {
			t.Fatalf("no report is %s", state)
		}
		twin := s.reported(t, s.residents[1], "twin-"+string(state))
		list, err := s.db.Reports.Alike(t.Context(), s.staff, twin.ID)
		if err != nil {
			t.Fatal(err)
		}
		listed := slices.ContainsFunc(list, func(x *cabin.Report) bool { return x.ID == id })
		_, err = s.db.Reports.Command(t.Context(), s.staff, twin.ID, cabin.ReportMerge, cabin.Input{IntoID: id})
		want := state != cabin.Draft && state != cabin.Resolved && state != cabin.Closed
		if (err == nil) != want || listed != want || err != nil && cabin.CodeOf(err) != cabin.CodeInvalid {
			t.Errorf("%s: listed %v, merging says %v", state, listed, err)
		}
	}
}

// Duplicates go on as one, also when the other was merged before, or merges at the same moment.
func TestMerging(t *testing.T) {
	t.Parallel()
	s := newStreet(t, 3)
	handler := s.person(t, "dept", cabin.Grant{Role: cabin.Department, ScopeID: 1})
	a, b, c := s.reported(t, s.residents[0], "a"), s.reported(t, s.residents[1], "b"), s.reported(t, s.residents[2], "c")
	into := func(id int64) cabin.Input { return cabin.Input{IntoID: id} }
	s.refusedMove(t, s.staff, a.ID, cabin.ReportMerge, into(a.ID), cabin.CodeInvalid)
	s.refusedMove(t, s.staff, a.ID, cabin.ReportMerge, into(9999), cabin.CodeInvalid)
	s.refusedMove(t, s.residents[0], a.ID, cabin.ReportMerge, into(b.ID), cabin.CodeForbidden)
	a2 := s.moveReport(t, s.staff, a.ID, cabin.ReportMerge, into(b.ID))
	if a2.State != cabin.Closed || a2.MergedInto != b.ID || a2.Waiting != cabin.WaitingNobody || a2.StateName() != "一起办理" {
		t.Errorf("%+v", a2)
	}
	s.refusedMove(t, s.staff, b.ID, cabin.ReportMerge, into(a.ID), cabin.CodeInvalid) // would be itself
	s.moveReport(t, s.staff, b.ID, cabin.ReportMerge, into(c.ID))
	if got := s.count(t, `SELECT COUNT(*) FROM reports WHERE merged_into = ?`, c.ID); got != 2 {
		t.Errorf("%d go on with the last one", got)
	}
	late := s.reported(t, s.residents[0], "late")
	if got := s.moveReport(t, s.staff, late.ID, cabin.ReportMerge, into(a.ID)); got.MergedInto != c.ID {
		t.Errorf("merged into one that goes on with another: %+v", got)
	}
	s.refusedMove(t, s.staff, late.ID, cabin.ReportMerge, into(c.ID), cabin.CodeConflict) // over already
	s.moveReport(t, s.staff, c.ID, cabin.ReportAccept, cabin.Input{})
	s.moveReport(t, s.staff, c.ID, cabin.ReportDispatch, dispatch)
	s.moveReport(t, handler, c.ID, cabin.ReportTake, cabin.Input{})
	s.moveReport(t, s.residents[2], c.ID, cabin.ReportAdd, cabin.Input{Note: "我住 3 单元 501"})
	_, events, err := s.db.Reports.Get(t.Context(), s.residents[0], a.ID)
	if err != nil || !slices.ContainsFunc(events, func(e cabin.PastEvent) bool { return strings.Contains(e.Text, "城管科已接收") }) {
		t.Errorf("the first reporter's timeline stops: %+v, %v", events, err)
	}
	if slices.ContainsFunc(events, func(e cabin.PastEvent) bool { return strings.Contains(e.Note, "501") }) {
		t.Error("and tells what another reporter wrote")
	}
	got, events, err := s.db.Reports.Get(t.Context(), s.residents[0], c.ID)
	if err != nil || !got.OnlyFollows(s.residents[0]) || got.Body != "" || got.PlaceText != "3号楼" || got.ReporterName != "" || strings.Contains(fmt.Sprint(events), "501") {
		t.Errorf("another's report, as a neighbour sees it: %+v, %v, %v", got, events, err)
	}
	if n := s.count(t, `SELECT COUNT(*) FROM report_followers WHERE report_id = ? AND via = 'merged'`, c.ID); n != 2 {
		t.Errorf("%d follow the one that goes on", n)
	}
	if got := s.titles(t, s.residents[1]); !strings.Contains(got, "您也遇到的“道路积水”开始办理了") {
		t.Errorf("the second reporter is told %q", got)
	}
}

func TestMergesAtOneMoment(t *testing.T) {
	t.Parallel()
	s := newStreet(t, 2)
	for round := range 10 {
		a := s.reported(t, s.residents[0], "a"+string(rune('a'+round)))
		b := s.reported(t, s.residents[1], "b"+string(rune('a'+round)))
		var wg sync.WaitGroup
		for _, m := range [][2]int64{{a.ID, b.ID}, {b.ID, a.ID}, {a.ID, b.ID}} {
			wg.Go(func() {
				_, err := s.db.Reports.Command(t.Context(), s.staff, m[0], cabin.ReportMerge, cabin.Input{IntoID: m[1]})
				if code := cabin.CodeOf(err); code != "" && code != cabin.CodeConflict && code != cabin.CodeInvalid {
					t.Errorf("%v", err)
				}
			})
		}
		wg.Wait()
		if n := s.count(t, `SELECT COUNT(*) FROM reports WHERE id IN (?, ?) AND merged_into <> 0`, a.ID, b.ID); n != 1 {
			t.Fatalf("%d of two were merged", n)
		}
	}
	if n := s.count(t, `SELECT COUNT(*) FROM reports d JOIN reports m ON m.id = d.merged_into WHERE m.merged_into <> 0`); n != 0 {
		t.Errorf("%d merged into what is merged itself", n)
	}
}

// What neighbours are to see to, their community hears of, in the desk's words and without who reported it.
func TestTheCommunityHearsOfWhatItsNeighboursDo(t *testing.T) {
	t.Parallel()
	s := newStreet(t, 1)
	community := s.person(t, "community", cabin.Grant{Role: cabin.Community, ScopeID: 1})
	other := s.person(t, "other", cabin.Grant{Role: cabin.Community, ScopeID: 2})
	m := s.reported(t, s.residents[0], "m")
	s.exec(t, `UPDATE reports SET community_id = 1 WHERE id = ?`, m.ID)
	s.moveReport(t, s.staff, m.ID, cabin.ReportAccept, cabin.Input{})
	s.moveReport(t, s.staff, m.ID, cabin.ReportHandOver, cabin.Input{Note: "请楼长和志愿者周末一起清走"})
	list, err := s.db.Notices.List(t.Context(), community.PersonID, 0, 20)
	if err != nil || len(list) != 1 || !strings.Contains(list[0].Title, "交给邻里和志愿者一起办") || !strings.Contains(list[0].Body, "请楼长和志愿者周末一起清走") {
		t.Errorf("the community is told %+v, %v", list, err)
	}
	if got := s.titles(t, other); got != "" {
		t.Errorf("another community is told %q", got)
	}
	if m.ReporterName != "" && strings.Contains(fmt.Sprint(list), m.ReporterName) {
		t.Errorf("it names the reporter: %+v", list)
	}
}

// A report that holds two matters becomes two, of one reporter, each with its own clock.
func TestSplitting(t *testing.T) {
	t.Parallel()
	s := newStreet(t, 1)
	s.exec(t, `INSERT INTO categories (id, name, days) VALUES (2, '物业管理', 15)`)
	m := s.reported(t, s.residents[0], "m")
	s.moveReport(t, s.staff, m.ID, cabin.ReportSplit, cabin.Input{Note: "楼道灯也坏了", CategoryID: 2})
	list, err := s.db.Reports.Mine(t.Context(), s.residents[0].PersonID, 0, 20)
	if err != nil || len(list) != 2 {
		t.Fatalf("%d reports, %v", len(list), err)
	}
	other := list[0]
	if other.SplitFrom != m.ID || other.Body != "楼道灯也坏了" || other.CategoryName != "物业管理" || other.State != cabin.Accepted || other.DueAt == nil || other.PlaceText != m.PlaceText {
		t.Errorf("%+v", other)
	}
	if holders, err := s.db.Reports.Holders(t.Context(), []int64{other.ID}); err != nil || holders[other.ID].PersonID != s.staff.PersonID {
		t.Errorf("whoever split it off does not see to it: %+v, %v", holders, err)
	}
	// Each leads to the other, by its number and for those who may open both; a department has one of them.
	handler := s.person(t, "dept", cabin.Grant{Role: cabin.Department, ScopeID: 1})
	s.moveReport(t, s.staff, other.ID, cabin.ReportDispatch, dispatch)
	for _, c := range []struct {
		who      cabin.Actor
		id, want int64
	}{{s.residents[0], m.ID, other.ID}, {s.residents[0], other.ID, m.ID}, {s.staff, m.ID, other.ID}, {s.staff, other.ID, m.ID}, {handler, other.ID, 0}} {
		got, events, err := s.db.Reports.Get(t.Context(), c.who, c.id)
		if err != nil {
			t.Fatal(err)
		}
		splits, err := s.db.Reports.Splits(t.Context(), c.who, got, events)
		if err != nil || (c.want != 0) != (len(splits) == 1) || len(splits) == 1 && splits[0].ID != c.want {
			t.Errorf("%d leads person %d to %+v, %v", c.id, c.who.PersonID, splits, err)
		}
		if c.id == m.ID && !strings.Contains(events[0].Text, other.Number()) {
			t.Errorf("the first one's history says %q", events[0].Text)
		}
	}
	s.refusedMove(t, s.staff, m.ID, cabin.ReportSplit, cabin.Input{Note: "又一件", CategoryID: 77}, cabin.CodeInvalid)
	s.moveReport(t, s.staff, m.ID, cabin.ReportClassify, cabin.Input{CategoryID: 2})
	if got, _, _ := s.db.Reports.Get(t.Context(), s.staff, m.ID); got.CategoryName != "物业管理" {
		t.Errorf("its category is %s", got.CategoryName)
	}
}

// A move whose answer was lost is sent again: it is done once, whatever the report is by
// then. The same words later, or other words, are another move.
func TestMovesSentAgain(t *testing.T) {
	t.Parallel()
	s := newStreet(t, 1)
	s.exec(t, `INSERT INTO categories (id, name, days) VALUES (2, '物业管理', 15)`)
	handler := s.person(t, "handler", cabin.Grant{Role: cabin.Department, ScopeID: 1})
	m := s.reported(t, s.residents[0], "m")
	events := func() int {
		return s.count(t, fmt.Sprintf(`SELECT COUNT(*) FROM report_events WHERE report_id = %d`, m.ID))
	}
	twice := func(actor cabin.Actor, c cabin.ReportCommand, in cabin.Input) {
		t.Helper()
		before, told := events(), s.count(t, `SELECT COUNT(*) FROM outbox`)
		s.moveReport(t, actor, m.ID, c, in)
		once := s.count(t, `SELECT COUNT(*) FROM outbox`)
		s.moveReport(t, actor, m.ID, c, in)
		if n := events() - before; n != 1 || s.count(t, `SELECT COUNT(*) FROM outbox`) != once || once == told {
			t.Errorf("%s sent twice is %d events, and %d messages after the first", c, n, s.count(t, `SELECT COUNT(*) FROM outbox`)-once)
		}
	}
	twice(s.staff, cabin.ReportSplit, cabin.Input{Note: "楼道灯也坏了", CategoryID: 2, Seen: m.Version()})
	if n := s.count(t, `SELECT COUNT(*) FROM reports`); n != 2 {
		t.Errorf("split once, there are %d reports", n)
	}
	twice(s.residents[0], cabin.ReportAdd, cabin.Input{Note: "今天又积水了"})
	s.moveReport(t, s.staff, m.ID, cabin.ReportAccept, cabin.Input{})
	s.refusedMove(t, s.staff, m.ID, cabin.ReportAccept, cabin.Input{}, cabin.CodeConflict) // the state says it
	m = s.moveReport(t, s.staff, m.ID, cabin.ReportDispatch, cabin.Input{DepartmentID: 1})
	m = s.moveReport(t, handler, m.ID, cabin.ReportTake, cabin.Input{})
	twice(handler, cabin.ReportProgress, cabin.Input{Note: "已经派人", Seen: m.Version()})
	twice(handler, cabin.ReportAsk, cabin.Input{Reason: "是几号楼？", Seen: m.Version()}) // it has changed what is seen
	twice(s.residents[0], cabin.ReportReply, cabin.Input{Note: "3 号楼"})
	twice(handler, cabin.ReportProgress, cabin.Input{Note: "已经派人"})
	before := events()
	s.moveReport(t, handler, m.ID, cabin.ReportProgress, cabin.Input{Note: "管道通了"})
	s.clock.Advance(time.Hour)
	s.moveReport(t, handler, m.ID, cabin.ReportProgress, cabin.Input{Note: "管道通了"})
	if n := events() - before; n != 2 {
		t.Errorf("two moves are %d events", n)
	}
}

// Two people move one report at one moment: one does, the other is told what happened.
func TestSeenReport(t *testing.T) {
	t.Parallel()
	s := newStreet(t, 1)
	m := s.reported(t, s.residents[0], "m")
	seen := m.Version()
	other := s.person(t, "colleague", cabin.Grant{Role: cabin.Staff, ScopeID: 1})
	failed := make([]error, 2)
	var wg sync.WaitGroup
	for i, c := range []cabin.ReportCommand{cabin.ReportAccept, cabin.ReportReturn} {
		wg.Go(func() {
			_, failed[i] = s.db.Reports.Command(t.Context(), []cabin.Actor{s.staff, other}[i], m.ID, c, cabin.Input{Seen: seen, Reason: "哪里？"})
		})
	}
	wg.Wait()
	if failed[0] != nil {
		failed[0], failed[1] = failed[1], failed[0]
	}
	if failed[0] != nil || cabin.CodeOf(failed[1]) != cabin.CodeConflict {
		t.Fatalf("%v, %v", failed[0], failed[1])
	}
	// The second is told by whom, when, what, and how it stands now.
	now, _, err := s.db.Reports.Get(t.Context(), s.staff, m.ID)
	if err != nil {
		t.Fatal(err)
	}
	for _, word := range []string{"联络站工作人员（" + cabin.MomentText(s.clock.Now()) + "）", "现在是“" + now.State.Name() + "”"} {
		if !strings.Contains(failed[1].Error(), word) {
			t.Errorf("%q does not say %q", failed[1], word)
		}
	}
}

// Deputies follow what happens where they were elected, and nowhere else.
func TestConstituency(t *testing.T) {
	t.Parallel()
	s := newStreet(t, 1)
	s.exec(t, `UPDATE deputies SET constituency = '第一选区' WHERE id = 2`)
	s.exec(t, `UPDATE communities SET constituency = '第一选区' WHERE id = 1`)
	p := s.person(t, "elected", cabin.Grant{Role: cabin.Deputy, ScopeID: 2})
	elected, err := s.db.People.Actor(t.Context(), p.PersonID)
	if err != nil {
		t.Fatal(err)
	}
	m := s.reported(t, s.residents[0], "m") // raised with deputy 1
	s.exec(t, `UPDATE communities SET constituency = '' WHERE id = 1`)
	if left, err := s.db.People.Actor(t.Context(), p.PersonID); err != nil || left.Holds(cabin.Constituency, 1) {
		t.Errorf("%+v, %v", left, err)
	}
	list, err := s.db.Reports.Read(t.Context(), mysql.CommunityReports(elected.Scopes(cabin.Constituency), 0, 20))
	if err != nil || len(list) != 1 || list[0].ReporterName != "" {
		t.Fatalf("%d, %v", len(list), err)
	}
	s.moveReport(t, elected, m.ID, cabin.ReportComment, cabin.Input{Note: "幼儿园门口，请优先"})
	m = s.moveReport(t, elected, m.ID, cabin.ReportSuggest, cabin.Input{Note: "全区低洼路段改造"})
	if m.SuggestedAt == nil || m.ReporterName != "" {
		t.Errorf("%+v", m)
	}
	s.refusedMove(t, elected, m.ID, cabin.ReportSuggest, cabin.Input{Note: "再提"}, cabin.CodeConflict)
	// Followed, its news comes to the deputy in words of their own, and nobody counts them as a neighbour.
	for range 2 {
		if err := s.db.Reports.Watch(t.Context(), elected, m.ID); err != nil {
			t.Fatal(err)
		}
	}
	wantCode(t, "a resident", s.db.Reports.Watch(t.Context(), s.residents[0], m.ID), cabin.CodeForbidden)
	wantCode(t, "a stranger", s.db.Reports.Watch(t.Context(), s.person(t, "stranger"), m.ID), cabin.CodeNotFound)
	s.moveReport(t, s.staff, m.ID, cabin.ReportAccept, cabin.Input{})
	if got := s.titles(t, elected); !strings.Contains(got, "您关注的“道路积水”") || strings.Contains(got, "您也遇到的") {
		t.Errorf("the deputy is told %q", got)
	}
	if near := s.near(t, cabin.Report{CategoryID: 1, CommunityID: 1, PlaceText: "3号楼", Body: "下雨积水"}); len(near) != 1 || near[0].Joined != 0 {
		t.Errorf("near: %+v", near)
	}
	if err := s.db.Reports.Leave(t.Context(), elected, m.ID); err != nil {
		t.Fatal(err)
	}
	before := s.titles(t, elected)
	s.moveReport(t, s.staff, m.ID, cabin.ReportDispatch, dispatch)
	if got := s.titles(t, elected); got != before {
		t.Errorf("followed no longer, and told %q", got)
	}
	_, _, err = s.db.Reports.Get(t.Context(), cabin.Actor{PersonID: p.PersonID, Grants: []cabin.Grant{{Role: cabin.Deputy, ScopeID: 2}}}, m.ID)
	wantCode(t, "a deputy of elsewhere", err, cabin.CodeNotFound)
}

// A quick text is never sent as it stands.
func TestQuickTextsHaveBlanks(t *testing.T) {
	t.Parallel()
	s := newStreet(t, 1)
	texts, err := s.db.QuickTexts.List(t.Context())
	if err != nil || len(texts) == 0 {
		t.Fatal(len(texts), err)
	}
	for _, q := range texts {
		if !strings.Contains(q.Text, cabin.QuickBlank) {
			t.Errorf("%q may be sent unread", q.Text)
		}
	}
	for _, word := range []string{"诉讼", "仲裁", "行政复议"} { // declined with where to go instead
		if !slices.ContainsFunc(texts, func(q cabin.QuickText) bool {
			return q.Command == cabin.ReportReject && strings.Contains(q.Label+q.Text, word) && strings.Contains(q.Text, "请您")
		}) {
			t.Errorf("nothing to say about %s", word)
		}
	}
	m := s.reported(t, s.residents[0], "m")
	i := slices.IndexFunc(texts, func(q cabin.QuickText) bool { return q.Command == cabin.ReportReturn })
	s.refusedMove(t, s.staff, m.ID, cabin.ReportReturn, cabin.Input{Reason: texts[i].Text}, cabin.CodeInvalid)
}

// What a story does to time is what time does: urged, then supervised, by the clock.
func TestRehearsedTimeStrikesAsTheClockDoes(t *testing.T) {
	t.Parallel()
	s := newStreet(t, 1)
	m := s.reported(t, s.residents[0], "m")
	s.moveReport(t, s.staff, m.ID, cabin.ReportAccept, cabin.Input{})
	s.moveReport(t, s.staff, m.ID, cabin.ReportDispatch, dispatch)
	if err := s.db.Reports.Rehearse(t.Context(), m.ID); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if _, err := s.db.Reports.Due(t.Context(), 10); err != nil {
			t.Fatal(err)
		}
	}
	r, past, err := s.db.Reports.Get(t.Context(), s.staff, m.ID)
	if err != nil || r.SupervisedAt == nil || r.Light(s.clock.Now(), cabin.DefaultPresets()) != "red" {
		t.Fatalf("%+v, %v", r, err)
	}
	if !strings.Contains(past[0].Text, "督办") || !strings.Contains(past[1].Text, "催办") || len(past) != 5 {
		t.Errorf("%+v", past)
	}
	if err := s.db.Reports.Rehearse(t.Context(), 99); err == nil {
		t.Error("none to rehearse")
	}
}
