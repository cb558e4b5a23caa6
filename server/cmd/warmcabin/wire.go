package main

import (
	"cmp"
	"context"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	goredis "github.com/redis/go-redis/v9"

	"warmcabin/server/api"
	"warmcabin/server/cabin"
	"warmcabin/server/config"
	"warmcabin/server/excel"
	"warmcabin/server/jobs"
	"warmcabin/server/media"
	"warmcabin/server/mysql"
	"warmcabin/server/redis"
	"warmcabin/server/vault"
	"warmcabin/server/wechat"
	"warmcabin/server/wechat/wechatsim"
)

var (
	_ wechat.TokenStore = (*redis.Token)(nil)
	_ mysql.Sealer      = (*vault.Vault)(nil)
)

// app is the product's parts, put together.
type app struct {
	config   config.Config
	db       *mysql.DB
	cache    *goredis.Client
	photos   *media.Store
	exports  *excel.Folder // beside the photos: api and worker share that folder already
	client   *wechat.Client
	official *wechat.Official  // nil without an official account
	sim      *wechatsim.Server // nil without a simulator of our own
	registry *prometheus.Registry
	api      *api.Server
	worker   *jobs.Worker
	close    []func()
}

func (a *app) Close() {
	for _, f := range slices.Backward(a.close) {
		f()
	}
}

// assemble builds the parts of a validated configuration. It connects to nothing yet, but
// the simulator, which listens on a loopback port of its own so that WeChat's wire
// protocol really crosses one.
func assemble(c config.Config, log *slog.Logger) (_ *app, err error) {
	a := &app{config: c, registry: prometheus.NewRegistry()}
	defer func() {
		if err != nil {
			a.Close()
		}
	}()
	if a.db, err = openDB(c); err != nil {
		return nil, err
	}
	a.close = append(a.close, func() { _ = a.db.Close() })
	a.cache = redis.Open(redis.Options{Addr: c.Redis.Addr, Password: string(c.Redis.Password), DB: c.Redis.DB})
	a.close = append(a.close, func() { _ = a.cache.Close() })
	if a.photos, err = openPhotos(c); err != nil {
		return nil, err
	}
	a.close = append(a.close, func() { _ = a.photos.Close() })

	if a.exports, err = excel.OpenFolder(filepath.Join(c.Media.Dir, "exports")); err != nil {
		return nil, err
	}
	a.close = append(a.close, func() { _ = a.exports.Close() })

	control, err := a.openWeChat(c)
	if err != nil {
		return nil, err
	}
	if err := fits(c); err != nil {
		return nil, err
	}
	push, err := receiver(c.WeChat.AppID, c.WeChat.Push)
	if err != nil {
		return nil, err
	}
	officialPush, err := receiver(c.Official.AppID, c.Official.Push)
	if err != nil {
		return nil, err
	}
	a.api, err = api.New(api.Config{
		DB: a.db, Sessions: redis.New(a.cache, time.Now), WeChat: a.client, Photos: a.photos, Exports: a.exports, Signer: media.NewSigner(c.Key()),
		Templates: promptTemplates(c), Sim: a.rehearsal(control), ClientDir: c.Client.Dir, TrustedProxies: c.HTTP.TrustedProxies, PublicURL: c.HTTP.PublicURL, FreshFor: 800 * time.Millisecond,
		Development: !c.IsProduction(), SecondFactor: c.NeedsFactor(), PhoneButton: c.WeChat.PhoneButton, Push: push, OfficialPush: officialPush, OfficialTells: len(c.Official.Templates) > 0, Fonts: api.Fonts{Regular: c.Sheets.Font, Bold: c.Sheets.Bold}, Registry: a.registry, Log: log,
	})
	if err != nil {
		return nil, err
	}
	a.worker = &jobs.Worker{
		DB: a.db, Sender: a.client, Checker: a.client, PhotoAddress: photoAddress(c), Templates: pushTemplates(c.WeChat.Templates), Photos: a.photos, Exports: a.exports,
		Interval: c.Worker.Interval, Metrics: jobs.NewMetrics(a.registry), Log: log, Devices: devicesIn(redis.New(a.cache, time.Now)),
	}
	if a.official != nil { // else the interface would hold a nil that is not nil
		a.worker.Official, a.worker.OfficialTemplates = a.official, pushTemplates(c.Official.Templates)
	}
	return a, nil
}

