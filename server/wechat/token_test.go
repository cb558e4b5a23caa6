package wechat_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"warmcabin/server/wechat"
	"warmcabin/server/wechat/wechatsim"
)

func TestTokenIsKeptAndRenewedInTime(t *testing.T) {
	w := newWorld(t, 0)
	w.accept("resident", "tmpl-standing")
	m := wechat.Message{OpenID: wechatsim.OpenID("resident"), TemplateID: "tmpl-standing", Data: map[string]string{"thing1": "路灯"}}
	send := func() {
		t.Helper()
		if got := w.client.SendSubscribe(t.Context(), m); got.Result != wechat.Sent {
			t.Fatalf("%+v", got)
		}
	}
	for _, step := range []struct {
		wait time.Duration
		want int // token requests until now
	}{{0, 1}, {time.Minute, 1}, {113 * time.Minute, 1}, {90 * time.Second, 2}, {time.Minute, 2}, {3 * time.Hour, 3}} {
		w.clock.add(step.wait)
		send()
		if n := w.wire.count(tokenPath); n != step.want {
			t.Errorf("after %v more: %d token requests, want %d", step.wait, n, step.want)
		}
	}
	if n := w.wire.count(sendPath); n != 6 {
		t.Errorf("%d sends for 6 messages: a token was used past its end", n)
	}
}

// A token that WeChat ended early (42001 by its own clock) is replaced within the call.
func TestTokenExpiredAtWeChat(t *testing.T) {
	w := newWorld(t, 0)
	frozen := w.clock.Now()
	client, err := wechat.New(wechat.Config{AppID: appID, Secret: secret, Transport: w.wire,
		Now: func() time.Time { return frozen }}) // our clock stands still
	if err != nil {
		t.Fatal(err)
	}
	w.accept("resident", "tmpl-booking")
	w.accept("resident", "tmpl-booking")
	client.SendSubscribe(t.Context(), booking("resident"))
	w.clock.add(3 * time.Hour)
	if got := client.SendSubscribe(t.Context(), booking("resident")); got.Result != wechat.Sent {
		t.Errorf("%+v", got)
	}
	if a, b := w.wire.count(sendPath), w.wire.count(tokenPath); a != 3 || b != 2 {
		t.Errorf("%d sends and %d token requests, want 3 and 2", a, b)
	}
}

// Forced refreshes are scarce: at most one in 30 s, only when the plain answer is the bad
// token again.
func TestForcedRefreshIsRare(t *testing.T) {
	w := newWorld(t, 0)
	w.fault(wechatsim.Fault{Path: sendPath, Count: 100, ErrCode: 40001})
	forces := 0
	w.wire.next = observe{w.wire.next, func(r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		r.Body = io.NopCloser(bytes.NewReader(body))
		if strings.Contains(string(body), `"force_refresh":true`) {
			forces++
		}
	}}
	for range 10 {
		if got := w.client.SendSubscribe(t.Context(), booking("resident")); got.Result != wechat.Retry {
			t.Fatalf("%+v", got)
		}
	}
	if forces != 1 {
		t.Errorf("%d forced refreshes at one moment", forces)
	}
	w.clock.add(31 * time.Second)
	w.client.SendSubscribe(t.Context(), booking("resident"))
	if forces != 2 {
		t.Errorf("%d forced refreshes after 31 s", forces)
	}
}

type observe struct {
	next http.RoundTripper
	see  func(*http.Request)
}

func (o observe) RoundTrip(r *http.Request) (*http.Response, error) {
	o.see(r)
	return o.next.RoundTrip(r)
}

type brokenStore struct{}

func (brokenStore) Get(context.Context) (string, bool, error)        { return "", false, errors.New("down") }
func (brokenStore) Set(context.Context, string, time.Duration) error { return errors.New("down") }
func (brokenStore) Invalidate(context.Context, string) error         { return errors.New("down") }
func (brokenStore) Lock(context.Context, time.Duration) (func(), bool, error) {
	return nil, false, errors.New("down")
}
func (brokenStore) MayForce(context.Context, time.Duration) (bool, error) {
	return false, errors.New("down")
}

