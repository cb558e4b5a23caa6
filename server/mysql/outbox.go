package mysql

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"warmcabin/server/cabin"
)

// Outbox is the work of pushing to WeChat. Workers of any number of processes claim rows
// with SKIP LOCKED and a lease; there is no leader.
type Outbox struct{ db *DB }

// Push is a claimed message.
type Push struct {
	ID       int64             `db:"id"`
	PersonID int64             `db:"person_id"`
	OpenID   string            `db:"openid"`
	Template cabin.TemplateKey `db:"template"`
	Payload  string            `db:"payload"`
	Page     string            `db:"page"`
	Attempts int               `db:"attempts"`
	Credits  int               `db:"credits"`
	Values   cabin.Values      `db:"-"`
}

// The states of a row. A row is sending while it is claimed; a claim that was not
// finished becomes PushUnknown when attempted_at is set (WeChat may have it, so it is not
// sent again: the inbox has it anyway) and waiting again when it is not.
const (
	PushWaiting   = "waiting"
	PushSending   = "sending"
	PushSent      = "sent"
	PushRefused   = "refused"
	PushNoConsent = "no_consent"
	PushNoWeChat  = "no_wechat" // a resident whom the desk tells by phone
	PushDead      = "dead"
	PushUnknown   = "unknown"
)

// Claim takes at most limit due rows for this worker until the lease ends. One that lost
// its worker comes back here.
func (s Outbox) Claim(ctx context.Context, limit int, lease time.Duration) ([]Push, error) {
	var claimed []Push
	err := s.db.InTx(ctx, func(tx *Tx) error {
		claimed = nil
		var ids []int64
		if err := tx.selectAll(&ids, `SELECT id FROM outbox WHERE state = 'waiting' AND due_at <= ? ORDER BY due_at, id LIMIT ? FOR UPDATE SKIP LOCKED`, tx.Now, limit); err != nil || len(ids) == 0 {
			return err
		}
		ids, err := tx.mute(ids)
		if err != nil || len(ids) == 0 {
			return err
		}
		if err := tx.execIn(`UPDATE outbox SET state = 'sending', lease_until = ?, attempts = attempts + 1, attempted_at = NULL WHERE id IN (?)`, tx.Now.Add(lease), ids); err != nil {
			return err
		}
		return tx.selectIn(&claimed, `SELECT o.id, o.person_id, COALESCE(p.openid, '') AS openid, o.template, o.payload, o.page, o.attempts, COALESCE(c.credits, 0) AS credits
			FROM outbox o JOIN persons p ON p.id = o.person_id LEFT JOIN consents c ON c.person_id = o.person_id AND c.template = o.template
			WHERE o.id IN (?) ORDER BY o.id`, ids)
	})
	for i := range claimed {
		if err == nil {
			err = classify(json.Unmarshal([]byte(claimed[i].Payload), &claimed[i].Values))
		}
	}
	return claimed, err
}

// Recover gives up leases that ran out: rows whose call may have been made are unknown,
// the others wait again. Started by every worker; twice is safe.
func (s Outbox) Recover(ctx context.Context) (int64, error) {
	var recovered int64
	err := s.db.InTx(ctx, func(tx *Tx) error {
		var ids []int64
		if err := tx.selectAll(&ids, `SELECT id FROM outbox WHERE state = 'sending' AND lease_until < ? LIMIT 500 FOR UPDATE SKIP LOCKED`, tx.Now); err != nil || len(ids) == 0 {
			return err
		}
		recovered = int64(len(ids))
		return tx.execIn(`UPDATE outbox SET done_at = IF(attempted_at IS NULL, NULL, ?), lease_until = NULL,
			state = IF(attempted_at IS NULL, 'waiting', 'unknown') WHERE id IN (?)`, tx.Now, ids)
	})
	return recovered, err
}

