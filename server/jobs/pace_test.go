package jobs

import (
	"context"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"warmcabin/server/mysql"
	"warmcabin/server/wechat"
)

// passes lets all words pass, and counts.
type passes struct{ asked atomic.Int64 }

func (p *passes) CheckText(context.Context, string, string) (wechat.Opinion, error) {
	p.asked.Add(1)
	return wechat.Opinion{Verdict: wechat.Pass}, nil
}

func (p *passes) CheckImage(context.Context, string, string) (string, error) { return "", nil }

// What comes at once is asked about at once, a flood at WeChat's pace; who must stop leaves the
// rest to its lease.
func TestChecksKeepWeChatsPace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &passes{}
		w := &Worker{Checker: p}
		begun := time.Now()
		due := make([]mysql.DueCheck, checkBatch)
		for i := range due {
			due[i] = mysql.DueCheck{ID: int64(i + 1), OpenID: "o"}
		}
		if n := len(w.askAll(t.Context(), due)); n != checkBatch || time.Since(begun) != 0 {
			t.Fatalf("%d asked after %v", n, time.Since(begun))
		}
		for range 9 {
			w.askAll(t.Context(), due)
		}
		took := time.Since(begun).Round(time.Second)
		if a, most := p.asked.Load(), int64(checkBatch+took.Seconds()*checksASecond); a != 10*checkBatch || a > most {
			t.Errorf("%d asked in %v, at most %d", a, took, most)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
		defer cancel()
		if n := len(w.askAll(ctx, due)); n < checksASecond || n > 3*checksASecond {
			t.Errorf("%d asked in two seconds", n)
		}
	})
}
