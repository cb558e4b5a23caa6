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
