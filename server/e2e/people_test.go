package e2e

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"warmcabin/server/cabin"
)

// An office sets itself up by hand, invites people by paper, loses a phone and hands a role
// over, on two servers: what one takes away is gone at the other with the next request.
func TestSettingUpAnOffice(t *testing.T) {
	w := openTwo(t)
	admin, second := w.phone("admin", cabin.Grant{Role: cabin.Admin}), w.phone("second", cabin.Grant{Role: cabin.Admin})
	step := func(id string) map[string]any {
		t.Helper()
		for _, s := range admin.at(w.a).get("/office/setup").need(200)["steps"].([]any) {
			if m := s.(map[string]any); m["id"] == id {
				return m
			}
		}
		t.Fatalf("no step %s", id)
		return nil
	}
	if s := step("street"); s["state"] != "todo" {
		t.Error(s)
	}
	admin.at(w.a).send(http.MethodPut, "/office/street", map[string]any{"street": "桥东街道"}).need(204)
	if s := step("street"); s["state"] != "done" || s["stands"] != "桥东街道" {
		t.Error(s)
	}
	if ticked := admin.at(w.b).send(http.MethodPut, "/office/setup/phones", map[string]any{"done": true}); ticked.need(200)["street"] != "桥东街道" || step("phones")["state"] != "done" {
		t.Error(step("phones"))
	}

	// A deputy is written by hand; the form shows the phone masked, and takes it back as shown.
	blank := admin.get("/office/roster/deputy/0").need(200)["fields"].([]any)
	values := make([]string, len(blank))
	for i, f := range blank {
		values[i] = map[string]string{"姓名": "周宁", "手机号": "13900000009", "层级": "市人大代表", "选区": "第二选区", "联络站": "中心站", "服务": "面谈、电话"}[f.(map[string]any)["title"].(string)]
	}
	wrong := append([]string{}, values...)
	wrong[1] = "12345"
	a := admin.send(http.MethodPut, "/office/roster/deputy/0", map[string]any{"values": wrong})
	a.need(422)
	a.readable()
	id := admin.send(http.MethodPut, "/office/roster/deputy/0", map[string]any{"values": values}).need(200)["id"]
	form := admin.get(fmt.Sprintf("/office/roster/deputy/%v", id))
	if form.need(200); strings.Contains(string(form.raw), "13900000009") || !strings.Contains(string(form.raw), "139****0009") {
		t.Errorf("the form: %s", form.raw)
	}
	if list := admin.get("/office/roster/deputy"); strings.Contains(string(list.raw), "139") {
		t.Errorf("a phone in the list: %s", list.raw)
	}

	// Slips for all who have not come; each code on paper is good once.
	slips := admin.post("/invites/slips", map[string]any{"role": "deputy", "scopeIds": []any{1, id}}).need(200)
	pdf, err := base64.StdEncoding.DecodeString(slips["pdf"].(string))
	if err != nil || !strings.HasPrefix(string(pdf), "%PDF-") || slips["count"].(float64) != 2 {
		t.Errorf("%v, %.20s", err, pdf)
	}
	invite := admin.post("/invites", map[string]any{"role": "deputy", "scopeId": id, "forName": "周宁本人", "days": 7}).need(200)
	if picture := admin.post("/invites/picture", map[string]any{"code": invite["code"]}).need(200)["picture"].(string); !strings.HasPrefix(picture, "data:image/jpeg;base64,/9j/") {
		t.Errorf("%.60s", picture)
	}
	for _, bad := range []map[string]any{{"role": "admin", "days": 7}, {"kind": "rebind", "personId": 999}, {"kind": "handover", "role": "deputy", "scopeId": id, "personId": admin.id}} {
		if a := admin.post("/invites", bad); a.status < 400 || a.status >= 500 {
			t.Errorf("%v: %d %s", bad, a.status, a.raw)
		}
	}
	deputy := w.phone("zhou")
	deputy.at(w.a).post("/invites/redeem", map[string]any{"code": invite["code"]}).need(200)
	deputy.at(w.b).get("/deputy/today").need(200)
	admin.post("/invites/picture", map[string]any{"code": invite["code"]}).refused(cabin.CodeNotFound)
	other := w.phone("other")
	other.post("/invites/redeem", map[string]any{"code": invite["code"]}).refused(cabin.CodeInvalid)

	// A right taken away at one server is gone at the other.
	staff := w.phone("staff", cabin.Grant{Role: cabin.Staff})
	staff.at(w.b).get("/desk").need(200)
	admin.at(w.a).send(http.MethodDelete, fmt.Sprintf("/people/%d/roles/staff/0", staff.id), nil).need(204)
	staff.at(w.b).get("/desk").need(403)
	staff.at(w.a).get("/desk").need(403)

	// The phone is lost: its session ends at both, its WeChat is a stranger's, and the deputy
	// comes back on another with role and history.
	admin.at(w.a).post(fmt.Sprintf("/people/%d/unbind", deputy.id), nil).need(204)
	for _, s := range []*server{w.a, w.b} {
		deputy.at(s).get("/me").need(401)
	}
	thief := w.phone("zhou")
	thief.get("/deputy/today").need(403)
	again := admin.post("/invites", map[string]any{"kind": "rebind", "personId": deputy.id}).need(200)
	fresh := w.phone("newphone")
	if me := fresh.at(w.b).post("/invites/redeem", map[string]any{"code": again["code"]}).need(200); int64(me["id"].(float64)) != deputy.id {
		t.Errorf("%v", me)
	}
	fresh.get("/me").need(401) // the session of the stranger that this phone was
	fresh.login()
	if fresh.id != deputy.id {
		t.Errorf("the new phone is %d, want %d", fresh.id, deputy.id)
	}
	fresh.at(w.a).get("/deputy/today").need(200)

	// The role goes to somebody new.
	over := admin.post("/invites", map[string]any{"kind": "handover", "role": "deputy", "scopeId": id, "personId": deputy.id}).need(200)
	other.at(w.a).post("/invites/redeem", map[string]any{"code": over["code"]}).need(200)
	other.at(w.b).get("/deputy/today").need(200)
	fresh.at(w.b).get("/deputy/today").need(403)

	// One of two admins may leave, the last one may not.
	leave := func(p *phone, at *server) *answer {
		return p.at(at).send(http.MethodDelete, fmt.Sprintf("/people/%d/roles/admin/0", p.id), nil)
	}
	leave(second, w.a).need(204)
	second.at(w.b).get("/office/setup").need(403)
	leave(admin, w.b).refused(cabin.CodeConflict)
}
