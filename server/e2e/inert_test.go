package e2e

import (
	"bytes"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/xuri/excelize/v2"

	"warmcabin/server/api"
	"warmcabin/server/cabin"
	"warmcabin/server/wechat/wechatsim"
)

// hidden are characters that nobody sees and that mislead a reader: zero-width ones,
// direction marks, fillers, controls.
const hidden = "\u202e\u200b\u2066\ufeff\u00ad\u3164\x1b"

// poison is a text that would do something in a workbook, a page or a calendar; short enough
// for a name.
const poison = "=1+1<b>" + hidden + "王"

const inert = "=1+1<b>王"

// unseen finds a character in a text that cabin.Clean would have dropped.
func unseen(text string) bool {
	return strings.ContainsFunc(text, func(r rune) bool {
		return r != '\n' && r != '\r' && r != '\t' && (unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || r == '\u3164' || r == '\u2028')
	})
}

// poisoned has poison in every text that the story's people can write.
type poisoned struct {
	*stage
	resident, staff, deputy, department, community, liaison, admin, auditor *phone
	booking, report                                                         int64
}

func poisonAll(t *testing.T) *poisoned {
	s := &poisoned{stage: open(t)}
	s.staff, s.deputy = s.staffAndDeputy()
	s.department = s.phone("department", cabin.Grant{Role: cabin.Department, ScopeID: 1})
	s.community = s.phone("community", cabin.Grant{Role: cabin.Community, ScopeID: 1})
	s.liaison = s.phone("liaison", cabin.Grant{Role: cabin.Liaison, ScopeID: 1})
	s.auditor = s.phone("auditor", cabin.Grant{Role: cabin.Auditor})
	s.admin, s.resident = s.phone("admin", cabin.Grant{Role: cabin.Admin}), s.phone("resident")
	for _, p := range []*phone{s.resident, s.staff, s.deputy, s.department, s.liaison} {
		p.send(http.MethodPut, "/me", map[string]any{"name": poison}).need(200)
		p.allow(cabin.TellBookingAnswered, cabin.TellReportProgress, cabin.TellBookingRequested)
	}
	s.office()
	s.matters()
	s.records()
	s.deliver()
	return s
}

func (s *poisoned) office() {
	s.t.Helper()
	s.admin.send(http.MethodPut, "/office/departments/1", map[string]any{"name": poison}).need(200)
	s.admin.post("/office/categories", map[string]any{"name": "类" + poison, "hint": poison, "departmentId": 1, "days": 5}).need(201)
	s.admin.send(http.MethodPut, "/office/quick-texts", map[string]any{"command": "answer", "label": poison, "text": poison}).need(200)
	s.admin.send(http.MethodPut, "/office/street", map[string]any{"street": poison}).need(204)
}

func (s *poisoned) matters() {
	s.t.Helper()
	s.booking = s.resident.post("/bookings", map[string]any{"deputyId": 1, "start": wednesday(9, 30), "topic": poison, "note": poison}).id("")
	s.deputy.move("bookings", s.booking, "accept", map[string]any{"note": poison}).need(200)
	place := map[string]any{"communityId": 1, "building": poison, "text": poison}
	s.report = s.resident.post("/reports", map[string]any{"categoryId": 1, "body": poison + poison, "place": place, "deputyId": 1}).id("")
	for _, m := range []struct {
		who     *phone
		command string
		more    map[string]any
	}{
		{s.staff, "return", map[string]any{"reason": poison}}, {s.resident, "submit", map[string]any{"note": poison}}, {s.staff, "accept", nil},
		{s.staff, "dispatch", map[string]any{"departmentId": 1}}, {s.department, "take", nil}, {s.department, "relay", map[string]any{"note": poison}},
		{s.staff, "relayed", map[string]any{"note": poison}}, {s.department, "ask", map[string]any{"reason": poison}}, {s.resident, "reply", map[string]any{"note": poison}},
		{s.department, "ask_time", map[string]any{"reason": poison, "days": 3}}, {s.staff, "deny_time", map[string]any{"reason": poison}},
		{s.deputy, "comment", map[string]any{"note": poison}}, {s.deputy, "supervise", map[string]any{"reason": poison}}, {s.deputy, "suggest", map[string]any{"note": poison}},
		{s.department, "progress", map[string]any{"note": poison}}, {s.department, "resolve", map[string]any{"outcome": "fixed", "note": poison}},
		{s.resident, "refuse", map[string]any{"reason": poison}}, {s.department, "take", nil}, {s.department, "resolve", map[string]any{"outcome": "fixed", "note": poison}},
		{s.resident, "rate", map[string]any{"stars": 2, "text": poison}},
	} {
		s.clock.Advance(10 * time.Second)
		s.moved(m.who, m.command, m.more)
	}
	s.liaison.post("/proxy/reports", proxyOf(map[string]any{"name": poison, "body": poison + poison, "place": place})).need(201)
}

