package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"time"
)

// child is a long-running process of ours: in its own process group, so that Ctrl-C reaches
// only us and we choose the order in which things end.
type child struct {
	name    string
	log     string
	process *os.Process
	state   *os.ProcessState // set before done is closed
	done    chan struct{}
}

// startChild runs argv with its output in the file log.
func startChild(name, log string, env []string, argv ...string) (*child, error) {
	f, err := os.Create(log)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	cmd := exec.Command(argv[0], argv[1:]...)
	cmd.Env, cmd.Stdout, cmd.Stderr, cmd.SysProcAttr = env, f, f, childAttr()
	c := &child{name: name, log: log, done: make(chan struct{})}
	started := make(chan error)
	go func() {
		// The kernel ends the child when the *thread* that started it ends: keep it.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := cmd.Start()
		c.process = cmd.Process
		started <- err
		if err != nil {
			return
		}
		_ = cmd.Wait() // its outcome is in ProcessState
		c.state = cmd.ProcessState
		close(c.done)
	}()
	if err := <-started; err != nil {
		return nil, fmt.Errorf("%s 没有启动：%w", name, err)
	}
	return c, nil
}

// stop asks the child to end, waits as long as patience, then kills it. Whatever it started
// itself goes with it.
func (c *child) stop(patience time.Duration) {
	_ = c.process.Signal(syscall.SIGTERM)
	select {
	case <-c.done:
	case <-time.After(patience):
	}
	_ = syscall.Kill(-c.process.Pid, syscall.SIGKILL)
	<-c.done
}

// died is the sentence about a child that ended by itself.
func (c *child) died() error {
	return fmt.Errorf("%s 意外停止（%v）。日志 %s 的最后几行：\n%s", c.name, c.state, c.log, tail(c.log, 20))
}

// tail returns the last lines of a file, indented.
func tail(path string, lines int) string {
	text, err := os.ReadFile(path)
	if err != nil {
		return "    " + err.Error()
	}
	all := strings.Split(strings.TrimSpace(string(text)), "\n")
	return "    " + strings.Join(all[max(0, len(all)-lines):], "\n    ")
}

// tool runs a command to its end. When ctx ends, so does everything that the command
// started.
func tool(ctx context.Context, out io.Writer, dir string, env []string, argv ...string) error {
	cmd := exec.CommandContext(ctx, argv[0], argv[1:]...)
	cmd.Dir, cmd.Env, cmd.Stdout, cmd.Stderr = dir, env, out, out
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGTERM) }
	cmd.WaitDelay = 5 * time.Second
	err := cmd.Run()
	if cmd.Process != nil {
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) // what a dying npm left behind
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return err
}

// logged runs a tool with its output in .run/log/name.log and shows the end of it when the
// tool fails.
func (d *dev) logged(ctx context.Context, name, dir string, env []string, argv ...string) error {
	log := filepath.Join(d.path("log"), name+".log")
	f, err := os.Create(log)
	if err != nil {
		return err
	}
	defer f.Close()
	err = tool(ctx, f, dir, env, argv...)
	switch {
	case err == nil || ctx.Err() != nil:
		return err
	case errors.Is(err, exec.ErrNotFound):
		return fmt.Errorf("找不到命令 %s，请先安装（需要 Go 1.26 和 Node 20）", argv[0])
	}
	return fmt.Errorf("%s 失败（%w）。日志 %s 的最后几行：\n%s", strings.Join(argv, " "), err, log, tail(log, 30))
}
