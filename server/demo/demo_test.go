package demo_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	_ "github.com/go-sql-driver/mysql"

	"warmcabin/server/cabin"
	"warmcabin/server/demo"
	"warmcabin/server/media"
	"warmcabin/server/mysql"
	"warmcabin/server/mysql/dbtest"
	"warmcabin/server/wechat/wechatsim"
)

func TestMain(m *testing.M) { dbtest.Run(m) }

func at(year int, month time.Month, day, hour, minute int) time.Time {
	return time.Date(year, month, day, hour, minute, 0, 0, cabin.Shanghai)
}

// street is a loaded database.
type street struct {
	dsn    string
	x      *sql.DB
	db     *mysql.DB
	photos *media.Store
	now    time.Time
}

func empty(t *testing.T, now time.Time) *street {
	t.Helper()
	s := &street{dsn: dbtest.DSN(t), now: now}
	var err error
	if s.x, err = sql.Open("mysql", s.dsn); err != nil {
		t.Fatal(err)
	}
	if s.db, err = mysql.Open(s.dsn, mysql.Options{Now: s.clock, Sealer: dbtest.Vault(t)}); err != nil {
		t.Fatal(err)
	}
	if s.photos, err = media.Open(t.TempDir()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.x.Close(); _ = s.db.Close(); _ = s.photos.Close() })
	return s
}

func (s *street) clock() time.Time { return s.now }

func (s *street) load(t *testing.T) {
	t.Helper()
	if err := demo.Load(t.Context(), s.dsn, s.photos, dbtest.Vault(t), s.clock); err != nil {
		t.Fatal(err)
	}
}

func (s *street) count(t *testing.T, query string, args ...any) (n int) {
	t.Helper()
	if err := s.x.QueryRow(query, args...).Scan(&n); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return n
}

func (s *street) person(t *testing.T, account string) int64 {
	t.Helper()
	return int64(s.count(t, `SELECT id FROM persons WHERE openid = ?`, wechatsim.OpenID(account)))
}

// moments at which somebody might run the demo for the first time.
var moments = map[string]time.Time{
	"Tuesday morning":        at(2026, 11, 24, 10, 20),
	"Saturday":               at(2026, 11, 28, 11, 5),
	"Sunday":                 at(2026, 11, 29, 15, 0),
	"National Day":           at(2026, 10, 1, 9, 30),
	"Spring Festival":        at(2026, 2, 17, 12, 0),
	"just before midnight":   at(2026, 11, 26, 23, 50),
	"just after midnight":    at(2026, 11, 27, 0, 10),
	"a year not yet planned": at(2027, 6, 7, 8, 59),
}

func TestLoadsWhenever(t *testing.T) {
	for name, now := range moments {
		t.Run(name, func(t *testing.T) {
			s := empty(t, now)
			s.load(t)
			s.checkStates(t)
			s.checkDeputies(t)
			s.checkAccounts(t)
			s.checkTalks(t)
			s.checkPast(t)
			if holiday, _ := (cabin.Calendar{}).Holiday(now); holiday == "" && s.desk(t).ArrivalsToday == 0 {
				t.Error("nobody comes to the central station today")
			}
		})
	}
}

func (s *street) checkStates(t *testing.T) {
	t.Helper()
	for _, state := range cabin.BookingStates {
		if s.count(t, `SELECT COUNT(*) FROM bookings WHERE state = ?`, state) == 0 && !(state == cabin.CheckedIn && s.nobodyHere(t)) {
			t.Errorf("no booking is %s", state)
		}
	}
	for _, state := range cabin.ReportStates {
		if s.count(t, `SELECT COUNT(*) FROM reports WHERE state = ?`, state) == 0 {
			t.Errorf("no report is %s", state)
		}
	}
	for what, least := range map[string]int{"persons": 57, "deputies": 12, "needs": 40, "bookings": 36, "reports": 34, "photos": 25} {
		if n := s.count(t, `SELECT COUNT(*) FROM `+what); n < least {
			t.Errorf("%d %s, want %d or more", n, what, least)
		}
	}
	if s.count(t, `SELECT COUNT(DISTINCT outcome) FROM reports WHERE outcome <> ''`) != len(cabin.Outcomes) {
		t.Error("not every outcome has a report")
	}
}

