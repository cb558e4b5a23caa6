package e2e

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"warmcabin/server/cabin"
	"warmcabin/server/wechat/wechatsim"
)

// everybodys are routes whose ids are no secret: what they show is public, or is everybody's
// who has the role.
var everybodys = []string{
	"/stations/{id}", "/stations/{id}/code", "/stations/{id}/sheet", "/communities/{id}/buildings", "/deputies/{id}", "/deputies/{id}/slots", "/deputies/{id}/code", "/deputies/{id}/sheet",
	"/public-photos/{id}", "/public/reports/{id}", "/public/photos/{id}", "/talks/{id}", "/talks/{id}/bookings", "/calendar-feeds/{secret}", "/ledgers/{kind}",
	"/reports/{id}/followers", // what may be followed is said by report_join_test
}

// adminsOnly are prefixes of what only the office may: there is one office, and no stranger in it.
var adminsOnly = []string{"/people/", "/office/roster", "/office/setup", "/office/categories/", "/office/departments/", "/office/quick-texts/", "/office/dead-pushes/", "/invites/", "/presets/", "/calendar/"}

// owned is one thing of somebody's: what a route's path has for it, and for one that is not there.
type owned struct{ path, real, missing string }

// estate is a street in which somebody owns one of everything.
type estate struct {
	*street
	admin, community, liaison *phone
	things                    []owned
}

func openEstate(t *testing.T) *estate {
	t.Helper()
	e := &estate{street: openStreet(t)}
	e.exec(`UPDATE reports SET deputy_id = 1 WHERE id = ?`, e.report)
	e.admin = e.phone("admin", adminGrant)
	e.phone("admin-02", adminGrant)
	e.community = e.phone("community", cabin.Grant{Role: cabin.Community, ScopeID: 1})
	e.liaison = e.phone("liaison", cabin.Grant{Role: cabin.Liaison, ScopeID: 1})
	e.phone("full").book(wednesday(10, 0)).need(201)
	const none = "999999"
	add := func(path string, id any) {
		if fmt.Sprint(id) == "0" {
			t.Fatalf("nobody owns one of %s", path)
		}
		e.things = append(e.things, owned{path, fmt.Sprint(id), none})
	}
	add("/bookings/{id}", e.booking)
	add("/reports/{id}", e.report)
	e.things = append(e.things, owned{"/photos/{id}", e.photo, strings.Repeat("0", 32)})
	add("/waits/{id}", e.resident.post("/waits", map[string]any{"deputyId": 1, "start": wednesday(10, 0), "topic": "睡不好"}).id(""))
	add("/me/data/{id}", e.resident.post("/me/data", nil).id(""))
	add("/exports/{id}", e.staff.post("/exports", map[string]any{"list": "desk_reports"}).id(""))
	add("/office/agreements/{id}", e.admin.askFor("admin_invite", map[string]any{"forName": "李明"}).id(""))
	add("/desk/handovers/{id}", e.staff.post("/desk/handovers", map[string]any{"stationId": 1, "text": "钥匙在前台"}).id(""))
	add("/checks/{id}", e.number(`SELECT id FROM content_checks ORDER BY id LIMIT 1`))
	add("/ledgers/reports/{id}", e.report)
	add("/talks/{id}", e.deputy.post("/talks", map[string]any{"deputyId": 1, "topic": "睡好觉", "seats": 10}).id(""))
	add("/deputies/{id}", 1)
	add("/office/imports/{id}", none)
	session := e.resident.get("/me/sessions").need(200)["items"].([]any)[0].(map[string]any)["id"]
	e.things = append(e.things, owned{"/me/sessions/{id}", fmt.Sprint(session), strings.Repeat("A", 16)})
	if err := untilDone(e.worker.Export); err != nil {
		t.Fatal(err)
	}
	return e
}

// find says what stands for {id} in a route, false for one that is of no single person.
func (e *estate) find(path string) (real, missing string, ok bool) {
	path = strings.ReplaceAll(path, "/ledgers/{kind}", "/ledgers/reports")
	path = strings.NewReplacer("{ruleId}", "1", "{exceptionId}", "1").Replace(path)
	for _, thing := range e.things {
		if strings.HasPrefix(path, thing.path) {
			return strings.ReplaceAll(path, "{id}", thing.real), strings.ReplaceAll(path, "{id}", thing.missing), true
		}
	}
	return "", "", false
}

