package jobs

import (
	"context"
	"encoding/hex"
)

// Seal closes a stretch of the audit (ADR 0017). Its hash goes to the log as well, which is
// kept apart from the database: who rewrites both rows and seals is found out there.
// Started by every worker; twice is safe: a seal has one number.
func (w *Worker) Seal(ctx context.Context) (int, error) {
	seal, err := w.DB.Audits.Seal(ctx)
	if err != nil || seal == nil {
		return 0, err
	}
	w.Log.Info("audit sealed", "seal", seal.ID, "rows", seal.Rows, "last", seal.LastID, "hash", hex.EncodeToString(seal.Hash))
	return seal.Rows, nil
}

// SealNames seals residents' names that were written before names were sealed (ADR 0026).
// Started by every worker; twice is safe: the rows are locked, and what is sealed is not
// found again.
func (w *Worker) SealNames(ctx context.Context) (int, error) { return w.DB.People.SealNames(ctx) }
