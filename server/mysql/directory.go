package mysql

import (
	"context"
	"maps"
	"reflect"
	"sync"
	"sync/atomic"
	"time"

	"warmcabin/server/cabin"
)

// directory is the street's short lists by id: what a list of reports is labelled with. It
// is at most a second old, as presets are, so that a page need not join them row by row.
type directory struct {
	at          time.Time
	version     int64 // another one, another content
	categories  map[int64]cabin.Category
	communities map[int64]string
	departments map[int64]string
}

type directoryCache struct {
	last    atomic.Pointer[directory]
	reading sync.Mutex
	version int64 // of what was read last; guarded by reading
}

// names returns the directory; fresh asks for one that is read now.
func (db *DB) names(ctx context.Context, fresh bool) (*directory, error) {
	if last := db.places.last.Load(); last != nil && !fresh && time.Since(last.at) < settingsLife {
		return last, nil
	}
	asked := time.Now()
	db.places.reading.Lock()
	defer db.places.reading.Unlock()
	if last := db.places.last.Load(); last != nil && last.at.After(asked) {
		return last, nil // somebody else read it while this one waited
	}
	d := &directory{at: time.Now(), categories: map[int64]cabin.Category{}, communities: map[int64]string{}, departments: map[int64]string{}}
	var categories []cabin.Category
	var communities, departments []cabin.Named
	err := db.read(ctx, part{&categories, `SELECT id, name, department_id, days, urgent FROM categories`, nil},
		part{&communities, `SELECT id, name FROM communities`, nil}, part{&departments, `SELECT id, name FROM departments`, nil})
	if err != nil {
		return nil, err
	}
	for _, c := range categories {
		d.categories[c.ID] = c
	}
	for _, c := range communities {
		d.communities[c.ID] = c.Name
	}
	for _, c := range departments {
		d.departments[c.ID] = c.Name
	}
	if last := db.places.last.Load(); last == nil || !maps.EqualFunc(d.categories, last.categories, func(a, b cabin.Category) bool { return reflect.DeepEqual(a, b) }) ||
		!maps.Equal(d.communities, last.communities) || !maps.Equal(d.departments, last.departments) {
		db.places.version++
	}
	d.version = db.places.version
	db.places.last.Store(d)
	return d, nil
}

// label fills in what reports are labelled with.
func (db *DB) label(ctx context.Context, list []*cabin.Report) error {
	if len(list) == 0 {
		return nil
	}
	for _, fresh := range []bool{false, true} { // a name that came within the second
		d, err := db.names(ctx, fresh)
		if err != nil {
			return err
		}
		if d.label(list) {
			break
		}
	}
	return nil
}

func (d *directory) label(list []*cabin.Report) (all bool) {
	all = true
	for _, r := range list {
		c := d.categories[r.CategoryID]
		r.CategoryName, r.CategoryDays, r.Urgent, r.UsualID = c.Name, c.Days, c.Urgent, c.DepartmentID
		r.CommunityName, r.DepartmentName = d.communities[r.CommunityID], d.departments[r.DepartmentID]
		if r.CategoryName == "" || r.CommunityID != 0 && r.CommunityName == "" || r.DepartmentID != 0 && r.DepartmentName == "" {
			all = false
		}
	}
	return all
}
