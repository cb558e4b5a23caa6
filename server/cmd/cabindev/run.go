package main

import (
	"context"
	"fmt"
	"net"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"warmcabin/server/config"
)

// run is `make run`: everything up, until a signal comes or a part dies.
func (d *dev) run(ctx context.Context) error {
	begun := time.Now()
	c, err := d.settings()
	if err != nil {
		return err
	}
	lock, err := d.claim("run", "这个文件夹里已经有一个 make run 在运行")
	if err != nil {
		return err
	}
	defer lock.Close()
	if err := checkPort(c.HTTP.Host, c.HTTP.Port); err != nil {
		return err
	}
	s := &stack{}
	defer s.stop()
	if err := d.prepare(ctx, s, c); err != nil {
		return err
	}
	url := localURL(c.HTTP)
	if err := d.out.timed("服务器", func() error { return d.serve(ctx, s, "server", url) }); err != nil {
		return err
	}
	if err := note(lock, fmt.Sprintf("进程 %d，%s", os.Getpid(), url)); err != nil {
		return err
	}
	d.welcome(url, value(s.env, "WARMCABIN_METRICS_ADDR"), time.Since(begun))
	err = s.wait(ctx)
	d.out.say("\n正在停止…")
	return err
}

// prepare gets everything to the point where the server can start. The client's build, the
// server's build and the stores wait for each other only where they must.
func (d *dev) prepare(ctx context.Context, s *stack, c config.Config) error {
	d.out.say("温馨小屋：准备开发环境")
	if err := d.install(ctx, d.servers()); err != nil {
		return err
	}
	env, err := d.serverEnv(c)
	if err != nil {
		return err
	}
	s.env = env
	group, gctx := errgroup.WithContext(ctx)
	group.Go(func() error { return d.browserClient(gctx) })
	group.Go(func() error {
		return d.out.timed("编译服务器", func() error { return d.buildServer(gctx) })
	})
	group.Go(func() error {
		return d.out.timed("数据库和 Redis", func() error { return d.stores(gctx, s, d.path("")) })
	})
	if err := group.Wait(); err != nil {
		return err
	}
	return d.writeEnv(s.env)
}

// serverEnv is the environment of the server: ours, and what only this machine knows.
func (d *dev) serverEnv(c config.Config) ([]string, error) {
	env := slices.Clone(d.env)
	for _, s := range []struct{ name, file, prefix string }{
		{"WARMCABIN_SECRET_KEY", "secret_key", ""},
		{"WARMCABIN_VAULT_KEYS", "vault_keys", "1:"},
		{"WARMCABIN_VAULT_INDEX_KEY", "vault_index_key", ""},
	} {
		if d.variable(s.name) != "" {
			continue
		}
		key, err := d.secret(s.file, s.prefix)
		if err != nil {
			return nil, err
		}
		env = append(env, s.name+"="+key)
	}
	metrics, err := freeAddr(c.Metrics.Addr)
	if err != nil {
		return nil, err
	}
	return append(env, "WARMCABIN_METRICS_ADDR="+metrics), nil
}

// writeEnv leaves the settings of the running stack where a shell can source them, for
// `warmcabin invite` and the like beside it.
func (d *dev) writeEnv(env []string) error {
	var text strings.Builder
	for _, e := range env {
		if name, value, _ := strings.Cut(e, "="); strings.HasPrefix(name, "WARMCABIN_") {
			fmt.Fprintf(&text, "export %s='%s'\n", name, strings.ReplaceAll(value, "'", `'\''`))
		}
	}
	return os.WriteFile(d.path("env"), []byte(text.String()), 0o600)
}

// localURL is where this machine reaches the server, also when it listens on every address.
func localURL(h config.HTTP) string {
	host := h.Host
	if host == "" || host == "0.0.0.0" || host == "::" {
		host = "127.0.0.1"
	}
	return "http://" + net.JoinHostPort(host, strconv.Itoa(h.Port))
}

func value(env []string, name string) string {
	d := dev{env: env}
	return d.variable(name)
}

func (d *dev) welcome(url, metrics string, took time.Duration) {
	d.out.say(`
温馨小屋已启动（%.1f 秒）

  居民端        %[2]s/
  三部手机演示  %[2]s/demo
  接口文档      %[2]s/docs
  微信模拟器    %[2]s/sim/people
  指标          http://%[3]s/metrics

  命令行        . .run/env && .run/warmcabin invite -config %[4]s --role admin
  日志          .run/log/server.log
  停止          Ctrl-C（数据保留在 .run/，make clean 清除）`, took.Seconds(), url, metrics, devConfig)
}
