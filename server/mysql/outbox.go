package mysql

import (
	"cmp"
	"context"
	"encoding/json"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"time"

	"warmcabin/server/cabin"
)

// Outbox is the work of pushing to WeChat. Workers of any number of processes claim rows
// with SKIP LOCKED and a lease; there is no leader.
type Outbox struct{ db *DB }

// Push is a message that is due.
type Push struct {
	ID       int64             `db:"id"`
	PersonID int64             `db:"person_id"`
	Matter   cabin.MatterKind  `db:"matter_kind"`
	MatterID int64             `db:"matter_id"`
	Template cabin.TemplateKey `db:"template"`
	Payload  string            `db:"payload"`
	Page     string            `db:"page"`
	Attempts int               `db:"attempts"`
	Kind     cabin.NoticeKind  `db:"kind"`  // "" for what is no minor news
	Stale    bool              `db:"stale"` // newer news of the matter replaces it
	Muted    bool              `db:"muted"` // the person does not want this kind
	Due      time.Time         `db:"due_at"`
	Created  time.Time         `db:"created_at"`
	FailedBy cabin.PushChannel `db:"failed_by"` // see Late

	GoodUntil  *time.Time `db:"good_until"`  // what it tells of is over then; nil: never
	TriedSince *time.Time `db:"tried_since"` // when WeChat did not take it for the first time

	Lot      int64 // see Ahead; 0: all of the claim may be under way
	OpenID   string
	NoWeChat bool   // wants none by the mini-program
	Follower string // openid at the official account, for working people who follow it and want it
	Credits  map[cabin.TemplateKey]int
	Values   cabin.Values
	Steps    []cabin.PushStep // the caller's: see Claim
}

// The states of a row. A row is sending from the moment before the call on. One whose
// worker was lost then may have reached the person: it is unknown, or waits again when its
// template is to be resent.
const (
	PushWaiting    = "waiting"
	PushSending    = "sending"
	PushSent       = "sent"
	PushRefused    = "refused"
	PushNoConsent  = "no_consent"
	PushNoWeChat   = "no_wechat"  // a resident whom the desk tells by phone
	PushSuperseded = "superseded" // newer news came, or it is no longer true
	PushMuted      = "muted"
	PushDead       = "dead"
	PushUnknown    = "unknown"
)

// dueQuery finds what may go out: of nobody to whom a push is on its way, and of no matter
// of which the person still waits for an earlier message that counts. It begins behind a
// place in the queue, see queueHead.
const dueQuery = `SELECT o.id, o.person_id, o.matter_kind, o.matter_id, o.template, o.payload, o.page, o.attempts, o.kind, o.due_at, o.created_at, o.failed_by, o.good_until, o.tried_since,
	o.kind <> '' AND EXISTS (SELECT 1 FROM outbox newer FORCE INDEX (outbox_matter) WHERE newer.matter_kind = o.matter_kind AND newer.matter_id = o.matter_id AND newer.person_id = o.person_id AND newer.id > o.id) AS stale,
	o.kind <> '' AND EXISTS (SELECT 1 FROM notify_settings n WHERE n.person_id = o.person_id AND n.kind = o.kind AND NOT n.push) AS muted
	FROM outbox o FORCE INDEX (outbox_due) WHERE o.state = 'waiting' AND o.due_at <= ? AND (o.due_at > ? OR o.due_at = ? AND o.id > ?)
	AND NOT EXISTS (SELECT 1 FROM outbox_busy busy FORCE INDEX (PRIMARY) WHERE busy.person_id = o.person_id AND busy.outbox_id <> o.id)
	AND NOT EXISTS (SELECT 1 FROM outbox earlier FORCE INDEX (outbox_matter) WHERE earlier.matter_kind = o.matter_kind AND earlier.matter_id = o.matter_id AND earlier.person_id = o.person_id AND earlier.id < o.id AND earlier.state = 'waiting' AND earlier.kind = '')
	ORDER BY o.due_at, o.id LIMIT ? FOR UPDATE SKIP LOCKED`

// Ahead is how many messages of a claim may be under way before their results are recorded.
// They go in the order in which Claim returns them, and each Done says how far (reach): what
// is beyond that when its worker is lost was never sent, and waits again.
const Ahead = 64

