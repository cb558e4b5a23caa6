//go:build !linux

package media

import "os/exec"

// runLow runs the command; what its priority should be is not known here.
func runLow(cmd *exec.Cmd, _ bool) error { return cmd.Run() }
