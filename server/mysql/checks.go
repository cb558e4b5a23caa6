package mysql

import (
	"context"
	"database/sql"
	"slices"
	"strings"
	"time"

	"warmcabin/server/cabin"
)

// Checks are the content checks: what people wrote and photographed may be public only
// when WeChat or the staff said so. Workers of any number of processes claim rows; the
// push receiver brings WeChat's late answers.
type Checks struct{ db *DB }

const checkColumns = `id, kind, matter_kind, matter_id, event_id, photo_id, person_id, station_id, state, label, reason, appeal,
	created_at, asked_at, answered_at, queued_at, appealed_at, decided_at, decided_by`

// checkReport queues the rows for an event of a report: one for its words, when it has any
// and they are a resident's, and one for each photo. What an office writes is the office's
// own to publish. WeChat is asked about photos that are still being worked on when they are
// ready.
func (tx *Tx) checkReport(actor cabin.Actor, r *cabin.Report, e cabin.Event, event raw, photoIDs, processing []string) {
	add := func(kind cabin.CheckKind, photoID string, due time.Time) {
		tx.row(`INSERT INTO content_checks (kind, matter_kind, matter_id, event_id, photo_id, person_id, station_id, created_at, due_at) VALUES`,
			kind, cabin.MatterReport, r.ID, event, photoID, actor.PersonID, r.StationID, tx.Now, due)
	}
	if e.Command == string(cabin.ReportCreate) || (e.Role == cabin.Resident || e.Role == cabin.Proxy) && strings.TrimSpace(e.Note) != "" {
		add(cabin.CheckedText, "", tx.Now)
	}
	for _, id := range photoIDs {
		due := tx.Now
		if slices.Contains(processing, id) {
			due = tx.Now.Add(cabin.CheckPatience) // at the latest the staff look
		}
		add(cabin.CheckedImage, id, due)
	}
}

// DueCheck is a check that WeChat is to be asked about.
type DueCheck struct {
	ID       int64           `db:"id"`
	Kind     cabin.CheckKind `db:"kind"`
	OpenID   string          `db:"openid"`
	PhotoID  string          `db:"photo_id"`
	Words    string          `db:"words"`
	Attempts int             `db:"attempts"`
}

// CheckCall is what became of asking. Neither Suggest nor TraceID: it failed, and is tried
// again at Retry, or goes to the staff when that is zero.
type CheckCall struct {
	Suggest string // WeChat's verdict on words: pass, review, risky
	Label   int
	TraceID string // a photo's verdict comes later under this id
	Code    int
	Retry   time.Time
}

// checkWords are the words of an event; a report's first ones are its own.
const checkWords = `IF(e.command = 'create', CONCAT_WS('\n', r.body, NULLIF(r.place_text, '')), e.note)`

// Claim takes at most limit due checks for this worker until the lease ends, and hands
// those that WeChat did not answer within cabin.CheckPatience to the staff: their number is
// gaveUp. Twice is safe: SKIP LOCKED, and due_at moves with the claim.
func (s Checks) Claim(ctx context.Context, limit int, lease time.Duration) (due []DueCheck, gaveUp int, err error) {
	err = s.db.InTx(ctx, func(tx *Tx) error {
		due, gaveUp = nil, 0
		var rows []struct {
			ID        int64     `db:"id"`
			CreatedAt time.Time `db:"created_at"`
		}
		if err := tx.selectAll(&rows, `SELECT id, created_at FROM content_checks WHERE state = 'pending' AND due_at <= ? ORDER BY due_at, id LIMIT ? FOR UPDATE SKIP LOCKED`, tx.Now, limit); err != nil || len(rows) == 0 {
			return err
		}
		var ask, late []int64
		for _, r := range rows {
			if tx.Now.Sub(r.CreatedAt) >= cabin.CheckPatience {
				late = append(late, r.ID)
			} else {
				ask = append(ask, r.ID)
			}
		}
		if gaveUp = len(late); gaveUp > 0 {
			if err := tx.execIn(`UPDATE content_checks SET state = 'manual', due_at = NULL, queued_at = ? WHERE id IN (?)`, tx.Now, late); err != nil {
				return err
			}
		}
		if len(ask) == 0 {
			return nil
		}
		if err := tx.execIn(`UPDATE content_checks SET due_at = ?, attempts = attempts + 1 WHERE id IN (?)`, tx.Now.Add(lease), ask); err != nil {
			return err
		}
		return tx.selectIn(&due, `SELECT c.id, c.kind, COALESCE(p.openid, '') AS openid, c.photo_id, c.attempts, COALESCE(`+checkWords+`, '') AS words
			FROM content_checks c STRAIGHT_JOIN persons p ON p.id = c.person_id
			LEFT JOIN reports r ON c.matter_kind = 'report' AND r.id = c.matter_id LEFT JOIN report_events e ON c.matter_kind = 'report' AND e.id = c.event_id
			WHERE c.id IN (?) ORDER BY c.id`, ask)
	})
	return due, gaveUp, err
}

