package api

import (
	"bytes"
	"context"
	"maps"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/labstack/echo/v4"
	"golang.org/x/sync/singleflight"

	"warmcabin/server/cabin"
)

// freshEntries bounds what is kept: some megabytes.
const freshEntries = 2000

// fresh keeps the answers of public lists (route.Fresh) for Config.FreshFor, as they go
// over the wire, and computes each only once at a time. What was taken shows on every
// server when that time is over; whoever books is told the truth by the database.
type fresh struct {
	life  time.Duration
	now   func() time.Time
	paths map[string]bool
	once  singleflight.Group
	mu    sync.RWMutex
	kept  map[string]*answer
	sweep sweep
}

// answer is a whole response. It writes itself like a recorder.
type answer struct {
	at     time.Time
	header http.Header
	status int
	body   bytes.Buffer

	renewing atomic.Bool
}

func (a *answer) Header() http.Header         { return a.header }
func (a *answer) WriteHeader(status int)      { a.status = status }
func (a *answer) Write(b []byte) (int, error) { return a.body.Write(b) }

func newFresh(life time.Duration) *fresh {
	f := &fresh{life: life, now: time.Now, paths: map[string]bool{}, kept: map[string]*answer{}}
	for _, r := range routes {
		if r.Fresh {
			f.paths[Base+strings.NewReplacer("{", ":", "}", "").Replace(r.Path)] = true
		}
	}
	return f
}

func (f *fresh) serve(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		req := c.Request()
		if f.life == 0 || req.Method != http.MethodGet || !f.paths[c.Path()] || !asked(req.URL.RawQuery) {
			return next(c)
		}
		key := req.URL.Path + "?" + req.URL.RawQuery
		if strings.Contains(req.Header.Get(echo.HeaderAcceptEncoding), "gzip") {
			key += " gzip"
		}
		looked := f.now()
		if a := f.get(key); a != nil {
			return a.send(c)
		}
		mine := false
		found, err, _ := f.once.Do(key, func() (any, error) {
			mine = true
			if a := f.since(key, looked); a != nil {
				return a, nil
			}
			return f.record(c, key, next)
		})
		if a := found.(*answer); err == nil && (a.status == http.StatusOK || mine) {
			return a.send(c)
		} else if mine {
			return err
		}
		return next(c) // somebody else's refusal is not ours
	}
}

// asked tells whether many ask the same: not for own words, and not for the desk.
func asked(query string) bool {
	return len(query) <= 100 && !strings.Contains(query, "need=") && !strings.Contains(query, "q=") && !strings.Contains(query, "desk=")
}

// get returns what is kept. In the last quarter of its life one asker a time is told that there
// is nothing, and brings it up to date while the others go on with what there is.
func (f *fresh) get(key string) *answer {
	f.mu.RLock()
	defer f.mu.RUnlock()
	a := f.kept[key]
	if a == nil {
		return nil
	}
	age := f.now().Sub(a.at)
	if age >= f.life || age >= f.life*3/4 && a.renewing.CompareAndSwap(false, true) {
		return nil
	}
	return a
}

// since returns what was kept after this asker looked: another was faster.
func (f *fresh) since(key string, asked time.Time) *answer {
	f.mu.RLock()
	defer f.mu.RUnlock()
	if a := f.kept[key]; a != nil && !a.at.Before(asked) {
		return a
	}
	return nil
}

// record runs the handler for all who wait for this key: it goes on when the first of
// them goes away.
func (f *fresh) record(c echo.Context, key string, next echo.HandlerFunc) (*answer, error) {
	a := &answer{at: f.now(), header: http.Header{}, status: http.StatusOK}
	req, res, wire := c.Request(), c.Response(), c.Response().Writer
	ctx, cancel := context.WithTimeout(context.WithoutCancel(req.Context()), answerTime)
	defer cancel()
	defer func() {
		res.Writer, res.Committed, res.Size = wire, false, 0
		c.SetRequest(req)
	}()
	c.SetRequest(req.WithContext(ctx))
	res.Writer = a
	err := next(c)
	if err == nil && a.status == http.StatusOK {
		f.keep(key, a)
	}
	return a, err
}

func (f *fresh) keep(key string, a *answer) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.kept) >= freshEntries {
		clear(f.kept)
	}
	f.kept[key] = a
	f.sweep.later(&f.mu, f.life, func() int {
		maps.DeleteFunc(f.kept, func(_ string, a *answer) bool { return f.now().Sub(a.at) >= f.life })
		return len(f.kept)
	})
}

// sweep lets go of what is over: a crowd's answers would else lie there until the next one.
type sweep struct{ due bool }

// later calls drop after life, and again as long as it says that something is left. mu is
// held here, and while drop runs.
func (s *sweep) later(mu sync.Locker, life time.Duration, drop func() (left int)) {
	if s.due {
		return
	}
	s.due = true
	time.AfterFunc(life, func() {
		mu.Lock()
		defer mu.Unlock()
		s.due = false
		if drop() > 0 {
			s.later(mu, life, drop)
		}
	})
}

func (a *answer) send(c echo.Context) error {
	header := c.Response().Header()
	for name, values := range a.header {
		header[name] = values
	}
	c.Response().WriteHeader(a.status)
	_, err := c.Response().Write(a.body.Bytes())
	return err
}

// nearest keeps the free times around a time that was taken for half of FreshFor: all who
// lost it ask the same. It is a suggestion; booking one asks the database.
type nearest struct {
	life  time.Duration
	once  singleflight.Group
	mu    sync.Mutex
	kept  map[string]nearSlots
	sweep sweep
}

type nearSlots struct {
	at    time.Time
	slots []cabin.Slot
}

func (n *nearest) get(key string, find func() ([]cabin.Slot, error)) ([]cabin.Slot, error) {
	if n.life == 0 {
		return find()
	}
	n.mu.Lock()
	found, known := n.kept[key]
	n.mu.Unlock()
	if known && time.Since(found.at) < n.life {
		return found.slots, nil
	}
	asked := time.Now()
	slots, err, _ := n.once.Do(key, func() (any, error) {
		n.mu.Lock()
		found, known := n.kept[key]
		n.mu.Unlock()
		if known && !found.at.Before(asked) { // another was faster
			return found.slots, nil
		}
		slots, err := find()
		if err == nil {
			n.mu.Lock()
			defer n.mu.Unlock()
			if n.kept == nil || len(n.kept) >= freshEntries {
				n.kept = map[string]nearSlots{}
			}
			n.kept[key] = nearSlots{time.Now(), slots}
			n.sweep.later(&n.mu, n.life, func() int {
				maps.DeleteFunc(n.kept, func(_ string, s nearSlots) bool { return time.Since(s.at) >= n.life })
				return len(n.kept)
			})
		}
		return slots, err
	})
	return slots.([]cabin.Slot), err
}
