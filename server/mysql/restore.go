package mysql

import (
	"bufio"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	driver_mysql "github.com/go-sql-driver/mysql"

	"warmcabin/server/cabin"
)

// seeded are the tables that migrations fill: rows in them alone are nobody's work.
var seeded = []string{"quick_texts"}

// unfinished is a table that stands while a restore fills the database: what is found with
// it was never in use and makes room for the next try.
const unfinished = "restore_unfinished"

// Restoring fills an empty database from a Snapshot's dumps. One goroutine; Close it.
type Restoring struct {
	dsn  string
	pool *sql.DB
	conn *sql.Conn
}

// Empty tells whether a restore may fill the DSN's database: it is not there, or nothing but
// a fresh schema is in it (CodeConflict otherwise).
func Empty(ctx context.Context, dsn string) error {
	pool, err := sql.Open("mysql", dsn)
	if err != nil {
		return err
	}
	defer pool.Close()
	tables, err := tableNames(ctx, pool)
	if e, ok := errors.AsType[*driver_mysql.MySQLError](err); ok && e.Number == 1049 { // no such database
		return nil
	}
	if err != nil {
		return classify(err)
	}
	if slices.Contains(tables, unfinished) {
		return nil
	}
	for _, name := range tables {
		if name == "schema_migrations" || slices.Contains(seeded, name) {
			continue
		}
		var used bool
		if err := pool.QueryRowContext(ctx, "SELECT EXISTS (SELECT 1 FROM `"+name+"`)").Scan(&used); err != nil {
			return classify(err)
		}
		if used {
			return cabin.E(cabin.CodeConflict, "目标数据库里已经有数据（表 "+name+"）。恢复不会覆盖任何数据：请另建一个空的数据库，把 WARMCABIN_MYSQL_DSN 指向它再恢复。")
		}
	}
	return nil
}

func tableNames(ctx context.Context, pool *sql.DB) ([]string, error) {
	rows, err := pool.QueryContext(ctx, `SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE() AND table_type = 'BASE TABLE'`)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	var names []string
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			return nil, err
		}
		names = append(names, name)
	}
	return names, rows.Err()
}

// BeginRestore makes the DSN's database ready for a dump of that schema version: created when
// missing, cleared of an earlier restore that did not end, without any row. Until Finish the
// schema counts as half done, so that migrate, and with it the product, refuses to start.
func BeginRestore(ctx context.Context, dsn string, version uint) (_ *Restoring, err error) {
	if err := Empty(ctx, dsn); err != nil {
		return nil, err
	}
	if err := CreateDatabase(dsn); err != nil {
		return nil, classify(err)
	}
	connector, err := wholesale(dsn)
	if err != nil {
		return nil, err
	}
	r := &Restoring{dsn: dsn, pool: sql.OpenDB(connector)}
	defer func() {
		if err != nil {
			r.Close()
		}
	}()
	tables, err := tableNames(ctx, r.pool)
	if err != nil {
		return nil, classify(err)
	}
	if r.conn, err = r.pool.Conn(ctx); err != nil {
		return nil, classify(err)
	}
	drops := []string{"CREATE TABLE IF NOT EXISTS " + unfinished + " (since DATETIME NOT NULL)", "SET SESSION foreign_key_checks = 0, unique_checks = 0",
		"SET SESSION sql_mode = 'NO_AUTO_VALUE_ON_ZERO,STRICT_TRANS_TABLES'"}
	for _, name := range tables {
		if name != unfinished {
			drops = append(drops, "DROP TABLE `"+name+"`")
		}
	}
	if err := r.exec(ctx, drops...); err != nil {
		return nil, err
	}
	if err := migrateTo(dsn, version); err != nil {
		return nil, err
	}
	fresh := []string{"UPDATE schema_migrations SET dirty = 1"}
	for _, name := range seeded {
		if known, err := hasTable(ctx, r.conn, name); err != nil {
			return nil, classify(err)
		} else if known {
			fresh = append(fresh, "DELETE FROM `"+name+"`")
		}
	}
	return r, r.exec(ctx, fresh...)
}

func hasTable(ctx context.Context, conn *sql.Conn, name string) (known bool, err error) {
	err = conn.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM information_schema.tables WHERE table_schema = DATABASE() AND table_name = ?)`, name).Scan(&known)
	return known, err
}

func (r *Restoring) exec(ctx context.Context, statements ...string) error {
	for _, stmt := range statements {
		if _, err := r.conn.ExecContext(ctx, stmt); err != nil {
			return classify(err)
		}
	}
	return nil
}

// Close lets the connection go. What is not Finished stays marked as half done.
func (r *Restoring) Close() {
	if r.conn != nil {
		_ = r.conn.Close()
	}
	_ = r.pool.Close()
}

// Load fills one table with what Dump wrote. It runs nothing but INSERTs into that table, and
// fails unless the table has count rows afterwards.
func (r *Restoring) Load(ctx context.Context, table string, nextID, count int64, dump io.Reader) error {
	if known, err := hasTable(ctx, r.conn, table); err != nil || !known {
		return errors.Join(classify(err), fmt.Errorf("mysql: the backup's table %q is not in its schema", table))
	}
	lines := bufio.NewScanner(dump)
	lines.Buffer(make([]byte, 0, 2*statementSize), 64<<20)
	if err := r.exec(ctx, "START TRANSACTION"); err != nil {
		return err
	}
	for lines.Scan() {
		line := lines.Text()
		if !strings.HasPrefix(line, insertInto(table)) {
			return fmt.Errorf("mysql: the backup of table %s holds something else than rows", table)
		}
		if err := r.exec(ctx, strings.TrimSuffix(line, ";")); err != nil {
			return err
		}
	}
	if err := lines.Err(); err != nil {
		return err
	}
	if err := r.exec(ctx, "COMMIT"); err != nil {
		return err
	}
	var found int64
	if err := r.conn.QueryRowContext(ctx, "SELECT COUNT(*) FROM `"+table+"`").Scan(&found); err != nil {
		return classify(err)
	}
	if found != count {
		return fmt.Errorf("mysql: table %s has %d rows after the restore, the backup counted %d", table, found, count)
	}
	if nextID == 0 {
		return nil
	}
	return r.exec(ctx, fmt.Sprintf("ALTER TABLE `%s` AUTO_INCREMENT = %d", table, nextID))
}

// Finish lets the database go into use and runs the migrations that came after the backup.
// The mark goes first: what may be in use is never cleared by another restore.
func (r *Restoring) Finish(ctx context.Context) error {
	if err := r.exec(ctx, "DROP TABLE "+unfinished, "UPDATE schema_migrations SET dirty = 0"); err != nil {
		return err
	}
	return Migrate(r.dsn, 0)
}
