package mysql_test

import (
	"strings"
	"sync"
	"testing"
	"time"

	"warmcabin/server/cabin"
	"warmcabin/server/mysql"
)

func (s *street) near(t testing.TB, draft cabin.Report) []*mysql.NearReport {
	t.Helper()
	list, err := s.db.Reports.Near(t.Context(), &draft)
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func TestNear(t *testing.T) {
	t.Parallel()
	s := newStreet(t, 3)
	m := s.reported(t, s.residents[0], "m") // 3 号楼前，下雨就积水
	lat, lng := 31.23, 121.47
	onMap, err := s.db.Reports.Submit(t.Context(), key(s.residents[0], "map"), mysql.NewReport{ReporterID: s.residents[0].PersonID, CategoryID: 1, Lat: &lat, Lng: &lng, Body: "路口下雨就积水，过不去"})
	if err != nil {
		t.Fatal(err)
	}
	draft := cabin.Report{CategoryID: 1, CommunityID: 1, PlaceText: "3号楼门口", Body: "一下雨就积水"}
	list := s.near(t, draft)
	if len(list) != 1 || list[0].ID != m.ID || list[0].CategoryName != "道路积水" || list[0].Checked {
		t.Fatalf("%+v", list)
	}
	s.exec(t, `UPDATE content_checks SET state = 'passed' WHERE matter_id = ?`, m.ID)
	if list = s.near(t, draft); len(list) == 1 {
		list[0].Coarsen() // as it goes over the wire
	}
	if len(list) != 1 || !strings.Contains(list[0].Body, "积水") {
		t.Errorf("its words passed the check, and who is about to report reads %+v", list)
	}
	north := lat + 0.001
	if list = s.near(t, cabin.Report{CategoryID: 1, Lat: &north, Lng: &lng, Body: "下雨路口积水"}); len(list) != 1 || list[0].ID != onMap.ID {
		t.Errorf("by the map: %+v", list)
	}
	if list = s.near(t, cabin.Report{CategoryID: 1, CommunityID: 1, PlaceText: "9号楼", Body: draft.Body}); len(list) != 0 {
		t.Errorf("another building: %+v", list)
	}
	s.clock.Advance(31 * 24 * time.Hour)
	if list = s.near(t, draft); len(list) != 0 {
		t.Errorf("a month later: %+v", list)
	}
}

// A neighbour joins: hears of progress and result, reads only what the public may, and can stop.
func TestJoining(t *testing.T) {
	t.Parallel()
	s := newStreet(t, 3)
	reporter, neighbour := s.residents[0], s.residents[1]
	m := s.reported(t, reporter, "m")
	join := func(who cabin.Actor, name string, j mysql.Joining) error {
		_, err := s.db.Reports.Join(t.Context(), key(who, name), who, m.ID, j)
		return err
	}
	wantCode(t, "one's own", join(reporter, "own", mysql.Joining{}), cabin.CodeConflict)
	photo := s.photo(t, neighbour)
	var wg sync.WaitGroup
	for range 3 { // a second tap
		wg.Go(func() {
			if err := join(neighbour, "once", mysql.Joining{Note: "我家电瓶车泡坏了", PhotoIDs: []string{photo}}); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if n := s.count(t, `SELECT COUNT(*) FROM report_events WHERE report_id = ? AND command = 'join'`, m.ID); n != 1 {
		t.Errorf("joined %d times", n)
	}
	if list := s.near(t, cabin.Report{CategoryID: 1, CommunityID: 1, PlaceText: "3号楼", Body: "积水"}); len(list) != 1 || list[0].Joined != 1 {
		t.Errorf("%+v", list)
	}
	got, events, err := s.db.Reports.Get(t.Context(), neighbour, m.ID)
	if err != nil || got.Body != "" || got.ReporterName != "" || got.PlaceText != "3号楼" || len(got.Actions(neighbour)) != 0 || events[0].Note != "我家电瓶车泡坏了" {
		t.Errorf("%+v %+v %v", got, events, err)
	}
	// What a neighbour wrote passes the check; what the matter itself says does not.
	s.exec(t, `UPDATE content_checks SET state = IF(person_id = ?, 'passed', 'risky')`, neighbour.PersonID)
	s.exec(t, `UPDATE reports SET state = 'accepted' WHERE id = ?`, m.ID)
	if got, _, _ = s.db.Reports.Get(t.Context(), neighbour, m.ID); got.Body != "" {
		t.Errorf("words that were found unfit are shown: %q", got.Body)
	}
	_, _, err = s.db.Reports.PublicOne(t.Context(), m.ID)
	wantCode(t, "on the public page", err, cabin.CodeNotFound)
	s.exec(t, `UPDATE reports SET state = 'submitted' WHERE id = ?`, m.ID)
	s.exec(t, `UPDATE content_checks SET state = 'passed'`)
	if got, _, _ = s.db.Reports.Get(t.Context(), neighbour, m.ID); !strings.Contains(got.Body, "积水") {
		t.Errorf("its words passed the check: %q", got.Body)
	}
	if _, events, _ = s.db.Reports.Get(t.Context(), reporter, m.ID); events[0].Note != "" || len(events[0].Photos) != 0 {
		t.Errorf("the reporter reads what a neighbour wrote for the desk: %+v", events[0])
	}
	if _, events, _ = s.db.Reports.Get(t.Context(), s.staff, m.ID); events[0].Note == "" || len(events[0].Photos) != 1 {
		t.Errorf("the desk does not: %+v", events[0])
	}
	s.moveReport(t, s.staff, m.ID, cabin.ReportAccept, cabin.Input{})
	if got := s.titles(t, neighbour); got != "您也遇到的“道路积水”已受理" {
		t.Errorf("the neighbour is told %q", got)
	}
	if list, err := s.db.Reports.Followed(t.Context(), neighbour.PersonID, 0, 20); err != nil || len(list) != 1 || list[0].CategoryName == "" || list[0].ReporterName != "" {
		t.Errorf("%+v, %v", list, err)
	}
	if err := s.db.Reports.Leave(t.Context(), neighbour, m.ID); err != nil {
		t.Fatal(err)
	}
	_, _, err = s.db.Reports.Get(t.Context(), neighbour, m.ID)
	wantCode(t, "who left", err, cabin.CodeNotFound)
	s.moveReport(t, s.staff, m.ID, cabin.ReportAnswer, cabin.Input{Outcome: cabin.Explained, Note: "已经排期"})
	s.moveReport(t, reporter, m.ID, cabin.ReportRate, cabin.Input{Stars: 4})
	wantCode(t, "what is over", join(s.residents[2], "late", mysql.Joining{}), cabin.CodeConflict)
}
