package engine

import (
	"sync/atomic"
	"time"

	"github.com/mnorrsken/postkeys/pg"
)

// health is what the connections have noticed of PostgreSQL.
type health struct {
	answered atomic.Int64 // when it last did something it was asked, in nanoseconds since 1970
	beaten   atomic.Int64 // when a heartbeat last passed, likewise
	failing  atomic.Bool  // nothing has worked since a connection was lost or refused
	version  atomic.Pointer[string]

	outages, refusals pacer
	told              atomic.Bool // an outage was logged and its end was not
}

// contactLasts is how long an answer of PostgreSQL's proves that it is there.
// The sweep asks at least every sweepSlow, unless it rests and heartbeats pass.
const contactLasts = 5 * time.Second

// The least pauses between messages about one outage, about several, and about
// commands that PostgreSQL refuses: with a full disk that may be all of them.
const (
	outageReminder = 15 * time.Second
	outagePause    = time.Second
	refusalPause   = time.Second
)

// pacer keeps messages of a kind apart.
type pacer struct{ last, skipped atomic.Int64 }

// due reports whether a message may be logged, and how many were not since the
// last one that was.
func (p *pacer) due(pause time.Duration) (skipped int64, ok bool) {
	now, last := time.Now().UnixNano(), p.last.Load()
	if now-last < pause.Nanoseconds() || !p.last.CompareAndSwap(last, now) {
		p.skipped.Add(1)
		return 0, false
	}
	return p.skipped.Swap(0), true
}

// answers says that PostgreSQL has just answered.
func (e *Engine) answers() {
	h := &e.health
	h.answered.Store(time.Now().UnixNano())
	if h.failing.Load() && h.failing.CompareAndSwap(true, false) && h.told.CompareAndSwap(true, false) {
		e.opts.Log.Info("PostgreSQL answers again")
	}
}

// failing says that PostgreSQL could not be reached, or a connection was lost.
func (e *Engine) failing(err error) {
	h := &e.health
	pause := outageReminder
	if h.failing.CompareAndSwap(false, true) {
		pause = outagePause
	}
	if _, ok := h.outages.due(pause); ok {
		h.told.Store(true)
		e.opts.Log.Warn("PostgreSQL does not answer, commands wait for it", "error", pg.ReasonOf(err))
	}
}

// refused says that PostgreSQL refused a command.
func (e *Engine) refused(err error) {
	if skipped, ok := e.health.refusals.due(refusalPause); ok {
		e.opts.Log.Warn("a command was refused by PostgreSQL", "error", pg.ReasonOf(err), "more_before", skipped)
	}
}

// Reached says that PostgreSQL has just answered somebody else, and its version.
func (e *Engine) Reached(version string) {
	e.health.version.Store(&version)
	e.answers()
}

// Beat says that a heartbeat has passed, on a connection that is not the engine's:
// PostgreSQL is there, whether or not it serves workers.
func (e *Engine) Beat() {
	now := time.Now().UnixNano()
	e.health.beaten.Store(now)
	e.health.answered.Store(now)
}

// Reachable reports whether PostgreSQL answered when it was last asked, not
// long ago. It does not ask.
func (e *Engine) Reachable() bool {
	return !e.health.failing.Load() && time.Since(time.Unix(0, e.health.answered.Load())) < contactLasts
}

// ServerVersion returns PostgreSQL's version, "" while it is not known.
func (e *Engine) ServerVersion() string {
	if v := e.health.version.Load(); v != nil {
		return *v
	}
	return ""
}

// Reconnect makes every worker open a new connection before its next round.
func (e *Engine) Reconnect() { e.epoch.Add(1) }
