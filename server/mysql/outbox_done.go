package mysql

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"maps"
	"slices"
	"strings"
	"time"

	"warmcabin/server/cabin"
)

// Result is what became of one push. Retry, when set, is when it is tried again. Spent is
// the template whose credit it used, Expired those of which WeChat knew no credit.
type Result struct {
	ID      int64
	State   string
	Code    int
	Reason  string
	Retry   time.Time
	Channel cabin.PushChannel
	MsgID   int64 // WeChat's number of what it took
	Spent   cabin.TemplateKey
	Expired []cabin.TemplateKey
}

// Onward is how the sending of a lot goes on, recorded with results: messages up to the id
// Reach may be under way from now on (0: none more), or it is Over.
type Onward struct {
	Reach int64
	Over  bool
}

// done is what came of some messages of one claim.
type done struct {
	pushes  []Push
	results []Result
	on      Onward
	err     error
}

func (*done) person() int64 { return 0 }

// doneBatch is how many lanes record together at most.
const doneBatch = 8

// Done records the results of claimed pushes, of one claim; with those of other lanes of this
// process that come meanwhile, in one transaction. Twice is safe, and a row that another
// worker claimed since is left to it: mostly there is none, and then no row is read first.
func (s Outbox) Done(ctx context.Context, pushes []Push, results []Result, on Onward) error {
	if len(results) == 0 {
		return nil
	}
	d := &done{pushes: pushes, results: results, on: on}
	if !s.db.done.do(ctx, d, s.record) {
		return classify(errLost)
	}
	return d.err
}

var errLost = errors.New("mysql: recording what came of messages broke down")

// record records all of a batch or nothing of it.
func (s Outbox) record(ctx context.Context, batch []*done) {
	var pushes []Push
	var results []Result
	for _, d := range batch {
		pushes, results = append(pushes, d.pushes...), append(results, d.results...)
	}
	claims := claimsOf(pushes)
	if len(claims) < len(pushes) && len(batch) > 1 { // a row that was claimed anew since: each for itself
		for _, d := range batch {
			s.record(ctx, []*done{d})
		}
		return
	}
	err := s.recordResults(ctx, batch, claims, results)
	for _, d := range batch {
		d.err = err
	}
}

func (s Outbox) recordResults(ctx context.Context, batch []*done, claims map[int64]*Push, results []Result) error {
	// In one order everywhere: two workers may have messages for the same people.
	results = slices.SortedFunc(slices.Values(results), func(a, b Result) int {
		return cmp.Or(cmp.Compare(claims[a.ID].PersonID, claims[b.ID].PersonID), cmp.Compare(a.ID, b.ID))
	})
	allOurs := true
	err := s.db.InTx(ctx, func(tx *Tx) (err error) {
		if allOurs, err = tx.recordAll(claims, results); err == nil && !allOurs {
			err = errNotOurs
		}
		tx.onward(batch)
		return err
	})
	if allOurs {
		return err
	}
	return s.db.InTx(ctx, func(tx *Tx) error {
		mine, err := tx.stillOurs(claims)
		if err != nil {
			return err
		}
		_, err = tx.recordAll(claims, slices.DeleteFunc(slices.Clone(results), func(r Result) bool { return !mine[r.ID] }))
		tx.onward(batch)
		return err
	})
}

func (tx *Tx) onward(batch []*done) {
	for _, d := range batch {
		switch lot := d.pushes[0].Lot; {
		case lot == 0:
		case d.on.Over:
			tx.later(`DELETE FROM outbox_lots WHERE id = ?`, lot)
		case d.on.Reach != 0:
			tx.later(`UPDATE outbox_lots SET reached = ? WHERE id = ?`, d.on.Reach, lot)
		}
	}
}

var errNotOurs = errors.New("mysql: a claim of somebody else's by now")

// recordAll writes the results; allOurs is false when a row no longer is its claim's.
func (tx *Tx) recordAll(claims map[int64]*Push, results []Result) (allOurs bool, err error) {
	done, numbers := map[ending][]int64{}, map[int64]int64{}
	var order []ending
	spent, expired := map[cabin.TemplateKey][]*Push{}, map[cabin.TemplateKey][]*Push{}
	for _, r := range results {
		e := ending{r.State, r.Code, cut(r.Reason, 200), r.Retry.UTC(), r.Channel, claims[r.ID].Attempts}
		if done[e] == nil {
			order = append(order, e)
		}
		done[e] = append(done[e], r.ID)
		if r.MsgID != 0 {
			numbers[r.ID] = r.MsgID
		}
		if r.Spent != "" {
			spent[r.Spent] = append(spent[r.Spent], claims[r.ID])
		}
		for _, key := range r.Expired {
			expired[key] = append(expired[key], claims[r.ID])
		}
	}
	for _, e := range order {
		n, err := e.record(tx, done[e], numbers)
		if err != nil {
			return true, err
		}
		if n != int64(len(done[e])) {
			return false, nil
		}
	}
	var people, pushes []int64
	for _, r := range results {
		people, pushes = append(people, claims[r.ID].PersonID), append(pushes, r.ID)
	}
	tx.letGo(people, pushes)
	for _, key := range cabin.TemplateKeys {
		tx.used(key, ConsentSpent, spent[key], `credits = GREATEST(credits - 1, 0), spent = spent + 1`)
		tx.used(key, ConsentExpired, expired[key], `expired = expired + credits, credits = 0`)
	}
	return true, nil
}

