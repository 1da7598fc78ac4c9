package redisbenchmark

import (
	"encoding/csv"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Result is what redis-benchmark measured.
type Result struct {
	Test              string // as redis-benchmark calls it
	CommandsPerSecond float64
	P50, P99          time.Duration
}

// columns that are read, by the names in redis-benchmark's head line.
const (
	columnTest = "test"
	columnRPS  = "rps"
	columnP50  = "p50_latency_ms"
	columnP99  = "p99_latency_ms"
)

// parse reads the output of redis-benchmark --csv: the last row, since preparations that it makes by itself come first.
func parse(output string) (Result, error) {
	rows, err := csv.NewReader(strings.NewReader(output)).ReadAll()
	if err != nil {
		return Result{}, err
	}
	if len(rows) < 2 {
		return Result{}, errors.New("no result line")
	}
	row := make(map[string]string, len(rows[0]))
	for i, name := range rows[0] {
		row[name] = rows[len(rows)-1][i]
	}
	number := func(column string) float64 {
		f, e := strconv.ParseFloat(row[column], 64)
		if e != nil {
			err = fmt.Errorf("column %s: %w", column, e)
		}
		return f
	}
	milliseconds := func(column string) time.Duration { return time.Duration(number(column) * float64(time.Millisecond)) }
	r := Result{Test: row[columnTest], CommandsPerSecond: number(columnRPS), P50: milliseconds(columnP50), P99: milliseconds(columnP99)}
	if err == nil && !(r.CommandsPerSecond > 0) {
		err = fmt.Errorf("%v commands per second", r.CommandsPerSecond)
	}
	return r, err
}

// complaint is the first line of standard error that is not harmless. The harmless one says that the server's CONFIG could not
// be read, which redis-benchmark only prints.
func complaint(stderr string) string {
	for line := range strings.Lines(stderr) {
		line = strings.TrimSpace(line)
		if line != "" && line != "WARNING: Could not fetch server CONFIG" {
			return line
		}
	}
	return ""
}
