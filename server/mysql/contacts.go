package mysql

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"warmcabin/server/cabin"
)

// WalkIn is somebody without WeChat who stands at the desk or calls, and the booking the
// staff make for them. They said yes to cabin.ProxyConsent.
type WalkIn struct {
	Actor       cabin.Actor // staff of the slot's station
	Role        cabin.Role  // as what the actor writes it down; staff when empty
	Phone       string      // in its normal form
	Name        string      // may be empty with ResidentID
	ResidentID  int64       // somebody known by this phone, by whatever name; 0 = look for the name
	Another     bool        // not one of those known by this phone: a family may share one
	DeputyID    int64
	Start       time.Time
	Service     cabin.Service
	Topic, Note string
	TalkID      int64 // seats at this talk in place of a slot of DeputyID
	Party       int   // of the talk: people who come, the resident among them
}

func (n WalkIn) role() cabin.Role { return cmp.Or(n.Role, cabin.Staff) }

// KnownResident is somebody who is known by a phone.
type KnownResident struct {
	ID   int64  `db:"person_id"`
	Name string `db:"name"`
	Open int    `db:"open_count"` // bookings that have not ended
	// Identity is the keyed hash of phone and name, so that a name can be held against it.
	Identity []byte `db:"identity_hash"`
	WeChat   bool   `db:"wechat"`
}

// OpenNames is named.
func (k *KnownResident) OpenNames(open func(int64, string) string) { k.Name = open(k.ID, k.Name) }

const maxKnown = 20

func (db *DB) knownPart(dest *[]KnownResident, phone string) part {
	hash := db.sealer.Hash(phone)
	return part{dest, `SELECT contacts.person_id, ` + called + ` AS name, contacts.identity_hash, p.openid IS NOT NULL AS wechat,
		(SELECT COUNT(*) FROM bookings b WHERE b.resident_id = contacts.person_id AND b.open_seat IS NOT NULL) AS open_count
		FROM contacts STRAIGHT_JOIN persons p ON p.id = contacts.person_id WHERE contacts.phone_hash = ? ORDER BY contacts.person_id LIMIT ?`, []any{hash[:], maxKnown}}
}

// ByPhone finds who is known by a phone, given in its normal form. For the desk, and for who
// reports on somebody's behalf; who asked is kept in the audit, the phone is not.
func (s People) ByPhone(ctx context.Context, actor cabin.Actor, phone string) ([]KnownResident, error) {
	var known []KnownResident
	err := s.db.InTx(ctx, func(tx *Tx) error {
		known = nil
		if err := tx.read(s.db.knownPart(&known, phone)); err != nil {
			return err
		}
		ids := make([]int64, len(known))
		for i, k := range known {
			ids[i] = k.ID
		}
		return tx.audit(actor, finder(actor), "contact.find", "person", 0, map[string]any{"found": ids})
	})
	return known, err
}

func finder(a cabin.Actor) cabin.Role {
	for _, r := range []cabin.Role{cabin.Staff, cabin.Admin, cabin.Community, cabin.Liaison} {
		if a.Has(r) {
			return r
		}
	}
	return cabin.Staff
}

// identity is what makes somebody without WeChat one person: a phone and a name.
func (db *DB) identity(phone, name string) []byte {
	hash := db.sealer.Hash(phone + "/" + strings.Join(strings.Fields(name), ""))
	return hash[:]
}

// resident finds the walk-in's person, or makes one. Two desks that enter the same person
// at one moment get the same: the unique key lets the second one find the first one's.
func (tx *Tx) resident(n WalkIn) (int64, error) {
	var known []KnownResident
	if err := tx.read(tx.db.knownPart(&known, n.Phone)); err != nil {
		return 0, err
	}
	identity := tx.db.identity(n.Phone, n.Name)
	for _, k := range known {
		switch {
		case n.ResidentID == 0 && !n.Another && (string(k.Identity) == string(identity) || k.WeChat && cabin.SameName(k.Name, n.Name)):
			return k.ID, tx.stays(k.ID)
		case n.ResidentID == k.ID:
			if err := tx.stays(k.ID); err != nil {
				return 0, err
			}
			return k.ID, tx.correct(n, k, identity)
		}
	}
	switch {
	case n.ResidentID != 0:
		return 0, cabin.Invalid("phone", "这位选民登记的不是这个电话，请重新查一下。")
	case len(known) > 0 && !n.Another:
		return 0, cabin.E(cabin.CodeConflict, fmt.Sprintf("这个电话登记的是“%s”。请核对是不是同一位。", cabin.MaskedName(known[0].Name)))
	case len(known) == maxKnown:
		return 0, cabin.Invalid("phone", "这个电话登记的人太多了，请换一个电话。")
	}
	return tx.newResident(n, identity)
}

