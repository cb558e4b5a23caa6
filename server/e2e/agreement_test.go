package e2e

import (
	"bytes"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"warmcabin/server/cabin"
)

var adminGrant = cabin.Grant{Role: cabin.Admin}

func (p *phone) askFor(command string, more map[string]any) *answer {
	p.s.t.Helper()
	in := map[string]any{"command": command, "reason": "换届，工作需要"}
	for k, v := range more {
		in[k] = v
	}
	return p.post("/office/agreements", in)
}

func (p *phone) agree(id int64, yes bool) *answer {
	p.s.t.Helper()
	return p.post(fmt.Sprintf("/office/agreements/%d/answer", id), map[string]any{"agree": yes})
}

// The whole way of a third admin: one asks, is refused everything that would go around it,
// the other agrees, the asker finds the code, the newcomer redeems it.
func TestTwoAdminsAgreeToAThird(t *testing.T) {
	s := build(t, setup{factor: true})
	zhang, li := s.phone("zhang", adminGrant), s.phone("li", adminGrant)
	zhangs, lis := zhang.bind(), li.bind()
	accomplice := s.phone("accomplice", cabin.Grant{Role: cabin.Staff})
	for what, a := range map[string]*answer{
		"an invite":                    zhang.post("/invites", map[string]any{"role": "admin"}),
		"a handover by invite":         zhang.post("/invites", map[string]any{"kind": "handover", "role": "admin", "personId": li.id}),
		"a handover to an accomplice":  zhang.post(fmt.Sprintf("/people/%d/roles/admin/0/hand-over", li.id), map[string]any{"toId": accomplice.id}),
		"their own to an accomplice":   zhang.post(fmt.Sprintf("/people/%d/roles/admin/0/hand-over", zhang.id), map[string]any{"toId": accomplice.id}),
		"the other one's role":         zhang.send("DELETE", fmt.Sprintf("/people/%d/roles/admin/0", li.id), nil),
		"the other one's phone":        zhang.post(fmt.Sprintf("/people/%d/unbind", li.id), nil),
		"the other one's phone by QR":  zhang.post("/invites", map[string]any{"kind": "rebind", "personId": li.id}),
		"a list with names and phones": zhang.post("/exports", map[string]any{"list": "people"}),
	} {
		if what == "a list with names and phones" {
			a.need(201) // that one holds none
			continue
		}
		if a.refused(cabin.CodeFourEyes); s.number(`SELECT COUNT(*) FROM person_roles WHERE role = 'admin'`) != 2 || s.number(`SELECT COUNT(*) FROM invites`) != 0 {
			t.Fatalf("%s went through alone", what)
		}
	}
	zhang.askFor("admin_invite", map[string]any{"reason": "要"}).refused(cabin.CodeInvalid)
	zhang.askFor("king", nil).refused(cabin.CodeInvalid)
	accomplice.askFor("admin_invite", nil).refused(cabin.CodeForbidden)

	asked := zhang.askFor("admin_invite", map[string]any{"forName": "王主任"})
	id := asked.id("")
	if asked.need(201)["mayAnswer"] != false || li.get("/me").need(200)["agree"] != float64(1) || zhang.get("/me").need(200)["agree"] != float64(0) {
		t.Errorf("%s", asked.raw)
	}
	if got := li.inbox()[0]; got != "请您同意：再邀请一位管理员" {
		t.Errorf("the other one reads %q", got)
	}
	tablet := s.phone("zhang") // the asker's other phone
	s.clock.Advance(time.Minute)
	tablet.agree(id, true).refused(cabin.CodeFactor)
	tablet.give(zhangs.code()).need(204)
	tablet.agree(id, true).refused(cabin.CodeForbidden)
	accomplice.agree(id, true).refused(cabin.CodeForbidden)
	s.clock.Advance(11 * time.Minute)
	li.agree(id, true).refused(cabin.CodeFactor) // given too long ago
	li.give(lis.code()).need(204)
	done := li.agree(id, true).need(200)
	if done["state"] != "agreed" || done["code"] != nil {
		t.Errorf("who agreed reads %v", done)
	}
	if got := zhang.inbox()[0]; got != "再邀请一位管理员：已同意，已办" {
		t.Errorf("the asker reads %q", got)
	}
	mine := zhang.get(fmt.Sprintf("/office/agreements/%d", id)).need(200)
	code, _ := mine["code"].(string)
	if code == "" {
		t.Fatalf("%v", mine)
	}
	wang := s.phone("wang")
	wang.post("/invites/redeem", map[string]any{"code": code}).need(200)
	wang.get("/presets").refused(cabin.CodeFactorUnset)
	wang.bind()
	wang.get("/presets").need(200)
	if mine = zhang.get(fmt.Sprintf("/office/agreements/%d", id)).need(200); mine["code"] != nil {
		t.Error("the code is shown after it was used")
	}
	if strings.Contains(s.log.String(), code) || s.number(`SELECT COUNT(*) FROM audit WHERE detail LIKE ?`, "%"+code+"%") != 0 {
		t.Error("the code stands in the log or the audit")
	}
	auditor := s.phone("auditor", cabin.Grant{Role: cabin.Auditor})
	auditor.bind()
	rows := auditor.get("/audit?kind=agreement").need(200)["items"].([]any)
	if text := fmt.Sprint(rows); len(rows) != 2 || !strings.Contains(text, "请另一位管理员同意一件事") || !strings.Contains(text, "同意了另一位管理员的申请") {
		t.Errorf("%v", rows)
	}
	auditor.get("/office/agreements").refused(cabin.CodeForbidden)
}

