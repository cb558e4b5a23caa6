package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	driver_mysql "github.com/go-sql-driver/mysql"

	"warmcabin/server/cabin"
	"warmcabin/server/config"
	"warmcabin/server/instance"
	"warmcabin/server/wechat/wechatsim"
)

const (
	devConfig = "configs/config.dev.yaml"
	database  = "faults"
)

// site is one installation of the product as a street has it: every part can be killed and
// started again.
type site struct {
	dir, binary, config string
	env                 []string // of servers and workers
	templates           map[cabin.TemplateKey]config.Template

	mariadb, redis *instance.Process
	db             *sql.DB // the counter's own way to the database
	servers        [2]atomic.Pointer[instance.Program]
	workers        [2]atomic.Pointer[instance.Program]

	sim     *wechatsim.Server
	control string // the simulator's control side
	post    postBook

	phones  []*phone
	journal journal
	closers []func()
	logs    atomic.Int64 // each start has a log of its own
}

func (s *site) close() {
	for _, f := range slices.Backward(s.closers) {
		f()
	}
	s.closers = nil
}

// openSite builds the product and starts everything in dir; root is the project's folder.
func openSite(ctx context.Context, root, dir string) (_ *site, err error) {
	s := &site{dir: dir}
	defer func() {
		if err != nil {
			s.close()
		}
	}()
	if s.config, err = filepath.Abs(filepath.Join(root, devConfig)); err != nil {
		return nil, err
	}
	settings, err := config.Load(s.config, nil)
	if err != nil {
		return nil, fmt.Errorf("请在项目文件夹里运行：%w", err)
	}
	s.templates = settings.WeChat.Templates
	if s.binary, err = instance.BuildProduct(ctx, root, dir); err != nil {
		return nil, err
	}
	s.openSimulator(settings)
	if err := s.openStores(ctx); err != nil {
		return nil, err
	}
	for i := range s.servers {
		if err := errors.Join(s.startServer(i), s.startWorker(i)); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// openSimulator starts WeChat, which is nobody's to kill: here, in our own process.
func (s *site) openSimulator(c config.Config) {
	var templates []wechatsim.Template
	for key, t := range c.WeChat.Templates {
		sim := wechatsim.Template{ID: t.ID, Title: string(key)}
		for field := range t.Fields {
			sim.Fields = append(sim.Fields, wechatsim.Field{Name: field})
		}
		templates = append(templates, sim)
	}
	s.sim = wechatsim.New(wechatsim.Options{AppID: c.WeChat.AppID, Secret: string(c.WeChat.Secret), Templates: templates, Seen: s.post.note})
	api, control := httptest.NewServer(faraway(s.sim.API())), httptest.NewServer(s.sim.Control())
	s.control = control.URL
	s.closers = append(s.closers, api.Close, control.Close)
	media, _ := filepath.Abs(filepath.Join(s.dir, "media"))
	s.env = instance.Environ(
		"WARMCABIN_WECHAT_SIMULATOR_URL="+api.URL, "WARMCABIN_PORT=0", "WARMCABIN_METRICS_ADDR=127.0.0.1:0",
		"WARMCABIN_WORKER_ENABLED=false", // the servers': workers are processes of their own
		"WARMCABIN_HTTP_TRUSTED_PROXIES=127.0.0.1/32", "WARMCABIN_MEDIA_DIR="+media, "WARMCABIN_CLIENT_DIR="+filepath.Dir(media),
	)
}

// faraway takes the time that a call to WeChat takes, on the way there and back: a kill then
// finds messages on their way, and some that were taken and not answered.
func faraway(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		time.Sleep(rand.N(longestWay))
		next.ServeHTTP(w, r)
		time.Sleep(rand.N(longestWay))
	})
}

const longestWay = 30 * time.Millisecond

