package bench

import (
	"bytes"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"

	"github.com/mnorrsken/postkeys/bench/report"
)

// machineFacts describes the machine, and notes what makes figures from it doubtful. Facts that cannot be read are left out.
func machineFacts(dataDir string) (facts []report.Fact, notes []string) {
	add := func(name, value string) {
		if value != "" {
			facts = append(facts, report.Fact{Name: name, Value: value})
		}
	}
	read := func(path string) []byte {
		b, err := os.ReadFile(path)
		if err != nil {
			return nil
		}
		return b
	}
	add("processor", field(read("/proc/cpuinfo"), "model name"))
	add("processors", strconv.Itoa(runtime.NumCPU()))
	add("memory", field(read("/proc/meminfo"), "MemTotal"))
	add("kernel", string(bytes.TrimSpace(read("/proc/sys/kernel/osrelease"))))
	fileSystem := fileSystemOf(read("/proc/mounts"), dataDir)
	add("file system of the data", fileSystem)
	if fileSystem == "tmpfs" {
		notes = append(notes, "The data lay in memory (tmpfs): making a write durable cost nothing, to any of the servers. Set TMPDIR or --temp-dir.")
	}
	load, _, _ := strings.Cut(string(read("/proc/loadavg")), " ")
	add("load before", load)
	if busy, err := strconv.ParseFloat(load, 64); err == nil && busy > 0.3*float64(runtime.NumCPU()) {
		notes = append(notes, fmt.Sprintf("The machine was busy with other things before the start (load %s): figures may be low and scattered.", load))
	}
	return facts, notes
}

// field is the value of the first line "name : value".
func field(b []byte, name string) string {
	for line := range bytes.Lines(b) {
		key, value, found := bytes.Cut(line, []byte(":"))
		if found && string(bytes.TrimSpace(key)) == name {
			return string(bytes.TrimSpace(value))
		}
	}
	return ""
}

// fileSystemOf is the type of the mount that holds path: that with the longest directory above it.
func fileSystemOf(mounts []byte, path string) string {
	best, kind := "", ""
	for line := range bytes.Lines(mounts) {
		fields := strings.Fields(string(line))
		if len(fields) < 3 {
			continue
		}
		directory := strings.TrimSuffix(fields[1], "/")
		if (path == directory || strings.HasPrefix(path, directory+"/")) && len(directory) >= len(best) {
			best, kind = directory, fields[2]
		}
	}
	return kind
}
