package mysql_test

import (
	"fmt"
	"testing"
	"time"

	"warmcabin/server/cabin"
	"warmcabin/server/mysql"
)

// TestTogetherIsAsAlone: what is asked at the same moment goes together, and yet each gets
// its own booking, time, history, news, audit row and key; a refusal is one's own, and one
// that breaks the batch breaks nobody else's.
func TestTogetherIsAsAlone(t *testing.T) {
	t.Parallel()
	const crowd = 36
	s := newStreet(t, crowd)
	// In the way of some, and only the keys know: the room is taken, though the deputy is free.
	s.exec(t, `INSERT INTO occupancy (kind, resource_id, quarter, holder_kind, holder_id) VALUES (2, 1, ?, 0, 0)`, wednesday(9, 30).Unix()/900)
	start := func(i int) time.Time {
		return wednesday(9, 0).AddDate(0, 0, 7*(i%3)).Add(time.Duration(i/3%6) * 30 * time.Minute)
	}
	made := make([]*cabin.Booking, crowd)
	var calls []func() error
	for i, r := range s.residents {
		calls = append(calls, func() (err error) {
			ctx := mysql.WithOrigin(t.Context(), fmt.Sprintf("request-%04d", i), "")
			made[i], err = s.db.Bookings.Request(ctx, key(r, "together"), mysql.NewBooking{ResidentID: r.PersonID, DeputyID: 1, Start: start(i), Topic: fmt.Sprint("话题", i)})
			return err
		})
	}
	codes := together(calls...)
	winners := map[time.Time]int{}
	for i, b := range made {
		if b == nil {
			if codes[i] != cabin.CodeSlotTaken {
				t.Errorf("%d: %s", i, codes[i])
			}
			continue
		}
		winners[start(i)]++
		if b.ResidentID != s.residents[i].PersonID || !b.StartsAt.Equal(start(i)) || b.Topic != fmt.Sprint("话题", i) {
			t.Errorf("%d got another's booking: %+v", i, b)
		}
		for query, want := range map[string]int{
			`SELECT COUNT(*) FROM bookings WHERE id = ? AND resident_id = ` + fmt.Sprint(b.ResidentID):                                         1,
			`SELECT COUNT(*) FROM occupancy WHERE holder_id = ? AND quarter BETWEEN ` + fmt.Sprintf("%d AND %[1]d + 1", b.StartsAt.Unix()/900): 6,
			`SELECT COUNT(*) FROM booking_events WHERE booking_id = ? AND actor_id = ` + fmt.Sprint(b.ResidentID):                              1,
			`SELECT COUNT(*) FROM notices WHERE matter_kind = 'booking' AND matter_id = ?`:                                                     1,
			`SELECT COUNT(*) FROM outbox WHERE matter_kind = 'booking' AND matter_id = ?`:                                                      1,
			`SELECT COUNT(*) FROM idempotency_keys WHERE object_id = ? AND person_id = ` + fmt.Sprint(b.ResidentID):                            1,
			`SELECT COUNT(*) FROM audit WHERE object_kind = 'booking' AND object_id = ? AND request_id = ` + fmt.Sprintf("'request-%04d'", i):  1,
		} {
			if n := s.count(t, query, b.ID); n != want {
				t.Errorf("%d: %s: %d, want %d", i, query, n, want)
			}
		}
		again, err := s.db.Bookings.Request(t.Context(), key(s.residents[i], "together"), mysql.NewBooking{ResidentID: b.ResidentID, DeputyID: 1, Start: start(i)})
		if err != nil || again.ID != b.ID {
			t.Errorf("%d: the key gives %+v, %v", i, again, err)
		}
	}
	for i := range 18 {
		want := 1
		if start(i).Equal(wednesday(9, 30)) {
			want = 0
		}
		if winners[start(i)] != want {
			t.Errorf("%s was booked %d times, want %d", start(i), winners[start(i)], want)
		}
	}
}

