package mysql

import (
	"context"
	"slices"
	"time"

	"warmcabin/server/cabin"
)

// People are persons, what they were granted, and invites.
type People struct{ db *DB }

// Login returns the person of a WeChat identity, created at their first login. A unionid
// that WeChat gives now is kept.
func (s People) Login(ctx context.Context, openID, unionID string) (cabin.Person, error) {
	var p cabin.Person
	now := s.db.Now()
	_, err := s.db.exec(ctx, `INSERT INTO persons (openid, unionid, created_at) VALUES (?,?,?)
		ON DUPLICATE KEY UPDATE unionid = IF(? = '', unionid, ?)`, openID, unionID, now, unionID, unionID)
	if err != nil {
		return p, err
	}
	err = s.db.get(ctx, &p, `SELECT p.id, p.openid, p.unionid, `+called+` AS name, p.created_at FROM persons p WHERE p.openid = ?`, openID)
	return p, err
}

// ByID returns a person (CodeNotFound).
func (s People) ByID(ctx context.Context, id int64) (cabin.Person, error) {
	var p cabin.Person
	err := s.db.get(ctx, &p, `SELECT p.id, COALESCE(p.openid,'') AS openid, p.unionid, `+called+` AS name, p.created_at FROM persons p WHERE p.id = ?`, id)
	return p, err
}

// Rename sets what a person is called.
func (s People) Rename(ctx context.Context, id int64, name string) error {
	return s.db.InTx(ctx, func(tx *Tx) error { return tx.renamePerson(id, name) })
}

// Actor reads what a person is granted at this moment: a right taken away is gone with
// the next request. Who asks at one moment is read in one trip.
func (s People) Actor(ctx context.Context, personID int64) (cabin.Actor, error) {
	actor, err := s.db.actors.Get(ctx, personID)
	actor.PersonID, actor.Grants = personID, slices.Clip(actor.Grants)
	return actor, classify(err)
}

// readActors reads what these people are granted, since when they have a second factor,
// and where deputies were elected.
func (db *DB) readActors(ctx context.Context, people []int64) ([]cabin.Actor, error) {
	found := map[int64][]cabin.Grant{}
	var rows []struct {
		NamedGrant
		FactorAt *time.Time `db:"confirmed_at"`
	}
	if err := db.selectIn(ctx, &rows, `SELECT r.person_id, r.role, r.scope_id, f.confirmed_at FROM person_roles r
		LEFT JOIN second_factors f ON f.person_id = r.person_id AND r.role IN ('admin', 'auditor') WHERE r.person_id IN (?)`, people); err != nil {
		return nil, err
	}
	var deputies []int64
	factors := map[int64]*time.Time{}
	for _, g := range rows {
		if g.FactorAt != nil {
			factors[g.PersonID] = g.FactorAt
		}
		if found[g.PersonID] = append(found[g.PersonID], g.Grant); g.Role == cabin.Deputy {
			deputies = append(deputies, g.PersonID)
		}
	}
	if len(deputies) > 0 {
		var elected []NamedGrant
		if err := db.selectIn(ctx, &elected, `SELECT p.person_id, 'constituency' AS role, c.id AS scope_id FROM person_roles p JOIN deputies d ON d.id = p.scope_id
			JOIN communities c ON c.constituency = d.constituency AND c.constituency <> '' WHERE p.person_id IN (?) AND p.role = 'deputy'`, deputies); err != nil {
			return nil, err
		}
		for _, g := range elected {
			found[g.PersonID] = append(found[g.PersonID], g.Grant)
		}
	}
	actors := make([]cabin.Actor, len(people))
	for i, id := range people {
		actors[i] = cabin.Actor{PersonID: id, Grants: found[id], FactorAt: factors[id]}
	}
	return actors, nil
}

const scopeName = `CASE r.role
	WHEN 'deputy' THEN (SELECT name FROM deputies WHERE id = r.scope_id)
	WHEN 'staff' THEN (SELECT name FROM stations WHERE id = r.scope_id)
	WHEN 'department' THEN (SELECT name FROM departments WHERE id = r.scope_id)
	WHEN 'community' THEN (SELECT name FROM communities WHERE id = r.scope_id)
	WHEN 'liaison' THEN (SELECT name FROM communities WHERE id = r.scope_id)
	END`

// NamedGrant is a grant with the name of what it is for.
type NamedGrant struct {
	cabin.Grant
	PersonID  int64  `db:"person_id"`
	ScopeName string `db:"scope_name"`
}

// Grants lists a person's grants with names.
func (s People) Grants(ctx context.Context, personID int64) ([]NamedGrant, error) {
	var gs []NamedGrant
	err := s.db.selectAll(ctx, &gs, `SELECT r.person_id, r.role, r.scope_id, COALESCE(`+scopeName+`, '') AS scope_name
		FROM person_roles r WHERE r.person_id = ? ORDER BY r.role, r.scope_id`, personID)
	return gs, err
}

// Worker is a person who holds working roles.
type Worker struct {
	ID       int64      `db:"id"`
	Name     string     `db:"name"`
	FactorAt *time.Time `db:"confirmed_at"` // since when they have a second factor
	Grants   []NamedGrant
}

// FactorNeeded tells whether the person holds a role that asks for a second factor.
func (w *Worker) FactorNeeded() bool {
	return slices.ContainsFunc(w.Grants, func(g NamedGrant) bool { return slices.Contains(cabin.FactorRoles, g.Role) })
}

