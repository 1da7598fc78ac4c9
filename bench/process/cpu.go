package process

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"time"
)

// tick is the unit of the times in /proc/<pid>/stat: USER_HZ, which is 100 on every Linux that Go runs on.
const tick = time.Second / 100

// stat is the part of /proc/<pid>/stat that is used here.
type stat struct {
	pid, parent int
	own         time.Duration // user and system time of all threads
	children    time.Duration // the same of ended children that were waited for
}

// parseStat reads one /proc/<pid>/stat. The program's name stands in parentheses and may hold any character, so fields are
// counted from the last closing one.
func parseStat(b []byte) (stat, error) {
	open, end := bytes.IndexByte(b, '('), bytes.LastIndexByte(b, ')')
	if open < 0 || end < open {
		return stat{}, fmt.Errorf("no program name in %q", b)
	}
	pid, err := strconv.Atoi(string(bytes.TrimSpace(b[:open])))
	if err != nil {
		return stat{}, fmt.Errorf("process number: %w", err)
	}
	fields := bytes.Fields(b[end+1:])
	const parent, utime, stime, cutime, cstime = 1, 11, 12, 13, 14 // counted from the state, which is field 3 of the whole line
	if len(fields) <= cstime {
		return stat{}, fmt.Errorf("only %d fields after the program name", len(fields))
	}
	var n [cstime + 1]int64
	for _, i := range []int{parent, utime, stime, cutime, cstime} {
		if n[i], err = strconv.ParseInt(string(fields[i]), 10, 64); err != nil {
			return stat{}, fmt.Errorf("field %d: %w", i+3, err)
		}
	}
	return stat{
		pid:      pid,
		parent:   int(n[parent]),
		own:      time.Duration(n[utime]+n[stime]) * tick,
		children: time.Duration(n[cutime]+n[cstime]) * tick,
	}, nil
}

func readStat(pid int) (stat, error) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return stat{}, err
	}
	return parseStat(b)
}

// Parent is the number of the process that started pid.
func Parent(pid int) (int, error) {
	s, err := readStat(pid)
	return s.parent, err
}

// CPU is the processor time that a process has used so far, in all its threads.
func CPU(pid int) (time.Duration, error) {
	s, err := readStat(pid)
	return s.own, err
}

// TreeCPU is the processor time of a process and of all its descendants, those that have ended included. A child that ends between
// two calls moves from its own account to its parent's, so differences stay right.
func TreeCPU(root int) (time.Duration, error) {
	paths, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		return 0, err
	}
	all := make([]stat, 0, len(paths))
	for _, path := range paths {
		b, err := os.ReadFile(path)
		if err != nil {
			continue // ended since the directory was listed
		}
		s, err := parseStat(b)
		if err != nil {
			return 0, fmt.Errorf("%s: %w", path, err)
		}
		all = append(all, s)
	}
	return sumTree(all, root)
}

// sumTree adds up root and its descendants.
func sumTree(all []stat, root int) (time.Duration, error) {
	children := make(map[int][]stat)
	var sum time.Duration
	found := false
	for _, s := range all {
		children[s.parent] = append(children[s.parent], s)
		if s.pid == root {
			sum, found = s.own+s.children, true
		}
	}
	if !found {
		return 0, errors.New("the process is gone")
	}
	for queue := []int{root}; len(queue) > 0; queue = queue[1:] {
		for _, s := range children[queue[0]] {
			sum += s.own + s.children
			queue = append(queue, s.pid)
		}
	}
	return sum, nil
}

// MachineCPU is the time that all processors together have spent so far: busy with programs, or taken away by the hypervisor, and in
// total. Interrupts count as idle: those that a server causes are in nobody's account.
func MachineCPU() (busy, total time.Duration, err error) {
	b, err := os.ReadFile("/proc/stat")
	if err != nil {
		return 0, 0, err
	}
	return parseMachine(b)
}

func parseMachine(b []byte) (busy, total time.Duration, err error) {
	line, _, _ := bytes.Cut(b, []byte("\n"))
	fields := bytes.Fields(line)
	const user, nice, system, steal = 0, 1, 2, 7 // counted from the first number; what follows steal is part of user and nice
	if len(fields) < steal+2 || string(fields[0]) != "cpu" {
		return 0, 0, fmt.Errorf("no processor times in %q", line)
	}
	for i, field := range fields[1 : steal+2] {
		n, err := strconv.ParseInt(string(field), 10, 64)
		if err != nil {
			return 0, 0, fmt.Errorf("processor time %d: %w", i+1, err)
		}
		total += time.Duration(n) * tick
		switch i {
		case user, nice, system, steal:
			busy += time.Duration(n) * tick
		}
	}
	return busy, total, nil
}

// OwnCPU is the processor time of this process.
func OwnCPU() (time.Duration, error) {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0, err
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano()), nil
}

// Name is the name of the program that pid runs, as the kernel keeps it.
func Name(pid int) (string, error) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/comm", pid))
	return string(bytes.TrimSpace(b)), err
}