// Without the store each process goes on by itself: it asks WeChat for a token now and
// then, never for each call. It forces none: nobody knows what the others did.
func TestBrokenStoreIsAskedPast(t *testing.T) {
	w := newWorld(t, 0)
	client, err := wechat.New(wechat.Config{AppID: appID, Secret: secret, Transport: w.wire, Tokens: brokenStore{}, Now: w.clock.Now})
	if err != nil {
		t.Fatal(err)
	}
	send := func() {
		t.Helper()
		w.accept("resident", "tmpl-booking")
		if got := client.SendSubscribe(t.Context(), booking("resident")); got.Result != wechat.Sent {
			t.Errorf("%+v", got)
		}
	}
	for range 5 {
		send()
	}
	if n := w.wire.count(tokenPath); n != 1 {
		t.Errorf("%d token requests for 5 messages", n)
	}
	w.clock.add(3 * time.Minute)
	send()
	if n := w.wire.count(tokenPath); n != 2 {
		t.Errorf("%d token requests after 3 minutes: what was kept may have been replaced meanwhile", n)
	}
	forces := 0
	w.wire.next = observe{w.wire.next, func(r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		r.Body = io.NopCloser(bytes.NewReader(body))
		if strings.Contains(string(body), `"force_refresh":true`) {
			forces++
		}
	}}
	w.fault(wechatsim.Fault{Path: sendPath, Count: 1, ErrCode: 40001})
	if got := client.SendSubscribe(t.Context(), booking("resident")); got.Result != wechat.Retry || forces != 0 {
		t.Errorf("%+v, %d tokens were forced", got, forces)
	}
	send() // WeChat has changed its mind, or its token
}

// deadHolder is a store whose lock a process took and died with.
type deadHolder struct{ *wechat.MemoryTokens }

func (deadHolder) Lock(context.Context, time.Duration) (func(), bool, error) { return nil, false, nil }

// A process that died while it fetched a token holds the others up for a moment only, far
// less than its lock lasts.
func TestDeadProcessHoldsNobodyUp(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 0)
	client, err := wechat.New(wechat.Config{AppID: appID, Secret: secret, Transport: w.wire, Tokens: deadHolder{wechat.NewMemoryTokens(w.clock.Now)}, Now: w.clock.Now, Timeout: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	w.accept("resident", "tmpl-booking")
	begun := time.Now()
	if got := client.SendSubscribe(t.Context(), booking("resident")); got.Result != wechat.Sent {
		t.Errorf("%+v", got)
	}
	if took := time.Since(begun); took > 30*time.Second {
		t.Errorf("it took %v", took)
	}
}

// Many calls at once, of clients with different transports, with tokens going bad under
// way: one token request at the start, each call its own world.
func TestParallel(t *testing.T) {
	a, b := newWorld(t, 0), newWorld(t, 0)
	b.fault(wechatsim.Fault{Path: sendPath, Count: 5, ErrCode: 40001})
	const each = 40
	for i := range each {
		a.accept(fmt.Sprintf("demo-%d", i), "tmpl-booking")
		b.accept(fmt.Sprintf("demo-%d", i), "tmpl-booking")
	}
	codes := map[*world][]string{}
	for range each {
		codes[a] = append(codes[a], a.code("resident", "login"))
		codes[b] = append(codes[b], b.code("resident", "login"))
	}
	var wg sync.WaitGroup
	var mu sync.Mutex
	results := map[*world]map[wechat.Result]int{a: {}, b: {}}
	for _, w := range []*world{a, b} {
		for i := range each {
			wg.Go(func() {
				got := w.client.SendSubscribe(t.Context(), booking(fmt.Sprintf("demo-%d", i)))
				mu.Lock()
				results[w][got.Result]++
				mu.Unlock()
			})
			wg.Go(func() {
				if _, err := w.client.Login(t.Context(), codes[w][i]); err != nil {
					t.Error(err)
				}
				if _, err := w.official.Follower(t.Context(), wechatsim.OfficialOpenID("deputy")); err != nil {
					t.Error(err)
				}
			})
		}
	}
	wg.Wait()
	if results[a][wechat.Sent] != each {
		t.Errorf("undisturbed: %v", results[a])
	}
	if results[b][wechat.Sent]+results[b][wechat.Retry] != each || results[b][wechat.Sent] < each-5 {
		t.Errorf("with bad tokens: %v", results[b])
	}
	if n := a.wire.count(tokenPath); n != 2 { // the mini-program's and the official account's
		t.Errorf("%d token requests", n)
	}
	for i := range each {
		if n := len(a.messages(fmt.Sprintf("demo-%d", i))); n != 1 {
			t.Errorf("demo-%d got %d messages", i, n)
		}
	}
}

func TestSDKNeverSeesSecrets(t *testing.T) {
	w := newWorld(t, 0)
	w.accept("resident", "tmpl-booking")
	w.client.SendSubscribe(t.Context(), booking("resident"))
	w.client.Login(t.Context(), w.code("resident", "login"))
	w.wire.mu.Lock()
	defer w.wire.mu.Unlock()
	joined := strings.Join(w.wire.urls, "\n")
	if !strings.Contains(joined, "access_token=SIM_") || !strings.Contains(joined, "secret="+secret) {
		t.Errorf("the real credentials did not reach WeChat:\n%s", joined)
	}
}
