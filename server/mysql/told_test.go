package mysql_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"warmcabin/server/cabin"
	"warmcabin/server/mysql"
)

// Whom the last push did not reach has a mark at the desk until the inbox is read or
// somebody called; nobody but the desk may note a call.
func TestUnreachedAndToldByPhone(t *testing.T) {
	t.Parallel()
	s := newStreet(t, 2)
	r, other := s.residents[0], s.residents[1]
	marked := func(id int64) bool {
		return must(s.db.Notices.Unreached(t.Context(), cabin.MatterBooking, []int64{id, id + 1000}))(t)[id]
	}
	deliver := func(state string) {
		var results []mysql.Result
		claimed := s.claim(t, 50)
		for _, p := range claimed {
			results = append(results, mysql.Result{ID: p.ID, State: state})
		}
		if err := s.db.Outbox.Done(t.Context(), claimed, results, mysql.Onward{}); err != nil {
			t.Fatal(err)
		}
	}
	b := s.booked(t, r, 1, wednesday(9, 0), "one")
	deliver(mysql.PushNoConsent) // the deputy's
	if marked(b.ID) {
		t.Error("a push to the deputy marks the resident")
	}
	s.command(t, s.deputy, b.ID, cabin.BookingAccept, cabin.Input{})
	if marked(b.ID) {
		t.Error("marked before the push was tried")
	}
	deliver(mysql.PushNoConsent)
	if !marked(b.ID) {
		t.Error("no consent, no mark")
	}
	for _, a := range []cabin.Actor{r, other, s.deputy} {
		if err := s.db.Notices.TellByPhone(t.Context(), a, cabin.MatterBooking, b.ID); cabin.CodeOf(err) != cabin.CodeNotFound {
			t.Errorf("somebody else notes a call: %v", err)
		}
	}
	if err := s.db.Notices.TellByPhone(t.Context(), s.staff, cabin.MatterBooking, b.ID); err != nil || marked(b.ID) {
		t.Errorf("after the call the mark is still there: %v", err)
	}
	if err := s.db.Notices.TellByPhone(t.Context(), s.staff, cabin.MatterBooking, b.ID); cabin.CodeOf(err) != cabin.CodeConflict {
		t.Errorf("noted twice: %v", err)
	}
	_, events, err := s.db.Bookings.Get(t.Context(), r, b.ID)
	if err != nil || events[0].Text != "已电话告知" {
		t.Errorf("the resident's history begins with %+v, %v", events[0], err)
	}

	b = s.booked(t, other, 1, wednesday(10, 0), "two")
	s.command(t, s.deputy, b.ID, cabin.BookingAccept, cabin.Input{})
	deliver(mysql.PushRefused)
	if !marked(b.ID) {
		t.Error("refused, no mark")
	}
	if err := s.db.Notices.ReadMatter(t.Context(), other.PersonID, cabin.MatterBooking, b.ID); err != nil || marked(b.ID) {
		t.Errorf("read in the inbox, still marked: %v", err)
	}
	s.clock.Advance(time.Minute)
	s.command(t, s.staff, b.ID, cabin.BookingCancel, cabin.Input{Reason: "停电"})
	deliver(mysql.PushSent)
	if marked(b.ID) {
		t.Error("marked though it was sent")
	}
}

