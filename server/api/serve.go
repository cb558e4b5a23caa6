package api

import (
	"context"
	"crypto/rand"
	"errors"
	"log/slog"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/labstack/echo/v4"
	"github.com/labstack/echo/v4/middleware"

	"warmcabin/server/mysql"
)

// Bounds of what a request may be.
const (
	maxJSON    = 64 << 10
	maxWords   = 512 << 10 // of a route that takes what people write: who pastes far too much is told how much it is
	maxUpload  = 11 << 20  // a 10 MB photo in its multipart envelope
	answerTime = 20 * time.Second
)

var requestIDForm = regexp.MustCompile(`^[A-Za-z0-9_-]{8,40}$`)

// use installs what every request passes, outermost first.
func (s *Server) use() {
	s.echo.Use(s.identify, s.measure, middleware.RecoverWithConfig(middleware.RecoverConfig{DisableStackAll: true, LogErrorFunc: func(c echo.Context, err error, stack []byte) error {
		ctx := c.Request().Context()
		s.Log.ErrorContext(ctx, "panic", "cause", err.Error(), "stack", string(stack), "request", requestID(ctx))
		return err
	}}), s.secure, middleware.BodyLimit("11M"), newFresh(s.FreshFor).serve)
	s.echo.Use(middleware.GzipWithConfig(middleware.GzipConfig{MinLength: 1024, Skipper: func(c echo.Context) bool {
		return strings.Contains(c.Path(), "photos") || strings.Contains(c.Path(), "import-template") || strings.HasSuffix(c.Path(), "/file") || strings.HasPrefix(c.Path(), "/docs")
	}}))
}

// uploads are the addresses that take a file.
var uploads = func() map[string]bool {
	paths := map[string]bool{}
	for _, r := range routes {
		if r.Upload {
			paths[Base+r.Path] = true
		}
	}
	return paths
}()

// identify gives the request an id (a proxy's own is kept), the caller's address and a
// time limit; none for uploads, whose body has one.
func (s *Server) identify(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		id := c.Request().Header.Get(echo.HeaderXRequestID)
		if !requestIDForm.MatchString(id) {
			id = rand.Text()[:16]
		}
		c.Response().Header().Set(echo.HeaderXRequestID, id)
		ip := c.RealIP()
		ctx := context.WithValue(c.Request().Context(), requestKey{}, request{id, ip, s.Log})
		ctx = mysql.WithOrigin(ctx, id, ip)
		if c.Request().Method != http.MethodPost || !uploads[c.Request().URL.Path] {
			var cancel context.CancelFunc
			ctx, cancel = context.WithTimeout(ctx, answerTime)
			defer cancel()
		}
		c.SetRequest(c.Request().WithContext(ctx))
		return next(c)
	}
}

// statusLeft is what counts and logs say when the client went away before its answer: it
// is no fault of ours. Proxies use the same number.
const statusLeft = 499

// left tells whether the client went away; our own time limit is another matter.
func left(ctx context.Context) bool { return errors.Is(ctx.Err(), context.Canceled) }

// measure counts and logs the request: its route, never its query, token or body.
func (s *Server) measure(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		start := time.Now()
		err := next(c)
		if err != nil {
			c.Error(err)
		}
		status, took := c.Response().Status, time.Since(start)
		if left(c.Request().Context()) {
			status = statusLeft
		}
		s.metrics.observe(c.Request().Method, c.Path(), status, took)
		level := slog.LevelInfo
		if status >= http.StatusInternalServerError {
			level = slog.LevelError
		}
		s.Log.Log(c.Request().Context(), level, "request", "method", c.Request().Method, "route", c.Path(),
			"status", status, "ms", took.Milliseconds(), "request", requestID(c.Request().Context()))
		return nil
	}
}

// Content security: everything from here. The API's page needs its viewer's inline script.
const (
	cspClient = "default-src 'self'; img-src 'self' blob: data:; connect-src 'self' blob:; style-src 'self' 'unsafe-inline'; frame-ancestors 'self'; base-uri 'self'; form-action 'self'; object-src 'none'"
	cspDocs   = "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; script-src 'self' 'unsafe-inline'; frame-ancestors 'none'; object-src 'none'"
)

func (s *Server) secure(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		h := c.Response().Header()
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Content-Security-Policy", cspClient)
		if strings.HasPrefix(c.Request().URL.Path, "/docs") {
			h.Set("Content-Security-Policy", cspDocs)
		}
		if strings.HasPrefix(c.Request().URL.Path, Base) {
			h.Set("Cache-Control", "no-store")
		}
		return next(c)
	}
}

// health answers probes: /healthz, the process lives; /readyz, its parts do.
func (s *Server) health() {
	s.echo.GET("/healthz", func(c echo.Context) error { return c.JSON(http.StatusOK, map[string]string{"status": "ok"}) })
	s.echo.GET("/readyz", func(c echo.Context) error {
		ctx, cancel := context.WithTimeout(c.Request().Context(), 2*time.Second)
		defer cancel()
		var mysql, redis error
		var asked sync.WaitGroup // side by side: one that hangs takes no time from the other
		asked.Go(func() { mysql = s.DB.Ping(ctx) })
		asked.Go(func() { redis = s.Sessions.Ping(ctx) })
		asked.Wait()
		parts, status := map[string]string{"mysql": "ok", "redis": "ok"}, http.StatusOK
		if mysql != nil {
			parts["mysql"], status = "down", http.StatusServiceUnavailable
		}
		if redis != nil {
			parts["redis"], status = "down", http.StatusServiceUnavailable
		}
		return c.JSON(status, parts)
	})
}
