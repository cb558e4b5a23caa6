package mysql_test

import (
	"fmt"
	"testing"
	"time"

	"warmcabin/server/cabin"
	"warmcabin/server/mysql"
)

func TestLogin(t *testing.T) {
	t.Parallel()
	s := newStreet(t, 0)
	ids := make([]int64, 10)
	codes := together(func() (calls []func() error) {
		for i := range ids {
			calls = append(calls, func() error { p, err := s.db.People.Login(t.Context(), "oNew", ""); ids[i] = p.ID; return err })
		}
		return
	}()...)
	if n := tally(codes); n[""] != 10 {
		t.Errorf("ten first logins at once: %v", n)
	}
	for _, id := range ids {
		if id != ids[0] {
			t.Fatalf("one identity became several people: %v", ids)
		}
	}
	p, err := s.db.People.Login(t.Context(), "oNew", "u1")
	if err != nil || p.UnionID != "u1" {
		t.Errorf("%+v, %v", p, err)
	}
	if p, err = s.db.People.Login(t.Context(), "oNew", ""); err != nil || p.UnionID != "u1" {
		t.Errorf("the unionid was forgotten: %+v, %v", p, err)
	}
	if p, err = s.db.People.Login(t.Context(), "onew", ""); err != nil || p.ID == ids[0] {
		t.Errorf("an openid's case matters: %+v, %v", p, err)
	}
	_, err = s.db.People.ByID(t.Context(), 999)
	wantCode(t, "nobody", err, cabin.CodeNotFound)
}

func TestInvites(t *testing.T) {
	t.Parallel()
	s := newStreet(t, 12)
	g := cabin.Grant{Role: cabin.Deputy, ScopeID: 1}
	invite := func(code string) {
		t.Helper()
		if _, err := s.db.People.Invite(t.Context(), cabin.TheSystem, code, g); err != nil {
			t.Fatal(err)
		}
	}
	redeem := func(a cabin.Actor, code string) error {
		_, err := s.db.People.Redeem(t.Context(), a.PersonID, code)
		return err
	}
	invite("ABCD-EFGH")
	wantCode(t, "a wrong code", redeem(s.residents[0], "ABCD-EFGX"), cabin.CodeInvalid)
	wantCode(t, "as typed from paper", redeem(s.residents[0], " abcd efgh"), "")
	wantCode(t, "a used code", redeem(s.residents[1], "ABCD-EFGH"), cabin.CodeInvalid)
	a, err := s.db.People.Actor(t.Context(), s.residents[0].PersonID)
	if err != nil || !a.Holds(cabin.Deputy, 1) {
		t.Errorf("%+v, %v", a, err)
	}
	invite("LATE")
	s.clock.Advance(mysql.InviteLife - time.Millisecond)
	wantCode(t, "the last moment", redeem(s.residents[2], "LATE"), "")
	invite("OVER")
	s.clock.Advance(mysql.InviteLife)
	wantCode(t, "an expired code", redeem(s.residents[2], "OVER"), cabin.CodeInvalid)
	invite("RACE")
	var calls []func() error
	for _, r := range s.residents {
		calls = append(calls, func() error { return redeem(r, "RACE") })
	}
	if n := tally(together(calls...)); n[""] != 1 || n[cabin.CodeInvalid] != 11 {
		t.Errorf("one code for twelve: %v", n)
	}
	if n := s.count(t, `SELECT COUNT(*) FROM invites WHERE used_by IS NOT NULL`); n != 3 {
		t.Errorf("%d invites used", n)
	}
	for what, g := range map[string]cabin.Grant{
		"no scope": {Role: cabin.Deputy}, "no such deputy": {Role: cabin.Deputy, ScopeID: 99}, "a resident": {Role: cabin.Resident},
		"the system": {Role: cabin.System}, "a scoped admin": {Role: cabin.Admin, ScopeID: 1}, "no role": {},
	} {
		_, err := s.db.People.Invite(t.Context(), cabin.TheSystem, "X"+what, g)
		wantCode(t, what, err, cabin.CodeInvalid)
	}
	if n := s.count(t, `SELECT COUNT(*) FROM audit WHERE action = 'role.grant' AND actor_id = ?`, s.residents[0].PersonID); n == 0 {
		t.Error("redeeming is not audited")
	}
}

