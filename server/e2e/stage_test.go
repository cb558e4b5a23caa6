// Package e2e tells whole stories: HTTP → database → outbox → worker → WeChat (simulated
// at its HTTP boundary). Everything is real but WeChat, and the clock stands still until
// a story moves it.
package e2e

import (
	"bytes"
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"slices"
	"sync"
	"testing"
	"time"

	goredis "github.com/redis/go-redis/v9"

	"warmcabin/server/api"
	"warmcabin/server/cabin"
	"warmcabin/server/excel"
	"warmcabin/server/instance"
	"warmcabin/server/jobs"
	"warmcabin/server/media"
	"warmcabin/server/mysql"
	"warmcabin/server/mysql/dbtest"
	"warmcabin/server/redis"
	"warmcabin/server/wechat"
	"warmcabin/server/wechat/wechatsim"
)

var (
	redisOnce sync.Once
	redisProc *instance.Process
	redisErr  error
	redisDB   int
	redisMu   sync.Mutex
)

func TestMain(m *testing.M) {
	if config := os.Getenv(serverEnv); config != "" {
		os.Exit(serve(config))
	}
	dbtest.Run(&stopping{m})
}

// stopping stops the package's Redis after its tests.
type stopping struct{ m *testing.M }

func (s *stopping) Run() int {
	code := s.m.Run()
	if redisProc != nil {
		if err := redisProc.Stop(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
	}
	return code
}

// monday is a plain Monday morning, 9:00 in Shanghai.
var monday = time.Date(2026, 11, 23, 9, 0, 0, 0, cabin.Shanghai)

// cacheOf gives a story a Redis database of its own.
func cacheOf(t *testing.T) *goredis.Client {
	t.Helper()
	redisOnce.Do(func() { redisProc, redisErr = instance.StartRedis(context.Background(), instance.Redis{}) })
	if redisErr != nil {
		t.Fatal(redisErr)
	}
	redisMu.Lock()
	db := redisDB % 16
	redisDB++
	redisMu.Unlock()
	c := redis.Open(redis.Options{Addr: redisProc.Addr(), DB: db})
	if err := c.FlushDB(t.Context()).Err(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// mediaKey signs the addresses at which WeChat fetches photos.
const mediaKey = "a key of the stories, 32 bytes it"

// stage is one running product with its people.
type stage struct {
	ways   cabin.PushTemplates
	t      *testing.T
	db     *mysql.DB
	x      *sql.DB
	clock  *dbtest.Clock
	sim    *wechatsim.Server
	simURL string
	url    string
	worker *jobs.Worker
	log    *safeBuffer
	ids    map[string]string // template key → id
	wire   *wire
	tokens *redis.Sessions
	keys   int // given out by raw

	media, archives string // the folders of photos and of exported files
}

// setup is what a story may want otherwise; its zero value is the ordinary product.
type setup struct {
	cache    *goredis.Client     // a Redis database of the story's own when nil
	dsn      string              // a fresh database when ""
	proxies  []string            // trusted ones
	patience time.Duration       // with WeChat; 2 s when 0
	longTerm []cabin.TemplateKey // of which one consent allows many messages
	factor   bool                // admins and auditors must have a second factor
}

// fonts come with the client's packages.
var fonts = api.Fonts{
	Regular: "../../miniprogram/node_modules/@expo-google-fonts/noto-sans-sc/400Regular/NotoSansSC_400Regular.ttf",
	Bold:    "../../miniprogram/node_modules/@expo-google-fonts/noto-sans-sc/700Bold/NotoSansSC_700Bold.ttf",
}

// wire stands between the product and WeChat: it counts the calls by path, and keeps the
// session keys that WeChat gave away, which nobody may see again.
type wire struct {
	mu     sync.Mutex
	calls  map[string]int
	keys   []string
	tokens []string // access tokens that were used
	air    *air     // where messages are on their way; nil: nobody looks
}

func (w *wire) count(path string) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.calls[path]
}

func (w *wire) secrets() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.keys)
}

