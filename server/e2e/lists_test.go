package e2e

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"warmcabin/server/cabin"
)

// taken is a list as its first sheet holds it, without the heading; of a queue, when one is named.
func (p *phone) taken(list string, queue ...string) (rows [][]string) {
	p.s.t.Helper()
	p.s.clock.Advance(10 * time.Minute)
	id := p.post("/exports", map[string]any{"list": list, "queue": strings.Join(queue, "")}).id("")
	if _, err := p.s.worker.Export(p.s.t.Context()); err != nil {
		p.s.t.Fatal(err)
	}
	file := p.get(fmt.Sprintf("/exports/%d/file", id))
	file.need(200)
	book, err := excelize.OpenReader(bytes.NewReader(file.raw))
	if err != nil {
		p.s.t.Fatal(err)
	}
	defer book.Close()
	rows, err = book.GetRows(book.GetSheetList()[0])
	if err != nil {
		p.s.t.Fatal(err)
	}
	return rows[1:]
}

// Every list that somebody looks at is theirs to take, and no more than what they look at:
// what one brought for others, helps with, or was elected for; and what the office sets.
func TestListsAreTakenByWhomTheyShow(t *testing.T) {
	s := open(t)
	s.exec(`UPDATE deputies SET constituency = '第一选区' WHERE id = 1`)
	s.exec(`UPDATE communities SET constituency = '第一选区' WHERE id = 1`)
	s.exec(`INSERT INTO communities (id, name, station_id, constituency) VALUES (2, '银杏社区', 1, '第二选区')`)
	liaison, other := s.phone("liaison", cabin.Grant{Role: cabin.Liaison, ScopeID: 1}), s.phone("liaison-02", cabin.Grant{Role: cabin.Liaison, ScopeID: 1})
	deputy := s.phone("deputy", cabin.Grant{Role: cabin.Deputy, ScopeID: 1})
	department, stranger := s.phone("department", cabin.Grant{Role: cabin.Department, ScopeID: 1}), s.phone("department-02", cabin.Grant{Role: cabin.Department, ScopeID: 2})
	admin := s.phone("admin", cabin.Grant{Role: cabin.Admin})

	id := liaison.post("/proxy/reports", proxyOf(nil)).id("")
	s.exec(`INSERT INTO report_parts (report_id, department_id, state, asked_at) VALUES (?, 1, 'asked', NOW())`, id)
	for name, c := range map[string]struct {
		who  *phone
		list string
		want int
	}{
		"mine": {liaison, "proxied_reports", 1}, "another's": {other, "proxied_reports", 0},
		"where I was elected": {deputy, "constituency_reports", 1},
		"what I help with":    {department, "helping_reports", 1}, "what others help with": {stranger, "helping_reports", 0},
	} {
		if rows := c.who.taken(c.list); len(rows) != c.want {
			t.Errorf("%s: %v", name, rows)
		}
	}
	s.exec(`UPDATE report_parts SET state = 'done' WHERE report_id = ?`, id)
	if rows := department.taken("helping_reports"); len(rows) != 0 {
		t.Errorf("done, and still to be helped with: %v", rows)
	}
	if rows := department.taken("helping_reports", "helped"); len(rows) != 1 {
		t.Errorf("what I helped with: %v", rows)
	}
	if got := department.get("/department/reports?queue=helped").need(200)["items"].([]any); len(got) != 1 {
		t.Errorf("the list of what I helped with: %v", got)
	}
	s.exec(`UPDATE reports SET community_id = 2 WHERE id = ?`, id)
	if rows := deputy.taken("constituency_reports"); len(rows) != 0 {
		t.Errorf("of another constituency: %v", rows)
	}

	s.exec(`INSERT INTO calendar_days (day, workday, name, updated_by, updated_at) VALUES ('2027-01-04', 0, '站庆', ?, NOW())`, admin.id)
	s.exec(`INSERT INTO unmet_needs (word, times, first_at, last_at) VALUES ('修手表', 3, NOW(), '2026-01-01')`)
	s.exec(`INSERT INTO quick_texts (command, label, text) VALUES ('ask', '哪一栋', '请问是哪一栋楼？')`)
	for list, want := range map[string]string{"presets": "同时", "calendar": "2027-01-04 放假  站庆", "needs": "睡不好 心理健康 1", "unmet_needs": "修手表 3", "quick_texts": "问反映人 哪一栋 请问是哪一栋楼？"} {
		found := false
		for _, row := range admin.taken(list) {
			found = found || strings.Contains(strings.Join(row, " "), want)
		}
		if !found {
			t.Errorf("%s does not hold %q", list, want)
		}
		liaison.post("/exports", map[string]any{"list": list}).refused(cabin.CodeForbidden)
	}
}
