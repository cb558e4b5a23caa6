package media

import (
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"syscall"
	"unsafe"
)

const (
	lowest = 19 // of Unix priorities: what is left of the processors
	idle   = 5  // SCHED_IDLE: nothing but what nobody else wants, and never a moment longer
)

// runLow runs the command at the lowest priority, or below that. The kernel ends it with us.
func runLow(cmd *exec.Cmd, below bool) error {
	// A group of its own, so that the priority is that of all its threads.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	// The kernel ends the child when the *thread* that started it ends: keep it.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if err := cmd.Start(); err != nil {
		return err
	}
	_ = syscall.Setpriority(syscall.PRIO_PGRP, cmd.Process.Pid, lowest) // else it is only less polite
	if below {
		_ = makeIdle(cmd.Process.Pid) // the same
	}
	return cmd.Wait()
}

// makeIdle lets all threads of a process run only while a processor has nothing else to do:
// at the lowest priority alone, who wakes up may still wait until their slice has ended.
// Threads inherit it: when none is new, all have it. (sched_setscheduler, and not the newer
// sched_setattr, whose argument a service manager's filter cannot see.)
func makeIdle(pid int) error {
	tasks := fmt.Sprintf("/proc/%d/task", pid)
	for done := map[int]bool{}; ; {
		entries, err := os.ReadDir(tasks)
		if err != nil {
			return err
		}
		before := len(done)
		for _, e := range entries {
			thread, err := strconv.Atoi(e.Name())
			if err != nil || done[thread] {
				continue
			}
			done[thread] = true
			var priority int32 // there is but one
			if _, _, failed := syscall.RawSyscall(syscall.SYS_SCHED_SETSCHEDULER, uintptr(thread), idle, uintptr(unsafe.Pointer(&priority))); failed != 0 && failed != syscall.ESRCH {
				return failed
			}
		}
		if len(done) == before {
			return nil
		}
	}
}
