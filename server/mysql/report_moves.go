package mysql

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"

	"warmcabin/server/cabin"
)

// audiencesOf is who there is to tell of a report.
func audiencesOf(r *cabin.Report) audiences {
	who := audiences{followed: r.ID, resident: r.ReporterID, deputy: r.DeputyID, station: r.StationID, community: r.CommunityID, department: r.DepartmentID}
	if r.ProxyTells {
		who.proxy = r.ProxyID
	}
	for _, s := range r.Subjects() {
		if !s.Department && s.ID != r.ReporterID {
			who.recused = append(who.recused, s.ID)
		}
	}
	for _, p := range r.Parts {
		if p.State == cabin.PartAsked {
			who.helping = append(who.helping, p.DepartmentID)
		}
	}
	return who
}

const partsQuery = `SELECT p.report_id, p.department_id, d.name AS department_name, p.state FROM report_parts p STRAIGHT_JOIN departments d ON d.id = p.department_id
	WHERE p.report_id IN (?) ORDER BY p.report_id, p.department_id`

// lockedReport reads a report with its parts for a change (sql.ErrNoRows), in one trip.
func lockedReport(tx *Tx, id int64) (*cabin.Report, error) {
	var locked []struct {
		ID int64 `db:"id"`
	}
	var rows []cabin.Report
	var parts []cabin.Part
	var last []cabin.LastMove
	err := tx.read(part{&locked, `SELECT id FROM reports WHERE id = ? FOR UPDATE`, []any{id}},
		part{&rows, `SELECT ` + reportNamed + reportFrom + `WHERE r.id = ?`, []any{id}}, part{&parts, partsQuery, []any{[]int64{id}}},
		part{&last, `SELECT at, actor_id, command, from_state, to_state, note, actor_role AS role, text FROM report_events WHERE report_id = ? ORDER BY id DESC LIMIT 1`, []any{id}})
	if err == nil && len(rows) == 0 {
		err = sql.ErrNoRows
	}
	if err != nil {
		return nil, err
	}
	rows[0].Parts = parts
	if len(last) > 0 {
		rows[0].Last = &last[0]
	}
	return &rows[0], nil
}

// Command moves a report. A move that is sent again, because its answer was lost, is done
// once (cabin.Report.Repeats). Errors as cabin.Report.Apply, CodeInvalid for a department,
// a category or another report that is not there.
func (s Reports) Command(ctx context.Context, actor cabin.Actor, id int64, command cabin.ReportCommand, in cabin.Input) (*cabin.Report, error) {
	err := s.db.InTx(ctx, func(tx *Tx) error {
		if in.IntoID != 0 { // two at once go in the order of their ids, so that none waits for the other
			for _, both := range []int64{min(id, in.IntoID), max(id, in.IntoID)} {
				if _, err := tx.exec(`SELECT id FROM reports WHERE id = ? FOR UPDATE`, both); err != nil {
					return err
				}
			}
		}
		r, err := lockedReport(tx, id)
		if err != nil || r.Repeats(command, actor, in, tx.Now) {
			return err
		}
		return s.move(tx, actor, r, command, in)
	})
	if err != nil {
		return nil, err
	}
	r, err := s.byID(ctx, id)
	hideReporter(r, actor)
	return r, err
}

// move applies a command to a locked report and writes what follows from it.
func (s Reports) move(tx *Tx, actor cabin.Actor, r *cabin.Report, command cabin.ReportCommand, in cabin.Input) error {
	before := *r
	before.Parts = slices.Clone(r.Parts)
	if in.DepartmentID != 0 || in.CategoryID != 0 || in.IntoID != 0 {
		in.Helpers = make([]string, len(in.HelperIDs))
		trial := before // whoever may not do this learns nothing
		trial.Parts = slices.Clone(r.Parts)
		if _, _, err := trial.Apply(command, actor, in, tx.Now, tx.presets()); err != nil {
			return err
		}
		if err := tx.name(&in); err != nil {
			return err
		}
	}
	var into *cabin.Report
	if command == cabin.ReportMerge {
		var err error
		if into, err = tx.mergeInto(actor, r, in.IntoID); err != nil {
			return err
		}
		in.IntoID, in.Into = into.ID, into.Number()
	}
	e, tell, err := r.Apply(command, actor, in, tx.Now, tx.presets())
	if err != nil {
		return err
	}
	tx.saveReport(r)
	tx.saveParts(&before, r)
	who := audiencesOf(r)
	if command == cabin.ReportRecall { // those who had it
		had := audiencesOf(&before)
		who.department, who.helping = had.department, had.helping
	}
	if command == cabin.ReportSplit {
		if err := s.split(tx, actor, r, in, &e); err != nil {
			return err
		}
	}
	tx.hold(actor, r, e)
	stages := in.Stages()
	if err := s.recordTo(tx, actor, r, e, who, tell, in.PhotoIDs, stages); err != nil {
		return err
	}
	tx.stage(in.PhotoIDs, stages)
	switch command {
	case cabin.ReportLocate:
		tx.later(`UPDATE reports SET place_text = ?, building = ?, place_key = ?, place_written = ? WHERE id = ?`, r.PlaceText, r.Building, cabin.PlaceKey(r.PlaceText), r.PlaceWritten, r.ID)
		tx.keepWords(ofReports, r.StationID, r.ID, r.PlaceText+" "+r.Body)
	case cabin.ReportMerge:
		return s.merged(tx, actor, r, into)
	}
	return nil
}

