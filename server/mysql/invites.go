package mysql

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"errors"
	"strings"
	"time"

	"warmcabin/server/cabin"
)

// InviteLife is how long an invite can be redeemed, when nobody says otherwise.
const InviteLife = 24 * time.Hour

// PaperLife is how long one on a printed slip can be, which is handed out at a meeting.
const PaperLife = 7 * 24 * time.Hour

// The kinds of invites.
const (
	InviteGrant    = "grant"    // gives a role
	InviteHandover = "handover" // gives a role and takes it from who holds it
	InviteRebind   = "rebind"   // gives somebody who lost their phone back who they were
)

// NewInvite is a one-use invite to be made.
type NewInvite struct {
	Code     string // known to who gets it; its hash is kept
	Kind     string // InviteGrant when empty
	Grant    cabin.Grant
	PersonID int64         // of a handover, whose role; of a rebind, who
	ForName  string        // who it is for, in the admin's words
	Life     time.Duration // InviteLife when 0
	// AgreementID is the agreement of two admins that it was made by, 0 for none.
	AgreementID int64
}

// Invite stores a one-use invite to a role for InviteLife, as Invited.
func (s People) Invite(ctx context.Context, actor cabin.Actor, code string, g cabin.Grant) (expires time.Time, err error) {
	return s.Invited(ctx, actor, NewInvite{Code: code, Grant: g})
}

// Invited stores a one-use invite by the hash of its code. actor is the admin, or the
// System for the first one. CodeInvalid when the scope does not exist or is closed;
// CodeConflict for a handover of what is not held, and a rebind of who is bound.
func (s People) Invited(ctx context.Context, actor cabin.Actor, n NewInvite) (expires time.Time, err error) {
	err = s.db.InTx(ctx, func(tx *Tx) error {
		expires, err = tx.invite(actor, n)
		return err
	})
	return expires, err
}

// InvitedAll stores several, all of them or none; they run out together.
func (s People) InvitedAll(ctx context.Context, actor cabin.Actor, all []NewInvite) (expires time.Time, err error) {
	err = s.db.InTx(ctx, func(tx *Tx) error {
		for _, n := range all {
			if expires, err = tx.invite(actor, n); err != nil {
				return err
			}
		}
		return nil
	})
	return expires, err
}

func (tx *Tx) invite(actor cabin.Actor, n NewInvite) (expires time.Time, err error) {
	if n.Kind == "" {
		n.Kind = InviteGrant
	}
	if n.Life == 0 {
		n.Life = InviteLife
	}
	if err := cabin.CheckText("forName", n.ForName, 0, cabin.MaxName); err != nil {
		return expires, err
	}
	if made, err := tx.makesAdmin(n.Kind, n.PersonID, n.Grant); err != nil {
		return expires, err
	} else if made && n.AgreementID == 0 {
		if err := tx.alone(actor); err != nil {
			return expires, err
		}
	}
	switch n.Kind {
	case InviteRebind:
		err = tx.mustBeUnbound(n.PersonID)
	case InviteHandover:
		if err = tx.checkScope(n.Grant); err == nil {
			err = tx.mustHold(n.PersonID, n.Grant)
		}
	default:
		err = tx.checkScope(n.Grant)
	}
	if err != nil {
		return expires, err
	}
	hash := inviteHash(n.Code)
	expires = tx.Now.Add(n.Life)
	id, err := tx.insert(`INSERT INTO invites (code_hash, kind, role, scope_id, person_id, for_name, agreement_id, created_by, created_at, expires_at) VALUES (?,?,?,?,?,?,?,?,?,?)`,
		hash[:], n.Kind, n.Grant.Role, n.Grant.ScopeID, n.PersonID, n.ForName, n.AgreementID, actor.PersonID, tx.Now, expires)
	if err != nil {
		return expires, err
	}
	return expires, tx.audit(actor, cabin.Admin, "invite.create", "invite", id, map[string]any{"kind": n.Kind, "role": n.Grant.Role, "scope": n.Grant.ScopeID, "person": n.PersonID})
}

func (tx *Tx) mustBeUnbound(personID int64) error {
	var people []struct {
		OpenID *string `db:"openid"`
		Roles  int     `db:"roles"`
	}
	err := tx.selectAll(&people, `SELECT openid, (SELECT COUNT(*) FROM person_roles r WHERE r.person_id = p.id) AS roles FROM persons p WHERE id = ? FOR UPDATE`, personID)
	if err != nil {
		return err
	}
	if len(people) == 0 || people[0].Roles == 0 {
		return cabin.E(cabin.CodeNotFound, "没有这位工作人员，请刷新。")
	}
	if people[0].OpenID != nil {
		return cabin.E(cabin.CodeConflict, "这位工作人员的微信还绑定着，要先解绑。")
	}
	return nil
}