// Claim takes due rows for this worker until the lease ends, at most limit and at most one
// of a person; the key of outbox_busy lets no other worker send to them meanwhile. It counts
// as the attempt: the caller sends at once. choose looks at each row first and returns the
// state in which it ends without being sent, or "" to send it; nil sends all. settled
// counts the rows that ended so. When err is not nil the claim may stand all the same:
// Release undoes it.
func (s Outbox) Claim(ctx context.Context, limit int, lease time.Duration, choose func(*Push) string) (claimed []Push, settled int, err error) {
	err = s.db.InTx(ctx, func(tx *Tx) error {
		claimed, settled = nil, 0
		due, err := tx.nextDue(limit)
		if err != nil || len(due) == 0 {
			return err
		}
		if err := tx.means(due); err != nil {
			return err
		}
		ends, taken := map[ending][]int64{}, map[int64]bool{}
		for _, p := range due {
			end := p.end(tx.Now, choose)
			if end.state != "" {
				ends[end] = append(ends[end], p.ID)
				settled++
			} else if !taken[p.PersonID] {
				taken[p.PersonID], p.Attempts = true, p.Attempts+1
				claimed = append(claimed, p)
			}
		}
		for end, ids := range ends {
			tx.laterIn(`UPDATE outbox SET state = ?, reason = IF(? = '', reason, ?), attempts = attempts + 1, done_at = ? WHERE id IN (?)`, ids, end.state, end.reason, end.reason, tx.Now)
		}
		return tx.take(&claimed, lease)
	})
	if err != nil {
		s.db.head.reset() // what it went past waits again
	}
	return claimed, settled, err
}

// nextDue locks the due rows behind the place where this process's last claim ended, at
// most limit. The process's claims look one after the other: side by side each would read
// through all that the others lock at this moment.
func (tx *Tx) nextDue(limit int) (due []Push, err error) {
	from, leave, err := tx.db.head.enter(tx.ctx)
	if err != nil {
		return nil, err
	}
	defer func() { leave(due, err == nil && len(due) == limit) }()
	err = tx.selectAll(&due, dueQuery, tx.Now, from.due, from.due, from.id, limit)
	if err == nil && len(due) < limit && from != queueStart {
		due = nil
		err = tx.selectAll(&due, dueQuery, tx.Now, queueStart.due, queueStart.due, queueStart.id, limit)
	}
	return due, err
}

// queueHead is where the last claims of this process ended: the next one begins behind it.
// The rows before it are taken, but until the server has cleared their entries away, an
// index is read through all of them, which in a long queue costs more than the claim. What
// stands before it nevertheless (its person was busy, or another worker gave it back) is
// found when the queue has been walked to its end, and by every sixteenth claim.
type queueHead struct {
	turn   chan struct{} // who looks
	mu     sync.Mutex
	at     inQueue
	claims int
}

func newQueueHead() queueHead { return queueHead{turn: make(chan struct{}, 1), at: queueStart} }

// inQueue is a row's place in the queue.
type inQueue struct {
	due time.Time
	id  int64
}

// enter waits for the turn to look and says from where on. leave ends it: rows were found,
// and with more there may be others behind them.
func (h *queueHead) enter(ctx context.Context) (from inQueue, leave func(rows []Push, more bool), err error) {
	select {
	case h.turn <- struct{}{}:
	case <-ctx.Done():
		return from, nil, ctx.Err()
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	from = h.at
	if h.claims++; h.claims%16 == 0 {
		from = queueStart
	}
	return from, func(rows []Push, more bool) {
		if more {
			h.reached(inQueue{rows[len(rows)-1].Due, rows[len(rows)-1].ID})
		} else {
			h.reset()
		}
		<-h.turn
	}, nil
}

func (h *queueHead) reached(p inQueue) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if p.due.After(h.at.due) || p.due.Equal(h.at.due) && p.id > h.at.id {
		h.at = p
	}
}

func (h *queueHead) reset() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.at = queueStart
}

// queueStart is before every row.
var queueStart = inQueue{due: time.Unix(0, 0).UTC()}

// TooLate is the reason of a push that could not go before what it tells of was over.
const TooLate = "too late"

// end says how a row ends without being sent; its state is "" when it is to be sent.
func (p *Push) end(now time.Time, choose func(*Push) string) ending {
	over := p.GoodUntil != nil && !now.Before(*p.GoodUntil)
	switch {
	case p.Stale, over && p.TriedSince == nil && !p.Due.Before(*p.GoodUntil): // nobody would have been told in time
		return ending{state: PushSuperseded}
	case p.Muted:
		return ending{state: PushMuted}
	case over:
		return ending{state: PushDead, reason: TooLate}
	case choose != nil:
		return ending{state: choose(p)}
	}
	return ending{}
}

