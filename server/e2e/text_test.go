package e2e

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"warmcabin/server/cabin"
)

// pictures are texts of characters beyond two and three bytes, joined emoji among them.
const pictures = "𠮷野家👩‍⚕️👨‍👩‍👧‍👦🏴󠁧󠁢󠁥󠁮󠁧󠁿❤️🇨🇳"

// fill repeats a four-byte character.
func fill(runes int) string { return strings.Repeat("𠮷", runes) }

func TestEmojiComeBackAsTheyWere(t *testing.T) {
	s := open(t)
	staff, deputy := s.staffAndDeputy()
	department := s.phone("department", cabin.Grant{Role: cabin.Department, ScopeID: 1})
	p := s.phone("resident")
	rename := func(name string) *answer { return p.send(http.MethodPut, "/me", map[string]any{"name": name}) }
	if got := rename("老𠮷👩‍⚕️").need(200)["name"]; got != "老𠮷👩‍⚕️" {
		t.Errorf("the name comes back as %q", got)
	}
	booked := p.post("/bookings", map[string]any{"deputyId": 1, "start": wednesday(9, 30), "topic": pictures, "note": pictures + "\n" + pictures})
	booked.need(201)
	b := booked.id("")
	deputy.move("bookings", b, "counter", map[string]any{"start": wednesday(10, 0), "reason": pictures}).need(200)
	p.move("bookings", b, "take", nil).need(200)
	s.clock.Set(wednesday(10, 0))
	deputy.login()
	deputy.move("bookings", b, "complete", map[string]any{"note": pictures}).need(200)
	p.move("bookings", b, "rate", map[string]any{"stars": 5, "text": pictures}).need(200)
	seen := deputy.get(fmt.Sprintf("/bookings/%d", b)).need(200)
	for key, want := range map[string]string{"topic": pictures, "note": pictures + "\n" + pictures, "record": pictures, "ratingText": pictures} {
		if seen[key] != want {
			t.Errorf("the booking's %s comes back as %q", key, seen[key])
		}
	}
	if seen["resident"].(map[string]any)["name"] != "老𠮷👩‍⚕️" {
		t.Errorf("the deputy reads the name %v", seen["resident"])
	}

	reported := p.post("/reports", map[string]any{"categoryId": 1, "body": pictures + pictures, "place": map[string]any{"communityId": 1, "text": pictures}})
	reported.need(201)
	r := reported.id("")
	staff.login()
	department.login()
	staff.move("reports", r, "return", map[string]any{"reason": pictures}).need(200)
	p.move("reports", r, "submit", map[string]any{"note": pictures}).need(200)
	staff.move("reports", r, "accept", nil).need(200)
	staff.move("reports", r, "dispatch", map[string]any{"departmentId": 1}).need(200)
	department.move("reports", r, "take", nil).need(200)
	department.move("reports", r, "resolve", map[string]any{"outcome": "fixed", "note": pictures}).need(200)
	p.move("reports", r, "rate", map[string]any{"stars": 5, "text": pictures}).need(200)
	whole := staff.get(fmt.Sprintf("/reports/%d", r)).need(200)
	if whole["body"] != pictures+pictures || whole["place"].(map[string]any)["text"] != pictures || whole["ratingText"] != pictures || whole["outcomeText"] != pictures {
		t.Errorf("the report comes back as %v", whole)
	}
	notes := 0
	for _, e := range whole["events"].([]any) {
		if e.(map[string]any)["note"] == pictures {
			notes++
		}
	}
	if notes != 4 {
		t.Errorf("%d of 4 notes come back as they were", notes)
	}
	s.deliver()
	for _, who := range []*phone{p, staff, deputy, department} {
		who.get("/me/notices").need(200)
	}
}

// Every text at its limit, in four-byte characters, fits into its column and into what is
// told about it; one more is refused.
func TestTextsAtTheirLimit(t *testing.T) {
	s := open(t)
	staff, deputy := s.staffAndDeputy()
	p := s.phone("resident")
	p.allow(cabin.TellBookingAnswered, cabin.TellReportProgress)
	over := func(a *answer) {
		t.Helper()
		a.need(422)
		a.refused(cabin.CodeInvalid)
		a.readable()
	}
	p.send(http.MethodPut, "/me", map[string]any{"name": fill(cabin.MaxName)}).need(200)
	over(p.send(http.MethodPut, "/me", map[string]any{"name": fill(cabin.MaxName + 1)}))
	over(p.send(http.MethodPut, "/me", map[string]any{"name": " \u200b "}))
	ask := func(topic, note int) *answer {
		return p.post("/bookings", map[string]any{"deputyId": 1, "start": wednesday(9, 30), "topic": fill(topic), "note": fill(note)})
	}
	over(ask(cabin.MaxTopic+1, 0))
	over(ask(1, cabin.MaxNote+1))
	over(ask(0, 0))
	b := ask(cabin.MaxTopic, cabin.MaxNote)
	b.need(201)
	over(deputy.move("bookings", b.id(""), "decline", map[string]any{"reason": fill(cabin.MaxReason + 1)}))
	deputy.move("bookings", b.id(""), "decline", map[string]any{"reason": fill(cabin.MaxReason)}).need(200)
	report := func(body, place int) *answer {
		s.clock.Advance(10 * time.Second) // for the limits
		return p.post("/reports", map[string]any{"categoryId": 1, "body": fill(body), "place": map[string]any{"text": fill(place)}})
	}
	over(report(4, 10))
	over(report(2001, 10))
	over(report(100, 101))
	over(report(100, 0))
	r := report(2000, 100)
	r.need(201)
	staff.move("reports", r.id(""), "accept", nil).need(200)
	over(staff.move("reports", r.id(""), "answer", map[string]any{"outcome": "explained", "note": fill(cabin.MaxText + 1)}))
	staff.move("reports", r.id(""), "answer", map[string]any{"outcome": "explained", "note": fill(cabin.MaxText)}).need(200)
	over(p.move("reports", r.id(""), "rate", map[string]any{"stars": 5, "text": fill(cabin.MaxText + 1)}))
	p.move("reports", r.id(""), "rate", map[string]any{"stars": 5, "text": fill(cabin.MaxText)}).need(200)
	s.deliver()
	if got := p.pushed(); len(got) != 2 {
		t.Errorf("WeChat took %v", got)
	}
	over(report(15_000, 10))                                       // 60 kB, within the bound of a body
	for _, char := range []string{"水", "😀", "𠮷", `\ud83d\ude00`} { // of three and four bytes, and as some clients escape them
		s.clock.Advance(10 * time.Second)
		body := `{"categoryId":1,"place":{"text":"路口"},"body":"` + strings.Repeat(char, 20_000) + `"}`
		for _, path := range []string{"/reports", "/reports/preflight"} {
			long := p.raw(http.MethodPost, path, body, "application/json")
			over(long)
			long.say(t, "最多 2000 个字，现在有 20000 个")
		}
	}
}

