package main

import (
	"context"
	"fmt"
	"net/http"
	"time"
)

// Reports: issue 4's writing and its two busiest lists.

const (
	mostReports   = 40_000
	reporters     = 8_000 // who report: nobody comes near a limit of requests
	reportedBy    = 100   // residents whose lists are read
	reportsOfEach = 25
)

// makeReporting makes what a report refers to, once.
func (s *stage) makeReporting(ctx context.Context) error {
	if s.reporting {
		return nil
	}
	s.reporting = true
	return s.exec(ctx,
		fmt.Sprintf(`INSERT INTO communities (id, name, station_id) SELECT seq, CONCAT('社区', seq), seq FROM seq_1_to_%d`, stations),
		`INSERT INTO departments (id, name) SELECT seq, CONCAT('承办单位', seq) FROM seq_1_to_8`,
		`INSERT INTO categories (id, name, department_id, days, position) SELECT seq, ELT(seq, '城市环境', '物业管理', '道路积水', '公共设施', '企业服务', '其他'), seq, 5, seq FROM seq_1_to_6`)
}

func reportBody(i int) []byte {
	return fmt.Appendf(nil, `{"categoryId":%d,"body":"楼前的路面一下雨就积水，老人出门要绕很远，孩子上学要背过去，已经两年了，请帮忙看看。","place":{"communityId":%d,"text":"%d 号楼前"}}`,
		1+i%6, 1+i%stations, 1+i%40)
}

// reportCreate takes reports in, with everything that one does, against two bare inserts.
func reportCreate(ctx context.Context, s *stage) ([]result, error) {
	if err := s.makeReporting(ctx); err != nil {
		return nil, err
	}
	_, tokens, err := s.addResidents(ctx, reporters)
	if err != nil {
		return nil, err
	}
	nextOurs, nextFloor := used(mostReports), used(1<<40)
	ours := &side{want: http.StatusCreated, next: func() []byte {
		i, ok := nextOurs()
		if !ok {
			return nil
		}
		return post("/api/v1/reports", tokens[i%reporters], fmt.Sprintf("report-%06d", i), reportBody(i))
	}}
	floor := &side{want: http.StatusCreated, next: func() []byte {
		i, _ := nextFloor()
		body := fmt.Appendf(nil, `{"residentId":%d,`, 30_000_000+i)
		return post("/floor/booking", "", "", append(body, bookingBody(seat{1 + i%listed, time.Now().AddDate(0, 0, 20)})[1:]...))
	}}
	r, err := s.versus(ctx, "report_create", inFlight, ours, floor, atLeast(0.60))
	return []result{r}, err
}

// listedReports makes the reports that are read: a few dozen of each of the residents, and
// by them a queue at every desk.
func (s *stage) listedReports(ctx context.Context) (residents []string, err error) {
	if err := s.makeReporting(ctx); err != nil {
		return nil, err
	}
	first, residents, err := s.addResidents(ctx, reportedBy)
	if err != nil {
		return nil, err
	}
	return residents, s.exec(ctx, fmt.Sprintf(`INSERT INTO reports (reporter_id, category_id, station_id, community_id, place_text, body, state, waiting,
			due_from, due_at, clock_at, created_at, updated_at)
		SELECT p.seq, 1 + k.seq %% 6, 1 + k.seq %% %[1]d, 1 + k.seq %% %[1]d, '3 号楼前', '楼前的路面一下雨就积水，老人出门要绕很远，已经两年了，请帮忙看看。', 'submitted', 'staff',
			UTC_TIMESTAMP(3), UTC_TIMESTAMP(3) + INTERVAL k.seq DAY, UTC_TIMESTAMP(3) + INTERVAL 20 DAY, UTC_TIMESTAMP(3), UTC_TIMESTAMP(3)
		FROM seq_%d_to_%d p, seq_1_to_%d k`, stations, first, first+reportedBy-1, reportsOfEach))
}

// reportLists reads a resident's own reports and a desk's queue, against the floor's list.
func reportLists(ctx context.Context, s *stage) ([]result, error) {
	if err := s.listedDeputies(ctx); err != nil {
		return nil, err
	}
	residents, err := s.listedReports(ctx)
	if err != nil {
		return nil, err
	}
	desks, err := s.logIn(ctx, people(staffPersons, stations))
	if err != nil {
		return nil, err
	}
	var out []result
	for _, c := range []struct {
		name, path string
		tokens     []string
	}{{"reports_mine", "/api/v1/me/reports?limit=20", residents}, {"staff_queue", "/api/v1/desk/reports?queue=waiting&limit=20", desks}} {
		requests := make([][]byte, len(c.tokens))
		for i, token := range c.tokens {
			requests[i] = get(c.path, token)
		}
		r, err := s.versus(ctx, c.name, inFlight, &side{want: http.StatusOK, next: around(requests)}, floorPages(), atLeast(1))
		if err != nil {
			return nil, err
		}
		out = append(out, r)
	}
	return out, nil
}
