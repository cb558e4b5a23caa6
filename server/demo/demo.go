// Package demo fills an empty database with an invented street: its stations, deputies and
// people, and some weeks of their history, told by the product's own use cases with the
// clock set back. It is never loaded in production.
package demo

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	driver_mysql "github.com/go-sql-driver/mysql"

	"warmcabin/server/cabin"
	"warmcabin/server/media"
	"warmcabin/server/mysql"
)

// Why demo data is not loaded.
var (
	// ErrUnfinished: an earlier load was cut off. Drop the database and load again.
	ErrUnfinished = errors.New("demo: an earlier load was cut off half-way; drop the database, create it again and load once more")
	// ErrOccupied: the database holds stations that are not the demo's.
	ErrOccupied = errors.New("demo: this database already holds stations of its own; the demo needs an empty one")
	// ErrRealPeople: somebody logged in with a real WeChat account.
	ErrRealPeople = errors.New("demo: real people use this database; the demo is for the WeChat simulator only")
)

// simPrefix begins every openid of the WeChat simulator; a test holds it to wechatsim.
const simPrefix = "oSim"

// lifetime is how far back people were there before now.
const lifetime = 90 * 24 * time.Hour

// Load puts the demo street into a migrated database, with its pictures in photos and its
// contacts sealed by sealer, unless it is there already: then it does nothing. Of two
// loaders at once, one loads and the other waits. Load before workers start: what the
// history would have pushed is marked as sent only at the end. A load that fails removes
// its pictures and leaves a database that Load refuses with ErrUnfinished. Errors: also
// ErrOccupied, ErrRealPeople, *cabin.Error.
//
// Load does not know which environment it runs in: the caller refuses production.
func Load(ctx context.Context, dsn string, photos *media.Store, sealer mysql.Sealer, now func() time.Time) (err error) {
	pool, err := open(dsn)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, pool.Close()) }()
	unlock, err := lock(ctx, pool)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, unlock()) }()
	if loaded, err := check(ctx, pool); loaded || err != nil {
		return err
	}
	l := &loader{x: pool, photos: photos, calendar: calendar{now().Truncate(time.Millisecond)}, clock: &clock{}, ids: map[string]int64{}, actors: map[string]cabin.Actor{}}
	l.clock.set(l.calendar.now.Add(-lifetime))
	if l.db, err = mysql.Open(dsn, mysql.Options{Now: l.clock.now, Sealer: sealer}); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, l.db.Close()) }()
	if err = l.load(ctx); err != nil {
		for _, id := range l.kept {
			err = errors.Join(err, photos.Remove(context.WithoutCancel(ctx), id))
		}
	}
	return err
}

type loader struct {
	db       *mysql.DB
	x        *sql.DB
	photos   *media.Store
	calendar calendar
	clock    *clock
	ids      map[string]int64       // of places, by name; rooms by station + name
	actors   map[string]cabin.Actor // by account
	kept     []string               // pictures
}

func (l *loader) load(ctx context.Context) error {
	for _, step := range []func(context.Context) error{l.addPlaces, l.addPeople, l.addHistory, l.settle} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	return nil
}

func (l *loader) addHistory(ctx context.Context) error {
	acts, err := l.planVisits()
	if err != nil {
		return err
	}
	acts = append(append(acts, l.planTalks()...), l.planRecords()...)
	if err := l.walk(ctx, append(acts, l.planMatters()...)); err != nil {
		return err
	}
	asker := l.actor("admin-02") // waits for the other admin
	_, err = l.db.Agreements.Ask(ctx, key(asker.PersonID, "agreement", 1), asker, cabin.Agreement{
		Command: cabin.AgreeInvite, ForName: "卢国安", Reason: "卢主任下月起分管联络站，工委会议上已经定了。",
	})
	return err
}

func open(dsn string) (*sql.DB, error) {
	cfg, err := driver_mysql.ParseDSN(dsn)
	if err != nil {
		return nil, err
	}
	cfg.ParseTime, cfg.InterpolateParams, cfg.Loc = true, true, time.UTC
	connector, err := driver_mysql.NewConnector(cfg)
	if err != nil {
		return nil, err
	}
	return sql.OpenDB(connector), nil
}

// lock lets one loader at a time work on this database. The lock belongs to a connection
// of its own, and is gone with it should this process die.
func lock(ctx context.Context, pool *sql.DB) (unlock func() error, err error) {
	conn, err := pool.Conn(ctx)
	if err != nil {
		return nil, err
	}
	var got sql.NullInt64
	err = conn.QueryRowContext(ctx, `SELECT GET_LOCK(LEFT(CONCAT('warmcabin-demo-', DATABASE()), 64), 60)`).Scan(&got)
	if err == nil && got.Int64 != 1 {
		err = errors.New("demo: another load is still under way")
	}
	if err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	return func() error {
		_, err := conn.ExecContext(context.WithoutCancel(ctx), `SELECT RELEASE_LOCK(LEFT(CONCAT('warmcabin-demo-', DATABASE()), 64))`)
		return errors.Join(err, conn.Close())
	}, nil
}

