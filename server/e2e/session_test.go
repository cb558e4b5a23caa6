package e2e

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"

	"warmcabin/server/cabin"
	"warmcabin/server/wechat/wechatsim"
)

const day = 24 * time.Hour

func TestASessionThatRestsForAMonthEnds(t *testing.T) {
	s := open(t)
	p := s.phone("resident")
	s.clock.Advance(30*day - time.Second)
	p.get("/me").need(200)
	s.clock.Advance(31 * day)
	ended := p.get("/me")
	ended.need(401)
	ended.refused(cabin.CodeUnauthorized)
	p.login()
	p.get("/me").need(200)
}

func TestASessionInUseLivesOn(t *testing.T) {
	s := open(t)
	p := s.phone("resident")
	for range 12 {
		s.clock.Advance(20 * day)
		p.get("/me").need(200)
	}
}

// Who works here logs in again after twelve hours without use, whatever the role; a
// resident does not. Their next login is silent, so that only the token changes.
func TestASessionOfWhoWorksHereEndsAfterAShift(t *testing.T) {
	s := open(t)
	resident := s.phone("resident")
	var workers []*phone
	for _, role := range cabin.WorkingRoles {
		g := cabin.Grant{Role: role}
		if role.NeedsScope() {
			g.ScopeID = 1
		}
		p := s.phone(string(role), g)
		p.login() // as on the day after the invite
		workers = append(workers, p)
	}
	for range 3 { // use slides
		s.clock.Advance(12*time.Hour - time.Minute)
		for _, p := range workers {
			p.get("/me").need(200)
		}
	}
	s.clock.Advance(12 * time.Hour)
	for _, p := range workers {
		p.get("/me").refused(cabin.CodeUnauthorized)
		p.login()
		p.get("/me").need(200)
	}
	resident.get("/me").need(200)
}

// A right that was granted meanwhile is not used in a session that rested for more than a
// shift, on no server; and who only was a resident notices nothing.
func TestARoleThatComesToAnOldSession(t *testing.T) {
	w := openTwo(t)
	p := w.person("newcomer")
	w.set(w.clock.Now().Add(13 * time.Hour))
	p.at(w.a).get("/me").need(200)
	w.set(w.clock.Now().Add(13 * time.Hour))
	if err := w.db.People.Grant(t.Context(), p.id, cabin.Grant{Role: cabin.Staff}); err != nil {
		t.Fatal(err)
	}
	p.at(w.b).get("/desk").refused(cabin.CodeUnauthorized)
	p.at(w.a).get("/me").refused(cabin.CodeUnauthorized)
	q := w.person("quick", cabin.Grant{Role: cabin.Staff})
	q.at(w.a).get("/desk").need(200)
	w.set(w.clock.Now().Add(12*time.Hour - time.Minute))
	q.at(w.b).get("/desk").need(200)
	w.set(w.clock.Now().Add(12 * time.Hour))
	q.at(w.b).get("/desk").refused(cabin.CodeUnauthorized)
}

func TestForgedTokensOpenNothing(t *testing.T) {
	s := open(t)
	p := s.phone("resident")
	good := p.token
	last := "A"
	if strings.HasSuffix(good, "A") {
		last = "E"
	}
	for name, header := range map[string]string{
		"none": "", "scheme only": "Bearer", "scheme and space": "Bearer ", "word": "Bearer token", "truncated": "Bearer " + good[:42],
		"longer": "Bearer " + good + "A", "another end": "Bearer " + good[:42] + last, "zeros": "Bearer " + strings.Repeat("A", 43),
		"padded": "Bearer " + good + "=", "another scheme": "Basic " + good, "no scheme": good, "two tokens": "Bearer " + good + " " + good,
		"quoted": `Bearer "` + good + `"`, "comma": "Bearer " + good + ",", "huge": "Bearer " + strings.Repeat("x", 50_000), "case": "Bearer " + strings.ToUpper(good),
	} {
		t.Run(name, func(t *testing.T) {
			s.t = t
			for _, path := range []string{"/me", "/me/bookings", "/bookings/1", "/desk"} {
				a := s.guest().authorized(path, header)
				a.need(401)
				a.refused(cabin.CodeUnauthorized)
			}
		})
	}
	s.t = t
	s.guest().authorized("/me", "bearer "+good).need(200) // a scheme has no case
}

