package demo

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
	"time"

	"warmcabin/server/cabin"
)

// calendar tells the moments of the history, seen from the moment of loading.
type calendar struct{ now time.Time }

// moment is when something happened, as the texts say it.
type moment func(calendar) time.Time

// workday is a time on the n-th working day before today, so that offices work when they do.
func workday(n int, clock string) moment {
	return func(c calendar) time.Time {
		day := c.today()
		for left := n; left > 0; {
			day = day.AddDate(0, 0, -1)
			if (cabin.Calendar{}).IsWorkday(day) {
				left--
			}
		}
		return day.Add(sinceMidnight(clock))
	}
}

// daysAgo is a time on the n-th day before today, whatever day that was.
func daysAgo(n int, clock string) moment {
	return func(c calendar) time.Time { return c.today().AddDate(0, 0, -n).Add(sinceMidnight(clock)) }
}

// ago is so long before the moment of loading.
func ago(d time.Duration) moment {
	return func(c calendar) time.Time { return c.now.Add(-d) }
}

func (c calendar) today() time.Time {
	y, m, d := c.now.In(cabin.Shanghai).Date()
	return time.Date(y, m, d, 0, 0, 0, 0, cabin.Shanghai)
}

func sinceMidnight(clock string) time.Duration {
	var h, m int
	if _, err := fmt.Sscanf(clock, "%d:%d", &h, &m); err != nil {
		panic("demo: " + clock + " is no time of day")
	}
	return time.Duration(h)*time.Hour + time.Duration(m)*time.Minute
}

// act is one thing that somebody did.
type act struct {
	at   time.Time
	what string
	do   func(context.Context) error
}

// clock is the time that the history has come to.
type clock struct{ at atomic.Int64 }

func (c *clock) now() time.Time  { return time.UnixMilli(c.at.Load()) }
func (c *clock) set(t time.Time) { c.at.Store(t.UnixMilli()) }

// walk does what happened in the order of time.
func (l *loader) walk(ctx context.Context, acts []act) error {
	slices.SortStableFunc(acts, func(a, b act) int { return a.at.Compare(b.at) })
	for _, a := range acts {
		if a.at.After(l.calendar.now) {
			return fmt.Errorf("demo: %s would happen at %v, after now", a.what, a.at)
		}
		if err := l.strike(ctx, a.at); err != nil {
			return err
		}
		l.clock.set(a.at)
		if err := a.do(ctx); err != nil {
			return fmt.Errorf("demo: %s at %v: %w", a.what, a.at.In(cabin.Shanghai), err)
		}
	}
	return nil
}

// strike lets the reports' clock do what it did until then, each at its moment.
func (l *loader) strike(ctx context.Context, until time.Time) error {
	for {
		var next sql.NullTime
		if err := l.x.QueryRowContext(ctx, `SELECT MIN(clock_at) FROM reports WHERE clock_at <= ?`, until.UTC()).Scan(&next); err != nil || !next.Valid {
			return err
		}
		l.clock.set(next.Time)
		if n, err := l.db.Reports.Due(ctx, 100); err != nil || n == 0 {
			return errors.Join(err, fmt.Errorf("demo: the clock of %v struck for %d reports", next.Time, n))
		}
	}
}
