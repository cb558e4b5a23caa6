package wechat_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"warmcabin/server/wechat"
	"warmcabin/server/wechat/wechatsim"
)

// listener is our side of the pushes: what was opened, in order, and what it answers.
type listener struct {
	mu       sync.Mutex
	opened   []string
	refused  int // so many next ones are answered with 503
	attempts int
}

func (l *listener) take() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.opened)
}

// listen makes the simulator push to receivers of both accounts.
func (w *world) listen() *listener {
	w.Helper()
	const token, key = "a-token-of-the-test", "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
	l := &listener{}
	mux := http.NewServeMux()
	for path, app := range map[string]string{"/wechat/push": appID, "/wechat/oa": oaAppID} {
		r, err := wechat.NewReceiver(app, token, key, w.clock.Now)
		if err != nil {
			w.Fatal(err)
		}
		mux.HandleFunc("POST "+path, func(out http.ResponseWriter, in *http.Request) {
			body, _ := io.ReadAll(in.Body)
			e, err := r.Open(in.URL.Query(), body)
			l.mu.Lock()
			defer l.mu.Unlock()
			l.attempts++
			if l.refused > 0 {
				l.refused--
				out.WriteHeader(http.StatusServiceUnavailable)
				return
			}
			if err != nil {
				l.opened = append(l.opened, err.Error())
				out.WriteHeader(http.StatusForbidden)
				return
			}
			l.opened = append(l.opened, fmt.Sprintf("%s %s %v %s", e.Kind, e.OpenID, e.Items, e.Suggest))
			_, _ = io.WriteString(out, "success")
		})
	}
	mux.HandleFunc("GET /photo", func(out http.ResponseWriter, _ *http.Request) {
		out.Header().Set("Content-Type", "image/jpeg")
		_, _ = out.Write([]byte{0xff, 0xd8})
	})
	ours := httptest.NewServer(mux)
	w.Cleanup(ours.Close)
	w.sim.PushTo(wechatsim.PushTo{URL: ours.URL + "/wechat/push", Token: token, AESKey: key}, wechatsim.PushTo{URL: ours.URL + "/wechat/oa", Token: token, AESKey: key})
	w.photos = ours.URL + "/photo"
	return l
}

// The simulator tells of what happened by itself, as WeChat does: sealed and signed, in the
// form of each account, and the receiver opens it.
func TestTheSimulatorPushesWhatHappens(t *testing.T) {
	w := newWorld(t, 0)
	l := w.listen()
	me, follower := wechatsim.OpenID("resident"), wechatsim.OfficialOpenID("resident")
	w.accept("resident", "tmpl-booking")
	w.control("POST", "/sim/people/resident/prompts", `{"template_ids":["tmpl-booking"],"accept":true,"silent":true}`, nil) // tells nobody
	w.client.SendSubscribe(t.Context(), booking("resident"))
	w.control("PUT", "/sim/people/resident/ways", `{"late":1}`, nil)
	w.client.SendSubscribe(t.Context(), booking("resident"))
	w.control("POST", "/sim/people/resident/refusals", `{"template_ids":["tmpl-booking"]}`, nil)
	w.control("PUT", "/sim/people/resident/follow", "", nil)
	w.official.SendTemplate(t.Context(), todo("resident"))
	w.control("PUT", "/sim/people/resident/ways", `{"late":1}`, nil)
	w.official.SendTemplate(t.Context(), todo("resident"))
	w.control("DELETE", "/sim/people/resident/follow", "", nil)
	if n := w.sim.Push(t.Context()); n != 8 {
		t.Errorf("%d were taken", n)
	}
	want := []string{
		"subscribe_msg_popup_event " + me + " [{tmpl-booking accept 0 0 }] ",
		"subscribe_msg_sent_event " + me + " [{tmpl-booking  1 0 }] ",
		"subscribe_msg_sent_event " + me + " [{tmpl-booking  2 43101 }] ",
		"subscribe_msg_change_event " + me + " [{tmpl-booking reject 0 0 }] ",
		"subscribe " + follower + " [] ",
		"TEMPLATESENDJOBFINISH " + follower + " [{  3 0 }] ",
		"TEMPLATESENDJOBFINISH " + follower + " [{  4 0 failed:user block}] ",
		"unsubscribe " + follower + " [] ",
	}
	if got := l.take(); !slices.Equal(got, want) {
		t.Errorf("pushed:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if got := w.messages("resident"); len(got) != 2 {
		t.Errorf("%d messages are in the list: two failed late", len(got))
	}
	if n := w.sim.Push(t.Context()); n != 0 {
		t.Errorf("%d come again", n)
	}
}

// A verdict on a photo comes some moments later; one whose address shows no picture has none.
func TestTheSimulatorLooksAtThePhoto(t *testing.T) {
	w := newWorld(t, 0)
	l := w.listen()
	check := func(name, address string) {
		t.Helper()
		w.code(name, "login") // seen lately
		if _, err := w.client.CheckImage(t.Context(), wechatsim.OpenID(name), address); err != nil {
			t.Fatal(err)
		}
	}
	check("good", w.photos)
	w.control("PUT", "/sim/people/bad/ways", `{"verdict":"risky"}`, nil)
	check("bad", w.photos)
	check("gone", w.photos+"-of-nobody")
	if n := w.sim.Push(t.Context()); n != 0 {
		t.Errorf("%d verdicts come at once", n)
	}
	w.clock.add(3 * time.Second)
	w.sim.Push(t.Context())
	want := []string{"wxa_media_check " + wechatsim.OpenID("good") + " [] pass", "wxa_media_check " + wechatsim.OpenID("bad") + " [] risky", "wxa_media_check " + wechatsim.OpenID("gone") + " [] "}
	if got := l.take(); !slices.Equal(got, want) {
		t.Errorf("pushed %q", got)
	}
}

// What was not answered with success comes again, three times in all.
func TestTheSimulatorPushesAgain(t *testing.T) {
	w := newWorld(t, 0)
	l := w.listen()
	l.refused = 2
	w.accept("resident", "tmpl-booking")
	push := func(after time.Duration, want int) {
		t.Helper()
		w.clock.add(after)
		if n := w.sim.Push(t.Context()); n != want {
			t.Errorf("%d were taken, want %d", n, want)
		}
	}
	push(0, 0)
	push(time.Second, 0) // not yet
	push(4*time.Second, 0)
	push(5*time.Second, 1)
	l.refused = 100
	w.accept("resident", "tmpl-booking")
	for range 5 {
		push(5*time.Second, 0)
	}
	if len(l.take()) != 1 || l.attempts != 6 {
		t.Errorf("%d attempts, opened %q", l.attempts, l.take())
	}
}

// With the main switch off no prompt opens and no message is taken; who left the official
// account gets nothing of it.
func TestTheSimulatorsSwitches(t *testing.T) {
	w := newWorld(t, 0)
	w.accept("resident", "tmpl-booking")
	w.control("PUT", "/sim/people/resident/ways", `{"main_switch":false}`, nil)
	if got := w.client.SendSubscribe(t.Context(), booking("resident")); got.Code != 43101 {
		t.Errorf("the main switch is off: %+v", got)
	}
	w.control("PUT", "/sim/people/resident/ways", `{"main_switch":true}`, nil)
	if got := w.client.SendSubscribe(t.Context(), booking("resident")); got.Result != wechat.Sent {
		t.Errorf("and on again: %+v", got)
	}
	w.control("DELETE", "/sim/people/resident/follow", "", nil)
	if got := w.official.SendTemplate(t.Context(), todo("resident")); got.Result != wechat.Refused || got.Code != 43004 {
		t.Errorf("to who does not follow: %+v", got)
	}
	if f, err := w.official.Follower(context.Background(), wechatsim.OfficialOpenID("resident")); err != nil || f.Subscribed || f.UnionID != "" {
		t.Errorf("who left: %+v, %v", f, err)
	}
}

func todo(name string) wechat.Message {
	return wechat.Message{OpenID: wechatsim.OfficialOpenID(name), TemplateID: "oa-todo", Page: "pages/booking/detail?id=7", Data: map[string]string{"thing4": "请答复预约"}}
}
