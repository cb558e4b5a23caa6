package mysql

import (
	"context"
	"time"

	"warmcabin/server/cabin"
)

// Unbind takes a lost phone's WeChat account away from a person who works here: whoever
// holds it is nobody in particular from then on, and the person's calendar address ends.
// Roles and history stay, for a rebind. The caller ends the sessions. Safe to repeat.
// CodeNotFound for who does not work here; CodeConflict for oneself. For the admin.
func (s People) Unbind(ctx context.Context, actor cabin.Actor, personID int64) error {
	if actor.PersonID == personID {
		return cabin.E(cabin.CodeConflict, "不能解绑自己。丢了手机请在“登录的设备”里退出它，或者请另一位管理员解绑。")
	}
	return s.db.InTx(ctx, func(tx *Tx) error {
		admin, err := tx.isAdmin(personID)
		if err == nil && admin {
			err = tx.alone(actor)
		}
		if err != nil {
			return err
		}
		return tx.unbind(actor, personID)
	})
}

// SignedOut notes that an admin ends all sessions of somebody who works here.
func (s People) SignedOut(ctx context.Context, actor cabin.Actor, personID int64) error {
	return s.db.InTx(ctx, func(tx *Tx) error {
		return tx.audit(actor, cabin.Admin, "person.sign_out", "person", personID, nil)
	})
}

func (tx *Tx) unbind(actor cabin.Actor, personID int64) error {
	var roles int
	if err := tx.get(&roles, `SELECT COUNT(*) FROM person_roles WHERE person_id = ?`, personID); err != nil {
		return err
	}
	if roles == 0 {
		return cabin.E(cabin.CodeNotFound, "没有这位工作人员，请刷新。")
	}
	tx.later(`UPDATE persons SET openid = NULL, unionid = '' WHERE id = ?`, personID)
	tx.later(`DELETE FROM calendar_feeds WHERE created_by = ?`, personID)
	return tx.audit(actor, cabin.Admin, "person.unbind", "person", personID, nil)
}

// rebind gives the WeChat account of a person who is new here to one who was unbound.
func (tx *Tx) rebind(fresh, person int64) error {
	var people []struct {
		ID      int64   `db:"id"`
		OpenID  *string `db:"openid"`
		UnionID string  `db:"unionid"`
	}
	if err := tx.selectAll(&people, `SELECT id, openid, unionid FROM persons WHERE id IN (?, ?) ORDER BY id FOR UPDATE`, fresh, person); err != nil {
		return err
	}
	at := map[int64]int{}
	for i, p := range people {
		at[p.ID] = i
	}
	if len(people) != 2 || people[at[person]].OpenID != nil || people[at[fresh]].OpenID == nil {
		return badCode()
	}
	var has []int
	if err := tx.selectAll(&has, `SELECT 1 FROM person_roles WHERE person_id = ? UNION SELECT 1 FROM bookings WHERE resident_id = ? UNION SELECT 1 FROM reports WHERE reporter_id = ?
		UNION SELECT 1 FROM waits WHERE resident_id = ? UNION SELECT 1 FROM report_followers WHERE person_id = ?`, fresh, fresh, fresh, fresh, fresh); err != nil {
		return err
	}
	if len(has) > 0 {
		return cabin.E(cabin.CodeConflict, "这个微信已经有自己的身份、预约或反映，不能再合到原来的账号。请管理员把您原来的身份移交给这个微信。")
	}
	from := people[at[fresh]]
	if _, err := tx.exec(`UPDATE persons SET openid = NULL, unionid = '' WHERE id = ?`, fresh); err != nil {
		return err
	}
	tx.later(`UPDATE persons SET openid = ?, unionid = ? WHERE id = ?`, from.OpenID, from.UnionID, person)
	tx.later(`UPDATE consents SET credits = 0 WHERE person_id = ?`, person) // WeChat's consents were the lost account's
	return tx.audit(cabin.Actor{PersonID: person}, cabin.Resident, "person.rebind", "person", person, map[string]any{"from": fresh})
}

// PostHolder is somebody who holds a post.
type PostHolder struct {
	PersonID int64  `db:"person_id"`
	Name     string `db:"name"`
	Bound    bool   `db:"bound"`
	cabin.Grant
	FactorAt *time.Time `db:"confirmed_at"` // since when they have a second factor
}

// Post is what a role can be held for: a deputy, a station, a department, a community, or
// nothing in particular (ID 0).
type Post struct {
	ID      int64  `db:"id"`
	Name    string `db:"name"`
	About   string `db:"about"`
	Holders []PostHolder
	Invites []OpenInvite
}

var postQueries = map[cabin.Role]string{
	cabin.Deputy:     `SELECT id, name, constituency AS about FROM deputies WHERE closed_at IS NULL ORDER BY id`,
	cabin.Staff:      `SELECT 0 AS id, '所有联络站' AS name, '' AS about UNION ALL SELECT id, name, '' FROM stations WHERE closed_at IS NULL ORDER BY id`,
	cabin.Department: `SELECT id, name, duty AS about FROM departments WHERE closed_at IS NULL ORDER BY id`,
	cabin.Community:  `SELECT id, name, constituency AS about FROM communities ORDER BY id`,
	cabin.Liaison:    `SELECT id, name, constituency AS about FROM communities ORDER BY id`,
	cabin.Admin:      `SELECT 0 AS id, '人大工委' AS name, '' AS about`,
	cabin.Auditor:    `SELECT 0 AS id, '审计' AS name, '' AS about`,
}

