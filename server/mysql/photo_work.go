package mysql

import (
	"context"
	"time"

	"github.com/jmoiron/sqlx"

	"warmcabin/server/cabin"
)

// PhotoLease is how long a worker has a photo in hand at most; when it is over another one
// takes it. Whoever writes files of a photo has stopped by then.
const PhotoLease = 2 * time.Minute

// PhotoTries is how often a photo may break its worker before it is given up.
const PhotoTries = 5

// PhotoWork is a photo that a worker has in hand until Lease.
type PhotoWork struct {
	cabin.Photo
	Attempts int       `db:"attempts"`
	Lease    time.Time `db:"-"`
}

// Claim takes the photo that waits longest, nil when none does. Twice is safe: SKIP
// LOCKED, and due_at moves with the claim.
func (s Photos) Claim(ctx context.Context) (work *PhotoWork, err error) {
	err = s.db.InTx(ctx, func(tx *Tx) error {
		work = nil
		var rows []PhotoWork
		if err := tx.selectAll(&rows, `SELECT attempts, `+photoColumns+` FROM photos WHERE due_at <= ? ORDER BY due_at, id LIMIT 1 FOR UPDATE SKIP LOCKED`, tx.Now); err != nil || len(rows) == 0 {
			return err
		}
		w := rows[0]
		w.Attempts++
		w.Lease = tx.Now.Add(PhotoLease)
		tx.later(`UPDATE photos SET attempts = ?, due_at = ? WHERE id = ?`, w.Attempts, w.Lease, w.ID)
		work = &w
		return nil
	})
	return work, err
}

// inHand reads a photo that is still this worker's. A photo that was removed meanwhile is
// nobody's: its files are removed once more when no lease of it can last.
func (tx *Tx) inHand(w *PhotoWork) (p cabin.Photo, found bool, err error) {
	var rows []cabin.Photo
	err = tx.selectAll(&rows, `SELECT `+photoColumns+` FROM photos WHERE id = ? AND due_at = ? FOR UPDATE`, w.ID, w.Lease)
	if err != nil || len(rows) == 0 {
		return p, false, err
	}
	return rows[0], true, nil
}

// Developed makes a photo ready, and has it checked for the public. False when it is not
// this worker's any more: then nothing is changed.
func (s Photos) Developed(ctx context.Context, w *PhotoWork, made cabin.Photo) (kept bool, err error) {
	err = s.db.InTx(ctx, func(tx *Tx) error {
		var p cabin.Photo
		if p, kept, err = tx.inHand(w); err != nil || !kept {
			return err
		}
		tx.later(`UPDATE photos SET state = ?, width = ?, height = ?, bytes = ?, due_at = NULL WHERE id = ?`, cabin.PhotoReady, made.Width, made.Height, made.Bytes, p.ID)
		if p.ReportID != 0 {
			tx.later(`UPDATE content_checks SET due_at = ? WHERE matter_kind = ? AND matter_id = ? AND event_id = ? AND photo_id = ? AND state = 'pending' AND asked_at IS NULL`,
				tx.Now, cabin.MatterReport, p.ReportID, p.EventID, p.ID)
		}
		return nil
	})
	return kept, err
}

// Covered lets people see a photo covered. False when it is not this worker's any more:
// then nothing is changed, and somebody else has its files removed.
func (s Photos) Covered(ctx context.Context, w *PhotoWork) (kept bool, err error) {
	n, err := s.db.exec(ctx, `UPDATE photos SET cover_ready = TRUE, due_at = NULL WHERE id = ? AND due_at = ? AND cover_id = ?`, w.ID, w.Lease, w.CoverID)
	return n == 1, err
}

// Spoiled marks a photo that will never be one, with the reason that its owner reads;
// nothing of it is left to be checked.
func (s Photos) Spoiled(ctx context.Context, w *PhotoWork, reason string) error {
	return s.db.InTx(ctx, func(tx *Tx) error {
		p, found, err := tx.inHand(w)
		if err != nil || !found {
			return err
		}
		tx.later(`UPDATE photos SET state = ?, reason = ?, due_at = NULL WHERE id = ?`, cabin.PhotoBad, reason, p.ID)
		tx.removeFiles(p.ID)
		if p.ReportID != 0 {
			tx.later(`DELETE FROM content_checks WHERE matter_kind = ? AND matter_id = ? AND event_id = ? AND photo_id = ? AND state = 'pending'`,
				cabin.MatterReport, p.ReportID, p.EventID, p.ID)
		}
		return nil
	})
}