// openWeChat makes the clients of the mini-program and of the official account, of WeChat or
// of a simulator; control is the handler of one that runs in this process, nil without one.
func (a *app) openWeChat(c config.Config) (control http.Handler, err error) {
	account := wechat.Config{
		AppID: c.WeChat.AppID, Secret: string(c.WeChat.Secret), State: wechat.State(c.WeChat.State),
		Tokens: redis.NewToken(a.cache, c.WeChat.AppID, a.db.Tokens.MayForce),
	}
	officialAccount := wechat.Config{
		AppID: c.Official.AppID, Secret: string(c.Official.Secret), MiniAppID: c.WeChat.AppID, Tokens: redis.NewToken(a.cache, c.Official.AppID, a.db.Tokens.MayForce),
	}
	switch {
	case c.WeChat.SimulatorURL != "": // outside, as WeChat is: its control side and its tokens outlive us
		base, err := url.Parse(c.WeChat.SimulatorURL)
		if err != nil {
			return nil, err
		}
		account.Transport = wechatsim.Redirect(base)
	case c.WeChat.Simulator:
		if account.Transport, err = a.simulate(c); err != nil {
			return nil, err
		}
		control = a.sim.Control()
		// The simulator forgets its tokens with the process, so they are kept with it.
		account.Tokens, officialAccount.Tokens = nil, nil
	}
	officialAccount.Transport = account.Transport
	if a.client, err = wechat.New(account); err != nil {
		return nil, err
	}
	if c.Official.AppID != "" {
		a.official, err = wechat.NewOfficial(officialAccount)
	}
	return control, err
}

// devicesIn lists where somebody is logged in, as their own archive names it.
func devicesIn(sessions *redis.Sessions) func(context.Context, int64) ([]cabin.PersonalDevice, error) {
	return func(ctx context.Context, personID int64) (devices []cabin.PersonalDevice, err error) {
		list, err := sessions.List(ctx, personID)
		for _, s := range list {
			devices = append(devices, cabin.PersonalDevice{Name: s.Device, At: s.CreatedAt, Used: s.SeenAt})
		}
		return devices, err
	}
}

// openPhotos opens the photos' shelf; they are developed by this program, run apart.
func openPhotos(c config.Config) (photos *media.Store, err error) {
	if at := c.Media.S3; at.Endpoint != "" {
		photos, err = media.OpenBucket(c.Media.Dir, media.Bucket{
			Endpoint: at.Endpoint, Region: at.Region, Name: at.Bucket, Prefix: at.Prefix, AccessKey: at.AccessKey, SecretKey: string(at.SecretKey), PathStyle: at.PathStyle,
		})
	} else {
		photos, err = media.Open(c.Media.Dir)
	}
	if err != nil {
		return nil, err
	}
	self, err := os.Executable()
	if err != nil {
		_ = photos.Close()
		return nil, err
	}
	photos.DevelopBy(media.Apart(self, developVerb, "-cover"))
	return photos, nil
}

// receiver opens an account's pushes; nil where none are configured.
func receiver(appID string, p config.Push) (*wechat.Receiver, error) {
	if p.Token == "" {
		return nil, nil
	}
	return wechat.NewReceiver(appID, string(p.Token), string(p.AESKey), nil)
}

// photoAddress is where WeChat's image check fetches a photo for a short time.
func photoAddress(c config.Config) func(string, time.Time) string {
	signer := media.NewSigner(c.Key())
	return func(id string, ends time.Time) string {
		return strings.TrimSuffix(c.HTTP.PublicURL, "/") + api.SignedMedia + signer.Sign(id, ends)
	}
}

func openDB(c config.Config) (*mysql.DB, error) {
	sealer, err := openVault(c)
	if err != nil {
		return nil, err
	}
	return mysql.Open(string(c.MySQL.DSN), mysql.Options{MaxOpen: c.MySQL.MaxOpen, MaxIdle: c.MySQL.MaxIdle, Sealer: sealer, Official: c.Official.AppID != "", Templates: jobs.Ways(pushTemplates(c.WeChat.Templates), pushTemplates(c.Official.Templates))})
}

