package wechat_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"warmcabin/server/wechat"
	"warmcabin/server/wechat/wechatsim"
)

const (
	appID, secret     = "wx0123456789abcdef", "simulated-secret-of-the-mini-program"
	oaAppID, oaSecret = "wxfedcba9876543210", "simulated-secret-of-the-official-account"

	loginPath    = "/sns/jscode2session"
	tokenPath    = "/cgi-bin/stable_token"
	phonePath    = "/wxa/business/getuserphonenumber"
	sendPath     = "/cgi-bin/message/subscribe/send"
	templatePath = "/cgi-bin/message/template/send"
	userPath     = "/cgi-bin/user/info"
	textPath     = "/wxa/msg_sec_check"
	mediaPath    = "/wxa/media_check_async"
	qrPath       = "/wxa/getwxacodeunlimit"
)

// clock is a time that moves only when told.
type clock struct {
	mu sync.Mutex
	t  time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.t
}

func (c *clock) add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.t = c.t.Add(d)
}

// counter counts calls by path and passes them on; answer, when set, may change one.
type counter struct {
	next http.RoundTripper

	mu   sync.Mutex
	n    map[string]int
	urls []string
}

func (c *counter) RoundTrip(r *http.Request) (*http.Response, error) {
	c.mu.Lock()
	c.n[r.URL.Path]++
	c.urls = append(c.urls, r.URL.String())
	c.mu.Unlock()
	return c.next.RoundTrip(r)
}

func (c *counter) count(path string) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.n[path]
}

type world struct {
	*testing.T
	sim      *wechatsim.Server
	clock    *clock
	wire     *counter
	client   *wechat.Client
	official *wechat.Official
	photos   string // an address of one, see listen
}

func newSim(now func() time.Time) *wechatsim.Server {
	return wechatsim.New(wechatsim.Options{
		AppID: appID, Secret: secret, OfficialAppID: oaAppID, OfficialSecret: oaSecret, Now: now,
		Pages: []string{"pages/booking/detail", "pages/deputy/detail"},
		Templates: []wechatsim.Template{
			{ID: "tmpl-booking", Title: "预约结果通知", Fields: []wechatsim.Field{
				{Name: "thing1", Label: "预约代表"}, {Name: "time2", Label: "预约时间"}, {Name: "phrase3", Label: "预约结果"}}},
			{ID: "tmpl-standing", Title: "办理进度通知", Kind: wechatsim.LongTerm,
				Fields: []wechatsim.Field{{Name: "thing1", Label: "反映事项"}}},
		},
		OfficialTemplates: []wechatsim.Template{
			{ID: "oa-todo", Title: "待办提醒", Fields: []wechatsim.Field{{Name: "thing4", Label: "待办事项"}}},
		},
	})
}

func newWorld(t *testing.T, timeout time.Duration) *world {
	t.Helper()
	w := &world{T: t, clock: &clock{t: time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)}}
	w.sim = newSim(w.clock.Now)
	w.wire = &counter{next: w.sim.Transport(), n: map[string]int{}}
	w.client, w.official = w.clients(w.wire, timeout)
	return w
}

func (w *world) clients(transport http.RoundTripper, timeout time.Duration) (*wechat.Client, *wechat.Official) {
	w.Helper()
	c, err := wechat.New(wechat.Config{AppID: appID, Secret: secret, Transport: transport, Timeout: timeout, Now: w.clock.Now})
	if err != nil {
		w.Fatal(err)
	}
	o, err := wechat.NewOfficial(wechat.Config{AppID: oaAppID, Secret: oaSecret, MiniAppID: appID,
		Transport: transport, Timeout: timeout, Now: w.clock.Now})
	if err != nil {
		w.Fatal(err)
	}
	return c, o
}

// control plays a person's part and decodes the answer into out.
func (w *world) control(method, path, body string, out any) {
	w.Helper()
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	r.RemoteAddr, r.Host = "127.0.0.1:40000", "localhost:8080"
	rec := httptest.NewRecorder()
	w.sim.Control().ServeHTTP(rec, r)
	if rec.Code >= 300 {
		w.Fatalf("%s %s: %d %s", method, path, rec.Code, rec.Body)
	}
	if out != nil {
		if err := json.NewDecoder(rec.Body).Decode(out); err != nil && err != io.EOF {
			w.Fatal(err)
		}
	}
}

func (w *world) code(name, kind string) string {
	w.Helper()
	var out struct{ Code string }
	w.control("POST", "/sim/people/"+name+"/"+kind+"-code", "", &out)
	return out.Code
}

func (w *world) accept(name, template string) {
	w.Helper()
	w.control("POST", "/sim/people/"+name+"/prompts", `{"template_ids":["`+template+`"],"accept":true}`, nil)
}

func (w *world) messages(name string) []wechatsim.Message {
	w.Helper()
	var out struct{ Messages []wechatsim.Message }
	w.control("GET", "/sim/people/"+name+"/messages", "", &out)
	return out.Messages
}

func (w *world) fault(f wechatsim.Fault) {
	w.Helper()
	if wrong := w.sim.SetFault(f); wrong != "" {
		w.Fatal(wrong)
	}
}

func booking(name string) wechat.Message {
	return wechat.Message{OpenID: wechatsim.OpenID(name), TemplateID: "tmpl-booking", Page: "/pages/booking/detail?id=7",
		Data: map[string]string{"thing1": "健康管理中心主任、国家二级心理咨询师王代表", "time2": "2026年11月25日 15:00", "phrase3": "已确认"}}
}
