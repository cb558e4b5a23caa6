package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"
)

// errChecks says that some step failed; the summary has told which.
var errChecks = errors.New("some checks failed")

// step is one named check. It writes what it has to say to out.
type step struct {
	name  string
	after string // a step of the same lane without whose success this one cannot run
	show  string // a pattern of lines worth showing in the summary
	run   func(ctx context.Context, out io.Writer) error
}

// outcome is what became of a step.
type outcome struct {
	step   step
	err    error
	took   time.Duration
	output string
}

// lane is a row of steps that run one after the other; lanes run side by side.
type lane []step

// runLanes runs the lanes and returns every step's outcome in the order of the lanes. A
// failed step stops nothing but what needs it.
func (d *dev) runLanes(ctx context.Context, lanes ...lane) []outcome {
	results := make([][]outcome, len(lanes))
	var wg sync.WaitGroup
	for i, steps := range lanes {
		wg.Go(func() {
			for _, s := range steps {
				results[i] = append(results[i], d.runStep(ctx, s, results[i]))
			}
		})
	}
	wg.Wait()
	return slices.Concat(results...)
}

func (d *dev) runStep(ctx context.Context, s step, before []outcome) outcome {
	needs := func(o outcome) bool { return o.step.name == s.after && o.err != nil }
	if slices.ContainsFunc(before, needs) {
		err := fmt.Errorf("没有运行，因为“%s”失败", s.after)
		d.out.say("✗ %s：%v", s.name, err)
		return outcome{step: s, err: err}
	}
	start := time.Now()
	var out bytes.Buffer
	err := s.run(ctx, &out)
	o := outcome{step: s, err: err, took: time.Since(start), output: out.String()}
	log := filepath.Join(d.path("log"), "test-"+fileName(s.name)+".log")
	_ = os.WriteFile(log, out.Bytes(), 0o600)
	if err != nil {
		d.out.say("✗ %s（%.1f 秒）：%v\n%s", s.name, o.took.Seconds(), err, indent(o.output))
	} else {
		d.out.say("✓ %s（%.1f 秒）", s.name, o.took.Seconds())
	}
	return o
}

func fileName(name string) string {
	return strings.Trim(regexp.MustCompile(`[^a-z0-9]+`).ReplaceAllString(strings.ToLower(name), "-"), "-")
}

func indent(text string) string {
	return "    " + strings.ReplaceAll(strings.TrimRight(text, "\n"), "\n", "\n    ")
}

// summary prints what each tool counted, each step with its time, the failed ones by name,
// and last of all one line of counts. It returns errChecks when a step failed.
func (d *dev) summary(all []outcome, took time.Duration) error {
	var failed []string
	d.out.say("\n== 汇总 ==")
	for _, o := range all {
		if o.step.show == "" {
			continue
		}
		for _, line := range regexp.MustCompile(`(?m)`+o.step.show).FindAllString(o.output, -1) {
			d.out.say("%s", line)
		}
	}
	d.out.say("")
	for _, o := range all {
		mark := "✓"
		if o.err != nil {
			mark = "✗"
			failed = append(failed, o.step.name)
		}
		d.out.say("%s %6.1f 秒  %s", mark, o.took.Seconds(), o.step.name)
	}
	if len(failed) > 0 {
		d.out.say("失败：%s（日志在 .run/log/test-*.log）", strings.Join(failed, "、"))
	}
	d.out.say("共 %.0f 秒", took.Seconds())
	d.out.say("%d passed, %d failed", len(all)-len(failed), len(failed))
	if len(failed) > 0 {
		return errChecks
	}
	return nil
}
