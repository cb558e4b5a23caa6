package api

import (
	"database/sql"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"warmcabin/server/cabin"
	"warmcabin/server/instance"
	"warmcabin/server/media"
	"warmcabin/server/mysql/dbtest"
	"warmcabin/server/redis"
	"warmcabin/server/wechat"
)

func TestMain(m *testing.M) { dbtest.Run(m) }

// walker calls every route as everybody.
type walker struct {
	server   *Server
	clock    *dbtest.Clock
	sessions *redis.Sessions
	people   map[cabin.Role]int64
	x        *sql.DB // for what only a test may write
}

func newWalker(t *testing.T) *walker {
	t.Helper()
	w := &walker{clock: dbtest.NewClock(time.Date(2026, 11, 23, 9, 0, 0, 0, cabin.Shanghai)), people: map[cabin.Role]int64{}}
	db, x := dbtest.New(t, w.clock)
	w.x = x
	proc, err := instance.StartRedis(t.Context(), instance.Redis{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := proc.Stop(); err != nil {
			t.Error(err)
		}
	})
	cache := redis.Open(redis.Options{Addr: proc.Addr()})
	t.Cleanup(func() { _ = cache.Close() })
	w.sessions = redis.New(cache, w.clock.Now)
	photos, err := media.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = photos.Close() })
	client, err := wechat.New(wechat.Config{AppID: "wxtest", Secret: "not-a-secret"})
	if err != nil {
		t.Fatal(err)
	}
	w.server, err = New(Config{DB: db, Sessions: w.sessions, WeChat: client, Photos: photos, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	for _, role := range append([]cabin.Role{cabin.Resident}, cabin.WorkingRoles...) {
		p, err := db.People.Login(t.Context(), "oWalker"+string(role), "")
		if err != nil {
			t.Fatal(err)
		}
		w.people[role] = p.ID
		if role == cabin.Resident {
			continue
		}
		if err := db.People.Grant(t.Context(), p.ID, cabin.Grant{Role: role, ScopeID: 1}); err != nil {
			t.Fatal(err)
		}
	}
	return w
}

// call asks for the route with a fresh session of the role, with none for "".
func (w *walker) call(t *testing.T, r route, as cabin.Role) (status int, body string) {
	t.Helper()
	path := Base + strings.NewReplacer("{role}", "deputy", "{scopeId}", "999", "{name}", "no_such_preset", "{day}", "2026-12-31", "{ruleId}", "999", "{exceptionId}", "999", "{secret}", "NOSUCHSECRET", "{kind}", "station", "{step}", "presets").Replace(r.Path)
	id := "999"
	if strings.Contains(path, "photos/") {
		id = strings.Repeat("0", 32)
	}
	path = strings.ReplaceAll(path, "{id}", id)
	req := httptest.NewRequestWithContext(t.Context(), r.Method, path, strings.NewReader("{}"))
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Idempotency-Key", "walker-key")
	if as != "" {
		token, err := w.sessions.Create(t.Context(), w.people[as], "walker", false)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", "Bearer "+token)
	}
	w.clock.Advance(time.Minute) // no limit is in the way
	answer := httptest.NewRecorder()
	w.server.ServeHTTP(answer, req)
	return answer.Code, answer.Body.String()
}

// Every route answers everybody as its row says: 401 without a session, 403 without the
// right, and neither of them otherwise.
func TestEveryRouteAsEverybody(t *testing.T) {
	w := newWalker(t)
	for _, r := range routes {
		for _, as := range append([]cabin.Role{"", cabin.Resident}, cabin.WorkingRoles...) {
			want := 0
			switch {
			case r.Roles == nil || r.ID == "login":
			case as == "":
				want = http.StatusUnauthorized
			case r.Roles[0] != cabin.Resident && !slices.Contains(r.Roles, as):
				want = http.StatusForbidden
			}
			got, body := w.call(t, r, as)
			refused := got == http.StatusUnauthorized || got == http.StatusForbidden
			if r.ID == "login" {
				refused = false // its 401 is about the code
			}
			if refused != (want != 0) || want != 0 && got != want || got >= 500 && r.ID != "desktop-code" || got == http.StatusTooManyRequests { // the code is drawn by WeChat, which is not here
				t.Errorf("%s %s as %q: got %d, want %s: %s", r.Method, r.Path, as, got, orAny(want), body)
			}
			if got >= 400 && !strings.Contains(body, `"detail":"`) {
				t.Errorf("%s %s as %q: %d without a sentence: %q", r.Method, r.Path, as, got, body)
			}
		}
	}
}

func orAny(status int) string {
	if status == 0 {
		return "anything but a refusal"
	}
	return fmt.Sprint(status)
}

// A method that a path does not have, and a path that is in no row, do not exist.
func TestWhatIsInNoRowDoesNotExist(t *testing.T) {
	w := newWalker(t)
	for _, r := range []route{
		{Method: http.MethodDelete, Path: "/bookings/{id}"}, {Method: http.MethodPut, Path: "/reports/{id}"}, {Method: "TRACE", Path: "/me"},
		{Method: http.MethodGet, Path: "/admin"}, {Method: http.MethodGet, Path: "/bookings/{id}/"}, {Method: http.MethodGet, Path: "//me"},
		{Method: http.MethodGet, Path: "/../../etc/passwd"}, {Method: http.MethodGet, Path: "/me%2fbookings"}, {Method: http.MethodPost, Path: "/sim/people"},
	} {
		if got, body := w.call(t, r, cabin.Admin); got != http.StatusNotFound || !strings.Contains(body, `"code":"not_found"`) {
			t.Errorf("%s %s: %d %s", r.Method, r.Path, got, body)
		}
	}
}

// A mistake in a handler is a 500 that tells nothing, counted and logged with its stack.
func TestAPanicTellsNothing(t *testing.T) {
	var log strings.Builder
	s, err := New(Config{Log: slog.New(slog.NewJSONHandler(&log, nil))}) // no database: its first use panics
	if err != nil {
		t.Fatal(err)
	}
	web := httptest.NewServer(s)
	defer web.Close()
	for range 2 {
		res, err := http.Get(web.URL + Base + "/stations")
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(res.Body)
		_ = res.Body.Close()
		if res.StatusCode != 500 || res.Header.Get("Content-Type") != "application/problem+json" || !strings.Contains(string(body), `"code":"internal"`) {
			t.Errorf("got %d %s %s", res.StatusCode, res.Header.Get("Content-Type"), body)
		}
		if res.Header.Get("X-Request-Id") == "" || !strings.Contains(string(body), res.Header.Get("X-Request-Id")) {
			t.Error("the person has no number to tell us")
		}
		for _, inside := range []string{"nil pointer", "goroutine", ".go:", "runtime"} {
			if strings.Contains(string(body), inside) {
				t.Errorf("the answer holds %q: %s", inside, body)
			}
		}
	}
	for _, wanted := range []string{"nil pointer", "api.(*Server).stationShapes", `"msg":"request"`, `"status":500`} {
		if !strings.Contains(log.String(), wanted) {
			t.Errorf("the log does not hold %q: %s", wanted, log.String())
		}
	}
}

// The committed description names every route once, and every reference in it leads somewhere.
func TestDescriptionIsWhole(t *testing.T) {
	text, err := os.ReadFile("openapi.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range routes {
		if n := strings.Count(string(text), "operationId: "+r.ID+"\n"); n != 1 {
			t.Errorf("%s is described %d times", r.ID, n)
		}
	}
}
