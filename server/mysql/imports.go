package mysql

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"time"

	"warmcabin/server/cabin"
)

// Imports are workbooks of the office: read, held against what is there, and carried out
// as a whole or not at all.
type Imports struct{ db *DB }

// importLife is how long a workbook waits for its yes.
const importLife = 24 * time.Hour

// The states of an import.
const (
	ImportWaiting = "waiting"
	ImportApplied = "applied"
	ImportGone    = "gone" // replaced by a later one, or its time is over
)

// Import is a workbook that was brought.
type Import struct {
	ID        int64      `db:"id"`
	FileName  string     `db:"file_name"`
	State     string     `db:"state"`
	Creates   int        `db:"creates"`
	Changes   int        `db:"changes"`
	Same      int        `db:"same"`
	Faults    int        `db:"faults"` // rows
	CreatedAt time.Time  `db:"created_at"`
	ExpiresAt time.Time  `db:"expires_at"`
	AppliedAt *time.Time `db:"applied_at"`
	Plan      *cabin.RosterPlan
}

const importColumns = `id, file_name, state, creates, changes, same, faults, created_at, expires_at, applied_at`

// packed is what waits with an import.
type packed struct {
	Book cabin.RosterBook
	Plan cabin.RosterPlan
}

// Roster reads what is there, as the template with the present content holds it. Phones
// are in it: whoever shows it leaves them out.
func (s Imports) Roster(ctx context.Context) (now cabin.RosterNow, err error) {
	err = s.db.InTx(ctx, func(tx *Tx) error {
		now, err = tx.roster()
		return err
	})
	return now, err
}

// Check holds a workbook against what is there and keeps both until Apply, for who brought
// it and for a day; an earlier one of theirs ends. It changes nothing else. For the admin.
func (s Imports) Check(ctx context.Context, actor cabin.Actor, name string, hash [32]byte, book *cabin.RosterBook) (*Import, error) {
	if runes := []rune(name); len(runes) > 120 {
		name = string(runes[:120])
	}
	var im *Import
	err := s.db.InTx(ctx, func(tx *Tx) error {
		now, err := tx.roster()
		if err != nil {
			return err
		}
		plan := cabin.PlanRoster(now, book, today(tx.Now))
		im = &Import{FileName: name, State: ImportWaiting, Creates: plan.Count("", cabin.RosterCreate), Changes: plan.Count("", cabin.RosterUpdate),
			Same: plan.Count("", cabin.RosterSame), Faults: plan.BadRows(""), CreatedAt: tx.Now, ExpiresAt: tx.Now.Add(importLife), Plan: plan}
		sealed, err := tx.db.pack(actor.PersonID, packed{*book, *plan})
		if err != nil {
			return err
		}
		if _, err := tx.exec(`UPDATE imports SET state = 'gone', book = NULL WHERE state = 'waiting' AND (person_id = ? OR expires_at <= ?)`, actor.PersonID, tx.Now); err != nil {
			return err
		}
		im.ID, err = tx.insert(`INSERT INTO imports (person_id, file_name, file_hash, state, creates, changes, same, faults, book, created_at, expires_at) VALUES (?,?,?,?,?,?,?,?,?,?,?)`,
			actor.PersonID, im.FileName, hash[:], im.State, im.Creates, im.Changes, im.Same, im.Faults, sealed, im.CreatedAt, im.ExpiresAt)
		if err != nil {
			return err
		}
		return tx.audit(actor, cabin.Admin, "import.check", "import", im.ID, im.detail(hash))
	})
	if err != nil {
		return nil, err
	}
	return im, nil
}

func (im *Import) detail(hash [32]byte) map[string]any {
	return map[string]any{"create": im.Creates, "change": im.Changes, "same": im.Same, "faults": im.Faults, "sha256": fmt.Sprintf("%x", hash)}
}

func today(now time.Time) string { return now.In(cabin.Shanghai).Format(time.DateOnly) }

func (db *DB) pack(personID int64, p packed) ([]byte, error) {
	var buf bytes.Buffer
	z, err := gzip.NewWriterLevel(&buf, gzip.BestSpeed)
	if err != nil {
		return nil, err
	}
	if err := json.NewEncoder(z).Encode(p); err != nil {
		return nil, err
	}
	if err := z.Close(); err != nil {
		return nil, err
	}
	return db.sealer.Seal(personID, buf.Bytes())
}

func (db *DB) unpack(personID int64, sealed []byte) (p packed, err error) {
	plain, err := db.sealer.Open(personID, sealed)
	if err != nil {
		return p, err
	}
	z, err := gzip.NewReader(bytes.NewReader(plain))
	if err != nil {
		return p, err
	}
	const most = 64 << 20 // we packed it: this is far from what MaxRosterRows take
	return p, json.NewDecoder(io.LimitReader(z, most)).Decode(&p)
}

