package mysql

import (
	"database/sql"
	"errors"
	"fmt"

	driver_mysql "github.com/go-sql-driver/mysql"
	"github.com/golang-migrate/migrate/v4"
	migrate_mysql "github.com/golang-migrate/migrate/v4/database/mysql"
	"github.com/golang-migrate/migrate/v4/source/iofs"

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
// Safe to run from several processes at once (golang-migrate takes a lock).
func Migrate(dsn string, steps int) error {
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
	if steps == 0 {
		err = m.Up()
	} else {
		err = m.Steps(steps)
	}
	if errors.Is(err, migrate.ErrNoChange) {
		err = nil
	}
	srcErr, dbErr := m.Close()
	return errors.Join(err, srcErr, dbErr)
}
