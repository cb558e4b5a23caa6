package e2e

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"warmcabin/server/cabin"
)

func (s *stage) staffAndDeputy() (staff, deputy *phone) {
	return s.phone("staff", cabin.Grant{Role: cabin.Staff, ScopeID: 1}), s.phone("deputy", cabin.Grant{Role: cabin.Deputy, ScopeID: 1})
}

// say holds that a refusal names what a person must know.
func (a *answer) say(t *testing.T, words ...string) {
	t.Helper()
	for _, w := range words {
		if detail, _ := a.body["detail"].(string); !strings.Contains(detail, w) {
			t.Errorf("the refusal %q does not say %q", detail, w)
		}
	}
}

func TestWhenOneMayBook(t *testing.T) {
	s := open(t)
	s.exec(`INSERT INTO deputy_hours (deputy_id, station_id, room_id, weekday, from_minute, to_minute, slot_minutes, service) VALUES (1, 1, 1, 4, 540, 600, 30, 'talk_one')`)
	for name, c := range map[string]struct {
		now, start time.Time
		want       int
		says       string
	}{
		"four hours ahead":          {wednesday(7, 30), wednesday(11, 30), 201, ""},
		"a minute less":             {wednesday(7, 31), wednesday(11, 30), 422, "4 小时"},
		"already over":              {wednesday(12, 0), wednesday(9, 30), 422, "4 小时"},
		"long ago":                  {monday, monday.AddDate(-1, 0, 2), 422, ""},
		"thirty days ahead":         {monday, time.Date(2026, 12, 23, 9, 30, 0, 0, cabin.Shanghai), 201, ""},
		"thirty-one days ahead":     {monday, time.Date(2026, 12, 24, 9, 30, 0, 0, cabin.Shanghai), 422, "30 天"},
		"in a hundred years":        {monday, time.Date(2126, 11, 27, 9, 30, 0, 0, cabin.Shanghai), 422, ""},
		"the year 0":                {monday, time.Date(0, 1, 5, 9, 30, 0, 0, time.UTC), 422, ""},
		"the year 9999":             {monday, time.Date(9999, 12, 29, 9, 30, 0, 0, time.UTC), 422, ""},
		"not a slot's start":        {monday, wednesday(9, 40), 422, "不接待"},
		"a second late":             {monday, wednesday(9, 30).Add(time.Second), 422, "不接待"},
		"a day without hours":       {monday, wednesday(9, 30).AddDate(0, 0, 2), 422, "不接待"},
		"after the last slot":       {monday, wednesday(12, 0), 422, "不接待"},
		"the same moment in London": {monday, wednesday(10, 0).UTC(), 201, ""},
	} {
		t.Run(name, func(t *testing.T) {
			s.t = t
			s.clock.Set(c.now)
			p := s.person(strings.ReplaceAll(name, " ", "-")) // the limits do not like a clock that goes back
			a := p.book(c.start)
			a.need(c.want)
			if c.want == 422 {
				a.refused(cabin.CodeInvalid)
				a.say(t, c.says)
				return
			}
			p.move("bookings", a.id(""), "cancel", nil).need(200)
		})
	}
	s.t = t
	s.clock.Set(monday)
	p := s.person("resident")
	for _, in := range []map[string]any{
		{"deputyId": 1, "start": wednesday(9, 30), "topic": "x", "service": "phone"},
		{"deputyId": 99, "start": wednesday(9, 30), "topic": "x"},
	} {
		a := p.post("/bookings", in)
		a.need(422)
		a.refused(cabin.CodeInvalid)
	}
}

func TestAHolidayHasNoSlots(t *testing.T) {
	s := open(t)
	s.clock.Set(time.Date(2026, 9, 21, 9, 0, 0, 0, cabin.Shanghai))
	p := s.person("resident")
	holiday := time.Date(2026, 10, 7, 9, 30, 0, 0, cabin.Shanghai) // a Wednesday of the National Day week
	days := p.get("/deputies/1/slots?from=2026-09-30&days=8").need(200)["days"].([]any)
	last := days[7].(map[string]any)
	if last["date"] != "2026-10-07" || len(last["slots"].([]any)) != 0 || last["note"] == "" {
		t.Errorf("the holiday: %v", last)
	}
	if first := days[0].(map[string]any); first["free"].(float64) != 6 {
		t.Errorf("the Wednesday before has %v free", first["free"])
	}
	a := p.book(holiday)
	a.need(422)
	a.refused(cabin.CodeInvalid)
}