// Who asks at the desk needs no call about it, nor about the yes that the desk gives while
// they stand there; an answer that comes later has to be told.
func TestWhoStoodAtTheDeskKnows(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		by    func(*street) cabin.Actor
		after time.Duration
		call  bool
	}{
		"the desk at once":    {func(s *street) cabin.Actor { return s.staff }, time.Minute, false},
		"the desk later":      {func(s *street) cabin.Actor { return s.staff }, time.Hour, true},
		"the deputy, at once": {func(s *street) cabin.Actor { return s.deputy }, time.Minute, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStreet(t, 0)
			b := must(s.walkIn(t, "k", nil))(t)
			// marked tells whether the desk is asked to call, once what waits was tried.
			marked := func() bool {
				claimed := s.claim(t, 50)
				var results []mysql.Result
				for _, p := range claimed {
					results = append(results, mysql.Result{ID: p.ID, State: mysql.PushNoWeChat})
				}
				if err := s.db.Outbox.Done(t.Context(), claimed, results, mysql.Onward{}); err != nil {
					t.Fatal(err)
				}
				return must(s.db.Notices.Unreached(t.Context(), cabin.MatterBooking, []int64{b.ID}))(t)[b.ID]
			}
			if marked() {
				t.Error("she was just written down, and the desk is asked to call her")
			}
			s.clock.Advance(c.after)
			s.command(t, c.by(s), b.ID, cabin.BookingAccept, cabin.Input{})
			if got := marked(); got != c.call {
				t.Errorf("the desk is asked to call her about the yes: %v, want %v", got, c.call)
			}
		})
	}
}

// A kind that is turned off is not sent any more, also what waits; what needs somebody is.
func TestMutedKindsAreNotSent(t *testing.T) {
	t.Parallel()
	s := newStreet(t, 1)
	r := s.residents[0].PersonID
	for i, kind := range []cabin.NoticeKind{cabin.KindReminder, cabin.KindReportProgress, ""} {
		s.exec(t, `INSERT INTO outbox (person_id, matter_kind, matter_id, kind, template, payload, page, due_at, created_at) VALUES (?, 'report', ?, ?, ?, '{}', '/p', ?, ?)`,
			r, i+1, kind, cabin.TellBookingChanged, s.clock.Now(), s.clock.Now())
	}
	if err := s.db.Consents.Want(t.Context(), r, cabin.KindReminder, false); err != nil {
		t.Fatal(err)
	}
	if err := s.db.Consents.Want(t.Context(), r, "", false); cabin.CodeOf(err) != cabin.CodeInvalid {
		t.Errorf("results are turned off: %v", err)
	}
	for range 2 { // a person gets one at a time
		got := s.claim(t, 10)
		if len(got) != 1 || got[0].Kind == cabin.KindReminder {
			t.Fatalf("sent: %+v", got)
		}
		if err := s.db.Outbox.Done(t.Context(), got, []mysql.Result{{ID: got[0].ID, State: mysql.PushSent}}, mysql.Onward{}); err != nil {
			t.Fatal(err)
		}
	}
	if n := s.count(t, `SELECT COUNT(*) FROM outbox WHERE state = 'muted' AND kind = 'reminder' AND done_at > '2000-01-01'`); n != 1 {
		t.Errorf("%d muted", n)
	}
	if wants := must(s.db.Consents.Settings(t.Context(), r))(t); wants[cabin.KindReminder] || !wants[cabin.KindDigest] {
		t.Errorf("the settings: %v", wants)
	}
	if err := s.db.Consents.Want(t.Context(), r, cabin.KindReminder, true); err != nil || !must(s.db.Consents.Settings(t.Context(), r))(t)[cabin.KindReminder] {
		t.Errorf("on again: %v", err)
	}
}

// At night pushes wait for the morning, but not those to somebody who is up and asked.
func TestQuietHours(t *testing.T) {
	t.Parallel()
	s := newStreet(t, 2)
	sleeper, up := s.residents[0], s.residents[1]
	one, two := s.booked(t, sleeper, 1, wednesday(9, 0), "one"), s.booked(t, up, 1, wednesday(10, 0), "two")
	s.claim(t, 50)
	night := time.Date(monday.Year(), monday.Month(), monday.Day(), 23, 0, 0, 0, cabin.Shanghai)
	s.clock.Set(night)
	if err := s.db.Consents.Answered(t.Context(), up.PersonID, mysql.Answer{Source: mysql.FromClient, PromptID: "at-night", Accepted: map[cabin.TemplateKey]bool{cabin.TellBookingAnswered: true}}); err != nil {
		t.Fatal(err)
	}
	for _, b := range []*cabin.Booking{one, two} {
		s.command(t, s.deputy, b.ID, cabin.BookingAccept, cabin.Input{})
	}
	if got := s.claim(t, 50); len(got) != 1 || got[0].PersonID != up.PersonID {
		t.Errorf("at night %d pushes go: %+v", len(got), got)
	}
	s.clock.Set(night.Add(8 * time.Hour))
	if got := s.claim(t, 50); len(got) != 1 || got[0].PersonID != sleeper.PersonID {
		t.Errorf("at seven %d pushes go: %+v", len(got), got)
	}
	if n, _ := s.db.Notices.Unread(t.Context(), sleeper.PersonID); n != 1 {
		t.Errorf("the inbox has %d", n)
	}
}

