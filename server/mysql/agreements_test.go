package mysql_test

import (
	"crypto/rand"
	"fmt"
	"testing"
	"time"

	"warmcabin/server/cabin"
	"warmcabin/server/mysql"
)

var adminGrant = cabin.Grant{Role: cabin.Admin}

func (s *street) ask(t testing.TB, asker cabin.Actor, a cabin.Agreement) *cabin.Agreement {
	t.Helper()
	a.Reason = "工作需要，已在例会上说过"
	asked, err := s.db.Agreements.Ask(t.Context(), key(asker, rand.Text()), asker, a)
	if err != nil {
		t.Fatal(err)
	}
	return asked
}

// Every command × who answers it: the other admin alone, whoever else tries. What is agreed
// to is done, and what was only asked for or refused is not.
func TestWhoAnswersWhat(t *testing.T) {
	t.Parallel()
	for _, rule := range cabin.AgreementRules {
		t.Run(string(rule.Command), func(t *testing.T) {
			t.Parallel()
			s := newStreet(t, 2)
			asker, other, third := s.person(t, "asker", adminGrant), s.person(t, "other", adminGrant), s.person(t, "third", adminGrant)
			nobody := s.person(t, "nobody")
			if err := s.db.Factors.Begin(t.Context(), third.PersonID, cabin.NewFactorSecret()); err != nil {
				t.Fatal(err)
			}
			s.exec(t, `UPDATE second_factors SET sealed = pending, confirmed_at = ?`, s.clock.Now())
			a := cabin.Agreement{Command: rule.Command, ForName: "小周"}
			if rule.Person {
				a.PersonID = third.PersonID
			}
			switch rule.Command {
			case cabin.AgreeRebind:
				s.exec(t, `UPDATE persons SET openid = NULL WHERE id = ?`, third.PersonID)
			case cabin.AgreeContacts, cabin.AgreeBooked:
				a.Filters = `{"from":"2026-11-01","to":"2026-11-30"}`
			}
			done := func() int {
				return s.count(t, `SELECT (SELECT COUNT(*) FROM invites) + (SELECT COUNT(*) FROM exports) + (SELECT 3 - COUNT(*) FROM person_roles WHERE role = 'admin')
					+ (SELECT 1 - COUNT(*) FROM second_factors) + (SELECT COUNT(*) FROM audit WHERE action = 'person.unbind')`)
			}
			asked := s.ask(t, asker, a)
			same := asker
			for who, actor := range map[string]cabin.Actor{"the asker": asker, "the asker's other phone": same, "staff": s.staff, "the deputy": s.deputy, "a resident": s.residents[0], "nobody": nobody, "an admin whose role sleeps": other.Sleep()} {
				for _, agree := range []bool{true, false} {
					_, err := s.db.Agreements.Answer(t.Context(), actor, asked.ID, agree, "")
					wantCode(t, who, err, cabin.CodeForbidden)
				}
				if err := s.db.Agreements.Withdraw(t.Context(), actor, asked.ID); who != "the asker" && who != "the asker's other phone" {
					wantCode(t, who+" withdraws", err, cabin.CodeForbidden)
				} else if err == nil {
					asked = s.ask(t, asker, a)
				}
			}
			refused := s.ask(t, asker, a)
			if got, err := s.db.Agreements.Answer(t.Context(), other, refused.ID, false, "先不办"); err != nil || got.State != cabin.AgreementRefused {
				t.Errorf("%+v %v", got, err)
			}
			if n := done(); n != 0 {
				t.Fatalf("%d things were done that nobody agreed to", n)
			}
			got, err := s.db.Agreements.Answer(t.Context(), other, asked.ID, true, "")
			if err != nil || got.State != cabin.AgreementAgreed || *got.AnsweredBy != other.PersonID || done() != 1 {
				t.Fatalf("%+v %v, %d done", got, err, done())
			}
			if again, err := s.db.Agreements.Answer(t.Context(), other, asked.ID, true, ""); err != nil || again.State != cabin.AgreementAgreed || done() != 1 {
				t.Errorf("the same answer again: %v, %d done", err, done())
			}
			_, err = s.db.Agreements.Answer(t.Context(), other, asked.ID, false, "")
			wantCode(t, "refused after it was agreed to", err, cabin.CodeConflict)
			if n := s.count(t, `SELECT COUNT(*) FROM notices WHERE matter_kind = 'agreement' AND matter_id = ? AND person_id = ?`, asked.ID, asker.PersonID); n != 1 {
				t.Errorf("the asker is told %d times", n)
			}
			if n := s.count(t, `SELECT COUNT(*) FROM audit WHERE object_kind = 'agreement' AND object_id = ? AND action IN ('agreement.ask', 'agreement.agreed')`, asked.ID); n != 2 {
				t.Errorf("%d rows in the audit", n)
			}
		})
	}
}

