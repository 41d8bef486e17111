package localnet

import "syscall"

// childAttributes gives a node a process group of its own, and lets the kernel end it if we die without stopping it.
func childAttributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}
