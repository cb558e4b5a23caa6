package jobs

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"warmcabin/server/cabin"
	"warmcabin/server/media/mediatest"
	"warmcabin/server/mysql"
	"warmcabin/server/wechat"
)

// failures is how many runs of a job failed.
func failures(t *testing.T, registry *prometheus.Registry, job string) float64 {
	t.Helper()
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		for _, m := range f.GetMetric() {
			if l := m.GetLabel(); f.GetName() == "warmcabin_job_runs_total" && l[0].GetValue() == job && l[1].GetValue() == "failed" {
				return m.GetCounter().GetValue()
			}
		}
	}
	return 0
}

// A job that panics is a job that failed: the process answers people, and other jobs run.
func TestAJobThatPanicsEndsNoProcess(t *testing.T) {
	registry := prometheus.NewRegistry()
	b := newBureau(t)
	b.Metrics = NewMetrics(registry)
	ctx, stop := context.WithCancel(t.Context())
	runs := 0
	b.loop(ctx, "broken", time.Millisecond, func(context.Context) (int, error) {
		if runs++; runs == 2 {
			stop()
			return 0, nil
		}
		panic("a fault of ours")
	})
	if runs != 2 || failures(t, registry, "broken") != 1 {
		t.Errorf("%d runs", runs)
	}
}

// One kind of what the clock asks for that fails keeps none of the others waiting: a report
// is urged though bookings cannot be read.
func TestDueGoesOnAfterAFailure(t *testing.T) {
	c := newChecking(t)
	c.report("late", "路灯不亮", 0)
	c.exec(`UPDATE reports SET clock_at = ?`, c.clock.Now())
	c.exec(`RENAME TABLE bookings TO bookings_away`)
	_, err := c.Due(t.Context())
	c.exec(`RENAME TABLE bookings_away TO bookings`)
	if err == nil {
		t.Error("the failure is not told")
	}
	var due int
	if err := c.x.QueryRow(`SELECT COUNT(*) FROM reports WHERE clock_at <= ?`, c.clock.Now()).Scan(&due); err != nil || due != 0 {
		t.Errorf("%d reports still wait for their clock, %v", due, err)
	}
}

// hangingAccount lets every question hang until its caller's time is up.
type hangingAccount struct{ asked atomic.Int32 }

func (h *hangingAccount) Follower(ctx context.Context, _ string) (wechat.Follower, error) {
	h.asked.Add(1)
	<-ctx.Done()
	return wechat.Follower{}, ctx.Err()
}
func (h *hangingAccount) SendTemplate(context.Context, wechat.Message) wechat.Outcome {
	return wechat.Outcome{}
}

// While WeChat lets questions about followers hang, what else it pushed is worked off, and an
// event that was handled is not handled for ever.
func TestEventsBehindAHangingOneAreNotHeldUp(t *testing.T) {
	w, x, clock := openAt(t, 1, "a")
	account := &hangingAccount{}
	w.Official = account
	keep := func(n byte, name string, e wechat.Event) {
		t.Helper()
		payload, err := json.Marshal(e)
		if err == nil {
			err = w.DB.Events.Keep(t.Context(), name, [32]byte{n}, payload)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	keep(1, mysql.OfficialAccount, wechat.Event{Kind: wechat.EventUnsubscribe, OpenID: "first", At: clock.Now()})
	keep(2, mysql.OfficialAccount, wechat.Event{Kind: wechat.EventSubscribe, OpenID: "hangs", At: clock.Now()})
	keep(3, mysql.OfficialAccount, wechat.Event{Kind: wechat.EventUnsubscribe, OpenID: "behind", At: clock.Now()})
	turn := func() {
		t.Helper()
		ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
		defer cancel()
		if _, err := w.Events(ctx); err != nil {
			t.Fatal(err)
		}
	}
	turn()
	clock.Advance(time.Second) // no lease is over, and the hanging one rests
	turn()
	var left, tries int
	if err := x.QueryRow(`SELECT COUNT(*), COALESCE(MAX(attempts), 0) FROM wechat_events WHERE due_at IS NOT NULL`).Scan(&left, &tries); err != nil || left != 1 || tries != 1 {
		t.Errorf("%d events are left after %d tries, want the hanging one after one: %v", left, tries, err)
	}
	if n := account.asked.Load(); n != 1 {
		t.Errorf("asked %d times", n)
	}
}

// A photo whose files cannot be deleted keeps no other's from being deleted.
func TestAFileThatStaysKeepsNoOtherOne(t *testing.T) {
	d := newDarkroom(t)
	ids := []string{d.upload(mediatest.GPSJPEG()), d.upload(mediatest.GPSJPEG()), d.upload(mediatest.GPSJPEG())}
	d.run(d.Develop)
	stuck := min(ids[0], ids[1], ids[2]) // the first of a lot
	full := filepath.Join(d.dir, stuck[:2], stuck, "full.jpg")
	if err := errors.Join(os.Remove(full), os.MkdirAll(filepath.Join(full, "in-the-way"), 0o700)); err != nil {
		t.Fatal(err)
	}
	for _, id := range ids {
		if err := d.DB.Photos.Remove(t.Context(), d.reporter.PersonID, id); err != nil {
			t.Fatal(err)
		}
	}
	if n, err := d.RemovePhotos(t.Context()); n != 3 || err == nil {
		t.Error(n, err)
	}
	for _, name := range d.files() {
		if !strings.Contains(name, stuck) {
			t.Errorf("%s is still there", name)
		}
	}
	if _, err := os.Stat(full); errors.Is(err, fs.ErrNotExist) {
		t.Error("nothing was in the way")
	}
}

// An export that fails counts as a job that failed, as any other: somebody is woken.
func TestAFailedExportIsCounted(t *testing.T) {
	b := newBureau(t)
	registry := prometheus.NewRegistry()
	b.Metrics = NewMetrics(registry)
	b.reports(t, 1, 1, "路灯不亮")
	b.ask(t, b.grant(t, 1, cabin.Admin, 0), cabin.ExportDeskReports, cabin.ExportFilters{})
	b.exec(t, `RENAME TABLE categories TO categories_away`)
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { defer close(done); b.Run(ctx) }()
	for failures(t, registry, "export") == 0 && t.Context().Err() == nil {
		<-time.After(time.Millisecond)
	}
	stop()
	<-done
}
