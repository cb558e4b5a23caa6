package main

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"testing"

	"warmcabin/server/cabin"
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

// open is a booking that is open and whose number a phone was told.
func (b *books) open() int64 {
	b.Helper()
	for _, a := range b.s.journal.acks {
		if a.command == "request" && b.number(fmt.Sprintf(`SELECT COUNT(*) FROM bookings WHERE id = %d AND state IN ('requested', 'confirmed')`, a.id)) == 1 {
			return a.id
		}
	}
	b.Fatal("no booking is open")
	return 0
}

// promised counts what was acknowledged of a matter, of one command or, with "", of all.
func (b *books) promised(matter cabin.MatterKind, id int64, command string) (n int) {
	for _, a := range b.s.journal.acks {
		if a.matter == matter && a.id == id && (command == "" || a.command == command) {
			n++
		}
	}
	return n
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
	taken := b.open() // falsified by itself
	for _, r := range rows {
		if r.state == mysql.PushSent && of[r.about] == 1 && !(r.about.matter == cabin.MatterBooking && r.about.id == taken) {
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

// grown is by how much figures must grow; those that it does not name must not.
type grown map[string]int

// falsifications change one thing each.
var falsifications = []struct {
	name string
	do   func(*books) grown
}{
	{"nothing", func(*books) grown { return nil }},
	{"a message that WeChat took twice", func(b *books) grown {
		b.s.post.calls = append(b.s.post.calls, b.s.post.calls[b.call(b.sent().what)])
		return grown{"twice": 1}
	}},
	{"a message that WeChat never saw", func(b *books) grown {
		for range 2 { // the copy of the one before as well
			i := b.call(b.sent().what)
			b.s.post.calls = slices.Delete(b.s.post.calls, i, i+1)
		}
		return grown{"twice": -1, "missing": 1}
	}},
	{"a message unknown for no reason", func(b *books) grown {
		b.exec(`UPDATE outbox SET state = 'unknown', attempted_at = '2020-01-01' WHERE id = %d`, b.sent().id)
		return grown{"unknown": 1, "unexplained": 1, "missing": -1} // the one before
	}},
	{"a message that was given up", func(b *books) grown {
		b.exec(`INSERT INTO outbox (person_id, matter_kind, matter_id, template, payload, page, state, due_at, created_at)
			SELECT person_id, matter_kind, matter_id, template, payload, page, 'dead', due_at, created_at FROM outbox WHERE id = %d`, b.sent().id)
		return grown{"missing": 1}
	}},
	{"a message that is still to go", func(b *books) grown {
		b.exec(`INSERT INTO outbox (person_id, matter_kind, matter_id, template, payload, page, state, due_at, created_at)
			SELECT person_id, matter_kind, matter_id, template, payload, page, 'waiting', '2999-01-01', created_at FROM outbox WHERE id = %d`, b.sent().id)
		return grown{"missing": 1}
	}},
	{"a message that the outbox forgot", func(b *books) grown {
		b.exec(`DELETE FROM outbox WHERE id = %d`, b.sent().id)
		return grown{"twice": 1, "missing": 1}
	}},
	{"an inbox entry gone", func(b *books) grown {
		b.exec(`DELETE FROM notices ORDER BY id LIMIT 1`)
		return grown{"untold": 1}
	}},
	{"an inbox entry too many", func(b *books) grown {
		b.exec(`INSERT INTO notices (person_id, matter_kind, matter_id, title, body, page, created_at)
			SELECT person_id, matter_kind, matter_id, title, body, page, created_at FROM notices WHERE id = %d`, b.number(`SELECT MAX(id) FROM notices`))
		return grown{"surplus": 1, "missing": 1}
	}},
	{"a booking that stands twice", func(b *books) grown {
		b.exec(`CREATE TEMPORARY TABLE twin AS SELECT * FROM bookings WHERE id = %d`, b.open())
		b.exec(`UPDATE twin SET id = 1000000, open_seat = NULL`)
		b.exec(`INSERT INTO bookings SELECT * FROM twin`)
		return grown{"doubled": 2} // its words, and its time
	}},
	{"a booking gone", func(b *books) grown {
		id := b.open()
		b.exec(`SET FOREIGN_KEY_CHECKS = 0`)
		b.exec(`DELETE FROM notices WHERE matter_kind = 'booking' AND matter_id = %d`, id)
		b.exec(`DELETE FROM bookings WHERE id = %d OR id = 1000000`, id) // and the twin
		return grown{"lost": b.promised(cabin.MatterBooking, id, ""), "doubled": -2}
	}},
	{"a move that nobody recorded", func(b *books) grown {
		for _, a := range b.s.journal.acks {
			if a.number == "" && a.matter == cabin.MatterReport {
				b.exec(`DELETE FROM notices WHERE matter_kind = 'report' AND matter_id = %d`, a.id)
				b.exec(`DELETE FROM report_events WHERE report_id = %d AND command = '%s'`, a.id, a.command)
				return grown{"lost": b.promised(a.matter, a.id, a.command), "chain": 1}
			}
		}
		b.Fatal("no report was moved")
		return nil
	}},
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
		want := c.do(b)
		v, err := s.count(ctx)
		if err != nil {
			t.Fatal(err)
		}
		after := v.figures()
		for name, n := range after {
			emptied := name == "untold" && want["lost"] > 0 // we emptied the inboxes as well
			if grew := n - before[name]; grew != want[name] && !emptied {
				t.Errorf("%s: %s grew by %d, want %d\n%s", c.name, name, grew, want[name], v.table())
			}
		}
		before = after
	}
}
