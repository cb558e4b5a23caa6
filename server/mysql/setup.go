package mysql

import (
	"context"
	"time"

	"warmcabin/server/cabin"
)

// Offices is the setting up of a street's office: what is there, and what is not yet.
type Offices struct{ db *DB }

// Street is what the office is called, "" while nobody said.
func (s Offices) Street(ctx context.Context) (street string, err error) {
	err = s.db.get(ctx, &street, `SELECT street FROM office WHERE id = 1`)
	if cabin.CodeOf(err) == cabin.CodeNotFound {
		return "", nil
	}
	return street, err
}

// MaxStreet is how long a street's name may be, in characters.
const MaxStreet = 40

// SaveStreet says what the office is called. For the admin; CodeInvalid.
func (s Offices) SaveStreet(ctx context.Context, actor cabin.Actor, street string) error {
	if err := cabin.CheckText("street", street, 2, MaxStreet); err != nil {
		return err
	}
	return s.db.InTx(ctx, func(tx *Tx) error {
		tx.later(`INSERT INTO office (id, street, updated_by, updated_at) VALUES (1,?,?,?)
			ON DUPLICATE KEY UPDATE street = VALUES(street), updated_by = VALUES(updated_by), updated_at = VALUES(updated_at)`, street, actor.PersonID, tx.Now)
		return tx.audit(actor, cabin.Admin, "office.street", "office", 1, map[string]any{"street": street})
	})
}

// Tick says for a person that a step is done which only a person can know, or takes that
// back. For the admin; CodeNotFound for other steps.
func (s Offices) Tick(ctx context.Context, actor cabin.Actor, step string, done bool) error {
	if cabin.SetupTickable[step] == "" {
		return cabin.E(cabin.CodeNotFound, "这一步由系统判断，不用打勾。")
	}
	return s.db.InTx(ctx, func(tx *Tx) error {
		if done {
			tx.later(`INSERT INTO setup_ticks (step, ticked_by, ticked_at) VALUES (?,?,?) ON DUPLICATE KEY UPDATE ticked_by = VALUES(ticked_by), ticked_at = VALUES(ticked_at)`, step, actor.PersonID, tx.Now)
		} else {
			tx.later(`DELETE FROM setup_ticks WHERE step = ?`, step)
		}
		return tx.audit(actor, cabin.Admin, "office.tick", "office", 1, map[string]any{"step": step, "done": done})
	})
}

// StartCategories puts the usual categories into an office that has none; CodeConflict
// when there are some. For the admin.
func (s Offices) StartCategories(ctx context.Context, actor cabin.Actor) error {
	err := s.db.InTx(ctx, func(tx *Tx) error {
		var n int
		if err := tx.oneOffice(); err != nil {
			return err
		}
		if err := tx.get(&n, `SELECT COUNT(*) FROM categories`); err != nil {
			return err
		}
		if n > 0 {
			return cabin.E(cabin.CodeConflict, "已经有类别了，请在“反映的类别”里改。")
		}
		for i, c := range cabin.StartCategories {
			if _, err := tx.exec(`INSERT INTO categories (name, hint, days, urgent, position) VALUES (?,?,?,?,?)`, c.Name, c.Hint, c.Days, c.Urgent, i+1); err != nil {
				return err
			}
		}
		return tx.audit(actor, cabin.Admin, "office.categories", "office", 1, map[string]any{"count": len(cabin.StartCategories)})
	})
	s.db.places.last.Store(nil)
	return err
}

// BackedUp notes that a backup was taken, so that the checklist can tell. By the operator's
// command.
func (s Offices) BackedUp(ctx context.Context, rows int64) error {
	return s.db.InTx(ctx, func(tx *Tx) error {
		return tx.audit(cabin.TheSystem, cabin.System, "backup.take", "backup", 0, map[string]any{"rows": rows})
	})
}

type setupWord struct {
	Kind string `db:"kind"`
	Name string `db:"name"`
}

// held tells whether somebody holds a role for the row of an outer query.
func held(role cabin.Role, row string) string {
	return `EXISTS (SELECT 1 FROM person_roles pr WHERE pr.role = '` + string(role) + `' AND pr.scope_id = ` + row + `.id)`
}

