package mysql

import (
	"context"
	"slices"
	"strings"
	"time"

	"warmcabin/server/cabin"
)

// Finds is the one box of the desk: anything of its stations by number, code, name, phone or
// words. Words are found by their pairs of characters, which a job keeps: both MySQL and MariaDB know a plain key, and no full-text parser in common.
type Finds struct{ db *DB }

// The kinds of found_words.
const (
	ofReports  = 1
	ofBookings = 2
)

const (
	findLag   = 2 * time.Minute // as foldLag
	findBatch = 25              // matters whose words are kept in a step of the job: a few dozen rows each
	findShown = 20              // of each kind
	findRead  = 60              // candidates that are held against the words
	findFresh = 500             // newest ones that the job has not read
	findNames = 50              // people whose name begins so
)

// Found is what a box found, each kind newest first.
type Found struct {
	Reports  []*cabin.Report
	Bookings []*cabin.Booking
	Deputies []DeputyName
}

type foundIDs struct {
	reports, bookings []int64
}

// Find looks for what was sought among the matters of these stations. For staff; a phone
// that was looked for is kept in the audit as such, never itself.
func (s Finds) Find(ctx context.Context, actor cabin.Actor, stationIDs []int64, sought cabin.Sought) (out Found, err error) {
	stations := scopes(stationIDs)
	if len(stations) == 0 {
		return out, nil
	}
	var ids foundIDs
	switch {
	case sought.Phone != "":
		known, err := s.db.People.ByPhone(ctx, actor, sought.Phone)
		if err != nil {
			return out, err
		}
		people := make([]int64, len(known))
		for i, k := range known {
			people[i] = k.ID
		}
		if ids, err = s.ofPeople(ctx, stations, people); err != nil {
			return out, err
		}
	case sought.Number != 0 || sought.Code != "":
		if ids, err = s.byNumber(ctx, stations, sought); err != nil {
			return out, err
		}
	default:
		if ids, err = s.byWords(ctx, stations, sought); err != nil {
			return out, err
		}
		if err := s.db.selectIn(ctx, &out.Deputies, `SELECT id, name, station_id FROM deputies WHERE station_id IN (?) AND name LIKE ? ORDER BY id LIMIT ?`, stations, likePrefix(sought.Text), findShown); err != nil {
			return out, err
		}
	}
	err = s.fill(ctx, &out, ids)
	out.Reports = slices.DeleteFunc(out.Reports, func(r *cabin.Report) bool { return r.Concerns(actor) })
	return out, err
}

