package mysql

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"warmcabin/server/cabin"
)

// Audits is what the auditor reads, and the seals that hold it (ADR 0017).
type Audits struct{ db *DB }

const (
	auditReads = `SELECT id, at, actor_id, actor_role, action, object_kind, object_id, detail, request_id, address FROM audit `

	sealLag  = 10 * time.Minute // longer than any transaction: a row that is written later than this after its time would be found
	sealMost = 1000             // rows of a seal
)

// AuditFilter narrows the audit; zero values do not.
type AuditFilter struct {
	ActorID  int64
	Kind     string
	From, To time.Time // of At, To excluded
}

// Audit pages through the audit, the newest first, before the row of this id (0 = from the
// newest).
func (s Audits) Audit(ctx context.Context, f AuditFilter, before int64, limit int) (list []cabin.AuditRow, err error) {
	where, args, err := s.between(ctx, f)
	if err != nil {
		return nil, err
	}
	if before > 0 {
		where, args = append(where, "id < ?"), append(args, before)
	}
	if f.ActorID != 0 {
		where, args = append(where, "actor_id = ?"), append(args, f.ActorID)
	}
	if f.Kind != "" {
		where, args = append(where, "object_kind = ?"), append(args, f.Kind)
	}
	// The index by object begins with the kind, too, and would be sorted after.
	query := auditReads + `a IGNORE INDEX (audit_object) `
	if len(where) > 0 {
		query += "WHERE " + strings.Join(where, " AND ")
	}
	err = s.db.selectAll(ctx, &list, query+` ORDER BY id DESC LIMIT ?`, append(args, limit)...)
	return list, err
}

// between turns times into bounds of the id, by which the list is read (as a): rows get their
// ids in the order of their times but for the moments of a transaction.
func (s Audits) between(ctx context.Context, f AuditFilter) (where []string, args []any, err error) {
	if !f.From.IsZero() {
		id, err := s.since(ctx, f.From.Add(-sealLag).UTC())
		if err != nil {
			return nil, nil, err
		}
		if id == 0 {
			return []string{"1 = 0"}, nil, nil
		}
		where, args = append(where, "a.id >= ?", "a.at >= ?"), append(args, id, f.From.UTC())
	}
	if !f.To.IsZero() {
		id, err := s.since(ctx, f.To.Add(sealLag).UTC())
		if err != nil {
			return nil, nil, err
		}
		if id != 0 {
			where, args = append(where, "a.id <= ?"), append(args, id)
		}
		where, args = append(where, "a.at < ?"), append(args, f.To.UTC())
	}
	return where, args, nil
}

// auditMoment is when the row of an id was written, or the first one after it.
type auditMoment struct {
	Sought int64     `db:"sought"`
	ID     int64     `db:"id"`
	At     time.Time `db:"at"`
}

// since is the id of a row of at or later, before which there is one of earlier, or none; 0
// when the last row is earlier. Rows before it are earlier than at, and those after it are
// not, but for sealLag. No index by time is kept for it: a few probes a trip narrow the ids.
func (s Audits) since(ctx context.Context, at time.Time) (int64, error) {
	const probes = 15
	var ends []auditMoment
	if err := s.db.selectAll(ctx, &ends, `SELECT id, at FROM audit WHERE id = (SELECT MIN(id) FROM audit)
		UNION ALL SELECT id, at FROM audit WHERE id = (SELECT MAX(id) FROM audit)`); err != nil {
		return 0, err
	}
	slices.SortFunc(ends, func(a, b auditMoment) int { return cmp.Compare(a.ID, b.ID) })
	switch {
	case len(ends) == 0 || ends[1].At.Before(at):
		return 0, nil
	case !ends[0].At.Before(at):
		return ends[0].ID, nil
	}
	// The row before is earlier, the found one is not, and from free on there is none below it.
	before, found, free := ends[0].ID, ends[1].ID, ends[1].ID
	for free-before > 1 {
		var parts []string
		var args []any
		for i := range min(free-before-1, probes) {
			sought := before + 1 + i*(free-before-1)/min(free-before-1, probes)
			parts, args = append(parts, `(SELECT ? AS sought, id, at FROM audit WHERE id BETWEEN ? AND ? ORDER BY id LIMIT 1)`), append(args, sought, sought, found)
		}
		var met []auditMoment
		if err := s.db.selectAll(ctx, &met, strings.Join(parts, " UNION ALL "), args...); err != nil {
			return 0, err
		}
		slices.SortFunc(met, func(a, b auditMoment) int { return cmp.Compare(a.Sought, b.Sought) })
		for _, m := range met {
			if !m.At.Before(at) {
				found, free = m.ID, m.Sought
				break
			}
			before = m.ID
		}
	}
	return found, nil
}

// Sealed is the id of the last row that a seal holds.
func (s Audits) Sealed(ctx context.Context) (int64, error) {
	last, err := s.lastSeal(ctx)
	return last.LastID, err
}

// Seal is a closed stretch of the audit.
type Seal struct {
	ID     int64  `db:"id"`
	LastID int64  `db:"last_id"`
	Rows   int    `db:"row_count"`
	Hash   []byte `db:"hash"`
}

const sealReads = `SELECT id, last_id, row_count, hash FROM audit_seals `

func (s Audits) lastSeal(ctx context.Context) (last Seal, err error) {
	err = s.db.get(ctx, &last, sealReads+`ORDER BY id DESC LIMIT 1`)
	if cabin.CodeOf(err) == cabin.CodeNotFound {
		err = nil
	}
	return last, err
}

