package wechat_test

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"warmcabin/server/cabin"
	"warmcabin/server/wechat"
	"warmcabin/server/wechat/wechatsim"
)

func TestSendSubscribe(t *testing.T) {
	w := newWorld(t, 0)
	w.accept("resident", "tmpl-booking")
	if got := w.client.SendSubscribe(t.Context(), booking("resident")); got.Result != wechat.Sent || got.Code != 0 || got.Reason != "" || got.MsgID == 0 {
		t.Fatalf("first: %+v", got)
	}
	got := w.messages("resident")
	if len(got) != 1 || got[0].Page != "pages/booking/detail?id=7" || got[0].Title != "预约结果通知" || got[0].Read {
		t.Fatalf("notification list: %+v", got)
	}
	want := []wechatsim.Value{
		{Name: "thing1", Label: "预约代表", Value: "健康管理中心主任、国家二级心理咨询师王…"},
		{Name: "time2", Label: "预约时间", Value: "2026年11月25日 15:00"},
		{Name: "phrase3", Label: "预约结果", Value: "已确认"}}
	if fmt.Sprint(got[0].Fields) != fmt.Sprint(want) {
		t.Errorf("fields %v, want %v", got[0].Fields, want)
	}
	if got[0].State != "formal" {
		t.Errorf("it opens the build %q", got[0].State)
	}
	trial := booking("neighbour")
	trial.State = wechat.Trial
	w.accept("neighbour", "tmpl-booking")
	if out := w.client.SendSubscribe(t.Context(), trial); out.Result != wechat.Sent || w.messages("neighbour")[0].State != "trial" {
		t.Errorf("a template that opens a build of its own: %+v, %+v", out, w.messages("neighbour"))
	}
	second := w.client.SendSubscribe(t.Context(), booking("resident"))
	if second.Result != wechat.Refused || second.Code != 43101 {
		t.Errorf("second message on one consent: %+v", second)
	}
	if n := w.wire.count(sendPath); n != 3 {
		t.Errorf("%d calls for three messages", n)
	}
}

func TestSendNeverGoes(t *testing.T) {
	w := newWorld(t, 0)
	w.accept("resident", "tmpl-booking")
	for name, tc := range map[string]struct {
		spoil func(*wechat.Message)
		code  int
		hint  string
	}{
		"unknown person":   {func(m *wechat.Message) { m.OpenID = "oSomebodyElse" }, 40003, ""},
		"unknown template": {func(m *wechat.Message) { m.TemplateID = "tmpl-none" }, 40037, ""},
		"missing field":    {func(m *wechat.Message) { delete(m.Data, "phrase3") }, 47003, "phrase3"},
		"foreign field":    {func(m *wechat.Message) { m.Data["thing9"] = "x" }, 47003, "thing9"},
		"no time":          {func(m *wechat.Message) { m.Data["time2"] = "明天下午" }, 47003, "time2"},
		"no such page":     {func(m *wechat.Message) { m.Page = "pages/none" }, 41030, ""},
	} {
		m := booking("resident")
		tc.spoil(&m)
		got := w.client.SendSubscribe(t.Context(), m)
		if got.Result != wechat.Dead || got.Code != tc.code || !strings.Contains(got.Reason, tc.hint) {
			t.Errorf("%s: %+v", name, got)
		}
		assertRedacted(t, got)
	}
	if got := w.client.SendSubscribe(t.Context(), booking("resident")); got.Result != wechat.Sent {
		t.Errorf("the refusals used up the consent: %+v", got)
	}
}

