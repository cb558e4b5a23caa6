package wechat_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image/jpeg"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/silenceper/wechat/v2/cache"
	"github.com/silenceper/wechat/v2/miniprogram"
	"github.com/silenceper/wechat/v2/miniprogram/config"

	"warmcabin/server/cabin"
	"warmcabin/server/wechat"
	"warmcabin/server/wechat/wechatsim"
)

func TestLogin(t *testing.T) {
	w := newWorld(t, 0)
	code := w.code("resident", "login")
	who, err := w.client.Login(t.Context(), code)
	if err != nil {
		t.Fatal(err)
	}
	if who != (wechat.Identity{OpenID: wechatsim.OpenID("resident"), UnionID: wechatsim.UnionID("resident")}) {
		t.Errorf("identity %+v", who)
	}
	if n := w.wire.count(tokenPath); n != 0 {
		t.Errorf("login asked for %d access tokens", n)
	}
	old := w.code("resident", "login")
	w.clock.add(5*time.Minute + time.Second)
	for name, c := range map[string]string{"replayed": code, "forged": "0forged", "expired": old, "phone code": w.code("resident", "phone")} {
		got, err := w.client.Login(t.Context(), c)
		if cabin.CodeOf(err) != cabin.CodeLoginRefused || got != (wechat.Identity{}) {
			t.Errorf("%s code: %+v, %v", name, got, err)
		}
	}
	before := w.wire.count(loginPath)
	for _, c := range []string{"", "a&b=c", "a b", "码", "a%26", "a\n", strings.Repeat("a", 129)} {
		if _, err := w.client.Login(t.Context(), c); cabin.CodeOf(err) != cabin.CodeLoginRefused {
			t.Errorf("malformed code %q: %v", c, err)
		}
	}
	if n := w.wire.count(loginPath); n != before {
		t.Errorf("malformed codes reached WeChat: %d calls", n-before)
	}
}

func TestLoginFailures(t *testing.T) {
	for _, tc := range []struct {
		fault wechatsim.Fault
		want  cabin.Code
		words string
	}{
		{wechatsim.Fault{ErrCode: 40029}, cabin.CodeLoginRefused, "无效"},
		{wechatsim.Fault{ErrCode: 40163}, cabin.CodeLoginRefused, "使用过"},
		{wechatsim.Fault{ErrCode: 45011}, cabin.CodeLoginRefused, "频繁"},
		{wechatsim.Fault{ErrCode: 40226}, cabin.CodeLoginRefused, "限制"},
		{wechatsim.Fault{ErrCode: -1}, cabin.CodeUpstream, "稍后"},
		{wechatsim.Fault{ErrCode: 40125}, cabin.CodeUpstream, "稍后"},
		{wechatsim.Fault{Status: 500}, cabin.CodeUpstream, "稍后"},
		{wechatsim.Fault{Status: 302}, cabin.CodeUpstream, "稍后"},
		{wechatsim.Fault{Drop: true}, cabin.CodeUpstream, "稍后"},
		{wechatsim.Fault{DelayMS: 60000}, cabin.CodeUpstream, "稍后"},
	} {
		t.Run(fmt.Sprintf("%+v", tc.fault), func(t *testing.T) {
			w := newWorld(t, 100*time.Millisecond)
			tc.fault.Path, tc.fault.Count = loginPath, 1
			w.fault(tc.fault)
			code := w.code("resident", "login")
			who, err := w.client.Login(t.Context(), code)
			e, ok := errors.AsType[*cabin.Error](err)
			if !ok || e.Code != tc.want || !strings.Contains(e.Message, tc.words) || who != (wechat.Identity{}) {
				t.Fatalf("got %+v, %v; want %s with %s", who, err, tc.want, tc.words)
			}
			assertRedacted(t, err, code, secret)
		})
	}
}

// canned answers every request with one body.
type canned string

func (c canned) RoundTrip(r *http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Request: r,
		Body: io.NopCloser(strings.NewReader(string(c)))}, nil
}

