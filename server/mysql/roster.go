package mysql

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"warmcabin/server/cabin"
)

// rosterPhone is whose phone a row of roster_phones is.
type rosterPhone int64

const (
	deputyPhone  rosterPhone = 1
	liaisonPhone rosterPhone = 2
)

// owner is who a roster's phone is sealed for: numbers that no person's id reaches.
func (k rosterPhone) owner(id int64) int64 { return 1<<60 | int64(k)<<56 | id }

// rosterRows are the tables that a workbook is held against, as they are read.
type rosterRows struct {
	stations []struct {
		ID      int64    `db:"id"`
		Kind    string   `db:"kind"`
		Name    string   `db:"name"`
		Parent  string   `db:"parent"`
		Address string   `db:"address"`
		Hours   string   `db:"hours"`
		Phone   string   `db:"phone"`
		Lat     *float64 `db:"lat"`
		Lng     *float64 `db:"lng"`
	}
	departments []cabin.Named
	communities []struct {
		ID           int64  `db:"id"`
		Name         string `db:"name"`
		Station      string `db:"station"`
		Constituency string `db:"constituency"`
	}
	buildings []struct {
		ID        int64  `db:"id"`
		Community string `db:"community"`
		Name      string `db:"name"`
		Address   string `db:"address"`
	}
	deputies []cabin.DeputyProfile
	liaisons []cabin.Named
	days     []cabin.CalendarDay
	lists    []rosterWord
	closed   []struct {
		Kind cabin.RosterKind `db:"kind"`
		ID   int64            `db:"id"`
	}
	phones []struct {
		Kind     rosterPhone `db:"kind"`
		ObjectID int64       `db:"object_id"`
		Sealed   []byte      `db:"sealed"`
	}
}

// rosterWord is one word of a list that belongs to a thing.
type rosterWord struct {
	List  string `db:"list"`
	ID    int64  `db:"id"`
	Word  string `db:"word"`
	More  string `db:"more"`
	Place int64  `db:"place"` // orders the rooms
}

func (r *rosterRows) parts() []part {
	return []part{
		{&r.stations, `SELECT s.id, s.kind, s.name, COALESCE(p.name, '') AS parent, s.address, s.hours, s.phone, s.lat, s.lng
			FROM stations s LEFT JOIN stations p ON p.id = s.parent_id ORDER BY s.id`, nil},
		{&r.departments, `SELECT id, name, duty FROM departments ORDER BY id`, nil},
		{&r.communities, `SELECT c.id, c.name, COALESCE(s.name, '') AS station, c.constituency FROM communities c LEFT JOIN stations s ON s.id = c.station_id ORDER BY c.id`, nil},
		{&r.buildings, `SELECT b.id, c.name AS community, b.name, b.address FROM buildings b JOIN communities c ON c.id = b.community_id ORDER BY b.id`, nil},
		{&r.deputies, `SELECT ` + deputyColumns + ` FROM deputies d JOIN stations st ON st.id = d.station_id ORDER BY d.id`, nil},
		{&r.liaisons, `SELECT id, name, '' AS duty FROM liaisons ORDER BY id`, nil},
		{&r.days, `SELECT DATE_FORMAT(day, '%Y-%m-%d') AS day, workday, as_weekday, name FROM calendar_days ORDER BY day`, nil},
		{&r.lists, `SELECT 'room' AS list, station_id AS id, name AS word, '' AS more, id AS place FROM rooms
			UNION ALL SELECT 'speciality', ds.deputy_id, sp.name, '', 0 FROM deputy_specialities ds JOIN specialities sp ON sp.id = ds.speciality_id
			UNION ALL SELECT 'service', deputy_id, service, '', 0 FROM deputy_services
			UNION ALL SELECT 'community', l.liaison_id, c.name, '', 0 FROM liaison_communities l JOIN communities c ON c.id = l.community_id
			UNION ALL SELECT 'deputy', l.liaison_id, d.name, d.constituency, 0 FROM liaison_deputies l JOIN deputies d ON d.id = l.deputy_id
			ORDER BY list, id, place`, nil},
		{&r.closed, `SELECT '` + string(cabin.RosterStation) + `' AS kind, id FROM stations WHERE closed_at IS NOT NULL
			UNION ALL SELECT '` + string(cabin.RosterDeputy) + `', id FROM deputies WHERE closed_at IS NOT NULL
			UNION ALL SELECT '` + string(cabin.RosterDepartment) + `', id FROM departments WHERE closed_at IS NOT NULL`, nil},
		{&r.phones, `SELECT kind, object_id, sealed FROM roster_phones`, nil},
	}
}

