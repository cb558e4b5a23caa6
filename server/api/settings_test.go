package api

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"warmcabin/server/cabin"
)

// ask sends a request as somebody who holds the role and decodes the answer into dest.
func (w *walker) ask(t *testing.T, as cabin.Role, method, path, body string, dest any) int {
	t.Helper()
	req := httptest.NewRequestWithContext(t.Context(), method, Base+path, strings.NewReader(body))
	req.Header.Set("Content-Type", "application/json")
	if as != "" {
		token, err := w.sessions.Create(t.Context(), w.people[as], "walker", false)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", "Bearer "+token)
	}
	w.clock.Advance(time.Minute)
	answer := httptest.NewRecorder()
	w.server.ServeHTTP(answer, req)
	if dest != nil {
		if err := json.Unmarshal(answer.Body.Bytes(), dest); err != nil {
			t.Fatalf("%s %s: %d %s: %v", method, path, answer.Code, answer.Body, err)
		}
	}
	return answer.Code
}

func TestPresetsOverHTTP(t *testing.T) {
	w := newWalker(t)
	if err := w.server.DB.People.Rename(t.Context(), w.people[cabin.Admin], "何主任"); err != nil {
		t.Fatal(err)
	}
	var saved Preset
	if status := w.ask(t, cabin.Admin, http.MethodPut, "/presets/book_ahead_days", `{"value":14}`, &saved); status != 200 || saved.Value != 14 || saved.Default != 30 || saved.ChangedBy != "何主任" || saved.ChangedAt == nil {
		t.Errorf("%d %+v", status, saved)
	}
	var list List[Preset]
	if status := w.ask(t, cabin.Admin, http.MethodGet, "/presets", "", &list); status != 200 || len(list.Items) != len(cabin.PresetRules) {
		t.Fatalf("%d, %d limits", status, len(list.Items))
	}
	for _, p := range list.Items {
		if (p.ChangedAt != nil) != (p.Name == "book_ahead_days") || p.Unit == "" || p.Meaning == "" || p.Group == "" || p.Min >= p.Max {
			t.Errorf("%+v", p)
		}
	}
	for _, c := range []struct {
		path, body string
		want       int
		words      string
	}{
		{"/presets/book_ahead_days", `{"value":91}`, 422, "1 到 90 天"}, {"/presets/book_ahead_days", `{"value":"14"}`, 422, ""}, {"/presets/book_ahead_days", `{"value":1.5}`, 422, ""},
		{"/presets/book_ahead_days", `{}`, 422, ""}, {"/presets/nothing", `{"value":1}`, 404, ""}, {"/presets/answer_within_hours", `{"value":24}`, 422, "转给联络站要早于过期"},
	} {
		var p Problem
		if status := w.ask(t, cabin.Admin, http.MethodPut, c.path, c.body, &p); status != c.want || !strings.Contains(p.Detail, c.words) || p.Detail == "" {
			t.Errorf("%s %s: %d %q", c.path, c.body, status, p.Detail)
		}
	}
}

func TestCalendarOverHTTP(t *testing.T) {
	w := newWalker(t)
	var saved SavedDay
	if status := w.ask(t, cabin.Admin, http.MethodPut, "/calendar/2026-11-28", `{"workday":true,"name":"","asWeekday":0}`, &saved); status != 200 || saved.Note != "" {
		t.Errorf("%d %+v", status, saved)
	}
	var year Year
	if status := w.ask(t, cabin.Admin, http.MethodGet, "/calendar", "", &year); status != 200 || year.Year != 2026 || !year.Published || year.Note != "" {
		t.Errorf("%d %+v", status, year)
	}
	seen := 0
	for _, d := range year.Days {
		switch d.Date {
		case "2026-11-28":
			seen++
			if !d.Own || !d.Workday || d.AsWeekday != 0 || d.Label != "11月28日 周六" || d.Past {
				t.Errorf("%+v", d)
			}
		case "2026-10-01":
			seen++
			if d.Own || d.Workday || !d.Past || d.Published != "国庆节放假" {
				t.Errorf("%+v", d)
			}
		}
	}
	if seen != 2 {
		t.Errorf("%d of 2 days", seen)
	}
	if status := w.ask(t, cabin.Admin, http.MethodGet, "/calendar?year=2028", "", &year); status != 200 || year.Published || !strings.Contains(year.Note, "2028年放假安排还没公布") || len(year.Days) != 0 {
		t.Errorf("%d %+v", status, year)
	}
	if status := w.ask(t, cabin.Admin, http.MethodDelete, "/calendar/2026-11-28", "", nil); status != 204 {
		t.Errorf("%d", status)
	}
	for _, c := range []struct{ method, path, body string }{
		{http.MethodPut, "/calendar/2026-11-20", `{"workday":false,"name":"","asWeekday":-1}`}, {http.MethodPut, "/calendar/tomorrow", `{"workday":false,"name":"","asWeekday":-1}`},
		{http.MethodPut, "/calendar/2026-11-27", `{"workday":false,"name":"","asWeekday":9}`}, {http.MethodPut, "/calendar/2026-11-27", `{"workday":false}`},
		{http.MethodGet, "/calendar?year=1999", ""}, {http.MethodGet, "/calendar?year=x", ""}, {http.MethodDelete, "/calendar/x", ""},
	} {
		var p Problem
		if status := w.ask(t, cabin.Admin, c.method, c.path, c.body, &p); status != 422 || p.Detail == "" {
			t.Errorf("%s %s %s: %d %q", c.method, c.path, c.body, status, p.Detail)
		}
	}
}

