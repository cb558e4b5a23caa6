package mysql

import (
	"context"
	"crypto/rand"
	"fmt"

	"warmcabin/server/cabin"
)

// agreedExport queues the list with names and phones that two admins agreed to, for who
// asked and nobody else, for a short time.
func (tx *Tx) agreedExport(asker cabin.Actor, a *cabin.Agreement) (int64, error) {
	scope, err := cabin.ExportOf(cabin.ExportReportContacts).Scope(asker)
	if err != nil {
		return 0, err
	}
	id, err := tx.insert(`INSERT INTO exports (person_id, list, filters, scope, state, file, agreement_id, created_at, due_at, expires_at) VALUES (?,?,?,?,?,?,?,?,?,?)`,
		asker.PersonID, cabin.ExportReportContacts, a.Filters, scope.String(), ExportWaiting, rand.Text(), a.ID, tx.Now, tx.Now, tx.Now.Add(cabin.ContactsLife))
	if err != nil {
		return 0, err
	}
	return id, tx.exportAudit(asker, "export.ask", id, cabin.ExportReportContacts, map[string]any{"agreement": a.ID})
}

func contactExport(e *Export, scope cabin.ExportScope, f *cabin.ExportFilters) *exportReader {
	q := &exportReader{table: "reports r", id: "r.id"}
	q.and("r.state <> ?", cabin.Draft)
	q.scope("r.station_id", scope)
	q.and("(r.subjects = '' OR CONCAT(' ', r.subjects, ' ') NOT LIKE ?)", fmt.Sprintf("%% p%d %%", e.PersonID)) // as cabin.Report.Recused
	q.span("r.created_at", f)
	if f.StationID != 0 {
		q.and("r.station_id = ?", f.StationID)
	}
	q.read = func(ctx context.Context, db *DB, q *exportReader, after int64, limit int) ([][]any, int64, error) {
		return db.openContacts(ctx, e, q, after, limit)
	}
	return q
}

// openContacts opens a page of names and phones. As when one is opened by hand, everybody
// whose phone is in it finds a row of it in their report and is told, in the same
// transaction; a page that is written again tells nobody twice.
func (db *DB) openContacts(ctx context.Context, e *Export, q *exportReader, after int64, limit int) (rows [][]any, last int64, err error) {
	agreed, err := db.Agreements.Get(ctx, e.AgreementID)
	if err != nil {
		return nil, 0, err
	}
	err = db.InTx(ctx, func(tx *Tx) error {
		rows, last = nil, 0
		var list []*cabin.Report
		where, args := q.page(after, limit)
		if err := tx.selectIn(&list, `SELECT `+reportColumns+reporterCalled+` FROM reports r`+where, args...); err != nil || len(list) == 0 {
			return err
		}
		phones, told, err := tx.contactsOf(e, list)
		if err != nil {
			return err
		}
		if err := db.label(tx.ctx, list); err != nil {
			return err
		}
		for _, r := range list {
			last = r.ID
			phone := phones[r.ReporterID]
			rows = append(rows, []any{r.Number(), r.CreatedAt.In(cabin.Shanghai).Format("2006-01-02 15:04"), r.ReporterName, phone, r.CategoryName, r.CommunityName, r.PlaceText, r.State.Name(), r.DepartmentName})
			if phone == "" || told[r.ID] || r.ReporterID == e.PersonID {
				continue
			}
			o := cabin.ContactOpening{At: tx.Now, Role: cabin.Admin, Unit: "导出名单", Reason: agreed.Reason}
			tx.row(`INSERT INTO contact_openings (report_id, actor_id, actor_role, unit, reason, at) VALUES`, r.ID, e.PersonID, o.Role, o.Unit, o.Reason, o.At)
			if err := tx.inform(cabin.ContactNotice(r, o), r.ReporterID); err != nil {
				return err
			}
		}
		return tx.audit(cabin.Actor{PersonID: e.PersonID}, cabin.Admin, "contact.export", "export", e.ID, map[string]any{"agreement": e.AgreementID, "first": list[0].ID, "last": last, "rows": len(list)})
	})
	return rows, ended(last, len(rows), limit), err
}

// contactsOf opens the phones of who brought these reports, and finds which of them this
// export has told already.
func (tx *Tx) contactsOf(e *Export, list []*cabin.Report) (phones map[int64]string, told map[int64]bool, err error) {
	var people, reports []int64
	for _, r := range list {
		people, reports = append(people, r.ReporterID), append(reports, r.ID)
	}
	var sealed []struct {
		PersonID int64  `db:"person_id"`
		Sealed   []byte `db:"sealed"`
	}
	var opened []struct {
		ReportID int64 `db:"report_id"`
	}
	err = tx.read(part{&sealed, `SELECT person_id, sealed FROM contacts WHERE person_id IN (?)`, []any{people}},
		part{&opened, `SELECT DISTINCT report_id FROM contact_openings WHERE report_id IN (?) AND actor_id = ? AND at >= ?`, []any{reports, e.PersonID, e.CreatedAt}})
	if err != nil {
		return nil, nil, err
	}
	phones, told = map[int64]string{}, map[int64]bool{}
	for _, c := range sealed {
		plain, err := tx.db.sealer.Open(c.PersonID, c.Sealed)
		if err != nil {
			return nil, nil, err
		}
		phones[c.PersonID] = string(plain)
	}
	for _, o := range opened {
		told[o.ReportID] = true
	}
	return phones, told, nil
}
