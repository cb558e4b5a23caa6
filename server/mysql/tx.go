package mysql

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"math/rand/v2"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"

	"warmcabin/server/cabin"
)

// Tx is one transaction: one context, one Now. START TRANSACTION travels with its first
// statement and COMMIT with the queued writes, so neither costs a trip of its own.
type Tx struct {
	db    *DB
	conn  *sqlx.Conn
	ctx   context.Context
	begun bool
	Now   time.Time

	limits *cabin.Presets
	from   origin // for the audit
	waking waking
	ways   ways

	// Writes that nothing in the transaction reads again: one trip for all of them.
	queue []queued
}

type queued struct {
	query string
	args  []any
	rows  values  // of an INSERT that further rows may join; none: none may
	ids   []int64 // for the (?) of a change that further rows may join
}

// later queues a write for the end of the transaction, where all queued ones go to the
// server in one trip. A failure there fails the transaction, as it would have here.
func (tx *Tx) later(query string, args ...any) {
	tx.queue = append(tx.queue, queued{query: query, args: args})
}

// raw is SQL in place of a value. It is never built from input.
type raw string

// row queues a row for an INSERT … VALUES and returns which row of its statement it is, from
// 0: rows for the same one go as one statement, where the first of them was queued.
func (tx *Tx) row(insert string, row ...any) int {
	at := slices.IndexFunc(tx.queue, func(q queued) bool { return q.rows.count > 0 && q.query == insert })
	if at < 0 {
		at = len(tx.queue)
		tx.queue = append(tx.queue, queued{query: insert})
	}
	return tx.queue[at].rows.add(row...)
}

// values are the rows of an INSERT … VALUES. Whole numbers stand in the text as they are: a
// third of all values, and an argument costs more than its digits.
type values struct {
	text  []byte
	args  []any
	count int
}

// add returns which row it added, from 0.
func (vs *values) add(row ...any) int {
	between := " ("
	if vs.count > 0 {
		between = ",("
	}
	for _, v := range row {
		vs.text = append(vs.text, between...)
		switch v := v.(type) {
		case int:
			vs.text = strconv.AppendInt(vs.text, int64(v), 10)
		case int64:
			vs.text = strconv.AppendInt(vs.text, v, 10)
		case raw:
			vs.text = append(vs.text, v...)
		default:
			vs.text, vs.args = append(vs.text, '?'), append(vs.args, v)
		}
		between = ","
	}
	vs.text = append(vs.text, ')')
	vs.count++
	return vs.count - 1
}

// change queues a change of a row, `… WHERE id IN (?)`; rows with the same values, which
// must be comparable, are changed by one statement.
func (tx *Tx) change(update string, id int64, values ...any) {
	for i := range tx.queue {
		if q := &tx.queue[i]; q.ids != nil && q.query == update && slices.Equal(q.args, values) {
			q.ids = append(q.ids, id)
			return
		}
	}
	tx.queue = append(tx.queue, queued{query: update, ids: []int64{id}, args: values})
}

func (tx *Tx) flush() error {
	if len(tx.queue) == 0 {
		return nil
	}
	var query strings.Builder
	var args []any
	for i, q := range tx.queue {
		if q.ids != nil {
			q.query, q.args = expandIDs(q.query, q.ids, q.args)
		}
		if i > 0 {
			query.WriteString(";\n")
		}
		query.WriteString(q.query)
		query.Write(q.rows.text)
		args = append(append(args, q.args...), q.rows.args...)
	}
	tx.queue = nil
	_, err := tx.exec(query.String(), args...)
	return err
}

// insertedIDs are the ids that the INSERT before them gave: those of one statement follow
// one another.
type insertedIDs []struct {
	First int64 `db:"first"`
	Step  int64 `db:"step"` // more than 1 where several nodes write
}

func (ids *insertedIDs) part() part {
	return part{(*[]struct {
		First int64 `db:"first"`
		Step  int64 `db:"step"`
	})(ids), `SELECT LAST_INSERT_ID() AS first, @@auto_increment_increment AS step`, nil}
}

// of is the id of row i.
func (ids insertedIDs) of(i int) int64 { return ids[0].First + int64(i)*ids[0].Step }

// came says whose request the next rows of the audit are of.
func (tx *Tx) came(from origin) {
	if from != (origin{}) {
		tx.from = from
	}
}

