package servertest

import "syscall"

// diesWithParent makes the kernel kill the server when the test process goes away without cleaning up, for example
// after a panic or at the time limit of go test.
func diesWithParent() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
}
