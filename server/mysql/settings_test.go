package mysql_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"warmcabin/server/cabin"
)

func (s *street) admin(t testing.TB, name string) cabin.Actor {
	t.Helper()
	a := s.person(t, fmt.Sprintf("admin%x", name), cabin.Grant{Role: cabin.Admin})
	if err := s.db.People.Rename(t.Context(), a.PersonID, name); err != nil {
		t.Fatal(err)
	}
	return a
}

// audited returns the details of an action's rows, oldest first.
func (s *street) audited(t testing.TB, action string) (details []map[string]any) {
	t.Helper()
	rows, err := s.x.Query(`SELECT detail, actor_role FROM audit WHERE action = ? ORDER BY id`, action)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var text, role string
		if err := rows.Scan(&text, &role); err != nil {
			t.Fatal(err)
		}
		detail := map[string]any{}
		if err := json.Unmarshal([]byte(text), &detail); err != nil || role != "admin" {
			t.Errorf("%s by %s: %v", text, role, err)
		}
		details = append(details, detail)
	}
	return details
}

func TestPresetsAreSaved(t *testing.T) {
	t.Parallel()
	s := newStreet(t, 1)
	office := s.admin(t, "何主任")
	s.db.Presets() // cached: a change must not wait for it to grow old
	if err := s.db.Settings.SavePreset(t.Context(), office, "open_bookings", 3); err != nil {
		t.Fatal(err)
	}
	if n := s.db.Presets().OpenBookings; n != 3 {
		t.Errorf("this process still counts to %d", n)
	}
	s.clock.Advance(time.Hour)
	if err := s.db.Settings.SavePreset(t.Context(), office, "open_bookings", 1); err != nil {
		t.Fatal(err)
	}
	list, err := s.db.Settings.List(t.Context())
	if err != nil || len(list) != len(cabin.PresetRules) {
		t.Fatalf("%d limits, %v", len(list), err)
	}
	for i, p := range list {
		rule := cabin.PresetRules[i]
		switch {
		case p.Name != rule.Name || p.Unit == "" || p.Meaning == "":
			t.Errorf("%+v stands for %s", p, rule.Name)
		case p.Name == "open_bookings" && (p.Value != 1 || p.Default != 2 || p.ChangedBy != "何主任" || p.ChangedAt == nil || !p.ChangedAt.Equal(s.clock.Now())):
			t.Errorf("%+v", p)
		case p.Name != "open_bookings" && (p.Value != rule.Default || p.ChangedAt != nil || p.ChangedBy != ""):
			t.Errorf("%s was never changed: %+v", p.Name, p)
		}
	}
	if got := fmt.Sprint(s.audited(t, "preset.save")); got != "[map[name:open_bookings new:3 old:2] map[name:open_bookings new:1 old:3]]" {
		t.Errorf("audit: %s", got)
	}

	for _, c := range []struct {
		name  string
		value int
		want  cabin.Code
		words string
	}{
		{"open_bookings", 0, cabin.CodeInvalid, "1 到 5 个"}, {"open_bookings", 6, cabin.CodeInvalid, "1 到 5 个"},
		{"no_such_limit", 1, cabin.CodeNotFound, ""}, {"", 1, cabin.CodeNotFound, ""},
		{"answer_desk_hours", 72, cabin.CodeInvalid, "72 工作小时转、72 工作小时过期"}, {"answer_within_hours", 24, cabin.CodeInvalid, "24 工作小时过期"},
		{"quiet_from_hour", 18, cabin.CodeInvalid, "前一天 18 点的提醒"}, {"answer_desk_hours", 71, "", ""}, {"answer_within_hours", 71, cabin.CodeInvalid, "71"},
		{"remind_eve_hour", 8, "", ""}, {"quiet_to_hour", 9, cabin.CodeInvalid, "落在免打扰里"}, {"quiet_to_hour", 8, "", ""},
		{"book_ahead_days", 1, "", ""}, {"book_lead_hours", 24, cabin.CodeInvalid, "没有能约的时间"}, {"book_lead_hours", 23, "", ""},
	} {
		err := s.db.Settings.SavePreset(t.Context(), office, c.name, c.value)
		wantCode(t, fmt.Sprint(c.name, " ", c.value), err, c.want)
		if err != nil && !strings.Contains(err.Error(), c.words) {
			t.Errorf("%s %d: %v does not say %q", c.name, c.value, err, c.words)
		}
	}
	if n := s.count(t, `SELECT COUNT(*) FROM presets`); n != 6 {
		t.Errorf("%d limits are stored: something that was refused, too", n)
	}
	// What an older version stored and nobody knows any more does not count.
	s.exec(t, `INSERT INTO presets VALUES ('gone', 1, 0, '2026-01-01'), ('check_in_minutes', 9999, 0, '2026-01-01')`)
	list, err = s.db.Settings.List(t.Context())
	for _, p := range list {
		if p.Name == "check_in_minutes" && (p.Value != 60 || p.ChangedAt != nil) {
			t.Errorf("%+v", p)
		}
	}
	if err != nil {
		t.Error(err)
	}
}

