package commands

import (
	"time"

	"github.com/mnorrsken/postkeys/commands/cache"
	"github.com/mnorrsken/postkeys/commands/spec"
)

// Figures are what the server has counted since it started, for the metrics.
// They never go back: CONFIG RESETSTAT is about INFO alone.
type Figures struct {
	Clients                      int   // sessions open now
	UnknownCommands              int64 // requests whose name is no command
	Expired                      int64 // keys removed because their time had come
	KeyspaceHits, KeyspaceMisses int64
	Errors                       map[string]int64 // error replies by their code
	Commands                     []CommandFigures // those that were used
	Cache                        cache.Figures
}

// CommandFigures are the figures of one command.
type CommandFigures struct {
	Name     string
	Calls    int64 // commands run, failed ones included
	Failed   int64 // of those, answered with an error
	Rejected int64 // refused before they ran
	Duration time.Duration
	// Latency counts the calls that took at most as long as LatencyBounds says.
	Latency [len(LatencyBounds)]int64
}

// LatencyBounds are the bounds of CommandFigures.Latency, all of them bounds of
// the finer buckets that the server counts in.
var LatencyBounds = [21]time.Duration{
	1 << 14, 1 << 15, 1 << 16, 1 << 17, 1 << 18, 1 << 19, 1 << 20, 1 << 21, 1 << 22, 1 << 23, 1 << 24, 1 << 25, 1 << 26, 1 << 27,
	1 << 28, 1 << 29, 1 << 30, 1 << 31, 1 << 32, 1 << 33, 1 << 34,
}

// Figures reads the counters. Safe from any goroutine.
func (s *Server) Figures() Figures {
	st := &s.stats
	f := Figures{
		Clients: s.clients.count(), UnknownCommands: st.unknown.Load(), Expired: st.expired.Load(),
		KeyspaceHits: st.hits.Load(), KeyspaceMisses: st.misses.Load(), Cache: s.cache.Figures(),
	}
	f.Errors, _ = st.errors.read()
	for _, sp := range spec.All() {
		r := st.command(sp.ID, nil)
		if !r.used() {
			continue
		}
		c := CommandFigures{
			Name: sp.Name, Calls: r.Calls, Failed: r.Failed, Rejected: r.Rejected, Duration: time.Duration(r.Nanos),
		}
		below, bucket := int64(0), 0
		for i, bound := range LatencyBounds {
			for ; bucket < latencyBuckets-1 && boundOf(bucket) <= bound.Nanoseconds(); bucket++ {
				below += r.latency[bucket]
			}
			c.Latency[i] = below
		}
		f.Commands = append(f.Commands, c)
	}
	return f
}
