//go:build !linux

package embedded

import "syscall"

// signalOnParentDeath does nothing where the kernel offers no such signal.
func signalOnParentDeath(*syscall.SysProcAttr) {}