func (tx *Tx) mustHold(personID int64, g cabin.Grant) error {
	var held []int64
	err := tx.selectAll(&held, `SELECT person_id FROM person_roles WHERE person_id = ? AND role = ? AND scope_id = ? FOR UPDATE`, personID, g.Role, g.ScopeID)
	if err == nil && len(held) == 0 {
		err = cabin.E(cabin.CodeConflict, "这个人已经没有这个身份了，请刷新。")
	}
	return err
}

// inviteHash ignores case, spaces and dashes: people type codes from paper.
func inviteHash(code string) [32]byte {
	return sha256.Sum256([]byte(strings.ToUpper(strings.NewReplacer("-", "", " ", "").Replace(code))))
}

// OpenInvite is an invite that can still be redeemed.
type OpenInvite struct {
	ID   int64  `db:"id"`
	Kind string `db:"kind"`
	cabin.Grant
	PersonID  int64     `db:"person_id"`
	ForName   string    `db:"for_name"`
	CreatedAt time.Time `db:"created_at"`
	ExpiresAt time.Time `db:"expires_at"`
}

const openInvites = `SELECT id, kind, role, scope_id, person_id, for_name, created_at, expires_at FROM invites WHERE expires_at > ? AND used_at IS NULL AND withdrawn_at IS NULL `

// InviteOf finds an open invite by its code (CodeNotFound).
func (s People) InviteOf(ctx context.Context, code string) (OpenInvite, error) {
	var i OpenInvite
	hash := inviteHash(code)
	err := s.db.get(ctx, &i, openInvites+`AND code_hash = ?`, s.db.Now(), hash[:])
	if cabin.CodeOf(err) == cabin.CodeNotFound {
		err = cabin.E(cabin.CodeNotFound, "这个邀请码已经用过、收回或过期了，请重新发一个。")
	}
	return i, err
}

// Withdraw ends an invite that was not used yet (CodeConflict when it was). For the admin.
func (s People) Withdraw(ctx context.Context, actor cabin.Actor, id int64) error {
	return s.db.InTx(ctx, func(tx *Tx) error {
		res, err := tx.exec(`UPDATE invites SET withdrawn_at = ? WHERE id = ? AND used_at IS NULL AND withdrawn_at IS NULL`, tx.Now, id)
		if err != nil {
			return err
		}
		if n, _ := res.RowsAffected(); n == 0 {
			return cabin.E(cabin.CodeConflict, "这个邀请码已经用过或收回了，请刷新。")
		}
		return tx.audit(actor, cabin.Admin, "invite.withdraw", "invite", id, nil)
	})
}

type inviteRow struct {
	OpenInvite
	CreatedBy   int64      `db:"created_by"`
	AgreementID int64      `db:"agreement_id"`
	UsedBy      *int64     `db:"used_by"`
	WithdrawnAt *time.Time `db:"withdrawn_at"`
}

// Redeemed is what an invite did.
type Redeemed struct {
	Grant cabin.Grant
	// PersonID is who the redeemer is from now on: with a rebind another person than
	// before, whose sessions are to be ended.
	PersonID int64
}

// Redeem gives the person what the invite grants, once; the same person may ask again,
// should the answer have been lost. A code that is wrong, another's, withdrawn or over its
// time is CodeInvalid, with the same words: a guesser learns nothing.
func (s People) Redeem(ctx context.Context, personID int64, code string) (Redeemed, error) {
	out := Redeemed{PersonID: personID}
	err := s.db.InTx(ctx, func(tx *Tx) error {
		var inv inviteRow
		hash := inviteHash(code)
		err := tx.get(&inv, `SELECT id, kind, role, scope_id, person_id, for_name, created_at, expires_at, created_by, agreement_id, used_by, withdrawn_at FROM invites WHERE code_hash = ? FOR UPDATE`, hash[:])
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return err
		}
		out.Grant = inv.Grant
		again := inv.UsedBy != nil && *inv.UsedBy == personID && inv.Kind != InviteRebind
		if again && tx.mustHold(personID, inv.Grant) == nil {
			return nil
		}
		if err != nil || inv.UsedBy != nil || inv.WithdrawnAt != nil || !tx.Now.Before(inv.ExpiresAt) {
			return badCode()
		}
		if err := tx.stillAlone(&inv); err != nil {
			return err
		}
		if _, err := tx.exec(`UPDATE invites SET used_by = ?, used_at = ? WHERE id = ?`, personID, tx.Now, inv.ID); err != nil {
			return err
		}
		switch inv.Kind {
		case InviteRebind:
			out.PersonID = inv.PersonID
			return tx.rebind(personID, inv.PersonID)
		case InviteHandover:
			return tx.handOver(cabin.Actor{PersonID: personID}, inv.PersonID, personID, inv.Grant)
		}
		if err := tx.checkScope(inv.Grant); err != nil { // closed meanwhile
			return badCode()
		}
		return tx.grant(cabin.Actor{PersonID: personID}, personID, inv.Grant)
	})
	return out, err
}

