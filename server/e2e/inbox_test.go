package e2e

import (
	"crypto/rand"
	"fmt"
	"strings"
	"testing"
	"time"

	"warmcabin/server/cabin"
)

func (p *phone) unread() int {
	p.s.t.Helper()
	n, _ := p.get("/me/notices?limit=1").need(200)["unread"].(float64)
	return int(n)
}

func TestReadingTheInbox(t *testing.T) {
	s := open(t)
	p, other := s.person("one"), s.person("two")
	for i := range 45 {
		for _, who := range []*phone{p, other} {
			s.exec(`INSERT INTO notices (person_id, matter_kind, matter_id, title, body, page, created_at) VALUES (?, 'booking', 1, ?, '内容', '/pages/x', ?)`, who.id, fmt.Sprintf("第 %d 条", i+1), s.clock.Now())
		}
	}
	// Page by page, newest first, each once, and an end.
	var titles []string
	ids := map[float64]bool{}
	cursor, pages := "", 0
	for {
		page := p.get("/me/notices?limit=20&cursor=" + cursor).need(200)
		for _, item := range page["items"].([]any) {
			m := item.(map[string]any)
			titles, ids[m["id"].(float64)] = append(titles, m["title"].(string)), true
		}
		pages++
		if cursor = page["next"].(string); cursor == "" || pages > 5 {
			break
		}
	}
	if len(titles) != 45 || len(ids) != 45 || pages != 3 || titles[0] != "第 45 条" || titles[44] != "第 1 条" {
		t.Fatalf("%d notices of 45 on %d pages, from %q to %q", len(ids), pages, titles[0], titles[len(titles)-1])
	}
	first := p.get("/me/notices?limit=1").need(200)["items"].([]any)[0].(map[string]any)["id"]

	// Somebody else's notice does nothing, and tells nothing.
	read := other.post("/me/notices/read", map[string]any{"ids": []any{first, 999_999, -1}})
	if read.need(200)["unread"].(float64) != 45 || p.unread() != 45 {
		t.Errorf("somebody else read mine: %s, %d unread", read.raw, p.unread())
	}
	for range 2 { // twice is as once
		if got := p.post("/me/notices/read", map[string]any{"ids": []any{first}}).need(200)["unread"]; got != 44.0 {
			t.Errorf("after reading one: %v", got)
		}
	}
	if got := p.get("/me").need(200)["unread"]; got != 44.0 {
		t.Errorf("/me says %v", got)
	}
	if got := p.get("/home").need(200)["unread"]; got != 44.0 {
		t.Errorf("/home says %v", got)
	}
	p.post("/me/notices/read", map[string]any{"all": true}).need(200)
	if p.unread() != 0 || other.unread() != 45 {
		t.Errorf("after reading all: mine %d, somebody else's %d", p.unread(), other.unread())
	}
}

// One row a matter, the last moved first, page by page; opening one reads it all.
func TestInboxByMatter(t *testing.T) {
	s := open(t)
	p, other := s.phone("resident"), s.phone("other")
	for i, n := range []struct {
		kind   string
		matter int
	}{{"booking", 1}, {"report", 1}, {"booking", 1}, {"booking", 2}, {"report", 1}, {"booking", 1}} {
		for _, who := range []int64{p.id, other.id} {
			s.exec(`INSERT INTO notices (person_id, matter_kind, matter_id, title, body, page, created_at) VALUES (?, ?, ?, ?, '', '/p', ?)`, who, n.kind, n.matter, fmt.Sprint("news ", i), s.clock.Now())
		}
	}
	seen, cursor := "", ""
	for range 5 {
		page := p.get("/me/inbox?limit=1&cursor=" + cursor).need(200)
		for _, m := range page["items"].([]any) {
			m := m.(map[string]any)
			seen += fmt.Sprint(m["title"], " ", m["unread"], "; ")
		}
		if cursor = page["next"].(string); cursor == "" {
			break
		}
	}
	if seen != "news 5 3; news 4 2; news 3 1; " {
		t.Error(seen)
	}
	if got := p.post("/me/notices/read", map[string]any{"matterKind": "booking", "matterId": 1}).need(200)["unread"]; got != 3.0 {
		t.Errorf("after reading a matter: %v", got)
	}
	if other.unread() != 6 {
		t.Errorf("somebody else's: %d", other.unread())
	}
	p.post("/me/notices/read", map[string]any{"matterKind": "booking"}).need(422)
}