// Two admins agree at one moment: it is done once.
func TestTwoAgreeAtOnce(t *testing.T) {
	t.Parallel()
	s := newStreet(t, 0)
	asker := s.person(t, "asker", adminGrant)
	var others []cabin.Actor
	for i := range 6 {
		others = append(others, s.person(t, fmt.Sprint("other", i), adminGrant))
	}
	for round := range 5 {
		asked := s.ask(t, asker, cabin.Agreement{Command: cabin.AgreeInvite})
		var answers []func() error
		for i, o := range others {
			answers = append(answers, func() error {
				_, err := s.db.Agreements.Answer(t.Context(), o, asked.ID, i != 5, "")
				return err
			})
		}
		codes := together(answers...)
		won := 0
		for _, c := range codes {
			if c == "" {
				won++
			}
		}
		if n := s.count(t, `SELECT COUNT(*) FROM invites WHERE agreement_id = ?`, asked.ID); won != 1 || n > 1 {
			t.Errorf("round %d: %v, %d invites", round, codes, n)
		}
	}
}

// The database itself refuses an answer of who asked.
func TestNobodyAnswersTheirOwnQuestionBehindTheProduct(t *testing.T) {
	t.Parallel()
	s := newStreet(t, 0)
	asker := s.person(t, "asker", adminGrant)
	s.person(t, "other", adminGrant)
	asked := s.ask(t, asker, cabin.Agreement{Command: cabin.AgreeInvite})
	for _, q := range []string{`UPDATE agreements SET state = 'agreed', answered_by = asker_id WHERE id = ?`, `UPDATE agreements SET state = 'agreed' WHERE id = ?`, `UPDATE agreements SET answered_by = asker_id WHERE id = ?`} {
		if _, err := s.x.Exec(q, asked.ID); err == nil {
			t.Errorf("%s went through", q)
		}
	}
}

// What changed meanwhile is seen when it is agreed to; what nobody answers ends.
func TestAgreedTooLate(t *testing.T) {
	t.Parallel()
	s := newStreet(t, 1)
	asker, other, third := s.person(t, "asker", adminGrant), s.person(t, "other", adminGrant), s.person(t, "third", adminGrant)
	for what, change := range map[string]struct{ do, undo string }{
		"the asker is no admin any more":    {`DELETE FROM person_roles WHERE role = 'admin' AND person_id = %[1]d`, `INSERT INTO person_roles (person_id, role, scope_id, granted_by, granted_at) VALUES (%[1]d, 'admin', 0, 0, NOW())`},
		"the asker was unbound":             {`UPDATE persons SET openid = NULL WHERE id = %[1]d`, `UPDATE persons SET openid = 'again' WHERE id = %[1]d`},
		"whom it is about is none any more": {`DELETE FROM person_roles WHERE role = 'admin' AND person_id = %[2]d`, `INSERT INTO person_roles (person_id, role, scope_id, granted_by, granted_at) VALUES (%[2]d, 'admin', 0, 0, NOW())`},
	} {
		asked := s.ask(t, asker, cabin.Agreement{Command: cabin.AgreeRevoke, PersonID: third.PersonID})
		s.exec(t, fmt.Sprintf(change.do+` -- %[1]d %[2]d`, asker.PersonID, third.PersonID))
		_, err := s.db.Agreements.Answer(t.Context(), other, asked.ID, true, "")
		wantCode(t, what, err, cabin.CodeConflict)
		if now, err := s.db.Agreements.Get(t.Context(), asked.ID); err != nil || now.State != cabin.AgreementVoid {
			t.Errorf("%s: %+v %v", what, now, err)
		}
		s.exec(t, fmt.Sprintf(change.undo+` -- %[1]d %[2]d`, asker.PersonID, third.PersonID))
	}
	// Seven days.
	asked := s.ask(t, asker, cabin.Agreement{Command: cabin.AgreeInvite})
	s.clock.Advance(7 * 24 * time.Hour)
	_, err := s.db.Agreements.Answer(t.Context(), other, asked.ID, true, "")
	wantCode(t, "a week later", err, cabin.CodeConflict)
	for want := range 2 {
		if n, err := s.db.Agreements.Due(t.Context(), 20); err != nil || n != 1-want {
			t.Errorf("%d ended, %v", n, err)
		}
	}
	if now, err := s.db.Agreements.Get(t.Context(), asked.ID); err != nil || now.State != cabin.AgreementExpired || now.AnsweredBy != nil {
		t.Errorf("%+v %v", now, err)
	}
	if n := s.count(t, `SELECT COUNT(*) FROM notices WHERE matter_kind = 'agreement' AND matter_id = ? AND person_id = ?`, asked.ID, asker.PersonID); n != 1 {
		t.Errorf("the asker is told %d times", n)
	}
}

