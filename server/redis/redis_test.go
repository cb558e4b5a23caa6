package redis

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	goredis "github.com/redis/go-redis/v9"

	"warmcabin/server/cabin"
	"warmcabin/server/instance"
)

// server is the one Redis of this package's tests; each test uses persons of its own.
var server *instance.Process

func TestMain(m *testing.M) { os.Exit(run(m)) }

func run(m *testing.M) int {
	var err error
	if server, err = instance.StartRedis(context.Background(), instance.Redis{}); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer func() { _ = server.Stop() }()
	return m.Run()
}

type clock struct{ us atomic.Int64 }

func newClock() *clock {
	c := &clock{}
	c.us.Store(time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC).UnixMicro())
	return c
}

func (c *clock) now() time.Time                 { return time.UnixMicro(c.us.Load()).UTC() }
func (c *clock) advance(d time.Duration)        { c.us.Add(d.Microseconds()) }
func open(t *testing.T) *goredis.Client         { return openAt(t, server.Addr()) }
func sessions(t *testing.T, c *clock) *Sessions { return New(open(t), c.now) }

func openAt(t *testing.T, addr string) *goredis.Client {
	t.Helper()
	client := Open(Options{Addr: addr, PoolSize: 20})
	t.Cleanup(func() {
		if err := client.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return client
}

var lastPerson atomic.Int64

// newPerson returns a person whom no other test uses.
func newPerson() int64 { return lastPerson.Add(1) }

func create1(t *testing.T, s *Sessions, person int64, device string) string {
	t.Helper()
	token, err := s.Create(t.Context(), person, device, false)
	if err != nil {
		t.Fatal(err)
	}
	return token
}

// unique names a limit that no other test, and no other run of this one, counts in.
func unique(name string) string { return fmt.Sprint(name, newPerson()) }

func wantCode(t *testing.T, err error, code cabin.Code) *cabin.Error {
	t.Helper()
	e, ok := errors.AsType[*cabin.Error](err)
	if !ok || e.Code != code {
		t.Fatalf("error %v, want code %s", err, code)
	}
	return e
}

func TestSessionLetsInAndIsListed(t *testing.T) {
	c := newClock()
	s := sessions(t, c)
	person := newPerson()
	start := c.now()
	first := create1(t, s, person, "微信 · 华为 Mate 60 📱")
	c.advance(time.Minute)
	second := create1(t, s, person, strings.Repeat("长", 100)+"\xff")
	if first == second || len(first) != 43 {
		t.Fatalf("tokens %q, %q", first, second)
	}
	pass, err := s.Gate(t.Context(), first, nil, "")
	if err != nil || pass.PersonID != person {
		t.Fatalf("Gate = %+v, %v", pass, err)
	}
	list, err := s.List(t.Context(), person)
	if err != nil || len(list) != 2 {
		t.Fatalf("List = %+v, %v", list, err)
	}
	if list[0].Device != strings.Repeat("长", maxDevice) {
		t.Errorf("device %q", list[0].Device)
	}
	want := Session{ID: pass.SessionID, Device: "微信 · 华为 Mate 60 📱", CreatedAt: start, SeenAt: start}
	if list[1] != want {
		t.Errorf("List[1] = %+v, want %+v", list[1], want)
	}
	if strings.Contains(first, list[1].ID) || list[0].ID == list[1].ID {
		t.Errorf("public ids %q, %q", list[0].ID, list[1].ID)
	}
	if other, err := s.List(t.Context(), newPerson()); err != nil || len(other) != 0 {
		t.Errorf("somebody else's list = %v, %v", other, err)
	}
	_, err = s.Create(t.Context(), 0, "nobody", false)
	wantCode(t, err, cabin.CodeInternal)
}

func TestRedisHoldsNoToken(t *testing.T) {
	s := sessions(t, newClock())
	person := newPerson()
	token := create1(t, s, person, "phone")
	raw, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil {
		t.Fatal(err)
	}
	keys, err := s.client.Keys(t.Context(), "*session*").Result()
	if err != nil || len(keys) < 2 {
		t.Fatalf("keys %v, %v", keys, err)
	}
	seen := false
	for _, key := range keys {
		all, err := s.client.HGetAll(t.Context(), key).Result()
		if err != nil {
			t.Fatal(err)
		}
		dump := []byte(fmt.Sprint(key, all))
		seen = seen || all["person"] == strconv.FormatInt(person, 10)
		if bytes.Contains(dump, []byte(token)) || bytes.Contains(dump, raw) || bytes.Contains(dump, fmt.Appendf(nil, "%x", raw)) {
			t.Errorf("the token stands in %s", key)
		}
		if ttl := s.client.PTTL(t.Context(), key).Val(); ttl <= 0 || ttl > sessionLife {
			t.Errorf("%s lives %v", key, ttl)
		}
	}
	if !seen {
		t.Error("the session is not among the keys that were looked at")
	}
}

func TestForgedTokens(t *testing.T) {
	s := sessions(t, newClock())
	token := create1(t, s, newPerson(), "phone")
	last := strings.IndexByte("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_", token[42])
	alias := token[:42] + string("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"[last^1])
	for name, forged := range map[string]string{
		"none": "", "short": token[:42], "long": token + "A", "padded": token + "=", "newline": token[:42] + "\n",
		"same bits, other spelling": alias, "standard alphabet": "+/" + token[2:], "zero": strings.Repeat("A", 43),
		"random": base64.RawURLEncoding.EncodeToString(bytes.Repeat([]byte{7}, 32)),
		"script": "session:*" + token[9:], "huge": strings.Repeat("x", 1<<20), "not text": "\x00\xff" + token[2:],
	} {
		pass, err := s.Gate(t.Context(), forged, &Limit{Name: unique("forged"), Rate: 1, Per: time.Hour, By: ByPerson}, "192.0.2.1")
		if pass != (Pass{}) {
			t.Errorf("%s: passed as %+v", name, pass)
		}
		if e := wantCode(t, err, cabin.CodeUnauthorized); e.Message != "请重新登录" {
			t.Errorf("%s: message %q", name, e.Message)
		}
		if err := s.Logout(t.Context(), forged); err != nil {
			t.Errorf("%s: logout: %v", name, err)
		}
	}
	if _, err := s.Gate(t.Context(), token, nil, ""); err != nil {
		t.Errorf("the true token: %v", err)
	}
}

func TestSessionSlidesAndExpires(t *testing.T) {
	c := newClock()
	s := sessions(t, c)
	person := newPerson()
	token := create1(t, s, person, "phone")
	for range 3 { // kept alive beyond 30 days by use
		c.advance(29 * 24 * time.Hour)
		if _, err := s.Gate(t.Context(), token, nil, ""); err != nil {
			t.Fatalf("after 29 days unused: %v", err)
		}
	}
	c.advance(sessionLife - time.Microsecond)
	if list, err := s.List(t.Context(), person); err != nil || len(list) != 1 {
		t.Fatalf("just before the end: %v, %v", list, err)
	}
	c.advance(time.Microsecond)
	if list, err := s.List(t.Context(), person); err != nil || len(list) != 0 {
		t.Errorf("an expired session is listed: %v, %v", list, err)
	}
	_, err := s.Gate(t.Context(), token, nil, "")
	wantCode(t, err, cabin.CodeUnauthorized)
	if n := s.client.HLen(t.Context(), indexKey(person)).Val(); n != 0 {
		t.Errorf("%d ended sessions stay in the index", n)
	}
}

// Who works here has twelve hours from the last use, exact to a minute; two servers agree.
func TestAShiftsSession(t *testing.T) {
	c := newClock()
	one, other := sessions(t, c), sessions(t, c)
	person := newPerson()
	token, err := one.Create(t.Context(), person, "phone", true)
	if err != nil {
		t.Fatal(err)
	}
	pass := func(s *Sessions) (Pass, error) { return s.Gate(t.Context(), token, nil, "") }
	for i := range 6 {
		c.advance(WorkLife - workSlide)
		if p, err := pass([]*Sessions{one, other}[i%2]); err != nil || !p.Works {
			t.Fatalf("11:59 after use %d: %+v %v", i, p, err)
		}
	}
	c.advance(workSlide) // this use is not written down
	if _, err := pass(one); err != nil {
		t.Fatal(err)
	}
	c.advance(WorkLife - workSlide - time.Microsecond)
	if _, err := pass(other); err != nil {
		t.Fatalf("11:59 after a use that was not written down: %v", err)
	}
	c.advance(WorkLife)
	_, err = pass(other)
	wantCode(t, err, cabin.CodeUnauthorized)
}

// A role that comes or goes changes the life of the session there is, and of no other.
func TestASessionBeginsAndStopsToWork(t *testing.T) {
	c := newClock()
	s := sessions(t, c)
	person := newPerson()
	token, other := create1(t, s, person, "phone"), create1(t, s, person, "tablet")
	works := func(yes bool) {
		t.Helper()
		if err := s.Works(t.Context(), token, yes); err != nil {
			t.Fatal(err)
		}
	}
	works(true)
	c.advance(WorkLife)
	_, err := s.Gate(t.Context(), token, nil, "")
	wantCode(t, err, cabin.CodeUnauthorized)
	if p, err := s.Gate(t.Context(), other, nil, ""); err != nil || p.Works {
		t.Errorf("the tablet: %+v %v", p, err)
	}
	works(true) // it ended: nothing comes back
	if err := s.GaveFactor(t.Context(), token); err != nil {
		t.Fatal(err)
	}
	_, err = s.Gate(t.Context(), token, nil, "")
	wantCode(t, err, cabin.CodeUnauthorized)
	token = create1(t, s, person, "phone")
	works(true)
	works(false)
	c.advance(20 * 24 * time.Hour)
	if p, err := s.Gate(t.Context(), token, nil, ""); err != nil || p.Works {
		t.Errorf("a resident again, after 20 days: %+v %v", p, err)
	}
	if list, err := s.List(t.Context(), person); err != nil || len(list) != 2 {
		t.Errorf("%v %v", list, err)
	}
}

// The index of a person's sessions outlives a shift: "log out everywhere" finds them all.
func TestTheIndexOutlivesAShift(t *testing.T) {
	s := sessions(t, newClock())
	person := newPerson()
	create1(t, s, person, "phone")
	if _, err := s.Create(t.Context(), person, "desk", true); err != nil {
		t.Fatal(err)
	}
	if ttl := s.client.PTTL(t.Context(), indexKey(person)).Val(); ttl < sessionLife-time.Minute {
		t.Errorf("the index lives %v", ttl)
	}
}

func TestTheFactorStaysWithItsSession(t *testing.T) {
	c := newClock()
	s := sessions(t, c)
	person := newPerson()
	token, other := create1(t, s, person, "phone"), create1(t, s, person, "desk")
	c.advance(time.Minute)
	if err := s.GaveFactor(t.Context(), token); err != nil {
		t.Fatal(err)
	}
	given := c.now()
	c.advance(2 * time.Hour)
	if p, err := s.Gate(t.Context(), token, nil, ""); err != nil || !p.FactorAt.Equal(given) {
		t.Errorf("%+v %v", p, err)
	}
	if p, err := s.Gate(t.Context(), other, nil, ""); err != nil || !p.FactorAt.IsZero() {
		t.Errorf("the other one: %+v %v", p, err)
	}
}

func TestGateWritesOnlyWhenTheSessionIsOld(t *testing.T) {
	c := newClock()
	s := sessions(t, c)
	person := newPerson()
	created := c.now()
	token := create1(t, s, person, "phone")
	seen := func() time.Time {
		t.Helper()
		if _, err := s.Gate(t.Context(), token, nil, ""); err != nil {
			t.Fatal(err)
		}
		list, err := s.List(t.Context(), person)
		if err != nil || len(list) != 1 {
			t.Fatal(list, err)
		}
		return list[0].SeenAt
	}
	c.advance(slideAfter)
	if got := seen(); !got.Equal(created) {
		t.Errorf("after an hour seen = %v, want %v untouched", got, created)
	}
	c.advance(time.Second)
	if got := seen(); !got.Equal(c.now()) {
		t.Errorf("after more than an hour seen = %v, want %v", got, c.now())
	}
}

func TestGateIsOneRoundTrip(t *testing.T) {
	s := sessions(t, newClock())
	token := create1(t, s, newPerson(), "phone")
	limit := &Limit{Name: unique("round trip"), Rate: 100, Per: time.Second}
	if _, err := s.Gate(t.Context(), token, limit, ""); err != nil { // loads the script
		t.Fatal(err)
	}
	trips := trips{mu: new(sync.Mutex)}
	s.client.AddHook(&trips)
	if _, err := s.Gate(t.Context(), token, limit, ""); err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(trips.names, " "); got != "evalsha" {
		t.Errorf("commands sent: %s", got)
	}
}

// What comes to the gate at one moment goes in few trips, also when Redis has forgotten the
// script; each gets their own answer and is counted once.
func TestGatesOfOneMoment(t *testing.T) {
	s := sessions(t, newClock())
	const people, requests = 20, 15
	limit := &Limit{Name: unique("moment"), Rate: 10, Per: time.Minute, By: ByPerson}
	var tokens [people]string
	var ids [people]int64
	for i := range tokens {
		ids[i] = newPerson()
		tokens[i] = create1(t, s, ids[i], "phone")
	}
	if err := s.client.ScriptFlush(t.Context()).Err(); err != nil {
		t.Fatal(err)
	}
	trips := trips{mu: new(sync.Mutex)}
	s.client.AddHook(&trips)
	var passed [people]atomic.Int32
	var wg sync.WaitGroup
	for n := range people * requests {
		wg.Go(func() {
			i := n % people
			pass, err := s.Gate(t.Context(), tokens[i], limit, "")
			if err == nil {
				passed[i].Add(1)
			}
			if err == nil && pass.PersonID != ids[i] || err != nil && cabin.CodeOf(err) != cabin.CodeTooMany {
				t.Errorf("%d got in as %+v, %v", ids[i], pass, err)
			}
		})
	}
	wg.Go(func() {
		if _, err := s.Gate(t.Context(), strings.Repeat("A", 43), limit, ""); cabin.CodeOf(err) != cabin.CodeUnauthorized {
			t.Errorf("a token of nobody: %v", err)
		}
	})
	wg.Wait()
	for i := range passed {
		if n := passed[i].Load(); n != 10 {
			t.Errorf("%d of %d requests passed, want 10", n, requests)
		}
	}
	if n := len(trips.names); n > people*requests/2 {
		t.Errorf("%d trips for %d requests", n, people*requests)
	}
}

// TestOneGateThatBreaks: a session that is no session any more costs its neighbours of the
// moment nothing.
func TestOneGateThatBreaks(t *testing.T) {
	s := sessions(t, newClock())
	var keys [3]string
	for i := range keys {
		secret, _ := parseToken(create1(t, s, newPerson(), "phone"))
		keys[i] = sessionKey(secret)
	}
	if err := s.client.HDel(t.Context(), keys[1], "expires").Err(); err != nil {
		t.Fatal(err)
	}
	answers, err := s.passAll(t.Context(), []*passing{{key: keys[0], at: s.now().UnixMicro()}, {key: keys[1], at: s.now().UnixMicro()}, {key: keys[2], at: s.now().UnixMicro()}})
	if err != nil || len(answers) != 3 {
		t.Fatalf("%v, %v", answers, err)
	}
	if _, broken := answers[1].(error); !broken {
		t.Errorf("the broken one: %v", answers[1])
	}
	for _, i := range []int{0, 2} {
		if a, _ := answers[i].([]any); len(a) != 6 {
			t.Errorf("its neighbour %d: %v", i, answers[i])
		}
	}
}

type trips struct {
	mu    *sync.Mutex
	names []string
}

func (h *trips) add(name string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.names = append(h.names, name)
}

func (h *trips) DialHook(next goredis.DialHook) goredis.DialHook { return next }
func (h *trips) ProcessHook(next goredis.ProcessHook) goredis.ProcessHook {
	return func(ctx context.Context, cmd goredis.Cmder) error {
		h.add(cmd.Name())
		return next(ctx, cmd)
	}
}
func (h *trips) ProcessPipelineHook(next goredis.ProcessPipelineHook) goredis.ProcessPipelineHook {
	return func(ctx context.Context, cmds []goredis.Cmder) error {
		h.add("pipeline")
		return next(ctx, cmds)
	}
}

func TestRevokeWorksAtOnce(t *testing.T) {
	s := sessions(t, newClock())
	alice, bob := newPerson(), newPerson()
	lost, kept, his := create1(t, s, alice, "lost"), create1(t, s, alice, "kept"), create1(t, s, bob, "his")
	pass, err := s.Gate(t.Context(), lost, nil, "")
	if err != nil {
		t.Fatal(err)
	}
	wantCode(t, s.Revoke(t.Context(), bob, pass.SessionID), cabin.CodeNotFound)
	if _, err := s.Gate(t.Context(), lost, nil, ""); err != nil {
		t.Fatalf("bob ended alice's session: %v", err)
	}
	if err := s.Revoke(t.Context(), alice, pass.SessionID); err != nil {
		t.Fatal(err)
	}
	_, err = s.Gate(t.Context(), lost, nil, "")
	wantCode(t, err, cabin.CodeUnauthorized)
	wantCode(t, s.Revoke(t.Context(), alice, pass.SessionID), cabin.CodeNotFound)
	if list, err := s.List(t.Context(), alice); err != nil || len(list) != 1 || list[0].Device != "kept" {
		t.Errorf("List = %v, %v", list, err)
	}

	create1(t, s, alice, "third")
	if err := s.RevokeAll(t.Context(), alice); err != nil {
		t.Fatal(err)
	}
	_, err = s.Gate(t.Context(), kept, nil, "")
	wantCode(t, err, cabin.CodeUnauthorized)
	if list, err := s.List(t.Context(), alice); err != nil || len(list) != 0 {
		t.Errorf("after RevokeAll: %v, %v", list, err)
	}
	if err := s.RevokeAll(t.Context(), alice); err != nil {
		t.Errorf("RevokeAll of nothing: %v", err)
	}
	if _, err := s.Gate(t.Context(), his, nil, ""); err != nil {
		t.Errorf("bob lost his session: %v", err)
	}
	if err := s.Logout(t.Context(), his); err != nil {
		t.Fatal(err)
	}
	_, err = s.Gate(t.Context(), his, nil, "")
	wantCode(t, err, cabin.CodeUnauthorized)
	if list, err := s.List(t.Context(), bob); err != nil || len(list) != 0 {
		t.Errorf("after Logout: %v, %v", list, err)
	}
}

func TestTheOldestSessionMakesRoom(t *testing.T) {
	c := newClock()
	s := sessions(t, c)
	person := newPerson()
	var tokens []string
	for i := range maxSessions {
		tokens = append(tokens, create1(t, s, person, strconv.Itoa(i)))
		c.advance(2 * time.Hour)
	}
	if _, err := s.Gate(t.Context(), tokens[0], nil, ""); err != nil { // the first is in use
		t.Fatal(err)
	}
	create1(t, s, person, "new")
	if _, err := s.Gate(t.Context(), tokens[0], nil, ""); err != nil {
		t.Errorf("the one just used ended: %v", err)
	}
	_, err := s.Gate(t.Context(), tokens[1], nil, "")
	wantCode(t, err, cabin.CodeUnauthorized)
	list, err := s.List(t.Context(), person)
	if err != nil || len(list) != maxSessions {
		t.Fatalf("%d sessions, %v", len(list), err)
	}
	if list[0].Device != "new" && list[1].Device != "new" {
		t.Errorf("the new one is not first: %+v", list[:2])
	}
}

func TestFiftyGatesAgainstALimitOfTen(t *testing.T) {
	s := sessions(t, newClock())
	person := newPerson()
	tokens := []string{create1(t, s, person, "one"), create1(t, s, person, "two")}
	limit := &Limit{Name: unique("fifty"), Rate: 10, Per: time.Minute, By: ByPerson}
	var passed, refused atomic.Int32
	var wg sync.WaitGroup
	for i := range 50 {
		wg.Go(func() {
			pass, err := s.Gate(t.Context(), tokens[i%2], limit, "")
			e, _ := errors.AsType[*cabin.Error](err)
			switch {
			case err == nil && pass.PersonID == person:
				passed.Add(1)
			case e != nil && e.Code == cabin.CodeTooMany && e.RetryAfter == 6 && pass == Pass{}:
				refused.Add(1)
			default:
				t.Errorf("Gate = %+v, %v", pass, err)
			}
		})
	}
	wg.Wait()
	if passed.Load() != 10 || refused.Load() != 40 {
		t.Errorf("%d passed, %d refused, want 10 and 40", passed.Load(), refused.Load())
	}
}

func TestLimitRefills(t *testing.T) {
	c := newClock()
	s := sessions(t, c)
	token := create1(t, s, newPerson(), "phone")
	limit := &Limit{Name: unique("refill"), Rate: 7, Per: time.Minute, Burst: 2} // one in 8.571429 s
	gate := func() error { _, err := s.Gate(t.Context(), token, limit, ""); return err }
	for range 2 {
		if err := gate(); err != nil {
			t.Fatal(err)
		}
	}
	if e := wantCode(t, gate(), cabin.CodeTooMany); e.RetryAfter != 9 || !strings.Contains(e.Message, "9 秒") {
		t.Errorf("RetryAfter = %d, %q", e.RetryAfter, e.Message)
	}
	c.advance(8 * time.Second)
	if e := wantCode(t, gate(), cabin.CodeTooMany); e.RetryAfter != 1 {
		t.Errorf("RetryAfter = %d", e.RetryAfter)
	}
	c.advance(time.Second)
	if err := gate(); err != nil {
		t.Errorf("after the wait: %v", err)
	}
	wantCode(t, gate(), cabin.CodeTooMany)
	c.advance(time.Hour) // never more than the burst, however long it was quiet
	for range 2 {
		if err := gate(); err != nil {
			t.Error(err)
		}
	}
	wantCode(t, gate(), cabin.CodeTooMany)
	if _, err := s.Gate(t.Context(), token, nil, ""); err != nil {
		t.Errorf("without the limit: %v", err)
	}
}

// A clock that was an hour ahead and is set back leaves nobody waiting for an hour.
func TestAClockSetBackLocksNobodyOut(t *testing.T) {
	c := newClock()
	s := sessions(t, c)
	login := Limit{Name: unique("set back"), Rate: 3, Per: time.Minute}
	c.advance(time.Hour)
	if err := s.Allow(t.Context(), "192.0.2.1", login); err != nil {
		t.Fatal(err)
	}
	c.advance(-time.Hour)
	for range 3 {
		if err := s.Allow(t.Context(), "192.0.2.1", login); err != nil {
			t.Errorf("after the clock was set back: %v", err)
		}
	}
	wantCode(t, s.Allow(t.Context(), "192.0.2.1", login), cabin.CodeTooMany)
}

func TestLimitByIPCountsBadTokensToo(t *testing.T) {
	s := sessions(t, newClock())
	token := create1(t, s, newPerson(), "phone")
	unknown := base64.RawURLEncoding.EncodeToString(bytes.Repeat([]byte{9}, 32))
	limit := &Limit{Name: unique("by ip"), Rate: 2, Per: time.Hour, By: ByIP}
	_, err := s.Gate(t.Context(), unknown, limit, "192.0.2.7")
	wantCode(t, err, cabin.CodeUnauthorized)
	if _, err := s.Gate(t.Context(), token, limit, "192.0.2.7"); err != nil {
		t.Fatal(err)
	}
	_, err = s.Gate(t.Context(), token, limit, "192.0.2.7")
	if e := wantCode(t, err, cabin.CodeTooMany); e.RetryAfter != 1800 || !strings.Contains(e.Message, "30 分钟") {
		t.Errorf("RetryAfter = %d, %q", e.RetryAfter, e.Message)
	}
	if _, err := s.Gate(t.Context(), token, limit, "192.0.2.8"); err != nil {
		t.Errorf("another address: %v", err)
	}
}

func TestAllow(t *testing.T) {
	c := newClock()
	s := sessions(t, c)
	login := Limit{Name: unique("login"), Rate: 3, Per: time.Minute, By: ByIP}
	for range 3 {
		if err := s.Allow(t.Context(), "192.0.2.1", login); err != nil {
			t.Fatal(err)
		}
	}
	if e := wantCode(t, s.Allow(t.Context(), "192.0.2.1", login), cabin.CodeTooMany); e.RetryAfter != 20 {
		t.Errorf("RetryAfter = %d", e.RetryAfter)
	}
	if err := s.Allow(t.Context(), "192.0.2.2", login); err != nil {
		t.Errorf("another address: %v", err)
	}
	c.advance(20 * time.Second)
	if err := s.Allow(t.Context(), "192.0.2.1", login); err != nil {
		t.Errorf("after the wait: %v", err)
	}
	for _, bad := range []Limit{{}, {Name: "x", Rate: 0, Per: time.Second}, {Name: "x", Rate: 1}, {Rate: 1, Per: 1}, {Name: "x", Rate: 1, Per: 1, Burst: -1}} {
		wantCode(t, s.Allow(t.Context(), "192.0.2.3", bad), cabin.CodeInternal)
	}
}

func TestRedisDownAndBack(t *testing.T) {
	dir := t.TempDir()
	own, err := instance.StartRedis(t.Context(), instance.Redis{Dir: dir, Durable: true})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = own.Stop() }()
	client := openAt(t, own.Addr())
	s, token := New(client, newClock().now), NewToken(client, "wx1", nil)
	session := create1(t, s, 1, "phone")
	var wg sync.WaitGroup
	for range 20 { // fill the pool with connections that the stop will break
		wg.Go(func() { _ = s.Ping(t.Context()) })
	}
	wg.Wait()

	calls := map[string]func() error{
		"Ping":       func() error { return s.Ping(t.Context()) },
		"Create":     func() error { _, err := s.Create(t.Context(), 1, "x", false); return err },
		"List":       func() error { _, err := s.List(t.Context(), 1); return err },
		"Revoke":     func() error { return s.Revoke(t.Context(), 1, "x") },
		"RevokeAll":  func() error { return s.RevokeAll(t.Context(), 2) },
		"Logout":     func() error { return s.Logout(t.Context(), strings.Repeat("A", 43)) },
		"Gate":       func() error { _, err := s.Gate(t.Context(), session, nil, ""); return err },
		"Allow":      func() error { return s.Allow(t.Context(), "x", Limit{Name: "x", Rate: 100, Per: time.Second}) },
		"Token.Get":  func() error { _, _, err := token.Get(t.Context()); return err },
		"Token.Set":  func() error { return token.Set(t.Context(), "t", time.Hour) },
		"Token.Inv.": func() error { return token.Invalidate(t.Context(), "u") },
		"Lock":       func() error { _, _, err := token.Lock(t.Context(), time.Second); return err },
	}
	down := func(state string) {
		t.Helper()
		var wg sync.WaitGroup
		for name, call := range calls {
			wg.Go(func() {
				began := time.Now()
				err := call()
				if took := time.Since(began); took > callLimit+2*time.Second {
					t.Errorf("%s, %s: answered after %v", state, name, took)
				}
				e, _ := errors.AsType[*cabin.Error](err)
				if e == nil || e.Code != cabin.CodeUnavailable || e.RetryAfter == 0 || !strings.Contains(e.Message, "没有丢失") {
					t.Errorf("%s, %s: %v", state, name, err)
				}
			})
		}
		wg.Wait()
	}

	if err := own.Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	down("frozen")
	if err := own.Signal(syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
	if err := own.Stop(); err != nil {
		t.Fatal(err)
	}
	down("stopped")

	_, text, _ := net.SplitHostPort(own.Addr())
	port, _ := strconv.Atoi(text)
	back, err := instance.StartRedis(t.Context(), instance.Redis{Dir: dir, Durable: true, Port: port})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = back.Stop() }()
	// The same client recovers, and the session is still there. The pool tries anew once a second.
	for deadline := time.Now().Add(10 * time.Second); s.Ping(t.Context()) != nil; time.Sleep(50 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the client does not find the restarted Redis")
		}
	}
	if pass, err := s.Gate(t.Context(), session, nil, ""); err != nil || pass.PersonID != 1 {
		t.Errorf("after the restart: %+v, %v", pass, err)
	}
}

