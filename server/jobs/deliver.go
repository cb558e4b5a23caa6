package jobs

import (
	"context"
	"math/rand/v2"
	"strconv"
	"strings"
	"time"

	"warmcabin/server/cabin"
	"warmcabin/server/mysql"
	"warmcabin/server/wechat"
)

const (
	batch       = 50  // of what the clock asks for
	firstLot    = 32  // messages of a lane's first claim
	lot         = 256 // the most of one claim, which costs a commit, whatever it holds
	lanes       = 4   // of a process, each with a lot under way: while one is sent another is claimed or recorded
	calls       = 33  // under way at WeChat at once, over all lanes of a process; more processes do more
	burst       = 2 * time.Second
	lease       = 2 * time.Minute
	resends     = 6              // attempts of a message whose arrival nobody knows, where it is sent again at all
	lastsFor    = 72 * time.Hour // how long a message is tried: see Template.Life
	longestWait = 10 * time.Minute
	recordTime  = 20 * time.Second // with the job's minute well within the lease
	flushEvery  = 50 * time.Millisecond
	moment      = 400 * time.Millisecond // what a lot may take, or the next one is smaller
)

// Deliver sends lot after lot of what is due, for about the length of a burst, and returns
// how many messages it handled. A claim is a short transaction; its messages are of different
// people (WeChat refuses two sends to one person at once; the database lets nobody have two,
// over all processes) and are sent within a moment: where WeChat answers slowly the next lots
// are smaller. Outcomes are recorded together.
// Started by every worker on several lanes, so that a call that WeChat leaves hanging holds
// up its own lot only; twice is safe: a row is claimed once, and one whose worker died is
// resent only when its template says so (the inbox has it anyway).
func (w *Worker) Deliver(ctx context.Context) (total int, err error) {
	for until := time.Now().Add(burst); ; {
		n, _, err := w.deliver(ctx)
		total += n
		if n == 0 || err != nil || ctx.Err() != nil || time.Now().After(until) {
			return total, err
		}
	}
}

// lane delivers for about the length of a burst, and returns 0 when nothing more is due now.
// One lane looks for what is due at every turn: four that do make many small lots of what one
// could carry, and each costs a commit. The others come when a lot was full.
func (w *Worker) lane(ctx context.Context) (int, error) {
	total, more, err := w.deliver(ctx)
	if !more {
		total = 0
	}
	return total, err
}

// deliver is Deliver as far as lots are full; more tells whether the last one was.
func (w *Worker) deliver(ctx context.Context) (total int, more bool, err error) {
	until, size := time.Now().Add(burst), max(firstLot, int(w.lot.Load()))
	for {
		may, probe := w.outage.lot(size, w.DB.Now())
		if may == 0 || probe && !w.answers(ctx) {
			return total, false, nil
		}
		claimed, settled, err := w.claim(ctx, may)
		n := len(claimed) + settled
		if total += n; err != nil {
			return total, false, err
		}
		if total == 0 {
			n, err := w.DB.Outbox.Recover(ctx, w.resent()...)
			w.lot.Store(0)
			return int(n), n > 0, err
		}
		if more = n >= may; more {
			select {
			case w.more <- struct{}{}:
			default: // all lanes are awake, or will be
			}
		}
		begun := time.Now()
		if err := w.sendAll(ctx, claimed, probe); err != nil {
			return total, false, err
		}
		size = nextLot(size, time.Since(begun))
		w.lot.Store(int64(size))
		if !more || ctx.Err() != nil || time.Now().After(until) {
			return total, more, nil
		}
	}
}

// nextLot is how many messages a lane claims when its last lot, of size, took this long.
// What a killed worker had claimed waits for the end of its lease.
func nextLot(size int, took time.Duration) int {
	if took > moment {
		return max(size/2, calls/lanes)
	}
	return min(size*2, lot)
}

// claim takes the next lot. A claim whose answer was lost is given back: nothing was sent.
func (w *Worker) claim(ctx context.Context, size int) ([]mysql.Push, int, error) {
	claimed, settled, err := w.DB.Outbox.Claim(ctx, size, lease, w.choose())
	if err == nil {
		return claimed, settled, nil
	}
	if cabin.CodeOf(err) == cabin.CodeOutcomeUnknown {
		_ = insist(ctx, func(ctx context.Context) error { return w.DB.Outbox.Release(ctx, claimed) }) // else the lease ends it
	}
	return nil, 0, err
}

// insist repeats do until it succeeds or recordTime is over, also when ctx has ended: what
// became of a message is not known to anybody else.
func insist(ctx context.Context, do func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), recordTime)
	defer cancel()
	for {
		err := do(ctx)
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(200 * time.Millisecond):
		}
	}
}