// The first two admins are made without anybody's agreement; however many invites the only
// admin made, the third takes two.
func TestTheFirstTwoAdmins(t *testing.T) {
	t.Parallel()
	s := newStreet(t, 0)
	first := s.person(t, "first", adminGrant)
	_, err := s.db.Agreements.Ask(t.Context(), key(first, "alone"), first, cabin.Agreement{Command: cabin.AgreeInvite, Reason: "再来一位"})
	wantCode(t, "the only admin asks", err, cabin.CodeConflict)
	var redeems []func() error
	for i := range 6 {
		code := fmt.Sprintf("AAAAA-AAA%02d", i)
		if _, err := s.db.People.Invite(t.Context(), first, code, adminGrant); err != nil {
			t.Fatal(err)
		}
		newcomer := s.person(t, fmt.Sprint("new", i))
		redeems = append(redeems, func() error {
			_, err := s.db.People.Redeem(t.Context(), newcomer.PersonID, code)
			return err
		})
	}
	codes := together(redeems...)
	if n := s.count(t, `SELECT COUNT(*) FROM person_roles WHERE role = 'admin'`); n != 2 {
		t.Errorf("%d admins after %v", n, codes)
	}
	_, err = s.db.People.Invite(t.Context(), first, "BBBBB-BBBBB", adminGrant)
	wantCode(t, "a third by one", err, cabin.CodeFourEyes)
	_, err = s.db.People.Invited(t.Context(), first, mysql.NewInvite{Code: "CCCCC-CCCCC", Kind: mysql.InviteHandover, Grant: adminGrant, PersonID: first.PersonID})
	wantCode(t, "their own role to somebody new", err, cabin.CodeFourEyes)
	// The operator's command is the way out.
	if _, err := s.db.People.Invite(t.Context(), cabin.TheSystem, "DDDDD-DDDDD", adminGrant); err != nil {
		t.Fatal(err)
	}
	if _, err := s.db.People.Redeem(t.Context(), s.person(t, "by the operator").PersonID, "DDDDD-DDDDD"); err != nil {
		t.Error(err)
	}
}

