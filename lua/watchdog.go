package lua

import (
	"runtime"
	"runtime/metrics"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// watchPeriod is how often memory is sampled while scripts run. A script exceeds its limit by no more than what it can allocate
	// in this time and during one garbage collection.
	watchPeriod = time.Millisecond
	// watchIdle samples without any script end the watchdog's goroutine.
	watchIdle = 200
)

// watchdog stops scripts that take too much memory. While any script runs it samples the heap of the process; when that has grown by
// more than the limit since a script was first seen, it collects garbage, and stops the script if the heap is still that much larger.
//
// A script that ends within a period costs two atomic stores. The goroutine lives only while scripts run.
type watchdog struct {
	limit   uint64
	running atomic.Bool

	mu    sync.Mutex
	slots []*watchSlot
}

// watchSlot is where an interpreter says what it runs.
type watchSlot struct {
	run atomic.Pointer[Control]

	// Owned by the watchdog's goroutine.
	seen *Control
	base uint64 // heap when the run was first seen
}

// attach makes the slot of a new interpreter.
func (w *watchdog) attach() *watchSlot {
	s := &watchSlot{}
	w.mu.Lock()
	w.slots = append(w.slots, s)
	w.mu.Unlock()
	return s
}

// detach forgets the slot of an interpreter that is not used again.
func (w *watchdog) detach(s *watchSlot) {
	w.mu.Lock()
	for i := range w.slots {
		if w.slots[i] == s {
			w.slots = append(w.slots[:i], w.slots[i+1:]...)
			break
		}
	}
	w.mu.Unlock()
}

// begin watches a run until end.
func (w *watchdog) begin(s *watchSlot, c *Control) {
	s.run.Store(c)
	if !w.running.Load() && w.running.CompareAndSwap(false, true) {
		go w.loop()
	}
}

func (s *watchSlot) end() { s.run.Store(nil) }

// loop samples until no script has run for a while.
func (w *watchdog) loop() {
	samples := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}, {Name: "/memory/classes/heap/stacks:bytes"}}
	used := func() uint64 {
		metrics.Read(samples)
		return samples[0].Value.Uint64() + samples[1].Value.Uint64()
	}
	tick := time.NewTicker(watchPeriod)
	defer tick.Stop()
	for idle := 0; idle < watchIdle; {
		<-tick.C
		now := used()
		active, grown := w.sample(now, false)
		if grown {
			runtime.GC()
			w.sample(used(), true)
		}
		if idle++; active {
			idle = 0
		}
	}
	w.running.Store(false)
	// A run that began before this store relied on the loop.
	if active, _ := w.sample(0, false); active && w.running.CompareAndSwap(false, true) {
		go w.loop()
	}
}

// sample compares the heap with what it was when each run began. It tells whether there are runs, and whether the heap has grown too
// much for any; with stop, those are stopped.
func (w *watchdog) sample(used uint64, stop bool) (active, grown bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, s := range w.slots {
		c := s.run.Load()
		if c != s.seen || used < s.base {
			s.seen, s.base = c, used
		}
		if c == nil {
			continue
		}
		active = true
		if used-s.base > w.limit {
			grown = true
			if stop {
				c.stop(stopMemory)
			}
		}
	}
	return active, grown
}
