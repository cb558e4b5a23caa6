package config

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"warmcabin/server/cabin"
)

const configs = "../../configs/"

// Keys as an operator makes them.
const (
	firstSeal  = "2p1sYyJDFfDM0Ct39hqDdgy5n0IjcUoZ0KD8F5DTwCo="
	secondSeal = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
	indexKey   = "bTHzq4m2rM0s0gUoJYhGQKzYH4lS9z7a6wYqX4b2k9E="

	developmentSeal = "ZGV2ZWxvcG1lbnQtb25seS1zZWFsLTMyLWJ5dGVzISE="
)

// filled is the environment of a production process in which everything is set.
func filled(changes ...string) []string {
	key := base64.StdEncoding.EncodeToString([]byte("0123456789abcdefghijklmnopqrstuv"))
	env := []string{
		"PATH=/bin",
		"WARMCABIN_SECRET_KEY=" + key,
		"WARMCABIN_VAULT_KEYS=2:" + secondSeal + ",1:" + firstSeal,
		"WARMCABIN_VAULT_INDEX_KEY=" + indexKey,
		"WARMCABIN_HTTP_PUBLIC_URL=https://cabin.street.gov.cn/",
		"WARMCABIN_MYSQL_DSN=cabin:dsn-S3cr3t@tcp(db.internal:3306)/warmcabin",
		"WARMCABIN_REDIS_ADDR=cache.internal:6379",
		"WARMCABIN_REDIS_PASSWORD=redis-S3cr3t",
		"WARMCABIN_WECHAT_APP_ID=wx0123456789abcdef",
		"WARMCABIN_WECHAT_SECRET=wechat-S3cr3t",
		"WARMCABIN_WECHAT_PUSH_TOKEN=push-S3cr3t",
		"WARMCABIN_WECHAT_PUSH_AES_KEY=" + strings.Repeat("k", 43),
	}
	for _, name := range cabin.TemplateKeys {
		env = append(env, "WARMCABIN_WECHAT_TEMPLATES_"+strings.ToUpper(string(name))+"_ID=Zt3_"+string(name))
	}
	for _, change := range changes {
		name, _, _ := strings.Cut(change, "=")
		env = slices.DeleteFunc(env, func(e string) bool { return strings.HasPrefix(e, name+"=") })
		env = append(env, change)
	}
	return env
}

