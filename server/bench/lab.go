package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	_ "github.com/go-sql-driver/mysql" // database/sql's way to MariaDB

	"warmcabin/server/config"
	"warmcabin/server/instance"
)

const (
	labDir           = ".run/bench" // on the disk that the project is on
	devConfig        = "configs/config.dev.yaml"
	productionConfig = "configs/config.production.yaml"
)

// lab is what all measuring shares: the stores and the binaries.
type lab struct {
	dir     string
	binary  string // of the product
	self    string // our own, which is the floor as well
	pool    config.MySQL
	mariadb *instance.Process
	cache   *instance.Process
	root    *sql.DB // MariaDB without a database
	notes   io.Writer
	closers []func()
}

func (l *lab) note(format string, args ...any) { fmt.Fprintf(l.notes, format+"\n", args...) }

func (l *lab) close() {
	for _, f := range slices.Backward(l.closers) {
		f()
	}
	l.closers = nil
}

// openLab builds the product and starts the stores, in an empty folder.
func openLab(ctx context.Context, notes io.Writer) (_ *lab, err error) {
	l := &lab{dir: labDir, notes: notes}
	defer func() {
		if err != nil {
			l.close()
		}
	}()
	if err := l.claim(); err != nil {
		return nil, err
	}
	if l.self, err = os.Executable(); err != nil {
		return nil, err
	}
	// The pool is production's. Load complains of secrets that we do not need.
	production, _ := config.Load(productionConfig, nil)
	if l.pool = production.MySQL; l.pool.MaxOpen < 2 {
		return nil, fmt.Errorf("请在项目文件夹里运行：没有 %s", productionConfig)
	}
	if err := l.build(ctx); err != nil {
		return nil, err
	}
	return l, l.startStores(ctx)
}

// claim empties our folder, which one bench at a time has.
func (l *lab) claim() error {
	if err := os.MkdirAll(filepath.Dir(l.dir), 0o700); err != nil {
		return err
	}
	lock, err := os.OpenFile(l.dir+".lock", os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return err
	}
	l.closers = append(l.closers, func() { _ = lock.Close() })
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		return errors.New("这个文件夹里已经有一个 make bench 在运行")
	}
	if err := os.RemoveAll(l.dir); err != nil {
		return err
	}
	return os.MkdirAll(l.dir, 0o700)
}

// build compiles the product as `make build` does.
func (l *lab) build(ctx context.Context) error {
	l.binary = filepath.Join(l.dir, "warmcabin")
	cmd := exec.CommandContext(ctx, "go", "build", "-trimpath", "-ldflags", "-s -w", "-o", l.binary, "./server/cmd/warmcabin")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if text, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("go build: %w\n%s", err, text)
	}
	return nil
}

// startStores starts MariaDB and Redis on disk, and makes sure that a commit there is one.
func (l *lab) startStores(ctx context.Context) (err error) {
	if l.mariadb, err = instance.StartMariaDB(ctx, instance.MariaDB{Dir: filepath.Join(l.dir, "mariadb"), Durable: true}); err != nil {
		return err
	}
	l.closers = append(l.closers, func() { _ = l.mariadb.Stop() })
	if l.cache, err = instance.StartRedis(ctx, instance.Redis{Dir: filepath.Join(l.dir, "redis"), Durable: true}); err != nil {
		return err
	}
	l.closers = append(l.closers, func() { _ = l.cache.Stop() })
	if l.root, err = sql.Open("mysql", l.mariadb.DSN("")); err != nil {
		return err
	}
	l.closers = append(l.closers, func() { _ = l.root.Close() })
	var flush, doublewrite int
	if err := l.root.QueryRowContext(ctx, `SELECT @@innodb_flush_log_at_trx_commit, @@innodb_doublewrite`).Scan(&flush, &doublewrite); err != nil {
		return err
	}
	if flush != 1 || doublewrite != 1 {
		return fmt.Errorf("MariaDB 没有按正式环境写盘：innodb_flush_log_at_trx_commit=%d，innodb_doublewrite=%d", flush, doublewrite)
	}
	return nil
}

// environ is our own environment without settings of the product, and these.
func environ(more ...string) []string {
	env := slices.DeleteFunc(os.Environ(), func(e string) bool { return strings.HasPrefix(e, "WARMCABIN_") })
	return append(env, more...)
}
