package e2e

import (
	"context"
	"crypto/rand"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"warmcabin/server/cabin"
	"warmcabin/server/jobs"
	"warmcabin/server/wechat/wechatsim"
)

const (
	sendPath   = "/cgi-bin/message/subscribe/send"
	stablePath = "/cgi-bin/stable_token"
)

// mail is a stage with one push for a deputy who allows it, not yet sent.
type mail struct {
	*stage
	deputy *phone
}

func openMail(t *testing.T, o setup) *mail {
	t.Helper()
	m := &mail{stage: build(t, o)}
	m.deputy = m.phone("deputy", cabin.Grant{Role: cabin.Deputy, ScopeID: 1})
	m.deputy.allow(cabin.TellBookingRequested)
	m.another(9, 30)
	return m
}

// another makes one more push, from a resident of its own.
func (m *mail) another(hour, minute int) {
	m.t.Helper()
	m.person(fmt.Sprintf("r%02d%02d", hour, minute)).book(wednesday(hour, minute)).need(201)
}

// check holds what became of the pushes: messages on the phone, calls to WeChat, states of
// the outbox. The inbox has the news in any case.
func (m *mail) check(messages, calls int, states map[string]int) {
	m.t.Helper()
	got, err := m.db.Outbox.Counts(m.t.Context())
	if err != nil {
		m.t.Fatal(err)
	}
	if on, sent := len(m.deputy.pushed()), m.wire.count(sendPath); on != messages || sent != calls || text(got) != text(states) {
		m.t.Errorf("%d messages, %d calls, outbox %v; want %d, %d, %v", on, sent, got, messages, calls, states)
	}
	if want := m.number(`SELECT COUNT(*) FROM bookings`); len(m.deputy.inbox()) != want {
		m.t.Errorf("the inbox has %d of %d", len(m.deputy.inbox()), want)
	}
}

func (m *mail) credits() int {
	return m.number(`SELECT credits FROM consents WHERE person_id = ? AND template = ?`, m.deputy.id, cabin.TellBookingRequested)
}

type states = map[string]int

// another is a worker like this one, in a process of its own.
func another(w *jobs.Worker) *jobs.Worker {
	return &jobs.Worker{DB: w.DB, Sender: w.Sender, Templates: w.Templates, Checker: w.Checker, PhotoAddress: w.PhotoAddress, Official: w.Official,
		OfficialTemplates: w.OfficialTemplates, Photos: w.Photos, Exports: w.Exports, Interval: w.Interval, Metrics: w.Metrics, Log: w.Log}
}

// A claim counts as the attempt: WeChat may have it, so it is not sent again.
func TestAWorkerKilledAfterTheClaim(t *testing.T) {
	m := openMail(t, setup{})
	claimed, _, err := m.db.Outbox.Claim(t.Context(), 50, 2*time.Minute, nil)
	if err != nil || len(claimed) != 1 {
		t.Fatalf("claimed %v, %v", claimed, err)
	}
	m.deliver() // another worker finds nothing to do while the lease lasts
	m.check(0, 0, states{"sending": 1})
	m.clock.Advance(2*time.Minute - time.Millisecond)
	m.deliver()
	m.check(0, 0, states{"sending": 1})
	for range 5 {
		m.clock.Advance(time.Hour)
		m.deliver()
	}
	m.check(0, 0, states{"unknown": 1})
	m.another(10, 0)
	m.deliver()
	m.check(1, 1, states{"sent": 1, "unknown": 1})
}

// What must arrive is sent again when nobody knows whether it did.
func TestAWorkerKilledWithWhatMustArrive(t *testing.T) {
	m := openMail(t, setup{})
	must := m.worker.Templates[cabin.TellBookingRequested]
	must.Resend = true
	m.worker.Templates[cabin.TellBookingRequested] = must
	if claimed, _, err := m.db.Outbox.Claim(t.Context(), 50, 2*time.Minute, nil); err != nil || len(claimed) != 1 {
		t.Fatalf("claimed %v, %v", claimed, err)
	}
	m.clock.Advance(2*time.Minute + time.Millisecond)
	m.deliver()
	m.check(1, 1, states{"sent": 1})
}

