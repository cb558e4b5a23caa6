package e2e

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"warmcabin/server/cabin"
	"warmcabin/server/media/mediatest"
)

func text(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		return err.Error()
	}
	return string(b)
}

func names(h http.Header) []string { return slices.Sorted(maps.Keys(h)) }

// widen adds a second station, community and deputy, with nothing in common with the first.
func (s *stage) widen() {
	s.t.Helper()
	for _, stmt := range []string{
		`INSERT INTO stations (id, kind, name, address, parent_id) VALUES (2, 'community', '东街站', '东街 2 号', 1)`,
		`INSERT INTO rooms (id, station_id, name) VALUES (2, 2, '谈话室')`,
		`INSERT INTO communities (id, name, station_id) VALUES (2, '香樟社区', 2)`,
		`INSERT INTO deputies (id, name, level, station_id) VALUES (2, '周远', 'town', 2)`,
		`INSERT INTO deputy_hours (deputy_id, station_id, room_id, weekday, from_minute, to_minute, slot_minutes, service) VALUES (2, 2, 2, 3, 540, 720, 30, 'talk_one')`,
	} {
		s.exec(stmt)
	}
}

// street is a stage with everybody who may or may not know of one booking and one report.
type street struct {
	*stage
	resident, staff, deputy, department *phone
	booking, report                     int64
	photo                               string
}

func openStreet(t *testing.T) *street {
	t.Helper()
	s := &street{stage: open(t)}
	s.widen()
	s.resident = s.phone("resident")
	s.staff = s.phone("staff", cabin.Grant{Role: cabin.Staff, ScopeID: 1})
	s.deputy = s.phone("deputy", cabin.Grant{Role: cabin.Deputy, ScopeID: 1})
	s.department = s.phone("department", cabin.Grant{Role: cabin.Department, ScopeID: 1})
	b := s.resident.book(wednesday(9, 30))
	b.need(201)
	s.booking = b.id("")
	s.photo = s.resident.photo(small())
	r := s.resident.report(s.photo)
	r.need(201)
	s.report = r.id("")
	return s
}

func small() []byte { return mediatest.JPEG(mediatest.Picture(40, 30)) }

