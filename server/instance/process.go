package instance

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Process is a running private instance. Its methods may be called from several
// goroutines.
type Process struct {
	addr    string
	port    int
	dsn     func(port int, db string) string
	running *running
	cleanup func()
	stop    sync.Once
	stopErr error
}

// Addr is where the instance listens, as 127.0.0.1:port.
func (p *Process) Addr() string { return p.addr }

// DSN is the address of one database on a MariaDB instance, in the form of
// github.com/go-sql-driver/mysql: user root, no password, times in UTC. db may be "" to
// connect without choosing one. A Redis instance has none: it returns "".
func (p *Process) DSN(db string) string {
	if p.dsn == nil {
		return ""
	}
	return p.dsn(p.port, db)
}

// Pid is the id of the process, for measuring it.
func (p *Process) Pid() int { return p.running.process.Pid }

// Done is closed when the process has ended, for whatever reason.
func (p *Process) Done() <-chan struct{} { return p.running.done }

// Signal sends a signal to the process, so that a test can freeze or crash it.
func (p *Process) Signal(sig os.Signal) error { return p.running.process.Signal(sig) }

// Kill ends the process at once, as kill -9 does, and removes what was temporary. It returns
// once the process is gone; Stop has nothing to do then.
func (p *Process) Kill() {
	p.stop.Do(func() {
		p.running.kill()
		p.cleanup()
	})
}

// Stop asks the process to end, waits up to 10 s, then kills it and everything in its
// group. It returns once the process is gone, with an error when it had to be killed or
// had died before. A second call waits for the first and returns the same.
func (p *Process) Stop() error {
	p.stop.Do(func() {
		p.stopErr = p.running.end()
		p.cleanup()
	})
	return p.stopErr
}

// program is what differs between the two servers.
type program struct {
	name    string
	binary  string
	prepare func(context.Context, place) error
	args    func(place) []string
	ready   func(net.Conn) error
	dsn     func(port int, db string) string
}

// place is where one instance lives.
type place struct {
	dir    string
	socket string
	port   int
	lock   *os.File // what runs here inherits it: the folder stays claimed even when our own process dies first
}

func (p place) data() string { return filepath.Join(p.dir, "data") }

// start claims the folder, prepares the data, runs the program and waits for its first
// answer. A free port that somebody takes before the program binds it is chosen anew.
func start(ctx context.Context, dir string, port int, prog program) (*Process, error) {
	at, cleanup, err := claim(ctx, dir, prog.name)
	if err != nil {
		return nil, err
	}
	defer func() { _ = at.lock.Close() }()
	proc, err := startIn(ctx, at, port, prog)
	if err != nil {
		cleanup()
		return nil, err
	}
	proc.cleanup = cleanup
	return proc, nil
}

func startIn(ctx context.Context, at place, port int, prog program) (*Process, error) {
	if err := prog.prepare(ctx, at); err != nil {
		return nil, fmt.Errorf("%s: prepare the data: %w", prog.name, err)
	}
	ctx, cancel := context.WithTimeout(ctx, startLimit)
	defer cancel()
	for try := 1; ; try++ {
		at.port = port
		if port == 0 {
			free, err := freePort()
			if err != nil {
				return nil, err
			}
			at.port = free
		}
		run, err := launchReady(ctx, at, prog)
		if err == nil {
			addr := net.JoinHostPort("127.0.0.1", strconv.Itoa(at.port))
			return &Process{addr: addr, port: at.port, dsn: prog.dsn, running: run}, nil
		}
		if port != 0 || try == portTries || !strings.Contains(err.Error(), "Address already in use") {
			return nil, err
		}
	}
}