func TestTheThirdOpenBooking(t *testing.T) {
	s := open(t)
	p := s.person("resident")
	first := p.book(wednesday(9, 0))
	first.need(201)
	p.book(wednesday(9, 30)).need(201)
	third := p.book(wednesday(10, 0))
	third.need(409)
	third.refused(cabin.CodeLimitReached)
	third.say(t, "2 个")
	p.move("bookings", first.id(""), "cancel", nil).need(200)
	p.book(wednesday(10, 0)).need(201)
}

func TestNobodyIsInTwoPlacesAtOnce(t *testing.T) {
	s := open(t)
	s.widen()
	// The third deputy receives in the first one's room, half a slot later.
	s.exec(`INSERT INTO deputies (id, name, level, station_id) VALUES (3, '许静', 'city', 1)`)
	s.exec(`INSERT INTO deputy_hours (deputy_id, station_id, room_id, weekday, from_minute, to_minute, slot_minutes, service) VALUES (3, 1, 1, 3, 555, 735, 30, 'talk_one')`)
	p, q := s.person("one"), s.person("two")
	p.book(wednesday(9, 30)).need(201)

	own := p.post("/bookings", map[string]any{"deputyId": 2, "start": wednesday(9, 30), "topic": "创业"})
	own.need(409)
	own.refused(cabin.CodeSlotTaken)
	own.say(t, "您在这个时间")

	room := q.post("/bookings", map[string]any{"deputyId": 3, "start": wednesday(9, 45), "topic": "创业"})
	room.need(409)
	room.refused(cabin.CodeSlotTaken)
	q.post("/bookings", map[string]any{"deputyId": 3, "start": wednesday(10, 15), "topic": "创业"}).need(201)
	if q.book(wednesday(10, 0)).status != 409 {
		t.Error("the room is free for a second talk")
	}
	if n := s.number(`SELECT COUNT(*) FROM bookings`); n != 2 {
		t.Errorf("%d bookings, want 2", n)
	}
}

func TestCancelling(t *testing.T) {
	s := open(t)
	staff, deputy := s.staffAndDeputy()
	p := s.person("resident")
	b := p.book(wednesday(9, 30)).id("")
	deputy.move("bookings", b, "accept", nil).need(200)
	other := p.book(wednesday(11, 30))
	other.need(201)
	deputy.move("bookings", other.id(""), "accept", nil).need(200)
	s.clock.Set(wednesday(7, 30).Add(time.Second))
	late := p.move("bookings", b, "cancel", nil)
	late.need(409)
	late.refused(cabin.CodeConflict)
	late.say(t, "2 小时", "电话")
	if text(p.get(fmt.Sprintf("/bookings/%d", b)).need(200)["actions"]) != "[]" {
		t.Error("a button is offered that will be refused")
	}
	s.clock.Set(wednesday(9, 30))
	p.move("bookings", other.id(""), "cancel", nil).need(200)

	again := p.book(wednesday(9, 30).AddDate(0, 0, 7))
	again.need(201)
	deputy.login()
	deputy.move("bookings", again.id(""), "accept", nil).need(200)
	s.clock.Set(wednesday(9, 0).AddDate(0, 0, 7))
	staff.login()
	unsaid := staff.move("bookings", again.id(""), "cancel", nil)
	unsaid.need(422)
	unsaid.refused(cabin.CodeInvalid)
	staff.move("bookings", again.id(""), "cancel", map[string]any{"reason": "代表临时生病"}).need(200)
	if got := p.inbox()[0]; got != "预约已取消" {
		t.Errorf("the resident reads %q", got)
	}
}

