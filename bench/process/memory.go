package process

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"os"
	"strconv"
	"time"
)

// Memory is what a process holds in memory, in bytes.
type Memory struct {
	Resident  int64 // all pages, those of the program's file and of shared libraries included
	Anonymous int64 // heap and stacks alone
}

// ReadMemory reads the exact figures of /proc/<pid>/smaps_rollup; those in status and statm lag behind by some pages per thread.
func ReadMemory(pid int) (Memory, error) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/smaps_rollup", pid))
	if err != nil {
		return Memory{}, err
	}
	return parseRollup(b)
}

func parseRollup(b []byte) (Memory, error) {
	m := Memory{Resident: -1, Anonymous: -1}
	for s := bufio.NewScanner(bytes.NewReader(b)); s.Scan(); {
		fields := bytes.Fields(s.Bytes())
		if len(fields) != 3 || string(fields[2]) != "kB" {
			continue
		}
		var field *int64
		switch string(fields[0]) {
		case "Rss:":
			field = &m.Resident
		case "Anonymous:":
			field = &m.Anonymous
		default:
			continue
		}
		kb, err := strconv.ParseInt(string(fields[1]), 10, 64)
		if err != nil {
			return Memory{}, fmt.Errorf("%s %w", fields[0], err)
		}
		*field = kb << 10
	}
	if m.Resident < 0 || m.Anonymous < 0 {
		return Memory{}, fmt.Errorf("no Rss or no Anonymous in %q", b)
	}
	return m, nil
}

// SettledMemory reads the memory of a process until it has stayed within half a per cent for two seconds, for at most limit.
// settled tells whether it did; the last reading is returned in any case.
func SettledMemory(ctx context.Context, pid int, limit time.Duration) (m Memory, settled bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	ticker := time.NewTicker(250 * time.Millisecond)
	defer ticker.Stop()
	const calmReadings = 8
	for base, calm := int64(0), 0; ; {
		if m, err = ReadMemory(pid); err != nil {
			return m, false, err
		}
		if change := m.Resident - base; change > base/200 || change < -base/200 {
			base, calm = m.Resident, 0
		} else if calm++; calm >= calmReadings {
			return m, true, nil
		}
		select {
		case <-ctx.Done():
			return m, false, nil
		case <-ticker.C:
		}
	}
}
