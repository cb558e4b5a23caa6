package mysql

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"warmcabin/server/cabin"
)

// ReportList names a page of a list of reports, before anything is read.
type ReportList struct {
	q    branches
	more string // columns besides reportColumns
	key  string
}

func newestReports(column string, ids []int64, before int64, limit int) ReportList {
	q := branches{table: "reports", order: []string{"id"}, desc: true, limit: limit}
	for _, id := range scopes(ids) {
		q.add(column+" = ? AND id < ?", id, orMax(before))
	}
	return ReportList{q: q, key: q.key()}
}

// Key tells two pages apart, whoever asks for them.
func (l ReportList) Key() string { return l.key }

// Read reads the page.
func (s Reports) Read(ctx context.Context, l ReportList) (list []*cabin.Report, err error) {
	if err = l.q.read(ctx, s.db, &list, reportColumns+l.more, ""); err != nil {
		return nil, err
	}
	return list, s.db.label(ctx, list)
}

// Marks say which rows a page of reports has, when each was written last, how many events
// it has seen, and which names the page is labelled with. The database itself notes when a
// row is written, so two readings of a page with the same marks have the same rows.
type Marks struct {
	rows  []mark
	names int64
}

type mark struct {
	id      int64
	events  int
	changed int64
}

// Same tells whether nothing changed between two readings of one page.
func (m Marks) Same(other Marks) bool {
	return m.names == other.names && slices.Equal(m.rows, other.rows)
}

func (m Marks) sorted() Marks {
	slices.SortFunc(m.rows, func(a, b mark) int { return cmp.Compare(a.id, b.id) })
	return m
}

// ReadMarked is Read, with the page's marks.
func (s Reports) ReadMarked(ctx context.Context, l ReportList) ([]*cabin.Report, Marks, error) {
	names, err := s.db.names(ctx, false) // before the rows: a name that comes between makes other marks
	if err != nil {
		return nil, Marks{}, err
	}
	list, err := s.Read(ctx, l)
	m := Marks{make([]mark, len(list)), names.version}
	for i, r := range list {
		m.rows[i] = mark{r.ID, r.ChainLength, r.ChangedAt.UnixMicro()}
	}
	return list, m.sorted(), err
}

// Marks reads a page's marks as they stand now; what is asked for at one moment is read in
// one trip. It is a small part of the work of reading the page.
func (s Reports) Marks(ctx context.Context, l ReportList) (Marks, error) {
	names, err := s.db.names(ctx, false)
	if err != nil {
		return Marks{}, err
	}
	rows, err := s.db.marks.Get(ctx, &l)
	return Marks{rows, names.version}, classify(err)
}

// readMarks reads the marks of several pages.
func (db *DB) readMarks(ctx context.Context, lists []*ReportList) ([][]mark, error) {
	found := make([][]mark, len(lists))
	first := map[string]int{} // one page may be asked for by many
	same := make([]int, len(lists))
	var parts []string
	var args []any
	for i, l := range lists {
		key := l.key
		at, known := first[key]
		if !known {
			at, first[key] = i, i
			if q, more := l.q.selecting(strconv.Itoa(i)+" AS n, r.id, r.chain_length, r.changed_at", ""); q != "" {
				parts, args = append(parts, "("+q+")"), append(args, more...)
			}
		}
		same[i] = at
	}
	if len(parts) > 0 {
		rows, err := db.x.QueryContext(ctx, strings.Join(parts, " UNION ALL "), args...)
		if err != nil {
			return nil, err
		}
		defer rows.Close()
		for rows.Next() {
			var n int
			var m mark
			var at time.Time
			if err := rows.Scan(&n, &m.id, &m.events, &at); err != nil {
				return nil, err
			}
			m.changed = at.UnixMicro()
			found[n] = append(found[n], m)
		}
		if err := rows.Err(); err != nil {
			return nil, err
		}
	}
	for i := range found {
		if same[i] == i {
			Marks{rows: found[i]}.sorted()
			continue
		}
		found[i] = found[same[i]]
	}
	return found, nil
}
