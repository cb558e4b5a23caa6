// Package mysql holds the use cases as transactions on MySQL 8 or MariaDB ≥ 10.11, one
// file per feature. Everything that must never happen (a double booking, a lost event) is
// refused by a key or a lock here, not by a check before the write.
package mysql

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"time"

	driver_mysql "github.com/go-sql-driver/mysql"
	"github.com/jmoiron/sqlx"

	"warmcabin/server/cabin"
	"warmcabin/server/moment"
)

// DB is the database with the product's clock and presets. Its fields are the features.
type DB struct {
	x         *sqlx.DB
	sealer    Sealer
	now       func() time.Time
	official  bool
	templates cabin.PushTemplates
	settings  settings
	places    directoryCache
	rules     rules
	caps      caps
	bookings  asking[NewBooking, cabin.Booking]
	reports   asking[NewReport, cabin.Report]
	uploads   together[*uploaded]
	done      together[*done]
	marks     *moment.Readings[*ReportList, []mark]
	actors    *moment.Readings[int64, cabin.Actor]
	unmet     unmetGate
	head      queueHead
	former    formerNames

	People People
	Places Places
	Needs  Needs

	Categories  Categories
	Departments Departments

	Bookings  Bookings
	Waits     Waits
	Schedules Schedules
	Feeds     Feeds
	Talks     Talks
	Settings  Settings
	Reports   Reports
	Photos    Photos
	Checks    Checks
	Notices   Notices
	Outbox    Outbox
	Consents  Consents
	Events    WeChatEvents
	Followers Followers
	Tokens    Tokens
	Digests   Digests
	Audits    Audits
	Imports   Imports
	Exports   Exports
	Personal  Personal
	Retention Retention

	Statistics Statistics
	Visits     Visits
	Handovers  Handovers
	Ledgers    Ledgers
	Finds      Finds
	QuickTexts QuickTexts
	Offices    Offices
	Factors    Factors
	Agreements Agreements
}

// Sealer keeps contacts apart from the matters; *vault.Vault is one.
type Sealer interface {
	Seal(personID int64, plain []byte) ([]byte, error)
	Open(personID int64, sealed []byte) ([]byte, error)
	Hash(phone string) [32]byte
	NeedsRotation(sealed []byte) bool
}

// Options bound the pool. Zero values mean 32 connections, 16 of them idle.
type Options struct {
	MaxOpen, MaxIdle int
	Now              func() time.Time // time.Now when nil
	Sealer           Sealer           // nil only where no contact is written or read
	Official         bool             // there is an official account: pushes look for its followers
	Templates        cabin.PushTemplates
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
	db := &DB{head: newQueueHead(), bookings: newAsking[NewBooking, cabin.Booking](), reports: newAsking[NewReport, cabin.Report](), uploads: newTogether[*uploaded](uploadsBatch), done: newTogether[*done](doneBatch), x: sqlx.NewDb(pool, "mysql"), sealer: o.Sealer, now: o.Now, official: o.Official, templates: o.Templates}
	if db.now == nil {
		db.now = time.Now
	}
	db.marks, db.actors = moment.New(db.readMarks), moment.New(db.readActors)
	db.People, db.Places, db.Bookings, db.Reports = People{db}, Places{db}, Bookings{db}, Reports{db}
	db.Waits, db.Settings, db.Needs = Waits{db}, Settings{db}, Needs{db}
	db.Categories, db.Departments = Categories{db}, Departments{db}
	db.Talks = Talks{db}
	db.Schedules, db.Feeds = Schedules{db}, Feeds{db}
	db.Events, db.Followers, db.Tokens = WeChatEvents{db}, Followers{db}, Tokens{db}
	db.Audits = Audits{db}
	db.Photos, db.Notices, db.Outbox, db.Consents, db.Digests = Photos{db}, Notices{db}, Outbox{db}, Consents{db}, Digests{db}
	db.Checks, db.Imports, db.Exports, db.Offices = Checks{db}, Imports{db}, Exports{db}, Offices{db}
	db.Factors, db.Agreements = Factors{db}, Agreements{db}
	db.Personal, db.Retention = Personal{db}, Retention{db, &keyWalk{}}
	db.Statistics, db.Visits, db.Handovers = Statistics{db}, Visits{db}, Handovers{db}
	db.Ledgers, db.Finds, db.QuickTexts = Ledgers{db}, Finds{db}, QuickTexts{db}
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
	"SET SESSION innodb_lock_wait_timeout = 5, group_concat_max_len = 4194304, sql_mode = 'STRICT_TRANS_TABLES,ONLY_FULL_GROUP_BY,NO_ZERO_IN_DATE,NO_ZERO_DATE,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION'",
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

// Pool tells how the connections stand, for metrics.
func (db *DB) Pool() sql.DBStats { return db.x.Stats() }

// Ping tells whether the database answers (CodeUnavailable).
func (db *DB) Ping(ctx context.Context) error { return classify(db.x.PingContext(ctx)) }

// Now is the product's clock, to the millisecond that the database keeps.
func (db *DB) Now() time.Time { return db.now().UTC().Truncate(time.Millisecond) }

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

// atOnce is exec in one trip, of a statement that the server commits by itself.
func (db *DB) atOnce(ctx context.Context, query string, args ...any) (changed int64, err error) {
	for try := 1; ; try++ {
		res, err := db.x.ExecContext(ctx, query, args...)
		if err == nil {
			return res.RowsAffected()
		}
		if !retryable(err) || try == maxTries {
			return 0, classify(err)
		}
	}
}

// readAgain is read of parts that change one thing at most, which the server commits by
// itself: tried again after a deadlock.
func (db *DB) readAgain(ctx context.Context, parts ...part) error {
	for try := 1; ; try++ {
		err := db.read(ctx, parts...)
		if err == nil || !retryable(err) || try == maxTries {
			return err
		}
	}
}

func (db *DB) get(ctx context.Context, dest any, query string, args ...any) error {
	err := db.x.GetContext(ctx, dest, query, args...)
	if err == nil {
		db.openNames(dest)
	}
	return classify(err)
}

func (db *DB) selectAll(ctx context.Context, dest any, query string, args ...any) error {
	err := db.x.SelectContext(ctx, dest, query, args...)
	if err == nil {
		db.openNames(dest)
	}
	return classify(err)
}

func (db *DB) selectIn(ctx context.Context, dest any, query string, args ...any) error {
	q, flat, err := sqlx.In(query, args...)
	if err != nil {
		return classify(err)
	}
	return db.selectAll(ctx, dest, q, flat...)
}
