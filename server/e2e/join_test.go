package e2e

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"warmcabin/server/cabin"
)

// earlier is what GET /me/phone says of who was written down under it.
func (p *phone) earlier() []any {
	p.s.t.Helper()
	return p.get("/me/phone").need(200)["earlier"].([]any)
}

func (p *phone) joinEarlier(name string) *answer {
	return p.post("/me/phone/earlier", map[string]any{"name": name})
}

// TestAWalkInComesWithWeChat: Mrs Wang, whom the desk booked and the liaison reported for,
// gets WeChat. With her phone, of WeChat's word, and the name that was written down, her
// matters are on her own phone; her daughter with the same phone gets none of them.
func TestAWalkInComesWithWeChat(t *testing.T) {
	t.Parallel()
	s := open(t)
	staff, _ := s.staffAndDeputy()
	liaison := s.phone("liaison", cabin.Grant{Role: cabin.Liaison, ScopeID: 1})
	booking := staff.post("/desk/walk-ins", walkIn(nil)).id("")
	report := liaison.post("/proxy/reports", proxyOf(map[string]any{"name": "王秀兰", "residentId": s.number(`SELECT resident_id FROM bookings`)})).id("")
	daughter := staff.post("/desk/walk-ins", walkIn(map[string]any{"name": "李梅", "another": true, "start": wednesday(10, 0)})).id("")
	before := s.number(`SELECT resident_id FROM bookings WHERE id = ?`, booking)

	she := s.phone("wang")
	she.joinEarlier("王秀兰").refused(cabin.CodeNotFound) // no phone of WeChat's word: nothing is found by a name
	she.leavePhone("13900139000")
	she.joinEarlier("王秀兰").refused(cabin.CodeNotFound) // another phone
	she.leavePhone("13800138000")
	if got := fmt.Sprint(she.earlier()); !strings.Contains(got, "王") || strings.Contains(got, "秀兰") {
		t.Errorf("she is asked about %s", got)
	}
	she.joinEarlier("王秀").refused(cabin.CodeNotFound)
	she.joinEarlier(" ").refused(cabin.CodeInvalid)
	own := she.book(wednesday(11, 0)).need(201)

	s.clock.Advance(time.Hour) // a name is not to be guessed
	answers := together(2, func(int) *answer { return she.joinEarlier("王 秀兰") })
	if got := statuses(answers); got[200] != 1 || got[404] != 1 {
		t.Fatalf("two taps: %v %s %s %s", got, answers[0].raw, answers[1].raw, s.log)
	}
	if list := she.get("/me/bookings").need(200)["items"].([]any); len(list) != 2 {
		t.Errorf("she sees %d bookings", len(list))
	}
	if seen := she.seeReport(report); seen["mine"] != true {
		t.Errorf("the report: %v", seen)
	}
	she.move("bookings", booking, "cancel", map[string]any{"reason": "好了"}).need(200)
	if s.number(`SELECT COUNT(*) FROM bookings WHERE id = ? AND resident_id <> ?`, daughter, she.id) != 1 || len(she.earlier()) != 1 {
		t.Error("the daughter's is not hers")
	}
	if s.number(`SELECT COUNT(*) FROM contacts WHERE person_id = ?`, before) != 0 || s.number(`SELECT COUNT(*) FROM persons WHERE id = ? AND sealed_name IS NULL AND deleted_at IS NOT NULL`, before) != 1 {
		t.Error("who was written down is still there")
	}
	if n := s.number(`SELECT COUNT(*) FROM audit WHERE action = 'person.join' AND actor_id = ? AND JSON_VALUE(detail, '$.from') = ?`, she.id, before); n != 1 {
		t.Errorf("%d rows in the audit", n)
	}
	// Who is one with her now is booked nothing any more.
	staff.post("/desk/walk-ins", walkIn(map[string]any{"residentId": before, "start": wednesday(10, 30)})).refused(cabin.CodeInvalid)
	// What moves on is told to her, on her phone; the liaison passes nothing on any more.
	staff.move("reports", report, "accept", nil).need(200)
	if got := she.inbox()[0]; !strings.Contains(got, "您反映的") {
		t.Errorf("she reads %q", got)
	}
	if list := liaison.get("/proxy/reports").need(200)["items"].([]any); list[0].(map[string]any)["proxy"].(map[string]any)["tells"] != false {
		t.Errorf("the liaison's list: %v", list)
	}
	if own["state"] != "requested" {
		t.Errorf("her own booking: %v", own)
	}
}

