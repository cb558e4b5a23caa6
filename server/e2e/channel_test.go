package e2e

import (
	"slices"
	"strings"
	"testing"

	"warmcabin/server/cabin"
)

// handled is a report that the department has just begun with, nothing delivered yet.
func (s *stage) handled(resident *phone) (id int64, department *phone) {
	s.t.Helper()
	staff := s.phone("staff", cabin.Grant{Role: cabin.Staff, ScopeID: 1})
	department = s.phone("department", cabin.Grant{Role: cabin.Department, ScopeID: 1})
	id = resident.report().id("")
	staff.move("reports", id, "accept", nil).need(200)
	staff.move("reports", id, "dispatch", map[string]any{"departmentId": 1}).need(200)
	department.move("reports", id, "take", nil).need(200)
	return id, department
}

// Steps that come close together are one message, the newest; and the last consent that
// could carry the result is not spent on a step: the person reads that one in the inbox, and
// the desk sees that WeChat did not tell them.
func TestStepsGoTogetherAndTheLastConsentIsForTheResult(t *testing.T) {
	t.Parallel()
	s := open(t)
	resident := s.phone("resident")
	resident.allow(cabin.TellReportProgress)
	resident.allow(cabin.TellReportProgress)
	id, department := s.handled(resident)
	s.deliver()
	if got := resident.pushed(); !slices.Equal(got, []string{"report_progress"}) {
		t.Errorf("accepted, dispatched and taken: %q, want one message", got)
	}
	if n := s.number(`SELECT COUNT(*) FROM outbox WHERE person_id = ? AND state = 'superseded'`, resident.id); n != 2 {
		t.Errorf("%d of the three steps gave way", n)
	}
	if got := resident.inbox(); len(got) != 3 {
		t.Errorf("the inbox has %q, want all three", got)
	}
	department.move("reports", id, "progress", map[string]any{"note": "已派人去看"}).need(200)
	s.deliver()
	if got := resident.pushed(); len(got) != 1 || s.number(`SELECT credits FROM consents WHERE person_id = ?`, resident.id) != 1 {
		t.Errorf("the last consent went for a step: %q", got)
	}
	staff := s.person("staff")
	if seen := staff.seeReport(id); seen["unreached"] != true {
		t.Error("the desk does not see that WeChat did not tell them")
	}
	department.move("reports", id, "resolve", map[string]any{"outcome": "fixed", "note": "修好了"}).need(200)
	s.deliver()
	if got := resident.pushed(); len(got) != 2 || s.number(`SELECT credits FROM consents WHERE person_id = ?`, resident.id) != 0 {
		t.Errorf("the result: %q", got)
	}
	if seen := staff.seeReport(id); seen["unreached"] == true {
		t.Error("told, and still marked")
	}
}

// A long-term template needs one yes for all that comes, is asked for alone (WeChat shows no
// mixed prompt) and not again; withdrawn at WeChat, it is asked for once more.
func TestOneLongTermConsentCarriesAll(t *testing.T) {
	t.Parallel()
	s := build(t, setup{longTerm: []cabin.TemplateKey{cabin.TellReportProgress, cabin.TellReportResult}})
	resident := s.phone("resident")
	asked := func(moment string) string {
		t.Helper()
		var ids []string
		for _, p := range resident.get("/me/prompts?moment=" + moment).need(200)["templates"].([]any) {
			ids = append(ids, strings.TrimPrefix(p.(map[string]any)["id"].(string), "tmpl-"))
		}
		return strings.Join(ids, " ")
	}
	if got := asked("report"); got != "report_result report_progress" {
		t.Errorf("asked for %q", got)
	}
	resident.allow(cabin.TellReportProgress, cabin.TellReportResult)
	id, department := s.handled(resident)
	s.deliver()
	department.move("reports", id, "progress", map[string]any{"note": "已派人去看"}).need(200)
	s.deliver()
	department.move("reports", id, "resolve", map[string]any{"outcome": "fixed", "note": "修好了"}).need(200)
	s.deliver()
	if got := resident.pushed(); len(got) != 3 {
		t.Errorf("one yes carried %q", got)
	}
	if n := s.number(`SELECT COUNT(*) FROM outbox WHERE person_id = ? AND state = 'sent' AND channel = 'long_term'`, resident.id); n != 3 {
		t.Errorf("%d by the long-term channel", n)
	}
	resident.report().need(201)
	if got := asked("report"); got != "" {
		t.Errorf("allowed for good, and asked for %q", got)
	}
	credits := resident.get("/me/notify-settings").need(200)["credits"].([]any)
	if len(credits) != 2 || credits[0].(map[string]any)["keeps"] != true {
		t.Errorf("the settings say %v", credits)
	}
}
