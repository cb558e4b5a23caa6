package mysql

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"warmcabin/server/cabin"
)

// rosterBatch is how many rows go into one statement.
const rosterBatch = 1000

// rosterTables are the tables whose rows have an id that a plan may name.
var rosterTables = map[cabin.RosterKind]string{
	cabin.RosterStation: "stations", cabin.RosterDepartment: "departments", cabin.RosterCommunity: "communities",
	cabin.RosterBuilding: "buildings", cabin.RosterDeputy: "deputies", cabin.RosterLiaison: "liaisons",
}

// lockRoster locks the rows that the plan would change, in the order of their ids.
func (tx *Tx) lockRoster(p *cabin.RosterPlan) error {
	for _, kind := range cabin.RosterKinds {
		table := rosterTables[kind]
		ids := []int64{}
		for i := range p.Items {
			if it := &p.Items[i]; it.Kind == kind && it.Action == cabin.RosterUpdate {
				ids = append(ids, it.ID)
			}
		}
		if table == "" || len(ids) == 0 {
			continue
		}
		var locked []int64
		if err := tx.selectIn(&locked, `SELECT id FROM `+table+` WHERE id IN (?) ORDER BY id FOR UPDATE`, ids); err != nil {
			return err
		}
	}
	return nil
}

// rosterWriter carries a plan out, kind by kind, with few statements whatever its length.
type rosterWriter struct {
	*Tx
	actor cabin.Actor
	ids   map[cabin.RosterKind]map[string]int64 // by the name that cells use
	items map[cabin.RosterKind][]*cabin.RosterItem
	lost  error // the first name that led nowhere: a mistake of ours
}

// id is what a name in a cell leads to; none for "".
func (w *rosterWriter) id(kind cabin.RosterKind, name string) int64 {
	id := w.ids[kind][name]
	if id == 0 && name != "" && w.lost == nil {
		w.lost = fmt.Errorf("the roster has no %s of this name", kind)
	}
	return id
}

// writeRoster carries out a plan without faults. The order is that of cabin.RosterKinds.
func (tx *Tx) writeRoster(actor cabin.Actor, p *cabin.RosterPlan) error {
	w := &rosterWriter{Tx: tx, actor: actor, ids: map[cabin.RosterKind]map[string]int64{}, items: map[cabin.RosterKind][]*cabin.RosterItem{}}
	for i := range p.Items {
		if it := &p.Items[i]; it.Action != cabin.RosterSame {
			w.items[it.Kind] = append(w.items[it.Kind], it)
		}
	}
	for _, step := range []func() error{w.stations, w.departments, w.communities, w.buildings, w.deputies, w.liaisons, w.holidays} {
		if err := errors.Join(step(), w.lost); err != nil {
			return err
		}
	}
	return nil
}

// put inserts rows, and updates those that come with their id.
func (w *rosterWriter) put(table string, columns []string, rows [][]any) error {
	updates := make([]string, 0, len(columns))
	for _, c := range columns {
		if c != "id" {
			updates = append(updates, c+" = VALUES("+c+")")
		}
	}
	return w.many("INSERT INTO "+table+" ("+strings.Join(columns, ", ")+") VALUES ", rows, " ON DUPLICATE KEY UPDATE "+strings.Join(updates, ", "))
}

func (w *rosterWriter) many(head string, rows [][]any, tail string) error {
	for len(rows) > 0 {
		batch := rows[:min(len(rows), rosterBatch)]
		rows = rows[len(batch):]
		values := "(?" + strings.Repeat(",?", len(batch[0])-1) + ")"
		args := make([]any, 0, len(batch)*len(batch[0]))
		for _, r := range batch {
			args = append(args, r...)
		}
		if _, err := w.exec(head+values+strings.Repeat(","+values, len(batch)-1)+tail, args...); err != nil {
			return err
		}
	}
	return nil
}