func TestTwoWorkersSendEverythingOnce(t *testing.T) {
	s := open(t)
	const people = 100
	for i := range people {
		p := s.person(fmt.Sprintf("p%d", i))
		p.allow(cabin.TellBookingChanged)
		s.exec(`INSERT INTO outbox (person_id, matter_kind, matter_id, template, payload, page, due_at, created_at) VALUES (?, 'booking', ?, ?, ?, '/pages/booking/detail?id=1', ?, ?)`,
			p.id, i+1, cabin.TellBookingChanged, `{"topic":"睡不好","time":"2026年11月25日 09:30","state":"已约好","remark":"点开查看"}`, s.clock.Now(), s.clock.Now())
	}
	second := another(s.worker)
	var wg sync.WaitGroup
	for _, w := range []*jobs.Worker{s.worker, second} {
		wg.Go(func() {
			for {
				if n, err := w.Deliver(t.Context()); n == 0 || err != nil {
					if err != nil {
						t.Error(err)
					}
					return
				}
			}
		})
	}
	wg.Wait()
	s.deliver()
	counts, err := s.db.Outbox.Counts(t.Context())
	if err != nil || counts["sent"] != people || s.wire.count(sendPath) != people {
		t.Fatalf("outbox %v after %d calls, %v", counts, s.wire.count(sendPath), err)
	}
	for i := range people {
		if got := (&phone{s: s, name: fmt.Sprintf("p%d", i)}).pushed(); len(got) != 1 {
			t.Errorf("person %d has %d messages", i, len(got))
		}
	}
	if left := s.number(`SELECT SUM(credits) FROM consents`); left != 0 {
		t.Errorf("%d consents are left", left)
	}
}

func TestNoConsentNoCall(t *testing.T) {
	m := openMail(t, setup{})
	m.another(10, 0)
	m.deliver()
	m.check(1, 1, states{"no_consent": 1, "sent": 1})
	if m.credits() != 0 {
		t.Errorf("%d consents are left", m.credits())
	}
	m.deputy.post("/me/prompts", map[string]any{"promptId": rand.Text(), "results": map[string]string{m.ids[string(cabin.TellBookingRequested)]: "reject", "tmpl-of-nobody": "accept"}}).need(204)
	m.another(10, 30)
	m.deliver()
	m.check(1, 1, states{"no_consent": 2, "sent": 1})
	m.deputy.allow(cabin.TellBookingRequested)
	m.another(11, 0)
	m.deliver()
	m.check(2, 2, states{"no_consent": 2, "sent": 2})
}

func TestWeChatRefusesTheToken(t *testing.T) {
	for _, code := range []int{40001, 40014, 42001} {
		t.Run(fmt.Sprint(code), func(t *testing.T) {
			m := openMail(t, setup{})
			m.deputy.allow(cabin.TellBookingRequested)
			m.deliver() // with a token that is good
			tokens := m.wire.count(stablePath)
			m.another(10, 0)
			m.fault(wechatsim.Fault{Path: sendPath, Count: 1, ErrCode: code})
			m.deliver()
			m.check(2, 3, states{"sent": 2})
			if asked := m.wire.count(stablePath) - tokens; asked != 2 { // the current one is the bad one, so a new one is forced
				t.Errorf("the token was asked for %d times", asked)
			}
		})
	}
}

// The token stays bad: tried later, not at once and not for ever.
func TestWeChatRefusesEveryToken(t *testing.T) {
	m := openMail(t, setup{})
	m.fault(wechatsim.Fault{Path: sendPath, Count: 2, ErrCode: 40001})
	m.deliver()
	m.check(0, 2, states{"waiting": 1})
	m.clock.Advance(time.Minute)
	m.deliver()
	m.check(1, 3, states{"sent": 1})
}

func TestTheConsentIsUsedUpAtWeChat(t *testing.T) {
	m := openMail(t, setup{})
	// Our books say two, WeChat's say one: it answers 43101 to the second.
	m.deputy.post("/me/prompts", map[string]any{"promptId": rand.Text(), "results": map[string]string{m.ids[string(cabin.TellBookingRequested)]: "accept"}}).need(204)
	m.deputy.post("/me/prompts", map[string]any{"promptId": rand.Text(), "results": map[string]string{m.ids[string(cabin.TellBookingRequested)]: "accept"}}).need(204)
	m.another(10, 0)
	m.deliver()
	m.check(1, 2, states{"refused": 1, "sent": 1})
	if m.credits() != 0 {
		t.Errorf("our books say %d after WeChat said none", m.credits())
	}
	m.another(10, 30)
	m.clock.Advance(time.Hour)
	m.deliver()
	m.check(1, 2, states{"no_consent": 1, "refused": 1, "sent": 1})
}

