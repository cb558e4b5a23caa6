package instance

import (
	"bufio"
	"context"
	"database/sql"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	_ "github.com/go-sql-driver/mysql"
)

func startMariaDB(t *testing.T, m MariaDB) *Process {
	t.Helper()
	p, err := StartMariaDB(t.Context(), m)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.Stop() })
	return p
}

func startRedis(t *testing.T, r Redis) *Process {
	t.Helper()
	p, err := StartRedis(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.Stop() })
	return p
}

// stop stops and checks that the process is really gone.
func stop(t *testing.T, p *Process) {
	t.Helper()
	if err := p.Stop(); err != nil {
		t.Fatal(err)
	}
	select {
	case <-p.Done():
	default:
		t.Error("Done is open after Stop")
	}
	if err := syscall.Kill(p.running.process.Pid, 0); err != syscall.ESRCH {
		t.Errorf("the process is still there after Stop: %v", err)
	}
	if err := p.Stop(); err != nil {
		t.Errorf("second Stop: %v", err)
	}
}

func query(t *testing.T, p *Process, db, q string) string {
	t.Helper()
	conn, err := sql.Open("mysql", p.DSN(db))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	var v string
	if err := conn.QueryRowContext(t.Context(), q).Scan(&v); err != nil {
		t.Fatalf("%s: %v", q, err)
	}
	return v
}

func exe(t *testing.T, p *Process, db string, statements ...string) {
	t.Helper()
	conn, err := sql.Open("mysql", p.DSN(db))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	for _, s := range statements {
		if _, err := conn.ExecContext(t.Context(), s); err != nil {
			t.Fatalf("%s: %v", s, err)
		}
	}
}

// say sends one inline command to Redis and returns the first line of the reply.
func say(t *testing.T, p *Process, command string) string {
	t.Helper()
	conn, err := net.Dial("tcp", p.Addr())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	fmt.Fprintf(conn, "%s\r\n", command)
	r := bufio.NewReader(conn)
	line, err := r.ReadString('\n')
	if err == nil && strings.HasPrefix(line, "$") && !strings.HasPrefix(line, "$-1") {
		line, err = r.ReadString('\n')
	}
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(line)
}

func TestMariaDBKeepsDataOverRestart(t *testing.T) {
	for _, durable := range []bool{true, false} {
		t.Run(fmt.Sprintf("durable=%v", durable), func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "db")
			p := startMariaDB(t, MariaDB{Dir: dir, Durable: durable})
			exe(t, p, "", "CREATE DATABASE cabin", "CREATE TABLE cabin.t (v VARCHAR(50))", "INSERT INTO cabin.t VALUES ('温馨小屋 🏠')")
			for name, want := range map[string]string{
				"collation_server": "utf8mb4_unicode_520_ci", "tx_isolation": "READ-COMMITTED",
				"time_zone": "+00:00", "log_bin": "0", "bind_address": "127.0.0.1",
			} {
				if got := query(t, p, "", "SELECT @@"+name); got != want {
					t.Errorf("%s = %s, want %s", name, got, want)
				}
			}
			stop(t, p)
			p = startMariaDB(t, MariaDB{Dir: dir, Durable: durable})
			if got := query(t, p, "cabin", "SELECT v FROM t"); got != "温馨小屋 🏠" {
				t.Errorf("after a restart: %q", got)
			}
			stop(t, p)
		})
	}
}

func TestMariaDBRepairsAHalfInstall(t *testing.T) {
	dir := t.TempDir()
	if err := os.MkdirAll(filepath.Join(dir, "data.new", "mysql"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "data.new", "ibdata1"), []byte("half"), 0o600); err != nil {
		t.Fatal(err)
	}
	p := startMariaDB(t, MariaDB{Dir: dir})
	if got := query(t, p, "", "SELECT 1"); got != "1" {
		t.Error(got)
	}
	stop(t, p)
}

