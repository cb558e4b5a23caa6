package e2e

import (
	"fmt"
	"net/http"
	"sync"
	"testing"
	"time"

	"warmcabin/server/cabin"
)

// together runs n requests that begin at the same moment.
func together(n int, ask func(i int) *answer) []*answer {
	answers := make([]*answer, n)
	start := make(chan struct{})
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() {
			<-start
			answers[i] = ask(i)
		})
	}
	close(start)
	wg.Wait()
	return answers
}

func statuses(answers []*answer) map[int]int {
	counts := map[int]int{}
	for _, a := range answers {
		counts[a.status]++
	}
	return counts
}

func TestTwoHundredForOneSeat(t *testing.T) {
	s := open(t)
	people := make([]*phone, 200)
	for i := range people {
		people[i] = s.person(fmt.Sprintf("p%d", i))
	}
	answers := together(len(people), func(i int) *answer { return people[i].book(wednesday(9, 30)) })
	if got := statuses(answers); got[201] != 1 || got[409] != len(people)-1 {
		t.Fatalf("of 200 for one seat: %v, want one 201 and 199 times 409", got)
	}
	for _, a := range answers {
		if a.status == 201 {
			continue
		}
		a.refused(cabin.CodeSlotTaken)
		others, _ := a.body["alternatives"].([]any)
		if len(others) != 3 {
			t.Fatalf("a loser is offered %d other times: %s", len(others), a.raw)
		}
		for _, o := range others {
			if slot := o.(map[string]any); slot["free"] != true || slot["start"] == "2026-11-25T09:30:00+08:00" {
				t.Fatalf("a loser is offered %v", slot)
			}
		}
	}
	if rows, quarters := s.number(`SELECT COUNT(*) FROM bookings`), s.number(`SELECT COUNT(*) FROM occupancy`); rows != 1 || quarters != 6 {
		t.Errorf("%d bookings hold %d quarters, want 1 and 6 (deputy, room, resident, two each)", rows, quarters)
	}
	if left := s.number(`SELECT COUNT(*) FROM booking_events`) + s.number(`SELECT COUNT(*) FROM idempotency_keys`); left != 2 {
		t.Errorf("the losers left %d rows behind", left-2)
	}
}

func TestOneResidentOnManyPhonesHasTwoOpenBookings(t *testing.T) {
	s := open(t)
	p := s.person("resident")
	answers := together(6, func(i int) *answer { return p.book(wednesday(9, 30*i)) })
	if got := statuses(answers); got[201] != 2 || got[409] != 4 {
		t.Fatalf("six at once: %v, want two 201", got)
	}
	for _, a := range answers {
		if a.status == 409 {
			a.refused(cabin.CodeLimitReached)
		}
	}
}

// creation is a creating request under one key.
type creation struct {
	path, table string
	body, other map[string]any
}

var creations = []creation{
	{"/bookings", "bookings", map[string]any{"deputyId": 1, "start": wednesday(9, 30), "topic": "睡不好"}, map[string]any{"deputyId": 1, "start": wednesday(10, 0), "topic": "睡不好"}},
	{"/reports", "reports", map[string]any{"categoryId": 1, "body": "小区门口路面严重积水", "place": map[string]any{"text": "3 号楼"}}, map[string]any{"categoryId": 1, "body": "小区门口路面严重积水！", "place": map[string]any{"text": "3 号楼"}}},
}