func TestTheDayQuotaIsUsedUp(t *testing.T) {
	m := openMail(t, setup{})
	m.fault(wechatsim.Fault{Path: sendPath, Count: 1, ErrCode: 45009})
	m.deliver()
	m.check(0, 1, states{"waiting": 1})
	m.clock.Set(time.Date(2026, 11, 24, 6, 59, 59, 0, cabin.Shanghai))
	m.deliver()
	m.check(0, 1, states{"waiting": 1})
	m.clock.Advance(time.Second)
	m.deliver()
	m.check(1, 3, states{"sent": 1}) // overnight the token expired: once refused, then with a new one
}

func TestWeChatIsBusy(t *testing.T) {
	m := openMail(t, setup{})
	m.fault(wechatsim.Fault{Path: sendPath, Count: 2, ErrCode: -1})
	m.deliver()
	m.check(0, 1, states{"waiting": 1})
	m.clock.Advance(2*time.Second - time.Millisecond)
	m.deliver()
	m.check(0, 1, states{"waiting": 1})
	m.clock.Advance(time.Second + time.Millisecond) // two seconds and half of it at random
	m.deliver()
	m.check(0, 2, states{"waiting": 1})
	m.clock.Advance(4*time.Second - time.Millisecond)
	m.deliver()
	m.check(0, 2, states{"waiting": 1})
	m.clock.Advance(2*time.Second + time.Millisecond)
	m.deliver()
	m.check(1, 3, states{"sent": 1})
	if m.credits() != 0 {
		t.Errorf("%d consents are left", m.credits())
	}
}

func TestWeChatIsBusyForDays(t *testing.T) {
	m := openMail(t, setup{})
	m.fault(wechatsim.Fault{Path: sendPath, Count: 1000, ErrCode: -1})
	for range 72 {
		m.deliver()
		m.clock.Advance(time.Hour)
	}
	m.check(0, 72, states{"waiting": 1}) // three days: it might come back
	m.deliver()
	m.check(0, 73, states{"dead": 1})
	m.sim.ClearFaults()
	m.person("later").book(wednesday(10, 0).AddDate(0, 0, 7)).need(201) // the consent was never spent
	m.clock.Advance(2 * time.Hour)
	m.deliver()
	m.check(1, 75, states{"dead": 1, "sent": 1}) // the old token was refused once more
}

// What WeChat did with the call is not known, or known: never twice on the phone.
func TestWeChatAnswersBadlyOrNotAtAll(t *testing.T) {
	for name, c := range map[string]struct {
		fault    wechatsim.Fault
		messages int
		want     string
	}{
		"HTTP 500":                     {wechatsim.Fault{Status: 500}, 1, "sent"},
		"HTTP 503":                     {wechatsim.Fault{Status: 503}, 1, "sent"},
		"HTTP 500 after the work":      {wechatsim.Fault{Status: 500, After: true}, 1, "refused"},
		"dropped before the work":      {wechatsim.Fault{Drop: true}, 0, "unknown"},
		"dropped after the work":       {wechatsim.Fault{Drop: true, After: true}, 1, "unknown"},
		"an empty answer":              {wechatsim.Fault{Status: 200}, 0, "unknown"},
		"later than we wait":           {wechatsim.Fault{DelayMS: 5000}, 0, "unknown"},
		"late, but in time":            {wechatsim.Fault{DelayMS: 50}, 1, "sent"},
		"a template that is gone":      {wechatsim.Fault{ErrCode: 40037}, 0, "dead"},
		"too many to one at once":      {wechatsim.Fault{ErrCode: 43108}, 1, "sent"},
		"our address is not on record": {wechatsim.Fault{ErrCode: 40164}, 1, "sent"},
	} {
		t.Run(name, func(t *testing.T) {
			m := openMail(t, setup{patience: 300 * time.Millisecond})
			c.fault.Path, c.fault.Count = sendPath, 1
			m.fault(c.fault)
			for range 10 {
				m.deliver()
				m.clock.Advance(time.Minute)
			}
			if got := m.deputy.pushed(); len(got) != c.messages {
				t.Errorf("the phone shows %d messages, want %d", len(got), c.messages)
			}
			if counts, err := m.db.Outbox.Counts(t.Context()); err != nil || counts[c.want] != 1 {
				t.Errorf("the push is %v, want %s, %v", counts, c.want, err)
			}
			if len(m.deputy.inbox()) != 1 {
				t.Error("the inbox lost it")
			}
		})
	}
}

