// Package mysql holds the use cases as transactions on MySQL 8 or MariaDB ≥ 10.11, one
// file per feature. Everything that must never happen (a double booking, a lost event) is
// refused by a key or a lock here, not by a check before the write.
package mysql

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"math/rand/v2"
	"strings"
	"time"

	driver_mysql "github.com/go-sql-driver/mysql"
	"github.com/jmoiron/sqlx"

	"warmcabin/server/cabin"
)

// DB is the database with the product's clock and presets. Its fields are the features.
type DB struct {
	x       *sqlx.DB
	sealer  Sealer
	now     func() time.Time
	presets cabin.Presets

	People   People
	Places   Places
	Bookings Bookings
	Reports  Reports
	Photos   Photos
	Notices  Notices
	Outbox   Outbox
}

// Sealer keeps contacts apart from the matters; *vault.Vault is one.
type Sealer interface {
	Seal(personID int64, plain []byte) ([]byte, error)
	Open(personID int64, sealed []byte) ([]byte, error)
	Hash(phone string) [32]byte
}

// Options bound the pool. Zero values mean 32 connections, 16 of them idle.
type Options struct {
	MaxOpen, MaxIdle int
	Now              func() time.Time // time.Now when nil
	Sealer           Sealer           // nil only where no contact is written or read
}

// Open prepares the pool for a go-sql-driver DSN; it does not connect yet. Whatever the
// DSN says, times are UTC, values are interpolated by the driver (one trip a statement)
// and transactions are READ COMMITTED.
func Open(dsn string, o Options) (*DB, error) {
	connector, err := connector(dsn)
	if err != nil {
		return nil, err
	}
	return open(connector, o), nil
}

func connector(dsn string) (driver.Connector, error) {
	cfg, err := driver_mysql.ParseDSN(dsn)
	if err != nil {
		return nil, err
	}
	cfg.ParseTime, cfg.InterpolateParams, cfg.Loc = true, true, time.UTC
	cfg.MultiStatements = true // for Tx.later; every value goes through the driver's interpolation
	cfg.Collation = "utf8mb4_unicode_520_ci"
	cfg.Logger = &driver_mysql.NopLogger{} // its news comes back as errors, which we log
	if cfg.Timeout == 0 {
		cfg.Timeout = 3 * time.Second
	}
	if cfg.ReadTimeout == 0 {
		cfg.ReadTimeout = 15 * time.Second
	}
	return driver_mysql.NewConnector(cfg)
}

func open(connector driver.Connector, o Options) *DB {
	pool := sql.OpenDB(readCommitted{connector})
	pool.SetMaxOpenConns(orDefault(o.MaxOpen, 32))
	pool.SetMaxIdleConns(orDefault(o.MaxIdle, 16))
	pool.SetConnMaxLifetime(10 * time.Minute)
	db := &DB{x: sqlx.NewDb(pool, "mysql"), sealer: o.Sealer, now: o.Now, presets: cabin.DefaultPresets()}
	if db.now == nil {
		db.now = time.Now
	}
	db.People, db.Places, db.Bookings, db.Reports = People{db}, Places{db}, Bookings{db}, Reports{db}
	db.Photos, db.Notices, db.Outbox = Photos{db}, Notices{db}, Outbox{db}
	return db
}

func orDefault(n, def int) int {
	if n > 0 {
		return n
	}
	return def
}

// readCommitted sets up a connection once: the DSN has no name for the isolation that both
// servers know, and BeginTx would cost a trip each time. Strict, whatever the server's
// default: a text that is too long is refused and never cut.
type readCommitted struct{ driver.Connector }

var sessionSetup = []string{
	"SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED",
	"SET SESSION innodb_lock_wait_timeout = 5, sql_mode = 'STRICT_TRANS_TABLES,ONLY_FULL_GROUP_BY,NO_ZERO_IN_DATE,NO_ZERO_DATE,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION'",
}

func (c readCommitted) Connect(ctx context.Context) (driver.Conn, error) {
	conn, err := c.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	for _, stmt := range sessionSetup {
		if _, err := conn.(driver.ExecerContext).ExecContext(ctx, stmt, nil); err != nil {
			_ = conn.Close()
			return nil, err
		}
	}
	return conn, nil
}

// Close ends the pool.
func (db *DB) Close() error { return db.x.Close() }

// Ping tells whether the database answers (CodeUnavailable).
func (db *DB) Ping(ctx context.Context) error { return classify(db.x.PingContext(ctx)) }

// Presets are the limits in force.
func (db *DB) Presets() cabin.Presets { return db.presets }