// take marks the rows; it drops those whose person another worker took at this moment. A
// row keeps its length when it is marked and when it is recorded: see migration 61.
func (tx *Tx) take(pushes *[]Push, lease time.Duration) error {
	if len(*pushes) == 0 {
		return nil
	}
	lot := int64(0)
	if len(*pushes) > Ahead {
		lot = rand.Int64()
	}
	if err := tx.takePeople(pushes, lot, tx.Now.Add(lease)); err != nil || len(*pushes) == 0 {
		return err
	}
	tx.laterIn(`UPDATE outbox FORCE INDEX (PRIMARY) SET state = 'sending', attempts = attempts + 1, attempted_at = ? WHERE id IN (?)`, idsOf(*pushes), tx.Now)
	if lot == 0 {
		return nil
	}
	slices.SortFunc(*pushes, func(a, b Push) int { return cmp.Compare(a.ID, b.ID) })
	for i := range *pushes {
		(*pushes)[i].Lot = lot
	}
	tx.later(`INSERT INTO outbox_lots (id, reached, claimed_at) VALUES (?, ?, ?)`, lot, (*pushes)[min(len(*pushes), Ahead)-1].ID, tx.Now)
	return nil
}

// takePeople notes to whom the pushes are on their way, and keeps those whose person nobody
// else has taken. In the order of the people, as where they are let go.
func (tx *Tx) takePeople(pushes *[]Push, lot int64, until time.Time) error {
	people := slices.SortedFunc(slices.Values(*pushes), func(a, b Push) int { return cmp.Compare(a.PersonID, b.PersonID) })
	args := make([]any, 0, 4*len(people))
	for _, p := range people {
		args = append(args, p.PersonID, p.ID, lot, until)
	}
	// IGNORE leaves out what the key refuses.
	res, err := tx.exec(`INSERT IGNORE INTO outbox_busy (person_id, outbox_id, lot, lease_until) VALUES (?,?,?,?)`+strings.Repeat(`,(?,?,?,?)`, len(people)-1), args...)
	if err != nil {
		return err
	}
	if n, err := res.RowsAffected(); err != nil || n == int64(len(people)) {
		return err
	}
	var mine []int64
	if err := tx.selectIn(&mine, `SELECT outbox_id FROM outbox_busy FORCE INDEX (PRIMARY) WHERE person_id IN (?)`, peopleOf(people)); err != nil {
		return err
	}
	taken := make(map[int64]bool, len(mine))
	for _, id := range mine {
		taken[id] = true
	}
	*pushes = slices.DeleteFunc(*pushes, func(p Push) bool { return !taken[p.ID] })
	return nil
}

// letGo queues that no push is on its way any more to the people of these.
func (tx *Tx) letGo(people, pushes []int64) {
	if len(pushes) == 0 {
		return
	}
	q, args := expandIDs(`DELETE busy FROM outbox_busy busy FORCE INDEX (PRIMARY) WHERE person_id IN (?)`, people, nil)
	q, args = expandIDs(q+` AND outbox_id IN (?)`, pushes, args)
	tx.later(q, args...)
}

