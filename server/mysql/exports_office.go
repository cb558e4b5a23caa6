package mysql

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"warmcabin/server/cabin"
)

// officeExport are the lists of what the office sets and looks after; nil for another list.
func officeExport(e *Export, scope cabin.ExportScope) *exportReader {
	switch e.List {
	case cabin.ExportPresets:
		return whole(presetRows)
	case cabin.ExportCalendar:
		return whole(dayRows)
	case cabin.ExportUnmet:
		return whole(unmetRows)
	case cabin.ExportNeeds:
		return whole(needRows)
	case cabin.ExportQuickTexts:
		return whole(quickTextRows)
	case cabin.ExportPushes:
		q := &exportReader{table: "outbox o", id: "o.id", read: readPushes}
		q.and("o.state = 'dead'")
		return q
	case cabin.ExportChecks:
		q := &exportReader{table: "content_checks c LEFT JOIN reports r ON c.matter_kind = 'report' AND r.id = c.matter_id", id: "c.id", read: readChecks}
		q.and("c.queued_at IS NOT NULL")
		q.scope("c.station_id", scope)
		q.and("(COALESCE(r.subjects, '') = '' OR CONCAT(' ', r.subjects, ' ') NOT LIKE ?)", fmt.Sprintf("%% p%d %%", e.PersonID)) // as cabin.Report.Recused
		return q
	}
	return nil
}

// whole is a list that the office keeps short: all of it is one page.
func whole(rows func(ctx context.Context, db *DB) ([][]any, error)) *exportReader {
	return &exportReader{table: "(SELECT 1 AS id) one", id: "one.id", read: func(ctx context.Context, db *DB, _ *exportReader, after int64, _ int) ([][]any, int64, error) {
		if after > 0 {
			return nil, 0, nil
		}
		out, err := rows(ctx, db)
		return out, 0, err
	}}
}

func presetRows(ctx context.Context, db *DB) (rows [][]any, err error) {
	list, err := db.Settings.List(ctx)
	for _, p := range list {
		rows = append(rows, []any{p.Group, p.Title, p.Value, p.Unit, p.Default, fmt.Sprintf("%d 至 %d", p.Min, p.Max), p.Meaning, p.ChangedBy, at(p.ChangedAt)})
	}
	return rows, err
}

func dayRows(ctx context.Context, db *DB) (rows [][]any, err error) {
	var list []struct {
		cabin.CalendarDay
		ChangedBy string    `db:"changed_by"`
		ChangedAt time.Time `db:"updated_at"`
	}
	err = db.selectAll(ctx, &list, `SELECT DATE_FORMAT(c.day, '%Y-%m-%d') AS day, c.workday, c.as_weekday, c.name, COALESCE(p.name, '') AS changed_by, c.updated_at
		FROM calendar_days c LEFT JOIN persons p ON p.id = c.updated_by ORDER BY c.day`)
	for _, d := range list {
		kind := "放假"
		if d.Workday {
			kind = "上班"
		}
		rows = append(rows, []any{d.Day, kind, cabin.RosterWeekday(d.AsWeekday), d.Name, d.ChangedBy, at(&d.ChangedAt)})
	}
	return rows, err
}

func unmetRows(ctx context.Context, db *DB) (rows [][]any, err error) {
	list, err := db.Needs.Unmet(ctx, UnmetNeed{}, cabin.MaxExportRows)
	for _, u := range list {
		rows = append(rows, []any{u.Word, u.Times, at(&u.FirstAt), at(&u.LastAt)})
	}
	return rows, err
}

func needRows(ctx context.Context, db *DB) (rows [][]any, err error) {
	var list []struct {
		Word, Speciality string
		Deputies         int
	}
	err = db.selectAll(ctx, &list, `SELECT n.word, sp.name AS speciality,
		(SELECT COUNT(*) FROM deputy_specialities ds JOIN deputies d ON d.id = ds.deputy_id AND d.closed_at IS NULL WHERE ds.speciality_id = n.speciality_id) AS deputies
		FROM needs n JOIN specialities sp ON sp.id = n.speciality_id ORDER BY sp.name, n.word`)
	for _, n := range list {
		rows = append(rows, []any{n.Word, n.Speciality, n.Deputies})
	}
	return rows, err
}

func quickTextRows(ctx context.Context, db *DB) (rows [][]any, err error) {
	list, err := db.QuickTexts.List(ctx)
	for _, q := range list {
		rows = append(rows, []any{q.Use(), q.Label, q.Text, q.UpdatedBy, at(q.UpdatedAt)})
	}
	return rows, err
}

func readPushes(ctx context.Context, db *DB, q *exportReader, after int64, limit int) (rows [][]any, last int64, err error) {
	var list []*DeadPush
	where, args := q.page(after, limit)
	err = db.selectIn(ctx, &list, `SELECT o.id, o.matter_kind, o.matter_id, o.template, o.attempts, o.code, o.reason, o.due_at, o.done_at, o.created_at FROM outbox o`+where, args...)
	for _, p := range list {
		code := ""
		if p.Code != 0 {
			code = strconv.Itoa(p.Code)
		}
		rows = append(rows, []any{p.ID, at(&p.Created), cabin.AuditKindName(string(p.Matter)), p.MatterID, string(p.Template), p.Attempts, code, p.Reason, at(p.DoneAt)})
		last = p.ID
	}
	return rows, ended(last, len(list), limit), err
}

func readChecks(ctx context.Context, db *DB, q *exportReader, after int64, limit int) (rows [][]any, last int64, err error) {
	var list []struct {
		cabin.Check
		Words   string     `db:"words"`
		Station string     `db:"station"`
		Matter  int64      `db:"matter"`
		Queued  *time.Time `db:"queued"`
	}
	where, args := q.page(after, limit)
	err = db.selectIn(ctx, &list, `SELECT c.id, c.kind, c.state, c.label, c.appeal, c.queued_at AS queued, c.matter_id AS matter, COALESCE(st.name, '') AS station, IF(c.kind = 'text', COALESCE(`+checkWords+`, ''), '') AS words
		FROM `+q.table+` LEFT JOIN report_events e ON c.matter_kind = 'report' AND e.id = c.event_id LEFT JOIN stations st ON st.id = c.station_id`+where, args...)
	for _, c := range list {
		rows = append(rows, []any{c.ID, at(c.Queued), c.Station, c.Thing(), c.Matter, cabin.Masked(c.Words), c.Held(), cabin.Masked(c.Check.Appeal)})
		last = c.ID
	}
	return rows, ended(last, len(list), limit), err
}

// at writes a time the way that sorts as text.
func at(t *time.Time) string {
	if t == nil || t.IsZero() {
		return ""
	}
	return t.In(cabin.Shanghai).Format("2006-01-02 15:04")
}
