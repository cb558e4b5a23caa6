// Command warmcabin is the whole product in one binary: `serve` runs the API with a
// worker, `worker` only the worker, the others prepare and look after it.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"warmcabin/server/media"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Environ(), os.Stdout); err != nil {
		if errors.Is(err, errUsage) {
			fmt.Fprint(os.Stderr, usage)
		} else {
			fmt.Fprintln(os.Stderr, err)
		}
		os.Exit(1)
	}
}

const usage = `用法：warmcabin <命令> [-config 文件]

  serve         启动服务（worker.enabled 为真时同时投递通知）
  worker        只投递通知、处理到期事项
  migrate       建库并升级到最新结构；-steps -1 退回一步；-grant-to 用户@主机 给程序的数据库用户授权
  invite        生成一次性邀请码：-role admin（24 小时内有效）；-scope 指定代表、站、单位或社区的编号
  factor reset  管理员或审计丢了验证器、也没有恢复码：-person 人员编号，让本人重新绑定
  vault rotate  换了联系方式的密钥后，用新密钥重新加密（可以边用边做，可以重做）
  vault open-names  退回不认识加密姓名的旧版本以前，解开姓名（先停 serve 和 worker，先备份）；
                -lost 个数：密钥找不回来的姓名就此放弃
  verify        核对反映和操作记录有没有被改动、删除过；有就列出来，退出码为 1
  backup        备份数据库和照片：-to 文件夹，在里面新建一份；-keep 14 只留最新的几份；
                -keys-to 另一处：密钥另存为只有本人能读的文件（可以边用边备份）
  restore       从一份备份恢复到空的数据库：-from 那一份的文件夹；-check 只检查备份是否完整
  wechat check  把配置里的通知模板和小程序、公众号里的逐项核对
  wechat followers  取来公众号已有的关注者（启用公众号时做一次，可以重做）
  config check  检查配置，用文字说明缺什么
  demo          装入演示数据（只用于开发）
  openapi       输出接口说明（YAML）
`

// developVerb makes this program develop one photo: its workers run it so, people never do.
const developVerb = "develop"

// errUsage is a command line that says nothing we know: main shows the usage.
var errUsage = errors.New("unknown command")

// command is a subcommand: it gets its flags parsed and the configuration's path.
type command struct {
	flags func(*flag.FlagSet)
	run   func(ctx context.Context, config string, environ []string, out io.Writer) error
}

// configPath is WARMCABIN_CONFIG, the configuration file when no flag names one.
func configPath(environ []string) string {
	for _, e := range environ {
		if path, ok := strings.CutPrefix(e, "WARMCABIN_CONFIG="); ok {
			return path
		}
	}
	return ""
}

// commandTable lists what this program can do. The flags are parsed into variables of the
// table itself: each run makes its own.
func commandTable() map[string]command {
	var steps, lost int
	var role, grantTo, cover string
	var scope, person int64
	return map[string]command{
		"serve":  {run: serve},
		"worker": {run: work},
		"migrate": {
			flags: func(f *flag.FlagSet) {
				f.IntVar(&steps, "steps", 0, "0 is all the way up; -1 goes back one")
				f.StringVar(&grantTo, "grant-to", "", "USER@HOST of the application: gets the rights that its code needs, and no more")
			},
			run: func(ctx context.Context, config string, environ []string, out io.Writer) error {
				return migrate(ctx, config, environ, steps, grantTo, out)
			},
		},
		"invite": {
			flags: func(f *flag.FlagSet) {
				f.StringVar(&role, "role", "admin", "deputy, staff, department, community, liaison, admin or auditor")
				f.Int64Var(&scope, "scope", 0, "id of what the role is for")
			},
			run: func(ctx context.Context, config string, environ []string, out io.Writer) error {
				return invite(ctx, config, environ, role, scope, out)
			},
		},
		"factor": {
			flags: func(f *flag.FlagSet) {
				f.Int64Var(&person, "person", 0, "whose authenticator is lost: the number on their page")
			},
			run: func(ctx context.Context, config string, environ []string, out io.Writer) error {
				return resetFactor(ctx, config, environ, person, out)
			},
		},
		"config":       {run: checkConfig},
		"vault rotate": {run: rotate},
		"vault open-names": {
			flags: func(f *flag.FlagSet) {
				f.IntVar(&lost, "lost", 0, "how many names no key opens any more: they are given up for good")
			},
			run: func(ctx context.Context, config string, environ []string, out io.Writer) error {
				return openNames(ctx, config, environ, lost, out)
			},
		},
		"verify":           {run: verify},
		"backup":           backupCommand(),
		"restore":          restoreCommand(),
		"wechat check":     {run: wechatCommand((*app).checkTemplates)},
		"wechat followers": {run: wechatCommand((*app).fetchFollowers)},
		"demo":             {run: loadDemo},
		developVerb: {
			flags: func(f *flag.FlagSet) { f.StringVar(&cover, "cover", "", "areas to cover, as JSON") },
			run: func(_ context.Context, _ string, _ []string, out io.Writer) error {
				return media.Answer(os.Stdin, cover, out)
			},
		},
		"openapi": {run: openAPI},
	}
}

// run is main without the process: it finds the command, parses its flags, runs it.
func run(ctx context.Context, args, environ []string, out io.Writer) error {
	if len(args) == 0 {
		return errUsage
	}
	name, args := args[0], args[1:]
	// These are said in two words; config alone is config check.
	if second, ok := map[string]string{"config": "check", "factor": "reset"}[name]; ok {
		switch {
		case len(args) > 0 && args[0] == second:
			args = args[1:]
		case name != "config":
			return errUsage
		}
	}
	if (name == "wechat" || name == "vault") && len(args) > 0 {
		name, args = name+" "+args[0], args[1:]
	}
	c, ok := commandTable()[name]
	if !ok {
		return errUsage
	}
	flags := flag.NewFlagSet("warmcabin "+name, flag.ContinueOnError)
	flags.SetOutput(out)
	path := flags.String("config", configPath(environ), "the configuration file")
	if c.flags != nil {
		c.flags(flags)
	}
	if err := flags.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return nil
		}
		return err
	}
	if flags.NArg() > 0 { // "invite auditor" must not make an administrator
		return errUsage
	}
	return c.run(ctx, *path, environ, out)
}