func TestACommandThatDoesNotFitNamesTheState(t *testing.T) {
	s := open(t)
	_, deputy := s.staffAndDeputy()
	p := s.person("resident")
	b := p.book(wednesday(9, 30)).id("")
	deputy.move("bookings", b, "accept", nil).need(200)
	twice := deputy.move("bookings", b, "accept", nil)
	twice.need(409)
	twice.refused(cabin.CodeConflict)
	twice.say(t, "已约好")
	notYours := p.move("bookings", b, "check_in", nil)
	notYours.need(403)
	notYours.refused(cabin.CodeForbidden)
	p.move("bookings", b, "expire", nil).refused(cabin.CodeConflict)
	p.move("bookings", b, "no such", nil).refused(cabin.CodeConflict)
	rated := p.move("bookings", b, "rate", map[string]any{"stars": 5})
	rated.need(409)
	rated.say(t, "已约好")
}

func TestAnotherTimeTakenAndRefused(t *testing.T) {
	s := open(t)
	_, deputy := s.staffAndDeputy()
	p, q := s.person("one"), s.person("two")
	b := p.book(wednesday(9, 30)).id("")
	for name, in := range map[string]map[string]any{
		"no reason": {"start": wednesday(10, 0)}, "no time": {"reason": "有会"}, "no slot": {"reason": "有会", "start": wednesday(3, 0)},
		"the same": {"reason": "有会", "start": wednesday(9, 30)}, "yesterday": {"reason": "有会", "start": wednesday(9, 30).AddDate(0, 0, -7)},
	} {
		a := deputy.move("bookings", b, "counter", in)
		if a.status != 422 {
			t.Errorf("%s: %d %s", name, a.status, a.raw)
		}
		a.refused(cabin.CodeInvalid)
	}
	q.book(wednesday(10, 0)).need(201)
	taken := deputy.move("bookings", b, "counter", map[string]any{"reason": "有会", "start": wednesday(10, 0)})
	taken.need(409)
	taken.refused(cabin.CodeSlotTaken)

	deputy.move("bookings", b, "counter", map[string]any{"reason": "有会", "start": wednesday(11, 0)}).need(200)
	free := q.book(wednesday(9, 30)) // the first time is free again
	free.need(201)
	offered := p.get(fmt.Sprintf("/bookings/%d", b)).need(200)
	if offered["state"] != "countered" || offered["offer"] == nil {
		t.Fatalf("the resident sees %v", offered)
	}
	held := s.person("three").book(wednesday(11, 0))
	held.need(409)
	held.refused(cabin.CodeSlotTaken)
	took := p.move("bookings", b, "take", nil).need(200)
	if took["state"] != "confirmed" || took["start"] != "2026-11-25T11:00:00+08:00" || took["offer"] != nil {
		t.Errorf("after taking it: %v", took)
	}

	deputy.move("bookings", free.id(""), "counter", map[string]any{"reason": "有会", "start": wednesday(11, 30)}).need(200)
	if refused := q.move("bookings", free.id(""), "refuse", nil).need(200); refused["state"] != "cancelled" {
		t.Errorf("after refusing: %v", refused["state"])
	}
	s.person("three").book(wednesday(11, 30)).need(201)
}

// A hold that ran out is over by the clock, whether or not the worker came by.
func TestAHoldRunsOut(t *testing.T) {
	for _, worker := range []bool{false, true} {
		t.Run(fmt.Sprintf("worker %v", worker), func(t *testing.T) {
			s := open(t)
			_, deputy := s.staffAndDeputy()
			p, q := s.person("one"), s.person("two")
			far := time.Date(2026, 12, 23, 9, 30, 0, 0, cabin.Shanghai)
			first := p.book(far)
			first.need(201)
			p.book(wednesday(9, 30)).need(201)
			s.clock.Set(time.Date(2026, 12, 3, 16, 59, 0, 0, cabin.Shanghai)) // 72 working hours are nine days
			if worker {
				s.due()
			}
			q.book(far).refused(cabin.CodeSlotTaken)
			s.clock.Advance(time.Minute)
			if worker {
				s.due()
				if got := p.inbox()[0]; got != "预约没有等到答复" {
					t.Errorf("the resident reads %q", got)
				}
			}
			if got := p.get(fmt.Sprintf("/bookings/%d", first.id(""))).need(200); got["state"] != "expired" || text(got["actions"]) != "[]" {
				t.Errorf("it is %v, with %v", got["state"], got["actions"])
			}
			deputy.login()
			late := deputy.move("bookings", first.id(""), "accept", nil)
			late.need(409)
			late.say(t, "已过期")
			q.book(far).need(201)
			p.book(far.AddDate(0, 0, -7)).need(201) // both of the resident's seats are free again
			p.book(far.AddDate(0, 0, -14)).need(201)
			if n := len(deputy.get("/deputy/bookings?view=waiting").need(200)["items"].([]any)); n != 3 {
				t.Errorf("the deputy has %d requests to answer, want 3", n)
			}
		})
	}
}

