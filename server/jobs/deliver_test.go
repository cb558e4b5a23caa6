package jobs

import (
	"context"
	"database/sql"
	"fmt"
	"log/slog"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"warmcabin/server/cabin"
	"warmcabin/server/mysql"
	"warmcabin/server/mysql/dbtest"
	"warmcabin/server/wechat"
)

// post is a Sender that a test looks over the shoulder of.
type post func(ctx context.Context, m wechat.Message) wechat.Outcome

func (p post) SendSubscribe(ctx context.Context, m wechat.Message) wechat.Outcome { return p(ctx, m) }

// open makes a worker with n pushes for each of these people, who allow all of them.
func open(t *testing.T, n int, people ...string) (*Worker, *sql.DB) {
	t.Helper()
	w, x, _ := openAt(t, n, people...)
	return w, x
}

// openAt is open with the clock that it goes by.
func openAt(t *testing.T, n int, people ...string) (*Worker, *sql.DB, *dbtest.Clock) {
	t.Helper()
	clock := dbtest.NewClock(time.Date(2026, 11, 23, 9, 0, 0, 0, cabin.Shanghai))
	db, x := dbtest.New(t, clock)
	for _, openID := range people {
		p, err := db.People.Login(t.Context(), openID, "")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := x.Exec(`INSERT INTO consents (person_id, template, credits, accepted, refused, updated_at) VALUES (?, ?, ?, ?, 0, ?)`, p.ID, cabin.TellBookingChanged, n, n, clock.Now()); err != nil {
			t.Fatal(err)
		}
		for range n {
			if _, err := x.Exec(`INSERT INTO outbox (person_id, matter_kind, matter_id, template, payload, page, due_at, created_at) VALUES (?, 'booking', 1, ?, '{"topic":"x"}', '/x', ?, ?)`,
				p.ID, cabin.TellBookingChanged, clock.Now(), clock.Now()); err != nil {
				t.Fatal(err)
			}
		}
	}
	return &Worker{
		DB: db, Templates: map[cabin.TemplateKey]Template{cabin.TellBookingChanged: {ID: "tmpl", Fields: map[string]string{"thing1": "topic"}}},
		Interval: time.Second, Log: slog.New(slog.DiscardHandler),
	}, x, clock
}

