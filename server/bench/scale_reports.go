package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"
)

// SCALE=full for issue 4: lists of reports on two installations, one with a month's reports
// and one with many years' besides, each report with its events.

const (
	monthReports = 10_000
	yearsReports = 1_000_000
	eventsOfEach = 5
	loadedAtOnce = 100_000 // rows of one INSERT
	askers       = 2_000   // people who are about to report: nobody comes near a limit of requests
	buildings    = 60      // in each community
)

// measureReports prints p99 with a million reports over p99 with ten thousand, for each list.
func measureReports(ctx context.Context, l *lab, tell func([]result) error) error {
	l.note("准备 %d 件和 %d 件民情，各有 %d 条经过…", monthReports, yearsReports, eventsOfEach)
	var stages [2]*stage
	var lists [2]map[string][][]byte
	for i, n := range []int{yearsReports, monthReports} {
		s, err := l.openStage(ctx, []string{"years", "month"}[i], 3+i)
		if err != nil {
			return err
		}
		begun := time.Now()
		if lists[i], err = s.fillReports(ctx, n); err != nil {
			return err
		}
		l.note("  %d 件用时 %.0f 秒", n, time.Since(begun).Seconds())
		stages[i] = s
	}
	p := plan{warm: time.Second, rounds: 5, each: 1500 * time.Millisecond, settle: func(ctx context.Context) error {
		return errors.Join(stages[0].settle(ctx), stages[1].settle(ctx))
	}}
	for _, name := range []string{"reports_mine", "staff_queue", "staff_closed", "reports_near"} {
		many := &side{name: "多", process: stages[0].server, want: http.StatusOK, next: around(lists[0][name])}
		few := &side{name: "少", process: stages[1].server, want: http.StatusOK, next: around(lists[1][name])}
		as, bs, err := l.against(ctx, name, p, inFlight, many, few)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		slow, fast := medianP99(as), medianP99(bs)
		l.note("  %s p99：%.2f ms 和 %.2f ms", name, ms(slow), ms(fast))
		if err := tell([]result{valued(name+"_scale", ratio(slow, fast), atMost(scaleRatio))}); err != nil {
			return err
		}
	}
	stages[0].notePeak()
	return tell([]result{valued("rss_scale_reports", stages[0].peak, atMost(100))})
}

// fillReports makes n reports: the last monthReports of these four weeks, the same on both
// installations, and before them what was closed in the years before.
func (s *stage) fillReports(ctx context.Context, n int) (map[string][][]byte, error) {
	if err := s.makeReporting(ctx); err != nil {
		return nil, err
	}
	first, residents, err := s.addResidents(ctx, reportedBy)
	if err != nil {
		return nil, err
	}
	before := n - monthReports
	for from := 1; from <= n; from += loadedAtOnce {
		if err := s.loadReports(ctx, from, min(from+loadedAtOnce-1, n), before, first); err != nil {
			return nil, err
		}
	}
	if err := s.exec(ctx,
		// What the jobs read of matters was read.
		`INSERT INTO found_marks (kind, last_id) SELECT k.seq, (SELECT MAX(id) FROM reports) FROM seq_0_to_3 k ON DUPLICATE KEY UPDATE last_id = VALUES(last_id)`,
		`INSERT INTO statistics_marks (id, last_event_id) SELECT 1, MAX(id) FROM report_events ON DUPLICATE KEY UPDATE last_event_id = VALUES(last_event_id)`,
		`ANALYZE TABLE reports, report_events`); err != nil {
		return nil, err
	}
	return s.reportRequests(ctx, residents)
}

// loadReports writes the reports from…to with their events, in the order of time, so that
// every index grows at few ends.
func (s *stage) loadReports(ctx context.Context, from, to, before, first int) error {
	return s.exec(ctx, fmt.Sprintf(`INSERT INTO reports (id, reporter_id, category_id, station_id, community_id, place_text, building, place_key, body, state, waiting,
			department_id, outcome, due_from, due_at, chain_length, created_at, updated_at)
		SELECT seq, %[3]d + seq %% %[4]d, 1 + seq %% 6, 1 + seq %% %[5]d, 1 + seq %% %[5]d, CONCAT(1 + seq DIV 42 %% %[6]d, ' 号楼前'), '', CONCAT(1 + seq DIV 42 %% %[6]d, '号楼'),
			'楼前的路面一下雨就积水，老人出门要绕很远，已经两年了，请帮忙看看。', IF(old, 'closed', 'submitted'), IF(old, 'nobody', 'staff'), IF(old, 1 + seq %% 8, 0), IF(old, 'fixed', ''),
			IF(old, NULL, at), IF(old, NULL, at + INTERVAL 60 DAY), %[7]d, at, at
		FROM (SELECT seq, seq <= %[8]d OR seq %% 4 AS old, IF(seq <= %[8]d, UTC_TIMESTAMP(3) - INTERVAL 35 DAY - INTERVAL (%[8]d - seq) * 3 MINUTE,
			UTC_TIMESTAMP(3) - INTERVAL (%[8]d + %[9]d - seq) * 4 MINUTE) AS at FROM seq_%[1]d_to_%[2]d) t`,
		from, to, first, reportedBy, stations, buildings, eventsOfEach, before, monthReports),
		fmt.Sprintf(`INSERT INTO report_events (report_id, at, actor_id, actor_role, command, from_state, to_state, text, note, seq)
		SELECT r.id, r.created_at + INTERVAL k.seq HOUR, r.reporter_id, 'staff', ELT(k.seq, 'create', 'accept', 'dispatch', 'take', 'resolve'), '', '', '承办单位正在办理', '已经派人到现场看过，正在安排。', k.seq
		FROM reports r JOIN seq_1_to_%d k WHERE r.id BETWEEN %d AND %d`, eventsOfEach, from, to))
}

// reportRequests are the requests of each list. Pages differ in length, so that few of them
// are kept when they are asked for again: what is measured is reading.
func (s *stage) reportRequests(ctx context.Context, residents []string) (map[string][][]byte, error) {
	desks, err := s.logIn(ctx, people(staffPersons, stations))
	if err != nil {
		return nil, err
	}
	_, reporting, err := s.addResidents(ctx, askers)
	if err != nil {
		return nil, err
	}
	lists := map[string][][]byte{}
	for limit := 20; limit <= 50; limit++ {
		lists["reports_mine"] = append(lists["reports_mine"], asEach(residents, fmt.Sprintf("/me/reports?limit=%d", limit))...)
		for _, queue := range []string{"waiting", "closed"} {
			name := "staff_" + map[string]string{"waiting": "queue", "closed": "closed"}[queue]
			lists[name] = append(lists[name], asEach(desks, fmt.Sprintf("/desk/reports?queue=%s&limit=%d", queue, limit))...)
		}
	}
	for i, token := range reporting {
		lists["reports_near"] = append(lists["reports_near"], post("/api/v1/reports/preflight", token, "", fmt.Appendf(nil,
			`{"categoryId":%d,"body":"楼前积水，下雨天出门要绕路","place":{"communityId":%d,"text":"%d 号楼前"}}`, 1+i%6, 1+i%stations, 1+i%buildings)))
	}
	return lists, nil
}