func TestRedisKeepsDataOverRestart(t *testing.T) {
	dir := t.TempDir()
	p := startRedis(t, Redis{Dir: dir, Durable: true})
	if got := say(t, p, "SET k v"); got != "+OK" {
		t.Fatal(got)
	}
	stop(t, p)
	p = startRedis(t, Redis{Dir: dir, Durable: true})
	if got := say(t, p, "GET k"); got != "v" {
		t.Errorf("after a restart: %q", got)
	}
	if got := p.DSN("x"); got != "" {
		t.Errorf("Redis has a DSN: %q", got)
	}
	stop(t, p)
}

func TestTemporaryFolderGoesWithStop(t *testing.T) {
	p := startRedis(t, Redis{})
	dir := configDir(t, p)
	if !strings.HasPrefix(dir, tempRoot()) {
		t.Fatalf("a temporary instance lives in %q", dir)
	}
	stop(t, p)
	if _, err := os.Stat(dir); !os.IsNotExist(err) {
		t.Errorf("%s is still there: %v", dir, err)
	}
}

func configDir(t *testing.T, p *Process) string {
	t.Helper()
	dir, err := os.Readlink(fmt.Sprintf("/proc/%d/cwd", p.running.process.Pid))
	if err != nil {
		t.Fatal(err)
	}
	return filepath.Dir(dir)
}

func TestSweepRemovesOnlyWhatNobodyUses(t *testing.T) {
	used := startRedis(t, Redis{})
	left, err := os.MkdirTemp(tempRoot(), tempPrefix+"*")
	if err != nil {
		t.Fatal(err)
	}
	young, err := os.MkdirTemp(tempRoot(), tempPrefix+"*")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(young)
	hourAgo := time.Now().Add(-time.Hour)
	for _, dir := range []string{left, configDir(t, used)} {
		if err := os.Chtimes(dir, hourAgo, hourAgo); err != nil {
			t.Fatal(err)
		}
	}
	sweep()
	if _, err := os.Stat(left); !os.IsNotExist(err) {
		t.Errorf("an abandoned folder stays: %v", err)
	}
	for _, dir := range []string{young, configDir(t, used)} {
		if _, err := os.Stat(dir); err != nil {
			t.Error(err)
		}
	}
	stop(t, used)
}

func TestDeepFolderStillGetsASocket(t *testing.T) {
	dir := filepath.Join(t.TempDir(), strings.Repeat("d", 60), strings.Repeat("e", 60))
	p := startRedis(t, Redis{Dir: dir})
	if got := say(t, p, "PING"); got != "+PONG" {
		t.Error(got)
	}
	stop(t, p)
}

func TestPortIsKeptAndATakenOneIsNamed(t *testing.T) {
	p := startRedis(t, Redis{})
	_, text, _ := net.SplitHostPort(p.Addr())
	port, err := strconv.Atoi(text)
	if err != nil {
		t.Fatal(err)
	}
	for name, start := range map[string]func() (*Process, error){
		"redis":   func() (*Process, error) { return StartRedis(t.Context(), Redis{Port: port}) },
		"mariadb": func() (*Process, error) { return StartMariaDB(t.Context(), MariaDB{Port: port}) },
	} {
		if other, err := start(); err == nil {
			_ = other.Stop()
			t.Errorf("%s started on a port that is taken", name)
		} else if !strings.Contains(err.Error(), "Address already in use") {
			t.Errorf("%s: the error does not show the log: %v", name, err)
		}
	}
	stop(t, p)
	again := startRedis(t, Redis{Port: port})
	if again.Addr() != p.Addr() {
		t.Errorf("%s, want %s", again.Addr(), p.Addr())
	}
	stop(t, again)
}

func TestFolderServesOneInstance(t *testing.T) {
	dir := t.TempDir()
	p := startRedis(t, Redis{Dir: dir})
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if other, err := StartRedis(ctx, Redis{Dir: dir}); err == nil {
		_ = other.Stop()
		t.Error("two instances share a folder")
	} else if !strings.Contains(err.Error(), dir) {
		t.Errorf("the error does not name the folder: %v", err)
	}
	if got := say(t, p, "PING"); got != "+PONG" {
		t.Errorf("the first one suffered: %q", got)
	}
	stop(t, p)
}

