package mysql

import (
	"sync"
	"time"

	"warmcabin/server/cabin"
)

// rules keeps deputies' hours and exceptions by the version that is in the deputy's row:
// every change counts it up (changeRules), and whoever books reads it with the row locked,
// so that what is kept is never older than the booking.
type rules struct {
	mu sync.Mutex
	of map[int64]keptRules
}

type keptRules struct {
	version int64
	until   time.Time
	cabin.Schedule
}

// rulesLife bounds how long names of stations and rooms may be old.
const rulesLife = time.Minute

// rules returns the deputy's schedule of this version, without the day's cap. The
// deputy's row is locked by this transaction.
func (tx *Tx) rules(deputyID, version int64) (cabin.Schedule, error) {
	all := &tx.db.rules
	all.mu.Lock()
	kept, known := all.of[deputyID]
	all.mu.Unlock()
	if known && kept.version == version && tx.Now.Before(kept.until) && kept.until.Sub(tx.Now) <= rulesLife {
		return kept.Schedule, nil
	}
	kept = keptRules{version: version, until: tx.Now.Add(rulesLife)}
	of := []int64{deputyID}
	err := tx.read(hoursPart(&kept.Hours, of), exceptionsPart(&kept.Exceptions, of, tx.Now.AddDate(0, 0, -1), tx.Now.AddDate(2, 0, 0)))
	if err != nil {
		return cabin.Schedule{}, err
	}
	all.mu.Lock()
	defer all.mu.Unlock()
	if all.of == nil {
		all.of = map[int64]keptRules{}
	}
	all.of[deputyID] = kept
	return kept.Schedule, nil
}

// changeRules is the first statement of whatever changes a deputy's hours or exceptions:
// it locks the row and counts the version up.
func changeRules(deputyID int64) part {
	return part{nil, `UPDATE deputies SET rules_version = rules_version + 1 WHERE id = ?`, []any{deputyID}}
}

// caps remembers which deputies take so many people a day, as their rows said last: whoever
// books reads the places of their day with the rest. What is wrong or unknown costs a trip,
// no place.
type caps struct{ of sync.Map } // deputy's id → bool

func (c *caps) expected(deputyID int64) bool {
	capped, known := c.of.Load(deputyID)
	return known && capped.(bool)
}

func (c *caps) learn(deputyID int64, most int) { c.of.Store(deputyID, most > 0) }
