package main

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
)

const stations = 7 // the street's and one in each of six communities

// makeStations makes the places and words that deputies refer to, and a desk for each
// station. Only columns without a default are named, so that the schema may grow. Whoever
// is told of something here is awake, so that what is measured is the same at every hour.
func (s *stage) makeStations(ctx context.Context) error {
	return s.exec(ctx,
		fmt.Sprintf(`INSERT INTO stations (id, kind, name, address, hours, phone) SELECT seq, IF(seq = 1, 'central', 'community'),
			CONCAT('人大代表联络站 ', seq, ' 号'), CONCAT('幸福路 ', seq * 11, ' 号便民服务中心二楼'), '周一至周五 9:00–17:00', '010-00000000' FROM seq_1_to_%d`, stations),
		`INSERT INTO specialities (id, name) SELECT seq, ELT(seq, '中医养生', '创业指导', '物业纠纷', '法律咨询', '教育升学', '养老服务',
			'心理健康', '交通出行', '食品安全', '就业帮扶', '社区环境', '体育健身') FROM seq_1_to_12`,
		fmt.Sprintf(`INSERT INTO persons (id, name, created_at) SELECT %d + seq, CONCAT('工作人员', seq), '2026-01-01' FROM seq_1_to_%d`, staffPersons, stations),
		fmt.Sprintf(`INSERT INTO person_roles (person_id, role, scope_id, granted_at) SELECT %d + seq, 'staff', seq, '2026-01-01' FROM seq_1_to_%d`, staffPersons, stations),
		awake(fmt.Sprintf(`seq_%d_to_%d`, staffPersons+1, staffPersons+stations)),
	)
}

// awake makes these people answer a prompt for years to come: what they are told at night
// is pushed to them all the same.
func awake(people string) string {
	return `INSERT INTO consent_events (person_id, template, kind, source, prompt_id, created_at) SELECT seq, 'bench', 'shown', 'client', 'bench', '2100-01-01' FROM ` + people
}

// addPeople makes n residents: the ids after those made so far.
func (s *stage) addPeople(ctx context.Context, n int) error {
	first := s.residents + 1
	s.residents += n
	return s.exec(ctx, fmt.Sprintf(`INSERT INTO persons (id, openid, name, created_at)
		SELECT seq, CONCAT('bench-', seq), CONCAT('居民', seq), '2026-01-01' FROM seq_%d_to_%d`, first, s.residents))
}

// addResidents makes n people with a session each and returns their tokens in the order of
// their ids, the first of which is first.
func (s *stage) addResidents(ctx context.Context, n int) (first int, tokens []string, err error) {
	first = s.residents + 1
	if err := s.addPeople(ctx, n); err != nil {
		return 0, nil, err
	}
	tokens, err = s.logIn(ctx, people(first-1, n))
	return first, tokens, err
}

// logIn begins a session for each of these people, straight in Redis.
func (s *stage) logIn(ctx context.Context, people []int64) ([]string, error) {
	tokens := make([]string, len(people))
	err := parallel(ctx, len(people), func(_, i int) (err error) {
		tokens[i], err = s.sessions.Create(ctx, people[i], "bench", false)
		return err
	})
	return tokens, err
}

// hours are the weekly rules that addDeputies gives a deputy (d): SQL of SELECTs of
// (weekday, from_minute, to_minute, slot_minutes).
type hours string

const (
	// A deputy as they are: twice a week for three hours, half an hour each.
	receiving hours = `SELECT 1 + d.id % 5, IF(d.id % 2, 540, 840), IF(d.id % 2, 720, 1020), 30
		UNION ALL SELECT 1 + (d.id + 2) % 5, IF(d.id % 2, 840, 540), IF(d.id % 2, 1020, 720), 30`
	// More seats than anybody has, to be booked by the thousand.
	wide hours = `SELECT seq, 540, 1020, 15 FROM seq_0_to_6`
)

