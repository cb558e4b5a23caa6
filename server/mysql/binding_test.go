package mysql_test

import (
	"fmt"
	"testing"

	"warmcabin/server/cabin"
	"warmcabin/server/mysql"
)

// A lost phone: its account is nobody's, and the person comes back by an invite with their
// roles and their past.
func TestALostPhone(t *testing.T) {
	t.Parallel()
	s := newStreet(t, 3)
	ctx := t.Context()
	admin := s.person(t, "admin", cabin.Grant{Role: cabin.Admin})
	who := s.deputy.PersonID
	rebind := func(code string) error {
		_, err := s.db.People.Invited(ctx, admin, mysql.NewInvite{Code: code, Kind: mysql.InviteRebind, PersonID: who})
		return err
	}
	if _, err := s.db.Feeds.New(ctx, s.deputy, 1); err != nil {
		t.Fatal(err)
	}
	s.exec(t, `INSERT INTO consents (person_id, template, credits, updated_at) VALUES (?, 'booking_requested', 3, '2026-11-01')`, who)
	wantCode(t, "while bound", rebind("EARLY"), cabin.CodeConflict)
	wantCode(t, "oneself", s.db.People.Unbind(ctx, admin, admin.PersonID), cabin.CodeConflict)
	wantCode(t, "a resident", s.db.People.Unbind(ctx, admin, s.residents[0].PersonID), cabin.CodeNotFound)
	for range 2 {
		if err := s.db.People.Unbind(ctx, admin, who); err != nil {
			t.Fatal(err)
		}
	}
	if n := s.count(t, `SELECT COUNT(*) FROM calendar_feeds`); n != 0 {
		t.Error("the lost phone's calendar goes on")
	}
	thief, err := s.db.People.Login(ctx, "odeputy", "")
	if err != nil || thief.ID == who {
		t.Fatalf("the lost phone is still %+v, %v", thief, err)
	}
	if a, _ := s.db.People.Actor(ctx, thief.ID); len(a.Grants) != 0 {
		t.Errorf("the lost phone may still %+v", a)
	}
	posts, err := s.db.People.Posts(ctx, cabin.Deputy)
	if err != nil || len(posts) != 2 || len(posts[0].Holders) != 1 || posts[0].Holders[0].Bound || len(posts[1].Holders) != 0 {
		t.Errorf("%+v, %v", posts, err)
	}
	if err := rebind("NEWPHONE"); err != nil {
		t.Fatal(err)
	}
	s.booked(t, s.residents[0], 2, wednesday(9, 0), "own")
	_, err = s.db.People.Redeem(ctx, s.residents[0].PersonID, "NEWPHONE")
	wantCode(t, "an account with a past of its own", err, cabin.CodeConflict)
	_, err = s.db.People.Redeem(ctx, s.staff.PersonID, "NEWPHONE")
	wantCode(t, "an account with a role of its own", err, cabin.CodeConflict)
	fresh, err := s.db.People.Login(ctx, "onewphone", "u9")
	if err != nil {
		t.Fatal(err)
	}
	done, err := s.db.People.Redeem(ctx, fresh.ID, "NEWPHONE")
	if err != nil || done.PersonID != who {
		t.Fatalf("%+v, %v", done, err)
	}
	if p, err := s.db.People.Login(ctx, "onewphone", ""); err != nil || p.ID != who || p.UnionID != "u9" {
		t.Errorf("the new phone is %+v, %v", p, err)
	}
	if a, _ := s.db.People.Actor(ctx, who); !a.Holds(cabin.Deputy, 1) {
		t.Errorf("the roles are lost: %+v", a)
	}
	if n := s.count(t, `SELECT credits FROM consents WHERE person_id = ?`, who); n != 0 {
		t.Error("WeChat's consents of another account are counted on")
	}
	_, err = s.db.People.Redeem(ctx, s.residents[1].PersonID, "NEWPHONE")
	wantCode(t, "the invite again", err, cabin.CodeInvalid)
}

// Two phones redeem one invite to be bound again at one moment: one is who it says.
func TestReboundAtOnce(t *testing.T) {
	t.Parallel()
	s := newStreet(t, 8)
	admin := s.person(t, "admin", cabin.Grant{Role: cabin.Admin})
	if err := s.db.People.Unbind(t.Context(), admin, s.deputy.PersonID); err != nil {
		t.Fatal(err)
	}
	if _, err := s.db.People.Invited(t.Context(), admin, mysql.NewInvite{Code: "ONE", Kind: mysql.InviteRebind, PersonID: s.deputy.PersonID}); err != nil {
		t.Fatal(err)
	}
	var calls []func() error
	for _, r := range s.residents {
		calls = append(calls, func() error { _, err := s.db.People.Redeem(t.Context(), r.PersonID, "ONE"); return err })
	}
	if n := tally(together(calls...)); n[""] != 1 || n[cabin.CodeInvalid] != 7 {
		t.Errorf("%v", n)
	}
	if n := s.count(t, `SELECT COUNT(*) FROM persons WHERE openid IS NULL`); n != 1 {
		t.Errorf("%d people have no account", n)
	}
}

