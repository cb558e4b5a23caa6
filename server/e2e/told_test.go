package e2e

import (
	"bytes"
	"crypto/rand"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/sirupsen/logrus"

	"warmcabin/server/api"
	"warmcabin/server/cabin"
	"warmcabin/server/media"
	"warmcabin/server/media/mediatest"
	"warmcabin/server/wechat"
	"warmcabin/server/wechat/wechatsim"
)

// TestNoLogOfThePushesTells: a whole story of messages, checks and events, with everything
// that goes wrong on the way, leaves no token, secret, openid, phone or text in any log: ours
// of server and worker, at the level that says most, and the SDK's.
func TestNoLogOfThePushesTells(t *testing.T) {
	var sdk safeBuffer
	logrus.SetOutput(io.MultiWriter(os.Stderr, &sdk))
	t.Cleanup(func() { logrus.SetOutput(os.Stderr) })
	s := build(t, setup{patience: 300 * time.Millisecond})
	s.checking()
	resident, staff := s.phone("resident"), s.phone("staff", cabin.Grant{Role: cabin.Staff, ScopeID: 1})
	deputy := s.phone("deputy", cabin.Grant{Role: cabin.Deputy, ScopeID: 1})
	resident.allow(cabin.TellBookingAnswered, cabin.TellBookingChanged, cabin.TellReportResult)
	deputy.allow(cabin.TellBookingRequested)
	s.control(http.MethodPut, "/sim/people/deputy/follow", nil, nil)
	s.events()

	const words = "楼上漏水，电话 13812345678 找王阿姨"
	var codes []string
	fault := func(path string, f wechatsim.Fault) {
		t.Helper()
		f.Path, f.Count = path, 1
		if wrong := s.sim.SetFault(f); wrong != "" {
			t.Fatal(wrong)
		}
	}
	// The phone by WeChat's button, a login with a used code, one that WeChat refuses.
	var minted struct{ Code string }
	s.control(http.MethodPost, "/sim/people/resident/phone-code", nil, &minted)
	codes = append(codes, minted.Code)
	resident.send(http.MethodPut, "/me/phone", map[string]any{"code": minted.Code})
	codes = append(codes, s.code("resident"))
	fault("/sns/jscode2session", wechatsim.Fault{Drop: true})
	s.guest().post("/login", map[string]any{"code": codes[1], "device": "x"})
	s.guest().post("/login", map[string]any{"code": codes[1], "device": "x"})
	s.guest().post("/login", map[string]any{"code": codes[1], "device": "x"})

	// Each way in which a message can fail, by both channels.
	day := 0
	for _, path := range []string{sendPath, "/cgi-bin/message/template/send", stablePath} {
		for _, f := range []wechatsim.Fault{{ErrCode: 40001}, {ErrCode: 47003}, {ErrCode: 43101}, {ErrCode: 40003}, {ErrCode: 45009}, {ErrCode: 48001}, {Status: 502}, {Drop: true}, {DelayMS: 1000}} {
			day++
			fault(path, f)
			s.exec(`INSERT INTO outbox (person_id, matter_kind, matter_id, template, payload, page, due_at, created_at) VALUES (?, 'booking', ?, ?, ?, '/pages/booking/detail?id=1', ?, ?)`,
				deputy.id, 1000+day, cabin.TellBookingRequested, `{"topic":"`+words+`","time":"2026年11月25日 09:30","remark":"点开查看","number":"2026-0001","state":"已约好"}`, s.clock.Now(), s.clock.Now())
			if path == sendPath {
				s.clock.Advance(2 * time.Minute)
				deputy.allow(cabin.TellBookingRequested)
			}
			s.deliver()
			s.sim.ClearFaults()
			s.clock.Advance(time.Minute)
		}
	}
	// The checks of words and photos, failing and answering, and the events about both.
	for _, f := range []wechatsim.Fault{{ErrCode: 61010}, {Drop: true}, {Status: 500}} {
		fault("/wxa/msg_sec_check", f)
		fault("/wxa/media_check_async", f)
		resident.post("/reports", map[string]any{"categoryId": 1, "body": words, "place": map[string]any{"communityId": 1, "text": "3 号楼 402 室"}, "photoIds": []string{resident.photo(mediatest.GPSJPEG())}}).need(201)
		_, _ = s.worker.Check(t.Context())
		s.clock.Advance(time.Minute)
		_, _ = s.worker.Check(t.Context())
	}
	s.control(http.MethodPut, "/sim/people/deputy/ways", map[string]any{"late": 1}, nil)
	booking := resident.book(wednesday(9, 30)).id("")
	s.deliver()
	deputy.move("bookings", booking, "accept", map[string]any{"note": words}).need(200)
	s.deliver()
	s.clock.Advance(5 * time.Second)
	s.events()
	fault("/cgi-bin/user/info", wechatsim.Fault{Status: 500})
	s.control(http.MethodDelete, "/sim/people/deputy/follow", nil, nil)
	s.control(http.MethodPut, "/sim/people/deputy/follow", nil, nil)
	s.events()
	staff.get(fmt.Sprintf("/bookings/%d", booking)).need(200)

	// Strangers at the receiver's door.
	s.raw(http.MethodPost, api.PushPath+"?msg_signature="+pushToken, s.popup("resident", "accept"))
	s.raw(http.MethodPost, api.OfficialPushPath, strings.Repeat(words, 50_000))
	s.raw(http.MethodGet, api.PushPath+"?"+echo(s).Encode(), "")

	logs := s.log.String()
	for _, line := range []string{`"route":"/wechat/push"`, `"route":"/wechat/oa"`, "content check not asked", "event not handled"} {
		if !strings.Contains(logs, line) {
			t.Errorf("the story is not in the log: no %s", line)
		}
	}
	secrets := map[string][]string{
		"a token":       append(append([]string{pushToken, resident.token, deputy.token, staff.token}, s.wire.tokens...), s.wire.secrets()...),
		"a secret":      {"sim-secret", "sim-office-secret", pushKey},
		"a code":        codes,
		"a text":        {words, "楼上漏水", "402 室", "点开查看", "睡不好"},
		"a phone":       {"13812345678"},
		"the wire form": {"access_token", "js_code", "touser"},
	}
	for _, name := range []string{"resident", "deputy", "staff"} {
		secrets["an openid"] = append(secrets["an openid"], wechatsim.OpenID(name), wechatsim.OfficialOpenID(name), wechatsim.UnionID(name))
		secrets["a phone"] = append(secrets["a phone"], wechatsim.PhoneNumber(name))
	}
	if len(s.wire.tokens) < 2 {
		t.Errorf("%d access tokens were used: both accounts have one", len(s.wire.tokens))
	}
	for what, all := range secrets {
		for _, secret := range all {
			for of, log := range map[string]string{"our log": logs, "the SDK's log": sdk.String()} {
				if i := strings.Index(log, secret); i >= 0 {
					t.Errorf("%s holds %s: …%s…", of, what, log[max(0, i-200):min(len(log), i+80)])
				}
			}
		}
	}
	// What is kept for the office to read holds none either.
	var reasons string
	if err := s.x.QueryRow(`SELECT COALESCE(GROUP_CONCAT(DISTINCT reason SEPARATOR '|'), '') FROM outbox`).Scan(&reasons); err != nil || reasons == "" {
		t.Fatalf("reasons %q, %v", reasons, err)
	}
	for what, all := range secrets {
		for _, secret := range all {
			if strings.Contains(reasons, secret) {
				t.Errorf("the outbox's reasons hold %s: %s", what, reasons)
			}
		}
	}
}

