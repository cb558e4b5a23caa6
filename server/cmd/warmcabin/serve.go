package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"runtime/debug"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	goredis "github.com/redis/go-redis/v9"

	"warmcabin/server/config"
	"warmcabin/server/jobs"
	"warmcabin/server/mysql"
)

// memoryLimit makes the collector work harder before a crowd's garbage grows past it: a
// small station's server is a small machine. It is soft, and photos are decoded in processes
// of their own. Below it, the collector runs half as often as by default: what lives is
// little, what requests leave behind is much. The environment's GOMEMLIMIT and GOGC go before.
const (
	memoryLimit = 68 << 20
	gcPercent   = 200
)

// serve answers until ctx ends, then finishes what is in flight: requests first, then the
// worker's messages, then the pools close.
func serve(ctx context.Context, path string, environ []string, out io.Writer) error {
	c, err := config.Load(path, environ)
	if err != nil {
		return err
	}
	log := newLog(os.Stderr)
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(memoryLimit)
	}
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(gcPercent)
	}
	a, err := assemble(c, log)
	if err != nil {
		return err
	}
	defer a.Close()
	a.reachPhotos(ctx, log)
	listener, err := net.Listen("tcp", c.HTTP.Addr())
	if err != nil {
		return fmt.Errorf("不能在 %s 上监听：%w。请换一个端口（WARMCABIN_PORT）", c.HTTP.Addr(), err)
	}
	_, stopMetrics, err := a.serveMetrics(c, log)
	if err != nil {
		_ = listener.Close()
		return err
	}
	defer stopMetrics()

	working, stopWorking := context.WithCancel(context.Background())
	defer stopWorking()
	var worker sync.WaitGroup
	if c.Worker.Enabled {
		worker.Go(func() { a.worker.Run(working) })
	}
	go a.simPushes(working, listener.Addr())
	log.Info("serving", "addr", listener.Addr().String(), "env", c.Env, "worker", c.Worker.Enabled, "simulator", c.WeChat.Simulator)
	fmt.Fprintf(out, "温馨小屋已启动：http://%s\n", listener.Addr())
	err = a.answer(ctx, listener, log)
	stopWorking()
	worker.Wait()
	return err
}

// answer answers requests until ctx ends and those in flight are done, or their time is up.
func (a *app) answer(ctx context.Context, listener net.Listener, log *slog.Logger) error {
	c := a.config.HTTP
	server := &http.Server{
		Handler: a.api, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: c.ReadTimeout,
		WriteTimeout: c.ReadTimeout + 30*time.Second, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 16 << 10,
		ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelWarn),
	}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	log.Info("stopping: finishing what is in flight")
	ending, cancel := context.WithTimeout(context.Background(), c.ShutdownTimeout)
	defer cancel()
	if err := server.Shutdown(ending); err != nil {
		_ = server.Close()
		return fmt.Errorf("有请求在 %v 内没有结束，已经中断（http.shutdown_timeout）：%w", c.ShutdownTimeout, err)
	}
	return nil
}

// work runs only the jobs until ctx ends.
func work(ctx context.Context, path string, environ []string, out io.Writer) error {
	c, err := config.Load(path, environ)
	if err != nil {
		return err
	}
	log := newLog(os.Stderr)
	a, err := assemble(c, log)
	if err != nil {
		return err
	}
	defer a.Close()
	metrics, stopMetrics, err := a.serveMetrics(c, log)
	if err != nil {
		return err
	}
	defer stopMetrics()
	log.Info("working", "env", c.Env)
	fmt.Fprintf(out, "后台任务已启动，指标在 http://%s\n", metrics)
	jobs.OwnProcess()
	a.worker.Run(ctx)
	return nil
}

// reachPhotos says at once what is wrong with the photos' bucket. Nothing else needs it, so
// everything else starts.
func (a *app) reachPhotos(ctx context.Context, log *slog.Logger) {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	if err := a.photos.Reach(ctx); err != nil {
		log.Error("the bucket of photos cannot be reached (media.s3)", "cause", err.Error())
	}
}

// newLog holds no value of a row: causes go through mysql.LogText.
func newLog(out io.Writer) *slog.Logger {
	log := slog.New(slog.NewJSONHandler(out, &slog.HandlerOptions{ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
		if a.Key == "cause" {
			a.Value = slog.StringValue(mysql.LogText(a.Value.String()))
		}
		return a
	}}))
	slog.SetDefault(log)
	goredis.SetLogger(redisLog{log})
	return log
}

// redisLog puts what the Redis client says of its connections into our log, in our form.
type redisLog struct{ log *slog.Logger }

func (r redisLog) Printf(ctx context.Context, format string, args ...any) {
	r.log.WarnContext(ctx, "redis", "cause", fmt.Sprintf(format, args...))
}

// serveMetrics answers Prometheus on the second port, which is never public, at addr.
func (a *app) serveMetrics(c config.Config, log *slog.Logger) (addr string, stop func(), err error) {
	a.registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}), storesCollector{a.db})
	listener, err := net.Listen("tcp", c.Metrics.Addr)
	if err != nil {
		return "", nil, fmt.Errorf("不能在 %s 上提供监控指标：%w。请修改 metrics.addr", c.Metrics.Addr, err)
	}
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(a.registry, promhttp.HandlerOpts{}))
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second}
	go func() { _ = server.Serve(listener) }() // ends with Close below
	log.Info("metrics", "addr", listener.Addr().String())
	return listener.Addr().String(), func() { _ = server.Close() }, nil
}
