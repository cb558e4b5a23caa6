package e2e

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"warmcabin/server/cabin"
)

const reporterPhone = "13900139000"

// leavePhone keeps the phone that WeChat's button would have given.
func (p *phone) leavePhone(number string) {
	p.s.t.Helper()
	if err := p.s.db.People.SavePhone(p.s.t.Context(), p.id, number); err != nil {
		p.s.t.Fatal(err)
	}
}

func (p *phone) openContact(report int64, reason string) *answer {
	return p.post(fmt.Sprintf("/reports/%d/contact", report), map[string]any{"reason": reason})
}

func (p *phone) seeReport(id int64) map[string]any {
	return p.get(fmt.Sprintf("/reports/%d", id)).need(200)
}

// dispatched is a street whose report the department handles.
func dispatched(t *testing.T) *street {
	s := openStreet(t)
	s.exec(`UPDATE persons SET name = '王秀兰' WHERE id = ?`, s.resident.id)
	s.resident.leavePhone(reporterPhone)
	s.staff.move("reports", s.report, "accept", nil).need(200)
	s.staff.move("reports", s.report, "dispatch", map[string]any{"departmentId": 1}).need(200)
	s.department.move("reports", s.report, "take", nil).need(200)
	return s
}

// TestTheContactOfAReport: a department does without it; when the reporter lets it call, the
// reporter reads who looked, when and why.
func TestTheContactOfAReport(t *testing.T) {
	s := dispatched(t)
	seen := s.department.seeReport(s.report)
	if seen["contact"] != nil || seen["reporter"] != nil || seen["subjects"] != nil {
		t.Errorf("the department learns of a contact: %v", seen)
	}
	s.department.openContact(s.report, "约时间看现场").refused(cabin.CodeForbidden)

	// It asks through the report, or has the desk pass a message on.
	s.department.move("reports", s.report, "relay", map[string]any{"note": "请告诉反映人：明天上午九点来施工"}).need(200)
	if got := s.staff.inbox()[0]; !strings.Contains(got, "请联络站转告") {
		t.Errorf("the desk reads %q", got)
	}
	desk := s.staff.seeReport(s.report)
	if desk["relay"] != true || desk["contact"].(map[string]any)["mayOpen"] != true {
		t.Errorf("the desk sees %v", desk["contact"])
	}
	s.staff.openContact(s.report, "").refused(cabin.CodeInvalid)
	got := s.staff.openContact(s.report, "转告明天施工").need(200)
	if got["phone"] != reporterPhone || got["name"] != "王秀兰" {
		t.Errorf("opened: %v", got)
	}
	s.staff.move("reports", s.report, "relayed", map[string]any{"note": "已打电话，反映人在家"}).need(200)
	if after := s.staff.seeReport(s.report); after["relay"] != false {
		t.Error("the message still waits")
	}

	// The reporter lets it call; it does, with a reason.
	s.resident.send(http.MethodPut, fmt.Sprintf("/reports/%d/contact", s.report), map[string]any{"hidden": false}).need(204)
	if c := s.department.seeReport(s.report)["contact"].(map[string]any); c["mayOpen"] != true || len(c["openings"].([]any)) != 0 {
		t.Errorf("the department may open: %v", c)
	}
	s.clock.Advance(time.Hour)
	if got := s.department.openContact(s.report, "约时间看现场").need(200); got["phone"] != reporterPhone {
		t.Errorf("opened: %v", got)
	}
	openings := s.resident.seeReport(s.report)["contact"].(map[string]any)["openings"].([]any)
	if len(openings) != 2 {
		t.Fatalf("the reporter sees %v", openings)
	}
	for i, want := range []struct{ who, reason string }{{"承办单位（城市管理科）", "约时间看现场"}, {"联络站工作人员（中心站）", "转告明天施工"}} {
		if o := openings[i].(map[string]any); o["who"] != want.who || o["reason"] != want.reason || o["at"] == nil {
			t.Errorf("opening %d: %v", i, o)
		}
	}
	if titles := s.resident.inbox(); titles[0] != "有人查看了您的联系电话" || slices.Index(titles[1:], titles[0]) < 0 {
		t.Errorf("the reporter's inbox: %v", titles)
	}
	if n := s.number(`SELECT COUNT(*) FROM contact_openings WHERE report_id = ? AND actor_id IN (?, ?) AND reason <> ''`, s.report, s.staff.id, s.department.id); n != 2 {
		t.Errorf("%d rows", n)
	}
	if n := s.number(`SELECT COUNT(*) FROM audit WHERE action = 'contact.open' AND object_kind = 'report' AND object_id = ?`, s.report); n != 2 {
		t.Errorf("%d audit rows", n)
	}
	// When it is done the department has no reason left.
	s.department.move("reports", s.report, "resolve", map[string]any{"outcome": "fixed", "note": "已疏通"}).need(200)
	s.department.openContact(s.report, "回访").refused(cabin.CodeForbidden)
	if s.department.seeReport(s.report)["contact"] != nil {
		t.Error("the department still sees that there is one")
	}
	// Neither the public page nor a neighbour reads what was passed on.
	neighbour := s.phone("neighbour")
	neighbour.post(fmt.Sprintf("/reports/%d/followers", s.report), map[string]any{}).need(201)
	if a := neighbour.get(fmt.Sprintf("/reports/%d", s.report)); strings.Contains(string(a.raw), "转告") || strings.Contains(string(a.raw), "openings") {
		t.Errorf("a neighbour reads %s", a.raw)
	}
	for _, secret := range []string{reporterPhone, "王秀兰", "转告明天施工", "约时间看现场"} {
		if strings.Contains(s.log.String(), secret) {
			t.Errorf("the log holds %q", secret)
		}
	}
}

