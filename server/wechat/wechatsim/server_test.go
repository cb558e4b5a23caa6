package wechatsim

import (
	"context"
	"encoding/json"
	"errors"
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
)

type world struct {
	*testing.T
	*Server
	at     atomic.Int64
	client *http.Client
}

func newWorld(t *testing.T) *world {
	w := &world{T: t}
	w.at.Store(time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC).UnixNano())
	w.Server = New(Options{
		AppID: "wxmini", Secret: "s1", OfficialAppID: "wxoa", OfficialSecret: "s2",
		Now:   func() time.Time { return time.Unix(0, w.at.Load()).UTC() },
		Pages: []string{"pages/a"},
		Templates: []Template{
			{ID: "one", Title: "预约结果", Fields: []Field{{Name: "thing1", Label: "代表"}}},
			{ID: "two", Title: "预约提醒", Fields: []Field{{Name: "time1", Label: "预约时间"}}},
			{ID: "long", Title: "办理进度", Kind: LongTerm, Fields: []Field{{Name: "thing1", Label: "事项"}}},
		},
		OfficialTemplates: []Template{{ID: "oa", Title: "待办", Fields: []Field{{Name: "thing1", Label: "事项"}}}},
	})
	w.client = &http.Client{Transport: w.Transport()}
	return w
}

func (w *world) wait(d time.Duration) { w.at.Add(int64(d)) }

// call speaks the wire side: GET without a body, POST with one.
func (w *world) call(path, body string) map[string]any {
	w.Helper()
	method := "POST"
	if body == "" {
		method = "GET"
	}
	r, err := http.NewRequest(method, "https://"+Host+path, strings.NewReader(body))
	if err != nil {
		w.Fatal(err)
	}
	resp, err := w.client.Do(r)
	if err != nil {
		w.Fatal(err)
	}
	defer resp.Body.Close()
	var out map[string]any
	if err := json.NewDecoder(resp.Body).Decode(&out); err != nil {
		w.Fatalf("%s: %d %v", path, resp.StatusCode, err)
	}
	return out
}

// want calls and checks the errcode.
func (w *world) want(code int, path, body string) map[string]any {
	w.Helper()
	out := w.call(path, body)
	got, _ := out["errcode"].(float64)
	if int(got) != code {
		w.Errorf("%s %s: %v, want errcode %d", path, body, out, code)
	}
	return out
}

func request(method, path, body string) *http.Request {
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	r.RemoteAddr, r.Host = "127.0.0.1:40000", "localhost:8080"
	return r
}

func (w *world) control(status int, method, path, body string) map[string]any {
	w.Helper()
	rec := httptest.NewRecorder()
	w.Control().ServeHTTP(rec, request(method, path, body))
	if rec.Code != status {
		w.Fatalf("%s %s: %d %s, want %d", method, path, rec.Code, rec.Body, status)
	}
	var out map[string]any
	if rec.Body.Len() > 0 {
		if err := json.Unmarshal(rec.Body.Bytes(), &out); err != nil {
			w.Fatal(err)
		}
	}
	return out
}

func (w *world) code(name, kind string) string {
	w.Helper()
	return w.control(200, "POST", "/sim/people/"+name+"/"+kind+"-code", "")["code"].(string)
}

func stable(appID, secret, force string) string {
	return fmt.Sprintf(`{"grant_type":"client_credential","appid":%q,"secret":%q,"force_refresh":%s}`, appID, secret, force)
}

func (w *world) token(appID, secret string) string {
	w.Helper()
	return w.want(0, "/cgi-bin/stable_token", stable(appID, secret, "false"))["access_token"].(string)
}

func login(code string) string {
	return "/sns/jscode2session?appid=wxmini&secret=s1&grant_type=authorization_code&js_code=" + code
}

func TestNames(t *testing.T) {
	if got := OpenID("resident"); got != "oSim84816ff383c826e9c11e26fd" {
		t.Errorf("demo data relies on this name: %s", got)
	}
	if OpenID("a") == OpenID("b") || OpenID("a")[4:] != UnionID("a")[4:] || OpenID("a")[4:] != OfficialOpenID("a")[4:] {
		t.Error("openid, unionid and the official account's openid belong together")
	}
	if n := PhoneNumber("a"); len(n) != 11 || n != PhoneNumber("a") {
		t.Error(n)
	}
}

