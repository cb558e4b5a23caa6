package mysql

import (
	"context"
	"encoding/json"
	"slices"
	"time"

	"warmcabin/server/cabin"
)

// Agreements are what two admins must agree to (四眼).
type Agreements struct{ db *DB }

const agreementColumns = `ag.id, ag.command, ag.asker_id, ag.person_id, ag.to_id, ag.for_name, ag.filters, ag.reason, ag.state, ag.answered_by, ag.answered_at, ag.answer, ag.object_id, ag.sealed, ag.created_at, ag.expires_at,
	COALESCE((SELECT name FROM persons p WHERE p.id = ag.asker_id), '') AS asker_name, COALESCE((SELECT name FROM persons p WHERE p.id = ag.person_id), '') AS person_name,
	COALESCE((SELECT name FROM persons p WHERE p.id = ag.to_id), '') AS to_name, COALESCE((SELECT name FROM persons p WHERE p.id = ag.answered_by), '') AS answer_name`

// codeOwner is whom an invite's code is sealed for.
func codeOwner(agreementID int64) int64 { return 1<<60 | 4<<56 | agreementID }

// admins locks the office and reads who holds the admin's role and can log in. Whoever makes
// an admin or unmakes one does this first, so that two of them are counted one by one.
func (tx *Tx) admins() (ids []int64, err error) {
	if err := tx.oneOffice(); err != nil {
		return nil, err
	}
	err = tx.selectAll(&ids, `SELECT DISTINCT r.person_id FROM person_roles r JOIN persons p ON p.id = r.person_id AND p.openid IS NOT NULL WHERE r.role = ? ORDER BY r.person_id`, cabin.Admin)
	return ids, err
}

// alone refuses (CodeFourEyes) what two admins must agree to, where there are two. The
// operator's command, the System, is let through: it is the way out when nobody can agree.
func (tx *Tx) alone(actor cabin.Actor) error {
	if actor.System {
		return nil
	}
	ids, err := tx.admins()
	if err == nil && len(ids) >= 2 {
		err = cabin.E(cabin.CodeFourEyes, "这件事要两位管理员同意。请写明理由提出申请，另一位同意后马上办好。")
	}
	return err
}

// isAdmin tells whether a person holds the admin's role, whether or not they can log in.
func (tx *Tx) isAdmin(personID int64) (bool, error) {
	var held []int64
	err := tx.selectAll(&held, `SELECT person_id FROM person_roles WHERE person_id = ? AND role = ?`, personID, cabin.Admin)
	return len(held) > 0, err
}

// makesAdmin tells whether an invite leads to the admin's role.
func (tx *Tx) makesAdmin(kind string, personID int64, g cabin.Grant) (bool, error) {
	if kind == InviteRebind {
		return tx.isAdmin(personID)
	}
	return g.Role == cabin.Admin, nil
}

// Ask asks the other admins, once for a key. CodeInvalid for a reason too short or a person
// whom it cannot be about; CodeConflict where the only admin does it alone, or nobody is
// there to agree.
func (s Agreements) Ask(ctx context.Context, k Key, actor cabin.Actor, a cabin.Agreement) (*cabin.Agreement, error) {
	rule := cabin.AgreementRuleOf(a.Command)
	if rule == nil {
		return nil, cabin.Invalid("command", "没有这件事。")
	}
	if err := cabin.CheckText("reason", a.Reason, cabin.MinAgreementReason, cabin.MaxAgreementReason); err != nil {
		return nil, err
	}
	if err := cabin.CheckText("forName", a.ForName, 0, cabin.MaxName); err != nil {
		return nil, err
	}
	if rule.List != "" {
		if err := contactFilters(a.Filters); err != nil {
			return nil, err
		}
	}
	id, err := s.db.createOnce(ctx, k, func(tx *Tx) (int64, error) {
		others, err := tx.admins()
		if err != nil {
			return 0, err
		}
		if len(others) < 2 {
			if rule.Lone {
				return 0, cabin.E(cabin.CodeConflict, "现在只有一位管理员，不用申请，直接办就可以。")
			}
			return 0, cabin.E(cabin.CodeConflict, "现在只有一位管理员，没有人可以同意。请先邀请第二位。")
		}
		if err := tx.agreeable(actor, &a); err != nil {
			return 0, err
		}
		expires := tx.Now.Add(tx.presets().AgreeWithin)
		id, err := tx.insert(`INSERT INTO agreements (command, asker_id, person_id, to_id, for_name, filters, reason, state, created_at, expires_at, due_at) VALUES (?,?,?,?,?,?,?,?,?,?,?)`,
			a.Command, actor.PersonID, a.PersonID, a.ToID, a.ForName, a.Filters, a.Reason, cabin.AgreementOpen, tx.Now, expires, expires)
		if err != nil {
			return 0, err
		}
		asked, err := tx.agreement(id)
		if err != nil {
			return 0, err
		}
		others = slices.DeleteFunc(others, func(id int64) bool { return id == actor.PersonID })
		if err := tx.inform(cabin.AgreementNotice(asked, tx.Now), others...); err != nil {
			return 0, err
		}
		return id, tx.agreementAudit(actor, "agreement.ask", asked)
	})
	if err != nil {
		return nil, err
	}
	return s.Get(ctx, id)
}