// sensible are bodies that would do something, by operation; others send {}.
func (e *estate) sensible() map[string]any {
	hours := map[string]any{"weekday": 2, "from": "10:00", "to": "11:30", "stationId": 1, "roomId": 1, "service": "talk_one", "slotMinutes": 30}
	return map[string]any{
		"POST /bookings/{id}/commands": map[string]any{"command": "cancel", "reason": "有事"}, "POST /bookings/{id}/contact": map[string]any{"reason": "告诉她改时间"},
		"POST /reports/{id}/commands": map[string]any{"command": "withdraw"}, "POST /reports/{id}/contact": map[string]any{"reason": "问清地点"}, "PUT /reports/{id}/contact": map[string]any{"hidden": true},
		"PUT /reports/{id}/subjects": map[string]any{"subjects": []any{}}, "POST /reports/{id}/holder": map[string]any{}, "POST /waits/{id}/commands": map[string]any{"command": "leave"},
		"POST /checks/{id}/decisions": map[string]any{"pass": true}, "POST /checks/{id}/appeal": map[string]any{"reason": "没有违规"}, "PUT /photos/{id}/cover": map[string]any{"areas": []any{map[string]any{"x": 0.1, "y": 0.1, "w": 0.2, "h": 0.2}}},
		"POST /office/agreements/{id}/answer": map[string]any{"agree": true}, "POST /ledgers/{kind}/{id}/corrections": map[string]any{"text": "改一下", "reason": "写错了"},
		"POST /talks/{id}/commands": map[string]any{"command": "decline", "reason": "没有时间"}, "PUT /deputies/{id}/day-cap": map[string]any{"dayCap": 3},
		"POST /deputies/{id}/hours": hours, "PUT /deputies/{id}/hours/{ruleId}": hours,
		"POST /deputies/{id}/exceptions": map[string]any{"kind": "leave", "from": wednesday(8, 0).AddDate(0, 0, 7), "to": wednesday(18, 0).AddDate(0, 0, 7), "reason": "住院", "words": "身体不适"},
	}
}

// Whoever has nothing to do with a thing learns of no route whether it is there: every route
// with an id is asked by everybody for somebody else's and for one that is not there.
func TestNoRouteTellsStrangersWhatIsThere(t *testing.T) {
	t.Parallel()
	e := openEstate(t)
	strangers := map[string]*phone{
		"a resident": e.phone("other"), "a deputy": e.phone("d2", cabin.Grant{Role: cabin.Deputy, ScopeID: 2}), "a desk": e.phone("s2", cabin.Grant{Role: cabin.Staff, ScopeID: 2}),
		"a department": e.phone("p2", cabin.Grant{Role: cabin.Department, ScopeID: 2}), "a community": e.phone("c2", cabin.Grant{Role: cabin.Community, ScopeID: 2}),
		"a liaison officer": e.phone("l2", cabin.Grant{Role: cabin.Liaison, ScopeID: 2}), "an auditor": e.phone("a2", cabin.Grant{Role: cabin.Auditor}),
	}
	bodies, asked := e.sensible(), map[string]bool{}
	before := e.everything()
	for _, o := range e.operations() {
		if !strings.Contains(o.path, "{") || slices.Contains(everybodys, o.path) || slices.ContainsFunc(adminsOnly, func(p string) bool { return strings.HasPrefix(o.path, p) }) {
			continue
		}
		real, missing, ok := e.find(o.path)
		if !ok {
			t.Errorf("%s %s: this test does not know whose that is", o.method, o.path)
			continue
		}
		asked[o.path] = true
		if strings.HasSuffix(o.path, "/affected") {
			real, missing = real+"?"+leave, missing+"?"+leave
		}
		for who, p := range strangers {
			e.clock.Advance(2 * time.Minute) // for the limits
			var body any
			if o.body != nil {
				if body = bodies[o.method+" "+o.path]; body == nil {
					body = map[string]any{}
				}
			}
			a, b := p.send(o.method, real, body), p.send(o.method, missing, body)
			if a.status < 400 && o.method == http.MethodDelete && b.status == a.status {
				continue // what is not there is gone already
			}
			if a.status != 403 && a.status != 404 {
				t.Errorf("%s: %s %s: %d %s", who, o.method, real, a.status, a.raw)
				continue
			}
			if strings.HasPrefix(o.path, "/deputies/") { // who is a deputy is no secret
				continue
			}
			sameRefusal(t, fmt.Sprintf("%s: %s %s", who, o.method, o.path), a, b, a.status)
		}
	}
	if len(asked) < 30 {
		t.Errorf("only %d routes were asked", len(asked))
	}
	if after := e.everything(); !maps.Equal(before, after) {
		t.Errorf("strangers changed something: %v, before it was %v", after, before)
	}
	e.resident.get("/me").need(200) // nobody ended their session
}