func (p *phone) authorized(path, header string) *answer {
	p.s.t.Helper()
	req, err := http.NewRequestWithContext(p.s.t.Context(), http.MethodGet, p.s.url+path, nil)
	if err != nil {
		p.s.t.Fatal(err)
	}
	if header != "" {
		req.Header.Set("Authorization", header)
	}
	return p.do(req)
}

func TestALoginCodeWorksOnce(t *testing.T) {
	s := open(t)
	guest, code := s.guest(), s.code("resident")
	guest.post("/login", map[string]any{"code": code, "device": "一"}).need(200)
	replayed := guest.post("/login", map[string]any{"code": code, "device": "二"})
	replayed.need(401)
	replayed.refused(cabin.CodeLoginRefused)

	old := s.code("resident")
	s.clock.Advance(6 * time.Minute)
	late := guest.post("/login", map[string]any{"code": old, "device": "一"})
	late.need(401)
	late.refused(cabin.CodeLoginRefused)
}

func TestMalformedLoginCodesNeverReachWeChat(t *testing.T) {
	s := open(t)
	guest := s.guest()
	for _, code := range []string{"", " ", "a&b=c", "a b", "../../cgi-bin/token", "0\r\nHost: x", "中文", "'; DROP TABLE persons", "%61", "code#x", "\x00", strings.Repeat("a", 127) + "&"} {
		a := guest.post("/login", map[string]any{"code": code, "device": "一"})
		a.need(401)
		a.refused(cabin.CodeLoginRefused)
	}
	long := guest.post("/login", map[string]any{"code": strings.Repeat("a", 129), "device": "一"})
	long.need(422)
	long.refused(cabin.CodeInvalid)
	if n := s.wire.count("/sns/jscode2session"); n != 0 {
		t.Errorf("WeChat was asked %d times about codes that cannot be any", n)
	}
	unknown := guest.post("/login", map[string]any{"code": "0UNKNOWN", "device": "一"})
	unknown.need(401)
	unknown.refused(cabin.CodeLoginRefused)
}

func TestWeChatDownAtLogin(t *testing.T) {
	s := open(t)
	code := s.code("resident")
	s.fault(wechatsim.Fault{Path: "/sns/jscode2session", Count: 1, Drop: true})
	a := s.guest().post("/login", map[string]any{"code": code, "device": "一"})
	a.need(502)
	a.refused(cabin.CodeUpstream)
	s.phone("resident").get("/me").need(200)
}

func (s *stage) fault(f wechatsim.Fault) {
	s.t.Helper()
	if wrong := s.sim.SetFault(f); wrong != "" {
		s.t.Fatal(wrong)
	}
}

func TestDevicesOfOneOwner(t *testing.T) {
	s := open(t)
	one, two, other := s.phone("resident"), s.phone("resident"), s.phone("somebody")
	ids := func(p *phone) (current string, others []string) {
		for _, item := range p.get("/me/sessions").need(200)["items"].([]any) {
			m := item.(map[string]any)
			if m["current"].(bool) {
				current = m["id"].(string)
			} else {
				others = append(others, m["id"].(string))
			}
		}
		return current, others
	}
	first, rest := ids(one)
	second, _ := ids(two)
	if len(rest) != 1 || rest[0] != second || first == second {
		t.Fatalf("the devices of one person: %q and %v; the other says it is %q", first, rest, second)
	}

	// Somebody else's session id opens and ends nothing, and looks like none at all.
	theirs := other.send(http.MethodDelete, "/me/sessions/"+first, nil)
	missing := other.send(http.MethodDelete, "/me/sessions/NOSUCHSESSION", nil)
	sameRefusal(t, "the session of another", theirs, missing, 404)
	one.get("/me").need(200)

	two.send(http.MethodDelete, "/me/sessions/"+first, nil).need(204)
	one.get("/me").need(401)
	two.get("/me").need(200)

	two.post("/logout", nil).need(204)
	two.get("/me").need(401)

	one.login()
	two.login()
	one.send(http.MethodDelete, "/me/sessions", nil).need(204)
	for _, p := range []*phone{one, two} {
		p.get("/me").refused(cabin.CodeUnauthorized)
	}
	other.get("/me").need(200)
}

func TestDeviceNamesAreCleaned(t *testing.T) {
	s := open(t)
	a := s.guest().post("/login", map[string]any{"code": s.code("resident"), "device": "  我的\u200b手机\u202e📱\x00 "})
	p := &phone{s: s, name: "resident", token: a.need(200)["token"].(string)}
	got := p.get("/me/sessions").need(200)["items"].([]any)[0].(map[string]any)["device"]
	if got != "我的手机📱" {
		t.Errorf("the device list shows %q", got)
	}
}

