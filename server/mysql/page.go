package mysql

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// branches is a page over several keys (stations, states…). Every branch reads its index
// in order and stops at the page's limit; only branches × limit rows are ever sorted,
// however long the lists are.
type branches struct {
	table string // bookings, with its rows as b; reports, as r
	order []string
	desc  bool
	limit int
	parts []string
	args  []any
	where string // of the branch added last
}

func (q *branches) add(where string, args ...any) {
	q.where = where
	q.parts = append(q.parts, "(SELECT id FROM "+q.table+" WHERE "+where+" ORDER BY "+q.ordered("")+" LIMIT ?)")
	q.args = append(append(q.args, args...), q.limit)
}

func (q *branches) ordered(alias string) string {
	columns := slices.Clone(q.order)
	for i := range columns {
		columns[i] = alias + columns[i]
		if q.desc {
			columns[i] += " DESC"
		}
	}
	return strings.Join(columns, ", ")
}

// read selects the page's rows with their names.
func (q *branches) read(ctx context.Context, db *DB, dest any, columns, joins string) error {
	query, args := q.selecting(columns, joins)
	if query == "" {
		return nil
	}
	return db.selectAll(ctx, dest, query, args...)
}

// selecting is the statement of the page; "" when there is nothing to look in.
func (q *branches) selecting(columns, joins string) (query string, args []any) {
	alias := q.table[:1] + "."
	switch {
	case len(q.parts) == 0:
		return "", nil
	case len(q.parts) == 1 && joins == "": // half the server's work is to plan the general form
		return "SELECT " + columns + " FROM " + q.table + " " + q.table[:1] + " WHERE " + q.where + " ORDER BY " + q.ordered(alias) + " LIMIT ?", q.args
	}
	return "SELECT " + columns + " FROM (" + strings.Join(q.parts, " UNION ALL ") + ") page STRAIGHT_JOIN " + q.table + " " + q.table[:1] +
		" ON " + alias + "id = page.id" + joins + " ORDER BY " + q.ordered(alias) + " LIMIT ?", append(slices.Clip(q.args), q.limit)
}

// key tells two pages apart.
func (q *branches) key() string {
	b := make([]byte, 0, 256)
	for _, p := range q.parts {
		b = append(append(b, p...), '\n')
	}
	for _, a := range q.args {
		switch v := a.(type) {
		case int64:
			b = strconv.AppendInt(b, v, 10)
		case int:
			b = strconv.AppendInt(b, int64(v), 10)
		case time.Time:
			b = v.AppendFormat(b, time.RFC3339Nano)
		default:
			b = fmt.Append(b, v)
		}
		b = append(b, '\n')
	}
	return string(b)
}

// scopes are the ids of a list, each once. 0 names nothing: no list is everybody's.
func scopes(ids []int64) []int64 {
	ids = slices.Compact(slices.Sorted(slices.Values(ids)))
	return slices.DeleteFunc(ids, func(id int64) bool { return id <= 0 })
}
