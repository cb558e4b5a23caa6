package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"warmcabin/server/instance"
	"warmcabin/server/vault"
)

const (
	serverPatience = 25 * time.Second // above http.shutdown_timeout
	readyLimit     = 60 * time.Second
	databaseName   = "warmcabin"
)

// stack is a running MariaDB, Redis and server. stop ends them in the opposite order.
type stack struct {
	env   []string // what every warmcabin process gets
	parts []part   // in the order of their start
}

type part struct {
	name string
	done <-chan struct{}
	stop func()
	died func() error
}

// stop ends the parts, last started first, and waits for each.
func (s *stack) stop() {
	for _, p := range slices.Backward(s.parts) {
		p.stop()
	}
	s.parts = nil
}

// wait returns nil when ctx ends, or the sentence about the first part that dies.
func (s *stack) wait(ctx context.Context) error {
	dead := make(chan error, len(s.parts))
	for _, p := range s.parts {
		go func() {
			select {
			case <-p.done:
				dead <- p.died()
			case <-ctx.Done():
			}
		}()
	}
	select {
	case err := <-dead:
		return err
	case <-ctx.Done():
		return nil
	}
}

// stores starts the servers that the environment does not name already, under dir ("" = in
// memory, gone afterwards). `warmcabin migrate` creates the database.
func (d *dev) stores(ctx context.Context, s *stack, dir string) error {
	at := func(name string) string {
		if dir == "" {
			return ""
		}
		return filepath.Join(dir, name)
	}
	durable := dir != ""
	if d.variable("WARMCABIN_MYSQL_DSN") == "" || !durable {
		db, err := instance.StartMariaDB(ctx, instance.MariaDB{Dir: at("mariadb"), Durable: durable})
		if err != nil {
			return err
		}
		s.parts = append(s.parts, instancePart("MariaDB", db, at("mariadb/mariadb.log")))
		s.env = append(s.env, "WARMCABIN_MYSQL_DSN="+db.DSN(databaseName))
	}
	if d.variable("WARMCABIN_REDIS_ADDR") == "" || !durable {
		cache, err := instance.StartRedis(ctx, instance.Redis{Dir: at("redis"), Durable: durable})
		if err != nil {
			return err
		}
		s.parts = append(s.parts, instancePart("Redis", cache, at("redis/redis.log")))
		s.env = append(s.env, "WARMCABIN_REDIS_ADDR="+cache.Addr())
	}
	return nil
}

func instancePart(name string, p *instance.Process, log string) part {
	return part{name: name, done: p.Done(), stop: func() { _ = p.Stop() }, died: func() error {
		if log == "" {
			return fmt.Errorf("%s 意外停止", name)
		}
		return fmt.Errorf("%s 意外停止。日志 %s 的最后几行：\n%s", name, log, tail(log, 20))
	}}
}

// serve migrates, loads the demo data, starts the server and waits until it is ready. name
// tells its log files apart.
func (d *dev) serve(ctx context.Context, s *stack, name, url string) error {
	binary := d.path("warmcabin")
	for _, sub := range []string{"migrate", "demo"} {
		err := d.logged(ctx, name+"-"+sub, d.root, s.env, binary, sub, "-config", filepath.Join(d.root, devConfig))
		if err != nil {
			return err
		}
	}
	server, err := startChild("服务器", filepath.Join(d.path("log"), name+".log"), s.env, binary, "serve", "-config", filepath.Join(d.root, devConfig))
	if err != nil {
		return err
	}
	s.parts = append(s.parts, part{name: server.name, done: server.done, stop: func() { server.stop(serverPatience) }, died: server.died})
	return awaitReady(ctx, server, url)
}

// awaitReady asks /readyz until the server says yes.
func awaitReady(ctx context.Context, server *child, url string) error {
	limit, cancel := context.WithTimeout(ctx, readyLimit)
	defer cancel()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		if isReady(limit, url+"/readyz") {
			return nil
		}
		select {
		case <-tick.C:
		case <-server.done:
			return server.died()
		case <-limit.Done():
			if ctx.Err() != nil {
				return ctx.Err()
			}
			return fmt.Errorf("服务器 %v 内没有就绪。日志 %s 的最后几行：\n%s", readyLimit, server.log, tail(server.log, 20))
		}
	}
}

func isReady(ctx context.Context, url string) bool {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return false
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return false
	}
	res.Body.Close()
	return res.StatusCode == http.StatusOK
}

// secret returns what this folder keeps in a file of its own, on the first use a fresh key
// after the prefix. It stays with the data: what it sealed must open on the next run.
func (d *dev) secret(file, prefix string) (string, error) {
	path := d.path(file)
	have, err := os.ReadFile(path)
	if err == nil {
		return strings.TrimSpace(string(have)), nil
	}
	if !errors.Is(err, os.ErrNotExist) {
		return "", err
	}
	fresh := prefix + vault.Generate()
	return fresh, os.WriteFile(path, []byte(fresh+"\n"), 0o600)
}

// buildServer compiles the server for this machine.
func (d *dev) buildServer(ctx context.Context) error {
	return d.logged(ctx, "go-build", d.root, d.env, "go", "build", "-o", ".run/warmcabin", "./server/cmd/warmcabin")
}