// stays keeps a person from becoming one with their WeChat account before this transaction
// ends: what is written for them would be left behind. Who has just become one is looked for anew.
func (tx *Tx) stays(id int64) error {
	var there []int64
	if err := tx.selectAll(&there, `SELECT id FROM persons WHERE id = ? AND deleted_at IS NULL LOCK IN SHARE MODE`, id); err != nil {
		return err
	}
	if len(there) == 0 {
		return errAgain
	}
	return nil
}

// correct takes the name that the staff heard today. Who logs in by WeChat names themselves.
func (tx *Tx) correct(n WalkIn, k KnownResident, identity []byte) error {
	if n.Name == "" || n.Name == k.Name || k.WeChat {
		return nil
	}
	_, err := tx.exec(`UPDATE contacts SET identity_hash = ?, updated_at = ? WHERE person_id = ?`, identity, tx.Now, k.ID)
	if duplicate(err) {
		return cabin.E(cabin.CodeConflict, "这个电话已经登记了这个姓名的另一位，请重新查一下。", err)
	}
	if err != nil {
		return err
	}
	if err := tx.renamePerson(k.ID, n.Name); err != nil {
		return err
	}
	return tx.audit(n.Actor, n.role(), "contact.rename", "person", k.ID, map[string]any{})
}

func (tx *Tx) newResident(n WalkIn, identity []byte) (int64, error) {
	id, err := tx.insert(`INSERT INTO persons (created_at) VALUES (?)`, tx.Now)
	if err != nil {
		return 0, err
	}
	sealed, err := tx.db.sealer.Seal(id, []byte(n.Phone))
	if err != nil {
		return 0, err
	}
	if err := tx.nameSealed(id, n.Name); err != nil {
		return 0, err
	}
	hash := tx.db.sealer.Hash(n.Phone)
	_, err = tx.exec(`INSERT INTO contacts (person_id, sealed, phone_hash, identity_hash, recorded_by, updated_at) VALUES (?,?,?,?,?,?)`,
		id, sealed, hash[:], identity, n.Actor.PersonID, tx.Now)
	if duplicate(err) {
		return 0, errAgain // another desk was faster: this time they are known
	}
	if err != nil {
		return 0, err
	}
	return id, tx.audit(n.Actor, n.role(), "contact.record", "person", id, map[string]any{})
}

// WalkIn books a slot, or seats at a talk, for somebody at the desk, once for a key, and
// keeps their consent. Errors as Request and SignUp, in words for the staff; CodeForbidden
// for what is at another station, and CodeConflict when the phone is known by another name
// (cabin.MaskedName of it).
func (s Bookings) WalkIn(ctx context.Context, key Key, n WalkIn) (*cabin.Booking, error) {
	if n.TalkID == 0 {
		if err := checkStart(n.Start, s.db.Now()); err != nil {
			return nil, err
		}
	}
	id, err := s.db.createOnce(ctx, key, func(tx *Tx) (int64, error) {
		resident, err := tx.resident(n)
		if err != nil {
			return 0, err
		}
		if resident == n.Actor.PersonID {
			return 0, cabin.Invalid("phone", "这是您自己的电话，请用选民的页面预约。")
		}
		b, err := s.walkIn(tx, n, resident)
		if err != nil {
			return 0, err
		}
		tx.later(`INSERT INTO proxy_consents (person_id, matter_kind, matter_id, recorded_by, words, at) VALUES (?,?,?,?,?,?)`,
			resident, cabin.MatterBooking, b.ID, n.Actor.PersonID, cabin.ProxyConsent, tx.Now)
		return b.ID, nil
	})
	if err != nil {
		return nil, aboutThem(err)
	}
	return s.byID(ctx, id)
}

func (s Bookings) walkIn(tx *Tx, n WalkIn, resident int64) (*cabin.Booking, error) {
	if n.TalkID != 0 {
		b, err := s.signUp(tx, nil, SignUp{Actor: n.Actor, ResidentID: resident, TalkID: n.TalkID, Party: n.Party, Note: n.Note}, false)
		if cabin.CodeOf(err) == cabin.CodeSlotTaken { // no line: it is answered on a phone, within hours
			return nil, cabin.E(cabin.CodeSlotTaken, "座位不够了，请少带几位，或者看看别的讲座。", err)
		}
		return b, err
	}
	request := NewBooking{Actor: n.Actor, ResidentID: resident, DeputyID: n.DeputyID, Start: n.Start, Service: n.Service, Topic: n.Topic, Note: n.Note}
	reads, err := tx.readFor(request)
	if err != nil {
		return nil, err
	}
	return s.request(tx, &reads[0], request, false)
}

