package demo

import "syscall"

// childAttributes gives an oracle a process group of its own, and lets the kernel end it if we die without stopping it.
func childAttributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}
