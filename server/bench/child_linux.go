package main

import "syscall"

// childAttr gives a child its own process group, and ends it should we be killed outright.
func childAttr() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGTERM}
}
