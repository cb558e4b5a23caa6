package mysql_test

import (
	"slices"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"warmcabin/server/cabin"
	"warmcabin/server/mysql"
	"warmcabin/server/mysql/dbtest"
)

// TestRotateSealsEverythingAgain: after a rotation the new key alone opens every contact and
// every name, those too that lay open before, people are found by their phones as before, a second run has nothing to do, and what no
// key opens is named and left.
func TestRotateSealsEverythingAgain(t *testing.T) {
	t.Parallel()
	s := newStreet(t, 0)
	index, first, second := dbtest.NewKey(), "1:"+dbtest.NewKey(), "2:"+dbtest.NewKey()
	open := func(v mysql.Sealer) *mysql.DB {
		db, err := mysql.Open(s.dsn(t), mysql.Options{Now: s.clock.Now, Sealer: v})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = db.Close() })
		return db
	}
	old, both, fresh := dbtest.VaultOf(t, index, first), dbtest.VaultOf(t, index, second, first), dbtest.VaultOf(t, index, second)
	s.db = open(old)
	s.clock.Set(wednesday(8, 0))
	b, err := s.walkIn(t, "rotate", nil)
	if err != nil {
		t.Fatal(err)
	}
	// A second factor is sealed with the same keys.
	holder, secret := cabin.Actor{PersonID: s.staff.PersonID, Grants: []cabin.Grant{{Role: cabin.Admin}}}, cabin.NewFactorSecret()
	code := func() string {
		c, err := totp.GenerateCode(secret, s.clock.Now())
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	if err := s.db.Factors.Begin(t.Context(), holder.PersonID, secret); err != nil {
		t.Fatal(err)
	}
	if _, err := s.db.Factors.Confirm(t.Context(), holder, code()); err != nil {
		t.Fatal(err)
	}
	// More than a page of others, and one whose key is lost.
	lost := dbtest.VaultOf(t, index, "9:"+dbtest.NewKey())
	var strangers []int64
	for i := range 205 {
		res, err := s.x.Exec(`INSERT INTO persons (name, created_at) VALUES ('甲', ?)`, s.clock.Now())
		if err != nil {
			t.Fatal(err)
		}
		id, _ := res.LastInsertId()
		v := old
		if i == 100 {
			v, strangers = lost, append(strangers, id)
		}
		sealed, err := v.Seal(id, []byte("13900000000"))
		if err != nil {
			t.Fatal(err)
		}
		hash := v.Hash(string(rune('a'+i%26)) + string(rune('0'+i/26)))
		s.exec(t, `INSERT INTO contacts (person_id, sealed, phone_hash, identity_hash, recorded_by, updated_at) VALUES (?,?,?,?,0,?)`, id, sealed, hash[:], hash[:], s.clock.Now())
	}
	r, err := open(both).People.Rotate(t.Context())
	if err != nil || r.Sealed != 207 || r.Kept != 205 || !slices.Equal(r.Closed, strangers) {
		t.Fatalf("%+v, %v", r, err)
	}
	if n := s.count(t, `SELECT COALESCE(SUM(JSON_VALUE(detail, '$.sealed')), 0) FROM audit WHERE action = 'contact.rotate'`); n != 207 {
		t.Errorf("the audit counts %d", n)
	}
	var sealed []byte
	if err := s.x.QueryRow(`SELECT sealed FROM contacts WHERE person_id = ?`, b.ResidentID).Scan(&sealed); err != nil {
		t.Fatal(err)
	}
	if phone, err := fresh.Open(b.ResidentID, sealed); err != nil || string(phone) != herPhone {
		t.Errorf("the new key alone reads %q, %v", phone, err)
	}
	if known, err := open(fresh).People.ByPhone(t.Context(), s.staff, herPhone); err != nil || len(known) != 1 || known[0].ID != b.ResidentID || known[0].Name != "王秀兰" {
		t.Errorf("found %+v, %v", known, err)
	}
	s.clock.Advance(time.Minute)
	if err := open(fresh).Factors.Give(t.Context(), holder, code(), false); err != nil {
		t.Errorf("the second factor by the new key alone: %v", err)
	}
	if r, err = open(both).People.Rotate(t.Context()); err != nil || r.Sealed != 0 || r.Kept != 412 {
		t.Errorf("a second time: %+v, %v", r, err)
	}
}