// A lost phone of an admin: unbound by two, its sessions end, a lost authenticator is reset.
func TestTwoAdminsHelpAThird(t *testing.T) {
	s := open(t)
	zhang, li, wang := s.phone("zhang", adminGrant), s.phone("li", adminGrant), s.phone("wang", adminGrant)
	wang.bind()
	reset := zhang.askFor("factor_reset", map[string]any{"personId": wang.id}).id("")
	zhang.askFor("factor_reset", map[string]any{"personId": li.id}).refused(cabin.CodeConflict) // has none
	zhang.askFor("factor_reset", map[string]any{"personId": zhang.id}).refused(cabin.CodeInvalid)
	wang.get("/presets").need(200)
	li.agree(reset, true).need(200)
	if got := wang.inbox()[0]; got != "您的验证器被重置了" {
		t.Errorf("the person reads %q", got)
	}
	unbind := zhang.askFor("admin_unbind", map[string]any{"personId": wang.id}).id("")
	li.agree(unbind, true).need(200)
	wang.get("/me").refused(cabin.CodeUnauthorized)
	rebind := li.askFor("admin_rebind", map[string]any{"personId": wang.id}).id("")
	li.agree(rebind, true).refused(cabin.CodeForbidden)
	zhang.agree(rebind, true).need(200)
	code := li.get(fmt.Sprintf("/office/agreements/%d", rebind)).need(200)["code"].(string)
	if zhang.get(fmt.Sprintf("/office/agreements/%d", rebind)).need(200)["code"] != nil {
		t.Error("who agreed reads the code")
	}
	fresh := s.phone("wang-again")
	fresh.post("/invites/redeem", map[string]any{"code": code}).need(200)
	fresh.login()
	if fresh.id != wang.id {
		t.Errorf("the new phone is %d, want %d", fresh.id, wang.id)
	}
	revoke := zhang.askFor("admin_revoke", map[string]any{"personId": wang.id}).id("")
	li.agree(revoke, false).need(200)
	fresh.get("/presets").need(200)
	fresh.send("DELETE", fmt.Sprintf("/people/%d/roles/admin/0", wang.id), nil).need(204) // their own
	again := zhang.askFor("admin_revoke", map[string]any{"personId": wang.id})
	again.refused(cabin.CodeConflict)
}