func (s *stage) due() {
	s.t.Helper()
	if _, err := s.worker.Due(s.t.Context()); err != nil {
		s.t.Fatal(err)
	}
}

func TestTheDayItself(t *testing.T) {
	s := open(t)
	staff, deputy := s.staffAndDeputy()
	p, q := s.person("one"), s.person("two")
	b, absent := p.book(wednesday(9, 30)).id(""), q.book(wednesday(10, 0)).id("")
	deputy.move("bookings", b, "accept", nil).need(200)
	staff.move("bookings", absent, "accept", nil).need(200)

	s.clock.Set(wednesday(8, 29))
	staff.login()
	deputy.login()
	early := staff.move("bookings", b, "check_in", nil)
	early.need(409)
	early.say(t, "1 小时")
	for _, tooSoon := range []string{"resident_absent", "deputy_absent"} {
		a := staff.move("bookings", b, tooSoon, nil)
		a.need(409)
		a.refused(cabin.CodeConflict)
	}
	deputy.move("bookings", b, "complete", map[string]any{"note": "还没来就写"}).need(409)

	s.clock.Set(wednesday(8, 30))
	staff.move("bookings", b, "check_in", nil).need(200)
	staff.move("bookings", b, "check_in", nil).refused(cabin.CodeConflict)
	s.clock.Set(wednesday(9, 30))
	unwritten := deputy.move("bookings", b, "complete", nil)
	unwritten.need(422)
	unwritten.refused(cabin.CodeInvalid)
	deputy.move("bookings", b, "complete", map[string]any{"note": "谈了睡眠，建议就医"}).need(200)

	for _, bad := range []any{0, -1, 6, 1.5, "5"} {
		a := p.move("bookings", b, "rate", map[string]any{"stars": bad})
		a.need(422)
		a.refused(cabin.CodeInvalid)
	}
	p.move("bookings", b, "rate", map[string]any{"stars": 4, "text": "谢谢"}).need(200)
	again := p.move("bookings", b, "rate", map[string]any{"stars": 1})
	again.need(409)
	again.say(t, "评价过")

	s.clock.Set(wednesday(10, 1))
	if got := staff.move("bookings", absent, "resident_absent", nil).need(200)["state"]; got != "no_show" {
		t.Errorf("the one who did not come is %v", got)
	}
	q.move("bookings", absent, "rate", map[string]any{"stars": 5}).refused(cabin.CodeConflict)
}

// What the deputy writes for the ledger is not for the resident's eyes.
func TestTheServiceRecordStaysInTheLedger(t *testing.T) {
	s := open(t)
	_, deputy := s.staffAndDeputy()
	p := s.phone("resident")
	b := p.book(wednesday(9, 30)).id("")
	deputy.move("bookings", b, "accept", nil).need(200)
	s.clock.Set(wednesday(10, 0))
	deputy.login()
	const record = "来访人情绪低落，已转介"
	deputy.move("bookings", b, "complete", map[string]any{"note": record}).need(200)
	for _, path := range []string{fmt.Sprintf("/bookings/%d", b), "/me/bookings", "/me/notices", "/home"} {
		if a := p.get(path); strings.Contains(string(a.raw), record) {
			t.Errorf("GET %s shows the resident the deputy's record: %s", path, a.raw)
		}
	}
	if a := deputy.get(fmt.Sprintf("/bookings/%d", b)); !strings.Contains(string(a.raw), record) {
		t.Error("the deputy does not find their own record")
	}
}
