package jobs

import (
	"context"
	"math/rand/v2"
	"sync"
	"time"

	"warmcabin/server/cabin"
	"warmcabin/server/mysql"
	"warmcabin/server/wechat"
)

const (
	batch       = 50
	lease       = 2 * time.Minute
	parallel    = 8
	maxAttempts = 6
	recordTime  = 20 * time.Second // with the job's minute well within the lease
)

// Deliver claims due pushes and sends them, and returns how many it handled. The claim is
// a short transaction; attempted_at is written before any call; the outcomes are recorded
// together. Messages of one person go one after the other (WeChat refuses parallel ones).
// Started by every worker; twice is safe: a row is claimed once, and one whose worker died
// after attempted_at is not sent again (the inbox has it anyway).
func (w *Worker) Deliver(ctx context.Context) (int, error) {
	if _, err := w.DB.Outbox.Recover(ctx); err != nil {
		return 0, err
	}
	claimed, err := w.DB.Outbox.Claim(ctx, batch, lease)
	if err != nil || len(claimed) == 0 {
		return 0, err
	}
	mine, err := w.DB.Outbox.Attempt(ctx, claimed)
	if err != nil {
		return 0, err
	}
	byPerson := map[int64][]mysql.Push{}
	for _, p := range claimed {
		if mine[p.ID] {
			byPerson[p.PersonID] = append(byPerson[p.PersonID], p)
		}
	}
	results := w.sendAll(ctx, byPerson)
	// The time for sending may be over; what became of it is recorded all the same.
	recording, cancel := context.WithTimeout(context.WithoutCancel(ctx), recordTime)
	defer cancel()
	return len(claimed), w.DB.Outbox.Done(recording, claimed, results)
}

func (w *Worker) sendAll(ctx context.Context, byPerson map[int64][]mysql.Push) []mysql.Result {
	var (
		mu      sync.Mutex
		results []mysql.Result
		wg      sync.WaitGroup
		slots   = make(chan struct{}, parallel)
	)
	for _, pushes := range byPerson {
		slots <- struct{}{}
		wg.Go(func() {
			defer func() { <-slots }()
			credits := map[cabin.TemplateKey]int{}
			for _, p := range pushes {
				if _, seen := credits[p.Template]; !seen {
					credits[p.Template] = p.Credits
				}
				r := w.send(ctx, p, credits)
				mu.Lock()
				results = append(results, r)
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	return results
}

// send pushes one message when the person allows one, and says what became of it.
func (w *Worker) send(ctx context.Context, p mysql.Push, credits map[cabin.TemplateKey]int) mysql.Result {
	t, ok := w.Templates[p.Template]
	switch {
	case p.OpenID == "":
		return mysql.Result{ID: p.ID, State: mysql.PushNoWeChat}
	case !ok:
		return mysql.Result{ID: p.ID, State: mysql.PushDead, Reason: "no template"}
	case !t.LongTerm && credits[p.Template] <= 0:
		return mysql.Result{ID: p.ID, State: mysql.PushNoConsent}
	}
	data := map[string]string{}
	for field, source := range t.Fields {
		data[field] = p.Values[source]
	}
	out := w.Sender.SendSubscribe(ctx, wechat.Message{OpenID: p.OpenID, TemplateID: t.ID, Page: p.Page, Data: data})
	switch out.Result {
	case wechat.Sent, wechat.Unknown:
		credits[p.Template]--
	case wechat.Refused:
		credits[p.Template] = 0
	}
	return w.result(p, out)
}

func (w *Worker) result(p mysql.Push, out wechat.Outcome) mysql.Result {
	r := mysql.Result{ID: p.ID, Code: out.Code, Reason: out.Reason}
	switch out.Result {
	case wechat.Sent:
		r.State = mysql.PushSent
	case wechat.Refused:
		r.State = mysql.PushRefused
	case wechat.Unknown:
		r.State = mysql.PushUnknown
	case wechat.QuotaToday:
		now := w.DB.Now().In(cabin.Shanghai)
		r.Retry = time.Date(now.Year(), now.Month(), now.Day()+1, 7, 0, 0, 0, cabin.Shanghai)
	case wechat.Retry:
		if p.Attempts < maxAttempts {
			r.Retry = w.DB.Now().Add(backoff(p.Attempts))
			break
		}
		r.State = mysql.PushDead
	default:
		r.State = mysql.PushDead
	}
	return r
}

// backoff doubles from two seconds, with jitter so that a fault does not bring everybody back at once.
func backoff(attempts int) time.Duration {
	d := time.Second << min(attempts, 8)
	return d + rand.N(d/2)
}