func TestStrangersLearnNothing(t *testing.T) {
	s := openStreet(t)
	strangers := map[string]*phone{
		"another resident":      s.phone("other"),
		"another deputy":        s.phone("d2", cabin.Grant{Role: cabin.Deputy, ScopeID: 2}),
		"staff of another":      s.phone("s2", cabin.Grant{Role: cabin.Staff, ScopeID: 2}),
		"another community":     s.phone("c2", cabin.Grant{Role: cabin.Community, ScopeID: 2}),
		"another liaison":       s.phone("l2", cabin.Grant{Role: cabin.Liaison, ScopeID: 2}),
		"department not asked":  s.phone("p2", cabin.Grant{Role: cabin.Department, ScopeID: 2}),
		"department before":     s.department,
		"auditor":               s.phone("auditor", cabin.Grant{Role: cabin.Auditor}),
		"liaison of no one":     s.phone("l0", cabin.Grant{Role: cabin.Liaison}),
		"community of no place": s.phone("c0", cabin.Grant{Role: cabin.Community}),
	}
	const none = 999_999
	commands := []map[string]any{
		{"command": "accept"}, {"command": "cancel"}, {"command": "counter", "reason": "有会", "start": wednesday(10, 0)},
		{"command": "counter", "reason": "有会", "start": wednesday(3, 0)}, {"command": "no such"}, {"command": "decline"},
		{"command": "dispatch", "departmentId": 1}, {"command": "dispatch", "departmentId": 77}, {"command": "rate", "stars": 5},
		{"command": "verify", "note": "好", "photoIds": []string{s.photo}},
	}
	for who, p := range strangers {
		sameRefusal(t, who+": booking", p.get(fmt.Sprintf("/bookings/%d", s.booking)), p.get(fmt.Sprintf("/bookings/%d", none)), 404)
		sameRefusal(t, who+": report", p.get(fmt.Sprintf("/reports/%d", s.report)), p.get(fmt.Sprintf("/reports/%d", none)), 404)
		missing := "/photos/" + strings.Repeat("0", 32)
		sameRefusal(t, who+": photo", p.get("/photos/"+s.photo), p.get(missing), 404)
		sameRefusal(t, who+": thumbnail", p.get("/photos/"+s.photo+"?size=thumb"), p.get(missing+"?size=thumb"), 404)
		sameRefusal(t, who+": photo removed", p.send(http.MethodDelete, "/photos/"+s.photo, nil), p.send(http.MethodDelete, missing, nil), 404)
		sameRefusal(t, who+": photo as portrait", p.get("/public-photos/"+s.photo), p.get("/public-photos/"+strings.Repeat("0", 32)), 404)
		for _, c := range commands {
			for kind, id := range map[string]int64{"bookings": s.booking, "reports": s.report} {
				if kind == "reports" && c["start"] != nil || kind == "bookings" && (c["departmentId"] != nil || c["photoIds"] != nil) {
					continue
				}
				s.clock.Advance(5 * time.Second) // for the limits
				sameRefusal(t, fmt.Sprintf("%s: %s %v", who, kind, c), p.post(fmt.Sprintf("/%s/%d/commands", kind, id), c), p.post(fmt.Sprintf("/%s/%d/commands", kind, none), c), 404)
			}
		}
		if p.name != "department" {
			holdsNothing(t, who, p)
		}
	}
	if n := s.number(`SELECT COUNT(*) FROM booking_events`) + s.number(`SELECT COUNT(*) FROM report_events`); n != 2 {
		t.Errorf("after all that there are %d events, want the first two", n)
	}
	s.guest().get("/photos/" + s.photo).need(401)
}

// holdsNothing looks into every list that a stranger may open.
func holdsNothing(t *testing.T, who string, p *phone) {
	t.Helper()
	for _, path := range []string{
		"/me/bookings", "/me/reports", "/me/notices", "/deputy/bookings", "/deputy/bookings?view=upcoming", "/deputy/reports",
		"/desk/bookings?view=waiting", "/desk/bookings?date=2026-11-25", "/desk/reports", "/department/reports", "/community/reports",
	} {
		a := p.get(path)
		if a.status == 403 {
			continue
		}
		if items, _ := a.need(200)["items"].([]any); len(items) != 0 {
			t.Errorf("%s finds %d in %s: %s", who, len(items), path, a.raw)
		}
	}
	if a := p.get("/home"); len(a.need(200)["matters"].([]any)) != 0 {
		t.Errorf("%s finds %s at home", who, a.raw)
	}
}

func TestThoseWhoMaySeeDo(t *testing.T) {
	s := openStreet(t)
	s.exec(`UPDATE reports SET deputy_id = 1 WHERE id = ?`, s.report)
	for who, p := range map[string]*phone{
		"resident": s.resident, "staff": s.staff, "deputy": s.deputy,
		"staff of all": s.phone("all", cabin.Grant{Role: cabin.Staff}),
		"admin":        s.phone("admin", cabin.Grant{Role: cabin.Admin}),
		"community":    s.phone("community", cabin.Grant{Role: cabin.Community, ScopeID: 1}),
		"liaison":      s.phone("liaison", cabin.Grant{Role: cabin.Liaison, ScopeID: 1}),
	} {
		seen := p.get(fmt.Sprintf("/reports/%d", s.report)).need(200)
		p.get("/photos/" + s.photo).need(200)
		desk := slices.Contains([]string{"staff", "staff of all", "admin"}, who)
		if _, named := seen["reporter"]; named != desk {
			t.Errorf("%s is told who reported: %v", who, named)
		}
		want := 200
		if who == "community" || who == "liaison" {
			want = 404
		}
		p.get(fmt.Sprintf("/bookings/%d", s.booking)).need(want)
	}
}

