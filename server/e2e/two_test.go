package e2e

import (
	"bufio"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"warmcabin/server/api"
	"warmcabin/server/cabin"
	"warmcabin/server/jobs"
	"warmcabin/server/media"
	"warmcabin/server/mysql"
	"warmcabin/server/mysql/dbtest"
	"warmcabin/server/redis"
	"warmcabin/server/wechat"
	"warmcabin/server/wechat/wechatsim"
)

// serverEnv makes the test binary one of the product's servers instead of the tests.
const serverEnv = "WARMCABIN_E2E_SERVER"

// process is what a server process is told.
type process struct {
	DSN     string
	Redis   string
	RedisDB int
	WeChat  string // the simulator, in the process of the tests
	Photos  string
	Now     int64 // milliseconds
}

// serve is the whole life of a server process: the product's wiring with a pool, a worker
// and a clock of its own. It says where it listens, obeys its standard input line by line,
// and ends with it, so that it never outlives its test.
func serve(config string) int {
	var p process
	err := json.Unmarshal([]byte(config), &p)
	if err == nil {
		err = p.run()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

func (p *process) run() error {
	clock := dbtest.NewClock(time.UnixMilli(p.Now))
	handler, worker, err := p.wire(clock)
	if err != nil {
		return err
	}
	web := httptest.NewServer(handler)
	defer web.Close()
	fmt.Println(web.URL)
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		command, value, _ := strings.Cut(lines.Text(), " ")
		switch command {
		case "clock":
			at, err := strconv.ParseInt(value, 10, 64)
			if err != nil {
				return err
			}
			clock.Set(time.UnixMilli(at))
			fmt.Println("ok")
		case "work":
			fmt.Println(cmp.Or(fail(work(worker)), "ok"))
		case "run": // as the product does, at full speed, until it is killed
			go worker.Run(context.Background())
			fmt.Println("ok")
		}
	}
	return nil
}

func fail(err error) string {
	if err == nil {
		return ""
	}
	return strings.ReplaceAll(err.Error(), "\n", " ")
}

// wire is what cmd/warmcabin does, around the simulator and a clock that is set.
func (p *process) wire(clock *dbtest.Clock) (http.Handler, *jobs.Worker, error) {
	log := slog.New(slog.NewJSONHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
	db, err := mysql.Open(p.DSN, mysql.Options{Now: clock.Now, Sealer: dbtest.Vault(panics{})})
	if err != nil {
		return nil, nil, err
	}
	cache := redis.Open(redis.Options{Addr: p.Redis, DB: p.RedisDB})
	wx, err := url.Parse(p.WeChat)
	if err != nil {
		return nil, nil, err
	}
	client, err := wechat.New(wechat.Config{AppID: "wxtest", Secret: "sim-secret", Transport: wechatsim.Redirect(wx), Timeout: 2 * time.Second, Now: clock.Now, Tokens: redis.NewToken(cache, "wxtest", db.Tokens.MayForce)})
	if err != nil {
		return nil, nil, err
	}
	photos, err := media.Open(p.Photos)
	if err != nil {
		return nil, nil, err
	}
	push, prompt, _ := templates(map[string]string{}, nil)
	handler, err := api.New(api.Config{DB: db, Sessions: redis.New(cache, clock.Now), WeChat: client, Photos: photos, Templates: prompt, FreshFor: 800 * time.Millisecond, Development: true, Log: log})
	return handler, &jobs.Worker{DB: db, Sender: client, Templates: push, Interval: time.Second, Log: log}, err
}

// panics is the testing.TB of a process that runs no test.
type panics struct{ testing.TB }

func (panics) Helper()           {}
func (panics) Fatal(args ...any) { panic(fmt.Sprint(args...)) }

// work does all that is due at this moment, as the worker's two loops do side by side.
func work(w *jobs.Worker) error {
	var wg sync.WaitGroup
	failed := make([]error, 2)
	for i, job := range []func(context.Context) (int, error){w.Due, w.Deliver} {
		wg.Go(func() { failed[i] = untilDone(job) })
	}
	wg.Wait()
	return errors.Join(errors.Join(failed...), untilDone(w.Deliver)) // what Due told people of
}

func untilDone(job func(context.Context) (int, error)) error {
	for {
		if n, err := job(context.Background()); n == 0 || err != nil {
			return err
		}
	}
}

// two is a stage with two server processes on one MariaDB and one Redis; the stage's own
// server is there for what only prepares a story.
type two struct {
	*stage
	a, b *server
}

// server is one process. Its stage is the one that phones speak to.
type server struct {
	*stage
	cmd *exec.Cmd
	in  io.WriteCloser
	out *bufio.Scanner
	mu  sync.Mutex // one command at a time
}

// openTwo starts both servers with the stage's clock.
func openTwo(t *testing.T) *two {
	t.Helper()
	cache := cacheOf(t)
	w := &two{stage: build(t, setup{cache: cache})}
	wx := httptest.NewServer(w.wire.tap(w.sim.API()))
	t.Cleanup(wx.Close)
	var name string
	if err := w.x.QueryRow(`SELECT DATABASE()`).Scan(&name); err != nil {
		t.Fatal(err)
	}
	p := process{
		DSN: dbtest.Server(t).DSN(name), Redis: cache.Options().Addr, RedisDB: cache.Options().DB,
		WeChat: wx.URL, Photos: t.TempDir(), Now: w.clock.Now().UnixMilli(),
	}
	w.a, w.b = w.start(p), w.start(p)
	w.a.ready()
	w.b.ready()
	return w
}

func (w *two) start(p process) *server {
	w.t.Helper()
	config, err := json.Marshal(p)
	if err != nil {
		w.t.Fatal(err)
	}
	self, err := os.Executable()
	if err != nil {
		w.t.Fatal(err)
	}
	own := *w.stage
	s := &server{stage: &own, cmd: exec.Command(self)}
	s.cmd.Env = append(os.Environ(), serverEnv+"="+string(config))
	s.cmd.Stderr = s.log
	out, err := s.cmd.StdoutPipe()
	if err != nil {
		w.t.Fatal(err)
	}
	if s.in, err = s.cmd.StdinPipe(); err != nil {
		w.t.Fatal(err)
	}
	s.out = bufio.NewScanner(out)
	if err := s.cmd.Start(); err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() {
		_ = s.in.Close()
		if err := s.cmd.Wait(); err != nil && s.cmd.ProcessState.Exited() {
			w.t.Errorf("a server: %v", err)
		}
		if w.t.Failed() {
			w.t.Logf("the servers' log: %s", s.log)
		}
	})
	return s
}

// ready waits for the address, the first line.
func (s *server) ready() {
	s.t.Helper()
	s.url = s.line() + api.Base
}

// line reads an answer of the process. One that hangs is ended, so that the test does.
func (s *server) line() string {
	s.t.Helper()
	limit := time.AfterFunc(time.Minute, func() { _ = s.cmd.Process.Kill() })
	defer limit.Stop()
	if !s.out.Scan() {
		s.t.Errorf("a server ended: %v\n%s", s.out.Err(), s.log)
	}
	return s.out.Text()
}

// tell gives a command and holds that it was obeyed.
func (s *server) tell(command string) {
	s.t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, err := fmt.Fprintln(s.in, command); err != nil {
		s.t.Errorf("%s: %v", command, err)
		return
	}
	if got := s.line(); got != "ok" {
		s.t.Errorf("%s: %s", command, got)
	}
}

// set sets this server's clock only.
func (s *server) set(at time.Time) {
	s.t.Helper()
	s.tell(fmt.Sprint("clock ", at.UnixMilli()))
}

// work lets this server's worker do all that is due.
func (s *server) work() { s.t.Helper(); s.tell("work") }

// kill ends the process as a power cut does.
func (s *server) kill() {
	s.t.Helper()
	if err := s.cmd.Process.Kill(); err != nil {
		s.t.Error(err)
	}
}

// set sets every clock to the same moment.
func (w *two) set(at time.Time) {
	w.t.Helper()
	w.clock.Set(at)
	w.a.set(at)
	w.b.set(at)
}

// work lets both workers run at the same moment, and once more: what one of them skipped
// because the other had it in hand is done by then.
func (w *two) work() {
	w.t.Helper()
	for range 2 {
		var wg sync.WaitGroup
		wg.Go(w.a.work)
		wg.Go(w.b.work)
		wg.Wait()
	}
}

// at is the same phone, speaking to this server.
func (p *phone) at(s *server) *phone {
	q := *p
	q.s = s.stage
	return &q
}

// either is server a for even numbers and b for odd ones.
func (w *two) either(i int) *server {
	if i%2 == 0 {
		return w.a
	}
	return w.b
}

// people are n residents.
func (w *two) people(n int) []*phone {
	w.t.Helper()
	all := make([]*phone, n)
	for i := range all {
		all[i] = w.person(fmt.Sprintf("p%d", i))
	}
	return all
}

// whole holds what must never be otherwise, whatever happened before: every open booking
// occupies all of its time and nobody else's does, every offer of the line too, and
// nothing else is occupied. Holds that ran out by now do not count.
func (w *two) whole(now time.Time) {
	w.t.Helper()
	const live = `(o.expires_at IS NULL OR o.expires_at > ?)`
	rows, err := w.x.Query(`SELECT b.id, b.state, b.deputy_id, b.room_id, b.resident_id, COALESCE(b.offer_starts_at, b.starts_at), COALESCE(b.offer_ends_at, b.ends_at),
		COUNT(o.kind), COALESCE(SUM(o.resource_id = ELT(o.kind, b.deputy_id, b.room_id, b.resident_id)
			AND o.quarter * 900 >= UNIX_TIMESTAMP(COALESCE(b.offer_starts_at, b.starts_at)) AND o.quarter * 900 < UNIX_TIMESTAMP(COALESCE(b.offer_ends_at, b.ends_at))), 0)
		FROM bookings b LEFT JOIN occupancy o ON o.holder_kind = 1 AND o.holder_id = b.id AND o.kind <= 3 AND `+live+`
		WHERE b.talk_id = 0 AND (b.state IN ('confirmed', 'checked_in') OR b.state IN ('requested', 'countered') AND b.hold_until > ?) GROUP BY b.id`, now, now)
	if err != nil {
		w.t.Fatal(err)
	}
	defer rows.Close()
	held := 0
	for rows.Next() {
		var id, deputy, room, resident int64
		var state cabin.BookingState
		var from, to time.Time
		var has, right int
		if err := rows.Scan(&id, &state, &deputy, &room, &resident, &from, &to, &has, &right); err != nil {
			w.t.Fatal(err)
		}
		want := len(cabin.Quarters(from, to)) * 3
		if room == 0 {
			want = want * 2 / 3
		}
		if has != want || right != want {
			w.t.Errorf("booking %d is %s and holds %d quarters, %d of them its own; want %d", id, state, has, right, want)
		}
		held += want
	}
	if err := rows.Err(); err != nil {
		w.t.Fatal(err)
	}
	if all := w.number(`SELECT COUNT(*) FROM occupancy o WHERE o.holder_kind = 1 AND o.kind <= 3 AND `+live, now); all != held {
		w.t.Errorf("%d quarters are held by bookings, the open ones need %d", all, held)
	}
	if stray := w.number(`SELECT COUNT(*) FROM occupancy o WHERE o.holder_kind = 3 AND `+live+` AND NOT EXISTS (SELECT 1 FROM waits w WHERE w.id = o.holder_id AND w.state = 'offered')`, now); stray != 0 {
		w.t.Errorf("%d quarters are held for nobody in line", stray)
	}
}
