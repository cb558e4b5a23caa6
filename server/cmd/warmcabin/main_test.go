package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"runtime/pprof"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	driver_mysql "github.com/go-sql-driver/mysql"

	"warmcabin/server/cabin"
	"warmcabin/server/config"
	"warmcabin/server/instance"
	"warmcabin/server/mysql/dbtest"
	"warmcabin/server/wechat/wechatsim"
)

const (
	configs = "../../../configs/"
	dev     = configs + "config.dev.yaml"
	patient = 15 * time.Second // how long a test waits for what needs real time
)

var (
	cache      *instance.Process
	cacheErr   error
	cacheStart sync.Once
	cacheDB    atomic.Int32
)

func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == developVerb { // a worker runs its own program, which we are
		if err := run(context.Background(), os.Args[1:], nil, os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	dbtest.Run(stopping{m})
}

// stopping stops the package's Redis after its tests.
type stopping struct{ m *testing.M }

func (s stopping) Run() int {
	code := s.m.Run()
	if cache != nil {
		if err := cache.Stop(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
	}
	return code
}

// installed is where one test's product lives: configs/config.dev.yaml with a database, a
// Redis database and folders of its own, on free ports.
type installed struct {
	t       *testing.T
	environ []string
	metrics string
}

func install(t *testing.T, dsn string, more ...string) *installed {
	t.Helper()
	cacheStart.Do(func() { cache, cacheErr = instance.StartRedis(context.Background(), instance.Redis{}) })
	if cacheErr != nil {
		t.Fatal(cacheErr)
	}
	metrics := freeAddr(t)
	return &installed{t: t, metrics: metrics, environ: append([]string{
		"WARMCABIN_MYSQL_DSN=" + dsn, "WARMCABIN_REDIS_ADDR=" + cache.Addr(),
		"WARMCABIN_REDIS_DB=" + strconv.Itoa(int(cacheDB.Add(1)%16)),
		"WARMCABIN_PORT=0", "WARMCABIN_METRICS_ADDR=" + metrics,
		"WARMCABIN_MEDIA_DIR=" + t.TempDir(), "WARMCABIN_CLIENT_DIR=" + t.TempDir(),
		"WARMCABIN_WORKER_INTERVAL=50ms",
	}, more...)}
}

func freeAddr(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// run is a command line with the development configuration, started and ended.
func (i *installed) run(args ...string) (string, error) {
	var out bytes.Buffer
	err := run(i.t.Context(), args, append(i.environ, "WARMCABIN_CONFIG="+dev), &out)
	return out.String(), err
}

// must is run of what has to succeed.
func (i *installed) must(args ...string) string {
	i.t.Helper()
	out, err := i.run(args...)
	if err != nil {
		i.t.Fatalf("warmcabin %s: %v", strings.Join(args, " "), err)
	}
	return out
}

// sentence fails unless the command is refused in one line that holds these words.
func (i *installed) sentence(words string, args ...string) {
	i.t.Helper()
	out, err := i.run(args...)
	if err == nil {
		i.t.Fatalf("warmcabin %s is not refused: %s", strings.Join(args, " "), out)
	}
	if text := err.Error(); !strings.Contains(text, words) || strings.Contains(text, "\n") || out != "" {
		i.t.Errorf("warmcabin %s: want one line with %q, got %q and on stdout %q", strings.Join(args, " "), words, text, out)
	}
}

func connect(t *testing.T, dsn string) *sql.DB {
	t.Helper()
	cfg, err := driver_mysql.ParseDSN(dsn)
	if err != nil {
		t.Fatal(err)
	}
	x, err := sql.Open("mysql", cfg.FormatDSN())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = x.Close() })
	return x
}

func ask[T any](t *testing.T, x *sql.DB, query string, args ...any) T {
	t.Helper()
	var v T
	if err := x.QueryRow(query, args...).Scan(&v); err != nil {
		t.Fatal(err)
	}
	return v
}

func TestMigrateUpTwiceBackAndUp(t *testing.T) {
	dsn := dbtest.Server(t).DSN("warmcabin_migrate")
	i := install(t, dsn)
	if out := i.must("migrate"); out != "数据库结构已是最新。\n" {
		t.Errorf("it says %q", out)
	}
	x := connect(t, dsn)
	t.Cleanup(func() {
		if _, err := x.Exec(`DROP DATABASE warmcabin_migrate`); err != nil {
			t.Error(err)
		}
	})
	structure := func() string {
		return ask[string](t, x, `SELECT IFNULL(GROUP_CONCAT(table_name, '.', column_name, ' ', column_type ORDER BY 1 SEPARATOR ', '), '')
			FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name <> 'schema_migrations'`) +
			ask[string](t, x, `SELECT IFNULL(GROUP_CONCAT(table_name, '.', index_name, ' ', seq_in_index, ' ', column_name ORDER BY 1 SEPARATOR ', '), '')
			FROM information_schema.statistics WHERE table_schema = DATABASE() AND table_name <> 'schema_migrations'`)
	}
	if _, err := x.Exec(`SET GLOBAL group_concat_max_len = 1000000`); err != nil {
		t.Fatal(err)
	}
	x.SetMaxIdleConns(0) // the next connection has the longer limit
	newest := structure()
	if !strings.Contains(newest, "reports.") {
		t.Fatalf("no table of reports among %q", newest)
	}
	if i.must("migrate"); structure() != newest {
		t.Error("the second migrate changed the structure")
	}
	if out := i.must("migrate", "-steps", "-1"); out != "数据库结构已退回 1 步。\n" {
		t.Errorf("it says %q", out)
	}
	if structure() == newest {
		t.Error("-steps -1 changed nothing")
	}
	if i.must("migrate"); structure() != newest {
		t.Error("back and up again is not the same structure")
	}
}

// TestGoingBackKeepsNames: no step back loses what residents are called. It is refused while
// names lie sealed, by the migration too; opened, they come through, and are sealed again.
func TestGoingBackKeepsNames(t *testing.T) {
	dsn := dbtest.Server(t).DSN("warmcabin_names")
	i := install(t, dsn)
	i.must("migrate")
	x := connect(t, dsn)
	t.Cleanup(func() {
		if _, err := x.Exec(`DROP DATABASE warmcabin_names`); err != nil {
			t.Error(err)
		}
	})
	if _, err := x.Exec(`INSERT INTO persons (openid, name, created_at) VALUES ('a', '罗秀兰', '2026-01-01'), ('b', '王桂英', '2026-01-01')`); err != nil {
		t.Fatal(err)
	}
	i.must("vault", "rotate")
	names := func() string {
		return ask[string](t, x, `SELECT GROUP_CONCAT(IF(name = '', '?', name) ORDER BY id) FROM persons`)
	}
	if got := names(); got != "?,?" {
		t.Fatalf("not sealed: %q", got)
	}
	version := func() int { return ask[int](t, x, `SELECT version FROM schema_migrations WHERE dirty = 0`) }
	newest := version()
	behind := strconv.Itoa(-migrationsFrom(t, 46))
	i.sentence("还有 2 个加密的姓名", "migrate", "-steps", behind)
	if version() != newest {
		t.Errorf("it went back to %d", version())
	}
	down, err := os.ReadFile("../../../sql/migrations/0046_sealed_names.down.sql")
	if err != nil {
		t.Fatal(err)
	}
	first, _, _ := strings.Cut(string(down), ";")
	if _, err := x.Exec(first); err == nil || !strings.Contains(err.Error(), "open_the_sealed_names_first") {
		t.Errorf("the migration itself says %v", err)
	}

	// A name whose key is lost holds everything up, until the operator says how many are given up.
	i.sentence("一个也没有放弃", "vault", "open-names", "-lost", "1")
	i.must("vault", "rotate")
	if _, err := x.Exec(`INSERT INTO persons (openid, name, sealed_name, created_at) SELECT 'c', '', sealed_name, '2026-01-01' FROM persons WHERE openid = 'a'`); err != nil {
		t.Fatal(err)
	}
	i.sentence("运行 warmcabin vault open-names -lost 1", "vault", "open-names")
	i.sentence("还有 1 个加密的姓名", "migrate", "-steps", behind)
	i.sentence("，不是 2 个：一个也没有放弃", "vault", "open-names", "-lost", "2")
	if out := i.must("vault", "open-names", "-lost", "1"); !strings.Contains(out, "放弃了打不开的 1 个姓名") {
		t.Error(out)
	}
	if got := names(); got != "罗秀兰,王桂英,（姓名已丢失）" {
		t.Errorf("they are called %q", got)
	}
	// Broken bytes hold nobody else up, whatever they look like, and are named by their number.
	i.must("vault", "rotate")
	for openid, broken := range map[string]string{"d": "0xFF00112233", "e": "'乱码'", "f": "''"} {
		if _, err := x.Exec(`INSERT INTO persons (openid, name, sealed_name, created_at) VALUES (?, '', `+broken+`, '2026-01-01')`, openid); err != nil {
			t.Fatal(err)
		}
	}
	ids := ask[string](t, x, `SELECT GROUP_CONCAT(id ORDER BY id SEPARATOR ' ') FROM persons WHERE openid IN ('d', 'e', 'f')`)
	i.sentence("解开了 3 个姓名，有 3 个打不开（人员编号 ["+ids+"]）", "vault", "open-names")
	i.sentence("打不开的是 3 个姓名（人员编号 ["+ids+"]），不是 2 个：一个也没有放弃", "vault", "open-names", "-lost", "2")
	if out := i.must("vault", "open-names", "-lost", "3"); !strings.Contains(out, "放弃了打不开的 3 个姓名（人员编号 ["+ids+"]）") {
		t.Error(out)
	}
	if got := names(); got != "罗秀兰,王桂英,（姓名已丢失）,（姓名已丢失）,（姓名已丢失）,（姓名已丢失）" {
		t.Errorf("they are called %q", got)
	}
	if _, err := x.Exec(`DELETE FROM persons WHERE openid > 'b'`); err != nil {
		t.Fatal(err)
	}
	i.must("vault", "rotate")

	if out := i.must("vault", "open-names"); !strings.Contains(out, "解开了 2 个姓名") {
		t.Error(out)
	}
	i.must("migrate", "-steps", behind)
	if got := names(); got != "罗秀兰,王桂英" || version() >= 46 {
		t.Errorf("at %d they are called %q", version(), got)
	}
	i.must("migrate")
	i.must("vault", "rotate")
	if got := names(); got != "?,?" || version() != newest {
		t.Errorf("and back at %d: %q", version(), got)
	}
}

// migrationsFrom counts the migrations from this number on.
func migrationsFrom(t *testing.T, first int) (n int) {
	t.Helper()
	files, err := filepath.Glob("../../../sql/migrations/*.up.sql")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, f := range files {
		if number, err := strconv.Atoi(filepath.Base(f)[:4]); err != nil || number >= first {
			n++
		}
	}
	return n
}

func TestDemoIsRefusedWhereRealPeopleAre(t *testing.T) {
	dsn := dbtest.DSN(t)
	i := install(t, dsn, "WARMCABIN_DEMO=false")
	i.sentence("演示数据只能在开发环境中装入", "demo")

	var out bytes.Buffer
	err := run(t.Context(), []string{"demo", "-config", configs + "config.production.yaml"}, production(dsn), &out)
	if err == nil || !strings.Contains(err.Error(), "演示数据只能在开发环境中装入") {
		t.Errorf("in production: %v %s", err, &out)
	}
	if n := ask[int](t, connect(t, dsn), `SELECT COUNT(*) FROM persons`); n != 0 {
		t.Errorf("%d people were loaded", n)
	}
}

// production is the environment in which configs/config.production.yaml is complete.
func production(dsn string) []string {
	environ := []string{
		"WARMCABIN_SECRET_KEY=MDEyMzQ1Njc4OWFiY2RlZmdoaWprbG1ub3BxcnN0dXY=",
		"WARMCABIN_VAULT_KEYS=1:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
		"WARMCABIN_VAULT_INDEX_KEY=bTHzq4m2rM0s0gUoJYhGQKzYH4lS9z7a6wYqX4b2k9E=", "WARMCABIN_HTTP_PUBLIC_URL=https://cabin.street.gov.cn/",
		"WARMCABIN_MYSQL_DSN=" + strings.Replace(dsn, "root@", "cabin:dsn-S3cr3t@", 1),
		"WARMCABIN_REDIS_ADDR=127.0.0.1:6379", "WARMCABIN_REDIS_PASSWORD=redis-S3cr3t",
		"WARMCABIN_WECHAT_APP_ID=wx0123456789abcdef", "WARMCABIN_WECHAT_SECRET=wechat-S3cr3t",
		"WARMCABIN_WECHAT_PUSH_TOKEN=push-S3cr3t", "WARMCABIN_WECHAT_PUSH_AES_KEY=" + strings.Repeat("k", 43),
	}
	for _, name := range []string{"BOOKING_REQUESTED", "BOOKING_ANSWERED", "BOOKING_CHANGED", "REPORT_ASSIGNED", "REPORT_PROGRESS", "REPORT_RESULT"} {
		environ = append(environ, "WARMCABIN_WECHAT_TEMPLATES_"+name+"_ID=Zt3_"+name)
	}
	return environ
}

func TestProductionRefusesTheSimulator(t *testing.T) {
	for _, name := range []string{"serve", "worker"} {
		var out bytes.Buffer
		environ := append(production("root@tcp(127.0.0.1:1)/x"), "WARMCABIN_WECHAT_SIMULATOR=true")
		err := run(t.Context(), []string{name, "-config", configs + "config.production.yaml"}, environ, &out)
		if err == nil || err.Error() != "wechat.simulator：正式环境不能使用微信模拟器" || out.Len() > 0 {
			t.Errorf("%s: %v %s", name, err, &out)
		}
	}
}

func TestConfigCheck(t *testing.T) {
	i := install(t, "root@tcp(127.0.0.1:1)/x")
	if out := i.must("config", "check"); !strings.Contains(out, "✓ 配置完整，可以启动。") {
		t.Errorf("of the development file it says\n%s", out)
	}
	var out bytes.Buffer
	err := run(t.Context(), []string{"config", "check", "-config", configs + "config.production.yaml"}, nil, &out)
	if err == nil || !regexp.MustCompile(`有 \d+ 处需要改正：`).MatchString(out.String()) || !strings.Contains(out.String(), "✗ mysql.dsn：") {
		t.Errorf("without any variable: %v\n%s", err, &out)
	}
	out.Reset()
	err = run(t.Context(), []string{"config", "check", "-config", configs + "config.production.yaml"}, production("root@tcp(127.0.0.1:1)/x"), &out)
	if err != nil || strings.Contains(out.String(), "S3cr3t") {
		t.Errorf("complete: %v\n%s", err, &out)
	}
}

func TestOpenAPIIsTheFile(t *testing.T) {
	want, err := os.ReadFile("../../api/openapi.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := run(t.Context(), []string{"openapi"}, nil, &out); err != nil || out.String() != string(want) {
		t.Errorf("warmcabin openapi is not server/api/openapi.yaml (make openapi): %v, %d bytes", err, out.Len())
	}
}

func TestUsage(t *testing.T) {
	for _, args := range [][]string{nil, {"start"}, {"invite", "auditor"}, {"migrate", "-steps", "-1", "x"}, {"config", "look"}, {"vault"}, {"vault", "open"}, {"wechat"}, {"wechat", "send"}} {
		var out bytes.Buffer
		if err := run(t.Context(), args, nil, &out); !errors.Is(err, errUsage) || out.Len() > 0 {
			t.Errorf("%q: %v %s", args, err, &out)
		}
	}
	var out bytes.Buffer
	if err := run(t.Context(), []string{"invite", "-h"}, nil, &out); err != nil || !strings.Contains(out.String(), "-scope") {
		t.Errorf("invite -h: %v %s", err, &out)
	}
}

func TestInviteIsRefusedInWords(t *testing.T) {
	i := install(t, dbtest.DSN(t))
	i.sentence("请选择一个工作角色。", "invite", "--role", "mayor")
	i.sentence("请选择一个工作角色。", "invite", "--role", "resident")
	i.sentence("请选择这个角色对应的代表、单位或社区。", "invite", "--role", "deputy")
	i.sentence("选择的代表、单位或社区不存在，或者已经停用。", "invite", "--role", "department", "--scope", "99")
	i.sentence("这个角色不需要选择范围。", "invite", "--role", "admin", "--scope", "1")
}

func TestVaultRotateSaysWhatItDid(t *testing.T) {
	i := install(t, dbtest.DSN(t))
	if out := i.must("vault", "rotate"); !strings.Contains(out, "重新加密 0 份") || !strings.Contains(out, "可以从配置中去掉旧密钥") {
		t.Error(out)
	}
}

// The simulator's account has the templates of the configuration, so all of it agrees; a
// field that takes no such value is refused before anything starts.
func TestWeChatCheckHoldsTemplatesAgainstTheAccount(t *testing.T) {
	i := install(t, dbtest.DSN(t))
	out := i.must("wechat", "check")
	if strings.Count(out, "✓ 小程序") != len(cabin.TemplateKeys) || strings.Count(out, "✓ 公众号") != 3 || !strings.Contains(out, "都和账号里的一致") {
		t.Error(out)
	}
	c := config.Config{WeChat: config.WeChat{Templates: map[cabin.TemplateKey]config.Template{
		cabin.TellReportResult: {ID: "x", Kind: config.OneTime, Fields: map[string]string{"time1": "topic", "thing2": "topic"}},
	}}}
	if err := fits(c); err == nil || !strings.Contains(err.Error(), "wechat.templates.report_result：字段 time1 放不下") || strings.Contains(err.Error(), "thing2") {
		t.Error(err)
	}
}

// Who followed the official account before its events came to us is fetched; again is safe.
// Mismatches of its templates are named as the mini-program's are.
func TestTheOfficialAccountIsFetchedAndChecked(t *testing.T) {
	sim := wechatsim.New(wechatsim.Options{
		AppID: "touristappid", Secret: "simulated-secret", OfficialAppID: "simulated-official", OfficialSecret: "simulated-secret",
		OfficialTemplates: []wechatsim.Template{{ID: "sim-official-booking-requested", Title: "新的预约提醒", Fields: []wechatsim.Field{{Name: "thing1", Label: "事项"}, {Name: "thing9", Label: "别的"}}}},
	})
	wx, control := httptest.NewServer(sim.API()), httptest.NewServer(sim.Control())
	t.Cleanup(wx.Close)
	t.Cleanup(control.Close)
	for n := range 120 { // more than WeChat describes at once
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPut, fmt.Sprintf("%s/sim/people/p%03d/follow", control.URL, n), http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
	}
	dsn := dbtest.DSN(t)
	i := install(t, dsn, "WARMCABIN_WECHAT_SIMULATOR_URL="+wx.URL)
	for range 2 {
		if out := i.must("wechat", "followers"); !strings.Contains(out, "120 人关注，其中 120 人") {
			t.Error(out)
		}
	}
	if n := ask[int](t, connect(t, dsn), `SELECT COUNT(*) FROM official_followers WHERE left_at IS NULL AND unionid <> ''`); n != 120 {
		t.Errorf("%d followers are kept", n)
	}
	out, err := i.run("wechat", "check")
	for _, want := range []string{"✗ 公众号 新的预约提醒（booking_requested）：“新的预约提醒”没有字段 time2", "字段 thing9 没有填什么", "✗ 公众号 待办事项提醒（report_assigned）：账号里没有这个模板"} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q in:\n%s", want, out)
		}
	}
	if err == nil {
		t.Error("mismatches are no error")
	}
}