// Posts lists what a role can be held for, with who holds it and which invites are open.
// For the admin; CodeNotFound for no working role.
func (s People) Posts(ctx context.Context, role cabin.Role) (posts []Post, err error) {
	query := postQueries[role]
	if query == "" {
		return nil, cabin.E(cabin.CodeNotFound, "没有这个角色。")
	}
	var holders []PostHolder
	var invites []OpenInvite
	err = s.db.read(ctx, part{&posts, query, nil},
		part{&holders, `SELECT r.person_id, r.role, r.scope_id, p.name, p.openid IS NOT NULL AS bound, f.confirmed_at FROM person_roles r JOIN persons p ON p.id = r.person_id
			LEFT JOIN second_factors f ON f.person_id = r.person_id WHERE r.role = ? ORDER BY r.scope_id, r.person_id`, []any{role}},
		part{&invites, openInvites + `AND role = ? AND kind <> 'rebind' ORDER BY id`, []any{s.db.Now(), role}})
	at := map[int64]*Post{}
	for i := range posts {
		at[posts[i].ID] = &posts[i]
	}
	for _, h := range holders {
		if p := at[h.ScopeID]; p != nil {
			p.Holders = append(p.Holders, h)
		}
	}
	for _, i := range invites {
		if p := at[i.ScopeID]; p != nil {
			p.Invites = append(p.Invites, i)
		}
	}
	return posts, err
}

// PostCount is how many of a role's posts somebody holds.
type PostCount struct {
	Role  cabin.Role `db:"role"`
	Held  int        `db:"held"`
	Total int        `db:"total"`
}

// PostCounts counts the posts of every role, in one trip. For the admin.
func (s People) PostCounts(ctx context.Context) (counts []PostCount, err error) {
	err = s.db.selectAll(ctx, &counts, `SELECT 'deputy' AS role, (SELECT COUNT(DISTINCT r.scope_id) FROM person_roles r JOIN deputies d ON d.id = r.scope_id AND d.closed_at IS NULL WHERE r.role = 'deputy') AS held, (SELECT COUNT(*) FROM deputies WHERE closed_at IS NULL) AS total
		UNION ALL SELECT 'staff', (SELECT COUNT(DISTINCT r.scope_id) FROM person_roles r JOIN stations d ON d.id = r.scope_id AND d.closed_at IS NULL WHERE r.role = 'staff'), (SELECT COUNT(*) FROM stations WHERE closed_at IS NULL)
		UNION ALL SELECT 'department', (SELECT COUNT(DISTINCT r.scope_id) FROM person_roles r JOIN departments d ON d.id = r.scope_id AND d.closed_at IS NULL WHERE r.role = 'department'), (SELECT COUNT(*) FROM departments WHERE closed_at IS NULL)
		UNION ALL SELECT 'community', (SELECT COUNT(DISTINCT scope_id) FROM person_roles WHERE role = 'community'), (SELECT COUNT(*) FROM communities)
		UNION ALL SELECT 'liaison', (SELECT COUNT(DISTINCT scope_id) FROM person_roles WHERE role = 'liaison'), (SELECT COUNT(*) FROM communities)
		UNION ALL SELECT 'admin', (SELECT COUNT(*) FROM person_roles WHERE role = 'admin'), 0
		UNION ALL SELECT 'auditor', (SELECT COUNT(*) FROM person_roles WHERE role = 'auditor'), 0`)
	return counts, err
}

// WorkerByID is one person with working roles, and whether a WeChat account is theirs
// (CodeNotFound).
func (s People) WorkerByID(ctx context.Context, id int64) (w Worker, bound bool, err error) {
	var found []struct {
		ID       int64      `db:"id"`
		Name     string     `db:"name"`
		Bound    bool       `db:"bound"`
		FactorAt *time.Time `db:"confirmed_at"`
	}
	var grants []NamedGrant
	err = s.db.read(ctx, part{&found, `SELECT p.id, p.name, p.openid IS NOT NULL AS bound, f.confirmed_at FROM persons p LEFT JOIN second_factors f ON f.person_id = p.id WHERE p.id = ?`, []any{id}},
		part{&grants, `SELECT r.person_id, r.role, r.scope_id, COALESCE(` + scopeName + `, '') AS scope_name FROM person_roles r WHERE r.person_id = ? ORDER BY r.role, r.scope_id`, []any{id}})
	if err == nil && (len(found) == 0 || len(grants) == 0) {
		err = cabin.E(cabin.CodeNotFound, "没有这位工作人员，请刷新。")
	}
	if err != nil {
		return w, false, err
	}
	return Worker{ID: id, Name: found[0].Name, FactorAt: found[0].FactorAt, Grants: grants}, found[0].Bound, nil
}