func openVault(c config.Config) (*vault.Vault, error) {
	keys, err := vault.ParseKeys(string(c.Vault.Keys))
	if err != nil {
		return nil, err
	}
	index, err := vault.ParseIndexKey(string(c.Vault.IndexKey))
	if err != nil {
		return nil, err
	}
	return vault.New(keys, index), nil
}

// simulate starts the simulator's WeChat side and returns the way to it.
func (a *app) simulate(c config.Config) (http.RoundTripper, error) {
	a.sim = wechatsim.New(wechatsim.Options{
		AppID: c.WeChat.AppID, Secret: string(c.WeChat.Secret), Templates: simTemplates(c.WeChat.Templates),
		OfficialAppID: c.Official.AppID, OfficialSecret: string(c.Official.Secret), OfficialTemplates: simTemplates(c.Official.Templates),
	})
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	server := &http.Server{Handler: a.sim.API(), ReadHeaderTimeout: 5 * time.Second}
	go func() { _ = server.Serve(listener) }() // ends with Close below
	a.close = append(a.close, func() { _ = server.Shutdown(context.Background()) })
	base := &url.URL{Scheme: "http", Host: listener.Addr().String()}
	return wechatsim.Redirect(base), nil
}

// simPushes makes the simulator push its events to this server until ctx ends, as WeChat does.
func (a *app) simPushes(ctx context.Context, to net.Addr) {
	if a.sim == nil {
		return
	}
	host, port, err := net.SplitHostPort(to.String())
	if ip, parseErr := netip.ParseAddr(host); err == nil && parseErr == nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	push := func(path string, p config.Push) wechatsim.PushTo {
		if p.Token == "" {
			return wechatsim.PushTo{}
		}
		return wechatsim.PushTo{URL: "http://" + net.JoinHostPort(host, port) + path, Token: string(p.Token), AESKey: string(p.AESKey)}
	}
	a.sim.PushTo(push(api.PushPath, a.config.WeChat.Push), push(api.OfficialPushPath, a.config.Official.Push))
	a.sim.Run(ctx)
}

// templateTitles are what a person reads in WeChat's prompt; the account's own titles are
// the same by the list in README.
var templateTitles = map[cabin.TemplateKey]string{
	cabin.TellBookingRequested: "新的预约提醒", cabin.TellBookingAnswered: "预约结果通知", cabin.TellBookingChanged: "预约变更通知",
	cabin.TellReportAssigned: "待办事项提醒", cabin.TellReportProgress: "办理进度通知", cabin.TellReportResult: "办理结果通知",
}

func promptTemplates(c config.Config) map[cabin.TemplateKey]api.Template {
	out := map[cabin.TemplateKey]api.Template{}
	for key, t := range c.WeChat.Templates {
		out[key] = api.Template{ID: t.ID, Title: templateTitles[key], LongTerm: t.Kind == config.LongTerm}
	}
	return out
}

func pushTemplates(templates map[cabin.TemplateKey]config.Template) map[cabin.TemplateKey]jobs.Template {
	out := map[cabin.TemplateKey]jobs.Template{}
	for key, t := range templates {
		out[key] = jobs.Template{ID: t.ID, LongTerm: t.Kind == config.LongTerm, Resend: t.OnUnknown == config.Resend, Fields: t.Fields, Page: t.Page,
			State: wechat.State(t.State), Life: time.Duration(t.KeepTryingHours) * time.Hour}
	}
	return out
}

func simTemplates(templates map[cabin.TemplateKey]config.Template) []wechatsim.Template {
	var out []wechatsim.Template
	for key, t := range templates {
		sim := wechatsim.Template{ID: t.ID, Title: templateTitles[key], Kind: string(t.Kind)}
		for field, source := range t.Fields {
			sim.Fields = append(sim.Fields, wechatsim.Field{Name: field, Label: cabin.ValueSources[source]})
		}
		// Fields are numbered in the order in which people read them: thing1, time2 …
		slices.SortFunc(sim.Fields, func(x, y wechatsim.Field) int {
			return cmp.Compare(digits(x.Name), digits(y.Name))
		})
		out = append(out, sim)
	}
	return out
}

func digits(name string) string { return strings.TrimLeft(name, "abcdefghijklmnopqrstuvwxyz_") }
