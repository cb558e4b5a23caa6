package e2e

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	driver_mysql "github.com/go-sql-driver/mysql"

	"warmcabin/server/mysql"
)

const applicationPassword = "only for these tests"

// leastRights makes an account with the rights of sql/grants.sql in the database, and returns
// the product's address there.
func (s *stage) leastRights(root string) string {
	s.t.Helper()
	cfg, err := driver_mysql.ParseDSN(root)
	if err != nil {
		s.t.Fatal(err)
	}
	account := fmt.Sprintf("'%s'@'127.0.0.1'", cfg.DBName)
	s.exec("CREATE USER " + account + " IDENTIFIED BY '" + applicationPassword + "'")
	s.t.Cleanup(func() { s.exec("DROP USER " + account) })
	s.exec("CREATE TABLE IF NOT EXISTS schema_migrations (version BIGINT NOT NULL PRIMARY KEY, dirty BOOLEAN NOT NULL)") // golang-migrate's
	if err := mysql.GrantTo(s.t.Context(), root, cfg.DBName+"@127.0.0.1"); err != nil {
		s.t.Fatal(err)
	}
	cfg.User, cfg.Passwd = cfg.DBName, applicationPassword
	return cfg.FormatDSN()
}

// After a whole story with the worker, told with no more rights than sql/grants.sql gives:
// with these rights what happened can be neither changed nor deleted.
func TestWhatHappenedStays(t *testing.T) {
	s := open(t)
	tellStory(t, s)
	s.clock.Advance(11 * time.Minute)
	for name, job := range map[string]func(context.Context) (int, error){"seal": s.worker.Seal, "due": s.worker.Due, "events": s.worker.Events, "remind": s.worker.Remind} {
		if _, err := job(t.Context()); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	var database string
	if err := s.x.QueryRow("SELECT DATABASE()").Scan(&database); err != nil {
		t.Fatal(err)
	}
	var port string
	if err := s.x.QueryRow("SELECT @@port").Scan(&port); err != nil {
		t.Fatal(err)
	}
	x, err := sql.Open("mysql", fmt.Sprintf("%s:%s@tcp(127.0.0.1:%s)/%s", database, applicationPassword, port, database))
	if err != nil {
		t.Fatal(err)
	}
	defer x.Close()
	for _, table := range mysql.AppendOnly {
		var n int
		if err := x.QueryRow("SELECT COUNT(*) FROM " + table).Scan(&n); err != nil || n == 0 && (table == "audit" || strings.HasSuffix(table, "_seals") || table == "report_events" || table == "booking_events") {
			t.Errorf("%s: %d rows to try on, %v", table, n, err)
		}
		for _, stmt := range []string{"UPDATE %s SET id = id + 1", "DELETE FROM %s", "TRUNCATE TABLE %s", "DROP TABLE %s", "ALTER TABLE %s ADD COLUMN x INT", "REPLACE INTO %[1]s SELECT * FROM %[1]s", "INSERT INTO %[1]s SELECT * FROM %[1]s ON DUPLICATE KEY UPDATE id = VALUES(id) + 1"} {
			stmt = fmt.Sprintf(stmt, table)
			_, err := x.Exec(stmt)
			if e, ok := errors.AsType[*driver_mysql.MySQLError](err); !ok || e.Number != 1142 && e.Number != 1143 {
				t.Errorf("%s: %v, want a refusal", stmt, err)
			}
		}
	}
	for _, stmt := range []string{"CREATE TABLE x (id INT)", "DELETE FROM reports", "DELETE FROM bookings", "DELETE FROM persons", "UPDATE schema_migrations SET dirty = 1", "SELECT * FROM mysql.user"} {
		if _, err := x.Exec(stmt); err == nil {
			t.Errorf("%s is not refused", stmt)
		}
	}
	if may, err := s.db.Audits.MayRewrite(t.Context()); err != nil || len(may) > 0 {
		t.Errorf("the product thinks it may rewrite %v: %v", may, err)
	}
	v, err := s.db.Audits.Verify(t.Context())
	if err != nil || len(v.Faults) > 0 || v.Seals != 1 || v.Rows < 6 {
		t.Errorf("%+v %v", v, err)
	}
}

func TestGrantsGoToAnAccountOnly(t *testing.T) {
	for _, account := range []string{"", "cabin", "cabin@", "'cabin'@'%'", "cabin@% IDENTIFIED BY 'x'", "a b@%"} {
		if err := mysql.GrantTo(t.Context(), "root@tcp(127.0.0.1:1)/x", account); err == nil || !strings.Contains(err.Error(), "用户@主机") {
			t.Errorf("%q: %v", account, err)
		}
	}
}
