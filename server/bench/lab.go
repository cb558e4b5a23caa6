package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"

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
	release, err := instance.TakeFolder(l.dir)
	if errors.Is(err, instance.ErrBusy) {
		return nil, errors.New("这个文件夹里已经有一个 make bench 在运行")
	}
	if err != nil {
		return nil, err
	}
	l.closers = append(l.closers, release)
	if l.self, err = os.Executable(); err != nil {
		return nil, err
	}
	// The pool is production's. Load complains of secrets that we do not need.
	production, _ := config.Load(productionConfig, nil)
	if l.pool = production.MySQL; l.pool.MaxOpen < 2 {
		return nil, fmt.Errorf("请在项目文件夹里运行：没有 %s", productionConfig)
	}
	if l.binary, err = instance.BuildProduct(ctx, ".", l.dir); err != nil {
		return nil, err
	}
	return l, l.startStores(ctx)
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
