package mysql

import (
	"context"
	"strings"

	"warmcabin/server/cabin"
)

// Places are stations, deputies, categories, departments and communities: public reading.
type Places struct{ db *DB }

// Stations lists all stations with their rooms, parents first; those that are closed too,
// for what happened at them.
func (s Places) Stations(ctx context.Context) ([]cabin.Station, error) {
	var stations []cabin.Station
	var rooms []cabin.Room
	if err := s.db.selectAll(ctx, &stations, `SELECT id, parent_id, kind, name, address, hours, phone, lat, lng, closed_at IS NOT NULL AS closed FROM stations ORDER BY parent_id, id`); err != nil {
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

// Categories lists the open categories of reports in the office's order.
func (s Places) Categories(ctx context.Context) (list []cabin.Category, err error) {
	err = s.db.selectAll(ctx, &list, `SELECT `+categoryColumns+` FROM categories c WHERE c.closed_at IS NULL ORDER BY c.position, c.id`)
	return list, err
}

// Departments lists the departments that matters are dispatched to: not the closed ones.
func (s Places) Departments(ctx context.Context) (list []cabin.Named, err error) {
	err = s.db.selectAll(ctx, &list, `SELECT id, name, duty FROM departments WHERE closed_at IS NULL ORDER BY id`)
	return list, err
}

// maxBuildings is how many buildings of a community a form can offer.
const maxBuildings = 400

// Buildings lists the buildings of a community by name, as the office imported them.
func (s Places) Buildings(ctx context.Context, communityID int64) (names []string, err error) {
	err = s.db.selectAll(ctx, &names, `SELECT name FROM buildings WHERE community_id = ? ORDER BY id LIMIT ?`, communityID, maxBuildings)
	return names, err
}

// Communities lists the street's communities.
func (s Places) Communities(ctx context.Context) (list []cabin.Named, err error) {
	err = s.db.selectAll(ctx, &list, `SELECT id, name, '' AS duty FROM communities ORDER BY id`)
	return list, err
}

// DeputyFilter narrows the list of deputies; its zero value lists all.
type DeputyFilter struct {
	Query        string // in a name, a constituency, a title or a speciality
	Need         string // own words, matched to specialities: one page, best first
	StationID    int64
	SpecialityID int64
	Constituency string
	After        int64
	Limit        int
}

const deputyColumns = `d.id, d.name, d.level, d.constituency, d.term, d.title, d.bio, d.photo_id, d.station_id, st.name AS station_name`

func (f *DeputyFilter) where() (where []string, args []any) {
	where, args = []string{"d.id > ?", "d.closed_at IS NULL"}, []any{f.After}
	if f.StationID != 0 {
		where, args = append(where, "d.station_id = ?"), append(args, f.StationID)
	}
	if f.SpecialityID != 0 {
		where = append(where, `EXISTS (SELECT 1 FROM deputy_specialities ds WHERE ds.deputy_id = d.id AND ds.speciality_id = ?)`)
		args = append(args, f.SpecialityID)
	}
	if f.Constituency != "" {
		where, args = append(where, "d.constituency = ?"), append(args, f.Constituency)
	}
	if q := strings.TrimSpace(f.Query); q != "" {
		like := "%" + strings.NewReplacer(`\`, `\\`, "%", `\%`, "_", `\_`).Replace(q) + "%"
		where = append(where, `(d.name LIKE ? OR d.constituency LIKE ? OR d.title LIKE ? OR EXISTS (
			SELECT 1 FROM deputy_specialities ds JOIN specialities sp ON sp.id = ds.speciality_id WHERE ds.deputy_id = d.id AND sp.name LIKE ?))`)
		args = append(args, like, like, like, like)
	}
	return where, args
}

// Deputies pages through the deputies by id, each with specialities, services and the
// earliest free slot. With a Need it is one page of those who fit, see forNeed.
func (s Places) Deputies(ctx context.Context, f DeputyFilter) ([]cabin.DeputyProfile, error) {
	if strings.TrimSpace(f.Need) != "" {
		return s.forNeed(ctx, f)
	}
	where, args := f.where()
	return s.deputies(ctx, strings.Join(where, " AND ")+` ORDER BY d.id LIMIT ?`, append(args, f.Limit)...)
}

func (s Places) deputies(ctx context.Context, whereAndOrder string, args ...any) (list []cabin.DeputyProfile, err error) {
	query := `SELECT ` + deputyColumns + ` FROM deputies d JOIN stations st ON st.id = d.station_id WHERE ` + whereAndOrder
	if err := s.db.selectIn(ctx, &list, query, args...); err != nil {
		return nil, err
	}
	return list, s.fill(ctx, list)
}

// DeputyChoices are what the list of deputies can be narrowed by.
type DeputyChoices struct {
	Specialities   []cabin.Named
	Constituencies []string
	Stations       []cabin.Named
}

// DeputyChoices lists only what some deputy has, in one trip.
func (s Places) DeputyChoices(ctx context.Context) (c DeputyChoices, err error) {
	var areas []struct {
		Name string `db:"name"`
	}
	err = s.db.read(ctx,
		part{&c.Specialities, `SELECT id, name, '' AS duty FROM specialities WHERE id IN (SELECT ds.speciality_id FROM deputy_specialities ds JOIN deputies d ON d.id = ds.deputy_id AND d.closed_at IS NULL) ORDER BY id`, nil},
		part{&areas, `SELECT DISTINCT constituency AS name FROM deputies WHERE constituency <> '' AND closed_at IS NULL ORDER BY constituency`, nil},
		part{&c.Stations, `SELECT id, name, '' AS duty FROM stations WHERE closed_at IS NULL AND id IN (SELECT station_id FROM deputies WHERE closed_at IS NULL) ORDER BY parent_id, id`, nil})
	for _, a := range areas {
		c.Constituencies = append(c.Constituencies, a.Name)
	}
	return c, err
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
