package mysql

import (
	"context"
	"strings"

	"warmcabin/server/cabin"
)

// Places are stations, deputies, categories, departments and communities: public reading.
type Places struct{ db *DB }

// Stations lists all stations with their rooms, parents first.
func (s Places) Stations(ctx context.Context) ([]cabin.Station, error) {
	var stations []cabin.Station
	var rooms []cabin.Room
	if err := s.db.selectAll(ctx, &stations, `SELECT id, parent_id, kind, name, address, hours, phone, lat, lng FROM stations ORDER BY parent_id, id`); err != nil {
		return nil, err
	}
	if err := s.db.selectAll(ctx, &rooms, `SELECT id, station_id, name FROM rooms ORDER BY id`); err != nil {
		return nil, err
	}
	for i := range stations {
		for _, r := range rooms {
			if r.StationID == stations[i].ID {
				stations[i].Rooms = append(stations[i].Rooms, r)
			}
		}
	}
	return stations, nil
}

// Categories lists the categories of reports in the office's order.
func (s Places) Categories(ctx context.Context) (list []cabin.Category, err error) {
	err = s.db.selectAll(ctx, &list, `SELECT id, name, hint, department_id, days, urgent FROM categories ORDER BY position, id`)
	return list, err
}

// Departments lists the departments that matters are dispatched to.
func (s Places) Departments(ctx context.Context) (list []cabin.Named, err error) {
	err = s.db.selectAll(ctx, &list, `SELECT id, name, duty FROM departments ORDER BY id`)
	return list, err
}

// Communities lists the street's communities.
func (s Places) Communities(ctx context.Context) (list []cabin.Named, err error) {
	err = s.db.selectAll(ctx, &list, `SELECT id, name, '' AS duty FROM communities ORDER BY id`)
	return list, err
}

// NeedWord is a resident's own word for a speciality.
type NeedWord struct {
	Word         string `db:"word"`
	SpecialityID int64  `db:"speciality_id"`
	Speciality   string `db:"speciality"`
	Position     int    `db:"position"`
}

// Needs lists the words, the ones for the home page (Position > 0) in their order first.
func (s Places) Needs(ctx context.Context) (list []NeedWord, err error) {
	err = s.db.selectAll(ctx, &list, `SELECT n.word, n.speciality_id, s.name AS speciality, n.position
		FROM needs n JOIN specialities s ON s.id = n.speciality_id ORDER BY n.position = 0, n.position, n.word`)
	return list, err
}

// DeputyFilter narrows the list of deputies; its zero value lists all.
type DeputyFilter struct {
	Query     string // in a name, a constituency, a title or a speciality
	Need      string // own words, matched to specialities
	StationID int64
	After     int64
	Limit     int
}

const deputyColumns = `d.id, d.name, d.level, d.constituency, d.term, d.title, d.bio, d.photo_id, d.station_id, st.name AS station_name`

