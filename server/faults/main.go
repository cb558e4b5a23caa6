// Command faults is `make faults`: it kills the product's parts under load, over and over,
// and then counts from the outside what was lost.
//
// Two servers and two workers, a MariaDB on disk that syncs every commit, a Redis and
// WeChat's simulator run, each of ours in a process of its own; phones of residents,
// deputies, desks and departments book, report and answer over HTTP, as our own phone does:
// what got no answer is sent again with the same Idempotency-Key. In each round one part is
// ended with kill -9 and started again; all the while a tenth of the calls to WeChat fails.
// At the end everything is left to settle, and the books are compared: what the phones were
// told, what the API and the database hold, what the simulator really took.
//
// Standard output has a table and, as its last line,
//
//	faults rounds=… lost_requests=0 doubled_bookings=0 events_without_inbox=0 messages_lost=0 messages_doubled=0 unknown=…
//
// The exit code is 1 when one of the five is not 0, or when a message is unknown without a
// reason (count.go says what each of them means).
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"

	"warmcabin/server/instance"
)

const (
	folder    = ".run/faults" // on the disk that the project is on
	wholeTime = 10 * time.Minute
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	ctx, cancel := context.WithTimeout(ctx, wholeTime)
	defer cancel()
	rounds := flag.Int("rounds", 24, "how often something is killed")
	flag.Parse()
	if err := run(ctx, *rounds, os.Stdout, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "✗", err)
		cancel()
		stop()
		os.Exit(1)
	}
}

// errFaults is said by the table.
var errFaults = errors.New("核对出了问题，见上表")

func run(ctx context.Context, rounds int, out, notes io.Writer) error {
	begun := time.Now()
	release, err := instance.TakeFolder(folder)
	if errors.Is(err, instance.ErrBusy) {
		return errors.New("这个文件夹里已经有一个 make faults 在运行")
	}
	if err != nil {
		return err
	}
	defer release()
	s, err := openSite(ctx, ".", folder)
	if err != nil {
		return err
	}
	defer s.close()
	p := plan{rounds: rounds, residents: 60, pause: 2 * time.Second, least: 1500 * time.Millisecond, most: 5 * time.Second}
	v, err := s.play(ctx, p, notes)
	if err != nil {
		return err
	}
	fmt.Fprintf(notes, "用时 %.0f 秒。\n", time.Since(begun).Seconds())
	fmt.Fprint(out, v.table())
	fmt.Fprintln(out, v.line())
	if !v.clean() {
		return errFaults
	}
	return nil
}