// On a Galera cluster a lock is seen on its own node only: of two transactions that meet one is
// refused when both wrote a row. So whatever makes an admin, unmakes one or counts them writes
// the one row of office_turns; what it would decide otherwise is then decided anew.
func TestWhoeverCountsAdminsWritesOneRow(t *testing.T) {
	t.Parallel()
	s := newStreet(t, 0)
	ctx := t.Context()
	turn := func() int { return s.count(t, `SELECT COALESCE(MAX(turn), 0) FROM office_turns`) }
	wrote := func(what string, do func() error) {
		t.Helper()
		before := turn()
		if err := do(); err != nil {
			t.Errorf("%s: %v", what, err)
		}
		if turn() == before {
			t.Errorf("%s writes no row that another node would compare", what)
		}
	}
	redeem := func(p cabin.Actor, code string) func() error {
		return func() error { _, err := s.db.People.Redeem(ctx, p.PersonID, code); return err }
	}
	first, second, third, fourth := s.person(t, "first", adminGrant), s.person(t, "second"), s.person(t, "third"), s.person(t, "fourth")
	wrote("an invite by the only admin", func() error { _, err := s.db.People.Invite(ctx, first, "AAAAA-AAAAA", adminGrant); return err })
	wrote("its redemption", redeem(second, "AAAAA-AAAAA"))
	second.Grants = []cabin.Grant{adminGrant}
	if _, err := s.db.People.Invite(ctx, cabin.TheSystem, "BBBBB-BBBBB", adminGrant); err != nil {
		t.Fatal(err)
	}
	wrote("the operator's invite", redeem(third, "BBBBB-BBBBB"))
	agreed := func(a cabin.Agreement) *cabin.Agreement {
		var got *cabin.Agreement
		asked := s.ask(t, first, a)
		wrote("agreeing to "+string(a.Command), func() (err error) { got, err = s.db.Agreements.Answer(ctx, second, asked.ID, true, ""); return err })
		return got
	}
	invite := agreed(cabin.Agreement{Command: cabin.AgreeInvite})
	code, _, err := s.db.Agreements.Code(ctx, first, invite)
	if err != nil || code == "" {
		t.Fatal(code, err)
	}
	wrote("the invite that two agreed to", redeem(fourth, code))
	agreed(cabin.Agreement{Command: cabin.AgreeUnbind, PersonID: fourth.PersonID})
	rebind := agreed(cabin.Agreement{Command: cabin.AgreeRebind, PersonID: fourth.PersonID})
	if code, _, err = s.db.Agreements.Code(ctx, first, rebind); err != nil {
		t.Fatal(err)
	}
	wrote("a phone that becomes an unbound admin's", redeem(s.person(t, "the new phone"), code))
	agreed(cabin.Agreement{Command: cabin.AgreeHandover, PersonID: fourth.PersonID, ToID: s.staff.PersonID})
	agreed(cabin.Agreement{Command: cabin.AgreeRevoke, PersonID: s.staff.PersonID})
	wrote("who resigns", func() error { return s.db.People.Revoke(ctx, third, third.PersonID, adminGrant) })
	wrote("who is refused for being two", func() error {
		if err := s.db.People.Revoke(ctx, first, second.PersonID, adminGrant); cabin.CodeOf(err) != cabin.CodeFourEyes {
			return fmt.Errorf("alone: %w", err)
		}
		return s.db.People.Revoke(ctx, second, second.PersonID, adminGrant)
	})
}

// Requests that would each be right alone: whichever comes second is held against what the
// first one left.
func TestAgreementsThatWouldTakeTooMuch(t *testing.T) {
	t.Parallel()
	for round := range 4 {
		s := newStreet(t, 0)
		a, b, c := s.person(t, "a", adminGrant), s.person(t, "b", adminGrant), s.person(t, "c", adminGrant)
		// A wants B gone and B wants A gone; C agrees to both, on two phones at one moment.
		one, other := s.ask(t, a, cabin.Agreement{Command: cabin.AgreeRevoke, PersonID: b.PersonID}), s.ask(t, b, cabin.Agreement{Command: cabin.AgreeRevoke, PersonID: a.PersonID})
		codes := tally(together(
			func() error { _, err := s.db.Agreements.Answer(t.Context(), c, one.ID, true, ""); return err },
			func() error { _, err := s.db.Agreements.Answer(t.Context(), c, other.ID, true, ""); return err }))
		if n := s.count(t, `SELECT COUNT(*) FROM person_roles WHERE role = 'admin'`); n != 2 || codes[""] != 1 || codes[cabin.CodeConflict] != 1 {
			t.Errorf("round %d: %d admins are left after %v", round, n, codes)
		}
	}
}