func TestToken(t *testing.T) {
	ctx := t.Context()
	client := open(t)
	a, b := NewToken(client, "wx-a", nil), NewToken(client, "wx-b", nil)
	want := func(store *Token, token string) {
		t.Helper()
		got, ok, err := store.Get(ctx)
		if err != nil || got != token || ok != (token != "") {
			t.Errorf("Get = %q, %v, %v, want %q", got, ok, err, token)
		}
	}
	set := func(token string, ttl time.Duration) {
		t.Helper()
		if err := a.Set(ctx, token, ttl); err != nil {
			t.Fatal(err)
		}
	}
	want(a, "")
	set("first", time.Hour)
	want(a, "first")
	want(b, "")
	if ttl := client.PTTL(ctx, a.key).Val(); ttl <= 59*time.Minute || ttl > time.Hour {
		t.Errorf("lives %v", ttl)
	}
	if err := a.Invalidate(ctx, "older"); err != nil {
		t.Fatal(err)
	}
	want(a, "first")
	if err := a.Invalidate(ctx, "first"); err != nil {
		t.Fatal(err)
	}
	want(a, "")
	if err := a.Invalidate(ctx, "first"); err != nil {
		t.Errorf("Invalidate of nothing: %v", err)
	}
	for _, ttl := range []time.Duration{0, -time.Second, time.Microsecond} {
		set("kept", time.Hour)
		set("never", ttl)
		want(a, "")
	}
}

// One process fetches a token at a time.
func TestTokenLock(t *testing.T) {
	client := open(t)
	a, b := NewToken(client, "wx-lock", nil), NewToken(client, "wx-lock", nil)
	release, ok, err := a.Lock(t.Context(), time.Minute)
	if err != nil || !ok {
		t.Fatal(ok, err)
	}
	if _, ok, err := b.Lock(t.Context(), time.Minute); ok || err != nil {
		t.Error("two hold it", err)
	}
	release()
	second, ok, err := b.Lock(t.Context(), time.Minute)
	if err != nil || !ok {
		t.Fatal(ok, err)
	}
	release() // late, and somebody else's by now
	if _, ok, _ := a.Lock(t.Context(), time.Minute); ok {
		t.Error("another's lock was released")
	}
	second()
}