// Seal closes the oldest rows that no seal holds and that are old enough. nil when there are
// none, or another process was faster. Nobody who writes waits for it.
func (s Audits) Seal(ctx context.Context) (*Seal, error) {
	last, err := s.lastSeal(ctx)
	if err != nil {
		return nil, err
	}
	var rows []cabin.AuditRow
	if err := s.db.selectAll(ctx, &rows, auditReads+`WHERE id > ? ORDER BY id LIMIT ?`, last.LastID, sealMost); err != nil {
		return nil, err
	}
	now := s.db.Now()
	for i, r := range rows {
		if now.Sub(r.At) < sealLag {
			rows = rows[:i]
			break
		}
	}
	if len(rows) == 0 {
		return nil, nil
	}
	next := Seal{ID: last.ID + 1, LastID: rows[len(rows)-1].ID, Rows: len(rows)}
	next.Hash = cabin.SealAudit(last.Hash, next.ID, rows)
	added, err := s.db.exec(ctx, `INSERT IGNORE INTO audit_seals (id, last_id, row_count, hash, sealed_at) VALUES (?,?,?,?,?)`, next.ID, next.LastID, next.Rows, next.Hash, now)
	if err != nil || added == 0 {
		return nil, err
	}
	return &next, nil
}

// AuditVerification is what came of checking the seals.
type AuditVerification struct {
	Seals, Rows int64
	Open        int64 // rows that no seal holds yet
	Head        Seal  // the last seal, to be held against what was logged when it was made
	Faults      []string
}

// Verify checks every seal against its rows, while the product runs. For the operator.
func (s Audits) Verify(ctx context.Context) (v AuditVerification, err error) {
	for {
		var seals []Seal
		if err := s.db.selectAll(ctx, &seals, sealReads+`WHERE id > ? ORDER BY id LIMIT 100`, v.Head.ID); err != nil {
			return v, err
		}
		for _, seal := range seals {
			if err := s.check(ctx, &v, seal); err != nil {
				return v, err
			}
		}
		if len(seals) == 0 {
			break
		}
	}
	return v, s.db.get(ctx, &v.Open, `SELECT COUNT(*) FROM audit WHERE id > ?`, v.Head.LastID)
}

func (s Audits) check(ctx context.Context, v *AuditVerification, seal Seal) error {
	fault := func(format string, args ...any) { v.Faults = append(v.Faults, fmt.Sprintf(format, args...)) }
	before := v.Head
	var rows []cabin.AuditRow
	if err := s.db.selectAll(ctx, &rows, auditReads+`WHERE id > ? AND id <= ? ORDER BY id LIMIT ?`, before.LastID, seal.LastID, sealMost+1); err != nil {
		return err
	}
	switch {
	case seal.ID != before.ID+1:
		fault("第 %d 段到第 %d 段的封条不见了", before.ID+1, seal.ID-1)
	case len(rows) < seal.Rows:
		fault("第 %d 段（编号 %d 到 %d）少了 %d 条记录", seal.ID, before.LastID+1, seal.LastID, seal.Rows-len(rows))
	case len(rows) > seal.Rows:
		fault("第 %d 段（编号 %d 到 %d）封存后多出了 %d 条记录", seal.ID, before.LastID+1, seal.LastID, len(rows)-seal.Rows)
	case !bytes.Equal(cabin.SealAudit(before.Hash, seal.ID, rows), seal.Hash):
		fault("第 %d 段（编号 %d 到 %d）的记录或封条被改动过", seal.ID, before.LastID+1, seal.LastID)
	}
	v.Seals, v.Rows, v.Head = v.Seals+1, v.Rows+int64(len(rows)), seal
	return nil
}

// MayRewrite lists the append-only tables that the database user of this connection may
// change or delete from: none, where the rights are as they should be.
func (s Audits) MayRewrite(ctx context.Context) (tables []string, err error) {
	var rows []struct {
		Name string `db:"name"`
	}
	err = s.db.selectIn(ctx, &rows, `SELECT t.table_name AS name FROM information_schema.tables t WHERE t.table_schema = DATABASE() AND t.table_name IN (?) AND (
		EXISTS (SELECT 1 FROM information_schema.user_privileges p WHERE p.privilege_type IN ('UPDATE', 'DELETE', 'SUPER'))
		OR EXISTS (SELECT 1 FROM information_schema.schema_privileges p WHERE p.table_schema = DATABASE() AND p.privilege_type IN ('UPDATE', 'DELETE'))
		OR EXISTS (SELECT 1 FROM information_schema.table_privileges p WHERE p.table_schema = DATABASE() AND p.table_name = t.table_name AND p.privilege_type IN ('UPDATE', 'DELETE', 'DROP')))
		ORDER BY t.table_name`, AppendOnly)
	for _, r := range rows {
		tables = append(tables, r.Name)
	}
	return tables, err
}

// Names are the names of those who did these things in a working role.
func (s Audits) Names(ctx context.Context, rows []cabin.AuditRow) (map[int64]string, error) {
	var ids []int64
	for _, r := range rows {
		if r.ActorID != 0 && r.ActorRole != cabin.Resident {
			ids = append(ids, r.ActorID)
		}
	}
	names := map[int64]string{}
	if len(ids) == 0 {
		return names, nil
	}
	var people []namedRow
	err := s.db.selectIn(ctx, &people, `SELECT p.id, `+called+` AS name FROM persons p WHERE p.id IN (?)`, ids)
	for _, p := range people {
		names[p.ID] = p.Name
	}
	return names, err
}
