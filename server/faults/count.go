package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os/exec"
	"slices"

	"warmcabin/server/cabin"
)

// finding is one of the figures, with the first of what it counted.
type finding struct {
	n        int
	examples []string
}

const examplesShown = 5

func (f *finding) add(n int, format string, args ...any) {
	if n <= 0 {
		return
	}
	if f.n += n; len(f.examples) < examplesShown {
		f.examples = append(f.examples, fmt.Sprintf(format, args...))
	}
}

// verdict is what the books say after everything has settled.
type verdict struct {
	rounds []roundBook
	acked  int
	events int
	sent   int // messages that WeChat took

	lost        finding // acknowledged, and not in the API or not in the history
	doubled     finding // one wish that was done twice, or two open bookings of one time
	untold      finding // somebody who was to be told of an event and has no inbox entry of it
	missing     finding // messages that should have reached WeChat: not in a final state, given up, or marked as sent and never seen there
	twice       finding // messages that WeChat took more often than the outbox knows of
	unknown     finding // nobody knows whether WeChat took them
	unanswered  int     // of them, those whose answer the simulator withheld
	cut         int     // and those that a killed worker had
	unexplained finding // those of them that neither a kill nor a lost answer explains
	surplus     finding // inbox entries that no event explains
	chain       finding // reports whose history does not hold together (warmcabin verify)
}

func (v *verdict) clean() bool {
	for _, f := range []finding{v.lost, v.doubled, v.untold, v.missing, v.twice, v.unexplained, v.surplus, v.chain} {
		if f.n > 0 {
			return false
		}
	}
	return true
}

// count compares the phones' acknowledgements, the API, the database and the simulator.
func (s *site) count(ctx context.Context) (*verdict, error) {
	v := &verdict{}
	s.journal.mu.Lock()
	acks := slices.Clone(s.journal.acks)
	v.rounds, v.acked = slices.Clone(s.journal.rounds), len(acks)
	s.journal.mu.Unlock()
	for _, step := range []func() error{
		func() error { return s.countLost(ctx, v, acks) },
		func() error { return s.countDoubled(ctx, v, acks) },
		func() error { return s.countInbox(ctx, v) },
		func() error { return s.countMail(ctx, v) },
		func() error { s.verify(ctx, v); return nil },
	} {
		if err := step(); err != nil {
			return nil, err
		}
	}
	return v, nil
}

// countLost looks for each thing that a phone was given a number of, as its owner, over the
// API, and for each acknowledged request in the history of its matter.
func (s *site) countLost(ctx context.Context, v *verdict, acks []ack) error {
	owners := map[int64]*phone{}
	for _, p := range s.phones {
		owners[p.id] = p
	}
	type did struct {
		matter  cabin.MatterKind
		id      int64
		command string
		person  int64
	}
	promised, done := map[did]int{}, map[did]int{}
	events, err := s.events(ctx)
	if err != nil {
		return err
	}
	v.events = len(events)
	for _, e := range events {
		done[did{e.matter, e.id, e.command, e.actor}]++
	}
	for _, a := range acks {
		d := did{a.matter, a.id, a.command, a.person}
		if a.number == "" {
			promised[d]++
			continue
		}
		got, err := owners[a.person].once(ctx, http.MethodGet, fmt.Sprintf("/%ss/%d", a.matter, a.id), "", nil)
		if err != nil {
			return err
		}
		var is struct{ Number string }
		_ = json.Unmarshal(got.body, &is) // what cannot be read has no number
		if got.status != http.StatusOK || is.Number != a.number || done[d] == 0 {
			v.lost.add(1, "%s %s：%d %.80s，记录 %d 条", a.matter, a.number, got.status, got.body, done[d])
		}
	}
	for d, n := range promised {
		v.lost.add(n-done[d], "%s %d：%s 得到确认 %d 次，记录 %d 条", d.matter, d.id, d.command, n, done[d])
	}
	return nil
}

