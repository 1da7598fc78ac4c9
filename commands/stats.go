package commands

import (
	"sync/atomic"
	"time"

	"github.com/mnorrsken/postkeys/commands/spec"
)

// stats counts what INFO and the metrics report. Counters are created with the
// server and only ever added to.
type stats struct {
	commands []commandStats // by spec.Spec.ID
	calls    atomic.Int64   // commands run
	unknown  atomic.Int64   // names that are no command
	expired  atomic.Int64   // keys removed because their time had come
}

// commandStats are the figures of one command since the start or the last
// CONFIG RESETSTAT.
type commandStats struct {
	Calls, Microseconds, Rejected, Failed atomic.Int64
}

func newStats() stats { return stats{commands: make([]commandStats, len(spec.All()))} }

// countCalls adds a job's calls to the statistics. The time of a call is the
// time from the decoding of its batch to its reply, as the client feels it.
func (j *job) countCalls(took time.Duration) {
	st := &j.session.server.stats
	micros := took.Microseconds()
	ran := int64(0)
	for i := 0; i < len(j.calls); {
		first := &j.calls[i]
		var calls, rejected, failed int64
		for ; i < len(j.calls) && j.calls[i].spec == first.spec; i++ {
			switch c := &j.calls[i]; {
			case c.rejected:
				rejected++
			case c.failed:
				calls, failed = calls+1, failed+1
			default:
				calls++
			}
		}
		if first.spec == nil {
			st.unknown.Add(rejected)
			continue
		}
		cs := &st.commands[first.spec.ID]
		if calls > 0 {
			cs.Calls.Add(calls)
			cs.Microseconds.Add(calls * micros)
			ran += calls
		}
		if rejected > 0 {
			cs.Rejected.Add(rejected)
		}
		if failed > 0 {
			cs.Failed.Add(failed)
		}
	}
	st.calls.Add(ran)
}
