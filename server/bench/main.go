// Command bench is `make bench`: it measures the real server against a bare floor, on this
// machine, in one run, and says what each feature costs.
//
// It starts a MariaDB on disk that syncs every commit, a Redis, the warmcabin binary and
// the floor (floor.go), each a process of its own, and loads them from this process; all
// share the machine's processors. Rounds against ours and the floor take turns, and the
// median round counts, so that what else the machine does hits both. Standard output has
// one line a case:
//
//	name c=32 ours=… floor=… ratio=… target=… p50=… p99=… rss_mb=…   (a second; milliseconds of ours)
//	name value=… target=…
//
// and bench.json the same. Where the time went is on standard error. The exit code is 0
// whatever the figures say, and 1 when the bench could not run.
//
// A feature adds its cases in a file of its own and a line in the table of cases below.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"syscall"
	"time"
)

// benchCase measures one thing on a stage and returns its lines.
type benchCase struct {
	name string
	run  func(context.Context, *stage) ([]result, error)
}

// cases run in this order, on one stage: reading first, as what writes leaves work behind.
var cases = []benchCase{
	{"slots_list", slotsList},
	{"deputies_list", deputiesList},
	{"booking_create", bookingCreate},
	{"booking_race", bookingRace},
	{"report_lists", reportLists},
	{"report_create", reportCreate},
	{"push_receiver", pushReceiver},
	{"photo_upload", photoUpload},
	{"photo_memory", photoMemory},
	{"rss", residentMemory}, // the most that any case before it took
	{"import_5000", import5000},
	{"export_100k", export100k},
	{"delivery", delivery}, // last: it stops the server
}

// largeCases take a million rows: measured with SCALE=full, or by name.
var largeCases = []benchCase{{"statistics", statistics}}

const usage = `用法：make bench [SCALE=full]，或 warmcabin-bench [用例…]（在项目文件夹里运行）`

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	var err error
	if len(os.Args) > 1 && os.Args[1] == floorVerb {
		err = serveFloor(ctx, os.Args[2:], os.Stdout)
	} else if len(os.Args) > 1 && os.Args[1] == workerVerb {
		err = serveWorker(ctx, os.Args[2:], os.Stdout)
	} else {
		err = run(ctx, os.Args[1:], os.Getenv("SCALE"), os.Stdout, os.Stderr)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "✗", err)
		stop()
		os.Exit(1)
	}
}

// run measures the named cases, all without names.
func run(ctx context.Context, names []string, scale string, out, notes io.Writer) (err error) {
	chosen, full, err := choose(names, scale)
	if err != nil {
		return err
	}
	begun := time.Now()
	l, err := openLab(ctx, notes)
	if err != nil {
		return err
	}
	defer l.close()
	var all []result
	tell := func(rs []result) error {
		for _, r := range rs {
			fmt.Fprintln(out, r)
		}
		all = append(all, rs...)
		return writeJSON("bench.json", all)
	}
	if len(chosen) > 0 {
		s, err := l.openStage(ctx, "bench", 0)
		if err != nil {
			return err
		}
		for _, c := range chosen {
			start := time.Now()
			rs, err := c.run(ctx, s)
			if err != nil {
				return fmt.Errorf("%s: %w", c.name, err)
			}
			l.note("  %s 用时 %.1f 秒", c.name, time.Since(start).Seconds())
			if err := tell(rs); err != nil {
				return err
			}
		}
		s.close()
	}
	if full {
		if err := errors.Join(measureReports(ctx, l, tell), measureScale(ctx, l, tell)); err != nil {
			return err
		}
	}
	fmt.Fprintf(notes, "用时 %.0f 秒，结果在 bench.json。\n", time.Since(begun).Seconds())
	return nil
}

// scaleName chooses the cases of SCALE=full alone on the command line.
const scaleName = "scale"

// choose picks the cases; full tells whether the large lists are measured, too.
func choose(names []string, scale string) (chosen []benchCase, full bool, err error) {
	if scale != "" && scale != "full" {
		return nil, false, fmt.Errorf("SCALE 只能是 full。%s", usage)
	}
	full = scale == "full"
	if len(names) == 0 && full {
		return slices.Concat(cases[:len(cases)-1], largeCases, cases[len(cases)-1:]), full, nil
	}
	if len(names) == 0 {
		return cases, full, nil
	}
	known := slices.Concat(cases, largeCases)
	for _, name := range names {
		at := slices.IndexFunc(known, func(c benchCase) bool { return c.name == name })
		switch {
		case name == scaleName:
			full = true
		case at < 0:
			return nil, false, fmt.Errorf("没有用例 %s。%s", name, usage)
		default:
			chosen = append(chosen, known[at])
		}
	}
	return chosen, full, nil
}
