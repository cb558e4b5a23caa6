package api

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"warmcabin/server/cabin"
	"warmcabin/server/mysql"
)

// reader reads lists as one person.
type reader struct {
	person int64
	token  string
	lists  []string
}

func get(t *testing.T, s *Server, path, token string) string {
	t.Helper()
	req := httptest.NewRequestWithContext(t.Context(), http.MethodGet, Base+path, nil)
	req.Header.Set("Authorization", "Bearer "+token)
	out := httptest.NewRecorder()
	s.ServeHTTP(out, req)
	if out.Code != http.StatusOK {
		t.Fatalf("%s: %d %s", path, out.Code, out.Body)
	}
	return out.Body.String()
}

func (s *simulated) readers() (all []reader) {
	s.t.Helper()
	queues := func(path string) (lists []string) {
		for _, q := range []mysql.Queue{mysql.QueueWaiting, mysql.QueueHandling, mysql.QueueResolved, mysql.QueueReturned, mysql.QueueHelping, mysql.QueueClosed} {
			lists = append(lists, path+"?limit=4&queue="+string(q))
		}
		return lists
	}
	for role, lists := range map[cabin.Role][]string{
		cabin.Resident: {"/me/reports", "/me/reports?limit=3"}, cabin.Staff: queues("/desk/reports"), cabin.Department: queues("/department/reports"),
		cabin.Community: {"/community/reports"}, cabin.Deputy: {"/deputy/reports"}, cabin.Admin: queues("/desk/reports"),
	} {
		token, err := s.sessions.Create(s.t.Context(), s.people[role], "test", false)
		if err != nil {
			s.t.Fatal(err)
		}
		all = append(all, reader{s.people[role], token, lists})
	}
	return all
}

// anyMove lets somebody do something with some report, anything that they may.
func (s *simulated) anyMove(dice *rand.Rand, reports int) string {
	roles := []cabin.Role{cabin.Resident, cabin.Staff, cabin.Department, cabin.Community, cabin.Deputy}
	a, err := s.server.DB.People.Actor(s.t.Context(), s.people[roles[dice.IntN(len(roles))]])
	if err != nil {
		s.t.Fatal(err)
	}
	r, _, err := s.server.DB.Reports.Get(s.t.Context(), a, 1+dice.Int64N(int64(reports)))
	if err != nil {
		return ""
	}
	may := r.Actions(a)
	if len(may) == 0 {
		return ""
	}
	command := cabin.ReportCommand(may[dice.IntN(len(may))].Command)
	if (command == cabin.ReportReject || command == cabin.ReportWithdraw || command == cabin.ReportMerge) && dice.IntN(3) > 0 {
		return "" // else all is over soon
	}
	_, err = s.server.DB.Reports.Command(s.t.Context(), a, r.ID, command, cabin.Input{
		Reason: "请看一看", Note: "已经派人去看了", Text: "谢谢", Stars: 1 + dice.IntN(5), DepartmentID: 1, HelperIDs: []int64{2}, CategoryID: 1 + dice.Int64N(2),
		IntoID: 1 + dice.Int64N(int64(reports)), Days: 3, Outcome: cabin.Fixed,
	})
	if err != nil {
		return ""
	}
	return string(command)
}

// Whatever happens to reports, and whoever does it on another server, a list that was kept
// is what a server would say that never kept anything.
func TestKeptPagesAreTrue(t *testing.T) {
	s := newSimulated(t)
	for _, stmt := range []string{
		`INSERT INTO departments (id, name) VALUES (1, '城管科'), (2, '物业办') ON DUPLICATE KEY UPDATE name = VALUES(name)`,
		`INSERT INTO categories (id, name, department_id, days) VALUES (2, '物业管理', 2, 3)`,
	} {
		if _, err := s.x.Exec(stmt); err != nil {
			t.Fatal(err)
		}
	}
	c := s.server.Config
	c.Registry = nil
	forgetful, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	dice, did, readers, reports := rand.New(rand.NewPCG(4, 2)), map[string]int{}, s.readers(), 0
	same, before := 0, map[string]string{}
	for range 70 {
		switch n := dice.IntN(8); {
		case n == 0 || reports < 3:
			reports++
			_, err := s.server.DB.Reports.Submit(t.Context(), mysql.Key{PersonID: s.people[cabin.Resident], Key: fmt.Sprint("k", reports)}, mysql.NewReport{
				ReporterID: s.people[cabin.Resident], CategoryID: 1, CommunityID: 1, DeputyID: 1, PlaceText: "3 号楼前", Body: "下雨就积水"})
			if err != nil {
				t.Fatal(err)
			}
		case n == 1:
			s.clock.Advance(time.Duration(dice.IntN(40)) * time.Hour)
			readers = s.readers() // a shift may be over
			if _, err := s.server.DB.Reports.Due(t.Context(), 20); err != nil {
				t.Fatal(err)
			}
			did["by the clock"]++
		default:
			for tries, moved := 0, ""; moved == "" && tries < 200; tries++ {
				moved = s.anyMove(dice, reports)
				did[moved]++
			}
		}
		for _, r := range readers {
			for _, path := range r.lists {
				forgetful.reportPages.forget(r.person)
				got, want := get(t, s.server, path, r.token), get(t, forgetful, path, r.token)
				if got != want {
					t.Fatalf("%s after %v:\n%s\nand it is\n%s", path, did, got, want)
				}
				if key := fmt.Sprint(r.person, path); before[key] == got {
					same++
				} else {
					before[key] = got
				}
			}
		}
	}
	delete(did, "")
	if len(did) < 15 || same == 0 {
		t.Errorf("too little happened: %v; %d lists stayed the same", did, same)
	}
}

