package e2e

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"warmcabin/server/cabin"
)

// slots are the six of each of the next n Wednesdays.
func slots(n int) []time.Time {
	var all []time.Time
	for week := range n {
		for i := range 6 {
			all = append(all, wednesday(9, 30*i).AddDate(0, 0, 7*week))
		}
	}
	return all
}

// alternatives holds that a refusal offers n other times.
func (a *answer) alternatives(n int, taken time.Time) {
	a.t.Helper()
	others := asList(a.body["alternatives"])
	if len(others) != n {
		a.t.Errorf("%d other times are offered: %s", len(others), a.raw)
	}
	for _, o := range others {
		slot := o.(map[string]any)
		if start, err := time.Parse(time.RFC3339, slot["start"].(string)); err != nil || start.Equal(taken) || slot["free"] != true {
			a.t.Errorf("what is offered instead: %v", slot)
		}
	}
}

func TestTwoHundredThroughTwoServers(t *testing.T) {
	w := openTwo(t)
	people := w.people(200)
	answers := together(len(people), func(i int) *answer { return people[i].at(w.either(i)).book(wednesday(9, 30)) })
	if got := statuses(answers); got[201] != 1 || got[409] != len(people)-1 {
		t.Fatalf("of 200 for one seat: %v", got)
	}
	for _, a := range answers {
		if a.status == 409 {
			a.refused(cabin.CodeSlotTaken)
			a.alternatives(3, wednesday(9, 30))
		}
	}
	if left := w.number(`SELECT (SELECT COUNT(*) FROM bookings) + (SELECT COUNT(*) FROM booking_events) + (SELECT COUNT(*) FROM idempotency_keys)`); left != 3 {
		t.Errorf("%d rows of bookings, events and keys, want one each", left)
	}
	w.whole(w.clock.Now())
}

// A resident taps on both of their phones, each of which happens to reach another server.
func TestAtTheCapFromTwoPhones(t *testing.T) {
	w := openTwo(t)
	const rounds = 5
	people, times := w.people(rounds), slots(rounds)
	second := make([]*phone, rounds)
	for i, p := range people {
		q := *p
		token, err := w.tokens.Create(t.Context(), p.id, "另一部手机", false)
		if err != nil {
			t.Fatal(err)
		}
		q.token, second[i] = token, &q
	}
	answers := together(len(times), func(i int) *answer {
		p := people[i/6]
		if i%2 == 1 {
			p = second[i/6]
		}
		return p.at(w.either(i)).book(times[i])
	})
	for round := range rounds {
		mine := answers[round*6 : round*6+6]
		if got := statuses(mine); got[201] != 2 || got[409] != 4 {
			t.Errorf("six at once on two phones: %v, want two 201", got)
		}
		for _, a := range mine {
			if a.status == 409 {
				a.refused(cabin.CodeLimitReached)
			}
		}
	}
	w.whole(w.clock.Now())

	// With one left to book, and all that hold the other run out by one server's clock only.
	p, held := people[0], w.clock.Now()
	if err := w.x.QueryRow(`SELECT MAX(hold_until) FROM bookings WHERE resident_id = ?`, p.id).Scan(&held); err != nil {
		t.Fatal(err)
	}
	w.a.set(held.Add(-time.Second))
	w.b.set(held.Add(time.Second))
	later := slots(rounds)[6*3:] // times at which somebody else has nothing
	answers = together(8, func(i int) *answer {
		return [2]*phone{p, second[0]}[i%2].at(w.either(i)).book(later[i].Add(0))
	})
	made := 0
	for _, a := range answers {
		if a.status == 201 {
			made++
		} else if code := a.body["code"]; a.status != 409 && a.status != 429 || code == "internal" {
			t.Errorf("%d %s", a.status, a.raw)
		}
	}
	if open := w.number(`SELECT COUNT(*) FROM bookings WHERE resident_id = ? AND open_seat IS NOT NULL`, p.id); open > 2 || made > 2 {
		t.Errorf("%d of 8 were booked, %d are open", made, open)
	}
	w.whole(held.Add(time.Second))
}

