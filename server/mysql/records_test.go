package mysql_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"warmcabin/server/cabin"
	"warmcabin/server/mysql"
)

func visit(heard string) cabin.Visit {
	return cabin.Visit{CommunityID: 1, VisitedAt: monday.Add(-time.Hour), PlaceText: "3 号楼", Whom: "楼栋居民", Heard: heard}
}

func TestVisitIsLoggedOnceHoweverLate(t *testing.T) {
	t.Parallel()
	s := newStreet(t, 0)
	liaison := s.person(t, "liaison", cabin.Grant{Role: cabin.Liaison, ScopeID: 1})
	s.clock.Advance(26 * time.Hour) // the phone had no network for a day
	codes := together(times(8, func() error {
		_, err := s.db.Visits.Log(t.Context(), key(liaison, "visit-1"), liaison, visit("路灯不亮"))
		return err
	})...)
	if n := tally(codes)[""]; n != 8 || s.count(t, `SELECT COUNT(*) FROM visits`) != 1 {
		t.Errorf("%v, %d visits", codes, s.count(t, `SELECT COUNT(*) FROM visits`))
	}
	v, err := s.db.Visits.Log(t.Context(), key(liaison, "visit-1"), liaison, visit("路灯不亮"))
	if err != nil || v.CommunityName != "梧桐社区" || v.StationID != 1 || !v.VisitedAt.Equal(monday.Add(-time.Hour)) {
		t.Errorf("%+v %v", v, err)
	}
	for name, c := range map[string]struct {
		actor cabin.Actor
		visit func(*cabin.Visit)
		want  cabin.Code
	}{
		"another community":    {liaison, func(v *cabin.Visit) { v.CommunityID = 2 }, cabin.CodeForbidden},
		"no liaison":           {s.staff, func(*cabin.Visit) {}, cabin.CodeForbidden},
		"a resident's phone":   {liaison, func(v *cabin.Visit) { v.Heard = "王阿姨电话 13800138000" }, cabin.CodeInvalid},
		"tomorrow":             {liaison, func(v *cabin.Visit) { v.VisitedAt = s.clock.Now().Add(24 * time.Hour) }, cabin.CodeInvalid},
		"two months ago":       {liaison, func(v *cabin.Visit) { v.VisitedAt = monday.AddDate(0, -2, 0) }, cabin.CodeInvalid},
		"nothing heard":        {liaison, func(v *cabin.Visit) { v.Heard = "" }, cabin.CodeInvalid},
		"a deputy not there":   {liaison, func(v *cabin.Visit) { v.DeputyID = 99 }, cabin.CodeInvalid},
		"a door is needed":     {liaison, func(v *cabin.Visit) { v.Heard = "3 号楼 502 室门口堆物" }, ""},
		"with a deputy's eyes": {liaison, func(v *cabin.Visit) { v.DeputyID = 1 }, ""},
	} {
		v := visit("楼道灯坏了")
		c.visit(&v)
		if _, err := s.db.Visits.Log(t.Context(), key(c.actor, strings.ReplaceAll(name, " ", "-")), c.actor, v); cabin.CodeOf(err) != c.want {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
}

func TestVisitsOfWhoseRoleEndedAreRefusedInWords(t *testing.T) {
	t.Parallel()
	s := newStreet(t, 0)
	liaison := s.person(t, "liaison", cabin.Grant{Role: cabin.Liaison, ScopeID: 1})
	if _, err := s.db.Visits.Log(t.Context(), key(liaison, "before"), liaison, visit("路灯不亮")); err != nil {
		t.Fatal(err)
	}
	s.exec(t, fmt.Sprintf(`DELETE FROM person_roles WHERE person_id = %d`, liaison.PersonID))
	now, err := s.db.People.Actor(t.Context(), liaison.PersonID)
	if err != nil {
		t.Fatal(err)
	}
	_, err = s.db.Visits.Log(t.Context(), key(now, "after"), now, visit("另一件"))
	if cabin.CodeOf(err) != cabin.CodeForbidden {
		t.Errorf("got %v", err)
	}
	// What was taken before its answer was lost is still answered as taken.
	if v, err := s.db.Visits.Log(t.Context(), key(now, "before"), now, visit("路灯不亮")); err != nil || v.Heard != "路灯不亮" {
		t.Errorf("%+v %v", v, err)
	}
}

func TestWhatWasHeardBecomesAReport(t *testing.T) {
	t.Parallel()
	s := newStreet(t, 1)
	liaison := s.person(t, "liaison", cabin.Grant{Role: cabin.Liaison, ScopeID: 1})
	if _, err := s.db.Visits.Log(t.Context(), key(liaison, "visit-1"), liaison, visit("路灯不亮")); err != nil {
		t.Fatal(err)
	}
	mine, others := s.brought(t, liaison, 0, "mine"), s.brought(t, s.residents[0], 0, "others")
	for range 2 {
		if err := s.db.Visits.Report(t.Context(), liaison, "visit-1", mine); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.db.Visits.Report(t.Context(), liaison, "visit-1", others); cabin.CodeOf(err) != cabin.CodeNotFound {
		t.Errorf("another's report: %v", err)
	}
	list, reports, err := s.db.Visits.Mine(t.Context(), liaison.PersonID, 0, 10)
	if err != nil || len(list) != 1 || len(reports) != 1 || reports[0].ID != mine {
		t.Errorf("%d visits, %+v, %v", len(list), reports, err)
	}
	places, err := s.db.Visits.Places(t.Context(), []int64{1})
	if err != nil || len(places) != 1 || places[0].DeputyID != 0 {
		t.Errorf("%+v %v", places, err)
	}
	s.exec(t, `UPDATE communities SET constituency = '一选区' WHERE id = 1`)
	s.exec(t, `UPDATE deputies SET constituency = '一选区' WHERE id = 2`)
	s.exec(t, `INSERT INTO liaisons (id, name) VALUES (1, '卢淑芬')`)
	s.exec(t, `INSERT INTO liaison_communities VALUES (1, 1)`)
	s.exec(t, `INSERT INTO liaison_deputies VALUES (1, 1)`)
	if places, err = s.db.Visits.Places(t.Context(), []int64{1}); err != nil || len(places) != 2 || places[0].DeputyName != "林晓" || places[1].DeputyName != "周宁" {
		t.Errorf("%+v %v", places, err)
	}
}

func TestHandoverIsReadByTheNext(t *testing.T) {
	t.Parallel()
	s := newStreet(t, 1)
	first := s.person(t, "first", cabin.Grant{Role: cabin.Staff, ScopeID: 1})
	next := s.person(t, "next", cabin.Grant{Role: cabin.Staff, ScopeID: 1})
	other := s.person(t, "other", cabin.Grant{Role: cabin.Staff, ScopeID: 2})
	s.brought(t, s.residents[0], 0, "waits")
	h, err := s.db.Handovers.Write(t.Context(), key(first, "shift"), first, 1, "接待室钥匙在前台")
	if err != nil || h.Reports != 1 {
		t.Fatalf("%+v %v", h, err)
	}
	if again, err := s.db.Handovers.Write(t.Context(), key(first, "shift"), first, 1, "接待室钥匙在前台"); err != nil || again.ID != h.ID {
		t.Errorf("twice: %+v %v", again, err)
	}
	if _, err := s.db.Handovers.Write(t.Context(), key(other, "shift"), other, 1, "外站的话"); cabin.CodeOf(err) != cabin.CodeForbidden {
		t.Errorf("another station's: %v", err)
	}
	for range 2 {
		if err := s.db.Handovers.Acknowledge(t.Context(), next, h.ID); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.db.Handovers.Acknowledge(t.Context(), other, h.ID); cabin.CodeOf(err) != cabin.CodeNotFound {
		t.Errorf("another station's: %v", err)
	}
	list, reads, err := s.db.Handovers.List(t.Context(), []int64{1}, 0, 10)
	if err != nil || len(list) != 1 || len(reads) != 1 || reads[0].PersonID != next.PersonID {
		t.Errorf("%+v %+v %v", list, reads, err)
	}
	if n := s.count(t, `SELECT COUNT(*) FROM audit WHERE action LIKE 'handover.%'`); n != 2 {
		t.Errorf("%d audit rows, want one for writing and one for reading", n)
	}
}

func TestLedgersKeepTheRowAndAddWhatIsRight(t *testing.T) {
	t.Parallel()
	s := newStreet(t, 1)
	liaison := s.person(t, "liaison", cabin.Grant{Role: cabin.Liaison, ScopeID: 1})
	local := s.person(t, "local", cabin.Grant{Role: cabin.Staff, ScopeID: 1})
	other := s.person(t, "other", cabin.Grant{Role: cabin.Staff, ScopeID: 2})
	b := s.booked(t, s.residents[0], 1, wednesday(9, 0), "k")
	r := s.brought(t, s.residents[0], 0, "r")
	v, err := s.db.Visits.Log(t.Context(), key(liaison, "visit-1"), liaison, visit("路灯不亮"))
	if err != nil {
		t.Fatal(err)
	}
	month := func(kind cabin.LedgerKind) mysql.LedgerFilter {
		return mysql.LedgerFilter{Kind: kind, StationIDs: []int64{1}, From: november.From.Start(), To: november.To.Next().Start()}
	}
	for kind, want := range map[cabin.LedgerKind]int64{cabin.LedgerBookings: b.ID, cabin.LedgerReports: r, cabin.LedgerVisits: v.ID, cabin.LedgerReception: 0} {
		c := cabin.Correction{Kind: kind, ObjectID: max(want, 1), Text: "地点应为 5 号楼", Reason: "记错了楼号"}
		for _, who := range []cabin.Actor{other, s.residents[0], s.deputy} {
			if err := s.db.Ledgers.Correct(t.Context(), key(who, "c"+string(kind)), who, c); cabin.CodeOf(err) != cabin.CodeNotFound {
				t.Errorf("%s by a stranger: %v", kind, err)
			}
		}
		rows, err := s.db.Ledgers.Rows(t.Context(), month(kind), mysql.Page{Limit: 10})
		if err != nil || want == 0 && len(rows) != 0 || want != 0 && len(rows) != 1 {
			t.Fatalf("%s: %d rows, %v", kind, len(rows), err)
		}
		if want == 0 {
			continue
		}
		for range 2 { // the second is the first, sent again
			if err := s.db.Ledgers.Correct(t.Context(), key(local, "c"+string(kind)), local, c); err != nil {
				t.Fatal(err)
			}
		}
		if rows, err = s.db.Ledgers.Rows(t.Context(), month(kind), mysql.Page{Limit: 10}); err != nil || len(rows) != 1 || len(rows[0].Corrections) != 1 || rows[0].Corrections[0].Text != c.Text {
			t.Errorf("%s: %+v %v", kind, rows, err)
		}
	}
	if err := s.db.Ledgers.Correct(t.Context(), key(liaison, "own"), liaison, cabin.Correction{Kind: cabin.LedgerVisits, ObjectID: v.ID, Text: "是两位商户", Reason: "漏记了"}); err != nil {
		t.Errorf("the author: %v", err)
	}
	if err := s.db.Ledgers.Correct(t.Context(), key(local, "none"), local, cabin.Correction{Kind: cabin.LedgerVisits, ObjectID: v.ID, Text: "是两位商户"}); cabin.CodeOf(err) != cabin.CodeInvalid {
		t.Errorf("without a reason: %v", err)
	}
	for _, list := range []cabin.ExportList{cabin.ExportLedgerVisits, cabin.ExportLedgerBookings, cabin.ExportLedgerReports, cabin.ExportLedgerReception, cabin.ExportVisits, cabin.ExportHandovers, cabin.ExportTalks, cabin.ExportStatistics} {
		e := &mysql.Export{List: list, Filter: `{"from":"2026-11-01","to":"2026-11-30"}`, CreatedAt: monday}
		rows, last, err := s.db.Exports.Page(t.Context(), e, cabin.ExportScope{All: true}, 0, 10)
		want := map[cabin.ExportList]int{cabin.ExportLedgerVisits: 3, cabin.ExportLedgerBookings: 2, cabin.ExportLedgerReports: 2, cabin.ExportVisits: 1, cabin.ExportStatistics: 1}[list]
		if err != nil || len(rows) != want || last != 0 {
			t.Errorf("%s: %d rows, %d, %v", list, len(rows), last, err)
		}
		for _, row := range rows {
			if len(row) != len(cabin.ExportOf(list).Columns) {
				t.Errorf("%s: a row of %d cells under %d columns", list, len(row), len(cabin.ExportOf(list).Columns))
			}
		}
		if _, err := s.db.Exports.Total(t.Context(), e, cabin.ExportScope{IDs: []int64{1}}); err != nil {
			t.Errorf("%s: %v", list, err)
		}
	}
}

// reportsFound are the numbers of what is found at these stations.
func (s *street) reportsFound(t testing.TB, text string, stations ...int64) (ids []int64) {
	t.Helper()
	sought, err := cabin.ReadSought(text)
	if err != nil {
		t.Fatal(err)
	}
	found, err := s.db.Finds.Find(t.Context(), s.staff, stations, sought)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range found.Reports {
		ids = append(ids, r.ID)
	}
	for _, b := range found.Bookings {
		ids = append(ids, -b.ID)
	}
	for _, d := range found.Deputies {
		ids = append(ids, 1000+d.ID)
	}
	return ids
}

func TestFindAnythingInOneBox(t *testing.T) {
	t.Parallel()
	s := newStreet(t, 2)
	s.exec(t, `INSERT INTO stations (id, parent_id, kind, name, address) VALUES (2, 1, 'community', '社区站', '幸福路 2 号')`)
	s.exec(t, `INSERT INTO communities (id, name, station_id) VALUES (2, '银杏社区', 2)`)
	r := s.residents[0]
	if err := s.db.People.Rename(t.Context(), r.PersonID, "罗秀兰"); err != nil {
		t.Fatal(err)
	}
	if err := s.db.People.SavePhone(t.Context(), r.PersonID, "13800138000"); err != nil {
		t.Fatal(err)
	}
	submit := func(name string, community int64, body string) int64 {
		t.Helper()
		made, err := s.db.Reports.Submit(t.Context(), key(r, name), mysql.NewReport{ReporterID: r.PersonID, CategoryID: 1, CommunityID: community, PlaceText: "和平路 8 号楼", Body: body})
		if err != nil {
			t.Fatal(err)
		}
		return made.ID
	}
	lamp, water := submit("lamp", 1, "楼下路灯不亮，老人晚上看不见。"), submit("water", 2, "下水口堵了，路灯边积水")
	b := s.booked(t, s.residents[1], 1, wednesday(9, 0), "k")
	check := func(when string) {
		t.Helper()
		for _, c := range []struct {
			text     string
			stations []int64
			want     []int64
		}{
			{"路灯", []int64{1, 2}, []int64{water, lamp}},
			{"路灯", []int64{1}, []int64{lamp}},
			{"路灯不亮", []int64{1, 2}, []int64{lamp}},
			{"灯路", []int64{1, 2}, nil},
			{"８号楼", []int64{1, 2}, []int64{water, lamp}},
			{"罗秀", []int64{1, 2}, nil}, // a sealed name is found whole
			{"罗 秀兰", []int64{1, 2}, []int64{water, lamp}},
			{"罗秀兰", []int64{2}, []int64{water}},
			{"138 0013 8000", []int64{1}, []int64{lamp}},
			{"13900139000", []int64{1}, nil},
			{fmt.Sprintf("民情 2026-%04d", lamp), []int64{1, 2}, []int64{lamp, -b.ID}},
			{fmt.Sprintf("2025-%04d", lamp), []int64{1, 2}, nil},
			{fmt.Sprintf("2026-%04d", water), []int64{1}, nil},
			{b.CheckCode, []int64{1}, nil}, // it is for Wednesday
			{"邻里", []int64{1}, []int64{-b.ID}},
			{"林", []int64{1}, nil},
			{"林晓", []int64{1}, []int64{1001}},
			{"路灯", nil, nil},
		} {
			if c.text == "林" {
				continue // one character is refused before anything is looked for
			}
			if got := s.reportsFound(t, c.text, c.stations...); !slices.Equal(got, c.want) {
				t.Errorf("%s: %q at %v finds %v, want %v", when, c.text, c.stations, got, c.want)
			}
		}
	}
	check("before the job")
	s.clock.Advance(time.Hour)
	for range 3 { // the first run makes the marks
		if _, err := s.db.Finds.Keep(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if s.count(t, `SELECT COUNT(*) FROM found_words`) == 0 {
		t.Fatal("the job kept no words")
	}
	check("after the job")
	if n := s.count(t, `SELECT COUNT(*) FROM audit WHERE action = 'contact.find'`); n != 4 {
		t.Errorf("%d looks for a phone are in the audit, want 4", n)
	}
	// A place that is set right is found by its new words from then on, and by the old ones no more.
	for _, c := range []struct {
		where, building string
		found, lost     string
	}{{"南门快递柜旁", "", "快递柜", "3 号楼"}, {"车棚后面", "7 号楼", "车棚", "快递柜"}} {
		s.moveReport(t, s.staff, water, cabin.ReportLocate, cabin.Input{Where: c.where, Building: c.building})
		if got := s.reportsFound(t, c.found, 2); !slices.Equal(got, []int64{water}) {
			t.Errorf("%q finds %v", c.found, got)
		}
		if got := s.reportsFound(t, c.lost, 2); slices.Contains(got, water) {
			t.Errorf("%q still finds it: %v", c.lost, got)
		}
		if got := s.reportsFound(t, "积水", 2); !slices.Contains(got, water) {
			t.Errorf("its own words find %v", got)
		}
	}
	s.clock.Set(wednesday(8, 0))
	if got := s.reportsFound(t, b.CheckCode, 1); !slices.Contains(got, -b.ID) {
		t.Errorf("today's code finds %v", got)
	}
}