func TestTheSameKeyMakesOneThing(t *testing.T) {
	for _, c := range creations {
		t.Run(c.table, func(t *testing.T) {
			s := open(t)
			p, other := s.person("resident"), s.person("other")
			const key = "tapped-twice"
			first, second := p.sendKey(http.MethodPost, c.path, c.body, key), p.sendKey(http.MethodPost, c.path, c.body, key)
			first.need(201)
			second.need(201)
			if first.id("") != second.id("") || s.number(`SELECT COUNT(*) FROM `+c.table) != 1 {
				t.Errorf("tapped twice: %d and %d", first.id(""), second.id(""))
			}
			reused := p.sendKey(http.MethodPost, c.path, c.other, key)
			reused.need(409)
			reused.refused(cabin.CodeKeyReused)
			if s.number(`SELECT COUNT(*) FROM `+c.table) != 1 {
				t.Error("the other body made something")
			}
			// The key is the person's own.
			body := c.body
			if c.table == "bookings" {
				body = c.other
			}
			if theirs := other.sendKey(http.MethodPost, c.path, body, key); theirs.status != 201 || theirs.id("") == first.id("") {
				t.Errorf("the same key of somebody else: %d %s", theirs.status, theirs.raw)
			}
			// What was made is answered also when it could not be made any more.
			s.clock.Set(wednesday(9, 0))
			if again := p.sendKey(http.MethodPost, c.path, c.body, key); again.status != 201 || again.id("") != first.id("") {
				t.Errorf("asked again later: %d %s", again.status, again.raw)
			}
			for _, bad := range []string{"", "short", "a key with spaces", "钥匙钥匙钥匙", fmt.Sprintf("%065d", 1)} {
				a := p.sendKey(http.MethodPost, c.path, c.other, bad)
				a.need(422)
				a.refused(cabin.CodeInvalid)
				a.readable()
			}
		})
	}
}

func TestABookingsKeyIsNoReportsKey(t *testing.T) {
	s := open(t)
	p := s.person("resident")
	p.sendKey(http.MethodPost, "/bookings", creations[0].body, "one-key-only").need(201)
	a := p.sendKey(http.MethodPost, "/reports", creations[1].body, "one-key-only")
	a.need(409)
	a.refused(cabin.CodeKeyReused)
}

// Twenty at once with one key; who is told to wait does so and asks again, as phones do.
func TestTwentyAtOnceWithOneKeyMakeOneThing(t *testing.T) {
	for _, c := range creations {
		t.Run(c.table, func(t *testing.T) {
			s := open(t)
			p := s.person("resident")
			ask := func(int) *answer { return p.sendKey(http.MethodPost, c.path, c.body, "all-the-same") }
			made := map[int64]bool{}
			for asked := 20; asked > 0; {
				answers := together(asked, ask)
				for _, a := range answers {
					if a.status == 429 {
						a.refused(cabin.CodeTooMany)
						continue
					}
					a.need(201)
					made[a.id("")] = true
					asked--
				}
				s.clock.Advance(30 * time.Second)
			}
			if rows := s.number(`SELECT COUNT(*) FROM ` + c.table); len(made) != 1 || rows != 1 {
				t.Errorf("twenty at once made %d things in %d rows", len(made), rows)
			}
			if told := s.number(`SELECT COUNT(*) FROM ` + map[string]string{"bookings": "booking_events", "reports": "report_events"}[c.table]); told != 1 {
				t.Errorf("the timeline has %d lines", told)
			}
		})
	}
}

// Everybody moves the same booking at once: one does, the others learn its state.
func TestManyAnswersToOneRequest(t *testing.T) {
	s := openStreet(t)
	commands := []map[string]any{{"command": "accept"}, {"command": "decline", "reason": "有会"}, {"command": "cancel"}}
	phones := []*phone{s.deputy, s.staff, s.resident}
	answers := together(12, func(i int) *answer {
		return phones[i%3].post(fmt.Sprintf("/bookings/%d/commands", s.booking), commands[i%3])
	})
	// The resident may cancel what was just accepted: at most two moves, one after the other.
	moved := s.number(`SELECT COUNT(*) FROM booking_events`) - 1
	if got := statuses(answers); got[200] != moved || moved > 2 || moved < 1 || got[200]+got[409]+got[403] != 12 {
		t.Errorf("%d moves; answers %v", moved, got)
	}
}