const leave = "from=2026-11-25T08:00:00%2B08:00&to=2026-11-25T18:00:00%2B08:00"

// everything is how many rows there are of what a stranger might have moved.
func (e *estate) everything() map[string]int {
	all := map[string]int{}
	for _, table := range []string{"booking_events", "report_events", "contact_openings", "photos", "report_followers", "report_holders", "ledger_corrections", "deputy_hours", "deputy_exceptions", "calendar_feeds", "handover_reads", "talk_events", "waits", "exports"} {
		all[table] = e.number(`SELECT COUNT(*) FROM ` + table)
	}
	return all
}

// Whoever's session is over is asked to log in again, by every route that wants one.
func TestNoRouteTakesASessionThatIsOver(t *testing.T) {
	t.Parallel()
	s := open(t)
	p := s.phone("all", adminGrant, cabin.Grant{Role: cabin.Staff})
	s.clock.Advance(91 * 24 * time.Hour)
	for _, o := range s.operations() {
		a := p.send(o.method, numbered(o.path), map[string]any{})
		public := slices.Contains(everybodys[:len(everybodys)-3], o.path) || strings.HasPrefix(o.path, "/desktop/codes") || strings.HasPrefix(o.path, "/public/") ||
			slices.Contains([]string{"/environment", "/login", "/stations", "/needs", "/categories", "/communities", "/deputies", "/deputy-filters", "/talks"}, o.path) && (o.method == http.MethodGet || o.path == "/login")
		if public && !strings.HasSuffix(o.path, "/sheet") && o.path != "/talks/{id}" && o.path != "/talks/{id}/bookings" {
			continue
		}
		if a.status != 401 && o.path != "/calendar-feeds/{secret}" {
			t.Errorf("%s %s: %d %s", o.method, o.path, a.status, a.raw)
		}
		s.clock.Advance(time.Second)
	}
}

func numbered(path string) string {
	return strings.NewReplacer("{id}", "1", "{kind}", "reports", "{role}", "staff", "{scopeId}", "1", "{ruleId}", "1", "{exceptionId}", "1", "{name}", "x", "{day}", "2026-12-31", "{step}", "presets", "{secret}", "X").Replace(path)
}

