package e2e

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	goredis "github.com/redis/go-redis/v9"

	"warmcabin/server/instance"
	"warmcabin/server/mysql"
	"warmcabin/server/mysql/dbtest"
	"warmcabin/server/redis"
	"warmcabin/server/wechat"
	"warmcabin/server/wechat/wechatsim"
)

// TestProcessesShareOneToken: two processes start at once and ask WeChat for one token
// between them; when WeChat refuses it to both, one new one is forced between them.
func TestProcessesShareOneToken(t *testing.T) {
	t.Parallel()
	cache, db, _ := shared(t)
	sim := wechatsim.New(wechatsim.Options{AppID: "wxshared", Secret: "sim-secret", Templates: []wechatsim.Template{{ID: "t", Title: "t", Fields: []wechatsim.Field{{Name: "thing1", Label: "事项"}}}}})
	var asked, forced atomic.Int32
	wx := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == stablePath {
			body, _ := io.ReadAll(r.Body)
			asked.Add(1)
			if strings.Contains(string(body), `"force_refresh":true`) {
				forced.Add(1)
			}
			r.Body = io.NopCloser(bytes.NewReader(body))
		}
		sim.API().ServeHTTP(w, r)
	}))
	t.Cleanup(wx.Close)
	base, err := url.Parse(wx.URL)
	if err != nil {
		t.Fatal(err)
	}
	var processes []*wechat.Client
	for range 2 {
		c, err := wechat.New(wechat.Config{AppID: "wxshared", Secret: "sim-secret", Transport: wechatsim.Redirect(base), Tokens: redis.NewToken(cache, "wxshared", db.Tokens.MayForce)})
		if err != nil {
			t.Fatal(err)
		}
		processes = append(processes, c)
	}
	sendAll := func() {
		var all sync.WaitGroup
		for i := range 24 {
			all.Go(func() {
				processes[i%2].SendSubscribe(t.Context(), wechat.Message{OpenID: fmt.Sprintf("o%d", i), TemplateID: "t", Data: map[string]string{"thing1": "路灯"}})
			})
		}
		all.Wait()
	}
	sendAll()
	if n := asked.Load(); n != 1 {
		t.Errorf("two processes asked %d times", n)
	}
	sim.SetFault(wechatsim.Fault{Path: sendPath, Count: 1000, ErrCode: 40001})
	for range 3 {
		sendAll()
	}
	if n := forced.Load(); n != 1 {
		t.Errorf("two processes forced %d times", n)
	}
}

// shared is what processes share: a Redis database and a fresh one of MariaDB, whose clock
// they have.
func shared(t *testing.T) (*goredis.Client, *mysql.DB, *dbtest.Clock) {
	t.Helper()
	clock := dbtest.NewClock(monday)
	db, _ := dbtest.New(t, clock)
	return cacheOf(t), db, clock
}

// TestATokenIsForcedOnceThoughRedisForgot: WeChat refuses every token while Redis goes away
// and comes back with nothing in it. The processes that share it force one in half a minute
// between them all the same.
func TestATokenIsForcedOnceThoughRedisForgot(t *testing.T) {
	t.Parallel()
	_, db, clock := shared(t)
	o := instance.Redis{Dir: t.TempDir()}
	proc, err := instance.StartRedis(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	o.Port = portOf(t, proc)
	sim := wechatsim.New(wechatsim.Options{AppID: "wxshared", Secret: "sim-secret", Templates: []wechatsim.Template{{ID: "t", Title: "t", Fields: []wechatsim.Field{{Name: "thing1", Label: "事项"}}}}})
	sim.SetFault(wechatsim.Fault{Path: sendPath, Count: 1000, ErrCode: 40001})
	var forced atomic.Int32
	wire := counting{sim.Transport(), &forced}
	var processes []*wechat.Client
	for range 3 {
		cache := redis.Open(redis.Options{Addr: proc.Addr()})
		t.Cleanup(func() { _ = cache.Close() })
		c, err := wechat.New(wechat.Config{AppID: "wxshared", Secret: "sim-secret", Transport: wire, Tokens: redis.NewToken(cache, "wxshared", db.Tokens.MayForce)})
		if err != nil {
			t.Fatal(err)
		}
		processes = append(processes, c)
	}
	sendAll := func(want int32) {
		t.Helper()
		var all sync.WaitGroup
		for i := range 9 {
			all.Go(func() {
				out := processes[i%3].SendSubscribe(t.Context(), wechat.Message{OpenID: fmt.Sprintf("o%d", i), TemplateID: "t", Data: map[string]string{"thing1": "路灯"}})
				if out.Result != wechat.Retry {
					t.Errorf("%+v", out)
				}
			})
		}
		all.Wait()
		if n := forced.Load(); n != want {
			t.Errorf("forced %d times, want %d", n, want)
		}
	}
	sendAll(1)
	if err := proc.Stop(); err != nil {
		t.Fatal(err)
	}
	sendAll(1)
	sendAll(1)
	proc, err = instance.StartRedis(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = proc.Stop() })
	if n := redis.Open(redis.Options{Addr: proc.Addr()}).DBSize(t.Context()).Val(); n != 0 {
		t.Fatalf("Redis remembers %d keys", n)
	}
	sendAll(1)
	sendAll(1)
	clock.Advance(30 * time.Second)
	sendAll(2)
}

// counting counts the tokens that are forced.
type counting struct {
	next   http.RoundTripper
	forced *atomic.Int32
}

func (c counting) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.URL.Path == stablePath {
		body, _ := io.ReadAll(r.Body)
		if strings.Contains(string(body), `"force_refresh":true`) {
			c.forced.Add(1)
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
	}
	return c.next.RoundTrip(r)
}
