//go:build !linux

package instance

import (
	"os"
	"os/exec"
	"time"
)

type running struct {
	process *os.Process
	state   *os.ProcessState
	done    chan struct{}
}

func launch(*exec.Cmd, time.Duration) (*running, error) { return nil, errSystem }

func (r *running) end() error { return errSystem }

func (r *running) kill() {}

func tempRoot() string { return os.TempDir() }

func ownGroup(*exec.Cmd) {}

func tryLock(*os.File) (bool, error) { return false, errSystem }
