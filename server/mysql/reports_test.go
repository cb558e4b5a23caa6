package mysql_test

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"warmcabin/server/cabin"
	"warmcabin/server/mysql"
)

// photo adds an upload of the person.
func (s *street) photo(t testing.TB, owner cabin.Actor) string {
	t.Helper()
	raw := make([]byte, 16)
	_, _ = rand.Read(raw)
	id := hex.EncodeToString(raw)
	if err := s.db.Photos.Add(t.Context(), cabin.Photo{ID: id, OwnerID: owner.PersonID, Width: 4, Height: 3, Bytes: 100}); err != nil {
		t.Fatal(err)
	}
	return id
}

func (s *street) reported(t testing.TB, reporter cabin.Actor, name string, photos ...string) *cabin.Report {
	t.Helper()
	r, err := s.db.Reports.Submit(t.Context(), key(reporter, name), mysql.NewReport{
		ReporterID: reporter.PersonID, CategoryID: 1, CommunityID: 1, DeputyID: 1, PlaceText: "3 号楼前", Body: "下雨就积水 🌧️𠮷", PhotoIDs: photos,
	})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func (s *street) moveReport(t testing.TB, actor cabin.Actor, id int64, c cabin.ReportCommand, in cabin.Input) *cabin.Report {
	t.Helper()
	r, err := s.db.Reports.Command(t.Context(), actor, id, c, in)
	if err != nil {
		t.Fatalf("%s: %v", c, err)
	}
	return r
}

var dispatch = cabin.Input{DepartmentID: 1, Days: 5}

func TestReportWholePath(t *testing.T) {
	t.Parallel()
	s := newStreet(t, 1)
	r := s.residents[0]
	if err := s.db.People.Rename(t.Context(), r.PersonID, "王秀兰👵"); err != nil {
		t.Fatal(err)
	}
	handler := s.person(t, "dept", cabin.Grant{Role: cabin.Department, ScopeID: 1})
	other := s.person(t, "dept2", cabin.Grant{Role: cabin.Department, ScopeID: 2})
	liaison := s.person(t, "liaison", cabin.Grant{Role: cabin.Liaison, ScopeID: 1})
	community := s.person(t, "community", cabin.Grant{Role: cabin.Community, ScopeID: 1})
	p1, p2, p3 := s.photo(t, r), s.photo(t, r), s.photo(t, handler)
	m := s.reported(t, r, "m", p2, p1)
	if m.State != cabin.Submitted || m.Waiting != cabin.WaitingStaff || m.StationID != 1 || m.Body != "下雨就积水 🌧️𠮷" || m.ReporterName != "王秀兰👵" {
		t.Errorf("%+v", m)
	}
	s.moveReport(t, community, m.ID, cabin.ReportAccept, cabin.Input{})
	_, _, err := s.db.Reports.Get(t.Context(), handler, m.ID)
	wantCode(t, "a department before it is dispatched", err, cabin.CodeNotFound)
	m = s.moveReport(t, s.staff, m.ID, cabin.ReportDispatch, dispatch)
	if m.DepartmentName != "城管科" || m.Waiting != cabin.WaitingDepartment || m.DueAt == nil || !m.DueAt.Equal(cabin.Calendar{}.EndOfWorkday(monday, 5)) {
		t.Errorf("%+v", m)
	}
	_, err = s.db.Reports.Command(t.Context(), other, m.ID, cabin.ReportTake, cabin.Input{})
	wantCode(t, "another department", err, cabin.CodeNotFound)
	m = s.moveReport(t, handler, m.ID, cabin.ReportTake, cabin.Input{})
	if m.ReporterName != "" {
		t.Errorf("the department is told %q", m.ReporterName)
	}
	s.moveReport(t, handler, m.ID, cabin.ReportProgress, cabin.Input{Note: "已派人", PhotoIDs: []string{p3}})
	s.moveReport(t, handler, m.ID, cabin.ReportResolve, cabin.Input{Outcome: cabin.Fixed, Note: "疏通了"})
	m = s.moveReport(t, r, m.ID, cabin.ReportRefuse, cabin.Input{Reason: "还积水"})
	if m.State != cabin.Reopened || m.ReopenedCount != 1 || m.SupervisedAt == nil || m.Waiting != cabin.WaitingDepartment {
		t.Errorf("%+v", m)
	}
	s.moveReport(t, handler, m.ID, cabin.ReportTake, cabin.Input{})
	s.moveReport(t, handler, m.ID, cabin.ReportResolve, cabin.Input{Outcome: cabin.Fixed, Note: "换了管道"})
	m = s.moveReport(t, r, m.ID, cabin.ReportRate, cabin.Input{Stars: 5, Text: "谢谢🙏"})
	if m.State != cabin.Closed || m.Stars != 5 || m.RatingText != "谢谢🙏" || m.Waiting != cabin.WaitingNobody || m.DueAt != nil {
		t.Errorf("%+v", m)
	}
	for who, a := range map[string]cabin.Actor{"department": handler, "liaison": liaison, "community": community, "deputy": s.deputy, "desk": s.staff, "reporter": r} {
		got, events, err := s.db.Reports.Get(t.Context(), a, m.ID)
		if err != nil {
			t.Fatal(who, err)
		}
		if shown := got.ReporterName != ""; shown != (who == "desk" || who == "reporter") {
			t.Errorf("%s sees the reporter's name: %v", who, shown)
		}
		if len(events) != 10 || len(events[9].Photos) != 2 || events[9].Photos[0].ID != p2 || events[9].Photos[1].ID != p1 || len(events[5].Photos) != 1 {
			t.Errorf("%s: %d events", who, len(events))
		}
		for _, e := range events {
			if e.Mine != (who == "reporter" && e.Role == cabin.Resident || who == "department" && e.Role == cabin.Department || who == "desk" && e.Role == cabin.Staff || who == "community" && e.Role == cabin.Community) {
				t.Errorf("%s: %s is mine: %v", who, e.Text, e.Mine)
			}
			for _, p := range e.Photos {
				if p.OwnerID != 0 {
					t.Error("a photo tells its owner")
				}
			}
		}
	}
	if n := s.count(t, `SELECT (SELECT COUNT(*) FROM notices WHERE CONCAT(title, body) LIKE '%王秀兰%') + (SELECT COUNT(*) FROM outbox WHERE payload LIKE '%王秀兰%') + (SELECT COUNT(*) FROM report_events WHERE CONCAT(text, note) LIKE '%王秀兰%') + (SELECT COUNT(*) FROM audit WHERE detail LIKE '%王秀兰%')`); n != 0 {
		t.Errorf("%d rows name the reporter", n)
	}
	if moves, audits := s.count(t, `SELECT COUNT(*) FROM report_events`), s.count(t, `SELECT COUNT(*) FROM audit WHERE object_kind = 'report'`); moves != audits {
		t.Errorf("%d events, %d audit rows", moves, audits)
	}
	if n := s.count(t, `SELECT COUNT(*) FROM notices n LEFT JOIN outbox o ON o.person_id = n.person_id AND o.matter_id = n.matter_id AND o.created_at = n.created_at WHERE o.id IS NULL`); n != 0 {
		t.Errorf("%d notices without a push", n)
	}
}

func TestReportPhotos(t *testing.T) {
	t.Parallel()
	s := newStreet(t, 2)
	r, thief := s.residents[0], s.residents[1]
	mine := s.photo(t, r)
	submit := func(who cabin.Actor, name string, ids ...string) error {
		_, err := s.db.Reports.Submit(t.Context(), key(who, name), mysql.NewReport{ReporterID: who.PersonID, CategoryID: 1, Body: "积水", PhotoIDs: ids})
		return err
	}
	before := s.snapshot(t)
	wantCode(t, "someone else's photo", submit(thief, "a", mine), cabin.CodeInvalid)
	wantCode(t, "a photo twice", submit(r, "b", mine, mine), cabin.CodeInvalid)
	wantCode(t, "no such photo", submit(r, "c", strings.Repeat("0", 32)), cabin.CodeInvalid)
	if s.snapshot(t) != before {
		t.Error("a refused photo left a report")
	}
	ten := make([]string, 0, 10)
	for range 10 {
		ten = append(ten, s.photo(t, r))
	}
	before = s.snapshot(t)
	wantCode(t, "ten photos", submit(r, "d", ten...), cabin.CodeInvalid)
	if s.snapshot(t) != before {
		t.Error("a refused report left something")
	}
	wantCode(t, "nine photos", submit(r, "e", ten[:9]...), "")
	wantCode(t, "a used photo", submit(r, "f", ten[0]), cabin.CodeInvalid)
	wantCode(t, "removing a used photo", s.db.Photos.Remove(t.Context(), r.PersonID, ten[0]), cabin.CodeNotFound)
	wantCode(t, "removing someone else's", s.db.Photos.Remove(t.Context(), thief.PersonID, mine), cabin.CodeNotFound)
	codes := together(func() error { return submit(r, "g", mine) }, func() error { return submit(r, "h", mine) })
	if n := tally(codes); n[""] != 1 || n[cabin.CodeInvalid] != 1 {
		t.Errorf("one photo for two reports: %v", n)
	}
	for range mysql.LooseLimit - 1 {
		s.photo(t, r)
	}
	wantCode(t, "too many loose uploads", s.db.Photos.Add(t.Context(), cabin.Photo{ID: strings.Repeat("f", 32), OwnerID: r.PersonID}), cabin.CodeLimitReached)
}

// TestLooseUploadsOfOneMoment: who sends more than fits, all at once, has what fits, and of
// the rest nothing is left, whoever else's go with them.
func TestLooseUploadsOfOneMoment(t *testing.T) {
	t.Parallel()
	const most, others = mysql.LooseLimit + 14, 10
	s := newStreet(t, 1+others)
	var calls []func() error
	for i := range most + others {
		owner := s.residents[max(0, i-most+1)]
		calls = append(calls, func() error {
			return s.db.Photos.Add(t.Context(), cabin.Photo{ID: fmt.Sprintf("%032x", i+1), OwnerID: owner.PersonID, State: cabin.PhotoProcessing})
		})
	}
	codes := together(calls...)
	if n := tally(codes[:most]); n[""]+n[cabin.CodeLimitReached] != most || n[""] == 0 {
		t.Errorf("one person's: %v", n)
	}
	if n := tally(codes[most:]); n[""] != others {
		t.Errorf("other people's: %v", n)
	}
	for i, code := range codes {
		id := fmt.Sprintf("%032x", i+1)
		kept, removed := s.count(t, `SELECT COUNT(*) FROM photos WHERE id = ?`, id), s.count(t, `SELECT COUNT(*) FROM photo_removals WHERE photo_id = ?`, id)
		if refused := code != ""; (kept == 0) != refused || (removed == 1) != refused {
			t.Errorf("%s: code %q, %d rows, %d removals", id, code, kept, removed)
		}
	}
	if kept := s.count(t, `SELECT COUNT(*) FROM photos WHERE owner_id = ?`, s.residents[0].PersonID); kept > mysql.LooseLimit {
		t.Errorf("%d are kept", kept)
	}
}

// TestAPhotoIsTakenAwayWhileItIsSent: one phone takes a photo away while the other sends the
// report with it. Either the report has it, and it is not taken away; or it is gone, the report
// is refused in words and nothing of it is left.
func TestAPhotoIsTakenAwayWhileItIsSent(t *testing.T) {
	t.Parallel()
	s := newStreet(t, 1)
	r := s.residents[0]
	for round := range 12 {
		id := s.photo(t, r)
		before := s.count(t, `SELECT COUNT(*) FROM reports`)
		var sent, removed error
		var both sync.WaitGroup
		both.Go(func() {
			_, sent = s.db.Reports.Submit(t.Context(), key(r, fmt.Sprint(round)), mysql.NewReport{ReporterID: r.PersonID, CategoryID: 1, Body: "积水", PhotoIDs: []string{id}})
		})
		both.Go(func() { removed = s.db.Photos.Remove(t.Context(), r.PersonID, id) })
		both.Wait()
		made := s.count(t, `SELECT COUNT(*) FROM reports`) - before
		attached := s.count(t, `SELECT COUNT(*) FROM photos WHERE id = ? AND report_id <> 0`, id)
		forgotten := s.count(t, `SELECT COUNT(*) FROM photo_removals WHERE photo_id = ?`, id)
		switch {
		case sent == nil && cabin.CodeOf(removed) == cabin.CodeNotFound && made == 1 && attached == 1 && forgotten == 0:
		case cabin.CodeOf(sent) == cabin.CodeInvalid && removed == nil && made == 0 && attached == 0 && forgotten == 1:
		default:
			t.Fatalf("round %d: sent %v, removed %v; %d reports, %d attached, %d files to remove", round, sent, removed, made, attached, forgotten)
		}
	}
	if v := s.verify(t); len(v.Faults) != 0 {
		t.Errorf("%+v", v.Faults)
	}
}

// visible tells why somebody may not see a photo.
func (s *street) visible(t testing.TB, actor cabin.Actor, id string) error {
	t.Helper()
	_, err := s.db.Photos.Visible(t.Context(), actor, id)
	return err
}

func TestPhotosVisible(t *testing.T) {
	t.Parallel()
	s := newStreet(t, 2)
	r := s.residents[0]
	handler := s.person(t, "dept", cabin.Grant{Role: cabin.Department, ScopeID: 1})
	other := s.person(t, "dept2", cabin.Grant{Role: cabin.Department, ScopeID: 2})
	loose, used := s.photo(t, r), s.photo(t, r)
	m := s.reported(t, r, "m", used)
	see := func(stage string, want map[string]bool) {
		t.Helper()
		for who, a := range map[string]cabin.Actor{"owner": r, "neighbour": s.residents[1], "desk": s.staff, "deputy": s.deputy, "handler": handler, "other": other, "nobody": {}} {
			code := cabin.CodeOf(s.visible(t, a, used))
			if (code == "") != want[who] || (code != "" && code != cabin.CodeNotFound) {
				t.Errorf("%s: %s gets %q", stage, who, code)
			}
			if code := cabin.CodeOf(s.visible(t, a, loose)); (code == "") != (who == "owner") {
				t.Errorf("loose: %s gets %q", who, code)
			}
		}
	}
	see("submitted", map[string]bool{"owner": true, "desk": true, "deputy": true})
	s.moveReport(t, s.staff, m.ID, cabin.ReportAccept, cabin.Input{})
	s.moveReport(t, s.staff, m.ID, cabin.ReportDispatch, dispatch)
	see("dispatched", map[string]bool{"owner": true, "desk": true, "deputy": true, "handler": true})
	s.moveReport(t, handler, m.ID, cabin.ReportSendBack, cabin.Input{Reason: "不归我们管"})
	see("sent back", map[string]bool{"owner": true, "desk": true, "deputy": true})
	wantCode(t, "no such photo", s.visible(t, r, strings.Repeat("0", 32)), cabin.CodeNotFound)
	s.exec(t, `INSERT INTO photos (id, owner_id, width, height, bytes, created_at) VALUES (?, 0, 1, 1, 1, NOW())`, strings.Repeat("a", 32))
	wantCode(t, "nobody's photo for nobody", s.visible(t, cabin.Actor{}, strings.Repeat("a", 32)), cabin.CodeNotFound)
	wantCode(t, "a report's photo is no portrait", s.db.Photos.Portrait(t.Context(), used), cabin.CodeNotFound)
	wantCode(t, "an empty id is no portrait", s.db.Photos.Portrait(t.Context(), ""), cabin.CodeNotFound)
}

// TestRefusedReportsTellNothing: strangers cannot tell a report that exists from one that does not.
func TestRefusedReportsTellNothing(t *testing.T) {
	t.Parallel()
	s := newStreet(t, 2)
	m := s.reported(t, s.residents[0], "m")
	stranger := s.residents[1]
	for _, id := range []int64{m.ID, 999} {
		for _, in := range []cabin.Input{{}, dispatch, {DepartmentID: 77}} {
			_, err := s.db.Reports.Command(t.Context(), stranger, id, cabin.ReportDispatch, in)
			wantCode(t, fmt.Sprint("report ", id), err, cabin.CodeNotFound)
		}
	}
	s.moveReport(t, s.staff, m.ID, cabin.ReportAccept, cabin.Input{})
	_, err := s.db.Reports.Command(t.Context(), s.staff, m.ID, cabin.ReportDispatch, cabin.Input{DepartmentID: 77})
	wantCode(t, "no such department", err, cabin.CodeInvalid)
	for what, n := range map[string]mysql.NewReport{
		"category": {CategoryID: 9}, "community": {CategoryID: 1, CommunityID: 9}, "deputy": {CategoryID: 1, DeputyID: 9},
	} {
		n.ReporterID, n.Body = stranger.PersonID, "积水"
		_, err := s.db.Reports.Submit(t.Context(), key(stranger, what), n)
		wantCode(t, "no such "+what, err, cabin.CodeInvalid)
	}
	// Without a community the root station takes it in.
	r, err := s.db.Reports.Submit(t.Context(), key(stranger, "root"), mysql.NewReport{ReporterID: stranger.PersonID, CategoryID: 1, Body: "积水"})
	if err != nil || r.StationID != 1 {
		t.Errorf("%+v, %v", r, err)
	}
}

// TestQueuesPage: every queue holds what it should, in order, also when many are due together.
func TestQueuesPage(t *testing.T) {
	t.Parallel()
	s := newStreet(t, 1)
	handler := s.person(t, "dept", cabin.Grant{Role: cabin.Department, ScopeID: 1})
	other := s.person(t, "dept2", cabin.Grant{Role: cabin.Department, ScopeID: 2})
	s.exec(t, `INSERT INTO stations (id, parent_id, kind, name, address) VALUES (2, 1, 'community', '社区站', '幸福路 2 号')`)
	want := map[mysql.Queue][]int64{}
	for i := range 25 {
		m := s.reported(t, s.residents[0], fmt.Sprint("m", i)) // all due at the same moment
		if i%2 == 1 {
			s.exec(t, `UPDATE reports SET station_id = 2 WHERE id = ?`, m.ID)
		}
		switch i % 5 {
		case 0, 1:
			want[mysql.QueueWaiting] = append(want[mysql.QueueWaiting], m.ID)
		case 2:
			s.moveReport(t, s.staff, m.ID, cabin.ReportAccept, cabin.Input{})
			s.moveReport(t, s.staff, m.ID, cabin.ReportDispatch, dispatch)
			want[mysql.QueueHandling] = append(want[mysql.QueueHandling], m.ID)
		case 3:
			s.moveReport(t, s.staff, m.ID, cabin.ReportReturn, cabin.Input{Reason: "在哪里？"})
			want[mysql.QueueReturned] = append([]int64{m.ID}, want[mysql.QueueReturned]...)
		case 4:
			s.moveReport(t, s.staff, m.ID, cabin.ReportReject, cabin.Input{Reason: "请找法院"})
			want[mysql.QueueClosed] = append([]int64{m.ID}, want[mysql.QueueClosed]...)
		}
	}
	pages := func(read func(p mysql.Page) ([]*cabin.Report, error)) (ids []int64) {
		t.Helper()
		p := mysql.Page{Limit: 3}
		for range 20 {
			list, err := read(p)
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range list {
				ids = append(ids, r.ID)
				p.ID, p.At = r.ID, r.CreatedAt
				if r.DueAt != nil {
					p.At = *r.DueAt
				}
			}
			if len(list) < p.Limit {
				break
			}
		}
		return ids
	}
	for q, ids := range want {
		got := pages(func(p mysql.Page) ([]*cabin.Report, error) {
			return s.db.Reports.Read(t.Context(), mysql.StationReports([]int64{2, 1, 2, 0}, q, p))
		})
		if !slices.Equal(got, ids) {
			t.Errorf("%s: %v, want %v", q, got, ids)
		}
	}
	got := pages(func(p mysql.Page) ([]*cabin.Report, error) {
		list, err := s.db.Reports.Read(t.Context(), mysql.DepartmentReports(handler.Scopes(cabin.Department), mysql.QueueWaiting, p))
		for _, r := range list {
			if r.ReporterName != "" {
				t.Error("the department's list names a reporter")
			}
		}
		return list, err
	})
	if !slices.Equal(got, want[mysql.QueueHandling]) {
		t.Errorf("the department sees %v, want %v", got, want[mysql.QueueHandling])
	}
	for what, read := range map[string]func() ([]*cabin.Report, error){
		"another department": func() ([]*cabin.Report, error) {
			return s.db.Reports.Read(t.Context(), mysql.DepartmentReports(other.Scopes(cabin.Department), mysql.QueueWaiting, mysql.Page{Limit: 10}))
		},
		"no department": func() ([]*cabin.Report, error) {
			return s.db.Reports.Read(t.Context(), mysql.DepartmentReports(nil, mysql.QueueWaiting, mysql.Page{Limit: 10}))
		},
		"department 0": func() ([]*cabin.Report, error) {
			return s.db.Reports.Read(t.Context(), mysql.DepartmentReports([]int64{0}, mysql.QueueClosed, mysql.Page{Limit: 10}))
		},
		"community 0": func() ([]*cabin.Report, error) {
			return s.db.Reports.Read(t.Context(), mysql.CommunityReports([]int64{0}, 0, 10))
		},
		"deputy 0": func() ([]*cabin.Report, error) {
			return s.db.Reports.Read(t.Context(), mysql.DeputyReports([]int64{0}, 0, 10))
		},
		"another deputy": func() ([]*cabin.Report, error) {
			return s.db.Reports.Read(t.Context(), mysql.DeputyReports([]int64{2}, 0, 10))
		},
	} {
		if list, err := read(); err != nil || len(list) != 0 {
			t.Errorf("%s sees %d reports, %v", what, len(list), err)
		}
	}
	// A person who is community and liaison of one place sees each report once.
	list, err := s.db.Reports.Read(t.Context(), mysql.CommunityReports([]int64{1, 1}, 0, 50))
	if err != nil || len(list) != 25 || list[0].ID < list[24].ID || list[0].ReporterName != "" {
		t.Errorf("%d reports, %v", len(list), err)
	}
	if list, err := s.db.Reports.Read(t.Context(), mysql.CommunityReports([]int64{1}, list[9].ID, 50)); err != nil || len(list) != 15 {
		t.Errorf("the second page has %d, %v", len(list), err)
	}
	if mine, err := s.db.Reports.Mine(t.Context(), s.residents[0].PersonID, 0, 50); err != nil || len(mine) != 25 {
		t.Errorf("mine: %d, %v", len(mine), err)
	}
	desk, err := s.db.Reports.Desk(t.Context(), []int64{1, 2})
	if err != nil || desk.ReportsWaiting != 10 || desk.Overdue != 0 {
		t.Errorf("%+v, %v", desk, err)
	}
	s.clock.Advance(48 * time.Hour)
	if desk, err = s.db.Reports.Desk(t.Context(), []int64{1, 2}); err != nil || desk.Overdue != 10 {
		t.Errorf("two days later: %+v, %v", desk, err)
	}
}

func TestLapseOnce(t *testing.T) {
	t.Parallel()
	s := newStreet(t, 1)
	for i := range 5 {
		m := s.reported(t, s.residents[0], fmt.Sprint(i))
		s.moveReport(t, s.staff, m.ID, cabin.ReportAccept, cabin.Input{})
		s.moveReport(t, s.staff, m.ID, cabin.ReportAnswer, cabin.Input{Outcome: cabin.Explained, Note: "按规定"})
	}
	half := monday.AddDate(0, 0, 7).Sub(monday) / 2
	s.clock.Set(monday.Add(half))
	if n, err := s.db.Reports.Due(t.Context(), 50); n != 5 || err != nil || s.count(t, `SELECT COUNT(*) FROM report_events WHERE command = 'ask_again'`) != 5 {
		t.Errorf("asked a second time: %d, %v", n, err)
	}
	s.clock.Set(monday.AddDate(0, 0, 7).Add(-time.Millisecond))
	if n, err := s.db.Reports.Due(t.Context(), 50); n != 0 || err != nil {
		t.Errorf("too early: %d, %v", n, err)
	}
	s.clock.Set(monday.AddDate(0, 0, 7))
	done := make([]int, 3)
	var wg sync.WaitGroup
	for i := range done {
		wg.Go(func() { done[i], _ = s.db.Reports.Due(t.Context(), 50) })
	}
	wg.Wait()
	if done[0]+done[1]+done[2] != 5 || s.count(t, `SELECT COUNT(*) FROM report_events WHERE command = 'lapse'`) != 5 {
		t.Errorf("three workers closed %v", done)
	}
	if n, err := s.db.Reports.Due(t.Context(), 50); n != 0 || err != nil {
		t.Errorf("again: %d, %v", n, err)
	}
}
