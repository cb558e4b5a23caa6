package instance

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

func TestProgramSaysWhereItListens(t *testing.T) {
	log := filepath.Join(t.TempDir(), "log")
	p, err := StartProgram(log, []string{"WORD=温馨"}, "/bin/sh", "-c", `echo "$WORD" >&2; echo "已启动：http://127.0.0.1:1234"; exec sleep 600`)
	if err != nil {
		t.Fatal(err)
	}
	if p.Addr() != "127.0.0.1:1234" {
		t.Errorf("it listens at %q", p.Addr())
	}
	if text, err := os.ReadFile(log); err != nil || string(text) != "温馨\n" {
		t.Errorf("its log holds %q, %v", text, err)
	}
	p.Kill()
	select {
	case <-p.Done():
	default:
		t.Error("Kill returned before its end")
	}
	if err := syscall.Kill(p.Pid(), 0); !errors.Is(err, syscall.ESRCH) {
		t.Errorf("it is still there: %v", err)
	}
	if err := p.Stop(); err != nil {
		t.Errorf("Stop after Kill: %v", err)
	}
}

func TestProgramThatDoesNotStart(t *testing.T) {
	log := filepath.Join(t.TempDir(), "log")
	begun := time.Now()
	if _, err := StartProgram(log, nil, "/bin/sh", "-c", `echo "端口被占用" >&2; exit 1`); err == nil || !strings.Contains(err.Error(), "端口被占用") {
		t.Errorf("%v", err)
	}
	if took := time.Since(begun); took > listenLimit/2 {
		t.Errorf("it took %v to see that it ended", took)
	}
	if _, err := StartProgram(log, nil, "/no/such/program"); err == nil {
		t.Error("what is not there runs")
	}
}

func TestFolderIsTakenOnce(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "folder")
	release, err := TakeFolder(dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "old"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := TakeFolder(dir); !errors.Is(err, ErrBusy) {
		t.Errorf("taken twice: %v", err)
	}
	release()
	if release, err = TakeFolder(dir); err != nil {
		t.Fatal(err)
	}
	defer release()
	if left, err := os.ReadDir(dir); err != nil || len(left) != 0 {
		t.Errorf("%v, %v is left", left, err)
	}
}
