package e2e

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"warmcabin/server/api"
	"warmcabin/server/cabin"
	"warmcabin/server/instance"
	"warmcabin/server/redis"
)

// root asks for what stands beside the API.
func (s *stage) root(path string) *answer {
	s.t.Helper()
	g := &phone{s: s, name: "guest"}
	req, err := http.NewRequestWithContext(s.t.Context(), http.MethodGet, strings.TrimSuffix(s.url, api.Base)+path, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	return g.do(req)
}

// ready holds what the probes say.
func (s *stage) ready(mysql, redis string) {
	s.t.Helper()
	want := 200
	if mysql+redis != "okok" {
		want = 503
	}
	got := s.root("/readyz")
	got.need(want)
	if got.body["mysql"] != mysql || got.body["redis"] != redis {
		s.t.Errorf("/readyz says %s", got.raw)
	}
	s.root("/healthz").need(200)
}

// unavailable holds that a refusal says that it is our fault, and when to come back.
func (a *answer) unavailable() {
	a.t.Helper()
	a.need(503)
	a.refused(cabin.CodeUnavailable)
	if after, err := strconv.Atoi(a.header.Get("Retry-After")); err != nil || after < 1 {
		a.t.Errorf("Retry-After is %q", a.header.Get("Retry-After"))
	}
}

func portOf(t *testing.T, p *instance.Process) int {
	t.Helper()
	_, text, err := net.SplitHostPort(p.Addr())
	if err != nil {
		t.Fatal(err)
	}
	port, err := strconv.Atoi(text)
	if err != nil {
		t.Fatal(err)
	}
	return port
}

var publicPaths = []string{"/environment", "/stations", "/stations/1", "/deputies", "/deputies/1", "/deputies/1/slots", "/needs", "/categories", "/communities"}

func TestRedisDown(t *testing.T) {
	o := instance.Redis{Dir: t.TempDir(), Durable: true}
	proc, err := instance.StartRedis(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = proc.Stop() })
	o.Port = portOf(t, proc)
	cache := redis.Open(redis.Options{Addr: proc.Addr()})
	t.Cleanup(func() { _ = cache.Close() })
	s := build(t, setup{cache: cache})
	deputy := s.phone("deputy", cabin.Grant{Role: cabin.Deputy, ScopeID: 1})
	deputy.allow(cabin.TellBookingRequested)
	p := s.phone("resident")
	p.book(wednesday(9, 0)).need(201)
	code := s.code("resident")
	s.ready("ok", "ok")

	if err := proc.Stop(); err != nil {
		t.Fatal(err)
	}
	s.ready("ok", "down")
	for _, path := range publicPaths {
		s.guest().get(path).need(200)
	}
	p.get("/me").unavailable()
	p.get("/deputies").need(200) // who is logged in may still read
	p.book(wednesday(9, 30)).unavailable()
	p.upload("a.jpg", small()).unavailable()
	p.post("/logout", nil).unavailable()
	s.guest().post("/login", map[string]any{"code": code, "device": "一"}).unavailable()
	s.deliver() // no work is lost: pushes are in MariaDB, and a token is asked for anew
	if got := deputy.pushed(); len(got) != 1 {
		t.Errorf("without Redis the phone shows %v", got)
	}

	proc2, err := instance.StartRedis(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = proc2.Stop() }()
	eventually(t, "the session", func() bool { return p.get("/me").status == 200 })
	p.book(wednesday(9, 30)).need(201)
	s.guest().post("/login", map[string]any{"code": code, "device": "一"}).need(200)
	s.ready("ok", "ok")

	t.Run("frozen", func(t *testing.T) {
		s.t = t
		if err := proc2.Signal(syscall.SIGSTOP); err != nil {
			t.Fatal(err)
		}
		defer func() { _ = proc2.Signal(syscall.SIGCONT) }()
		began := time.Now()
		p.get("/me").unavailable()
		if took := time.Since(began); took > 3*time.Second {
			t.Errorf("a frozen Redis is waited for %v", took)
		}
		s.guest().get("/stations").need(200)
		if err := proc2.Signal(syscall.SIGCONT); err != nil {
			t.Fatal(err)
		}
		eventually(t, "the session", func() bool { return p.get("/me").status == 200 })
	})
	s.t = t
}

