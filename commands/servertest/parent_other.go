//go:build !linux

package servertest

import "syscall"

// diesWithParent has no counterpart outside Linux: there a test that is killed may leave its servers behind.
func diesWithParent() *syscall.SysProcAttr { return nil }
