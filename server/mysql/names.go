package mysql

import (
	"context"
	"reflect"
	"slices"
	"strings"
	"unicode/utf8"

	"warmcabin/server/cabin"
)

// called is what the person p is called: sealed for a resident, in the open for who works
// here. Rows that hold it have OpenNames, by which the name is opened as they are read.
const called = `COALESCE(p.sealed_name, p.name)`

// reporterCalled is the same of a report r, for a list of reports.
const reporterCalled = `, (SELECT ` + called + ` FROM persons p WHERE p.id = r.reporter_id) AS reporter_name`

// named are rows with people's names. OpenNames replaces each by what open says of it.
type named interface {
	OpenNames(open func(personID int64, name string) string)
}

var namedType = reflect.TypeFor[named]()

// Unreadable stands for a name that no configured key opens: shown instead of an error, so
// that a lost key does not close the lists. The command rotate-contacts counts them.
const Unreadable = "（姓名打不开）"

// nameOwner is for whom a person's name is sealed: not the same as for their phone, so that
// neither can be put in the other's place.
func nameOwner(personID int64) int64 { return 1<<61 | personID }

func (db *DB) openName(personID int64, name string) string {
	if !strings.HasPrefix(name, "\x01") && utf8.ValidString(name) { // no name begins so, every sealed value does
		return name
	}
	if plain, ok := db.unsealName(personID, []byte(name)); ok {
		return plain
	}
	return Unreadable
}

// unsealName is false for what no configured key opens, and for broken bytes.
func (db *DB) unsealName(personID int64, sealed []byte) (string, bool) {
	if db.sealer == nil {
		return "", false
	}
	plain, err := db.sealer.Open(nameOwner(personID), sealed)
	return string(plain), err == nil
}

// openNames opens the names in rows just read: dest is a row or a slice of rows.
func (db *DB) openNames(dest any) {
	if one, ok := dest.(named); ok {
		one.OpenNames(db.openName)
		return
	}
	rows := reflect.ValueOf(dest).Elem()
	if rows.Kind() != reflect.Slice {
		return
	}
	row := rows.Type().Elem()
	switch {
	case row.Implements(namedType):
		for i := range rows.Len() {
			rows.Index(i).Interface().(named).OpenNames(db.openName)
		}
	case reflect.PointerTo(row).Implements(namedType):
		for i := range rows.Len() {
			rows.Index(i).Addr().Interface().(named).OpenNames(db.openName)
		}
	}
}

// namedRow is one person with what they are called.
type namedRow struct {
	ID   int64  `db:"id"`
	Name string `db:"name"`
}

// OpenNames is named.
func (n *namedRow) OpenNames(open func(int64, string) string) { n.Name = open(n.ID, n.Name) }

// sealName is a resident's name as it is kept, and what it is found by: nil for no name.
func (db *DB) sealName(personID int64, name string) (sealed, hash []byte, err error) {
	if name == "" {
		return nil, nil, nil
	}
	if sealed, err = db.sealer.Seal(nameOwner(personID), []byte(name)); err != nil {
		return nil, nil, err
	}
	return sealed, db.nameHash(name), nil
}

// nameHash finds people by their whole name, however it is spaced.
func (db *DB) nameHash(name string) []byte {
	hash := db.sealer.Hash("name/" + strings.Join(strings.Fields(name), ""))
	return hash[:]
}

// renamePerson sets what a person is called: in the open for who works here or did, else sealed.
func (tx *Tx) renamePerson(id int64, name string) error {
	var works []bool
	if err := tx.selectAll(&works, `SELECT worked OR EXISTS (SELECT 1 FROM person_roles r WHERE r.person_id = p.id) FROM persons p WHERE id = ? FOR UPDATE`, id); err != nil {
		return err
	}
	if len(works) > 0 && works[0] {
		tx.later(`UPDATE persons SET name = ?, sealed_name = NULL, name_hash = NULL, worked = TRUE WHERE id = ?`, name, id)
		return nil
	}
	return tx.nameSealed(id, name)
}

func (tx *Tx) nameSealed(id int64, name string) error {
	sealed, hash, err := tx.db.sealName(id, name)
	if err == nil {
		tx.later(`UPDATE persons SET name = '', sealed_name = ?, name_hash = ? WHERE id = ?`, sealed, hash, id)
	}
	return err
}