// Redis that forgot everything costs a login, never work.
func TestRedisForgets(t *testing.T) {
	cache := cacheOf(t)
	s := build(t, setup{cache: cache})
	p := s.phone("resident")
	booked := p.book(wednesday(9, 30)).need(201)
	if err := cache.FlushDB(t.Context()).Err(); err != nil {
		t.Fatal(err)
	}
	p.get("/me").refused(cabin.CodeUnauthorized)
	p.login()
	if got := p.get("/me/bookings").need(200)["items"].([]any)[0].(map[string]any)["id"]; got != booked["id"] {
		t.Errorf("the booking is %v", got)
	}
}

func TestMariaDBDown(t *testing.T) {
	o := instance.MariaDB{Dir: t.TempDir()}
	proc, err := instance.StartMariaDB(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = proc.Stop() })
	o.Port = portOf(t, proc)
	s := build(t, setup{dsn: proc.DSN("warmcabin")})
	p := s.phone("resident")
	deputy := s.phone("deputy", cabin.Grant{Role: cabin.Deputy, ScopeID: 1})
	deputy.allow(cabin.TellBookingRequested)
	first := p.sendKey(http.MethodPost, "/bookings", creations[0].body, "before-the-fall")
	first.need(201)
	s.ready("ok", "ok")

	if err := proc.Stop(); err != nil {
		t.Fatal(err)
	}
	s.ready("down", "ok")
	s.guest().get("/environment").need(200)
	for _, path := range publicPaths[1:] {
		s.guest().get(path).unavailable()
	}
	for _, path := range []string{"/me", "/home", "/me/bookings", "/bookings/1", "/me/notices"} {
		p.get(path).unavailable()
	}
	deputy.get("/deputy/today").unavailable()
	p.sendKey(http.MethodPost, "/bookings", creations[0].body, "before-the-fall").unavailable()
	p.report().unavailable()
	p.upload("a.jpg", small()).unavailable()
	p.move("bookings", 1, "cancel", nil).unavailable()
	s.guest().post("/login", map[string]any{"code": s.code("resident"), "device": "一"}).unavailable()
	p.get("/me/sessions").need(200) // Redis alone
	if _, err := s.worker.Deliver(t.Context()); err == nil {
		t.Error("the worker says nothing of a database that is down")
	}

	proc2, err := instance.StartMariaDB(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = proc2.Stop() }()
	eventually(t, "the database", func() bool { return s.guest().get("/stations").status == 200 })
	s.ready("ok", "ok")
	if err := proc2.Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	// Its threads stop one after the other, a moment after the signal.
	eventually(t, "that the database hangs", func() bool { return s.root("/readyz").status == 503 })
	s.ready("down", "ok") // who hangs takes no time from the other
	if err := proc2.Signal(syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the database", func() bool { return s.guest().get("/stations").status == 200 })
	again := p.sendKey(http.MethodPost, "/bookings", creations[0].body, "before-the-fall")
	again.need(201)
	if again.id("") != first.id("") || s.number(`SELECT COUNT(*) FROM bookings`) != 1 {
		t.Error("asking again made a second booking")
	}
	s.deliver()
	if got := deputy.pushed(); len(got) != 1 {
		t.Errorf("after the fall the phone shows %v", got)
	}
	if strings.Contains(s.log.String(), `"level":"ERROR","msg":"panic"`) {
		t.Error("something panicked")
	}
}

// A client that goes away while a row is locked leaves nothing half done.
func TestAClientGoesAway(t *testing.T) {
	s := openStreet(t)
	lock, err := s.x.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = lock.Rollback() }()
	if _, err := lock.Exec(`SELECT id FROM bookings WHERE id = ? FOR UPDATE`, s.booking); err != nil {
		t.Fatal(err)
	}
	ctx, leave := context.WithCancel(t.Context())
	defer leave()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, fmt.Sprintf("%s/bookings/%d/commands", s.url, s.booking), strings.NewReader(`{"command":"accept"}`))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Authorization", "Bearer "+s.deputy.token)
	gone := make(chan error, 1)
	go func() {
		res, err := http.DefaultClient.Do(req)
		if err == nil {
			_, _ = io.Copy(io.Discard, res.Body)
			_ = res.Body.Close()
		}
		gone <- err
	}()
	eventually(t, "the waiting command", func() bool {
		return s.number(`SELECT COUNT(*) FROM information_schema.processlist WHERE command = 'Query' AND info LIKE 'SELECT id FROM bookings%FOR UPDATE'`) > 0
	})
	leave()
	if err := <-gone; !errors.Is(err, context.Canceled) {
		t.Fatalf("the client got %v", err)
	}
	eventually(t, "the log's line", func() bool { return strings.Contains(s.log.String(), `"status":499`) })
	if err := lock.Rollback(); err != nil {
		t.Fatal(err)
	}
	if got := s.deputy.get(fmt.Sprintf("/bookings/%d", s.booking)).need(200)["state"]; got != "requested" {
		t.Errorf("the booking is %v", got)
	}
	s.deputy.move("bookings", s.booking, "accept", nil).need(200)
	for line := range strings.Lines(s.log.String()) {
		var entry struct{ Level, Msg string }
		if json.Unmarshal([]byte(line), &entry) == nil && entry.Level == "ERROR" {
			t.Errorf("the log takes a client that left for a fault of ours: %s", line)
		}
	}
}