// put writes a kind's items: new ones first, so that a new row cannot fall upon another
// one's key without being refused, then the changed ones by their id.
func (w *rosterWriter) putItems(kind cabin.RosterKind, columns []string, row func(*cabin.RosterItem) []any) error {
	var fresh, changed [][]any
	for _, it := range w.items[kind] {
		if it.ID == 0 {
			fresh = append(fresh, row(it))
		} else {
			changed = append(changed, append([]any{it.ID}, row(it)...))
		}
	}
	table := rosterTables[kind]
	if err := w.many("INSERT INTO "+table+" ("+strings.Join(columns, ", ")+") VALUES ", fresh, ""); err != nil {
		return err
	}
	if err := w.keepNames(kind, slices.Index(columns, "name")+1, changed); err != nil {
		return err
	}
	return w.put(table, append([]string{"id"}, columns...), changed)
}

// rosterNamed are the kinds whose former names are kept.
var rosterNamed = map[cabin.RosterKind]cabin.NamedKind{
	cabin.RosterStation: cabin.NamedStation, cabin.RosterDepartment: cabin.NamedDepartment, cabin.RosterCommunity: cabin.NamedCommunity, cabin.RosterDeputy: cabin.NamedDeputy,
}

// keepNames keeps the names that rows have which get another one; the name stands at this
// place of a row, the id before all.
func (w *rosterWriter) keepNames(kind cabin.RosterKind, place int, changed [][]any) error {
	named, kept := rosterNamed[kind]
	if !kept || place == 0 || len(changed) == 0 {
		return nil
	}
	names := map[int64]any{}
	ids := make([]int64, len(changed))
	for i, row := range changed {
		ids[i], _ = row[0].(int64)
		names[ids[i]] = row[place]
	}
	var old []cabin.Named
	if err := w.selectIn(&old, `SELECT id, name FROM `+rosterTables[kind]+` WHERE id IN (?)`, ids); err != nil {
		return err
	}
	for _, o := range old {
		if names[o.ID] != any(o.Name) {
			w.row(`INSERT INTO name_versions (kind, object_id, name, until, changed_by) VALUES`, named, o.ID, o.Name, w.Now, w.actor.PersonID)
		}
	}
	return nil
}

// learn reads the ids of a kind by the names that cells use.
func (w *rosterWriter) learn(kind cabin.RosterKind, query string) error {
	var rows []struct {
		ID   int64  `db:"id"`
		Name string `db:"name"`
		More string `db:"more"`
	}
	if err := w.selectAll(&rows, query); err != nil {
		return err
	}
	ids := make(map[string]int64, len(rows))
	for _, r := range rows {
		name := r.Name
		if kind == cabin.RosterDeputy {
			name = cabin.RosterDef(kind).Label([]string{r.Name, "", "", r.More})
		}
		ids[name] = r.ID
	}
	w.ids[kind] = ids
	return nil
}

func (w *rosterWriter) stations() error {
	const names = `SELECT id, name, '' AS more FROM stations`
	items := w.items[cabin.RosterStation]
	if len(items) > 0 {
		columns := []string{"kind", "name", "address", "hours", "phone", "lat", "lng"}
		err := w.putItems(cabin.RosterStation, columns, func(it *cabin.RosterItem) []any {
			v := it.Values
			return []any{cabin.StationKindNamed(v[1]), v[0], v[3], v[4], v[5], number64(v[6]), number64(v[7])}
		})
		if err != nil {
			return err
		}
	}
	if err := w.learn(cabin.RosterStation, names); err != nil || len(items) == 0 {
		return err
	}
	var parents, rooms [][]any
	for _, it := range items {
		v, id := it.Values, w.id(cabin.RosterStation, it.Values[0])
		parents = append(parents, []any{id, w.id(cabin.RosterStation, v[2]), "branch", v[0], v[3]})
		for _, room := range cabin.RosterNames(v[8]) {
			rooms = append(rooms, []any{id, room})
		}
	}
	err := w.many(`INSERT INTO stations (id, parent_id, kind, name, address) VALUES `, parents, ` ON DUPLICATE KEY UPDATE parent_id = VALUES(parent_id)`)
	if err != nil {
		return err
	}
	return w.many(`INSERT INTO rooms (station_id, name) VALUES `, rooms, ` ON DUPLICATE KEY UPDATE name = rooms.name`)
}

