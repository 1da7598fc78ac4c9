package process

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
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

// Name is the name of the program that pid runs, as the kernel keeps it.
func Name(pid int) (string, error) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/comm", pid))
	return string(bytes.TrimSpace(b)), err
}
