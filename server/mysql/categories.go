package mysql

import (
	"context"
	"database/sql"
	"fmt"
	"slices"

	"warmcabin/server/cabin"
)

// Categories are the kinds of reports, as the admin keeps them.
type Categories struct{ db *DB }

const categoryColumns = `c.id, c.name, c.hint, c.department_id, c.days, c.urgent, c.questions, c.closed_at IS NOT NULL AS closed, c.version`

// CategoryUse is a category with the name of its department.
type CategoryUse struct {
	cabin.Category
	Department string `db:"department"`
}

// All lists every category, the closed ones last. For the admin.
func (s Categories) All(ctx context.Context) (list []CategoryUse, err error) {
	err = s.db.selectAll(ctx, &list, `SELECT `+categoryColumns+`, COALESCE(d.name, '') AS department
		FROM categories c LEFT JOIN departments d ON d.id = c.department_id ORDER BY c.closed_at IS NOT NULL, c.position, c.id`)
	return list, err
}

// Create adds a category behind the others, once for a key. For the admin; CodeInvalid.
func (s Categories) Create(ctx context.Context, key Key, actor cabin.Actor, c cabin.Category) (int64, error) {
	return s.db.createOnce(ctx, key, func(tx *Tx) (int64, error) {
		if err := tx.oneOffice(); err != nil {
			return 0, err
		}
		if err := c.Check(nil); err != nil {
			return 0, err
		}
		if err := tx.categoryFits(&c); err != nil {
			return 0, err
		}
		var open int
		if err := tx.get(&open, `SELECT COUNT(*) FROM categories WHERE closed_at IS NULL`); err != nil {
			return 0, err
		}
		if open >= cabin.MaxCategories {
			return 0, cabin.E(cabin.CodeLimitReached, fmt.Sprintf("最多 %d 类，再多居民就不知道选哪个了。请先停用一类。", cabin.MaxCategories))
		}
		id, err := tx.insert(`INSERT INTO categories (name, hint, department_id, days, urgent, questions, position)
			SELECT ?,?,?,?,?,?, COALESCE(MAX(position), 0) + 1 FROM categories`, c.Name, c.Hint, c.DepartmentID, c.Days, c.Urgent, c.Questions.Column())
		if err != nil {
			return 0, err
		}
		return id, tx.audit(actor, cabin.Admin, "category.create", "category", id, categoryDetail(&c))
	})
}

// Save changes a category: what is reported from now on follows it, the deadlines that run
// stay. c.Version is the one the admin looked at. For the admin; CodeNotFound, CodeConflict
// when somebody else changed it since, CodeInvalid.
func (s Categories) Save(ctx context.Context, actor cabin.Actor, c cabin.Category) error {
	return s.db.InTx(ctx, func(tx *Tx) error {
		c := c
		c.Questions = slices.Clone(c.Questions)
		if err := tx.oneOffice(); err != nil {
			return err
		}
		var found []cabin.Category
		if err := tx.selectAll(&found, `SELECT `+categoryColumns+` FROM categories c WHERE c.id = ? FOR UPDATE`, c.ID); err != nil {
			return err
		}
		if len(found) == 0 {
			return sql.ErrNoRows
		}
		old := &found[0]
		if old.Version != c.Version {
			return cabin.E(cabin.CodeConflict, "刚刚有人改过“"+old.Name+"”，请看过再改。")
		}
		if err := c.Check(old.Questions); err != nil {
			return err
		}
		if err := tx.categoryFits(&c); err != nil {
			return err
		}
		if c.Closed && !old.Closed {
			if err := tx.anotherCategory(c.ID); err != nil {
				return err
			}
		}
		if err := tx.rename(actor, cabin.NamedCategory, c.ID, c.Name); err != nil {
			return err
		}
		tx.later(`UPDATE categories SET name = ?, hint = ?, department_id = ?, days = ?, urgent = ?, questions = ?, closed_at = IF(?, COALESCE(closed_at, ?), NULL), version = version + 1 WHERE id = ?`,
			c.Name, c.Hint, c.DepartmentID, c.Days, c.Urgent, c.Questions.Column(), c.Closed, tx.Now, c.ID)
		return tx.audit(actor, cabin.Admin, "category.save", "category", c.ID, map[string]any{"old": categoryDetail(old), "new": categoryDetail(&c)})
	})
}

// Order puts the open categories into this order. For the admin; CodeConflict when the list
// is not the one of now.
func (s Categories) Order(ctx context.Context, actor cabin.Actor, ids []int64) error {
	return s.db.InTx(ctx, func(tx *Tx) error {
		if err := tx.oneOffice(); err != nil {
			return err
		}
		var open []int64
		if err := tx.selectAll(&open, `SELECT id FROM categories WHERE closed_at IS NULL ORDER BY id`); err != nil {
			return err
		}
		asked := slices.Clone(ids)
		slices.Sort(asked)
		if !slices.Equal(open, asked) {
			return cabin.E(cabin.CodeConflict, "类别刚刚有变化，请刷新后再排。")
		}
		for i, id := range ids {
			tx.later(`UPDATE categories SET position = ? WHERE id = ?`, i+1, id)
		}
		return tx.audit(actor, cabin.Admin, "category.order", "category", 0, map[string]any{"ids": ids})
	})
}

// categoryFits refuses a name that another one has and a department that is not there.
func (tx *Tx) categoryFits(c *cabin.Category) error {
	var others, departments []idRow
	err := tx.read(part{&others, `SELECT id FROM categories WHERE name = ? AND id <> ?`, []any{c.Name, c.ID}},
		part{&departments, `SELECT id FROM departments WHERE id = ? AND closed_at IS NULL`, []any{c.DepartmentID}})
	switch {
	case err != nil:
		return err
	case len(others) > 0:
		return cabin.Invalid("name", "已经有“"+c.Name+"”了（可能停用了），请换一个名字，或者恢复那一类。")
	case c.DepartmentID != 0 && len(departments) == 0:
		return cabin.Invalid("departmentId", "没有找到这个承办单位。")
	}
	return nil
}

func (tx *Tx) anotherCategory(id int64) error {
	var left int
	if err := tx.get(&left, `SELECT COUNT(*) FROM categories WHERE closed_at IS NULL AND id <> ?`, id); err != nil {
		return err
	}
	if left == 0 {
		return cabin.E(cabin.CodeConflict, "至少要留一类，不然居民没法反映问题。")
	}
	return nil
}

func categoryDetail(c *cabin.Category) map[string]any {
	return map[string]any{"name": c.Name, "hint": c.Hint, "department": c.DepartmentID, "days": c.Days, "urgent": c.Urgent, "closed": c.Closed, "questions": len(c.Questions.Asked())}
}
