package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/url"
	"runtime"
	"time"

	"warmcabin/server/cabin"
	"warmcabin/server/instance"
	"warmcabin/server/jobs"
	"warmcabin/server/mysql"
	"warmcabin/server/wechat"
	"warmcabin/server/wechat/wechatsim"
)

const (
	workerVerb = "worker" // warmcabin-bench worker <dsn> <address of WeChat>
	messages   = 100_000
	answersIn  = 5 * time.Millisecond
	mailLimit  = 90 * time.Second
	mailPeople = 3_000_000 // + 1…messages
)

// serveWorker is one delivering process: the product's worker and WeChat client.
func serveWorker(ctx context.Context, args []string, out io.Writer) error {
	if len(args) != 2 {
		return fmt.Errorf("%s <dsn> <url>", workerVerb)
	}
	db, err := mysql.Open(args[0], mysql.Options{})
	if err != nil {
		return err
	}
	jobs.OwnProcess()
	base, err := url.Parse(args[1])
	if err != nil {
		return err
	}
	client, err := wechat.New(wechat.Config{AppID: "bench", Secret: "bench", Transport: wechatsim.Redirect(base)})
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0") // startChild waits for an address
	if err != nil {
		return err
	}
	defer listener.Close()
	fmt.Fprintf(out, "http://%s\n", listener.Addr())
	w := &jobs.Worker{DB: db, Sender: client, Interval: 100 * time.Millisecond, Log: slog.Default(), Templates: map[cabin.TemplateKey]jobs.Template{
		cabin.TellReportResult: {ID: "bench", Fields: map[string]string{"character_string1": "number", "thing2": "topic", "phrase3": "state", "thing4": "remark"}},
	}}
	w.Run(ctx)
	return nil
}

// delivery sends many messages to as many people through one worker process, then through
// two, and counts at WeChat what came. Two can only be faster where one leaves processors
// idle: the notes say how busy they were, MariaDB and this WeChat among them.
func delivery(ctx context.Context, s *stage) ([]result, error) {
	if err := s.settle(ctx); err != nil {
		return nil, err
	}
	s.server.stop() // its own worker would help
	// From here on this process is WeChat: on one processor its goroutines take turns, on more
	// they are handed from one to the other, at the price of a third of what they do.
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	var rates []float64
	var lines []result
	for _, processes := range []int{1, 2} {
		rate, lost, doubled, memory, err := s.mail(ctx, processes, messages)
		if err != nil {
			return nil, err
		}
		rates = append(rates, rate)
		s.lab.note("  delivery %d 个进程：每秒 %.0f 条，丢失 %d，重复 %d，内存 %.0f MB", processes, rate, lost, doubled, memory)
		if processes == 1 {
			lines = append(lines, valued("delivery", rate, atLeast(5000)), valued("delivery_rss", memory, atMost(100)))
		}
		lines = append(lines, valued(fmt.Sprintf("delivery_lost_%d", processes), float64(lost), atMost(0)), valued(fmt.Sprintf("delivery_doubled_%d", processes), float64(doubled), atMost(0)))
	}
	return append(lines, valued("delivery_two", rates[1]/rates[0], atLeast(1.7))), nil
}

// mail fills the outbox and lets so many processes empty it.
func (s *stage) mail(ctx context.Context, processes, n int) (rate float64, lost, doubled int, memory float64, err error) {
	first := mailPeople + (processes-1)*messages
	now := time.Now().UTC().Add(-time.Minute).Format("2006-01-02 15:04:05")
	for _, q := range []string{
		fmt.Sprintf(`INSERT INTO persons (id, openid, name, created_at) SELECT %d + seq, CONCAT('mail-', %d, '-', seq), '', '%s' FROM seq_1_to_%d`, first, processes, now, n),
		fmt.Sprintf(`INSERT INTO consents (person_id, template, credits, accepted, updated_at) SELECT %d + seq, 'report_result', 1, 1, '%s' FROM seq_1_to_%d`, first, now, n),
		fmt.Sprintf(`INSERT INTO outbox (person_id, matter_kind, matter_id, template, payload, page, due_at, created_at) SELECT %d + seq, 'report', %d + seq, 'report_result',
			'{"number":"R1","topic":"路灯不亮","state":"已办结","remark":"请您看看"}', '/pages/report/detail?id=1', '%s', '%s' FROM seq_1_to_%d`, first, first, now, now, n),
	} {
		if err := s.exec(ctx, q); err != nil {
			return 0, 0, 0, 0, err
		}
	}
	day, err := openMailDay(n)
	if err != nil {
		return 0, 0, 0, 0, err
	}
	defer day.close()
	begun := time.Now()
	var workers []*child
	for i := range processes {
		w, err := startChild(fmt.Sprintf("%s/worker-%d-%d.log", s.lab.dir, processes, i), instance.Environ(), s.lab.self, workerVerb, s.lab.mariadb.DSN(s.name), day.url())
		if err != nil {
			return 0, 0, 0, 0, err
		}
		defer w.stop()
		workers = append(workers, w)
	}
	before, err := s.readAll(ctx, workers)
	if err != nil {
		return 0, 0, 0, 0, err
	}
	for came := 0; came < n && time.Since(begun) < mailLimit && ctx.Err() == nil; came, _, _ = day.count() {
		time.Sleep(50 * time.Millisecond)
	}
	if err := s.settle(ctx); err != nil {
		return 0, 0, 0, 0, err
	}
	came, doubled, last := day.count()
	after, err := s.readAll(ctx, workers)
	if err != nil {
		return 0, 0, 0, 0, err
	}
	took := last.Sub(begun)
	s.lab.note("  delivery %d 个进程：%s", processes, after.minus(before).sentence([]round{{took, make([]time.Duration, came)}}))
	return float64(came) / last.Sub(begun).Seconds(), n - came, doubled, workers[0].peakMB(), ctx.Err()
}

// readAll is lab.read for several processes together.
func (s *stage) readAll(ctx context.Context, workers []*child) (meter, error) {
	m, err := s.lab.read(ctx, workers[0])
	for _, w := range workers[1:] {
		more, wrong := processorTime(w.pid)
		m.server, err = m.server+more, errors.Join(err, wrong)
	}
	return m, err
}