func contactFilters(text string) error {
	var f cabin.ExportFilters
	if err := json.Unmarshal([]byte(text), &f); err != nil {
		return cabin.Invalid("filters", "请重新选择日期。")
	}
	if f.From == "" || f.To == "" {
		return cabin.Invalid("from", "请选从哪天到哪天：带姓名电话的名单不能是全部。")
	}
	return f.Check()
}

func (tx *Tx) agreementAudit(actor cabin.Actor, action string, a *cabin.Agreement) error {
	role := cabin.Admin
	if actor.System {
		role = cabin.System
	}
	return tx.audit(actor, role, action, "agreement", a.ID, map[string]any{"command": a.Command, "person": a.PersonID, "to": a.ToID, "state": a.State})
}

// agreement reads one and locks it (CodeNotFound).
func (tx *Tx) agreement(id int64) (*cabin.Agreement, error) {
	var a cabin.Agreement
	err := tx.get(&a, `SELECT `+agreementColumns+` FROM agreements ag WHERE ag.id = ? FOR UPDATE`, id)
	return &a, err
}

// agreeable holds a request against what is there: when it is asked, and again when it is
// carried out.
func (tx *Tx) agreeable(asker cabin.Actor, a *cabin.Agreement) error {
	if a.PersonID == asker.PersonID && a.Command != cabin.AgreeHandover {
		return cabin.Invalid("personId", "这是您自己，不用另一位管理员同意。")
	}
	held, err := tx.isAdmin(a.PersonID)
	if err != nil {
		return err
	}
	switch a.Command {
	case cabin.AgreeInvite, cabin.AgreeContacts, cabin.AgreeBooked:
		return nil
	case cabin.AgreeFactor:
		var has []int64
		err := tx.selectAll(&has, `SELECT person_id FROM second_factors WHERE person_id = ? AND sealed IS NOT NULL`, a.PersonID)
		if err == nil && len(has) == 0 {
			err = cabin.E(cabin.CodeConflict, "这个人没有绑定验证器，不用重置。")
		}
		return err
	case cabin.AgreeRebind:
		if held {
			return tx.mustBeUnbound(a.PersonID)
		}
	}
	if !held {
		return cabin.E(cabin.CodeConflict, "这个人已经不是管理员了，请刷新。")
	}
	return nil
}

// Answer agrees to a request or refuses it. What was agreed to is carried out in this
// transaction, as the asker's doing, after everything it stands on was looked at again; what
// cannot be carried out any more becomes void (CodeConflict). The same answer of the same
// admin again is fine. CodeForbidden for who asked.
func (s Agreements) Answer(ctx context.Context, actor cabin.Actor, id int64, agree bool, words string) (*cabin.Agreement, error) {
	if err := cabin.CheckText("answer", words, 0, cabin.MaxAgreementReason); err != nil {
		return nil, err
	}
	var stale error
	err := s.db.InTx(ctx, func(tx *Tx) error {
		stale = nil
		a, err := tx.agreement(id)
		if err != nil {
			return err
		}
		state := cabin.AgreementRefused
		if agree {
			state = cabin.AgreementAgreed
		}
		if a.State == state && a.AnsweredBy != nil && *a.AnsweredBy == actor.PersonID {
			return nil
		}
		if err := a.Answerable(actor, tx.Now); err != nil {
			return err
		}
		if agree {
			if stale = tx.carryOut(a); stale != nil {
				return stale
			}
		}
		a.State, a.AnsweredBy, a.Answer = state, &actor.PersonID, words
		return tx.settleAgreement(actor, a)
	})
	switch cabin.CodeOf(stale) {
	case cabin.CodeConflict, cabin.CodeNotFound, cabin.CodeInvalid, cabin.CodeForbidden:
		if err := s.void(ctx, actor, id, stale); err != nil {
			return nil, err
		}
		return nil, cabin.E(cabin.CodeConflict, "没有办成，情况变了："+messageOf(stale))
	}
	if err != nil {
		return nil, err
	}
	return s.Get(ctx, id)
}

