package mysql

import (
	"context"
	"errors"
	"slices"
	"strings"

	"warmcabin/server/cabin"
)

// NewReport is what a resident brings. Photos are ids of their own uploads.
type NewReport struct {
	ReporterID  int64
	CategoryID  int64
	CommunityID int64
	DeputyID    int64
	Building    string // named apart from the rest of the place; "" = none
	PlaceText   string // the rest: an entrance, a landmark
	Lat, Lng    *float64
	Body        string
	Answers     []cabin.Given // to the category's questions
	PhotoIDs    []string
	// ContactShown lets the department that handles it open the reporter's phone.
	ContactShown bool
}

// Submit takes a report in, once for a key. Errors: CodeInvalid (category, community,
// deputy, a photo that is not the reporter's or already used), CodeKeyReused.
//
// It takes three trips to the database: what must be known; the report; and its event,
// head, photos, checks, audit row, inboxes, outbox and key with COMMIT. Reports that come
// at the same moment share them (asking.go).
func (s Reports) Submit(ctx context.Context, key Key, n NewReport) (*cabin.Report, error) {
	made, earlier, err := s.db.reports.ask(ctx, s.db, key, n.ReporterID, n, s.submitAll)
	if earlier != 0 {
		return s.byID(ctx, earlier)
	}
	return made, err
}

// submitAll decides on each report.
func (s Reports) submitAll(tx *Tx, batch []*asked[NewReport, cabin.Report]) (write func() error, err error) {
	all := make([]NewReport, len(batch))
	for i, a := range batch {
		all[i] = a.n
	}
	known, err := tx.reportReads(all...)
	if err != nil {
		return nil, err
	}
	var drafts []*reportDraft
	for _, a := range batch {
		d, err := known.draft(tx, a.n)
		if refusal, ok := errors.AsType[*cabin.Error](err); ok {
			a.err = refusal
			continue
		}
		d.from, a.made, a.id = originOf(a.ctx), d.r, &d.r.ID
		drafts = append(drafts, d)
	}
	if len(drafts) == 0 {
		return nil, nil
	}
	return func() error { return s.write(tx, drafts...) }, nil
}

// reportReads is what must be known before reports are taken in.
type reportReads struct {
	reporters   []namedRow
	categories  []cabin.Category
	communities []struct {
		ID        int64  `db:"id"`
		Name      string `db:"name"`
		StationID int64  `db:"station_id"`
	}
	deputies []struct {
		ID int64 `db:"id"`
	}
	roots []struct {
		ID int64 `db:"id"`
	}
	staff  []way // of their stations, 0: of all
	photos []cabin.Photo
}

// reportReads reads for all of them in one trip.
func (tx *Tx) reportReads(all ...NewReport) (*reportReads, error) {
	var reporters, categories, communities, deputies []int64
	var photos []string
	for _, n := range all {
		reporters, categories = append(reporters, n.ReporterID), append(categories, n.CategoryID)
		communities, deputies = append(communities, n.CommunityID), append(deputies, n.DeputyID)
		photos = append(photos, n.PhotoIDs...)
	}
	for _, ids := range []*[]int64{&categories, &communities, &deputies} {
		slices.Sort(*ids)
		*ids = slices.Compact(*ids)
	}
	var k reportReads
	err := tx.read(append(loose(&k.photos, photos),
		part{&k.reporters, `SELECT p.id, ` + called + ` AS name FROM persons p WHERE p.id IN (?)`, []any{reporters}},
		part{&k.categories, `SELECT id, name, days, urgent, questions, closed_at IS NOT NULL AS closed FROM categories WHERE id IN (?)`, []any{categories}},
		part{&k.communities, `SELECT id, name, station_id FROM communities WHERE id IN (?)`, []any{communities}},
		part{&k.deputies, `SELECT id FROM deputies WHERE id IN (?) AND closed_at IS NULL`, []any{deputies}},
		part{&k.roots, `SELECT id FROM stations WHERE parent_id = 0 AND closed_at IS NULL ORDER BY id LIMIT 1`, nil},
		part{&k.staff, `SELECT ` + wayColumns + ` FROM (SELECT 0 AS id UNION SELECT MIN(id) FROM stations WHERE parent_id = 0 AND closed_at IS NULL UNION SELECT station_id FROM communities WHERE id IN (?)) s
			STRAIGHT_JOIN person_roles r ON r.role = 'staff' AND r.scope_id = s.id` + wayJoins, []any{communities}})...)
	tx.ways.learn(k.staff)
	return &k, err
}

// resolveReport is resolve and answer for a report by itself.
func (tx *Tx) resolveReport(r *cabin.Report, given []cabin.Given) error {
	k, err := tx.reportReads(NewReport{ReporterID: r.ReporterID, CategoryID: r.CategoryID, CommunityID: r.CommunityID, DeputyID: r.DeputyID})
	if err != nil {
		return err
	}
	if err := k.resolve(r); err != nil {
		return err
	}
	return k.answer(r, given)
}

// reportDraft is a report that may be written.
type reportDraft struct {
	r          *cabin.Report
	event      cabin.Event
	tell       []cabin.Audience
	who        audiences
	photos     []string
	processing []string // of them
	from       origin
}