// launchReady runs the program once and polls its socket file. It asks the socket rather
// than the port because on the port somebody else could answer.
func launchReady(ctx context.Context, at place, prog program) (*running, error) {
	binary, err := find(prog.binary)
	if err != nil {
		return nil, err
	}
	if err := os.Remove(at.socket); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, err
	}
	logPath := filepath.Join(at.dir, prog.name+".log")
	logFile, err := os.Create(logPath)
	if err != nil {
		return nil, err
	}
	defer func() { _ = logFile.Close() }()
	cmd := exec.Command(binary, prog.args(at)...)
	cmd.Stdout, cmd.Stderr, cmd.ExtraFiles = logFile, logFile, []*os.File{at.lock}
	run, err := launch(cmd, stopLimit)
	if err != nil {
		return nil, fmt.Errorf("start %s: %w", binary, err)
	}
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	for {
		last := ask(ctx, at.socket, prog.ready)
		if last == nil {
			return run, nil
		}
		select {
		case <-run.done:
			return nil, fmt.Errorf("%s ended before it was ready (%v); the end of its log:\n%s", prog.name, run.state, logTail(logPath))
		case <-ctx.Done():
			_ = run.end()
			return nil, fmt.Errorf("%s did not become ready (%w; %v); the end of its log:\n%s", prog.name, ctx.Err(), last, logTail(logPath))
		case <-tick.C:
		}
	}
}

func ask(ctx context.Context, socket string, ready func(net.Conn) error) error {
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	conn, err := new(net.Dialer).DialContext(ctx, "unix", socket)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }()
	deadline, _ := ctx.Deadline()
	if err := conn.SetDeadline(deadline); err != nil {
		return err
	}
	return ready(conn)
}

func freePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	port := l.Addr().(*net.TCPAddr).Port
	return port, l.Close()
}

const tempPrefix = "warmcabin-instance-"

// claim makes and locks the folder of an instance and chooses its socket. cleanup removes
// what was temporary.
func claim(ctx context.Context, dir, name string) (at place, cleanup func(), err error) {
	var temporary []string
	cleanup = func() {
		for _, path := range temporary {
			_ = os.RemoveAll(path)
		}
	}
	if dir == "" {
		sweep()
		if dir, err = os.MkdirTemp(tempRoot(), tempPrefix+"*"); err != nil {
			return place{}, nil, err
		}
		temporary = append(temporary, dir)
	} else if err = os.MkdirAll(dir, 0o700); err != nil {
		return place{}, nil, err
	}
	if dir, err = filepath.Abs(dir); err != nil {
		return place{}, nil, err
	}
	socket := filepath.Join(dir, name+".sock")
	if len(socket) > 100 { // a socket's path has 107 bytes at most
		short, err := os.MkdirTemp("/tmp", "warmcabin-socket-*")
		if err != nil {
			cleanup()
			return place{}, nil, err
		}
		temporary = append(temporary, short)
		socket = filepath.Join(short, name+".sock")
	}
	lock, err := lockFolder(ctx, dir)
	if err != nil {
		cleanup()
		return place{}, nil, err
	}
	return place{dir: dir, socket: socket, lock: lock}, cleanup, nil
}

// lockFolder waits for an earlier instance in the folder to end: one whose owner was
// killed needs a moment to write its data.
func lockFolder(ctx context.Context, dir string) (*os.File, error) {
	f, err := os.OpenFile(filepath.Join(dir, "lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, lockLimit)
	defer cancel()
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	for {
		free, err := tryLock(f)
		if free {
			return f, nil
		}
		if err == nil {
			select {
			case <-tick.C:
				continue
			case <-ctx.Done():
				err = fmt.Errorf("another instance is running in %s: stop it first", dir)
			}
		}
		_ = f.Close()
		return nil, err
	}
}

// sweep removes temporary folders whose owner died without Stop (a test that timed out).
// The age spares one that is being made right now and is not locked yet.
func sweep() {
	left, _ := filepath.Glob(filepath.Join(tempRoot(), tempPrefix+"*"))
	for _, dir := range left {
		info, err := os.Stat(dir)
		if err != nil || time.Since(info.ModTime()) < time.Minute {
			continue
		}
		lock, err := os.OpenFile(filepath.Join(dir, "lock"), os.O_CREATE|os.O_RDWR, 0o600)
		if err != nil {
			continue
		}
		if free, _ := tryLock(lock); free {
			_ = os.RemoveAll(dir)
		}
		_ = lock.Close()
	}
}

func logTail(path string) string {
	text, err := os.ReadFile(path)
	if err != nil {
		return err.Error()
	}
	return lastLines(string(text))
}

func lastLines(text string) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return strings.Join(lines[max(0, len(lines)-15):], "\n")
}
