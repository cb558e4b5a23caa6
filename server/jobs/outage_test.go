package jobs

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"warmcabin/server/cabin"
	"warmcabin/server/mysql"
	"warmcabin/server/wechat"
)

func people(n int) []string {
	names := make([]string, n)
	for i := range names {
		names[i] = fmt.Sprintf("p%03d", i)
	}
	return names
}

// WeChat takes calls and leaves them hanging, so nobody knows what arrived: it costs the
// messages that were under way and no more, for it is tried with a message to nobody. Where
// only that one is answered it costs one a minute.
func TestAHangingWeChatIsLeftAlone(t *testing.T) {
	for name, c := range map[string]struct {
		nobodyToo bool
		most      int
	}{"all calls hang": {true, 0}, "all but to nobody": {false, 20}} {
		t.Run(name, func(t *testing.T) { leftAlone(t, c.nobodyToo, c.most) })
	}
}

// leftAlone lets WeChat hang for twenty minutes, at the cost of so many messages at most
// beside those that were under way when it began.
func leftAlone(t *testing.T, nobodyToo bool, most int) {
	w, _, clock := openAt(t, 1, people(120)...)
	var hangs atomic.Bool
	var probes atomic.Int64
	hangs.Store(true)
	w.Sender = post(func(_ context.Context, m wechat.Message) wechat.Outcome {
		toNobody := m.OpenID == nobody
		if toNobody {
			probes.Add(1)
		}
		switch {
		case hangs.Load() && (!toNobody || nobodyToo):
			return wechat.Outcome{Result: wechat.Unknown}
		case toNobody:
			return wechat.Outcome{Result: wechat.Dead, Code: 40003}
		}
		return wechat.Outcome{Result: wechat.Sent}
	})
	deliver := func() {
		t.Helper()
		for range 20 {
			if _, err := w.Deliver(t.Context()); err != nil {
				t.Fatal(err)
			}
			clock.Advance(time.Minute)
		}
	}
	deliver()
	c, err := w.DB.Outbox.Counts(t.Context())
	if err != nil || c[mysql.PushUnknown] > firstLot+most || c[mysql.PushWaiting] < 120-firstLot-most {
		t.Errorf("after twenty minutes: %v, %v", c, err)
	}
	if n := probes.Load(); n < 10 || n > 25 {
		t.Errorf("%d messages to nobody", n)
	}
	hangs.Store(false)
	deliver()
	if got, want := counts(t, w), fmt.Sprintf("map[sent:%d unknown:%d]", 120-c[mysql.PushUnknown], c[mysql.PushUnknown]); got != want {
		t.Errorf("afterwards: %s, want %s", got, want)
	}
}

// WeChat says for hours that it is busy: nothing is given up, and what waits is counted.
func TestABusyWeChatIsWaitedFor(t *testing.T) {
	w, x, clock := openAt(t, 1, people(120)...)
	var busy atomic.Bool
	var calls atomic.Int64
	busy.Store(true)
	var mu sync.Mutex
	sent := map[string]int{}
	w.Sender = post(func(_ context.Context, m wechat.Message) wechat.Outcome {
		calls.Add(1)
		if busy.Load() {
			return wechat.Outcome{Result: wechat.Retry, Code: -1}
		}
		mu.Lock()
		defer mu.Unlock()
		sent[m.OpenID]++
		return wechat.Outcome{Result: wechat.Sent}
	})
	deliver := func(n int, step time.Duration) {
		t.Helper()
		for range n {
			if _, err := w.Deliver(t.Context()); err != nil {
				t.Fatal(err)
			}
			clock.Advance(step)
		}
	}
	deliver(12*60, time.Minute)
	if got := counts(t, w); got != "map[waiting:120]" {
		t.Fatal(got)
	}
	if n := calls.Load(); n > firstLot+12*60 {
		t.Errorf("%d calls to a WeChat that is busy", n)
	}
	if h, err := w.DB.Outbox.Held(t.Context()); err != nil || h.Waiting != 120 || h.Quota != 0 || h.Since == nil {
		t.Errorf("held: %+v, %v", h, err)
	}
	busy.Store(false)
	deliver(20, time.Minute)
	if got := counts(t, w); got != "map[sent:120]" || len(sent) != 120 {
		t.Errorf("%s, %d people", got, len(sent))
	}
	if h, err := w.DB.Outbox.Held(t.Context()); err != nil || h.Waiting != 0 || h.Since != nil {
		t.Errorf("held afterwards: %+v, %v", h, err)
	}
	var credits int
	if err := x.QueryRow(`SELECT SUM(credits) FROM consents`).Scan(&credits); err != nil || credits != 0 {
		t.Errorf("%d consents are left, %v", credits, err)
	}
}