// draft holds a report against what is known.
func (k *reportReads) draft(tx *Tx, n NewReport) (*reportDraft, error) {
	r := &cabin.Report{
		ReporterID: n.ReporterID, CategoryID: n.CategoryID, CommunityID: n.CommunityID, DeputyID: n.DeputyID,
		PlaceText: strings.TrimSpace(n.Building + " " + n.PlaceText), Building: n.Building, Lat: n.Lat, Lng: n.Lng, Body: n.Body,
		ContactHidden: !n.ContactShown,
	}
	err := k.resolve(r)
	if err == nil {
		err = k.answer(r, n.Answers)
	}
	if err != nil {
		return nil, err
	}
	processing, err := usable(k.photos, n.ReporterID, n.PhotoIDs, tx.presets().ReportPhotos)
	if err != nil {
		return nil, err
	}
	d := &reportDraft{r: r, photos: n.PhotoIDs, processing: processing}
	d.event, d.tell = r.Begin(tx.Now, tx.presets())
	staff := []int64{}
	for _, p := range k.staff {
		if (p.ScopeID == 0 || p.ScopeID == r.StationID) && !slices.Contains(staff, p.PersonID) {
			staff = append(staff, p.PersonID)
		}
	}
	d.who.staff = &staff
	return d, nil
}

// resolve finds the reporter, the category and the desk: the community's station, or the root of the tree.
func (k *reportReads) resolve(r *cabin.Report) error {
	for _, p := range k.reporters {
		if p.ID == r.ReporterID {
			r.ReporterName = p.Name
		}
	}
	category := slices.IndexFunc(k.categories, func(c cabin.Category) bool { return c.ID == r.CategoryID })
	if category < 0 {
		return cabin.Invalid("categoryId", "请选择问题的类别。")
	}
	c := &k.categories[category]
	if c.Closed {
		return cabin.Invalid("categoryId", "“"+c.Name+"”这一类已经不用了，请另选一类，拿不准就选“其他”。")
	}
	r.CategoryName, r.CategoryDays, r.Urgent = c.Name, c.Days, c.Urgent
	if len(k.roots) > 0 {
		r.StationID = k.roots[0].ID
	}
	for _, m := range k.communities {
		if m.ID == r.CommunityID {
			r.CommunityName, r.StationID = m.Name, m.StationID
		}
	}
	known := false
	for _, d := range k.deputies {
		known = known || d.ID == r.DeputyID
	}
	switch {
	case r.CommunityID != 0 && r.CommunityName == "":
		return cabin.Invalid("place.communityId", "请选择所在的社区。")
	case r.DeputyID != 0 && !known:
		return cabin.Invalid("deputyId", "没有找到这位代表。")
	case r.StationID == 0:
		return cabin.E(cabin.CodeUnavailable, "联络站还没有设置好，请稍后再试。")
	}
	return nil
}

// answer takes the answers to the questions of a resolved report's category.
func (k *reportReads) answer(r *cabin.Report, given []cabin.Given) (err error) {
	for _, c := range k.categories {
		if c.ID == r.CategoryID {
			r.Answers, err = c.Questions.Take(given)
		}
	}
	return err
}

// write inserts the reports, and queues all that goes with them.
func (s Reports) write(tx *Tx, drafts ...*reportDraft) error {
	reports := make([]*cabin.Report, len(drafts))
	var told []int64
	for i, d := range drafts {
		reports[i], told = d.r, append(told, *d.who.staff...)
	}
	if err := tx.insertReports(tx.waking.parts(tx, told), reports...); err != nil {
		return err
	}
	for _, d := range drafts {
		r, actor := d.r, cabin.Actor{PersonID: d.r.ReporterID}
		event := tx.chain(actor, r, d.event, d.photos, nil)
		tx.bind(d.photos, r.ID, event)
		tx.checkReport(actor, r, d.event, event, d.photos, d.processing)
		who := audiencesOf(r)
		who.staff = d.who.staff
		tx.came(d.from)
		if err := s.announce(tx, actor, r, d.event, who, d.tell); err != nil {
			return err
		}
	}
	tx.heads(reports)
	return nil
}

// heads stores the heads of new reports' chains.
func (tx *Tx) heads(reports []*cabin.Report) {
	var ids, heads []any
	for _, r := range reports {
		ids, heads = append(ids, r.ID), append(heads, r.Head)
	}
	list := "?" + strings.Repeat(",?", len(reports)-1)
	tx.later(`UPDATE reports SET chain_length = 1, head = ELT(FIELD(id,`+list+`),`+list+`) WHERE id IN (`+list+`)`, slices.Concat(ids, heads, ids)...)
}

// insertReports inserts new reports and gives them their ids, with other reads on the way. Room
// for the head of the chain is made at once: the caller's heads then change bytes in place, where
// a row that grows is written anew in its page (ADR 0040).
func (tx *Tx) insertReports(more []part, reports ...*cabin.Report) error {
	const row = "(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,REPEAT('\\0',32))"
	var args []any
	for _, r := range reports {
		args = append(args, r.ReporterID, r.CategoryID, r.StationID, r.CommunityID, r.DeputyID, r.PlaceText, r.Lat, r.Lng, r.Body,
			r.State, r.Waiting, utc(r.DueFrom), utc(r.DueAt), utc(r.ClockAt), r.SplitFrom, r.CreatedAt, r.UpdatedAt, cabin.PlaceKey(r.PlaceText), cellOf(r), r.Building, r.Answers.Column(), r.ContactHidden)
	}
	var ids insertedIDs
	insert := part{nil, `INSERT INTO reports (reporter_id, category_id, station_id, community_id, deputy_id, place_text, lat, lng, body,
		state, waiting, due_from, due_at, clock_at, split_from, created_at, updated_at, place_key, cell, building, answers, contact_hidden, head) VALUES ` + row + strings.Repeat(","+row, len(reports)-1), args}
	if err := tx.read(append(more, insert, ids.part())...); err != nil {
		return err
	}
	for i, r := range reports {
		r.ID = ids.of(i)
	}
	return nil
}

func cellOf(r *cabin.Report) *int64 {
	if r.Lat == nil {
		return nil
	}
	cell := cabin.Cell(*r.Lat, *r.Lng)
	return &cell
}