func (w *wire) tap(next http.Handler) http.Handler {
	return http.HandlerFunc(func(out http.ResponseWriter, r *http.Request) {
		w.mu.Lock()
		w.calls[r.URL.Path]++
		if token := r.URL.Query().Get("access_token"); token != "" && !slices.Contains(w.tokens, token) {
			w.tokens = append(w.tokens, token)
		}
		w.mu.Unlock()
		if w.air != nil && r.URL.Path == sendPath {
			w.air.pass(next, out, r)
			return
		}
		if r.URL.Path != "/sns/jscode2session" {
			next.ServeHTTP(out, r)
			return
		}
		kept := httptest.NewRecorder()
		next.ServeHTTP(kept, r)
		var answer struct {
			Key string `json:"session_key"`
		}
		if json.Unmarshal(kept.Body.Bytes(), &answer) == nil && answer.Key != "" {
			w.mu.Lock()
			w.keys = append(w.keys, answer.Key)
			w.mu.Unlock()
		}
		maps.Copy(out.Header(), kept.Header())
		out.WriteHeader(kept.Code)
		_, _ = out.Write(kept.Body.Bytes())
	})
}

type safeBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *safeBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *safeBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

// open builds the product around a fresh database, a Redis and the simulator, which is
// reached over a loopback port as WeChat is over the network.
func open(t *testing.T) *stage {
	t.Helper()
	return build(t, setup{})
}