func TestCrashIsSeen(t *testing.T) {
	p := startRedis(t, Redis{})
	if err := p.Signal(syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	select {
	case <-p.Done():
	case <-time.After(10 * time.Second):
		t.Fatal("Done stays open after a crash")
	}
	if err := p.Stop(); err == nil || !strings.Contains(err.Error(), "killed") {
		t.Errorf("Stop after a crash: %v", err)
	}
}

func TestStopKillsWhatHangs(t *testing.T) {
	p := startRedis(t, Redis{})
	if err := p.Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	p.running.patience = 10 * time.Millisecond
	if err := p.Stop(); err == nil || !strings.Contains(err.Error(), "was killed") {
		t.Errorf("Stop of a frozen process: %v", err)
	}
}

func TestCancelledStartLeavesNothing(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	dir := t.TempDir()
	if p, err := StartMariaDB(ctx, MariaDB{Dir: dir}); err == nil {
		_ = p.Stop()
		t.Fatal("started with a cancelled context")
	}
	stop(t, startMariaDB(t, MariaDB{Dir: dir}))
}

func TestMissingPackagesAreNamed(t *testing.T) {
	if missing := Missing(); len(missing) != 0 {
		t.Fatalf("this machine misses %v", missing)
	}
	t.Setenv("PATH", t.TempDir()) // hides /usr/bin; mariadbd stays in /usr/sbin
	want := []string{"mariadb-server-core", "mariadb-client-core", "redis-server"}
	if got := Missing(); strings.Join(got, " ") != strings.Join(want, " ") {
		t.Errorf("Missing() = %v, want %v", got, want)
	}
	_, err := StartRedis(t.Context(), Redis{Dir: t.TempDir()})
	if err == nil || !strings.Contains(err.Error(), "redis-server is not installed") || strings.Contains(err.Error(), "mariadb") {
		t.Errorf("StartRedis: %v", err)
	}
	_, err = StartMariaDB(t.Context(), MariaDB{Dir: t.TempDir()})
	if err == nil || !strings.Contains(err.Error(), "mariadb-server-core mariadb-client-core") || strings.Contains(err.Error(), "redis") {
		t.Errorf("StartMariaDB: %v", err)
	}
}

// TestDiesWithItsOwner runs this test binary as an owner that is killed without Stop.
func TestDiesWithItsOwner(t *testing.T) {
	if dir := os.Getenv("INSTANCE_TEST_OWNER_DIR"); dir != "" {
		p := startRedis(t, Redis{Dir: dir, Durable: true})
		fmt.Println("CHILD", p.running.process.Pid)
		<-p.Done()
		return
	}
	dir := t.TempDir()
	owner := exec.Command(os.Args[0], "-test.run=^TestDiesWithItsOwner$")
	owner.Env = append(os.Environ(), "INSTANCE_TEST_OWNER_DIR="+dir)
	out, err := owner.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := owner.Start(); err != nil {
		t.Fatal(err)
	}
	var child int
	for lines := bufio.NewScanner(out); child == 0 && lines.Scan(); {
		_, _ = fmt.Sscanf(lines.Text(), "CHILD %d", &child)
	}
	_ = owner.Process.Kill()
	_ = owner.Wait()
	if child == 0 {
		t.Fatal("the owner started no child")
	}
	// A new start waits for the orphan's lock, so that it also proves that the orphan went.
	p := startRedis(t, Redis{Dir: dir, Durable: true})
	for deadline := time.Now().Add(5 * time.Second); alive(child); time.Sleep(pollEvery) {
		if time.Now().After(deadline) {
			t.Fatal("the child outlives its owner")
		}
	}
	stop(t, p)
}

// alive says whether a process still runs. One that ended but that nobody waited for (an
// orphan in a container without a proper init) does not.
func alive(pid int) bool {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return false
	}
	_, rest, _ := strings.Cut(string(stat), ") ")
	return !strings.HasPrefix(rest, "Z") && !strings.HasPrefix(rest, "X")
}