func counts(t *testing.T, w *Worker) string {
	t.Helper()
	c, err := w.DB.Outbox.Counts(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprint(c)
}

// WeChat refuses two sends to one person at once.
func TestMessagesOfOnePersonGoOneAfterTheOther(t *testing.T) {
	w, _ := open(t, 12, "a", "b", "c", "d")
	var mu sync.Mutex
	busy, sent := map[string]bool{}, map[string]int{}
	w.Sender = post(func(_ context.Context, m wechat.Message) wechat.Outcome {
		mu.Lock()
		if busy[m.OpenID] {
			t.Errorf("two sends to %s at once", m.OpenID)
		}
		busy[m.OpenID] = true
		mu.Unlock()
		for range 100 {
			runtime.Gosched() // room for a second one to come in
		}
		mu.Lock()
		defer mu.Unlock()
		busy[m.OpenID] = false
		sent[m.OpenID]++
		return wechat.Outcome{Result: wechat.Sent}
	})
	if n, err := w.Deliver(t.Context()); n != 48 || err != nil {
		t.Fatal(n, err)
	}
	for who, n := range sent {
		if n != 12 {
			t.Errorf("%s got %d", who, n)
		}
	}
	if got := counts(t, w); got != "map[sent:48]" {
		t.Error(got)
	}
}

// Not more than calls are under way at once, over all lanes of a process.
func TestCallsUnderWayAreBounded(t *testing.T) {
	people := make([]string, 3*calls)
	for i := range people {
		people[i] = fmt.Sprint("p", i)
	}
	w, _ := open(t, 2, people...)
	var under, most, sent atomic.Int64
	full := make(chan struct{})
	w.Sender = post(func(context.Context, wechat.Message) wechat.Outcome {
		n := under.Add(1)
		defer under.Add(-1)
		for old := most.Load(); n > old && !most.CompareAndSwap(old, n); old = most.Load() {
		}
		if sent.Add(1) == calls {
			close(full)
		}
		<-full // so that as many as may are under way
		return wechat.Outcome{Result: wechat.Sent}
	})
	var lane sync.WaitGroup
	for range lanes {
		lane.Go(func() {
			if _, err := w.Deliver(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	lane.Wait()
	if most.Load() != calls || counts(t, w) != fmt.Sprintf("map[sent:%d]", 2*len(people)) {
		t.Errorf("%d at once, want %d; %s", most.Load(), calls, counts(t, w))
	}
}

// Of a large lot no message goes before it is written down that it may, and none more when
// outcomes cannot be recorded: what a lost worker had not come to waits again.
func TestALargeLotGoesStepByStep(t *testing.T) {
	w, x := open(t, 1, people(200)...)
	var calls atomic.Int64
	w.Sender = post(func(_ context.Context, m wechat.Message) wechat.Outcome {
		calls.Add(1)
		var ahead int
		if err := x.QueryRow(`SELECT COUNT(*) FROM outbox o JOIN persons p ON p.id = o.person_id JOIN outbox_busy b ON b.outbox_id = o.id JOIN outbox_lots l ON l.id = b.lot WHERE p.openid = ? AND o.id <= l.reached`, m.OpenID).Scan(&ahead); err != nil || ahead != 1 {
			t.Errorf("%s is sent, and nobody knows: %v", m.OpenID, err)
		}
		return wechat.Outcome{Result: wechat.Sent}
	})
	claim := func() []mysql.Push {
		t.Helper()
		claimed, _, err := w.DB.Outbox.Claim(t.Context(), 200, lease, w.choose())
		if err != nil {
			t.Fatal(err)
		}
		return claimed
	}
	claimed := claim()
	if len(claimed) != 200 {
		t.Fatalf("%d are claimed", len(claimed))
	}
	full, err := x.BeginTx(t.Context(), nil) // nothing can be recorded
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = full.Rollback() }()
	if _, err := full.Exec(`SELECT id FROM outbox_lots FOR UPDATE`); err != nil {
		t.Fatal(err)
	}
	sent := make(chan error, 1)
	go func() { sent <- w.sendAll(t.Context(), claimed, false) }()
	for deadline := time.Now().Add(10 * time.Second); calls.Load() < mysql.Ahead && time.Now().Before(deadline); {
		time.Sleep(time.Millisecond)
	}
	if n := calls.Load(); n != mysql.Ahead {
		t.Errorf("%d are sent while nothing can be recorded, want %d", n, mysql.Ahead)
	}
	if err := full.Rollback(); err != nil {
		t.Fatal(err)
	}
	if err := <-sent; err != nil {
		t.Fatal(err)
	}
	var lots int
	if err := x.QueryRow(`SELECT COUNT(*) FROM outbox_lots`).Scan(&lots); err != nil || lots != 0 || counts(t, w) != "map[sent:200]" {
		t.Errorf("%d lots are left, %v, %s", lots, err, counts(t, w))
	}
}

func TestLotsFollowTheTimeTheyTake(t *testing.T) {
	size := firstLot
	for range 10 {
		size = nextLot(size, moment/2)
	}
	if size != lot {
		t.Errorf("after quick lots: %d, want %d", size, lot)
	}
	for range 10 {
		size = nextLot(size, 2*moment)
	}
	if size != calls/lanes {
		t.Errorf("after slow lots: %d, want %d", size, calls/lanes)
	}
}

// WeChat hangs until the job's time is over: what became of each push is recorded all the
// same, or those that were never sent would be given up as unknown.
func TestOutcomesAreRecordedWhenTheTimeIsOver(t *testing.T) {
	w, x := open(t, 5, "a")
	n := 0
	w.Sender = post(func(ctx context.Context, _ wechat.Message) wechat.Outcome {
		if n++; n == 1 {
			return wechat.Outcome{Result: wechat.Sent}
		}
		if ctx.Err() != nil { // as the real client: not begun
			return wechat.Outcome{Result: wechat.Retry}
		}
		<-ctx.Done()
		return wechat.Outcome{Result: wechat.Unknown}
	})
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	if _, err := w.Deliver(ctx); err != nil {
		t.Error(err)
	}
	if got := counts(t, w); got != "map[sent:1 unknown:1 waiting:3]" {
		t.Error(got)
	}
	var credits int
	if err := x.QueryRow(`SELECT credits FROM consents`).Scan(&credits); err != nil || credits != 4 {
		t.Errorf("%d consents are left, %v", credits, err)
	}
}

func TestBackoffDoublesWithJitter(t *testing.T) {
	for attempts, least := range map[int]time.Duration{1: 2 * time.Second, 2: 4 * time.Second, 5: 32 * time.Second, 8: 256 * time.Second, 10: 10 * time.Minute, 500: 10 * time.Minute} {
		seen := map[time.Duration]bool{}
		for range 100 {
			d := backoff(attempts)
			if d < least || d >= least*3/2 {
				t.Fatalf("after %d attempts: %v", attempts, d)
			}
			seen[d] = true
		}
		if len(seen) < 50 {
			t.Errorf("after %d attempts everybody comes back at one of %d moments", attempts, len(seen))
		}
	}
}

// One call that WeChat leaves hanging is no reason to keep other people's news back.
func TestAHangingCallHoldsUpNobodyElse(t *testing.T) {
	w, _ := open(t, 3, "a", "b", "c")
	w.Interval = 10 * time.Millisecond
	hang, others := make(chan struct{}), make(chan struct{})
	var mu sync.Mutex
	sent := map[string]int{}
	w.Sender = post(func(_ context.Context, m wechat.Message) wechat.Outcome {
		if m.OpenID == "a" {
			<-hang
		}
		mu.Lock()
		defer mu.Unlock()
		if sent[m.OpenID]++; sent["b"] == 3 && sent["c"] == 3 && m.OpenID != "a" {
			close(others)
		}
		return wechat.Outcome{Result: wechat.Sent}
	})
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { defer close(done); w.Run(ctx) }()
	select {
	case <-others:
	case <-time.After(20 * time.Second):
		t.Error("everybody waits for one call")
	}
	stop()
	close(hang)
	<-done
}

// A job that fails does not end the worker, and a worker that is told to stop ends soon.
func TestRunGoesOnAfterAFailureAndStops(t *testing.T) {
	w, x := open(t, 1, "a")
	var sent sync.WaitGroup
	sent.Add(1)
	w.Sender = post(func(context.Context, wechat.Message) wechat.Outcome {
		sent.Done()
		return wechat.Outcome{Result: wechat.Sent}
	})
	w.Interval = time.Millisecond
	if _, err := x.Exec(`RENAME TABLE outbox TO outbox_away`); err != nil {
		t.Fatal(err)
	}
	failed := make(chan struct{}, 1)
	w.Log = slog.New(slog.NewTextHandler(writer(func() {
		select {
		case failed <- struct{}{}:
		default:
		}
	}), nil))
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { defer close(done); w.Run(ctx) }()
	<-failed
	if _, err := x.Exec(`RENAME TABLE outbox_away TO outbox`); err != nil {
		t.Fatal(err)
	}
	sent.Wait()
	stop()
	<-done
	if got := counts(t, w); got != "map[sent:1]" {
		t.Error(got)
	}
}

// writer calls itself for every line of a log.
type writer func()

func (w writer) Write(p []byte) (int, error) { w(); return len(p), nil }