func TestRevokeWorksAtOnce(t *testing.T) {
	t.Parallel()
	s := newStreet(t, 1)
	admin, second := s.person(t, "admin", cabin.Grant{Role: cabin.Admin}), s.person(t, "admin2", cabin.Grant{Role: cabin.Admin})
	g := cabin.Grant{Role: cabin.Deputy, ScopeID: 1}
	b := s.booked(t, s.residents[0], 1, wednesday(9, 0), "a")
	if err := s.db.People.Revoke(t.Context(), admin, s.deputy.PersonID, g); err != nil {
		t.Fatal(err)
	}
	now, err := s.db.People.Actor(t.Context(), s.deputy.PersonID)
	if err != nil || len(now.Grants) != 0 {
		t.Errorf("%+v, %v", now, err)
	}
	_, err = s.db.Bookings.Command(t.Context(), now, b.ID, cabin.BookingAccept, cabin.Input{})
	wantCode(t, "a deputy who was one a second ago", err, cabin.CodeNotFound)
	wantCode(t, "twice", s.db.People.Revoke(t.Context(), admin, s.deputy.PersonID, g), cabin.CodeNotFound)
	codes := together(func() error {
		return s.db.People.Revoke(t.Context(), admin, admin.PersonID, cabin.Grant{Role: cabin.Admin})
	},
		func() error {
			return s.db.People.Revoke(t.Context(), second, second.PersonID, cabin.Grant{Role: cabin.Admin})
		})
	if n := s.count(t, `SELECT COUNT(*) FROM person_roles WHERE role = 'admin'`); n != 1 {
		t.Errorf("%d admins are left after %v", n, codes)
	}
}

func TestWorkers(t *testing.T) {
	t.Parallel()
	s := newStreet(t, 3)
	for i := range 7 {
		s.person(t, fmt.Sprint("w", i), cabin.Grant{Role: cabin.Community, ScopeID: 1}, cabin.Grant{Role: cabin.Liaison, ScopeID: 1})
	}
	var all []mysql.Worker
	for after := int64(0); ; {
		page, err := s.db.People.Workers(t.Context(), after, 4)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, page...)
		if len(page) < 4 {
			break
		}
		after = page[len(page)-1].ID
	}
	if len(all) != 9 { // deputy, staff and seven
		t.Errorf("%d workers", len(all))
	}
	last := all[len(all)-1]
	if len(last.Grants) != 2 || last.Grants[0].ScopeName != "梧桐社区" || last.Grants[1].Role != cabin.Liaison {
		t.Errorf("%+v", last)
	}
	gs, err := s.db.People.Grants(t.Context(), s.staff.PersonID)
	if err != nil || len(gs) != 1 || gs[0].ScopeName != "" {
		t.Errorf("%+v, %v", gs, err)
	}
}

// TestEverythingHoldsFourBytes writes rare characters and emoji wherever people write.
func TestEverythingHoldsFourBytes(t *testing.T) {
	t.Parallel()
	s := newStreet(t, 1)
	r, rare := s.residents[0], "𠮷龘👩‍⚕️🏳️‍🌈"
	if err := s.db.People.Rename(t.Context(), r.PersonID, rare); err != nil {
		t.Fatal(err)
	}
	if p, err := s.db.People.ByID(t.Context(), r.PersonID); err != nil || p.Name != rare {
		t.Errorf("%q, %v", p.Name, err)
	}
	b, err := s.db.Bookings.Request(t.Context(), key(r, "a"), mysql.NewBooking{ResidentID: r.PersonID, DeputyID: 1, Start: wednesday(9, 0), Topic: rare, Note: rare})
	if err != nil || b.Topic != rare || b.Note != rare || b.ResidentName != rare {
		t.Errorf("%+v, %v", b, err)
	}
	s.command(t, s.deputy, b.ID, cabin.BookingDecline, cabin.Input{Reason: rare})
	_, events, err := s.db.Bookings.Get(t.Context(), r, b.ID)
	if err != nil || events[0].Note != rare {
		t.Errorf("%+v, %v", events, err)
	}
	inbox, err := s.db.Notices.List(t.Context(), r.PersonID, 0, 10)
	if err != nil || len(inbox) != 1 || inbox[0].Body[len(inbox[0].Body)-len(rare):] != rare {
		t.Errorf("%+v, %v", inbox, err)
	}
	pushes, _, err := s.db.Outbox.Claim(t.Context(), 10, time.Minute, nil)
	if err != nil || len(pushes) != 2 || pushes[0].Values["topic"] != rare || pushes[1].Values["remark"] != rare {
		t.Errorf("%+v, %v", pushes, err)
	}
	m, err := s.db.Reports.Submit(t.Context(), key(r, "m"), mysql.NewReport{ReporterID: r.PersonID, CategoryID: 1, Body: rare, PlaceText: rare})
	if err != nil || m.Body != rare || m.PlaceText != rare {
		t.Errorf("%+v, %v", m, err)
	}
	// Different emoji are different words to a search and to a key.
	s.exec(t, `INSERT INTO departments (name) VALUES ('😀'), ('😁')`)
	if n := s.count(t, `SELECT COUNT(*) FROM departments WHERE name = '😀'`); n != 1 {
		t.Errorf("%d departments are 😀", n)
	}
}

