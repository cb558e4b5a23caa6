package instance

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"syscall"
	"time"
)

// running is a started program and the goroutine that waits for it. state is set before
// done is closed.
type running struct {
	process  *os.Process
	state    *os.ProcessState
	done     chan struct{}
	patience time.Duration // between asking to end and killing
}

// launch starts the program in its own process group. The kernel sends it SIGTERM when its
// parent *thread* ends, so the goroutine that starts it keeps its thread to itself until
// the program is gone.
func launch(cmd *exec.Cmd, patience time.Duration) (*running, error) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGTERM}
	run := &running{done: make(chan struct{}), patience: patience}
	started := make(chan error)
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := cmd.Start()
		run.process = cmd.Process
		started <- err
		if err != nil {
			return
		}
		_ = cmd.Wait() // its outcome is in ProcessState
		run.state = cmd.ProcessState
		close(run.done)
	}()
	if err := <-started; err != nil {
		return nil, err
	}
	return run, nil
}

// end stops the program: asks, waits, kills.
func (r *running) end() error {
	select {
	case <-r.done:
		return fmt.Errorf("it had ended already: %v", r.state)
	default:
	}
	if err := r.process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	limit := time.NewTimer(r.patience)
	defer limit.Stop()
	select {
	case <-r.done:
		return nil
	case <-limit.C:
		_ = syscall.Kill(-r.process.Pid, syscall.SIGKILL)
		<-r.done
		return fmt.Errorf("it did not end within %v and was killed", r.patience)
	}
}

// kill ends the program and whatever it started at once, and returns when it is gone.
func (r *running) kill() {
	select {
	case <-r.done: // its number may be somebody else's by now
	default:
		_ = syscall.Kill(-r.process.Pid, syscall.SIGKILL)
		<-r.done
	}
}

// ownGroup makes a command that ctx can end together with its children.
func ownGroup(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = time.Second
}

// tryLock takes the lock unless somebody holds it. It belongs to the open file, which
// children inherit.
func tryLock(f *os.File) (bool, error) {
	err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return false, nil
	}
	return err == nil, err
}

// tempRoot prefers memory, as a temporary instance keeps nothing anyway. A container's
// /dev/shm often has 64 MB only, too little for one MariaDB.
func tempRoot() string {
	var fs syscall.Statfs_t
	const room = 1 << 30
	if err := syscall.Statfs("/dev/shm", &fs); err == nil && fs.Bavail*uint64(fs.Bsize) >= room {
		return "/dev/shm"
	}
	return os.TempDir()
}
