package mysql

import (
	"context"
	"fmt"

	"warmcabin/server/cabin"
)

// Rotation is what became of the contacts when they were sealed again.
type Rotation struct {
	Sealed int     // sealed again with the current key
	Kept   int     // had it already
	Closed []int64 // people whose contact no configured key opens; left as it is
}

const rotationPage = 200

// Rotate seals every contact again that is not sealed with the current key, in short
// transactions, while the product runs: servers that know both keys open either. It may be
// stopped and run again at any time. For the operator, after a new key was put first in the
// configuration; the old one may go when nothing is Closed and all servers know the new one.
func (s People) Rotate(ctx context.Context) (Rotation, error) {
	var all Rotation
	var after int64
	for {
		var page Rotation
		var last int64
		err := s.db.InTx(ctx, func(tx *Tx) error {
			last, page = 0, Rotation{}
			var rows []struct {
				PersonID int64  `db:"person_id"`
				Sealed   []byte `db:"sealed"`
			}
			if err := tx.selectAll(&rows, `SELECT person_id, sealed FROM contacts WHERE person_id > ? ORDER BY person_id LIMIT ? FOR UPDATE`, after, rotationPage); err != nil {
				return err
			}
			for _, r := range rows {
				last = r.PersonID
				if err := tx.reseal(r.PersonID, r.Sealed, &page); err != nil {
					return err
				}
			}
			if page.Sealed == 0 {
				return nil
			}
			return tx.audit(cabin.TheSystem, cabin.System, "contact.rotate", "person", last, map[string]any{"sealed": page.Sealed})
		})
		if err != nil || last == 0 {
			return all, err
		}
		all.Sealed, all.Kept, all.Closed = all.Sealed+page.Sealed, all.Kept+page.Kept, append(all.Closed, page.Closed...)
		after = last
	}
}

func (tx *Tx) reseal(personID int64, old []byte, count *Rotation) error {
	if !tx.db.sealer.NeedsRotation(old) {
		count.Kept++
		return nil
	}
	plain, err := tx.db.sealer.Open(personID, old)
	if err != nil {
		count.Closed = append(count.Closed, personID)
		return nil
	}
	sealed, err := tx.db.sealer.Seal(personID, plain)
	if err != nil {
		return fmt.Errorf("person %d: %w", personID, err)
	}
	tx.later(`UPDATE contacts SET sealed = ? WHERE person_id = ?`, sealed, personID)
	count.Sealed++
	return nil
}