// Names and phones leave only when two agreed, for a short time, for who asked; everybody in
// the list is told and finds it in their report.
func TestAListWithNamesAndPhones(t *testing.T) {
	s := open(t)
	zhang, li := s.phone("zhang", adminGrant), s.phone("li", adminGrant)
	staff := s.phone("staff", cabin.Grant{Role: cabin.Staff, ScopeID: 1})
	resident, silent := s.phone("resident"), s.phone("silent")
	resident.send("PUT", "/me", map[string]any{"name": "王秀兰"}).need(200)
	resident.leavePhone("13800138000")
	report := resident.report().id("")
	silent.report().need(201)
	for _, p := range []*phone{zhang, staff} {
		a := p.post("/exports", map[string]any{"list": "report_contacts"})
		a.refused(cabin.CodeInvalid) // no list that a page offers
	}
	zhang.askFor("contacts_export", nil).refused(cabin.CodeInvalid) // of all days
	staff.askFor("contacts_export", map[string]any{"from": "2026-11-01", "to": "2026-11-30"}).refused(cabin.CodeForbidden)
	id := zhang.askFor("contacts_export", map[string]any{"from": "2026-11-01", "to": "2026-11-30"}).id("")
	if n, err := s.worker.Export(t.Context()); n != 0 || err != nil {
		t.Errorf("written before anybody agreed: %d %v", n, err)
	}
	li.agree(id, true).need(200)
	if n, err := s.worker.Export(t.Context()); n != 1 || err != nil {
		t.Fatalf("%d %v", n, err)
	}
	made := zhang.get(fmt.Sprintf("/office/agreements/%d", id)).need(200)["exportId"].(float64)
	file := fmt.Sprintf("/exports/%d/file", int(made))
	li.get(file).refused(cabin.CodeNotFound)
	staff.get(file).refused(cabin.CodeNotFound)
	got := zhang.get(file)
	if got.status != 200 {
		t.Fatalf("%d %s", got.status, got.raw)
	}
	x, err := excelize.OpenReader(bytes.NewReader(got.raw))
	if err != nil {
		t.Fatal(err)
	}
	rows, _ := x.GetRows("名单")
	notes, _ := x.GetRows("导出说明")
	if text := fmt.Sprint(rows); len(rows) != 3 || !strings.Contains(text, "王秀兰") || !strings.Contains(text, "13800138000") {
		t.Errorf("%v", rows)
	}
	if text := fmt.Sprint(notes); !strings.Contains(text, "换届，工作需要") || !strings.Contains(text, "同意人") || strings.Contains(text, "不含反映人") {
		t.Errorf("%v", notes)
	}
	if got := resident.inbox()[0]; got != "有人查看了您的联系电话" {
		t.Errorf("the resident reads %q", got)
	}
	if n := s.number(`SELECT COUNT(*) FROM contact_openings WHERE report_id = ? AND actor_role = 'admin'`, report); n != 1 || s.number(`SELECT COUNT(*) FROM contact_openings`) != 1 {
		t.Errorf("%d rows of who looked", n)
	}
	s.clock.Advance(2 * time.Hour)
	zhang.get(file).refused(cabin.CodeConflict)
	// The right is gone between: nothing is written, nothing fetched.
	id = zhang.askFor("contacts_export", map[string]any{"from": "2026-11-01", "to": "2026-11-30"}).id("")
	li.agree(id, true).need(200)
	s.exec(`DELETE FROM person_roles WHERE person_id = ?`, zhang.id)
	if n, err := s.worker.Export(t.Context()); n != 1 || err != nil || s.number(`SELECT COUNT(*) FROM exports WHERE state = 'refused'`) != 1 {
		t.Errorf("%d %v", n, err)
	}
}

