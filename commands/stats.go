package commands

import (
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/mnorrsken/postkeys/commands/spec"
)

// stats counts what INFO and the metrics report. Counters are created with the
// server and only ever added to, as Prometheus wants it; CONFIG RESETSTAT keeps
// a reading of them all, which INFO subtracts.
type stats struct {
	commands []commandStats // by spec.Spec.ID
	calls    atomic.Int64   // commands run
	unknown  atomic.Int64   // names that are no command
	expired  atomic.Int64   // keys removed because their time had come
	hits     atomic.Int64   // keys looked up and found
	misses   atomic.Int64   // keys looked up in vain
	errors   errorCounts

	rates rates
	since atomic.Pointer[statsReading] // of the last CONFIG RESETSTAT
}

// commandStats are the figures of one command since the start. The number of
// calls is the sum of the histogram.
type commandStats struct {
	nanos, rejected, failed atomic.Int64
	latency                 latency
}

func newStats() stats { return stats{commands: make([]commandStats, len(spec.All()))} }

// lookups are hits and misses of one job.
type lookups struct{ hits, misses int32 }

// countLookups counts the keys that a call has claimed to look at.
func (j *job) countLookups(c *Call) {
	for i := range c.claims {
		if c.key(i).Exists() {
			j.looked.hits++
		} else {
			j.looked.misses++
		}
	}
}

// looksUp reports whether a command counts towards hits and misses: those that
// read do, and those that read what they replace.
func looksUp(s *spec.Spec) bool {
	switch s.Name {
	case "getset", "getdel", "getex":
		return true
	}
	return s.Flags&spec.ReadOnly != 0
}

// countCalls adds a job's calls to the statistics. The time of a call is the
// time from the decoding of its batch to its reply, as the client feels it.
// Equal calls in a row cost what one costs.
func (j *job) countCalls(took time.Duration) {
	st := &j.session.server.stats
	st.count(j.calls, took)
	st.count(j.nested, took)
	st.countByScripts(j.scripted)
	if j.cached.hits+j.cached.misses > 0 {
		j.session.server.cache.Count(j.cached.hits, j.cached.misses)
	}
	if j.looked.hits > 0 {
		st.hits.Add(int64(j.looked.hits))
	}
	if j.looked.misses > 0 {
		st.misses.Add(int64(j.looked.misses))
	}
}

// scriptedCalls are calls of one command by scripts, one after the other.
type scriptedCalls struct {
	spec                    *spec.Spec
	calls, rejected, failed int64
	took                    time.Duration
	failure                 string // of the only call that failed
}

// countScripted notes a command that a script has called.
func (j *job) countScripted(c *Call, took time.Duration) {
	n := len(j.scripted)
	if n == 0 || j.scripted[n-1].spec != c.spec || c.failed {
		j.scripted = append(j.scripted, scriptedCalls{spec: c.spec})
		n++
	}
	s := &j.scripted[n-1]
	switch {
	case c.rejected:
		s.rejected++
	case c.failed:
		s.failed++
		s.calls++
	default:
		s.calls++
	}
	s.took += took
	if c.failed {
		s.failure = c.failure
		j.scripted = append(j.scripted, scriptedCalls{spec: c.spec})
	}
}

// countByScripts adds calls of scripts.
func (st *stats) countByScripts(list []scriptedCalls) {
	for i := range list {
		s := &list[i]
		if s.failure != "" {
			st.errors.add(s.failure)
		}
		if s.spec == nil {
			continue
		}
		cs := &st.commands[s.spec.ID]
		if s.calls > 0 {
			cs.nanos.Add(s.took.Nanoseconds())
			cs.latency[bucketOf(s.took.Nanoseconds()/s.calls)].Add(s.calls)
			st.calls.Add(s.calls)
		}
		if s.rejected > 0 {
			cs.rejected.Add(s.rejected)
		}
		if s.failed > 0 {
			cs.failed.Add(s.failed)
		}
	}
}

// count adds calls that took this long together.
func (st *stats) count(list []Call, took time.Duration) {
	nanos := took.Nanoseconds()
	bucket := bucketOf(nanos)
	ran := int64(0)
	for i := 0; i < len(list); {
		first := &list[i]
		var calls, rejected, failed int64
		for ; i < len(list) && list[i].spec == first.spec; i++ {
			switch c := &list[i]; {
			case c.uncounted:
			case c.rejected:
				rejected++
				st.errors.add(c.failure)
			case c.failed:
				calls, failed = calls+1, failed+1
				if !c.counted {
					st.errors.add(c.failure)
				}
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
			cs.nanos.Add(calls * nanos)
			cs.latency[bucket].Add(calls)
			ran += calls
		}
		if rejected > 0 {
			cs.rejected.Add(rejected)
		}
		if failed > 0 {
			cs.failed.Add(failed)
		}
	}
	st.calls.Add(ran)
}

// errorCounts counts error replies by their code.
type errorCounts struct {
	mu     sync.Mutex
	byCode map[string]int64
	total  int64
}

// maxErrorCodes bounds the codes told apart: scripts can make up their own.
const maxErrorCodes = 128

// add counts an error, given as the text of its reply.
func (e *errorCounts) add(text string) {
	code := text
	if end := strings.IndexAny(text, " \r\n"); end >= 0 {
		code = text[:end]
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.total++
	if _, known := e.byCode[code]; known {
		e.byCode[code]++
		return
	}
	if e.byCode == nil {
		e.byCode = make(map[string]int64)
	}
	if len(e.byCode) < maxErrorCodes {
		e.byCode[strings.Clone(code)] = 1
	}
}

// read returns a copy of the counts.
func (e *errorCounts) read() (byCode map[string]int64, total int64) {
	e.mu.Lock()
	defer e.mu.Unlock()
	byCode = make(map[string]int64, len(e.byCode))
	for code, n := range e.byCode {
		byCode[code] = n
	}
	return byCode, e.total
}

// commandReading is what was counted of one command up to a moment.
type commandReading struct {
	Calls, Nanos, Rejected, Failed int64
	latency                        counts
}

// used reports whether there is anything to tell.
func (r *commandReading) used() bool { return r.Calls+r.Rejected > 0 }

// statsReading is what was counted up to a moment.
type statsReading struct {
	commands                     map[int]commandReading // by spec.Spec.ID
	calls, expired, hits, misses int64
	errors                       map[string]int64
	totalErrors                  int64
	connections                  ConnectionStats
}

// command returns the figures of one command without those of a reading
// before, which may be nil.
func (st *stats) command(id int, before *statsReading) (r commandReading) {
	var old commandReading
	if before != nil {
		old = before.commands[id]
	}
	cs := &st.commands[id]
	r.latency, r.Calls = cs.latency.read(&old.latency)
	r.Nanos = cs.nanos.Load() - old.Nanos
	r.Rejected = cs.rejected.Load() - old.Rejected
	r.Failed = cs.failed.Load() - old.Failed
	return r
}

// resetStats is CONFIG RESETSTAT: from now on INFO counts from zero.
func (s *Server) resetStats() {
	st := &s.stats
	r := &statsReading{
		commands: make(map[int]commandReading),
		calls:    st.calls.Load(), expired: st.expired.Load(), hits: st.hits.Load(), misses: st.misses.Load(),
		connections: s.connections(),
	}
	for id := range st.commands {
		if c := st.command(id, nil); c.used() {
			r.commands[id] = c
		}
	}
	r.errors, r.totalErrors = st.errors.read()
	st.since.Store(r)
}
