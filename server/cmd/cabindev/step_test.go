package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func testDev(t *testing.T) (*dev, *bytes.Buffer) {
	t.Helper()
	var out bytes.Buffer
	d := &dev{root: t.TempDir(), out: &console{w: &out}}
	if err := os.MkdirAll(d.path("log"), 0o700); err != nil {
		t.Fatal(err)
	}
	return d, &out
}

func saying(text string, err error) func(context.Context, io.Writer) error {
	return func(_ context.Context, out io.Writer) error {
		fmt.Fprint(out, text)
		return err
	}
}

func TestSummaryCountsStepsAndEndsWithTheCount(t *testing.T) {
	d, out := testDev(t)
	all := d.runLanes(t.Context(),
		lane{{name: "go test", show: `^(ok|FAIL)\s.*$`, run: saying("ok  \twarmcabin/server/cabin\t0.1s\nnoise\n", nil)}},
		lane{
			{name: "npm ci", run: saying("no network", errors.New("exit status 1"))},
			{name: "lint", after: "npm ci", run: func(context.Context, io.Writer) error { t.Error("lint ran"); return nil }},
		})
	if err := d.summary(all, time.Second); !errors.Is(err, errChecks) {
		t.Errorf("summary: %v", err)
	}
	text := out.String()
	if !strings.HasSuffix(text, "\n1 passed, 2 failed\n") {
		t.Errorf("the end: %s", text)
	}
	for _, want := range []string{"\nok  \twarmcabin/server/cabin\t0.1s\n", "失败：npm ci、lint", "no network", "没有运行，因为“npm ci”失败"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in:\n%s", want, text)
		}
	}
	if strings.Contains(text, "noise") {
		t.Error("a passed step's output is repeated")
	}
	if got := read(t, filepath.Join(d.root, ".run/log/test-go-test.log")); !strings.Contains(got, "noise") {
		t.Errorf("the log has %q", got)
	}
}

func TestSummaryOfSuccess(t *testing.T) {
	d, out := testDev(t)
	all := d.runLanes(t.Context(), lane{{name: "gofmt", run: saying("", nil)}})
	if err := d.summary(all, time.Second); err != nil || !strings.HasSuffix(out.String(), "\n1 passed, 0 failed\n") {
		t.Errorf("%v:\n%s", err, out)
	}
}

func TestStoriesNeedServerAndClient(t *testing.T) {
	d, _ := testDev(t)
	for _, name := range []string{goBuildName, browserName} {
		stories := d.stories([]outcome{{step: step{name: name}, err: errors.New("broken")}})
		if err := stories[0].run(t.Context(), io.Discard); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("without %s: %v", name, err)
		}
	}
}

func TestClientIsBuiltAgainOnlyWhenItsSourcesChange(t *testing.T) {
	dir := filepath.Join(project(t, buildScript), "miniprogram")
	hash := func() string {
		files, err := clientSources(dir)
		if err != nil {
			t.Fatal(err)
		}
		sum, err := hashFiles(dir, files)
		if err != nil {
			t.Fatal(err)
		}
		return sum
	}
	before := hash()
	for path, changes := range map[string]bool{
		"src/main.ts": true, "src/new.vue": true, "package-lock.json": true,
		"e2e/story.spec.ts": false, "src/button.spec.ts": false, "node_modules/x.js": false, "dist/y.js": false,
	} {
		if err := os.WriteFile(filepath.Join(dir, path), []byte("changed "+path), 0o644); err != nil {
			t.Fatal(err)
		}
		after := hash()
		if (after != before) != changes {
			t.Errorf("%s: hash changed is %v, want %v", path, after != before, changes)
		}
		before = after
	}
}
