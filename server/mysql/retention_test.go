package mysql_test

import (
	"strings"
	"testing"
	"time"
)

// TestKeysAreSweptInTurns: many more than a turn looks at, old ones among new ones. A turn
// removes no more than it may, the walk comes to the end and begins anew, and what is not
// over its time stays.
func TestKeysAreSweptInTurns(t *testing.T) {
	t.Parallel()
	s := newStreet(t, 1)
	now := s.clock.Now().UTC()
	over := now.Add(-s.db.Presets().KeepKeys - time.Second)
	s.exec(t, `INSERT INTO idempotency_keys SELECT 1 + seq DIV 900, LPAD(seq, 6, '0'), '', seq, IF(seq > 10000 AND seq % 3 = 0, ?, ?) FROM seq_1_to_13000`, over, now)
	left := func() int { return s.count(t, `SELECT COUNT(*) FROM idempotency_keys WHERE created_at < ?`, now) }
	sweep := func(limit, want int) {
		t.Helper()
		if n, err := s.db.Retention.Sweep(t.Context(), limit); err != nil || n != want {
			t.Fatalf("%d removed, %v; want %d", n, err, want)
		}
	}
	sweep(200, 0) // the first ten thousand are new
	sweep(200, 200)
	if n := left(); n != 800 {
		t.Errorf("%d are left of a thousand", n)
	}
	sweep(700, 700)
	sweep(200, 100)
	sweep(200, 0)
	sweep(200, 0)
	if n := s.count(t, `SELECT COUNT(*) FROM idempotency_keys`); left() != 0 || n != 12000 {
		t.Errorf("%d old ones are left, %d in all", left(), n)
	}
	db, probe := s.probed(t)
	if _, err := db.Retention.Sweep(t.Context(), 20); err != nil {
		t.Fatal(err)
	}
	pages := 0
	for _, q := range probe.Queries() {
		if !strings.Contains(q.Query, "FROM idempotency_keys") {
			continue
		}
		for _, p := range explain(t, s.x, q) {
			if pages++; p.key != "PRIMARY" || strings.Contains(p.extra, "filesort") {
				t.Errorf("a page of keys is read by %q, %s", p.key, p.extra)
			}
		}
	}
	if pages != 10 {
		t.Errorf("%d pages in a turn", pages)
	}
	// Behind where the walk stands: found when it comes round.
	s.exec(t, `UPDATE idempotency_keys SET created_at = ? WHERE person_id = 2 AND idem_key = '001000'`, over)
	found := 0
	for range 3 {
		n, err := s.db.Retention.Sweep(t.Context(), 200)
		if err != nil {
			t.Fatal(err)
		}
		found += n
	}
	if found != 1 {
		t.Errorf("%d found in the next round", found)
	}
}

// TestSweepingWaitsForNobody: a request that holds its key open is not in the way of the
// sweep, nor the sweep in its.
func TestSweepingWaitsForNobody(t *testing.T) {
	t.Parallel()
	s := newStreet(t, 1)
	s.exec(t, `INSERT INTO idempotency_keys VALUES (1, 'old', '', 1, ?)`, s.clock.Now().UTC().Add(-s.db.Presets().KeepKeys-time.Second))
	tx, err := s.x.Begin()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = tx.Rollback() }()
	if _, err := tx.Exec(`INSERT INTO idempotency_keys VALUES (1, 'new', '', 2, ?)`, s.clock.Now().UTC()); err != nil {
		t.Fatal(err)
	}
	if n, err := s.db.Retention.Sweep(t.Context(), 200); err != nil || n != 1 {
		t.Errorf("%d removed, %v", n, err)
	}
}
