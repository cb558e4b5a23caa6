package mysql

import (
	"context"
	"database/sql"
	"slices"

	"warmcabin/server/cabin"
)

func (s Reports) byID(ctx context.Context, id int64) (*cabin.Report, error) {
	var rows []cabin.Report
	var parts []cabin.Part
	err := s.db.read(ctx, part{&rows, `SELECT ` + reportNamed + reportFrom + `WHERE r.id = ?`, []any{id}}, part{&parts, partsQuery, []any{[]int64{id}}})
	if err == nil && len(rows) == 0 {
		err = classify(sql.ErrNoRows)
	}
	if err != nil {
		return nil, err
	}
	rows[0].Parts = parts
	return &rows[0], nil
}

// Coarse reads a report for what its number, state and next step say; who asks has no part in it.
func (s Reports) Coarse(ctx context.Context, id int64) (*cabin.Report, error) {
	r, err := s.byID(ctx, id)
	if err == nil {
		r.ReporterName, r.Body, r.PlaceText = "", "", ""
	}
	return r, err
}

// Most that Alike looks through and that it returns.
const (
	alikeRead  = 60
	alikeShown = 10
)

// Alike lists the newest reports of the same community (of the same desk where it has none)
// that this one may be merged into (cabin.Report.MayGoOn), those of the same category first.
// For those who take it in (CodeNotFound for others).
func (s Reports) Alike(ctx context.Context, actor cabin.Actor, id int64) ([]*cabin.Report, error) {
	r, err := s.byID(ctx, id)
	if err != nil {
		return nil, err
	}
	if !r.TakenInBy(actor) {
		return nil, classify(sql.ErrNoRows)
	}
	column, scope := "community_id", r.CommunityID
	if scope == 0 {
		column, scope = "station_id", r.StationID
	}
	q := branches{table: "reports", order: []string{"id"}, desc: true, limit: alikeRead}
	q.add(column+" = ? AND id < ?", scope, orMax(0))
	var list []*cabin.Report
	if err := q.read(ctx, s.db, &list, reportColumns, ""); err != nil {
		return nil, err
	}
	list = slices.DeleteFunc(list, func(x *cabin.Report) bool {
		return x.ID == id || !x.MayGoOn() || !x.TakenInBy(actor)
	})
	slices.SortStableFunc(list, func(a, b *cabin.Report) int { return other(a, r) - other(b, r) })
	list = list[:min(len(list), alikeShown)]
	return list, s.db.label(ctx, list)
}

// other is 1 for a report of another category than r's.
func other(x, r *cabin.Report) int {
	if x.CategoryID == r.CategoryID {
		return 0
	}
	return 1
}

// Get returns a report with its events and their photos to somebody who may see it
// (CodeNotFound for others), newest first. One that was merged goes on with the events of
// the report it was merged into, as far as an office wrote them.
func (s Reports) Get(ctx context.Context, actor cabin.Actor, id int64) (*cabin.Report, []cabin.PastEvent, error) {
	r, err := s.shown(ctx, actor, id)
	if err != nil {
		return nil, nil, err
	}
	neighbour := r.OnlyFollows(actor)
	const columns = `SELECT e.id, e.command, e.at, e.actor_role, e.actor_id = ? AS mine, e.text, e.note FROM report_events e `
	hidden := ""
	if neighbour {
		hidden = ` AND e.command NOT IN ('relay', 'relayed', 'locate')` // between the offices and one reporter, and where exactly it is
	}
	var events, later []cabin.PastEvent
	var photos []cabin.Photo
	var kept []struct {
		N int `db:"n"`
	}
	err = s.db.read(ctx,
		part{&events, columns + `WHERE e.report_id = ?` + hidden + ` ORDER BY e.id DESC`, []any{actor.PersonID, id}},
		part{&photos, `SELECT owner_id = ? AS mine, ` + photoColumns + ` FROM photos WHERE report_id = ? AND state <> 'removed' ORDER BY event_id, position`, []any{actor.PersonID, id}},
		part{&later, columns + `WHERE e.report_id = ? AND e.id > (SELECT MAX(id) FROM report_events m WHERE m.report_id = ? AND m.command = 'merge')
			AND e.actor_role NOT IN ('resident', 'deputy', 'proxy') AND e.command NOT IN ('merge', 'relay', 'relayed', 'locate') ORDER BY e.id DESC`, []any{actor.PersonID, r.MergedInto, id}},
		part{&r.Openings, openingsQuery, []any{id}},
		part{&kept, `SELECT COUNT(*) AS n FROM contacts WHERE person_id = ?`, []any{r.ReporterID}})
	if r.ContactKept = len(kept) > 0 && kept[0].N > 0; !r.ShowsReporter(actor) {
		r.Openings = nil
	}
	withPhotos(events, photos)
	switch {
	case neighbour:
		hideWhatPeopleSay(events)
	case actor.PersonID == r.ReporterID:
		hideOtherResidents(events)
	}
	return r, append(later, events...), err
}