// One booking, two members of staff, two servers, one moment: one of them moves it, the
// other reads what it has become.
func TestTwoStaffMoveOneBooking(t *testing.T) {
	w := openTwo(t)
	s1 := w.person("staff1", cabin.Grant{Role: cabin.Staff, ScopeID: 1}).at(w.a)
	s2 := w.person("staff2", cabin.Grant{Role: cabin.Staff, ScopeID: 1}).at(w.b)
	counter := func(to time.Time) map[string]any {
		return map[string]any{"command": "counter", "reason": "代表有会", "start": to}
	}
	decline := map[string]any{"command": "decline", "reason": "代表不在"}
	accept := map[string]any{"command": "accept"}
	week := func(n int) time.Time { return wednesday(9, 0).AddDate(0, 0, 7*n) }
	for i, c := range [][2]map[string]any{
		{counter(week(0).Add(time.Hour)), decline},
		{accept, decline},
		{accept, accept},
	} {
		p := w.person(fmt.Sprintf("p%d", i))
		b := p.at(w.either(i)).book(week(i))
		b.need(201)
		id, path := b.id(""), fmt.Sprintf("/bookings/%d", b.id(""))
		answers := together(2, func(j int) *answer { return [2]*phone{s1, s2}[j].post(path+"/commands", c[j]) })
		won := slices.IndexFunc(answers, func(a *answer) bool { return a.status == 200 })
		if got := statuses(answers); got[200] != 1 || got[409] != 1 {
			t.Errorf("%v and %v at once: %v, want one 200 and one 409", c[0]["command"], c[1]["command"], got)
			continue
		}
		lost := answers[1-won]
		lost.refused(cabin.CodeConflict)
		now := s2.get(path).need(200)
		lost.say(t, now["stateName"].(string))
		if n := w.number(`SELECT COUNT(*) FROM booking_events WHERE booking_id = ?`, id); n != 2 {
			t.Errorf("the history has %d lines, want the request and one move", n)
		}
		if c[won]["start"] != nil {
			offer := now["offer"].(map[string]any)
			if start, err := time.Parse(time.RFC3339, offer["start"].(string)); err != nil || !start.Equal(c[won]["start"].(time.Time)) {
				t.Errorf("who moved it offered %v, the booking says %v", c[won]["start"], offer)
			}
		}
		w.whole(w.clock.Now())
	}
}

// Two members of staff offer another time, each having seen the request: the first does,
// the second reads what is offered already, and decides again about that.
func TestTwoStaffOfferOneAfterAnother(t *testing.T) {
	w := openTwo(t)
	s1 := w.person("staff1", cabin.Grant{Role: cabin.Staff, ScopeID: 1}).at(w.a)
	s2 := w.person("staff2", cabin.Grant{Role: cabin.Staff, ScopeID: 1}).at(w.b)
	b := w.person("resident").book(wednesday(9, 0))
	id, path := b.id(""), fmt.Sprintf("/bookings/%d", b.id(""))
	seen := s1.get(path).need(200)["seen"]
	offer := func(to time.Time, seen any) map[string]any {
		return map[string]any{"reason": "代表有会", "start": to, "seen": seen}
	}
	times := [2]time.Time{wednesday(10, 0), wednesday(11, 0)}
	answers := together(2, func(i int) *answer {
		return [2]*phone{s1, s2}[i].move("bookings", id, "counter", offer(times[i], seen))
	})
	won := slices.IndexFunc(answers, func(a *answer) bool { return a.status == 200 })
	if got := statuses(answers); got[200] != 1 || got[409] != 1 {
		t.Fatalf("two offers by what both saw: %v, want one 200 and one 409", got)
	}
	lost := answers[1-won]
	lost.refused(cabin.CodeConflict)
	lost.say(t, "等选民选择")
	lost.say(t, times[won].Format("15:04"))
	fresh, _ := lost.body["booking"].(map[string]any)
	if fresh["seen"] != answers[won].body["seen"] || fresh["offer"] == nil {
		t.Fatalf("who was late is shown %v, want the booking as it is", fresh)
	}
	// Not a word to who has no business with it.
	stranger := w.person("stranger").move("bookings", id, "cancel", map[string]any{"seen": seen})
	stranger.refused(cabin.CodeNotFound)
	if stranger.body["booking"] != nil {
		t.Errorf("a stranger reads %s", stranger.raw)
	}
	again := [2]*phone{s1, s2}[1-won].move("bookings", id, "counter", offer(times[1-won], fresh["seen"]))
	again.need(200)
	if n := w.number(`SELECT COUNT(*) FROM booking_events WHERE booking_id = ?`, id); n != 3 {
		t.Errorf("the history has %d lines, want the request and two offers", n)
	}
	w.whole(w.clock.Now())
}

