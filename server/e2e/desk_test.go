package e2e

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"warmcabin/server/cabin"
)

// walkIn is what the desk sends for Mrs Wang, with this changed.
func walkIn(change map[string]any) map[string]any {
	in := map[string]any{"phone": "138 0013-8000", "name": "王秀兰", "consent": true, "deputyId": 1, "start": wednesday(9, 30), "topic": "睡不好"}
	for k, v := range change {
		in[k] = v
	}
	return in
}

// TestSomebodyWithoutWeChat: she comes to the desk, is booked, called, and comes again.
func TestSomebodyWithoutWeChat(t *testing.T) {
	s := open(t)
	staff, deputy := s.staffAndDeputy()
	deputy.allow(cabin.TellBookingRequested)
	known := staff.post("/desk/residents", map[string]any{"phone": "13800138000"}).need(200)
	if len(known["items"].([]any)) != 0 || known["consent"] != cabin.ProxyConsent {
		t.Errorf("nobody knows her yet: %v", known)
	}
	made := staff.post("/desk/walk-ins", walkIn(nil))
	made.need(201)
	if made.body["reach"] != "phone" || made.body["byDesk"] != true || made.body["code"] != nil {
		t.Errorf("booked: %s", made.raw)
	}
	s.deliver()
	if got := deputy.pushed(); !slices.Equal(got, []string{string(cabin.TellBookingRequested)}) {
		t.Errorf("the deputy was pushed %v", got)
	}
	deputy.move("bookings", made.id(""), "accept", nil).need(200)
	if got := staff.inbox(); len(got) != 1 || got[0] != "请打电话告诉选民：约好了：林晓代表" {
		t.Errorf("the desk reads %v", got)
	}
	contact := staff.post(fmt.Sprintf("/bookings/%d/contact", made.id("")), map[string]any{"reason": "告诉她约好了"}).need(200)
	if contact["phone"] != "13800138000" {
		t.Errorf("the phone: %v", contact)
	}
	events := staff.get(fmt.Sprintf("/bookings/%d", made.id(""))).need(200)["events"].([]any)
	if e := events[0].(map[string]any); e["text"] != "查看了联系电话" || e["note"] != "告诉她约好了" {
		t.Errorf("its trace: %v", e)
	}
	deputy.post(fmt.Sprintf("/bookings/%d/contact", made.id("")), map[string]any{"reason": "想问问"}).need(403)

	s.clock.Set(wednesday(9, 10))
	staff.login()
	var code string
	if err := s.x.QueryRow(`SELECT check_code FROM bookings WHERE id = ?`, made.id("")).Scan(&code); err != nil {
		t.Fatal(err)
	}
	for _, written := range []string{code, "WARMCABIN:" + code, code[:3] + "%20" + code[3:]} {
		found := staff.get("/desk/check-in?code=" + written).need(200)["items"].([]any)
		if len(found) != 1 || found[0].(map[string]any)["resident"].(map[string]any)["name"] != "王秀兰" {
			t.Errorf("%s finds %v", written, found)
		}
	}
	staff.get("/desk/check-in?code=12").need(422)
	if got := staff.move("bookings", made.id(""), "check_in", nil).need(200); got["state"] != "checked_in" {
		t.Errorf("checked in: %v", got)
	}
	day := staff.get("/desk/day").need(200)
	if day["expected"] != 1.0 || day["arrived"] != 1.0 || len(day["bookings"].([]any)) != 1 || len(day["deputies"].([]any)) != 1 || day["stationId"] != 1.0 {
		t.Errorf("the day: %v", day)
	}
	again := staff.post("/desk/residents", map[string]any{"phone": "+86 138 0013 8000"}).need(200)["items"].([]any)
	if len(again) != 1 || again[0].(map[string]any)["name"] != "王＊＊" {
		t.Errorf("she is known as %v", again)
	}
	if log := s.log.String(); strings.Contains(log, "13800138000") || strings.Contains(log, "王秀兰") {
		t.Error("the log holds her phone or name")
	}
}