func messageOf(err error) string {
	if e, ok := err.(*cabin.Error); ok {
		return e.Message
	}
	return "请重新申请。"
}

// settleAgreement writes what became of a request and tells those whom it concerns.
func (tx *Tx) settleAgreement(actor cabin.Actor, a *cabin.Agreement) error {
	if actor.PersonID != a.AskerID {
		a.AnsweredBy = &actor.PersonID
	}
	if actor.System {
		a.AnsweredBy = nil
	}
	if _, err := tx.exec(`UPDATE agreements SET state = ?, answered_by = ?, answered_at = ?, answer = ?, object_id = ?, sealed = ?, due_at = NULL WHERE id = ? AND state = 'open'`,
		a.State, a.AnsweredBy, tx.Now, a.Answer, a.ObjectID, a.Sealed, a.ID); err != nil {
		return err
	}
	told, err := tx.agreement(a.ID)
	if err != nil {
		return err
	}
	if actor.PersonID != a.AskerID {
		if err := tx.inform(cabin.AgreementNotice(told, tx.Now), a.AskerID); err != nil {
			return err
		}
	}
	return tx.agreementAudit(actor, "agreement."+string(a.State), a)
}

// void closes a request that could not be carried out any more.
func (s Agreements) void(ctx context.Context, actor cabin.Actor, id int64, why error) error {
	return s.db.InTx(ctx, func(tx *Tx) error {
		a, err := tx.agreement(id)
		if err != nil || a.State != cabin.AgreementOpen {
			return err
		}
		a.State, a.Answer = cabin.AgreementVoid, messageOf(why)
		return tx.settleAgreement(actor, a)
	})
}

// carryOut does what was agreed to, as the asker's doing. The asker must be an admin still.
func (tx *Tx) carryOut(a *cabin.Agreement) error {
	admins, err := tx.admins()
	if err != nil {
		return err
	}
	if !slices.Contains(admins, a.AskerID) {
		return cabin.E(cabin.CodeConflict, "申请人已经不是管理员了。")
	}
	asker, admin := cabin.Actor{PersonID: a.AskerID, Grants: []cabin.Grant{{Role: cabin.Admin}}}, cabin.Grant{Role: cabin.Admin}
	if err := tx.agreeable(asker, a); err != nil {
		return err
	}
	switch a.Command {
	case cabin.AgreeInvite:
		return tx.agreedInvite(asker, a, NewInvite{Kind: InviteGrant, Grant: admin, ForName: a.ForName})
	case cabin.AgreeRebind:
		return tx.agreedInvite(asker, a, NewInvite{Kind: InviteRebind, PersonID: a.PersonID})
	case cabin.AgreeHandover:
		if a.ToID != 0 {
			return tx.handOverTo(asker, a.PersonID, a.ToID, admin)
		}
		return tx.agreedInvite(asker, a, NewInvite{Kind: InviteHandover, Grant: admin, PersonID: a.PersonID})
	case cabin.AgreeRevoke:
		if err := tx.leaveAnAdmin(a.PersonID, admin); err != nil {
			return err
		}
		return tx.ungrant(asker, a.PersonID, admin)
	case cabin.AgreeUnbind:
		return tx.unbind(asker, a.PersonID)
	case cabin.AgreeFactor:
		return tx.resetFactor(asker, a.PersonID)
	case cabin.AgreeContacts, cabin.AgreeBooked:
		a.ObjectID, err = tx.agreedExport(asker, a)
		return err
	}
	return cabin.E(cabin.CodeConflict, "这件事已经不能办了。")
}

// agreedInvite makes the invite, whose code is kept sealed until the asker has read it.
func (tx *Tx) agreedInvite(asker cabin.Actor, a *cabin.Agreement, n NewInvite) error {
	n.Code, n.AgreementID, n.Life = cabin.NewInviteCode(), a.ID, cabin.AgreedInviteLife
	if _, err := tx.invite(asker, n); err != nil {
		return err
	}
	var err error
	a.Sealed, err = tx.db.sealer.Seal(codeOwner(a.ID), []byte(n.Code))
	return err
}

