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
	query, body := s.sealed(app, plain)
	return s.raw(http.MethodPost, path+"?"+query, body)
}

// sealed is an event as WeChat sends it now: the query and the body.
func (s *stage) sealed(app, plain string) (query, body string) {
	s.t.Helper()
	sealed, err := util.EncryptMsg([]byte("0123456789abcdef"), []byte(plain), app, pushKey)
	if err != nil {
		s.t.Fatal(err)
	}
	ts := strconv.FormatInt(s.clock.Now().Unix(), 10)
	q := url.Values{"timestamp": {ts}, "nonce": {"7"}, "encrypt_type": {"aes"}, "msg_signature": {util.Signature(pushToken, ts, "7", string(sealed))}}
	return q.Encode(), fmt.Sprintf(`{"ToUserName":"gh","Encrypt":"%s"}`, sealed)
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

// WeChat takes two messages and tells later that the first of them did not arrive: that one
// is no sent one, exactly that one, and the desk may know.
func TestAMessageThatFailedLateIsNoSentOne(t *testing.T) {
	t.Parallel()
	s := open(t)
	r, staff := s.phone("resident"), s.phone("staff", cabin.Grant{Role: cabin.Staff, ScopeID: 1})
	deputy := s.phone("deputy", cabin.Grant{Role: cabin.Deputy, ScopeID: 1})
	for range 2 {
		s.clock.Advance(2 * time.Minute)
		r.allow(cabin.TellBookingAnswered)
	}
	s.events()
	first, second := r.book(wednesday(9, 0)).id(""), r.book(wednesday(10, 0)).id("")
	deputy.move("bookings", first, "accept", nil).need(200)
	s.control(http.MethodPut, "/sim/people/resident/ways", map[string]any{"late": 1}, nil)
	s.deliver()
	deputy.move("bookings", second, "accept", nil).need(200)
	s.deliver()
	if got := r.pushed(); len(got) != 1 {
		t.Fatalf("the phone has %q", got)
	}
	unreached := func(id int64) any { return staff.get(fmt.Sprintf("/bookings/%d", id)).need(200)["unreached"] }
	if unreached(first) == true || unreached(second) == true {
		t.Error("nobody told of a failure yet")
	}
	s.events()
	if unreached(first) != true || unreached(second) == true {
		t.Errorf("the first failed, the second arrived: %v, %v", unreached(first), unreached(second))
	}
	if n := s.number(`SELECT COUNT(*) FROM outbox WHERE state = 'refused' AND code = 43101 AND matter_id = ?`, first); n != 1 {
		t.Errorf("%d are corrected", n)
	}
	if n := s.number(`SELECT COUNT(*) FROM wechat_events WHERE payload LIKE '%subscribe_msg_sent_event%'`); n != 1 {
		t.Errorf("%d events are kept: one that tells of an arrival is none", n)
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

// A deputy without a consent who follows the official account is told by it, in its own
// template, which opens the mini-program; by the mini-program as long as it may; by the inbox
// alone once they left.
func TestTheOfficialAccountIsTheSecondChannel(t *testing.T) {
	t.Parallel()
	s := open(t)
	deputy := s.phone("deputy", cabin.Grant{Role: cabin.Deputy, ScopeID: 1})
	ask := func(hour, minute int) (booking int64) {
		t.Helper()
		booking = s.person(fmt.Sprintf("r%02d%02d", hour, minute)).book(wednesday(hour, minute)).id("")
		s.deliver()
		return booking
	}
	last := func() wechatsim.Message {
		t.Helper()
		var out struct{ Messages []wechatsim.Message }
		s.control(http.MethodGet, "/sim/people/deputy/messages", nil, &out)
		if len(out.Messages) == 0 {
			return wechatsim.Message{}
		}
		return out.Messages[len(out.Messages)-1]
	}
	state := func(booking int64) string {
		t.Helper()
		var state, channel string
		if err := s.x.QueryRow(`SELECT state, channel FROM outbox WHERE matter_kind = 'booking' AND matter_id = ? AND person_id = ? ORDER BY id DESC LIMIT 1`, booking, deputy.id).Scan(&state, &channel); err != nil {
			t.Fatal(err)
		}
		return strings.TrimSpace(state + " " + channel)
	}
	if got := state(ask(9, 0)); got != "no_consent" {
		t.Errorf("follows nothing, allowed nothing: %s", got)
	}
	s.control(http.MethodPut, "/sim/people/deputy/follow", nil, nil)
	s.events()
	second := ask(9, 30)
	if got, m := state(second), last(); got != "sent official" || m.Channel != "official" || m.TemplateID != "oa-booking_requested" || m.Page != fmt.Sprintf("pages/booking/detail?id=%d", second) || m.Fields[0].Value != "睡不好" {
		t.Errorf("a follower: %s, %+v", got, m)
	}
	deputy.allow(cabin.TellBookingRequested)
	if got, m := state(ask(10, 0)), last(); got != "sent one_time" || m.Channel != "subscribe" {
		t.Errorf("the mini-program goes first: %s, %+v", got, m)
	}
	s.clock.Advance(2 * time.Minute)
	deputy.allow(cabin.TellBookingRequested)
	s.control(http.MethodPut, "/sim/people/deputy/ways", map[string]any{"main_switch": false}, nil)
	if got, m := state(ask(10, 30)), last(); got != "sent official" || m.Channel != "official" {
		t.Errorf("WeChat knows of no consent: %s, %+v", got, m)
	}
	if n := s.number(`SELECT credits FROM consents WHERE person_id = ? AND template = 'booking_requested'`, deputy.id); n != 0 {
		t.Errorf("%d consents are thought to be left", n)
	}
	// Taken by the mini-program and not delivered in the end: the next channel has it.
	s.control(http.MethodPut, "/sim/people/deputy/ways", map[string]any{"main_switch": true, "late": 1}, nil)
	s.clock.Advance(2 * time.Minute)
	deputy.allow(cabin.TellBookingRequested)
	s.events()
	late := ask(11, 0)
	if got := state(late); got != "sent one_time" {
		t.Errorf("taken: %s", got)
	}
	s.events()
	s.deliver()
	if got, m := state(late), last(); got != "sent official" || m.Page != fmt.Sprintf("pages/booking/detail?id=%d", late) {
		t.Errorf("late, by the next channel: %s, %+v", got, m)
	}
	// And what the official account could not deliver in the end is no sent one either.
	s.control(http.MethodPut, "/sim/people/deputy/ways", map[string]any{"late": 1}, nil)
	blocked := ask(11, 30)
	s.events()
	s.deliver()
	if got := state(blocked); got != "refused official" {
		t.Errorf("late by the official account: %s", got)
	}
	// Nothing told of the leaving but WeChat's refusal: the next message does not try.
	s.control(http.MethodDelete, "/sim/people/deputy/follow", nil, nil)
	calls := s.wire.count("/cgi-bin/message/template/send")
	r := s.phone("r0900")
	deputy.move("bookings", second, "accept", nil)
	s.deliver()
	id := s.number(`SELECT MIN(id) FROM bookings`)
	r.move("bookings", int64(id), "cancel", map[string]any{"reason": "有事"}).need(200)
	s.deliver()
	if got := state(int64(id)); got != "refused" {
		t.Errorf("left: %s", got)
	}
	if n := s.number(`SELECT COUNT(*) FROM official_followers WHERE left_at IS NOT NULL`); n != 1 {
		t.Error("who left still follows")
	}
	if n := s.wire.count("/cgi-bin/message/template/send") - calls; n != 1 {
		t.Errorf("%d calls to who left", n)
	}
	if n := len(deputy.inbox()); n < 7 {
		t.Errorf("the inbox has %d: it has everything, whatever WeChat does", n)
	}
}

// Residents are told by the mini-program alone, though they follow the account.
func TestAResidentIsNotToldByTheOfficialAccount(t *testing.T) {
	t.Parallel()
	s := open(t)
	r, deputy := s.phone("resident"), s.phone("deputy", cabin.Grant{Role: cabin.Deputy, ScopeID: 1})
	s.control(http.MethodPut, "/sim/people/resident/follow", nil, nil)
	s.events()
	b := r.book(wednesday(9, 0)).id("")
	deputy.move("bookings", b, "accept", nil).need(200)
	s.deliver()
	if got := r.pushed(); len(got) != 0 {
		t.Errorf("told by %q", got)
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
