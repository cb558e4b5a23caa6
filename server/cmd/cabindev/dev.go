package main

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"warmcabin/server/config"
)

const devConfig = "configs/config.dev.yaml"

// dev is one invocation: the project's folder, the environment, and where to talk.
type dev struct {
	root string
	env  []string
	out  *console
}

// path names something of ours below .run.
func (d *dev) path(name string) string { return filepath.Join(d.root, ".run", name) }

// settings reads the development configuration as the server will, so that its faults are
// told before anything is started.
func (d *dev) settings() (config.Config, error) {
	c, err := config.Load(filepath.Join(d.root, devConfig), d.env)
	if err != nil {
		return c, fmt.Errorf("设置有误：\n%w", err)
	}
	if c.IsProduction() {
		return c, errors.New("make run 只用于开发，请去掉 WARMCABIN_ENV=production；正式部署见 configs/deploy/README.md")
	}
	return c, nil
}

// variable returns an environment variable of ours, "" when unset.
func (d *dev) variable(name string) string {
	for i := len(d.env) - 1; i >= 0; i-- {
		if key, value, _ := strings.Cut(d.env[i], "="); key == name {
			return value
		}
	}
	return ""
}

// claim makes .run and takes its lock, which ends with the process. name tells apart what
// may run side by side.
func (d *dev) claim(name, sentence string) (*os.File, error) {
	if err := os.MkdirAll(d.path("log"), 0o700); err != nil {
		return nil, fmt.Errorf("不能在这里建立 .run 文件夹，请检查权限：%w", err)
	}
	f, err := os.OpenFile(d.path(name+".lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		holder, _ := io.ReadAll(f)
		return nil, fmt.Errorf("%s（%s）。请先停止它，或直接使用它", sentence, strings.TrimSpace(string(holder)))
	}
	return f, note(f, "进程 "+strconv.Itoa(os.Getpid()))
}

// note replaces what the lock says about its holder.
func note(lock *os.File, text string) error {
	if err := lock.Truncate(0); err != nil {
		return err
	}
	_, err := lock.WriteAt([]byte(text), 0)
	return err
}

// scratch makes an empty folder below .run.
func (d *dev) scratch(name string) (string, error) {
	dir := d.path(name)
	if err := os.RemoveAll(dir); err != nil {
		return "", err
	}
	return dir, os.MkdirAll(dir, 0o700)
}

// checkPort says in one sentence why the server could not listen there.
func checkPort(host string, port int) error {
	addr := net.JoinHostPort(host, strconv.Itoa(port))
	l, err := net.Listen("tcp", addr)
	switch {
	case err == nil:
		return l.Close()
	case errors.Is(err, syscall.EADDRINUSE):
		return fmt.Errorf("端口 %d 已被占用。请换一个再试，例如：WARMCABIN_PORT=%d make run (port in use)", port, port+1)
	case errors.Is(err, syscall.EACCES):
		return fmt.Errorf("没有权限使用端口 %d。请用 1024 以上的端口，例如：WARMCABIN_PORT=8080 make run (permission denied)", port)
	}
	return fmt.Errorf("不能在 %s 上监听，请检查 http.host 和 WARMCABIN_PORT：%w", addr, err)
}

// freeAddr prefers the wished loopback address and takes any free port when it is busy.
func freeAddr(wish string) (string, error) {
	for _, addr := range []string{wish, "127.0.0.1:0"} {
		if l, err := net.Listen("tcp", addr); err == nil {
			defer l.Close()
			return l.Addr().String(), nil
		}
	}
	return "", errors.New("本机没有空闲端口")
}

// console writes whole lines from several goroutines.
type console struct {
	mu sync.Mutex
	w  io.Writer
}

func (c *console) say(format string, args ...any) {
	c.mu.Lock()
	defer c.mu.Unlock()
	fmt.Fprintf(c.w, format+"\n", args...) // a closed terminal is no reason to stop stopping
}

// timed runs work and tells how long it took.
func (c *console) timed(what string, work func() error) error {
	start := time.Now()
	if err := work(); err != nil {
		return err
	}
	c.say("  ✓ %s（%.1f 秒）", what, time.Since(start).Seconds())
	return nil
}