// News that is old by the time that WeChat is back is not sent: it is given up with its
// reason, when its template says so or when what it tells of is over.
func TestOldNewsIsGivenUp(t *testing.T) {
	w, x, clock := openAt(t, 1, "a", "b", "c")
	w.Templates[cabin.TellBookingChanged] = Template{ID: "tmpl", Life: 5 * time.Hour}
	set := func(query string, args ...any) {
		t.Helper()
		if _, err := x.Exec(query, args...); err != nil {
			t.Fatal(err)
		}
	}
	start := clock.Now().UTC()
	set(`UPDATE outbox SET good_until = ? WHERE id = 2`, start.Add(2*time.Hour))                                   // a meeting's reminder
	set(`UPDATE outbox SET good_until = ?, due_at = ? WHERE id = 3`, start.Add(time.Hour), start.Add(3*time.Hour)) // written at night, over in the morning
	w.Sender = post(func(context.Context, wechat.Message) wechat.Outcome {
		return wechat.Outcome{Result: wechat.Retry, Code: -1, Reason: "busy"}
	})
	for range 6 * 60 {
		if _, err := w.Deliver(t.Context()); err != nil {
			t.Fatal(err)
		}
		clock.Advance(time.Minute)
	}
	for id, want := range map[int]string{1: "dead -1 busy", 2: "dead -1 " + mysql.TooLate, 3: "superseded 0 "} {
		var state, reason string
		var code int
		if err := x.QueryRow(`SELECT state, code, reason FROM outbox WHERE id = ?`, id).Scan(&state, &code, &reason); err != nil || fmt.Sprint(state, " ", code, " ", reason) != want {
			t.Errorf("message %d: %s %d %s, want %s, %v", id, state, code, reason, want, err)
		}
	}
	admin := cabin.Actor{PersonID: 1, Grants: []cabin.Grant{{Role: cabin.Admin}}}
	if err := w.DB.Outbox.Revive(t.Context(), admin, 2); cabin.CodeOf(err) != cabin.CodeConflict {
		t.Errorf("a reminder of what is over is sent again: %v", err)
	}
	if err := w.DB.Outbox.Revive(t.Context(), admin, 1); err != nil {
		t.Error(err)
	}
	list, err := w.DB.Outbox.Dead(t.Context(), mysql.Page{Limit: 10})
	if err != nil || len(list) != 1 || !list[0].Over {
		t.Errorf("%+v, %v", list, err)
	}
}

// After an outage the lots grow from a few: what waited does not arrive at once.
func TestLotsGrowAfterAnOutage(t *testing.T) {
	var o outage
	now := time.Date(2026, 11, 23, 9, 0, 0, 0, cabin.Shanghai)
	lots := func(n int) (got []int) {
		for range n {
			size, _ := o.lot(lot, now)
			got = append(got, size)
		}
		return got
	}
	for range failuresInARow - 1 {
		o.heard(wechat.Outcome{Result: wechat.Retry}, now)
	}
	o.heard(wechat.Outcome{Result: wechat.Sent}, now) // one in a hundred fails: that is no outage
	for range failuresInARow {
		if o.gone() {
			t.Fatal("gone too soon")
		}
		o.heard(wechat.Outcome{Result: wechat.Unknown}, now)
	}
	if !o.gone() || fmt.Sprint(lots(2)) != "[0 0]" {
		t.Error("it goes on calling")
	}
	for range 10 { // each probe by one of the lanes only, further and further apart
		now = now.Add(longestPause * 3 / 2)
		if n, probe := o.lot(lot, now); n != 1 || !probe || fmt.Sprint(lots(2)) != "[0 0]" {
			t.Fatalf("a probe of %d", n)
		}
		o.heard(wechat.Outcome{Result: wechat.Retry}, now)
	}
	if o.pause != longestPause {
		t.Errorf("it waits %v", o.pause)
	}
	o.heard(wechat.Outcome{Result: wechat.Refused, Code: 43101}, now) // an answer
	if got := fmt.Sprint(lots(8)); o.gone() || got[:12] != "[4 8 16 32 6" {
		t.Errorf("lots after it: %s", got)
	}
	if got, _ := o.lot(lot, now); got != lot {
		t.Errorf("and in the end %d", got)
	}
}

// Who turns a kind or a channel off while their message is claimed gets none: the lot asks
// once more before each call, and the answer to the tap comes when nothing is on its way.
func TestUnsubscribingWhileTheLotIsClaimed(t *testing.T) {
	w, x := open(t, 1, people(60)...)
	if _, err := x.Exec(`UPDATE outbox SET kind = ?`, cabin.KindReminder); err != nil {
		t.Fatal(err)
	}
	claimed, _, err := w.DB.Outbox.Claim(t.Context(), 60, lease, w.choose())
	if err != nil || len(claimed) != 60 {
		t.Fatalf("%d claimed, %v", len(claimed), err)
	}
	full, release := make(chan struct{}), make(chan struct{})
	var under atomic.Int64
	w.Sender = post(func(_ context.Context, m wechat.Message) wechat.Outcome {
		if m.OpenID == "p058" || m.OpenID == "p059" {
			t.Errorf("%s is told all the same", m.OpenID)
		}
		if under.Add(1) == calls {
			close(full)
		}
		<-release
		return wechat.Outcome{Result: wechat.Sent}
	})
	var done sync.WaitGroup
	done.Go(func() {
		if err := w.sendAll(t.Context(), claimed, false); err != nil {
			t.Error(err)
		}
	})
	<-full
	var answered atomic.Int64
	for _, off := range []func() error{
		func() error { return w.DB.Consents.Want(t.Context(), claimed[58].PersonID, cabin.KindReminder, false) },
		func() error { return w.DB.Consents.WantBy(t.Context(), claimed[59].PersonID, cabin.ByOneTime, false) },
	} {
		done.Go(func() {
			if err := off(); err != nil {
				t.Error(err)
			}
			answered.Add(1)
		})
	}
	for n := 0; n < 2 && t.Context().Err() == nil; { // both are written down
		if err := x.QueryRow(`SELECT (SELECT COUNT(*) FROM notify_settings) + (SELECT COUNT(*) FROM persons WHERE no_wechat)`).Scan(&n); err != nil {
			t.Fatal(err)
		}
	}
	if n := answered.Load(); n != 0 {
		t.Errorf("%d were told that it holds while a message was claimed", n)
	}
	w.declined.last.Store(nil) // as after some milliseconds
	close(release)
	done.Wait()
	if got := counts(t, w); got != "map[muted:1 no_consent:1 sent:58]" {
		t.Error(got)
	}
	var credits int
	if err := x.QueryRow(`SELECT SUM(credits) FROM consents`).Scan(&credits); err != nil || credits != 2 {
		t.Errorf("%d consents are left, %v", credits, err)
	}
}
