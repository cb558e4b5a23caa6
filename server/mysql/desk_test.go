package mysql_test

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"warmcabin/server/cabin"
	"warmcabin/server/mysql"
)

const herPhone = "13800138000"

func (s *street) walkIn(t testing.TB, name string, change func(*mysql.WalkIn)) (*cabin.Booking, error) {
	t.Helper()
	n := mysql.WalkIn{Actor: s.staff, Phone: herPhone, Name: "王秀兰", DeputyID: 1, Start: wednesday(9, 0), Topic: "邻里"}
	if change != nil {
		change(&n)
	}
	return s.db.Bookings.WalkIn(t.Context(), key(n.Actor, name), n)
}

func at(start time.Time) func(*mysql.WalkIn) { return func(n *mysql.WalkIn) { n.Start = start } }

// TestWalkInIsBookedToldAndSealed: the desk books at once and late, for somebody who said
// yes; her phone lies in the vault and nowhere else.
func TestWalkInIsBookedToldAndSealed(t *testing.T) {
	t.Parallel()
	s := newStreet(t, 0)
	s.clock.Set(wednesday(8, 55)) // no lead time at the desk
	b, err := s.walkIn(t, "k", nil)
	if err != nil {
		t.Fatal(err)
	}
	if b.State != cabin.Requested || b.ResidentName != "王秀兰" || b.ResidentWeChat || b.BookedBy != s.staff.PersonID || len(b.CheckCode) != 6 {
		t.Errorf("booked %+v", b)
	}
	again, err := s.walkIn(t, "k", nil)
	if err != nil || again.ID != b.ID {
		t.Errorf("the same key: %+v, %v", again, err)
	}
	if n := s.count(t, `SELECT COUNT(*) FROM proxy_consents WHERE person_id = ? AND matter_kind = 'booking' AND matter_id = ? AND recorded_by = ? AND words = ?`,
		b.ResidentID, b.ID, s.staff.PersonID, cabin.ProxyConsent); n != 1 {
		t.Errorf("%d consents are kept", n)
	}
	if n, _ := s.db.Notices.Unread(t.Context(), s.deputy.PersonID); n != 1 {
		t.Errorf("the deputy has %d notices", n)
	}
	inbox, err := s.db.Notices.List(t.Context(), b.ResidentID, 0, 5)
	if err != nil || len(inbox) != 1 || inbox[0].Title != "联络站替您提交了预约" {
		t.Errorf("her inbox: %+v, %v", inbox, err)
	}
	s.noPhone(t)
	accepted := s.command(t, s.staff, b.ID, cabin.BookingAccept, cabin.Input{})
	if accepted.State != cabin.Confirmed {
		t.Errorf("the deputy says yes beside us: %s", accepted.State)
	}
}

