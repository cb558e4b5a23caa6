package mysql

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"warmcabin/server/cabin"
)

// exportReader reads a list page by page in the order of its ids: one pass over the table,
// however long it is.
type exportReader struct {
	table string // with its alias
	id    string
	where []string
	args  []any
	read  func(ctx context.Context, db *DB, q *exportReader, after int64, limit int) (rows [][]any, last int64, err error)
}

func (q *exportReader) and(where string, args ...any) {
	q.where, q.args = append(q.where, where), append(q.args, args...)
}

// span narrows by a column of time.
func (q *exportReader) span(column string, f *cabin.ExportFilters) {
	from, to := f.Span()
	if !from.IsZero() {
		q.and(column+" >= ?", from.UTC())
	}
	if !to.IsZero() {
		q.and(column+" < ?", to.UTC())
	}
}

func (q *exportReader) scope(column string, s cabin.ExportScope) {
	if !s.All {
		q.and(column+" IN (?)", s.IDs)
	}
}

func (q *exportReader) page(after int64, limit int) (where string, args []any) {
	return " WHERE " + q.id + " > ?" + q.narrowed() + " ORDER BY " + q.id + " LIMIT ?", append(append([]any{after}, q.args...), limit)
}

func (q *exportReader) narrowed() string {
	if len(q.where) == 0 {
		return ""
	}
	return " AND " + strings.Join(q.where, " AND ")
}

// Total counts the rows of a list, up to one over cabin.MaxExportRows.
func (s Exports) Total(ctx context.Context, e *Export, scope cabin.ExportScope) (n int, err error) {
	q, err := s.reader(ctx, e, scope)
	if err != nil {
		return 0, err
	}
	var rows []struct {
		N int `db:"n"`
	}
	err = s.db.selectIn(ctx, &rows, `SELECT COUNT(*) AS n FROM (SELECT 1 FROM `+q.table+` WHERE `+q.id+` > 0`+q.narrowed()+` LIMIT `+fmt.Sprint(cabin.MaxExportRows+1)+`) counted`, q.args...)
	if err == nil && len(rows) == 1 {
		n = rows[0].N
	}
	return n, err
}

// Page reads the rows after an id, in the order of the list's columns; last is 0 at the end.
func (s Exports) Page(ctx context.Context, e *Export, scope cabin.ExportScope, after int64, limit int) (rows [][]any, last int64, err error) {
	q, err := s.reader(ctx, e, scope)
	if err != nil {
		return nil, 0, err
	}
	return q.read(ctx, s.db, q, after, limit)
}

// reader is exportOf, with the days of the audit as the ids that they are found by.
func (s Exports) reader(ctx context.Context, e *Export, scope cabin.ExportScope) (*exportReader, error) {
	q, err := exportOf(e, scope)
	if err != nil || e.List != cabin.ExportAudit {
		return q, err
	}
	f, err := e.Filters()
	if err != nil {
		return nil, err
	}
	var days AuditFilter
	days.From, days.To = f.Span()
	where, args, err := s.db.Audits.between(ctx, days)
	if len(where) > 0 {
		q.and(strings.Join(where, " AND "), args...)
	}
	return q, err
}

