package embedded

import "syscall"

// signalOnParentDeath has the kernel ask the child for a fast shutdown when we die.
func signalOnParentDeath(attr *syscall.SysProcAttr) { attr.Pdeathsig = syscall.SIGINT }
