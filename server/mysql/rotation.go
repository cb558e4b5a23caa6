package mysql

import (
	"context"
	"fmt"

	"warmcabin/server/cabin"
)

// Rotation is what became of the contacts when they were sealed again.
type Rotation struct {
	Sealed       int     // sealed again with the current key
	Kept         int     // had it already
	Closed       []int64 // people whose phone or name no configured key opens; left as it is
	ClosedRoster int     // phones of the roster that none opens
}

const rotationPage = 200

// sealedTable is a table of sealed values, one page of it at a time.
type sealedTable struct {
	page, update string
	owner        func(id int64) int64
	roster       bool
}

var sealedTables = []sealedTable{
	{`SELECT person_id AS id, sealed FROM contacts WHERE person_id > ? ORDER BY person_id LIMIT ? FOR UPDATE`,
		`UPDATE contacts SET sealed = ? WHERE person_id = ?`, func(id int64) int64 { return id }, false},
	{`SELECT id, sealed_name AS sealed FROM persons WHERE id > ? AND sealed_name IS NOT NULL ORDER BY id LIMIT ? FOR UPDATE`,
		`UPDATE persons SET sealed_name = ? WHERE id = ?`, nameOwner, false},
	{`SELECT object_id AS id, sealed FROM roster_phones WHERE kind = 1 AND object_id > ? ORDER BY object_id LIMIT ? FOR UPDATE`,
		`UPDATE roster_phones SET sealed = ? WHERE kind = 1 AND object_id = ?`, deputyPhone.owner, true},
	{`SELECT object_id AS id, sealed FROM roster_phones WHERE kind = 2 AND object_id > ? ORDER BY object_id LIMIT ? FOR UPDATE`,
		`UPDATE roster_phones SET sealed = ? WHERE kind = 2 AND object_id = ?`, liaisonPhone.owner, true},
	{`SELECT person_id AS id, sealed FROM second_factors WHERE sealed IS NOT NULL AND person_id > ? ORDER BY person_id LIMIT ? FOR UPDATE`,
		`UPDATE second_factors SET sealed = ? WHERE person_id = ?`, factorOwner, false},
}

// Rotate seals every contact, every resident's name and every phone of the roster again that is not sealed with
// the current key, in short transactions, while the product runs: servers that know both
// keys open either. It may be stopped and run again at any time. For the operator, after a
// new key was put first in the configuration; the old one may go when nothing is Closed and
// all servers know the new one.
func (s People) Rotate(ctx context.Context) (Rotation, error) {
	var all Rotation
	for { // names from before they were sealed
		n, err := s.SealNames(ctx)
		if err != nil {
			return all, err
		}
		if n == 0 {
			break
		}
	}
	for i := range sealedTables {
		for after, more := int64(0), true; more; {
			page, last, err := s.db.rotatePage(ctx, &sealedTables[i], after)
			if err != nil {
				return all, err
			}
			all.Sealed, all.Kept, all.ClosedRoster = all.Sealed+page.Sealed, all.Kept+page.Kept, all.ClosedRoster+page.ClosedRoster
			all.Closed = append(all.Closed, page.Closed...)
			after, more = last, last != 0
		}
	}
	return all, nil
}

// rotatePage seals the page after an id; last is 0 at the end.
func (db *DB) rotatePage(ctx context.Context, t *sealedTable, after int64) (page Rotation, last int64, err error) {
	err = db.InTx(ctx, func(tx *Tx) error {
		last, page = 0, Rotation{}
		var rows []struct {
			ID     int64  `db:"id"`
			Sealed []byte `db:"sealed"`
		}
		if err := tx.selectAll(&rows, t.page, after, rotationPage); err != nil {
			return err
		}
		for _, r := range rows {
			last = r.ID
			if err := tx.reseal(t, r.ID, r.Sealed, &page); err != nil {
				return err
			}
		}
		if page.Sealed == 0 {
			return nil
		}
		return tx.audit(cabin.TheSystem, cabin.System, "contact.rotate", "person", last, map[string]any{"sealed": page.Sealed, "roster": t.roster})
	})
	return page, last, err
}

func (tx *Tx) reseal(t *sealedTable, id int64, old []byte, count *Rotation) error {
	if !tx.db.sealer.NeedsRotation(old) {
		count.Kept++
		return nil
	}
	plain, err := tx.db.sealer.Open(t.owner(id), old)
	switch {
	case err != nil && t.roster:
		count.ClosedRoster++
		return nil
	case err != nil:
		count.Closed = append(count.Closed, id)
		return nil
	}
	sealed, err := tx.db.sealer.Seal(t.owner(id), plain)
	if err != nil {
		return fmt.Errorf("sealed value %d: %w", id, err)
	}
	tx.later(t.update, sealed, id)
	count.Sealed++
	return nil
}