// Now is the product's clock, to the millisecond that the database keeps.
func (db *DB) Now() time.Time { return db.now().UTC().Truncate(time.Millisecond) }

// Tx is one transaction: one context, one Now.
type Tx struct {
	tx  *sqlx.Tx
	ctx context.Context
	Now time.Time

	// Writes that nothing in the transaction reads again: one trip for all of them.
	laterQueries []string
	laterArgs    []any
}

// later queues a write for the end of the transaction, where all queued ones go to the
// server in one trip. A failure there fails the transaction, as it would have here.
func (tx *Tx) later(query string, args ...any) {
	tx.laterQueries, tx.laterArgs = append(tx.laterQueries, query), append(tx.laterArgs, args...)
}

func (tx *Tx) flush() error {
	if len(tx.laterQueries) == 0 {
		return nil
	}
	_, err := tx.exec(strings.Join(tx.laterQueries, ";\n"), tx.laterArgs...)
	tx.laterQueries, tx.laterArgs = nil, nil
	return err
}

type inTxKey struct{}

const maxTries = 6

// InTx runs fn in a transaction: committed when fn returns nil, rolled back otherwise and
// on panic. A deadlock or lock timeout, also one that comes at COMMIT, runs fn again, a
// bounded number of times; fn therefore does nothing but SQL, and never network work. A
// connection lost at COMMIT is CodeOutcomeUnknown. Nesting is refused.
func (db *DB) InTx(ctx context.Context, fn func(tx *Tx) error) error {
	if ctx.Value(inTxKey{}) != nil {
		return cabin.E(cabin.CodeInternal, "系统出错了。", errors.New("mysql: nested transaction"))
	}
	for try := 1; ; try++ {
		err := db.once(ctx, fn)
		if err == nil || !retryable(err) || try == maxTries {
			return classify(err)
		}
		select {
		case <-ctx.Done():
			return classify(ctx.Err())
		case <-time.After(time.Duration(try)*2*time.Millisecond + rand.N(5*time.Millisecond)):
		}
	}
}

func (db *DB) once(ctx context.Context, fn func(tx *Tx) error) (err error) {
	x, err := db.x.BeginTxx(ctx, nil)
	if err != nil {
		return err
	}
	committed := false
	defer func() {
		if !committed {
			_ = x.Rollback() // the cause matters more than a failed rollback
		}
	}()
	tx := &Tx{tx: x, ctx: context.WithValue(ctx, inTxKey{}, true), Now: db.Now()}
	if err := fn(tx); err != nil {
		return err
	}
	if err := tx.flush(); err != nil {
		return err
	}
	err = x.Commit()
	committed = true
	if err != nil && !retryable(err) {
		return &commitError{err}
	}
	return err
}

func (tx *Tx) exec(query string, args ...any) (sql.Result, error) {
	return tx.tx.ExecContext(tx.ctx, query, args...)
}

func (tx *Tx) insert(query string, args ...any) (int64, error) {
	res, err := tx.exec(query, args...)
	if err != nil {
		return 0, err
	}
	return res.LastInsertId()
}

func (tx *Tx) get(dest any, query string, args ...any) error {
	return tx.tx.GetContext(tx.ctx, dest, query, args...)
}

func (tx *Tx) selectAll(dest any, query string, args ...any) error {
	return tx.tx.SelectContext(tx.ctx, dest, query, args...)
}

// selectIn expands slice arguments and selects.
func (tx *Tx) selectIn(dest any, query string, args ...any) error {
	q, flat, err := sqlx.In(query, args...)
	if err != nil {
		return err
	}
	return tx.selectAll(dest, q, flat...)
}

// exec runs one statement as a transaction of its own, so that it too is tried again after
// a deadlock.
func (db *DB) exec(ctx context.Context, query string, args ...any) (changed int64, err error) {
	err = db.InTx(ctx, func(tx *Tx) error {
		res, err := tx.exec(query, args...)
		if err != nil {
			return err
		}
		changed, err = res.RowsAffected()
		return err
	})
	return changed, err
}

func (db *DB) get(ctx context.Context, dest any, query string, args ...any) error {
	return classify(db.x.GetContext(ctx, dest, query, args...))
}

func (db *DB) selectAll(ctx context.Context, dest any, query string, args ...any) error {
	return classify(db.x.SelectContext(ctx, dest, query, args...))
}

func (db *DB) selectIn(ctx context.Context, dest any, query string, args ...any) error {
	q, flat, err := sqlx.In(query, args...)
	if err != nil {
		return classify(err)
	}
	return db.selectAll(ctx, dest, q, flat...)
}