func TestPromptsToAskFor(t *testing.T) {
	s := open(t)
	p := s.phone("resident")
	for moment, want := range map[string]int{"booking": 2, "report": 2, "matter": 0, "workbench": 0} {
		asked := p.get("/me/prompts?moment=" + moment).need(200)["templates"].([]any)
		if len(asked) != want || len(asked) > 3 {
			t.Errorf("%s asks for %d templates", moment, len(asked))
		}
	}
	// Any nonsense as an answer is no consent.
	id := s.ids[string(cabin.TellBookingAnswered)]
	for _, answer := range []string{"reject", "ban", "filter", "", "ACCEPT", "yes"} {
		p.post("/me/prompts", map[string]any{"promptId": rand.Text(), "results": map[string]string{id: answer}}).need(204)
	}
	credits, err := s.db.Consents.Credits(t.Context(), p.id)
	if err != nil || credits[cabin.TellBookingAnswered] != 0 {
		t.Errorf("nonsense counts as consent: %v, %v", credits, err)
	}
	p.allow(cabin.TellBookingAnswered)
	p.allow(cabin.TellBookingAnswered)
	for range 2 { // the phone did not hear that it arrived
		p.post("/me/prompts", map[string]any{"promptId": "the-same-one", "results": map[string]string{s.ids[string(cabin.TellReportResult)]: "accept"}}).need(204)
	}
	if credits, err = s.db.Consents.Credits(t.Context(), p.id); err != nil || credits[cabin.TellBookingAnswered] != 2 {
		t.Errorf("two consents are %v, %v", credits, err)
	}
	if credits[cabin.TellReportResult] != 1 {
		t.Errorf("one prompt reported twice counts %d", credits[cabin.TellReportResult])
	}
	ask := func(query string) int {
		return len(p.get("/me/prompts?moment=" + query).need(200)["templates"].([]any))
	}
	p.post("/me/prompts", map[string]any{"promptId": "asked-just-now", "visit": "yesterday", "results": map[string]string{s.ids[string(cabin.TellBookingChanged)]: "reject"}}).need(204)
	if n := ask("booking"); n != 0 {
		t.Errorf("twice in a row: %d", n)
	}
	s.clock.Advance(2 * time.Minute)
	if n := ask("booking"); n != 1 { // booking_changed; of the other there are two to spare
		t.Errorf("with credits in hand it asks for %d", n)
	}
	p.post("/me/prompts", map[string]any{"promptId": "refused-now", "visit": "today", "results": map[string]string{s.ids[string(cabin.TellBookingChanged)]: "reject"}}).need(204)
	s.clock.Advance(2 * time.Minute)
	if here, later := ask("booking&visit=today"), ask("booking&visit=tomorrow"); here != 0 || later != 1 {
		t.Errorf("after a refusal it asks for %d in this visit, %d in the next", here, later)
	}
}

// Every list ends, and shows each thing once, whatever its order.
func TestListsEnd(t *testing.T) {
	s := open(t)
	staff, deputy := s.staffAndDeputy()
	p := s.person("resident")
	for i := range 23 {
		at := s.clock.Now().Add(-1) // many with the same deadline
		s.exec(`INSERT INTO reports (reporter_id, category_id, station_id, community_id, deputy_id, place_text, body, state, waiting, due_from, due_at, created_at, updated_at)
			VALUES (?, 1, 1, 1, 1, '路口', '小区路面积水', 'submitted', 'staff', ?, ?, ?, ?)`, p.id, at, at.AddDate(0, 0, i/10), at, at)
		s.exec(`INSERT INTO bookings (resident_id, deputy_id, station_id, room_id, service, topic, starts_at, ends_at, state, created_at, updated_at)
			VALUES (?, 1, 1, 1, 'talk_one', '睡不好', ?, ?, 'completed', ?, ?)`, p.id, at.AddDate(0, 0, -i/10), at, at, at)
	}
	community := s.phone("community", cabin.Grant{Role: cabin.Community, ScopeID: 1})
	for path, who := range map[string]*phone{
		"/me/reports?": p, "/me/bookings?": p, "/desk/reports?queue=waiting&": staff, "/desk/bookings?view=past&": staff,
		"/deputy/bookings?view=past&": deputy, "/deputy/reports?": deputy, "/community/reports?": community,
	} {
		seen := map[float64]int{}
		cursor := ""
		for range 10 {
			page := who.get(path + "limit=7&cursor=" + cursor).need(200)
			for _, item := range page["items"].([]any) {
				seen[item.(map[string]any)["id"].(float64)]++
			}
			if cursor = page["next"].(string); cursor == "" {
				break
			}
		}
		if cursor != "" || len(seen) != 23 {
			t.Errorf("%s shows %d of 23; next is %q", path, len(seen), cursor)
		}
		for id, n := range seen {
			if n != 1 {
				t.Errorf("%s shows %v %d times", path, id, n)
			}
		}
	}
}

// Home lists what is open: also a place in a line, and seats at a talk by the talk's name.
func TestHomeListsLinesAndSeats(t *testing.T) {
	s := open(t)
	first, p := s.person("first"), s.person("next")
	first.book(wednesday(9, 30)).need(201)
	p.post("/waits", map[string]any{"deputyId": 1, "start": wednesday(9, 30), "topic": "睡不好"}).need(201)
	start := wednesday(14, 0).UTC()
	s.exec(`INSERT INTO talks (id, deputy_id, station_id, place_text, topic, seats, state, proposed_by, starts_at, ends_at, created_at, updated_at)
		VALUES (1, 1, 1, '活动中心', '冬季保健', 5, 'open', 1, ?, ?, ?, ?)`, start, start.Add(time.Hour), start.AddDate(0, 0, -9), start.AddDate(0, 0, -9))
	p.post("/talks/1/bookings", map[string]any{"party": 1}).need(201)
	titles := map[string]string{}
	for _, m := range p.get("/home").need(200)["matters"].([]any) {
		matter := m.(map[string]any)
		titles[matter["kind"].(string)] = matter["title"].(string)
	}
	if !strings.HasPrefix(titles["wait"], "候补") || !strings.HasPrefix(titles["booking"], "讲座“冬季保健”") {
		t.Errorf("home lists %v", titles)
	}
	if own := first.get("/home").need(200)["matters"].([]any); len(own) != 1 {
		t.Errorf("somebody else's home lists %v", own)
	}
}