// TestTheDeskIsWarnedOfWhomItIsAbout: before a report is dispatched the desk reads, with the
// report and in its list, to which departments it leads back; nobody else does, and it is not
// forbidden.
func TestTheDeskIsWarnedOfWhomItIsAbout(t *testing.T) {
	s := dispatched(t)
	s.exec(`UPDATE persons SET name = '赵科长' WHERE id = ?`, s.department.id)
	both := s.phone("both", cabin.Grant{Role: cabin.Staff, ScopeID: 1}, cabin.Grant{Role: cabin.Department, ScopeID: 1})
	s.staff.move("reports", s.report, "recall", map[string]any{"reason": "另行安排"}).need(200)
	one := func(p *phone) map[string]any {
		for _, r := range p.get("/desk/reports?queue=waiting").need(200)["items"].([]any) {
			if r := r.(map[string]any); r["id"] == float64(s.report) {
				return r
			}
		}
		t.Fatal("it is not in the desk's queue")
		return nil
	}
	ties := func(r map[string]any) (words []string) {
		list, _ := r["ties"].([]any)
		for _, x := range list {
			x := x.(map[string]any)
			words = append(words, fmt.Sprint(x["departmentId"], " ", x["text"]))
		}
		return words
	}
	if got := append(ties(one(s.staff)), ties(s.staff.seeReport(s.report))...); len(got) != 0 {
		t.Errorf("about nobody, and warns of %q", got)
	}
	s.staff.send(http.MethodPut, fmt.Sprintf("/reports/%d/subjects", s.report), map[string]any{"subjects": []any{
		map[string]any{"kind": "department", "id": 2}, map[string]any{"kind": "person", "id": s.department.id}}}).need(204)
	want := []string{"2 这件事反映的就是这个单位", "1 这件事反映的是赵科长，在这个单位工作"}
	if got := ties(one(s.staff)); !slices.Equal(got, want) {
		t.Errorf("in the list: %q", got)
	}
	if got := ties(s.staff.seeReport(s.report)); !slices.Equal(got, want) {
		t.Errorf("with the report: %q", got)
	}
	s.staff.send(http.MethodPut, fmt.Sprintf("/reports/%d/subjects", s.report), map[string]any{"subjects": []any{map[string]any{"kind": "department", "id": 1}}}).need(204)
	if got := ties(one(both)); len(got) != 0 { // theirs: they must not know
		t.Errorf("who works for it reads %q", got)
	}
	r := s.staff.move("reports", s.report, "dispatch", map[string]any{"departmentId": 1}).need(200)
	if got := ties(r); !slices.Equal(got, []string{"1 这件事反映的就是这个单位"}) {
		t.Errorf("dispatched all the same: %q", got)
	}
	for who, p := range map[string]*phone{"the department": s.department, "the reporter": s.resident} {
		if got := ties(p.seeReport(s.report)); len(got) != 0 {
			t.Errorf("%s reads %q", who, got)
		}
	}
}

