package jobs

import (
	"context"
	"database/sql"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"warmcabin/server/cabin"
	"warmcabin/server/mysql"
	"warmcabin/server/mysql/dbtest"
	"warmcabin/server/wechat"
	"warmcabin/server/wechat/wechatsim"
)

// checking is a street with a worker that asks the simulator.
type checking struct {
	*Worker
	t        *testing.T
	x        *sql.DB
	clock    *dbtest.Clock
	sim      *wechatsim.Server
	reporter cabin.Actor
	staff    cabin.Actor
	mu       sync.Mutex
	asked    []string // addresses that were signed
}

func newChecking(t *testing.T) *checking {
	t.Helper()
	c := &checking{t: t, clock: dbtest.NewClock(time.Date(2026, 11, 23, 9, 0, 0, 0, cabin.Shanghai))}
	db, x := dbtest.New(t, c.clock)
	c.x = x
	c.exec(`INSERT INTO stations (id, kind, name, address) VALUES (1, 'central', '中心站', '和平路 1 号')`)
	c.exec(`INSERT INTO communities (id, name, station_id) VALUES (1, '梧桐社区', 1)`)
	c.exec(`INSERT INTO categories (id, name, department_id, days) VALUES (1, '道路积水', 1, 5)`)
	c.sim = wechatsim.New(wechatsim.Options{AppID: "wxtest", Secret: "not-a-secret", Now: c.clock.Now})
	client, err := wechat.New(wechat.Config{AppID: "wxtest", Secret: "not-a-secret", Transport: c.sim.Transport(), Now: c.clock.Now})
	if err != nil {
		t.Fatal(err)
	}
	c.Worker = &Worker{DB: db, Checker: client, Interval: time.Second, Log: slog.New(slog.DiscardHandler), PhotoAddress: func(id string, ends time.Time) string {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.asked = append(c.asked, id)
		return "https://cabin.example/wechat/media/" + id
	}}
	c.reporter = c.person("resident")
	c.staff = c.person("staff", cabin.Grant{Role: cabin.Staff})
	return c
}

func (c *checking) exec(query string, args ...any) {
	c.t.Helper()
	if _, err := c.x.Exec(query, args...); err != nil {
		c.t.Fatal(err)
	}
}

// person holds their phone in hand: WeChat saw them this moment.
func (c *checking) person(name string, grants ...cabin.Grant) cabin.Actor {
	c.t.Helper()
	p, err := c.DB.People.Login(c.t.Context(), wechatsim.OpenID(name), "")
	if err != nil {
		c.t.Fatal(err)
	}
	seen := httptest.NewRequest(http.MethodPost, "http://127.0.0.1/sim/people/"+name+"/login-code", nil)
	seen.RemoteAddr = "127.0.0.1:1"
	c.sim.Control().ServeHTTP(httptest.NewRecorder(), seen)
	for _, g := range grants {
		if err := c.DB.People.Grant(c.t.Context(), p.ID, g); err != nil {
			c.t.Fatal(err)
		}
	}
	return cabin.Actor{PersonID: p.ID, Grants: grants}
}

func (c *checking) report(key, words string, photos int) int64 {
	c.t.Helper()
	var ids []string
	for i := range photos {
		id := fmt.Sprintf("%016x%016x", len(key)+len(words), c.clock.Now().UnixNano()+int64(i))
		if err := c.DB.Photos.Add(c.t.Context(), cabin.Photo{ID: id, OwnerID: c.reporter.PersonID, Width: 4, Height: 3, Bytes: 9}); err != nil {
			c.t.Fatal(err)
		}
		ids = append(ids, id)
	}
	r, err := c.DB.Reports.Submit(c.t.Context(), mysql.Key{PersonID: c.reporter.PersonID, Key: key}, mysql.NewReport{
		ReporterID: c.reporter.PersonID, CategoryID: 1, CommunityID: 1, Body: words, PhotoIDs: ids})
	if err != nil {
		c.t.Fatal(err)
	}
	return r.ID
}

