package mysql_test

import (
	"bytes"
	"slices"
	"sync"
	"testing"

	"warmcabin/server/cabin"
	"warmcabin/server/mysql"
)

// kept is how a person's name lies in the database.
func (s *street) kept(t testing.TB, id int64) (open string, sealed, hash []byte) {
	t.Helper()
	if err := s.x.QueryRow(`SELECT name, sealed_name, name_hash FROM persons WHERE id = ?`, id).Scan(&open, &sealed, &hash); err != nil {
		t.Fatal(err)
	}
	return open, sealed, hash
}

// TestResidentsNamesAreSealed: what a resident is called lies sealed and comes out with their
// report and booking; who begins to work here is called in the open, and stays so.
func TestResidentsNamesAreSealed(t *testing.T) {
	t.Parallel()
	s := newStreet(t, 2)
	r := s.residents[0]
	if err := s.db.People.Rename(t.Context(), r.PersonID, "罗秀兰"); err != nil {
		t.Fatal(err)
	}
	open, sealed, hash := s.kept(t, r.PersonID)
	if open != "" || len(sealed) == 0 || bytes.Contains(sealed, []byte("罗秀兰")) || len(hash) != 32 {
		t.Fatalf("kept as %q, %x, %x", open, sealed, hash)
	}
	p, err := s.db.People.ByID(t.Context(), r.PersonID)
	if err != nil || p.Name != "罗秀兰" {
		t.Errorf("read as %+v, %v", p, err)
	}
	m := s.reported(t, r, "m")
	b := s.booked(t, r, 1, wednesday(9, 0), "k")
	if m.ReporterName != "罗秀兰" || b.ResidentName != "罗秀兰" {
		t.Errorf("made with %q and %q", m.ReporterName, b.ResidentName)
	}
	queue, err := s.db.Reports.Read(t.Context(), mysql.StationReports([]int64{1}, mysql.QueueWaiting, mysql.Page{Limit: 20}))
	if err != nil || len(queue) != 1 || queue[0].ReporterName != "罗秀兰" {
		t.Errorf("in the queue %+v, %v", queue, err)
	}
	// A name that is put in another's place does not open there.
	s.exec(t, `UPDATE persons SET sealed_name = ? WHERE id = ?`, sealed, s.residents[1].PersonID)
	if p, err = s.db.People.ByID(t.Context(), s.residents[1].PersonID); err != nil || p.Name != mysql.Unreadable {
		t.Errorf("another's name reads %q, %v", p.Name, err)
	}
	// Nor do broken bytes; and who is called to work here keeps what lies sealed, should the key be found.
	s.exec(t, `UPDATE persons SET sealed_name = 0xFF00112233 WHERE id = ?`, s.residents[1].PersonID)
	if p, err = s.db.People.ByID(t.Context(), s.residents[1].PersonID); err != nil || p.Name != mysql.Unreadable {
		t.Errorf("broken bytes read %q, %v", p.Name, err)
	}
	if err := s.db.People.Grant(t.Context(), s.residents[1].PersonID, cabin.Grant{Role: cabin.Staff, ScopeID: 1}); err != nil {
		t.Fatal(err)
	}
	if _, sealed, _ := s.kept(t, s.residents[1].PersonID); len(sealed) == 0 {
		t.Error("a name that does not open was given up with a role")
	}

	desk := cabin.Grant{Role: cabin.Staff, ScopeID: 1}
	if err := s.db.People.Grant(t.Context(), r.PersonID, desk); err != nil {
		t.Fatal(err)
	}
	if open, sealed, _ = s.kept(t, r.PersonID); open != "罗秀兰" || sealed != nil {
		t.Errorf("who works here is kept as %q, %x", open, sealed)
	}
	if err := s.db.People.Revoke(t.Context(), s.admin(t, "admin"), r.PersonID, desk); err != nil {
		t.Fatal(err)
	}
	if err := s.db.People.Rename(t.Context(), r.PersonID, "罗兰"); err != nil {
		t.Fatal(err)
	}
	if n, err := s.db.People.SealNames(t.Context()); n != 0 || err != nil {
		t.Errorf("%d sealed, %v", n, err)
	}
	if open, sealed, _ = s.kept(t, r.PersonID); open != "罗兰" || sealed != nil {
		t.Errorf("who worked here is kept as %q, %x", open, sealed)
	}
}

// TestNamesFromBeforeAreSealed: two workers seal what lay open, each name once, and leave
// those who work here and those who are gone.
func TestNamesFromBeforeAreSealed(t *testing.T) {
	t.Parallel()
	s := newStreet(t, 0)
	s.exec(t, `INSERT INTO persons (openid, name, created_at) SELECT CONCAT('x', seq), CONCAT('居民', seq), '2026-01-01' FROM seq_1_to_450`)
	works := s.person(t, "works", cabin.Grant{Role: cabin.Staff, ScopeID: 1})
	s.exec(t, `UPDATE persons SET name = '何主任', worked = FALSE WHERE id = ?`, works.PersonID)
	s.exec(t, `INSERT INTO persons (name, created_at, deleted_at) VALUES (?, '2026-01-01', '2026-02-01')`, cabin.DeletedName)
	var wg sync.WaitGroup
	for range 2 {
		wg.Go(func() {
			for {
				n, err := s.db.People.SealNames(t.Context())
				if err != nil {
					t.Error(err)
				}
				if n == 0 || err != nil {
					return
				}
			}
		})
	}
	wg.Wait()
	var left []string
	rows, err := s.x.Query(`SELECT name FROM persons WHERE name <> '' ORDER BY name`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			t.Fatal(err)
		}
		left = append(left, name)
	}
	slices.Sort(left)
	want := []string{cabin.DeletedName, "何主任"}
	slices.Sort(want)
	if err := rows.Err(); err != nil || !slices.Equal(left, want) {
		t.Errorf("in the open: %q, %v", left, err)
	}
	if n := s.count(t, `SELECT COUNT(*) FROM persons WHERE sealed_name IS NOT NULL AND name_hash IS NOT NULL`); n != 450 {
		t.Errorf("%d are sealed", n)
	}
	var id int64
	if err := s.x.QueryRow(`SELECT id FROM persons WHERE openid = 'x123'`).Scan(&id); err != nil {
		t.Fatal(err)
	}
	if p, err := s.db.People.ByID(t.Context(), id); err != nil || p.Name != "居民123" {
		t.Errorf("opened as %+v, %v", p, err)
	}
}
