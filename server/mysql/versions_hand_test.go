package mysql_test

import (
	"testing"
	"time"

	"warmcabin/server/cabin"
)

// A deputy and a station that are written anew by hand: what is over shows what they were
// called then, what is open what they are called now.
func TestAnOldBookingShowsTheNamesOfThen(t *testing.T) {
	t.Parallel()
	s := newStreet(t, 2)
	admin := s.person(t, "admin", cabin.Grant{Role: cabin.Admin})
	over := s.booked(t, s.residents[0], 1, wednesday(9, 30), "over")
	s.command(t, s.residents[0], over.ID, cabin.BookingCancel, cabin.Input{Reason: "不来了"})
	s.clock.Advance(7 * 24 * time.Hour)
	rename := func(kind cabin.RosterKind, to string) {
		t.Helper()
		_, entries, err := s.db.Offices.Hand(t.Context(), kind)
		if err != nil {
			t.Fatal(err)
		}
		values := append([]string{}, entries[0].Values...)
		def := cabin.RosterDef(kind)
		for i := range def.Columns {
			if values[i] = def.Columns[i].Shown(values[i]); def.Columns[i].Title == "选区" && values[i] == "" {
				values[i] = "第一选区"
			}
		}
		values[0] = to
		if _, err := s.db.Offices.SaveByHand(t.Context(), admin, kind, 1, values); err != nil {
			t.Fatal(err)
		}
	}
	rename(cabin.RosterStation, "和平站")
	rename(cabin.RosterDeputy, "林晓晓")
	s.clock.Advance(time.Hour)
	open := s.booked(t, s.residents[1], 1, wednesday(9, 30).AddDate(0, 0, 7), "open")
	for id, want := range map[int64][2]string{over.ID: {"林晓", "中心站"}, open.ID: {"林晓晓", "和平站"}} {
		b, _, err := s.db.Bookings.Get(t.Context(), s.staff, id)
		if err != nil {
			t.Fatal(err)
		}
		if b.NameThen(s.db.Names()); b.DeputyName != want[0] || b.StationName != want[1] {
			t.Errorf("%s: %s at %s, want %v", b.State, b.DeputyName, b.StationName, want)
		}
	}
	for kind, want := range map[cabin.NamedKind]string{cabin.NamedStation: "中心站", cabin.NamedDeputy: "林晓"} {
		if former, err := s.db.Former(t.Context(), kind, 1); err != nil || len(former) != 1 || former[0].Name != want {
			t.Errorf("%s: %+v %v", kind, former, err)
		}
	}
}
