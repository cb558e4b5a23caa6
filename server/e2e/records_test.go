package e2e

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"warmcabin/server/cabin"
)

// TestTheDeskKeepsItsRecords: a liaison officer's visit comes once from a phone that sends it
// twice, becomes a report, stands in the ledger and is set right there; the statistics count
// the report and open it; one box finds it; a note of the shift is read by the next; whoever
// has no part in it sees none of it.
func TestTheDeskKeepsItsRecords(t *testing.T) {
	t.Parallel()
	s := open(t)
	liaison := s.phone("liaison", cabin.Grant{Role: cabin.Liaison, ScopeID: 1})
	staff := s.phone("desk", cabin.Grant{Role: cabin.Staff, ScopeID: 1})
	next := s.phone("next", cabin.Grant{Role: cabin.Staff, ScopeID: 1})
	stranger := s.phone("stranger")

	visit := map[string]any{"communityId": 1, "place": "3 号楼前", "whom": "楼栋居民", "heard": "下雨就积水，老人过不去", "visitedAt": s.clock.Now().Add(-26 * time.Hour)}
	const sent = "visit-key-1"
	first := liaison.sendKey(http.MethodPost, "/visits", visit, sent).need(201)
	if again := liaison.sendKey(http.MethodPost, "/visits", visit, sent).need(201); again["id"] != first["id"] || first["key"] != sent {
		t.Errorf("sent twice: %v and %v", first, again)
	}
	report := liaison.report().id("")
	liaison.post("/visits/reports", map[string]any{"visitKey": sent, "reportId": report}).need(204)
	mine := liaison.get("/visits").need(200)["items"].([]any)
	if len(mine) != 1 || len(mine[0].(map[string]any)["reports"].([]any)) != 1 {
		t.Errorf("the log is %v", mine)
	}

	// The role ends; what the phone still holds is refused in words.
	s.exec(`DELETE FROM person_roles WHERE role = 'liaison'`)
	liaison.sendKey(http.MethodPost, "/visits", map[string]any{"communityId": 1, "place": "菜场", "whom": "商户", "heard": "想要一个停车点", "visitedAt": s.clock.Now()}, "visit-key-2").refused(cabin.CodeForbidden)

	month := s.clock.Now().In(cabin.Shanghai).Format("2006-01")
	row := staff.get("/ledgers/visits?month=" + month).need(200)["items"].([]any)[0].(map[string]any)
	path := fmt.Sprintf("/ledgers/visits/%.0f/corrections", row["id"])
	staff.post(path, map[string]any{"text": "应为 5 号楼前", "reason": "楼号记错了"}).need(201)
	stranger.post(path, map[string]any{"text": "应为 5 号楼前", "reason": "楼号记错了"}).refused(cabin.CodeForbidden)
	row = staff.get("/ledgers/visits?month=" + month).need(200)["items"].([]any)[0].(map[string]any)
	if fixed := row["corrections"].([]any); len(fixed) != 1 || fixed[0].(map[string]any)["text"] != "应为 5 号楼前" {
		t.Errorf("%v", row)
	}

	numbers := staff.get("/statistics?from=" + month + "&to=" + month).need(200)
	all := numbers["all"].(map[string]any)
	rows := staff.get(fmt.Sprintf("/statistics/reports?from=%s&to=%s", all["from"], all["to"])).need(200)["items"].([]any)
	if all["received"] != 1.0 || len(rows) != 1 || rows[0].(map[string]any)["id"] != float64(report) {
		t.Errorf("%v opens %v", all, rows)
	}
	found := staff.post("/desk/find", map[string]any{"text": rows[0].(map[string]any)["number"]}).need(200)
	if len(found["reports"].([]any)) != 1 {
		t.Errorf("%v", found)
	}
	staff.post("/desk/find", map[string]any{"text": "。"}).refused(cabin.CodeInvalid)

	note := staff.post("/desk/handovers", map[string]any{"stationId": 1, "text": "钥匙在前台"}).id("")
	if items := next.get("/desk/handovers").need(200)["items"].([]any); items[0].(map[string]any)["unread"] != true {
		t.Errorf("%v", items)
	}
	next.post(fmt.Sprintf("/desk/handovers/%d/read", note), map[string]any{}).need(204)
	if items := next.get("/desk/handovers").need(200)["items"].([]any); items[0].(map[string]any)["unread"] != false {
		t.Errorf("%v", items)
	}
	for _, path := range []string{"/statistics", "/statistics/bookings?from=2026-11-01&to=2026-11-30", "/ledgers/reports", "/desk/handovers", "/visits", "/office/quick-texts"} {
		stranger.get(path).refused(cabin.CodeForbidden)
	}
}