func (c *checking) work() int {
	c.t.Helper()
	n, err := c.Check(c.t.Context())
	if err != nil {
		c.t.Fatal(err)
	}
	return n
}

// states are a report's checks in short, and whether all of it may be public.
func (c *checking) states(report int64) string {
	c.t.Helper()
	checks, err := c.DB.Checks.Of(c.t.Context(), cabin.MatterReport, report)
	if err != nil {
		c.t.Fatal(err)
	}
	out := ""
	for _, k := range checks {
		out += fmt.Sprintf("%s:%s ", k.Kind, k.State)
	}
	public, err := c.DB.Checks.Published(c.t.Context(), cabin.MatterReport, []int64{report})
	if err != nil {
		c.t.Fatal(err)
	}
	if public[report].All {
		out += "public"
	}
	return out
}

func (c *checking) want(report int64, want string) {
	c.t.Helper()
	if got := c.states(report); got != want {
		c.t.Errorf("report %d: %q, want %q", report, got, want)
	}
}

func (c *checking) traces(report int64) (traces []string) {
	c.t.Helper()
	rows, err := c.x.Query(`SELECT trace_id FROM content_checks WHERE matter_id = ? AND trace_id IS NOT NULL ORDER BY id`, report)
	if err != nil {
		c.t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var id string
		if err := rows.Scan(&id); err != nil {
			c.t.Fatal(err)
		}
		traces = append(traces, id)
	}
	return traces
}

func (c *checking) notices() (n int) {
	c.t.Helper()
	if err := c.x.QueryRow(`SELECT COUNT(*) FROM notices WHERE person_id = ? AND title LIKE '%公开%'`, c.reporter.PersonID).Scan(&n); err != nil {
		c.t.Fatal(err)
	}
	return n
}

func (c *checking) queue() []*mysql.QueuedCheck {
	c.t.Helper()
	list, err := c.DB.Checks.Queue(c.t.Context(), []int64{1}, mysql.Page{Limit: 20})
	if err != nil {
		c.t.Fatal(err)
	}
	return list
}

func TestWordsAndPhotosAreClearedBeforeTheyArePublic(t *testing.T) {
	c := newChecking(t)
	id := c.report("k", "楼前积水", 2)
	c.want(id, "text:pending image:pending image:pending ")
	if n := c.work(); n != 3 {
		t.Errorf("%d were handled", n)
	}
	c.want(id, "text:passed image:pending image:pending ")
	if n := c.work(); n != 0 {
		t.Errorf("%d were asked about twice", n)
	}
	traces := c.traces(id)
	if len(traces) != 2 || len(c.asked) != 2 {
		t.Fatal(traces, c.asked)
	}
	for range 2 { // WeChat may tell it again
		if err := c.DB.Checks.Answered(t.Context(), traces[0], "pass", 100); err != nil {
			t.Fatal(err)
		}
	}
	c.want(id, "text:passed image:passed image:pending ")
	if err := c.DB.Checks.Answered(t.Context(), traces[1], "pass", 100); err != nil {
		t.Fatal(err)
	}
	c.want(id, "text:passed image:passed image:passed public")
	if err := c.DB.Checks.Answered(t.Context(), "unknown", "pass", 100); cabin.CodeOf(err) != cabin.CodeNotFound {
		t.Error(err)
	}
	if err := c.DB.Checks.Answered(t.Context(), traces[0], "risky", 20002); err != nil {
		t.Fatal(err)
	}
	c.want(id, "text:passed image:passed image:passed public")
	if c.notices() != 0 || len(c.queue()) != 0 {
		t.Error("somebody was told of nothing")
	}
}