type importRow struct {
	Import
	PersonID int64  `db:"person_id"`
	Hash     []byte `db:"file_hash"`
	Book     []byte `db:"book"`
}

// Get returns an import of the actor's own (CodeNotFound), with its plan while it waits.
func (s Imports) Get(ctx context.Context, actor cabin.Actor, id int64) (*Import, error) {
	var r importRow
	err := s.db.get(ctx, &r, `SELECT `+importColumns+`, person_id, file_hash, book FROM imports WHERE id = ? AND person_id = ?`, id, actor.PersonID)
	if err != nil {
		return nil, err
	}
	if r.State == ImportWaiting && !s.db.Now().Before(r.ExpiresAt) {
		r.State = ImportGone
	}
	if r.State != ImportWaiting || r.Book == nil {
		return &r.Import, nil
	}
	p, err := s.db.unpack(actor.PersonID, r.Book)
	if err != nil {
		return nil, cabin.E(cabin.CodeNotFound, "这次核对已经打不开了，请重新上传文件。", err)
	}
	r.Plan = &p.Plan
	return &r.Import, nil
}

// maxMoved is how many changes of others are told one by one.
const maxMoved = 50

// Apply carries an import out, all of it in one transaction. CodeNotFound for another
// person's, CodeConflict when it has faults, when it is over, and when what it was held
// against changed since: Fields says what. An import that was applied before is returned
// as it is, so a repeated request does no harm. For the admin.
func (s Imports) Apply(ctx context.Context, actor cabin.Actor, id int64) (*Import, error) {
	var r importRow
	err := s.db.InTx(ctx, func(tx *Tx) error {
		r = importRow{}
		if err := tx.oneOffice(); err != nil {
			return err
		}
		err := tx.get(&r, `SELECT `+importColumns+`, person_id, file_hash, book FROM imports WHERE id = ? AND person_id = ? FOR UPDATE`, id, actor.PersonID)
		if err != nil || r.State == ImportApplied {
			return err
		}
		plan, err := tx.stillSo(&r)
		if err != nil {
			return err
		}
		if err := tx.writeRoster(actor, plan); err != nil {
			if duplicate(err) {
				return cabin.E(cabin.CodeConflict, "有名称和已有的只差大小写或符号，不能区分。请检查后重新上传，这次没有改动任何内容。", err)
			}
			return err
		}
		r.State, r.AppliedAt = ImportApplied, &tx.Now
		tx.later(`UPDATE imports SET state = ?, applied_at = ?, book = NULL WHERE id = ?`, r.State, tx.Now, id)
		return tx.audit(actor, cabin.Admin, "import.apply", "import", id, r.detail([32]byte(r.Hash)))
	})
	s.db.forget()
	s.db.places.last.Store(nil)
	if err != nil {
		return nil, err
	}
	return &r.Import, nil
}

// stillSo plans the import anew with what it changes locked, and refuses when that is not
// what was shown.
func (tx *Tx) stillSo(r *importRow) (*cabin.RosterPlan, error) {
	if r.State != ImportWaiting || r.Book == nil || !tx.Now.Before(r.ExpiresAt) {
		return nil, cabin.E(cabin.CodeConflict, "这次核对已经过期，或者上传了新的文件。请重新上传。")
	}
	p, err := tx.db.unpack(r.PersonID, r.Book)
	if err != nil {
		return nil, cabin.E(cabin.CodeConflict, "这次核对已经打不开了，请重新上传文件。", err)
	}
	if len(p.Plan.Faults) > 0 {
		return nil, cabin.E(cabin.CodeConflict, fmt.Sprintf("还有 %d 行有误，请改好后重新上传。", r.Faults))
	}
	if err := tx.lockRoster(&p.Plan); err != nil {
		return nil, err
	}
	now, err := tx.roster()
	if err != nil {
		return nil, err
	}
	plan := cabin.PlanRoster(now, &p.Book, today(tx.Now))
	moved := cabin.RosterMoved(&p.Plan, plan)
	if len(moved) == 0 {
		return plan, nil
	}
	e := cabin.E(cabin.CodeConflict, fmt.Sprintf("核对之后，有 %d 处内容被改过了。这次没有导入，请重新上传核对。", len(moved)))
	for i, words := range moved[:min(len(moved), maxMoved)] {
		e.Fields = append(e.Fields, cabin.Field{Path: fmt.Sprintf("rows[%d]", i), Message: words})
	}
	return nil, e
}
