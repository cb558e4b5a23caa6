package mysql

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"warmcabin/server/cabin"
)

// formerNames are what things were called, as they were read last.
type formerNames struct {
	last    atomic.Pointer[formerRead]
	reading sync.Mutex
}

type formerRead struct {
	at    time.Time
	names cabin.Names
}

// Names are the former names of stations, deputies, categories, departments and communities,
// at most a second old. They change a few times a year; while the database does not answer,
// they stay as they were.
func (db *DB) Names() cabin.Names {
	last := db.former.last.Load()
	if last != nil && (time.Since(last.at) < settingsLife || !db.former.reading.TryLock()) {
		return last.names
	}
	if last == nil {
		db.former.reading.Lock()
	}
	defer db.former.reading.Unlock()
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	read := &formerRead{at: time.Now(), names: cabin.Names{}}
	var rows []cabin.NameVersion
	err := db.selectAll(ctx, &rows, `SELECT kind, object_id, name, until, '' AS changed_by FROM name_versions`)
	slices.SortFunc(rows, func(a, b cabin.NameVersion) int { return a.Until.Compare(b.Until) })
	if err != nil && last != nil {
		read.names = last.names
	}
	for _, v := range rows {
		if read.names[v.Kind] == nil {
			read.names[v.Kind] = map[int64][]cabin.NameVersion{}
		}
		read.names[v.Kind][v.ObjectID] = append(read.names[v.Kind][v.ObjectID], v)
	}
	db.former.last.Store(read)
	return read.names
}

// namedTables are where today's names stand.
var namedTables = map[cabin.NamedKind]string{
	cabin.NamedStation: "stations", cabin.NamedDeputy: "deputies", cabin.NamedCategory: "categories", cabin.NamedDepartment: "departments", cabin.NamedCommunity: "communities",
}

// rename keeps the name that something has, when it gets another one. Called before the
// change, in its transaction.
func (tx *Tx) rename(actor cabin.Actor, kind cabin.NamedKind, id int64, name string) error {
	_, err := tx.exec(`INSERT INTO name_versions (kind, object_id, name, until, changed_by) SELECT ?, id, name, ?, ? FROM `+namedTables[kind]+` WHERE id = ? AND CAST(name AS BINARY) <> CAST(? AS BINARY)`,
		kind, tx.Now, actor.PersonID, id, name)
	return err
}

// Former lists what something was called, the newest first, with who changed it.
func (db *DB) Former(ctx context.Context, kind cabin.NamedKind, id int64) (list []cabin.NameVersion, err error) {
	err = db.selectAll(ctx, &list, `SELECT v.kind, v.object_id, v.name, v.until, COALESCE(p.name, '') AS changed_by FROM name_versions v LEFT JOIN persons p ON p.id = v.changed_by
		WHERE v.kind = ? AND v.object_id = ? ORDER BY v.until DESC, v.id DESC LIMIT 50`, kind, id)
	return list, err
}