// resent are the templates whose messages are sent again when nobody knows whether they arrived.
func (w *Worker) resent() []cabin.TemplateKey {
	var keys []cabin.TemplateKey
	for key, t := range w.Templates {
		if t.Resend {
			keys = append(keys, key)
		}
	}
	return keys
}

// choose fills in how a push of a claim goes out, or says in which state it ends without.
func (w *Worker) choose() func(*mysql.Push) string {
	ways := Ways(w.Templates, w.OfficialTemplates)
	return func(p *mysql.Push) string {
		steps, known := ways.Steps(p.Template, p.Kind != "", cabin.PushMeans{
			WeChat: p.OpenID != "" && !p.NoWeChat, Official: w.Official != nil && p.Follower != "", Credits: p.Credits, Failed: p.FailedBy,
		})
		p.Steps = steps
		switch {
		case !known:
			return mysql.PushDead
		case len(steps) > 0:
			return ""
		case p.FailedBy != "":
			return mysql.PushRefused
		case p.OpenID == "":
			return mysql.PushNoWeChat
		}
		return mysql.PushNoConsent
	}
}

// sendAll sends a lot and records outcomes as they come: a slow answer does not keep the
// others' waiting for long. With them goes how far it may go on, so that what a killed worker
// leaves unknown is little more than what was on its way. Where outcomes cannot be recorded
// no more is sent.
func (w *Worker) sendAll(ctx context.Context, pushes []mysql.Push, probe bool) error {
	if len(pushes) == 0 {
		return nil
	}
	todo, results := make(chan mysql.Push, len(pushes)), make(chan mysql.Result, len(pushes))
	defer close(todo)
	go w.callAll(ctx, todo, probe, results)
	begun, done := 0, 0
	begin := func(upTo int) {
		for ; begun < upTo; begun++ {
			todo <- pushes[begun]
		}
	}
	begin(min(len(pushes), mysql.Ahead))
	byID := make(map[int64]int, len(pushes))
	for i := range pushes {
		byID[pushes[i].ID] = i
	}
	var failed error
	for done < begun {
		some := gather(results, min(begun-done, mysql.Ahead*2/3))
		done += len(some)
		claims := make([]mysql.Push, len(some))
		for i, r := range some {
			claims[i] = pushes[byID[r.ID]]
		}
		next, on := min(len(pushes), done+mysql.Ahead), mysql.Onward{Over: done == len(pushes)}
		if failed != nil {
			next, on.Over = begun, false // the rest was not begun, and says so
		}
		if next > begun {
			on.Reach = pushes[next-1].ID
		}
		if err := insist(ctx, func(ctx context.Context) error { return w.DB.Outbox.Done(ctx, claims, some, on) }); err != nil {
			failed = err
			continue
		}
		begin(next)
	}
	return failed
}

// gather waits for a result and takes along what else comes within a moment, at most n.
func gather(results <-chan mysql.Result, n int) []mysql.Result {
	some := append(make([]mysql.Result, 0, n), <-results)
	enough := time.NewTimer(flushEvery)
	defer enough.Stop()
	for len(some) < n {
		select {
		case r := <-results:
			some = append(some, r)
		case <-enough.C:
			return some
		}
	}
	return some
}

// outgoing is a message that waits for a line to WeChat.
type outgoing struct {
	ctx    context.Context
	push   mysql.Push
	probe  bool
	result chan<- mysql.Result // has room
}

// callAll hands a lot to the process's lines, which all lanes share. A line is a goroutine
// that stays: a new one for every lot would grow its stack anew each time.
func (w *Worker) callAll(ctx context.Context, todo <-chan mysql.Push, probe bool, results chan<- mysql.Result) {
	w.ready.Do(func() {
		w.lines = make(chan outgoing)
		for range calls {
			go func() {
				for o := range w.lines {
					o.result <- w.send(o.ctx, o.push, o.probe)
				}
			}()
		}
	})
	for p := range todo {
		w.lines <- outgoing{ctx, p, probe, results}
	}
}