var setupLacks = `SELECT 'bare' AS kind, name FROM stations WHERE closed_at IS NULL AND (hours = '' OR phone = '')
	UNION ALL SELECT 'roomless', s.name FROM stations s WHERE s.closed_at IS NULL AND NOT EXISTS (SELECT 1 FROM rooms r WHERE r.station_id = s.id)
	UNION ALL SELECT 'unstaffed', s.name FROM stations s WHERE s.closed_at IS NULL AND NOT ` + held(cabin.Staff, "s") + `
		AND NOT EXISTS (SELECT 1 FROM person_roles pr WHERE pr.role = 'staff' AND pr.scope_id = 0)
	UNION ALL SELECT 'unbound', d.name FROM departments d WHERE d.closed_at IS NULL AND NOT ` + held(cabin.Department, "d") + `
	UNION ALL SELECT 'area', name FROM communities WHERE constituency = ''
	UNION ALL SELECT 'lost', c.name FROM categories c LEFT JOIN departments d ON d.id = c.department_id WHERE d.id IS NULL OR d.closed_at IS NOT NULL
	UNION ALL SELECT 'factor', COALESCE(NULLIF(p.name, ''), CONCAT('人员 ', p.id)) FROM persons p WHERE p.openid IS NOT NULL AND EXISTS (SELECT 1 FROM person_roles pr WHERE pr.person_id = p.id AND pr.role IN ('admin', 'auditor'))
		AND NOT EXISTS (SELECT 1 FROM second_factors sf WHERE sf.person_id = p.id AND sf.sealed IS NOT NULL)
	UNION ALL SELECT 'hourless', d.name FROM deputies d WHERE d.closed_at IS NULL AND NOT EXISTS (SELECT 1 FROM deputy_hours h WHERE h.deputy_id = d.id)
	UNION ALL SELECT 'faceless', d.name FROM deputies d WHERE d.closed_at IS NULL AND NOT ` + held(cabin.Deputy, "d") + `
	UNION ALL SELECT 'unknown', d.name FROM deputies d WHERE d.closed_at IS NULL AND NOT EXISTS (SELECT 1 FROM deputy_specialities x WHERE x.deputy_id = d.id)
		AND NOT EXISTS (SELECT 1 FROM deputy_services x WHERE x.deputy_id = d.id)
	UNION ALL SELECT 'mute', sp.name FROM specialities sp WHERE NOT EXISTS (SELECT 1 FROM needs n WHERE n.speciality_id = sp.id)
		AND EXISTS (SELECT 1 FROM deputy_specialities x JOIN deputies d ON d.id = x.deputy_id AND d.closed_at IS NULL WHERE x.speciality_id = sp.id)`

// Setup reads what the checklist is judged by, in one trip. What the configuration knows is
// the caller's.
func (s Offices) Setup(ctx context.Context) (cabin.SetupFacts, error) {
	f := cabin.SetupFacts{Now: s.db.Now(), Ticks: map[string]cabin.SetupTick{}}
	var streets, lacks []setupWord
	var counts []struct {
		Stations    int `db:"stations"`
		Central     int `db:"central"`
		Departments int `db:"departments"`
		Communities int `db:"communities"`
		Categories  int `db:"categories"`
		Deputies    int `db:"deputies"`
		Admins      int `db:"admins"`
		Presets     int `db:"presets"`
	}
	var backups []struct {
		At time.Time `db:"at"`
	}
	var ticks []struct {
		Step string    `db:"step"`
		Name string    `db:"name"`
		At   time.Time `db:"ticked_at"`
	}
	var days []cabin.CalendarDay
	err := s.db.read(ctx,
		part{&streets, `SELECT 'street' AS kind, street AS name FROM office WHERE id = 1`, nil},
		part{&counts, `SELECT (SELECT COUNT(*) FROM stations WHERE closed_at IS NULL) AS stations, (SELECT COUNT(*) FROM stations WHERE closed_at IS NULL AND kind = 'central') AS central,
			(SELECT COUNT(*) FROM departments WHERE closed_at IS NULL) AS departments, (SELECT COUNT(*) FROM communities) AS communities, (SELECT COUNT(*) FROM categories) AS categories,
			(SELECT COUNT(*) FROM deputies WHERE closed_at IS NULL) AS deputies, (SELECT COUNT(*) FROM person_roles WHERE role = 'admin') AS admins, (SELECT COUNT(*) FROM presets) AS presets`, nil},
		part{&lacks, setupLacks, nil},
		part{&backups, `SELECT at FROM audit WHERE object_kind = 'backup' ORDER BY id DESC LIMIT 1`, nil},
		part{&ticks, `SELECT t.step, COALESCE(p.name, '') AS name, t.ticked_at FROM setup_ticks t LEFT JOIN persons p ON p.id = t.ticked_by`, nil},
		calendarPart(&days, f.Now))
	if err != nil {
		return f, err
	}
	for _, w := range streets {
		f.Street = w.Name
	}
	c := counts[0]
	f.Stations, f.Central, f.Departments, f.Communities, f.Categories, f.Deputies, f.Admins, f.PresetsChanged = c.Stations, c.Central, c.Departments, c.Communities, c.Categories, c.Deputies, c.Admins, c.Presets
	to := map[string]*[]string{
		"bare": &f.StationsBare, "roomless": &f.StationsRoomless, "unstaffed": &f.StationsUnstaffed, "unbound": &f.DepartmentsUnbound, "area": &f.CommunitiesNoArea,
		"lost": &f.CategoriesLost, "hourless": &f.DeputiesHourless, "faceless": &f.DeputiesUnbound, "unknown": &f.DeputiesUnknown, "mute": &f.SpecialitiesMute, "factor": &f.FactorMissing,
	}
	for _, w := range lacks {
		*to[w.Kind] = append(*to[w.Kind], w.Name)
	}
	if len(backups) > 0 {
		f.LastBackup = &backups[0].At
	}
	for _, t := range ticks {
		f.Ticks[t.Step] = cabin.SetupTick{ByName: t.Name, At: t.At}
	}
	calendar := cabin.NewCalendar(days)
	f.ThisYear, f.NextYear = calendar.Published(f.Now), calendar.Published(f.Now.AddDate(1, 0, 0))
	return f, nil
}
