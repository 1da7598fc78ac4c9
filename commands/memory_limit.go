package commands

import (
	"runtime"
	"runtime/metrics"
	"sync"
	"sync/atomic"
	"time"

	"github.com/mnorrsken/postkeys/commands/settings"
	"github.com/mnorrsken/postkeys/commands/spec"
)

// Error replies of a node whose memory is used up.
const (
	errOOM       = "OOM command not allowed when used memory > 'maxmemory'."
	errScriptOOM = "OOM allow-oom flag is not set on the script, can not run it when used memory > 'maxmemory'"
)

// memoryLimit is maxmemory: a bound of what the process itself uses, for
// clients' buffers, queued transactions and the like. The data is in PostgreSQL
// and does not count. Its methods are safe from any goroutine.
//
// Commands only look at a flag. It is set when the limit changes, and looked
// after by Server.Watch while there is one.
type memoryLimit struct {
	exceeded atomic.Bool

	mu        sync.Mutex
	bytes     uint64    // 0: no limit
	collected time.Time // when garbage was last collected for the limit's sake
}

// collectEvery is how often garbage is collected to see what is in use indeed.
const collectEvery = time.Second

// set changes the limit. What is garbage counts until the next look.
func (m *memoryLimit) set(bytes uint64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.bytes = bytes
	m.exceeded.Store(bytes > 0 && heapBytes() > bytes)
}

// look compares what is used with the limit. Beyond it, garbage does not count.
func (m *memoryLimit) look(now time.Time, used uint64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.bytes > 0 && used > m.bytes {
		if now.Sub(m.collected) >= collectEvery {
			runtime.GC()
			m.collected = now
		}
		used = liveBytes()
	}
	m.exceeded.Store(m.bytes > 0 && used > m.bytes)
}

// liveBytes returns the memory in objects that the last collection found in use.
func liveBytes() uint64 {
	sample := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(sample)
	return sample[0].Value.Uint64()
}

// applyMaxMemory takes the limit from the settings. It refuses what would promise
// that keys are evicted.
func (s *Server) applyMaxMemory(v *settings.Values) error {
	if err := v.CheckEviction(); err != nil {
		return err
	}
	s.memory.set(uint64(v.Int(settings.MaxMemory)))
	return nil
}

// outOfMemory reports whether a command has to be refused because the memory is
// used up. As in Redis, that goes for everything that would be queued too, and
// nothing is refused for it while all others are told BUSY.
func (s *Session) outOfMemory(c *Call) bool {
	switch {
	case !s.server.memory.exceeded.Load() || s.server.scriptWatch.refuses(c.spec) != "":
		return false
	case s.inMulti() && !endsTransaction(c.spec):
		return true
	}
	return s.flagsOf(c.spec, c.args)&spec.DenyOOM != 0
}

// endsTransaction reports whether a command after MULTI is one of those that
// execute or forget what is queued.
func endsTransaction(sp *spec.Spec) bool {
	return sp == execSpec || sp == discardSpec || sp == quitSpec || sp == resetSpec
}