// No body that a broken or hostile client sends to any route breaks anything.
func TestNoRouteBreaksOnABodyThatIsNone(t *testing.T) {
	t.Parallel()
	s := openStreet(t)
	grants := []cabin.Grant{{Role: cabin.Staff}, adminGrant, {Role: cabin.Deputy, ScopeID: 1}, {Role: cabin.Department, ScopeID: 1}, {Role: cabin.Community, ScopeID: 1}, {Role: cabin.Liaison, ScopeID: 1}}
	p := s.person("odd", grants...)
	bodies := map[string]string{
		"nothing": "", "null": "null", "a list": "[]", "a word": `"x"`, "half": `{"a":`, "deep": strings.Repeat(`[`, 20_000), "twice": `{}{}`, "a lone surrogate as name": `{"\ud800":1}`,
		"too large": `{"x":"` + strings.Repeat("x", 600_000) + `"}`,
	}
	routes := 0
	for _, o := range s.operations() {
		if o.body == nil || o.path == "/me/data/deletion" {
			continue
		}
		routes++
		for name, body := range bodies {
			s.clock.Advance(20 * time.Second)
			a := p.raw(o.method, numbered(o.path), body, "application/json")
			s.holdsRefusal(o, name, a)
			if a.status == 401 {
				p = s.person("odd")
			}
			if name == "too large" && a.status != 413 && a.status != 429 {
				t.Errorf("%s %s: a body of 600 kB: %d", o.method, o.path, a.status)
			}
		}
		for name, value := range map[string]string{"null": "null", "a lone surrogate": `"\ud800"`, "half a pair": `"\udc00x"`, "NUL": `"\u0000"`, "a number as a word": `"1"`, "a list": `[[]]`, "a large number": "1e999"} {
			var fields []string
			for field := range o.body {
				if field != "$schema" {
					fields = append(fields, fmt.Sprintf("%q:%s", field, value))
				}
			}
			s.clock.Advance(20 * time.Second)
			a := p.raw(o.method, numbered(o.path), "{"+strings.Join(fields, ",")+"}", "application/json")
			if a.status >= 500 {
				t.Errorf("%s %s with every field %s: %d %s", o.method, o.path, name, a.status, a.raw)
			}
		}
	}
	if routes < 60 {
		t.Errorf("only %d routes take a body", routes)
	}
	if log := s.log.String(); strings.Contains(log, `"msg":"panic"`) {
		t.Error("something panicked")
	}
}

// holdsRefusal holds that the answer is a refusal that a person can read, or that the route
// wants no body.
func (s *street) holdsRefusal(o operation, name string, a *answer) {
	s.t.Helper()
	switch {
	case a.status >= 500, a.status >= 300 && a.status < 400:
		s.t.Errorf("%s %s with %s: %d %s", o.method, o.path, name, a.status, a.raw)
	case a.status >= 400:
		a.refused(cabin.Code(fmt.Sprint(a.body["code"])))
		a.readable()
	}
}

// No name in a path leads out of its folder, whatever it is written with.
func TestNoPathLeadsAnywhereElse(t *testing.T) {
	t.Parallel()
	s := openStreet(t)
	p := s.person("odd", cabin.Grant{Role: cabin.Staff}, adminGrant)
	names := []string{"..", "%2e%2e", "..%2f..%2f..%2fetc%2fpasswd", "%2e%2e%2f%2e%2e%2fetc%2fpasswd", "..%5c..%5cwindows%5cwin.ini", "%00", s.photo + "%00.jpg", s.photo + "%2f..%2f" + s.photo, "%c0%ae%c0%ae%2f", "....%2f%2f", "%2fetc%2fpasswd", strings.Repeat("a", 4000), "%F0%9F%92%A9", "-1", "0x1", "1e3", "１"}
	for _, o := range s.operations() {
		if !strings.Contains(o.path, "{") || o.method == http.MethodDelete && strings.HasPrefix(o.path, "/me/sessions") {
			continue
		}
		for _, name := range names {
			s.clock.Advance(20 * time.Second)
			path := o.path
			for strings.Contains(path, "{") {
				from, to := strings.Index(path, "{"), strings.Index(path, "}")
				path = path[:from] + name + path[to+1:]
			}
			a := p.raw(o.method, path, "{}", "application/json")
			if a.status < 300 || a.status >= 500 || strings.Contains(string(a.raw), "root:") {
				t.Errorf("%s %s: %d %.200s", o.method, path, a.status, a.raw)
			}
		}
	}
}