// openStores starts MariaDB and Redis at addresses that they keep, and makes the tables.
func (s *site) openStores(ctx context.Context) (err error) {
	mariadbPort, err := steadyPort()
	if err != nil {
		return err
	}
	redisPort, err := steadyPort()
	if err != nil {
		return err
	}
	if err := s.startMariaDB(ctx, mariadbPort); err != nil {
		return err
	}
	s.closers = append(s.closers, func() { _ = s.mariadb.Stop() })
	if err := s.startRedis(ctx, redisPort); err != nil {
		return err
	}
	s.closers = append(s.closers, func() { _ = s.redis.Stop() })
	s.env = append(s.env, "WARMCABIN_MYSQL_DSN="+s.mariadb.DSN(database), "WARMCABIN_REDIS_ADDR="+s.redis.Addr())
	migrate := exec.CommandContext(ctx, s.binary, "migrate", "-config", s.config)
	migrate.Env = s.env
	if text, err := migrate.CombinedOutput(); err != nil {
		return fmt.Errorf("migrate: %w\n%s", err, text)
	}
	_ = driver_mysql.SetLogger(&driver_mysql.NopLogger{}) // its news comes back as errors
	if s.db, err = sql.Open("mysql", s.mariadb.DSN(database)); err != nil {
		return err
	}
	s.closers = append(s.closers, func() { _ = s.db.Close() })
	return s.furnish(ctx)
}

// steadyPort finds a port that is free and that no outgoing connection is given: whoever
// tried to reach a part while it is down could otherwise sit on its port.
func steadyPort() (int, error) {
	for range 100 {
		port := 15_000 + rand.IntN(15_000)
		if l, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port))); err == nil {
			return port, l.Close()
		}
	}
	return 0, errors.New("本机没有空闲端口")
}

func (s *site) startMariaDB(ctx context.Context, port int) (err error) {
	s.mariadb, err = instance.StartMariaDB(ctx, instance.MariaDB{Dir: filepath.Join(s.dir, "mariadb"), Port: port, Durable: true})
	return err
}

func (s *site) startRedis(ctx context.Context, port int) (err error) {
	s.redis, err = instance.StartRedis(ctx, instance.Redis{Dir: filepath.Join(s.dir, "redis"), Port: port, Durable: true})
	return err
}

func (s *site) startServer(i int) error { return s.start(&s.servers[i], "serve", i) }
func (s *site) startWorker(i int) error { return s.start(&s.workers[i], "worker", i) }

func (s *site) start(at *atomic.Pointer[instance.Program], verb string, i int) error {
	log := filepath.Join(s.dir, fmt.Sprintf("%s-%d-%02d.log", verb, i+1, s.logs.Add(1)))
	p, err := instance.StartProgram(log, s.env, s.binary, verb, "-config", s.config)
	if err != nil {
		return err
	}
	if at.Swap(p) == nil {
		s.closers = append(s.closers, func() { _ = at.Load().Stop() })
	}
	return nil
}

// part is something that is killed and started again.
type part struct {
	kind  string // for the table
	kill  func()
	start func(context.Context) error
}

const (
	killServer  = "服务器"
	killWorker  = "后台任务"
	killMariaDB = "数据库"
	killRedis   = "Redis"
)

// kinds are in the order of the table.
var kinds = []string{killServer, killWorker, killMariaDB, killRedis}

// parts lists what is killed, in turn: one server, one worker, MariaDB, Redis, then the
// other server and worker.
func (s *site) parts() []part {
	var all []part
	for i := range s.servers {
		all = append(all,
			part{killServer, func() { s.servers[i].Load().Kill() }, func(context.Context) error { return s.startServer(i) }},
			part{killWorker, func() { s.workers[i].Load().Kill() }, func(context.Context) error { return s.startWorker(i) }},
			part{killMariaDB, func() { s.mariadb.Kill() }, func(ctx context.Context) error { return s.startMariaDB(ctx, portOf(s.mariadb)) }},
			part{killRedis, func() { s.redis.Kill() }, func(ctx context.Context) error { return s.startRedis(ctx, portOf(s.redis)) }},
		)
	}
	return all
}

func portOf(p *instance.Process) int {
	_, port, _ := net.SplitHostPort(p.Addr())
	n, _ := strconv.Atoi(port)
	return n
}

// postBook is what the simulator says of the messages that it was sent.
type postBook struct {
	mu    sync.Mutex
	calls []sendCall
}

const sendPath = "/cgi-bin/message/subscribe/send"