func TestSessionKeyStaysInside(t *testing.T) {
	w := newWorld(t, 0)
	const key = "q1w2e3r4t5y6u7i8o9p0zQ=="
	for body, want := range map[string]cabin.Code{
		`{"session_key":"` + key + `","openid":"oA"}`:                               "",
		`{"session_key":"` + key + `","openid":""}`:                                 cabin.CodeUpstream,
		`{"session_key":"` + key + `","openid":"oA"`:                                cabin.CodeUpstream,
		`{"session_key":"` + key + `","openid":7}`:                                  cabin.CodeUpstream,
		`{"session_key":"` + key + `","openid":"oA","errcode":40029,"errmsg":"no"}`: cabin.CodeLoginRefused,
	} {
		client, _ := w.clients(canned(body), 0)
		who, err := client.Login(t.Context(), "0code")
		if cabin.CodeOf(err) != want {
			t.Errorf("%s: %v, want %q", body, err, want)
		}
		if all := fmt.Sprintf("%#v %v %+v", who, err, errors.Unwrap(err)); strings.Contains(all, key) {
			t.Errorf("the session key came out: %s", all)
		}
	}
}

// assertRedacted fails when a text that a log may get holds a secret or an address.
func assertRedacted(t *testing.T, v any, secrets ...string) {
	t.Helper()
	for _, text := range []string{fmt.Sprint(v), fmt.Sprintf("%+v", v)} {
		for _, s := range append(secrets, "http://", "https://", "SIM_", secret, oaSecret, "oSim", "oGzh") {
			if strings.Contains(text, s) {
				t.Errorf("%q holds %q", text, s)
			}
		}
	}
}

func TestCancelled(t *testing.T) {
	w := newWorld(t, 0)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := w.client.Login(ctx, w.code("resident", "login"))
	if !errors.Is(err, context.Canceled) || cabin.CodeOf(err) != cabin.CodeUpstream {
		t.Errorf("login: %v", err)
	}
	// The SDK's own Send knows no context; ours ends with it all the same.
	w.fault(wechatsim.Fault{Path: sendPath, Count: 1, DelayMS: 60000})
	ctx, cancel = context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	start := time.Now()
	if got := w.client.SendSubscribe(ctx, booking("resident")); got.Result != wechat.Unknown {
		t.Errorf("send: %+v", got)
	}
	if took := time.Since(start); took > 4*time.Second {
		t.Errorf("the context was not honoured: %v", took)
	}
}

func TestPhone(t *testing.T) {
	w := newWorld(t, 0)
	code := w.code("resident", "phone")
	number, err := w.client.Phone(t.Context(), code)
	if err != nil || number != wechatsim.PhoneNumber("resident") || len(number) != 11 {
		t.Fatalf("%q, %v", number, err)
	}
	for _, c := range []string{code, "forged", "a b", "", w.code("resident", "login")} {
		if _, err := w.client.Phone(t.Context(), c); cabin.CodeOf(err) != cabin.CodeInvalid {
			t.Errorf("code %q: %v", c, err)
		}
	}
	w.fault(wechatsim.Fault{Path: phonePath, Count: 1, Status: 502})
	if _, err := w.client.Phone(t.Context(), w.code("resident", "phone")); cabin.CodeOf(err) != cabin.CodeUpstream {
		t.Errorf("502: %v", err)
	}
}

func TestCheckText(t *testing.T) {
	w := newWorld(t, 0)
	me := wechatsim.OpenID("resident")
	if _, err := w.client.CheckText(t.Context(), me, "路灯不亮"); wechat.ErrCode(err) != 61010 || cabin.CodeOf(err) != cabin.CodeUpstream {
		t.Errorf("somebody who was not here: %v", err)
	}
	w.code("resident", "login")
	long := strings.Repeat("路", 2499)
	for text, want := range map[string]wechat.Verdict{
		"路灯不亮": wechat.Pass, "": wechat.Pass, "有" + wechatsim.ReviewWord: wechat.Review,
		long + "有" + wechatsim.RiskyWord: wechat.Risky, long + long + "有" + wechatsim.ReviewWord + "吗": wechat.Review,
	} {
		if got, err := w.client.CheckText(t.Context(), me, text); got.Verdict != want || err != nil {
			t.Errorf("%.30s: %q, %v; want %q", text, got.Verdict, err, want)
		}
	}
	w.fault(wechatsim.Fault{Path: textPath, Count: 1, ErrCode: -1})
	if v, err := w.client.CheckText(t.Context(), me, "路灯不亮"); v.Verdict != "" || cabin.CodeOf(err) != cabin.CodeUpstream {
		t.Errorf("-1: %q, %v", v.Verdict, err)
	}
}