func TestSendFaults(t *testing.T) {
	for _, tc := range []struct {
		fault wechatsim.Fault
		want  wechat.Result
		calls int
		got   int // messages that the person got
	}{
		{wechatsim.Fault{ErrCode: 40001, Count: 1}, wechat.Sent, 2, 1},
		{wechatsim.Fault{ErrCode: 42001, Count: 1}, wechat.Sent, 2, 1},
		{wechatsim.Fault{ErrCode: 40014, Count: 1}, wechat.Sent, 2, 1},
		{wechatsim.Fault{ErrCode: 40001, Count: 9}, wechat.Retry, 2, 0},
		{wechatsim.Fault{ErrCode: 43101, Count: 1}, wechat.Refused, 1, 0},
		{wechatsim.Fault{ErrCode: 43108, Count: 1}, wechat.Retry, 1, 0},
		{wechatsim.Fault{ErrCode: 45009, Count: 1}, wechat.QuotaToday, 1, 0},
		{wechatsim.Fault{ErrCode: -1, Count: 1}, wechat.Retry, 1, 0},
		{wechatsim.Fault{ErrCode: 47003, Count: 1}, wechat.Dead, 1, 0},
		{wechatsim.Fault{Status: 500, Count: 1}, wechat.Retry, 1, 0},
		{wechatsim.Fault{Status: 503, Count: 1}, wechat.Retry, 1, 0},
		{wechatsim.Fault{Status: 200, Count: 1}, wechat.Unknown, 1, 0}, // an empty body
		{wechatsim.Fault{Drop: true, Count: 1}, wechat.Unknown, 1, 0},
		{wechatsim.Fault{Drop: true, After: true, Count: 1}, wechat.Unknown, 1, 1},
		{wechatsim.Fault{DelayMS: 60000, Count: 1}, wechat.Unknown, 1, 0},
		{wechatsim.Fault{DelayMS: 1, Count: 1}, wechat.Sent, 1, 1},
	} {
		t.Run(fmt.Sprintf("%+v", tc.fault), func(t *testing.T) {
			w := newWorld(t, 200*time.Millisecond)
			w.accept("resident", "tmpl-booking")
			tc.fault.Path = sendPath
			w.fault(tc.fault)
			got := w.client.SendSubscribe(t.Context(), booking("resident"))
			if got.Result != tc.want {
				t.Errorf("got %+v, want %s", got, tc.want)
			}
			if tc.fault.ErrCode != 0 && tc.want != wechat.Sent && got.Code != tc.fault.ErrCode {
				t.Errorf("code %d, want %d", got.Code, tc.fault.ErrCode)
			}
			if n := w.wire.count(sendPath); n != tc.calls {
				t.Errorf("%d calls, want %d", n, tc.calls)
			}
			if n := len(w.messages("resident")); n != tc.got {
				t.Errorf("the person got %d messages, want %d", n, tc.got)
			}
			assertRedacted(t, got)
		})
	}
}

// Without a token nothing has been sent: whatever the reason, it may go later.
func TestSendWithoutToken(t *testing.T) {
	for _, f := range []wechatsim.Fault{{ErrCode: 45009}, {ErrCode: 40164}, {Status: 500}, {Drop: true}} {
		w := newWorld(t, 0)
		w.accept("resident", "tmpl-booking")
		f.Path, f.Count = tokenPath, 1
		w.fault(f)
		got := w.client.SendSubscribe(t.Context(), booking("resident"))
		if got.Result != wechat.Retry || w.wire.count(sendPath) != 0 {
			t.Errorf("%+v: %+v", f, got)
		}
		assertRedacted(t, got)
		if got := w.client.SendSubscribe(t.Context(), booking("resident")); got.Result != wechat.Sent {
			t.Errorf("%+v, afterwards: %+v", f, got)
		}
	}
}