// TestJoiningAtTheSameTime: two bookings at one time are one too many, and nothing is joined.
func TestJoiningAtTheSameTime(t *testing.T) {
	t.Parallel()
	s := open(t)
	s.exec(`INSERT INTO deputies (id, name, level, station_id) VALUES (2, '高远', 'district', 1)`)
	s.exec(`INSERT INTO deputy_hours (deputy_id, station_id, room_id, weekday, from_minute, to_minute, slot_minutes, service) VALUES (2, 1, 0, 3, 540, 720, 30, 'talk_one')`)
	staff, _ := s.staffAndDeputy()
	staff.post("/desk/walk-ins", walkIn(nil)).need(201)
	she := s.phone("wang")
	she.leavePhone("13800138000")
	she.send(http.MethodPost, "/bookings", map[string]any{"deputyId": 2, "start": wednesday(9, 30), "topic": "睡不好"}).need(201)
	she.joinEarlier("王秀兰").refused(cabin.CodeConflict)
	if n := s.number(`SELECT COUNT(*) FROM bookings WHERE resident_id = ?`, she.id); n != 1 {
		t.Errorf("%d bookings are hers", n)
	}
}

// deskJoins is what the desk sends to make the two one, with this changed.
func deskJoins(earlier, account any, change map[string]any) map[string]any {
	in := map[string]any{"phone": "138 0013-8000", "accountPhone": "139 0013 9000", "earlierId": earlier, "accountId": account, "consent": true}
	for k, v := range change {
		in[k] = v
	}
	return in
}

// TestTheDeskJoinsWhoStandsThere: Mrs Wang has another number on WeChat, and the desk had
// misheard her name, so that her phone cannot recognise her. She shows up; the desk finds both,
// reads the consent to her, and her matters are on her phone. What must not be joined is not.
func TestTheDeskJoinsWhoStandsThere(t *testing.T) {
	t.Parallel()
	s := open(t)
	staff, _ := s.staffAndDeputy()
	colleague := s.phone("colleague", cabin.Grant{Role: cabin.Staff})
	liaison := s.phone("liaison", cabin.Grant{Role: cabin.Liaison, ScopeID: 1})
	booking := staff.post("/desk/walk-ins", walkIn(map[string]any{"name": "王秀蓝"})).id("")
	earlier := s.number(`SELECT resident_id FROM bookings`)
	report := liaison.post("/proxy/reports", proxyOf(map[string]any{"name": "王秀蓝", "residentId": earlier})).id("")
	staff.move("reports", report, "accept", nil).need(200) // she is told, and cannot read it
	she, husband := s.phone("wang"), s.phone("husband")
	look := map[string]any{"phone": "13800138000", "accountPhone": "13900139000"}
	if found := staff.post("/desk/joins/look", look).need(200); len(found["earlier"].([]any)) != 1 || len(found["accounts"].([]any)) != 0 || found["consent"] != cabin.JoinConsent {
		t.Errorf("before she left her number: %v", found)
	}
	she.leavePhone("13900139000")
	husband.leavePhone("13800138000")
	found := staff.post("/desk/joins/look", look).need(200)
	if got := fmt.Sprint(found); !strings.Contains(got, "王＊＊") || strings.Contains(got, "秀") || len(found["accounts"].([]any)) != 1 {
		t.Errorf("the desk finds %s", got)
	}
	if e := found["earlier"].([]any)[0].(map[string]any); e["reports"] != 1.0 || e["bookings"] != 1.0 || e["id"] != float64(earlier) {
		t.Errorf("of whom was written down: %v", e)
	}
	join := func(by *phone, change map[string]any) *answer {
		s.clock.Advance(time.Minute) // for the limit
		return by.post("/desk/joins", deskJoins(earlier, she.id, change))
	}
	join(liaison, nil).need(403)
	join(she, nil).need(403)
	join(staff, map[string]any{"consent": false}).say(t, "读给本人听")
	join(staff, map[string]any{"accountPhone": "nonsense"}).refused(cabin.CodeInvalid)
	join(staff, map[string]any{"phone": "13700137000"}).refused(cabin.CodeInvalid)
	join(staff, map[string]any{"accountPhone": ""}).refused(cabin.CodeInvalid) // not the number that her account left
	join(staff, map[string]any{"accountId": earlier}).refused(cabin.CodeInvalid)
	join(staff, map[string]any{"accountId": 999}).refused(cabin.CodeInvalid)
	both := join(staff, map[string]any{"earlierId": husband.id})
	both.refused(cabin.CodeConflict)
	both.say(t, "都有自己的微信")
	if n := s.number(`SELECT COUNT(*) FROM reports WHERE reporter_id = ?`, earlier); n != 1 {
		t.Fatal("a refused join moved something")
	}

	s.clock.Advance(time.Hour)
	answers := together(3, func(i int) *answer { // two taps, and a colleague at the same moment
		return []*phone{staff, staff, colleague}[i].post("/desk/joins", deskJoins(earlier, she.id, nil))
	})
	matters := 0.0
	for _, a := range answers {
		matters += a.need(200)["matters"].(float64)
	}
	if matters != 2 {
		t.Errorf("%v matters came along", matters)
	}
	join(staff, nil).need(200) // and a lost answer
	husbands := join(staff, map[string]any{"accountId": husband.id, "accountPhone": "13800138000"})
	husbands.refused(cabin.CodeConflict)
	husbands.say(t, "已经合到另一个微信")

	if seen := she.seeReport(report); seen["mine"] != true || !strings.Contains(fmt.Sprint(seen["events"]), cabin.JoinPersonText(cabin.Staff)) {
		t.Errorf("the report: %v", seen)
	}
	if seen := she.get(fmt.Sprintf("/bookings/%d", booking)).need(200); !strings.Contains(fmt.Sprint(seen["events"]), cabin.JoinPersonText(cabin.Staff)) {
		t.Errorf("the booking: %v", seen)
	}
	if got := she.inbox(); !strings.Contains(got[0], "合到您的微信里了") || !strings.Contains(fmt.Sprint(got[1:]), "已受理") || !strings.Contains(fmt.Sprint(got[1:]), "联络站替您提交了预约") {
		t.Errorf("she reads %v", got)
	}
	if n := s.number(`SELECT COUNT(*) FROM outbox WHERE person_id = ?`, earlier); n != 0 {
		t.Errorf("%d pushes are for who has no WeChat", n)
	}
	if n := s.number(`SELECT COUNT(*) FROM outbox WHERE person_id = ? AND matter_kind = 'report' AND matter_id = ?`, she.id, report); n == 0 {
		t.Error("the push about her report is not for her")
	}
	if got := husband.inbox(); len(got) != 0 {
		t.Errorf("her husband reads %v", got)
	}
	for what, n := range map[string]int{
		"consents of hers":       s.number(`SELECT COUNT(*) FROM proxy_consents WHERE person_id = ? AND matter_kind = 'person' AND matter_id = ? AND words = ? AND how = 'face'`, she.id, earlier, cabin.JoinConsent),
		"rows of the audit":      s.number(`SELECT COUNT(*) FROM audit WHERE action = 'person.join_at_desk' AND object_id = ? AND JSON_VALUE(detail, '$.from') = ?`, she.id, earlier),
		"events of the report":   s.number(`SELECT COUNT(*) FROM report_events WHERE command = 'join_person' AND report_id = ?`, report),
		"persons who are joined": s.number(`SELECT COUNT(*) FROM persons WHERE id = ? AND joined_to = ? AND sealed_name IS NULL`, earlier, she.id),
	} {
		if n != 1 {
			t.Errorf("%d %s, want 1", n, what)
		}
	}
	if v, err := s.db.Reports.Verify(t.Context()); err != nil || len(v.Faults) != 0 || v.Reports != 1 {
		t.Errorf("the chain: %+v, %v", v, err)
	}
	s.clock.Advance(time.Minute)
	own := s.phone("staff-own", cabin.Grant{Role: cabin.Staff})
	own.leavePhone("13900139000")
	another := staff.post("/desk/walk-ins", walkIn(map[string]any{"name": "李梅", "another": true, "start": wednesday(10, 0)}))
	another.need(201)
	own.post("/desk/joins", deskJoins(s.number(`SELECT resident_id FROM bookings WHERE id = ?`, another.id("")), own.id, nil)).refused(cabin.CodeForbidden)
}

