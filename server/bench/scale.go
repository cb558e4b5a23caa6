package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"
)

// SCALE=full: the same lists on two installations that differ in how much is stored.

const (
	smallBookings = 2_000
	largeBookings = 200_000
	largeDeputies = 300
	probes        = 20 // deputies whose bookings are read
	asking        = 25 // of each of them, unanswered: a page is full on both
	agreed        = 22
	readers       = 50 // residents whose bookings are read
	scaleRatio    = 1.5
)

// measureScale prints p99 with 200,000 bookings over p99 with 2,000, for each list.
func measureScale(ctx context.Context, l *lab, tell func([]result) error) error {
	l.note("准备 %d 个和 %d 个预约…", smallBookings, largeBookings)
	small, err := l.openStage(ctx, "small", 1)
	if err != nil {
		return err
	}
	large, err := l.openStage(ctx, "large", 2)
	if err != nil {
		return err
	}
	many, err := large.fillScale(ctx, largeDeputies, largeBookings)
	if err != nil {
		return err
	}
	few, err := small.fillScale(ctx, listed, smallBookings)
	if err != nil {
		return err
	}
	p := plan{warm: time.Second, rounds: 5, each: 1500 * time.Millisecond, settle: func(ctx context.Context) error {
		return errors.Join(large.settle(ctx), small.settle(ctx))
	}}
	for _, name := range listNames {
		a := &side{name: "多", process: large.server, want: http.StatusOK, next: around(many[name])}
		b := &side{name: "少", process: small.server, want: http.StatusOK, next: around(few[name])}
		as, bs, err := l.against(ctx, name, p, inFlight, a, b)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		slow, fast := medianP99(as), medianP99(bs)
		l.note("  %s p99：%.2f ms 和 %.2f ms", name, ms(slow), ms(fast))
		if err := tell([]result{valued(name+"_scale", ratio(slow, fast), atMost(scaleRatio))}); err != nil {
			return err
		}
	}
	large.notePeak()
	return tell([]result{valued("rss_scale", large.peak, atMost(100))})
}

func ratio(a, b time.Duration) float64 {
	if b == 0 {
		return 0
	}
	return float64(a) / float64(b)
}

// medianP99 is the middle one of the rounds' p99s.
func medianP99(rounds []round) time.Duration {
	all := make([]time.Duration, len(rounds))
	for i, r := range rounds {
		all[i] = percentile(r.waits, 99)
	}
	slices.Sort(all)
	return percentile(all, 50)
}

// fillScale makes deputies and n bookings, and returns the requests of each list. What is
// open goes through the API, the same on both installations; history is written straight
// into the table.
func (s *stage) fillScale(ctx context.Context, deputies, n int) (map[string][][]byte, error) {
	if _, err := s.addDeputies(ctx, deputies, receiving); err != nil {
		return nil, err
	}
	seats, err := s.seats(ctx, 1, probes)
	if err != nil {
		return nil, err
	}
	count := map[int]int{}
	var booked []seat
	for _, at := range seats {
		if count[at.deputy]++; count[at.deputy] <= asking+agreed {
			booked = append(booked, at)
		}
	}
	if err := s.book(ctx, booked); err != nil {
		return nil, err
	}
	if err := s.acceptSome(ctx); err != nil {
		return nil, err
	}
	first, tokens, err := s.addResidents(ctx, readers)
	if err != nil {
		return nil, err
	}
	same := smallBookings - len(booked) // those of the probes, on both
	if err := s.addPast(ctx, 1, same, probes, first, readers); err != nil {
		return nil, err
	}
	if all := n - len(booked); all > same {
		const others = 20_000 // people who never come back: no sessions
		if err := s.addPeople(ctx, others); err != nil {
			return nil, err
		}
		if err := s.addPast(ctx, same+1, all, deputies, first, readers+others); err != nil {
			return nil, err
		}
	}
	if err := s.exec(ctx, `ANALYZE TABLE bookings`); err != nil {
		return nil, err
	}
	return s.listRequests(ctx, tokens)
}

