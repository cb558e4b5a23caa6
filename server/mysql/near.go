package mysql

import (
	"context"
	"database/sql"
	"slices"

	"warmcabin/server/cabin"
)

// NearReport is a report that may be the same problem, and how many met it besides its reporter.
type NearReport struct {
	cabin.Report
	Joined int `db:"joined"`
}

// nearRead bounds what is held against a draft in words.
const nearRead = 100

// checkedWords tells whether the words of a report passed the content check: its own, which
// its first event was checked for, and not what somebody added since. It counts, as the server
// would turn an EXISTS into reading all of the table once.
const checkedWords = `(SELECT COUNT(*) FROM content_checks k WHERE k.matter_kind = 'report' AND k.matter_id = r.id
	AND k.event_id = (SELECT MIN(f.id) FROM report_events f WHERE f.report_id = r.id) AND k.photo_id = '' AND k.kind = 'text' AND k.state IN ('passed', 'overturned')) > 0`

// Near lists at most cabin.NearShown reports that may be the same problem as this draft
// (its category, community, place and words), the likest first. Nothing in them tells who
// reported. For anybody who is about to report.
func (s Reports) Near(ctx context.Context, draft *cabin.Report) ([]*NearReport, error) {
	now := s.db.Now()
	key, since := cabin.PlaceKey(draft.PlaceText), now.Add(-cabin.NearFor)
	const columns = `SELECT ` + reportColumns + `, (SELECT COUNT(*) FROM report_followers f WHERE f.report_id = r.id AND f.via <> 'deputy') AS joined, ` + checkedWords + ` AS checked FROM reports r `
	var list, around []*NearReport
	parts := []part{}
	if key != "" && draft.CommunityID != 0 {
		parts = append(parts, part{&list, columns + `WHERE r.category_id = ? AND r.community_id = ? AND r.place_key = ? AND r.created_at > ? ORDER BY r.created_at DESC LIMIT ?`,
			[]any{draft.CategoryID, draft.CommunityID, key, since, nearRead}})
	}
	if draft.Lat != nil {
		parts = append(parts, part{&around, columns + `WHERE r.category_id = ? AND r.cell IN (?) AND r.created_at > ? LIMIT ?`,
			[]any{draft.CategoryID, cabin.CellsAround(*draft.Lat, *draft.Lng), since, nearRead}})
	}
	if len(parts) == 0 {
		return nil, nil
	}
	if err := s.db.read(ctx, parts...); err != nil {
		return nil, err
	}
	seen := map[int64]bool{}
	list = slices.DeleteFunc(append(list, around...), func(r *NearReport) bool {
		again := seen[r.ID]
		seen[r.ID] = true
		return again || !cabin.IsNear(&r.Report, draft, now)
	})
	slices.SortStableFunc(list, func(a, b *NearReport) int {
		return int(1000*cabin.Likeness(b.Body, draft.Body)) - int(1000*cabin.Likeness(a.Body, draft.Body))
	})
	list = list[:min(len(list), cabin.NearShown)]
	found := make([]*cabin.Report, len(list))
	for i, r := range list {
		found[i] = &r.Report
	}
	return list, s.db.label(ctx, found)
}

// How somebody came to follow a report.
const (
	viaJoined = "joined"
	viaMerged = "merged"
	viaDeputy = "deputy"
)

// follow makes a person follow a report; a second time changes nothing.
func (tx *Tx) follow(reportID, personID int64, via string) {
	tx.later(`INSERT IGNORE INTO report_followers (report_id, person_id, via, followed_at) VALUES (?,?,?,?)`, reportID, personID, via, tx.Now)
}

// Joining is what somebody adds who met the same problem.
type Joining struct {
	Note     string
	PhotoIDs []string // own uploads
}

// Join makes the actor follow a report that is not over, once for a key: they hear of its
// progress and result. What they add is an event that does not tell who. Errors:
// CodeNotFound (not there, or not to be shown), CodeConflict (over, or their own).
func (s Reports) Join(ctx context.Context, key Key, actor cabin.Actor, id int64, j Joining) (*cabin.Report, error) {
	if _, err := s.db.createOnce(ctx, key, func(tx *Tx) (int64, error) { return id, s.join(tx, actor, id, j) }); err != nil {
		return nil, err
	}
	r, _, err := s.Get(ctx, actor, id)
	return r, err
}

func (s Reports) join(tx *Tx, actor cabin.Actor, id int64, j Joining) error {
	r, err := lockedReport(tx, id)
	if err != nil {
		return err
	}
	if err := r.MayJoin(actor); err != nil {
		return err
	}
	tx.follow(id, actor.PersonID, viaJoined)
	e := cabin.Event{Command: "join", From: string(r.State), To: string(r.State), Role: cabin.Resident, Text: "又有一位居民遇到同样的问题", Note: j.Note}
	if j.Note == "" && len(j.PhotoIDs) == 0 {
		return s.record(tx, actor, r, e, nil, nil)
	}
	e.Text += "，补充了情况"
	return s.record(tx, actor, r, e, []cabin.Audience{cabin.ToStaff, cabin.ToDepartment}, j.PhotoIDs)
}

// Watch makes a deputy follow a report of theirs; twice is fine. Errors as
// cabin.Report.MayWatch, CodeNotFound for a stranger.
func (s Reports) Watch(ctx context.Context, actor cabin.Actor, id int64) error {
	return s.db.InTx(ctx, func(tx *Tx) error {
		r, err := lockedReport(tx, id)
		if err != nil {
			return err
		}
		if len(r.RolesOf(actor)) == 0 {
			return sql.ErrNoRows
		}
		if err := r.MayWatch(actor); err != nil {
			return err
		}
		tx.follow(id, actor.PersonID, viaDeputy)
		return tx.audit(actor, cabin.Deputy, "report.watch", "report", id, nil)
	})
}

// Leave ends following; twice is fine. The report stays as it is.
func (s Reports) Leave(ctx context.Context, actor cabin.Actor, id int64) error {
	_, err := s.db.exec(ctx, `DELETE FROM report_followers WHERE report_id = ? AND person_id = ?`, id, actor.PersonID)
	return err
}

// Followed pages through what a person follows, newest first, as a follower may see it.
func (s Reports) Followed(ctx context.Context, personID, before int64, limit int) (list []*cabin.Report, err error) {
	err = s.db.selectAll(ctx, &list, `SELECT `+reportColumns+`, `+checkedWords+` AS checked, TRUE AS following
		FROM (SELECT report_id FROM report_followers WHERE person_id = ? AND report_id < ? ORDER BY report_id DESC LIMIT ?) page
		STRAIGHT_JOIN reports r ON r.id = page.report_id ORDER BY r.id DESC`, personID, orMax(before), limit)
	if err != nil {
		return nil, err
	}
	for _, r := range list {
		r.Coarsen()
	}
	return list, s.db.label(ctx, list)
}
