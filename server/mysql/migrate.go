package mysql

import (
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"

	driver_mysql "github.com/go-sql-driver/mysql"
	"github.com/golang-migrate/migrate/v4"
	migrate_mysql "github.com/golang-migrate/migrate/v4/database/mysql"
	"github.com/golang-migrate/migrate/v4/source/iofs"

	"warmcabin/server/cabin"
	migrations "warmcabin/sql"
)

// CreateDatabase creates the DSN's database when it is missing, with the character set
// that every text of ours needs.
func CreateDatabase(dsn string) error {
	cfg, err := driver_mysql.ParseDSN(dsn)
	if err != nil {
		return err
	}
	name := cfg.DBName
	cfg.DBName = ""
	pool, err := sql.Open("mysql", cfg.FormatDSN())
	if err != nil {
		return err
	}
	defer pool.Close()
	_, err = pool.Exec(fmt.Sprintf("CREATE DATABASE IF NOT EXISTS `%s` CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_520_ci", name))
	return err
}

// Migrate brings the DSN's database to the newest schema; steps < 0 goes back that many.
// Safe to run from several processes at once (golang-migrate takes a lock). CodeConflict
// while an earlier migration or restore is half done, and when going back would lose names.
func Migrate(dsn string, steps int) error {
	return migrating(dsn, func(m *migrate.Migrate, pool *sql.DB) error {
		if steps == 0 {
			return m.Up()
		}
		if err := mayGoBack(m, pool, steps); err != nil {
			return err
		}
		return m.Steps(steps)
	})
}

// migrateTo brings the DSN's database to one version of the schema.
func migrateTo(dsn string, version uint) error {
	return migrating(dsn, func(m *migrate.Migrate, _ *sql.DB) error { return m.Migrate(version) })
}

// NewestSchema is the number of the newest migration that this program knows.
func NewestSchema() (uint, error) {
	all, err := versionsKnown()
	if err != nil || len(all) == 0 {
		return 0, err
	}
	return all[len(all)-1], nil
}

// versionsKnown are the numbers of the migrations that this program knows, in their order.
func versionsKnown() (all []uint, err error) {
	files, err := fs.Glob(migrations.Migrations, "migrations/*.up.sql")
	if err != nil {
		return nil, err
	}
	for _, f := range files {
		var n uint
		if _, err := fmt.Sscanf(path.Base(f), "%d_", &n); err != nil {
			return nil, err
		}
		all = append(all, n)
	}
	slices.Sort(all)
	return all, nil
}

func migrating(dsn string, do func(*migrate.Migrate, *sql.DB) error) error {
	cfg, err := driver_mysql.ParseDSN(dsn)
	if err != nil {
		return err
	}
	cfg.MultiStatements = true
	pool, err := sql.Open("mysql", cfg.FormatDSN())
	if err != nil {
		return err
	}
	files, err := iofs.New(migrations.Migrations, "migrations")
	if err != nil {
		return err
	}
	target, err := migrate_mysql.WithInstance(pool, &migrate_mysql.Config{})
	if err != nil {
		return errors.Join(err, pool.Close())
	}
	m, err := migrate.NewWithInstance("iofs", files, "mysql", target)
	if err != nil {
		return err
	}
	err = do(m, pool)
	if errors.Is(err, migrate.ErrNoChange) {
		err = nil
	}
	if half, ok := errors.AsType[migrate.ErrDirty](err); ok {
		err = cabin.E(cabin.CodeConflict, fmt.Sprintf("数据库停在第 %d 版的半途：上一次升级或恢复没有做完。恢复没做完的，请重新运行 restore；升级没做完的，请从备份恢复。", half.Version), err)
	}
	srcErr, dbErr := m.Close()
	return errors.Join(err, srcErr, dbErr)
}
