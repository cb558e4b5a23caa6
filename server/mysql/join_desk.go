package mysql

import (
	"context"
	"slices"

	"warmcabin/server/cabin"
)

// Joinable is somebody who may be one with somebody else.
type Joinable struct {
	ID       int64  `db:"id"`
	Name     string `db:"name"`
	Reports  int    `db:"reports"`
	Bookings int    `db:"bookings"`
}

// OpenNames is named.
func (k *Joinable) OpenNames(open func(int64, string) string) { k.Name = open(k.ID, k.Name) }

// joinableQuery finds who is known by a phone and may be joined: without WeChat, who was
// written down and never worked here; with it, who left the phone by WeChat's own word.
const (
	joinableQuery = `SELECT p.id, ` + called + ` AS name, (SELECT COUNT(*) FROM reports r WHERE r.reporter_id = p.id) AS reports,
		(SELECT COUNT(*) FROM bookings b WHERE b.resident_id = p.id) AS bookings
		FROM contacts c STRAIGHT_JOIN persons p ON p.id = c.person_id WHERE c.phone_hash = ? AND p.deleted_at IS NULL AND `
	withoutWeChat = `p.openid IS NULL AND NOT p.worked ORDER BY p.id LIMIT ?`
	withWeChat    = `p.openid IS NOT NULL AND c.recorded_by = p.id ORDER BY p.id LIMIT ?`
)

// Joinable lists who was written down under one phone without WeChat, and which WeChat
// accounts left another, or the same. For the desk, while the person stands there; that it
// was looked for is kept in the audit.
func (s People) Joinable(ctx context.Context, actor cabin.Actor, phone, accountPhone string) (earlier, accounts []Joinable, err error) {
	written, left := s.db.sealer.Hash(phone), s.db.sealer.Hash(accountPhone)
	err = s.db.InTx(ctx, func(tx *Tx) error {
		earlier, accounts = nil, nil
		if err := tx.read(part{&earlier, joinableQuery + withoutWeChat, []any{written[:], maxKnown}},
			part{&accounts, joinableQuery + withWeChat, []any{left[:], maxKnown}}); err != nil {
			return err
		}
		ids := []int64{}
		for _, k := range slices.Concat(earlier, accounts) {
			ids = append(ids, k.ID)
		}
		return tx.audit(actor, finder(actor), "contact.find_to_join", "person", 0, map[string]any{"found": ids})
	})
	return earlier, accounts, err
}

// DeskJoin is two that the desk found to be one person, who stands there and said yes to
// cabin.JoinConsent.
type DeskJoin struct {
	Actor        cabin.Actor
	EarlierID    int64  // written down without WeChat
	Phone        string // by which they are known, in its normal form
	AccountID    int64  // their WeChat account
	AccountPhone string // that it left
	How          cabin.ConsentHow
}

// JoinAtDesk makes what was written down for somebody theirs on WeChat: their matters go
// there and say so, the consent is kept, and they are told. A second time it is done already.
// CodeInvalid for who is not known by the phone given, CodeForbidden for one's own account,
// CodeConflict for two that both have WeChat, for who went to another account meanwhile, and
// when both have a booking at one time. It returns how many matters came along.
func (s People) JoinAtDesk(ctx context.Context, n DeskJoin) (matters int, err error) {
	if n.AccountID == n.Actor.PersonID {
		return 0, cabin.E(cabin.CodeForbidden, "不能合到您自己的微信里。请另一位工作人员来办，或者在“我的电话”里自己认。")
	}
	err = s.db.InTx(ctx, func(tx *Tx) error {
		done, err := tx.mayJoin(n)
		if err != nil || done {
			return err
		}
		role := finder(n.Actor)
		if matters, err = tx.joinPerson(joining{actor: n.Actor, role: role, action: "person.join_at_desk", from: n.EarlierID, to: n.AccountID}); err != nil {
			return err
		}
		tx.later(`INSERT INTO proxy_consents (person_id, matter_kind, matter_id, recorded_by, words, version, how, at) VALUES (?,?,?,?,?,?,?,?)`,
			n.AccountID, "person", n.EarlierID, n.Actor.PersonID, cabin.JoinConsent, cabin.JoinConsentVersion, n.How, tx.Now)
		return tx.inform(cabin.JoinNotice(matters, tx.Now), n.AccountID)
	})
	return matters, err
}

// mayJoin locks both, in the order of their ids, and holds the rules; done says that they are
// one already.
func (tx *Tx) mayJoin(n DeskJoin) (done bool, err error) {
	var people []struct {
		ID     int64 `db:"id"`
		WeChat bool  `db:"wechat"`
		Worked bool  `db:"worked"`
		Gone   bool  `db:"gone"`
		Joined int64 `db:"joined_to"`
	}
	if err := tx.selectAll(&people, `SELECT id, openid IS NOT NULL AS wechat, worked, deleted_at IS NOT NULL AS gone, joined_to FROM persons WHERE id IN (?, ?) ORDER BY id FOR UPDATE`, n.EarlierID, n.AccountID); err != nil {
		return false, err
	}
	var known []struct {
		ID   int64  `db:"person_id"`
		Hash []byte `db:"phone_hash"`
		Own  bool   `db:"own"`
	}
	if err := tx.selectAll(&known, `SELECT person_id, phone_hash, recorded_by = person_id AS own FROM contacts WHERE person_id IN (?, ?) FOR UPDATE`, n.EarlierID, n.AccountID); err != nil {
		return false, err
	}
	knows := func(id int64, phone string, own bool) bool {
		hash := tx.db.sealer.Hash(phone)
		for _, k := range known {
			if k.ID == id && string(k.Hash) == string(hash[:]) {
				return k.Own || !own
			}
		}
		return false
	}
	if n.EarlierID == n.AccountID || len(people) != 2 || !knows(n.AccountID, n.AccountPhone, true) {
		return false, cabin.Invalid("accountPhone", "这个电话下没有这个微信用户，请重新查一下。")
	}
	from, to := people[0], people[1]
	if from.ID != n.EarlierID {
		from, to = to, from
	}
	switch {
	case to.Gone || !to.WeChat:
		return false, cabin.Invalid("accountPhone", "这个电话下没有这个微信用户，请重新查一下。")
	case from.Joined == to.ID:
		return true, nil
	case from.Joined != 0:
		return false, cabin.E(cabin.CodeConflict, "以前登记的这位，刚才已经合到另一个微信里了。请重新查一下。")
	case from.WeChat:
		return false, cabin.E(cabin.CodeConflict, "这两位都有自己的微信，不能合到一起。")
	case from.Gone || from.Worked || !knows(from.ID, n.Phone, false):
		return false, cabin.Invalid("phone", "这位选民登记的不是这个电话，请重新查一下。")
	}
	return false, nil
}