// Again gives a photo back, to be tried at that time. harmless says that the photo is not
// to blame: a disk was full, a worker was stopped.
func (s Photos) Again(ctx context.Context, w *PhotoWork, at time.Time, harmless bool) error {
	tries := w.Attempts
	if harmless {
		tries--
	}
	_, err := s.db.exec(ctx, `UPDATE photos SET due_at = ?, attempts = ? WHERE id = ? AND due_at = ?`, at.UTC(), tries, w.ID, w.Lease)
	return err
}

// Unfinished returns those of these photos that are still to be developed: what was sent of
// all others has nobody who wants it.
func (s Photos) Unfinished(ctx context.Context, ids []string) (map[string]bool, error) {
	wanted := map[string]bool{}
	if len(ids) == 0 {
		return wanted, nil
	}
	var rows []string
	err := s.db.selectIn(ctx, &rows, `SELECT id FROM photos WHERE id IN (?) AND state = ?`, ids, cabin.PhotoProcessing)
	for _, id := range rows {
		wanted[id] = true
	}
	return wanted, err
}

// Abandon forgets at most limit uploads that were attached to nothing for cabin.LooseLife;
// their files are removed by a worker.
func (s Photos) Abandon(ctx context.Context, limit int) (forgotten int, err error) {
	err = s.db.InTx(ctx, func(tx *Tx) error {
		forgotten = 0
		var ids []string
		if err := tx.selectAll(&ids, `SELECT id FROM photos WHERE report_id = 0 AND created_at < ? ORDER BY created_at, id LIMIT ? FOR UPDATE SKIP LOCKED`,
			tx.Now.Add(-cabin.LooseLife), limit); err != nil || len(ids) == 0 {
			return err
		}
		for _, id := range ids {
			tx.removeFiles(id)
		}
		forgotten = len(ids)
		query, args, err := sqlx.In(`DELETE FROM photos WHERE id IN (?)`, ids)
		if err == nil {
			tx.later(query, args...)
		}
		return err
	})
	return forgotten, err
}

// removeFiles has a worker delete a photo's files: at once, and again when no worker that
// had it in hand can have written since.
func (tx *Tx) removeFiles(id string) {
	tx.later(`INSERT INTO photo_removals (photo_id, due_at, until) VALUES (?,?,?) ON DUPLICATE KEY UPDATE due_at = VALUES(due_at), until = VALUES(until)`,
		id, tx.Now, tx.Now.Add(PhotoLease))
}

// removalLease is how long a worker may take to delete some files.
const removalLease = time.Minute

// Removal is a photo whose files are to be deleted.
type Removal struct {
	ID    string    `db:"photo_id"`
	Until time.Time `db:"until"`
	last  bool      // nobody can write any of them after this
}

// Removals takes at most limit photos whose files are to be deleted now. Twice is safe.
func (s Photos) Removals(ctx context.Context, limit int) (due []Removal, err error) {
	err = s.db.InTx(ctx, func(tx *Tx) error {
		due = nil
		if err := tx.selectAll(&due, `SELECT photo_id, until FROM photo_removals WHERE due_at <= ? ORDER BY due_at, photo_id LIMIT ? FOR UPDATE SKIP LOCKED`, tx.Now, limit); err != nil || len(due) == 0 {
			return err
		}
		for i := range due {
			due[i].last = !due[i].Until.After(tx.Now)
			tx.later(`UPDATE photo_removals SET due_at = ? WHERE photo_id = ?`, tx.Now.Add(removalLease), due[i].ID)
		}
		return nil
	})
	return due, err
}

// Removed notes that a photo's files are deleted. They are looked for once more at Until.
func (s Photos) Removed(ctx context.Context, r Removal) error {
	statement := `UPDATE photo_removals SET due_at = until WHERE photo_id = ? AND until = ?`
	if r.last {
		statement = `DELETE FROM photo_removals WHERE photo_id = ? AND until = ?`
	}
	_, err := s.db.exec(ctx, statement, r.ID, r.Until)
	return err
}
