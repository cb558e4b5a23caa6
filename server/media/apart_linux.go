package media

import (
	"os/exec"
	"runtime"
	"syscall"
)

const lowest = 19 // of Unix priorities: what is left of the processors

// runLow runs the command at the lowest priority. The kernel ends it with us.
func runLow(cmd *exec.Cmd) error {
	// A group of its own, so that the priority is that of all its threads.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	// The kernel ends the child when the *thread* that started it ends: keep it.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if err := cmd.Start(); err != nil {
		return err
	}
	_ = syscall.Setpriority(syscall.PRIO_PGRP, cmd.Process.Pid, lowest) // else it is only less polite
	return cmd.Wait()
}