func number64(text string) any {
	if text == "" {
		return nil
	}
	n, _ := strconv.ParseFloat(text, 64) // the plan let only numbers through
	return n
}

func (w *rosterWriter) departments() error {
	return w.putItems(cabin.RosterDepartment, []string{"name", "duty"}, func(it *cabin.RosterItem) []any { return []any{it.Values[0], it.Values[1]} })
}

func (w *rosterWriter) communities() error {
	err := w.putItems(cabin.RosterCommunity, []string{"name", "station_id", "constituency"}, func(it *cabin.RosterItem) []any {
		return []any{it.Values[0], w.id(cabin.RosterStation, it.Values[1]), it.Values[2]}
	})
	if err != nil {
		return err
	}
	return w.learn(cabin.RosterCommunity, `SELECT id, name, '' AS more FROM communities`)
}

func (w *rosterWriter) buildings() error {
	return w.putItems(cabin.RosterBuilding, []string{"community_id", "name", "address"}, func(it *cabin.RosterItem) []any {
		return []any{w.id(cabin.RosterCommunity, it.Values[0]), it.Values[1], it.Values[2]}
	})
}

func (w *rosterWriter) deputies() error {
	items := w.items[cabin.RosterDeputy]
	columns := []string{"name", "level", "constituency", "term", "title", "bio", "station_id"}
	err := w.putItems(cabin.RosterDeputy, columns, func(it *cabin.RosterItem) []any {
		v := it.Values
		return []any{v[0], cabin.LevelNamed(v[2]), v[3], v[4], v[5], v[6], w.id(cabin.RosterStation, v[7])}
	})
	if err == nil {
		err = w.learn(cabin.RosterDeputy, `SELECT id, name, constituency AS more FROM deputies`)
	}
	if err != nil || len(items) == 0 {
		return err
	}
	def := cabin.RosterDef(cabin.RosterDeputy)
	idOf := func(it *cabin.RosterItem) int64 { return w.id(cabin.RosterDeputy, def.Label(it.Values)) }
	if err := w.specialities(items, idOf); err != nil {
		return err
	}
	err = w.list(items, idOf, 9, "deputy_services", "deputy_id", "service", func(name string) any { return cabin.ServiceNamed(name) })
	if err != nil {
		return err
	}
	return w.phones(deputyPhone, items, idOf)
}

func (w *rosterWriter) specialities(items []*cabin.RosterItem, idOf func(*cabin.RosterItem) int64) error {
	var names [][]any
	seen := map[string]bool{}
	for _, it := range items {
		for _, n := range cabin.RosterNames(it.Values[8]) {
			if !seen[n] {
				seen[n], names = true, append(names, []any{n})
			}
		}
	}
	if err := w.many(`INSERT INTO specialities (name) VALUES `, names, ` ON DUPLICATE KEY UPDATE name = specialities.name`); err != nil {
		return err
	}
	var rows []cabin.Named
	if err := w.selectAll(&rows, `SELECT id, name, '' AS duty FROM specialities`); err != nil {
		return err
	}
	ids := map[string]int64{}
	for _, r := range rows {
		ids[cabin.FoldName(r.Name)] = r.ID
	}
	return w.list(items, idOf, 8, "deputy_specialities", "deputy_id", "speciality_id", func(name string) any { return ids[cabin.FoldName(name)] })
}

// list replaces what a column of names leads to, for the items where it changed.
func (w *rosterWriter) list(items []*cabin.RosterItem, idOf func(*cabin.RosterItem) int64, column int, table, owner, other string, id func(string) any) error {
	var of []int64
	var rows [][]any
	for _, it := range items {
		if it.Old != nil && it.Old[column] == it.Values[column] {
			continue
		}
		if it.Old != nil {
			of = append(of, it.ID)
		}
		for _, name := range cabin.RosterNames(it.Values[column]) {
			rows = append(rows, []any{idOf(it), id(name)})
		}
	}
	if len(of) > 0 {
		if _, err := w.execIDs(`DELETE FROM `+table+` WHERE `+owner+` IN (?)`, of); err != nil {
			return err
		}
	}
	return w.many(`INSERT IGNORE INTO `+table+` (`+owner+`, `+other+`) VALUES `, rows, "")
}

