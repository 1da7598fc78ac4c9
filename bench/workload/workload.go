// Package workload is the table of what is measured: each row says how redis-benchmark drives a server, what has to be there
// before, and what to compare the figures with. To add a workload, add a row; nothing else knows their names.
package workload

import (
	"fmt"
	"slices"
	"strings"

	"github.com/mnorrsken/postkeys/bench/client"
	"github.com/mnorrsken/postkeys/pg/pgbench"
)

// Workload is one row of the table.
type Workload struct {
	Group, Name string

	// Test is one of redis-benchmark's own tests (-t); Command is a command of ours in its place, and Unit are several that belong
	// together, which the benchmark sends itself. client.Placeholder in a command becomes a random number.
	Test    string
	Command []string
	Unit    [][]string

	// Range is below which random numbers are drawn; 0 is the number of keys.
	Range int

	// Setup is sent to each server before each run, on one connection; then the collection is filled, if there is one to fill.
	Setup [][]string
	Fill  *Fill

	// Pipelines, unless empty, are used in place of those asked for.
	Pipelines []int

	// Rows is how many keys one command, or one unit, touches; figures are compared with reference lines in rows.
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
	OfAlways      float64 // share of the throughput of redis-server with appendfsync always
	OrOfReference float64 // share of the set-oriented line that will do in place of it
	OfRedis       float64 // share of the throughput of redis-server without persistence
	OfReference   float64 // share of the set-oriented line, in rows
	OfOneByOne    float64 // multiple of the line of one round trip for each command
	NotBelow      string  // name of a workload that must not be faster in commands
}

// family is a set of keys that every server holds before the first run, one for each number.
type family struct {
	key  string   // with client.Placeholder
	load []string // the command that makes a key
	test string   // the test of redis-benchmark that uses the keys; workloads with commands of ours name them
}

// smallHash is a hash that is packed into the row of its key.
const smallHash = "hash:" + client.Placeholder

// families are loaded whole: a read finds every key, and a write creates none.
var families = []family{
	{key: "key:" + client.Placeholder, load: []string{"SET", "key:" + client.Placeholder, Value}, test: "set get mset"},
	{key: "counter:" + client.Placeholder, load: []string{"SET", "counter:" + client.Placeholder, "0"}, test: "incr"},
	{key: smallHash, load: smallHashFields()},
}

// smallHashFields makes a hash of ten fields.
func smallHashFields() []string {
	args := []string{"HSET", smallHash}
	for i := range 10 {
		args = append(args, fmt.Sprintf("field:%d", i), Value)
	}
	return args
}

// neededBy tells whether a workload uses keys of the family.
func (f *family) neededBy(w Workload) bool {
	return w.Test != "" && slices.Contains(strings.Fields(f.test), w.Test) || slices.Contains(w.Command, f.key) ||
		slices.ContainsFunc(w.Unit, func(command []string) bool { return slices.Contains(command, f.key) })
}

// Load writes all keys that the workloads use to a server.
func Load(c *client.Conn, workloads []Workload, keys, valueBytes int) error {
	const commandsAtOnce = 500
	value := valueOf(valueBytes)
	var buffer []byte
	for _, f := range families {
		if !slices.ContainsFunc(workloads, f.neededBy) {
			continue
		}
		for from := 0; from < keys; {
			buffer = buffer[:0]
			commands := 0
			for ; commands < commandsAtOnce && from < keys; commands, from = commands+1, from+1 {
				buffer = client.AppendCommand(buffer, expand(f.load, from, value)...)
			}
			if err := c.Pipeline(buffer, commands); err != nil {
				return fmt.Errorf("load %s: %w", f.key, err)
			}
		}
	}
	return nil
}

// Prepare sends the set-up of the workload for a run of that many requests.
func (w *Workload) Prepare(c *client.Conn, requests, keys, valueBytes int) error {
	for _, command := range w.Setup {
		if _, err := c.Do(command...); err != nil {
			return fmt.Errorf("set up %s: %w", w.Name, err)
		}
	}
	if w.Fill == nil {
		return nil
	}
	if w.Fill.PerRequest {
		keys = requests
	}
	if err := w.Fill.prepare(c, keys, valueBytes); err != nil {
		return fmt.Errorf("fill %s for %s: %w", w.Fill.Key, w.Name, err)
	}
	return nil
}

// Prepared tells whether there is anything to do before a run.
func (w *Workload) Prepared() bool { return len(w.Setup) > 0 || w.Fill != nil }

// MaxRequests bounds the requests of a run; 0 is no bound.
func (w *Workload) MaxRequests() int {
	if w.Fill != nil && w.Fill.PerRequest {
		return MaxTaken
	}
	return 0
}

// Select returns the rows with the given names, or of the groups with them, in the order of the names; all rows for none.
func Select(names []string) ([]Workload, error) {
	if len(names) == 0 {
		return Table, nil
	}
	var chosen []Workload
	for _, name := range names {
		var known []string
		before := len(chosen)
		for _, w := range Table {
			if strings.EqualFold(w.Name, name) || strings.EqualFold(w.Group, name) {
				chosen = append(chosen, w)
			}
			if !slices.Contains(known, w.Group) {
				known = append(known, w.Group)
			}
			known = append(known, w.Name)
		}
		if len(chosen) == before {
			return nil, fmt.Errorf("no workload %q; there are %s", name, strings.Join(known, ", "))
		}
	}
	return chosen, nil
}
