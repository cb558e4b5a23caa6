package jobs

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/time/rate"

	"warmcabin/server/cabin"
	"warmcabin/server/mysql"
	"warmcabin/server/wechat"
)

// Checker asks WeChat about what other people might see; *wechat.Client is one.
type Checker interface {
	CheckText(ctx context.Context, openid, text string) (wechat.Opinion, error)
	CheckImage(ctx context.Context, openid, url string) (traceID string, err error)
}

const (
	checkBatch    = 100
	checkCalls    = 5               // under way at once
	checkLease    = 3 * time.Minute // longer than a batch's calls may take
	inactive      = 61010           // the person was not in the mini-program for two hours
	checkTimeLeft = 20 * time.Second

	// WeChat takes 4,000 checks of words a minute (wechat.md), over all processes: four of ours
	// stay within that, each with this many a second and a batch at once.
	checksASecond = 15
)

// Check asks WeChat about what was written and photographed, and hands to the staff what
// it did not answer in time; it returns how many it handled. Started by every worker;
// twice is safe: a row is claimed once, and one whose worker died is asked about again
// when its lease is over.
func (w *Worker) Check(ctx context.Context) (int, error) {
	due, gaveUp, err := w.DB.Checks.Claim(ctx, checkBatch, checkLease)
	if err != nil {
		return 0, err
	}
	asked := w.askAll(ctx, due)
	recording, cancel := context.WithTimeout(context.WithoutCancel(ctx), checkTimeLeft)
	defer cancel()
	return gaveUp + len(asked), w.DB.Checks.Done(recording, asked...)
}

// askAll asks about all, at the pace that WeChat allows. When ctx ends, those that were not come
// to come back with their lease.
func (w *Worker) askAll(ctx context.Context, due []mysql.DueCheck) []mysql.AskedCheck {
	w.paced.Do(func() { w.checks = rate.NewLimiter(checksASecond, checkBatch) })
	answers := make([]*mysql.AskedCheck, len(due))
	var next atomic.Int64
	var wg sync.WaitGroup
	for range min(checkCalls, len(due)) {
		wg.Go(func() {
			for i := next.Add(1) - 1; i < int64(len(due)) && w.checks.Wait(ctx) == nil; i = next.Add(1) - 1 {
				answers[i] = &mysql.AskedCheck{DueCheck: due[i], CheckCall: w.ask(ctx, due[i])}
			}
		})
	}
	wg.Wait()
	asked := make([]mysql.AskedCheck, 0, len(due))
	for _, a := range answers {
		if a != nil {
			asked = append(asked, *a)
		}
	}
	return asked
}

func (w *Worker) ask(ctx context.Context, d mysql.DueCheck) (out mysql.CheckCall) {
	if d.OpenID == "" { // somebody without WeChat: a person looks
		return out
	}
	var err error
	if d.Kind == cabin.CheckedImage {
		out.TraceID, err = w.Checker.CheckImage(ctx, d.OpenID, w.PhotoAddress(d.PhotoID, w.DB.Now().Add(cabin.CheckPatience)))
	} else {
		var o wechat.Opinion
		o, err = w.Checker.CheckText(ctx, d.OpenID, d.Words)
		out.Suggest, out.Label = string(o.Verdict), o.Label
	}
	if err == nil {
		return out
	}
	out = mysql.CheckCall{Code: wechat.ErrCode(err)}
	if out.Code != inactive { // which is nobody's fault, and stands in the check
		w.Log.Warn("content check not asked", "check", d.ID, "code", out.Code)
	}
	// What WeChat will never take is for the staff at once; all else is asked again, until
	// cabin.CheckPatience is over.
	if out.Code != inactive && (out.Code <= 0 || passing[out.Code]) {
		out.Retry = w.DB.Now().Add(backoff(d.Attempts))
	}
	return out
}

// passing are WeChat's errors that another try may mend: too often in a minute, a token.
var passing = map[int]bool{45009: true, 45011: true, 40001: true, 40014: true, 42001: true}
