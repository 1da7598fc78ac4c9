package commands

import (
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"os"
	"runtime"
	"runtime/metrics"
	"strconv"
	"sync"
	"syscall"
	"time"
)

// What INFO tells of the process and the machine. Where the system has no
// /proc the figures are zero or the Go runtime's.

// heapBytes returns the memory in live and not yet collected objects.
func heapBytes() uint64 {
	sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	metrics.Read(sample)
	return sample[0].Value.Uint64()
}

// residentBytes returns the resident set size of the process.
func residentBytes() uint64 {
	if fields := bytes.Fields(systemFile("/proc/self/statm")); len(fields) > 1 {
		if pages, err := strconv.ParseUint(string(fields[1]), 10, 64); err == nil {
			return pages * uint64(os.Getpagesize())
		}
	}
	sample := []metrics.Sample{{Name: "/memory/classes/total:bytes"}}
	metrics.Read(sample)
	return sample[0].Value.Uint64()
}

// systemMemory returns the memory of the machine in bytes, 0 if it is not
// known.
var systemMemory = sync.OnceValue(func() uint64 {
	fields := bytes.Fields(systemFile("/proc/meminfo"))
	for i := range len(fields) - 1 {
		if string(fields[i]) == "MemTotal:" {
			kilobytes, err := strconv.ParseUint(string(fields[i+1]), 10, 64)
			if err == nil {
				return kilobytes << 10
			}
		}
	}
	return 0
})

// systemName is the kernel, its version and the architecture, as uname names
// them.
var systemName = sync.OnceValue(func() string {
	release := string(bytes.TrimSpace(systemFile("/proc/sys/kernel/osrelease")))
	machine := map[string]string{"amd64": "x86_64", "arm64": "aarch64"}[runtime.GOARCH]
	if machine == "" {
		machine = runtime.GOARCH
	}
	if release == "" {
		return runtime.GOOS + " " + machine
	}
	return "Linux " + release + " " + machine
})

// systemFile returns the contents of a file of /proc, nothing if it cannot be
// read.
func systemFile(path string) []byte {
	content, err := os.ReadFile(path)
	if err != nil {
		return nil
	}
	return content
}

// processorTime returns the time spent in the kernel and outside of it.
func processorTime() (system, user time.Duration) {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0, 0
	}
	return time.Duration(u.Stime.Nano()), time.Duration(u.Utime.Nano())
}

// executable is the path of the running program.
var executable = sync.OnceValue(func() string {
	path, err := os.Executable()
	if err != nil {
		return os.Args[0]
	}
	return path
})

// newRunID returns an identity of 40 hexadecimal digits.
func newRunID() string {
	var id [20]byte
	_, _ = rand.Read(id[:]) // never fails
	return hex.EncodeToString(id[:])
}