// Who booked, with names and phones: as with reports, only when two agreed, and everybody in
// it is told and finds it in their booking.
func TestAListOfWhoBooked(t *testing.T) {
	s := build(t, setup{factor: true})
	zhang, li := s.phone("zhang", adminGrant), s.phone("li", adminGrant)
	app, lis := zhang.bind(), li.bind()
	staff := s.phone("staff", cabin.Grant{Role: cabin.Staff, ScopeID: 1})
	resident := s.phone("resident")
	resident.send("PUT", "/me", map[string]any{"name": "王秀兰"}).need(200)
	resident.leavePhone("13800138000")
	booking := resident.book(wednesday(9, 30)).id("")
	days := map[string]any{"from": "2026-11-25", "to": "2026-11-25"}

	names := func(p *phone) string { return fmt.Sprint(p.get("/exports").need(200)["contacts"]) }
	if text := names(zhang); !strings.Contains(text, "预约（带姓名电话）") || !strings.Contains(text, "民情（带姓名电话）") || !strings.Contains(text, "另一位管理员同意") || !strings.Contains(text, "验证码") {
		t.Errorf("the page says %s", text)
	}
	if text := names(staff); text != "[]" {
		t.Errorf("staff are offered %s", text)
	}
	for _, p := range []*phone{zhang, staff} {
		p.post("/exports", map[string]any{"list": "booking_contacts"}).refused(cabin.CodeInvalid)
	}
	zhang.askFor("booked_export", nil).refused(cabin.CodeInvalid)
	staff.askFor("booked_export", days).refused(cabin.CodeForbidden)
	// Asking, agreeing and fetching each want the factor again.
	s.clock.Advance(11 * time.Minute)
	zhang.askFor("booked_export", days).refused(cabin.CodeFactor)
	zhang.give(app.code()).need(204)
	id := zhang.askFor("booked_export", days).id("")
	li.agree(id, true).refused(cabin.CodeFactor)
	if got := s.number(`SELECT COUNT(*) FROM exports`); got != 0 {
		t.Fatalf("%d lists that nobody agreed to", got)
	}
	li.give(lis.code()).need(204)
	li.agree(id, true).need(200)
	if n, err := s.worker.Export(t.Context()); n != 1 || err != nil {
		t.Fatalf("%d %v", n, err)
	}
	made := int(zhang.get(fmt.Sprintf("/office/agreements/%d", id)).need(200)["exportId"].(float64))
	file := fmt.Sprintf("/exports/%d/file", made)
	s.clock.Advance(11 * time.Minute)
	zhang.get(file).refused(cabin.CodeFactor)
	zhang.give(app.code()).need(204)
	got := zhang.get(file)
	if got.status != 200 {
		t.Fatalf("%d %s", got.status, got.raw)
	}
	x, err := excelize.OpenReader(bytes.NewReader(got.raw))
	if err != nil {
		t.Fatal(err)
	}
	rows, _ := x.GetRows("名单")
	if text := fmt.Sprint(rows); len(rows) != 2 || !strings.Contains(text, "王秀兰") || !strings.Contains(text, "13800138000") || !strings.Contains(text, "林晓") {
		t.Errorf("%v", rows)
	}
	if got := resident.inbox()[0]; got != "有人查看了您的联系电话" {
		t.Errorf("the resident reads %q", got)
	}
	if text := string(resident.get(fmt.Sprintf("/bookings/%d", booking)).raw); !strings.Contains(text, "把联系电话写进了名单") || !strings.Contains(text, "换届，工作需要") {
		t.Errorf("the booking's history: %s", text)
	}
	for action, want := range map[string]int{"agreement.ask": 1, "agreement.agreed": 1, "export.ask": 1, "contact.export": 1, "export.fetch": 1} {
		if n := s.number(`SELECT COUNT(*) FROM audit WHERE action = ?`, action); n != want {
			t.Errorf("%d rows of %s, want %d", n, action, want)
		}
	}
	if strings.Contains(s.log.String(), "13800138000") {
		t.Error("the log knows the phone")
	}
}

// Two servers, and what two admins agreed to is done once: an invite is made once, redeemed
// once, and of those who resign at one moment one stays.
func TestAgreeingOnTwoServers(t *testing.T) {
	w := openTwo(t)
	var admins []*phone
	for i := range 4 {
		admins = append(admins, w.person(fmt.Sprint("admin", i), adminGrant))
	}
	count := func() int { return w.number(`SELECT COUNT(*) FROM person_roles WHERE role = 'admin'`) }
	id := admins[0].at(w.a).askFor("admin_invite", nil).id("")
	atOnce := func(n int, do func(i int) *answer) map[int]int {
		answers := make([]*answer, n)
		var wg sync.WaitGroup
		for i := range answers {
			wg.Go(func() { answers[i] = do(i) })
		}
		wg.Wait()
		return statuses(answers)
	}
	if got := atOnce(6, func(i int) *answer { return admins[1+i%3].at(w.either(i)).agree(id, true) }); got[200] == 0 || got[200] > 2 || got[200]+got[409] != 6 {
		t.Errorf("three agree on two servers: %v", got) // who agreed hears it again on the other server
	}
	if n := w.number(`SELECT COUNT(*) FROM invites`); n != 1 {
		t.Fatalf("%d invites", n)
	}
	code := admins[0].get(fmt.Sprintf("/office/agreements/%d", id)).need(200)["code"].(string)
	newcomers := w.people(6)
	if got := atOnce(6, func(i int) *answer {
		return newcomers[i].at(w.either(i)).post("/invites/redeem", map[string]any{"code": code})
	}); got[200] != 1 || got[422] != 5 || count() != 5 {
		t.Errorf("one invite on six phones: %v, %d admins", got, count())
	}
	w.exec(`DELETE r FROM person_roles r WHERE r.role = 'admin' AND r.person_id NOT IN (?,?,?,?)`, admins[0].id, admins[1].id, admins[2].id, admins[3].id)
	if got := atOnce(4, func(i int) *answer {
		return admins[i].at(w.either(i)).send("DELETE", fmt.Sprintf("/people/%d/roles/admin/0", admins[i].id), nil)
	}); got[204] != 3 || got[409] != 1 || count() != 1 {
		t.Errorf("four resign at one moment: %v, %d admins", got, count())
	}
}
