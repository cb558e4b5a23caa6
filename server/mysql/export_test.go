package mysql

import (
	"context"
	"database/sql/driver"
	"slices"
	"strings"
	"sync"
	"time"
)

// Exec lets a test write inside a transaction.
func (tx *Tx) Exec(query string, args ...any) error {
	_, err := tx.exec(query, args...)
	return err
}

// Context is what a call inside a transaction would be given.
func (tx *Tx) Context() context.Context { return tx.ctx }

// Statement is a query as the driver got it.
type Statement struct {
	Query string
	Args  []any
}

// Probe sits between the pool and the driver: it notes queries, and a test may stand in
// for the network at COMMIT.
type Probe struct {
	driver.Connector
	mu       sync.Mutex
	queries  []Statement
	trips    int
	OnCommit func(commit func() error) error
}

// OpenProbed is Open with a probe.
func OpenProbed(dsn string, o Options) (*DB, *Probe, error) {
	c, err := connector(dsn)
	p := &Probe{Connector: c}
	return open(p, o), p, err
}

// Trips returns how often the server was asked anything since the last call.
func (p *Probe) Trips() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	n := p.trips
	p.trips = 0
	return n
}

func (p *Probe) trip() {
	p.mu.Lock()
	p.trips++
	p.mu.Unlock()
}

// Queries returns the queries since the last call.
func (p *Probe) Queries() []Statement {
	p.mu.Lock()
	defer p.mu.Unlock()
	qs := slices.Clone(p.queries)
	p.queries = nil
	return qs
}

func (p *Probe) Connect(ctx context.Context) (driver.Conn, error) {
	c, err := p.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	return &probedConn{c, p}, nil
}

type probedConn struct {
	driver.Conn
	probe *Probe
}

func (c *probedConn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	s := Statement{Query: query}
	for _, a := range args {
		s.Args = append(s.Args, a.Value)
	}
	c.probe.trip()
	c.probe.mu.Lock()
	c.probe.queries = append(c.probe.queries, s)
	c.probe.mu.Unlock()
	return c.Conn.(driver.QueryerContext).QueryContext(ctx, query, args)
}

func (c *probedConn) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	c.probe.trip()
	exec := func() (r driver.Result, err error) {
		return c.Conn.(driver.ExecerContext).ExecContext(ctx, query, args)
	}
	if c.probe.OnCommit == nil || !strings.HasSuffix(query, "COMMIT") {
		return exec()
	}
	var result driver.Result
	err := c.probe.OnCommit(func() (err error) {
		result, err = exec()
		return err
	})
	return result, err
}

func (c *probedConn) CheckNamedValue(v *driver.NamedValue) error {
	return c.Conn.(driver.NamedValueChecker).CheckNamedValue(v)
}

func (c *probedConn) ResetSession(ctx context.Context) error {
	return c.Conn.(driver.SessionResetter).ResetSession(ctx)
}

func (c *probedConn) IsValid() bool { return c.Conn.(driver.Validator).IsValid() }

// ForgetNames makes the next list read its names anew, as after a second.
func (db *DB) ForgetNames() {
	if last := db.places.last.Load(); last != nil {
		old := *last
		old.at = time.Time{}
		db.places.last.Store(&old)
	}
}