// aboutThem puts a refusal that speaks to the resident into words for the staff.
func aboutThem(err error) error {
	e, ok := errors.AsType[*cabin.Error](err)
	if !ok {
		return err
	}
	told := *e
	if rest, ok := strings.CutPrefix(e.Message, "您"); ok && e.Code != cabin.CodeInvalid {
		told.Message = "这位选民" + rest
	}
	if e.Code == cabin.CodeNotFound {
		told.Code, told.Message = cabin.CodeForbidden, "这个时间在另一个联络站，请由那里的工作人员预约。"
	}
	return &told
}

// Contact opens the phone of a booking's resident for the staff of its station. The
// resident sees in the booking's history that it was, and why. Errors as
// cabin.Booking.ContactOpened, and CodeNotFound when no phone is kept.
func (s Bookings) Contact(ctx context.Context, actor cabin.Actor, id int64, reason string) (phone string, err error) {
	err = s.db.InTx(ctx, func(tx *Tx) error {
		b, err := lockedBooking(tx, id)
		if err != nil {
			return err
		}
		e, err := b.ContactOpened(actor, reason)
		if err != nil {
			return err
		}
		var found []struct {
			Sealed []byte `db:"sealed"`
		}
		if err := tx.selectAll(&found, `SELECT sealed FROM contacts WHERE person_id = ?`, b.ResidentID); err != nil {
			return err
		}
		if len(found) == 0 {
			return cabin.E(cabin.CodeNotFound, "没有登记这位选民的电话，请在微信里联系。")
		}
		plain, err := s.db.sealer.Open(b.ResidentID, found[0].Sealed)
		if err != nil {
			return err
		}
		phone = string(plain)
		tx.event(actor, b, e)
		return tx.audit(actor, e.Role, "contact.open", "booking", b.ID, map[string]any{"reason": reason})
	})
	if err != nil {
		return "", err // never the phone without its trace
	}
	return phone, nil
}

// SavePhone keeps a person's own phone, given in its normal form, in place of an earlier
// one. It makes nobody else of them: who shares the phone stays who they are.
func (s People) SavePhone(ctx context.Context, personID int64, phone string) error {
	return s.db.InTx(ctx, func(tx *Tx) error {
		sealed, err := s.db.sealer.Seal(personID, []byte(phone))
		if err != nil {
			return err
		}
		hash := s.db.sealer.Hash(phone)
		// No name of a walk-in has a slash and a number in it, so that no two are taken for one.
		identity := s.db.identity(phone, fmt.Sprintf("/%d", personID))
		tx.later(`INSERT INTO contacts (person_id, sealed, phone_hash, identity_hash, recorded_by, updated_at) VALUES (?,?,?,?,?,?)
			ON DUPLICATE KEY UPDATE sealed = VALUES(sealed), phone_hash = VALUES(phone_hash), identity_hash = VALUES(identity_hash), recorded_by = VALUES(recorded_by), updated_at = VALUES(updated_at)`,
			personID, sealed, hash[:], identity, personID, tx.Now)
		return tx.audit(cabin.Actor{PersonID: personID}, cabin.Resident, "contact.save", "person", personID, nil)
	})
}

// Phone opens a person's own phone for themselves, "" when none is kept.
func (s People) Phone(ctx context.Context, personID int64) (string, error) {
	var found []struct {
		Sealed []byte `db:"sealed"`
	}
	if err := s.db.selectAll(ctx, &found, `SELECT sealed FROM contacts WHERE person_id = ?`, personID); err != nil || len(found) == 0 {
		return "", err
	}
	plain, err := s.db.sealer.Open(personID, found[0].Sealed)
	return string(plain), err
}

// RemovePhone forgets a person's own phone; twice is fine.
func (s People) RemovePhone(ctx context.Context, personID int64) error {
	return s.db.InTx(ctx, func(tx *Tx) error {
		tx.later(`DELETE FROM contacts WHERE person_id = ?`, personID)
		return tx.audit(cabin.Actor{PersonID: personID}, cabin.Resident, "contact.remove", "person", personID, nil)
	})
}
