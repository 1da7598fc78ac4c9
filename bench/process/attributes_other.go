//go:build !linux

package process

import "syscall"

// attributes separates the child from the terminal's signals. A benchmark that is killed outside Linux leaves its servers behind.
func attributes() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }
