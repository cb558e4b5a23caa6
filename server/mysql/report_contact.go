package mysql

import (
	"context"
	"database/sql"
	"fmt"
	"strings"

	"warmcabin/server/cabin"
)

// Contact is who brought a report and how to reach them.
type Contact struct {
	Name, Phone string
}

const openingsQuery = `SELECT id, at, actor_role, unit, reason FROM contact_openings WHERE report_id = ? ORDER BY id DESC LIMIT 50`

// OpenContact opens the reporter's name and phone to those who may (cabin.Report.ContactRole),
// for a reason. It leaves a row, the reporter is told, and never the one without the other.
// Errors as cabin.Report.ContactOpened, and CodeNotFound when no phone is kept.
func (s Reports) OpenContact(ctx context.Context, actor cabin.Actor, id int64, reason string) (c Contact, err error) {
	err = s.db.InTx(ctx, func(tx *Tx) error {
		r, err := lockedReport(tx, id)
		if err != nil {
			return err
		}
		o := cabin.ContactOpening{At: tx.Now, Reason: reason}
		if o.Role, err = r.ContactOpened(actor, reason); err != nil {
			return err
		}
		var found []struct {
			Sealed []byte `db:"sealed"`
		}
		var units []cabin.Named
		unit := part{&units, `SELECT id, name FROM stations WHERE id = ?`, []any{r.StationID}}
		switch o.Role {
		case cabin.Department:
			unit = part{&units, `SELECT id, name FROM departments WHERE id = ?`, []any{r.DepartmentID}}
		case cabin.Community, cabin.Liaison:
			unit = part{&units, `SELECT id, name FROM communities WHERE id = ?`, []any{r.CommunityID}}
		}
		if err := tx.read(part{&found, `SELECT sealed FROM contacts WHERE person_id = ?`, []any{r.ReporterID}}, unit); err != nil {
			return err
		}
		if len(found) == 0 {
			return cabin.E(cabin.CodeNotFound, "反映人没有留电话。可以点“问反映人”，对方在手机上回答。")
		}
		plain, err := s.db.sealer.Open(r.ReporterID, found[0].Sealed)
		if err != nil {
			return err
		}
		c = Contact{r.ReporterName, string(plain)}
		if len(units) > 0 {
			o.Unit = units[0].Name
		}
		tx.later(`INSERT INTO contact_openings (report_id, actor_id, actor_role, unit, reason, at) VALUES (?,?,?,?,?,?)`, r.ID, actor.PersonID, o.Role, o.Unit, o.Reason, o.At)
		if err := tx.audit(actor, o.Role, "contact.open", "report", r.ID, map[string]any{"unit": o.Unit}); err != nil {
			return err
		}
		return tx.tell(actor, audiences{resident: r.ReporterID}, []cabin.Audience{cabin.ToResident}, func(cabin.Audience) cabin.Notice { return cabin.ContactNotice(r, o) })
	})
	if err != nil {
		return Contact{}, err // never the phone without its trace
	}
	return c, nil
}

// HideContact says whether the handling department may open the reporter's phone. For the
// reporter alone (CodeNotFound for others). Twice is fine.
func (s Reports) HideContact(ctx context.Context, actor cabin.Actor, id int64, hidden bool) error {
	return s.db.InTx(ctx, func(tx *Tx) error {
		r, err := lockedReport(tx, id)
		if err != nil {
			return err
		}
		if r.ReporterID != actor.PersonID {
			return sql.ErrNoRows
		}
		if r.ContactHidden == hidden {
			return nil
		}
		tx.later(`UPDATE reports SET contact_hidden = ? WHERE id = ?`, hidden, r.ID)
		return tx.audit(actor, cabin.Resident, "report.contact", "report", r.ID, map[string]any{"hidden": hidden})
	})
}

// NamedSubject is whom a report is about, by name.
type NamedSubject struct {
	cabin.Subject
	Name string
}

// MarkSubjects says whom a report is about, in place of what was said before; from then on
// nothing leads them to its reporter. For the desk, as long as it is not about them.
// Errors: CodeNotFound for who may not know, CodeForbidden for who may not mark,
// CodeInvalid for a department or a person that works nowhere.
func (s Reports) MarkSubjects(ctx context.Context, actor cabin.Actor, id int64, subjects []cabin.Subject) error {
	return s.db.InTx(ctx, func(tx *Tx) error {
		r, err := lockedReport(tx, id)
		if err != nil {
			return err
		}
		if !r.MarksSubjects(actor) {
			if len(r.RolesOf(actor)) == 0 {
				return sql.ErrNoRows
			}
			return cabin.E(cabin.CodeForbidden, "只有联络站可以标明，和这件事有关的人要回避。")
		}
		named, err := tx.nameSubjects(subjects)
		if err != nil {
			return err
		}
		if len(named) != len(subjects) || len(subjects) > cabin.MaxSubjects {
			return cabin.Invalid("subjects", "请重新选择被反映的单位或人。")
		}
		text := cabin.SubjectsText(subjects)
		if text == r.SubjectText {
			return nil
		}
		tx.later(`UPDATE reports SET subjects = ? WHERE id = ?`, text, r.ID)
		return tx.audit(actor, cabin.Staff, "report.subjects", "report", r.ID, map[string]any{"subjects": text, "before": r.SubjectText})
	})
}

// Subjects names whom a report is about, for those who may mark them; nothing for others.
func (s Reports) Subjects(ctx context.Context, actor cabin.Actor, r *cabin.Report) (named []NamedSubject, err error) {
	if r.SubjectText == "" || !r.MarksSubjects(actor) {
		return nil, nil
	}
	err = s.db.InTx(ctx, func(tx *Tx) error {
		named, err = tx.nameSubjects(r.Subjects())
		return err
	})
	return named, err
}

// Ties are the departments to which these reports lead back, by report, for those who may say
// whom they are about; nothing for others.
func (s Reports) Ties(ctx context.Context, actor cabin.Actor, list []*cabin.Report) (map[int64][]cabin.Tie, error) {
	ties := map[int64][]cabin.Tie{}
	about := map[int64][]int64{} // reports by the person
	var people []int64
	for _, r := range list {
		if r.SubjectText == "" || !r.MarksSubjects(actor) {
			continue
		}
		for _, x := range r.Subjects() {
			if x.Department {
				ties[r.ID] = append(ties[r.ID], cabin.Tie{DepartmentID: x.ID})
				continue
			}
			people, about[x.ID] = append(people, x.ID), append(about[x.ID], r.ID)
		}
	}
	if len(people) == 0 {
		return ties, nil
	}
	var work []struct {
		ID int64 `db:"id"`
		cabin.Tie
	}
	err := s.db.selectIn(ctx, &work, `SELECT p.id, g.scope_id AS department_id, p.name AS person FROM person_roles g STRAIGHT_JOIN persons p ON p.id = g.person_id
		WHERE g.person_id IN (?) AND g.role = ? ORDER BY p.id, g.scope_id`, people, cabin.Department)
	for _, w := range work {
		for _, id := range about[w.ID] {
			ties[id] = append(ties[id], w.Tie)
		}
	}
	return ties, err
}

// nameSubjects names those that there are: departments, and people who hold a working role.
func (tx *Tx) nameSubjects(subjects []cabin.Subject) ([]NamedSubject, error) {
	departments, persons := []int64{0}, []int64{0}
	for _, s := range subjects {
		if s.Department {
			departments = append(departments, s.ID)
		} else {
			persons = append(persons, s.ID)
		}
	}
	var units, people []cabin.Named
	err := tx.read(part{&units, `SELECT id, name FROM departments WHERE id IN (?) ORDER BY id`, []any{departments}},
		part{&people, `SELECT p.id, p.name FROM persons p WHERE p.id IN (?) AND EXISTS (SELECT 1 FROM person_roles g WHERE g.person_id = p.id) ORDER BY p.id`, []any{persons}})
	var named []NamedSubject
	for _, u := range units {
		named = append(named, NamedSubject{cabin.Subject{Department: true, ID: u.ID}, u.Name})
	}
	for _, p := range people {
		named = append(named, NamedSubject{cabin.Subject{ID: p.ID}, p.Name})
	}
	return named, err
}

// NamedWorker is somebody who holds working roles.
type NamedWorker struct {
	ID    int64  `db:"id"`
	Name  string `db:"name"`
	Roles string `db:"roles"` // department,staff
}

// WorkersNamed finds people who hold a working role by a part of their name, for the desk to
// say whom a report is about.
func (s People) WorkersNamed(ctx context.Context, name string, limit int) (ws []NamedWorker, err error) {
	like := "%" + strings.NewReplacer(`\`, `\\`, "%", `\%`, "_", `\_`).Replace(name) + "%"
	err = s.db.selectAll(ctx, &ws, `SELECT p.id, p.name, GROUP_CONCAT(DISTINCT g.role ORDER BY g.role) AS roles FROM person_roles g STRAIGHT_JOIN persons p ON p.id = g.person_id
		WHERE p.name LIKE ? GROUP BY p.id, p.name ORDER BY p.id LIMIT ?`, like, limit)
	return ws, err
}

// savePerson writes what of the person behind it a new report brings along.
func (tx *Tx) savePerson(r *cabin.Report) {
	tx.later(`UPDATE reports SET contact_hidden = ?, subjects = ?, proxy_id = ?, proxy_role = ?, proxy_tells = ? WHERE id = ?`,
		r.ContactHidden, r.SubjectText, r.ProxyID, r.ProxyRole, r.ProxyTells, r.ID)
}

// KnownMatters are what somebody who is known by a phone brought.
type KnownMatters struct {
	People   []KnownResident
	Reports  []*cabin.Report  // newest first
	Bookings []*cabin.Booking // newest first
}

// MatterLimit is how many of each kind MattersByPhone returns.
const MatterLimit = 20

// MattersByPhone finds the matters at these desks of who is known by a phone, given in its
// normal form. Nothing is opened: the phone is found by its keyed hash. Who asked is kept in
// the audit, the phone is not. Reports that are about the actor are left out.
func (s People) MattersByPhone(ctx context.Context, actor cabin.Actor, stationIDs []int64, phone string) (m KnownMatters, err error) {
	if m.People, err = s.ByPhone(ctx, actor, phone); err != nil || len(m.People) == 0 || len(stationIDs) == 0 {
		return m, err
	}
	reports := branches{table: "reports", order: []string{"id"}, desc: true, limit: MatterLimit}
	bookings := branches{table: "bookings", order: []string{"id"}, desc: true, limit: MatterLimit}
	for _, p := range m.People {
		in := fmt.Sprintf(" AND station_id IN (?%s)", strings.Repeat(",?", len(stationIDs)-1))
		args := []any{p.ID}
		for _, id := range stationIDs {
			args = append(args, id)
		}
		reports.add("reporter_id = ?"+in, args...)
		bookings.add("resident_id = ?"+in, args...)
	}
	var found []*cabin.Report
	if err = reports.read(ctx, s.db, &found, reportColumns+reporterCalled, ""); err != nil {
		return m, err
	}
	for _, r := range found {
		if !r.Concerns(actor) {
			m.Reports = append(m.Reports, r)
		}
	}
	if err = s.db.label(ctx, m.Reports); err != nil {
		return m, err
	}
	return m, bookings.read(ctx, s.db, &m.Bookings, bookingColumns, bookingJoins)
}