// split makes the report of the second matter that r holds, and says its number in r's event.
func (s Reports) split(tx *Tx, actor cabin.Actor, r *cabin.Report, in cabin.Input, e *cabin.Event) error {
	other, begun, tell := r.Split(in, tx.Now, tx.presets())
	if err := tx.insertReports(nil, other); err != nil {
		return err
	}
	tx.savePerson(other)
	e.Text += "，编号 " + other.Number()
	tx.hold(actor, other, begun)
	return s.record(tx, actor, other, begun, tell, nil)
}

func (tx *Tx) saveReport(r *cabin.Report) {
	tx.later(`UPDATE reports SET state = ?, waiting = ?, category_id = ?, department_id = ?, outcome = ?, outcome_text = ?, due_from = ?, due_at = ?,
		supervised_at = ?, reopened_count = ?, resolved_by = ?, solved_at = ?, stars = ?, rating_text = ?, paused_at = ?, extend_days = ?, suggested_at = ?,
		merged_into = ?, clock_at = ?, clock_step = ?, relay_at = ?, updated_at = ? WHERE id = ?`,
		r.State, r.Waiting, r.CategoryID, r.DepartmentID, r.Outcome, r.OutcomeText, utc(r.DueFrom), utc(r.DueAt),
		utc(r.SupervisedAt), r.ReopenedCount, r.ResolvedBy, utc(r.SolvedAt), r.Stars, r.RatingText, utc(r.PausedAt), r.ExtendDays, utc(r.SuggestedAt),
		r.MergedInto, utc(r.ClockAt), r.ClockStep, utc(r.RelayAt), r.UpdatedAt, r.ID)
}

// stage says which photos of a result show the place before and after.
func (tx *Tx) stage(photoIDs []string, stages map[string]cabin.Stage) {
	for _, id := range photoIDs {
		if stage, ok := stages[id]; ok {
			tx.later(`UPDATE photos SET stage = ? WHERE id = ?`, stage, id)
		}
	}
}

// saveParts writes the helping departments, when they changed.
func (tx *Tx) saveParts(before, r *cabin.Report) {
	if slices.Equal(before.Parts, r.Parts) {
		return
	}
	tx.later(`DELETE FROM report_parts WHERE report_id = ?`, r.ID)
	for _, p := range r.Parts {
		tx.row(`INSERT INTO report_parts (report_id, department_id, state, asked_at) VALUES`, r.ID, p.DepartmentID, p.State, tx.Now)
	}
}

// name reads what the input speaks of: departments and a category (CodeInvalid).
func (tx *Tx) name(in *cabin.Input) error {
	var departments []cabin.Named
	var categories []cabin.Category
	ids := append([]int64{in.DepartmentID}, in.HelperIDs...)
	err := tx.read(part{&departments, `SELECT id, name FROM departments WHERE id IN (?) AND closed_at IS NULL LOCK IN SHARE MODE`, []any{ids}},
		part{&categories, `SELECT ` + categoryColumns + ` FROM categories c WHERE c.id = ? AND c.closed_at IS NULL`, []any{in.CategoryID}})
	if err != nil {
		return err
	}
	names := map[int64]string{}
	for _, d := range departments {
		names[d.ID] = d.Name
	}
	in.Department = names[in.DepartmentID]
	if in.DepartmentID != 0 && in.Department == "" {
		return cabin.Invalid("departmentId", "没有找到这个承办单位。")
	}
	for i, id := range in.HelperIDs {
		in.Helpers[i] = names[id]
		if names[id] == "" || id == in.DepartmentID || slices.Index(in.HelperIDs, id) != i {
			return cabin.Invalid("helperIds", "请重新选择协办单位：不要和主办单位重复。")
		}
	}
	if in.CategoryID != 0 {
		if len(categories) == 0 {
			return cabin.Invalid("categoryId", "请选择问题的类别。")
		}
		in.Category = categories[0]
	}
	return nil
}

