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

// queued is a street with n pushes to its first resident, and credits for them.
func queued(t testing.TB, n, credits int) *street {
	t.Helper()
	s := newStreet(t, 1)
	r := s.residents[0].PersonID
	for range n {
		s.exec(t, `INSERT INTO outbox (person_id, matter_kind, matter_id, template, payload, page, due_at, created_at) VALUES (?, 'booking', 1, ?, '{"topic":"邻里"}', '/p', ?, ?)`,
			r, cabin.TellBookingAnswered, s.clock.Now(), s.clock.Now())
	}
	for i := range credits {
		if err := s.db.Consents.Answered(t.Context(), r, mysql.Answer{Source: mysql.FromClient, PromptID: fmt.Sprint("prompt-", i), Accepted: map[cabin.TemplateKey]bool{cabin.TellBookingAnswered: true, cabin.TellBookingChanged: false}}); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

func (s *street) claim(t testing.TB, limit int) []mysql.Push {
	t.Helper()
	return must(s.db.Outbox.Claim(t.Context(), limit, lease))(t)
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
				got, err := s.db.Outbox.Claim(t.Context(), 7, lease)
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
	if len(got) != 1 || got[0].OpenID != "or0" || got[0].Credits != 1 || got[0].Attempts != 1 || got[0].Values["topic"] != "邻里" {
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
	old := s.claim(t, 2)
	if mine := must(s.db.Outbox.Attempt(t.Context(), old[1:]))(t); !mine[old[1].ID] || len(mine) != 1 {
		t.Errorf("%v", mine)
	}
	if n := must(s.db.Outbox.Recover(t.Context()))(t); n != 0 {
		t.Errorf("%d leases given up while they run", n)
	}
	s.clock.Advance(lease + time.Millisecond)
	workers := make([]int64, 3)
	var wg sync.WaitGroup
	for i := range workers {
		wg.Go(func() { workers[i], _ = s.db.Outbox.Recover(t.Context()) })
	}
	wg.Wait()
	if workers[0]+workers[1]+workers[2] != 2 {
		t.Errorf("recovered %v", workers)
	}
	if a, b := s.state(t, old[0].ID), s.state(t, old[1].ID); a != mysql.PushWaiting || b != mysql.PushUnknown {
		t.Errorf("never attempted: %s; attempted: %s", a, b)
	}
	again := s.claim(t, 10)
	if len(again) != 1 || again[0].ID != old[0].ID || again[0].Attempts != 2 {
		t.Fatalf("%+v", again)
	}
	// The lost worker comes back: the row is another's now.
	if mine := must(s.db.Outbox.Attempt(t.Context(), old))(t); len(mine) != 0 {
		t.Errorf("a lost claim is still taken for one's own: %v", mine)
	}
	if err := s.db.Outbox.Done(t.Context(), old, []mysql.Result{{ID: old[0].ID, State: mysql.PushNoConsent}}); err != nil || s.state(t, old[0].ID) != mysql.PushSending {
		t.Errorf("a lost claim decided: %s, %v", s.state(t, old[0].ID), err)
	}
	// But what it learnt late about its own attempt is worth keeping.
	if err := s.db.Outbox.Done(t.Context(), old, []mysql.Result{{ID: old[1].ID, State: mysql.PushSent}}); err != nil || s.state(t, old[1].ID) != mysql.PushSent {
		t.Errorf("%s, %v", s.state(t, old[1].ID), err)
	}
	if mine := must(s.db.Outbox.Attempt(t.Context(), again))(t); !mine[again[0].ID] {
		t.Error("the second worker lost its claim")
	}
	s.clock.Advance(lease + time.Millisecond)
	if mine := must(s.db.Outbox.Attempt(t.Context(), again))(t); len(mine) != 0 {
		t.Error("an attempt after the lease")
	}
}

func TestDone(t *testing.T) {
	t.Parallel()
	s := queued(t, 6, 3)
	r := s.residents[0].PersonID
	credits := func(want int) {
		t.Helper()
		if got := must(s.db.Consents.Credits(t.Context(), r))(t)[cabin.TellBookingAnswered]; got != want {
			t.Errorf("%d credits, want %d", got, want)
		}
	}
	credits(3)
	got := s.claim(t, 6)
	must(s.db.Outbox.Attempt(t.Context(), got))(t)
	later := s.clock.Now().Add(time.Hour)
	results := []mysql.Result{
		{ID: got[0].ID, State: mysql.PushSent}, {ID: got[1].ID, Retry: later, Code: -1, Reason: "busy"},
		{ID: got[2].ID, State: mysql.PushDead, Code: 40037, Reason: strings.Repeat("坏", 500) + "\xff"}, {ID: got[3].ID, State: mysql.PushUnknown}, {ID: got[4].ID, State: mysql.PushNoConsent},
	}
	for range 2 { // recorded twice, spent once
		if err := s.db.Outbox.Done(t.Context(), got, results); err != nil {
			t.Fatal(err)
		}
	}
	credits(2)
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
	if err := s.db.Outbox.Done(t.Context(), got, []mysql.Result{{ID: got[5].ID, State: mysql.PushRefused, Code: 43101}}); err != nil {
		t.Fatal(err)
	}
	credits(0)
	if n := s.count(t, `SELECT spent * 100 + accepted * 10 + refused FROM consents WHERE template = ?`, cabin.TellBookingAnswered); n != 130 {
		t.Errorf("spent, accepted, refused: %d", n)
	}
}

// TestWorkersDoNotDeadlock runs whole deliveries side by side over the messages of the same
// few people: nothing fails, nothing is sent or paid twice.
func TestWorkersDoNotDeadlock(t *testing.T) {
	t.Parallel()
	s := queued(t, 150, 200)
	for i := range 4 {
		p := s.person(t, fmt.Sprint("more", i))
		s.exec(t, `INSERT INTO consents (person_id, template, credits, updated_at) SELECT ?, template, 200, updated_at FROM consents WHERE person_id = ?`, p.PersonID, s.residents[0].PersonID)
		s.exec(t, `UPDATE outbox SET person_id = ? WHERE id % 5 = ?`, p.PersonID, i)
	}
	var sent atomic.Int64
	deliver := func() error {
		for {
			if _, err := s.db.Outbox.Recover(t.Context()); err != nil {
				return err
			}
			got, err := s.db.Outbox.Claim(t.Context(), 10, lease)
			if err != nil || len(got) == 0 {
				return err
			}
			mine, err := s.db.Outbox.Attempt(t.Context(), got)
			if err != nil {
				return err
			}
			var results []mysql.Result
			for id := range mine { // in any order
				results = append(results, mysql.Result{ID: id, State: mysql.PushSent})
			}
			sent.Add(int64(len(results)))
			if err := s.db.Outbox.Done(t.Context(), got, results); err != nil {
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
