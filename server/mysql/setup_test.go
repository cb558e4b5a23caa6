package mysql_test

import (
	"errors"
	"strings"
	"testing"

	"warmcabin/server/cabin"
	"warmcabin/server/mysql"
	"warmcabin/server/mysql/dbtest"
)

// From an empty database to a street that serves people, by hand, and what the checklist
// says on the way.
func TestSettingUpByHand(t *testing.T) {
	t.Parallel()
	db, x := dbtest.New(t, dbtest.NewClock(monday))
	s := &street{db: db, x: x}
	admin := s.person(t, "admin", cabin.Grant{Role: cabin.Admin})
	states := func() map[string]cabin.SetupState {
		t.Helper()
		f, err := db.Offices.Setup(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		out := map[string]cabin.SetupState{}
		for _, step := range f.Setup() {
			out[step.ID] = step.State
		}
		return out
	}
	want := func(step string, state cabin.SetupState) {
		t.Helper()
		if got := states()[step]; got != state {
			t.Errorf("%s is %s, want %s", step, got, state)
		}
	}
	save := func(kind cabin.RosterKind, values ...string) int64 {
		t.Helper()
		id, err := db.Offices.SaveByHand(t.Context(), admin, kind, 0, values)
		if err != nil || id == 0 {
			t.Fatal(id, err)
		}
		return id
	}
	for _, step := range []string{"street", "stations", "departments", "communities", "categories", "deputies", "people", "backup"} {
		want(step, cabin.SetupTodo)
	}
	if err := db.Offices.SaveStreet(t.Context(), admin, "桥东街道"); err != nil {
		t.Fatal(err)
	}
	want("street", cabin.SetupDone)
	station := save(cabin.RosterStation, "中心站", "中心站", "", "和平路 1 号", "周一至周五", "0571-88880000", "", "", "接待室")
	want("stations", cabin.SetupDone)
	save(cabin.RosterDepartment, "城管科", "路灯")
	save(cabin.RosterCommunity, "和平社区", "中心站", "第一选区")
	if err := db.Offices.StartCategories(t.Context(), admin); err != nil {
		t.Fatal(err)
	}
	wantCode(t, "the categories twice", db.Offices.StartCategories(t.Context(), admin), cabin.CodeConflict)
	want("categories", cabin.SetupAdvice)
	deputy := save(cabin.RosterDeputy, "林晓", "13800000001", "区", "第一选区", "", "", "", "中心站", "心理健康", "面谈")
	want("deputies", cabin.SetupTodo)
	s.exec(t, `INSERT INTO deputy_hours (deputy_id, station_id, room_id, weekday, from_minute, to_minute, slot_minutes, service) VALUES (?, ?, 1, 3, 540, 720, 30, 'talk_one')`, deputy, station)
	want("deputies", cabin.SetupDone)
	want("needs", cabin.SetupAdvice)
	want("people", cabin.SetupTodo)
	s.person(t, "admin2", cabin.Grant{Role: cabin.Admin})
	s.person(t, "staff", cabin.Grant{Role: cabin.Staff, ScopeID: station})
	want("people", cabin.SetupAdvice)
	s.person(t, "both", cabin.Grant{Role: cabin.Department, ScopeID: 1}, cabin.Grant{Role: cabin.Deputy, ScopeID: deputy})
	want("people", cabin.SetupDone)
	want("presets", cabin.SetupAdvice)
	if err := errors.Join(db.Offices.Tick(t.Context(), admin, "presets", true), db.Offices.BackedUp(t.Context(), 7)); err != nil {
		t.Fatal(err)
	}
	want("presets", cabin.SetupDone)
	want("backup", cabin.SetupDone)
	if err := db.Offices.Tick(t.Context(), admin, "presets", false); err != nil {
		t.Fatal(err)
	}
	want("presets", cabin.SetupAdvice)
	wantCode(t, "a step that is judged", db.Offices.Tick(t.Context(), admin, "stations", true), cabin.CodeNotFound)

	// The deputy's phone is kept where it is left as it was shown, and all of it works.
	_, entries, err := db.Offices.Hand(t.Context(), cabin.RosterDeputy)
	if err != nil || len(entries) != 1 || entries[0].Values[1] != "13800000001" {
		t.Fatal(entries, err)
	}
	if _, err := db.Offices.SaveByHand(t.Context(), admin, cabin.RosterDeputy, deputy, []string{"林小晓", "138****0001", "区", "第一选区", "第十七届", "", "", "中心站", "心理健康、亲子关系", "面谈、电话"}); err != nil {
		t.Fatal(err)
	}
	d, err := db.Places.Deputy(t.Context(), deputy)
	if err != nil || d.Name != "林小晓" || len(d.Specialities) != 2 || len(d.Services) != 2 || d.Term != "第十七届" {
		t.Errorf("%+v, %v", d, err)
	}
	if n := s.count(t, `SELECT COUNT(*) FROM audit WHERE action = 'roster.save'`); n != 5 {
		t.Errorf("%d writings by hand in the audit", n)
	}
	if _, entries, _ = db.Offices.Hand(t.Context(), cabin.RosterDeputy); entries[0].Values[1] != "13800000001" {
		t.Errorf("the phone is lost: %v", entries[0].Values)
	}
}

// Two admins add the same department at one moment: there is one.
func TestByHandAtOnce(t *testing.T) {
	t.Parallel()
	s := newStreet(t, 0)
	admins := []cabin.Actor{s.person(t, "a1", cabin.Grant{Role: cabin.Admin}), s.person(t, "a2", cabin.Grant{Role: cabin.Admin})}
	var calls []func() error
	for i := range 8 {
		calls = append(calls, func() error {
			_, err := s.db.Offices.SaveByHand(t.Context(), admins[i%2], cabin.RosterDepartment, 0, []string{"民生科", ""})
			return err
		})
	}
	if n := tally(together(calls...)); n[""] != 1 || n[cabin.CodeConflict] != 7 {
		t.Errorf("%v", n)
	}
}

// What is closed is offered to nobody, keeps its past, and is not closed over people's heads.
func TestClosing(t *testing.T) {
	t.Parallel()
	s := newStreet(t, 2)
	ctx, admin := t.Context(), s.person(t, "admin", cabin.Grant{Role: cabin.Admin})
	refused := func(kind cabin.RosterKind, id int64, words ...string) {
		t.Helper()
		err := s.db.Offices.Close(ctx, admin, kind, id)
		wantCode(t, string(kind), err, cabin.CodeConflict)
		for _, w := range words {
			if err != nil && !strings.Contains(err.Error(), w) {
				t.Errorf("%v does not say %q", err, w)
			}
		}
	}
	b := s.booked(t, s.residents[0], 1, wednesday(9, 0), "a")
	refused(cabin.RosterDeputy, 1, "还有 1 个预约没有结束")
	refused(cabin.RosterStation, 1, "1 个社区", "2 位代表", "2 段每周的接待时间", "1 个预约")
	s.command(t, s.residents[0], b.ID, cabin.BookingCancel, cabin.Input{Reason: "有事"})
	invite := func(code string, g cabin.Grant) {
		if _, err := s.db.People.Invite(ctx, admin, code, g); err != nil {
			t.Fatal(err)
		}
	}
	invite("SOON", cabin.Grant{Role: cabin.Deputy, ScopeID: 1})
	for range 2 { // twice is fine
		if err := s.db.Offices.Close(ctx, admin, cabin.RosterDeputy, 1); err != nil {
			t.Fatal(err)
		}
	}
	if now, err := s.db.People.Actor(ctx, s.deputy.PersonID); err != nil || len(now.Grants) != 0 {
		t.Errorf("%+v, %v", now, err)
	}
	_, err := s.db.People.Redeem(ctx, s.residents[1].PersonID, "SOON")
	wantCode(t, "an invite to what was closed since", err, cabin.CodeInvalid)
	_, err = s.db.People.Invite(ctx, admin, "LATE", cabin.Grant{Role: cabin.Deputy, ScopeID: 1})
	wantCode(t, "an invite to what is closed", err, cabin.CodeInvalid)
	list, err := s.db.Places.Deputies(ctx, mysql.DeputyFilter{Limit: 10})
	if err != nil || len(list) != 1 || list[0].ID != 2 {
		t.Errorf("%+v, %v", list, err)
	}
	_, err = s.request(t, s.residents[1], 1, wednesday(10, 0), "b")
	wantCode(t, "booking who is closed", err, cabin.CodeInvalid)
	if old, _, err := s.db.Bookings.Get(ctx, s.residents[0], b.ID); err != nil || old.DeputyName != "林晓" {
		t.Errorf("the past: %+v, %v", old, err)
	}
	_, entries, err := s.db.Offices.Hand(ctx, cabin.RosterDeputy)
	if err != nil || entries[0].ClosedAt == nil || entries[1].ClosedAt != nil {
		t.Errorf("%+v, %v", entries, err)
	}
	if err := s.db.Offices.Reopen(ctx, admin, cabin.RosterDeputy, 1); err != nil {
		t.Fatal(err)
	}
	invite("BACK", cabin.Grant{Role: cabin.Deputy, ScopeID: 1})
	for _, kind := range []cabin.RosterKind{cabin.RosterCommunity, cabin.RosterDepartment} {
		wantCode(t, string(kind), s.db.Offices.Close(ctx, admin, kind, 1), cabin.CodeNotFound)
	}
	wantCode(t, "nothing", s.db.Offices.Close(ctx, admin, cabin.RosterStation, 99), cabin.CodeNotFound)
}

// A booking and the closing of its deputy at one moment: one of them loses, never both win.
func TestClosingAgainstBooking(t *testing.T) {
	t.Parallel()
	for range 5 {
		s := newStreet(t, 4)
		admin := s.person(t, "admin", cabin.Grant{Role: cabin.Admin})
		calls := []func() error{func() error { return s.db.Offices.Close(t.Context(), admin, cabin.RosterDeputy, 1) }}
		for i, r := range s.residents {
			calls = append(calls, func() error { _, err := s.request(t, r, 1, wednesday(9, 30*i), "x"); return err })
		}
		together(calls...)
		closed, open := s.count(t, `SELECT COUNT(*) FROM deputies WHERE id = 1 AND closed_at IS NOT NULL`), s.count(t, `SELECT COUNT(*) FROM bookings`)
		if closed == 1 && open > 0 || closed == 0 && open == 0 {
			t.Fatalf("closed %d with %d bookings", closed, open)
		}
	}
}
