package mysql

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"warmcabin/server/cabin"
)

// Reports are problems that people bring, followed to their end.
type Reports struct{ db *DB }

// NewReport is what a resident brings. Photos are ids of their own uploads.
type NewReport struct {
	ReporterID  int64
	CategoryID  int64
	CommunityID int64
	DeputyID    int64
	PlaceText   string
	Lat, Lng    *float64
	Body        string
	PhotoIDs    []string
}

const reportColumns = `r.id, r.reporter_id, r.category_id, r.station_id, r.community_id, r.deputy_id, r.place_text, r.lat, r.lng, r.body,
	r.state, r.waiting, r.department_id, r.outcome, r.outcome_text, r.due_from, r.due_at, r.supervised_at, r.reopened_count, r.resolved_by,
	r.stars, r.rating_text, r.created_at, r.updated_at, c.name AS category_name, c.days AS category_days, c.urgent,
	COALESCE(m.name, '') AS community_name, COALESCE(dp.name, '') AS department_name, p.name AS reporter_name`

const reportFrom = ` FROM reports r` + reportJoins

const reportJoins = ` STRAIGHT_JOIN categories c ON c.id = r.category_id STRAIGHT_JOIN persons p ON p.id = r.reporter_id
	LEFT JOIN communities m ON m.id = r.community_id LEFT JOIN departments dp ON dp.id = r.department_id `

// Submit takes a report in, once for a key. Errors: CodeInvalid (category, community,
// deputy, a photo that is not the reporter's or already used), CodeKeyReused.
func (s Reports) Submit(ctx context.Context, key Key, n NewReport) (*cabin.Report, error) {
	id, err := s.db.createOnce(ctx, key, func(tx *Tx) (int64, error) { return s.submit(tx, n) })
	if err != nil {
		return nil, err
	}
	return s.byID(ctx, id)
}

func (s Reports) submit(tx *Tx, n NewReport) (int64, error) {
	r := cabin.Report{
		ReporterID: n.ReporterID, CategoryID: n.CategoryID, CommunityID: n.CommunityID, DeputyID: n.DeputyID,
		PlaceText: n.PlaceText, Lat: n.Lat, Lng: n.Lng, Body: n.Body,
	}
	if err := tx.resolveReport(&r); err != nil {
		return 0, err
	}
	e, tell := r.Begin(tx.Now, tx.presets())
	id, err := tx.insert(`INSERT INTO reports (reporter_id, category_id, station_id, community_id, deputy_id, place_text, lat, lng, body,
		state, waiting, due_from, due_at, created_at, updated_at) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)`,
		r.ReporterID, r.CategoryID, r.StationID, r.CommunityID, r.DeputyID, r.PlaceText, r.Lat, r.Lng, r.Body,
		r.State, r.Waiting, utc(r.DueFrom), utc(r.DueAt), r.CreatedAt, r.UpdatedAt)
	if err != nil {
		return 0, err
	}
	r.ID = id
	return id, s.record(tx, cabin.Actor{PersonID: n.ReporterID}, &r, e, tell, n.PhotoIDs)
}

// resolveReport reads the category and finds the desk: the community's station, or the root of the tree.
func (tx *Tx) resolveReport(r *cabin.Report) error {
	var found struct {
		Category  string `db:"category_name"`
		Days      int    `db:"category_days"`
		Urgent    bool   `db:"urgent"`
		Community string `db:"community_name"`
		StationID int64  `db:"station_id"`
		Deputies  int    `db:"deputies"`
	}
	err := tx.get(&found, `SELECT COALESCE(c.name, '') AS category_name, COALESCE(c.days, 0) AS category_days, COALESCE(c.urgent, FALSE) AS urgent,
		COALESCE(m.name, '') AS community_name,
		COALESCE(m.station_id, (SELECT MIN(id) FROM stations WHERE parent_id = 0), 0) AS station_id,
		(SELECT COUNT(*) FROM deputies WHERE id = ?) AS deputies
		FROM (SELECT 1 AS one) o LEFT JOIN categories c ON c.id = ? LEFT JOIN communities m ON m.id = ?`, r.DeputyID, r.CategoryID, r.CommunityID)
	switch {
	case err != nil:
		return err
	case found.Category == "":
		return cabin.Invalid("categoryId", "请选择问题的类别。")
	case r.CommunityID != 0 && found.Community == "":
		return cabin.Invalid("place.communityId", "请选择所在的社区。")
	case r.DeputyID != 0 && found.Deputies == 0:
		return cabin.Invalid("deputyId", "没有找到这位代表。")
	case found.StationID == 0:
		return cabin.E(cabin.CodeUnavailable, "联络站还没有设置好，请稍后再试。")
	}
	r.CategoryName, r.CategoryDays, r.Urgent = found.Category, found.Days, found.Urgent
	r.CommunityName, r.StationID = found.Community, found.StationID
	return nil
}