// checking lets the worker ask about words and photos.
func (s *stage) checking() {
	s.t.Helper()
	client, ok := s.worker.Sender.(*wechat.Client)
	if !ok {
		s.t.Fatal("the sender is no client")
	}
	signer := media.NewSigner([]byte(mediaKey))
	s.worker.Checker = client
	s.worker.PhotoAddress = func(id string, ends time.Time) string {
		return strings.TrimSuffix(s.url, api.Base) + api.SignedMedia + signer.Sign(id, ends)
	}
}

// What is turned off is not sent from the next send on, though it waits in the outbox
// already; each channel can be turned off for itself, and then nothing is asked for it.
func TestUnsubscribingHoldsBeforeTheNextSend(t *testing.T) {
	t.Parallel()
	s := open(t)
	resident, deputy := s.phone("resident"), s.phone("deputy", cabin.Grant{Role: cabin.Deputy, ScopeID: 1})
	settings := func(p *phone, change map[string]any) map[string]any {
		t.Helper()
		return p.send(http.MethodPut, "/me/notify-settings", change).need(200)
	}
	resident.allow(cabin.TellBookingAnswered, cabin.TellBookingChanged)
	booking := resident.book(wednesday(9, 30)).id("")
	deputy.move("bookings", booking, "accept", nil).need(200)
	s.deliver()
	if got := resident.pushed(); len(got) != 1 {
		t.Fatalf("the answer: %q", got)
	}
	s.clock.Set(time.Date(2026, 11, 24, 18, 0, 0, 0, cabin.Shanghai))
	if _, err := s.worker.Due(t.Context()); err != nil {
		t.Fatal(err)
	}
	settings(resident, map[string]any{"kind": "reminder", "push": false}) // it waits in the outbox already
	s.deliver()
	if got := resident.pushed(); len(got) != 1 || s.number(`SELECT COUNT(*) FROM outbox WHERE state = 'muted' AND person_id = ?`, resident.id) != 1 {
		t.Errorf("the reminder came though it was turned off: %q", got)
	}
	// The whole channel: what cannot be turned off by kind goes to the inbox only, and the desk knows.
	settings(resident, map[string]any{"channel": "wechat", "push": false})
	if asked := resident.get("/me/prompts?moment=booking").need(200)["templates"].([]any); len(asked) != 0 {
		t.Errorf("asked for a channel that is off: %v", asked)
	}
	deputy.login()
	deputy.move("bookings", booking, "cancel", map[string]any{"reason": "临时开会"}).need(200)
	before := len(resident.inbox())
	s.deliver()
	if got := resident.pushed(); len(got) != 1 || before == 0 || s.number(`SELECT COUNT(*) FROM outbox WHERE state = 'no_consent' AND person_id = ?`, resident.id) != 1 {
		t.Errorf("by WeChat all the same: %q", got)
	}
	// A deputy chooses the official account instead.
	s.control(http.MethodPut, "/sim/people/deputy/follow", nil, nil)
	s.events()
	deputy.allow(cabin.TellBookingRequested)
	got := settings(deputy, map[string]any{"channel": "wechat", "push": false})
	if want := map[string]any{"offered": true, "follows": true, "push": true}; fmt.Sprint(got["official"]) != fmt.Sprint(want) || got["wechat"] != false {
		t.Errorf("the deputy's settings: %v", got)
	}
	s.person("another").book(wednesday(10, 0)).need(201)
	s.deliver()
	if got := deputy.pushed(); len(got) != 1 || got[0] != "公众号：booking_requested" {
		t.Errorf("the deputy is told by %q", got)
	}
	settings(deputy, map[string]any{"channel": "official", "push": false})
	s.person("a-third").book(wednesday(10, 30)).need(201)
	s.deliver()
	if got := deputy.pushed(); len(got) != 1 {
		t.Errorf("both are off, told by %q", got)
	}
	s.phone("admin", adminGrant).send(http.MethodPut, "/presets/quiet_from_hour", map[string]any{"value": 21}).need(200)
	if quiet := resident.get("/me/notify-settings").need(200)["quiet"]; quiet != "晚上 9 点到早上 7 点" {
		t.Errorf("nobody is disturbed from %v", quiet)
	}
	if official := resident.get("/me/notify-settings").need(200)["official"].(map[string]any)["offered"]; official != false {
		t.Error("a resident is offered the official account")
	}
	// What is no kind and no channel changes nothing.
	for _, change := range []map[string]any{{"push": false}, {"channel": "phone", "push": false}, {"kind": "result", "push": false}} {
		resident.send(http.MethodPut, "/me/notify-settings", change).need(422)
	}
}

