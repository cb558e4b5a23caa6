package mysql

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	"warmcabin/server/cabin"
)

// Retention removes what is over its time. What happened (events, the audit) stays: the
// application's database user could not remove it.
type Retention struct {
	db   *DB
	keys *keyWalk
}

// keyWalk is how far this process has come through the keys of idempotency, which no index
// lists by their age: a look at each now and then costs less than an entry for every request.
type keyWalk struct {
	sync.Mutex
	after keyAge
}

type keyAge struct {
	PersonID int64     `db:"person_id"`
	Key      string    `db:"idem_key"`
	At       time.Time `db:"created_at"`
}

// The keys that a turn looks at: keyPages pages of keyPage.
const (
	keyPage  = 1000
	keyPages = 10
)

// Sweep removes at most limit rows of each kind, each kind in a short transaction of its
// own, and returns how many there were. Any number of workers may call it at once.
func (s Retention) Sweep(ctx context.Context, limit int) (removed int, err error) {
	for _, sweep := range []func(*Tx, int) (int, error){s.sweepKeys, sweepNotices, sweepPushes, sweepContacts} {
		var n int
		err := s.db.InTx(ctx, func(tx *Tx) (err error) {
			n, err = sweep(tx, limit)
			return err
		})
		removed += n
		if err != nil {
			return removed, err
		}
	}
	return removed, nil
}

// sweepKeys goes on from where the last turn of this process ended, and begins anew after
// the last key. It locks only what it removes.
func (s Retention) sweepKeys(tx *Tx, limit int) (removed int, err error) {
	s.keys.Lock()
	defer s.keys.Unlock()
	until := tx.Now.Add(-tx.presets().KeepKeys)
	for range keyPages {
		var page []keyAge
		if err := tx.selectAll(&page, `SELECT person_id, idem_key, created_at FROM idempotency_keys
			WHERE person_id >= ? AND (person_id > ? OR idem_key > ?) ORDER BY person_id, idem_key LIMIT ?`,
			s.keys.after.PersonID, s.keys.after.PersonID, s.keys.after.Key, keyPage); err != nil {
			return removed, err
		}
		var over []keyAge
		for _, k := range page {
			if k.At.Before(until) && removed+len(over) < limit {
				over = append(over, k)
			}
		}
		if err := tx.removeKeys(over, until); err != nil {
			return removed, err
		}
		removed += len(over)
		switch {
		case removed == limit:
			s.keys.after = over[len(over)-1]
			return removed, nil
		case len(page) < keyPage:
			s.keys.after = keyAge{}
			return removed, nil
		}
		s.keys.after = page[len(page)-1]
	}
	return removed, nil
}

// removeKeys removes these keys, unless one was made anew meanwhile.
func (tx *Tx) removeKeys(over []keyAge, until time.Time) error {
	if len(over) == 0 {
		return nil
	}
	args := []any{until}
	for _, k := range over {
		args = append(args, k.PersonID, k.Key)
	}
	const one = `person_id = ? AND idem_key = ?`
	_, err := tx.exec(`DELETE FROM idempotency_keys WHERE created_at < ? AND (`+one+strings.Repeat(` OR `+one, len(over)-1)+`)`, args...)
	return err
}

// sweepNotices looks at the oldest only: ids are given in the order of time.
func sweepNotices(tx *Tx, limit int) (int, error) {
	var oldest []struct {
		ID int64     `db:"id"`
		At time.Time `db:"created_at"`
	}
	if err := tx.selectAll(&oldest, `SELECT id, created_at FROM notices ORDER BY id LIMIT ? FOR UPDATE SKIP LOCKED`, limit); err != nil {
		return 0, err
	}
	var over []int64
	for _, o := range oldest {
		if o.At.Before(tx.Now.Add(-tx.presets().KeepInbox)) {
			over = append(over, o.ID)
		}
	}
	if len(over) == 0 {
		return 0, nil
	}
	_, err := tx.execIDs(`DELETE FROM notices WHERE id IN (?)`, over)
	return len(over), err
}

// endedPushes are the states of a row of the outbox that nobody works on any more.
var endedPushes = []string{PushSent, PushRefused, PushNoConsent, PushNoWeChat, PushSuperseded, PushMuted, PushDead}

func sweepPushes(tx *Tx, limit int) (removed int, err error) {
	for _, state := range endedPushes {
		n, err := tx.deleted(`DELETE FROM outbox WHERE state = ? AND due_at < ? ORDER BY due_at LIMIT ?`, state, tx.Now.Add(-tx.presets().KeepPushes), limit)
		if removed += n; err != nil {
			return removed, err
		}
	}
	return removed, nil
}

// overContacts are contacts that others wrote down, of people none of whose matters is open
// or ended a short time ago.
const overContacts = ` recorded_by <> person_id AND updated_at < ?
	AND NOT EXISTS (SELECT 1 FROM reports r WHERE r.reporter_id = contacts.person_id AND (r.state <> 'closed' OR r.updated_at >= ?))
	AND NOT EXISTS (SELECT 1 FROM bookings b WHERE b.resident_id = contacts.person_id AND (b.state IN ('requested', 'countered', 'confirmed', 'checked_in') OR b.updated_at >= ?))
	AND NOT EXISTS (SELECT 1 FROM waits w WHERE w.resident_id = contacts.person_id AND w.live IS NOT NULL)`

func sweepContacts(tx *Tx, limit int) (int, error) {
	over := tx.Now.Add(-tx.presets().KeepContacts)
	var ids []int64
	if err := tx.selectAll(&ids, `SELECT person_id FROM contacts WHERE`+overContacts+` ORDER BY person_id LIMIT ?`, over, over, over, limit); err != nil || len(ids) == 0 {
		return 0, err
	}
	for _, id := range ids {
		n, err := tx.deleted(`DELETE FROM contacts WHERE person_id = ? AND`+overContacts, id, over, over, over)
		if err != nil {
			return 0, err
		}
		if n == 0 {
			continue
		}
		tx.later(`UPDATE persons SET name = '', sealed_name = NULL, name_hash = NULL WHERE id = ? AND openid IS NULL`, id)
		if err := tx.audit(cabin.TheSystem, cabin.System, "contact.expire", "person", id, nil); err != nil {
			return 0, err
		}
	}
	return len(ids), nil
}

func (tx *Tx) deleted(query string, args ...any) (int, error) {
	res, err := tx.exec(query, args...)
	if err != nil {
		return 0, err
	}
	n, err := res.RowsAffected()
	if err != nil {
		return 0, fmt.Errorf("mysql: rows affected: %w", err)
	}
	return int(n), nil
}