func exportOf(e *Export, scope cabin.ExportScope) (*exportReader, error) {
	f, err := e.Filters()
	if err != nil {
		return nil, err
	}
	switch e.List {
	case cabin.ExportDeskReports, cabin.ExportDepartmentReports, cabin.ExportCommunityReports, cabin.ExportDeputyReports, cabin.ExportConstituency, cabin.ExportHelping, cabin.ExportProxied:
		return reportExport(e, scope, &f), nil
	case cabin.ExportDeskBookings, cabin.ExportDeputyBookings:
		return bookingExport(e, scope, &f), nil
	case cabin.ExportReportContacts:
		return reportContactExport(e, scope, &f), nil
	case cabin.ExportBookingContacts:
		return bookingContactExport(e, scope, &f), nil
	case cabin.ExportDeputies:
		return deputyExport(&f), nil
	case cabin.ExportLedgerReception, cabin.ExportLedgerBookings, cabin.ExportLedgerReports, cabin.ExportLedgerVisits, cabin.ExportVisits:
		return ledgerExport(e, scope, &f), nil
	case cabin.ExportHandovers:
		return handoverExport(scope, &f), nil
	case cabin.ExportTalks:
		return talkExport(scope, &f), nil
	case cabin.ExportStatistics:
		return statisticExport(scope, &f), nil
	case cabin.ExportPeople:
		return &exportReader{table: "persons p", id: "p.id", where: []string{"EXISTS (SELECT 1 FROM person_roles r WHERE r.person_id = p.id)"}, read: readPeople}, nil
	case cabin.ExportAudit:
		q := &exportReader{table: "audit a", id: "a.id", read: readAudit}
		if f.Query != "" {
			q.and("a.action LIKE ?", strings.NewReplacer(`\`, `\\`, "%", `\%`, "_", `\_`).Replace(f.Query)+"%")
		}
		if f.Kind != "" {
			q.and("a.object_kind = ?", f.Kind)
		}
		if f.ActorID != 0 {
			q.and("a.actor_id = ?", f.ActorID)
		}
		return q, nil
	}
	if q := officeExport(e, scope); q != nil {
		return q, nil
	}
	return nil, fmt.Errorf("no export of %q", e.List)
}

// scopeColumns are what the lists are somebody's by.
var scopeColumns = map[cabin.ExportList]string{
	cabin.ExportDeskReports: "r.station_id", cabin.ExportDepartmentReports: "r.department_id", cabin.ExportCommunityReports: "r.community_id",
	cabin.ExportDeputyReports: "r.deputy_id", cabin.ExportConstituency: "r.community_id", cabin.ExportDeskBookings: "b.station_id", cabin.ExportDeputyBookings: "b.deputy_id",
}

// reportExport narrows as the lists of reports do, at the moment when it was asked for.
func reportExport(e *Export, scope cabin.ExportScope, f *cabin.ExportFilters) *exportReader {
	q := &exportReader{table: "reports r", id: "r.id", read: readReports}
	q.and("r.state <> ?", cabin.Draft)
	switch e.List {
	case cabin.ExportHelping:
		q.and("r.id IN (SELECT p.report_id FROM report_parts p WHERE p.department_id IN (?) AND p.state = ?)", scope.IDs, partIn(Queue(f.Queue)))
	case cabin.ExportProxied:
		q.and("r.id IN (SELECT c.matter_id FROM proxy_consents c WHERE c.recorded_by = ? AND c.matter_kind = 'report')", e.PersonID)
	default:
		q.scope(scopeColumns[e.List], scope)
	}
	q.and("(r.subjects = '' OR CONCAT(' ', r.subjects, ' ') NOT LIKE ?)", fmt.Sprintf("%% p%d %%", e.PersonID)) // as cabin.Report.Recused
	q.span("r.created_at", f)
	if f.StationID != 0 {
		q.and("r.station_id = ?", f.StationID)
	}
	if f.CategoryID != 0 {
		q.and("r.category_id = ?", f.CategoryID)
	}
	if f.DeputyID != 0 {
		q.and("r.deputy_id = ?", f.DeputyID)
	}
	if where := rowsWhere[cabin.StatisticRows(f.What)]; where != "" {
		q.and(where)
	}
	switch Queue(f.Queue) {
	case QueueWaiting:
		mine := cabin.WaitingStaff
		if e.List == cabin.ExportDepartmentReports {
			mine = cabin.WaitingDepartment
		}
		q.and("r.waiting = ? AND r.due_at IS NOT NULL", mine)
	case QueueHandling:
		q.and("r.waiting = ? AND r.due_at IS NOT NULL", cabin.WaitingDepartment)
	case queueOverdue:
		q.and("r.waiting IN (?) AND r.due_at < ?", []cabin.Waiting{cabin.WaitingStaff, cabin.WaitingDepartment}, e.CreatedAt)
	case QueueResolved:
		q.and("r.waiting = ? AND r.due_at IS NOT NULL", cabin.WaitingResident)
	case QueueReturned:
		q.and("r.waiting = ? AND r.due_at IS NULL", cabin.WaitingResident)
	case QueueClosed:
		q.and("r.waiting = ?", cabin.WaitingNobody)
	}
	return q
}

// queueOverdue is read across two queues on the desk's screen.
const queueOverdue Queue = "overdue"

func readReports(ctx context.Context, db *DB, q *exportReader, after int64, limit int) (rows [][]any, last int64, err error) {
	var list []*cabin.Report
	where, args := q.page(after, limit)
	if err := db.selectIn(ctx, &list, `SELECT `+reportColumns+`, r.answers FROM reports r`+where, args...); err != nil {
		return nil, 0, err
	}
	if err := db.label(ctx, list); err != nil {
		return nil, 0, err
	}
	for _, r := range list {
		r.NameThen(db.Names())
		rows, last = append(rows, r.ExportRow()), r.ID
	}
	return rows, ended(last, len(list), limit), nil
}

// ended is 0 when the page was the last one.
func ended(last int64, n, limit int) int64 {
	if n < limit {
		return 0
	}
	return last
}

// bookingExport narrows as the lists of bookings do, at the moment when it was asked for.
func bookingExport(e *Export, scope cabin.ExportScope, f *cabin.ExportFilters) *exportReader {
	q := &exportReader{table: "bookings b", id: "b.id", read: readBookings}
	q.scope(scopeColumns[e.List], scope)
	q.span("b.starts_at", f)
	if f.StationID != 0 {
		q.and("b.station_id = ?", f.StationID)
	}
	if f.DeputyID != 0 {
		q.and("b.deputy_id = ?", f.DeputyID)
	}
	if f.What != "" {
		q.and("b.state = ?", f.What)
	}
	desk := e.List == cabin.ExportDeskBookings
	if !desk {
		q.and("b.talk_id = 0") // as in a deputy's list
	}
	const held = " AND (b.hold_until IS NULL OR b.hold_until > ?)"
	switch v := View(f.View); {
	case v == Waiting && desk:
		q.and("b.waiting = ?"+held, cabin.Staff, e.CreatedAt)
	case v == Asked:
		q.and("b.waiting = ?"+held, cabin.Deputy, e.CreatedAt)
	case viewStates[v] != nil:
		q.and("b.state IN (?)", viewStates[v])
	}
	return q
}

func readBookings(ctx context.Context, db *DB, q *exportReader, after int64, limit int) (rows [][]any, last int64, err error) {
	var list []*cabin.Booking
	where, args := q.page(after, limit)
	// The page first, so that the names do not change the order in which it is read.
	err = db.selectIn(ctx, &list, `SELECT `+bookingColumns+` FROM (SELECT b.id FROM bookings b`+where+`) page STRAIGHT_JOIN bookings b ON b.id = page.id`+bookingJoins+`ORDER BY b.id`, args...)
	if err != nil {
		return nil, 0, err
	}
	for _, b := range list {
		b.NameThen(db.Names())
		rows, last = append(rows, b.ExportRow()), b.ID
	}
	return rows, ended(last, len(list), limit), nil
}

func deputyExport(f *cabin.ExportFilters) *exportReader {
	narrow := DeputyFilter{Query: f.Query, StationID: f.StationID, SpecialityID: f.SpecialityID, Constituency: f.Constituency}
	where, args := narrow.where()
	return &exportReader{table: "deputies d", id: "d.id", where: where, args: args, read: readDeputies}
}

func readDeputies(ctx context.Context, db *DB, q *exportReader, after int64, limit int) (rows [][]any, last int64, err error) {
	var list []cabin.DeputyProfile
	where, args := q.page(after, limit)
	if err := db.selectIn(ctx, &list, `SELECT `+deputyColumns+` FROM deputies d JOIN stations st ON st.id = d.station_id`+where, args...); err != nil || len(list) == 0 {
		return nil, 0, err
	}
	ids := make([]int64, len(list))
	for i := range list {
		ids[i] = list[i].ID
	}
	var words []rosterWord
	err = db.selectIn(ctx, &words, `SELECT 'speciality' AS list, ds.deputy_id AS id, sp.name AS word, '' AS more, 0 AS place FROM deputy_specialities ds JOIN specialities sp ON sp.id = ds.speciality_id WHERE ds.deputy_id IN (?)
		UNION ALL SELECT 'service', deputy_id, service, '', 0 FROM deputy_services WHERE deputy_id IN (?)`, ids, ids)
	if err != nil {
		return nil, 0, err
	}
	specialities, services := map[int64][]string{}, map[int64][]cabin.Service{}
	for _, w := range words {
		if w.List == "service" {
			services[w.ID] = append(services[w.ID], cabin.Service(w.Word))
		} else {
			specialities[w.ID] = append(specialities[w.ID], w.Word)
		}
	}
	for i := range list {
		d := &list[i]
		rows = append(rows, []any{d.Name, cabin.LevelName(d.Level), d.Constituency, d.Term, d.Title, d.StationName, cabin.RosterList(specialities[d.ID]), cabin.RosterServices(services[d.ID]), d.Bio})
		last = d.ID
	}
	return rows, ended(last, len(list), limit), nil
}

// statisticExport is a line for each month, station and category; all of them are one page.
func statisticExport(scope cabin.ExportScope, f *cabin.ExportFilters) *exportReader {
	from, to := f.Span()
	if to.IsZero() {
		to = time.Now()
	}
	if from.IsZero() {
		from = to.AddDate(-1, 0, 0)
	}
	months := StatisticFilter{From: cabin.MonthOf(from), To: cabin.MonthOf(to.Add(-time.Second))}
	q := &exportReader{table: "report_months s", id: "s.object_id"}
	q.and("s.kind = ? AND s.month BETWEEN ? AND ?", byCategory, months.From, months.To)
	q.scope("s.station_id", scope)
	if f.StationID != 0 {
		q.and("s.station_id = ?", f.StationID)
	}
	q.read = func(ctx context.Context, db *DB, _ *exportReader, after int64, _ int) ([][]any, int64, error) {
		stations, err := db.Places.Stations(ctx)
		if err != nil || after > 0 {
			return nil, 0, err
		}
		names := map[int64]string{}
		for _, st := range stations {
			if (scope.All || slices.Contains(scope.IDs, st.ID)) && (f.StationID == 0 || f.StationID == st.ID) {
				names[st.ID], months.StationIDs = st.Name, append(months.StationIDs, st.ID)
			}
		}
		lines, err := db.Statistics.rows(ctx, months)
		if err != nil {
			return nil, 0, err
		}
		street, err := db.names(ctx, true)
		if err != nil {
			return nil, 0, err
		}
		return statisticLines(lines, names, street), 0, nil
	}
	return q
}

func statisticLines(lines []countRow, stations map[int64]string, street *directory) (rows [][]any) {
	slices.SortFunc(lines, func(a, b countRow) int {
		return cmp.Or(cmp.Compare(b.Month, a.Month), cmp.Compare(a.StationID, b.StationID), cmp.Compare(a.ObjectID, b.ObjectID))
	})
	for _, l := range lines {
		if l.Kind != byCategory {
			continue
		}
		var median, rating any = "", ""
		if days, ok := l.Waits.Median(); ok {
			median = days
		}
		if mean, ok := l.Rating(); ok {
			rating = mean
		}
		rows = append(rows, []any{l.Month.Short(), stations[l.StationID], street.categories[l.ObjectID].Name, l.Received, l.Solved, l.Open, l.Reopened, median, l.Rated, rating})
	}
	return rows
}

type grantTime struct {
	PersonID int64 `db:"person_id"`
	cabin.Grant
	At time.Time `db:"granted_at"`
}

// readPeople has a row for each role that somebody holds.
func readPeople(ctx context.Context, db *DB, _ *exportReader, after int64, limit int) (rows [][]any, last int64, err error) {
	workers, err := db.People.Workers(ctx, after, limit)
	if err != nil || len(workers) == 0 {
		return nil, 0, err
	}
	ids := make([]int64, len(workers))
	for i := range workers {
		ids[i] = workers[i].ID
	}
	var times []grantTime
	if err := db.selectIn(ctx, &times, `SELECT person_id, role, scope_id, granted_at FROM person_roles WHERE person_id IN (?)`, ids); err != nil {
		return nil, 0, err
	}
	for _, w := range workers {
		for _, g := range w.Grants {
			granted := ""
			if i := slices.IndexFunc(times, func(x grantTime) bool { return x.PersonID == w.ID && x.Grant == g.Grant }); i >= 0 {
				granted = times[i].At.In(cabin.Shanghai).Format("2006-01-02 15:04")
			}
			rows = append(rows, []any{w.Name, g.Role.Name(), g.ScopeName, granted, w.ID})
		}
		last = w.ID
	}
	return rows, ended(last, len(workers), limit), nil
}

// readAudit names the people who did something; what they did holds states and ids only.
func readAudit(ctx context.Context, db *DB, q *exportReader, after int64, limit int) (rows [][]any, last int64, err error) {
	var list []struct {
		cabin.AuditRow
		Name string `db:"name"`
	}
	where, args := q.page(after, limit)
	err = db.selectIn(ctx, &list, `SELECT a.id, a.at, a.actor_id, IF(a.actor_role = 'resident', '', COALESCE(p.name, '')) AS name, a.actor_role, a.action, a.object_kind, a.object_id, a.detail, a.request_id, a.address
		FROM audit a LEFT JOIN persons p ON p.id = a.actor_id`+where, args...)
	if err != nil {
		return nil, 0, err
	}
	for _, a := range list {
		rows = append(rows, []any{a.ID, a.At.In(cabin.Shanghai).Format("2006-01-02 15:04:05"), a.Name, a.ActorID, a.ActorRole.Name(), a.Text(), a.Action, cabin.AuditKindName(a.Kind), a.ObjectID, a.Detail, a.Address, a.RequestID})
		last = a.ID
	}
	return rows, ended(last, len(list), limit), nil
}
