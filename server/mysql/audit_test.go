package mysql_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"warmcabin/server/cabin"
	"warmcabin/server/mysql"
	migrations "warmcabin/sql"
)

func (s *street) sealAll(t testing.TB) (seals int) {
	t.Helper()
	for {
		seal, err := s.db.Audits.Seal(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if seal == nil {
			return seals
		}
		seals++
	}
}

func (s *street) verifyAudit(t testing.TB) mysql.AuditVerification {
	t.Helper()
	v, err := s.db.Audits.Verify(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// audited is a street with three seals over some rows, and some open rows after them.
func audited(t *testing.T) *street {
	t.Helper()
	s := newStreet(t, 3)
	for round := range 4 {
		m := s.reported(t, s.residents[round%3], fmt.Sprint("m", round))
		s.moveReport(t, s.staff, m.ID, cabin.ReportAccept, cabin.Input{})
		if round < 3 {
			s.clock.Advance(11 * time.Minute)
			s.sealAll(t)
		}
	}
	return s
}

// Whatever is done to sealed rows or to the seals behind the product's back is found.
func TestAuditTampering(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ sql, what string }{
		"who did it":           {`UPDATE audit SET actor_id = actor_id + 1 WHERE id = (SELECT last_id FROM audit_seals WHERE id = 2)`, "第 2 段"},
		"what was done":        {`UPDATE audit SET action = 'report.reject' WHERE id = (SELECT last_id FROM audit_seals WHERE id = 1)`, "第 1 段"},
		"to what":              {`UPDATE audit SET object_id = 99 WHERE id = (SELECT last_id FROM audit_seals WHERE id = 3)`, "第 3 段"},
		"when":                 {`UPDATE audit SET at = at - INTERVAL 1 DAY WHERE id = (SELECT last_id FROM audit_seals WHERE id = 2)`, "第 2 段"},
		"from where":           {`UPDATE audit SET address = '10.0.0.9' WHERE id = (SELECT last_id FROM audit_seals WHERE id = 2)`, "第 2 段"},
		"its detail":           {`UPDATE audit SET detail = '{}' WHERE id = (SELECT last_id FROM audit_seals WHERE id = 2)`, "第 2 段"},
		"a row that went":      {`DELETE FROM audit WHERE id = (SELECT last_id FROM audit_seals WHERE id = 2)`, "少了 1 条"},
		"a row put in between": {`DELETE FROM audit WHERE id = (SELECT last_id FROM audit_seals WHERE id = 2); INSERT INTO audit (id, at, actor_id, actor_role, action, object_kind, object_id, detail) SELECT last_id, NOW(3), 1, 'admin', 'x', 'report', 1, '{}' FROM audit_seals WHERE id = 2`, "第 2 段"},
		"a seal":               {`UPDATE audit_seals SET hash = UNHEX(SHA2('x', 256)) WHERE id = 2`, "第 2 段"},
		"a seal that went":     {`DELETE FROM audit_seals WHERE id = 2`, "第 2 段到第 2 段的封条不见了"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := audited(t)
			if v := s.verifyAudit(t); len(v.Faults) != 0 || v.Seals != 3 || v.Rows < 6 || v.Open != 2 || v.Head.ID != 3 {
				t.Fatalf("untouched: %+v", v)
			}
			for _, q := range strings.Split(c.sql, "; ") {
				s.exec(t, q)
			}
			if v := s.verifyAudit(t); len(v.Faults) == 0 || !strings.Contains(strings.Join(v.Faults, "；"), c.what) {
				t.Errorf("%+v", v.Faults)
			}
		})
	}
	t.Run("what was put in afterwards", func(t *testing.T) {
		t.Parallel()
		s := audited(t)
		s.exec(t, `UPDATE audit SET id = id + 1000 WHERE id > (SELECT MAX(last_id) FROM audit_seals) ORDER BY id DESC`)
		s.exec(t, `UPDATE audit_seals SET last_id = last_id + 1 WHERE id = 3`)
		s.exec(t, `INSERT INTO audit (id, at, actor_id, actor_role, action, object_kind, object_id, detail) SELECT MAX(last_id), NOW(3), 1, 'admin', 'x', 'report', 1, '{}' FROM audit_seals`)
		if v := s.verifyAudit(t); len(v.Faults) != 1 || !strings.Contains(v.Faults[0], "多出了 1 条") {
			t.Errorf("%+v", v.Faults)
		}
	})
}

// Rows are sealed once, in their order, when they are old enough; several workers make one
// chain; long stretches become several seals.
func TestSealing(t *testing.T) {
	t.Parallel()
	s := newStreet(t, 1)
	if n := s.sealAll(t); n != 0 {
		t.Errorf("%d seals over what happened this moment", n)
	}
	for part := range 3 {
		rows := make([]string, 500)
		for i := range rows {
			rows[i] = fmt.Sprintf(`('2026-11-20 00:00:00', %d, 'staff', 'report.accept', 'report', %d, '{"𠮷": "''"}')`, part, i)
		}
		s.exec(t, `INSERT INTO audit (at, actor_id, actor_role, action, object_kind, object_id, detail) VALUES `+strings.Join(rows, ","))
	}
	s.clock.Advance(11 * time.Minute)
	before := s.verifyAudit(t).Open
	var wg sync.WaitGroup
	var mu sync.Mutex
	made := 0
	for range 4 {
		wg.Go(func() {
			for range 8 {
				seal, err := s.db.Audits.Seal(t.Context())
				mu.Lock()
				if err != nil {
					t.Error(err)
				}
				if seal != nil {
					made++
				}
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	v := s.verifyAudit(t)
	if len(v.Faults) != 0 || v.Open != 0 || v.Rows != before || int(v.Seals) != made || made != 2 {
		t.Errorf("%d made: %+v", made, v)
	}
	if sealed, err := s.db.Audits.Sealed(t.Context()); err != nil || sealed != v.Head.LastID {
		t.Error(sealed, err)
	}
}

// What the auditor asks for: by person, kind and day, page by page, each row once.
func TestAuditList(t *testing.T) {
	t.Parallel()
	s := audited(t)
	ctx := mysql.WithOrigin(t.Context(), "a-request", "203.0.113.7")
	if _, err := s.db.Reports.Command(ctx, s.staff, 4, cabin.ReportDispatch, dispatch); err != nil {
		t.Fatal(err)
	}
	all := s.auditPages(t, mysql.AuditFilter{})
	var count int
	if err := s.x.QueryRow(`SELECT COUNT(*) FROM audit`).Scan(&count); err != nil || len(all) != count {
		t.Fatalf("%d of %d rows, %v", len(all), count, err)
	}
	if first := all[0]; first.Address != "203.0.113.7" || first.RequestID != "a-request" || first.ActorID != s.staff.PersonID || first.Kind != "report" || first.ObjectID != 4 {
		t.Errorf("%+v", first)
	}
	for name, c := range map[string]struct {
		filter mysql.AuditFilter
		fits   func(cabin.AuditRow) bool
	}{
		"a person":        {mysql.AuditFilter{ActorID: s.staff.PersonID}, func(r cabin.AuditRow) bool { return r.ActorID == s.staff.PersonID }},
		"a kind":          {mysql.AuditFilter{Kind: "report"}, func(r cabin.AuditRow) bool { return r.Kind == "report" }},
		"a person's kind": {mysql.AuditFilter{Kind: "report", ActorID: s.staff.PersonID}, func(r cabin.AuditRow) bool { return r.Kind == "report" && r.ActorID == s.staff.PersonID }},
		"from a time":     {mysql.AuditFilter{From: monday.Add(11 * time.Minute)}, func(r cabin.AuditRow) bool { return !r.At.Before(monday.Add(11 * time.Minute)) }},
		"until a time":    {mysql.AuditFilter{To: monday.Add(22 * time.Minute)}, func(r cabin.AuditRow) bool { return r.At.Before(monday.Add(22 * time.Minute)) }},
		"between": {mysql.AuditFilter{From: monday.Add(time.Minute), To: monday.Add(30 * time.Minute)}, func(r cabin.AuditRow) bool {
			return r.At.After(monday.Add(time.Minute)) && r.At.Before(monday.Add(30*time.Minute))
		}},
		"the future": {mysql.AuditFilter{From: monday.AddDate(1, 0, 0)}, func(cabin.AuditRow) bool { return false }},
		"the past":   {mysql.AuditFilter{To: monday.AddDate(-1, 0, 0)}, func(cabin.AuditRow) bool { return false }},
		"no time":    {mysql.AuditFilter{From: monday.Add(11 * time.Minute), To: monday.Add(11 * time.Minute)}, func(cabin.AuditRow) bool { return false }},
	} {
		want := slices.DeleteFunc(slices.Clone(all), func(r cabin.AuditRow) bool { return !c.fits(r) })
		if got := s.auditPages(t, c.filter); !slices.Equal(got, want) {
			t.Errorf("%s: %d rows, want %d", name, len(got), len(want))
		}
	}
}

// TestAuditOfDays: the rows of some days are found by their ids, whatever gaps there are
// between these, in an empty audit, of one row, before the first and after the last.
func TestAuditOfDays(t *testing.T) {
	t.Parallel()
	s := newStreet(t, 0)
	day := func(n int) time.Time { return time.Date(2026, 3, 1+n, 0, 0, 0, 0, cabin.Shanghai) }
	check := func(what string) {
		t.Helper()
		for from := -1; from <= 41; from += 2 {
			for _, to := range []int{from, from + 1, from + 8, 60} {
				got, err := s.db.Audits.Audit(t.Context(), mysql.AuditFilter{From: day(from), To: day(to)}, 0, 1000)
				if err != nil {
					t.Fatal(err)
				}
				want := s.count(t, `SELECT COUNT(*) FROM audit WHERE at >= ? AND at < ?`, day(from).UTC(), day(to).UTC())
				if len(got) != want {
					t.Fatalf("%s, days %d to %d: %d rows, want %d", what, from, to, len(got), want)
				}
			}
		}
	}
	insert := func(which string) {
		t.Helper()
		// Four pairs a day from day 0 on, at 0:00, 6:00 …, the first of each four minutes after,
		// the second, which has the greater id, four minutes before.
		s.exec(t, `INSERT INTO audit (id, at, actor_id, actor_role, action, object_kind, object_id, detail) SELECT 1000 + seq * seq * 50,
			'2026-02-28 16:00:00' + INTERVAL 6 * (seq DIV 2) HOUR + INTERVAL IF(seq % 2, -4, 4) MINUTE, 1, 'staff', 'report.accept', 'report', seq, '{}' FROM seq_0_to_320 WHERE `+which)
	}
	s.exec(t, `DELETE FROM audit`)
	check("none")
	insert("seq = 30")
	check("one row")
	insert("seq = 31")
	check("two rows")
	s.exec(t, `DELETE FROM audit`)
	insert("seq NOT BETWEEN 80 AND 180 AND seq % 11")
	check("with gaps")
	s.exec(t, `UPDATE audit SET id = id + 4000000000000`)
	check("far away")
	e := &mysql.Export{PersonID: 1, List: cabin.ExportAudit, Filter: `{"from":"2026-03-04","to":"2026-03-06"}`, CreatedAt: monday}
	want := s.count(t, `SELECT COUNT(*) FROM audit WHERE at >= ? AND at < ?`, day(3).UTC(), day(6).UTC())
	n, err := s.db.Exports.Total(t.Context(), e, cabin.ExportScope{All: true})
	rows, _, pageErr := s.db.Exports.Page(t.Context(), e, cabin.ExportScope{All: true}, 0, 100)
	if err != nil || pageErr != nil || n != want || len(rows) != want || want < 10 {
		t.Errorf("an export has %d of %d rows, %v; its page %d, %v", n, want, err, len(rows), pageErr)
	}
}

func (s *street) auditPages(t *testing.T, f mysql.AuditFilter) (all []cabin.AuditRow) {
	t.Helper()
	for before := int64(0); ; before = all[len(all)-1].ID {
		page, err := s.db.Audits.Audit(t.Context(), f, before, 3)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, page...)
		if len(page) < 3 {
			return all
		}
	}
}

// Every action that the code writes can be told in Chinese.
func TestEveryActionHasASentence(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	written := regexp.MustCompile(`tx\.audit\([^"\n]*"([a-z_]+\.[a-z_]+)"`)
	found := 0
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range written.FindAllStringSubmatch(string(text), -1) {
			found++
			row := cabin.AuditRow{Action: m[1], Detail: `{"from":"x"}`}
			if said := row.Text(); strings.ContainsAny(said, "abcdefghijklmnopqrstuvwxyz") || strings.HasPrefix(said, "处理了") {
				t.Errorf("%s: %q", m[1], said)
			}
		}
	}
	if found < 25 {
		t.Errorf("only %d actions were found", found)
	}
}

// Every table has its line in the grants, and no append-only one may be changed.
func TestEveryTableIsGranted(t *testing.T) {
	t.Parallel()
	s := newStreet(t, 0)
	granted := map[string]string{}
	for line := range strings.Lines(migrations.Grants) {
		if m := regexp.MustCompile(`^GRANT ([A-Z, ]+) ON ([a-z_]+) TO application;\n$`).FindStringSubmatch(line); m != nil {
			if granted[m[2]] != "" {
				t.Errorf("%s has two lines", m[2])
			}
			granted[m[2]] = m[1]
		} else if line != "\n" && !strings.HasPrefix(line, "-- ") {
			t.Errorf("a line of another form: %q", line)
		}
	}
	rows, err := s.x.Query(`SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE()`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			t.Fatal(err)
		}
		switch {
		case granted[name] == "":
			t.Errorf("sql/grants.sql has no line for %s", name)
		case slices.Contains(mysql.AppendOnly, name) && granted[name] != "SELECT, INSERT":
			t.Errorf("%s may be changed: %s", name, granted[name])
		}
		delete(granted, name)
	}
	delete(granted, "schema_migrations")
	if len(granted) > 0 {
		t.Errorf("lines for what is no table: %v", granted)
	}
}