// Attempt notes that the calls for these rows are about to be made. It reports which of
// them are still this worker's: a lease that ran out belongs to somebody else.
func (s Outbox) Attempt(ctx context.Context, pushes []Push) (map[int64]bool, error) {
	ids := make([]int64, len(pushes))
	for i, p := range pushes {
		ids[i] = p.ID
	}
	mine := map[int64]bool{}
	if len(ids) == 0 {
		return mine, nil
	}
	claims := claimsOf(pushes)
	err := s.db.InTx(ctx, func(tx *Tx) error {
		clear(mine)
		var rows []struct {
			ID       int64 `db:"id"`
			Attempts int   `db:"attempts"`
		}
		if err := tx.selectIn(&rows, `SELECT id, attempts FROM outbox WHERE id IN (?) AND state = 'sending' AND lease_until > ? AND attempted_at IS NULL FOR UPDATE`, ids, tx.Now); err != nil {
			return err
		}
		var kept []int64
		for _, r := range rows {
			if claims[r.ID].Attempts == r.Attempts {
				kept, mine[r.ID] = append(kept, r.ID), true
			}
		}
		if len(kept) == 0 {
			return nil
		}
		return tx.execIn(`UPDATE outbox SET attempted_at = ? WHERE id IN (?)`, tx.Now, kept)
	})
	return mine, err
}

// claimsOf finds a worker's claims by row. Attempts tells one claim of a row from the next.
func claimsOf(pushes []Push) map[int64]Push {
	claims := map[int64]Push{}
	for _, p := range pushes {
		claims[p.ID] = p
	}
	return claims
}

// Result is what became of one push. Retry, when set, is when it is tried again.
type Result struct {
	ID     int64
	State  string
	Code   int
	Reason string
	Retry  time.Time
}

// Done records the results of claimed pushes in one transaction. A sent message spends a
// credit; a refused one (43101) means that there was none. Twice is safe, and a row that
// another worker claimed since is left to it.
func (s Outbox) Done(ctx context.Context, pushes []Push, results []Result) error {
	claims := claimsOf(pushes)
	// In one order everywhere: two workers may have messages for the same people.
	results = slices.SortedFunc(slices.Values(results), func(a, b Result) int {
		p, q := claims[a.ID], claims[b.ID]
		return cmp.Or(cmp.Compare(p.PersonID, q.PersonID), cmp.Compare(p.Template, q.Template), cmp.Compare(a.ID, b.ID))
	})
	return s.db.InTx(ctx, func(tx *Tx) error {
		for _, r := range results {
			p := claims[r.ID]
			recorded, err := tx.finish(p, r)
			if err != nil {
				return err
			}
			if !recorded || !r.Retry.IsZero() {
				continue
			}
			switch r.State {
			case PushSent:
				tx.ledger(p, ConsentSpent)
				_, err = tx.exec(`UPDATE consents SET credits = GREATEST(credits - 1, 0), spent = spent + 1, updated_at = ? WHERE person_id = ? AND template = ?`, tx.Now, p.PersonID, p.Template)
			case PushRefused:
				tx.ledger(p, ConsentExpired)
				_, err = tx.exec(`UPDATE consents SET expired = expired + credits, credits = 0, updated_at = ? WHERE person_id = ? AND template = ?`, tx.Now, p.PersonID, p.Template)
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// finish records one result, when the row still is this claim's.
func (tx *Tx) finish(p Push, r Result) (recorded bool, err error) {
	set, args := `state = ?, done_at = ?`, []any{r.State, tx.Now}
	if !r.Retry.IsZero() {
		set, args = `state = ?, due_at = ?, attempted_at = NULL`, []any{PushWaiting, r.Retry.UTC()}
	}
	args = append(args, r.Code, cut(r.Reason, 200), r.ID, p.Attempts)
	res, err := tx.exec(`UPDATE outbox SET `+set+`, lease_until = NULL, code = ?, reason = ?
		WHERE id = ? AND attempts = ? AND state IN ('sending', 'unknown')`, args...)
	if err != nil {
		return false, err
	}
	n, err := res.RowsAffected()
	return n > 0, err
}

// cut keeps the first characters of a text from outside that a column has room for.
func cut(text string, most int) string {
	r := []rune(strings.ToValidUTF8(text, ""))
	return string(r[:min(len(r), most)])
}

func (tx *Tx) execIn(query string, first any, ids []int64) error {
	args := []any{first}
	for _, id := range ids {
		args = append(args, id)
	}
	_, err := tx.exec(strings.Replace(query, "(?)", "(?"+strings.Repeat(",?", len(ids)-1)+")", 1), args...)
	return err
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