func TestLoginCode(t *testing.T) {
	w := newWorld(t)
	code := w.code("resident", "login")
	out := w.want(0, login(code), "")
	if out["openid"] != OpenID("resident") || out["unionid"] != UnionID("resident") || len(out["session_key"].(string)) != 24 {
		t.Errorf("%v", out)
	}
	w.want(40163, login(code), "")
	w.want(40029, login("0nothing"), "")
	w.want(40029, login(w.code("resident", "phone")), "")
	late := w.code("resident", "login")
	w.wait(5*time.Minute + time.Second)
	w.want(40029, login(late), "")
	fresh := w.code("resident", "login")
	w.want(40125, strings.Replace(login(fresh), "secret=s1", "secret=s2", 1), "")
	w.want(40013, strings.Replace(login(fresh), "wxmini", "wxnone", 1), "")
	w.want(40013, strings.Replace(strings.Replace(login(fresh), "wxmini", "wxoa", 1), "=s1", "=s2", 1), "")
	w.want(40002, strings.Replace(login(fresh), "authorization_code", "x", 1), "")
	w.want(0, login(fresh), "") // none of the refusals spent it
}

func TestCodeRedeemedOnceInParallel(t *testing.T) {
	w := newWorld(t)
	code := w.code("resident", "login")
	var won atomic.Int32
	var wg sync.WaitGroup
	for range 100 {
		wg.Go(func() {
			if w.call(login(code), "")["openid"] != nil {
				won.Add(1)
			}
		})
	}
	wg.Wait()
	if won.Load() != 1 {
		t.Errorf("%d logins with one code", won.Load())
	}
}

func TestTokens(t *testing.T) {
	w := newWorld(t)
	use := func(token string) string {
		return "/cgi-bin/user/info?openid=" + OfficialOpenID("a") + "&access_token=" + token
	}
	first := w.token("wxoa", "s2")
	w.want(0, use(first), "")
	if again := w.token("wxoa", "s2"); again != first {
		t.Error("a stable token changed unasked")
	}
	w.want(41001, use(""), "")
	w.want(40014, use("rubbish"), "")
	w.want(40001, use("SIM_rubbish"), "")
	w.want(48001, use(w.token("wxmini", "s1")), "")
	w.want(40125, "/cgi-bin/stable_token", stable("wxoa", "s1", "false"))
	w.want(40013, "/cgi-bin/stable_token", stable("", "", "false"))

	second := w.want(0, "/cgi-bin/stable_token", stable("wxoa", "s2", "true"))["access_token"].(string)
	w.want(45011, "/cgi-bin/stable_token", stable("wxoa", "s2", "true"))
	if second == first {
		t.Error("a forced refresh changed nothing")
	}
	w.want(0, use(first), "") // for the overlap
	w.wait(5*time.Minute + time.Second)
	w.want(40001, use(first), "")
	w.want(0, use(second), "")
	w.wait(2 * time.Hour)
	w.want(42001, use(second), "")

	plain := "/cgi-bin/token?grant_type=client_credential&appid=wxoa&secret=s2"
	a := w.want(0, plain, "")["access_token"].(string)
	b := w.want(0, plain, "")["access_token"].(string)
	w.want(0, use(b), "")
	w.wait(6 * time.Minute)
	w.want(40001, use(a), "")
	w.want(0, use(b), "")
	w.want(43002, "/cgi-bin/stable_token", "")
	w.want(43001, plain, "{}")
}

// A new stable token comes in the last minutes of the old one; both work.
func TestStableTokenRollsOver(t *testing.T) {
	w := newWorld(t)
	first := w.token("wxoa", "s2")
	w.wait(116 * time.Minute)
	second := w.token("wxoa", "s2")
	if first == second {
		t.Fatal("still the old token 4 minutes before its end")
	}
	for _, token := range []string{first, second} {
		w.want(0, "/cgi-bin/user/info?openid="+OfficialOpenID("a")+"&access_token="+token, "")
	}
}