// TestTogetherOnADayWithACap: all want the same day of three places.
func TestTogetherOnADayWithACap(t *testing.T) {
	t.Parallel()
	s := newStreet(t, 12)
	s.exec(t, `UPDATE deputies SET day_cap = 3 WHERE id = 1`)
	var calls []func() error
	for i, r := range s.residents {
		calls = append(calls, func() error { _, err := s.request(t, r, 1, wednesday(9, 30*(i%6)), "capped"); return err })
	}
	if n := tally(together(calls...)); n[""] != 3 || n[cabin.CodeSlotTaken] != 9 {
		t.Errorf("three places: %v", n)
	}
}

// TestReportsTogether: reports of the same moment share a transaction, and yet each has its
// own number, chain, photos, checks, news, audit row and key; a refusal is one's own, a
// twin gets the report that its key made, and the others with it theirs.
func TestReportsTogether(t *testing.T) {
	t.Parallel()
	const crowd = 40
	s := newStreet(t, crowd)
	photo := func(i, k int) string { return fmt.Sprintf("%016x%016x", i+1, k+1) }
	var loose []func() error
	for i, r := range s.residents {
		for k := range i % 3 {
			loose = append(loose, func() error { return s.db.Photos.Add(t.Context(), cabin.Photo{ID: photo(i, k), OwnerID: r.PersonID}) })
		}
	}
	if n := tally(together(loose...)); n[""] != len(loose) {
		t.Fatal(n)
	}
	ask := func(i int) (*cabin.Report, error) {
		n := mysql.NewReport{ReporterID: s.residents[i].PersonID, CategoryID: 1, CommunityID: int64(i % 2), Body: fmt.Sprint("第 ", i, " 件")}
		for k := range i % 3 {
			n.PhotoIDs = append(n.PhotoIDs, photo(i, k))
		}
		if i%10 == 7 {
			n.CategoryID = 99
		}
		return s.db.Reports.Submit(mysql.WithOrigin(t.Context(), fmt.Sprintf("request-%04d", i), ""), key(s.residents[i], "together"), n)
	}
	if _, err := ask(0); err != nil { // asked again with all the others
		t.Fatal(err)
	}
	made := make([]*cabin.Report, crowd)
	var calls []func() error
	for i := range crowd {
		calls = append(calls, func() (err error) { made[i], err = ask(i); return err })
	}
	codes := together(calls...)
	for i, r := range made {
		if i%10 == 7 {
			if codes[i] != cabin.CodeInvalid {
				t.Errorf("%d, of no category: %q", i, codes[i])
			}
			continue
		}
		if r == nil || r.ReporterID != s.residents[i].PersonID || r.Body != fmt.Sprint("第 ", i, " 件") {
			t.Fatalf("%d got %+v, %s", i, r, codes[i])
		}
		for query, want := range map[string]int{
			`SELECT COUNT(*) FROM reports WHERE id = ? AND reporter_id = ` + fmt.Sprint(r.ReporterID):                                            1,
			`SELECT COUNT(*) FROM report_events WHERE report_id = ?`:                                                                             1,
			`SELECT COUNT(*) FROM photos p JOIN report_events e ON e.id = p.event_id AND e.report_id = p.report_id WHERE p.report_id = ?`:        i % 3,
			`SELECT COUNT(*) FROM content_checks c JOIN report_events e ON e.id = c.event_id WHERE c.matter_kind = 'report' AND e.report_id = ?`: 1 + i%3,
			`SELECT COUNT(*) FROM notices WHERE matter_kind = 'report' AND matter_id = ?`:                                                        1,
			`SELECT COUNT(*) FROM outbox WHERE matter_kind = 'report' AND matter_id = ?`:                                                         1,
			`SELECT COUNT(*) FROM idempotency_keys WHERE object_id = ? AND person_id = ` + fmt.Sprint(r.ReporterID):                              1,
			`SELECT COUNT(*) FROM audit WHERE object_kind = 'report' AND object_id = ? AND request_id = ` + fmt.Sprintf("'request-%04d'", i):     1,
		} {
			if n := s.count(t, query, r.ID); n != want {
				t.Errorf("%d: %s: %d, want %d", i, query, n, want)
			}
		}
	}
	if v, err := s.db.Reports.Verify(t.Context()); err != nil || v.Reports != crowd-4 || len(v.Faults) > 0 {
		t.Errorf("%+v, %v", v, err)
	}
}
