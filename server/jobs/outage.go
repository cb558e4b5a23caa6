package jobs

import (
	"context"
	"math/rand/v2"
	"sync"
	"time"

	"warmcabin/server/wechat"
)

const (
	failuresInARow = 10 // calls that WeChat did not take, after which it counts as gone
	firstPause     = 2 * time.Second
	longestPause   = time.Minute
	firstRoom      = 4 // messages of the first lot after an outage; each later one may be twice as large
)

// outage keeps a process from calling a WeChat that is gone: every call would cost its
// message an attempt, or leave it unknown. One message is tried after each pause, where
// calls hang only when one to nobody got an answer; and when the message gets one too the lots
// grow from a few, so that the backlog does not arrive at once.
// Each process sees for itself; the zero value is a WeChat that answers.
type outage struct {
	mu       sync.Mutex
	failures int           // in a row
	hangs    bool          // nobody knows what came of the last of them
	pause    time.Duration // 0: WeChat answers
	next     time.Time     // when one may try again
	room     int           // of the next lot; 0: as large as it likes
}

// lot is how many messages may be claimed at now by who wants size; a probe is sent to a
// WeChat that is gone.
func (o *outage) lot(size int, now time.Time) (n int, probe bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	switch {
	case o.pause > 0 && now.Before(o.next):
		return 0, false
	case o.pause > 0:
		o.pause = min(2*o.pause, longestPause)
		o.next = now.Add(o.pause + rand.N(o.pause/2))
		return 1, true
	case o.room == 0:
		return size, false
	}
	room := o.room
	if o.room *= 2; o.room >= lot {
		o.room = 0
	}
	return min(size, room), false
}

// heard notes what came of a call.
func (o *outage) heard(out wechat.Outcome, now time.Time) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if out.Result != wechat.Retry && out.Result != wechat.Unknown || out.Code == toOneAtOnce {
		if o.failures = 0; o.pause > 0 {
			o.pause, o.room = 0, firstRoom
		}
		return
	}
	o.hangs = out.Result == wechat.Unknown
	if o.failures++; o.failures >= failuresInARow && o.pause == 0 {
		o.pause = firstPause
		o.next = now.Add(firstPause + rand.N(firstPause/2))
	}
}

// gone tells whether WeChat does not answer: what was claimed before is not sent either.
func (o *outage) gone() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.pause > 0
}

// answers tells, before a probe, whether WeChat does: a message that it leaves hanging would
// be unknown. What it says to one to nobody does not matter.
func (w *Worker) answers(ctx context.Context) bool {
	if !w.outage.hanging() {
		return true
	}
	out := w.Sender.SendSubscribe(ctx, wechat.Message{OpenID: nobody})
	if out.Result == wechat.Retry || out.Result == wechat.Unknown {
		w.outage.heard(out, w.DB.Now())
		return false
	}
	return true
}

func (o *outage) hanging() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.hangs
}

// nobody is no openid of WeChat's: it refuses what is sent to it, and spends nobody's consent.
const nobody = "nobody"

// toOneAtOnce is WeChat's word for two sends to one person: it answers.
const toOneAtOnce = 43108