// acceptSome lets each probed deputy accept the later ones of what was asked.
func (s *stage) acceptSome(ctx context.Context) error {
	rows, err := s.db.QueryContext(ctx, `SELECT id, deputy_id FROM (SELECT id, deputy_id, ROW_NUMBER() OVER (PARTITION BY deputy_id ORDER BY starts_at DESC) AS n
		FROM bookings) b WHERE n <= ?`, agreed)
	if err != nil {
		return err
	}
	defer rows.Close()
	var ids, deputies []int64
	for rows.Next() {
		var id, deputy int64
		if err := rows.Scan(&id, &deputy); err != nil {
			return err
		}
		ids, deputies = append(ids, id), append(deputies, deputy)
	}
	if err := rows.Err(); err != nil {
		return err
	}
	tokens, err := s.logIn(ctx, people(deputyPersons, probes))
	if err != nil {
		return err
	}
	return s.ask(ctx, len(ids), http.StatusOK, func(i int) []byte {
		return post(fmt.Sprintf("/api/v1/bookings/%d/commands", ids[i]), tokens[deputies[i]-1], "", []byte(`{"command":"accept"}`))
	}, nil)
}

// people are the ids base+1…base+n.
func people(base, n int) []int64 {
	ids := make([]int64, n)
	for i := range ids {
		ids[i] = int64(base + 1 + i)
	}
	return ids
}

// addPast writes bookings from…to of the last five years, over n deputies and m residents.
func (s *stage) addPast(ctx context.Context, from, to, n, firstResident, m int) error {
	return s.exec(ctx, fmt.Sprintf(`INSERT INTO bookings (resident_id, deputy_id, station_id, service, topic, note, starts_at, ends_at, state, created_at, updated_at)
		SELECT %d + seq %% %d, d.id, d.station_id, 'talk_one', '中医养生', '最近两个月一直睡不好，想请您看看平时怎么调理，周末也可以。',
		UTC_DATE() - INTERVAL 1 + seq %% 1800 DAY + INTERVAL 1 + seq %% 9 HOUR, UTC_DATE() - INTERVAL 1 + seq %% 1800 DAY + INTERVAL 2 + seq %% 9 HOUR,
		ELT(1 + (seq DIV %d) %% 6, 'completed', 'completed', 'declined', 'cancelled', 'expired', 'no_show'),
		UTC_DATE() - INTERVAL 1810 DAY, UTC_DATE() - INTERVAL 1 DAY
		FROM seq_%d_to_%d JOIN deputies d ON d.id = 1 + seq %% %d`, firstResident, m, n, from, to, n))
}

// listNames are the lists whose p99 is compared, in the order of measuring.
var listNames = []string{"slots", "deputies", "my_bookings", "deputy_waiting", "deputy_upcoming", "deputy_past",
	"desk_waiting", "desk_upcoming", "desk_past", "desk_day"}

// listRequests renders the requests of each list; residents are the tokens of those who
// read their own.
func (s *stage) listRequests(ctx context.Context, residents []string) (map[string][][]byte, error) {
	pages, err := s.deputyPages(listed)
	if err != nil {
		return nil, err
	}
	deputies, err := s.logIn(ctx, people(deputyPersons, probes))
	if err != nil {
		return nil, err
	}
	desks, err := s.logIn(ctx, people(staffPersons, stations))
	if err != nil {
		return nil, err
	}
	lists := map[string][][]byte{"slots": slotRequests(listed), "deputies": pages, "my_bookings": asEach(residents, "/me/bookings")}
	for _, view := range []string{"waiting", "upcoming", "past"} {
		lists["deputy_"+view] = asEach(deputies, "/deputy/bookings?view="+view)
		lists["desk_"+view] = asEach(desks, "/desk/bookings?view="+view)
	}
	for d := range 20 { // days with what was agreed
		day := time.Now().AddDate(0, 0, 10+d).Format(time.DateOnly)
		lists["desk_day"] = append(lists["desk_day"], asEach(desks, "/desk/bookings?view=day&date="+day)...)
	}
	return lists, nil
}

// asEach is one request as each of these people.
func asEach(tokens []string, path string) [][]byte {
	requests := make([][]byte, len(tokens))
	for i, token := range tokens {
		requests[i] = get("/api/v1"+path, token)
	}
	return requests
}