// stillOurs locks the rows and tells which of them still are these claims'. attempts tells
// one claim of a row from the next.
func (tx *Tx) stillOurs(claims map[int64]*Push) (map[int64]bool, error) {
	var rows []struct {
		ID       int64 `db:"id"`
		Attempts int   `db:"attempts"`
	}
	err := tx.selectIn(&rows, `SELECT id, attempts FROM outbox FORCE INDEX (PRIMARY) WHERE id IN (?) AND state IN ('sending', 'unknown') ORDER BY id FOR UPDATE`, slices.Sorted(maps.Keys(claims)))
	mine := make(map[int64]bool, len(rows))
	for _, r := range rows {
		mine[r.ID] = claims[r.ID].Attempts == r.Attempts
	}
	return mine, err
}

// ending is what rows of one statement have in common.
type ending struct {
	state    string
	code     int
	reason   string
	retry    time.Time
	channel  cabin.PushChannel
	attempts int // which claim of the row it is
}

// FORCE INDEX, here and beside: a list of two hundred keys and more is weighed by the
// table's statistics, and when those are old the whole table is read.

// record ends the rows that still are the claims' and says how many these are. numbers are
// WeChat's of those that it took.
func (e ending) record(tx *Tx, ids []int64, numbers map[int64]int64) (int64, error) {
	query, args := `UPDATE outbox FORCE INDEX (PRIMARY) SET state = 'waiting', due_at = ?, attempted_at = DEFAULT, tried_since = COALESCE(tried_since, ?)`, []any{e.retry, tx.Now}
	if e.retry.IsZero() {
		query, args = `UPDATE outbox FORCE INDEX (PRIMARY) SET state = ?, done_at = ?`, []any{e.state, tx.Now}
	}
	query, args = query+`, code = ?, reason = ?, channel = ?`, append(args, e.code, e.reason, e.channel)
	var of, values []any
	for _, id := range ids {
		if n := numbers[id]; n != 0 {
			of, values = append(of, id), append(values, n)
		}
	}
	if len(of) > 0 {
		marks := strings.Repeat(`,?`, len(of))
		query, args = query+`, msg_id = ELT(FIELD(id`+marks+`)`+marks+`)`, append(append(args, of...), values...)
	}
	res, err := tx.execIDs(query+` WHERE attempts = ? AND state IN ('sending', 'unknown') AND id IN (?)`, ids, append(args, e.attempts)...)
	if err != nil {
		return 0, err
	}
	return res.RowsAffected()
}

// used corrects the people's credits of one template and writes the ledger.
func (tx *Tx) used(key cabin.TemplateKey, kind ConsentKind, pushes []*Push, set string) {
	if len(pushes) == 0 {
		return
	}
	people := make([]int64, len(pushes))
	for i, p := range pushes {
		people[i] = p.PersonID
		tx.ledger(p, key, kind)
	}
	tx.laterIn(`UPDATE consents FORCE INDEX (PRIMARY) SET `+set+`, updated_at = ? WHERE template = ? AND person_id IN (?)`, people, tx.Now, key)
}

// Release gives back claims of which no call was made, such as those of a Claim whose
// answer was lost. Twice is safe.
func (s Outbox) Release(ctx context.Context, pushes []Push) error {
	if len(pushes) == 0 {
		return nil
	}
	return s.db.InTx(ctx, func(tx *Tx) error {
		mine, err := tx.stillOurs(claimsOf(pushes))
		if err != nil {
			return err
		}
		ours := slices.DeleteFunc(slices.Clone(pushes), func(p Push) bool { return !mine[p.ID] })
		if len(ours) > 0 {
			tx.laterIn(`UPDATE outbox SET state = 'waiting', attempted_at = DEFAULT, done_at = DEFAULT WHERE id IN (?)`, idsOf(ours))
			tx.letGo(peopleOf(ours), idsOf(ours))
		}
		return nil
	})
}

