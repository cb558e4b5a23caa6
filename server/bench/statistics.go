package main

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"time"
)

// Statistics with a million reports: what issue 6 asks of the page.

const (
	countedReports = 1_000_000
	countedMonths  = 36
	countedTouched = 20 // reports that move just before, so that their months are counted live
	countedReads   = 15
)

// statistics fills three years of reports with their events, waits until the worker has
// counted them, moves some of this month's, and asks for a year of all stations.
func statistics(ctx context.Context, s *stage) ([]result, error) {
	token, err := s.admin(ctx)
	if err != nil {
		return nil, err
	}
	err = s.exec(ctx, `INSERT IGNORE INTO categories (id, name) VALUES (900, '导出的类别'), (901, '统计的类别')`)
	if err != nil {
		return nil, err
	}
	begun := time.Now()
	if err := s.fillCounted(ctx); err != nil {
		return nil, err
	}
	s.lab.note("  写入 %d 件反映：%.0f 秒", countedReports, time.Since(begun).Seconds())
	begun = time.Now()
	if err := s.waitCounted(ctx); err != nil {
		return nil, err
	}
	s.lab.note("  第一次整理：%.0f 秒", time.Since(begun).Seconds())
	c := newCall(s.server.addr)
	defer c.close()
	var took []time.Duration
	for range countedReads {
		if err := s.touchCounted(ctx); err != nil {
			return nil, err
		}
		start := time.Now()
		status, body, err := c.do(get("/api/v1/statistics", token))
		took = append(took, time.Since(start))
		if err != nil || status != http.StatusOK {
			return nil, fmt.Errorf("statistics: %d %s %w", status, body, err)
		}
	}
	slices.Sort(took)
	return []result{valued("statistics", ms(percentile(took, 95)), atMost(300))}, nil
}

func (s *stage) fillCounted(ctx context.Context) error {
	const columns = `reporter_id, category_id, station_id, deputy_id, place_text, body, state, waiting, outcome, reopened_count, stars, created_at, updated_at, solved_at`
	for from := 1; from <= countedReports; from += 100_000 {
		err := s.exec(ctx, fmt.Sprintf(`INSERT INTO reports (%s)
			SELECT %d, c.id, st.id, IF(seq %% 3, 0, 1 + seq %% 100), '幸福路口', '路口的积水很深，下雨天老人过不去。', IF(seq %% 5, 'closed', 'in_progress'), IF(seq %% 5, 'nobody', 'department'),
			IF(seq %% 5, 'fixed', ''), seq %% 17 = 0, IF(seq %% 4, 0, 3 + seq %% 3), at, at, IF(seq %% 5, at + INTERVAL seq %% 500 HOUR, NULL)
			FROM (SELECT seq, UTC_TIMESTAMP() - INTERVAL (%d - seq) * %d SECOND AS at FROM seq_%d_to_%d) n
			JOIN (SELECT id, ROW_NUMBER() OVER (ORDER BY id) - 1 AS place, COUNT(*) OVER () AS n FROM stations) st ON st.place = n.seq %% st.n
			JOIN (SELECT id, ROW_NUMBER() OVER (ORDER BY id) - 1 AS place, COUNT(*) OVER () AS n FROM categories) c ON c.place = n.seq %% c.n`,
			columns, adminPerson, countedReports, countedMonths*30*86400/countedReports, from, from+99_999))
		if err != nil {
			return err
		}
	}
	return s.exec(ctx, `INSERT INTO report_events (report_id, at, actor_id, actor_role, command, from_state, to_state, text)
		SELECT id, UTC_TIMESTAMP() - INTERVAL 1 HOUR, reporter_id, 'resident', 'create', '', 'submitted', '提交了反映' FROM reports r
		WHERE NOT EXISTS (SELECT 1 FROM report_events e WHERE e.report_id = r.id) ORDER BY id`, `ANALYZE TABLE reports, report_events`)
}

// waitCounted waits until the server's worker has nothing old left to count.
func (s *stage) waitCounted(ctx context.Context) error {
	limit := time.Now().Add(5 * time.Minute)
	for time.Now().Before(limit) {
		var left int
		err := s.db.QueryRowContext(ctx, `SELECT COUNT(*) FROM (SELECT 1 FROM report_events e WHERE e.id > (SELECT COALESCE(MAX(last_event_id), 0) FROM statistics_marks) AND e.at < UTC_TIMESTAMP() - INTERVAL 30 MINUTE LIMIT 1) x`).Scan(&left)
		if err != nil || left == 0 {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(200 * time.Millisecond):
		}
	}
	return fmt.Errorf("statistics: not counted within five minutes")
}

// touchCounted lets something happen now to reports of this month, at every station.
func (s *stage) touchCounted(ctx context.Context) error {
	return s.exec(ctx, fmt.Sprintf(`INSERT INTO report_events (report_id, at, actor_id, actor_role, command, from_state, to_state, text)
		SELECT id, UTC_TIMESTAMP(), reporter_id, 'resident', 'add', 'in_progress', 'in_progress', '补充了情况' FROM reports ORDER BY id DESC LIMIT %d`, countedTouched))
}