// Another time is offered that somebody books at the same moment on the other server.
func TestACounterOfferToASlotJustTaken(t *testing.T) {
	w := openTwo(t)
	staff := w.person("staff", cabin.Grant{Role: cabin.Staff, ScopeID: 1})
	const rounds = 10
	times, wanted := slots(2), slots(4)[12:]
	people, others := w.people(rounds), make([]*phone, rounds)
	ids := make([]int64, rounds)
	for i, p := range people {
		ids[i] = p.at(w.either(i)).book(times[i]).id("")
		others[i] = w.person(fmt.Sprintf("q%d", i))
	}
	answers := together(2*rounds, func(i int) *answer {
		if n := i / 2; i%2 == 0 {
			return staff.at(w.a).move("bookings", ids[n], "counter", map[string]any{"reason": "有会", "start": wanted[n]})
		}
		return others[i/2].at(w.b).book(wanted[i/2])
	})
	for n := range rounds {
		offered, booked := answers[2*n], answers[2*n+1]
		now := people[n].at(w.b).get(fmt.Sprintf("/bookings/%d", ids[n])).need(200)
		switch {
		case offered.status == 200 && booked.status == 409:
			booked.refused(cabin.CodeSlotTaken)
			booked.alternatives(3, wanted[n])
		case offered.status == 409 && booked.status == 201:
			offered.refused(cabin.CodeSlotTaken)
			offered.alternatives(3, wanted[n])
			if start, err := time.Parse(time.RFC3339, now["start"].(string)); err != nil || now["state"] != "requested" || !start.Equal(times[n]) || now["offer"] != nil || len(asList(now["events"])) != 1 {
				t.Errorf("the booking that could not be moved is now %v", now)
			}
		default:
			t.Errorf("one seat offered and booked at once: %s and %s", offered.raw, booked.raw)
		}
	}
	w.whole(w.clock.Now())

	// And when it has been taken for a while, as the page of times did not know yet.
	i := slices.IndexFunc(answers, func(a *answer) bool { return a.status == 201 })
	if i < 0 {
		others[0].at(w.b).book(wanted[rounds]).need(201)
		i = 2*rounds + 1
	}
	fresh := w.person("fresh").at(w.a).book(times[rounds])
	late := staff.at(w.a).move("bookings", fresh.id(""), "counter", map[string]any{"reason": "有会", "start": wanted[i/2]})
	late.need(409)
	late.refused(cabin.CodeSlotTaken)
	late.alternatives(3, wanted[i/2])
	w.whole(w.clock.Now())
}

// offers counts the news of a freed seat in a person's inbox.
func (p *phone) offers() (n int) {
	p.s.t.Helper()
	for _, title := range p.inbox() {
		if strings.HasPrefix(title, "有位子了") {
			n++
		}
	}
	return n
}

// wait joins the line for a slot of deputy 1.
func (p *phone) wait(start time.Time) int64 {
	p.s.t.Helper()
	a := p.post("/waits", map[string]any{"deputyId": 1, "start": start, "topic": "睡不好"})
	a.need(201)
	return a.id("")
}

func (p *phone) waits(id int64) string {
	p.s.t.Helper()
	return p.get(fmt.Sprintf("/waits/%d", id)).need(200)["state"].(string)
}