func TestPrompts(t *testing.T) {
	w := newWorld(t)
	ask := func(status int, ids, accept string) map[string]any {
		return w.control(status, "POST", "/sim/people/a/prompts", `{"template_ids":[`+ids+`],"accept":`+accept+`}`)
	}
	send := func(code int, template, field, value string) {
		t.Helper()
		w.want(code, "/cgi-bin/message/subscribe/send?access_token="+w.token("wxmini", "s1"),
			fmt.Sprintf(`{"touser":%q,"template_id":%q,"page":"pages/a?x=1","data":{%q:{"value":%q}}}`, OpenID("a"), template, field, value))
	}
	send(43101, "one", "thing1", "x")
	if got := ask(200, `"one","two"`, "true")["results"]; fmt.Sprint(got) != "map[one:accept two:accept]" {
		t.Error(got)
	}
	ask(200, `"one"`, "true")
	if got := ask(200, `"one"`, "false")["results"]; fmt.Sprint(got) != "map[one:reject]" {
		t.Error(got)
	}
	if got := w.control(200, "GET", "/sim/people/a/credits", ""); fmt.Sprint(got) != "map[credits:map[one:2 two:1] follows:false long_term:[] main_switch:true]" {
		t.Error(got)
	}
	send(47003, "one", "thing1", "一二三四五六七八九十一二三四五六七八九十一")
	send(0, "one", "thing1", "x")
	send(0, "one", "thing1", "x")
	send(43101, "one", "thing1", "x")
	send(0, "two", "time1", "15:01")
	ask(200, `"long"`, "true")
	for range 3 {
		send(0, "long", "thing1", "x")
	}
	ask(200, `"long"`, "false")
	send(43101, "long", "thing1", "x")
	for ids, code := range map[string]float64{``: 10001, `"none"`: 20001, `"one","one"`: 20001, `"one","long"`: 20002, `"one","two","long","x"`: 20003} {
		if got := ask(400, ids, "true"); got["errCode"] != code {
			t.Errorf("%s: %v, want %v", ids, got, code)
		}
	}
	w.control(400, "POST", "/sim/people/a/prompts", "rubbish")
}

func TestCreditSpentOnceInParallel(t *testing.T) {
	w := newWorld(t)
	for range 10 {
		w.control(200, "POST", "/sim/people/a/prompts", `{"template_ids":["one"],"accept":true}`)
	}
	path := "/cgi-bin/message/subscribe/send?access_token=" + w.token("wxmini", "s1")
	body := `{"touser":"` + OpenID("a") + `","template_id":"one","data":{"thing1":{"value":"x"}}}`
	var sent atomic.Int32
	var wg sync.WaitGroup
	for range 50 {
		wg.Go(func() {
			if w.call(path, body)["errcode"] == 0.0 {
				sent.Add(1)
			}
			r := httptest.NewRecorder()
			w.Control().ServeHTTP(r, request("GET", "/sim/people", ""))
			w.Control().ServeHTTP(r, request("GET", "/sim/people/a/messages", ""))
		})
	}
	wg.Wait()
	if n := len(w.control(200, "GET", "/sim/people/a/messages", "")["messages"].([]any)); sent.Load() != 10 || n != 10 {
		t.Errorf("10 consents, %d sent, %d arrived", sent.Load(), n)
	}
}

