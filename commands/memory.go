package commands

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/mnorrsken/postkeys/commands/number"
	"github.com/mnorrsken/postkeys/pg"
)

// MEMORY tells of two things: the files of PostgreSQL, where the keys are, and
// the memory of this process, which holds connections and commands under way.
var memoryBindings = []binding{
	{name: "memory|usage", claim: claimMemoryUsage, run: memoryUsage, quiet: true},
	{name: "memory|stats", run: memoryStats, slow: true},
	{name: "memory|doctor", local: memoryDoctor},
	{name: "memory|malloc-stats", local: memoryMallocStats},
	{name: "memory|purge", run: memoryPurge, slow: true},
	{name: "memory|help", local: func(c *Call) { c.help("MEMORY", memoryHelpLines) }},
}

var memoryHelpLines = []string{
	"DOCTOR",
	"    Tell in words how the memory of this process is used.",
	"MALLOC-STATS",
	"    Show the figures of the Go runtime's allocator.",
	"PURGE",
	"    Collect garbage and give free memory back to the operating system.",
	"STATS",
	"    Show figures about memory and keys. Those that mean nothing here are 0.",
	"USAGE <key> [SAMPLES <count>]",
	"    Estimate how many bytes <key> takes in PostgreSQL, with its indexes. Of a large",
	"    collection <count> elements are looked at (5 by default, 0 stands for all).",
}

// defaultSamples is how many elements MEMORY USAGE looks at.
const defaultSamples = 5

// parseMemoryUsage reads the options of MEMORY USAGE; 0 samples are all. It
// returns the error reply, or "".
func parseMemoryUsage(args [][]byte) (samples int64, fail string) {
	samples = defaultSamples
	for i := 0; i < len(args); i += 2 {
		if !isWord(args[i], "samples") || i+1 == len(args) {
			return 0, errSyntax
		}
		n, ok := number.ParseInt64(args[i+1])
		switch {
		case !ok:
			return 0, errNotInteger
		case n < 0:
			return 0, errSyntax
		}
		samples = n
	}
	return samples, ""
}

func claimMemoryUsage(c *Call) {
	if _, fail := parseMemoryUsage(c.args[3:]); fail != "" {
		c.fail(fail)
		return
	}
	c.claim(c.args[2], pg.ModeRead, pg.PartHeader)
}

func memoryUsage(c *Call) error {
	e := c.key(0)
	if !e.Exists() {
		c.out.Null()
		return nil
	}
	samples, _ := parseMemoryUsage(c.args[3:])
	n, err := e.Footprint(samples)
	if err == nil {
		c.out.Int(n)
	}
	return err
}

// memoryFigure is a line of MEMORY STATS, a number that is whole or not.
type memoryFigure struct {
	name  string
	whole int64
	ratio float64
	exact bool
}

func memoryStats(c *Call) error {
	s := c.server()
	if !s.keyspace.fresh() {
		if err := s.keyspace.count(c.tx); err != nil {
			return err
		}
	}
	keys := int64(0)
	for _, d := range s.keyspace.get() {
		keys += d.Keys
	}
	used, resident := int64(heapBytes()), int64(residentBytes())
	peak := max(used, int64(s.stats.rates.peak()))
	whole := func(name string, n int64) memoryFigure { return memoryFigure{name: name, whole: n, exact: true} }
	ratio := func(name string, a, b int64) memoryFigure {
		return memoryFigure{name: name, ratio: float64(a) / float64(max(b, 1))}
	}
	percentage := func(name string, a, b int64) memoryFigure { return ratio(name, 100*a, b) }
	figures := []memoryFigure{
		whole("peak.allocated", peak), whole("total.allocated", used), whole("startup.allocated", 0),
		whole("replication.backlog", 0), whole("clients.slaves", 0), whole("clients.normal", 0), whole("cluster.links", 0),
		whole("aof.buffer", 0), whole("lua.caches", 0), whole("functions.caches", 0),
		whole("overhead.total", used), whole("keys.count", keys), whole("keys.bytes-per-key", 0),
		whole("dataset.bytes", 0), percentage("dataset.percentage", 0, used), percentage("peak.percentage", used, peak),
		whole("allocator.allocated", used), whole("allocator.active", used), whole("allocator.resident", resident),
		ratio("allocator-fragmentation.ratio", used, used), whole("allocator-fragmentation.bytes", 0),
		ratio("allocator-rss.ratio", resident, used), whole("allocator-rss.bytes", resident-used),
		ratio("rss-overhead.ratio", resident, resident), whole("rss-overhead.bytes", 0),
		ratio("fragmentation", resident, used), whole("fragmentation.bytes", resident-used),
	}
	c.out.Map(len(figures))
	for _, f := range figures {
		c.out.BulkString(f.name)
		if f.exact {
			c.out.Int(f.whole)
		} else {
			c.out.Double(f.ratio)
		}
	}
	return nil
}

func memoryDoctor(c *Call) {
	c.out.Verbatim("txt", fmt.Sprintf("The keys are in PostgreSQL and take no memory of this process. It uses %s for connections and "+
		"commands under way, and the operating system counts %s as its own. Nothing is evicted: what a key takes is shown by "+
		"MEMORY USAGE.\n", humanBytes(heapBytes()), humanBytes(residentBytes())))
}

func memoryMallocStats(c *Call) {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	c.out.Verbatim("txt", fmt.Sprintf("Go runtime %s\nheap objects: %d bytes in %d objects\nheap in use: %d bytes\nheap idle: %d bytes, "+
		"%d of them returned\nstacks: %d bytes\nallocated since the start: %d bytes in %d objects\ncollections: %d, %d ns stopped\n",
		runtime.Version(), m.HeapAlloc, m.HeapObjects, m.HeapInuse, m.HeapIdle, m.HeapReleased, m.StackInuse, m.TotalAlloc, m.Mallocs,
		m.NumGC, m.PauseTotalNs))
}

// memoryPurge runs on a worker: it takes the time of a collection.
func memoryPurge(c *Call) error {
	debug.FreeOSMemory()
	c.out.OK()
	return nil
}
