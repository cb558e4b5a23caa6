package mysql

import (
	"context"
)

// EnterDesktop notes that a browser was let in as this person. The rights are read once
// more: CodeForbidden when the person holds no working role any more.
func (s People) EnterDesktop(ctx context.Context, personID int64, browser string) error {
	a, err := s.Actor(ctx, personID)
	if err != nil {
		return err
	}
	if err := a.MayUseDesktop(); err != nil {
		return err
	}
	return s.db.InTx(ctx, func(tx *Tx) error {
		return tx.audit(a, a.Home(), "person.desktop", "person", personID, map[string]any{"browser": browser})
	})
}
