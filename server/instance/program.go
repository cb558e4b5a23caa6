package instance

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"
)

const (
	listenLimit     = 30 * time.Second // until a program says where it listens
	programPatience = 25 * time.Second // from SIGTERM to SIGKILL: above http.shutdown_timeout
)

// Program is a program of ours that runs as a process of its own, such as the product's
// server. It ends with us, whatever happens to us. Its methods may be called from several
// goroutines.
type Program struct {
	addr    string
	running *running
	stop    sync.Once
	stopErr error
}

// StartProgram runs argv with its standard error in the file log, which it begins anew,
// until the first line on its standard output, which ends in the URL where it listens. env
// is its whole environment.
func StartProgram(log string, env []string, argv ...string) (*Program, error) {
	file, err := os.Create(log)
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }()
	out, in, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(argv[0], argv[1:]...)
	cmd.Env, cmd.Stderr, cmd.Stdout = env, file, in
	run, err := launch(cmd, programPatience)
	_ = in.Close()
	if err != nil {
		_ = out.Close()
		return nil, err
	}
	p := &Program{running: run}
	if p.addr = firstAddr(out); p.addr == "" {
		_ = p.Stop()
		return nil, fmt.Errorf("%s did not say where it listens; the end of its log %s:\n%s", filepath.Base(argv[0]), log, logTail(log))
	}
	return p, nil
}

// firstAddr reads the address in the first line; the rest is drained and not read.
func firstAddr(out *os.File) string {
	lines := make(chan string, 1)
	go func() {
		defer func() { _ = out.Close() }()
		r := bufio.NewReader(out)
		first, _ := r.ReadString('\n')
		lines <- first
		_, _ = io.Copy(io.Discard, r)
	}()
	limit := time.NewTimer(listenLimit)
	defer limit.Stop()
	select {
	case line := <-lines:
		if at := strings.Index(line, "http://"); at >= 0 {
			if u, err := url.Parse(strings.TrimSpace(line[at:])); err == nil {
				return u.Host
			}
		}
	case <-limit.C:
	}
	return ""
}

// Addr is where the program listens, as host:port.
func (p *Program) Addr() string { return p.addr }

// Pid is the id of the process, for measuring it.
func (p *Program) Pid() int { return p.running.process.Pid }

// Done is closed when the process has ended, for whatever reason.
func (p *Program) Done() <-chan struct{} { return p.running.done }

// Stop asks the program to end, waits up to 25 s, then kills it. It returns once it is
// gone, with an error when it had to be killed or had died before. A second call returns
// the same.
func (p *Program) Stop() error {
	p.stop.Do(func() { p.stopErr = p.running.end() })
	return p.stopErr
}

// Kill ends the program at once, as kill -9 does. Stop has nothing to do then.
func (p *Program) Kill() { p.stop.Do(p.running.kill) }

// Environ is our own environment without settings of the product, and these.
func Environ(more ...string) []string {
	env := slices.DeleteFunc(os.Environ(), func(e string) bool { return strings.HasPrefix(e, "WARMCABIN_") })
	return append(env, more...)
}

// BuildProduct compiles the product into dir as `make build` does, and returns where it is.
// root is the project's folder.
func BuildProduct(ctx context.Context, root, dir string) (string, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	binary := filepath.Join(dir, "warmcabin")
	cmd := exec.CommandContext(ctx, "go", "build", "-trimpath", "-ldflags", "-s -w", "-o", binary, "./server/cmd/warmcabin")
	cmd.Dir, cmd.Env = root, append(os.Environ(), "CGO_ENABLED=0")
	if text, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("go build: %w\n%s", err, text)
	}
	return binary, nil
}

// ErrBusy is TakeFolder's when another process has the folder.
var ErrBusy = errors.New("another process has this folder")

// TakeFolder empties dir for this process alone, until release or its end.
func TakeFolder(dir string) (release func(), err error) {
	if err := os.MkdirAll(filepath.Dir(dir), 0o700); err != nil {
		return nil, err
	}
	lock, err := os.OpenFile(dir+".lock", os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	free, err := tryLock(lock)
	if err == nil && !free {
		err = ErrBusy
	}
	if err == nil {
		err = errors.Join(os.RemoveAll(dir), os.MkdirAll(dir, 0o700))
	}
	if err != nil {
		_ = lock.Close()
		return nil, err
	}
	return func() { _ = lock.Close() }, nil
}