// Recover gives up leases that ran out: their calls may have been made, so the rows are
// unknown; those of the templates in resend wait again, and so do those that their worker had
// not come to. Started by every worker; twice is safe.
func (s Outbox) Recover(ctx context.Context, resend ...cabin.TemplateKey) (int64, error) {
	const lost = `SELECT outbox_id, person_id, lot FROM outbox_busy WHERE lease_until < ? LIMIT 500`
	var rows []lostRow
	if err := s.db.selectAll(ctx, &rows, lost, s.db.Now()); err != nil || len(rows) == 0 {
		return 0, err
	}
	again := []any{""}
	for _, key := range resend {
		again = append(again, key)
	}
	var recovered int64
	err := s.db.InTx(ctx, func(tx *Tx) error {
		recovered, rows = 0, nil
		if err := tx.selectAll(&rows, lost+` FOR UPDATE SKIP LOCKED`, tx.Now); err != nil || len(rows) == 0 {
			return err
		}
		recovered = int64(len(rows))
		ids, err := tx.giveBack(rows)
		if err != nil || len(ids) == 0 {
			return err
		}
		in := `(?` + strings.Repeat(",?", len(again)-1) + `)`
		args := append(append([]any{}, again...), tx.Now)
		args = append(args, again...)
		tx.laterIn(`UPDATE outbox SET done_at = IF(template IN `+in+`, done_at, ?),
			state = IF(template IN `+in+`, 'waiting', 'unknown') WHERE state = 'sending' AND id IN (?)`, ids, args...)
		return nil
	})
	return recovered, err
}

// lostRow is a row whose lease ran out.
type lostRow struct {
	ID     int64 `db:"outbox_id"`
	Person int64 `db:"person_id"`
	Lot    int64 `db:"lot"`
}

// lotsKept is how long the lot of a lost worker is kept: all its rows are taken care of by then.
const lotsKept = time.Hour

// giveBack lets those rows wait again that their worker had not come to, and returns the
// others. A lot of which nothing is known may have been sent.
func (tx *Tx) giveBack(rows []lostRow) (attempted []int64, err error) {
	lots := []int64{0}
	for _, r := range rows {
		if r.Lot != lots[len(lots)-1] {
			lots = append(lots, r.Lot)
		}
	}
	var found []struct {
		ID      int64 `db:"id"`
		Reached int64 `db:"reached"`
	}
	if err := tx.selectIn(&found, `SELECT id, reached FROM outbox_lots WHERE id IN (?)`, lots); err != nil {
		return nil, err
	}
	reached := map[int64]int64{}
	for _, l := range found {
		reached[l.ID] = l.Reached
	}
	var unsent, people, all []int64
	for _, r := range rows {
		people, all = append(people, r.Person), append(all, r.ID)
		if upTo, ok := reached[r.Lot]; ok && r.ID > upTo {
			unsent = append(unsent, r.ID)
		} else {
			attempted = append(attempted, r.ID)
		}
	}
	if len(unsent) > 0 {
		tx.laterIn(`UPDATE outbox FORCE INDEX (PRIMARY) SET state = 'waiting', attempted_at = DEFAULT WHERE state = 'sending' AND id IN (?)`, unsent)
	}
	tx.letGo(people, all)
	tx.later(`DELETE FROM outbox_lots WHERE claimed_at < ?`, tx.Now.Add(-lotsKept))
	return attempted, nil
}

func idsOf(pushes []Push) []int64 {
	ids := make([]int64, len(pushes))
	for i, p := range pushes {
		ids[i] = p.ID
	}
	return ids
}

func peopleOf(pushes []Push) []int64 {
	people := make([]int64, len(pushes))
	for i, p := range pushes {
		people[i] = p.PersonID
	}
	return people
}

// claimsOf finds a worker's claims by row.
func claimsOf(pushes []Push) map[int64]*Push {
	claims := make(map[int64]*Push, len(pushes))
	for i := range pushes {
		claims[pushes[i].ID] = &pushes[i]
	}
	return claims
}

// cut keeps the first characters of a text from outside that a column has room for.
func cut(text string, most int) string {
	r := []rune(strings.ToValidUTF8(text, ""))
	return string(r[:min(len(r), most)])
}

// expandIDs puts the ids into the query's last (?), after the other arguments.
func expandIDs(query string, ids []int64, args []any) (string, []any) {
	at := strings.LastIndex(query, "(?)")
	all := append([]any{}, args...)
	for _, id := range ids {
		all = append(all, id)
	}
	return query[:at] + "(?" + strings.Repeat(",?", len(ids)-1) + ")" + query[at+3:], all
}

func (tx *Tx) execIDs(query string, ids []int64, args ...any) (sql.Result, error) {
	q, all := expandIDs(query, ids, args)
	return tx.exec(q, all...)
}

func (tx *Tx) laterIn(query string, ids []int64, args ...any) {
	q, all := expandIDs(query, ids, args)
	tx.later(q, all...)
}

func (tx *Tx) execIn(query string, first any, ids []int64) error {
	_, err := tx.execIDs(query, ids, first)
	return err
}
