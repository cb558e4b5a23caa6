package mysql

import (
	"context"
	"slices"
	"time"

	"warmcabin/server/cabin"
)

// Statistics are the numbers of the desk and the office (ADR 0029). Reports are counted by
// station and month of arrival: report_months holds what a job counted, and the months in
// which a report moved after that are counted when they are read. The events are the log of
// what moved, so that nobody who writes a report touches a number.
type Statistics struct{ db *DB }

const (
	// foldLag is longer than any transaction: an event that is committed later than this
	// after its time does not exist.
	foldLag    = 2 * time.Minute
	foldEvents = 5000   // looked at in a step of the job
	foldCells  = 40     // counted in a step
	openMost   = 20_000 // events that may be waiting for the job when somebody reads
)

// cell is a station's month.
type cell struct {
	StationID int64       `db:"station_id"`
	Month     cabin.Month `db:"month"`
}

// The kinds of report_months.
const (
	byCategory = 1
	byDeputy   = 2
)

// countRow is a count of one cell: of a category, or of a deputy.
type countRow struct {
	cell
	Kind     int   `db:"kind"`
	ObjectID int64 `db:"object_id"`
	cabin.Tally
	Text string `db:"waits"`
}

const monthOf = `DATE_FORMAT(r.created_at + INTERVAL 8 HOUR, '%Y-%m-01')`

// waitBucket is cabin.WaitBucket; -1 where nothing was solved.
const waitBucket = `COALESCE(CASE WHEN TIMESTAMPDIFF(SECOND, r.created_at, r.solved_at) >= 864000 THEN 90 + TIMESTAMPDIFF(SECOND, r.created_at, r.solved_at) DIV 86400
	ELSE GREATEST(0, TIMESTAMPDIFF(SECOND, r.created_at, r.solved_at)) DIV 8640 END, -1)`

// countedPart counts one cell from its reports, by category or by deputy, and by bucket.
func countedPart(dest *[]bucketRow, c cell, kind int) part {
	column, more := "r.category_id", ""
	if kind == byDeputy {
		column, more = "r.deputy_id", " AND r.deputy_id > 0"
	}
	return part{dest, `SELECT ? AS station_id, ? AS month, ? AS kind, ` + column + ` AS object_id, ` + waitBucket + ` AS bucket, COUNT(*) AS received,
		COUNT(r.solved_at) AS solved, COALESCE(SUM(r.solved_at IS NULL AND r.state <> 'closed'), 0) AS open_count, COALESCE(SUM(r.reopened_count > 0), 0) AS reopened,
		COALESCE(SUM(r.stars > 0), 0) AS rated, COALESCE(SUM(r.stars), 0) AS stars
		FROM reports r FORCE INDEX (reports_month) WHERE r.station_id = ? AND r.created_at >= ? AND r.created_at < ?` + more + ` GROUP BY ` + column + `, bucket`,
		[]any{c.StationID, c.Month, kind, c.StationID, c.Month.Start().UTC(), c.Month.Next().Start().UTC()}}
}

type bucketRow struct {
	countRow
	Bucket int `db:"bucket"`
}

// counted are the counts of these cells as they are now, in one trip.
func counted(cells []cell, read func(...part) error) ([]countRow, error) {
	if len(cells) == 0 {
		return nil, nil
	}
	results := make([][]bucketRow, 2*len(cells))
	parts := make([]part, 0, len(results))
	for i, c := range cells {
		parts = append(parts, countedPart(&results[2*i], c, byCategory), countedPart(&results[2*i+1], c, byDeputy))
	}
	if err := read(parts...); err != nil {
		return nil, err
	}
	var rows []countRow
	for _, buckets := range results {
		at := map[int64]int{}
		for _, b := range buckets {
			i, known := at[b.ObjectID]
			if !known {
				i = len(rows)
				at[b.ObjectID] = i
				rows = append(rows, countRow{cell: b.cell, Kind: b.Kind, ObjectID: b.ObjectID})
			}
			one := b.Tally
			if b.Bucket >= 0 {
				one.Waits = cabin.Waits{b.Bucket: b.Solved}
			}
			rows[i].Add(one)
		}
	}
	return rows, nil
}