func (s *poisoned) moved(who *phone, command string, more map[string]any) {
	s.t.Helper()
	if a := who.move("reports", s.report, command, more); a.status != 200 {
		s.t.Fatalf("%s: %d %s", command, a.status, a.raw)
	}
}

func (s *poisoned) records() {
	s.t.Helper()
	s.liaison.post("/visits", map[string]any{"communityId": 1, "place": poison, "whom": poison, "heard": poison, "visitedAt": s.clock.Now()}).need(201)
	s.staff.post("/desk/handovers", map[string]any{"stationId": 1, "text": poison}).need(201)
	s.staff.post(fmt.Sprintf("/ledgers/reports/%d/corrections", s.report), map[string]any{"text": poison, "reason": poison}).need(201)
}

// TestWhatPeopleWriteIsInertWhereverItComesOut: HTML, formulas and invisible characters in
// every text end as plain words in the database, workbooks, calendars, messages of WeChat,
// the inbox, sheets for the wall and on the public page.
func TestWhatPeopleWriteIsInertWhereverItComesOut(t *testing.T) {
	t.Parallel()
	s := poisonAll(t)
	s.nothingHiddenIsKept()
	s.workbooksAreInert()
	s.calendarsAreInert()
	s.messagesAreInert()
	s.sheetsAreInert()
	for _, path := range []string{fmt.Sprintf("/reports/%d", s.report), "/desk/reports?queue=closed", "/me/notices", "/me/inbox", "/quick-texts", "/ledgers/reports"} {
		a := s.staff.get(path)
		a.need(200)
		if unseen(string(a.raw)) || a.header.Get("Content-Type") != "application/json" || a.header.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("GET %s: %v, hidden: %v", path, a.header, unseen(string(a.raw)))
		}
	}
	if a := s.auditor.get("/audit"); a.status != 200 || unseen(string(a.raw)) {
		t.Errorf("the audit: %d %s", a.status, a.raw)
	}
	open := s.guest().get(fmt.Sprintf("/public/reports/%d", s.report))
	if unseen(string(open.raw)) {
		t.Errorf("the public page: %s", open.raw)
	}
}

// nothingHiddenIsKept reads every text of every table.
func (s *poisoned) nothingHiddenIsKept() {
	s.t.Helper()
	columns := s.texts(`SELECT CONCAT(table_name, '.', column_name) FROM information_schema.columns WHERE table_schema = DATABASE() AND data_type IN ('varchar', 'text', 'mediumtext', 'longtext', 'char')
		AND character_set_name = 'utf8mb4' AND table_name NOT IN (SELECT table_name FROM information_schema.views WHERE table_schema = DATABASE())`)
	reached := 0
	for _, c := range columns {
		table, column, _ := strings.Cut(c, ".")
		texts := s.texts("SELECT `" + column + "` FROM `" + table + "` WHERE `" + column + "` IS NOT NULL")
		if slices.ContainsFunc(texts, func(text string) bool { return strings.Contains(text, inert) }) {
			reached++
		}
		if slices.ContainsFunc(texts, unseen) {
			s.t.Errorf("%s keeps what nobody sees: %q", c, texts)
		}
	}
	if reached < 20 {
		s.t.Errorf("the poison reached %d columns only: the story does not try enough", reached)
	}
}

// texts reads one column.
func (s *poisoned) texts(query string) (texts []string) {
	s.t.Helper()
	rows, err := s.x.Query(query)
	if err != nil {
		s.t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var text string
		if err := rows.Scan(&text); err != nil {
			s.t.Fatal(err)
		}
		texts = append(texts, text)
	}
	if err := rows.Err(); err != nil {
		s.t.Fatal(err)
	}
	return texts
}

func (s *poisoned) workbooksAreInert() {
	s.t.Helper()
	found := 0
	for list, who := range map[string]*phone{
		"desk_reports": s.staff, "desk_bookings": s.staff, "department_reports": s.department, "community_reports": s.community, "deputy_reports": s.deputy, "deputy_bookings": s.deputy,
		"people": s.admin, "audit": s.auditor, "statistics": s.staff, "ledger_reception": s.staff, "ledger_bookings": s.staff, "ledger_reports": s.staff, "ledger_visits": s.staff, "visits": s.liaison, "handovers": s.staff,
		"proxied_reports": s.staff, "helping_reports": s.department, "checks": s.staff, "presets": s.admin, "calendar": s.admin, "needs": s.admin, "unmet_needs": s.admin, "quick_texts": s.admin, "dead_pushes": s.admin,
	} {
		s.clock.Advance(10 * time.Minute)
		id := who.post("/exports", map[string]any{"list": list}).id("")
		if _, err := s.worker.Export(s.t.Context()); err != nil {
			s.t.Fatal(err)
		}
		file := who.get(fmt.Sprintf("/exports/%d/file", id))
		if file.status != 200 {
			s.t.Fatalf("%s: %d %s", list, file.status, file.raw)
		}
		book, err := excelize.OpenReader(bytes.NewReader(file.raw))
		if err != nil {
			s.t.Fatal(err)
		}
		found += s.cellsAreInert(list, book)
	}
	if found < 20 {
		s.t.Errorf("the poison is in %d cells only", found)
	}
}