func TestInbox(t *testing.T) {
	t.Parallel()
	s := newStreet(t, 2)
	r := s.residents[0]
	for i := range 5 {
		s.exec(t, `INSERT INTO notices (person_id, matter_kind, matter_id, title, body, page, created_at) VALUES (?, 'booking', ?, 't', 'b', '/p', '2026-11-01')`, r.PersonID, i)
	}
	other := s.residents[1].PersonID
	s.exec(t, `INSERT INTO notices (person_id, matter_kind, matter_id, title, body, page, created_at) VALUES (?, 'booking', 1, 't', 'b', '/p', '2026-11-01')`, other)
	first, err := s.db.Notices.List(t.Context(), r.PersonID, 0, 3)
	if err != nil || len(first) != 3 || first[0].MatterID != 4 {
		t.Errorf("%+v, %v", first, err)
	}
	rest, err := s.db.Notices.List(t.Context(), r.PersonID, first[2].ID, 3)
	if err != nil || len(rest) != 2 || rest[1].MatterID != 0 {
		t.Errorf("%+v, %v", rest, err)
	}
	if err := s.db.Notices.Read(t.Context(), r.PersonID, []int64{first[0].ID, first[1].ID, s.lastNotice(t, other)}); err != nil {
		t.Fatal(err)
	}
	if n, _ := s.db.Notices.Unread(t.Context(), r.PersonID); n != 3 {
		t.Errorf("%d unread", n)
	}
	if err := s.db.Notices.Read(t.Context(), r.PersonID, nil); err != nil {
		t.Fatal(err)
	}
	if n, _ := s.db.Notices.Unread(t.Context(), r.PersonID); n != 0 {
		t.Errorf("%d unread", n)
	}
	if n, _ := s.db.Notices.Unread(t.Context(), other); n != 1 {
		t.Error("somebody read another's inbox")
	}
}

func (s *street) lastNotice(t testing.TB, person int64) int64 {
	return int64(s.count(t, `SELECT MAX(id) FROM notices WHERE person_id = ?`, person))
}

func TestFindDeputies(t *testing.T) {
	t.Parallel()
	s := newStreet(t, 1)
	s.exec(t, `INSERT INTO specialities (id, name) VALUES (1, '心理健康'), (2, '创业指导')`)
	s.exec(t, `INSERT INTO deputy_specialities VALUES (1, 1), (2, 2)`)
	s.exec(t, `INSERT INTO deputy_services VALUES (1, 'talk_one'), (2, 'phone')`)
	s.exec(t, `INSERT INTO needs VALUES ('睡不好', 1, 1), ('想创业', 2, 2)`)
	s.booked(t, s.residents[0], 1, wednesday(9, 0), "a")
	for _, c := range []struct {
		f    mysql.DeputyFilter
		want []int64
	}{
		{mysql.DeputyFilter{}, []int64{1, 2}}, {mysql.DeputyFilter{Need: "最近老是睡不好觉"}, []int64{1}}, {mysql.DeputyFilter{Need: "创业"}, []int64{2}},
		{mysql.DeputyFilter{Need: "钓鱼"}, nil}, {mysql.DeputyFilter{Query: "林"}, []int64{1}}, {mysql.DeputyFilter{Query: "创业"}, []int64{2}},
		{mysql.DeputyFilter{Query: "%"}, nil}, {mysql.DeputyFilter{Query: "_"}, nil}, {mysql.DeputyFilter{Query: `\`}, nil}, {mysql.DeputyFilter{Query: `' OR 1=1 -- `}, nil},
		{mysql.DeputyFilter{StationID: 9}, nil}, {mysql.DeputyFilter{After: 1}, []int64{2}}, {mysql.DeputyFilter{Query: "林", Need: "睡不好", StationID: 1}, []int64{1}},
	} {
		c.f.Limit = 10
		list, err := s.db.Places.Deputies(t.Context(), c.f)
		var ids []int64
		for _, d := range list {
			ids = append(ids, d.ID)
		}
		if err != nil || fmt.Sprint(ids) != fmt.Sprint(c.want) {
			t.Errorf("%+v: %v, %v, want %v", c.f, ids, err, c.want)
		}
		if c.f.Need == "最近老是睡不好觉" && (list[0].Reason != "擅长“心理健康”，和您说的“睡不好”有关" || !list[0].Earliest.Start.Equal(wednesday(9, 30))) {
			t.Errorf("%+v", list[0])
		}
	}
	_, err := s.db.Places.Deputy(t.Context(), 99)
	wantCode(t, "no such deputy", err, cabin.CodeNotFound)
}