// countDoubled looks for marks that stand twice, each being written once by its phone; for
// one key that got two numbers; and for open bookings that overlap.
func (s *site) countDoubled(ctx context.Context, v *verdict, acks []ack) error {
	ids := map[string]int64{}
	for _, a := range acks {
		if a.key != "" && ids[a.key] != 0 && ids[a.key] != a.id {
			v.doubled.add(1, "%s：同一个编号得到 %d 和 %d", a.matter, ids[a.key], a.id)
		}
		if a.key != "" {
			ids[a.key] = a.id
		}
	}
	for _, q := range []string{
		`SELECT note, COUNT(*) - 1 FROM bookings GROUP BY note HAVING COUNT(*) > 1`,
		`SELECT body, COUNT(*) - 1 FROM reports GROUP BY body HAVING COUNT(*) > 1`,
		`SELECT note, COUNT(*) - 1 FROM report_events WHERE note <> '' GROUP BY note HAVING COUNT(*) > 1`,
		`SELECT note, COUNT(*) - 1 FROM booking_events WHERE note <> '' GROUP BY note HAVING COUNT(*) > 1`,
		`SELECT CONCAT('预约 ', a.id, ' 和 ', b.id, ' 时间重叠'), 1 FROM bookings a JOIN bookings b ON b.id > a.id AND (b.deputy_id = a.deputy_id OR b.resident_id = a.resident_id)
			AND b.starts_at < a.ends_at AND a.starts_at < b.ends_at
			WHERE a.state IN ('requested', 'countered', 'confirmed', 'checked_in') AND b.state IN ('requested', 'countered', 'confirmed', 'checked_in')`,
	} {
		err := s.each(ctx, q, func(scan func(...any) error) error {
			var what string
			var n int
			err := scan(&what, &n)
			v.doubled.add(n, "%s（多了 %d）", what, n)
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// event is one line of a matter's history.
type event struct {
	matter            cabin.MatterKind
	id                int64
	command, from, to string
	role              cabin.Role
	actor             int64
	resident          int64
	deputy            int64
	station           int64
	department        int64
}

func (s *site) events(ctx context.Context) (all []event, err error) {
	dispatched := map[int64]bool{} // a report belongs to its department from then on
	for matter, q := range map[cabin.MatterKind]string{
		cabin.MatterBooking: `SELECT e.booking_id, e.command, e.from_state, e.to_state, e.actor_role, e.actor_id, b.resident_id, b.deputy_id, b.station_id, 0
			FROM booking_events e JOIN bookings b ON b.id = e.booking_id ORDER BY e.id`,
		cabin.MatterReport: `SELECT e.report_id, e.command, e.from_state, e.to_state, e.actor_role, e.actor_id, r.reporter_id, r.deputy_id, r.station_id, r.department_id
			FROM report_events e JOIN reports r ON r.id = e.report_id ORDER BY e.id`,
	} {
		err := s.each(ctx, q, func(scan func(...any) error) error {
			e := event{matter: matter}
			err := scan(&e.id, &e.command, &e.from, &e.to, &e.role, &e.actor, &e.resident, &e.deputy, &e.station, &e.department)
			if matter == cabin.MatterReport && e.command == string(cabin.ReportDispatch) {
				dispatched[e.id] = true
			}
			if !dispatched[e.id] {
				e.department = 0
			}
			all = append(all, e)
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	return all, nil
}

// audience is who the domain's table says is told of the event.
func (e event) audience() []cabin.Audience {
	if e.matter == cabin.MatterBooking {
		return told(cabin.BookingTransitions, e)
	}
	return told(cabin.ReportTransitions, e)
}

func told[S, C ~string](table []cabin.Transition[S, C], e event) []cabin.Audience {
	for _, t := range table {
		if string(t.From) == e.from && string(t.Command) == e.command && string(t.To) == e.to && slices.Contains(t.By, e.role) {
			return t.Tell
		}
	}
	return nil
}

// about is one person's news of one matter.
type about struct {
	person int64
	matter cabin.MatterKind
	id     int64
}

// countInbox compares the inboxes with what the table of transitions promises of each event.
func (s *site) countInbox(ctx context.Context, v *verdict) error {
	type scope struct {
		role cabin.Role
		id   int64
	}
	people := map[scope][]int64{}
	for _, p := range s.phones {
		people[scope{cabin.Role(p.role()), p.scope}] = append(people[scope{cabin.Role(p.role()), p.scope}], p.id)
	}
	events, err := s.events(ctx)
	if err != nil {
		return err
	}
	promised := map[about]int{}
	for _, e := range events {
		hear := map[int64]bool{}
		for _, to := range e.audience() {
			switch to {
			case cabin.ToResident:
				hear[e.resident] = true
			case cabin.ToDeputy:
				addAll(hear, people[scope{cabin.Deputy, e.deputy}])
			case cabin.ToStaff:
				addAll(hear, people[scope{cabin.Staff, e.station}])
			case cabin.ToDepartment:
				addAll(hear, people[scope{cabin.Department, e.department}])
			}
		}
		delete(hear, e.actor) // nobody is told of their own move
		for person := range hear {
			promised[about{person, e.matter, e.id}]++
		}
	}
	held, err := s.perMatter(ctx, "notices")
	if err != nil {
		return err
	}
	for a, n := range promised {
		v.untold.add(n-held[a], "%s %d：%d 应有 %d 条消息，有 %d 条", a.matter, a.id, a.person, n, held[a])
	}
	for a, n := range held {
		if a.matter == "digest" { // of no event: one of a person and day, from the morning on
			promised[a] = 1
		}
		v.surplus.add(n-promised[a], "%s %d：%d 应有 %d 条消息，有 %d 条", a.matter, a.id, a.person, promised[a], n)
	}
	return nil
}

func addAll(set map[int64]bool, ids []int64) {
	for _, id := range ids {
		set[id] = true
	}
}

// perMatter counts a table's rows of each person and matter.
func (s *site) perMatter(ctx context.Context, table string) (map[about]int, error) {
	rows := map[about]int{}
	err := s.each(ctx, `SELECT person_id, matter_kind, matter_id, COUNT(*) FROM `+table+` GROUP BY person_id, matter_kind, matter_id`, func(scan func(...any) error) error {
		var a about
		var n int
		err := scan(&a.person, &a.matter, &a.id, &n)
		rows[a] = n
		return err
	})
	return rows, err
}

// each hands every row of a query to do.
func (s *site) each(ctx context.Context, query string, do func(scan func(...any) error) error) error {
	rows, err := s.db.QueryContext(ctx, query)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := do(rows.Scan); err != nil {
			return err
		}
	}
	return rows.Err()
}

// verify lets the product check the chains of the reports (ADR 0013).
func (s *site) verify(ctx context.Context, v *verdict) {
	cmd := exec.CommandContext(ctx, s.binary, "verify", "-config", s.config)
	cmd.Env = s.env
	if text, err := cmd.CombinedOutput(); err != nil {
		v.chain.add(1, "%s", text)
	}
}