func TestWalkInsAreHeldToTheirRules(t *testing.T) {
	s := open(t)
	s.widen()
	staff, _ := s.staffAndDeputy()
	for name, c := range map[string]struct {
		change map[string]any
		status int
		field  string
	}{
		"without consent":       {map[string]any{"consent": false}, 422, "consent"},
		"without a phone":       {map[string]any{"phone": "请打家里"}, 422, "phone"},
		"without a name":        {map[string]any{"name": " "}, 422, "name"},
		"a name too long":       {map[string]any{"name": strings.Repeat("长", 21)}, 422, "name"},
		"without a topic":       {map[string]any{"topic": ""}, 422, "topic"},
		"no such slot":          {map[string]any{"start": wednesday(9, 40)}, 422, "start"},
		"no such deputy":        {map[string]any{"deputyId": 99}, 422, "deputyId"},
		"another station":       {map[string]any{"deputyId": 2}, 403, ""},
		"somebody else's id":    {map[string]any{"residentId": staff.id}, 422, "phone"},
		"a time that is taken":  {map[string]any{"start": wednesday(11, 0)}, 409, ""},
		"a time that has begun": {map[string]any{"start": monday.Add(-24 * time.Hour)}, 422, "start"},
	} {
		if name == "a time that is taken" {
			s.person("first").book(wednesday(11, 0)).need(201)
		}
		s.clock.Advance(10 * time.Second) // for the limit
		a := staff.post("/desk/walk-ins", walkIn(c.change))
		if a.status != c.status || c.field != "" && !strings.Contains(string(a.raw), `"path":"`+c.field+`"`) {
			t.Errorf("%s: %d %s", name, a.status, a.raw)
		}
		if name == "a time that is taken" && !strings.Contains(string(a.raw), "alternatives") {
			t.Errorf("nothing else is offered: %s", a.raw)
		}
	}
	if n := s.number(`SELECT COUNT(*) FROM contacts`); n != 0 {
		t.Errorf("%d contacts are left of refused bookings", n)
	}
	first := staff.sendKey("POST", "/desk/walk-ins", walkIn(nil), "the-same-key")
	first.need(201)
	if twin := staff.sendKey("POST", "/desk/walk-ins", walkIn(nil), "the-same-key"); twin.need(201)["id"] != first.body["id"] {
		t.Errorf("the same key: %s", twin.raw)
	}
	staff.sendKey("POST", "/desk/walk-ins", walkIn(map[string]any{"topic": "别的"}), "the-same-key").refused(cabin.CodeKeyReused)
	other := staff.post("/desk/walk-ins", walkIn(map[string]any{"name": "李明", "start": wednesday(10, 0)}))
	other.refused(cabin.CodeConflict)
	other.say(t, "王＊＊")
}

// TestDesksKeepToTheirStation: neither the day nor the door of another station is theirs.
func TestDesksKeepToTheirStation(t *testing.T) {
	s := open(t)
	s.widen()
	staff, _ := s.staffAndDeputy()
	other := s.phone("s2", cabin.Grant{Role: cabin.Staff, ScopeID: 2})
	office := s.phone("admin", cabin.Grant{Role: cabin.Admin})
	made := staff.post("/desk/walk-ins", walkIn(nil))
	made.need(201)
	staff.move("bookings", made.id(""), "accept", nil).need(200)
	other.post(fmt.Sprintf("/bookings/%d/contact", made.id("")), map[string]any{"reason": "看看"}).need(404)
	other.get("/desk/day?stationId=1").need(404)
	office.get("/desk/day?stationId=1&date=2026-11-25").need(200)
	office.get("/desk/day?stationId=99").need(404)
	staff.get("/desk/day?date=25-11").need(422)
	var code string
	if err := s.x.QueryRow(`SELECT check_code FROM bookings WHERE id = ?`, made.id("")).Scan(&code); err != nil {
		t.Fatal(err)
	}
	s.clock.Set(wednesday(9, 0))
	other.login()
	staff.login()
	if found := other.get("/desk/check-in?code=" + code).need(200)["items"].([]any); len(found) != 0 {
		t.Errorf("another desk finds %v", found)
	}
	office.login()
	if day := office.get("/desk/day?stationId=2").need(200); len(day["bookings"].([]any)) != 0 || len(day["stations"].([]any)) != 2 {
		t.Errorf("the other station's day: %v", day)
	}
}