// Fold counts the next months in which reports moved and returns how many events it went on
// by. Started by every worker; twice is safe: the mark's row is locked, and what is counted
// again is the same.
func (s Statistics) Fold(ctx context.Context) (events int, err error) {
	err = s.db.InTx(ctx, func(tx *Tx) error {
		events = 0
		var marks []struct {
			Last int64 `db:"last_event_id"`
		}
		if err := tx.selectAll(&marks, `SELECT last_event_id FROM statistics_marks WHERE id = 1 FOR UPDATE SKIP LOCKED`); err != nil {
			return err
		}
		if len(marks) == 0 { // another worker counts, or it is the first time
			tx.later(`INSERT IGNORE INTO statistics_marks (id, last_event_id) VALUES (1, 0)`)
			return nil
		}
		var moved []struct {
			ID int64     `db:"id"`
			At time.Time `db:"at"`
			cell
		}
		if err := tx.selectAll(&moved, `SELECT e.id, e.at, r.station_id, `+monthOf+` AS month FROM (SELECT id, at, report_id FROM report_events WHERE id > ? ORDER BY id LIMIT ?) e
			STRAIGHT_JOIN reports r ON r.id = e.report_id ORDER BY e.id`, marks[0].Last, foldEvents); err != nil {
			return err
		}
		var cells []cell
		last := marks[0].Last
		for _, m := range moved {
			if tx.Now.Sub(m.At) < foldLag {
				break
			}
			if !slices.Contains(cells, m.cell) {
				if len(cells) == foldCells {
					break
				}
				cells = append(cells, m.cell)
			}
			last = m.ID
			events++
		}
		if events == 0 {
			return nil
		}
		rows, err := counted(cells, tx.read)
		if err != nil {
			return err
		}
		tx.saveCounts(cells, rows)
		tx.later(`UPDATE statistics_marks SET last_event_id = ? WHERE id = 1`, last)
		return nil
	})
	return events, err
}

func (tx *Tx) saveCounts(cells []cell, rows []countRow) {
	for _, c := range cells {
		tx.later(`DELETE FROM report_months WHERE month = ? AND station_id = ?`, c.Month, c.StationID)
	}
	for _, r := range rows {
		tx.row(`INSERT INTO report_months (month, station_id, kind, object_id, received, solved, open_count, reopened, rated, stars, waits) VALUES`,
			r.Month, r.StationID, r.Kind, r.ObjectID, r.Received, r.Solved, r.Open, r.Reopened, r.Rated, r.Stars, r.Waits.String())
	}
}

// StatisticFilter is what is counted: months, both included, at these stations.
type StatisticFilter struct {
	StationIDs []int64
	From, To   cabin.Month
}

// ReportCounts are reports by each of what they are looked at by.
type ReportCounts struct {
	All        cabin.Tally
	Months     map[cabin.Month]*cabin.Tally
	Stations   map[int64]*cabin.Tally
	Categories map[int64]*cabin.Tally
	Deputies   map[int64]*cabin.Tally
}

// Reports counts the reports that came in these months, exactly as they stand now. Errors:
// CodeUnavailable while the job is far behind, as after a long standstill.
func (s Statistics) Reports(ctx context.Context, f StatisticFilter) (*ReportCounts, error) {
	out := &ReportCounts{Months: map[cabin.Month]*cabin.Tally{}, Stations: map[int64]*cabin.Tally{}, Categories: map[int64]*cabin.Tally{}, Deputies: map[int64]*cabin.Tally{}}
	rows, err := s.rows(ctx, f)
	if err != nil {
		return nil, err
	}
	out.add(rows)
	return out, nil
}