// The last admin is the last who can log in: one whose phone was unbound cannot take over.
func TestTheLastAdminWhoCanLogIn(t *testing.T) {
	t.Parallel()
	s := newStreet(t, 0)
	lost, here := s.person(t, "lost", adminGrant), s.person(t, "here", adminGrant)
	s.exec(t, `UPDATE persons SET openid = NULL WHERE id = ?`, lost.PersonID)
	wantCode(t, "the last who can log in", s.db.People.Revoke(t.Context(), here, here.PersonID, adminGrant), cabin.CodeConflict)
	if err := s.db.People.Revoke(t.Context(), here, lost.PersonID, adminGrant); err != nil {
		t.Error("the other one cannot be taken away:", err)
	}
}

// A page of the list of who booked that is written twice, by a worker that took over, tells
// nobody twice; who left no phone is told nothing, and who asked does not tell themselves.
func TestAPageOfWhoBookedIsWrittenTwice(t *testing.T) {
	t.Parallel()
	s := newStreet(t, 2)
	admin, other := s.person(t, "admin", adminGrant), s.person(t, "other", adminGrant)
	with, without := s.residents[0], s.residents[1]
	if err := s.db.People.SavePhone(t.Context(), with.PersonID, "13800138000"); err != nil {
		t.Fatal(err)
	}
	first, second := s.booked(t, with, 1, wednesday(9, 30), "with"), s.booked(t, without, 1, wednesday(10, 0), "without")
	asked := s.ask(t, admin, cabin.Agreement{Command: cabin.AgreeBooked, Filters: `{"from":"2026-11-25","to":"2026-11-25"}`})
	agreed, err := s.db.Agreements.Answer(t.Context(), other, asked.ID, true, "")
	if err != nil {
		t.Fatal(err)
	}
	e, err := s.db.Exports.Get(t.Context(), admin.PersonID, agreed.ObjectID)
	if err != nil || e.List != cabin.ExportBookingContacts {
		t.Fatalf("%+v %v", e, err)
	}
	for range 2 {
		rows, last, err := s.db.Exports.Page(t.Context(), e, cabin.ExportScope{All: true}, 0, 10)
		if err != nil || last != 0 || len(rows) != 2 || rows[0][0] != first.Number() || rows[0][3] != "13800138000" || rows[1][3] != "" {
			t.Fatalf("%v %d %v", rows, last, err)
		}
		if len(rows[0]) != len(cabin.ExportOf(e.List).Columns) {
			t.Errorf("a row of %d cells under %d columns", len(rows[0]), len(cabin.ExportOf(e.List).Columns))
		}
	}
	for b, want := range map[*cabin.Booking]int{first: 1, second: 0} {
		events := s.count(t, `SELECT COUNT(*) FROM booking_events WHERE booking_id = ? AND command = 'contact' AND actor_role = 'admin' AND note = ?`, b.ID, asked.Reason)
		told := s.count(t, `SELECT COUNT(*) FROM notices WHERE person_id = ? AND title = '有人查看了您的联系电话'`, b.ResidentID)
		if events != want || told != want {
			t.Errorf("%d events, %d notices, want %d of each", events, told, want)
		}
	}
	if n := s.count(t, `SELECT COUNT(*) FROM audit WHERE action = 'contact.export' AND object_id = ?`, e.ID); n != 2 {
		t.Errorf("%d rows of the audit", n)
	}
	day := s.ask(t, admin, cabin.Agreement{Command: cabin.AgreeBooked, Filters: `{"from":"2026-11-26","to":"2026-11-30"}`})
	if agreed, err = s.db.Agreements.Answer(t.Context(), other, day.ID, true, ""); err != nil {
		t.Fatal(err)
	}
	if e, err = s.db.Exports.Get(t.Context(), admin.PersonID, agreed.ObjectID); err != nil {
		t.Fatal(err)
	}
	if rows, _, err := s.db.Exports.Page(t.Context(), e, cabin.ExportScope{All: true}, 0, 10); err != nil || len(rows) != 0 {
		t.Errorf("other days hold %v %v", rows, err)
	}
}