func write(t *testing.T, yaml string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "config.yaml")
	if err := os.WriteFile(path, []byte(yaml), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// faultsOf fails unless err is Faults.
func faultsOf(t *testing.T, err error) map[string]string {
	t.Helper()
	faults, ok := errors.AsType[Faults](err)
	if !ok {
		t.Fatalf("want Faults, got %v", err)
	}
	byKey := map[string]string{}
	for _, f := range faults {
		if _, twice := byKey[f.Key]; twice {
			t.Errorf("%s is named twice", f.Key)
		}
		byKey[f.Key] = f.Message
	}
	return byKey
}

func TestShippedFilesAreValid(t *testing.T) {
	for _, name := range []string{"config.example.yaml", "config.dev.yaml"} {
		c, err := Load(configs+name, nil)
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if c.Env != Development || len(c.Key()) != 32 || c.HTTP.PublicURL != "http://127.0.0.1:8080" {
			t.Errorf("%s: %s", name, c.Masked())
		}
		if len(c.WeChat.Templates) != len(cabin.TemplateKeys) {
			t.Errorf("%s has %d templates, want all %d", name, len(c.WeChat.Templates), len(cabin.TemplateKeys))
		}
	}
	c, err := Load(configs+"config.production.yaml", filled())
	if err != nil {
		t.Fatal(err)
	}
	if !c.IsProduction() || c.HTTP.PublicURL != "https://cabin.street.gov.cn" || c.WeChat.Templates[cabin.TellReportResult].ID != "Zt3_report_result" {
		t.Errorf("production: %s", c.Masked())
	}
}

// TestExampleNamesEveryKey keeps the documentation whole when a setting is added.
func TestExampleNamesEveryKey(t *testing.T) {
	text, err := os.ReadFile(configs + "config.example.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for name, key := range variables() {
		last := key[strings.LastIndex(key, ".")+1:]
		if !bytes.Contains(text, []byte(last+":")) {
			t.Errorf("config.example.yaml does not mention %s (%s)", key, name)
		}
	}
}

func TestProductionFileHoldsNoSecret(t *testing.T) {
	_, err := Load(configs+"config.production.yaml", nil)
	faults := faultsOf(t, err)
	for _, key := range []string{
		"secret_key", "vault.keys", "vault.index_key", "http.public_url", "mysql.dsn", "redis.addr", "wechat.app_id", "wechat.secret",
		"wechat.templates.booking_requested.id", "wechat.templates.report_result.id",
	} {
		if !strings.Contains(faults[key], "环境变量 WARMCABIN_") {
			t.Errorf("%s: %q does not name its variable", key, faults[key])
		}
	}
}

// The official account has templates of its own, of its own kind, and pages where wanted.
func TestOfficialAccountsTemplates(t *testing.T) {
	load := func(official string) error {
		text, err := os.ReadFile(configs + "config.dev.yaml")
		if err != nil {
			t.Fatal(err)
		}
		file := filepath.Join(t.TempDir(), "config.yaml")
		before, rest, _ := strings.Cut(string(text), "\nofficial:\n")
		_, after, _ := strings.Cut(rest, "\nmedia:\n")
		if err := os.WriteFile(file, []byte(before+"\n"+official+"\nmedia:\n"+after), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err = Load(file, nil)
		return err
	}
	const some = "official: {app_id: a, secret: b, templates: {booking_requested: {id: x, kind: official, fields: {thing1: topic}"
	for text, key := range map[string]string{
		some + "}}}": "",
		some + ", page: 'pages/booking/detail?id={id}'}}}":                                                           "",
		some + ", page: 'https://elsewhere.cn/'}}}":                                                                  "official.templates.booking_requested.page",
		"official: {app_id: touristappid, secret: b}":                                                                "official.app_id",
		strings.Replace(some, "kind: official", "kind: one-time", 1) + "}}}":                                         "official.templates.booking_requested.kind",
		strings.Replace(some, "booking_requested", "booking_lost", 1) + "}}}":                                        "official.templates.booking_lost",
		"official: {templates: {report_assigned: {id: x, kind: official, fields: {thing1: topic}}}}":                 "official.templates",
		"official: {app_id: a, secret: b, templates: {report_assigned: {kind: official, fields: {thing1: colour}}}}": "official.templates.report_assigned.id",
		some + ", state: trial}}}":                                                                                   "official.templates.booking_requested.state",
		some + ", keep_trying_hours: 200}}}":                                                                         "official.templates.booking_requested.keep_trying_hours",
	} {
		err := load(text)
		if key == "" && err != nil {
			t.Errorf("%s: %v", text, err)
		} else if key != "" && faultsOf(t, err)[key] == "" {
			t.Errorf("%s: no fault of %s: %v", text, key, err)
		}
	}
}

func TestProductionRefuses(t *testing.T) {
	cases := []struct{ name, change, key string }{
		{"simulator", "WARMCABIN_WECHAT_SIMULATOR=true", "wechat.simulator"},
		{"simulator of its own", "WARMCABIN_WECHAT_SIMULATOR_URL=http://127.0.0.1:8081", "wechat.simulator_url"},
		{"demo data", "WARMCABIN_DEMO=true", "demo"},
		{"http address", "WARMCABIN_HTTP_PUBLIC_URL=http://cabin.street.gov.cn", "http.public_url"},
		{"bare IP", "WARMCABIN_HTTP_PUBLIC_URL=https://10.1.2.3", "http.public_url"},
		{"localhost", "WARMCABIN_HTTP_PUBLIC_URL=https://localhost", "http.public_url"},
		{"sample domain", "WARMCABIN_HTTP_PUBLIC_URL=https://cabin.example.gov.cn", "http.public_url"},
		{"tourist app", "WARMCABIN_WECHAT_APP_ID=touristappid", "wechat.app_id"},
		{"sample secret", "WARMCABIN_WECHAT_SECRET=change-me", "wechat.secret"},
		{"no secret", "WARMCABIN_WECHAT_SECRET=", "wechat.secret"},
		{"simulator's secret", "WARMCABIN_WECHAT_SECRET=simulated-secret", "wechat.secret"},
		{"sample push token", "WARMCABIN_WECHAT_PUSH_TOKEN=your-token", "wechat.push.token"},
		{"development key", "WARMCABIN_SECRET_KEY=" + DevelopmentKey, "secret_key"},
		{"key of zeros", "WARMCABIN_SECRET_KEY=" + base64.StdEncoding.EncodeToString(make([]byte, 32)), "secret_key"},
		{"short key", "WARMCABIN_SECRET_KEY=c2hvcnQ=", "secret_key"},
		{"no key", "WARMCABIN_SECRET_KEY=", "secret_key"},
		{"a second factor for who likes", "WARMCABIN_SECURITY_SECOND_FACTOR=optional", "security.second_factor"},
		{"a second factor of another kind", "WARMCABIN_SECURITY_SECOND_FACTOR=sms", "security.second_factor"},
		{"development vault key", "WARMCABIN_VAULT_KEYS=1:" + developmentSeal, "vault.keys"},
		{"development key among the older ones", "WARMCABIN_VAULT_KEYS=2:" + firstSeal + ",1:" + developmentSeal, "vault.keys"},
		{"development index key", "WARMCABIN_VAULT_INDEX_KEY=ZGV2ZWxvcG1lbnQtb25seS1waG9uZXMtMzItYnl0ZXM=", "vault.index_key"},
		{"sample vault key", "WARMCABIN_VAULT_KEYS=1:change-me", "vault.keys"},
		{"vault key without a number", "WARMCABIN_VAULT_KEYS=" + firstSeal, "vault.keys"},
		{"vault key of zeros", "WARMCABIN_VAULT_KEYS=1:" + strings.Repeat("0", 64), "vault.keys"},
		{"two vault keys of one number", "WARMCABIN_VAULT_KEYS=1:" + firstSeal + ",1:" + secondSeal, "vault.keys"},
		{"no vault key", "WARMCABIN_VAULT_KEYS=", "vault.keys"},
		{"vault key is the secret key", "WARMCABIN_VAULT_KEYS=1:MDEyMzQ1Njc4OWFiY2RlZmdoaWprbG1ub3BxcnN0dXY=", "vault.keys"},
		{"sample index key", "WARMCABIN_VAULT_INDEX_KEY=change-me", "vault.index_key"},
		{"no index key", "WARMCABIN_VAULT_INDEX_KEY=", "vault.index_key"},
		{"index key seals as well", "WARMCABIN_VAULT_INDEX_KEY=" + firstSeal, "vault.index_key"},
		{"index key is the secret key", "WARMCABIN_VAULT_INDEX_KEY=MDEyMzQ1Njc4OWFiY2RlZmdoaWprbG1ub3BxcnN0dXY=", "vault.index_key"},
		{"no database password", "WARMCABIN_MYSQL_DSN=root@tcp(db:3306)/warmcabin", "mysql.dsn"},
		{"sample database password", "WARMCABIN_MYSQL_DSN=cabin:change-me@tcp(db:3306)/warmcabin", "mysql.dsn"},
		{"password is the user", "WARMCABIN_MYSQL_DSN=cabin:cabin@tcp(db:3306)/warmcabin", "mysql.dsn"},
		{"open Redis elsewhere", "WARMCABIN_REDIS_PASSWORD=", "redis.password"},
		{"sample Redis password", "WARMCABIN_REDIS_PASSWORD=123456", "redis.password"},
		{"sample template", "WARMCABIN_WECHAT_TEMPLATES_BOOKING_CHANGED_ID=change-me-3", "wechat.templates.booking_changed.id"},
		{"sample official account", "WARMCABIN_OFFICIAL_APP_ID=gh_123", "official.app_id"},
		{"public metrics", "WARMCABIN_METRICS_ADDR=0.0.0.0:9090", "metrics.addr"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			_, err := Load(configs+"config.production.yaml", filled(c.change))
			faults := faultsOf(t, err)
			if faults[c.key] == "" {
				t.Errorf("no sentence about %s, only %v", c.key, err)
			}
			if c.change != "WARMCABIN_OFFICIAL_APP_ID=gh_123" && len(faults) != 1 {
				t.Errorf("want one fault, got %v", err)
			}
		})
	}
}

// A bucket is written whole or not at all, and is not reached in the clear over the internet.
func TestBucketOfPhotos(t *testing.T) {
	whole := []string{
		"WARMCABIN_MEDIA_S3_ENDPOINT=https://oss-cn-shanghai.aliyuncs.com", "WARMCABIN_MEDIA_S3_BUCKET=cabin-photos", "WARMCABIN_MEDIA_S3_REGION=oss-cn-shanghai",
		"WARMCABIN_MEDIA_S3_ACCESS_KEY=LTAI5t", "WARMCABIN_MEDIA_S3_SECRET_KEY=bucket-S3cr3t", "WARMCABIN_MEDIA_S3_PREFIX=cabin/",
	}
	c, err := Load(configs+"config.production.yaml", append(filled(), whole...))
	if err != nil || c.Media.S3.Bucket != "cabin-photos" || c.Media.S3.SecretKey != "bucket-S3cr3t" {
		t.Fatalf("%+v, %v", c.Media.S3, err)
	}
	if text := fmt.Sprint(c.Masked()); strings.Contains(text, "S3cr3t") {
		t.Error("the secret key is shown")
	}
	inside := append(filled(), whole...)
	if _, err := Load(configs+"config.production.yaml", append(inside, "WARMCABIN_MEDIA_S3_ENDPOINT=http://10.0.0.9:9000")); err != nil {
		t.Errorf("a bucket in the own network: %v", err)
	}
	for change, key := range map[string]string{
		"WARMCABIN_MEDIA_S3_ENDPOINT=": "media.s3.endpoint", "WARMCABIN_MEDIA_S3_ENDPOINT=oss-cn-shanghai.aliyuncs.com": "media.s3.endpoint",
		"WARMCABIN_MEDIA_S3_ENDPOINT=https://oss.example.cn/cabin": "media.s3.endpoint", "WARMCABIN_MEDIA_S3_ENDPOINT=http://oss.example.cn": "media.s3.endpoint",
		"WARMCABIN_MEDIA_S3_BUCKET=": "media.s3.bucket", "WARMCABIN_MEDIA_S3_BUCKET=My Bucket": "media.s3.bucket",
		"WARMCABIN_MEDIA_S3_PREFIX=/cabin": "media.s3.prefix", "WARMCABIN_MEDIA_S3_ACCESS_KEY=": "media.s3.access_key",
		"WARMCABIN_MEDIA_S3_SECRET_KEY=": "media.s3.secret_key", "WARMCABIN_MEDIA_S3_SECRET_KEY=change-me": "media.s3.secret_key",
	} {
		_, err := Load(configs+"config.production.yaml", append(append(filled(), whole...), change))
		if strings.HasSuffix(change, "=") { // an empty variable counts as unset: take it out
			name := change
			_, err = Load(configs+"config.production.yaml", append(filled(), slices.DeleteFunc(slices.Clone(whole), func(e string) bool { return strings.HasPrefix(e, name) })...))
		}
		if faults := faultsOf(t, err); len(faults) != 1 || faults[key] == "" {
			t.Errorf("%s: %v", change, err)
		}
	}
}

func TestAllFaultsAtOnce(t *testing.T) {
	path := write(t, `
env: staging
http: {prot: 80, port: eighty, read_timeout: 15, trusted_proxies: [10.0.0.1]}
metrics: {addr: "9090"}
mysql: {dsn: nonsense, max_open: 1, max_idle: 9}
redis: {addr: somewhere, db: 16}
wechat: {state: beta, simulater: true, push: {token: t}, templates: {booking_moved: {id: x}, report_result: {kind: daily, fields: {word1: remark, thing2: "", thing3: colour}}}}
official: {app_id: wx}
worker: {interval: 0s, enabled: perhaps}
secret_key: short
vault: {keys: "1:short", index_key: short, index: x}
`)
	_, err := Load(path, []string{"WARMCABIN_MYSQL_DNS=x", "WARMCABIN_TEST_X=1", "WARMCABIN_CONFIG=x.yaml", "WARMCABIN_URL=http://x"})
	faults := faultsOf(t, err)
	for _, key := range []string{
		"env", "http.prot", "http.port", "http.read_timeout", "http.trusted_proxies", "metrics.addr",
		"mysql.dsn", "mysql.max_open", "mysql.max_idle", "redis.addr", "redis.db",
		"wechat.app_id", "wechat.secret", "wechat.state", "wechat.simulater", "wechat.push",
		"wechat.templates.booking_moved", "wechat.templates.report_result.id", "wechat.templates.report_result.kind",
		"wechat.templates.report_result.fields.word1", "wechat.templates.report_result.fields.thing2", "wechat.templates.report_result.fields.thing3",
		"wechat.templates.booking_requested", "wechat.templates.booking_answered", "wechat.templates.booking_changed",
		"wechat.templates.report_assigned", "wechat.templates.report_progress",
		"official", "worker.interval", "worker.enabled", "secret_key", "WARMCABIN_MYSQL_DNS",
		"vault.keys", "vault.index_key", "vault.index",
	} {
		if faults[key] == "" {
			t.Errorf("nothing said about %s", key)
		}
		delete(faults, key)
	}
	if len(faults) > 0 {
		t.Errorf("and these are no faults: %v", faults)
	}
}

func TestEnvironmentOverridesFile(t *testing.T) {
	c, err := Load(configs+"config.dev.yaml", []string{
		"WARMCABIN_PORT=18080",
		"WARMCABIN_MYSQL_DSN=a:b@tcp(h:1)/d?parseTime=true",
		"WARMCABIN_REDIS_ADDR=h:2",
		"WARMCABIN_HTTP_TRUSTED_PROXIES=10.0.0.0/8, 127.0.0.1/32",
		"WARMCABIN_HTTP_READ_TIMEOUT=1m",
		"WARMCABIN_WORKER_ENABLED=false",
		"WARMCABIN_WECHAT_STATE=",
		"WARMCABIN_WECHAT_TEMPLATES_BOOKING_CHANGED_KIND=long-term",
	})
	if err != nil {
		t.Fatal(err)
	}
	if c.HTTP.Addr() != "127.0.0.1:18080" || c.HTTP.PublicURL != "http://127.0.0.1:18080" || c.HTTP.ReadTimeout != time.Minute {
		t.Errorf("http: %+v", c.HTTP)
	}
	if c.MySQL.DSN != "a:b@tcp(h:1)/d?parseTime=true" || c.Redis.Addr != "h:2" || c.Worker.Enabled {
		t.Errorf("stores: %+v %+v %+v", string(c.MySQL.DSN), c.Redis, c.Worker)
	}
	if !slices.Equal(c.HTTP.TrustedProxies, []string{"10.0.0.0/8", "127.0.0.1/32"}) {
		t.Errorf("proxies: %q", c.HTTP.TrustedProxies)
	}
	if c.WeChat.State != StateDeveloper {
		t.Errorf("an empty variable changed the state to %q", c.WeChat.State)
	}
	if tpl := c.WeChat.Templates[cabin.TellBookingChanged]; tpl.Kind != LongTerm || tpl.ID != "sim-booking-changed" || len(tpl.Fields) == 0 {
		t.Errorf("template: %+v", tpl)
	}
}

func TestFileThatCannotBeRead(t *testing.T) {
	if _, err := Load("/nowhere/config.yaml", nil); err == nil || !strings.Contains(err.Error(), "/nowhere/config.yaml") {
		t.Errorf("missing file: %v", err)
	}
	if _, err := Load(write(t, "http: [\n"), nil); err == nil || !strings.Contains(err.Error(), "YAML") {
		t.Errorf("broken file: %v", err)
	}
}

func TestNoOutputShowsASecret(t *testing.T) {
	c, err := Load(configs+"config.production.yaml", filled("WARMCABIN_OFFICIAL_APP_ID=wx00112233445566aa", "WARMCABIN_OFFICIAL_SECRET=official-S3cr3t"))
	if err != nil {
		t.Fatal(err)
	}
	var logged, checked bytes.Buffer
	slog.New(slog.NewJSONHandler(&logged, nil)).Info("start", "config", c, "dsn", c.MySQL.DSN, "secret", c.WeChat.Secret)
	if err := Check(configs+"config.production.yaml", filled(), &checked); err != nil {
		t.Fatal(err)
	}
	for name, out := range map[string]string{
		"Masked": c.Masked(), "%v": fmt.Sprintf("%v", c), "%+v": fmt.Sprintf("%+v", c), "%#v": fmt.Sprintf("%#v", c),
		"%q": fmt.Sprintf("%q", c.WeChat.Secret), "%x": fmt.Sprintf("%x", c.WeChat.Secret), "slog": logged.String(), "Check": checked.String(),
	} {
		for _, secret := range []string{"S3cr3t", string(c.SecretKey), firstSeal, secondSeal, indexKey, strings.Repeat("k", 43), fmt.Sprintf("%x", "wechat-S3cr3t")} {
			if strings.Contains(out, secret) {
				t.Errorf("%s shows %s: %s", name, secret, out)
			}
		}
	}
	if !strings.Contains(c.Masked(), "db.internal:3306") {
		t.Errorf("Masked hides the host as well: %s", c.Masked())
	}
}

func TestCheckSaysWhatIsMissing(t *testing.T) {
	var out bytes.Buffer
	err := Check(configs+"config.production.yaml", filled("WARMCABIN_WECHAT_SECRET=", "WARMCABIN_DEMO=true"), &out)
	if err == nil {
		t.Fatal("Check accepts a configuration without a secret")
	}
	for _, want := range []string{"有 2 处需要改正", "wechat.secret：环境变量 WARMCABIN_WECHAT_SECRET 没有设置", "demo：正式环境不能装入演示数据", "official 没有填写"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("missing %q in\n%s", want, out.String())
		}
	}
}

// What happens to a message that may be lost is one of two words.
func TestOnUnknownIsDropOrResend(t *testing.T) {
	c, err := Load("../../configs/config.dev.yaml", nil)
	if err != nil {
		t.Fatal(err)
	}
	for word, good := range map[OnUnknown]bool{"": true, Drop: true, Resend: true, "again": false} {
		one := c.WeChat.Templates[cabin.TellReportResult]
		one.OnUnknown = word
		c.WeChat.Templates[cabin.TellReportResult] = one
		if err := c.Validate(); (err == nil) != good {
			t.Errorf("%q: %v", word, err)
		}
	}
}

func TestSimulatorElsewhere(t *testing.T) {
	for address, good := range map[string]bool{
		"http://127.0.0.1:8081": true, "http://localhost:8081": true, "http://10.0.0.5:8081": false, "https://127.0.0.1:8081": false, "127.0.0.1:8081": false,
	} {
		c, err := Load("../../configs/config.dev.yaml", []string{"WARMCABIN_WECHAT_SIMULATOR_URL=" + address})
		if (err == nil) != good || c.WeChat.SimulatorURL != address {
			t.Errorf("%s: %v", address, err)
		}
	}
}
