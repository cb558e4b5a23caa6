package mysql_test

import (
	"slices"
	"testing"

	"warmcabin/server/mysql"
)

// TestViewsPage walks the bookings of a desk page by page, many of them at one moment.
func TestViewsPage(t *testing.T) {
	t.Parallel()
	s := newStreet(t, 1)
	s.fill(t)
	s.exec(t, `UPDATE bookings SET starts_at = '2026-11-20' WHERE id % 3 = 0`)
	s.exec(t, `UPDATE bookings SET hold_until = '2026-11-01' WHERE state IN ('requested', 'countered') AND id % 5 = 0`)
	for view, query := range map[mysql.View]string{
		mysql.Waiting:  `waiting = 'staff' AND (state <> 'requested' OR id % 5 <> 0) ORDER BY starts_at, id`,
		mysql.Asked:    `waiting = 'deputy' AND id % 5 <> 0 ORDER BY starts_at, id`,
		mysql.Upcoming: `(state IN ('confirmed', 'checked_in') OR (state = 'countered' AND id % 5 <> 0)) ORDER BY starts_at, id`,
		mysql.Past:     `state IN ('completed', 'declined', 'cancelled', 'expired', 'no_show') ORDER BY starts_at DESC, id DESC`,
	} {
		rows, err := s.x.Query(`SELECT id FROM bookings WHERE station_id IN (1, 2) AND ` + query)
		if err != nil {
			t.Fatal(err)
		}
		var want, got []int64
		for rows.Next() {
			var id int64
			_ = rows.Scan(&id)
			want = append(want, id)
		}
		_ = rows.Close()
		for p := (mysql.Page{Limit: 17}); ; {
			list, err := s.db.Bookings.OfStations(t.Context(), []int64{1, 2}, view, p)
			if err != nil {
				t.Fatal(err)
			}
			for _, b := range list {
				got = append(got, b.ID)
				p.At, p.ID = b.StartsAt, b.ID
			}
			if len(list) < p.Limit {
				break
			}
		}
		if !slices.Equal(got, want) || len(want) < 50 {
			t.Errorf("%s: %d of %d bookings, or another order", view, len(got), len(want))
		}
	}
	if list, err := s.db.Bookings.OfStations(t.Context(), []int64{0}, mysql.Past, mysql.Page{Limit: 5}); err != nil || len(list) != 0 {
		t.Errorf("station 0 has %d bookings, %v", len(list), err)
	}
	if list, err := s.db.Bookings.Day(t.Context(), []int64{0}, nil, monday); err != nil || len(list) != 0 {
		t.Errorf("station 0's day has %d bookings, %v", len(list), err)
	}
}