// Deputies pages through the deputies by id, each with specialities, services, the reason
// for the match when Need is given, and the earliest free slot.
func (s Places) Deputies(ctx context.Context, f DeputyFilter) ([]cabin.DeputyProfile, error) {
	where, args := []string{"d.id > ?"}, []any{f.After}
	if f.StationID != 0 {
		where, args = append(where, "d.station_id = ?"), append(args, f.StationID)
	}
	if q := strings.TrimSpace(f.Query); q != "" {
		like := "%" + strings.NewReplacer(`\`, `\\`, "%", `\%`, "_", `\_`).Replace(q) + "%"
		where = append(where, `(d.name LIKE ? OR d.constituency LIKE ? OR d.title LIKE ? OR EXISTS (
			SELECT 1 FROM deputy_specialities ds JOIN specialities sp ON sp.id = ds.speciality_id WHERE ds.deputy_id = d.id AND sp.name LIKE ?))`)
		args = append(args, like, like, like, like)
	}
	var matched []NeedWord
	if need := strings.TrimSpace(f.Need); need != "" {
		var err error
		if matched, err = s.matchNeed(ctx, need); err != nil || len(matched) == 0 {
			return nil, err
		}
		ids := make([]int64, len(matched))
		for i, m := range matched {
			ids[i] = m.SpecialityID
		}
		where = append(where, `EXISTS (SELECT 1 FROM deputy_specialities ds WHERE ds.deputy_id = d.id AND ds.speciality_id IN (?))`)
		args = append(args, ids)
	}
	var list []cabin.DeputyProfile
	query := `SELECT ` + deputyColumns + ` FROM deputies d JOIN stations st ON st.id = d.station_id WHERE ` +
		strings.Join(where, " AND ") + ` ORDER BY d.id LIMIT ?`
	if err := s.db.selectIn(ctx, &list, query, append(args, f.Limit)...); err != nil {
		return nil, err
	}
	if err := s.fill(ctx, list); err != nil {
		return nil, err
	}
	for i := range list {
		list[i].Reason = matchReason(list[i].Specialities, matched)
	}
	return list, nil
}

// Deputy returns one deputy (CodeNotFound).
func (s Places) Deputy(ctx context.Context, id int64) (cabin.DeputyProfile, error) {
	list := make([]cabin.DeputyProfile, 1)
	err := s.db.get(ctx, &list[0], `SELECT `+deputyColumns+` FROM deputies d JOIN stations st ON st.id = d.station_id WHERE d.id = ?`, id)
	if err == nil {
		err = s.fill(ctx, list)
	}
	return list[0], err
}

// matchNeed finds the specialities behind own words: a known word inside them, or a speciality's own name.
func (s Places) matchNeed(ctx context.Context, need string) ([]NeedWord, error) {
	words, err := s.Needs(ctx)
	if err != nil {
		return nil, err
	}
	var names []NeedWord
	if err := s.db.selectAll(ctx, &names, `SELECT name AS word, id AS speciality_id, name AS speciality, 0 AS position FROM specialities`); err != nil {
		return nil, err
	}
	var matched []NeedWord
	seen := map[int64]bool{}
	for _, w := range append(words, names...) {
		if !seen[w.SpecialityID] && (strings.Contains(need, w.Word) || strings.Contains(w.Word, need)) {
			seen[w.SpecialityID] = true
			matched = append(matched, w)
		}
	}
	return matched, nil
}

func matchReason(specialities []string, matched []NeedWord) string {
	for _, m := range matched {
		for _, name := range specialities {
			if name == m.Speciality && m.Word != name {
				return "擅长“" + name + "”，和您说的“" + m.Word + "”有关"
			} else if name == m.Speciality {
				return "擅长“" + name + "”"
			}
		}
	}
	return ""
}

// fill adds specialities, services and the earliest free slot, in one query each.
func (s Places) fill(ctx context.Context, list []cabin.DeputyProfile) error {
	if len(list) == 0 {
		return nil
	}
	at, ids := map[int64]*cabin.DeputyProfile{}, make([]int64, len(list))
	for i := range list {
		at[list[i].ID], ids[i] = &list[i], list[i].ID
	}
	var tags []struct {
		DeputyID int64  `db:"deputy_id"`
		Kind     int    `db:"kind"`
		Name     string `db:"name"`
	}
	err := s.db.selectIn(ctx, &tags, `SELECT ds.deputy_id, 0 AS kind, sp.name FROM deputy_specialities ds
		JOIN specialities sp ON sp.id = ds.speciality_id WHERE ds.deputy_id IN (?)
		UNION ALL SELECT deputy_id, 1 AS kind, service AS name FROM deputy_services WHERE deputy_id IN (?) ORDER BY kind, name`, ids, ids)
	if err != nil {
		return err
	}
	for _, t := range tags {
		if d := at[t.DeputyID]; t.Kind == 0 {
			d.Specialities = append(d.Specialities, t.Name)
		} else {
			d.Services = append(d.Services, cabin.Service(t.Name))
		}
	}
	now, p := s.db.Now(), s.db.Presets()
	schedules, taken, err := s.schedules(ctx, ids, now, now.AddDate(0, 0, p.BookAheadDays+1))
	if err != nil {
		return err
	}
	for i := range list {
		list[i].Earliest = cabin.Earliest(schedules[list[i].ID], taken, now, p)
	}
	return nil
}