// One digest a deputy and day, however many workers make it; none on an empty day.
func TestDigest(t *testing.T) {
	t.Parallel()
	s := newStreet(t, 2)
	b := s.booked(t, s.residents[0], 1, wednesday(9, 0), "one")
	s.command(t, s.deputy, b.ID, cabin.BookingAccept, cabin.Input{})
	s.booked(t, s.residents[1], 1, wednesday(10, 0), "two")
	mornings := func(at time.Time) {
		s.clock.Set(at)
		var wg sync.WaitGroup
		for range 4 {
			wg.Go(func() {
				if _, err := s.db.Digests.Due(t.Context(), 50); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
	}
	digests := func() int { return s.count(t, `SELECT COUNT(*) FROM outbox WHERE kind = 'digest'`) }
	mornings(wednesday(7, 59))
	if n := digests(); n != 0 {
		t.Errorf("%d before eight", n)
	}
	mornings(wednesday(8, 0))
	if n := digests(); n != 1 {
		t.Errorf("%d digests", n)
	}
	list := must(s.db.Notices.List(t.Context(), s.deputy.PersonID, 0, 1))(t)
	if list[0].Title != "今天：1 场接待，1 个预约等您答复" || list[0].Body != "09:00 邻里。" {
		t.Errorf("%s / %s", list[0].Title, list[0].Body)
	}
	// The hour is the office's to choose.
	if err := s.db.Settings.SavePreset(t.Context(), s.person(t, "admin", cabin.Grant{Role: cabin.Admin}), "digest_hour", 9); err != nil {
		t.Fatal(err)
	}
	before := digests()
	mornings(wednesday(8, 30).AddDate(0, 0, 1))
	if digests() != before {
		t.Error("told before the hour that was chosen")
	}
	mornings(wednesday(9, 0).AddDate(0, 0, 1))
	if digests() != before+1 {
		t.Error("not told at the hour that was chosen")
	}
	mornings(wednesday(9, 0).AddDate(0, 0, 30))
	s.exec(t, `UPDATE bookings SET state = 'expired' WHERE state = 'requested'`)
	s.exec(t, `DELETE FROM occupancy WHERE holder_id IN (SELECT id FROM bookings WHERE state = 'expired')`)
	mornings(wednesday(9, 0).AddDate(0, 0, 31))
	if n := s.count(t, `SELECT COUNT(*) FROM outbox WHERE kind = 'digest' AND created_at > ?`, wednesday(8, 0).AddDate(0, 0, 31).Add(-time.Minute).UTC()); n != 0 {
		t.Errorf("%d on an empty day", n)
	}
}

// Handlers hear of a deadline once at 80 %, once when it is over, and are supervised at the
// end of the next working day.
func TestDeadlinesAreReminded(t *testing.T) {
	t.Parallel()
	s := newStreet(t, 1)
	res, err := s.x.Exec(`INSERT INTO reports (reporter_id, category_id, station_id, community_id, deputy_id, place_text, body, state, waiting, department_id, due_from, due_at, clock_at, created_at, updated_at)
		VALUES (?, 1, 1, 1, 0, '路口', '小区路面积水', 'dispatched', 'department', 1, ?, ?, ?, ?, ?)`, s.residents[0].PersonID, monday.UTC(), monday.Add(10*time.Hour).UTC(), monday.UTC(), monday.UTC(), monday.UTC())
	if err != nil {
		t.Fatal(err)
	}
	id, _ := res.LastInsertId()
	department := s.person(t, "department", cabin.Grant{Role: cabin.Department, ScopeID: 1})
	told := func(who cabin.Actor) (titles []string) {
		for _, n := range must(s.db.Notices.List(t.Context(), who.PersonID, 0, 9))(t) {
			if n.MatterKind == cabin.MatterReport && n.MatterID == id {
				for _, word := range []string{"快到期", "催办", "督办"} {
					if strings.Contains(n.Title, word) {
						titles = append(titles, word)
					}
				}
			}
		}
		return titles
	}
	for _, c := range []struct {
		hours             int
		department, staff string
	}{{7, "[]", "[]"}, {8, "[快到期]", "[]"}, {9, "[快到期]", "[]"}, {10, "[催办 快到期]", "[催办]"}, {30, "[催办 快到期]", "[催办]"}, {32, "[督办 催办 快到期]", "[督办 催办]"}, {400, "[督办 催办 快到期]", "[督办 催办]"}} {
		s.clock.Set(monday.Add(time.Duration(c.hours) * time.Hour))
		var wg sync.WaitGroup
		for range 3 {
			wg.Go(func() {
				if _, err := s.db.Reports.Due(t.Context(), 50); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if got := fmt.Sprint(told(department), told(s.staff)); got != c.department+" "+c.staff {
			t.Errorf("after %d hours: %s", c.hours, got)
		}
	}
}

// One prompt that the phone and WeChat both tell of is one message; five silent ones in a row
// are five, whoever tells first, of how many, and however often it is said again.
func TestPromptsCountAsManyAsOneSourceKnows(t *testing.T) {
	t.Parallel()
	s := newStreet(t, 1)
	type told struct {
		source mysql.ConsentSource
		id     string
	}
	client := func(ids ...string) (all []told) {
		for _, id := range ids {
			all = append(all, told{mysql.FromClient, "client-" + id})
		}
		return all
	}
	weChat := func(ids ...string) (all []told) {
		for _, id := range ids {
			all = append(all, told{mysql.FromWeChat, "wechat-" + id})
		}
		return all
	}
	join := func(parts ...[]told) (all []told) {
		for _, p := range parts {
			all = append(all, p...)
		}
		return all
	}
	for i, c := range []struct {
		name string
		told []told
		want int
	}{
		{"the phone, then WeChat", join(client("1"), weChat("1")), 1},
		{"WeChat, then the phone", join(weChat("1"), client("1")), 1},
		{"both twice", join(weChat("1"), client("1"), weChat("1"), client("1"), weChat("1")), 1},
		{"five silent ones, WeChat silent too", client("1", "2", "3", "4", "5"), 5},
		{"five, both tell, mixed", join(weChat("1"), client("1"), client("2"), weChat("2", "3", "4"), client("3", "4", "5"), weChat("5")), 5},
		{"five, all said again", join(client("1", "2", "3", "4", "5"), weChat("1", "2", "3", "4", "5"), weChat("1", "2", "3", "4", "5"), client("1", "5")), 5},
		{"WeChat knows of one more", join(client("1", "2"), weChat("1", "2", "3")), 3},
	} {
		person := s.residents[0].PersonID
		s.clock.Advance(10 * time.Minute)
		before := must(s.db.Consents.Credits(t.Context(), person))(t)[cabin.TellReportResult]
		for _, p := range c.told {
			if err := s.db.Consents.Answered(t.Context(), person, mysql.Answer{Source: p.source, PromptID: fmt.Sprintf("%s-of-%d", p.id, i), Accepted: map[cabin.TemplateKey]bool{cabin.TellReportResult: true}}); err != nil {
				t.Fatal(err)
			}
		}
		if n := must(s.db.Consents.Credits(t.Context(), person))(t)[cabin.TellReportResult] - before; n != c.want {
			t.Errorf("%s: counts %d, want %d", c.name, n, c.want)
		}
	}
}