// Workers pages through those who hold working roles, by id. For the admin.
func (s People) Workers(ctx context.Context, after int64, limit int) ([]Worker, error) {
	var ws []Worker
	err := s.db.selectAll(ctx, &ws, `SELECT p.id, p.name, f.confirmed_at
		FROM (SELECT DISTINCT person_id FROM person_roles WHERE person_id > ? ORDER BY person_id LIMIT ?) r
		JOIN persons p ON p.id = r.person_id LEFT JOIN second_factors f ON f.person_id = p.id ORDER BY p.id`, after, limit)
	if err != nil || len(ws) == 0 {
		return ws, err
	}
	ids := make([]int64, len(ws))
	for i := range ws {
		ids[i] = ws[i].ID
	}
	var gs []NamedGrant
	err = s.db.selectIn(ctx, &gs, `SELECT r.person_id, r.role, r.scope_id, COALESCE(`+scopeName+`, '') AS scope_name
		FROM person_roles r WHERE r.person_id IN (?) ORDER BY r.role, r.scope_id`, ids)
	for i := range ws {
		for _, g := range gs {
			if g.PersonID == ws[i].ID {
				ws[i].Grants = append(ws[i].Grants, g)
			}
		}
	}
	return ws, err
}

var scopeTables = map[cabin.Role]string{
	cabin.Deputy: "deputies", cabin.Staff: "stations", cabin.Department: "departments",
	cabin.Community: "communities", cabin.Liaison: "communities",
}

func (tx *Tx) checkScope(g cabin.Grant) error {
	table := scopeTables[g.Role]
	if !g.Role.Valid() || g.Role == cabin.Resident {
		return cabin.Invalid("role", "请选择一个工作角色。")
	}
	if g.ScopeID == 0 && g.Role.NeedsScope() {
		return cabin.Invalid("scopeId", "请选择这个角色对应的代表、单位或社区。")
	}
	if g.ScopeID == 0 {
		return nil
	}
	if table == "" {
		return cabin.Invalid("scopeId", "这个角色不需要选择范围。")
	}
	var found int
	open := ""
	if table != "communities" {
		open = " AND closed_at IS NULL"
	}
	err := tx.get(&found, `SELECT COUNT(*) FROM `+table+` WHERE id = ?`+open, g.ScopeID)
	if err == nil && found == 0 {
		return cabin.Invalid("scopeId", "选择的代表、单位或社区不存在，或者已经停用。")
	}
	return err
}

// Grant gives a person a role without an invite: the demo and tests only.
func (s People) Grant(ctx context.Context, personID int64, g cabin.Grant) error {
	return s.db.InTx(ctx, func(tx *Tx) error { return tx.grant(cabin.TheSystem, personID, g) })
}

func (tx *Tx) grant(actor cabin.Actor, personID int64, g cabin.Grant) error {
	if _, err := tx.exec(`INSERT INTO person_roles (person_id, role, scope_id, granted_by, granted_at) VALUES (?,?,?,?,?)
		ON DUPLICATE KEY UPDATE granted_at = granted_at`, personID, g.Role, g.ScopeID, actor.PersonID, tx.Now); err != nil {
		return err
	}
	if err := tx.works(personID); err != nil {
		return err
	}
	return tx.audit(actor, g.Role, "role.grant", "person", personID, map[string]any{"role": g.Role, "scope": g.ScopeID})
}

// Revoke takes a role away; it works with the person's next request. The last admin stays
// one (CodeConflict). CodeNotFound when it was not held.
func (s People) Revoke(ctx context.Context, actor cabin.Actor, personID int64, g cabin.Grant) error {
	return s.db.InTx(ctx, func(tx *Tx) error {
		if g.Role == cabin.Admin && personID != actor.PersonID {
			if err := tx.alone(actor); err != nil {
				return err
			}
		}
		if err := tx.leaveAnAdmin(personID, g); err != nil {
			return err
		}
		return tx.ungrant(actor, personID, g)
	})
}

// ungrant takes a grant away (CodeNotFound).
func (tx *Tx) ungrant(actor cabin.Actor, personID int64, g cabin.Grant) error {
	res, err := tx.exec(`DELETE FROM person_roles WHERE person_id = ? AND role = ? AND scope_id = ?`, personID, g.Role, g.ScopeID)
	if err != nil {
		return err
	}
	if n, _ := res.RowsAffected(); n == 0 {
		return cabin.E(cabin.CodeNotFound, "这个人已经没有这个身份了，请刷新。")
	}
	return tx.audit(actor, cabin.Admin, "role.revoke", "person", personID, map[string]any{"role": g.Role, "scope": g.ScopeID})
}

// leaveAnAdmin sees to it that somebody can still log in as an admin when this person is none
// any more. Two who resign at one moment are counted one by one (oneOffice).
func (tx *Tx) leaveAnAdmin(personID int64, g cabin.Grant) error {
	if g.Role != cabin.Admin {
		return nil
	}
	admins, err := tx.admins()
	if err == nil && !slices.ContainsFunc(admins, func(id int64) bool { return id != personID }) {
		return cabin.E(cabin.CodeConflict, "至少要留一位能登录的管理员。请先邀请另一位。")
	}
	return err
}