func TestMissingConfigurationIsOneSentence(t *testing.T) {
	path := filepath.Join(t.TempDir(), "nowhere.yaml")
	for _, name := range []string{"serve", "worker", "migrate", "invite", "demo"} {
		err := run(t.Context(), []string{name, "-config", path}, nil, io.Discard)
		if err == nil || !strings.Contains(err.Error(), "找不到配置文件 "+path) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// served is a running `warmcabin serve`.
type served struct {
	*installed
	url    string
	cancel context.CancelFunc
	done   chan error
	before int // goroutines
	http   *http.Client
}

func (i *installed) serve() *served {
	i.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	// No spare connections: one that never asked anything would hold up the stop.
	s := &served{installed: i, cancel: cancel, done: make(chan error, 1), before: runtime.NumGoroutine(),
		http: &http.Client{Timeout: patient, Transport: &http.Transport{DisableKeepAlives: true, ExpectContinueTimeout: patient}}}
	in, out := io.Pipe()
	go func() {
		err := run(ctx, []string{"serve", "-config", dev}, i.environ, out)
		_ = out.CloseWithError(io.EOF)
		s.done <- err
	}()
	i.t.Cleanup(cancel)
	line, err := bufio.NewReader(in).ReadString('\n')
	if err != nil {
		i.t.Fatalf("it does not start: %v", <-s.done)
	}
	_, s.url, _ = strings.Cut(strings.TrimSpace(line), "：")
	if !strings.HasPrefix(s.url, "http://127.0.0.1:") {
		i.t.Fatalf("its first words are %q", line)
	}
	return s
}

// ended waits until run has returned and returns what it returned.
func (s *served) ended() error {
	s.t.Helper()
	select {
	case err := <-s.done:
		return err
	case <-time.After(patient):
		s.t.Fatal("it does not end")
		return nil
	}
}

// nothingLeft fails while goroutines of the server are alive.
func (s *served) nothingLeft() {
	s.t.Helper()
	for end := time.Now().Add(5 * time.Second); runtime.NumGoroutine() > s.before; time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			var all bytes.Buffer
			_ = pprof.Lookup("goroutine").WriteTo(&all, 1)
			s.t.Fatalf("%d goroutines before, %d afterwards:\n%s", s.before, runtime.NumGoroutine(), &all)
		}
	}
}

