// Package jobs is what happens later: pushes to WeChat, photos, holds that run out, reports that
// nobody objected to. Work lives in MySQL and is claimed there, so that any number of
// processes may run every job at once; there is no leader.
package jobs

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/time/rate"

	"warmcabin/server/cabin"
	"warmcabin/server/excel"
	"warmcabin/server/media"
	"warmcabin/server/mysql"
	"warmcabin/server/wechat"
)

// Sender pushes one message; *wechat.Client is one.
type Sender interface {
	SendSubscribe(ctx context.Context, m wechat.Message) wechat.Outcome
}

// OfficialAccount is the second channel; *wechat.Official is one.
type OfficialAccount interface {
	// Follower finds a follower's unionid.
	Follower(ctx context.Context, openid string) (wechat.Follower, error)
	SendTemplate(ctx context.Context, m wechat.Message) wechat.Outcome
}

// Template is how a notice is put into an account's WeChat template.
type Template struct {
	ID       string
	LongTerm bool              // one consent allows many messages
	Resend   bool              // when nobody knows whether a message arrived it is sent again; else it is let be
	Fields   map[string]string // WeChat's field → one of cabin.ValueSources
	Page     string            // what a tap opens, {id} is the matter's; "" = the news' own page
	State    wechat.State      // which build a tap opens; "" = the account's
	Life     time.Duration     // how long it is tried again while WeChat does not take it; 0 = lastsFor
}

// Ways is what the templates of the mini-program and of the official account allow.
func Ways(mini, official map[cabin.TemplateKey]Template) cabin.PushTemplates {
	ways := cabin.PushTemplates{OneTime: map[cabin.TemplateKey]bool{}, LongTerm: map[cabin.TemplateKey]bool{}, Official: map[cabin.TemplateKey]bool{}}
	for key, t := range mini {
		ways.OneTime[key], ways.LongTerm[key] = !t.LongTerm, t.LongTerm
	}
	for key := range official {
		ways.Official[key] = true
	}
	return ways
}

// Worker runs the jobs. Its methods are safe to call from several processes at once.
type Worker struct {
	DB        *mysql.DB
	Sender    Sender
	Templates map[cabin.TemplateKey]Template
	// Checker is nil where nothing is checked: what waits then stays unpublished.
	Checker      Checker
	PhotoAddress func(photoID string, ends time.Time) string // where WeChat fetches a photo
	Official     OfficialAccount                             // nil when there is none
	// OfficialTemplates are its; news without one there has no second channel.
	OfficialTemplates map[cabin.TemplateKey]Template
	Photos            *media.Store  // nil where no photos are worked on
	Exports           *excel.Folder // nil where no lists are written
	// Devices lists where somebody is logged in, for their own archive; nil leaves them out.
	Devices  func(ctx context.Context, personID int64) ([]cabin.PersonalDevice, error)
	Interval time.Duration // between two looks for due work
	Metrics  *Metrics
	Log      *slog.Logger

	ready    sync.Once
	lines    chan outgoing // to the calls to WeChat
	more     chan struct{} // wakes a lane: a lot was full
	lot      atomic.Int64  // how much the next claim may take, 0 after a standstill
	outage   outage
	declined declined
	paced    sync.Once
	checks   *rate.Limiter // to WeChat
}

// OwnProcess sets the runtime up for a process that does nothing but jobs: it lets more
// garbage gather before it is collected, some 40 MB, for less work in all. GOGC
// stands where it is set.
func OwnProcess() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(600)
	}
}