// TestWhoItIsAboutLearnsNothing: neither the department nor the person that a report is
// about finds a way to its reporter, in whatever role they come.
func TestWhoItIsAboutLearnsNothing(t *testing.T) {
	s := dispatched(t)
	s.exec(`UPDATE persons SET name = '赵科长' WHERE id = ?`, s.department.id)
	s.resident.send(http.MethodPut, fmt.Sprintf("/reports/%d/contact", s.report), map[string]any{"hidden": false}).need(204)
	clerk := s.phone("clerk", cabin.Grant{Role: cabin.Staff, ScopeID: 1})
	both := s.phone("both", cabin.Grant{Role: cabin.Staff, ScopeID: 1}, cabin.Grant{Role: cabin.Department, ScopeID: 1})
	colleague := s.phone("colleague", cabin.Grant{Role: cabin.Department, ScopeID: 1})
	mark := func(p *phone, subjects ...map[string]any) *answer {
		if subjects == nil {
			subjects = []map[string]any{}
		}
		return p.send(http.MethodPut, fmt.Sprintf("/reports/%d/subjects", s.report), map[string]any{"subjects": subjects})
	}
	department := map[string]any{"kind": "department", "id": 1}
	person := func(p *phone) map[string]any { return map[string]any{"kind": "person", "id": p.id} }
	found := s.staff.get("/desk/workers?q=" + "赵").need(200)["items"].([]any)
	if len(found) != 1 || found[0].(map[string]any)["id"] != float64(s.department.id) || found[0].(map[string]any)["roles"] != "承办单位" {
		t.Errorf("by name: %v", found)
	}
	mark(s.staff, map[string]any{"kind": "department", "id": 77}).refused(cabin.CodeInvalid)
	mark(s.staff, person(s.resident)).refused(cabin.CodeInvalid) // holds no working role
	mark(s.staff, department, person(clerk)).need(204)
	if n := s.number(`SELECT COUNT(*) FROM audit WHERE action = 'report.subjects' AND object_id = ?`, s.report); n != 1 {
		t.Errorf("%d audit rows", n)
	}
	if got := s.staff.seeReport(s.report)["subjects"].([]any); len(got) != 2 || got[0].(map[string]any)["name"] != "城市管理科" {
		t.Errorf("the desk sees %v", got)
	}
	path := fmt.Sprintf("/reports/%d", s.report)

	for who, p := range map[string]*phone{"department": s.department, "at the desk as well": both} {
		a := p.get(path)
		if a.need(200); a.body["contact"] != nil || a.body["reporter"] != nil || a.body["subjects"] != nil || strings.Contains(string(a.raw), "王秀兰") {
			t.Errorf("%s reads %s", who, a.raw)
		}
		p.openContact(s.report, "看看是谁").refused(cabin.CodeForbidden)
	}
	mark(both).refused(cabin.CodeForbidden)
	if list := both.get("/desk/reports?queue=handling"); strings.Contains(string(list.need(200)["items"].([]any)[0].(map[string]any)["number"].(string)), "王") || strings.Contains(string(list.raw), "王秀兰") {
		t.Errorf("the list names the reporter to them: %s", list.raw)
	}
	if found := both.post("/desk/matters", map[string]any{"phone": reporterPhone}).need(200); len(found["reports"].([]any)) != 0 {
		t.Errorf("they find it by the phone: %v", found)
	}

	// A person has no part in it at all.
	before := len(clerk.inbox())
	clerk.get(path).need(404)
	clerk.openContact(s.report, "看看").need(404)
	clerk.get("/photos/" + s.photo).need(404)
	mark(clerk).need(404)
	clerk.move("reports", s.report, "urge", nil).need(404)
	clerk.post(fmt.Sprintf("/reports/%d/told", s.report), nil).need(404)
	s.exec(`UPDATE content_checks SET state = 'manual', queued_at = ? WHERE matter_id = ? AND kind = 'text'`, s.clock.Now(), s.report)
	check := s.number(`SELECT id FROM content_checks WHERE matter_id = ? AND kind = 'text'`, s.report)
	if items := clerk.get("/desk/checks").need(200)["items"].([]any); len(items) != 0 {
		t.Errorf("they read its words in the queue of checks: %v", items)
	}
	if items := s.staff.get("/desk/checks").need(200)["items"].([]any); len(items) != 1 {
		t.Errorf("the queue of checks holds %d", len(items))
	}
	decide := map[string]any{"pass": true}
	sameRefusal(t, "a check", clerk.post(fmt.Sprintf("/checks/%d/decisions", check), decide), clerk.post("/checks/999999/decisions", decide), 404)
	for p, rows := range map[*phone]float64{clerk: 0, s.staff: 1} {
		id := int64(p.post("/exports", map[string]any{"list": "desk_reports"}).need(201)["id"].(float64))
		if _, err := s.worker.Export(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := p.get(fmt.Sprintf("/exports/%d", id)).need(200); got["state"] != "done" || got["done"] != rows {
			t.Errorf("their list as a workbook: %v", got)
		}
	}
	if list := clerk.get("/desk/reports?queue=handling").need(200)["items"].([]any); len(list) != 0 {
		t.Errorf("it stands in their queue: %v", list)
	}
	s.department.move("reports", s.report, "resolve", map[string]any{"outcome": "fixed", "note": "已疏通"}).need(200)
	if after := len(clerk.inbox()); after != before {
		t.Errorf("they are told of it: %v", clerk.inbox())
	}

	// Taken back: everything is as it was.
	mark(s.staff).need(204)
	clerk.get(path).need(200)
	colleague.get(path).need(200)
	if colleague.seeReport(s.report)["reporter"] != nil {
		t.Error("a department is told who reported")
	}
}

// TestMattersByPhone: the desk finds them by what is said on the phone; only its own.
func TestMattersByPhone(t *testing.T) {
	s := openStreet(t)
	s.resident.leavePhone(reporterPhone)
	s.exec(`UPDATE persons SET name = '王秀兰' WHERE id = ?`, s.resident.id)
	other := s.phone("s2", cabin.Grant{Role: cabin.Staff, ScopeID: 2})
	find := func(p *phone, number string) map[string]any {
		return p.post("/desk/matters", map[string]any{"phone": number}).need(200)
	}
	got := find(s.staff, "+86 139-0013 9000")
	if people := got["people"].([]any); len(people) != 1 || people[0].(map[string]any)["name"] != "王＊＊" {
		t.Errorf("people: %v", people)
	}
	reports, bookings := got["reports"].([]any), got["bookings"].([]any)
	if len(reports) != 1 || reports[0].(map[string]any)["id"] != float64(s.report) || len(bookings) != 1 || bookings[0].(map[string]any)["id"] != float64(s.booking) {
		t.Errorf("found %v and %v", reports, bookings)
	}
	if got := find(other, reporterPhone); len(got["reports"].([]any)) != 0 || len(got["bookings"].([]any)) != 0 {
		t.Errorf("another desk finds %v", got)
	}
	if got := find(s.staff, "13900139001"); len(got["people"].([]any)) != 0 || len(got["reports"].([]any)) != 0 {
		t.Errorf("another phone finds %v", got)
	}
	s.staff.post("/desk/matters", map[string]any{"phone": "不知道"}).refused(cabin.CodeInvalid)
	s.resident.post("/desk/matters", map[string]any{"phone": reporterPhone}).refused(cabin.CodeForbidden)
	if n := s.number(`SELECT COUNT(*) FROM audit WHERE action = 'contact.find' AND detail NOT LIKE '%139%'`); n != 3 {
		t.Errorf("%d searches are in the audit", n)
	}
	if strings.Contains(s.log.String(), "0013") && strings.Contains(s.log.String(), reporterPhone) {
		t.Error("the log holds the phone")
	}
}

func proxyOf(change map[string]any) map[string]any {
	in := map[string]any{
		"phone": "138 0013-8000", "name": "李桂芳", "consent": true, "how": "phone", "categoryId": 1, "body": "楼道的灯坏了半个月，晚上看不见台阶",
		"place": map[string]any{"communityId": 1, "text": "5 号楼"},
	}
	for k, v := range change {
		in[k] = v
	}
	return in
}

// TestReportedOnBehalf: a liaison officer reports for a neighbour without WeChat, follows it,
// answers, and confirms, always as who they are.
func TestReportedOnBehalf(t *testing.T) {
	s := open(t)
	staff := s.phone("staff", cabin.Grant{Role: cabin.Staff, ScopeID: 1})
	department := s.phone("department", cabin.Grant{Role: cabin.Department, ScopeID: 1})
	liaison := s.phone("liaison", cabin.Grant{Role: cabin.Liaison, ScopeID: 1})
	known := liaison.post("/proxy/residents", map[string]any{"phone": "13800138000"}).need(200)
	if len(known["items"].([]any)) != 0 || known["consent"] != cabin.ReportConsent {
		t.Errorf("nobody knows her yet: %v", known)
	}
	photo := liaison.photo(small())
	made := liaison.post("/proxy/reports", proxyOf(map[string]any{"photoIds": []string{photo}}))
	made.need(201)
	id := made.id("")
	if n := s.number(`SELECT COUNT(*) FROM proxy_consents WHERE matter_kind = 'report' AND matter_id = ? AND recorded_by = ? AND words = ? AND version = ? AND how = 'phone' AND at IS NOT NULL`,
		id, liaison.id, cabin.ReportConsent, cabin.ReportConsentVersion); n != 1 {
		t.Errorf("%d consents", n)
	}
	desk := staff.seeReport(id)
	if desk["proxy"].(map[string]any)["word"] != "由联络员代办" || desk["reporter"].(map[string]any)["name"] != "李桂芳" || len(desk["photos"].([]any)) != 1 {
		t.Errorf("the desk sees %v", desk)
	}
	if got := desk["events"].([]any)[0].(map[string]any); got["who"] != "社情民意联络员" || got["text"] != "由联络员代办，提交了反映" {
		t.Errorf("the first event: %v", got)
	}
	staff.move("reports", id, "accept", nil).need(200)
	staff.move("reports", id, "dispatch", map[string]any{"departmentId": 1}).need(200)
	department.move("reports", id, "take", nil).need(200)
	department.move("reports", id, "ask", map[string]any{"reason": "是哪几层？"}).need(200)
	if seen := department.seeReport(id); seen["proxy"] != nil || seen["reporter"] != nil {
		t.Errorf("the department learns %v", seen)
	}
	if titles := liaison.inbox(); !strings.HasPrefix(titles[0], "您代办的“道路积水：楼道的灯") {
		t.Errorf("the proxy is told %v", titles)
	}
	if list := liaison.get("/proxy/reports").need(200)["items"].([]any); len(list) != 1 || list[0].(map[string]any)["reporter"].(map[string]any)["name"] != "李桂芳" {
		t.Errorf("the proxy's list: %v", list)
	}
	if got := liaison.openContact(id, "问是哪几层").need(200); got["phone"] != "13800138000" {
		t.Errorf("the proxy calls her: %v", got)
	}
	liaison.move("reports", id, "reply", map[string]any{"note": "三层到五层"}).need(200)
	department.move("reports", id, "resolve", map[string]any{"outcome": "fixed", "note": "换了灯"}).need(200)
	liaison.move("reports", id, "rate", map[string]any{"stars": 5}).refused(cabin.CodeForbidden)
	liaison.move("reports", id, "verify", map[string]any{"note": "看过", "photoIds": []string{photo}}).refused(cabin.CodeForbidden)
	liaison.move("reports", id, "confirm", nil).refused(cabin.CodeInvalid)
	closed := liaison.move("reports", id, "confirm", map[string]any{"note": "她说亮了，谢谢"}).need(200)
	if closed["state"] != "closed" || closed["stars"] != 0.0 {
		t.Errorf("confirmed: %v", closed)
	}
	events := staff.seeReport(id)["events"].([]any)
	if e := events[0].(map[string]any); e["who"] != "代办人" || e["text"] != "代办人代为确认：居民说解决了" {
		t.Errorf("recorded as %v", e)
	}
	if v, err := s.db.Reports.Verify(t.Context()); err != nil || len(v.Faults) != 0 {
		t.Errorf("the chains: %+v, %v", v, err)
	}
	for _, secret := range []string{"13800138000", "李桂芳", "三层到五层"} {
		if strings.Contains(s.log.String(), secret) {
			t.Errorf("the log holds %q", secret)
		}
	}
	// Without the role they are a stranger to it.
	if err := s.db.People.Revoke(t.Context(), cabin.TheSystem, liaison.id, cabin.Grant{Role: cabin.Liaison, ScopeID: 1}); err != nil {
		t.Fatal(err)
	}
	liaison.get(fmt.Sprintf("/reports/%d", id)).need(404)
	liaison.get("/proxy/reports").need(403)
}

// TestReportedForSomebodyKnown: the matter is hers; she reads it in her list, is told, and
// confirms it herself.
func TestReportedForSomebodyKnown(t *testing.T) {
	s := open(t)
	resident := s.phone("resident")
	resident.leavePhone("13800138000")
	s.exec(`UPDATE persons SET name = '李桂芳' WHERE id = ?`, resident.id)
	community := s.phone("community", cabin.Grant{Role: cabin.Community, ScopeID: 1})
	staff := s.phone("staff", cabin.Grant{Role: cabin.Staff, ScopeID: 1})
	other := community.post("/proxy/reports", proxyOf(map[string]any{"name": "李明"}))
	other.refused(cabin.CodeConflict)
	other.say(t, "李＊＊")
	// Read without a network, from words that the phone had kept: today's, or it was another consent.
	community.post("/proxy/reports", proxyOf(map[string]any{"read": "我同意。"})).refused(cabin.CodeInvalid)
	if got := community.get("/liaison/places").need(200)["consent"]; got != cabin.ReportConsent {
		t.Errorf("to be kept for reading: %v", got)
	}
	words := proxyOf(map[string]any{"read": cabin.ReportConsent})
	made := community.sendKey("POST", "/proxy/reports", words, "the-same-key")
	made.need(201)
	id := made.id("")
	if twin := community.sendKey("POST", "/proxy/reports", words, "the-same-key"); twin.need(201)["id"] != made.body["id"] {
		t.Errorf("the same key: %s", twin.raw)
	}
	mine := resident.get("/me/reports").need(200)["items"].([]any)
	if len(mine) != 1 || mine[0].(map[string]any)["proxy"].(map[string]any)["word"] != "由社区代办" {
		t.Errorf("her list: %v", mine)
	}
	if titles := resident.inbox(); len(titles) != 1 || !strings.Contains(titles[0], "由社区代办") {
		t.Errorf("she is told %v", titles)
	}
	staff.move("reports", id, "accept", nil).need(200)
	staff.move("reports", id, "answer", map[string]any{"outcome": "explained", "note": "明天来换灯"}).need(200)
	if titles := community.inbox(); slices.ContainsFunc(titles, func(t string) bool { return strings.HasPrefix(t, "您代办的") }) {
		t.Errorf("the community is told what she is told herself: %v", titles)
	}
	community.move("reports", id, "confirm", map[string]any{"note": "好了"}).refused(cabin.CodeForbidden)
	resident.move("reports", id, "rate", map[string]any{"stars": 4}).need(200)
	if v, err := s.db.Reports.Verify(t.Context()); err != nil || len(v.Faults) != 0 {
		t.Errorf("the chains: %+v, %v", v, err)
	}
}

func TestProxiesAreHeldToTheirRules(t *testing.T) {
	s := open(t)
	s.widen()
	liaison := s.phone("liaison", cabin.Grant{Role: cabin.Liaison, ScopeID: 1})
	liaison.leavePhone("13700137000")
	strange := s.phone("strange").photo(small())
	for name, c := range map[string]struct {
		change map[string]any
		status int
		field  string
	}{
		"without consent":          {map[string]any{"consent": false}, 422, "consent"},
		"without a phone":          {map[string]any{"phone": "没有"}, 422, "phone"},
		"without a name":           {map[string]any{"name": " "}, 422, "name"},
		"another community":        {map[string]any{"place": map[string]any{"communityId": 2}}, 403, ""},
		"no community":             {map[string]any{"place": map[string]any{"text": "5 号楼"}}, 403, ""},
		"nothing said":             {map[string]any{"body": "灯"}, 422, "body"},
		"no such category":         {map[string]any{"categoryId": 99}, 422, "categoryId"},
		"a photo of somebody else": {map[string]any{"photoIds": []string{strange}}, 422, "photoIds"},
		"their own phone":          {map[string]any{"phone": "13700137000", "residentId": liaison.id}, 422, "phone"},
		"somebody by another's id": {map[string]any{"residentId": liaison.id}, 422, "phone"},
	} {
		s.clock.Advance(10 * time.Second) // for the limit
		a := liaison.post("/proxy/reports", proxyOf(c.change))
		if a.status != c.status || c.field != "" && !strings.Contains(string(a.raw), `"path":"`+c.field+`"`) {
			t.Errorf("%s: %d %s", name, a.status, a.raw)
		}
	}
	if n := s.number(`SELECT COUNT(*) FROM reports`) + s.number(`SELECT COUNT(*) FROM proxy_consents`) + s.number(`SELECT COUNT(*) FROM contacts WHERE person_id <> ?`, liaison.id); n != 0 {
		t.Errorf("%d rows are left of what was refused", n)
	}
	for who, p := range map[string]*phone{"resident": s.phone("r"), "department": s.phone("d", cabin.Grant{Role: cabin.Department, ScopeID: 1}), "deputy": s.phone("dep", cabin.Grant{Role: cabin.Deputy, ScopeID: 1})} {
		if a := p.post("/proxy/reports", proxyOf(nil)); a.status != 403 {
			t.Errorf("%s: %d", who, a.status)
		}
		p.post("/proxy/residents", map[string]any{"phone": "13800138000"}).need(403)
		p.get("/proxy/reports").need(403)
	}
}

// TestStrangersToAPerson: the new ways in tell somebody else as little as the old ones.
func TestStrangersToAPerson(t *testing.T) {
	s := dispatched(t)
	const none = 999_999
	for who, p := range map[string]*phone{
		"another resident":   s.phone("other"),
		"another desk":       s.phone("s2", cabin.Grant{Role: cabin.Staff, ScopeID: 2}),
		"another community":  s.phone("c2", cabin.Grant{Role: cabin.Community, ScopeID: 2}),
		"another liaison":    s.phone("l2", cabin.Grant{Role: cabin.Liaison, ScopeID: 2}),
		"another department": s.phone("p2", cabin.Grant{Role: cabin.Department, ScopeID: 2}),
		"an auditor":         s.phone("a2", cabin.Grant{Role: cabin.Auditor}),
	} {
		for _, c := range []struct {
			method, path string
			in           any
		}{
			{http.MethodPost, "/reports/%d/contact", map[string]any{"reason": "看看"}},
			{http.MethodPut, "/reports/%d/contact", map[string]any{"hidden": false}},
			{http.MethodPut, "/reports/%d/subjects", map[string]any{"subjects": []any{}}},
		} {
			mine, theirs := p.send(c.method, fmt.Sprintf(c.path, s.report), c.in), p.send(c.method, fmt.Sprintf(c.path, none), c.in)
			want := 404
			if mine.status == 403 && theirs.status == 403 {
				want = 403 // the role is not theirs at all
			}
			sameRefusal(t, who+": "+c.method+" "+c.path, mine, theirs, want)
		}
	}
	// Even those who may read it change nothing of the reporter's choice.
	for _, p := range []*phone{s.staff, s.department} {
		p.send(http.MethodPut, fmt.Sprintf("/reports/%d/contact", s.report), map[string]any{"hidden": false}).need(404)
	}
	if n := s.number(`SELECT COUNT(*) FROM contact_openings`) + s.number(`SELECT COUNT(*) FROM reports WHERE contact_hidden = 0 OR subjects <> ''`); n != 0 {
		t.Errorf("%d rows changed", n)
	}
}

// What is over shows the names of then, to everybody who may read it, and says what they are
// now; what is open shows today's.
func TestAnOldMatterShowsTheNamesOfThen(t *testing.T) {
	s := dispatched(t)
	open := s.resident.report().id("")
	s.department.move("reports", s.report, "resolve", map[string]any{"outcome": "fixed", "note": "雨水口已疏通，路面不再积水"}).need(200)
	s.resident.move("reports", s.report, "rate", map[string]any{"stars": 5}).need(200)
	s.exec(`UPDATE content_checks SET state = 'passed'`)
	s.staff.move("reports", open, "accept", nil).need(200)
	s.staff.move("reports", open, "dispatch", map[string]any{"departmentId": 1}).need(200)
	s.clock.Advance(time.Hour)
	for kind, table := range map[string]string{"category": "categories", "department": "departments"} {
		s.exec(`INSERT INTO name_versions (kind, object_id, name, until, changed_by) SELECT ?, id, name, ?, 1 FROM `+table+` WHERE id = 1`, kind, s.clock.Now())
		s.exec(`UPDATE `+table+` SET name = ? WHERE id = 1`, "新的"+kind)
	}
	var old map[string]any
	for range 60 { // what changed shows within a second
		if old = s.staff.seeReport(s.report); old["renamed"] != nil && s.staff.seeReport(open)["category"].(map[string]any)["name"] == "新的category" {
			break
		}
		time.Sleep(50 * time.Millisecond)
	}
	name := func(r map[string]any, what string) any { return r[what].(map[string]any)["name"] }
	if name(old, "category") != "道路积水" || name(old, "department") != "城市管理科" || fmt.Sprint(old["renamed"]) != "[“道路积水”现在叫“新的category” “城市管理科”现在叫“新的department”]" {
		t.Errorf("the old matter: %v, %v, %v", old["category"], old["department"], old["renamed"])
	}
	if now := s.staff.seeReport(open); name(now, "category") != "新的category" || name(now, "department") != "新的department" || now["renamed"] != nil {
		t.Errorf("the open one: %v, %v, %v", now["category"], now["department"], now["renamed"])
	}
	public := s.guest().get(fmt.Sprintf("/public/reports/%d", s.report)).need(200)
	if public["category"] != "道路积水" || public["department"] != "城市管理科" {
		t.Errorf("the public page says %v, %v", public["category"], public["department"])
	}
}