// Withdraw takes a request of one's own back (CodeConflict when it is over).
func (s Agreements) Withdraw(ctx context.Context, actor cabin.Actor, id int64) error {
	return s.db.InTx(ctx, func(tx *Tx) error {
		a, err := tx.agreement(id)
		if err != nil {
			return err
		}
		if a.AskerID != actor.PersonID {
			return cabin.E(cabin.CodeForbidden, "只有申请人可以收回。")
		}
		if a.State != cabin.AgreementOpen {
			return cabin.E(cabin.CodeConflict, "这件事已经有结果了："+a.State.Name()+"。请刷新。")
		}
		a.State = cabin.AgreementWithdrawn
		return tx.settleAgreement(actor, a)
	})
}

// Due ends requests that nobody answered in time. Twice is safe: the row lock and the state.
func (s Agreements) Due(ctx context.Context, limit int) (int, error) {
	var ids []int64
	err := s.db.selectAll(ctx, &ids, `SELECT id FROM agreements WHERE due_at <= ? ORDER BY due_at LIMIT ?`, s.db.Now(), limit)
	return s.db.each(ctx, ids, err, func(tx *Tx, id int64) error {
		a, err := tx.agreement(id)
		if err == nil && a.State != cabin.AgreementOpen {
			err = cabin.E(cabin.CodeConflict, "已经处理过了。")
		}
		if err != nil {
			return err
		}
		a.State = cabin.AgreementExpired
		return tx.settleAgreement(cabin.TheSystem, a)
	})
}

// Get reads a request (CodeNotFound). For admins.
func (s Agreements) Get(ctx context.Context, id int64) (*cabin.Agreement, error) {
	var a cabin.Agreement
	err := s.db.get(ctx, &a, `SELECT `+agreementColumns+` FROM agreements ag WHERE ag.id = ?`, id)
	return &a, err
}

// MaxAgreements is how many open ones, and how many of those that are over, List returns.
const MaxAgreements = 30

// List reads the open requests, the oldest first, and the last that are over; admins is how
// many there are who can log in. For admins.
func (s Agreements) List(ctx context.Context) (list []cabin.Agreement, admins int, err error) {
	var open, over []cabin.Agreement
	var count []struct {
		N int `db:"n"`
	}
	err = s.db.read(ctx,
		part{&open, `SELECT ` + agreementColumns + ` FROM agreements ag WHERE ag.state = 'open' ORDER BY ag.id LIMIT ?`, []any{MaxAgreements}},
		part{&over, `SELECT ` + agreementColumns + ` FROM agreements ag WHERE ag.state <> 'open' ORDER BY ag.id DESC LIMIT ?`, []any{MaxAgreements}},
		part{&count, `SELECT COUNT(DISTINCT r.person_id) AS n FROM person_roles r JOIN persons p ON p.id = r.person_id AND p.openid IS NOT NULL WHERE r.role = ?`, []any{cabin.Admin}})
	if err != nil {
		return nil, 0, err
	}
	return append(open, over...), count[0].N, nil
}

// Waiting counts what waits for this admin: open requests of others.
func (s Agreements) Waiting(ctx context.Context, personID int64) (n int, err error) {
	err = s.db.get(ctx, &n, `SELECT COUNT(*) FROM agreements WHERE state = 'open' AND asker_id <> ? AND expires_at > ?`, personID, s.db.Now())
	return n, err
}

// Code is the invite's code, for who asked, while the invite can be redeemed; "" otherwise.
func (s Agreements) Code(ctx context.Context, actor cabin.Actor, a *cabin.Agreement) (string, time.Time, error) {
	if a.AskerID != actor.PersonID || a.Sealed == nil || a.State != cabin.AgreementAgreed {
		return "", time.Time{}, nil
	}
	code, err := s.db.sealer.Open(codeOwner(a.ID), a.Sealed)
	if err != nil {
		return "", time.Time{}, err
	}
	invite, err := s.db.People.InviteOf(ctx, string(code))
	if cabin.CodeOf(err) == cabin.CodeNotFound { // used, withdrawn or over
		return "", time.Time{}, nil
	}
	return string(code), invite.ExpiresAt, err
}