func TestTheHeadOfTheLineNeverAnswers(t *testing.T) {
	w := openTwo(t)
	slot := wednesday(11, 0)
	taken := w.person("first").at(w.a).book(slot).id("")
	line, ids := make([]*phone, 4), make([]int64, 4)
	for i := range line {
		line[i] = w.phone(fmt.Sprintf("line%d", i)).at(w.either(i))
		line[i].allow(cabin.TellBookingChanged)
		line[i].allow(cabin.TellBookingChanged)
		ids[i] = line[i].wait(slot)
	}
	told := func(want ...int) {
		t.Helper()
		for i, n := range want {
			if got := line[i].offers(); got != n {
				t.Errorf("number %d in line was offered the seat %d times, want %d", i, got, n)
			}
		}
	}
	w.person("first").at(w.b).move("bookings", taken, "cancel", nil).need(200)
	told(1, 0, 0, 0)
	w.set(monday.Add(2*time.Hour - time.Millisecond))
	w.work()
	told(1, 0, 0, 0)
	w.set(monday.Add(2 * time.Hour))
	// Its time is over by the clock, whether or not a worker came by.
	line[0].move("waits", ids[0], "take", nil).need(409)
	w.work()
	told(1, 1, 0, 0)
	if got := line[0].waits(ids[0]); got != "lapsed" {
		t.Errorf("who never answered is %s", got)
	}
	w.work()
	told(1, 1, 0, 0)
	w.whole(w.clock.Now())
	past := w.person("past").at(w.b).book(slot)
	past.need(409)
	past.refused(cabin.CodeSlotTaken)

	// The second does not answer either; the third takes it.
	w.set(monday.Add(4 * time.Hour))
	w.work()
	told(1, 1, 1, 0)
	line[2].move("waits", ids[2], "take", nil).need(200)
	w.work()
	told(1, 1, 1, 0)
	for i, n := range []int{2, 2, 1, 0} { // the offer, and that it is over
		if got := line[i].pushed(); len(got) != n {
			t.Errorf("number %d in line has %d messages in WeChat, want %d", i, len(got), n)
		}
	}
	if n := w.number(`SELECT COUNT(*) FROM bookings WHERE starts_at = ? AND state = 'requested'`, slot.UTC()); n != 1 {
		t.Errorf("%d bookings stand on the seat", n)
	}
	w.whole(w.clock.Now())
}

// The head answers by the clock of one server at the moment at which the other's worker
// gives the seat to the next.
func TestAnAnswerAtTheLastMomentByTwoClocks(t *testing.T) {
	w := openTwo(t)
	times := slots(2)
	heads, next := make([]*phone, len(times)), make([]*phone, len(times))
	ids, nextIDs := make([]int64, len(times)), make([]int64, len(times))
	for i, slot := range times {
		p := w.person(fmt.Sprintf("p%d", i))
		taken := p.book(slot).id("")
		heads[i], next[i] = w.person(fmt.Sprintf("h%d", i)), w.person(fmt.Sprintf("n%d", i))
		ids[i], nextIDs[i] = heads[i].wait(slot), next[i].wait(slot)
		p.move("bookings", taken, "cancel", nil).need(200)
	}
	over := monday.Add(2 * time.Hour)
	w.a.set(over.Add(-time.Second))
	w.b.set(over.Add(time.Second))
	worked := make(chan struct{})
	go func() {
		defer close(worked)
		w.b.work()
	}()
	answers := together(len(times), func(i int) *answer { return heads[i].at(w.a).move("waits", ids[i], "take", nil) })
	<-worked
	w.b.work()
	for i, a := range answers {
		head, second := heads[i].at(w.b).waits(ids[i]), next[i].at(w.b).waits(nextIDs[i])
		switch {
		case a.status == 200 && head == "taken" && second == "waiting":
		case a.status == 409 && head == "lapsed" && second == "offered":
			a.refused(cabin.CodeConflict)
		default:
			t.Errorf("the head's answer is %d %s; the head is %s, the next %s", a.status, a.body["code"], head, second)
		}
	}
	w.whole(over.Add(time.Second))
}