func TestMessages(t *testing.T) {
	w := newWorld(t)
	path := "/cgi-bin/message/template/send?access_token=" + w.token("wxoa", "s2")
	for range keepMessages + 5 {
		w.want(0, path, `{"touser":"`+OfficialOpenID("a")+`","template_id":"oa","data":{"thing1":{"value":"看一看"}},"miniprogram":{"appid":"wxmini","pagepath":"pages/a?id=1"}}`)
	}
	all := w.control(200, "GET", "/sim/people/a/messages", "")
	list := all["messages"].([]any)
	if len(list) != keepMessages || all["unread"] != float64(keepMessages) {
		t.Fatalf("%d messages, %v unread", len(list), all["unread"])
	}
	last, _ := json.Marshal(list[len(list)-1])
	want := `{"at":"2026-11-23T09:00:00Z","channel":"official","fields":[{"label":"事项","name":"thing1","value":"看一看"}],"id":205,"page":"pages/a?id=1","read":false,"template_id":"oa","title":"待办"}`
	if string(last) != want {
		t.Errorf("%s\nwant %s", last, want)
	}
	if got := w.control(200, "GET", "/sim/people/a/messages?after=203", "")["messages"].([]any); len(got) != 2 {
		t.Errorf("after 203: %v", got)
	}
	if got := w.control(200, "POST", "/sim/people/a/messages/205/read", ""); got["unread"] != 199.0 {
		t.Errorf("%v", got)
	}
	w.control(404, "POST", "/sim/people/a/messages/3/read", "")
	w.control(404, "POST", "/sim/people/b/messages/205/read", "")
	w.control(400, "GET", "/sim/people/a/messages?after=x", "")
	people := w.control(200, "GET", "/sim/people", "")["people"].([]any)
	if len(people) != 2 || people[0].(map[string]any)["unread"] != 199.0 {
		t.Errorf("%v", people)
	}
	for _, to := range []string{OpenID("a"), "oGzhzzzzzzzzzzzzzzzzzzzzzzzz", ""} {
		w.want(40003, path, `{"touser":"`+to+`","template_id":"oa","data":{"thing1":{"value":"x"}}}`)
	}
	w.want(47001, path, `{`)
}

func TestControlIsLocal(t *testing.T) {
	w := newWorld(t)
	for name, spoil := range map[string]func(*http.Request){
		"another machine": func(r *http.Request) { r.RemoteAddr = "192.168.1.9:1000" },
		"no address":      func(r *http.Request) { r.RemoteAddr = "" },
		"a proxy":         func(r *http.Request) { r.Header.Set("X-Forwarded-For", "127.0.0.1") },
		"another proxy":   func(r *http.Request) { r.Header.Set("Forwarded", "for=127.0.0.1") },
		"a rebound name":  func(r *http.Request) { r.Host = "evil.example:8080" },
		"a foreign page":  func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "cross-site") },
	} {
		r := request("POST", "/sim/people/admin/login-code", "")
		spoil(r)
		rec := httptest.NewRecorder()
		w.Control().ServeHTTP(rec, r)
		if rec.Code != http.StatusForbidden || strings.Contains(rec.Body.String(), "openid") {
			t.Errorf("%s: %d %s", name, rec.Code, rec.Body)
		}
	}
	for name, mend := range map[string]func(*http.Request){
		"IPv6":         func(r *http.Request) { r.RemoteAddr, r.Host = "[::1]:1000", "[::1]:8080" },
		"mapped":       func(r *http.Request) { r.RemoteAddr, r.Host = "[::ffff:127.0.0.1]:1000", "127.0.0.1" },
		"our own page": func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "same-origin") },
	} {
		r := request("POST", "/sim/people/admin/login-code", "")
		mend(r)
		rec := httptest.NewRecorder()
		w.Control().ServeHTTP(rec, r)
		if rec.Code != http.StatusOK {
			t.Errorf("%s: %d %s", name, rec.Code, rec.Body)
		}
	}
	w.control(400, "POST", "/sim/people/NoSuch%20Name/login-code", "")
}

func TestFaults(t *testing.T) {
	w := newWorld(t)
	for _, wrong := range []string{`{}`, `{"path":"/x","count":1,"drop":true}`, `{"path":"/sns/jscode2session","count":1}`, `nonsense`,
		`{"path":"/sns/jscode2session","count":0,"drop":true}`, `{"path":"/sns/jscode2session","count":1,"status":42}`,
		`{"path":"/sns/jscode2session","count":1,"delay_ms":-1}`} {
		w.control(400, "POST", "/sim/faults", wrong)
	}
	w.control(204, "POST", "/sim/faults", `{"path":"/sns/jscode2session","count":2,"errcode":-1}`)
	code := w.code("a", "login")
	w.want(-1, login(code), "")
	if got := fmt.Sprint(w.control(200, "GET", "/sim/faults", "")["faults"]); !strings.Contains(got, "count:1") {
		t.Error(got)
	}
	w.control(204, "DELETE", "/sim/faults", "")
	w.want(0, login(code), "")

	w.control(204, "POST", "/sim/faults", `{"path":"/sns/jscode2session","count":1,"drop":true}`)
	if _, err := w.client.Get("https://" + Host + login(code)); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("dropped: %v", err)
	}
	w.control(204, "POST", "/sim/faults", `{"path":"/sns/jscode2session","count":1,"delay_ms":60000}`)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	r, _ := http.NewRequestWithContext(ctx, "GET", "https://"+Host+login(code), nil)
	if _, err := w.client.Do(r); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("delayed: %v", err)
	}
	// After: the work is done, only the answer is lost.
	spent := w.code("a", "login")
	w.control(204, "POST", "/sim/faults", `{"path":"/sns/jscode2session","count":1,"drop":true,"after":true}`)
	if _, err := w.client.Get("https://" + Host + login(spent)); err == nil {
		t.Error("an answer came")
	}
	w.want(40163, login(spent), "")
}