// WeChat's verdict comes by itself some moments later, signed and sealed: a photo is public
// without anybody's look, or waits for the desk.
func TestVerdictsOfPhotosArriveByThemselves(t *testing.T) {
	t.Parallel()
	s := open(t)
	s.checking()
	good, bad := s.phone("good"), s.phone("bad")
	s.control(http.MethodPut, "/sim/people/bad/ways", map[string]any{"verdict": "risky"}, nil)
	for _, p := range []*phone{good, bad} {
		p.report(p.photo(mediatest.GPSJPEG())).need(201)
	}
	if err := untilDone(s.worker.Check); err != nil {
		t.Fatal(err)
	}
	s.clock.Advance(3 * time.Second)
	s.events()
	for p, want := range map[*phone]string{good: "passed", bad: "risky"} {
		var got string
		if err := s.x.QueryRow(`SELECT state FROM content_checks WHERE kind = 'image' AND person_id = ?`, p.id).Scan(&got); err != nil || got != want {
			t.Errorf("%s: %s, want %s, %v", p.name, got, want, err)
		}
	}
}

// A stranger who saw a push pass, or guesses, changes nothing.
func TestForgedAndReplayedPushes(t *testing.T) {
	t.Parallel()
	s := open(t)
	r := s.phone("resident")
	event := s.popup("resident", "accept")
	q, body := s.sealed("wxtest", event)
	post := func(path, query, body string) int {
		t.Helper()
		status, answer := s.raw(http.MethodPost, path+"?"+query, body)
		if status != http.StatusOK && answer != "" {
			t.Errorf("a refusal says %q", answer)
		}
		return status
	}
	credits := func() int {
		s.work()
		return s.number(`SELECT COALESCE(SUM(credits), 0) FROM consents WHERE person_id = ?`, r.id)
	}
	// Bent in one place each.
	for name, status := range map[string]int{
		"another nonce":          post(api.PushPath, strings.Replace(q, "nonce=7", "nonce=8", 1), body),
		"another time":           post(api.PushPath, strings.Replace(q, "timestamp=1", "timestamp=2", 1), body),
		"no signature":           post(api.PushPath, strings.Replace(q, "msg_signature", "m", 1), body),
		"encrypt_type raw":       post(api.PushPath, strings.Replace(q, "encrypt_type=aes", "encrypt_type=raw", 1), event),
		"one letter of the body": post(api.PushPath, q, strings.Replace(body, `"Encrypt":"`, `"Encrypt":"A`, 1)),
		"at the other's door":    post(api.OfficialPushPath, q, body),
		"nested for ever":        post(api.PushPath, q, strings.Repeat(`{"Encrypt":`, 5_000)),
		"nothing":                post(api.PushPath, q, ""),
	} {
		if status != http.StatusForbidden {
			t.Errorf("%s: %d", name, status)
		}
	}
	if status := post(api.PushPath, q, string(bytes.Repeat([]byte("x"), 2<<20))); status != http.StatusRequestEntityTooLarge {
		t.Errorf("2 MB: %d", status)
	}
	if credits() != 0 || s.number(`SELECT COUNT(*) FROM wechat_events`) != 0 {
		t.Error("a forged push counts")
	}
	// The true one counts once, however often it is sent again, and not any more when it is old.
	for range 3 {
		if status := post(api.PushPath, q, body); status != http.StatusOK {
			t.Errorf("the true one: %d", status)
		}
		if credits() != 1 {
			t.Errorf("%d consents", credits())
		}
	}
	s.clock.Advance(6 * time.Minute)
	if status := post(api.PushPath, q, body); status != http.StatusForbidden || credits() != 1 {
		t.Errorf("replayed later: %d, %d consents", status, credits())
	}
	// An official account's event, sealed for the mini-program, tells nothing of a follower.
	q, body = s.sealed("wxtest", fmt.Sprintf(`{"FromUserName":"of1","CreateTime":%d,"MsgType":"event","Event":"subscribe"}`, s.clock.Now().Unix()))
	post(api.OfficialPushPath, q, body)
	if n := s.number(`SELECT COUNT(*) FROM official_followers`) + s.number(`SELECT COUNT(*) FROM wechat_events WHERE account = 'official'`); n != 0 {
		t.Errorf("%d followers by the mini-program's key", n)
	}
	// Another person's prompt and settings are out of reach: both are of the session's person.
	other := s.phone("other")
	other.post("/me/prompts", map[string]any{"promptId": rand.Text(), "personId": r.id, "results": map[string]string{s.ids[string(cabin.TellBookingAnswered)]: "accept"}})
	if credits() != 1 {
		t.Error("another's session adds consents to mine")
	}
}