func TestNoTokenIsToBeHad(t *testing.T) {
	for name, f := range map[string]wechatsim.Fault{"500": {Status: 500}, "dropped": {Drop: true}, "busy": {ErrCode: -1}, "wrong secret": {ErrCode: 40125}} {
		t.Run(name, func(t *testing.T) {
			m := openMail(t, setup{})
			f.Path, f.Count = stablePath, 1
			m.fault(f)
			m.deliver()
			m.check(0, 0, states{"waiting": 1})
			m.clock.Advance(time.Minute)
			m.deliver()
			m.check(1, 1, states{"sent": 1})
		})
	}
}

// A worker that is told to stop finishes what is on its way.
func TestStoppingInTheMiddleOfASend(t *testing.T) {
	m := openMail(t, setup{})
	m.fault(wechatsim.Fault{Path: sendPath, Count: 1, DelayMS: 200})
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	done := make(chan struct{})
	w := another(m.worker)
	w.Interval = time.Millisecond
	m.exec(`INSERT IGNORE INTO digests (person_id, day, created_at) SELECT person_id, ?, ? FROM person_roles`, m.clock.Now().In(cabin.Shanghai).Format(time.DateOnly), m.clock.Now()) // nothing else to tell
	go func() {
		defer close(done)
		w.Run(ctx)
	}()
	eventually(t, "the call", func() bool { return m.wire.count(sendPath) == 1 })
	stop()
	select {
	case <-done:
	case <-time.After(10 * time.Second):
		t.Fatal("the worker does not stop")
	}
	m.check(1, 1, states{"sent": 1})
}

// eventually polls what a real process or another goroutine brings about.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(15 * time.Second); time.Now().Before(deadline); time.Sleep(2 * time.Millisecond) {
		if ok() {
			return
		}
	}
	t.Fatalf("%s does not come", what)
}

// A worker whose database fails says so and goes on; a push of somebody without an
// identity, or of a template without an id, is given up without a call.
func TestPushesThatCanNeverGo(t *testing.T) {
	m := openMail(t, setup{})
	w := another(m.worker)
	w.Templates = map[cabin.TemplateKey]jobs.Template{}
	if n, err := w.Deliver(t.Context()); n != 1 || err != nil {
		t.Fatal(n, err)
	}
	m.check(0, 0, states{"dead": 1})
	m.another(10, 0)
	m.exec(`UPDATE persons SET openid = NULL WHERE id = ?`, m.deputy.id)
	m.deliver()
	m.check(0, 0, states{"dead": 1, "no_wechat": 1})
	if m.credits() != 1 {
		t.Error("a consent was spent on nothing")
	}
}

// Nobody hears of their own move; everybody else of the move hears once.
func TestWhoIsTold(t *testing.T) {
	s := openStreet(t)
	both := s.phone("both", cabin.Grant{Role: cabin.Deputy, ScopeID: 1}, cabin.Grant{Role: cabin.Staff, ScopeID: 1}, cabin.Grant{Role: cabin.Staff})
	s.staff.move("bookings", s.booking, "accept", nil).need(200)
	if got := s.staff.inbox(); !slices.Equal(got, []string{"新的反映：道路积水"}) {
		t.Errorf("staff who accepted read %v", got)
	}
	if got := both.inbox(); !slices.Equal(got, []string{"预约已确认"}) {
		t.Errorf("who is deputy and staff reads %v", got)
	}
	if got := s.resident.inbox(); len(got) != 1 {
		t.Errorf("the resident reads %v", got)
	}
	if left := s.number(`SELECT COUNT(*) FROM outbox`); left != 5 {
		t.Errorf("%d pushes", left)
	}
}