// A hold ran out by the clock of one server, not by the other's: the deputy accepts on the
// one at the moment at which somebody books on the other.
func TestAHoldBetweenTwoClocks(t *testing.T) {
	w := openTwo(t)
	times := slots(5)[12:]
	ids := make([]int64, len(times))
	for i, slot := range times {
		ids[i] = w.person(fmt.Sprintf("p%d", i)).at(w.either(i)).book(slot).id("")
	}
	over := time.Time{}
	if err := w.x.QueryRow(`SELECT MAX(hold_until) FROM bookings`).Scan(&over); err != nil {
		t.Fatal(err)
	}
	if n := w.number(`SELECT COUNT(*) FROM bookings WHERE hold_until = ?`, over); n != len(times) {
		t.Fatalf("%d of %d holds run out together", n, len(times))
	}
	w.a.set(over.Add(-time.Second))
	w.b.set(over.Add(time.Second))
	w.clock.Set(over)
	deputy := w.person("deputy", cabin.Grant{Role: cabin.Deputy, ScopeID: 1})
	others := make([]*phone, len(times))
	for i := range others {
		others[i] = w.person(fmt.Sprintf("q%d", i))
	}
	answers := together(2*len(times), func(i int) *answer {
		if n := i / 2; i%2 == 0 {
			return deputy.at(w.a).move("bookings", ids[n], "accept", nil)
		}
		return others[i/2].at(w.b).book(times[i/2])
	})
	for n := range times {
		accepted, booked := answers[2*n], answers[2*n+1]
		switch {
		case accepted.status == 200 && booked.status == 409:
			booked.refused(cabin.CodeSlotTaken)
		case accepted.status == 409 && booked.status == 201:
			accepted.refused(cabin.CodeSlotTaken)
		default:
			t.Errorf("accepted and booked at once: %s and %s", accepted.raw, booked.raw)
		}
	}
	w.whole(over.Add(time.Second))
	w.set(over.Add(time.Second))
	w.work()
	w.whole(over.Add(time.Second))
}

// The same with a part of the time: another deputy's meeting in the same room took one
// quarter of it, or the cap of the day its place.
func TestAHoldThatLostAPart(t *testing.T) {
	for name, c := range map[string]struct {
		setup []string
		other func(p *phone) *answer
	}{
		"a quarter of the room": {[]string{
			`UPDATE deputies SET day_cap = 5 WHERE id = 1`,
			`INSERT INTO deputies (id, name, level, station_id) VALUES (3, '许静', 'city', 1)`,
			`INSERT INTO deputy_hours (deputy_id, station_id, room_id, weekday, from_minute, to_minute, slot_minutes, service) VALUES (3, 1, 1, 3, 555, 735, 30, 'talk_one')`,
		}, func(p *phone) *answer {
			return p.post("/bookings", map[string]any{"deputyId": 3, "start": wednesday(9, 45).AddDate(0, 0, 14), "topic": "创业"})
		}},
		"the day's last place": {[]string{`UPDATE deputies SET day_cap = 1 WHERE id = 1`}, func(p *phone) *answer {
			return p.book(wednesday(11, 0).AddDate(0, 0, 14))
		}},
	} {
		t.Run(name, func(t *testing.T) {
			w := openTwo(t)
			for _, statement := range c.setup {
				w.exec(statement)
			}
			held := w.person("p").at(w.a).book(wednesday(9, 30).AddDate(0, 0, 14)).id("")
			var over time.Time
			if err := w.x.QueryRow(`SELECT hold_until FROM bookings WHERE id = ?`, held).Scan(&over); err != nil {
				t.Fatal(err)
			}
			w.a.set(over.Add(-time.Second))
			w.b.set(over.Add(time.Second))
			w.clock.Set(over)
			c.other(w.person("q").at(w.b)).need(201)
			deputy := w.person("deputy", cabin.Grant{Role: cabin.Deputy, ScopeID: 1})
			late := deputy.at(w.a).move("bookings", held, "accept", nil)
			late.need(409)
			late.refused(cabin.CodeSlotTaken)
			w.whole(over.Add(time.Second))
		})
	}
}