// until polls, as the server runs in real time.
func until(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(patient); !ok(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%s: not within %v", what, patient)
		}
	}
}

// phone is a person with a session.
type phone struct {
	*served
	name, token string
}

func (s *served) login(name string) *phone {
	s.t.Helper()
	p := &phone{served: s, name: name}
	code := p.call(http.MethodPost, "/sim/people/"+name+"/login-code", nil, 200)["code"]
	p.token = p.call(http.MethodPost, "/api/v1/login", map[string]any{"code": code, "device": "测试手机"}, 200)["token"].(string)
	return p
}

// call makes a request and fails unless it is answered with this status.
func (p *phone) call(method, path string, in any, status int) map[string]any {
	p.t.Helper()
	text, err := json.Marshal(in)
	if err != nil {
		p.t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(p.t.Context(), method, p.url+path, bytes.NewReader(text))
	if err != nil {
		p.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Idempotency-Key", rand.Text())
	res, raw := p.do(req)
	if res.StatusCode != status {
		p.t.Fatalf("%s %s: got %d, want %d: %s", method, path, res.StatusCode, status, raw)
	}
	var out map[string]any
	if len(raw) > 0 && json.Unmarshal(raw, &out) != nil {
		p.t.Fatalf("%s %s: no JSON: %s", method, path, raw)
	}
	return out
}

func (p *phone) do(req *http.Request) (*http.Response, []byte) {
	p.t.Helper()
	if p.token != "" {
		req.Header.Set("Authorization", "Bearer "+p.token)
	}
	res, err := p.http.Do(req)
	if err != nil {
		p.t.Fatal(err)
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		p.t.Fatal(err)
	}
	return res, raw
}
