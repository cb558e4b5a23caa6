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
	list := a.List()
	scope, err := cabin.ExportOf(list).Scope(asker)
	if err != nil {
		return 0, err
	}
	id, err := tx.insert(`INSERT INTO exports (person_id, list, filters, scope, state, file, agreement_id, created_at, due_at, expires_at) VALUES (?,?,?,?,?,?,?,?,?,?)`,
		asker.PersonID, list, a.Filters, scope.String(), ExportWaiting, rand.Text(), a.ID, tx.Now, tx.Now, tx.Now.Add(cabin.ContactsLife))
	if err != nil {
		return 0, err
	}
	return id, tx.exportAudit(asker, "export.ask", id, list, map[string]any{"agreement": a.ID})
}

func reportContactExport(e *Export, scope cabin.ExportScope, f *cabin.ExportFilters) *exportReader {
	q := &exportReader{table: "reports r", id: "r.id"}
	q.and("r.state <> ?", cabin.Draft)
	q.scope("r.station_id", scope)
	q.and("(r.subjects = '' OR CONCAT(' ', r.subjects, ' ') NOT LIKE ?)", fmt.Sprintf("%% p%d %%", e.PersonID)) // as cabin.Report.Recused
	q.span("r.created_at", f)
	if f.StationID != 0 {
		q.and("r.station_id = ?", f.StationID)
	}
	q.read = func(ctx context.Context, db *DB, q *exportReader, after int64, limit int) ([][]any, int64, error) {
		return db.openContacts(ctx, e, limit, func(tx *Tx) ([]contactRow, error) { return tx.reportsListed(q, after, limit) },
			`SELECT DISTINCT report_id AS id FROM contact_openings WHERE report_id IN (?) AND actor_id = ? AND at >= ?`)
	}
	return q
}

// bookingContactExport is of the days on which people meet, whatever became of it.
func bookingContactExport(e *Export, scope cabin.ExportScope, f *cabin.ExportFilters) *exportReader {
	q := &exportReader{table: "bookings b", id: "b.id"}
	q.scope("b.station_id", scope)
	q.span("b.starts_at", f)
	if f.StationID != 0 {
		q.and("b.station_id = ?", f.StationID)
	}
	q.read = func(ctx context.Context, db *DB, q *exportReader, after int64, limit int) ([][]any, int64, error) {
		return db.openContacts(ctx, e, limit, func(tx *Tx) ([]contactRow, error) { return tx.bookingsListed(q, after, limit) },
			`SELECT DISTINCT booking_id AS id FROM booking_events WHERE booking_id IN (?) AND actor_id = ? AND command = 'contact' AND at >= ?`)
	}
	return q
}

// contactRow is a matter whose person stands in the list.
type contactRow struct {
	id, personID int64
	row          func(phone string) []any
	note         func(by int64, o cabin.ContactOpening) cabin.Notice // leaves the trace, and says what its person reads
}

func (tx *Tx) reportsListed(q *exportReader, after int64, limit int) (rows []contactRow, err error) {
	var list []*cabin.Report
	where, args := q.page(after, limit)
	if err := tx.selectIn(&list, `SELECT `+reportColumns+reporterCalled+` FROM reports r`+where, args...); err != nil || len(list) == 0 {
		return nil, err
	}
	if err := tx.db.label(tx.ctx, list); err != nil {
		return nil, err
	}
	for _, r := range list {
		r.NameThen(tx.db.Names())
		rows = append(rows, contactRow{r.ID, r.ReporterID, r.ContactRow, func(by int64, o cabin.ContactOpening) cabin.Notice {
			tx.row(`INSERT INTO contact_openings (report_id, actor_id, actor_role, unit, reason, at) VALUES`, r.ID, by, o.Role, o.Unit, o.Reason, o.At)
			return cabin.ContactNotice(r, o)
		}})
	}
	return rows, nil
}

func (tx *Tx) bookingsListed(q *exportReader, after int64, limit int) (rows []contactRow, err error) {
	var list []*cabin.Booking
	where, args := q.page(after, limit)
	if err := tx.selectIn(&list, `SELECT `+bookingColumns+` FROM (SELECT b.id FROM bookings b`+where+`) page STRAIGHT_JOIN bookings b ON b.id = page.id`+bookingJoins+`ORDER BY b.id`, args...); err != nil {
		return nil, err
	}
	for _, b := range list {
		b.NameThen(tx.db.Names())
		rows = append(rows, contactRow{b.ID, b.ResidentID, b.ContactRow, func(by int64, o cabin.ContactOpening) cabin.Notice {
			tx.event(cabin.Actor{PersonID: by}, b, b.ContactsListed(o.Reason))
			return cabin.BookingContactNotice(b, o)
		}})
	}
	return rows, nil
}

// openContacts opens a page of names and phones. As when one is opened by hand, everybody
// whose phone is in it finds a row of it in their matter and is told, in the same
// transaction; a page that is written again tells nobody twice.
func (db *DB) openContacts(ctx context.Context, e *Export, limit int, page func(*Tx) ([]contactRow, error), tellings string) (rows [][]any, last int64, err error) {
	agreed, err := db.Agreements.Get(ctx, e.AgreementID)
	if err != nil {
		return nil, 0, err
	}
	err = db.InTx(ctx, func(tx *Tx) error {
		rows, last = nil, 0
		list, err := page(tx)
		if err != nil || len(list) == 0 {
			return err
		}
		phones, told, err := tx.contactsOf(e, list, tellings)
		if err != nil {
			return err
		}
		o := cabin.ContactOpening{At: tx.Now, Role: cabin.Admin, Unit: "导出名单", Reason: agreed.Reason}
		for _, c := range list {
			last = c.id
			phone := phones[c.personID]
			rows = append(rows, c.row(phone))
			if phone == "" || told[c.id] || c.personID == e.PersonID {
				continue
			}
			if err := tx.inform(c.note(e.PersonID, o), c.personID); err != nil {
				return err
			}
		}
		return tx.audit(cabin.Actor{PersonID: e.PersonID}, cabin.Admin, "contact.export", "export", e.ID, map[string]any{"agreement": e.AgreementID, "list": e.List, "first": list[0].id, "last": last, "rows": len(list)})
	})
	return rows, ended(last, len(rows), limit), err
}

// contactsOf opens the phones of whose matters these are, and finds for which of them this
// export has told already.
func (tx *Tx) contactsOf(e *Export, list []contactRow, tellings string) (phones map[int64]string, told map[int64]bool, err error) {
	var people, matters []int64
	for _, c := range list {
		people, matters = append(people, c.personID), append(matters, c.id)
	}
	var sealed []struct {
		PersonID int64  `db:"person_id"`
		Sealed   []byte `db:"sealed"`
	}
	var tellingsOf []struct {
		ID int64 `db:"id"`
	}
	err = tx.read(part{&sealed, `SELECT person_id, sealed FROM contacts WHERE person_id IN (?)`, []any{people}},
		part{&tellingsOf, tellings, []any{matters, e.PersonID, e.CreatedAt}})
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
	for _, m := range tellingsOf {
		told[m.ID] = true
	}
	return phones, told, nil
}
