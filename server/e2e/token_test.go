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

	"warmcabin/server/redis"
	"warmcabin/server/wechat"
	"warmcabin/server/wechat/wechatsim"
)

// TestProcessesShareOneToken: two processes start at once and ask WeChat for one token
// between them; when WeChat refuses it to both, one new one is forced between them.
func TestProcessesShareOneToken(t *testing.T) {
	t.Parallel()
	cache := cacheOf(t)
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
		c, err := wechat.New(wechat.Config{AppID: "wxshared", Secret: "sim-secret", Transport: wechatsim.Redirect(base), Tokens: redis.NewToken(cache, "wxshared-"+t.Name())})
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