// roster reads what is there in the values that workbooks are held against, in one trip.
func (tx *Tx) roster() (cabin.RosterNow, error) {
	r := &rosterRows{}
	if err := tx.read(r.parts()...); err != nil {
		return nil, err
	}
	return r.entries(tx.db.sealer)
}

func (r *rosterRows) entries(sealer Sealer) (cabin.RosterNow, error) {
	phones := map[rosterPhone]map[int64]string{deputyPhone: {}, liaisonPhone: {}}
	for _, p := range r.phones {
		plain, err := sealer.Open(p.Kind.owner(p.ObjectID), p.Sealed)
		if err != nil {
			return nil, fmt.Errorf("the phone of %d %d: %w", p.Kind, p.ObjectID, err)
		}
		phones[p.Kind][p.ObjectID] = string(plain)
	}
	lists := map[string]map[int64][]string{"room": {}, "speciality": {}, "service": {}, "community": {}, "deputy": {}}
	for _, w := range r.lists {
		word := w.Word
		if w.List == "deputy" {
			word = cabin.RosterDef(cabin.RosterDeputy).Label([]string{w.Word, "", "", w.More})
		}
		lists[w.List][w.ID] = append(lists[w.List][w.ID], word)
	}
	now := cabin.RosterNow{}
	r.places(now, lists)
	r.people(now, lists, phones)
	for i, d := range r.days {
		word := "放假"
		if d.Workday {
			word = "上班"
		}
		put(now, cabin.RosterHoliday, int64(i)+1, d.Day, word, cabin.RosterWeekday(d.AsWeekday), d.Name)
	}
	for _, c := range r.closed {
		if i := slices.IndexFunc(now[c.Kind], func(e cabin.RosterEntry) bool { return e.ID == c.ID }); i >= 0 {
			now[c.Kind][i].Closed = true
		}
	}
	return now, nil
}

func put(now cabin.RosterNow, kind cabin.RosterKind, id int64, values ...string) {
	now[kind] = append(now[kind], cabin.RosterEntry{ID: id, Values: values})
}

func (r *rosterRows) places(now cabin.RosterNow, lists map[string]map[int64][]string) {
	for _, s := range r.stations {
		put(now, cabin.RosterStation, s.ID, s.Name, cabin.StationKindName(s.Kind), s.Parent, s.Address, s.Hours, s.Phone, degree(s.Lat), degree(s.Lng),
			strings.Join(lists["room"][s.ID], "、"))
	}
	for _, d := range r.departments {
		put(now, cabin.RosterDepartment, d.ID, d.Name, d.Duty)
	}
	for _, c := range r.communities {
		put(now, cabin.RosterCommunity, c.ID, c.Name, c.Station, c.Constituency)
	}
	for _, b := range r.buildings {
		put(now, cabin.RosterBuilding, b.ID, b.Community, b.Name, b.Address)
	}
}

func (r *rosterRows) people(now cabin.RosterNow, lists map[string]map[int64][]string, phones map[rosterPhone]map[int64]string) {
	for _, d := range r.deputies {
		services := make([]cabin.Service, 0, 4)
		for _, name := range lists["service"][d.ID] {
			services = append(services, cabin.Service(name))
		}
		put(now, cabin.RosterDeputy, d.ID, d.Name, phones[deputyPhone][d.ID], cabin.LevelName(d.Level), d.Constituency, d.Term, d.Title, d.Bio, d.StationName,
			cabin.RosterList(lists["speciality"][d.ID]), cabin.RosterServices(services))
	}
	for _, l := range r.liaisons {
		put(now, cabin.RosterLiaison, l.ID, l.Name, phones[liaisonPhone][l.ID], cabin.RosterList(lists["community"][l.ID]), cabin.RosterList(lists["deputy"][l.ID]))
	}
}

func degree(n *float64) string {
	if n == nil {
		return ""
	}
	return strconv.FormatFloat(*n, 'f', -1, 64)
}