// send pushes one message by the first of its steps that the person still allows. Minutes
// may have gone since the claim read what they want, and WeChat may have gone meanwhile.
func (w *Worker) send(ctx context.Context, p mysql.Push, probe bool) mysql.Result {
	if w.outage.gone() && !probe {
		return w.result(p, cabin.PushStep{}, wechat.Outcome{Result: wechat.Retry, Reason: "not sent: WeChat does not answer"})
	}
	off, err := w.declined.read(ctx, w.DB)
	switch {
	case err != nil:
		return w.result(p, cabin.PushStep{}, wechat.Outcome{Result: wechat.Retry, Reason: "not sent: the database does not answer"})
	case off.Kind(p.PersonID, p.Kind):
		return w.ended(p, mysql.PushMuted)
	}
	var expired []cabin.TemplateKey
	out, called := wechat.Outcome{}, false
	for _, step := range p.Steps {
		if off.Channel(p.PersonID, step.Channel) {
			continue
		}
		called = true
		if out = w.sendBy(ctx, p, step); ctx.Err() == nil {
			w.outage.heard(out, w.DB.Now())
		}
		if out.Result == wechat.Refused {
			if step.Channel == cabin.ByOneTime || step.Channel == cabin.ByLongTerm && p.Credits[step.Template] > 0 { // to be asked for again
				expired = append(expired, step.Template)
			}
			continue
		}
		r := w.result(p, step, out)
		r.Expired = expired
		if out.Result == wechat.Sent && step.Channel == cabin.ByOneTime {
			r.Spent = step.Template
		}
		return r
	}
	if !called {
		return w.ended(p, mysql.PushNoConsent)
	}
	r := w.result(p, cabin.PushStep{}, out)
	r.Expired = expired
	return r
}

// ended is the result of a push that was not sent after all.
func (w *Worker) ended(p mysql.Push, state string) mysql.Result {
	w.Metrics.pushed(state)
	return mysql.Result{ID: p.ID, State: state}
}

// notFollowing is WeChat's word for a message to somebody who left the official account.
const notFollowing = 43004

// sendBy sends the message by one step's channel, in that channel's template.
func (w *Worker) sendBy(ctx context.Context, p mysql.Push, step cabin.PushStep) wechat.Outcome {
	t := w.template(step)
	m := wechat.Message{OpenID: p.OpenID, TemplateID: t.ID, Page: t.page(p), State: t.State, Data: make(map[string]string, len(t.Fields))}
	for field, source := range t.Fields {
		m.Data[field] = p.Values[source]
	}
	if step.Channel != cabin.ByOfficial {
		return w.Sender.SendSubscribe(ctx, m)
	}
	m.OpenID, m.Once = p.Follower, "push-"+strconv.FormatInt(p.ID, 10)
	out := w.Official.SendTemplate(ctx, m)
	if out.Code == notFollowing { // the event that would have told it did not come
		if err := w.DB.Followers.Leave(ctx, p.Follower, w.DB.Now()); err != nil {
			w.Log.Warn("follower not noted as gone", "cause", err.Error())
		}
	}
	return out
}

// template is the one that a step uses: the official account has its own.
func (w *Worker) template(step cabin.PushStep) Template {
	if step.Channel == cabin.ByOfficial {
		return w.OfficialTemplates[step.Template]
	}
	return w.Templates[step.Template]
}

// page is what a tap on the message opens.
func (t Template) page(p mysql.Push) string {
	if t.Page == "" {
		return p.Page
	}
	return strings.ReplaceAll(t.Page, "{id}", strconv.FormatInt(p.MatterID, 10))
}

func (w *Worker) result(p mysql.Push, step cabin.PushStep, out wechat.Outcome) mysql.Result {
	r := mysql.Result{ID: p.ID, Code: out.Code, Reason: out.Reason, State: mysql.PushDead, Channel: step.Channel, MsgID: out.MsgID}
	now := w.DB.Now()
	again := p.TriedSince == nil || now.Sub(*p.TriedSince) < w.Templates[p.Template].life()
	switch {
	case out.Result == wechat.Sent:
		r.State = mysql.PushSent
	case out.Result == wechat.Refused:
		r.State = mysql.PushRefused
	case out.Result == wechat.Unknown && !(w.resends(p, step) && again && p.Attempts < resends):
		r.State = mysql.PushUnknown
	case out.Result == wechat.QuotaToday && again:
		day := now.In(cabin.Shanghai)
		r.Retry = time.Date(day.Year(), day.Month(), day.Day()+1, 7, 0, 0, 0, cabin.Shanghai)
	case (out.Result == wechat.Retry || out.Result == wechat.Unknown) && again:
		r.Retry = now.Add(backoff(p.Attempts))
	}
	if r.Retry.IsZero() {
		w.Metrics.pushed(r.State)
	} else {
		w.Metrics.pushed("retry")
	}
	return r
}

// life is how long the template's messages are tried.
func (t Template) life() time.Duration {
	if t.Life > 0 {
		return t.Life
	}
	return lastsFor
}

// resends tells whether a message of which nobody knows whether it arrived is sent again: by
// the template of the news, or by that of the official account.
func (w *Worker) resends(p mysql.Push, step cabin.PushStep) bool {
	if step.Channel == cabin.ByOfficial {
		return w.template(step).Resend
	}
	return w.Templates[p.Template].Resend
}

// backoff doubles from two seconds to a quarter of an hour, with jitter so that a fault does
// not bring everybody back at once.
func backoff(attempts int) time.Duration {
	d := min(time.Second<<min(attempts, 10), longestWait)
	return d + rand.N(d/2)
}
