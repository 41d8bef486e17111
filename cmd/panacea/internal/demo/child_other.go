//go:build !linux

package demo

import "syscall"

// childAttributes gives an oracle a process group of its own.
func childAttributes() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }
