package mysql_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"warmcabin/server/cabin"
	"warmcabin/server/mysql"
)

func (s *street) brought(t testing.TB, who cabin.Actor, deputy int64, name string) int64 {
	t.Helper()
	r, err := s.db.Reports.Submit(t.Context(), key(who, name), mysql.NewReport{ReporterID: who.PersonID, CategoryID: 1, CommunityID: 1, DeputyID: deputy, PlaceText: "路口", Body: "路口积水很深 " + name})
	if err != nil {
		t.Fatal(err)
	}
	return r.ID
}

var november = mysql.StatisticFilter{StationIDs: []int64{1}, From: "2026-11-01", To: "2026-11-01"}

func (s *street) numbers(t testing.TB, f mysql.StatisticFilter) *mysql.ReportCounts {
	t.Helper()
	c, err := s.db.Statistics.Reports(t.Context(), f)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestStatisticsAreExactBeforeAndAfterTheJob(t *testing.T) {
	t.Parallel()
	s := newStreet(t, 2)
	r := s.residents[0]
	a, b, c := s.brought(t, r, 1, "a"), s.brought(t, r, 0, "b"), s.brought(t, r, 0, "c")
	s.clock.Advance(48 * time.Hour)
	for _, id := range []int64{a, b} {
		s.moveReport(t, s.staff, id, cabin.ReportAccept, cabin.Input{})
		s.moveReport(t, s.staff, id, cabin.ReportAnswer, cabin.Input{Outcome: cabin.Fixed, Note: "已经疏通了下水口"})
	}
	s.moveReport(t, r, a, cabin.ReportRate, cabin.Input{Stars: 4})
	check := func(when string, solved, open, reopened int, median float64) {
		t.Helper()
		n := s.numbers(t, november)
		got, ok := n.All.Waits.Median()
		if n.All.Received != 3 || n.All.Solved != solved || n.All.Open != open || n.All.Reopened != reopened || n.All.Rated != 1 || n.All.Stars != 4 || !ok || got != median {
			t.Errorf("%s: %+v, median %v", when, n.All, got)
		}
		if d := n.Deputies[1]; d == nil || d.Received != 1 || d.Solved != 1 {
			t.Errorf("%s: the deputy's are %+v", when, d)
		}
		if n.Months["2026-11-01"].Received != 3 || n.Stations[1].Received != 3 || n.Categories[1].Received != 3 {
			t.Errorf("%s: the views do not agree", when)
		}
	}
	check("nothing counted by the job", 2, 1, 0, 2)
	for range 2 { // the first run makes the mark
		if _, err := s.db.Statistics.Fold(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if s.count(t, `SELECT COUNT(*) FROM report_months`) == 0 {
		t.Fatal("the job counted nothing")
	}
	// The newest events are younger than the lag: the job leaves them to who reads.
	check("half of it counted by the job", 2, 1, 0, 2)
	s.clock.Advance(time.Hour)
	s.fold(t)
	check("all counted by the job", 2, 1, 0, 2)
	if n := s.count(t, `SELECT COUNT(*) FROM report_months`); n != 2 {
		t.Errorf("%d rows of counts, want one of the category and one of the deputy", n)
	}
	s.moveReport(t, r, b, cabin.ReportRefuse, cabin.Input{Reason: "下雨又积水了"})
	check("reopened since", 1, 2, 1, 2)
	s.moveReport(t, s.staff, c, cabin.ReportReject, cabin.Input{Reason: "请到供水公司办理"})
	check("one ended without being solved", 1, 1, 1, 2)
	s.clock.Advance(time.Hour)
	s.fold(t)
	check("and counted", 1, 1, 1, 2)
}

// fold runs the job until it has nothing left.
func (s *street) fold(t testing.TB) {
	t.Helper()
	for first := true; ; first = false {
		n, err := s.db.Statistics.Fold(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if n == 0 && !first {
			return
		}
	}
}

func TestEveryNumberOpensItsRows(t *testing.T) {
	t.Parallel()
	s := newStreet(t, 2)
	r := s.residents[0]
	var ids []int64
	for i := range 5 {
		ids = append(ids, s.brought(t, r, int64(i%2), fmt.Sprint("n", i)))
		s.clock.Advance(time.Hour)
	}
	s.moveReport(t, s.staff, ids[0], cabin.ReportAccept, cabin.Input{})
	s.moveReport(t, s.staff, ids[0], cabin.ReportAnswer, cabin.Input{Outcome: cabin.Fixed, Note: "已经疏通了下水口"})
	s.moveReport(t, r, ids[0], cabin.ReportRefuse, cabin.Input{Reason: "还是积水"})
	s.moveReport(t, s.staff, ids[1], cabin.ReportAccept, cabin.Input{})
	s.moveReport(t, s.staff, ids[1], cabin.ReportAnswer, cabin.Input{Outcome: cabin.Fixed, Note: "已经疏通了下水口"})
	s.moveReport(t, r, ids[1], cabin.ReportRate, cabin.Input{Stars: 5})
	n := s.numbers(t, november)
	for _, c := range []struct {
		what cabin.StatisticRows
		want int
	}{{cabin.RowsReceived, n.All.Received}, {cabin.RowsSolved, n.All.Solved}, {cabin.RowsOpen, n.All.Open}, {cabin.RowsReopened, n.All.Reopened}, {cabin.RowsRated, n.All.Rated}} {
		for _, deputy := range []int64{0, 1} {
			want := c.want
			if deputy == 1 {
				want = map[cabin.StatisticRows]int{cabin.RowsReceived: n.Deputies[1].Received, cabin.RowsSolved: n.Deputies[1].Solved, cabin.RowsOpen: n.Deputies[1].Open,
					cabin.RowsReopened: n.Deputies[1].Reopened, cabin.RowsRated: n.Deputies[1].Rated}[c.what]
			}
			f := mysql.StatisticRows{StationIDs: []int64{1}, From: november.From.Start(), To: november.To.Next().Start(), CategoryID: 1, DeputyID: deputy, What: c.what}
			got, page := 0, mysql.Page{Limit: 2}
			for {
				rows, err := s.db.Statistics.Rows(t.Context(), f, page)
				if err != nil {
					t.Fatal(err)
				}
				if got += len(rows); len(rows) < 2 {
					break
				}
				page.At, page.ID = rows[1].CreatedAt, rows[1].ID
			}
			if got != want {
				t.Errorf("%s of deputy %d: the number is %d, its rows are %d", c.what, deputy, want, got)
			}
		}
	}
	if rows, err := s.db.Statistics.Rows(t.Context(), mysql.StatisticRows{StationIDs: nil, From: november.From.Start(), To: november.To.Next().Start()}, mysql.Page{Limit: 9}); err != nil || len(rows) != 0 {
		t.Errorf("no station has %d rows, %v", len(rows), err)
	}
}

// Writers, the job and readers at once: at the end the numbers are those of the table.
func TestStatisticsWhileEverybodyWrites(t *testing.T) {
	t.Parallel()
	s := newStreet(t, 8)
	var wg sync.WaitGroup
	for i, r := range s.residents {
		wg.Go(func() {
			for n := range 5 {
				id := s.brought(t, r, 1, fmt.Sprintf("w-%d-%d", i, n))
				s.clock.Advance(time.Minute)
				if _, err := s.db.Reports.Command(t.Context(), s.staff, id, cabin.ReportAccept, cabin.Input{}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	for range 2 {
		wg.Go(func() {
			for range 10 {
				if _, err := s.db.Statistics.Fold(t.Context()); err != nil {
					t.Error(err)
				}
				if _, err := s.db.Statistics.Reports(t.Context(), november); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	for _, when := range []string{"before", "after"} {
		if n := s.numbers(t, november); n.All.Received != 40 || n.All.Open != 40 || n.Deputies[1].Received != 40 {
			t.Errorf("%s the job: %+v", when, n.All)
		}
		s.clock.Advance(time.Hour)
		s.fold(t)
	}
}

func TestBucketsAreTheSameInSQL(t *testing.T) {
	t.Parallel()
	s := newStreet(t, 1)
	for i, d := range []time.Duration{0, time.Hour, 3 * time.Hour, 239*time.Hour + 59*time.Minute, 240 * time.Hour, 263 * time.Hour, 264 * time.Hour, 4000 * time.Hour} {
		s.exec(t, fmt.Sprintf(`INSERT INTO reports (id, reporter_id, category_id, station_id, body, state, waiting, outcome, created_at, solved_at, updated_at) VALUES
			(%d, 1, 1, 1, '积水', 'closed', 'nobody', 'fixed', '2026-0%d-02', '2026-0%d-02' + INTERVAL %d SECOND, '2026-01-01')`, 100+i, 1+i, 1+i, int(d.Seconds())))
		s.exec(t, fmt.Sprintf(`INSERT INTO report_events (report_id, at, actor_id, actor_role, command, from_state, to_state, text) VALUES (%d, '2026-01-01', 1, 'system', 'x', '', '', '')`, 100+i))
		month := cabin.Month(fmt.Sprintf("2026-0%d-01", 1+i))
		if got := s.numbers(t, mysql.StatisticFilter{StationIDs: []int64{1}, From: month, To: month}); got.All.Waits[cabin.WaitBucket(d)] != 1 {
			t.Errorf("%v is in bucket %v, want %d", d, got.All.Waits, cabin.WaitBucket(d))
		}
	}
}

func TestDeputiesWithNothingInTheQuarter(t *testing.T) {
	t.Parallel()
	s := newStreet(t, 1)
	from, to, _ := cabin.QuarterOf(monday)
	idle := func() (ids []int64) {
		t.Helper()
		n, err := s.db.Statistics.Desk(t.Context(), november, from, to)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range n.Idle {
			ids = append(ids, d.ID)
		}
		return ids
	}
	if got := idle(); fmt.Sprint(got) != "[1 2]" {
		t.Errorf("at first %v", got)
	}
	s.brought(t, s.residents[0], 2, "raised")
	if got := idle(); fmt.Sprint(got) != "[1]" {
		t.Errorf("with something raised %v", got)
	}
	b := s.booked(t, s.residents[0], 1, wednesday(9, 0), "k")
	if got := idle(); fmt.Sprint(got) != "[1]" {
		t.Errorf("a request is not yet a meeting: %v", got)
	}
	s.command(t, s.deputy, b.ID, cabin.BookingAccept, cabin.Input{})
	if got := idle(); len(got) != 0 {
		t.Errorf("with a meeting agreed %v", got)
	}
}
