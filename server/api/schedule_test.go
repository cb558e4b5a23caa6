package api

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	ics "github.com/arran4/golang-ical"

	"warmcabin/server/cabin"
)

// cabinStreet is a walker on a street with one station and one deputy, who receives on
// Wednesdays from 9 to 12; everybody's scope is 1.
type cabinStreet struct {
	*walker
	log strings.Builder
}

func newCabinStreet(t *testing.T) *cabinStreet {
	t.Helper()
	s := &cabinStreet{walker: newWalker(t)}
	s.server.Log = slog.New(slog.NewJSONHandler(&s.log, nil))
	s.server.PublicURL = "https://cabin.example"
	for _, stmt := range []string{
		`INSERT INTO stations (id, kind, name, address, phone) VALUES (1, 'central', '中心站', '和平路 1 号，二楼；东侧', '010-12345')`,
		`INSERT INTO rooms (id, station_id, name) VALUES (1, 1, '接待室')`,
		`INSERT INTO deputies (id, name, level, station_id) VALUES (1, '林晓', 'district', 1), (2, '周宁', 'city', 1)`,
		`INSERT INTO deputy_hours (deputy_id, station_id, room_id, weekday, from_minute, to_minute, slot_minutes, service) VALUES (1, 1, 1, 3, 540, 720, 30, 'talk_one'), (2, 1, 1, 2, 540, 720, 30, 'talk_one')`,
	} {
		if _, err := s.x.Exec(stmt); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

// do sends a body and returns the status and the answer.
func (s *cabinStreet) do(t *testing.T, as cabin.Role, method, path, body string) (int, string) {
	t.Helper()
	req := httptest.NewRequestWithContext(t.Context(), method, Base+path, strings.NewReader(body))
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Idempotency-Key", fmt.Sprintf("key-%d", s.clock.Now().UnixMilli()))
	if as != "" {
		token, err := s.sessions.Create(t.Context(), s.people[as], "test", false)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", "Bearer "+token)
	}
	s.clock.Advance(time.Minute)
	answer := httptest.NewRecorder()
	s.server.ServeHTTP(answer, req)
	return answer.Code, answer.Body.String()
}

// ok is do for what must go well; the answer goes to out.
func (s *cabinStreet) ok(t *testing.T, as cabin.Role, method, path, body string, out any) {
	t.Helper()
	status, text := s.do(t, as, method, path, body)
	if status >= 300 {
		t.Fatalf("%s %s: %d %s", method, path, status, text)
	}
	if out != nil {
		if err := json.Unmarshal([]byte(text), out); err != nil {
			t.Fatal(err)
		}
	}
}

func TestHoursAreSaidInWords(t *testing.T) {
	s := newCabinStreet(t)
	var sch Schedule
	add := func(mend string) (int, string) {
		return s.do(t, cabin.Deputy, "POST", "/deputies/1/hours", `{"weekday":2,"from":"10:00","to":"11:30","stationId":1,"roomId":1,"service":"talk_one","slotMinutes":30`+mend+`}`)
	}
	status, text := add("")
	if err := json.Unmarshal([]byte(text), &sch); err != nil || status != http.StatusCreated {
		t.Fatal(status, text)
	}
	if h := sch.Hours[0]; len(sch.Hours) != 2 || h.SpanText != "周二 10:00–11:30" || h.SlotText != "每次 30 分钟，共 3 次" || h.Warning != "这个房间同时也排了周宁代表 9:00–12:00，先约到的先用。" {
		t.Errorf("%+v", sch.Hours)
	}
	if sch.Hours[1].Warning != "" || sch.OutsideText != "" {
		t.Errorf("%+v", sch)
	}
	for _, c := range []struct{ what, body, field string }{
		{"too early", `"from":"5:45","to":"11:00","stationId":1,"roomId":1,"service":"talk_one","slotMinutes":30`, "from"},
		{"too late", `"from":"21:00","to":"22:15","stationId":1,"roomId":1,"service":"talk_one","slotMinutes":30`, "to"},
		{"no slot fits", `"from":"9:00","to":"9:30","stationId":1,"roomId":1,"service":"talk_one","slotMinutes":45`, "to"},
		{"odd minutes", `"from":"9:10","to":"11:00","stationId":1,"roomId":1,"service":"talk_one","slotMinutes":30`, "from"},
		{"no time", `"from":"morning","to":"11:00","stationId":1,"roomId":1,"service":"talk_one","slotMinutes":30`, "from"},
		{"odd slots", `"from":"9:00","to":"11:00","stationId":1,"roomId":1,"service":"talk_one","slotMinutes":20`, "slotMinutes"},
		{"odd pauses", `"from":"9:00","to":"11:00","stationId":1,"roomId":1,"service":"talk_one","slotMinutes":30,"pauseMinutes":10`, "pauseMinutes"},
		{"a talk", `"from":"9:00","to":"11:00","stationId":1,"roomId":1,"service":"group_talk","slotMinutes":30`, "service"},
		{"no station", `"from":"9:00","to":"11:00","stationId":7,"service":"phone","slotMinutes":30`, "stationId"},
		{"a room elsewhere", `"from":"9:00","to":"11:00","stationId":1,"roomId":7,"service":"talk_one","slotMinutes":30`, "roomId"},
		{"no room", `"from":"9:00","to":"11:00","stationId":1,"service":"talk_one","slotMinutes":30`, "roomId"},
		{"a room to phone in", `"from":"9:00","to":"11:00","stationId":1,"roomId":1,"service":"phone","slotMinutes":30`, "roomId"},
		{"over their own", `"from":"11:00","to":"12:00","stationId":1,"roomId":1,"service":"talk_one","slotMinutes":30`, "from"},
	} {
		status, text := s.do(t, cabin.Deputy, "POST", "/deputies/1/hours", `{"weekday":2,`+c.body+`}`)
		if status != http.StatusUnprocessableEntity || !strings.Contains(text, `"path":"`+c.field+`"`) {
			t.Errorf("%s: %d %s", c.what, status, text)
		}
	}
	id := sch.Hours[0].ID
	s.ok(t, cabin.Staff, "PUT", fmt.Sprintf("/deputies/1/hours/%d", id), `{"weekday":3,"from":"8:00","to":"9:00","stationId":1,"service":"phone","slotMinutes":15,"pauseMinutes":15}`, &sch)
	if h := sch.Hours[0]; len(sch.Hours) != 2 || h.ID != id || h.SpanText != "周三 8:00–9:00" || h.SlotText != "每次 15 分钟，间隔 15 分钟，共 2 次" || h.RoomID != 0 {
		t.Errorf("changed, and before the other of the day: %+v", sch.Hours)
	}
	s.ok(t, cabin.Admin, "PUT", "/deputies/1/day-cap", `{"dayCap":4}`, &sch)
	if sch.DayCap != 4 {
		t.Errorf("%+v", sch)
	}
	if status, _ := s.do(t, cabin.Deputy, "GET", "/deputies/2/schedule", ""); status != http.StatusForbidden {
		t.Errorf("another deputy's schedule: %d", status)
	}
	s.ok(t, cabin.Admin, "DELETE", fmt.Sprintf("/deputies/1/hours/%d", sch.Hours[0].ID), "", &sch)
	if len(sch.Hours) != 1 || sch.Hours[0].ID == id {
		t.Errorf("%+v", sch.Hours)
	}
}

// TestLeaveIsTold: what the deputy is told before, what is told after, and the same again.
func TestLeaveIsTold(t *testing.T) {
	s := newCabinStreet(t)
	var b Booking
	s.ok(t, cabin.Resident, "POST", "/bookings", `{"deputyId":1,"start":"2026-11-25T09:00:00+08:00","topic":"邻里","note":"暗号"}`, &b)
	const from, to = "2026-11-25T00:00:00+08:00", "2026-11-26T00:00:00+08:00"
	var before Affected
	s.ok(t, cabin.Staff, "GET", "/deputies/1/affected?from="+strings.ReplaceAll(from, "+", "%2B")+"&to="+strings.ReplaceAll(to, "+", "%2B"), "", &before)
	if len(before.Bookings) != 1 || before.Bookings[0].Became != "offered" || before.Text != "有 1 个预约，会逐个提出另一个时间，由选民选择。" {
		t.Fatalf("%+v", before)
	}
	var added ExceptionAdded
	s.ok(t, cabin.Staff, "POST", "/deputies/1/exceptions", `{"kind":"leave","from":"`+from+`","to":"`+to+`","reason":"住院","words":"身体不适"}`, &added)
	if got := added.Affected.Bookings; len(got) != 1 || got[0].Became != "offered" || got[0].Text != "已提出 12月2日 周三 上午 9:00–9:30，等选民选择" {
		t.Errorf("%+v", got)
	}
	if e := added.Schedule.Exceptions; len(e) != 1 || e[0].TimeText != "11月25日 周三 全天" || e[0].Reason != "住院" {
		t.Errorf("%+v", e)
	}
	_, text := s.do(t, cabin.Resident, "GET", fmt.Sprintf("/bookings/%d", b.ID), "")
	if strings.Contains(text, "住院") || !strings.Contains(text, "代表临时有事：身体不适") {
		t.Errorf("the resident reads %s", text)
	}
	var week Week
	s.ok(t, cabin.Deputy, "GET", "/deputy/week?from=2026-11-23", "", &week)
	if d := week.Days[2]; len(week.Days) != 7 || len(d.Leaves) != 1 || d.Free != 0 || d.Taken != 0 {
		t.Errorf("%+v", week.Days[2])
	}
	s.ok(t, cabin.Deputy, "GET", "/deputy/week?from=2026-11-30", "", &week)
	if d := week.Days[2]; d.Taken != 1 || d.Free != 5 || d.Bookings[0].Offer == nil {
		t.Errorf("%+v", d)
	}
	var sch Schedule
	s.ok(t, cabin.Deputy, "DELETE", fmt.Sprintf("/deputies/1/exceptions/%d", added.ID), "", &sch)
	if len(sch.Exceptions) != 0 {
		t.Errorf("%+v", sch.Exceptions)
	}
}

// event parses a calendar with one event, and holds its lines to RFC 5545.
func event(t *testing.T, text string) *ics.VEvent {
	t.Helper()
	for line := range strings.SplitSeq(strings.TrimSuffix(text, "\r\n"), "\r\n") {
		if len(line) > 75 || strings.Contains(line, "\n") || !utf8.ValidString(line) {
			t.Errorf("a line of %d octets: %q", len(line), line)
		}
	}
	cal, err := ics.ParseCalendar(strings.NewReader(text))
	if err != nil || len(cal.Events()) != 1 {
		t.Fatalf("%v: %s", err, text)
	}
	return cal.Events()[0]
}

func TestBookingInACalendar(t *testing.T) {
	s := newCabinStreet(t)
	var b Booking
	s.ok(t, cabin.Resident, "POST", "/bookings", `{"deputyId":1,"start":"2026-11-25T09:00:00+08:00","topic":"邻里","note":"暗号"}`, &b)
	path := fmt.Sprintf("/bookings/%d/calendar", b.ID)
	value := func(e *ics.VEvent, p ics.ComponentProperty) string { return e.GetProperty(p).Value }
	_, text := s.do(t, cabin.Resident, "GET", path, "")
	e := event(t, text)
	uid, first := value(e, ics.ComponentPropertyUniqueId), value(e, ics.ComponentPropertySequence)
	if value(e, ics.ComponentPropertyStatus) != "TENTATIVE" || value(e, ics.ComponentPropertyDtStart) != "20261125T010000Z" || value(e, ics.ComponentPropertyDtEnd) != "20261125T013000Z" ||
		value(e, ics.ComponentPropertySummary) != "见林晓代表（面谈）" || value(e, ics.ComponentPropertyLocation) != "中心站 接待室（和平路 1 号，二楼；东侧）" {
		t.Errorf("%s", text)
	}
	if !strings.Contains(text, "METHOD:PUBLISH\r\n") || !strings.Contains(text, "TRIGGER:-PT2H\r\n") {
		t.Errorf("%s", text)
	}
	s.ok(t, cabin.Deputy, "POST", fmt.Sprintf("/bookings/%d/commands", b.ID), `{"command":"accept"}`, nil)
	_, text = s.do(t, cabin.Deputy, "GET", path, "")
	if e = event(t, text); value(e, ics.ComponentPropertyStatus) != "CONFIRMED" || value(e, ics.ComponentPropertyUniqueId) != uid ||
		value(e, ics.ComponentPropertySequence) <= first || value(e, ics.ComponentPropertySummary) != "接待选民：面谈" || strings.Contains(text, "暗号") {
		t.Errorf("%s", text)
	}
	s.ok(t, cabin.Resident, "POST", fmt.Sprintf("/bookings/%d/commands", b.ID), `{"command":"cancel"}`, nil)
	_, text = s.do(t, cabin.Resident, "GET", path, "")
	if e = event(t, text); value(e, ics.ComponentPropertyStatus) != "CANCELLED" || strings.Contains(text, "VALARM") {
		t.Errorf("%s", text)
	}
	for _, as := range []cabin.Role{cabin.Staff, cabin.Admin, cabin.Department, cabin.Auditor} {
		if status, _ := s.do(t, as, "GET", path, ""); status != http.StatusNotFound {
			t.Errorf("as %s: %d", as, status)
		}
	}
}

// TestFeedKeepsItsSecrets: the feed says nothing of a resident, and no log has its address.
func TestFeedKeepsItsSecrets(t *testing.T) {
	s := newCabinStreet(t)
	if err := s.server.DB.People.Rename(t.Context(), s.people[cabin.Resident], "王秀兰"); err != nil {
		t.Fatal(err)
	}
	var b Booking
	s.ok(t, cabin.Resident, "POST", "/bookings", `{"deputyId":1,"start":"2026-11-25T09:00:00+08:00","topic":"离婚","note":"暗号"}`, &b)
	s.ok(t, cabin.Deputy, "POST", fmt.Sprintf("/bookings/%d/commands", b.ID), `{"command":"accept"}`, nil)
	var address FeedAddress
	s.ok(t, cabin.Deputy, "POST", "/deputies/1/calendar-feed", "", &address)
	path, found := strings.CutPrefix(address.URL, "https://cabin.example"+Base)
	if !found {
		t.Fatal(address.URL)
	}
	status, text := s.do(t, "", "GET", path, "")
	if e := event(t, text); status != http.StatusOK || e.GetProperty(ics.ComponentPropertySummary).Value != "接待选民：面谈" {
		t.Errorf("%d %s", status, text)
	}
	if !strings.Contains(text, "\r\nREFRESH-INTERVAL;VALUE=DURATION:PT1H\r\n") {
		t.Errorf("how often it is fetched is not said in one way: %.400s", text)
	}
	for _, secret := range []string{"王秀兰", "离婚", "暗号", "010-12345"} {
		if strings.Contains(text, secret) {
			t.Errorf("the feed says %q", secret)
		}
	}
	s.ok(t, cabin.Deputy, "DELETE", "/deputies/1/calendar-feed", "", nil)
	status, text = s.do(t, "", "GET", path, "")
	if status != http.StatusNotFound || !strings.Contains(text, `"code":"not_found"`) {
		t.Errorf("an address that was ended: %d %s", status, text)
	}
	key := strings.TrimSuffix(path[strings.LastIndex(path, "/")+1:], ".ics")
	if len(key) < 26 || strings.Contains(s.log.String(), key) || !strings.Contains(s.log.String(), "/calendar-feeds/:secret") {
		t.Errorf("the log: %s", s.log.String())
	}
	refused := 0
	for range 40 { // from one address, at one moment
		req := httptest.NewRequestWithContext(t.Context(), "GET", Base+"/calendar-feeds/GUESS", nil)
		answer := httptest.NewRecorder()
		s.server.ServeHTTP(answer, req)
		if answer.Code == http.StatusTooManyRequests {
			refused++
		}
	}
	if refused == 0 {
		t.Error("forty guesses at once are all answered")
	}
}