// mergeInto finds the report that r is to go on with, locked: that of id, or the one that
// it was merged into itself (CodeInvalid: not there, over, r itself, of another desk).
func (tx *Tx) mergeInto(actor cabin.Actor, r *cabin.Report, id int64) (*cabin.Report, error) {
	into, err := lockedReport(tx, id)
	if err == nil && into.MergedInto != 0 {
		into, err = lockedReport(tx, into.MergedInto)
	}
	switch {
	case errors.Is(err, sql.ErrNoRows), err == nil && !into.TakenInBy(actor):
		return nil, cabin.Invalid("intoId", "没有找到要并入的那一件。")
	case err != nil:
		return nil, err
	case into.ID == r.ID:
		return nil, cabin.Invalid("intoId", "不能并到自己，请选另一件。")
	case !into.MayGoOn():
		return nil, cabin.Invalid("intoId", "那一件已经是“"+into.StateName()+"”，不能再并入。")
	}
	return into, nil
}

// merged writes what a merge means for the report that goes on: an event, and what was
// merged into r before goes on with it as well, so that a merge is never two steps long.
func (s Reports) merged(tx *Tx, actor cabin.Actor, r, into *cabin.Report) error {
	tx.later(`UPDATE reports SET merged_into = ? WHERE merged_into = ?`, into.ID, r.ID)
	tx.later(`INSERT IGNORE INTO report_followers (report_id, person_id, via, followed_at) SELECT ?, person_id, via, ? FROM report_followers WHERE report_id = ?`, into.ID, tx.Now, r.ID)
	if r.ReporterID != into.ReporterID {
		tx.follow(into.ID, r.ReporterID, viaMerged)
	}
	tx.later(`DELETE FROM report_followers WHERE report_id = ? AND person_id = ?`, into.ID, into.ReporterID)
	e := cabin.Event{Command: string(cabin.ReportMerge), From: string(into.State), To: string(into.State), Role: cabin.Staff,
		Text: fmt.Sprintf("另有居民反映了同样的问题（%s），一起办理", r.Number())}
	return s.record(tx, actor, into, e, nil, nil)
}

// Due lets the clock of at most limit reports strike: reminders when they are nearly over, 催办 at the end,
// 督办 after that, the reporter asked twice and the days of silence. Started by every
// worker; twice is safe: the row lock and clock_at decide.
func (s Reports) Due(ctx context.Context, limit int) (int, error) {
	var ids []int64
	err := s.db.selectAll(ctx, &ids, `SELECT id FROM reports WHERE clock_at <= ? ORDER BY clock_at LIMIT ?`, s.db.Now(), limit)
	return s.db.each(ctx, ids, err, s.strike)
}

func (s Reports) strike(tx *Tx, id int64) error {
	r, err := lockedReport(tx, id)
	if err != nil {
		return err
	}
	if r.ClockAt == nil || tx.Now.Before(*r.ClockAt) {
		return orConflict(nil, "已经处理过了。")
	}
	light := r.Light(tx.Now, tx.presets())
	todo := r.Tick(tx.Now, tx.presets())
	if todo.Command != "" {
		return s.move(tx, cabin.TheSystem, r, todo.Command, cabin.Input{})
	}
	tx.later(`UPDATE reports SET clock_at = ?, clock_step = ? WHERE id = ?`, utc(r.ClockAt), r.ClockStep, r.ID)
	if len(todo.Remind) == 0 {
		return nil
	}
	return tx.tell(cabin.TheSystem, audiencesOf(r), todo.Remind, func(cabin.Audience) cabin.Notice {
		if r.PausedAt != nil {
			return cabin.StillAskedNotice(r, tx.Now)
		}
		return cabin.DueNotice(r, light)
	})
}

// Rehearse puts the deadline that runs so far back that the clock urges and supervises at its
// next strikes, as it would have. For stories in development: nobody in production calls it.
func (s Reports) Rehearse(ctx context.Context, id int64) error {
	return s.db.InTx(ctx, func(tx *Tx) error {
		res, err := tx.exec(`UPDATE reports SET due_from = due_from - INTERVAL 60 DAY, due_at = due_at - INTERVAL 60 DAY, clock_at = ? WHERE id = ? AND due_at IS NOT NULL AND waiting IN ('staff', 'department')`, tx.Now, id)
		if err != nil {
			return err
		}
		if n, _ := res.RowsAffected(); n == 0 {
			return sql.ErrNoRows
		}
		return nil
	})
}