// presets are the limits in force for this transaction.
func (tx *Tx) presets() cabin.Presets {
	if tx.limits == nil {
		p := tx.db.Presets()
		tx.limits = &p
	}
	return *tx.limits
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
	conn, err := db.x.Connx(ctx)
	if err != nil {
		return err
	}
	tx := &Tx{db: db, conn: conn, ctx: context.WithValue(ctx, inTxKey{}, true), Now: db.Now(), from: originOf(ctx)}
	committed := false
	defer func() {
		if tx.begun && !committed {
			tx.rollback()
		}
		_ = conn.Close() // back to the pool
	}()
	if err := fn(tx); err != nil {
		return err
	}
	if !tx.begun && len(tx.queue) == 0 {
		return nil
	}
	tx.later("COMMIT")
	if err = tx.flush(); err != nil {
		if number(err) == 0 { // nobody answered
			return &commitError{err}
		}
		return err
	}
	committed = true
	return nil
}

// rollback ends the transaction; a connection on which that fails is thrown away, and the
// server rolls back by itself.
func (tx *Tx) rollback() {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(tx.ctx), 2*time.Second)
	defer cancel()
	if _, err := tx.conn.ExecContext(ctx, "ROLLBACK"); err != nil {
		_ = tx.conn.Raw(func(any) error { return driver.ErrBadConn })
	}
}

// begin puts START TRANSACTION before the first statement.
func (tx *Tx) begin(query string) string {
	if tx.begun {
		return query
	}
	tx.begun = true
	return "START TRANSACTION;\n" + query
}

func (tx *Tx) exec(query string, args ...any) (sql.Result, error) {
	return tx.conn.ExecContext(tx.ctx, tx.begin(query), args...)
}

func (tx *Tx) insert(query string, args ...any) (int64, error) {
	res, err := tx.exec(query, args...)
	if err != nil {
		return 0, err
	}
	return res.LastInsertId()
}

func (tx *Tx) get(dest any, query string, args ...any) error {
	err := tx.conn.GetContext(tx.ctx, dest, tx.begin(query), args...)
	if err == nil {
		tx.db.openNames(dest)
	}
	return err
}

func (tx *Tx) selectAll(dest any, query string, args ...any) error {
	err := tx.conn.SelectContext(tx.ctx, dest, tx.begin(query), args...)
	if err == nil {
		tx.db.openNames(dest)
	}
	return err
}

// selectIn expands slice arguments and selects.
func (tx *Tx) selectIn(dest any, query string, args ...any) error {
	q, flat, err := sqlx.In(query, args...)
	if err != nil {
		return err
	}
	return tx.selectAll(dest, q, flat...)
}

// part is one query of a read; its rows go to dest, a pointer to a slice of structs.
// Statements without rows have no dest.
type part struct {
	dest  any
	query string
	args  []any
}

// read runs the parts in their order in one trip. Slice arguments are expanded.
func (tx *Tx) read(parts ...part) error {
	query, args, err := joinParts(parts)
	if err != nil {
		return err
	}
	rows, err := tx.conn.QueryxContext(tx.ctx, tx.begin(query), args...)
	if err != nil {
		return err
	}
	return tx.db.scanParts(rows, parts)
}

// read is Tx.read outside a transaction.
func (db *DB) read(ctx context.Context, parts ...part) error {
	query, args, err := joinParts(parts)
	if err != nil {
		return classify(err)
	}
	rows, err := db.x.QueryxContext(ctx, query, args...)
	if err != nil {
		return classify(err)
	}
	return classify(db.scanParts(rows, parts))
}

func joinParts(parts []part) (string, []any, error) {
	var query strings.Builder
	var args []any
	for i, p := range parts {
		q, flat := p.query, p.args
		if slices.ContainsFunc(p.args, isList) {
			var err error
			if q, flat, err = sqlx.In(p.query, p.args...); err != nil {
				return "", nil, err
			}
		}
		if i > 0 {
			query.WriteString(";\n")
		}
		query.WriteString(q)
		args = append(args, flat...)
	}
	return query.String(), args, nil
}

// isList tells what sqlx.In expands.
func isList(arg any) bool {
	switch arg.(type) {
	case string, int64, int, time.Time, nil, []byte:
		return false
	}
	_, valuer := arg.(driver.Valuer)
	return !valuer && reflect.TypeOf(arg).Kind() == reflect.Slice
}

func (db *DB) scanParts(rows *sqlx.Rows, parts []part) (err error) {
	defer func() { err = errors.Join(err, rows.Close()) }()
	first := true
	for _, p := range parts {
		if p.dest == nil {
			continue
		}
		if !first && !rows.NextResultSet() {
			if err := rows.Err(); err != nil {
				return err
			}
			return errors.New("mysql: a read has fewer results than parts")
		}
		first = false
		if err := sqlx.StructScan(rows, p.dest); err != nil {
			return err
		}
		db.openNames(p.dest)
	}
	return nil
}
