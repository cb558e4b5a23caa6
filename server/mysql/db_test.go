package mysql_test

import (
	"context"
	"errors"
	"net"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	driver_mysql "github.com/go-sql-driver/mysql"

	"warmcabin/server/cabin"
	"warmcabin/server/instance"
	"warmcabin/server/mysql"
	"warmcabin/server/mysql/dbtest"
)

// count runs a SELECT COUNT(*) kind of query.
func (s *street) count(t testing.TB, query string, args ...any) int {
	t.Helper()
	var n int
	if err := s.x.QueryRow(query, args...).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

func (s *street) exec(t testing.TB, query string, args ...any) {
	t.Helper()
	if _, err := s.x.Exec(query, args...); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
}

func wantCode(t testing.TB, what string, err error, want cabin.Code) {
	t.Helper()
	if got := cabin.CodeOf(err); got != want {
		t.Errorf("%s: got %q (%v), want %q", what, got, err, want)
	}
}

func must[T any](v T, err error) func(testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func TestInTxRollsBack(t *testing.T) {
	t.Parallel()
	s := newStreet(t, 0)
	write := func(tx *mysql.Tx) {
		if err := tx.Exec(`INSERT INTO departments (name) VALUES ('新科室')`); err != nil {
			t.Error(err)
		}
	}
	left := func() int { return s.count(t, `SELECT COUNT(*) FROM departments WHERE name = '新科室'`) }

	boom := errors.New("boom")
	err := s.db.InTx(t.Context(), func(tx *mysql.Tx) error { write(tx); return boom })
	if !errors.Is(err, boom) || cabin.CodeOf(err) != cabin.CodeInternal || left() != 0 {
		t.Errorf("after an error: %v, %d rows", err, left())
	}
	func() {
		defer func() {
			if recover() == nil {
				t.Error("the panic was swallowed")
			}
		}()
		_ = s.db.InTx(t.Context(), func(tx *mysql.Tx) error { write(tx); panic("boom") })
	}()
	if left() != 0 {
		t.Error("a panic left a row")
	}
	err = s.db.InTx(t.Context(), func(tx *mysql.Tx) error {
		return s.db.InTx(tx.Context(), func(*mysql.Tx) error { t.Error("nested"); return nil })
	})
	wantCode(t, "nesting", err, cabin.CodeInternal)
	if err := s.db.InTx(t.Context(), func(tx *mysql.Tx) error { write(tx); return nil }); err != nil || left() != 1 {
		t.Errorf("a good one: %v, %d rows", err, left())
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	wantCode(t, "a caller who left", s.db.InTx(ctx, func(*mysql.Tx) error { return nil }), cabin.CodeUnavailable)
}

// TestForcedDeadlockIsRetried makes two transactions wait for each other.
func TestForcedDeadlockIsRetried(t *testing.T) {
	t.Parallel()
	s := newStreet(t, 0)
	s.exec(t, `UPDATE departments SET duty = ''`)
	var tries atomic.Int64
	met := make(chan struct{})
	var meet sync.WaitGroup
	meet.Add(2)
	go func() { meet.Wait(); close(met) }()
	run := func(first, second int) error {
		once := sync.Once{}
		return s.db.InTx(t.Context(), func(tx *mysql.Tx) error {
			tries.Add(1)
			if err := tx.Exec(`UPDATE departments SET duty = CONCAT(duty, 'x') WHERE id = ?`, first); err != nil {
				return err
			}
			once.Do(func() { meet.Done(); <-met })
			return tx.Exec(`UPDATE departments SET duty = CONCAT(duty, 'x') WHERE id = ?`, second)
		})
	}
	errs := make([]error, 2)
	var wg sync.WaitGroup
	wg.Go(func() { errs[0] = run(1, 2) })
	wg.Go(func() { errs[1] = run(2, 1) })
	wg.Wait()
	if errors.Join(errs...) != nil || tries.Load() != 3 {
		t.Errorf("%v after %d tries, want 3", errs, tries.Load())
	}
	if n := s.count(t, `SELECT COUNT(*) FROM departments WHERE duty = 'xx'`); n != 2 {
		t.Error("an update was lost or done twice")
	}
}

func TestRetriesAreBounded(t *testing.T) {
	t.Parallel()
	s := newStreet(t, 0)
	for _, number := range []uint16{1213, 1205} {
		tries := 0
		err := s.db.InTx(t.Context(), func(*mysql.Tx) error { tries++; return &driver_mysql.MySQLError{Number: number} })
		if cabin.CodeOf(err) != cabin.CodeUnavailable || tries != 6 {
			t.Errorf("%d: %v after %d tries", number, err, tries)
		}
	}
}

func TestCommitThatFails(t *testing.T) {
	t.Parallel()
	s := newStreet(t, 1)
	db, probe := s.probed(t)
	deadlocks := 2
	probe.OnCommit = func(commit func() error) error {
		if deadlocks--; deadlocks >= 0 {
			return &driver_mysql.MySQLError{Number: 1213}
		}
		return commit()
	}
	tries := 0
	err := db.InTx(t.Context(), func(tx *mysql.Tx) error {
		tries++
		return tx.Exec(`INSERT INTO departments (name) VALUES (?)`, "第"+strconv.Itoa(tries)+"次")
	})
	if err != nil || tries != 3 {
		t.Errorf("a deadlock at commit: %v after %d tries", err, tries)
	}
	// The connection breaks after the server committed: asking again with the same key is safe.
	broken := true
	probe.OnCommit = func(commit func() error) error {
		err := commit()
		if broken {
			return driver_mysql.ErrInvalidConn
		}
		return err
	}
	wantCode(t, "a commit that nobody confirmed", db.InTx(t.Context(), func(tx *mysql.Tx) error { return tx.Exec(`INSERT INTO departments (name) VALUES ('一次')`) }), cabin.CodeOutcomeUnknown)
	r := s.residents[0]
	n := mysql.NewBooking{ResidentID: r.PersonID, DeputyID: 1, Start: wednesday(9, 0)}
	b, err := db.Bookings.Request(t.Context(), key(r, "broken"), n)
	if err != nil || b.State != cabin.Requested {
		t.Errorf("the key knows that it was committed: %+v, %v", b, err)
	}
	broken = false
	again, err := db.Bookings.Request(t.Context(), key(r, "broken"), n)
	if err != nil || again.ID != b.ID || s.count(t, `SELECT COUNT(*) FROM bookings`) != 1 {
		t.Errorf("asked again: %+v, %v", again, err)
	}
}

// probed opens the street's database a second time, with a probe.
func (s *street) probed(t testing.TB) (*mysql.DB, *mysql.Probe) {
	t.Helper()
	db, probe, err := mysql.OpenProbed(s.dsn(t), mysql.Options{Now: s.clock.Now, Sealer: dbtest.Vault(t)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db, probe
}

func (s *street) dsn(t testing.TB) string {
	t.Helper()
	var name string
	if err := s.x.QueryRow(`SELECT DATABASE()`).Scan(&name); err != nil {
		t.Fatal(err)
	}
	return dbtest.Server(t).DSN(name)
}

func TestConnectionsAreStrictAndReadCommitted(t *testing.T) {
	t.Parallel()
	s := newStreet(t, 0)
	err := s.db.InTx(t.Context(), func(tx *mysql.Tx) error {
		return tx.Exec(`INSERT INTO departments (name) SELECT @@tx_isolation`)
	})
	if err != nil || s.count(t, `SELECT COUNT(*) FROM departments WHERE name = 'READ-COMMITTED'`) != 1 {
		t.Error("the isolation is not READ COMMITTED", err)
	}
	lax, err := mysql.Open(s.dsn(t)+"&sql_mode=''", mysql.Options{Now: s.clock.Now}) // a server that would cut texts
	if err != nil {
		t.Fatal(err)
	}
	defer lax.Close()
	wantCode(t, "a text that does not fit", lax.People.Rename(t.Context(), s.staff.PersonID, strings.Repeat("长", 41)), cabin.CodeInternal)
}

// TestMariaDBGoesAndComesBack stops the server under an open pool.
func TestMariaDBGoesAndComesBack(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	first, err := instance.StartMariaDB(t.Context(), instance.MariaDB{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	_, port, _ := net.SplitHostPort(first.Addr())
	dsn := first.DSN("warmcabin")
	if err := errors.Join(mysql.CreateDatabase(dsn), mysql.Migrate(dsn, 0)); err != nil {
		t.Fatal(err)
	}
	db, err := mysql.Open(dsn, mysql.Options{Now: dbtest.NewClock(monday).Now, Sealer: dbtest.Vault(t)})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	person, err := db.People.Login(t.Context(), "o-r", "")
	if err != nil {
		t.Fatal(err)
	}
	calls := map[string]func() error{
		"ping":  func() error { return db.Ping(t.Context()) },
		"read":  func() error { _, err := db.People.Actor(t.Context(), person.ID); return err },
		"write": func() error { return db.People.Rename(t.Context(), person.ID, "王秀兰") },
		"tx":    func() error { return db.People.Grant(t.Context(), person.ID, cabin.Grant{Role: cabin.Auditor}) },
	}
	for name, call := range calls {
		wantCode(t, name+" before", call(), "")
	}
	if err := first.Stop(); err != nil {
		t.Fatal(err)
	}
	for range 3 { // more often than idle connections
		for name, call := range calls {
			err := call()
			wantCode(t, name+" while it is down", err, cabin.CodeUnavailable)
			if e, ok := errors.AsType[*cabin.Error](err); ok && e.RetryAfter == 0 {
				t.Error("it does not say when to try again")
			}
		}
	}
	n, _ := strconv.Atoi(port)
	second, err := instance.StartMariaDB(t.Context(), instance.MariaDB{Dir: dir, Port: n})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = second.Stop() }()
	for name, call := range calls {
		wantCode(t, name+" afterwards", call(), "")
	}
}

func TestTimesAreStoredAsUTC(t *testing.T) {
	t.Parallel()
	s := newStreet(t, 1)
	b, err := s.request(t, s.residents[0], 1, wednesday(9, 0), "k")
	if err != nil {
		t.Fatal(err)
	}
	var stored string
	if err := s.x.QueryRow(`SELECT CAST(starts_at AS CHAR) FROM bookings WHERE id = ?`, b.ID).Scan(&stored); err != nil || stored != "2026-11-25 01:00:00.000" {
		t.Errorf("9:00 in Shanghai is stored as %s, %v", stored, err)
	}
	if !b.StartsAt.Equal(wednesday(9, 0)) || b.StartsAt.Location() != time.UTC {
		t.Errorf("read as %s", b.StartsAt)
	}
	if n := s.count(t, `SELECT COUNT(*) FROM bookings WHERE created_at = '2026-11-23 01:00:00' AND hold_until = '2026-11-25 01:00:00'`); n != 1 {
		t.Error("created_at or hold_until is not UTC")
	}
}
