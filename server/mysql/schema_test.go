package mysql_test

import (
	"database/sql"
	"flag"
	"os"
	"regexp"
	"strings"
	"testing"

	"warmcabin/server/mysql"
	"warmcabin/server/mysql/dbtest"
)

var update = flag.Bool("update", false, "write sql/schema.sql anew")

const schemaFile = "../../sql/schema.sql"

var autoIncrement = regexp.MustCompile(` AUTO_INCREMENT=\d+`)

// dump is every table's definition, by name.
func dump(t testing.TB, x *sql.DB) string {
	t.Helper()
	rows, err := x.Query(`SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE() AND table_name <> 'schema_migrations' ORDER BY table_name`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var names []string
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			t.Fatal(err)
		}
		names = append(names, name)
	}
	var out strings.Builder
	out.WriteString("-- What the migrations lead to, as MariaDB 10.11 shows it. Written by:\n-- go test ./server/mysql -run TestSchemaDump -update\n")
	for _, name := range names {
		var create string
		if err := x.QueryRow("SHOW CREATE TABLE `"+name+"`").Scan(&name, &create); err != nil {
			t.Fatal(err)
		}
		out.WriteString("\n" + autoIncrement.ReplaceAllString(create, "") + ";\n")
	}
	return out.String()
}

// bare is an empty database made by hand, with a character set that cannot hold a name.
func bare(t testing.TB, name string) (dsn string, x *sql.DB) {
	t.Helper()
	dsn = dbtest.Server(t).DSN(name)
	root, err := sql.Open("mysql", dbtest.Server(t).DSN(""))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := root.Exec("CREATE DATABASE " + name + " CHARACTER SET latin1"); err != nil {
		t.Fatal(err)
	}
	if x, err = sql.Open("mysql", dsn); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_, _ = root.Exec("DROP DATABASE " + name)
		_ = x.Close()
		_ = root.Close()
	})
	return dsn, x
}

func TestSchemaDump(t *testing.T) {
	t.Parallel()
	dsn, x := bare(t, "schema_dump")
	if err := mysql.Migrate(dsn, 0); err != nil {
		t.Fatal(err)
	}
	got := dump(t, x)
	if *update {
		if err := os.WriteFile(schemaFile, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(schemaFile)
	if err != nil || got != string(want) {
		t.Errorf("sql/schema.sql is not what the migrations lead to (%v): go test ./server/mysql -run TestSchemaDump -update", err)
	}
	if strings.Contains(got, "latin1") || strings.Contains(got, "MyISAM") {
		t.Error("a table took over the database's old character set")
	}
}

func TestMigrationsGoDownAndUp(t *testing.T) {
	t.Parallel()
	dsn, x := bare(t, "down_and_up")
	tables := func() (n int) {
		if err := x.QueryRow(`SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = DATABASE() AND table_name <> 'schema_migrations'`).Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	files, err := os.ReadDir("../../sql/migrations")
	if err != nil {
		t.Fatal(err)
	}
	steps := len(files) / 2
	// Several processes start at once.
	codes := together(times(3, func() error { return mysql.Migrate(dsn, 0) })...)
	if n := tally(codes); n[""] != 3 {
		t.Fatalf("three at once: %v", n)
	}
	first := dump(t, x)
	if err := mysql.Migrate(dsn, -steps); err != nil || tables() != 0 {
		t.Fatalf("down: %v, %d tables left", err, tables())
	}
	if err := mysql.Migrate(dsn, 0); err != nil || dump(t, x) != first {
		t.Errorf("up again: %v", err)
	}
	if err := mysql.Migrate(dsn, 0); err != nil {
		t.Errorf("nothing to do: %v", err)
	}
}