// Command moves a report. Errors as cabin.Report.Apply.
func (s Reports) Command(ctx context.Context, actor cabin.Actor, id int64, command cabin.ReportCommand, in cabin.Input) (*cabin.Report, error) {
	err := s.db.InTx(ctx, func(tx *Tx) error { return s.move(tx, actor, id, command, in) })
	if err != nil {
		return nil, err
	}
	r, err := s.byID(ctx, id)
	hideReporter(r, actor)
	return r, err
}

func (s Reports) move(tx *Tx, actor cabin.Actor, id int64, command cabin.ReportCommand, in cabin.Input) error {
	var locked int64
	if err := tx.get(&locked, `SELECT id FROM reports WHERE id = ? FOR UPDATE`, id); err != nil {
		return err
	}
	var r cabin.Report
	if err := tx.get(&r, `SELECT `+reportColumns+reportFrom+`WHERE r.id = ?`, id); err != nil {
		return err
	}
	if in.DepartmentID != 0 {
		trial := r // whoever may not do this learns nothing
		if _, _, err := trial.Apply(command, actor, in, tx.Now, tx.presets()); err != nil {
			return err
		}
		err := tx.get(&in.Department, `SELECT name FROM departments WHERE id = ?`, in.DepartmentID)
		if errors.Is(err, sql.ErrNoRows) {
			return cabin.Invalid("departmentId", "没有找到这个承办单位。")
		}
		if err != nil {
			return err
		}
	}
	e, tell, err := r.Apply(command, actor, in, tx.Now, tx.presets())
	if err != nil {
		return err
	}
	tx.later(`UPDATE reports SET state = ?, waiting = ?, department_id = ?, outcome = ?, outcome_text = ?, due_from = ?, due_at = ?,
		supervised_at = ?, reopened_count = ?, resolved_by = ?, stars = ?, rating_text = ?, updated_at = ? WHERE id = ?`,
		r.State, r.Waiting, r.DepartmentID, r.Outcome, r.OutcomeText, utc(r.DueFrom), utc(r.DueAt),
		utc(r.SupervisedAt), r.ReopenedCount, r.ResolvedBy, r.Stars, r.RatingText, r.UpdatedAt, r.ID)
	return s.record(tx, actor, &r, e, tell, in.PhotoIDs)
}

// record writes the event with its photos, the audit row, the inboxes and the outbox.
func (s Reports) record(tx *Tx, actor cabin.Actor, r *cabin.Report, e cabin.Event, tell []cabin.Audience, photoIDs []string) error {
	tx.later(`INSERT INTO report_events (report_id, at, actor_id, actor_role, command, from_state, to_state, text, note)
		VALUES (?,?,?,?,?,?,?,?,?)`, r.ID, tx.Now, actor.PersonID, e.Role, e.Command, e.From, e.To, e.Text, e.Note)
	if err := tx.attach(actor.PersonID, photoIDs, r.ID, tx.presets().ReportPhotos); err != nil {
		return err
	}
	tx.checkReport(actor, r, e, photoIDs)
	if err := tx.audit(actor, e.Role, "report."+e.Command, "report", r.ID, map[string]any{"from": e.From, "to": e.To, "department": r.DepartmentID}); err != nil {
		return err
	}
	return tx.tell(actor, audiences{resident: r.ReporterID, deputy: r.DeputyID, station: r.StationID, department: r.DepartmentID}, tell,
		func(to cabin.Audience) cabin.Notice { return cabin.ReportNotice(r, e, to, tx.Now) })
}

func (s Reports) byID(ctx context.Context, id int64) (*cabin.Report, error) {
	var r cabin.Report
	err := s.db.get(ctx, &r, `SELECT `+reportColumns+reportFrom+`WHERE r.id = ?`, id)
	return &r, err
}

// Get returns a report with its events and their photos to somebody who may see it
// (CodeNotFound for others).
func (s Reports) Get(ctx context.Context, actor cabin.Actor, id int64) (*cabin.Report, []cabin.PastEvent, error) {
	r, err := s.byID(ctx, id)
	if err != nil {
		return nil, nil, err
	}
	if len(r.RolesOf(actor)) == 0 {
		return nil, nil, classify(sql.ErrNoRows) // as of one that does not exist
	}
	hideReporter(r, actor)
	var events []cabin.PastEvent
	if err := s.db.selectAll(ctx, &events, `SELECT id, at, actor_role, actor_id = ? AS mine, text, note FROM report_events WHERE report_id = ? ORDER BY id DESC`, actor.PersonID, id); err != nil {
		return nil, nil, err
	}
	var photos []cabin.Photo
	err = s.db.selectAll(ctx, &photos, `SELECT id, report_id, event_id, width, height, bytes, created_at FROM photos WHERE report_id = ? ORDER BY event_id, position`, id)
	for i := range events {
		for _, p := range photos {
			if p.EventID == events[i].ID {
				events[i].Photos = append(events[i].Photos, p)
			}
		}
	}
	return r, events, err
}