// TestKeptPageIsSent: the second reading is what was kept, with its length, and no row is
// read for it; the reader's own doing, another right or another name ends it.
func TestKeptPageIsSent(t *testing.T) {
	s := newSimulated(t)
	for i := range 3 {
		_, err := s.server.DB.Reports.Submit(t.Context(), mysql.Key{PersonID: s.people[cabin.Resident], Key: fmt.Sprint("k", i)}, mysql.NewReport{
			ReporterID: s.people[cabin.Resident], CategoryID: 1, CommunityID: 1, PlaceText: "3 号楼前", Body: "下雨就积水"})
		if err != nil {
			t.Fatal(err)
		}
	}
	staff := s.people[cabin.Staff]
	token, err := s.sessions.Create(t.Context(), staff, "test", false)
	if err != nil {
		t.Fatal(err)
	}
	const path = "/desk/reports?queue=waiting"
	mark := func() { // what was kept is told from what is read
		t.Helper()
		if s.server.reportPages.young[staff] == nil {
			t.Error("nothing was kept")
		}
		for _, p := range s.server.reportPages.young[staff] {
			p.wire = wire(`"kept"`)
		}
	}
	kept := func(what string, want bool) {
		t.Helper()
		if got := get(t, s.server, path, token); (got == `"kept"`) != want || !want && !strings.Contains(got, "下雨就积水") {
			t.Errorf("%s: %s", what, got)
		}
		mark()
	}
	kept("the first time", false)
	kept("at once again", true)
	s.write(`UPDATE reports SET subjects = 'd1' WHERE id = 2`) // no event
	kept("a row was written", false)
	kept("again", true)
	s.clock.Advance(deskLife - time.Millisecond)
	kept("before a desk's page ends", true)
	s.clock.Advance(time.Millisecond)
	kept("when it ends", false)
	if _, err := s.x.Exec(`INSERT INTO person_roles (person_id, role, scope_id, granted_at) VALUES (?, 'community', 1, '2026-01-01')`, staff); err != nil {
		t.Fatal(err)
	}
	kept("with another right", false)
	s.server.ServeHTTP(httptest.NewRecorder(), s.request(http.MethodPost, "/me/notices/read", token))
	kept("after the reader did something", false)
	s.write(`DELETE FROM person_roles WHERE role = 'staff'`)
	out := httptest.NewRecorder()
	s.server.ServeHTTP(out, s.request(http.MethodGet, path, token))
	s.want("the desk without its right", out, http.StatusForbidden)
}

func (s *simulated) request(method, path, token string) *http.Request {
	req := httptest.NewRequestWithContext(s.t.Context(), method, Base+path, strings.NewReader("{}"))
	req.Header.Set("Authorization", "Bearer "+token)
	req.Header.Set("Content-Type", "application/json")
	return req
}

func (s *simulated) write(query string) {
	s.t.Helper()
	if _, err := s.x.Exec(query); err != nil {
		s.t.Fatal(err)
	}
}

// TestOwnReportIsInTheNextReading: many people report on one server and read on another at
// the same time; each sees at once what they sent, and nothing of anybody else.
func TestOwnReportIsInTheNextReading(t *testing.T) {
	s := newSimulated(t)
	c := s.server.Config
	c.Registry = nil
	second, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	for i := range 12 {
		p, err := s.server.DB.People.Login(t.Context(), fmt.Sprint("oNext", i), "")
		if err != nil {
			t.Fatal(err)
		}
		token, err := s.sessions.Create(t.Context(), p.ID, "test", false)
		if err != nil {
			t.Fatal(err)
		}
		all.Go(func() {
			for n := range 6 {
				body := fmt.Sprintf("%d 号居民的第 %d 件事", i, n)
				if _, err := s.server.DB.Reports.Submit(t.Context(), mysql.Key{PersonID: p.ID, Key: fmt.Sprint("n", n)}, mysql.NewReport{
					ReporterID: p.ID, CategoryID: 1, CommunityID: 1, PlaceText: "3 号楼前", Body: body}); err != nil {
					t.Error(err)
					return
				}
				out := httptest.NewRecorder()
				second.ServeHTTP(out, s.request(http.MethodGet, "/me/reports", token))
				if got := out.Body.String(); !strings.Contains(got, body) || strings.Count(got, `"mine":true`) != n+1 || strings.Contains(got, `"mine":false`) ||
					strings.Count(got, fmt.Sprintf("%d 号居民的", i)) != n+1 {
					t.Errorf("after %s: %s", body, got)
				}
			}
		})
	}
	all.Wait()
}

// TestKeptPagesAreBounded: however many people read, only so much is kept, the newest of it.
func TestKeptPagesAreBounded(t *testing.T) {
	var k keptPages
	now := time.Now()
	page := func() *keptPage { return &keptPage{until: now.Add(time.Hour), wire: make(wire, 20<<10)} }
	for i := range int64(2000) {
		k.keep(i, "list", page())
		if k.get(0, "list", now) == nil {
			t.Fatalf("what is read all the time is gone after %d", i)
		}
	}
	size := 0
	for _, people := range []map[int64]map[string]*keptPage{k.young, k.old} {
		for _, pages := range people {
			for _, p := range pages {
				size += len(p.wire)
			}
		}
	}
	if size > 2*pagesBytes || size < pagesBytes/2 {
		t.Errorf("%d bytes are kept", size)
	}
	if k.get(1999, "list", now) == nil || k.get(1999, "list", now.Add(time.Hour)) != nil || k.get(1999, "another list", now) != nil || k.get(5, "list", now) != nil {
		t.Error("what is kept is not the newest, of its list and its time")
	}
	k.forget(1999)
	if k.get(1999, "list", now) != nil {
		t.Error("what was to be forgotten is kept")
	}
}
