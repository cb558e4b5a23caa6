package jobs

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"warmcabin/server/mysql"
)

const (
	declinedLife = 40 * time.Millisecond // after that it is read again
	declinedMost = 60 * time.Millisecond // how old what a call is held against may be
	declinedBack = 2 * lease             // how far back it is read: no claim under way is older
)

// declined is what people turned off lately, read once for all calls of a moment. Who turns
// a kind of news or a channel off is heeded though the message was claimed before.
type declined struct {
	reading sync.Mutex
	last    atomic.Pointer[declinedRead]
}

type declinedRead struct {
	*mysql.Declined
	at time.Time // when its reading began
}

func (d *declined) read(ctx context.Context, db *mysql.DB) (*mysql.Declined, error) {
	if last := d.last.Load(); last != nil {
		old := time.Since(last.at)
		if old < declinedLife || old < declinedMost && !d.reading.TryLock() {
			return last.Declined, nil
		} else if old >= declinedMost {
			d.reading.Lock()
		}
	} else {
		d.reading.Lock()
	}
	defer d.reading.Unlock()
	if last := d.last.Load(); last != nil && time.Since(last.at) < declinedLife {
		return last.Declined, nil
	}
	begun := time.Now()
	off, err := db.Consents.Declined(ctx, db.Now().Add(-declinedBack))
	if err != nil {
		return nil, err
	}
	d.last.Store(&declinedRead{off, begun})
	return off, nil
}