func TestOfficial(t *testing.T) {
	w := newWorld(t, 200*time.Millisecond)
	m := wechat.Message{OpenID: wechatsim.OfficialOpenID("deputy"), TemplateID: "oa-todo", Page: "/pages/booking/detail?id=7",
		Data: map[string]string{"thing4": "有选民预约您\n请处理"}}
	if got := w.official.SendTemplate(t.Context(), m); got.Result != wechat.Sent {
		t.Fatalf("%+v", got)
	}
	got := w.messages("deputy")
	if len(got) != 1 || got[0].Channel != "official" || got[0].Fields[0].Value != "有选民预约您 请处理" || got[0].Page != "pages/booking/detail?id=7" {
		t.Errorf("%+v", got)
	}
	f, err := w.official.Follower(t.Context(), m.OpenID)
	if err != nil || f != (wechat.Follower{Subscribed: true, UnionID: wechatsim.UnionID("deputy")}) {
		t.Errorf("%+v, %v", f, err)
	}
	for _, id := range []string{wechatsim.OpenID("deputy"), "a&b=c", ""} {
		if f, err := w.official.Follower(t.Context(), id); cabin.CodeOf(err) != cabin.CodeUpstream || f != (wechat.Follower{}) {
			t.Errorf("openid %q: %+v, %v", id, f, err)
		}
	}
	for _, tc := range []struct {
		fault wechatsim.Fault
		want  wechat.Result
	}{
		{wechatsim.Fault{ErrCode: 40001, Count: 1}, wechat.Sent},
		{wechatsim.Fault{ErrCode: 43004, Count: 1}, wechat.Refused},
		{wechatsim.Fault{ErrCode: 45009, Count: 1}, wechat.QuotaToday},
		{wechatsim.Fault{ErrCode: -1, Count: 1}, wechat.Retry},
		{wechatsim.Fault{Status: 500, Count: 1}, wechat.Retry},
		{wechatsim.Fault{Drop: true, Count: 1}, wechat.Unknown},
		{wechatsim.Fault{DelayMS: 60000, Count: 1}, wechat.Unknown},
	} {
		tc.fault.Path = templatePath
		w.fault(tc.fault)
		got := w.official.SendTemplate(t.Context(), m)
		if got.Result != tc.want {
			t.Errorf("%+v: %+v", tc.fault, got)
		}
		assertRedacted(t, got)
	}
	w.fault(wechatsim.Fault{Path: userPath, Count: 1, Status: 500})
	if _, err := w.official.Follower(t.Context(), m.OpenID); cabin.CodeOf(err) != cabin.CodeUpstream {
		t.Errorf("500: %v", err)
	}
}

// The same over a real connection: the difference between "never left" and "lost".
func TestSendOverLoopback(t *testing.T) {
	w := newWorld(t, 0)
	server := httptest.NewServer(w.sim.API())
	defer server.Close()
	base, _ := url.Parse(server.URL)
	client, _ := w.clients(wechatsim.Redirect(base), 2*time.Second)
	w.accept("resident", "tmpl-booking")
	if got := client.SendSubscribe(t.Context(), booking("resident")); got.Result != wechat.Sent {
		t.Fatalf("%+v", got)
	}
	w.fault(wechatsim.Fault{Path: sendPath, Count: 1, Drop: true})
	got := client.SendSubscribe(t.Context(), booking("resident"))
	if got.Result != wechat.Unknown {
		t.Errorf("dropped: %+v", got)
	}
	assertRedacted(t, got)
	if who, err := client.Login(t.Context(), w.code("resident", "login")); err != nil || who.OpenID == "" {
		t.Errorf("login: %v", err)
	}
	server.Close()
	deaf, _ := w.clients(byPath{sendPath: wechatsim.Redirect(base), "": w.wire}, 2*time.Second)
	got = deaf.SendSubscribe(t.Context(), booking("resident"))
	if got.Result != wechat.Retry {
		t.Errorf("nobody listens: %+v", got)
	}
	assertRedacted(t, got)
}

// An answer that breaks off half-way, written by hand.
func TestSendHalfAnswer(t *testing.T) {
	w := newWorld(t, 0)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	go func() {
		c, err := l.Accept()
		if err != nil {
			return
		}
		defer c.Close()
		c.Read(make([]byte, 4096))
		io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"errcode\":0,")
	}()
	broken := wechatsim.Redirect(&url.URL{Scheme: "http", Host: l.Addr().String()})
	client, _ := w.clients(byPath{sendPath: broken, "": w.wire}, 2*time.Second)
	if got := client.SendSubscribe(t.Context(), booking("resident")); got.Result != wechat.Unknown {
		t.Errorf("%+v", got)
	}
}

// byPath sends a path its own way, all others by "".
type byPath map[string]http.RoundTripper

func (b byPath) RoundTrip(r *http.Request) (*http.Response, error) {
	if t := b[r.URL.Path]; t != nil {
		return t.RoundTrip(r)
	}
	return b[""].RoundTrip(r)
}