func build(t *testing.T, o setup) *stage {
	t.Helper()
	if o.cache == nil {
		o.cache = cacheOf(t)
	}
	s := &stage{t: t, clock: dbtest.NewClock(monday), log: &safeBuffer{}, ids: map[string]string{}, wire: &wire{calls: map[string]int{}}}
	push, prompt, sim := templates(s.ids, o.longTerm)
	officialPush, officialSim := officialTemplates()
	s.ways = jobs.Ways(push, officialPush)
	s.connect(o.dsn)
	s.sim = wechatsim.New(wechatsim.Options{
		AppID: "wxtest", Secret: "sim-secret", Templates: sim, OfficialAppID: "wxoffice", OfficialSecret: "sim-office-secret", OfficialTemplates: officialSim, Now: s.clock.Now,
	})
	wx := httptest.NewServer(s.wire.tap(s.sim.API()))
	t.Cleanup(wx.Close)
	control := httptest.NewServer(s.sim.Control())
	t.Cleanup(control.Close)
	s.simURL = control.URL
	base, err := url.Parse(wx.URL)
	if err != nil {
		t.Fatal(err)
	}
	client, err := wechat.New(wechat.Config{AppID: "wxtest", Secret: "sim-secret", Transport: wechatsim.Redirect(base), Timeout: cmp.Or(o.patience, 2*time.Second), Now: s.clock.Now, Tokens: redis.NewToken(o.cache, "wxtest", s.db.Tokens.MayForce)})
	if err != nil {
		t.Fatal(err)
	}
	official, err := wechat.NewOfficial(wechat.Config{AppID: "wxoffice", Secret: "sim-office-secret", MiniAppID: "wxtest", Transport: wechatsim.Redirect(base), Timeout: cmp.Or(o.patience, 2*time.Second), Now: s.clock.Now, Tokens: redis.NewToken(o.cache, "wxoffice", s.db.Tokens.MayForce)})
	if err != nil {
		t.Fatal(err)
	}
	shelf := t.TempDir()
	photos, err := media.Open(shelf)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = photos.Close() })
	s.media, s.archives = shelf, t.TempDir()
	exports, err := excel.OpenFolder(s.archives)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = exports.Close() })
	log := slog.New(slog.NewJSONHandler(s.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	s.tokens = redis.New(o.cache, s.clock.Now)
	receiver := func(appID string) *wechat.Receiver {
		r, err := wechat.NewReceiver(appID, pushToken, pushKey, s.clock.Now)
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	server, err := api.New(api.Config{DB: s.db, Push: receiver("wxtest"), OfficialPush: receiver("wxoffice"), OfficialTells: true, PhoneButton: true, Signer: media.NewSigner([]byte(mediaKey)), Sessions: s.tokens, WeChat: client, Photos: photos, Exports: exports, Templates: prompt, TrustedProxies: o.proxies, Development: true, SecondFactor: o.factor, Fonts: fonts, Log: log})
	if err != nil {
		t.Fatal(err)
	}
	web := httptest.NewServer(server)
	t.Cleanup(web.Close)
	s.url = web.URL + api.Base
	s.worker = &jobs.Worker{DB: s.db, Sender: client, Templates: push, Official: official, OfficialTemplates: officialPush, Photos: photos, Exports: exports, Interval: time.Second, Log: log, Devices: func(ctx context.Context, personID int64) (devices []cabin.PersonalDevice, err error) {
		list, err := s.tokens.List(ctx, personID)
		for _, d := range list {
			devices = append(devices, cabin.PersonalDevice{Name: d.Device, At: d.CreatedAt, Used: d.SeenAt})
		}
		return devices, err
	}}
	s.sim.PushTo(wechatsim.PushTo{URL: web.URL + api.PushPath, Token: pushToken, AESKey: pushKey}, wechatsim.PushTo{URL: web.URL + api.OfficialPushPath, Token: pushToken, AESKey: pushKey})
	s.furnish()
	return s
}

// connect opens a fresh database, or one on a server of the story's own. In a fresh one the
// product has the rights that it has in production (sql/grants.sql) and no more, in every
// story; s.x is the server's root.
func (s *stage) connect(dsn string) {
	s.t.Helper()
	if dsn == "" {
		dsn = dbtest.DSN(s.t)
		var err error
		if s.x, err = sql.Open("mysql", dsn); err != nil {
			s.t.Fatal(err)
		}
		s.t.Cleanup(func() { _ = s.x.Close() })
		if s.db, err = mysql.Open(s.leastRights(dsn), mysql.Options{Now: s.clock.Now, Sealer: dbtest.Vault(s.t), Official: true, Templates: s.ways}); err != nil {
			s.t.Fatal(err)
		}
		s.t.Cleanup(func() { _ = s.db.Close() })
		return
	}
	if err := errors.Join(mysql.CreateDatabase(dsn), mysql.Migrate(dsn, 0)); err != nil {
		s.t.Fatal(err)
	}
	var err error
	if s.db, err = mysql.Open(dsn, mysql.Options{Now: s.clock.Now, Sealer: dbtest.Vault(s.t), Official: true, Templates: s.ways}); err != nil {
		s.t.Fatal(err)
	}
	if s.x, err = sql.Open("mysql", dsn); err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { _ = s.db.Close(); _ = s.x.Close() })
}

func templates(ids map[string]string, longTerm []cabin.TemplateKey) (map[cabin.TemplateKey]jobs.Template, map[cabin.TemplateKey]api.Template, []wechatsim.Template) {
	push, prompt := map[cabin.TemplateKey]jobs.Template{}, map[cabin.TemplateKey]api.Template{}
	var sim []wechatsim.Template
	fields := map[string]string{"thing1": "topic", "time2": "time", "phrase3": "state", "thing4": "remark"}
	for _, key := range cabin.TemplateKeys {
		id := "tmpl-" + string(key)
		ids[string(key)] = id
		push[key], prompt[key] = jobs.Template{ID: id, Fields: fields, LongTerm: slices.Contains(longTerm, key)}, api.Template{ID: id, Title: string(key), LongTerm: slices.Contains(longTerm, key)}
		s := wechatsim.Template{ID: id, Title: string(key)}
		if slices.Contains(longTerm, key) {
			s.Kind = wechatsim.LongTerm
		}
		for f, source := range fields {
			s.Fields = append(s.Fields, wechatsim.Field{Name: f, Label: cabin.ValueSources[source]})
		}
		sim = append(sim, s)
	}
	return push, prompt, sim
}

// officialTemplates are what the official account has for working people, with fields and a
// page of their own.
func officialTemplates() (map[cabin.TemplateKey]jobs.Template, []wechatsim.Template) {
	push, fields := map[cabin.TemplateKey]jobs.Template{}, map[string]string{"thing5": "topic", "character_string6": "number"}
	var sim []wechatsim.Template
	for _, key := range []cabin.TemplateKey{cabin.TellBookingRequested, cabin.TellBookingChanged, cabin.TellReportAssigned} {
		push[key] = jobs.Template{ID: "oa-" + string(key), Resend: true, Fields: fields}
		sim = append(sim, wechatsim.Template{ID: "oa-" + string(key), Title: "公众号：" + string(key), Fields: []wechatsim.Field{{Name: "thing5", Label: "事项"}, {Name: "character_string6", Label: "编号"}}})
	}
	return push, sim
}

// furnish sets up one street: a station, a deputy who receives on Wednesdays, departments.
func (s *stage) furnish() {
	s.t.Helper()
	for _, stmt := range []string{
		`INSERT INTO stations (id, kind, name, address) VALUES (1, 'central', '中心站', '和平路 1 号')`,
		`INSERT INTO rooms (id, station_id, name) VALUES (1, 1, '接待室')`,
		`INSERT INTO communities (id, name, station_id) VALUES (1, '梧桐社区', 1)`,
		`INSERT INTO departments (id, name) VALUES (1, '城市管理科'), (2, '物业管理办公室')`,
		`INSERT INTO categories (id, name, department_id, days) VALUES (1, '道路积水', 1, 5)`,
		`INSERT INTO deputies (id, name, level, station_id) VALUES (1, '林晓', 'district', 1)`,
		`INSERT INTO specialities (id, name) VALUES (1, '心理健康')`,
		`INSERT INTO deputy_specialities (deputy_id, speciality_id) VALUES (1, 1)`,
		`INSERT INTO needs (word, speciality_id, position) VALUES ('睡不好', 1, 1)`,
		`INSERT INTO deputy_hours (deputy_id, station_id, room_id, weekday, from_minute, to_minute, slot_minutes, service) VALUES (1, 1, 1, 3, 540, 720, 30, 'talk_one')`,
	} {
		if _, err := s.x.Exec(stmt); err != nil {
			s.t.Fatal(err)
		}
	}
}

// exec changes the database behind the product's back.
func (s *stage) exec(statement string, args ...any) {
	s.t.Helper()
	if _, err := s.x.Exec(statement, args...); err != nil {
		s.t.Fatal(err)
	}
}

// number reads one number.
func (s *stage) number(query string, args ...any) (n int) {
	s.t.Helper()
	if err := s.x.QueryRow(query, args...).Scan(&n); err != nil {
		s.t.Fatal(err)
	}
	return n
}

// deliver runs the worker until nothing is due.
func (s *stage) deliver() {
	s.t.Helper()
	for {
		n, err := s.worker.Deliver(s.t.Context())
		if err != nil {
			s.t.Fatal(err)
		}
		if n == 0 {
			return
		}
	}
}

// events lets the simulator push what is due, as WeChat does, and the worker work it off.
func (s *stage) events() {
	s.t.Helper()
	s.sim.Push(s.t.Context())
	s.work()
}

// control speaks to the simulator's control side.
func (s *stage) control(method, path string, in, out any) {
	s.t.Helper()
	var body io.Reader
	if in != nil {
		text, _ := json.Marshal(in)
		body = bytes.NewReader(text)
	}
	req, err := http.NewRequestWithContext(s.t.Context(), method, s.simURL+path, body)
	if err != nil {
		s.t.Fatal(err)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		s.t.Fatal(err)
	}
	defer res.Body.Close()
	raw, _ := io.ReadAll(res.Body)
	if res.StatusCode >= 300 {
		s.t.Fatalf("%s %s: %d %s", method, path, res.StatusCode, raw)
	}
	if out != nil {
		if err := json.Unmarshal(raw, out); err != nil {
			s.t.Fatal(err)
		}
	}
}

func wednesday(hour, minute int) time.Time {
	return time.Date(2026, 11, 25, hour, minute, 0, 0, cabin.Shanghai)
}