// A department sees a report from its dispatch until it sends it back, and never whose it is.
func TestADepartmentSeesOnlyWhatIsDispatchedToIt(t *testing.T) {
	s := openStreet(t)
	s.exec(`UPDATE persons SET name = '王大妈' WHERE id = ?`, s.resident.id)
	path := fmt.Sprintf("/reports/%d", s.report)
	s.staff.move("reports", s.report, "accept", nil).need(200)
	s.department.get(path).need(404)
	s.staff.move("reports", s.report, "dispatch", map[string]any{"departmentId": 1}).need(200)
	for _, a := range []*answer{s.department.get(path), s.department.get("/department/reports"), s.department.get("/me/notices"), s.department.move("reports", s.report, "take", nil)} {
		a.need(200)
		if strings.Contains(string(a.raw), "王大妈") || strings.Contains(string(a.raw), `"reporter"`) {
			t.Errorf("the department is told who reported: %s", a.raw)
		}
	}
	other := s.phone("p2", cabin.Grant{Role: cabin.Department, ScopeID: 2})
	other.get(path).need(404)

	second := s.resident.report()
	second.need(201)
	id, path := second.id(""), fmt.Sprintf("/reports/%d", second.id(""))
	s.staff.move("reports", id, "accept", nil).need(200)
	s.staff.move("reports", id, "dispatch", map[string]any{"departmentId": 1}).need(200)
	s.department.get(path).need(200)
	s.department.move("reports", id, "send_back", map[string]any{"reason": "不归我们管"}).need(200)
	s.department.get(path).need(404)
	s.department.move("reports", id, "take", nil).need(404)
	if items := s.department.get("/department/reports").need(200)["items"].([]any); len(items) != 1 {
		t.Errorf("after sending one back the department lists %d", len(items))
	}
}

func TestARightThatWasTakenAwayIsGoneWithTheNextRequest(t *testing.T) {
	s := openStreet(t)
	admin := s.phone("admin", cabin.Grant{Role: cabin.Admin})
	for _, c := range []struct {
		p          *phone
		role       cabin.Role
		lists      []string
		matter     string
		matterMove string
	}{
		{s.staff, cabin.Staff, []string{"/desk", "/desk/bookings", "/desk/reports", "/departments"}, "reports", "accept"},
		{s.deputy, cabin.Deputy, []string{"/deputy/today", "/deputy/bookings", "/deputy/reports"}, "bookings", "accept"},
	} {
		id := map[string]int64{"bookings": s.booking, "reports": s.report}[c.matter]
		for _, list := range c.lists {
			c.p.get(list).need(200)
		}
		c.p.get(fmt.Sprintf("/%s/%d", c.matter, id)).need(200)
		admin.send(http.MethodDelete, fmt.Sprintf("/people/%d/roles/%s/1", c.p.id, c.role), nil).need(204)
		for _, list := range c.lists {
			a := c.p.get(list)
			a.need(403)
			a.refused(cabin.CodeForbidden)
		}
		c.p.get(fmt.Sprintf("/%s/%d", c.matter, id)).need(404)
		c.p.move(c.matter, id, c.matterMove, nil).need(404)
		if home := c.p.get("/me").need(200)["home"]; home != "resident" {
			t.Errorf("without the right they still land on the workbench of a %v", home)
		}
	}
	s.department.get("/department/reports").need(200)
	if err := s.db.People.Revoke(t.Context(), cabin.TheSystem, s.department.id, cabin.Grant{Role: cabin.Department, ScopeID: 1}); err != nil {
		t.Fatal(err)
	}
	s.department.get("/department/reports").need(403)

	own := admin.send(http.MethodDelete, fmt.Sprintf("/people/%d/roles/admin/0", admin.id), nil)
	own.need(409)
	own.refused(cabin.CodeConflict)
	admin.send(http.MethodDelete, fmt.Sprintf("/people/%d/roles/staff/1", s.staff.id), nil).refused(cabin.CodeNotFound)
}