// Splits are the reports that were split from r, and that it was split from, as far as the
// reader of r may open them; events are those of r.
func (s Reports) Splits(ctx context.Context, actor cabin.Actor, r *cabin.Report, events []cabin.PastEvent) ([]*cabin.Report, error) {
	if r.SplitFrom == 0 && !slices.ContainsFunc(events, func(e cabin.PastEvent) bool { return e.Made == string(cabin.ReportSplit) }) {
		return nil, nil
	}
	const columns = `SELECT ` + reportNamed + reportFrom
	var from, into []*cabin.Report
	err := s.db.read(ctx, part{&from, columns + `WHERE r.id = ?`, []any{r.SplitFrom}},
		part{&into, columns + `WHERE r.reporter_id = ? AND r.split_from = ? ORDER BY r.id`, []any{r.ReporterID, r.ID}})
	return slices.DeleteFunc(append(from, into...), func(x *cabin.Report) bool { return len(x.RolesOf(actor)) == 0 }), err
}

// shown reads a report as this reader sees it: without its reporter where they may not know
// them, coarsened for who only follows it, CodeNotFound for who has no part in it.
func (s Reports) shown(ctx context.Context, actor cabin.Actor, id int64) (*cabin.Report, error) {
	var rows []cabin.Report
	var parts []cabin.Part
	err := s.db.read(ctx, part{&rows, `SELECT ` + reportNamed + `, ` + checkedWords + ` AS checked,
		EXISTS (SELECT 1 FROM report_followers f WHERE f.report_id = r.id AND f.person_id = ?) AS following` + reportFrom + `WHERE r.id = ?`, []any{actor.PersonID, id}},
		part{&parts, partsQuery, []any{[]int64{id}}})
	if err != nil {
		return nil, err
	}
	if len(rows) == 0 {
		return nil, classify(sql.ErrNoRows)
	}
	r := &rows[0]
	r.Parts = parts
	if len(r.RolesOf(actor)) == 0 {
		return nil, classify(sql.ErrNoRows) // as of one that does not exist
	}
	hideReporter(r, actor)
	if r.OnlyFollows(actor) {
		r.Coarsen()
	}
	return r, nil
}

// withPhotos gives each event its photos, in their order.
func withPhotos(events []cabin.PastEvent, photos []cabin.Photo) {
	for i := range events {
		for _, p := range photos {
			if p.EventID == events[i].ID {
				events[i].Photos = append(events[i].Photos, p)
			}
		}
	}
}

// hideWhatPeopleSay leaves a neighbour the offices' words: others' photos are not theirs to
// see, nor what who reported, for themselves or for somebody, and the deputy wrote.
func hideWhatPeopleSay(events []cabin.PastEvent) {
	for i := range events {
		e := &events[i]
		if e.Mine {
			continue
		}
		e.Photos = nil
		if e.Role == cabin.Resident || e.Role == cabin.Proxy || e.Role == cabin.Deputy {
			e.Note = ""
		}
	}
}

// hideOtherResidents hides from a reporter what others wrote who met the same problem: that
// is for those who handle it.
func hideOtherResidents(events []cabin.PastEvent) {
	for i := range events {
		if e := &events[i]; !e.Mine && e.Role == cabin.Resident {
			e.Note, e.Photos = "", nil
		}
	}
}
