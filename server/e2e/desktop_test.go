package e2e

import (
	"encoding/json"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"warmcabin/server/cabin"
)

// browser is a desktop that wants in, or is in.
type browser struct {
	*phone
	key, secret string
	cookie      string
}

const agent = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0 Safari/537.36 Edg/126.0"

// call sends as a desktop's page does.
func (b *browser) call(method, path string, in any, header ...string) *answer {
	b.s.t.Helper()
	var body *strings.Reader = strings.NewReader("")
	if in != nil {
		text, err := json.Marshal(in)
		if err != nil {
			b.s.t.Fatal(err)
		}
		body = strings.NewReader(string(text))
	}
	req, err := http.NewRequestWithContext(b.s.t.Context(), method, b.s.url+path, body)
	if err != nil {
		b.s.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("User-Agent", agent)
	req.Header.Set("Authorization", "Desktop")
	if b.cookie != "" {
		req.Header.Set("Cookie", "other=1; "+b.cookie)
	}
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	return b.do(req)
}

// browser asks for a code.
func (s *stage) browser() *browser {
	s.t.Helper()
	b := &browser{phone: s.guest()}
	b.ask()
	return b
}

func (b *browser) ask() {
	b.s.t.Helper()
	a := b.call(http.MethodPost, "/desktop/codes", map[string]any{})
	m := a.need(200)
	b.key, b.secret = m["key"].(string), m["secret"].(string)
	if len(b.key) != 22 || m["seconds"] != 60.0 || len(m["picture"].(string)) < 1000 {
		b.s.t.Fatalf("the code: %.200s", a.raw)
	}
}

func (b *browser) poll() *answer {
	b.s.t.Helper()
	a := b.call(http.MethodPost, "/desktop/codes/poll", map[string]any{"key": b.key, "secret": b.secret})
	if set := a.header.Get("Set-Cookie"); set != "" {
		if !strings.Contains(set, "HttpOnly") || !strings.Contains(set, "SameSite=Strict") || !strings.Contains(set, "Path=/") || strings.Contains(set, "Max-Age") {
			b.s.t.Errorf("the cookie: %s", set[strings.Index(set, ";"):])
		}
		b.cookie, _, _ = strings.Cut(set, ";")
	}
	return a
}

// stands fails the story unless the browser is told this state.
func (b *browser) stands(state string) {
	b.s.t.Helper()
	if got := b.poll().need(200)["state"]; got != state {
		b.s.t.Fatalf("the browser is told %v, want %s", got, state)
	}
}

func (p *phone) scan(b *browser) *answer {
	p.s.t.Helper()
	return p.post("/desktop/scans", map[string]any{"key": b.key})
}

func (p *phone) let(b *browser, in bool) *answer {
	p.s.t.Helper()
	return p.post("/desktop/scans/answer", map[string]any{"key": b.key, "yes": in})
}

// A browser is let in by a phone, once, with a cookie that counts only beside its own
// header; the phone sees it and ends it.
func TestADesktopIsLetInByAPhone(t *testing.T) {
	s := build(t, setup{proxies: []string{"127.0.0.0/8"}})
	staff := s.phone("staff", cabin.Grant{Role: cabin.Staff, ScopeID: 1})
	b := s.browser()
	var drawn struct {
		Codes []struct{ Page, Scene string }
	}
	s.control(http.MethodGet, "/sim/codes", nil, &drawn)
	if c := drawn.Codes[0]; c.Page != cabin.DesktopPage || c.Scene != "q="+b.key || len(c.Scene) > 32 {
		t.Errorf("the code says %+v", c)
	}
	b.stands("waiting")

	s.clock.Advance(40 * time.Second)
	asked := staff.scan(b)
	if m := asked.need(200); m["browser"] != "Edge · Windows" || m["address"] != "127.0.0.*" || m["sameNetwork"] != true || m["seconds"] != 60.0 {
		t.Errorf("the phone is told %s", asked.raw)
	}
	b.stands("scanned")
	staff.scan(b).need(200) // the page was opened again
	s.clock.Advance(40 * time.Second)
	staff.let(b, true).need(204)
	staff.let(b, true).need(204) // the answer was lost
	in := b.poll()
	if m := in.need(200); m["state"] != "signed_in" || m["me"].(map[string]any)["home"] != "staff" || b.cookie == "" || strings.Contains(string(in.raw), strings.Split(b.cookie, "=")[1]) {
		t.Fatalf("the browser is told %s", in.raw)
	}
	b.call(http.MethodGet, "/desk", nil).need(200)

	// Used once: nobody gets a second session by the same code.
	first := b.cookie
	b.cookie = ""
	b.stands("used")
	if b.cookie != "" {
		t.Error("a second session")
	}
	staff.scan(b).refused(cabin.CodeConflict)
	staff.let(b, false).refused(cabin.CodeConflict)
	b.cookie = first

	// The cookie without the header is nobody, also for what a form could send.
	b.call(http.MethodGet, "/me", nil, "Authorization", "").need(401)
	b.call(http.MethodPost, "/logout", nil, "Authorization", "").need(401)
	b.call(http.MethodGet, "/me", nil, "Authorization", "Bearer "+strings.Split(first, "=")[1]).need(200) // the same token, for who holds it

	devices := staff.get("/me/sessions").need(200)["items"].([]any)
	var desktop map[string]any
	for _, d := range devices {
		if m := d.(map[string]any); m["desktop"] == true {
			desktop = m
		}
	}
	if len(devices) != 2 || desktop["device"] != "电脑 · Edge · Windows" {
		t.Fatalf("the devices: %v", devices)
	}
	if s.number(`SELECT COUNT(*) FROM audit WHERE action = 'person.desktop' AND actor_id = ? AND address <> ''`, staff.id) != 1 {
		t.Error("the audit does not say that a browser was let in")
	}
	staff.send(http.MethodDelete, "/me/sessions/"+desktop["id"].(string), nil).need(204)
	b.call(http.MethodGet, "/me", nil).need(401)
	staff.get("/me").need(200)
}

func TestADesktopLeavesByItselfAndByItsWish(t *testing.T) {
	s := open(t)
	staff := s.phone("staff", cabin.Grant{Role: cabin.Staff, ScopeID: 1})
	enter := func() *browser {
		b := s.browser()
		staff.scan(b).need(200)
		staff.let(b, true).need(204)
		b.stands("signed_in")
		return b
	}
	b := enter()
	for range 3 { // in use it lives on
		s.clock.Advance(11 * time.Hour)
		b.call(http.MethodGet, "/me", nil).need(200)
	}
	s.clock.Advance(12*time.Hour + time.Minute)
	b.call(http.MethodGet, "/me", nil).need(401)
	staff.login() // a phone of who works here rests no longer

	b = enter()
	out := b.call(http.MethodPost, "/logout", nil)
	out.need(204)
	if set := out.header.Get("Set-Cookie"); !strings.Contains(set, "Max-Age=0") {
		t.Errorf("the cookie stays: %q", set)
	}
	b.call(http.MethodGet, "/me", nil).need(401)
	if staff.post("/logout", nil).header.Get("Set-Cookie") != "" {
		t.Error("a phone has no cookie")
	}
}

func TestADesktopIsTurnedAway(t *testing.T) {
	s := open(t)
	staff, other := s.phone("staff", cabin.Grant{Role: cabin.Staff, ScopeID: 1}), s.phone("staff-02", cabin.Grant{Role: cabin.Staff, ScopeID: 1})
	resident := s.phone("resident")

	t.Run("refused", func(t *testing.T) {
		b := s.browser()
		staff.scan(b).need(200)
		staff.let(b, false).need(204)
		b.stands("refused")
		staff.let(b, true).refused(cabin.CodeConflict)
		b.stands("refused")
	})
	t.Run("nobody scans", func(t *testing.T) {
		b := s.browser()
		s.clock.Advance(time.Minute)
		b.stands("expired")
		staff.scan(b).refused(cabin.CodeConflict)
	})
	t.Run("scanned and forgotten", func(t *testing.T) {
		b := s.browser()
		staff.scan(b).need(200)
		s.clock.Advance(time.Minute)
		staff.let(b, true).refused(cabin.CodeConflict)
		b.stands("expired")
	})
	t.Run("the browser comes too late", func(t *testing.T) {
		b := s.browser()
		staff.scan(b).need(200)
		staff.let(b, true).need(204)
		s.clock.Advance(time.Minute)
		b.stands("expired")
	})
	t.Run("another secret", func(t *testing.T) {
		b, onlooker := s.browser(), s.browser()
		staff.scan(b).need(200)
		staff.let(b, true).need(204)
		onlooker.key = b.key
		a := onlooker.poll()
		a.need(403)
		a.refused(cabin.CodeForbidden)
		if onlooker.cookie != "" {
			t.Error("who only saw the code is in")
		}
		b.stands("signed_in")
	})
	t.Run("another phone", func(t *testing.T) {
		b := s.browser()
		staff.scan(b).need(200)
		other.scan(b).refused(cabin.CodeConflict)
		other.let(b, true).refused(cabin.CodeConflict)
		b.stands("scanned")
	})
	t.Run("yes without having seen who asks", func(t *testing.T) {
		b := s.browser()
		staff.let(b, true).refused(cabin.CodeConflict)
		b.stands("waiting")
	})
	t.Run("no working role", func(t *testing.T) {
		b := s.browser()
		a := resident.scan(b)
		a.need(403)
		a.refused(cabin.CodeForbidden)
		b.stands("unfit") // and the browser says so
		resident.let(b, true).refused(cabin.CodeForbidden)
		b.stands("unfit")
		staff.scan(b).need(200) // who may comes after, with the same code
		b.stands("scanned")
		resident.scan(b).refused(cabin.CodeForbidden)
		b.stands("scanned")
		staff.let(b, true).need(204)
		b.stands("signed_in")
	})
	t.Run("no working role, and then nobody", func(t *testing.T) {
		b := s.browser()
		resident.scan(b).refused(cabin.CodeForbidden)
		s.clock.Advance(time.Minute)
		b.stands("expired")
		resident.scan(b).refused(cabin.CodeForbidden)
		b.stands("expired")
	})
	t.Run("the role is taken away in between", func(t *testing.T) {
		b := s.browser()
		other.scan(b).need(200)
		other.let(b, true).need(204)
		s.exec(`DELETE FROM person_roles WHERE person_id = ?`, other.id)
		a := b.poll()
		a.need(403)
		a.refused(cabin.CodeForbidden)
		if b.cookie != "" {
			t.Error("a session for nobody who works here")
		}
	})
	t.Run("no code at all", func(t *testing.T) {
		for _, key := range []string{"", "x", strings.Repeat("A", 21), strings.Repeat("=", 22)} {
			a := staff.post("/desktop/scans", map[string]any{"key": key})
			a.need(404)
			a.refused(cabin.CodeNotFound)
		}
	})
	t.Run("too many codes", func(t *testing.T) {
		b := &browser{phone: s.guest()}
		for range 60 {
			if a := b.call(http.MethodPost, "/desktop/codes", map[string]any{}); a.status == http.StatusTooManyRequests {
				return
			}
		}
		t.Error("a code each time")
	})
}

// The phone speaks with one server and the browser with another; of two tabs that ask at
// the same moment one is in.
func TestADesktopOnTwoServers(t *testing.T) {
	w := openTwo(t)
	admin := w.phone("admin", cabin.Grant{Role: cabin.Admin})
	b := &browser{phone: w.guest().at(w.a)}
	b.ask()
	admin.at(w.b).scan(b).need(200)
	admin.at(w.b).let(b, true).need(204)
	states := make([]string, 8)
	var wg sync.WaitGroup
	for i := range states {
		wg.Go(func() {
			tab := &browser{phone: w.guest().at(w.either(i)), key: b.key, secret: b.secret}
			states[i], _ = tab.poll().need(200)["state"].(string)
		})
	}
	wg.Wait()
	if all := strings.Join(states, " "); strings.Count(all, "signed_in") != 1 || strings.Count(all, "used") != 7 {
		t.Errorf("the tabs: %s", all)
	}
	if got := w.number(`SELECT COUNT(*) FROM audit WHERE action = 'person.desktop'`); got != 1 {
		t.Errorf("%d rows of audit", got)
	}
}

// A desktop is for who works here: with the last role it ends, and the phone stays.
func TestADesktopEndsWithTheLastRole(t *testing.T) {
	s := open(t)
	staff := s.phone("staff", cabin.Grant{Role: cabin.Staff, ScopeID: 1})
	b := s.browser()
	staff.scan(b).need(200)
	staff.let(b, true).need(204)
	b.stands("signed_in")
	b.call(http.MethodGet, "/desk", nil).need(200)
	s.exec(`DELETE FROM person_roles WHERE person_id = ?`, staff.id)
	if got := b.call(http.MethodGet, "/desk", nil).status; got != 401 && got != 403 {
		t.Errorf("the desk answers %d", got)
	}
	b.call(http.MethodGet, "/me", nil).need(401)
	staff.get("/me").need(200)
}
