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
}

// Dead pages through the messages that were given up, the latest first. For the admin.
func (s Outbox) Dead(ctx context.Context, p Page) (list []*DeadPush, err error) {
	before := p.At
	if p.ID == 0 {
		before = s.db.Now().AddDate(1, 0, 0)
	}
	err = s.db.selectAll(ctx, &list, `SELECT id, matter_kind, matter_id, template, attempts, code, reason, due_at, done_at, created_at FROM outbox
		WHERE state = 'dead' AND (due_at < ? OR due_at = ? AND id < ?) ORDER BY due_at DESC, id DESC LIMIT ?`, before.UTC(), before.UTC(), p.ID, p.Limit)
	return list, err
}

// Revive sends a message that was given up once more, as soon as a worker is free.
// CodeNotFound when it is not dead (any more): somebody else was faster.
func (s Outbox) Revive(ctx context.Context, actor cabin.Actor, id int64) error {
	return s.db.InTx(ctx, func(tx *Tx) error {
		res, err := tx.exec(`UPDATE outbox SET state = 'waiting', due_at = ?, attempts = 0, attempted_at = NULL, done_at = NULL, code = 0, reason = '' WHERE id = ? AND state = 'dead'`, tx.Now, id)
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
