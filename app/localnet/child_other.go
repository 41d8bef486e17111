//go:build !linux

package localnet

import "syscall"

// childAttributes gives a node a process group of its own.
func childAttributes() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }
