package e2e

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/silenceper/wechat/v2/util"

	"warmcabin/server/api"
	"warmcabin/server/cabin"
	"warmcabin/server/wechat"
	"warmcabin/server/wechat/wechatsim"
)

const pushToken = "push-token-of-the-test"

var pushKey = strings.Repeat("k", 42) + "k"

// push delivers an event as WeChat does, and returns the status and the answer.
func (s *stage) push(path, app, plain string) (int, string) {
	s.t.Helper()
	sealed, err := util.EncryptMsg([]byte("0123456789abcdef"), []byte(plain), app, pushKey)
	if err != nil {
		s.t.Fatal(err)
	}
	ts := strconv.FormatInt(s.clock.Now().Unix(), 10)
	q := url.Values{"timestamp": {ts}, "nonce": {"7"}, "encrypt_type": {"aes"}, "msg_signature": {util.Signature(pushToken, ts, "7", string(sealed))}}
	return s.raw(http.MethodPost, path+"?"+q.Encode(), fmt.Sprintf(`{"ToUserName":"gh","Encrypt":"%s"}`, sealed))
}

func (s *stage) raw(method, path, body string) (int, string) {
	s.t.Helper()
	r, err := http.NewRequestWithContext(s.t.Context(), method, strings.TrimSuffix(s.url, api.Base)+path, strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		s.t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return resp.StatusCode, string(text)
}

func (s *stage) popup(name, status string) string {
	return fmt.Sprintf(`{"ToUserName":"gh","FromUserName":%q,"CreateTime":"%d","MsgType":"event","Event":"subscribe_msg_popup_event","List":[{"TemplateId":%q,"SubscribeStatusString":%q,"PopupScene":"1"}]}`,
		wechatsim.OpenID(name), s.clock.Now().Unix(), s.ids[string(cabin.TellBookingAnswered)], status)
}

func (s *stage) work() {
	s.t.Helper()
	if _, err := s.worker.Events(s.t.Context()); err != nil {
		s.t.Fatal(err)
	}
}

// TestWhatWeChatPushesIsCountedOnce: an accepted prompt is one message, though the phone
// and WeChat both tell of it, in either order, repeated and in parallel; a withdrawn
// consent is gone; a message that did not arrive in the end is no sent one.
func TestWhatWeChatPushesIsCountedOnce(t *testing.T) {
	t.Parallel()
	s := open(t)
	r := s.phone("resident")
	credits := func() int {
		return s.number(`SELECT COALESCE(SUM(credits), 0) FROM consents WHERE person_id = ?`, r.id)
	}
	r.allow(cabin.TellBookingAnswered)
	event := s.popup("resident", "accept")
	var all sync.WaitGroup
	for range 4 { // WeChat repeats what was not answered in time
		all.Go(func() {
			if status, answer := s.push(api.PushPath, "wxtest", event); status != http.StatusOK || answer != "success" {
				t.Errorf("%d %q", status, answer)
			}
		})
	}
	all.Wait()
	if n := s.number(`SELECT COUNT(*) FROM wechat_events`); n != 1 {
		t.Errorf("%d events are kept", n)
	}
	s.work()
	if n := credits(); n != 1 {
		t.Errorf("one prompt counts %d", n)
	}
	s.clock.Advance(3 * time.Minute) // another prompt, of which WeChat tells first
	s.push(api.PushPath, "wxtest", s.popup("resident", "accept"))
	s.work()
	if n := credits(); n != 2 {
		t.Errorf("two prompts count %d", n)
	}
	r.allow(cabin.TellBookingAnswered)
	if n := credits(); n != 2 {
		t.Errorf("WeChat first, then the phone: %d", n)
	}
	s.push(api.PushPath, "wxtest", strings.Replace(s.popup("resident", "reject"), "popup", "change", 1))
	s.work()
	if n := credits(); n != 0 {
		t.Errorf("after it was turned off %d are left", n)
	}
	s.push(api.PushPath, "wxtest", s.popup("nobody", "accept")) // who never logged in
	s.push(api.PushPath, "wxtest", `{"FromUserName":"o","CreateTime":1,"MsgType":"text","Content":"你好","MsgId":9}`)
	s.work()
	if n := s.number(`SELECT COUNT(*) FROM wechat_events WHERE due_at IS NOT NULL`); n != 0 {
		t.Errorf("%d events are not done", n)
	}
}

func TestAMessageThatFailedLateIsNoSentOne(t *testing.T) {
	t.Parallel()
	m := openMail(t, setup{})
	if _, err := m.worker.Deliver(t.Context()); err != nil {
		t.Fatal(err)
	}
	m.check(1, 1, map[string]int{"sent": 1})
	m.clock.Advance(time.Minute)
	m.push(api.PushPath, "wxtest", fmt.Sprintf(`<xml><FromUserName>%s</FromUserName><CreateTime>%d</CreateTime><Event>subscribe_msg_sent_event</Event><SubscribeMsgSentEvent><List><TemplateId>%s</TemplateId><MsgID>1</MsgID><ErrorCode>43101</ErrorCode></List></SubscribeMsgSentEvent></xml>`,
		wechatsim.OpenID("deputy"), m.clock.Now().Unix(), m.ids[string(cabin.TellBookingRequested)]))
	m.work()
	if n := m.number(`SELECT COUNT(*) FROM outbox WHERE state = 'refused' AND code = 43101`); n != 1 {
		t.Errorf("%d are corrected", n)
	}
}

// follower answers the look-up of an official account's openid.
type follower func(openid string) (wechat.Follower, error)

func (f follower) SendTemplate(context.Context, wechat.Message) wechat.Outcome {
	return wechat.Outcome{Result: wechat.Dead}
}

func (f follower) Follower(_ context.Context, openid string) (wechat.Follower, error) {
	return f(openid)
}

func TestFollowersAreTiedByUnionID(t *testing.T) {
	t.Parallel()
	s := open(t)
	asked := 0
	s.worker.Official = follower(func(openid string) (wechat.Follower, error) {
		if asked++; asked == 1 {
			return wechat.Follower{}, cabin.E(cabin.CodeUpstream, "微信没有回答。")
		}
		return wechat.Follower{Subscribed: true, UnionID: "union-of-" + openid}, nil
	})
	event := func(kind string) string {
		return fmt.Sprintf(`<xml><FromUserName><![CDATA[of1]]></FromUserName><CreateTime>%d</CreateTime><MsgType><![CDATA[event]]></MsgType><Event><![CDATA[%s]]></Event></xml>`, s.clock.Now().Unix(), kind)
	}
	s.push(api.OfficialPushPath, "wxoffice", event("subscribe"))
	s.work() // WeChat is busy
	s.clock.Advance(time.Minute)
	s.work()
	if n := s.number(`SELECT COUNT(*) FROM official_followers WHERE openid = 'of1' AND unionid = 'union-of-of1' AND left_at IS NULL`); n != 1 || asked != 2 {
		t.Errorf("%d followers, asked %d times", n, asked)
	}
	s.clock.Advance(time.Minute)
	s.push(api.OfficialPushPath, "wxoffice", event("unsubscribe"))
	s.work()
	if n := s.number(`SELECT COUNT(*) FROM official_followers WHERE left_at IS NOT NULL`); n != 1 {
		t.Error("who left still follows")
	}
}

func TestPushesOfStrangersAreRefused(t *testing.T) {
	t.Parallel()
	s := open(t)
	plain := s.popup("resident", "accept")
	for name, send := range map[string]func() (int, string){
		"plain text":             func() (int, string) { return s.raw(http.MethodPost, api.PushPath, plain) },
		"another account's":      func() (int, string) { return s.push(api.PushPath, "wxoffice", plain) },
		"no signature":           func() (int, string) { return s.raw(http.MethodGet, api.PushPath+"?echostr=hello", "") },
		"plain text for the oa":  func() (int, string) { return s.raw(http.MethodPost, api.OfficialPushPath, plain) },
		"an address check's own": func() (int, string) { return s.raw(http.MethodPost, api.PushPath+"?"+echo(s).Encode(), plain) },
	} {
		if status, answer := send(); status != http.StatusForbidden || answer != "" {
			t.Errorf("%s: %d %q", name, status, answer)
		}
	}
	if status, _ := s.raw(http.MethodPost, api.PushPath, strings.Repeat("x", 65<<10)); status != http.StatusRequestEntityTooLarge {
		t.Errorf("a huge body: %d", status)
	}
	if status, answer := s.raw(http.MethodGet, api.PushPath+"?"+echo(s).Encode(), ""); status != http.StatusOK || answer != "hello" {
		t.Errorf("the address check: %d %q", status, answer)
	}
	if n := s.number(`SELECT COUNT(*) FROM wechat_events`); n != 0 {
		t.Errorf("%d events are kept", n)
	}
}

func echo(s *stage) url.Values {
	ts := strconv.FormatInt(s.clock.Now().Unix(), 10)
	return url.Values{"timestamp": {ts}, "nonce": {"7"}, "echostr": {"hello"}, "signature": {util.Signature(pushToken, ts, "7")}}
}
