package main

import (
	"bufio"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"
	"time"
)

const (
	readyLimit = 30 * time.Second // until a server says where it listens
	stopLimit  = 25 * time.Second // above http.shutdown_timeout
)

// child is a server process of ours. It ends with us, whatever happens to us.
type child struct {
	addr string // where it listens, as host:port
	pid  int
	done chan struct{}
	log  string
}

// startChild runs argv, with its standard error in the file log, until its first line on
// standard output, which ends in the URL where it listens.
func startChild(log string, env []string, argv ...string) (*child, error) {
	file, err := os.Create(log)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	cmd := exec.Command(argv[0], argv[1:]...)
	cmd.Env, cmd.Stderr, cmd.SysProcAttr = env, file, childAttr()
	out, in, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	cmd.Stdout = in
	c := &child{done: make(chan struct{}), log: log}
	started := make(chan error)
	go func() {
		// The kernel ends the child when the *thread* that started it ends: keep it.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := cmd.Start()
		_ = in.Close()
		if err == nil {
			c.pid = cmd.Process.Pid
		}
		started <- err
		if err == nil {
			_ = cmd.Wait() // it is asked to end, or its log says why it did
			close(c.done)
		}
	}()
	if err := <-started; err != nil {
		_ = out.Close()
		return nil, err
	}
	return c, c.awaitAddr(out)
}

// awaitAddr reads the first line and leaves the rest unread but drained.
func (c *child) awaitAddr(out *os.File) error {
	lines := make(chan string, 1)
	go func() {
		defer out.Close()
		r := bufio.NewReader(out)
		first, _ := r.ReadString('\n')
		lines <- first
		_, _ = io.Copy(io.Discard, r)
	}()
	limit := time.NewTimer(readyLimit)
	defer limit.Stop()
	select {
	case line := <-lines:
		if at := strings.Index(line, "http://"); at >= 0 {
			if u, err := url.Parse(strings.TrimSpace(line[at:])); err == nil {
				c.addr = u.Host
				return nil
			}
		}
	case <-limit.C:
	}
	c.stop()
	text, _ := os.ReadFile(c.log)
	return fmt.Errorf("它没有启动，日志 %s：\n%s", c.log, text[max(0, len(text)-2000):])
}

// stop asks the child to end, waits, then kills it.
func (c *child) stop() {
	_ = syscall.Kill(c.pid, syscall.SIGTERM)
	limit := time.NewTimer(stopLimit)
	defer limit.Stop()
	select {
	case <-c.done:
		return
	case <-limit.C:
	}
	_ = syscall.Kill(-c.pid, syscall.SIGKILL)
	<-c.done
}