func TestInvisibleCharactersAreDropped(t *testing.T) {
	s := open(t)
	p := s.phone("resident")
	a := p.post("/reports", map[string]any{
		"categoryId": 1, "body": "\u202e路面\u200b严\u2060重\ufeff积水\u2066了\x00\x1b[31m\r\n老人\u00ad摔倒 ",
		"place": map[string]any{"text": "\u200f3 号楼\u200e"},
	})
	a.need(201)
	if got := a.body["body"]; got != "路面严重积水了[31m\n老人摔倒" {
		t.Errorf("kept as %q", got)
	}
	if got := a.body["place"].(map[string]any)["text"]; got != "3 号楼" {
		t.Errorf("the place is kept as %q", got)
	}
	empty := p.post("/reports", map[string]any{"categoryId": 1, "body": strings.Repeat("\u200b", 50), "place": map[string]any{"text": "路口"}})
	empty.need(422)
	empty.refused(cabin.CodeInvalid)
}

// HTML is text: it comes back as it was, as JSON that no browser takes for a page.
func TestHTMLStaysText(t *testing.T) {
	s := open(t)
	p := s.phone("resident")
	const html = `<script>alert("1")</script><img src=x onerror=alert(1)> & {{7*7}} ${7*7} '; DROP TABLE reports; -- \`
	a := p.post("/reports", map[string]any{"categoryId": 1, "body": html, "place": map[string]any{"text": html[:50]}})
	a.need(201)
	again := p.get(fmt.Sprintf("/reports/%d", a.id("")))
	if again.need(200)["body"] != html {
		t.Errorf("it comes back as %q", again.body["body"])
	}
	if got := again.header.Get("Content-Type"); got != "application/json" {
		t.Errorf("it comes as %q", got)
	}
	if again.header.Get("X-Content-Type-Options") != "nosniff" || again.header.Get("Cache-Control") != "no-store" {
		t.Errorf("its headers are %v", again.header)
	}
}

func TestBrokenUTF8IsNoReasonToFail(t *testing.T) {
	s := open(t)
	p := s.phone("resident")
	for _, raw := range []string{
		"{\"categoryId\":1,\"body\":\"路面积水\xff\xfe严重\",\"place\":{\"text\":\"路口\"}}",
		"{\"categoryId\":1,\"body\":\"路面积水\xed\xa0\x80严重\",\"place\":{\"text\":\"路口\"}}",
		`{"categoryId":1,"body":"路面积水\ud83d严重","place":{"text":"路口"}}`,
		`{"categoryId":1,"body":"路面积水\u0000严重","place":{"text":"路口"}}`,
	} {
		a := p.raw(http.MethodPost, "/reports", raw, "application/json")
		if a.status != 201 && a.status != 422 {
			t.Errorf("%q: %d %s", raw, a.status, a.raw)
		}
	}
	for _, query := range []string{"/deputies?q=%ff%fe", "/deputies?need=%ed%a0%80", "/deputies?q=%00", "/deputies?q=%25%5f%5c", "/deputies?q='%20OR%201=1"} {
		if items := p.get(query).need(200)["items"].([]any); len(items) > 1 {
			t.Errorf("GET %s finds %d", query, len(items))
		}
	}
	if items := p.get("/deputies?q=%25").need(200)["items"].([]any); len(items) != 0 {
		t.Error("a percent sign finds everybody")
	}
}

// raw sends a body as it is.
func (p *phone) raw(method, path, body, contentType string) *answer {
	p.s.t.Helper()
	req, err := http.NewRequestWithContext(p.s.t.Context(), method, p.s.url+path, strings.NewReader(body))
	if err != nil {
		p.s.t.Fatal(err)
	}
	if contentType != "" {
		req.Header.Set("Content-Type", contentType)
	}
	p.s.keys++
	req.Header.Set("Idempotency-Key", fmt.Sprintf("raw-key-%d", p.s.keys))
	return p.do(req)
}