// noPhone looks for her phone, in the clear, in every column of the database.
func (s *street) noPhone(t testing.TB) {
	t.Helper()
	rows, err := s.x.Query(`SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name <> 'schema_migrations'`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	columns := 0
	for rows.Next() {
		var table, column string
		if err := rows.Scan(&table, &column); err != nil {
			t.Fatal(err)
		}
		columns++
		if n := s.count(t, "SELECT COUNT(*) FROM `"+table+"` WHERE INSTR(CAST(`"+column+"` AS BINARY), ?) > 0", herPhone); n != 0 {
			t.Errorf("%s.%s holds her phone", table, column)
		}
	}
	if columns < 100 {
		t.Errorf("looked at %d columns only", columns)
	}
}

func TestWalkInIsTheSamePerson(t *testing.T) {
	t.Parallel()
	s := newStreet(t, 0)
	first := must(s.walkIn(t, "1", nil))(t)
	if again := must(s.walkIn(t, "2", func(n *mysql.WalkIn) { n.Name, n.Start = "王 秀兰", wednesday(10, 0) }))(t); again.ResidentID != first.ResidentID {
		t.Error("the same phone and name are two people")
	}
	_, err := s.walkIn(t, "3", func(n *mysql.WalkIn) { n.Name, n.Start = "李明", wednesday(11, 0) })
	wantCode(t, "another name", err, cabin.CodeConflict)
	if err == nil || !strings.Contains(err.Error(), "王＊＊") || strings.Contains(err.Error(), "秀兰") {
		t.Errorf("the refusal shows more of the name than its first character, or nothing: %v", err)
	}
	// Her two are open: the cap is told to the staff, about her.
	_, err = s.walkIn(t, "4", at(wednesday(11, 0)))
	wantCode(t, "a third booking", err, cabin.CodeLimitReached)
	if err == nil || !strings.Contains(err.Error(), "这位选民已经有 2 个") {
		t.Errorf("in other words: %v", err)
	}
	// Her son uses the same phone.
	son := must(s.walkIn(t, "5", func(n *mysql.WalkIn) { n.Name, n.Another, n.Start = "李明", true, wednesday(11, 0) }))(t)
	if son.ResidentID == first.ResidentID || son.ResidentName != "李明" {
		t.Errorf("her son: %+v", son)
	}
	if _, err = s.walkIn(t, "6", func(n *mysql.WalkIn) { n.Name, n.Start = "李明", wednesday(11, 30) }); err != nil {
		t.Errorf("her son again: %v", err)
	}
	known, err := s.db.People.ByPhone(t.Context(), s.staff, herPhone)
	if err != nil || len(known) != 2 || known[0].Name != "王秀兰" || known[0].Open != 2 || known[1].Open != 2 {
		t.Errorf("known: %+v, %v", known, err)
	}
	if known, err := s.db.People.ByPhone(t.Context(), s.staff, "13800138001"); err != nil || len(known) != 0 {
		t.Errorf("another phone: %+v, %v", known, err)
	}
	if n := s.count(t, `SELECT COUNT(*) FROM audit WHERE action = 'contact.find' AND actor_id = ? AND detail NOT LIKE '%138%'`, s.staff.PersonID); n != 2 {
		t.Errorf("%d searches are in the audit", n)
	}
}

func TestWalkInByNameCorrected(t *testing.T) {
	t.Parallel()
	s := newStreet(t, 0)
	wrong := must(s.walkIn(t, "1", func(n *mysql.WalkIn) { n.Name = "王秀蓝" }))(t)
	right := must(s.walkIn(t, "2", func(n *mysql.WalkIn) { n.ResidentID, n.Start = wrong.ResidentID, wednesday(10, 0) }))(t)
	if right.ResidentID != wrong.ResidentID || right.ResidentName != "王秀兰" {
		t.Errorf("corrected: %+v", right)
	}
	s.command(t, s.staff, wrong.ID, cabin.BookingDecline, cabin.Input{Reason: "重复了"})
	if b := must(s.walkIn(t, "3", at(wednesday(11, 0))))(t); b.ResidentID != wrong.ResidentID {
		t.Error("she is not found by her right name")
	}
	s.command(t, s.staff, right.ID, cabin.BookingDecline, cabin.Input{Reason: "重复了"})
	silent := must(s.walkIn(t, "4", func(n *mysql.WalkIn) { n.Name, n.ResidentID, n.Start = "", wrong.ResidentID, wednesday(9, 30) }))(t)
	if silent.ResidentName != "王秀兰" {
		t.Errorf("without a name she is called %q", silent.ResidentName)
	}
	_, err := s.walkIn(t, "5", func(n *mysql.WalkIn) {
		n.ResidentID, n.Phone, n.Start = wrong.ResidentID, "13800138001", wednesday(11, 30)
	})
	wantCode(t, "somebody's id with another phone", err, cabin.CodeInvalid)
	_, err = s.walkIn(t, "6", func(n *mysql.WalkIn) { n.ResidentID, n.Start = s.deputy.PersonID, wednesday(11, 30) })
	wantCode(t, "an id that this phone does not know", err, cabin.CodeInvalid)
}

// TestTwoDesksOnePerson: whoever enters the same phone and name at one moment books for one
// person, and a refused booking leaves no person behind.
func TestTwoDesksOnePerson(t *testing.T) {
	t.Parallel()
	s := newStreet(t, 0)
	for round := range 8 {
		phone := fmt.Sprintf("1380013%04d", round)
		codes := make([]error, 2)
		var wg sync.WaitGroup
		for i := range codes {
			wg.Go(func() {
				_, codes[i] = s.walkIn(t, fmt.Sprint(round, "-", i), func(n *mysql.WalkIn) {
					n.Phone, n.DeputyID, n.Start = phone, int64(1+i), wednesday(9, 0).AddDate(0, 0, 7*(round%4)).Add(time.Duration(round/4)*time.Hour+time.Duration(i)*30*time.Minute)
				})
			})
		}
		wg.Wait()
		if err := errors.Join(codes...); err != nil {
			t.Fatal(err)
		}
		if n := s.count(t, `SELECT COUNT(DISTINCT resident_id) FROM bookings WHERE resident_id IN (SELECT person_id FROM contacts)`); n != round+1 {
			t.Fatalf("after %d rounds there are %d people", round+1, n)
		}
	}
	before := s.count(t, `SELECT COUNT(*) FROM persons`)
	_, err := s.walkIn(t, "taken", func(n *mysql.WalkIn) { n.Phone = "13900139000" })
	wantCode(t, "a slot that is taken", err, cabin.CodeSlotTaken)
	if n := s.count(t, `SELECT COUNT(*) FROM persons`); n != before || before != s.count(t, `SELECT COUNT(*) FROM persons WHERE openid IS NOT NULL`)+8 {
		t.Errorf("%d people, then %d: somebody is left over", before, n)
	}
}

func TestWalkInAtAnotherStation(t *testing.T) {
	t.Parallel()
	s := newStreet(t, 0)
	other := s.person(t, "other desk", cabin.Grant{Role: cabin.Staff, ScopeID: 2})
	_, err := s.walkIn(t, "k", func(n *mysql.WalkIn) { n.Actor = other })
	wantCode(t, "another station's slot", err, cabin.CodeForbidden)
	if n := s.count(t, `SELECT COUNT(*) FROM contacts`) + s.count(t, `SELECT COUNT(*) FROM proxy_consents`); n != 0 {
		t.Error("it left something behind")
	}
}

func TestContactIsOpenedWithAReason(t *testing.T) {
	t.Parallel()
	s := newStreet(t, 1)
	b := must(s.walkIn(t, "k", nil))(t)
	wechat := s.booked(t, s.residents[0], 1, wednesday(10, 0), "w")
	other := s.person(t, "other desk", cabin.Grant{Role: cabin.Staff, ScopeID: 2})
	for name, c := range map[string]struct {
		a      cabin.Actor
		id     int64
		reason string
		want   cabin.Code
	}{
		"the deputy":          {s.deputy, b.ID, "想问一下", cabin.CodeForbidden},
		"another desk":        {other, b.ID, "想问一下", cabin.CodeNotFound},
		"without a reason":    {s.staff, b.ID, "", cabin.CodeInvalid},
		"somebody in WeChat":  {s.staff, wechat.ID, "想问一下", cabin.CodeNotFound},
		"no booking":          {s.staff, 999, "想问一下", cabin.CodeNotFound},
		"much too long a why": {s.staff, b.ID, strings.Repeat("长", 201), cabin.CodeInvalid},
	} {
		phone, err := s.db.Bookings.Contact(t.Context(), c.a, c.id, c.reason)
		wantCode(t, name, err, c.want)
		if phone != "" {
			t.Errorf("%s: got the phone", name)
		}
	}
	if n := s.count(t, `SELECT COUNT(*) FROM audit WHERE action = 'contact.open'`); n != 0 {
		t.Errorf("refusals are in the audit as %d openings", n)
	}
	phone, err := s.db.Bookings.Contact(t.Context(), s.staff, b.ID, "告诉她代表答应了")
	if err != nil || phone != herPhone {
		t.Errorf("got %q, %v", phone, err)
	}
	_, events, err := s.db.Bookings.Get(t.Context(), cabin.Actor{PersonID: b.ResidentID}, b.ID)
	if err != nil || len(events) != 2 || events[0].Text != "查看了联系电话" || events[0].Note != "告诉她代表答应了" || events[0].Role != cabin.Staff {
		t.Errorf("she reads %+v, %v", events, err)
	}
	if n := s.count(t, `SELECT COUNT(*) FROM audit WHERE action = 'contact.open' AND actor_id = ? AND object_kind = 'booking' AND object_id = ? AND detail LIKE '%告诉她代表答应了%'`, s.staff.PersonID, b.ID); n != 1 {
		t.Errorf("%d rows in the audit", n)
	}
	s.noPhone(t)
}

// A commit that nobody confirmed gives no phone away.
func TestContactWithoutItsTrace(t *testing.T) {
	t.Parallel()
	s := newStreet(t, 0)
	b := must(s.walkIn(t, "k", nil))(t)
	db, probe := s.probed(t)
	probe.OnCommit = func(func() error) error { return errors.New("the line is dead") }
	if phone, err := db.Bookings.Contact(t.Context(), s.staff, b.ID, "告诉她"); err == nil || phone != "" {
		t.Errorf("got %q, %v", phone, err)
	}
}

func TestByCode(t *testing.T) {
	t.Parallel()
	s := newStreet(t, 2)
	b := s.booked(t, s.residents[0], 1, wednesday(9, 0), "a")
	find := func(code string, stations ...int64) []*cabin.Booking {
		t.Helper()
		return must(s.db.Bookings.ByCode(t.Context(), stations, code))(t)
	}
	s.clock.Set(wednesday(8, 30))
	if got := find(b.CheckCode, 1); len(got) != 0 {
		t.Error("a request can be checked in")
	}
	s.command(t, s.deputy, b.ID, cabin.BookingAccept, cabin.Input{})
	if got := find(b.CheckCode, 1, 2); len(got) != 1 || got[0].ID != b.ID || got[0].ResidentName != b.ResidentName {
		t.Errorf("found %v", got)
	}
	for name, got := range map[string][]*cabin.Booking{
		"another station": find(b.CheckCode, 2), "no station": find(b.CheckCode), "station 0": find(b.CheckCode, 0), "another code": find("9"+b.CheckCode[:5], 1),
	} {
		if len(got) != 0 && b.CheckCode != "9"+b.CheckCode[:5] {
			t.Errorf("%s finds %d", name, len(got))
		}
	}
	// Two of one day may have drawn the same number: both are shown.
	other := s.booked(t, s.residents[1], 2, wednesday(11, 30).AddDate(0, 0, 7), "b")
	s.exec(t, `UPDATE bookings SET check_code = ?, state = 'confirmed', starts_at = ? WHERE id = ?`, b.CheckCode, wednesday(11, 30).UTC(), other.ID)
	if got := find(b.CheckCode, 1); len(got) != 2 || got[0].ID != b.ID {
		t.Errorf("of two are found %d", len(got))
	}
	s.command(t, s.staff, b.ID, cabin.BookingCheckIn, cabin.Input{})
	if got := find(b.CheckCode, 1); len(got) != 2 || got[0].State != cabin.CheckedIn {
		t.Error("who is checked in is not found any more")
	}
	s.clock.Set(wednesday(8, 30).AddDate(0, 0, 1))
	if got := find(b.CheckCode, 1); len(got) != 0 {
		t.Error("yesterday's number still works")
	}
}

// TestDeskDay: who receives at the station that day, what is booked, what is free.
func TestDeskDay(t *testing.T) {
	t.Parallel()
	s := newStreet(t, 4)
	s.exec(t, `INSERT INTO stations (id, parent_id, kind, name, address) VALUES (2, 1, 'community', '社区站', '幸福路 2 号')`)
	s.exec(t, `INSERT INTO deputies (id, name, level, station_id) VALUES (3, '何川', 'city', 1), (4, '许远', 'city', 2)`)
	s.exec(t, `INSERT INTO deputy_hours (deputy_id, station_id, weekday, from_minute, to_minute, slot_minutes, service) VALUES
		(1, 2, 3, 840, 900, 30, 'talk_one'), (3, 1, 3, 540, 600, 30, 'talk_one'), (4, 2, 3, 540, 600, 30, 'talk_one')`)
	s.exec(t, `INSERT INTO deputy_exceptions (deputy_id, kind, starts_at, ends_at, created_by, created_at) VALUES (3, 'leave', ?, ?, 1, ?)`,
		wednesday(0, 0).UTC(), wednesday(23, 0).UTC(), monday.UTC())
	confirmed := s.booked(t, s.residents[0], 1, wednesday(10, 0), "a")
	s.command(t, s.deputy, confirmed.ID, cabin.BookingAccept, cabin.Input{})
	requested := s.booked(t, s.residents[1], 1, wednesday(9, 0), "b")
	offered := s.booked(t, s.residents[2], 1, wednesday(11, 0).AddDate(0, 0, 7), "c")
	s.command(t, s.deputy, offered.ID, cabin.BookingCounter, cabin.Input{Reason: "那天出差", Offer: &cabin.Slot{Start: wednesday(9, 30)}})
	away := s.booked(t, s.residents[3], 1, wednesday(11, 0), "d") // offered another day: it left this one
	s.command(t, s.deputy, away.ID, cabin.BookingCounter, cabin.Input{Reason: "换一天", Offer: &cabin.Slot{Start: wednesday(11, 0).AddDate(0, 0, 7)}})
	elsewhere := s.booked(t, s.residents[0], 1, wednesday(14, 0), "e")
	talk := s.talkAt(t, wednesday(19, 0), 20)
	seat := s.seat(t, s.residents[3], talk.ID, 3)

	day, err := s.db.Bookings.Desk(t.Context(), 1, wednesday(15, 0))
	if err != nil {
		t.Fatal(err)
	}
	var ids, deputies []int64
	for _, b := range day.Bookings {
		ids = append(ids, b.ID)
	}
	if want := []int64{requested.ID, offered.ID, confirmed.ID, seat.ID}; !slices.Equal(ids, want) {
		t.Errorf("bookings %v, want %v", ids, want)
	}
	free := map[int64]int{}
	for _, d := range day.Deputies {
		deputies = append(deputies, d.ID)
		for _, sl := range d.Slots {
			if sl.StationID != 1 {
				t.Errorf("a slot of station %d", sl.StationID)
			}
			if sl.Free {
				free[d.ID]++
			}
		}
		if d.Away != (d.ID == 3) {
			t.Errorf("%s is away: %v", d.Name, d.Away)
		}
	}
	if !slices.Equal(deputies, []int64{1, 2, 3}) || free[1] != 3 || free[2] != 6 || free[3] != 0 {
		t.Errorf("deputies %v with %v free", deputies, free)
	}
	if len(day.Talks) != 1 || day.Talks[0].Signed != 3 || day.Talks[0].Arrived != 0 || day.Talks[0].Seats != 20 {
		t.Errorf("talks %+v", day.Talks)
	}
	second, err := s.db.Bookings.Desk(t.Context(), 2, wednesday(0, 0))
	if err != nil || len(second.Bookings) != 1 || second.Bookings[0].ID != elsewhere.ID || len(second.Deputies) != 2 {
		t.Errorf("the other station: %+v, %v", second, err)
	}
	s.clock.Set(wednesday(9, 30))
	if day, err = s.db.Bookings.Desk(t.Context(), 1, wednesday(0, 0)); err != nil || len(day.Bookings) != 2 {
		t.Errorf("holds that ran out are still there: %d bookings, %v", len(day.Bookings), err)
	}
	empty, err := s.db.Bookings.Desk(t.Context(), 1, wednesday(0, 0).AddDate(0, 0, 1))
	if err != nil || len(empty.Bookings)+len(empty.Deputies)+len(empty.Talks) != 0 {
		t.Errorf("Thursday: %+v, %v", empty, err)
	}
}

func TestDeskDayTakesTwoTrips(t *testing.T) {
	t.Parallel()
	s := newStreet(t, 1)
	s.booked(t, s.residents[0], 1, wednesday(9, 0), "a")
	db, probe := s.probed(t)
	db.Presets()
	probe.Trips()
	if _, err := db.Bookings.Desk(t.Context(), 1, wednesday(0, 0)); err != nil || probe.Trips() > 2 {
		t.Errorf("more than two trips, or %v", err)
	}
}

// TestWhatWaitsForTheDesk: what came over, what the deputy cannot keep, and objections; what
// the deputy still has to answer stands apart.
func TestWhatWaitsForTheDesk(t *testing.T) {
	t.Parallel()
	s := newStreet(t, 3)
	asked := s.booked(t, s.residents[0], 1, wednesday(9, 0).AddDate(0, 0, 14), "a")
	soon := s.booked(t, s.residents[1], 1, wednesday(9, 0), "b")
	marked := s.booked(t, s.residents[2], 2, wednesday(9, 0), "c")
	s.command(t, s.staff, marked.ID, cabin.BookingAccept, cabin.Input{})
	check := func(when string, view mysql.View, want ...int64) {
		t.Helper()
		var got []int64
		for _, b := range must(s.db.Bookings.OfStations(t.Context(), []int64{1}, view, mysql.Page{Limit: 20}))(t) {
			got = append(got, b.ID)
		}
		c := must(s.db.Reports.Desk(t.Context(), []int64{1}))(t)
		if n := map[mysql.View]int{mysql.Waiting: c.BookingsWaiting, mysql.Asked: c.BookingsAsked}[view]; !slices.Equal(got, want) || n != len(want) {
			t.Errorf("%s, %s: %v, counted %d; want %v", when, view, got, n, want)
		}
	}
	check("at first", mysql.Waiting)
	check("at first", mysql.Asked, soon.ID, asked.ID)
	s.clock.Set(wednesday(7, 0)) // two hours before it would expire
	if n, err := s.db.Bookings.Due(t.Context(), 10); err != nil || n == 0 {
		t.Fatal(n, err)
	}
	check("came over", mysql.Waiting, soon.ID)
	check("came over", mysql.Asked, asked.ID)
	s.clock.Set(wednesday(9, 0))
	check("expired though no job came by", mysql.Waiting)
	s.command(t, s.staff, marked.ID, cabin.BookingResidentAbsent, cabin.Input{})
	check("nobody objected", mysql.Waiting)
	s.command(t, s.residents[2], marked.ID, cabin.BookingObject, cabin.Input{Reason: "我到了"})
	check("an objection", mysql.Waiting, marked.ID)
	s.command(t, s.staff, marked.ID, cabin.BookingUphold, cabin.Input{Reason: "核实过了"})
	check("answered", mysql.Waiting)
}

// TestUndoAbsentTellsBothSides, counts no more, and gives the time back while there is some.
func TestUndoAbsentTellsBothSides(t *testing.T) {
	t.Parallel()
	s := newStreet(t, 2)
	b := s.booked(t, s.residents[0], 1, wednesday(9, 0), "a")
	s.command(t, s.deputy, b.ID, cabin.BookingAccept, cabin.Input{})
	s.clock.Set(wednesday(9, 5))
	before := s.count(t, `SELECT COUNT(*) FROM occupancy WHERE holder_id = ? AND holder_kind = 1`, b.ID)
	s.command(t, s.staff, b.ID, cabin.BookingResidentAbsent, cabin.Input{})
	if n := s.count(t, `SELECT COUNT(*) FROM occupancy WHERE holder_id = ? AND holder_kind = 1`, b.ID); n != 0 {
		t.Errorf("%d quarters are still held", n)
	}
	told := func(a cabin.Actor) string {
		list := must(s.db.Notices.List(t.Context(), a.PersonID, 0, 1))(t)
		return list[0].Title
	}
	if told(s.residents[0]) != "这次预约记为未到场" {
		t.Errorf("the resident read %q", told(s.residents[0]))
	}
	s.clock.Set(wednesday(9, 10))
	if b = s.command(t, s.staff, b.ID, cabin.BookingUndoAbsent, cabin.Input{}); b.State != cabin.Confirmed || b.AbsentSide != "" {
		t.Errorf("undone: %+v", b)
	}
	for who, a := range map[string]cabin.Actor{"the resident": s.residents[0], "the deputy": s.deputy} {
		if got := told(a); got != "未到记录已经撤销" {
			t.Errorf("%s read %q", who, got)
		}
	}
	if n := s.count(t, `SELECT COUNT(*) FROM occupancy WHERE holder_id = ? AND holder_kind = 1`, b.ID); n != before || n == 0 {
		t.Errorf("%d quarters are held again, want %d", n, before)
	}
	if a := must(s.db.Bookings.Allowance(t.Context(), s.residents[0].PersonID))(t); !a.BarredUntil.IsZero() {
		t.Error("an undone mark counts")
	}
	// Marked again; meanwhile the desk gave the rest of the time to a walk-in.
	s.command(t, s.staff, b.ID, cabin.BookingResidentAbsent, cabin.Input{})
	must(s.walkIn(t, "w", nil))(t)
	_, err := s.db.Bookings.Command(t.Context(), s.staff, b.ID, cabin.BookingUndoAbsent, cabin.Input{})
	wantCode(t, "undone over somebody else's time", err, cabin.CodeConflict)
	// Once the time is over there is nothing to hold.
	s.clock.Set(wednesday(12, 0))
	if b = s.command(t, s.staff, b.ID, cabin.BookingUndoAbsent, cabin.Input{}); b.State != cabin.Confirmed {
		t.Errorf("later: %s", b.State)
	}
}

// A sealed phone is good for its own person only.
func TestContactsAreBoundToTheirPerson(t *testing.T) {
	t.Parallel()
	s := newStreet(t, 0)
	a := must(s.walkIn(t, "a", nil))(t)
	b := must(s.walkIn(t, "b", func(n *mysql.WalkIn) { n.Name, n.Phone, n.Start = "李明", "13900139000", wednesday(10, 0) }))(t)
	var sealed []byte
	if err := s.x.QueryRow(`SELECT sealed FROM contacts WHERE person_id = ?`, a.ResidentID).Scan(&sealed); err != nil || bytes.Contains(sealed, []byte(herPhone)) {
		t.Fatal(err, "or not sealed")
	}
	s.exec(t, `UPDATE contacts SET sealed = ? WHERE person_id = ?`, sealed, b.ResidentID)
	phone, err := s.db.Bookings.Contact(t.Context(), s.staff, b.ID, "看看")
	wantCode(t, "somebody else's sealed phone", err, cabin.CodeInternal)
	if phone != "" {
		t.Errorf("got %q", phone)
	}
}

// TestTheDeskIsAskedToCall: an answer for somebody without WeChat is news for who calls
// them; for somebody in WeChat it is not.
func TestTheDeskIsAskedToCall(t *testing.T) {
	t.Parallel()
	s := newStreet(t, 1)
	b := must(s.walkIn(t, "k", nil))(t)
	s.command(t, s.deputy, b.ID, cabin.BookingCounter, cabin.Input{Reason: "开会", Offer: &cabin.Slot{Start: wednesday(10, 0)}})
	told := must(s.db.Notices.List(t.Context(), s.staff.PersonID, 0, 9))(t)
	if len(told) != 1 || told[0].Title != "请打电话告诉选民：林晓代表提出另一个时间" {
		t.Errorf("the desk was told %+v", told)
	}
	if list := must(s.db.Bookings.OfStations(t.Context(), []int64{1}, mysql.Waiting, mysql.Page{Limit: 5}))(t); len(list) != 1 || list[0].ID != b.ID {
		t.Error("her answer does not wait at the desk")
	}
	if b = s.command(t, s.staff, b.ID, cabin.BookingTake, cabin.Input{}); b.State != cabin.Confirmed || !b.StartsAt.Equal(wednesday(10, 0)) {
		t.Errorf("taken on the phone: %+v", b)
	}
	inWeChat := s.booked(t, s.residents[0], 1, wednesday(11, 0), "w")
	s.command(t, s.deputy, inWeChat.ID, cabin.BookingCounter, cabin.Input{Reason: "开会", Offer: &cabin.Slot{Start: wednesday(11, 30)}})
	if n := len(must(s.db.Notices.List(t.Context(), s.staff.PersonID, 0, 9))(t)); n != 1 {
		t.Errorf("the desk has %d notices", n)
	}
	_, err := s.db.Bookings.Command(t.Context(), s.staff, inWeChat.ID, cabin.BookingTake, cabin.Input{})
	wantCode(t, "taken over somebody's head", err, cabin.CodeForbidden)
}

// TestUndoneNoShowTakesItsTimeBack, with the place of the day; while somebody else has the
// time it is refused with words, and afterwards it needs none.
func TestUndoneNoShowTakesItsTimeBack(t *testing.T) {
	t.Parallel()
	s := newStreet(t, 2)
	s.exec(t, `UPDATE deputies SET day_cap = 2 WHERE id = 1`)
	start := wednesday(9, 0)
	places := func(want int) {
		t.Helper()
		if n := s.count(t, `SELECT COUNT(*) FROM occupancy WHERE kind = 4`); n != want {
			t.Errorf("%d places of the day are taken, want %d", n, want)
		}
	}
	b := s.booked(t, s.residents[0], 1, start, "one")
	s.command(t, s.deputy, b.ID, cabin.BookingAccept, cabin.Input{})
	absent := func() { s.command(t, s.staff, b.ID, cabin.BookingResidentAbsent, cabin.Input{}) }
	s.clock.Set(start.Add(5 * time.Minute))
	absent()
	places(0)
	s.command(t, s.staff, b.ID, cabin.BookingUndoAbsent, cabin.Input{})
	places(1)
	absent()
	if _, err := s.walkIn(t, "in-their-place", nil); err != nil {
		t.Fatal(err)
	}
	_, err := s.db.Bookings.Command(t.Context(), s.staff, b.ID, cabin.BookingUndoAbsent, cabin.Input{})
	wantCode(t, "a time that was given away", err, cabin.CodeConflict)
	places(1)
	s.clock.Set(start.Add(31 * time.Minute))
	if undone := s.command(t, s.staff, b.ID, cabin.BookingUndoAbsent, cabin.Input{}); undone.State != cabin.Confirmed || undone.AbsentSide != "" {
		t.Errorf("%s, blame %q", undone.State, undone.AbsentSide)
	}
}

// TestTheDeskIsAskedToRemind who has no WeChat, and nobody else.
func TestTheDeskIsAskedToRemind(t *testing.T) {
	t.Parallel()
	s := newStreet(t, 1)
	called := must(s.walkIn(t, "1", at(wednesday(10, 0))))(t)
	pushed := s.booked(t, s.residents[0], 1, wednesday(11, 0), "with-wechat")
	for _, b := range []*cabin.Booking{called, pushed} {
		s.command(t, s.deputy, b.ID, cabin.BookingAccept, cabin.Input{})
	}
	s.clock.Set(wednesday(18, 0).AddDate(0, 0, -1))
	if n, err := s.db.Bookings.Due(t.Context(), 10); n != 2 || err != nil {
		t.Fatalf("%d, %v", n, err)
	}
	if n := s.count(t, `SELECT COUNT(*) FROM notices WHERE person_id = ? AND title LIKE '请打电话提醒选民：%'`, s.staff.PersonID); n != 1 {
		t.Errorf("the desk is asked to call %d times, want once: %s", n, s.titles(t, s.staff))
	}
}

// TestTheDeskSignsSomebodyUpForATalk: who has no WeChat takes seats at the desk, with the
// same consent, once, and not before those who stand in line.
func TestTheDeskSignsSomebodyUpForATalk(t *testing.T) {
	t.Parallel()
	s := newStreet(t, 2)
	talk := s.talkAt(t, wednesday(14, 0), 5)
	seats := func(name, phone string, party int) (*cabin.Booking, error) {
		return s.walkIn(t, name, func(n *mysql.WalkIn) {
			*n = mysql.WalkIn{Actor: n.Actor, Phone: phone, Name: n.Name, TalkID: talk.ID, Party: party}
		})
	}
	b, err := seats("k", herPhone, 2)
	if err != nil {
		t.Fatal(err)
	}
	if b.State != cabin.Confirmed || b.TalkID != talk.ID || b.Party != 2 || b.BookedBy != s.staff.PersonID || b.ResidentName != "王秀兰" || b.ResidentWeChat {
		t.Errorf("signed up %+v", b)
	}
	if again, err := seats("k", herPhone, 2); err != nil || again.ID != b.ID {
		t.Errorf("the same key: %+v, %v", again, err)
	}
	_, err = seats("twice", herPhone, 1)
	wantCode(t, "a second time", err, cabin.CodeConflict)
	if n := s.count(t, `SELECT COUNT(*) FROM proxy_consents WHERE person_id = ? AND matter_kind = 'booking' AND matter_id = ?`, b.ResidentID, b.ID); n != 1 {
		t.Errorf("%d consents are kept", n)
	}
	other := s.person(t, "s2", cabin.Grant{Role: cabin.Staff, ScopeID: 2})
	_, err = s.walkIn(t, "other", func(n *mysql.WalkIn) {
		*n = mysql.WalkIn{Actor: other, Phone: "13700137000", Name: "赵一", TalkID: talk.ID, Party: 1}
	})
	wantCode(t, "at another station's desk", err, cabin.CodeForbidden)
	_, err = seats("many", "13900139000", 4)
	wantCode(t, "more than are left", err, cabin.CodeSlotTaken)
	if e, _ := errors.AsType[*cabin.Error](err); strings.Contains(e.Message, "候补") {
		t.Errorf("the desk is told what only a phone can do: %v", err)
	}
	s.lineUp(t, s.residents[0], talk.ID, 4)
	_, err = seats("line", "13900139000", 1)
	wantCode(t, "before the line", err, cabin.CodeSlotTaken)
	s.checkSeats(t, talk.ID)
	s.noPhone(t)
}
