package lua

import (
	"sync/atomic"
	"time"
)

// Bits of Control.state. The stop bits are never taken back: a run that has been stopped cannot catch it.
const (
	stateStarted uint32 = 1 << iota
	stateWrote
	stopKilled  // SCRIPT KILL or FUNCTION KILL
	stopAborted // the server gave the run up
	stopMemory  // the run took more memory than Options allow
	stopTimeout // FUNCTION LOAD took too long
	stopBroken  // a bug of the interpreter
	stopCaller  // Caller.Call failed

	stopMask = stopKilled | stopAborted | stopMemory | stopTimeout | stopBroken | stopCaller
)

// Control is how others see and stop a run. Its zero value is ready; it serves one run, or the repetitions of one.
// All methods are safe from any goroutine.
type Control struct {
	state   atomic.Uint32
	started atomic.Int64 // nanoseconds since the epoch
	abort   atomic.Pointer[error]
}

// Started tells when the run began; ok is false before.
func (c *Control) Started() (at time.Time, ok bool) {
	if c.state.Load()&stateStarted == 0 {
		return time.Time{}, false
	}
	return time.Unix(0, c.started.Load()), true
}

// MarkWrote is called by the Caller before the script's first write, after which the run cannot be killed. It returns false if the
// run was killed in time: the write MUST NOT be done then.
func (c *Control) MarkWrote() bool {
	for {
		s := c.state.Load()
		if s&stopKilled != 0 {
			return false
		}
		if s&stateWrote != 0 || c.state.CompareAndSwap(s, s|stateWrote) {
			return true
		}
	}
}

// Wrote tells whether MarkWrote was called.
func (c *Control) Wrote() bool { return c.state.Load()&stateWrote != 0 }

// Kill stops the run, as SCRIPT KILL does: its reply will be Redis' error. It returns false, and does nothing, if the script has
// written (SCRIPT KILL answers UNKILLABLE then).
func (c *Control) Kill() bool {
	for {
		s := c.state.Load()
		if s&stateWrote != 0 {
			return false
		}
		if s&stopKilled != 0 || c.state.CompareAndSwap(s, s|stopKilled) {
			return true
		}
	}
}

// Killed tells whether Kill has stopped the run.
func (c *Control) Killed() bool { return c.state.Load()&stopKilled != 0 }

// Stopped tells whether the run has been stopped, for whatever reason.
func (c *Control) Stopped() bool { return c.stopped() != 0 }

// Abort stops the run whether or not it has written; Run returns err. For a server that shuts down or gives a round up.
func (c *Control) Abort(err error) {
	if c.abort.CompareAndSwap(nil, &err) {
		c.stop(stopAborted)
	}
}

// stop sets one of the stop bits.
func (c *Control) stop(bit uint32) { c.state.Or(bit) }

// stopped returns the stop bits: 0 while the run may go on.
func (c *Control) stopped() uint32 { return c.state.Load() & stopMask }

func (c *Control) start(now time.Time) {
	c.started.Store(now.UnixNano())
	c.state.Or(stateStarted)
}