// Run works until ctx ends, then finishes what it holds.
func (w *Worker) Run(ctx context.Context) {
	var wg sync.WaitGroup
	w.more = make(chan struct{}, lanes)
	wg.Go(func() { w.loop(ctx, "outbox", w.Interval, w.lane) })
	for range lanes - 1 {
		wg.Go(func() { w.resting(ctx, "outbox", lanes*w.Interval, 0, w.more, w.lane) })
	}
	wg.Go(func() { w.loop(ctx, "due", 10*w.Interval, w.Due) })
	if w.Checker != nil {
		wg.Go(func() { w.loop(ctx, "check", 2*w.Interval, inLots(checkBatch, w.Check)) })
	}
	wg.Go(func() { w.loop(ctx, "event", w.Interval, inLots(batch, w.Events)) })
	wg.Go(func() { w.loop(ctx, "remind", 20*w.Interval, w.Remind) })
	wg.Go(func() { w.loop(ctx, "retain", max(retainEvery, w.Interval), w.Retain) })
	wg.Go(func() { w.idly(ctx, "names", max(retainEvery, w.Interval), w.SealNames) })
	wg.Go(func() { w.loop(ctx, "seal", max(time.Minute, w.Interval), w.Seal) })
	wg.Go(func() { w.loop(ctx, "statistics", 30*w.Interval, w.Count) })
	wg.Go(func() { w.idly(ctx, "words", 30*w.Interval, w.Words) })
	if w.Exports != nil {
		// Unlike the other jobs a long list is cut off by ctx: it is given back, and written anew by who is there.
		wg.Go(func() { w.loop(ctx, "export", w.Interval, func(context.Context) (int, error) { return w.Export(ctx) }) })
		wg.Go(func() { w.loop(ctx, "export expiry", max(time.Minute, w.Interval), w.ExpireExports) })
	}
	if w.Photos != nil {
		w.developing(ctx, wg.Go)
	}
	wg.Wait()
	if w.lines != nil {
		close(w.lines)
	}
}

// loop calls job until ctx ends: again at once while there is work, else after the pause.
// The job itself is not cut off by ctx: a message that is on its way gets its outcome.
func (w *Worker) loop(ctx context.Context, name string, pause time.Duration, job func(context.Context) (int, error)) {
	w.resting(ctx, name, pause, 0, nil, job)
}

// inLots is a job that takes lots of a size: after one that was not full nothing more is
// due now, and asking again at once would make many small lots of what comes meanwhile.
func inLots(size int, job func(context.Context) (int, error)) func(context.Context) (int, error) {
	return func(ctx context.Context) (int, error) {
		n, err := job(ctx)
		if n < size {
			n = 0
		}
		return n, err
	}
}

// idly is loop for what nobody waits for: however much there is to do, it rests ten times
// as long as it worked, so that people's requests have the machine.
func (w *Worker) idly(ctx context.Context, name string, pause time.Duration, job func(context.Context) (int, error)) {
	w.resting(ctx, name, pause, 10, nil, job)
}

// resting is loop and idly; wake ends a pause early.
func (w *Worker) resting(ctx context.Context, name string, pause time.Duration, rest int, wake <-chan struct{}, job func(context.Context) (int, error)) {
	for ctx.Err() == nil {
		begun := time.Now()
		working, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Minute)
		n, err := unbroken(working, job)
		cancel()
		w.Metrics.ran(name, err)
		wait := pause
		if err != nil {
			w.Log.Error("job failed", "job", name, "cause", err.Error())
			wait = max(pause, 2*time.Second)
		} else if n > 0 {
			wait = time.Duration(rest) * time.Since(begun)
		}
		select {
		case <-ctx.Done():
		case <-wake:
		case <-time.After(wait):
		}
	}
}

// unbroken does the job; where it panics that is an error of this job, and not the end of a
// process that answers people, and of all the other jobs.
func unbroken(ctx context.Context, job func(context.Context) (int, error)) (n int, err error) {
	defer func() {
		if p := recover(); p != nil {
			n, err = 0, fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		}
	}()
	return job(ctx)
}

// Due does what the clock asks for: unanswered requests, reminders, offers of the
// waitlist, talks that nobody recorded, the reports' clock. One of these that fails keeps
// none of the others waiting.
// Started by every worker; twice is safe: the row lock and the state decide.
func (w *Worker) Due(ctx context.Context) (int, error) {
	done := 0
	var failed []error
	for _, due := range []func(context.Context, int) (int, error){w.DB.Bookings.Due, w.DB.Waits.Due, w.DB.Talks.Due, w.DB.Reports.Due, w.DB.Agreements.Due} {
		n, err := due(ctx, batch)
		done += n
		failed = append(failed, err)
	}
	return done, errors.Join(failed...)
}
