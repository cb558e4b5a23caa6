package mysql

import (
	"context"
	"database/sql"

	"warmcabin/server/cabin"
)

// PublicFilter chooses a part of the public page. 0 and false choose nothing.
type PublicFilter struct {
	CategoryID  int64
	CommunityID int64
	Solved      bool // only what came to its end
	Before      int64
	Limit       int
}

// published is what the public may know of: accepted by the station, its words checked and
// found fit; not what was declined, withdrawn or went on with another one.
const published = ` r.merged_into = 0 AND (r.state IN ('accepted', 'dispatched', 'in_progress', 'resolved', 'reopened')
	OR r.state = 'closed' AND r.outcome NOT IN ('', 'not_ours')) AND ` + checkedWords

// Public pages through the public page, newest first, coarse as a neighbour sees a report.
// For everybody.
func (s Reports) Public(ctx context.Context, f PublicFilter) (list []*cabin.Report, err error) {
	where, args := `r.id < ?`, []any{orMax(f.Before)}
	if f.CommunityID != 0 {
		where, args = `r.community_id = ? AND `+where, append([]any{f.CommunityID}, args...)
	}
	if f.CategoryID != 0 {
		where, args = where+` AND r.category_id = ?`, append(args, f.CategoryID)
	}
	if f.Solved {
		where += ` AND r.state = 'closed'`
	}
	err = s.db.selectAll(ctx, &list, `SELECT `+reportColumns+`, TRUE AS checked FROM reports r WHERE `+where+` AND `+published+` ORDER BY r.id DESC LIMIT ?`, append(args, f.Limit)...)
	if err != nil {
		return nil, err
	}
	for _, r := range list {
		r.Coarsen()
	}
	return list, s.db.label(ctx, list)
}

// PublicOne returns a published report with its timeline (CodeNotFound for others): what
// offices wrote, masked, without what residents and deputies wrote to them, and of its
// photos those that passed the check.
func (s Reports) PublicOne(ctx context.Context, id int64) (*cabin.Report, []cabin.PastEvent, error) {
	var list []*cabin.Report
	var events []cabin.PastEvent
	var photos []cabin.Photo
	err := s.db.read(ctx,
		part{&list, `SELECT ` + reportColumns + `, TRUE AS checked FROM reports r WHERE r.id = ? AND ` + published, []any{id}},
		part{&events, `SELECT id, at, actor_role, text, note FROM report_events WHERE report_id = ? AND command NOT IN ('told_by_phone', 'comment', 'cover_photo', 'uncover_photo', 'relay', 'relayed', 'locate', 'take_down', 'join_person') ORDER BY id DESC`, []any{id}},
		part{&photos, `SELECT p.id, p.report_id, p.event_id, p.state, p.stage, p.width, p.height, p.cover_id, p.cover_ready FROM photos p WHERE p.report_id = ? AND ` + checkedPhoto + ` ORDER BY p.event_id, p.position`, []any{id}})
	if err == nil && len(list) == 0 {
		err = classify(sql.ErrNoRows)
	}
	if err != nil {
		return nil, nil, err
	}
	list[0].Coarsen()
	for i := range events {
		e := &events[i]
		if e.Note = cabin.Masked(e.Note); e.Role == cabin.Resident || e.Role == cabin.Proxy || e.Role == cabin.Deputy {
			e.Note = ""
		}
		for _, p := range photos {
			if p.EventID == e.ID {
				e.Photos = append(e.Photos, p)
			}
		}
	}
	return list[0], events, s.db.label(ctx, list)
}

const checkedPhoto = `p.state = 'ready' AND p.cover_ready AND (SELECT COUNT(*) FROM content_checks q WHERE q.matter_kind = 'report' AND q.matter_id = p.report_id AND q.event_id = p.event_id AND q.photo_id = p.id AND q.state IN ('passed', 'overturned')) > 0`

// Published returns a photo that is on the public page (CodeNotFound).
func (s Photos) Published(ctx context.Context, id string) (*cabin.Photo, error) {
	var found []cabin.Photo
	err := s.db.selectAll(ctx, &found, `SELECT p.id, p.state, p.cover_id, p.cover_ready FROM photos p JOIN reports r ON r.id = p.report_id WHERE p.id = ? AND `+checkedPhoto+` AND `+published, id)
	if err == nil && len(found) == 0 {
		err = cabin.E(cabin.CodeNotFound, "没有找到这张照片。")
	}
	if err != nil {
		return nil, err
	}
	return &found[0], nil
}