// A holiday over agreed meetings takes none away: the admin is told how many there are.
func TestAHolidayTellsWhatIsAgreed(t *testing.T) {
	w := newWalker(t)
	w.furnish(t)
	w.sql(t, `INSERT INTO bookings (resident_id, deputy_id, station_id, service, starts_at, ends_at, state, created_at, updated_at) VALUES
		(1, 1, 1, 'talk_one', '2026-12-31 01:00', '2026-12-31 01:30', 'confirmed', '2026-11-01', '2026-11-01'),
		(1, 1, 1, 'talk_one', '2026-12-30 16:00', '2026-12-30 16:30', 'confirmed', '2026-11-01', '2026-11-01'),
		(1, 1, 1, 'talk_one', '2026-12-31 03:00', '2026-12-31 03:30', 'cancelled', '2026-11-01', '2026-11-01'),
		(1, 1, 1, 'talk_one', '2026-12-31 16:00', '2026-12-31 16:30', 'confirmed', '2026-11-01', '2026-11-01')`)
	var saved SavedDay
	if w.ask(t, cabin.Admin, http.MethodPut, "/calendar/2026-12-31", `{"workday":false,"name":"元旦","asWeekday":-1}`, &saved); saved.Bookings != 2 || !strings.Contains(saved.Note, "2 个约好的预约，不会自动取消") {
		t.Errorf("%+v", saved)
	}
	var year Year
	w.ask(t, cabin.Admin, http.MethodGet, "/calendar", "", &year)
	if d := year.Days[len(year.Days)-1]; d.Date != "2026-12-31" || d.Bookings != 2 || d.Name != "元旦" {
		t.Errorf("%+v", d)
	}
}

// A day of a year that is not published yet says so, on the days that can be booked.
func TestSlotsSayThatAYearIsNotPublished(t *testing.T) {
	w := newWalker(t)
	w.furnish(t)
	w.clock.Set(time.Date(2026, 12, 28, 9, 0, 0, 0, cabin.Shanghai))
	var got days
	if status := w.ask(t, "", http.MethodGet, "/deputies/1/slots?days=14", "", &got); status != 200 || len(got.Days) != 14 {
		t.Fatalf("%d, %d days", status, len(got.Days))
	}
	said := 0
	for _, d := range got.Days {
		want := ""
		if strings.HasPrefix(d.Date, "2027") && d.Free > 0 {
			want = "2027年放假安排还没公布，按平常周几算"
			said++
		}
		if d.Free > 0 && d.Note != want {
			t.Errorf("%s: %q", d.Date, d.Note)
		}
	}
	if said == 0 {
		t.Error("no day of 2027 can be booked")
	}
}