// Two admins who change what belongs together at one moment cannot both be right.
func TestPresetsThatBelongTogether(t *testing.T) {
	t.Parallel()
	s := newStreet(t, 0)
	one, two := s.admin(t, "何主任"), s.admin(t, "林科")
	for round := range 20 {
		s.exec(t, `DELETE FROM presets`)
		codes := tally(together(
			func() error { return s.db.Settings.SavePreset(t.Context(), one, "answer_desk_hours", 60) },
			func() error { return s.db.Settings.SavePreset(t.Context(), two, "answer_within_hours", 50) },
		))
		if codes[""] != 1 || codes[cabin.CodeInvalid] != 1 {
			t.Fatalf("round %d: %v", round, codes)
		}
	}
}

func TestCalendarIsSet(t *testing.T) {
	t.Parallel()
	s := newStreet(t, 1)
	office := s.admin(t, "何主任")
	s.booked(t, s.residents[0], 1, wednesday(9, 0), "a")
	s.exec(t, `UPDATE bookings SET state = 'confirmed'`)
	day := cabin.CalendarDay{Day: "2026-11-25", Name: " 街道运动会\u200b ", AsWeekday: 3}
	s.db.Presets()
	n, err := s.db.Settings.SaveDay(t.Context(), office, day)
	if err != nil || n != 1 {
		t.Fatalf("%d meetings, %v", n, err)
	}
	if name, _ := s.db.Presets().Calendar.Holiday(wednesday(9, 0)); name != "街道运动会" {
		t.Errorf("this process does not know the day: %q", name)
	}
	if slots, err := s.db.Places.Slots(t.Context(), 1, wednesday(0, 0), 1); err != nil || len(slots[0].Slots) != 0 {
		t.Errorf("slots on a day off: %+v, %v", slots, err)
	}
	if s.count(t, `SELECT COUNT(*) FROM bookings WHERE state = 'confirmed'`) != 1 {
		t.Error("the meeting did not stay")
	}
	// A Saturday by Wednesday's hours.
	if n, err := s.db.Settings.SaveDay(t.Context(), office, cabin.CalendarDay{Day: "2026-11-28", Workday: true, AsWeekday: 3}); err != nil || n != 0 {
		t.Fatal(n, err)
	}
	if slots, err := s.db.Places.Slots(t.Context(), 1, wednesday(0, 0).AddDate(0, 0, 3), 1); err != nil || len(slots[0].Slots) != 6 {
		t.Errorf("a Saturday by Wednesday's hours: %+v, %v", slots, err)
	}
	days, published, err := s.db.Settings.Year(t.Context(), 2026)
	if err != nil || !published || len(days) != 41 {
		t.Fatalf("%d days, %v, %v", len(days), published, err)
	}
	own := 0
	for i, d := range days {
		if i > 0 && d.Day <= days[i-1].Day {
			t.Errorf("%s after %s", d.Day, days[i-1].Day)
		}
		if d.Own {
			own++
		}
		switch d.Day {
		case "2026-11-25":
			if !d.Own || d.Workday || d.AsWeekday != -1 || d.Name != "街道运动会" || d.ChangedBy != "何主任" || d.Bookings != 1 || d.Published != "" {
				t.Errorf("%+v", d)
			}
		case "2026-10-01":
			if d.Own || d.Workday || d.Published != "国庆节放假" || d.Bookings != 0 {
				t.Errorf("%+v", d)
			}
		case "2026-10-10":
			if d.Own || !d.Workday || d.Published != "调休上班" {
				t.Errorf("%+v", d)
			}
		}
	}
	if own != 2 {
		t.Errorf("%d days of its own", own)
	}

	// Set again, and given back.
	if _, err := s.db.Settings.SaveDay(t.Context(), office, cabin.CalendarDay{Day: "2026-11-25", Workday: true, AsWeekday: -1}); err != nil {
		t.Fatal(err)
	}
	if err := s.db.Settings.RemoveDay(t.Context(), office, "2026-11-25"); err != nil {
		t.Fatal(err)
	}
	if slots, err := s.db.Places.Slots(t.Context(), 1, wednesday(0, 0), 1); err != nil || len(slots[0].Slots) != 6 {
		t.Errorf("given back: %+v, %v", slots, err)
	}
	wantCode(t, "given back twice", s.db.Settings.RemoveDay(t.Context(), office, "2026-11-25"), cabin.CodeNotFound)
	saved, removed := s.audited(t, "calendar.save"), s.audited(t, "calendar.remove")
	if len(saved) != 3 || saved[0]["old"] != nil || fmt.Sprint(saved[2]["old"], saved[2]["new"]) != "map[asWeekday:-1 name:街道运动会 workday:false] map[asWeekday:-1 name: workday:true]" || len(removed) != 1 {
		t.Errorf("audit: %v %v", saved, removed)
	}
}