// Mine pages through a reporter's reports, newest first.
func (s Reports) Mine(ctx context.Context, reporterID, before int64, limit int) (list []*cabin.Report, err error) {
	q := branches{table: "reports", order: []string{"id"}, desc: true, limit: limit}
	q.add("reporter_id = ? AND id < ?", reporterID, orMax(before))
	err = q.read(ctx, s.db, &list, reportColumns, reportJoins)
	return list, err
}

// OfCommunities pages through what these communities' residents brought, newest first.
func (s Reports) OfCommunities(ctx context.Context, communityIDs []int64, before int64, limit int) ([]*cabin.Report, error) {
	return s.newest(ctx, "community_id", communityIDs, before, limit)
}

// OfDeputies pages through what was raised with these deputies, newest first.
func (s Reports) OfDeputies(ctx context.Context, deputyIDs []int64, before int64, limit int) ([]*cabin.Report, error) {
	return s.newest(ctx, "deputy_id", deputyIDs, before, limit)
}

func (s Reports) newest(ctx context.Context, column string, ids []int64, before int64, limit int) (list []*cabin.Report, err error) {
	q := branches{table: "reports", order: []string{"id"}, desc: true, limit: limit}
	for _, id := range scopes(ids) {
		q.add(column+" = ? AND id < ?", id, orMax(before))
	}
	err = q.read(ctx, s.db, &list, reportColumns, reportJoins)
	return nameless(list), err
}

// hideReporter takes the reporter's name out of what is read for somebody who may not see it.
func hideReporter(r *cabin.Report, reader cabin.Actor) {
	if !r.ShowsReporter(reader) {
		r.ReporterName = ""
	}
}

// nameless takes the reporters' names out of a list for those who never see them.
func nameless(list []*cabin.Report) []*cabin.Report {
	for _, r := range list {
		r.ReporterName = ""
	}
	return list
}

// Queue chooses a part of a desk's or a department's reports.
type Queue string

// The queues, each by what is due first; Closed and Returned newest first.
const (
	QueueWaiting  Queue = "waiting"  // it is our move
	QueueHandling Queue = "handling" // a department works on it
	QueueResolved Queue = "resolved" // the reporter is asked
	QueueReturned Queue = "returned" // the reporter was asked for more
	QueueClosed   Queue = "closed"
)

// OfStations pages through a queue of these stations' desks.
func (s Reports) OfStations(ctx context.Context, stationIDs []int64, q Queue, p Page) ([]*cabin.Report, error) {
	waiting := map[Queue]cabin.Waiting{
		QueueWaiting: cabin.WaitingStaff, QueueHandling: cabin.WaitingDepartment, QueueResolved: cabin.WaitingResident,
		QueueReturned: cabin.WaitingResident, QueueClosed: cabin.WaitingNobody,
	}[q]
	return s.queue(ctx, "station_id", stationIDs, waiting, q == QueueReturned || q == QueueClosed, p)
}

// OfDepartments pages through a queue of these departments: only what is dispatched to them.
func (s Reports) OfDepartments(ctx context.Context, departmentIDs []int64, q Queue, p Page) ([]*cabin.Report, error) {
	waiting := map[Queue]cabin.Waiting{
		QueueWaiting: cabin.WaitingDepartment, QueueResolved: cabin.WaitingResident, QueueClosed: cabin.WaitingNobody,
	}[q]
	list, err := s.queue(ctx, "department_id", departmentIDs, waiting, q == QueueClosed, p)
	return nameless(list), err
}

func (s Reports) queue(ctx context.Context, column string, ids []int64, waiting cabin.Waiting, undated bool, p Page) (list []*cabin.Report, err error) {
	if waiting == "" {
		return nil, nil
	}
	q := branches{table: "reports", order: []string{"due_at", "id"}, limit: p.Limit}
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
	err = q.read(ctx, s.db, &list, reportColumns, reportJoins)
	return list, err
}

// Lapse closes reports whose reporter said nothing for the days of silence, at most limit.
// Started by the worker; twice is safe: the row lock and the state decide.
func (s Reports) Lapse(ctx context.Context, limit int) (int, error) {
	var ids []int64
	err := s.db.selectAll(ctx, &ids, `SELECT id FROM reports WHERE state = ? AND due_at <= ? ORDER BY due_at LIMIT ?`, cabin.Resolved, s.db.Now(), limit)
	return s.db.each(ctx, ids, err, func(tx *Tx, id int64) error {
		return s.move(tx, cabin.TheSystem, id, cabin.ReportLapse, cabin.Input{})
	})
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