// works opens the name of somebody who works here from now on: colleagues read it, and what
// they did says who it was after they left.
func (tx *Tx) works(id int64) error {
	var people []namedRow
	if err := tx.selectAll(&people, `SELECT p.id, `+called+` AS name FROM persons p WHERE id = ? AND NOT worked FOR UPDATE`, id); err != nil {
		return err
	}
	for _, p := range people {
		if p.Name == Unreadable { // stays sealed: the key may be found again
			continue
		}
		tx.later(`UPDATE persons SET name = ?, sealed_name = NULL, name_hash = NULL, worked = TRUE WHERE id = ?`, p.Name, id)
	}
	return nil
}

const sealPage = 200

// SealNames seals a lot of the names that were written before residents' names were sealed;
// how many. Any worker may, as often as it likes: who works here is left out.
func (s People) SealNames(ctx context.Context) (sealed int, err error) {
	if s.db.sealer == nil {
		return 0, nil
	}
	err = s.db.InTx(ctx, func(tx *Tx) error {
		var people []namedRow
		if err := tx.selectAll(&people, `SELECT p.id, p.name FROM persons p FORCE INDEX (persons_name) WHERE p.name > '' AND NOT p.worked AND p.deleted_at IS NULL
			AND NOT EXISTS (SELECT 1 FROM person_roles r WHERE r.person_id = p.id) LIMIT ? FOR UPDATE`, sealPage); err != nil {
			return err
		}
		if sealed = len(people); sealed == 0 {
			return nil
		}
		for _, p := range people {
			if err := tx.nameSealed(p.ID, p.Name); err != nil {
				return err
			}
		}
		return tx.audit(cabin.TheSystem, cabin.System, "contact.seal", "person", 0, map[string]any{"sealed": sealed})
	})
	return sealed, err
}

// lostName is what somebody is called whose name was given up: no key is left that opens it.
const lostName = "（姓名已丢失）"

// sealedName is a name as it lies in the table: whatever bytes stand there, none is taken for an open one.
type sealedName struct {
	ID     int64  `db:"id"`
	Sealed []byte `db:"sealed_name"`
}

// OpenNames opens every sealed name, before going back to a schema that knows no sealed ones.
// It returns the people whose name no configured key opens, or whose bytes are broken: they
// stay as they are, but for those of giveUp, who are called lostName from then on. Workers must
// be stopped: they seal what lies open. For the operator; twice is fine.
func (s People) OpenNames(ctx context.Context, giveUp []int64) (opened int, closed []int64, err error) {
	for after, more := int64(0), true; more; {
		var page []sealedName
		var n int
		var shut []int64
		err := s.db.InTx(ctx, func(tx *Tx) (err error) {
			page = nil
			if err := tx.selectAll(&page, `SELECT id, sealed_name FROM persons WHERE id > ? AND sealed_name IS NOT NULL ORDER BY id LIMIT ? FOR UPDATE`, after, sealPage); err != nil {
				return err
			}
			n, shut, err = tx.openNames(page, giveUp)
			return err
		})
		if err != nil {
			return opened, closed, err
		}
		opened, closed = opened+n, append(closed, shut...)
		if more = len(page) > 0; more {
			after = page[len(page)-1].ID
		}
	}
	return opened, closed, nil
}

func (tx *Tx) openNames(page []sealedName, giveUp []int64) (opened int, closed []int64, err error) {
	lost := []int64{}
	for _, p := range page {
		name, ok := tx.db.unsealName(p.ID, p.Sealed)
		switch {
		case ok:
			opened++
		case slices.Contains(giveUp, p.ID):
			name, lost = lostName, append(lost, p.ID)
		default:
			closed = append(closed, p.ID)
			continue
		}
		tx.later(`UPDATE persons SET name = ?, sealed_name = NULL, name_hash = NULL WHERE id = ?`, name, p.ID)
	}
	if opened+len(lost) == 0 {
		return opened, closed, nil
	}
	return opened, closed, tx.audit(cabin.TheSystem, cabin.System, "contact.unseal", "person", 0, map[string]any{"opened": opened, "lost": lost})
}
