package mysql_test

import (
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"warmcabin/server/cabin"
	"warmcabin/server/mysql"
)

const lease = time.Minute

// firstReader is the person of the first push; the others follow.
const firstReader = 1000

// queued is a street with n pushes to as many people, each with credits for them.
func queued(t testing.TB, n, credits int) *street {
	t.Helper()
	s := newStreet(t, 1)
	for i := range n {
		id := firstReader + i
		s.exec(t, `INSERT INTO persons (id, openid, name, created_at) VALUES (?, ?, '', ?)`, id, fmt.Sprint("reader-", i), s.clock.Now())
		s.exec(t, `INSERT INTO consents (person_id, template, credits, accepted, refused, updated_at) VALUES (?, ?, ?, ?, 0, ?)`, id, cabin.TellBookingAnswered, credits, credits, s.clock.Now())
		s.push(t, id, i+1, "")
	}
	return s
}

// push queues a push about a booking.
func (s *street) push(t testing.TB, person, booking int, kind cabin.NoticeKind) {
	t.Helper()
	s.exec(t, `INSERT INTO outbox (person_id, matter_kind, matter_id, template, payload, page, kind, due_at, created_at) VALUES (?, 'booking', ?, ?, '{"topic":"邻里"}', '/p', ?, ?, ?)`,
		person, booking, cabin.TellBookingAnswered, kind, s.clock.Now(), s.clock.Now())
}

// In a long queue a claim begins where the last one ended; what stands before that place is
// found all the same: at the queue's end, and by one claim in sixteen while it has none.
func TestClaimFindsWhatItWentPast(t *testing.T) {
	t.Parallel()
	s := queued(t, 200, 0)
	first := s.claim(t, 5)
	if err := s.db.Outbox.Release(t.Context(), first); err != nil {
		t.Fatal(err)
	}
	at := -1
	for i := 0; i < 16 && at < 0; i++ {
		for _, p := range s.claim(t, 5) {
			if p.ID == first[0].ID {
				at = i
			}
		}
	}
	if at < 1 {
		t.Errorf("the row before the place was claimed by claim %d, want one of the next sixteen but not the first", at)
	}
	s.exec(t, `UPDATE outbox SET state = 'waiting' WHERE id = 6`)
	s.exec(t, `DELETE FROM outbox_busy WHERE outbox_id = 6`)
	for range 60 {
		if len(s.claim(t, 5)) == 0 && s.count(t, `SELECT COUNT(*) FROM outbox WHERE state = 'waiting'`) == 0 {
			return
		}
	}
	t.Errorf("%d rows are left", s.count(t, `SELECT COUNT(*) FROM outbox WHERE state = 'waiting'`))
}

func (s *street) claim(t testing.TB, limit int) []mysql.Push {
	t.Helper()
	claimed, _, err := s.db.Outbox.Claim(t.Context(), limit, lease, nil)
	if err != nil {
		t.Fatal(err)
	}
	return claimed
}

func (s *street) state(t testing.TB, id int64) string {
	t.Helper()
	var state string
	if err := s.x.QueryRow(`SELECT state FROM outbox WHERE id = ?`, id).Scan(&state); err != nil {
		t.Fatal(err)
	}
	return state
}

