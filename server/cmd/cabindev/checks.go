package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

const alreadyTesting = "这个文件夹里已经有一个检查在运行"

// raced are the packages whose tests also run under the race detector: where goroutines
// share memory. Everything would cost minutes.
var raced = []string{"./server/wechat/...", "./server/redis/...", "./server/jobs/..."}

// test is `make test`: every check, the Go ones beside the client's, the stories last.
func (d *dev) test(ctx context.Context) error {
	begun := time.Now()
	lock, err := d.claim("test", alreadyTesting)
	if err != nil {
		return err
	}
	defer lock.Close()
	// Tests have servers of their own: nothing of the person's may leak in.
	d.env = slices.DeleteFunc(d.env, func(e string) bool { return strings.HasPrefix(e, "WARMCABIN_") })
	if err := d.install(ctx, slices.Concat(d.servers(), browser(), compiler(), reader())); err != nil {
		return err
	}
	// The font of the sheets comes with the client's modules: Go's tests need it too.
	if err := d.clientModules(ctx); err != nil {
		return err
	}
	all := d.runLanes(ctx, d.goChecks(), d.clientChecks())
	all = append(all, d.runLanes(ctx, d.stories(all))...)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return d.summary(all, time.Since(begun))
}

// e2e is `make e2e`: the browser stories and what they need.
func (d *dev) e2e(ctx context.Context) error {
	begun := time.Now()
	lock, err := d.claim("test", alreadyTesting)
	if err != nil {
		return err
	}
	defer lock.Close()
	d.env = slices.DeleteFunc(d.env, func(e string) bool { return strings.HasPrefix(e, "WARMCABIN_") })
	if err := d.install(ctx, slices.Concat(d.servers(), browser(), reader())); err != nil {
		return err
	}
	built := d.runLanes(ctx, lane{d.serverStep()}, lane{d.modulesStep(), d.browserStep()})
	all := append(built, d.runLanes(ctx, d.stories(built))...)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return d.summary(all, time.Since(begun))
}

const goBuildName = "go build"

func (d *dev) goChecks() lane {
	return lane{
		{name: "gofmt", run: d.gofmt},
		d.serverStep(),
		d.goStep("go vet", "go", "vet", "./..."),
		d.goStep("staticcheck", "go", "tool", "staticcheck", "./..."),
		{
			name: "go test", show: `^(ok|FAIL|---\s+FAIL)\s.*$`,
			run: d.inRoot("go", "test", "-count=1", "-timeout=8m", "./..."),
		},
		{
			name: "go test -race", show: `^(FAIL|---\s+FAIL)\s.*$`,
			run: d.inRoot(append([]string{"go", "test", "-count=1", "-timeout=8m", "-race"}, raced...)...),
		},
	}
}

func (d *dev) goStep(name string, argv ...string) step {
	return step{name: name, run: d.inRoot(argv...)}
}

// inRoot makes a step of a command in the project's folder.
func (d *dev) inRoot(argv ...string) func(context.Context, io.Writer) error {
	return func(ctx context.Context, out io.Writer) error { return tool(ctx, out, d.root, d.env, argv...) }
}

// gofmt fails when a file is not formatted; gofmt itself only lists it.
func (d *dev) gofmt(ctx context.Context, out io.Writer) error {
	var listed strings.Builder
	if err := tool(ctx, io.MultiWriter(out, &listed), d.root, d.env, "gofmt", "-l", "server", "sql"); err != nil {
		return err
	}
	if listed.Len() > 0 {
		return errors.New("这些文件没有格式化，请运行 gofmt -w")
	}
	return nil
}

func (d *dev) serverStep() step {
	return step{name: goBuildName, run: func(ctx context.Context, _ io.Writer) error { return d.buildServer(ctx) }}
}

const (
	modulesName = "npm ci"
	browserName = "浏览器版构建 build:h5"
)

func (d *dev) clientChecks() lane {
	npm := func(name, script, show string) step {
		dir := filepath.Join(d.root, clientDir)
		return step{name: name, after: modulesName, show: show, run: func(ctx context.Context, out io.Writer) error {
			return tool(ctx, out, dir, d.npmEnv("NO_COLOR=1"), "npm", "run", script)
		}}
	}
	return lane{
		d.modulesStep(),
		npm("客户端类型 typecheck", "typecheck", ""),
		npm("客户端规范 lint", "lint", ""),
		npm("客户端单元测试 test", "test", `^\s*(Test Files|Tests)\s.*$`),
		npm("微信小程序构建与检查 build:weapp", "build:weapp", ""),
		d.browserStep(),
	}
}

func (d *dev) modulesStep() step {
	return step{name: modulesName, run: func(ctx context.Context, _ io.Writer) error { return d.clientModules(ctx) }}
}

func (d *dev) browserStep() step {
	return step{name: browserName, after: modulesName, run: func(ctx context.Context, _ io.Writer) error { return d.browserClient(ctx) }}
}

// stories is the last lane: Chromium against a real server with demo data. before says
// whether there is a server and a client to drive.
func (d *dev) stories(before []outcome) lane {
	s := step{name: "浏览器故事 e2e", show: `^\s*\d+ (passed|failed|flaky|skipped|did not run).*$`, run: d.runStories}
	for _, o := range before {
		if o.err != nil && (o.step.name == goBuildName || o.step.name == browserName) {
			s.run = func(context.Context, io.Writer) error {
				return fmt.Errorf("没有运行，因为“%s”失败", o.step.name)
			}
		}
	}
	return lane{s}
}

// runStories starts a stack of its own in memory and hands its address to Playwright.
func (d *dev) runStories(ctx context.Context, out io.Writer) error {
	addr, err := freeAddr("127.0.0.1:0")
	if err != nil {
		return err
	}
	s := &stack{}
	defer s.stop()
	media, err := d.scratch("e2e-media")
	if err != nil {
		return err
	}
	_, port, _ := strings.Cut(addr, ":")
	s.env = append(slices.Clone(d.env), "WARMCABIN_PORT="+port, "WARMCABIN_METRICS_ADDR=127.0.0.1:0", "WARMCABIN_MEDIA_DIR="+media)
	if err := d.stores(ctx, s, ""); err != nil {
		return err
	}
	url := "http://" + addr
	if err := d.serve(ctx, s, "e2e-server", url); err != nil {
		return err
	}
	more := []string{"NO_COLOR=1", "WARMCABIN_URL=" + url}
	for _, name := range []string{"WARMCABIN_MYSQL_DSN", "WARMCABIN_REDIS_ADDR"} { // one story has an office of its own beside
		more = append(more, name+"="+value(s.env, name))
	}
	err = tool(ctx, out, filepath.Join(d.root, clientDir), d.npmEnv(more...), "npm", "run", "e2e")
	if err != nil && ctx.Err() == nil {
		fmt.Fprintf(out, "\n服务器日志 .run/log/e2e-server.log 的最后几行：\n%s\n", tail(filepath.Join(d.path("log"), "e2e-server.log"), 20))
	}
	return err
}
