package e2e

import (
	"fmt"
	"testing"
	"time"

	"warmcabin/server/cabin"
	"warmcabin/server/wechat/wechatsim"
)

// TestADeadMessageIsSeenAndSentAgain: WeChat does not take a message, the admin reads why,
// mends it and sends it once more; a second tap is told, and nobody else sees the list.
func TestADeadMessageIsSeenAndSentAgain(t *testing.T) {
	t.Parallel()
	m := openMail(t, setup{})
	admin := m.phone("admin", cabin.Grant{Role: cabin.Admin})
	m.sim.SetFault(wechatsim.Fault{Path: sendPath, Count: 1, ErrCode: 47003})
	if _, err := m.worker.Deliver(t.Context()); err != nil {
		t.Fatal(err)
	}
	m.check(0, 1, map[string]int{"dead": 1})
	list := admin.get("/office/dead-pushes").need(200)["items"].([]any)
	if len(list) != 1 {
		t.Fatalf("the list is %v", list)
	}
	dead := list[0].(map[string]any)
	if dead["code"] != 47003.0 || dead["why"] != "内容和模板的字段对不上，请核对模板" || dead["title"] == "" || dead["matter"] != "booking" {
		t.Errorf("%v", dead)
	}
	m.deputy.get("/office/dead-pushes").refused(cabin.CodeForbidden)
	retry := fmt.Sprintf("/office/dead-pushes/%.0f/retry", dead["id"])
	admin.post(retry, map[string]any{}).need(204)
	admin.post(retry, map[string]any{}).refused(cabin.CodeNotFound)
	m.clock.Advance(time.Second)
	if _, err := m.worker.Deliver(t.Context()); err != nil {
		t.Fatal(err)
	}
	m.check(1, 2, map[string]int{"sent": 1})
	if n := m.number(`SELECT COUNT(*) FROM audit WHERE action = 'push.revive'`); n != 1 {
		t.Errorf("%d audit rows", n)
	}
}