func TestUnionIDIsKept(t *testing.T) {
	s := open(t)
	p := s.phone("resident")
	if s.number(`SELECT COUNT(*) FROM persons WHERE id = ? AND unionid = ?`, p.id, wechatsim.UnionID("resident")) != 1 {
		t.Error("the unionid that WeChat gave is lost")
	}
}

func TestInvites(t *testing.T) {
	s := open(t)
	admin, p, q := s.phone("admin", cabin.Grant{Role: cabin.Admin}), s.phone("one"), s.phone("two")
	invite := admin.post("/invites", map[string]any{"role": "deputy", "scopeId": 1})
	invite.need(200)
	code := invite.body["code"].(string)
	p.post("/invites/redeem", map[string]any{"code": strings.ToLower(code)}).need(200)
	p.get("/deputy/today").need(200)
	used := q.post("/invites/redeem", map[string]any{"code": code})
	wrong := q.post("/invites/redeem", map[string]any{"code": "AAAAA-AAAAA"})
	sameRefusal(t, "a used invite", used, wrong, 422)
	late := admin.post("/invites", map[string]any{"role": "staff"}).need(200)["code"].(string)
	s.clock.Advance(24 * time.Hour)
	sameRefusal(t, "an invite over its time", q.post("/invites/redeem", map[string]any{"code": late}), wrong, 422)
	for range 10 {
		wrong = q.post("/invites/redeem", map[string]any{"code": "GUESS-GUESS"})
	}
	wrong.need(429)
	wrong.refused(cabin.CodeTooMany)

	admin.login()
	for _, bad := range []map[string]any{{"role": "resident"}, {"role": "system"}, {"role": "king"}, {"role": "deputy"}, {"role": "deputy", "scopeId": 99}, {"role": "admin", "scopeId": 1}} {
		a := admin.post("/invites", bad)
		a.need(422)
		a.refused(cabin.CodeInvalid)
	}
}

func TestRolesThatNobodyHas(t *testing.T) {
	s := open(t)
	admin := s.phone("admin", cabin.Grant{Role: cabin.Admin})
	for _, path := range []string{"/people/1/roles/代表/0", "/people/1/roles/%F0%A0%AE%B7/0", "/people/1/roles/king/0", "/people/1/roles/system/0", "/people/-1/roles/staff/-1", "/people/99/roles/staff/0"} {
		a := admin.send(http.MethodDelete, path, nil)
		if a.status != 404 && a.status != 422 {
			t.Errorf("DELETE %s: %d %s", path, a.status, a.raw)
		}
	}
	for _, role := range []string{"代表", "𠮷", "king'--", ""} {
		a := admin.post("/invites", map[string]any{"role": role})
		a.need(422)
		a.refused(cabin.CodeInvalid)
	}
	a := s.phone("resident").post("/invites/redeem", map[string]any{"code": "邀请码𠮷"})
	a.need(422)
	a.refused(cabin.CodeInvalid)
}

// sameRefusal holds that two refusals cannot be told apart.
func sameRefusal(t *testing.T, what string, got, missing *answer, status int) {
	t.Helper()
	if got.status != status || missing.status != status {
		t.Errorf("%s: got %d %s; a missing one %d %s; want %d", what, got.status, got.raw, missing.status, missing.raw, status)
		return
	}
	for _, key := range []string{"code", "detail", "title", "type", "fields"} {
		if a, b := text(got.body[key]), text(missing.body[key]); a != b {
			t.Errorf("%s can be told from a missing one: %s %q and %q", what, key, a, b)
		}
	}
	if a, b := names(got.header), names(missing.header); !slices.Equal(a, b) {
		t.Errorf("%s can be told from a missing one by its headers: %v and %v", what, a, b)
	}
}

// readable holds that every field's message is one that a person can read.
func (a *answer) readable() {
	a.t.Helper()
	fields, _ := a.body["fields"].([]any)
	for _, f := range fields {
		m, _ := f.(map[string]any)
		message, _ := m["message"].(string)
		if !strings.ContainsFunc(message, func(r rune) bool { return unicode.Is(unicode.Han, r) }) || strings.Contains(message, "%!") {
			a.t.Errorf("a person cannot read what is wrong with %v: %q", m["path"], message)
		}
	}
}
