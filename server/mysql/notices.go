package mysql

import (
	"context"
	"encoding/json"
	"strings"
	"time"

	"warmcabin/server/cabin"
)

// Notices are people's inboxes.
type Notices struct{ db *DB }

// audiences resolves an audience to people.
type audiences struct {
	resident, deputy, station, department, community int64
	deputies                                         *[]int64 // the deputy's people, when they are read already
	staff                                            *[]int64 // the station's, as well
	helping                                          []int64  // departments
	followed                                         int64    // the report whose followers are told
	proxy                                            int64    // tells the resident, and is told wherever they are
	recused                                          []int64  // whom the report is about: never told
}

// tell writes the news into the inbox of everyone in the audiences and a push into the
// outbox, in this transaction. Nobody is told of their own move. In the quiet hours a push
// waits for their end, unless it is about danger or for somebody who is awake.
func (tx *Tx) tell(actor cabin.Actor, who audiences, to []cabin.Audience, notice func(cabin.Audience) cabin.Notice) error {
	people, err := tx.people(who, to)
	if err != nil {
		return err
	}
	told := map[int64]bool{actor.PersonID: true}
	for _, id := range who.recused {
		told[id] = true
	}
	morning := tx.presets().Awake(tx.Now).UTC()
	awake, err := tx.awake(people)
	if err != nil {
		return err
	}
	for _, p := range people {
		if told[p.PersonID] {
			continue
		}
		told[p.PersonID] = true
		n := notice(p.Audience)
		payload, err := json.Marshal(n.Values)
		if err != nil {
			return err
		}
		tx.row(`INSERT INTO notices (person_id, matter_kind, matter_id, title, body, page, created_at) VALUES`,
			p.PersonID, n.Matter, n.MatterID, n.Title, n.Body, n.Page, tx.Now)
		if p.Audience == cabin.ToDeputy && (n.Kind == cabin.KindBookingProgress || n.Kind == cabin.KindReportProgress) {
			continue // a deputy's morning has it with the rest
		}
		due := morning
		if n.Danger || awake[p.PersonID] {
			due = tx.Now
		}
		tx.push(p.PersonID, n, payload, due)
	}
	return nil
}

// inform tells these people, whoever did it and whatever they turned off: a message in the
// inbox and a push, at night too when the news is of a danger.
func (tx *Tx) inform(n cabin.Notice, people ...int64) error {
	payload, err := json.Marshal(n.Values)
	if err != nil {
		return err
	}
	due := tx.Now
	if !n.Danger {
		due = tx.presets().Awake(tx.Now).UTC()
	}
	for _, id := range people {
		tx.row(`INSERT INTO notices (person_id, matter_kind, matter_id, title, body, page, created_at) VALUES`, id, n.Matter, n.MatterID, n.Title, n.Body, n.Page, tx.Now)
		tx.push(id, n, payload, due)
	}
	return nil
}

// push queues the outbox's row of n; where nothing can reach the person it has ended already.
func (tx *Tx) push(personID int64, n cabin.Notice, payload []byte, due time.Time) {
	state, done := PushWaiting, any(raw("DEFAULT"))
	if end := tx.ways.end(tx.db.templates, personID, n); end != "" && !due.After(tx.Now) {
		state, done = end, tx.Now
	}
	tx.row(`INSERT INTO outbox (person_id, matter_kind, matter_id, kind, template, payload, page, due_at, good_until, state, done_at, created_at) VALUES`,
		personID, n.Matter, n.MatterID, n.Kind, n.Template, payload, n.Page, due, untilOf(n), state, done, tx.Now)
}

// untilOf is when the push of n has no sense any more, nil: never.
func untilOf(n cabin.Notice) *time.Time {
	if n.Until.IsZero() {
		return nil
	}
	until := n.Until.UTC()
	return &until
}

// answeredWithin is how long after a prompt its person counts as awake: who asked at night
// to be told, or sent something then, gets the answer then.
const answeredWithin = time.Hour

// waking is who is doing something at night, of the people that were asked about.
type waking struct {
	about map[int64]bool
	up    []struct {
		PersonID int64 `db:"person_id"`
	}
}

// parts read who of these is awake; none by day.
func (w *waking) parts(tx *Tx, people []int64) []part {
	if len(people) == 0 || !tx.presets().Awake(tx.Now).After(tx.Now) {
		return nil
	}
	if w.about == nil {
		w.about = map[int64]bool{}
	}
	for _, id := range people {
		w.about[id] = true
	}
	return []part{{&w.up, `SELECT DISTINCT person_id FROM consent_events WHERE person_id IN (?) AND created_at > ? AND source = ?`,
		[]any{people, tx.Now.Add(-answeredWithin), FromClient}}}
}

// awake returns who of these is doing something at night. It reads nothing by day, nor
// about whom it was read before.
func (tx *Tx) awake(people []listener) (map[int64]bool, error) {
	var ids []int64
	for _, p := range people {
		if !tx.waking.about[p.PersonID] {
			ids = append(ids, p.PersonID)
		}
	}
	if parts := tx.waking.parts(tx, ids); len(parts) > 0 {
		if err := tx.read(parts...); err != nil {
			return nil, err
		}
	}
	up := map[int64]bool{}
	for _, r := range tx.waking.up {
		up[r.PersonID] = true
	}
	return up, nil
}