// TestWrittenDownWhileJoining: what a liaison writes down for her while the desk joins her goes
// with her, or is for somebody new; it is never left with who is gone.
func TestWrittenDownWhileJoining(t *testing.T) {
	t.Parallel()
	s := open(t)
	staff, _ := s.staffAndDeputy()
	liaison := s.phone("liaison", cabin.Grant{Role: cabin.Liaison, ScopeID: 1})
	she := s.phone("wang")
	she.leavePhone("13900139000")
	for round := range 4 {
		s.clock.Advance(time.Hour)
		name := string([]rune("甲乙丙丁")[round])
		liaison.post("/proxy/reports", proxyOf(map[string]any{"name": name, "another": true})).need(201)
		earlier := s.number(`SELECT MAX(id) FROM persons`)
		answers := together(2, func(i int) *answer {
			if i == 0 {
				return staff.post("/desk/joins", deskJoins(earlier, she.id, nil))
			}
			return liaison.post("/proxy/reports", proxyOf(map[string]any{"residentId": earlier, "name": name}))
		})
		answers[0].need(200)
		if status := answers[1].status; status != 201 && status != 422 { // she is not known by that number any more
			t.Errorf("round %d: %d %s", round, status, answers[1].raw)
		}
		if n := s.number(`SELECT COUNT(*) FROM reports r JOIN persons p ON p.id = r.reporter_id WHERE p.deleted_at IS NOT NULL`); n != 0 {
			t.Fatalf("round %d: %d reports are left with who is gone", round, n)
		}
	}
	if v, err := s.db.Reports.Verify(t.Context()); err != nil || len(v.Faults) != 0 {
		t.Errorf("the chains: %+v, %v", v, err)
	}
}
