package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
	"time"
)

// meter is what the machine spent so far, or in a stretch of time.
type meter struct {
	client, server, mariadb, redis time.Duration // of processor time
	statements, syncs, deadlocks   int64         // of MariaDB, with what the worker asks of it
}

func (m meter) plus(o meter) meter {
	return meter{
		m.client + o.client, m.server + o.server, m.mariadb + o.mariadb, m.redis + o.redis,
		m.statements + o.statements, m.syncs + o.syncs, m.deadlocks + o.deadlocks,
	}
}

func (m meter) minus(o meter) meter {
	return m.plus(meter{-o.client, -o.server, -o.mariadb, -o.redis, -o.statements, -o.syncs, -o.deadlocks})
}

// sentence says what one good answer cost.
func (m meter) sentence(rounds []round) string {
	answers, took := 0, time.Duration(0)
	for _, r := range rounds {
		answers, took = answers+len(r.waits), took+r.took
	}
	if answers == 0 {
		return "没有回答"
	}
	each := func(d time.Duration) int64 { return d.Microseconds() / int64(answers) }
	busy := (m.client + m.server + m.mariadb + m.redis).Seconds() / took.Seconds() / float64(runtime.NumCPU())
	return fmt.Sprintf("每次 client %dµs、server %dµs、mariadb %dµs、redis %dµs，处理器 %.0f%%；语句 %.1f，落盘 %.2f，死锁 %d",
		each(m.client), each(m.server), each(m.mariadb), each(m.redis), 100*busy,
		float64(m.statements)/float64(answers), float64(m.syncs)/float64(answers), m.deadlocks)
}

// read reads all meters; server is the process that is being loaded.
func (l *lab) read(ctx context.Context, server *child) (m meter, err error) {
	rows, err := l.root.QueryContext(ctx, `SHOW GLOBAL STATUS WHERE Variable_name IN ('Questions', 'Innodb_data_fsyncs', 'Innodb_deadlocks')`)
	if err != nil {
		return m, err
	}
	defer rows.Close()
	for rows.Next() {
		var name string
		var n int64
		if err := rows.Scan(&name, &n); err != nil {
			return m, err
		}
		switch strings.ToLower(name) {
		case "questions":
			m.statements = n
		case "innodb_data_fsyncs":
			m.syncs = n
		case "innodb_deadlocks":
			m.deadlocks = n
		}
	}
	pids := []int{os.Getpid(), server.pid, l.mariadb.Pid(), l.cache.Pid()}
	for i, to := range []*time.Duration{&m.client, &m.server, &m.mariadb, &m.redis} {
		if *to, err = processorTime(pids[i]); err != nil {
			return m, err
		}
	}
	return m, rows.Err()
}

// processorTime is what a process has used, to 10 ms.
func processorTime(pid int) (time.Duration, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, err
	}
	return parseStat(text)
}

// parseStat adds user and system time of a line of /proc/<pid>/stat. The name of the
// program, in brackets, may hold anything.
func parseStat(text []byte) (time.Duration, error) {
	fields := bytes.Fields(text[bytes.LastIndexByte(text, ')')+1:])
	if len(fields) < 13 {
		return 0, errors.New("unexpected form of /proc/<pid>/stat")
	}
	user, err1 := strconv.ParseInt(string(fields[11]), 10, 64)
	system, err2 := strconv.ParseInt(string(fields[12]), 10, 64)
	const tick = time.Second / 100 // USER_HZ, the same on every Linux
	return time.Duration(user+system) * tick, errors.Join(err1, err2)
}

// peakMB is the most memory that a process held since it started or forgetPeak.
func (c *child) peakMB() float64 {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", c.pid))
	if err != nil {
		return 0
	}
	return parsePeak(string(text))
}

// parsePeak finds VmHWM, which is in kB, in /proc/<pid>/status; 0 without.
func parsePeak(status string) float64 {
	for line := range strings.Lines(status) {
		if rest, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			kb, _ := strconv.ParseFloat(strings.TrimSuffix(strings.TrimSpace(rest), " kB"), 64)
			return kb / 1024
		}
	}
	return 0
}

// forgetPeak starts peakMB anew. Where the kernel does not allow it, a case shows the peak
// of those before it as well.
func (c *child) forgetPeak() {
	_ = os.WriteFile(fmt.Sprintf("/proc/%d/clear_refs", c.pid), []byte("5"), 0)
}