func TestNeedsOverHTTP(t *testing.T) {
	w := newWalker(t)
	w.furnish(t)
	var words List[SpecialityWords]
	if status := w.ask(t, cabin.Admin, http.MethodPut, "/office/needs", `{"word":"睡不好","specialityId":1,"position":1}`, &words); status != 200 || len(words.Items) != 2 || len(words.Items[0].Words) != 1 || words.Items[0].Words[0] != (NeedOnHome{"睡不好", 1}) {
		t.Errorf("%d %+v", status, words)
	}
	search := func(need string) (found List[Deputy]) {
		if status := w.ask(t, "", http.MethodGet, "/deputies?limit=1&need="+url.QueryEscape(need), "", &found); status != 200 {
			t.Fatalf("%s: %d", need, status)
		}
		return found
	}
	// One page of one: no cursor leads on, although the page is full.
	if got := search("老是睡不着"); len(got.Items) != 1 || got.Next != "" || got.Items[0].Reason != "擅长“心理健康”，您说的和“睡不好”相近" {
		t.Errorf("%+v", got)
	}
	for _, need := range []string{"想学钓鱼", "周末去书法班", "钓鱼比赛"} {
		if got := search(need); len(got.Items) != 0 {
			t.Errorf("%s: %+v", need, got)
		}
	}
	for range 2 {
		w.clock.Advance(time.Minute)
		search("钓鱼比赛")
	}
	var unmet List[UnmetNeed]
	var listed []string
	for next := ""; ; {
		if status := w.ask(t, cabin.Admin, http.MethodGet, "/office/unmet-needs?limit=1&cursor="+next, "", &unmet); status != 200 {
			t.Fatal(status)
		}
		for _, u := range unmet.Items {
			listed = append(listed, fmt.Sprint(u.Word, u.Times))
		}
		if next = unmet.Next; next == "" {
			break
		}
	}
	if fmt.Sprint(listed) != "[钓鱼比赛3 周末去书法班1 想学钓鱼1]" {
		t.Errorf("%v", listed)
	}
	if status := w.ask(t, cabin.Admin, http.MethodPost, "/office/unmet-needs/serve", `{"unmet":"想学钓鱼","word":"钓鱼","specialityId":2}`, &words); status != 200 || len(words.Items[1].Words) != 1 {
		t.Errorf("%d %+v", status, words)
	}
	if status := w.ask(t, cabin.Admin, http.MethodDelete, "/office/unmet-needs?word="+url.QueryEscape("周末去书法班"), "", nil); status != 204 {
		t.Error(status)
	}
	if w.ask(t, cabin.Admin, http.MethodGet, "/office/unmet-needs", "", &unmet); len(unmet.Items) != 0 {
		t.Errorf("%+v", unmet)
	}
	if got := search("钓鱼"); len(got.Items) != 1 || got.Items[0].Name != "周宁" {
		t.Errorf("%+v", got)
	}
	if status := w.ask(t, cabin.Admin, http.MethodDelete, "/office/needs?specialityId=2&word="+url.QueryEscape("钓鱼"), "", nil); status != 204 {
		t.Error(status)
	}
	for _, c := range []struct {
		method, path, body string
		want               int
	}{
		{http.MethodPut, "/office/needs", `{"word":"鱼","specialityId":1}`, 422}, {http.MethodPut, "/office/needs", `{"word":"钓鱼","specialityId":77}`, 422},
		{http.MethodDelete, "/office/needs?specialityId=2&word=x", "", 404}, {http.MethodDelete, "/office/needs", "", 422}, {http.MethodDelete, "/office/unmet-needs?word=x", "", 404},
		{http.MethodGet, "/office/unmet-needs?cursor=!!", "", 422}, {http.MethodGet, "/office/unmet-needs?cursor=MS4y", "", 422}, {http.MethodGet, "/office/unmet-needs?cursor=MC4xLng", "", 422},
		{http.MethodGet, "/office/unmet-needs?cursor=" + "MS45OTk5OTk5OTk5OTk5OTk5OTkueA", "", 422},
	} {
		var p Problem
		if status := w.ask(t, cabin.Admin, c.method, c.path, c.body, &p); status != c.want || p.Detail == "" {
			t.Errorf("%s %s %s: %d %+v", c.method, c.path, c.body, status, p)
		}
	}
}

func TestDeputyFiltersOverHTTP(t *testing.T) {
	w := newWalker(t)
	w.furnish(t)
	var f DeputyFilters
	if status := w.ask(t, "", http.MethodGet, "/deputy-filters", "", &f); status != 200 || len(f.Specialities) != 2 || fmt.Sprint(f.Constituencies) != "[第一选区 第二选区]" || len(f.Stations) != 1 {
		t.Errorf("%d %+v", status, f)
	}
	for query, want := range map[string]string{
		"speciality=2": "周宁", "constituency=" + url.QueryEscape("第一选区"): "林晓", "speciality=2&constituency=" + url.QueryEscape("第一选区"): "", "speciality=99": "",
	} {
		var found List[Deputy]
		if status := w.ask(t, "", http.MethodGet, "/deputies?"+query, "", &found); status != 200 || (want == "") != (len(found.Items) == 0) || want != "" && found.Items[0].Name != want {
			t.Errorf("%s: %d %+v", query, status, found.Items)
		}
	}
}

// furnish sets up two deputies who receive every weekday.
func (w *walker) furnish(t *testing.T) {
	t.Helper()
	for _, stmt := range []string{
		`INSERT INTO stations (id, kind, name, address) VALUES (1, 'central', '中心站', '和平路 1 号')`,
		`INSERT INTO deputies (id, name, level, constituency, station_id) VALUES (1, '林晓', 'district', '第一选区', 1), (2, '周宁', 'city', '第二选区', 1)`,
		`INSERT INTO specialities (id, name) VALUES (1, '心理健康'), (2, '创业就业')`,
		`INSERT INTO deputy_specialities VALUES (1, 1), (2, 2)`,
		`INSERT INTO deputy_hours (deputy_id, station_id, room_id, weekday, from_minute, to_minute, slot_minutes, service)
			VALUES (1, 1, 0, 1, 540, 720, 30, 'phone'), (1, 1, 0, 3, 540, 720, 30, 'phone'), (1, 1, 0, 5, 540, 720, 30, 'phone')`,
	} {
		w.sql(t, stmt)
	}
}

func (w *walker) sql(t *testing.T, query string) {
	t.Helper()
	if _, err := w.x.Exec(query); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
}