// The load begins and ends with a row in the audit trail: that is how it is known.
const (
	actionBegin = "demo.begin"
	actionEnd   = "demo.end"
)

func check(ctx context.Context, pool *sql.DB) (loaded bool, err error) {
	var begun, ended, places, real int
	err = pool.QueryRowContext(ctx, `SELECT
		(SELECT COUNT(*) FROM audit WHERE object_kind = 'demo' AND object_id = 0 AND action = ?),
		(SELECT COUNT(*) FROM audit WHERE object_kind = 'demo' AND object_id = 0 AND action = ?),
		(SELECT COUNT(*) FROM stations) + (SELECT COUNT(*) FROM communities) + (SELECT COUNT(*) FROM departments) + (SELECT COUNT(*) FROM categories),
		(SELECT COUNT(*) FROM persons WHERE openid NOT LIKE ?)`, actionBegin, actionEnd, simPrefix+"%").Scan(&begun, &ended, &places, &real)
	switch {
	case err != nil || ended > 0:
		return ended > 0, err
	case real > 0:
		return false, ErrRealPeople
	case begun > 0:
		return false, ErrUnfinished
	case places > 0:
		return false, ErrOccupied
	}
	return false, nil
}

func mark(ctx context.Context, x interface {
	ExecContext(context.Context, string, ...any) (sql.Result, error)
}, action string, at time.Time) error {
	_, err := x.ExecContext(ctx, `INSERT INTO audit (at, actor_id, actor_role, action, object_kind, object_id, detail) VALUES (?, 0, ?, ?, 'demo', 0, '{}')`,
		at.UTC(), cabin.System, action)
	return err
}

// catchUp does what the clock has asked for by now: reminders, what goes over to the desk.
func (l *loader) catchUp(ctx context.Context) error {
	l.clock.set(l.calendar.now)
	for {
		done := 0
		for _, due := range []func(context.Context, int) (int, error){l.db.Bookings.Due, l.db.Waits.Due, l.db.Reports.Due} {
			n, err := due(ctx, 100)
			if err != nil {
				return err
			}
			done += n
		}
		if done == 0 {
			return nil
		}
	}
}

// settle makes the past look past: old news is read but for the newest few, and what the
// history would have pushed counts as sent, with the consents that allowed it.
func (l *loader) settle(ctx context.Context) error {
	if err := l.catchUp(ctx); err != nil {
		return err
	}
	tx, err := l.x.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // after Commit it does nothing
	now := l.calendar.now.UTC()
	for _, stmt := range []struct {
		query string
		args  []any
	}{
		{`UPDATE notices n JOIN (SELECT id, ROW_NUMBER() OVER (PARTITION BY person_id ORDER BY id DESC) AS place FROM notices) k ON k.id = n.id
			SET n.read_at = LEAST(n.created_at + INTERVAL 37 MINUTE, ?) WHERE k.place > ?`, []any{now, unread}},
		{`INSERT INTO consents (person_id, template, credits, accepted, refused, spent, updated_at)
			SELECT person_id, template, 0, COUNT(*), 0, COUNT(*), MAX(created_at) FROM outbox WHERE state = 'waiting' GROUP BY person_id, template`, nil},
		{`UPDATE outbox SET state = ?, attempts = 1, attempted_at = created_at, done_at = created_at WHERE state = 'waiting'`, []any{mysql.PushSent}},
		// What is invented needs no check, but for one photo that the desk is to look at.
		{`UPDATE content_checks SET state = ?, label = 100, asked_at = created_at, answered_at = created_at, due_at = NULL`, []any{cabin.CheckPassed}},
		{`UPDATE content_checks SET state = ?, label = 21000, queued_at = answered_at WHERE kind = ? ORDER BY id DESC LIMIT 1`, []any{cabin.CheckReview, cabin.CheckedImage}},
	} {
		if _, err := tx.ExecContext(ctx, stmt.query, stmt.args...); err != nil {
			return fmt.Errorf("demo: %s: %w", strings.Fields(stmt.query)[0], err)
		}
	}
	if err := mark(ctx, tx, actionEnd, now); err != nil {
		return err
	}
	return tx.Commit()
}

// unread is how many of a person's newest notices are still unread.
const unread = 2