func (p *phone) from(forwarded string) *answer {
	p.s.t.Helper()
	req, err := http.NewRequestWithContext(p.s.t.Context(), http.MethodPost, p.s.url+"/login", strings.NewReader(`{"code":"a&b","device":"x"}`))
	if err != nil {
		p.s.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	if forwarded != "" {
		req.Header.Set("X-Forwarded-For", forwarded)
		req.Header.Set("X-Real-IP", forwarded)
		req.Header.Set("Forwarded", "for="+forwarded)
	}
	return p.do(req)
}

// tries counts the logins that are let through before the limit.
func (s *stage) tries(forwarded func(i int) string) (n int) {
	s.t.Helper()
	for i := range 100 {
		a := s.guest().from(forwarded(i))
		if a.status == 429 {
			a.refused(cabin.CodeTooMany)
			if a.header.Get("Retry-After") == "" {
				s.t.Error("429 without Retry-After")
			}
			return n
		}
		a.need(401)
		n++
	}
	return n
}

func TestTheLoginLimitCannotBeDodged(t *testing.T) {
	changing := func(i int) string { return fmt.Sprintf("203.0.113.%d", i) }
	for name, c := range map[string]struct {
		proxies   []string
		forwarded func(int) string
		want      int
	}{
		"nobody forwards":             {nil, func(int) string { return "" }, 60},
		"no proxy is trusted":         {nil, changing, 60},
		"another proxy is trusted":    {[]string{"10.0.0.0/8"}, changing, 60},
		"behind our proxy, made up":   {[]string{"127.0.0.0/8"}, func(i int) string { return changing(i) + ", 198.51.100.7" }, 60},
		"behind our proxy, one each":  {[]string{"127.0.0.0/8"}, changing, 100},
		"behind two of ours, made up": {[]string{"127.0.0.0/8", "10.0.0.0/8"}, func(i int) string { return changing(i) + ", 198.51.100.7, 10.0.0.3" }, 60},
		"garbage":                     {[]string{"127.0.0.0/8"}, func(i int) string { return fmt.Sprintf("garbage%d", i) }, 60},
	} {
		t.Run(name, func(t *testing.T) {
			s := build(t, setup{proxies: c.proxies})
			if got := s.tries(c.forwarded); got != c.want {
				t.Errorf("%d logins were let through, want %d", got, c.want)
			}
			s.clock.Advance(time.Minute)
			if c.want == 60 && s.tries(c.forwarded) != 60 {
				t.Error("a minute later it is not open again")
			}
		})
	}
}

func TestCreatingIsLimited(t *testing.T) {
	s := open(t)
	p, other := s.person("one"), s.person("two")
	for range 10 {
		p.report().need(201)
	}
	over := p.report()
	over.need(429)
	over.refused(cabin.CodeTooMany)
	over.say(t, "秒")
	other.report().need(201)
	s.clock.Advance(3 * time.Second)
	p.report().need(201)
}

func TestBodiesThatAreTooLarge(t *testing.T) {
	s := open(t)
	p := s.phone("resident")
	for name, path := range map[string]string{"booking": "/bookings", "login": "/login", "read": "/me/notices/read", "redeem": "/invites/redeem"} {
		a := p.raw(http.MethodPost, path, `{"body":"`+strings.Repeat("x", 100<<10)+`"}`, "application/json")
		if a.status != 413 {
			t.Errorf("%s: %d %s", name, a.status, a.raw)
			continue
		}
		a.refused(cabin.CodeTooLarge)
	}
}
