package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// TestMain lets the test binary play the runner: a real process that gets real signals.
func TestMain(m *testing.M) {
	if os.Getenv("CABINDEV_AS_RUNNER") != "" {
		os.Exit(command(os.Args[1:]))
	}
	os.Exit(m.Run())
}

// fakeServer stands for the real one: ready at once, and on SIGTERM it writes down whether
// the stores were still there.
const fakeServer = `package main

import (
	"fmt"
	"net"
	"net/http"
	"os"
	"os/signal"
	"regexp"
	"syscall"
)

func main() {
	fmt.Println("fake", os.Args[1:])
	if os.Args[1] != "serve" {
		return
	}
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, syscall.SIGTERM)
	go http.ListenAndServe("127.0.0.1:"+os.Getenv("WARMCABIN_PORT"), http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, os.Getpid())
	}))
	<-stop
	verdict := "stores are up"
	dsn := regexp.MustCompile("tcp\\((.*)\\)").FindStringSubmatch(os.Getenv("WARMCABIN_MYSQL_DSN"))[1]
	for _, addr := range []string{dsn, os.Getenv("WARMCABIN_REDIS_ADDR")} {
		if _, err := net.Dial("tcp", addr); err != nil {
			verdict = err.Error()
		}
	}
	os.WriteFile("stopped", []byte(verdict), 0o600)
}
`

const buildScript = `mkdir -p dist/build/h5 && echo built >> dist/builds && touch dist/build/h5/index.html`

// project makes a folder that looks like ours, with a tiny server and client.
func project(t *testing.T, build string) string {
	t.Helper()
	dir := t.TempDir()
	config, err := os.ReadFile("../../../configs/config.dev.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"go.mod":                          "module warmcabin\n\ngo 1.26\n",
		"configs/config.dev.yaml":         string(config),
		"server/cmd/warmcabin/main.go":    fakeServer,
		"miniprogram/src/main.ts":         "export {}\n",
		"miniprogram/package.json":        `{"name": "fake", "version": "1.0.0", "scripts": {"build:h5": "sh build.sh"}}`,
		"miniprogram/package-lock.json":   `{"name": "fake", "version": "1.0.0", "lockfileVersion": 3, "packages": {"": {"name": "fake", "version": "1.0.0"}}}`,
		"miniprogram/build.sh":            build,
		"miniprogram/node_modules/.keep":  "",
		"miniprogram/e2e/story.spec.ts":   "",
		"miniprogram/src/button.spec.ts":  "",
		"miniprogram/dist/old/unrelated1": "",
	} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// runner is a started `cabindev run`.
type runner struct {
	t   *testing.T
	cmd *exec.Cmd
	out *output
	err chan error
}

// output collects what a process says while others look at it.
type output struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

func startRunner(t *testing.T, dir string, port int) *runner {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	r := &runner{t: t, cmd: exec.Command(self, "run"), out: &output{}, err: make(chan error, 1)}
	r.cmd.Dir = dir
	r.cmd.Env = append(slices.DeleteFunc(os.Environ(), func(e string) bool { return strings.HasPrefix(e, "WARMCABIN_") }),
		"CABINDEV_AS_RUNNER=1", "WARMCABIN_PORT="+strconv.Itoa(port))
	r.cmd.Stdout, r.cmd.Stderr = r.out, r.out
	if err := r.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() { r.err <- r.cmd.Wait() }()
	t.Cleanup(func() { _ = r.cmd.Process.Kill() })
	return r
}

// until polls, as real processes need real time.
func until(t *testing.T, what string, limit time.Duration, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(limit); !ok(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%s: not within %v", what, limit)
		}
	}
}

func (r *runner) says(text string) {
	r.t.Helper()
	until(r.t, "the words "+text, time.Minute, func() bool {
		if strings.Contains(r.out.String(), text) {
			return true
		}
		if r.cmd.ProcessState != nil {
			r.t.Fatalf("it ended before saying %q:\n%s", text, r.out)
		}
		return false
	})
}

// exit waits for the end and returns the exit code.
func (r *runner) exit() int {
	r.t.Helper()
	select {
	case <-r.err:
		return r.cmd.ProcessState.ExitCode()
	case <-time.After(40 * time.Second):
		r.t.Fatalf("it does not end:\n%s", r.out)
	}
	return -1
}

// family lists the living processes below pid, by walking /proc.
func family(t *testing.T, pid int) []int {
	t.Helper()
	entries, err := os.ReadDir("/proc")
	if err != nil {
		t.Fatal(err)
	}
	children := map[int][]int{}
	for _, e := range entries {
		if child, err := strconv.Atoi(e.Name()); err == nil {
			children[parent(child)] = append(children[parent(child)], child)
		}
	}
	var all []int
	for queue := children[pid]; len(queue) > 0; queue = queue[1:] {
		all = append(all, queue[0])
		queue = append(queue, children[queue[0]]...)
	}
	return all
}

func parent(pid int) int {
	stat, _ := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	_, after, _ := strings.Cut(string(stat), ") ")
	fields := strings.Fields(after)
	if len(fields) < 2 {
		return 0
	}
	ppid, _ := strconv.Atoi(fields[1])
	return ppid
}

// gone fails while one of the processes is alive. A kill is done when the parent has waited,
// so orphans get a moment.
func gone(t *testing.T, pids []int) {
	t.Helper()
	for _, pid := range pids {
		until(t, fmt.Sprintf("the end of process %d", pid), 5*time.Second, func() bool {
			stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
			return err != nil || bytes.Contains(stat, []byte(") Z "))
		})
	}
}