func TestARiskyTextIsToldAppealedAndOverturned(t *testing.T) {
	c := newChecking(t)
	id := c.report("k", "这里有"+wechatsim.RiskyWord, 0)
	c.work()
	c.want(id, "text:risky ")
	queue := c.queue()
	if c.notices() != 1 || len(queue) != 1 || queue[0].Words != "这里有"+wechatsim.RiskyWord || queue[0].Label != 20006 || queue[0].CategoryName != "道路积水" {
		t.Fatalf("%d notices, %+v", c.notices(), queue)
	}
	check := queue[0].ID
	stranger := c.person("stranger", cabin.Grant{Role: cabin.Staff, ScopeID: 9})
	if _, err := c.DB.Checks.Decide(t.Context(), stranger, check, true, ""); cabin.CodeOf(err) != cabin.CodeNotFound {
		t.Error("another station:", err)
	}
	own := cabin.Actor{PersonID: c.reporter.PersonID, Grants: []cabin.Grant{{Role: cabin.Staff}}}
	if _, err := c.DB.Checks.Decide(t.Context(), own, check, true, ""); cabin.CodeOf(err) != cabin.CodeForbidden {
		t.Error("one's own:", err)
	}
	if _, err := c.DB.Checks.Decide(t.Context(), c.staff, check, false, ""); cabin.CodeOf(err) != cabin.CodeInvalid {
		t.Error("a no without a reason:", err)
	}
	if _, err := c.DB.Checks.Decide(t.Context(), c.staff, check, false, "有人名"); err != nil {
		t.Fatal(err)
	}
	c.want(id, "text:refused ")
	if _, err := c.DB.Checks.Decide(t.Context(), c.staff, check, true, ""); cabin.CodeOf(err) != cabin.CodeConflict {
		t.Error("twice:", err)
	}
	if _, err := c.DB.Checks.Appeal(t.Context(), c.staff, check, "请再看"); cabin.CodeOf(err) != cabin.CodeNotFound {
		t.Error("somebody else's appeal:", err)
	}
	held, err := c.DB.Checks.Appeal(t.Context(), c.reporter, check, "是书上的话")
	if err != nil || held.CanAppeal() {
		t.Fatal(held, err)
	}
	if _, err := c.DB.Checks.Appeal(t.Context(), c.reporter, check, "再来一次"); cabin.CodeOf(err) != cabin.CodeConflict {
		t.Error("a second appeal:", err)
	}
	if queue = c.queue(); len(queue) != 1 || queue[0].Appeal != "是书上的话" {
		t.Fatalf("%+v", queue)
	}
	if _, err := c.DB.Checks.Decide(t.Context(), c.staff, check, true, ""); err != nil {
		t.Fatal(err)
	}
	c.want(id, "text:overturned public")
	if c.notices() != 3 || len(c.queue()) != 0 {
		t.Errorf("%d notices, %d wait", c.notices(), len(c.queue()))
	}
	var audits int
	if err := c.x.QueryRow(`SELECT COUNT(*) FROM audit WHERE action IN ('check.decide', 'check.appeal')`).Scan(&audits); err != nil || audits != 3 {
		t.Errorf("%d audit rows, %v", audits, err)
	}
}

func TestWhatWantsALookIsQueuedAndNobodyIsAlarmed(t *testing.T) {
	c := newChecking(t)
	id := c.report("k", "有"+wechatsim.ReviewWord, 0)
	c.work()
	c.want(id, "text:review ")
	if c.notices() != 0 || len(c.queue()) != 1 {
		t.Errorf("%d notices, %d wait", c.notices(), len(c.queue()))
	}
}

func TestNoAnswerInHalfAnHourGoesToTheStaff(t *testing.T) {
	c := newChecking(t)
	id := c.report("k", "楼前积水", 1)
	c.work()
	c.clock.Advance(cabin.CheckPatience - time.Second)
	if n := c.work(); n != 0 {
		t.Errorf("%d were given up early", n)
	}
	c.clock.Advance(time.Second)
	if n := c.work() + c.work(); n != 1 {
		t.Errorf("%d were given up", n)
	}
	c.want(id, "text:passed image:manual ")
	if len(c.queue()) != 1 || c.queue()[0].PhotoID == "" {
		t.Errorf("%d wait", len(c.queue()))
	}
	// An answer that comes late counts, while the staff have not decided.
	if err := c.DB.Checks.Answered(t.Context(), c.traces(id)[0], "pass", 100); err != nil {
		t.Fatal(err)
	}
	c.want(id, "text:passed image:passed public")
	if len(c.queue()) != 0 {
		t.Error("it still waits")
	}
}

