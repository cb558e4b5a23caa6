package mysql

import (
	"bytes"
	"context"
	"fmt"
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
	query := auditReads + `IGNORE INDEX (audit_object) `
	if len(where) > 0 {
		query += "WHERE " + strings.Join(where, " AND ")
	}
	err = s.db.selectAll(ctx, &list, query+` ORDER BY id DESC LIMIT ?`, append(args, limit)...)
	return list, err
}

// between turns times into bounds of the id, by which the list is read: rows get their ids
// in the order of their times but for the moments of a transaction.
func (s Audits) between(ctx context.Context, f AuditFilter) (where []string, args []any, err error) {
	bound := func(at time.Time, slack time.Duration, missing string) error {
		var id int64
		err := s.db.get(ctx, &id, `SELECT id FROM audit WHERE at >= ? ORDER BY at, id LIMIT 1`, at.Add(slack).UTC())
		if cabin.CodeOf(err) == cabin.CodeNotFound {
			if missing != "" {
				where = append(where, missing)
			}
			return nil
		}
		if slack < 0 {
			where, args = append(where, "id >= ?", "at >= ?"), append(args, id, at.UTC())
		} else {
			where, args = append(where, "id <= ?"), append(args, id)
		}
		return err
	}
	if !f.From.IsZero() {
		if err := bound(f.From, -sealLag, "1 = 0"); err != nil {
			return nil, nil, err
		}
	}
	if !f.To.IsZero() {
		if err := bound(f.To, sealLag, ""); err != nil {
			return nil, nil, err
		}
		where, args = append(where, "at < ?"), append(args, f.To.UTC())
	}
	return where, args, nil
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
