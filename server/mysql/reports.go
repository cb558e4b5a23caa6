package mysql

import (
	"context"
	"errors"
	"slices"
	"time"

	"warmcabin/server/cabin"
)

// Reports are problems that people bring, followed to their end.
type Reports struct{ db *DB }

const reportColumns = `r.id, r.reporter_id, r.category_id, r.station_id, r.community_id, r.deputy_id, r.place_text, r.place_written, r.building, r.lat, r.lng, r.body,
	r.state, r.waiting, r.department_id, r.outcome, r.outcome_text, r.due_from, r.due_at, r.supervised_at, r.reopened_count, r.resolved_by, r.solved_at,
	r.stars, r.rating_text, r.paused_at, r.extend_days, r.suggested_at, r.merged_into, r.split_from, r.clock_at, r.clock_step, r.chain_length, r.head, r.created_at, r.updated_at, r.changed_at,
	r.contact_hidden, r.subjects, r.relay_at, r.proxy_id, r.proxy_role, r.proxy_tells`

// reportNamed are the columns of one report with its names; lists take theirs from the
// directory (DB.label), and only the desk's read the reporter's.
const reportNamed = reportColumns + `, r.answers, c.name AS category_name, c.days AS category_days, c.urgent, c.department_id AS usual_id,
	COALESCE(m.name, '') AS community_name, COALESCE(dp.name, '') AS department_name, dp.closed_at IS NOT NULL AS department_closed, ` + called + ` AS reporter_name`

const reportFrom = ` FROM reports r STRAIGHT_JOIN categories c ON c.id = r.category_id STRAIGHT_JOIN persons p ON p.id = r.reporter_id
	LEFT JOIN communities m ON m.id = r.community_id LEFT JOIN departments dp ON dp.id = r.department_id `

// record writes the event with its photos, the audit row, the inboxes and the outbox.
func (s Reports) record(tx *Tx, actor cabin.Actor, r *cabin.Report, e cabin.Event, tell []cabin.Audience, photoIDs []string) error {
	return s.recordTo(tx, actor, r, e, audiencesOf(r), tell, photoIDs, nil)
}

// recordTo is record where others are to be told than those who have the report now, and where
// photos may show a place before and after (stages).
func (s Reports) recordTo(tx *Tx, actor cabin.Actor, r *cabin.Report, e cabin.Event, who audiences, tell []cabin.Audience, photoIDs []string, stages map[string]cabin.Stage) error {
	event := tx.chain(actor, r, e, photoIDs, stages)
	tx.later(`UPDATE reports SET chain_length = ?, head = ? WHERE id = ?`, r.ChainLength, r.Head, r.ID)
	processing, err := tx.attach(actor.PersonID, photoIDs, r.ID, event, tx.presets().ReportPhotos)
	if err != nil {
		return err
	}
	tx.checkReport(actor, r, e, event, photoIDs, processing)
	return s.announce(tx, actor, r, e, who, tell)
}

// announce writes an event's audit row, the inboxes and the outbox.
func (s Reports) announce(tx *Tx, actor cabin.Actor, r *cabin.Report, e cabin.Event, who audiences, tell []cabin.Audience) error {
	if err := tx.audit(actor, e.Role, "report."+e.Command, "report", r.ID, map[string]any{"from": e.From, "to": e.To, "department": r.DepartmentID}); err != nil {
		return err
	}
	if cabin.TellsFollowers(cabin.ReportCommand(e.Command)) {
		tell = append(slices.Clone(tell), cabin.ToFollowers, cabin.ToWatchers)
	}
	return tx.tell(actor, who, tell, func(to cabin.Audience) cabin.Notice { return cabin.ReportNotice(r, e, to, tx.Now) })
}

// MyReports is a reporter's reports, newest first.
func MyReports(reporterID, before int64, limit int) ReportList {
	return newestReports("reporter_id", []int64{reporterID}, before, limit)
}

// Mine pages through a reporter's reports, newest first.
func (s Reports) Mine(ctx context.Context, reporterID, before int64, limit int) ([]*cabin.Report, error) {
	return s.Read(ctx, MyReports(reporterID, before, limit))
}

// CommunityReports is what these communities' residents brought, newest first; a deputy
// follows the communities where they were elected.
func CommunityReports(communityIDs []int64, before int64, limit int) ReportList {
	return newestReports("community_id", communityIDs, before, limit)
}

// DeputyReports is what was raised with these deputies, newest first.
func DeputyReports(deputyIDs []int64, before int64, limit int) ReportList {
	return newestReports("deputy_id", deputyIDs, before, limit)
}

// Helped pages through what these departments are to help with, or did (QueueHelped), newest first.
func (s Reports) Helped(ctx context.Context, departmentIDs []int64, q Queue, before int64, limit int) ([]*cabin.Report, error) {
	if len(departmentIDs) == 0 {
		return nil, nil
	}
	var list []*cabin.Report
	err := s.db.selectIn(ctx, &list, `SELECT `+reportColumns+` FROM (SELECT DISTINCT report_id FROM report_parts
			WHERE department_id IN (?) AND state = ? AND report_id < ? ORDER BY report_id DESC LIMIT ?) page STRAIGHT_JOIN reports r ON r.id = page.report_id
		ORDER BY r.id DESC`, departmentIDs, partIn(q), orMax(before), limit)
	if err != nil || len(list) == 0 {
		return nil, err
	}
	ids := make([]int64, len(list))
	for i, r := range list {
		ids[i] = r.ID
	}
	var parts []cabin.Part
	err = s.db.selectIn(ctx, &parts, partsQuery, ids)
	for _, p := range parts {
		for _, r := range list {
			if r.ID == p.ReportID {
				r.Parts = append(r.Parts, p)
			}
		}
	}
	return list, errors.Join(err, s.db.label(ctx, list))
}