func TestCalendarRefuses(t *testing.T) {
	t.Parallel()
	s := newStreet(t, 0)
	office := s.admin(t, "何主任")
	for _, d := range []cabin.CalendarDay{
		{Day: ""}, {Day: "2026-13-01"}, {Day: "2026-02-30"}, {Day: "2026-11-22"}, {Day: "2031-01-01"}, {Day: "2026-11-24' OR 1=1"},
		{Day: "2026-11-24", Workday: true, AsWeekday: 7}, {Day: "2026-11-24", Workday: true, AsWeekday: -2}, {Day: "2026-11-24", Name: strings.Repeat("字", cabin.MaxDayName+1)},
	} {
		_, err := s.db.Settings.SaveDay(t.Context(), office, d)
		wantCode(t, fmt.Sprintf("%+v", d), err, cabin.CodeInvalid)
	}
	wantCode(t, "a past day given back", s.db.Settings.RemoveDay(t.Context(), office, "2026-01-02"), cabin.CodeInvalid)
	if _, err := s.db.Settings.SaveDay(t.Context(), office, cabin.CalendarDay{Day: "2026-11-23", AsWeekday: -1}); err != nil {
		t.Errorf("today: %v", err)
	}
	// A year that is not published is plain weekdays and says so; the office's own days show.
	if _, err := s.db.Settings.SaveDay(t.Context(), office, cabin.CalendarDay{Day: "2028-05-01", Name: "劳动节"}); err != nil {
		t.Fatal(err)
	}
	days, published, err := s.db.Settings.Year(t.Context(), 2028)
	if err != nil || published || len(days) != 1 || days[0].Name != "劳动节" {
		t.Errorf("%+v, %v, %v", days, published, err)
	}
}
