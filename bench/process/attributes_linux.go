package process

import "syscall"

// attributes separates the child from the terminal's signals and has the kernel end it should the benchmark be killed.
func attributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGTERM}
}