type listener struct {
	PersonID int64          `db:"person_id"`
	Audience cabin.Audience `db:"audience"`
}

func (tx *Tx) people(who audiences, to []cabin.Audience) ([]listener, error) {
	var people []listener
	var parts []string
	var args []any
	for _, a := range to {
		const of = `SELECT person_id, ? AS audience FROM person_roles WHERE role = ? AND scope_id `
		switch a {
		case cabin.ToResident:
			people = append(people, listener{who.resident, a})
			if who.proxy != 0 {
				people = append(people, listener{who.proxy, cabin.ToProxy})
			}
		case cabin.ToDeputy:
			if who.deputies != nil {
				for _, id := range *who.deputies {
					people = append(people, listener{id, a})
				}
				continue
			}
			parts, args = append(parts, of+`= ?`), append(args, a, cabin.Deputy, who.deputy)
		case cabin.ToStaff, cabin.ToCaller:
			if who.staff != nil {
				for _, id := range *who.staff {
					people = append(people, listener{id, a})
				}
				continue
			}
			parts, args = append(parts, of+`IN (0, ?)`), append(args, a, cabin.Staff, who.station)
		case cabin.ToDepartment:
			parts, args = append(parts, of+`= ?`), append(args, a, cabin.Department, who.department)
		case cabin.ToFollowers:
			parts, args = append(parts, `SELECT person_id, ? AS audience FROM report_followers WHERE report_id = ? AND via <> 'deputy'`), append(args, a, who.followed)
		case cabin.ToWatchers:
			parts, args = append(parts, `SELECT person_id, ? AS audience FROM report_followers WHERE report_id = ? AND via = 'deputy'`), append(args, a, who.followed)
		case cabin.ToHelping:
			for _, id := range who.helping {
				parts, args = append(parts, of+`= ?`), append(args, a, cabin.Department, id)
			}
		case cabin.ToCommunity:
			if who.community != 0 {
				parts, args = append(parts, of+`= ?`), append(args, a, cabin.Community, who.community)
			}
		}
	}
	if len(parts) == 0 {
		return people, nil
	}
	var workers []listener
	err := tx.selectAll(&workers, strings.Join(parts, " UNION ALL "), args...)
	return append(people, workers...), err
}

// List pages through a person's inbox, newest first.
func (s Notices) List(ctx context.Context, personID, before int64, limit int) (list []cabin.StoredNotice, err error) {
	err = s.db.selectAll(ctx, &list, `SELECT id, matter_kind, matter_id, title, body, page, created_at, read_at FROM notices
		WHERE person_id = ? AND id < ? ORDER BY id DESC LIMIT ?`, personID, orMax(before), limit)
	return list, err
}

// Matters pages through a person's inbox by matter, last moved first: of each matter its
// newest notice (before that one's id) and how many of its notices are unread.
func (s Notices) Matters(ctx context.Context, personID, before int64, limit int) (list []cabin.InboxMatter, err error) {
	err = s.db.selectAll(ctx, &list, `SELECT newest.id, newest.matter_kind, newest.matter_id, newest.title, newest.body, newest.page, newest.created_at, newest.read_at,
		(SELECT COUNT(*) FROM notices unseen WHERE unseen.person_id = newest.person_id AND unseen.matter_kind = newest.matter_kind AND unseen.matter_id = newest.matter_id AND unseen.read_at IS NULL) AS unread
		FROM notices newest WHERE newest.person_id = ? AND newest.id < ? AND NOT EXISTS (
			SELECT 1 FROM notices newer WHERE newer.person_id = newest.person_id AND newer.matter_kind = newest.matter_kind AND newer.matter_id = newest.matter_id AND newer.id > newest.id)
		ORDER BY newest.id DESC LIMIT ?`, personID, orMax(before), limit)
	return list, err
}

// Unread counts a person's unread notices.
func (s Notices) Unread(ctx context.Context, personID int64) (n int, err error) {
	err = s.db.get(ctx, &n, `SELECT COUNT(*) FROM notices WHERE person_id = ? AND read_at IS NULL`, personID)
	return n, err
}

// Read marks notices of the person as read, all of them when ids is empty.
func (s Notices) Read(ctx context.Context, personID int64, ids []int64) error {
	query, args := `UPDATE notices SET read_at = ? WHERE person_id = ? AND read_at IS NULL`, []any{s.db.Now(), personID}
	if len(ids) > 0 {
		query += ` AND id IN (?` + strings.Repeat(",?", len(ids)-1) + `)`
		for _, id := range ids {
			args = append(args, id)
		}
	}
	_, err := s.db.exec(ctx, query, args...)
	return err
}

// ReadMatter marks the person's notices of one matter as read.
func (s Notices) ReadMatter(ctx context.Context, personID int64, kind cabin.MatterKind, matterID int64) error {
	_, err := s.db.exec(ctx, `UPDATE notices SET read_at = ? WHERE person_id = ? AND matter_kind = ? AND matter_id = ? AND read_at IS NULL`,
		s.db.Now(), personID, kind, matterID)
	return err
}