// A role is handed over: the new one has it with its open matters, the old one has not, and
// an answer that was lost may be asked for again.
func TestHandingOver(t *testing.T) {
	t.Parallel()
	s := newStreet(t, 2)
	ctx := t.Context()
	admin := s.person(t, "admin", cabin.Grant{Role: cabin.Admin})
	g := cabin.Grant{Role: cabin.Deputy, ScopeID: 1}
	if _, err := s.request(t, s.residents[0], 1, wednesday(9, 0), "open"); err != nil {
		t.Fatal(err)
	}
	waiting := func(who int64) int {
		t.Helper()
		a, err := s.db.People.Actor(ctx, who)
		if err != nil {
			t.Fatal(err)
		}
		list, err := s.db.Bookings.OfDeputies(ctx, a.Scopes(cabin.Deputy), mysql.Waiting, mysql.Page{Limit: 9})
		if err != nil {
			t.Fatal(err)
		}
		return len(list)
	}
	over := func(code string) error {
		_, err := s.db.People.Invited(ctx, admin, mysql.NewInvite{Code: code, Kind: mysql.InviteHandover, PersonID: s.deputy.PersonID, Grant: g, ForName: "小周"})
		return err
	}
	if err := over("NEXT"); err != nil {
		t.Fatal(err)
	}
	next := s.residents[1].PersonID
	for range 2 {
		if done, err := s.db.People.Redeem(ctx, next, "NEXT"); err != nil || done.Grant != g {
			t.Fatalf("%+v, %v", done, err)
		}
	}
	if waiting(next) != 1 || waiting(s.deputy.PersonID) != 0 {
		t.Errorf("%d wait for the new one, %d for the old", waiting(next), waiting(s.deputy.PersonID))
	}
	for _, who := range []int64{next, s.deputy.PersonID} {
		if n := s.count(t, `SELECT COUNT(*) FROM notices WHERE person_id = ? AND matter_kind = 'role'`, who); n != 1 {
			t.Errorf("%d news of it for %d", n, who)
		}
	}
	wantCode(t, "what is not held any more", over("AGAIN"), cabin.CodeConflict)
	wantCode(t, "to a resident", s.db.People.HandOver(ctx, admin, next, s.residents[0].PersonID, g), cabin.CodeInvalid)
	wantCode(t, "to oneself", s.db.People.HandOver(ctx, admin, next, next, g), cabin.CodeConflict)
	if err := s.db.People.HandOver(ctx, admin, next, s.staff.PersonID, g); err != nil {
		t.Fatal(err)
	}
	if a, _ := s.db.People.Actor(ctx, s.staff.PersonID); !a.Holds(cabin.Deputy, 1) || !a.Has(cabin.Staff) {
		t.Errorf("several roles: %+v", a)
	}
	// Two invites to take over one role: the second finds it gone.
	for _, code := range []string{"FIRST", "SECOND"} {
		if _, err := s.db.People.Invited(ctx, admin, mysql.NewInvite{Code: code, Kind: mysql.InviteHandover, PersonID: s.staff.PersonID, Grant: g}); err != nil {
			t.Fatal(err)
		}
	}
	n := tally(together(func() error { _, err := s.db.People.Redeem(ctx, s.residents[0].PersonID, "FIRST"); return err },
		func() error { _, err := s.db.People.Redeem(ctx, s.residents[1].PersonID, "SECOND"); return err }))
	if n[""] != 1 || n[cabin.CodeInvalid] != 1 || s.count(t, `SELECT COUNT(*) FROM person_roles WHERE role = 'deputy' AND scope_id = 1`) != 1 {
		t.Errorf("two took over one role: %v", n)
	}
}

// The last admin cannot leave, however they try and however many try at one moment.
func TestTheLastAdmin(t *testing.T) {
	t.Parallel()
	s := newStreet(t, 0)
	g := cabin.Grant{Role: cabin.Admin}
	var admins []cabin.Actor
	for i := range 5 {
		admins = append(admins, s.person(t, fmt.Sprint("admin", i), g))
	}
	var calls []func() error
	for _, a := range admins {
		calls = append(calls, func() error { return s.db.People.Revoke(t.Context(), a, a.PersonID, g) })
	}
	if n := tally(together(calls...)); n[""] != 4 || n[cabin.CodeConflict] != 1 {
		t.Errorf("five leave at one moment: %v", n)
	}
	if n := s.count(t, `SELECT COUNT(*) FROM person_roles WHERE role = 'admin'`); n != 1 {
		t.Errorf("%d admins are left", n)
	}
}

func TestWithdrawnInvites(t *testing.T) {
	t.Parallel()
	s := newStreet(t, 1)
	admin := s.person(t, "admin", cabin.Grant{Role: cabin.Admin})
	if _, err := s.db.People.Invited(t.Context(), admin, mysql.NewInvite{Code: "PAPER", Grant: cabin.Grant{Role: cabin.Department, ScopeID: 1}, Life: mysql.PaperLife, ForName: "老王"}); err != nil {
		t.Fatal(err)
	}
	s.clock.Advance(mysql.InviteLife)
	posts, err := s.db.People.Posts(t.Context(), cabin.Department)
	if err != nil || len(posts[0].Invites) != 1 || posts[0].Invites[0].ForName != "老王" {
		t.Fatalf("%+v, %v", posts, err)
	}
	found, err := s.db.People.InviteOf(t.Context(), " paper")
	if err != nil || found.ID != posts[0].Invites[0].ID {
		t.Errorf("%+v, %v", found, err)
	}
	wantCode(t, "the first time", s.db.People.Withdraw(t.Context(), admin, found.ID), "")
	wantCode(t, "twice", s.db.People.Withdraw(t.Context(), admin, found.ID), cabin.CodeConflict)
	_, err = s.db.People.Redeem(t.Context(), s.residents[0].PersonID, "PAPER")
	wantCode(t, "a withdrawn one", err, cabin.CodeInvalid)
	_, err = s.db.People.InviteOf(t.Context(), "PAPER")
	wantCode(t, "looking for a withdrawn one", err, cabin.CodeNotFound)
	counts, err := s.db.People.PostCounts(t.Context())
	if err != nil || len(counts) != 7 || counts[0].Held != 1 || counts[0].Total != 2 {
		t.Errorf("%+v, %v", counts, err)
	}
}