func TestALateAnswerDoesNotChangeWhatTheStaffDecided(t *testing.T) {
	c := newChecking(t)
	id := c.report("k", "楼前积水", 1)
	c.work()
	c.clock.Advance(cabin.CheckPatience)
	c.work()
	if _, err := c.DB.Checks.Decide(t.Context(), c.staff, c.queue()[0].ID, false, "看得清车牌"); err != nil {
		t.Fatal(err)
	}
	if err := c.DB.Checks.Answered(t.Context(), c.traces(id)[0], "pass", 100); err != nil {
		t.Fatal(err)
	}
	c.want(id, "text:passed image:refused ")
}

func TestWhoWasAwayIsForThePeopleAtOnce(t *testing.T) {
	c := newChecking(t)
	id := c.report("k", "楼前积水", 0)
	c.exec(`UPDATE persons SET openid = ? WHERE id = ?`, wechatsim.OpenID("never-seen"), c.reporter.PersonID)
	c.work() // 61010
	c.want(id, "text:manual ")
	var code int
	if err := c.x.QueryRow(`SELECT code FROM content_checks`).Scan(&code); err != nil || code != 61010 {
		t.Error(code, err)
	}
	noWeChat := c.report("k2", "又积水", 0)
	c.exec(`UPDATE persons SET openid = NULL WHERE id = ?`, c.reporter.PersonID)
	c.work()
	c.want(noWeChat, "text:manual ")
}

func TestWeChatsFaultsAreTriedAgainThenGivenUp(t *testing.T) {
	c := newChecking(t)
	if words := c.sim.SetFault(wechatsim.Fault{Path: "/wxa/msg_sec_check", Count: 1000, Status: 503}); words != "" {
		t.Fatal(words)
	}
	id := c.report("k", "楼前积水", 0)
	tries := 0
	for range 120 { // 15 s steps: half an hour
		tries += c.work()
		c.clock.Advance(15 * time.Second)
	}
	if tries += c.work(); tries < 5 || tries > 20 {
		t.Errorf("%d tries in half an hour", tries)
	}
	c.want(id, "text:manual ")

	healed := c.report("k2", "又积水", 0)
	c.person("resident")
	c.work()
	c.want(healed, "text:pending ")
	c.sim.ClearFaults()
	c.clock.Advance(time.Minute)
	c.work()
	c.want(healed, "text:passed public")
}

func TestTwoWorkersAskOnce(t *testing.T) {
	c := newChecking(t)
	const reports = 12
	for i := range reports {
		c.clock.Advance(time.Millisecond)
		c.report(fmt.Sprint("k", i), "楼前积水", 1)
	}
	var mu sync.Mutex
	asked := map[string]int{}
	real := c.Checker
	c.Checker = counting{real, func(what string) { mu.Lock(); asked[what]++; mu.Unlock() }}
	var wg sync.WaitGroup
	for range 2 {
		wg.Go(func() {
			for {
				n, err := c.Check(t.Context())
				if err != nil {
					t.Error(err)
				}
				if n == 0 || err != nil {
					return
				}
			}
		})
	}
	wg.Wait()
	if asked["text"] != reports || asked["image"] != reports {
		t.Errorf("asked %v, want each once", asked)
	}
}

type counting struct {
	Checker
	note func(string)
}

func (c counting) CheckText(ctx context.Context, openid, text string) (wechat.Opinion, error) {
	c.note("text")
	return c.Checker.CheckText(ctx, openid, text)
}

func (c counting) CheckImage(ctx context.Context, openid, url string) (string, error) {
	c.note("image")
	return c.Checker.CheckImage(ctx, openid, url)
}
