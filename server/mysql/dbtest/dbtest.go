// Package dbtest gives tests a real, migrated database of their own. Tests only.
package dbtest

import (
	"context"
	"database/sql"
	"encoding/base64"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	driver_mysql "github.com/go-sql-driver/mysql"

	"warmcabin/server/instance"
	"warmcabin/server/mysql"
	"warmcabin/server/vault"
	migrations "warmcabin/sql"
)

var (
	server *instance.Process
	schema string
	count  atomic.Int64
	start  sync.Once
	failed error
)

// Run is a package's TestMain: it runs the tests and stops the server that they started.
func Run(m interface{ Run() int }) {
	code := m.Run()
	if server != nil {
		if err := server.Stop(); err != nil {
			fmt.Fprintln(os.Stderr, err)
		}
	}
	os.Exit(code)
}

// Server returns the package's private MariaDB, started at first use, with its data in
// memory where the machine can. A machine without MariaDB fails the test: it never skips.
func Server(t testing.TB) *instance.Process {
	t.Helper()
	start.Do(func() {
		if _, err := os.Stat("/dev/shm"); err == nil && os.Getenv("TMPDIR") == "" {
			_ = os.Setenv("TMPDIR", "/dev/shm")
		}
		server, failed = instance.StartMariaDB(context.Background(), instance.MariaDB{})
		if failed == nil {
			schema, failed = upScripts()
		}
	})
	if failed != nil {
		t.Fatal(failed)
	}
	return server
}

func upScripts() (string, error) {
	files, err := fs.Glob(migrations.Migrations, "migrations/*.up.sql")
	all := ""
	for _, f := range files {
		text, readErr := fs.ReadFile(migrations.Migrations, f)
		if readErr != nil {
			return "", readErr
		}
		all += string(text) + "\n"
	}
	return all, err
}

// DSN makes a fresh migrated database, dropped when the test ends, and returns its address.
func DSN(t testing.TB) string {
	t.Helper()
	name := fmt.Sprintf("warmcabin_test_%d", count.Add(1))
	dsn := Server(t).DSN(name)
	if err := mysql.CreateDatabase(dsn); err != nil {
		t.Fatal(err)
	}
	cfg, err := driver_mysql.ParseDSN(dsn)
	if err != nil {
		t.Fatal(err)
	}
	cfg.MultiStatements = true
	x, err := sql.Open("mysql", cfg.FormatDSN())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := x.Exec(schema); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if _, err := x.Exec("DROP DATABASE " + name); err != nil {
			t.Error(err)
		}
		_ = x.Close()
	})
	return dsn
}

// Clock is a clock that stands still until a test moves it. Safe for parallel use.
type Clock struct{ at atomic.Int64 }

// NewClock starts at t.
func NewClock(t time.Time) *Clock {
	c := &Clock{}
	c.Set(t)
	return c
}

// Now returns the time that was set.
func (c *Clock) Now() time.Time { return time.UnixMilli(c.at.Load()).UTC() }

// Set moves the clock to t.
func (c *Clock) Set(t time.Time) { c.at.Store(t.UnixMilli()) }

// Advance moves the clock on.
func (c *Clock) Advance(d time.Duration) { c.at.Add(d.Milliseconds()) }

// Vault returns a vault whose keys are always the same and everybody's to read.
func Vault(t testing.TB) *vault.Vault {
	t.Helper()
	key := func(text string) string { return base64.StdEncoding.EncodeToString([]byte(text)) }
	return VaultOf(t, key("an index key of tests, 32 bytes!"), "1:"+key("a sealing key for tests, 32 byte"))
}

// New opens a fresh migrated database with this clock and the Vault, and a plain connection
// to it for what only a test may look at.
func New(t testing.TB, clock *Clock) (*mysql.DB, *sql.DB) {
	t.Helper()
	dsn := DSN(t)
	db, err := mysql.Open(dsn, mysql.Options{Now: clock.Now, Sealer: Vault(t)})
	if err != nil {
		t.Fatal(err)
	}
	cfg, err := driver_mysql.ParseDSN(dsn)
	if err != nil {
		t.Fatal(err)
	}
	cfg.ParseTime = true
	x, err := sql.Open("mysql", cfg.FormatDSN())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close(); _ = x.Close() })
	return db, x
}

// NewKey makes a key for VaultOf.
func NewKey() string { return vault.Generate() }

// VaultOf returns a vault of these keys, the current one first, as "1:KEY".
func VaultOf(t testing.TB, index string, keys ...string) *vault.Vault {
	t.Helper()
	sealing, err := vault.ParseKeys(strings.Join(keys, ","))
	if err != nil {
		t.Fatal(err)
	}
	hashing, err := vault.ParseIndexKey(index)
	if err != nil {
		t.Fatal(err)
	}
	return vault.New(sealing, hashing)
}