// stillAlone refuses an invite to the admin's role that the only admin made alone, once there
// are two: however many were made, the third admin takes two.
func (tx *Tx) stillAlone(inv *inviteRow) error {
	made, err := tx.makesAdmin(inv.Kind, inv.PersonID, inv.Grant)
	if err != nil || !made {
		return err
	}
	if inv.AgreementID != 0 || inv.CreatedBy == 0 {
		return tx.oneOffice() // whoever counts admins at this moment counts this one
	}
	if err = tx.alone(cabin.Actor{PersonID: inv.CreatedBy}); cabin.CodeOf(err) == cabin.CodeFourEyes {
		err = cabin.E(cabin.CodeConflict, "已经有两位管理员了，再加要他们两位同意。请他们在“待我同意”里重新办。")
	}
	return err
}

func badCode() error {
	return cabin.Invalid("code", "邀请码不对，或者已经用过、过期了。请向街道人大工委要一个新的。")
}

// handOver takes a grant from one person and gives it to another: what waits for the role
// waits for its new holder, because matters belong to roles and not to people.
func (tx *Tx) handOver(actor cabin.Actor, from, to int64, g cabin.Grant) error {
	if from == to {
		return cabin.E(cabin.CodeConflict, "这个身份已经在您这里了，不用移交。")
	}
	if err := tx.checkScope(g); err != nil {
		return badCode()
	}
	if err := tx.mustHold(from, g); err != nil {
		return badCode()
	}
	if err := tx.grant(actor, to, g); err != nil {
		return err
	}
	if err := tx.ungrant(actor, from, g); err != nil {
		return err
	}
	var names []string
	if err := tx.selectAll(&names, `SELECT COALESCE(`+scopeName+`, '') FROM (SELECT ? AS role, ? AS scope_id) r`, string(g.Role), g.ScopeID); err != nil {
		return err
	}
	of := cabin.GrantName(g.Role, strings.Join(names, ""))
	for _, n := range []cabin.StoredNotice{
		{ID: to, Title: "您接过了" + of, Body: "没办完的事一起转了过来，都在工作台里等您。", Page: "/pages/me/me"},
		{ID: from, Title: of + "已经移交", Body: "没办完的事由接手的人继续办，您不用再处理。", Page: "/pages/me/me"},
	} {
		tx.row(`INSERT INTO notices (person_id, matter_kind, matter_id, title, body, page, created_at) VALUES`, n.ID, cabin.MatterRole, g.ScopeID, n.Title, n.Body, n.Page, tx.Now)
	}
	return tx.audit(actor, g.Role, "role.handover", "person", from, map[string]any{"role": g.Role, "scope": g.ScopeID, "to": to})
}

// HandOver takes a role from one person and gives it to another who works here already.
// CodeConflict when it is not held any more, or to oneself. For the admin.
func (s People) HandOver(ctx context.Context, actor cabin.Actor, from, to int64, g cabin.Grant) error {
	return s.db.InTx(ctx, func(tx *Tx) error {
		if g.Role == cabin.Admin {
			if err := tx.alone(actor); err != nil {
				return err
			}
		}
		return tx.handOverTo(actor, from, to, g)
	})
}

func (tx *Tx) handOverTo(actor cabin.Actor, from, to int64, g cabin.Grant) error {
	var works int
	err := tx.get(&works, `SELECT COUNT(*) FROM person_roles r JOIN persons p ON p.id = r.person_id AND p.openid IS NOT NULL WHERE r.person_id = ?`, to)
	if err != nil {
		return err
	}
	if works == 0 {
		return cabin.Invalid("toId", "请选一位已经登录过的工作人员，或者给新的人发移交的邀请码。")
	}
	if err := tx.mustHold(from, g); err != nil {
		return err
	}
	return tx.handOver(actor, from, to, g)
}