func get(t *testing.T, url string) string {
	t.Helper()
	res, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

func freePort(t *testing.T) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// secretsOf reads the folder's keys, and fails unless they are ours alone to read and all
// in what the server got.
func secretsOf(t *testing.T, dir string) (secrets [3]string) {
	t.Helper()
	env := read(t, filepath.Join(dir, ".run/env"))
	for i, name := range []string{"secret_key", "vault_keys", "vault_index_key"} {
		path := filepath.Join(dir, ".run", name)
		secrets[i] = strings.TrimSpace(read(t, path))
		info, err := os.Stat(path)
		if err != nil || info.Mode().Perm() != 0o600 || slices.Contains(secrets[:i], secrets[i]) {
			t.Errorf("the file of %s: %v %v", name, info.Mode(), err)
		}
		if want := fmt.Sprintf("export WARMCABIN_%s='%s'\n", strings.ToUpper(name), secrets[i]); !strings.Contains(env, want) {
			t.Errorf("%s did not reach the server", name)
		}
	}
	return secrets
}

func TestRunFromStartToStop(t *testing.T) {
	dir, port := project(t, buildScript), freePort(t)
	first := startRunner(t, dir, port)
	first.says("温馨小屋已启动")
	get(t, fmt.Sprintf("http://127.0.0.1:%d/", port))
	processes := family(t, first.cmd.Process.Pid)
	if len(processes) < 3 {
		t.Fatalf("want MariaDB, Redis and the server, found %d processes", len(processes))
	}

	second := startRunner(t, dir, port)
	if code := second.exit(); code != 1 || !strings.Contains(second.out.String(), fmt.Sprintf("进程 %d，http://127.0.0.1:%d", first.cmd.Process.Pid, port)) {
		t.Errorf("a second run: exit code %d\n%s", code, second.out)
	}

	_ = first.cmd.Process.Signal(syscall.SIGTERM)
	if code := first.exit(); code != 0 {
		t.Errorf("exit code %d after SIGTERM:\n%s", code, first.out)
	}
	gone(t, processes)
	if verdict := read(t, filepath.Join(dir, "stopped")); verdict != "stores are up" {
		t.Errorf("when the server stopped: %s", verdict)
	}

	secrets := secretsOf(t, dir)
	again := startRunner(t, dir, port)
	again.says("温馨小屋已启动")
	if secretsOf(t, dir) != secrets || read(t, filepath.Join(dir, "miniprogram/dist/builds")) != "built\n" {
		t.Error("the second start made a new key or built the client again")
	}
	processes = family(t, again.cmd.Process.Pid)
	pid, err := strconv.Atoi(get(t, fmt.Sprintf("http://127.0.0.1:%d/", port)))
	if err != nil {
		t.Fatal(err)
	}
	_ = syscall.Kill(pid, syscall.SIGKILL) // the server dies by itself
	if code := again.exit(); code != 1 || !strings.Contains(again.out.String(), "服务器 意外停止") || !strings.Contains(again.out.String(), "fake [serve") {
		t.Errorf("a dead server: exit code %d\n%s", code, again.out)
	}
	gone(t, processes)
}

func TestInterruptWhileBuilding(t *testing.T) {
	dir := project(t, "echo started > started; sleep 600 & sleep 600")
	r := startRunner(t, dir, freePort(t))
	until(t, "the build", time.Minute, func() bool { _, err := os.Stat(filepath.Join(dir, "miniprogram/started")); return err == nil })
	processes := family(t, r.cmd.Process.Pid)
	_ = r.cmd.Process.Signal(os.Interrupt)
	if code := r.exit(); code != 0 {
		t.Errorf("exit code %d:\n%s", code, r.out)
	}
	gone(t, processes)
}

func TestKilledOutrightLeavesNothing(t *testing.T) {
	dir, port := project(t, buildScript), freePort(t)
	r := startRunner(t, dir, port)
	r.says("温馨小屋已启动")
	processes := family(t, r.cmd.Process.Pid)
	_ = r.cmd.Process.Kill()
	r.exit()
	gone(t, processes)
}

func TestBusyPortIsToldBeforeAnythingStarts(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	port := l.Addr().(*net.TCPAddr).Port
	dir := project(t, buildScript)
	r := startRunner(t, dir, port)
	if code := r.exit(); code != 1 {
		t.Errorf("exit code %d", code)
	}
	want := fmt.Sprintf("端口 %d 已被占用。请换一个再试，例如：WARMCABIN_PORT=%d make run", port, port+1)
	if out := strings.TrimSpace(r.out.String()); !strings.Contains(out, want) || strings.Contains(out, "\n") {
		t.Errorf("want the one sentence, got\n%s", out)
	}
	if _, err := os.Stat(filepath.Join(dir, ".run/mariadb")); err == nil {
		t.Error("MariaDB was started before the port was looked at")
	}
}

func TestProductionIsRefused(t *testing.T) {
	d := &dev{root: "../../..", env: []string{"WARMCABIN_ENV=production"}}
	if _, err := d.settings(); err == nil {
		t.Error("make run takes a production environment")
	}
}

func TestUnsupportedSystemGetsTheOtherWay(t *testing.T) {
	t.Setenv("PATH", t.TempDir()) // no apt-get
	d := &dev{out: &console{w: io.Discard}}
	err := d.install(context.Background(), []string{"redis-server"})
	if err == nil {
		t.Fatal("installed without apt-get")
	}
	for _, want := range []string{"缺少 redis-server", "configs/deploy/compose.dev.yaml", "WARMCABIN_MYSQL_DSN"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("no %q in: %v", want, err)
		}
	}
}

func TestGivenServersAreNotInstalled(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	d := &dev{env: []string{"WARMCABIN_MYSQL_DSN=x", "WARMCABIN_REDIS_ADDR=y"}}
	if missing := d.servers(); len(missing) != 0 {
		t.Errorf("still wants %q", missing)
	}
}
