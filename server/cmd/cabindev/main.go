// Command cabindev is what `make run` and `make test` start: it installs what a Debian
// machine lacks, starts a private MariaDB and Redis, builds the client and the server and
// runs them, or runs every check. None of it is part of the production binary.
//
// It works in the project's folder and keeps everything of its own in .run/.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"
)

const usage = `cabindev run    启动整套开发环境（make run）
cabindev test   运行全部检查（make test）
cabindev e2e    只运行浏览器故事（make e2e）
cabindev client 构建浏览器版（make build 的一部分）
cabindev stores 安装缺少的 MariaDB 和 Redis（make bench 和 make faults 的一部分）`

func main() {
	os.Exit(command(os.Args[1:]))
}

// command runs one subcommand under signals and returns the exit code.
func command(args []string) int {
	// A closed pipe or terminal must not kill us before we have stopped what we started: a
	// write then fails and nothing more.
	signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()

	d := &dev{root: ".", env: os.Environ(), out: &console{w: os.Stdout}}
	verbs := map[string]func(context.Context) error{"run": d.run, "test": d.test, "e2e": d.e2e, "client": d.clientOnly, "stores": d.installStores}
	var verb func(context.Context) error
	if len(args) == 1 {
		verb = verbs[args[0]]
	}
	if verb == nil {
		fmt.Fprintln(os.Stderr, usage)
		return 2
	}
	err := verb(ctx)
	switch {
	case ctx.Err() != nil && args[0] == "run":
		d.out.say("已全部停止。")
		return 0
	case ctx.Err() != nil:
		d.out.say("已中断，没有做完。")
		return 130
	case errors.Is(err, errChecks):
		return 1 // the summary has said it
	case err != nil:
		d.out.say("✗ %v", err)
		return 1
	}
	return 0
}