func TestRedirect(t *testing.T) {
	w := newWorld(t)
	server := httptest.NewServer(w.API())
	defer server.Close()
	base, _ := url.Parse(server.URL)
	for name, transport := range map[string]http.RoundTripper{"loopback": Redirect(base), "in process": w.Transport()} {
		c := &http.Client{Transport: transport}
		resp, err := c.Get("https://" + Host + login(w.code("a", "login")))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		body, _ := io.ReadAll(resp.Body)
		resp.Body.Close()
		if !strings.Contains(string(body), OpenID("a")) {
			t.Errorf("%s: %s", name, body)
		}
		for _, other := range []string{"https://mp.weixin.qq.com/", server.URL, "https://api.weixin.qq.com.evil.example/"} {
			if _, err := c.Get(other); err == nil {
				t.Errorf("%s: %s was let through", name, other)
			}
		}
		if resp, err := c.Get("https://" + Host + "/cgi-bin/menu/get"); err != nil || resp.StatusCode != 404 {
			t.Errorf("%s: an unknown path: %v %v", name, resp, err)
		}
	}
}

func TestTemplatesAreListed(t *testing.T) {
	w := newWorld(t)
	got := w.control(200, "GET", "/sim/templates", "")
	first, _ := json.Marshal(got["templates"].([]any)[0])
	if want := `{"fields":[{"label":"代表","name":"thing1","type":"thing"}],"id":"one","kind":"one-time","title":"预约结果"}`; string(first) != want {
		t.Errorf("%s", first)
	}
	defer func() {
		if recover() == nil {
			t.Error("two templates with one ID were taken")
		}
	}()
	New(Options{Templates: []Template{{ID: "x"}, {ID: "x"}}})
}

func TestCheckField(t *testing.T) {
	for _, tc := range []struct {
		kind, value string
		legal       bool
	}{
		{"thing", strings.Repeat("长", 20), true}, {"thing", strings.Repeat("长", 21), false}, {"thing", "a\nb", false}, {"thing", " ", false},
		{"phrase", "已确认", true}, {"phrase", "已经确认过了", false}, {"phrase", "ok", false},
		{"name", strings.Repeat("名", 10), true}, {"name", strings.Repeat("名", 11), false}, {"name", strings.Repeat("n", 20), true}, {"name", strings.Repeat("n", 21), false},
		{"character_string", "A-1 #2", true}, {"character_string", "编号", false}, {"character_string", strings.Repeat("a", 33), false},
		{"number", "12.5", true}, {"number", "12a", false}, {"letter", "abc", true}, {"letter", "a1", false},
		{"symbol", "!!", true}, {"symbol", "a!", false}, {"phone_number", "+86 13800000000", true}, {"phone_number", "abc", false},
		{"car_number", "浙A12345", true}, {"car_number", "浙A1234567", false}, {"amount", "¥12.5元", true}, {"amount", "12345678901", false},
		{"date", "2026年11月23日", true}, {"date", "11月", false}, {"time", "15:01", true}, {"time", "2026-11-23", false},
		{"time", "2026年11月23日 15:00~16:00", true}, {"time", "3pm", false}, {"unknown", "x", false},
	} {
		if err := CheckField(tc.kind, tc.value); (err == nil) != tc.legal {
			t.Errorf("%s %q: %v", tc.kind, tc.value, err)
		}
	}
}