func TestClaimNeverTwice(t *testing.T) {
	t.Parallel()
	s := queued(t, 200, 0)
	var mu sync.Mutex
	seen := map[int64]int{}
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for {
				got, _, err := s.db.Outbox.Claim(t.Context(), 7, lease, nil)
				if err != nil {
					t.Error(err)
				}
				if len(got) == 0 {
					return
				}
				mu.Lock()
				for _, p := range got {
					seen[p.ID]++
				}
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	for id, n := range seen {
		if n != 1 {
			t.Errorf("row %d was claimed %d times", id, n)
		}
	}
	if left := s.count(t, `SELECT COUNT(*) FROM outbox WHERE state <> 'sending'`); len(seen)+left != 200 || left != 0 {
		t.Errorf("%d claimed, %d left", len(seen), left)
	}
}

func TestClaimTellsWhatToSend(t *testing.T) {
	t.Parallel()
	s := queued(t, 2, 1)
	s.exec(t, `UPDATE outbox SET due_at = ? WHERE id = 2`, s.clock.Now().Add(time.Second))
	got := s.claim(t, 10)
	if len(got) != 1 || got[0].OpenID != "reader-0" || got[0].Credits[cabin.TellBookingAnswered] != 1 || got[0].Attempts != 1 || got[0].Values["topic"] != "邻里" {
		t.Errorf("%+v", got)
	}
	s.clock.Advance(time.Second)
	if got := s.claim(t, 10); len(got) != 1 || got[0].ID != 2 {
		t.Errorf("%+v", got)
	}
}

func TestLostWorker(t *testing.T) {
	t.Parallel()
	s := queued(t, 2, 2)
	s.exec(t, `UPDATE outbox SET template = ? WHERE id = 2`, cabin.TellReportResult)
	old := s.claim(t, 2)
	if n := must(s.db.Outbox.Recover(t.Context(), cabin.TellReportResult))(t); n != 0 {
		t.Errorf("%d leases given up while they run", n)
	}
	s.clock.Advance(lease + time.Millisecond)
	workers := make([]int64, 3)
	var wg sync.WaitGroup
	for i := range workers {
		wg.Go(func() { workers[i], _ = s.db.Outbox.Recover(t.Context(), cabin.TellReportResult) })
	}
	wg.Wait()
	if workers[0]+workers[1]+workers[2] != 2 {
		t.Errorf("recovered %v", workers)
	}
	if a, b := s.state(t, 1), s.state(t, 2); a != mysql.PushUnknown || b != mysql.PushWaiting {
		t.Errorf("to be let be: %s; to be resent: %s", a, b)
	}
	again := s.claim(t, 10)
	if len(again) != 1 || again[0].ID != 2 || again[0].Attempts != 2 {
		t.Fatalf("%+v", again)
	}
	// The lost worker comes back: the row is another's now.
	if err := s.db.Outbox.Done(t.Context(), old, []mysql.Result{{ID: 2, State: mysql.PushNoConsent}}, mysql.Onward{}); err != nil || s.state(t, 2) != mysql.PushSending {
		t.Errorf("a lost claim decided: %s, %v", s.state(t, 2), err)
	}
	if err := s.db.Outbox.Release(t.Context(), old[1:]); err != nil || s.state(t, 2) != mysql.PushSending {
		t.Errorf("a lost claim gave it back: %s, %v", s.state(t, 2), err)
	}
	// But what it learnt late about its own attempt is worth keeping.
	if err := s.db.Outbox.Done(t.Context(), old, []mysql.Result{{ID: 1, State: mysql.PushSent}}, mysql.Onward{}); err != nil || s.state(t, 1) != mysql.PushSent {
		t.Errorf("%s, %v", s.state(t, 1), err)
	}
	// Given back, because nothing was sent, it is there at once.
	if err := s.db.Outbox.Release(t.Context(), again); err != nil {
		t.Fatal(err)
	}
	if got := s.claim(t, 10); len(got) != 1 || got[0].ID != 2 {
		t.Errorf("%+v", got)
	}
}

// A worker is lost in the middle of a large claim: what it had not come to waits again, at
// once for any worker; of the rest nobody knows. Of a lot that is gone nobody knows either.
func TestLostInTheMiddleOfALot(t *testing.T) {
	t.Parallel()
	const n, done = 3*mysql.Ahead + 8, mysql.Ahead / 2
	for name, c := range map[string]struct {
		forgotten bool
		unknown   int
	}{"the lot says how far": {false, mysql.Ahead}, "the lot is gone": {true, n - done}} {
		t.Run(name, func(t *testing.T) {
			s := queued(t, n, 1)
			claimed := s.claim(t, n)
			var results []mysql.Result
			for _, p := range claimed[:done] {
				results = append(results, mysql.Result{ID: p.ID, State: mysql.PushSent})
			}
			if err := s.db.Outbox.Done(t.Context(), claimed[:done], results, mysql.Onward{Reach: claimed[done+mysql.Ahead-1].ID}); err != nil {
				t.Fatal(err)
			}
			if c.forgotten {
				s.exec(t, `DELETE FROM outbox_lots`)
			}
			s.clock.Advance(lease + time.Millisecond)
			workers := make([]int64, 3)
			var wg sync.WaitGroup
			for i := range workers {
				wg.Go(func() { workers[i], _ = s.db.Outbox.Recover(t.Context()) })
			}
			wg.Wait()
			if got := workers[0] + workers[1] + workers[2]; got != n-done {
				t.Errorf("recovered %v", workers)
			}
			counts := must(s.db.Outbox.Counts(t.Context()))(t)
			if waiting := n - done - c.unknown; counts[mysql.PushUnknown] != c.unknown || counts[mysql.PushWaiting] != waiting || counts[mysql.PushSent] != done {
				t.Errorf("%v, want %d unknown and %d waiting", counts, c.unknown, waiting)
			}
			again := s.claim(t, n)
			if len(again) != n-done-c.unknown || len(again) > 0 && (again[0].Attempts != 2 || again[0].ID != claimed[done+mysql.Ahead].ID) {
				t.Errorf("%d are claimed again", len(again))
			}
			// The lost worker comes back: what was not its any more stays another's.
			if err := s.db.Outbox.Done(t.Context(), claimed[n-1:], []mysql.Result{{ID: claimed[n-1].ID, State: mysql.PushDead}}, mysql.Onward{Over: true}); err != nil || len(again) > 0 && s.state(t, claimed[n-1].ID) != mysql.PushSending {
				t.Errorf("%s, %v", s.state(t, claimed[n-1].ID), err)
			}
		})
	}
	s := queued(t, 2*mysql.Ahead, 1)
	s.claim(t, 2*mysql.Ahead)
	s.clock.Advance(2 * time.Hour)
	must(s.db.Outbox.Recover(t.Context()))(t)
	if n := s.count(t, `SELECT COUNT(*) FROM outbox_lots`); n != 0 {
		t.Errorf("%d lots of lost workers are kept for ever", n)
	}
}

// A person is sent one message at a time, whoever claims: the key says so.
func TestOnePushOfAPersonAtATime(t *testing.T) {
	t.Parallel()
	s := queued(t, 1, 50)
	for i := range 30 {
		s.push(t, firstReader, 2+i, "")
	}
	var under, sent atomic.Int64
	deliver := func() error {
		for s.count(t, `SELECT COUNT(*) FROM outbox WHERE state = 'waiting'`) > 0 {
			got, _, err := s.db.Outbox.Claim(t.Context(), 7, lease, nil)
			if err != nil {
				return err
			}
			if len(got) == 0 {
				continue
			}
			if n := under.Add(int64(len(got))); n != 1 {
				t.Errorf("%d on their way at once", n)
			}
			sent.Add(1)
			under.Add(-int64(len(got)))
			if err := s.db.Outbox.Done(t.Context(), got, []mysql.Result{{ID: got[0].ID, State: mysql.PushSent, Spent: got[0].Template}}, mysql.Onward{}); err != nil {
				return err
			}
		}
		return nil
	}
	if n := tally(together(times(4, deliver)...)); n[""] != 4 {
		t.Errorf("workers ended with %v", n)
	}
	if spent := s.count(t, `SELECT spent FROM consents WHERE person_id = ?`, firstReader); sent.Load() != 31 || spent != 31 {
		t.Errorf("%d sent, %d paid, want 31", sent.Load(), spent)
	}
	if _, err := s.x.Exec(`INSERT INTO outbox_busy (person_id, outbox_id, lot, lease_until) VALUES (?, 1, 0, '2026-01-01'), (?, 2, 0, '2026-01-01')`, firstReader, firstReader); err == nil {
		t.Error("two pushes hold one person")
	}
}

// Later news of a matter waits for earlier news, and minor news gives way to newer.
func TestOrderWithinAMatter(t *testing.T) {
	t.Parallel()
	s := queued(t, 1, 5)
	first := s.claim(t, 10)
	s.push(t, firstReader, 1, cabin.KindBookingProgress) // 2: replaced by 3
	s.push(t, firstReader, 1, "")                        // 3: waits for 1
	s.push(t, firstReader, 9, "")                        // 4: another matter
	if err := s.db.Outbox.Done(t.Context(), first, []mysql.Result{{ID: 1, Retry: s.clock.Now().Add(time.Hour)}}, mysql.Onward{}); err != nil {
		t.Fatal(err)
	}
	if got := s.claim(t, 10); len(got) != 1 || got[0].ID != 4 {
		t.Errorf("while the first waits: %+v", got)
	} else if err := s.db.Outbox.Done(t.Context(), got, []mysql.Result{{ID: 4, State: mysql.PushSent}}, mysql.Onward{}); err != nil {
		t.Fatal(err)
	}
	if state := s.state(t, 2); state != mysql.PushSuperseded && state != mysql.PushWaiting {
		t.Error(state)
	}
	s.clock.Advance(time.Hour)
	for _, want := range []int64{1, 3} {
		got := s.claim(t, 10)
		if len(got) != 1 || got[0].ID != want {
			t.Fatalf("want %d: %+v", want, got)
		}
		if err := s.db.Outbox.Done(t.Context(), got, []mysql.Result{{ID: want, State: mysql.PushSent}}, mysql.Onward{}); err != nil {
			t.Fatal(err)
		}
	}
	if state := s.state(t, 2); state != mysql.PushSuperseded {
		t.Error("the old minor news is", state)
	}
}

// A reminder is not sent when the booking moved since, also by the person's own hand.
func TestNoReminderOfWhatIsNoLongerTrue(t *testing.T) {
	t.Parallel()
	s := newStreet(t, 1)
	r := s.residents[0]
	b := must(s.db.Bookings.Request(t.Context(), key(r, "a"), mysql.NewBooking{ResidentID: r.PersonID, DeputyID: 1, Start: wednesday(9, 0)}))(t)
	s.command(t, s.deputy, b.ID, cabin.BookingAccept, cabin.Input{})
	s.exec(t, `UPDATE outbox SET state = 'sent'`)
	s.clock.Advance(time.Minute)
	s.push(t, int(r.PersonID), int(b.ID), cabin.KindReminder)
	if got := s.claim(t, 10); len(got) != 1 {
		t.Fatalf("while it stands: %+v", got)
	} else if err := s.db.Outbox.Done(t.Context(), got, []mysql.Result{{ID: got[0].ID, State: mysql.PushSent}}, mysql.Onward{}); err != nil {
		t.Fatal(err)
	}
	s.push(t, int(r.PersonID), int(b.ID), cabin.KindReminder)
	s.clock.Advance(time.Minute)
	s.command(t, r, b.ID, cabin.BookingCancel, cabin.Input{Reason: "有事"})
	for _, p := range s.claim(t, 10) {
		if p.PersonID == r.PersonID {
			t.Errorf("a reminder of what was cancelled: %+v", p)
		}
	}
	if n := s.count(t, `SELECT COUNT(*) FROM outbox WHERE person_id = ? AND state = 'superseded'`, r.PersonID); n != 1 {
		t.Errorf("%d superseded", n)
	}
}

func TestDone(t *testing.T) {
	t.Parallel()
	s := queued(t, 6, 3)
	consent := func(i, want int) {
		t.Helper()
		if got := s.count(t, `SELECT credits * 100 + spent * 10 + expired FROM consents WHERE person_id = ?`, firstReader+i); got != want {
			t.Errorf("credits, spent, expired of %d: %03d, want %03d", i, got, want)
		}
	}
	got := s.claim(t, 6)
	later := s.clock.Now().Add(time.Hour)
	results := []mysql.Result{
		{ID: got[0].ID, State: mysql.PushSent, Spent: cabin.TellBookingAnswered, Channel: cabin.ByOneTime}, {ID: got[1].ID, Retry: later, Code: -1, Reason: "busy"},
		{ID: got[2].ID, State: mysql.PushDead, Code: 40037, Reason: strings.Repeat("坏", 500) + "\xff"}, {ID: got[3].ID, State: mysql.PushUnknown}, {ID: got[4].ID, State: mysql.PushNoConsent},
	}
	for range 2 { // recorded twice, spent once
		if err := s.db.Outbox.Done(t.Context(), got, results, mysql.Onward{}); err != nil {
			t.Fatal(err)
		}
	}
	consent(0, 210)
	consent(1, 300)
	counts := must(s.db.Outbox.Counts(t.Context()))(t)
	for state, want := range map[string]int{"sent": 1, "waiting": 1, "dead": 1, "unknown": 1, "no_consent": 1, "sending": 1} {
		if counts[state] != want {
			t.Errorf("%d are %s, want %d", counts[state], state, want)
		}
	}
	if len(s.claim(t, 10)) != 0 {
		t.Error("a retry came early")
	}
	s.clock.Set(later)
	if again := s.claim(t, 10); len(again) != 1 || again[0].ID != got[1].ID || again[0].Attempts != 2 {
		t.Errorf("%+v", again)
	}
	if err := s.db.Outbox.Done(t.Context(), got, []mysql.Result{{ID: got[5].ID, State: mysql.PushRefused, Code: 43101, Expired: []cabin.TemplateKey{cabin.TellBookingAnswered}}}, mysql.Onward{}); err != nil {
		t.Fatal(err)
	}
	consent(5, 3)
	if n := s.count(t, `SELECT COUNT(*) FROM consent_events WHERE source = 'send' AND kind IN ('spent', 'expired')`); n != 2 {
		t.Errorf("%d lines in the ledger", n)
	}
}

// TestWorkersDoNotDeadlock runs whole deliveries side by side over the messages of the same
// few people: nothing fails, nothing is sent or paid twice.
func TestWorkersDoNotDeadlock(t *testing.T) {
	t.Parallel()
	s := queued(t, 150, 200)
	for i := range 4 {
		p := s.person(t, fmt.Sprint("more", i))
		s.exec(t, `INSERT INTO consents (person_id, template, credits, updated_at) SELECT ?, template, 200, updated_at FROM consents WHERE person_id = ?`, p.PersonID, firstReader)
		s.exec(t, `UPDATE outbox SET person_id = ? WHERE id % 5 = ?`, p.PersonID, i)
	}
	var sent atomic.Int64
	deliver := func() error {
		for {
			if _, err := s.db.Outbox.Recover(t.Context()); err != nil {
				return err
			}
			got, _, err := s.db.Outbox.Claim(t.Context(), 10, lease, nil)
			if err != nil {
				return err
			}
			if len(got) == 0 && s.count(t, `SELECT COUNT(*) FROM outbox WHERE state IN ('waiting', 'sending')`) == 0 {
				return nil
			}
			var results []mysql.Result
			for _, p := range got {
				results = append(results, mysql.Result{ID: p.ID, State: mysql.PushSent, Spent: p.Template})
			}
			sent.Add(int64(len(results)))
			if err := s.db.Outbox.Done(t.Context(), got, results, mysql.Onward{}); err != nil {
				return err
			}
		}
	}
	if n := tally(together(times(6, deliver)...)); n[""] != 6 {
		t.Errorf("workers ended with %v", n)
	}
	if spent := s.count(t, `SELECT SUM(spent) FROM consents`); sent.Load() != 150 || spent != 150 {
		t.Errorf("%d sent, %d paid, want 150", sent.Load(), spent)
	}
}
