package process

import "syscall"

// RaiseFileLimit raises the number of files that this process and the children it starts from now on may open, as far as the
// system allows, and returns it. The limit is set even where Go has raised its own already: Go gives children the old one
// otherwise.
func RaiseFileLimit() (uint64, error) {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return 0, err
	}
	limit.Cur = limit.Max
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return 0, err
	}
	return limit.Cur, nil
}