// phones seals the phones that changed, and forgets those that were emptied.
func (w *rosterWriter) phones(kind rosterPhone, items []*cabin.RosterItem, idOf func(*cabin.RosterItem) int64) error {
	var rows [][]any
	var gone []int64
	var one any
	if kind == liaisonPhone {
		one = 1
	}
	for _, it := range items {
		phone, id := it.Values[1], idOf(it)
		switch {
		case it.Old != nil && it.Old[1] == phone:
			continue
		case phone == "":
			gone = append(gone, id)
			continue
		}
		sealed, err := w.db.sealer.Seal(kind.owner(id), []byte(phone))
		if err != nil {
			return err
		}
		hash := w.db.sealer.Hash(phone)
		rows = append(rows, []any{kind, id, sealed, hash[:], one, w.actor.PersonID, w.Now})
	}
	if len(gone) > 0 {
		if _, err := w.execIDs(`DELETE FROM roster_phones WHERE kind = ? AND object_id IN (?)`, gone, kind); err != nil {
			return err
		}
	}
	return w.put("roster_phones", []string{"kind", "object_id", "sealed", "phone_hash", "one_of", "updated_by", "updated_at"}, rows)
}

func (w *rosterWriter) liaisons() error {
	items := w.items[cabin.RosterLiaison]
	if len(items) == 0 {
		return nil
	}
	ids := map[*cabin.RosterItem]int64{}
	var fresh, changed [][]any
	for _, it := range items {
		if ids[it] = it.ID; it.ID == 0 {
			fresh = append(fresh, []any{it.Values[0]})
		} else {
			changed = append(changed, []any{it.ID, it.Values[0]})
		}
	}
	if err := w.freshLiaisons(fresh, items, ids); err != nil {
		return err
	}
	if err := w.put("liaisons", []string{"id", "name"}, changed); err != nil {
		return err
	}
	idOf := func(it *cabin.RosterItem) int64 { return ids[it] }
	err := w.list(items, idOf, 2, "liaison_communities", "liaison_id", "community_id", func(name string) any { return w.id(cabin.RosterCommunity, name) })
	if err != nil {
		return err
	}
	err = w.list(items, idOf, 3, "liaison_deputies", "liaison_id", "deputy_id", func(name string) any { return w.id(cabin.RosterDeputy, name) })
	if err != nil {
		return err
	}
	return w.phones(liaisonPhone, items, idOf)
}

// freshLiaisons inserts new ones and learns their ids: their name is no key, so the ids are
// read back in the order in which the rows went in.
func (w *rosterWriter) freshLiaisons(fresh [][]any, items []*cabin.RosterItem, ids map[*cabin.RosterItem]int64) error {
	if len(fresh) == 0 {
		return nil
	}
	var last []int64
	if err := w.selectAll(&last, `SELECT COALESCE(MAX(id), 0) FROM liaisons`); err != nil {
		return err
	}
	if err := w.many(`INSERT INTO liaisons (name) VALUES `, fresh, ""); err != nil {
		return err
	}
	var added []int64
	if err := w.selectAll(&added, `SELECT id FROM liaisons WHERE id > ? ORDER BY id`, last[0]); err != nil {
		return err
	}
	n := 0
	for _, it := range items {
		if it.ID == 0 {
			ids[it] = added[n]
			n++
		}
	}
	return nil
}

func (w *rosterWriter) holidays() error {
	var rows [][]any
	for _, it := range w.items[cabin.RosterHoliday] {
		v := it.Values
		rows = append(rows, []any{v[0], v[1] == "上班", cabin.WeekdayNamed(v[2]), v[3], w.actor.PersonID, w.Now})
	}
	return w.put("calendar_days", []string{"day", "workday", "as_weekday", "name", "updated_by", "updated_at"}, rows)
}
