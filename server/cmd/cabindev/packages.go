package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"warmcabin/server/instance"
)

// servers names the Debian packages that a private MariaDB and Redis lack here; those whose
// server the environment names are not asked for.
func (d *dev) servers() []string {
	return slices.DeleteFunc(instance.Missing(), func(p string) bool {
		if strings.HasPrefix(p, "redis") {
			return d.variable("WARMCABIN_REDIS_ADDR") != ""
		}
		return d.variable("WARMCABIN_MYSQL_DSN") != ""
	})
}

// browser names the Debian packages that the browser stories lack here.
func browser() []string {
	var missing []string
	if _, err := exec.LookPath("chromium"); err != nil {
		missing = append(missing, "chromium")
	}
	if found, _ := filepath.Glob("/usr/share/fonts/opentype/noto/NotoSansCJK*"); len(found) == 0 {
		missing = append(missing, "fonts-noto-cjk")
	}
	return missing
}

// reader names the Debian packages that read our PDFs and workbooks back, for the tests.
func reader() []string {
	var missing []string
	if _, err := exec.LookPath("pdftotext"); err != nil {
		missing = append(missing, "poppler-utils")
	}
	if _, err := os.Stat("/usr/lib/python3/dist-packages/openpyxl"); err != nil {
		missing = append(missing, "python3-openpyxl")
	}
	return missing
}

// compiler names the Debian packages that Go's race detector lacks here: it is linked by a C
// compiler, which nothing else of ours needs.
func compiler() []string {
	var missing []string
	if _, err := exec.LookPath("gcc"); err != nil {
		missing = append(missing, "gcc")
	}
	if _, err := os.Stat("/usr/include/stdlib.h"); err != nil {
		missing = append(missing, "libc6-dev")
	}
	return missing
}

const otherWay = `另一种办法：用 configs/deploy/compose.dev.yaml 启动 MariaDB 和 Redis，再让本程序使用它们：
    docker compose -f configs/deploy/compose.dev.yaml up -d
    WARMCABIN_MYSQL_DSN='root@tcp(127.0.0.1:3307)/warmcabin' WARMCABIN_REDIS_ADDR=127.0.0.1:6380 make run`

// install brings the packages onto this machine, or says in a sentence why it cannot.
func (d *dev) install(ctx context.Context, packages []string) error {
	if len(packages) == 0 {
		return nil
	}
	names := strings.Join(packages, " ")
	apt, err := exec.LookPath("apt-get")
	if runtime.GOOS != "linux" || err != nil {
		return fmt.Errorf("这台机器缺少 %s，而自动安装只支持 Debian 一类的 Linux（apt-get）。(unsupported system)\n%s", names, otherWay)
	}
	prefix, err := root()
	if err != nil {
		return fmt.Errorf("这台机器缺少 %s，安装需要管理员权限。请先运行：sudo apt-get install -y --no-install-recommends %s (needs root or sudo)\n%s", names, names, otherWay)
	}
	d.out.say("  正在安装 %s（apt-get）…", names)
	return d.out.timed("已安装 "+names, func() error { return aptInstall(ctx, append(prefix, apt), packages) })
}

// installStores is `cabindev stores`: what a program needs that starts its own MariaDB and
// Redis.
func (d *dev) installStores(ctx context.Context) error { return d.install(ctx, instance.Missing()) }

// root returns what to write before a command to run it as root.
func root() ([]string, error) {
	if os.Geteuid() == 0 {
		return nil, nil
	}
	if exec.Command("sudo", "-n", "true").Run() == nil {
		return []string{"sudo", "-n"}, nil
	}
	if _, err := exec.LookPath("sudo"); err == nil && isTerminal(os.Stdin) {
		return []string{"sudo"}, nil
	}
	return nil, errors.New("no root")
}

func isTerminal(f *os.File) bool {
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0 && f.Name() != os.DevNull
}

// aptInstall installs, fetching the package lists only when they are missing or stale. It
// stays in the terminal's process group: sudo may have to ask for a password.
func aptInstall(ctx context.Context, apt, packages []string) error {
	var out bytes.Buffer
	run := func(args ...string) error {
		argv := slices.Concat(apt, args)
		cmd := exec.CommandContext(ctx, argv[0], argv[1:]...)
		cmd.Env = append(os.Environ(), "DEBIAN_FRONTEND=noninteractive")
		cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, &out, &out
		return cmd.Run()
	}
	install := append([]string{"install", "-y", "--no-install-recommends"}, packages...)
	if run(install...) == nil {
		return nil
	}
	out.Reset()
	if err := run("update"); err != nil {
		return fmt.Errorf("apt-get update 失败，请检查网络和软件源：\n%s", lastLines(out.String(), 15))
	}
	if err := run(install...); err != nil {
		return fmt.Errorf("apt-get install 失败：\n%s", lastLines(out.String(), 15))
	}
	return nil
}

func lastLines(text string, n int) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return strings.Join(lines[max(0, len(lines)-n):], "\n")
}