// nobodyHere tells whether today's receptions have not begun: nobody can be checked in.
func (s *street) nobodyHere(t *testing.T) bool {
	t.Helper()
	y, m, d := s.now.In(cabin.Shanghai).Date()
	today := time.Date(y, m, d, 0, 0, 0, 0, cabin.Shanghai).UTC()
	return s.count(t, `SELECT COUNT(*) FROM bookings WHERE starts_at >= ? AND starts_at <= ?`, today, s.now.UTC()) == 0
}

// checkTalks: two with seats, one nearly full, one full with a line, one to schedule, one done.
func (s *street) checkTalks(t *testing.T) {
	t.Helper()
	list, err := s.db.Talks.Upcoming(t.Context(), 0, mysql.Page{Limit: 20})
	if err != nil {
		t.Fatal(err)
	}
	roomy, nearly, full := 0, 0, 0
	for _, talk := range list {
		switch left := talk.Left(); {
		case left == 0 && talk.Waiting > 1:
			full++
		case left > 0 && left <= 3:
			nearly++
		case left > 10:
			roomy++
		}
	}
	if len(list) != 4 || roomy != 2 || nearly != 1 || full != 1 {
		t.Errorf("%d coming talks: %d with seats, %d nearly full, %d full with a line", len(list), roomy, nearly, full)
	}
	for what, n := range map[string]int{
		"proposed": s.count(t, `SELECT COUNT(*) FROM talks WHERE state = 'proposed'`),
		"done":     s.count(t, `SELECT COUNT(*) FROM talks WHERE state = 'done' AND record <> ''`),
		"ratings":  s.count(t, `SELECT COUNT(*) FROM bookings WHERE talk_id > 0 AND stars > 0`) - 2,
		"to rate":  s.count(t, `SELECT COUNT(*) FROM bookings WHERE talk_id > 0 AND state = 'completed' AND stars = 0`),
	} {
		if n < 1 {
			t.Errorf("talks, %s: there is none", what)
		}
	}
	if n := s.count(t, `SELECT COUNT(*) FROM deputy_hours WHERE service = 'group_talk'`); n != 0 {
		t.Errorf("%d weekly rules are for talks", n)
	}
}

func (s *street) checkDeputies(t *testing.T) {
	t.Helper()
	list, err := s.db.Places.Deputies(t.Context(), mysql.DeputyFilter{Limit: 50})
	if err != nil {
		t.Fatal(err)
	}
	levels := map[string]bool{}
	for _, d := range list {
		levels[d.Level] = true
		if d.Earliest == nil || d.Earliest.Start.After(s.now.AddDate(0, 0, 14)) {
			t.Errorf("%s has no free slot within 14 days: %+v", d.Name, d.Earliest)
		}
		if len(d.Specialities) == 0 || len(d.Services) == 0 || d.Title == "" || d.Bio == "" {
			t.Errorf("%s is not described", d.Name)
		}
		if err := s.db.Photos.Portrait(t.Context(), d.PhotoID); err != nil {
			t.Errorf("%s: %v", d.Name, err)
		}
		if f, _, err := s.photos.Get(t.Context(), d.PhotoID, media.Thumb); err != nil {
			t.Errorf("%s has no portrait: %v", d.Name, err)
		} else {
			_ = f.Close()
		}
	}
	if len(levels) != 4 {
		t.Errorf("levels %v, want four", levels)
	}
}