func likePrefix(text string) string {
	return strings.NewReplacer(`\`, `\\`, "%", `\%`, "_", `\_`).Replace(text) + "%"
}

type foundRow struct {
	ID        int64     `db:"id"`
	CreatedAt time.Time `db:"created_at"`
}

func (s Finds) byNumber(ctx context.Context, stations []int64, sought cabin.Sought) (ids foundIDs, err error) {
	var reports, bookings, codes []foundRow
	y, m, d := s.db.Now().In(cabin.Shanghai).Date()
	today := time.Date(y, m, d, 0, 0, 0, 0, cabin.Shanghai).UTC()
	err = s.db.read(ctx,
		part{&reports, `SELECT id, created_at FROM reports WHERE id = ? AND station_id IN (?)`, []any{sought.Number, stations}},
		part{&bookings, `SELECT id, created_at FROM bookings WHERE id = ? AND station_id IN (?)`, []any{sought.Number, stations}},
		part{&codes, `SELECT id, created_at FROM bookings WHERE check_code = ? AND starts_at >= ? AND starts_at < ? AND station_id IN (?)`, []any{sought.Code, today, today.AddDate(0, 0, 1), stations}})
	year := func(r foundRow) bool { return sought.Year == 0 || r.CreatedAt.In(cabin.Shanghai).Year() == sought.Year }
	for _, r := range reports {
		if year(r) {
			ids.reports = append(ids.reports, r.ID)
		}
	}
	for _, b := range bookings {
		if year(b) {
			ids.bookings = append(ids.bookings, b.ID)
		}
	}
	if sought.Code != "" {
		for _, b := range codes {
			ids.bookings = append(ids.bookings, b.ID)
		}
	}
	return ids, err
}

// ofPeople are the newest matters of these people at these stations.
func (s Finds) ofPeople(ctx context.Context, stations, people []int64) (ids foundIDs, err error) {
	if len(people) == 0 {
		return ids, nil
	}
	var reports, bookings []foundRow
	err = s.db.read(ctx,
		part{&reports, `SELECT id, created_at FROM reports FORCE INDEX (reports_reporter) WHERE reporter_id IN (?) AND station_id IN (?) AND state <> 'draft' ORDER BY id DESC LIMIT ?`, []any{people, stations, findShown}},
		part{&bookings, `SELECT id, created_at FROM bookings FORCE INDEX (bookings_resident) WHERE resident_id IN (?) AND station_id IN (?) ORDER BY id DESC LIMIT ?`, []any{people, stations, findShown}})
	for _, r := range reports {
		ids.reports = append(ids.reports, r.ID)
	}
	for _, b := range bookings {
		ids.bookings = append(ids.bookings, b.ID)
	}
	return ids, err
}

// saidRow is a matter with its words.
type saidRow struct {
	ID        int64  `db:"id"`
	StationID int64  `db:"station_id"`
	Words     string `db:"words"`
	Old       bool   `db:"old"`
}

// saidOf reads a matter's words, by kind.
var saidOf = map[int]string{
	ofReports:  `SELECT m.id, m.station_id, CONCAT(m.place_text, ' ', m.body) AS words, m.created_at <= ? AS old FROM reports m `,
	ofBookings: `SELECT m.id, m.station_id, CONCAT(m.topic, ' ', m.note) AS words, m.created_at <= ? AS old FROM bookings m `,
}

// byWords finds who is called so, names of those who work here that begin so, and words that
// stand so in what was written. A resident's name lies sealed: it is found whole, by its hash.
func (s Finds) byWords(ctx context.Context, stations []int64, sought cabin.Sought) (ids foundIDs, err error) {
	var people []foundRow
	if err := s.db.selectAll(ctx, &people, `(SELECT id, created_at FROM persons WHERE name_hash = ? ORDER BY id LIMIT ?)
		UNION ALL (SELECT id, created_at FROM persons WHERE name LIKE ? ORDER BY name LIMIT ?)`, s.db.nameHash(sought.Text), findNames, likePrefix(sought.Text), findNames); err != nil {
		return ids, err
	}
	named := make([]int64, len(people))
	for i, p := range people {
		named[i] = p.ID
	}
	if ids, err = s.ofPeople(ctx, stations, named); err != nil || len(sought.Grams) == 0 {
		return ids, err
	}
	said, err := s.said(ctx, ofReports, stations, sought)
	if err != nil {
		return ids, err
	}
	ids.reports = append(ids.reports, said...)
	said, err = s.said(ctx, ofBookings, stations, sought)
	ids.bookings = append(ids.bookings, said...)
	return ids, err
}

// said are the matters of a kind that say it: by the kept pairs, and the newest, that the
// job has not read, as they are.
func (s Finds) said(ctx context.Context, kind int, stations []int64, sought cabin.Sought) (ids []int64, err error) {
	var kept, fresh []saidRow
	var parts []part
	lists := make([][]foundRow, len(stations))
	for i, station := range stations {
		query, args := `SELECT g0.object_id AS id, NOW() AS created_at FROM found_words g0`, []any{}
		for n := range sought.Grams[1:] {
			query += joinGram(n + 1)
			args = append(args, sought.Grams[n+1])
		}
		args = append(args, station, kind, sought.Grams[0], findRead)
		parts = append(parts, part{&lists[i], query + ` WHERE g0.station_id = ? AND g0.kind = ? AND g0.gram = ? ORDER BY g0.object_id DESC LIMIT ?`, args})
	}
	if err := s.db.read(ctx, parts...); err != nil {
		return nil, err
	}
	found := []int64{0}
	for _, list := range lists {
		for _, r := range list {
			found = append(found, r.ID)
		}
	}
	slices.SortFunc(found, func(a, b int64) int { return int(b - a) })
	found = found[:min(len(found), findRead)]
	now := s.db.Now()
	err = s.db.read(ctx,
		part{&kept, saidOf[kind] + `WHERE m.id IN (?)`, []any{now, found}},
		part{&fresh, saidOf[kind] + `WHERE m.id > (SELECT COALESCE(MAX(last_id), 0) FROM found_marks WHERE kind = ?) AND m.station_id IN (?) ORDER BY m.id DESC LIMIT ?`, []any{now, kind, stations, findFresh}})
	for _, r := range append(fresh, kept...) {
		if cabin.Says(r.Words, sought.Text) && !slices.Contains(ids, r.ID) {
			ids = append(ids, r.ID)
		}
	}
	return ids, err
}

func joinGram(n int) string {
	g := "g" + string(rune('0'+n/10)) + string(rune('0'+n%10))
	return ` STRAIGHT_JOIN found_words ` + g + ` ON ` + g + `.station_id = g0.station_id AND ` + g + `.kind = g0.kind AND ` + g + `.gram = ? AND ` + g + `.object_id = g0.object_id`
}

func (s Finds) fill(ctx context.Context, out *Found, ids foundIDs) error {
	if newest := newestOf(ids.reports); len(newest) > 0 {
		if err := s.db.selectIn(ctx, &out.Reports, `SELECT `+reportColumns+reporterCalled+` FROM reports r WHERE r.id IN (?) AND r.state <> 'draft' ORDER BY r.id DESC`, newest); err != nil {
			return err
		}
		if err := s.db.label(ctx, out.Reports); err != nil {
			return err
		}
	}
	if newest := newestOf(ids.bookings); len(newest) > 0 {
		return s.db.selectIn(ctx, &out.Bookings, `SELECT `+bookingColumns+bookingFrom+`WHERE b.id IN (?) ORDER BY b.id DESC`, newest)
	}
	return nil
}

func newestOf(ids []int64) []int64 {
	slices.SortFunc(ids, func(a, b int64) int { return int(b - a) })
	ids = slices.Compact(ids)
	return ids[:min(len(ids), findShown)]
}

// keepWords keeps the words of a matter that were changed, in the transaction that changes
// them: the job comes by a matter once. Pairs of the former words stay and find nothing, as
// what is found is held against the words as they are.
func (tx *Tx) keepWords(kind int, stationID, id int64, words string) {
	for _, g := range cabin.Grams(words) {
		tx.row(`INSERT IGNORE INTO found_words (station_id, kind, gram, object_id) VALUES`, stationID, kind, g, id)
	}
}

// Keep reads the words of the next matters and returns how many. Started by every worker;
// twice is safe: the mark's row is locked, and what is kept again is the same.
func (s Finds) Keep(ctx context.Context) (int, error) {
	done := 0
	for _, kind := range []int{ofReports, ofBookings} {
		n, err := s.keep(ctx, kind)
		done += n
		if err != nil {
			return done, err
		}
	}
	return done, nil
}

func (s Finds) keep(ctx context.Context, kind int) (n int, err error) {
	err = s.db.InTx(ctx, func(tx *Tx) error {
		n = 0
		var marks []struct {
			Last int64 `db:"last_id"`
		}
		if err := tx.selectAll(&marks, `SELECT last_id FROM found_marks WHERE kind = ? FOR UPDATE SKIP LOCKED`, kind); err != nil {
			return err
		}
		if len(marks) == 0 { // another worker reads, or it is the first time
			tx.later(`INSERT IGNORE INTO found_marks (kind, last_id) VALUES (?, 0)`, kind)
			return nil
		}
		var rows []saidRow
		if err := tx.selectAll(&rows, saidOf[kind]+`WHERE m.id > ? ORDER BY m.id LIMIT ?`, tx.Now.Add(-findLag), marks[0].Last, findBatch); err != nil {
			return err
		}
		last := marks[0].Last
		for _, r := range rows {
			if !r.Old {
				break
			}
			for _, g := range cabin.Grams(r.Words) {
				tx.row(`INSERT IGNORE INTO found_words (station_id, kind, gram, object_id) VALUES`, r.StationID, kind, g, r.ID)
			}
			last = r.ID
			n++
		}
		if n > 0 {
			tx.later(`UPDATE found_marks SET last_id = ? WHERE kind = ?`, last, kind)
		}
		return nil
	})
	return n, err
}