// means reads what reaches the people, and whether a reminder of a booking is still true:
// not when the booking moved since.
func (tx *Tx) means(due []Push) error {
	people, bookings := []int64{}, []int64{0}
	for _, p := range due {
		people = append(people, p.PersonID)
		if p.Kind == cabin.KindReminder && p.Matter == cabin.MatterBooking {
			bookings = append(bookings, p.MatterID)
		}
	}
	var openIDs []struct {
		ID       int64  `db:"id"`
		OpenID   string `db:"openid"`
		NoWeChat bool   `db:"no_wechat"`
	}
	var followers []struct {
		ID     int64  `db:"id"`
		OpenID string `db:"openid"`
	}
	var credits []struct {
		PersonID int64             `db:"person_id"`
		Template cabin.TemplateKey `db:"template"`
		N        int               `db:"credits"`
	}
	var moved []struct {
		ID      int64     `db:"id"`
		State   string    `db:"state"`
		Updated time.Time `db:"updated_at"`
	}
	parts := []part{
		{&openIDs, `SELECT id, openid, no_wechat FROM persons FORCE INDEX (PRIMARY) WHERE id IN (?) AND openid IS NOT NULL`, []any{people}},
		{&credits, `SELECT person_id, template, credits FROM consents FORCE INDEX (PRIMARY) WHERE person_id IN (?) AND credits > 0`, []any{people}},
	}
	if len(bookings) > 1 {
		parts = append(parts, part{&moved, `SELECT id, state, updated_at FROM bookings WHERE id IN (?)`, []any{bookings}})
	}
	if tx.db.official {
		parts = append(parts, part{&followers, `SELECT p.id, f.openid FROM persons p STRAIGHT_JOIN official_followers f ON f.unionid = p.unionid
			WHERE p.id IN (?) AND p.unionid <> '' AND NOT p.no_official AND f.left_at IS NULL AND EXISTS (SELECT 1 FROM person_roles r WHERE r.person_id = p.id)`, []any{people}})
	}
	if err := tx.read(parts...); err != nil {
		return err
	}
	follower, unwanted := map[int64]string{}, map[int64]bool{}
	for _, r := range followers {
		follower[r.ID] = r.OpenID
	}
	address, left := map[int64]string{}, map[int64]map[cabin.TemplateKey]int{}
	for _, r := range openIDs {
		address[r.ID], unwanted[r.ID] = r.OpenID, r.NoWeChat
	}
	for _, r := range credits {
		if left[r.PersonID] == nil {
			left[r.PersonID] = map[cabin.TemplateKey]int{}
		}
		left[r.PersonID][r.Template] = r.N
	}
	for i := range due {
		p := &due[i]
		p.OpenID, p.NoWeChat, p.Follower, p.Credits = address[p.PersonID], unwanted[p.PersonID], follower[p.PersonID], left[p.PersonID]
		if err := json.Unmarshal([]byte(p.Payload), &p.Values); err != nil {
			return err
		}
		for _, b := range moved {
			if p.Kind == cabin.KindReminder && p.Matter == cabin.MatterBooking && b.ID == p.MatterID {
				p.Stale = p.Stale || b.State != string(cabin.Confirmed) || b.Updated.After(p.Created)
			}
		}
	}
	return nil
}

// settled waits until no message is on its way to the person, at most two seconds.
func (s Outbox) settled(ctx context.Context, personID int64) error {
	for range 40 {
		var busy []int64
		if err := s.db.selectAll(ctx, &busy, `SELECT outbox_id FROM outbox_busy WHERE person_id = ?`, personID); err != nil || len(busy) == 0 {
			return err
		}
		select {
		case <-ctx.Done():
			return classify(ctx.Err())
		case <-time.After(50 * time.Millisecond):
		}
	}
	return nil
}

// Counts returns how many rows stand in each state. It reads them all: for tests.
func (s Outbox) Counts(ctx context.Context) (map[string]int, error) {
	return s.counts(ctx, `SELECT state, COUNT(*) AS n FROM outbox GROUP BY state`)
}

// Backlog returns how many rows wait and how many are being sent, for metrics.
func (s Outbox) Backlog(ctx context.Context) (map[string]int, error) {
	found, err := s.counts(ctx, `SELECT state, COUNT(*) AS n FROM outbox WHERE state IN ('waiting', 'sending') GROUP BY state`)
	return map[string]int{PushWaiting: found[PushWaiting], PushSending: found[PushSending]}, err
}

// Oldest is since when the message has been due that waits longest; zero when none is.
func (s Outbox) Oldest(ctx context.Context) (time.Time, error) {
	var rows []struct {
		DueAt time.Time `db:"due_at"`
	}
	err := s.db.selectAll(ctx, &rows, `SELECT due_at FROM outbox WHERE state = 'waiting' AND due_at <= ? ORDER BY due_at LIMIT 1`, s.db.Now())
	if err != nil || len(rows) == 0 {
		return time.Time{}, err
	}
	return rows[0].DueAt, nil
}

func (s Outbox) counts(ctx context.Context, query string) (map[string]int, error) {
	var rows []struct {
		State string `db:"state"`
		N     int    `db:"n"`
	}
	err := s.db.selectAll(ctx, &rows, query)
	counts := map[string]int{}
	for _, r := range rows {
		counts[r.State] = r.N
	}
	return counts, err
}
