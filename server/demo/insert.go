package demo

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"time"
)

// addPlaces writes the street in one transaction: all of it is there, or nothing.
func (l *loader) addPlaces(ctx context.Context) error {
	portraits := make([]string, len(deputies))
	for i, d := range deputies {
		photo, err := l.keep(ctx, portrait(d.look))
		if err != nil {
			return err
		}
		portraits[i] = photo.ID
	}
	x, err := l.x.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = x.Rollback() }() // after Commit it does nothing
	tx := &inserts{ctx: ctx, tx: x, ids: l.ids}
	tx.stations()
	tx.offices()
	tx.needs()
	tx.unmet(l.calendar.now)
	for i, d := range deputies {
		tx.deputy(d, portraits[i])
	}
	tx.liaisons()
	// The office gave it another name: what ended before shows the old one.
	tx.row(`INSERT INTO name_versions (kind, object_id, name, until, changed_by) VALUES ('department', ?, '市容环境科', ?, 0)`, tx.ids[cityWorks], l.calendar.now.Add(-45*24*time.Hour).UTC())
	if tx.err != nil {
		return tx.err
	}
	if err := mark(ctx, x, actionBegin, l.calendar.now); err != nil {
		return err
	}
	return x.Commit()
}

// inserts writes rows until the first error, which it keeps.
type inserts struct {
	ctx context.Context
	tx  *sql.Tx
	ids map[string]int64
	err error
}

func (t *inserts) row(query string, args ...any) int64 {
	if t.err != nil {
		return 0
	}
	res, err := t.tx.ExecContext(t.ctx, query, args...)
	if err != nil {
		t.err = fmt.Errorf("demo: %s: %w", query, err)
		return 0
	}
	id, _ := res.LastInsertId() // this driver always knows it
	return id
}

func (t *inserts) stations() {
	for i, s := range stations {
		parent := int64(0)
		if i > 0 {
			parent = t.ids[central]
		}
		t.ids[s.name] = t.row(`INSERT INTO stations (parent_id, kind, name, address, hours, phone, lat, lng) VALUES (?,?,?,?,?,?,?,?)`,
			parent, s.kind, s.name, s.address, s.hours, s.phone, s.lat, s.lng)
		for _, room := range s.rooms {
			t.ids[s.name+room] = t.row(`INSERT INTO rooms (station_id, name) VALUES (?,?)`, t.ids[s.name], room)
		}
	}
	for _, c := range communities {
		t.ids[c.name] = t.row(`INSERT INTO communities (name, station_id, constituency) VALUES (?,?,?)`, c.name, t.ids[c.station], c.constituency)
		for n := range buildings[c.name].count {
			t.row(`INSERT INTO buildings (community_id, name) VALUES (?,?)`, t.ids[c.name], fmt.Sprintf("%s %d 号楼", buildings[c.name].estate, n+1))
		}
	}
}

func (t *inserts) offices() {
	for _, d := range departments {
		t.ids[d.name] = t.row(`INSERT INTO departments (name, duty) VALUES (?,?)`, d.name, d.duty)
	}
	for i, c := range categories {
		t.ids[c.name] = t.row(`INSERT INTO categories (name, hint, department_id, days, urgent, position, questions) VALUES (?,?,?,?,?,?,?)`,
			c.name, c.hint, t.ids[c.department], c.days, c.urgent, i+1, questions[c.name].Column())
	}
}

// needs keeps specialities under a name of their own: one is called like a category.
func (t *inserts) needs() {
	for _, s := range specialities {
		id := t.row(`INSERT INTO specialities (name) VALUES (?)`, s.name)
		t.ids[specialityKey+s.name] = id
		for _, word := range s.words {
			t.row(`INSERT INTO needs (word, speciality_id, position) VALUES (?,?,?)`, word, id, slices.Index(homeNeeds, word)+1)
		}
	}
}

const specialityKey = "speciality "

// unmetNeeds are what residents looked for and nobody serves yet: how often, and how many
// days ago last.
var unmetNeeds = []struct {
	word        string
	times, days int
}{{"宠物走丢了", 7, 1}, {"家里网速太慢", 4, 3}, {"修水管", 3, 2}, {"办签证", 1, 6}}

func (t *inserts) unmet(now time.Time) {
	for _, w := range unmetNeeds {
		last := now.AddDate(0, 0, -w.days).UTC()
		t.row(`INSERT INTO unmet_needs (word, times, first_at, last_at) VALUES (?,?,?,?)`, w.word, w.times, last.AddDate(0, 0, 1-w.times), last)
	}
}

const slotMinutes = 30

func (t *inserts) deputy(d deputy, photoID string) {
	id := t.row(`INSERT INTO deputies (name, level, constituency, term, title, bio, photo_id, station_id) VALUES (?,?,?,?,?,?,?,?)`,
		d.name, d.level, d.constituency, d.term, d.title, d.bio, photoID, t.ids[d.station])
	t.ids[d.name] = id
	for _, s := range d.specialities {
		t.row(`INSERT INTO deputy_specialities (deputy_id, speciality_id) VALUES (?,?)`, id, t.ids[specialityKey+s])
	}
	for _, s := range d.services {
		t.row(`INSERT INTO deputy_services (deputy_id, service) VALUES (?,?)`, id, s)
	}
	for _, h := range d.hours {
		t.row(`INSERT INTO deputy_hours (deputy_id, station_id, room_id, weekday, from_minute, to_minute, slot_minutes, service) VALUES (?,?,?,?,?,?,?,?)`,
			id, t.ids[h.station], t.room(h), h.weekday, minutes(h.from), minutes(h.to), slotMinutes, h.service)
	}
}

// served are the deputies of each liaison officer's account.
var served = map[string][]string{"liaison": {"林晓慧", "何建平"}, "liaison-02": {"吴桂芳"}, "liaison-03": {"郭志远", "陆文博"}}

// liaisons are the roster's, with what they serve.
func (t *inserts) liaisons() {
	for _, w := range workers {
		if len(served[w.account]) == 0 {
			continue
		}
		id := t.row(`INSERT INTO liaisons (name) VALUES (?)`, w.name)
		for _, c := range w.scopes {
			t.row(`INSERT INTO liaison_communities (liaison_id, community_id) VALUES (?,?)`, id, t.ids[c])
		}
		for _, d := range served[w.account] {
			t.row(`INSERT INTO liaison_deputies (liaison_id, deputy_id) VALUES (?,?)`, id, t.ids[d])
		}
	}
}

func (t *inserts) room(h hours) int64 {
	if h.room == "" {
		return 0
	}
	return t.ids[h.station+h.room]
}

func minutes(clock string) int { return int(sinceMidnight(clock) / time.Minute) }