// hideReporter takes the reporter's name out of what is read for somebody who may not see it.
func hideReporter(r *cabin.Report, reader cabin.Actor) {
	if !r.ShowsReporter(reader) {
		r.ReporterName = ""
	}
}

// Queue chooses a part of a desk's or a department's reports.
type Queue string

// The queues, each by what is due first; Closed and Returned newest first.
const (
	QueueWaiting  Queue = "waiting"  // it is our move
	QueueHandling Queue = "handling" // a department works on it
	QueueResolved Queue = "resolved" // the reporter is asked
	QueueReturned Queue = "returned" // the reporter was asked for more
	QueueHelping  Queue = "helping"  // another department handles it, this one helps
	QueueHelped   Queue = "helped"   // and did its part
	QueueClosed   Queue = "closed"
)

// partIn is how the part of who helps stands in a queue.
func partIn(q Queue) cabin.PartState {
	if q == QueueHelped {
		return cabin.PartDone
	}
	return cabin.PartAsked
}

// StationReports is a queue of these stations' desks.
func StationReports(stationIDs []int64, q Queue, p Page) ReportList {
	waiting, undated := deskQueue(q)
	l := reportQueue("station_id", stationIDs, waiting, undated, p)
	l.more = reporterCalled
	return l
}

// deskQueue is whose move it is in a queue of the desk, and whether no deadline runs there.
func deskQueue(q Queue) (waiting cabin.Waiting, undated bool) {
	return map[Queue]cabin.Waiting{
		QueueWaiting: cabin.WaitingStaff, QueueHandling: cabin.WaitingDepartment, QueueResolved: cabin.WaitingResident,
		QueueReturned: cabin.WaitingResident, QueueClosed: cabin.WaitingNobody,
	}[q], q == QueueReturned || q == QueueClosed
}

// DepartmentReports is a queue of these departments: only what is dispatched to them.
func DepartmentReports(departmentIDs []int64, q Queue, p Page) ReportList {
	waiting := map[Queue]cabin.Waiting{
		QueueWaiting: cabin.WaitingDepartment, QueueResolved: cabin.WaitingResident, QueueClosed: cabin.WaitingNobody,
	}[q]
	return reportQueue("department_id", departmentIDs, waiting, q == QueueClosed, p)
}

func reportQueue(column string, ids []int64, waiting cabin.Waiting, undated bool, p Page) ReportList {
	q := branches{table: "reports", order: []string{"due_at", "id"}, limit: p.Limit}
	if waiting == "" {
		ids = nil
	}
	if undated {
		q.order, q.desc = []string{"id"}, true
	}
	for _, id := range scopes(ids) {
		where, args := column+" = ? AND waiting = ?", []any{id, waiting}
		switch {
		case undated:
			where, args = where+" AND due_at IS NULL AND id < ?", append(args, orMax(p.ID))
		case p.ID != 0:
			where, args = where+" AND due_at >= ? AND (due_at > ? OR id > ?)", append(args, p.At, p.At, p.ID)
		default:
			where += " AND due_at IS NOT NULL"
		}
		q.add(where, args...)
	}
	return ReportList{q: q, key: q.key()}
}

// DeskCounts are the few true numbers on top of a desk.
type DeskCounts struct {
	BookingsWaiting int `db:"bookings_waiting"` // for the desk
	BookingsAsked   int `db:"bookings_asked"`   // for a deputy's answer
	ReportsWaiting  int `db:"reports_waiting"`
	Overdue         int `db:"overdue"`
	ArrivalsToday   int `db:"arrivals_today"`
}

// Desk counts what waits at these stations, in one trip.
func (s Reports) Desk(ctx context.Context, stationIDs []int64) (DeskCounts, error) {
	var c DeskCounts
	if len(stationIDs) == 0 {
		return c, nil
	}
	now := s.db.Now()
	y, m, d := now.In(cabin.Shanghai).Date()
	from := time.Date(y, m, d, 0, 0, 0, 0, cabin.Shanghai).UTC()
	var rows []DeskCounts
	err := s.db.selectIn(ctx, &rows, `SELECT
		(SELECT COUNT(*) FROM bookings WHERE station_id IN (?) AND waiting = ? AND (hold_until IS NULL OR hold_until > ?)) AS bookings_waiting,
		(SELECT COUNT(*) FROM bookings WHERE station_id IN (?) AND waiting = ? AND hold_until > ?) AS bookings_asked,
		(SELECT COUNT(*) FROM reports WHERE station_id IN (?) AND waiting = ?) AS reports_waiting,
		(SELECT COUNT(*) FROM reports WHERE station_id IN (?) AND waiting IN (?) AND due_at < ?) AS overdue,
		(SELECT COUNT(*) FROM bookings WHERE station_id IN (?) AND starts_at >= ? AND starts_at < ? AND state IN (?)) AS arrivals_today`,
		stationIDs, cabin.Staff, now, stationIDs, cabin.Deputy, now, stationIDs, cabin.WaitingStaff,
		stationIDs, []cabin.Waiting{cabin.WaitingStaff, cabin.WaitingDepartment}, now,
		stationIDs, from, from.AddDate(0, 0, 1), []cabin.BookingState{cabin.Confirmed, cabin.CheckedIn})
	if err == nil && len(rows) > 0 {
		c = rows[0]
	}
	return c, err
}