func TestCheckImage(t *testing.T) {
	w := newWorld(t, 0)
	w.code("resident", "login")
	id, err := w.client.CheckImage(t.Context(), wechatsim.OpenID("resident"), "https://photos.example/1.jpg")
	if err != nil || id == "" {
		t.Fatalf("%q, %v", id, err)
	}
	w.fault(wechatsim.Fault{Path: mediaPath, Count: 1, Status: 500})
	if id, err := w.client.CheckImage(t.Context(), wechatsim.OpenID("resident"), "https://photos.example/1.jpg"); id != "" || cabin.CodeOf(err) != cabin.CodeUpstream {
		t.Errorf("500: %q, %v", id, err)
	}
}

func TestQRCode(t *testing.T) {
	w := newWorld(t, 0)
	picture, err := w.client.QRCode(t.Context(), "d=0123", "pages/deputy/detail")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := jpeg.Decode(bytes.NewReader(picture)); err != nil {
		t.Errorf("not a JPEG: %v", err)
	}
	before := w.wire.count(qrPath)
	for _, in := range [][2]string{{"", "pages/deputy/detail"}, {"中", "pages/deputy/detail"}, {strings.Repeat("a", 33), "x"}, {"a", "/pages/x"}, {"a", "x?y=1"}} {
		if _, err := w.client.QRCode(t.Context(), in[0], in[1]); cabin.CodeOf(err) != cabin.CodeInvalid {
			t.Errorf("%v: %v", in, err)
		}
	}
	if n := w.wire.count(qrPath); n != before {
		t.Errorf("%d wrong requests reached WeChat", n-before)
	}
	if _, err := w.client.QRCode(t.Context(), "a", "pages/no/such"); cabin.CodeOf(err) != cabin.CodeInvalid {
		t.Errorf("unpublished page: %v", err)
	}
	w.fault(wechatsim.Fault{Path: qrPath, Count: 1, ErrCode: 45009})
	if _, err := w.client.QRCode(t.Context(), "a", "pages/deputy/detail"); wechat.ErrCode(err) != 45009 || cabin.CodeOf(err) != cabin.CodeUpstream {
		t.Errorf("45009: %v", err)
	}
	w.fault(wechatsim.Fault{Path: qrPath, Count: 1, Drop: true})
	if _, err := w.client.QRCode(t.Context(), "a", "pages/deputy/detail"); cabin.CodeOf(err) != cabin.CodeUpstream {
		t.Errorf("drop: %v", err)
	} else {
		assertRedacted(t, err)
	}
}

func TestNewRefusesNonsense(t *testing.T) {
	for _, c := range []wechat.Config{{}, {AppID: "a"}, {Secret: "s"}, {AppID: "a", Secret: "s", State: "live"}} {
		if _, err := wechat.New(c); err == nil {
			t.Errorf("taken: %+v", c)
		}
	}
}

// The SDK's global client serves calls of a Client only: nothing of ours reaches WeChat
// past it, and nobody else's credentials go through it.
func TestStrayRequestIsRefused(t *testing.T) {
	w := newWorld(t, 0)
	mp := miniprogram.NewMiniProgram(&config.Config{AppID: appID, AppSecret: secret, Cache: cache.NewMemory()})
	if _, err := mp.GetAuth().Code2SessionContext(t.Context(), w.code("resident", "login")); err == nil || !strings.Contains(err.Error(), "no Client started") {
		t.Errorf("%v", err)
	}
}
