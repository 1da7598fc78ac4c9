// Package workload is the table of what is measured: each row says how redis-benchmark drives a server, what has to be there
// before, and what to compare the figures with. To add a workload, add a row; nothing else knows their names.
package workload

import (
	"fmt"
	"strings"

	"github.com/mnorrsken/postkeys/bench/client"
	"github.com/mnorrsken/postkeys/pg/pgbench"
)

// Workload is one row of the table.
type Workload struct {
	Name string

	// Test is one of redis-benchmark's own tests (-t); Command is a command of ours in its place. client.Placeholder in a command
	// becomes a random number.
	Test    string
	Command []string

	// Setup is sent to each server before each run, on one connection.
	Setup [][]string

	// Pipelines, unless empty, are used in place of those asked for.
	Pipelines []int

	// Rows is how many keys one command touches; figures are compared with reference lines in rows.
	Rows int

	// Reference is the set-oriented line to compare with, and OneByOne that of one round trip for each command; "" for none.
	Reference, OneByOne pgbench.Line

	// Latency is the command that the benchmark's own clients send when they measure latency; nil for none.
	Latency []string

	// Floors are by pipeline; a row without floors has no goal.
	Floors map[int]Floor
}

// Floor is what must be reached.
type Floor struct {
	OfAlways    float64 // share of the throughput of redis-server with appendfsync always
	OfReference float64 // share of the set-oriented line, in rows
	OfOneByOne  float64 // multiple of the line of one round trip for each command
	NotBelow    string  // name of a workload that must not be faster in commands
}

// family is a set of keys that every server holds before the first run.
type family struct{ pattern, value string }

// Families are loaded whole: a read finds every key, and a write creates none.
var families = []family{
	{pattern: "key:" + client.Placeholder},                 // SET, GET and MSET of redis-benchmark; values of the size asked for
	{pattern: "counter:" + client.Placeholder, value: "0"}, // INCR
}

// Load writes every key to a server.
func Load(c *client.Conn, keys, valueBytes int) error {
	const keysAtOnce, commandsAtOnce = 100, 10
	var buffer []byte
	for _, f := range families {
		value := f.value
		if value == "" {
			value = strings.Repeat("x", max(1, valueBytes))
		}
		for from := 0; from < keys; {
			buffer = buffer[:0]
			commands := 0
			for ; commands < commandsAtOnce && from < keys; commands++ {
				args := []string{"MSET"}
				for end := min(from+keysAtOnce, keys); from < end; from++ {
					args = append(args, client.Key(f.pattern, from), value)
				}
				buffer = client.AppendCommand(buffer, args...)
			}
			if err := c.Pipeline(buffer, commands); err != nil {
				return fmt.Errorf("load %s: %w", f.pattern, err)
			}
		}
	}
	return nil
}

// Prepare sends the set-up of the workload.
func (w *Workload) Prepare(c *client.Conn) error {
	for _, command := range w.Setup {
		if _, err := c.Do(command...); err != nil {
			return fmt.Errorf("set up %s: %w", w.Name, err)
		}
	}
	return nil
}

// Select returns the rows with the given names, in the order of the names; all rows for none.
func Select(names []string) ([]Workload, error) {
	if len(names) == 0 {
		return Table, nil
	}
	var chosen []Workload
next:
	for _, name := range names {
		var known []string
		for _, w := range Table {
			if strings.EqualFold(w.Name, name) {
				chosen = append(chosen, w)
				continue next
			}
			known = append(known, w.Name)
		}
		return nil, fmt.Errorf("no workload %q; there are %s", name, strings.Join(known, ", "))
	}
	return chosen, nil
}
