package main

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"testing"

	"warmcabin/server/mysql"
)

// figures are the numbers of a verdict by name.
func (v *verdict) figures() map[string]int {
	return map[string]int{"lost": v.lost.n, "doubled": v.doubled.n, "untold": v.untold.n, "missing": v.missing.n, "twice": v.twice.n,
		"unknown": v.unknown.n, "unexplained": v.unexplained.n, "surplus": v.surplus.n, "chain": v.chain.n}
}

// books lets a test change what was written, behind the product's back.
type books struct {
	*testing.T
	ctx  context.Context
	s    *site
	conn *sql.Conn
}

func (b *books) exec(format string, args ...any) {
	b.Helper()
	if _, err := b.conn.ExecContext(b.ctx, fmt.Sprintf(format, args...)); err != nil {
		b.Fatalf("%v: %s", err, fmt.Sprintf(format, args...))
	}
}

func (b *books) number(query string) (n int64) {
	b.Helper()
	if err := b.conn.QueryRowContext(b.ctx, query).Scan(&n); err != nil {
		b.Fatalf("%v: %s", err, query)
	}
	return n
}

// acked is a booking that is open and of which one request was acknowledged: that it be made.
func (b *books) acked() int64 {
	b.Helper()
	for _, a := range b.s.journal.acks {
		if a.command == "request" && b.number(fmt.Sprintf(`SELECT (SELECT COUNT(*) FROM booking_events WHERE booking_id = %d) = 1 AND EXISTS (SELECT 1 FROM bookings WHERE id = %[1]d)`, a.id)) == 1 {
			return a.id
		}
	}
	b.Fatal("no booking still waits for its deputy")
	return 0
}

// sent is a message that was sent, the only one of its person and matter.
func (b *books) sent() outRow {
	b.Helper()
	rows, err := b.s.outbox(b.ctx)
	if err != nil {
		b.Fatal(err)
	}
	of := map[about]int{}
	for _, r := range rows {
		of[r.about]++
	}
	for _, r := range rows {
		if r.state == mysql.PushSent && of[r.about] == 1 {
			return r
		}
	}
	b.Fatal("no message stands alone")
	return outRow{}
}

// call is the place in the simulator's book of the call that brought a message.
func (b *books) call(what string) int {
	return slices.IndexFunc(b.s.post.calls, func(c sendCall) bool { return c.took && c.what == what })
}

// falsifications change one thing each; want is by how much the figures must grow.
var falsifications = []struct {
	name string
	do   func(*books)
	want map[string]int
}{
	{"nothing", func(*books) {}, nil},
	{"a message that WeChat took twice", func(b *books) {
		b.s.post.calls = append(b.s.post.calls, b.s.post.calls[b.call(b.sent().what)])
	}, map[string]int{"twice": 1}},
	{"a message that WeChat never saw", func(b *books) {
		i := b.call(b.sent().what) // takes away what the one before put there
		b.s.post.calls = slices.Delete(b.s.post.calls, i, i+1)
		i = b.call(b.sent().what)
		b.s.post.calls = slices.Delete(b.s.post.calls, i, i+1)
	}, map[string]int{"twice": -1, "missing": 1}},
	{"a message unknown for no reason", func(b *books) {
		b.exec(`UPDATE outbox SET state = 'unknown', attempted_at = '2020-01-01' WHERE id = %d`, b.sent().id)
	}, map[string]int{"unknown": 1, "unexplained": 1, "missing": -1}},
	{"a message that was given up", func(b *books) {
		r := b.sent()
		b.exec(`INSERT INTO outbox (person_id, matter_kind, matter_id, template, payload, page, state, due_at, created_at)
			SELECT person_id, matter_kind, matter_id, template, payload, page, 'dead', due_at, created_at FROM outbox WHERE id = %d`, r.id)
	}, map[string]int{"missing": 1}},
	{"a message that is still to go", func(b *books) {
		r := b.sent()
		b.exec(`INSERT INTO outbox (person_id, matter_kind, matter_id, template, payload, page, state, due_at, created_at)
			SELECT person_id, matter_kind, matter_id, template, payload, page, 'waiting', '2999-01-01', created_at FROM outbox WHERE id = %d`, r.id)
	}, map[string]int{"missing": 1}},
	{"a message that the outbox forgot", func(b *books) { b.exec(`DELETE FROM outbox WHERE id = %d`, b.sent().id) }, map[string]int{"twice": 1, "missing": 1}},
	{"an inbox entry gone", func(b *books) { b.exec(`DELETE FROM notices ORDER BY id LIMIT 1`) }, map[string]int{"untold": 1}},
	{"an inbox entry too many", func(b *books) {
		b.exec(`INSERT INTO notices (person_id, matter_kind, matter_id, title, body, page, created_at)
			SELECT person_id, matter_kind, matter_id, title, body, page, created_at FROM notices WHERE id = %d`, b.number(`SELECT MAX(id) FROM notices`))
	}, map[string]int{"surplus": 1, "missing": 1}},
	{"a booking that stands twice", func(b *books) {
		b.exec(`CREATE TEMPORARY TABLE twin AS SELECT * FROM bookings WHERE id = %d`, b.acked())
		b.exec(`UPDATE twin SET id = 1000000, open_seat = NULL`)
		b.exec(`INSERT INTO bookings SELECT * FROM twin`)
	}, map[string]int{"doubled": 2}}, // its words, and its time
	{"a booking gone", func(b *books) {
		b.exec(`SET FOREIGN_KEY_CHECKS = 0`)
		id := b.acked()
		b.exec(`DELETE FROM notices WHERE matter_kind = 'booking' AND matter_id = %d`, id)
		b.exec(`DELETE FROM bookings WHERE id = %d OR id = 1000000`, id) // and the twin
	}, map[string]int{"lost": 1, "doubled": -2}},
	{"a move that nobody recorded", func(b *books) {
		for _, a := range b.s.journal.acks {
			if a.number == "" && a.matter == "report" {
				b.exec(`DELETE FROM notices WHERE matter_kind = 'report' AND matter_id = %d`, a.id)
				b.exec(`DELETE FROM report_events WHERE report_id = %d AND command = '%s'`, a.id, a.command)
				return
			}
		}
		b.Fatal("no report was moved")
	}, map[string]int{"lost": 1, "chain": 1}},
}

// falsify changes the books one by one and looks at every figure each time: what must grow
// grows by so much, and what has nothing to do with it stays.
func falsify(ctx context.Context, t *testing.T, s *site, v *verdict) {
	conn, err := s.db.Conn(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	b := &books{t, ctx, s, conn}
	before := v.figures()
	for _, c := range falsifications {
		c.do(b)
		v, err := s.count(ctx)
		if err != nil {
			t.Fatal(err)
		}
		after := v.figures()
		for name, n := range after {
			grew, want := n-before[name], c.want[name]
			if grew != want && !(name == "untold" && c.want["lost"] > 0) { // whose inbox we emptied
				t.Errorf("%s: %s grew by %d, want %d\n%s", c.name, name, grew, want, v.table())
			}
		}
		before = after
	}
}
