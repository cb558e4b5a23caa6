package api

import (
	"bytes"
	"context"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/labstack/echo/v4"
	"golang.org/x/sync/singleflight"
)

// freshEntries bounds what is kept: some megabytes.
const freshEntries = 2000

// fresh keeps the answers of public lists (route.Fresh) for Config.FreshFor, as they go
// over the wire, and computes each only once at a time. What was taken shows on every
// server when that time is over; whoever books is told the truth by the database.
type fresh struct {
	life  time.Duration
	paths map[string]bool
	once  singleflight.Group
	mu    sync.RWMutex
	kept  map[string]*answer
}

// answer is a whole response. It writes itself like a recorder.
type answer struct {
	at     time.Time
	header http.Header
	status int
	body   bytes.Buffer
}

func (a *answer) Header() http.Header         { return a.header }
func (a *answer) WriteHeader(status int)      { a.status = status }
func (a *answer) Write(b []byte) (int, error) { return a.body.Write(b) }

func newFresh(life time.Duration) *fresh {
	f := &fresh{life: life, paths: map[string]bool{}, kept: map[string]*answer{}}
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
		if a := f.get(key); a != nil {
			return a.send(c)
		}
		mine := false
		found, err, _ := f.once.Do(key, func() (any, error) {
			mine = true
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

func (f *fresh) get(key string) *answer {
	f.mu.RLock()
	defer f.mu.RUnlock()
	if a := f.kept[key]; a != nil && time.Since(a.at) < f.life {
		return a
	}
	return nil
}

// record runs the handler for all who wait for this key: it goes on when the first of
// them goes away.
func (f *fresh) record(c echo.Context, key string, next echo.HandlerFunc) (*answer, error) {
	a := &answer{at: time.Now(), header: http.Header{}, status: http.StatusOK}
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