// rows are the counts of the categories by month and station, and of the deputies, whose
// months and stations are added up already where the job counted them.
func (s Statistics) rows(ctx context.Context, f StatisticFilter) ([]countRow, error) {
	stations := scopes(f.StationIDs)
	if len(stations) == 0 {
		return nil, nil
	}
	moved, err := s.moved(ctx)
	if err != nil {
		return nil, err
	}
	moved = slices.DeleteFunc(moved, func(c cell) bool {
		return c.Month < f.From || c.Month > f.To || !slices.Contains(stations, c.StationID)
	})
	where, args := ` FROM report_months WHERE month BETWEEN ? AND ? AND station_id IN (?)`, []any{f.From, f.To, stations}
	for _, c := range moved {
		where, args = where+` AND NOT (month = ? AND station_id = ?)`, append(args, c.Month, c.StationID)
	}
	// A cell that moves between the reads is counted as it was at one of them.
	var kept, deputies []countRow
	err = s.db.read(ctx,
		part{&kept, `SELECT DATE_FORMAT(month, '%Y-%m-%d') AS month, station_id, kind, object_id, received, solved, open_count, reopened, rated, stars, waits` + where + ` AND kind = ?`, append(slices.Clone(args), byCategory)},
		part{&deputies, `SELECT kind, object_id, SUM(received) AS received, SUM(solved) AS solved, SUM(open_count) AS open_count, SUM(reopened) AS reopened, SUM(rated) AS rated, SUM(stars) AS stars,
			COALESCE(GROUP_CONCAT(NULLIF(waits, '')), '') AS waits` + where + ` AND kind = ? GROUP BY kind, object_id`, append(slices.Clone(args), byDeputy)})
	if err != nil {
		return nil, err
	}
	kept = append(kept, deputies...)
	for i := range kept {
		kept[i].Waits = cabin.ReadWaits(kept[i].Text)
	}
	fresh, err := counted(moved, func(parts ...part) error { return s.db.read(ctx, parts...) })
	if err != nil {
		return nil, err
	}
	return append(kept, fresh...), nil
}

// moved are the cells in which something moved that the job has not counted.
func (s Statistics) moved(ctx context.Context) ([]cell, error) {
	var mark struct {
		Last int64 `db:"last"`
	}
	if err := s.db.get(ctx, &mark, `SELECT COALESCE(MAX(last_event_id), 0) AS last FROM statistics_marks WHERE id = 1`); err != nil {
		return nil, err
	}
	var open []struct {
		N int `db:"n"`
	}
	var cells []cell
	err := s.db.read(ctx,
		part{&open, `SELECT COUNT(*) AS n FROM (SELECT 1 FROM report_events e FORCE INDEX (PRIMARY) WHERE e.id > ? LIMIT ?) open`, []any{mark.Last, openMost + 1}},
		part{&cells, `SELECT DISTINCT r.station_id, ` + monthOf + ` AS month FROM (SELECT e.report_id FROM report_events e FORCE INDEX (PRIMARY) WHERE e.id > ? LIMIT ?) e STRAIGHT_JOIN reports r ON r.id = e.report_id`, []any{mark.Last, openMost}})
	if err == nil && open[0].N > openMost {
		err = cabin.E(cabin.CodeUnavailable, "正在整理统计数字，请过几分钟再看。")
	}
	return cells, err
}

func (c *ReportCounts) add(rows []countRow) {
	for _, r := range rows {
		if r.Kind == byDeputy {
			tallyOf(c.Deputies, r.ObjectID).Add(r.Tally)
			continue
		}
		c.All.Add(r.Tally)
		tallyOf(c.Months, r.Month).Add(r.Tally)
		tallyOf(c.Stations, r.StationID).Add(r.Tally)
		tallyOf(c.Categories, r.ObjectID).Add(r.Tally)
	}
}

func tallyOf[K comparable](tallies map[K]*cabin.Tally, key K) *cabin.Tally {
	if tallies[key] == nil {
		tallies[key] = &cabin.Tally{}
	}
	return tallies[key]
}

// CategoryNames are the names of all categories, closed ones too.
func (s Statistics) CategoryNames(ctx context.Context) (map[int64]string, error) {
	street, err := s.db.names(ctx, false)
	if err != nil {
		return nil, err
	}
	names := map[int64]string{}
	for id, c := range street.categories {
		names[id] = c.Name
	}
	return names, nil
}