// Twenty taps at one moment with one key make one thing, on every route that creates.
func TestTwentyTapsOnEveryRouteThatCreates(t *testing.T) {
	t.Parallel()
	e := openEstate(t)
	e.exec(`UPDATE talks SET state = 'open', starts_at = ?, ends_at = ? WHERE id = 1`, wednesday(14, 0), wednesday(15, 0))
	bodies := e.sensible()
	taps := map[string]struct {
		who   *phone
		table string
		body  any
	}{
		"/bookings":                        {e.phone("b"), "bookings", map[string]any{"deputyId": 1, "start": wednesday(11, 0), "topic": "睡不好"}},
		"/waits":                           {e.phone("w"), "waits", map[string]any{"deputyId": 1, "start": wednesday(10, 0), "topic": "睡不好"}},
		"/reports":                         {e.phone("r"), "reports", map[string]any{"categoryId": 1, "body": "小区门口路面严重积水，老人出门不便", "place": map[string]any{"text": "3 号楼"}}},
		"/reports/{id}/followers":          {e.phone("f"), "report_followers", map[string]any{}},
		"/proxy/reports":                   {e.liaison, "reports", proxyOf(map[string]any{"phone": "13900139000"})},
		"/desk/walk-ins":                   {e.staff, "bookings", walkIn(map[string]any{"start": wednesday(11, 30)})},
		"/desk/handovers":                  {e.staff, "handovers", map[string]any{"stationId": 1, "text": "明天有人来修门"}},
		"/exports":                         {e.staff, "exports", map[string]any{"list": "desk_bookings"}},
		"/visits":                          {e.liaison, "visits", map[string]any{"communityId": 1, "place": "菜场", "whom": "商户", "heard": "想要停车点", "visitedAt": e.clock.Now()}},
		"/ledgers/{kind}/{id}/corrections": {e.staff, "ledger_corrections", bodies["POST /ledgers/{kind}/{id}/corrections"]},
		"/deputies/{id}/hours":             {e.deputy, "deputy_hours", bodies["POST /deputies/{id}/hours"]},
		"/deputies/{id}/exceptions":        {e.deputy, "deputy_exceptions", bodies["POST /deputies/{id}/exceptions"]},
		"/talks":                           {e.community, "talks", map[string]any{"deputyId": 1, "topic": "邻里之间", "seats": 20, "communityId": 1}},
		"/talks/{id}/bookings":             {e.phone("t"), "bookings", map[string]any{"party": 2}},
		"/office/categories":               {e.admin, "categories", map[string]any{"name": "噪声扰民", "departmentId": 1, "days": 5}},
		"/office/departments":              {e.admin, "departments", map[string]any{"name": "园林所"}},
		"/office/agreements":               {e.admin, "agreements", map[string]any{"command": "admin_invite", "reason": "换届，工作需要", "forName": "王刚"}},
		"/me/data":                         {e.phone("m"), "exports", nil},
	}
	for _, o := range e.operations() {
		if !o.creates() {
			continue
		}
		tap, known := taps[o.path]
		if !known {
			t.Errorf("POST %s creates, and this test does not tap it", o.path)
			continue
		}
		delete(taps, o.path)
		path, _, found := e.find(o.path)
		if !found {
			path = o.path
		}
		e.clock.Advance(time.Minute)
		who := *tap.who
		var err error
		if who.token, err = e.tokens.Create(t.Context(), who.id, "测试手机", false); err != nil {
			t.Fatal(err)
		}
		before := e.number(`SELECT COUNT(*) FROM ` + tap.table)
		made, refused, key := map[string]bool{}, 0, fmt.Sprintf("shaking-hand-%d", len(taps))
		for left := 20; left > 0 && refused < 20; e.clock.Advance(10 * time.Minute) { // for the limits
			for _, a := range together(left, func(int) *answer { return who.sendKey(http.MethodPost, path, tap.body, key) }) {
				if a.status == 201 {
					made[text(a.body["id"])] = true
					left--
				} else if a.status != 429 {
					refused++
					t.Errorf("POST %s: %d %s", path, a.status, a.raw)
				}
			}
		}
		if n := e.number(`SELECT COUNT(*) FROM `+tap.table) - before; n != 1 || len(made) != 1 {
			t.Errorf("POST %s twenty times made %d rows of %s and answered %v", path, n, tap.table, slices.Collect(maps.Keys(made)))
		}
	}
	for path := range taps {
		t.Errorf("POST %s creates nothing any more", path)
	}
	if told := e.number(`SELECT COUNT(*) FROM persons WHERE openid = ?`, wechatsim.OpenID("b")); told != 1 {
		t.Errorf("%d people", told)
	}
}

func (o operation) creates() bool {
	return slices.ContainsFunc(o.params, func(p map[string]any) bool { return p["name"] == "Idempotency-Key" })
}