func (s *street) desk(t *testing.T) mysql.DeskCounts {
	t.Helper()
	a, err := s.db.People.Actor(t.Context(), s.person(t, "staff"))
	if err != nil {
		t.Fatal(err)
	}
	c, err := s.db.Reports.Desk(t.Context(), a.Scopes(cabin.Staff))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func (s *street) checkAccounts(t *testing.T) {
	t.Helper()
	resident, deputy := s.person(t, "resident"), s.count(t, `SELECT id FROM deputies WHERE name = '林晓慧'`)
	now, soon := s.now.UTC(), s.now.AddDate(0, 0, 3).UTC()
	if name, _ := (cabin.Calendar{}).Holiday(s.now.AddDate(0, 0, 1)); name != "" {
		soon = s.now.AddDate(0, 0, 14).UTC()
	}
	for what, n := range map[string]int{
		"confirmed soon":    s.count(t, `SELECT COUNT(*) FROM bookings WHERE resident_id = ? AND state = 'confirmed' AND starts_at BETWEEN ? AND ?`, resident, now, soon),
		"visit to rate":     s.count(t, `SELECT COUNT(*) FROM bookings WHERE resident_id = ? AND state = 'completed' AND stars = 0`, resident),
		"report under way":  s.count(t, `SELECT COUNT(*) FROM reports WHERE reporter_id = ? AND state = 'in_progress'`, resident),
		"report to confirm": s.count(t, `SELECT COUNT(*) FROM reports WHERE reporter_id = ? AND state = 'resolved' AND due_at > ?`, resident, now),
		"deputy, waiting 2": s.count(t, `SELECT COUNT(*) FROM bookings WHERE deputy_id = ? AND state = 'requested' AND hold_until > ?`, deputy, now) - 1,
		"deputy, upcoming":  s.count(t, `SELECT COUNT(*) FROM bookings WHERE deputy_id = ? AND state = 'confirmed' AND starts_at > ?`, deputy, now),
	} {
		if n < 1 {
			t.Errorf("%s: there is none", what)
		}
	}
	if c := s.desk(t); c.ReportsWaiting < 3 || c.Overdue < 2 || c.BookingsWaiting+c.BookingsAsked < 1 {
		t.Errorf("the desk has %+v", c)
	}
	for _, account := range []string{"resident", "deputy", "staff", "department"} {
		if n, err := s.db.Notices.Unread(t.Context(), s.person(t, account)); err != nil || n == 0 || n > 2 {
			t.Errorf("%s has %d unread notices, %v", account, n, err)
		}
	}
}

// checkPast holds what the history left behind: nothing after now, nothing to push.
func (s *street) checkPast(t *testing.T) {
	t.Helper()
	now := s.now.UTC()
	for _, query := range []string{
		`SELECT COUNT(*) FROM booking_events WHERE at > ?`, `SELECT COUNT(*) FROM report_events WHERE at > ?`,
		`SELECT COUNT(*) FROM notices WHERE GREATEST(created_at, COALESCE(read_at, created_at)) > ?`, `SELECT COUNT(*) FROM audit WHERE at > ?`,
	} {
		if n := s.count(t, query, now); n != 0 {
			t.Errorf("%s: %d", query, n)
		}
	}
	if pushes, _, err := s.db.Outbox.Claim(t.Context(), 10, time.Minute, nil); err != nil || len(pushes) != 0 {
		t.Errorf("a worker would push %d old messages, %v", len(pushes), err)
	}
	if n := s.count(t, `SELECT COUNT(*) FROM outbox WHERE state <> 'sent' OR done_at < created_at`); n != 0 {
		t.Errorf("%d outbox rows are not done", n)
	}
	if n, err := s.db.Bookings.Due(t.Context(), 100); err != nil || n != 0 {
		t.Errorf("the worker would expire %d bookings at once, %v", n, err)
	}
	if n, err := s.db.Reports.Due(t.Context(), 100); err != nil || n != 0 {
		t.Errorf("the clock of %d reports would strike at once, %v", n, err)
	}
}

func TestSecondLoadDoesNothing(t *testing.T) {
	s := empty(t, at(2026, 11, 24, 10, 0))
	var wg sync.WaitGroup
	errs, sealer := make([]error, 2), dbtest.Vault(t)
	for i := range errs {
		wg.Go(func() { errs[i] = demo.Load(context.Background(), s.dsn, s.photos, sealer, s.clock) })
	}
	wg.Wait()
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
	before := s.rows(t)
	s.now = s.now.AddDate(0, 0, 9)
	s.load(t)
	if after := s.rows(t); before != after {
		t.Errorf("before %s, after %s", before, after)
	}
	if n := s.count(t, `SELECT COUNT(*) FROM deputies`); n != 12 {
		t.Errorf("%d deputies", n)
	}
}

func (s *street) rows(t *testing.T) string {
	t.Helper()
	var b strings.Builder
	for _, table := range []string{"persons", "stations", "deputies", "bookings", "reports", "notices", "outbox", "audit", "photos"} {
		fmt.Fprintf(&b, "%s %d ", table, s.count(t, `SELECT COUNT(*) FROM `+table))
	}
	return b.String()
}

func TestRefusals(t *testing.T) {
	load := func(s *street) error {
		return demo.Load(context.Background(), s.dsn, s.photos, dbtest.Vault(t), s.clock)
	}
	t.Run("cut off", func(t *testing.T) {
		s := empty(t, at(2026, 11, 24, 10, 0))
		s.load(t)
		if _, err := s.x.Exec(`DELETE FROM audit WHERE action = 'demo.end'`); err != nil {
			t.Fatal(err)
		}
		if err := load(s); !errors.Is(err, demo.ErrUnfinished) {
			t.Errorf("got %v", err)
		}
	})
	t.Run("other stations", func(t *testing.T) {
		s := empty(t, at(2026, 11, 24, 10, 0))
		if _, err := s.x.Exec(`INSERT INTO stations (kind, name, address) VALUES ('central', '别处', '别处')`); err != nil {
			t.Fatal(err)
		}
		if err := load(s); !errors.Is(err, demo.ErrOccupied) {
			t.Errorf("got %v", err)
		}
	})
	t.Run("real people", func(t *testing.T) {
		s := empty(t, at(2026, 11, 24, 10, 0))
		if _, err := s.db.People.Login(t.Context(), "oABCD5xyzRealPerson", ""); err != nil {
			t.Fatal(err)
		}
		if err := load(s); !errors.Is(err, demo.ErrRealPeople) {
			t.Errorf("got %v", err)
		}
	})
	t.Run("simulated people are welcome", func(t *testing.T) {
		s := empty(t, at(2026, 11, 24, 10, 0))
		if _, err := s.db.People.Login(t.Context(), wechatsim.OpenID("resident"), ""); err != nil {
			t.Fatal(err)
		}
		if err := load(s); err != nil {
			t.Error(err)
		}
	})
}

func TestFailedLoadKeepsNoPictures(t *testing.T) {
	s := empty(t, at(2026, 11, 24, 10, 0))
	if _, err := s.x.Exec(`DROP TABLE report_events`); err != nil {
		t.Fatal(err)
	}
	if err := demo.Load(t.Context(), s.dsn, s.photos, dbtest.Vault(t), s.clock); err == nil {
		t.Fatal("it loaded without a table")
	}
	var portrait string
	if err := s.x.QueryRow(`SELECT photo_id FROM deputies LIMIT 1`).Scan(&portrait); err != nil {
		t.Fatal(err)
	}
	if _, _, err := s.photos.Get(t.Context(), portrait, media.Thumb); cabin.CodeOf(err) != cabin.CodeNotFound {
		t.Errorf("the portrait is still there: %v", err)
	}
	if err := demo.Load(t.Context(), s.dsn, s.photos, dbtest.Vault(t), s.clock); !errors.Is(err, demo.ErrUnfinished) {
		t.Errorf("the next load says %v", err)
	}
}