// addDeputies makes n deputies with a person, a room, specialities, services and hours
// each, and returns the id of the first.
func (s *stage) addDeputies(ctx context.Context, n int, h hours) (first int, err error) {
	first = s.deputies + 1
	s.deputies += n
	from := fmt.Sprintf(`seq_%d_to_%d`, first, s.deputies)
	own := fmt.Sprintf(`deputies d WHERE d.id BETWEEN %d AND %d`, first, s.deputies)
	return first, s.exec(ctx,
		`INSERT INTO deputies (id, name, level, constituency, term, title, bio, station_id) SELECT seq, CONCAT('代表', seq), ELT(1 + seq % 3, 'district', 'city', 'province'),
			CONCAT('第 ', 1 + seq % 20, ' 选区'), '第十七届', ELT(1 + seq % 4, '社区卫生服务中心主任医师', '律师事务所合伙人', '中学高级教师', '企业负责人'),
			'从业二十余年，熟悉社区情况，长期为居民义务答疑；每周在联络站接待，欢迎带着具体问题来谈，也可以先打电话说明。', 1 + seq % `+fmt.Sprint(stations)+` FROM `+from,
		`INSERT INTO rooms (id, station_id, name) SELECT d.id, d.station_id, CONCAT('接待室 ', d.id) FROM `+own,
		fmt.Sprintf(`INSERT INTO persons (id, openid, name, created_at) SELECT %d + d.id, CONCAT('bench-deputy-', d.id), d.name, '2026-01-01' FROM `, deputyPersons)+own,
		fmt.Sprintf(`INSERT INTO person_roles (person_id, role, scope_id, granted_at) SELECT %d + d.id, 'deputy', d.id, '2026-01-01' FROM `, deputyPersons)+own,
		awake(fmt.Sprintf(`seq_%d_to_%d`, deputyPersons+first, deputyPersons+s.deputies)),
		`INSERT INTO deputy_specialities (deputy_id, speciality_id) SELECT d.id, 1 + (d.id * 5 + k.seq * 7) % 12 FROM seq_0_to_1 k, `+own,
		`INSERT INTO deputy_services (deputy_id, service) SELECT d.id, ELT(k.seq, 'talk_one', 'phone') FROM seq_1_to_2 k, `+own,
		s.hoursOf(h, first),
	)
}

// hoursOf writes the weekly rules of the deputies from first on: one INSERT for each rule.
func (s *stage) hoursOf(h hours, first int) string {
	selects := strings.Split(string(h), "UNION ALL")
	for i, part := range selects {
		columns, from, _ := strings.Cut(strings.TrimSpace(part), " FROM ")
		if from != "" {
			from += ", "
		}
		selects[i] = `SELECT d.id, d.station_id, d.id, 'talk_one', ` + strings.TrimPrefix(columns, "SELECT ") +
			fmt.Sprintf(` FROM %sdeputies d WHERE d.id BETWEEN %d AND %d`, from, first, s.deputies)
	}
	return `INSERT INTO deputy_hours (deputy_id, station_id, room_id, service, weekday, from_minute, to_minute, slot_minutes) ` + strings.Join(selects, " UNION ALL ")
}

// seat is a free slot of a deputy.
type seat struct {
	deputy int
	start  time.Time
}

type slotDays struct {
	Days []struct {
		Slots []struct {
			Start time.Time `json:"start"`
			Free  bool      `json:"free"`
		} `json:"slots"`
	} `json:"days"`
}

// soonest is how far away a seat must be: those at the edge of what may be booked are too
// soon before the run ends.
const soonest = 5 * time.Hour

// seats asks the server for all free slots of n deputies, in order of time and deputy.
func (s *stage) seats(ctx context.Context, first, n int) ([]seat, error) {
	found := make([][]seat, n)
	err := s.ask(ctx, n, http.StatusOK,
		func(i int) []byte { return get(fmt.Sprintf("/api/v1/deputies/%d/slots?days=31", first+i), "") },
		func(i int, body []byte) error {
			calendar, err := decode[slotDays](body)
			for _, day := range calendar.Days {
				for _, slot := range day.Slots {
					if slot.Free && time.Until(slot.Start) > soonest {
						found[i] = append(found[i], seat{first + i, slot.Start})
					}
				}
			}
			return err
		})
	all := slices.Concat(found...)
	slices.SortFunc(all, func(a, b seat) int {
		if c := a.start.Compare(b.start); c != 0 {
			return c
		}
		return a.deputy - b.deputy
	})
	return all, err
}

// bookingBody is what a resident sends to book a seat.
func bookingBody(s seat) []byte {
	return fmt.Appendf(nil, `{"deputyId":%d,"start":%q,"topic":"中医养生","note":"最近两个月一直睡不好，想请您看看平时怎么调理，周末也可以。"}`,
		s.deputy, s.start.Format(time.RFC3339))
}

// book books these seats, each for a resident of its own.
func (s *stage) book(ctx context.Context, seats []seat) error {
	_, tokens, err := s.addResidents(ctx, len(seats))
	if err != nil {
		return err
	}
	return s.ask(ctx, len(seats), http.StatusCreated, func(i int) []byte {
		return post("/api/v1/bookings", tokens[i], fmt.Sprintf("prepared-%06d", i), bookingBody(seats[i]))
	}, nil)
}
