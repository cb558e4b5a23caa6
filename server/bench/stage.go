package main

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"net/http"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"warmcabin/server/instance"
	"warmcabin/server/redis"
)

// stage is one installation of the product, with a street of its own, and a floor on the
// same database.
type stage struct {
	lab       *lab
	name      string // of its database
	db        *sql.DB
	sessions  *redis.Sessions
	server    *child
	floor     *child
	residents int // made so far: their ids are 1…residents
	deputies  int
	reporting bool
	peak      float64 // MB, over all cases
	closers   []func()
}

// Ids of people who are no residents.
const (
	deputyPersons = 1_000_000 // + the deputy's id
	staffPersons  = 2_000_000 // + the station's id
)

func (s *stage) close() {
	for _, f := range slices.Backward(s.closers) {
		f()
	}
	s.closers = nil
}

// openStage starts a server and a floor on a new database of this name, and makes the
// stations. It ends with the lab at the latest.
func (l *lab) openStage(ctx context.Context, name string, redisDB int) (*stage, error) {
	s := &stage{lab: l, name: name}
	l.closers = append(l.closers, s.close)
	env := instance.Environ(
		"WARMCABIN_MYSQL_DSN="+l.mariadb.DSN(name), "WARMCABIN_REDIS_ADDR="+l.cache.Addr(), "WARMCABIN_REDIS_DB="+strconv.Itoa(redisDB),
		"WARMCABIN_MYSQL_MAX_OPEN="+strconv.Itoa(l.pool.MaxOpen), "WARMCABIN_MYSQL_MAX_IDLE="+strconv.Itoa(l.pool.MaxIdle),
		"WARMCABIN_WECHAT_PUSH_TOKEN="+pushToken, "WARMCABIN_WECHAT_PUSH_AES_KEY="+pushKey,
		"WARMCABIN_PORT=0", "WARMCABIN_METRICS_ADDR=127.0.0.1:0", "WARMCABIN_WORKER_INTERVAL=1s",
		"WARMCABIN_MEDIA_DIR="+filepath.Join(l.dir, name+"-media"), "WARMCABIN_CLIENT_DIR="+l.dir,
	)
	migrate := exec.CommandContext(ctx, l.binary, "migrate", "-config", devConfig)
	migrate.Env = env
	if text, err := migrate.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("migrate: %w\n%s", err, text)
	}
	if err := s.openStores(name, redisDB); err != nil {
		return nil, err
	}
	if err := s.exec(ctx, `CREATE TABLE floor_bookings LIKE bookings`, `CREATE TABLE floor_outbox LIKE outbox`); err != nil {
		return nil, err
	}
	if err := s.makeStations(ctx); err != nil {
		return nil, err
	}
	var err error
	if s.server, err = s.child(name+"-server.log", env, l.binary, "serve", "-config", devConfig); err != nil {
		return nil, err
	}
	if s.floor, err = s.child(name+"-floor.log", instance.Environ(), l.self, floorVerb, l.mariadb.DSN(name), strconv.Itoa(l.pool.MaxOpen), l.dir); err != nil {
		return nil, err
	}
	c := newCall(s.server.addr)
	defer c.close()
	if status, body, err := c.do(get("/readyz", "")); err != nil || status != http.StatusOK {
		return nil, fmt.Errorf("/readyz: %d %s %w", status, body, err)
	}
	return s, nil
}

func (s *stage) openStores(name string, redisDB int) (err error) {
	if s.db, err = sql.Open("mysql", s.lab.mariadb.DSN(name)); err != nil {
		return err
	}
	s.closers = append(s.closers, func() { _ = s.db.Close() })
	cache := redis.Open(redis.Options{Addr: s.lab.cache.Addr(), DB: redisDB, PoolSize: hands})
	s.closers = append(s.closers, func() { _ = cache.Close() })
	s.sessions = redis.New(cache, time.Now)
	return nil
}

func (s *stage) child(log string, env []string, argv ...string) (*child, error) {
	c, err := startChild(filepath.Join(s.lab.dir, log), env, argv...)
	if err == nil {
		s.closers = append(s.closers, c.stop)
	}
	return c, err
}

func (s *stage) exec(ctx context.Context, statements ...string) error {
	for _, q := range statements {
		if _, err := s.db.ExecContext(ctx, q); err != nil {
			return fmt.Errorf("%w: %s", err, q)
		}
	}
	return nil
}

// notePeak returns the most memory since forgetPeak and remembers the most of all.
func (s *stage) notePeak() float64 {
	mb := s.server.peakMB()
	s.peak = max(s.peak, mb)
	return mb
}

// residentMemory is the case that every other case loads for.
func residentMemory(_ context.Context, s *stage) ([]result, error) {
	s.notePeak()
	return []result{valued("rss", s.peak, atMost(100))}, nil
}

// settle waits until the worker has nothing left to push: it would take from the next case.
// What waits for the morning (quiet hours) does not, nor do content checks, which go at
// WeChat's pace beside whatever is under load.
func (s *stage) settle(ctx context.Context) error {
	limit := time.Now().Add(time.Minute)
	for time.Now().Before(limit) {
		var waiting int
		err := s.db.QueryRowContext(ctx, `SELECT COUNT(*) FROM outbox WHERE state = 'sending' OR state = 'waiting' AND due_at <= UTC_TIMESTAMP(3)`).Scan(&waiting)
		if err != nil || waiting == 0 {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(100 * time.Millisecond):
		}
	}
	s.lab.note("  发件箱一分钟内没有处理完")
	return nil
}

// hands prepare in parallel: sessions, bookings.
const hands = 16

// parallel runs do for 0…n-1 on several goroutines and returns the first error.
func parallel(ctx context.Context, n int, do func(worker, i int) error) error {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	var at atomic.Int64
	var workers sync.WaitGroup
	for w := range hands {
		workers.Go(func() {
			for i := int(at.Add(1)) - 1; i < n && ctx.Err() == nil; i = int(at.Add(1)) - 1 {
				if err := do(w, i); err != nil {
					stop(err)
				}
			}
		})
	}
	workers.Wait()
	return context.Cause(ctx)
}

// ask sends prepared requests, n of them, and hands each good answer to each, which may be
// nil and is called by several goroutines.
func (s *stage) ask(ctx context.Context, n, want int, request func(i int) []byte, each func(i int, body []byte) error) error {
	var calls [hands]*call
	for w := range calls {
		calls[w] = newCall(s.server.addr)
		defer calls[w].close()
	}
	return parallel(ctx, n, func(w, i int) error {
		status, body, err := calls[w].do(request(i))
		if err != nil {
			return err
		}
		if status != want {
			return fmt.Errorf("want %d, got %d %s", want, status, body)
		}
		if each == nil {
			return nil
		}
		return each(i, body)
	})
}

// decode is an answer as T.
func decode[T any](body []byte) (v T, err error) {
	err = json.Unmarshal(body, &v)
	return v, err
}