// cellsAreInert returns how many cells begin as a formula would, and are words.
func (s *poisoned) cellsAreInert(list string, book *excelize.File) (found int) {
	s.t.Helper()
	for _, sheet := range book.GetSheetList() {
		rows, err := book.GetRows(sheet)
		if err != nil {
			s.t.Fatal(err)
		}
		for y, row := range rows {
			for x, text := range row {
				cell, _ := excelize.CoordinatesToCellName(x+1, y+1)
				formula, _ := book.GetCellFormula(sheet, cell)
				kind, _ := book.GetCellType(sheet, cell)
				link, _, _ := book.GetCellHyperLink(sheet, cell)
				if formula != "" || link || unseen(text) || strings.HasPrefix(text, "=") && kind != excelize.CellTypeInlineString && kind != excelize.CellTypeSharedString {
					s.t.Errorf("%s %s!%s is %q, type %v, formula %q", list, sheet, cell, text, kind, formula)
				}
				if strings.HasPrefix(text, inert) {
					found++
				}
			}
		}
	}
	return found
}

func (s *poisoned) calendarsAreInert() {
	s.t.Helper()
	one := s.resident.get(fmt.Sprintf("/bookings/%d/calendar", s.booking))
	_, path, _ := strings.Cut(fmt.Sprint(s.deputy.post("/deputies/1/calendar-feed", nil).need(200)["url"]), api.Base)
	feed := s.guest().get(path)
	for _, a := range []*answer{one, feed} {
		if a.status != 200 || !strings.HasPrefix(a.header.Get("Content-Type"), "text/calendar") || unseen(string(a.raw)) {
			s.t.Fatalf("%d %s %s", a.status, a.header.Get("Content-Type"), a.raw)
		}
		for line := range strings.SplitSeq(strings.TrimRight(string(a.raw), "\r\n"), "\r\n") {
			name, _, ok := strings.Cut(line, ":")
			if !ok && !strings.HasPrefix(line, " ") || strings.HasPrefix(line, "ATTACH") || strings.Contains(name, "<") && !strings.HasPrefix(line, " ") {
				s.t.Errorf("a line of the calendar: %q", line)
			}
		}
	}
}

func (s *poisoned) messagesAreInert() {
	s.t.Helper()
	found := 0
	for _, p := range []*phone{s.resident, s.staff, s.deputy, s.department} {
		var out struct{ Messages []wechatsim.Message }
		s.control(http.MethodGet, "/sim/people/"+p.name+"/messages", nil, &out)
		for _, m := range out.Messages {
			for _, f := range m.Fields {
				if unseen(f.Value) || strings.ContainsAny(f.Value, "\n\r\t") {
					s.t.Errorf("%s is pushed %q", p.name, f.Value)
				}
				if strings.Contains(f.Value, "1+1") {
					found++
				}
			}
		}
		for _, title := range p.inbox() {
			if unseen(title) || strings.Contains(title, "\n") {
				s.t.Errorf("%s reads %q", p.name, title)
			}
		}
	}
	if found == 0 {
		s.t.Error("no message of WeChat holds the poison: the story does not try it")
	}
}

// sheetsAreInert draws sheets that hold the poison: a PDF of ours holds no script, no form
// and no action, whatever is printed on it.
func (s *poisoned) sheetsAreInert() {
	s.t.Helper()
	for _, path := range []string{"/stations/1/sheet", "/deputies/1/sheet"} {
		a := s.staff.get(path)
		if a.status != 200 || !bytes.HasPrefix(a.raw, []byte("%PDF-")) {
			s.t.Fatalf("GET %s: %d %.200s", path, a.status, a.raw)
		}
		for _, name := range []string{"/JavaScript", "/JS", "/Launch", "/SubmitForm", "/OpenAction", "/AcroForm", "/URI"} {
			if bytes.Contains(a.raw, []byte(name)) {
				s.t.Errorf("%s has %s", path, name)
			}
		}
	}
}
