package mysql

import (
	"context"
	"time"

	"warmcabin/server/cabin"
)

// DeadPush is a message that could not go as it was. What it said is not among it: the
// person has it in their inbox.
type DeadPush struct {
	ID       int64             `db:"id"`
	Matter   cabin.MatterKind  `db:"matter_kind"`
	MatterID int64             `db:"matter_id"`
	Template cabin.TemplateKey `db:"template"`
	Attempts int               `db:"attempts"`
	Code     int               `db:"code"` // WeChat's errcode; 0 when it gave none
	Reason   string            `db:"reason"`
	DueAt    time.Time         `db:"due_at"` // the list is in its order
	DoneAt   *time.Time        `db:"done_at"`
	Created  time.Time         `db:"created_at"`
	Over     bool              `db:"is_over"` // what it tells of is over: it is not sent again
}

// Dead pages through the messages that were given up, the latest first. For the admin.
func (s Outbox) Dead(ctx context.Context, p Page) (list []*DeadPush, err error) {
	before := p.At
	if p.ID == 0 {
		before = s.db.Now().AddDate(1, 0, 0)
	}
	err = s.db.selectAll(ctx, &list, `SELECT id, matter_kind, matter_id, template, attempts, code, reason, due_at, done_at, created_at, COALESCE(good_until <= ?, FALSE) AS is_over FROM outbox
		WHERE state = 'dead' AND (due_at < ? OR due_at = ? AND id < ?) ORDER BY due_at DESC, id DESC LIMIT ?`, s.db.Now(), before.UTC(), before.UTC(), p.ID, p.Limit)
	return list, err
}

// Revive sends a message that was given up once more, as soon as a worker is free.
// CodeNotFound when it is not dead (any more): somebody else was faster; CodeConflict when
// what it tells of is over.
func (s Outbox) Revive(ctx context.Context, actor cabin.Actor, id int64) error {
	return s.db.InTx(ctx, func(tx *Tx) error {
		var over []bool
		if err := tx.selectAll(&over, `SELECT COALESCE(good_until <= ?, FALSE) FROM outbox WHERE id = ? AND state = 'dead' FOR UPDATE`, tx.Now, id); err != nil {
			return err
		}
		if len(over) == 1 && over[0] {
			return cabin.E(cabin.CodeConflict, "这条通知说的事已经过去了，不用再发。")
		}
		res, err := tx.exec(`UPDATE outbox SET state = 'waiting', due_at = ?, attempts = 0, attempted_at = DEFAULT, tried_since = NULL, done_at = DEFAULT, code = 0, reason = '' WHERE id = ? AND state = 'dead'`, tx.Now, id)
		if err != nil {
			return err
		}
		if n, err := res.RowsAffected(); err != nil || n == 0 {
			if err != nil {
				return err
			}
			return cabin.E(cabin.CodeNotFound, "这条通知已经重新发过了。")
		}
		return tx.audit(actor, cabin.Admin, "push.revive", "push", id, map[string]any{})
	})
}

// Held is what should have gone out by now and waits. Quota of Waiting wait for the next
// day's quota, the others for WeChat to answer; Since is when the oldest was written.
type Held struct {
	Waiting int        `db:"waiting"`
	Quota   int        `db:"quota"`
	Since   *time.Time `db:"since"`
}

const (
	heldAfter   = 2 * time.Minute // a message that is due so long and has not gone is held up
	quotaIsUsed = 45009
	mostHeld    = 100_000 // more than this are not counted
)

// Held counts them. For the admin.
func (s Outbox) Held(ctx context.Context) (h Held, err error) {
	err = s.db.get(ctx, &h, `SELECT COUNT(*) AS waiting, COALESCE(SUM(code = ?), 0) AS quota, MIN(created_at) AS since FROM (
		SELECT code, created_at FROM outbox FORCE INDEX (outbox_due) WHERE state = 'waiting' AND (tried_since IS NOT NULL OR due_at < ?) LIMIT ?) held`,
		quotaIsUsed, s.db.Now().Add(-heldAfter), mostHeld)
	return h, err
}