// AskedCheck is a claimed check and what became of asking about it.
type AskedCheck struct {
	DueCheck
	CheckCall
}

// Done records what became of asking, for all in one transaction. A row that another worker
// claimed since, or that was answered, is left alone.
func (s Checks) Done(ctx context.Context, asked ...AskedCheck) error {
	if len(asked) == 0 {
		return nil
	}
	return s.db.InTx(ctx, func(tx *Tx) error {
		ids, call := make([]int64, len(asked)), map[int64]AskedCheck{}
		for i, a := range asked {
			ids[i], call[a.DueCheck.ID] = a.DueCheck.ID, a
		}
		var rows []struct {
			cabin.Check
			Attempts int `db:"attempts"`
		}
		if err := tx.selectIn(&rows, `SELECT `+checkColumns+`, attempts FROM content_checks WHERE id IN (?) AND state = 'pending' AND asked_at IS NULL ORDER BY id FOR UPDATE`, ids); err != nil {
			return err
		}
		for i := range rows {
			if a := call[rows[i].ID]; a.Attempts == rows[i].Attempts {
				if err := tx.asked(&rows[i].Check, a.CheckCall); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

func (tx *Tx) asked(c *cabin.Check, out CheckCall) error {
	switch {
	case out.Suggest != "":
		c.AskedAt = &tx.Now
		return tx.answer(c, out.Suggest, out.Label)
	case out.TraceID != "":
		tx.later(`UPDATE content_checks SET asked_at = ?, trace_id = ?, due_at = ? WHERE id = ?`, tx.Now, out.TraceID, c.CreatedAt.Add(cabin.CheckPatience), c.ID)
		return nil
	case !out.Retry.IsZero():
		next := out.Retry // at the end of the patience at the latest, when the staff take over
		if ends := c.CreatedAt.Add(cabin.CheckPatience); next.After(ends) {
			next = ends
		}
		tx.change(`UPDATE content_checks SET due_at = ?, code = ? WHERE id IN (?)`, c.ID, next.UTC(), out.Code)
		return nil
	default:
		c.GiveUp(tx.Now)
		if out.Code != 0 {
			tx.change(`UPDATE content_checks SET code = ? WHERE id IN (?)`, c.ID, out.Code)
		}
		return tx.settle(c, false)
	}
}

// Answered takes WeChat's late verdict about a photo (the event wxa_media_check): suggest
// is pass, review or risky. Twice is safe; what the staff decided meanwhile stands.
// CodeNotFound for a trace that is not known (yet: the event may overtake the answer to our
// own call by some milliseconds, so the caller tries once more a little later).
func (s Checks) Answered(ctx context.Context, traceID, suggest string, label int) error {
	return s.db.InTx(ctx, func(tx *Tx) error {
		var rows []cabin.Check
		if err := tx.selectAll(&rows, `SELECT `+checkColumns+` FROM content_checks WHERE trace_id = ? FOR UPDATE`, traceID); err != nil {
			return err
		}
		if len(rows) == 0 {
			return cabin.E(cabin.CodeNotFound, "没有这次图片检查。")
		}
		return tx.answer(&rows[0], suggest, label)
	})
}

// settle stores a check after a verdict; its author is told when tell says so.
func (tx *Tx) settle(c *cabin.Check, tell bool) error {
	var values []any
	for _, at := range []*time.Time{c.AskedAt, c.AnsweredAt, c.QueuedAt, c.AppealedAt, c.DecidedAt} {
		if at == nil {
			values = append(values, nil)
		} else {
			values = append(values, at.UTC())
		}
	}
	tx.change(`UPDATE content_checks SET asked_at = ?, answered_at = ?, queued_at = ?, appealed_at = ?, decided_at = ?, state = ?, label = ?, reason = ?, appeal = ?, decided_by = ?, due_at = NULL WHERE id IN (?)`,
		c.ID, append(values, c.State, c.Label, c.Reason, c.Appeal, c.DecidedBy)...)
	if !tell {
		return nil
	}
	var r cabin.Report
	if err := tx.get(&r, `SELECT `+reportNamed+reportFrom+`WHERE r.id = ?`, c.MatterID); err != nil {
		return err
	}
	return tx.tell(cabin.Actor{PersonID: c.DecidedBy}, audiences{resident: c.PersonID}, []cabin.Audience{cabin.ToResident}, func(cabin.Audience) cabin.Notice {
		return cabin.CheckNotice(c, r.Number(), r.CategoryName, tx.Now)
	})
}

// answer applies WeChat's verdict. A first no is told to the author, with the way to appeal.
func (tx *Tx) answer(c *cabin.Check, suggest string, label int) error {
	if !c.Answer(suggest, label, tx.Now) {
		return nil
	}
	return tx.settle(c, c.State == cabin.CheckRisky && c.DecidedAt == nil)
}

// QueuedCheck is what waits for the staff, with what it is about. It names nobody.
type QueuedCheck struct {
	cabin.Check
	Words         string    `db:"words"`
	CategoryName  string    `db:"category_name"`
	MatterCreated time.Time `db:"matter_created"`
	Subjects      string    `db:"subjects"`
}

// Recused tells whether the report that it is part of is about the actor.
func (c *QueuedCheck) Recused(a cabin.Actor) bool {
	return (&cabin.Report{SubjectText: c.Subjects}).Recused(a)
}

// Queue pages through what waits for these stations' desks, the oldest first.
func (s Checks) Queue(ctx context.Context, stationIDs []int64, p Page) (list []*QueuedCheck, err error) {
	q := branches{table: "content_checks", order: []string{"queued_at", "id"}, limit: p.Limit}
	for _, id := range scopes(stationIDs) {
		if p.ID != 0 {
			q.add("station_id = ? AND queued_at >= ? AND (queued_at > ? OR id > ?)", id, p.At, p.At, p.ID)
		} else {
			q.add("station_id = ? AND queued_at IS NOT NULL", id)
		}
	}
	columns := "c." + strings.ReplaceAll(strings.Join(strings.Fields(checkColumns), ""), ",", ", c.")
	err = q.read(ctx, s.db, &list, columns+`, IF(c.kind = 'text', COALESCE(`+checkWords+`, ''), '') AS words, COALESCE(k.name, '') AS category_name, COALESCE(r.created_at, c.created_at) AS matter_created, COALESCE(r.subjects, '') AS subjects`,
		` LEFT JOIN reports r ON c.matter_kind = 'report' AND r.id = c.matter_id LEFT JOIN categories k ON k.id = r.category_id
		LEFT JOIN report_events e ON c.matter_kind = 'report' AND e.id = c.event_id`)
	return list, err
}

// Decide is the staff's word about a check. Errors as cabin.Check.Decide.
func (s Checks) Decide(ctx context.Context, actor cabin.Actor, id int64, pass bool, reason string) (*cabin.Check, error) {
	return s.change(ctx, id, func(tx *Tx, c *cabin.Check) (tell bool, err error) {
		told := c.State == cabin.CheckRisky || c.State == cabin.CheckRefused // of a no, so they hear of a yes too
		if err := tx.notAbout(actor, c); err != nil {
			return false, err
		}
		if err := c.Decide(actor, pass, reason, tx.Now); err != nil {
			return false, err
		}
		return told || !pass, tx.audit(actor, cabin.Staff, "check.decide", "check", id, map[string]any{"state": c.State, "label": c.Label})
	})
}

// notAbout refuses whom the report of a check is about, as somebody of another desk.
func (tx *Tx) notAbout(actor cabin.Actor, c *cabin.Check) error {
	if c.MatterKind != cabin.MatterReport {
		return nil
	}
	var found []string
	if err := tx.selectAll(&found, `SELECT subjects FROM reports WHERE id = ?`, c.MatterID); err != nil {
		return err
	}
	if len(found) > 0 && (&cabin.Report{SubjectText: found[0]}).Recused(actor) {
		return sql.ErrNoRows
	}
	return nil
}

// Appeal asks for another look, by the author. Errors as cabin.Check.AskAgain.
func (s Checks) Appeal(ctx context.Context, actor cabin.Actor, id int64, words string) (*cabin.Check, error) {
	return s.change(ctx, id, func(tx *Tx, c *cabin.Check) (tell bool, err error) {
		if err := c.AskAgain(actor, words, tx.Now); err != nil {
			return false, err
		}
		return false, tx.audit(actor, cabin.Resident, "check.appeal", "check", id, map[string]any{"state": c.State})
	})
}

func (s Checks) change(ctx context.Context, id int64, move func(*Tx, *cabin.Check) (tell bool, err error)) (*cabin.Check, error) {
	var c cabin.Check
	err := s.db.InTx(ctx, func(tx *Tx) error {
		c = cabin.Check{}
		if err := tx.get(&c, `SELECT `+checkColumns+` FROM content_checks WHERE id = ? FOR UPDATE`, id); err != nil {
			return err
		}
		tell, err := move(tx, &c)
		if err != nil {
			return err
		}
		return tx.settle(&c, tell)
	})
	if err != nil {
		return nil, err
	}
	return &c, nil
}

// Of lists the checks of a matter.
func (s Checks) Of(ctx context.Context, kind cabin.MatterKind, matterID int64) (list []*cabin.Check, err error) {
	err = s.db.selectAll(ctx, &list, `SELECT `+checkColumns+` FROM content_checks WHERE matter_kind = ? AND matter_id = ? ORDER BY event_id, photo_id`, kind, matterID)
	return list, err
}

// Cleared is what of a matter may be public: what is not in it may not.
type Cleared struct {
	Events map[int64]bool  // whose words may be shown
	Photos map[string]bool // which may be shown
	All    bool            // nothing of it is held back, and something was checked
}

// Published says what of these matters everybody may see. It fails closed: what was never
// checked, is being checked or was refused is not in the answer. Every public page asks here.
func (s Checks) Published(ctx context.Context, kind cabin.MatterKind, matterIDs []int64) (map[int64]Cleared, error) {
	out := map[int64]Cleared{}
	if len(matterIDs) == 0 {
		return out, nil
	}
	var rows []cabin.Check
	if err := s.db.selectIn(ctx, &rows, `SELECT `+checkColumns+` FROM content_checks WHERE matter_kind = ? AND matter_id IN (?)`, kind, slices.Compact(slices.Sorted(slices.Values(matterIDs)))); err != nil {
		return nil, err
	}
	for i := range rows {
		c := &rows[i]
		of, seen := out[c.MatterID]
		if !seen {
			of = Cleared{Events: map[int64]bool{}, Photos: map[string]bool{}, All: true}
		}
		switch {
		case !c.Public():
			of.All = false
		case c.Kind == cabin.CheckedText:
			of.Events[c.EventID] = true
		default:
			of.Photos[c.PhotoID] = true
		}
		out[c.MatterID] = of
	}
	return out, nil
}
