package engine

import (
	"sync/atomic"
	"time"

	"github.com/mnorrsken/postkeys/pg"
)

// health is what the connections have noticed of PostgreSQL.
type health struct {
	answered atomic.Int64 // when it last did something it was asked, in nanoseconds since 1970
	failing  atomic.Bool  // nothing has worked since a connection was lost or refused
	told     atomic.Int64 // when that was last logged, in nanoseconds since 1970
	version  atomic.Pointer[string]
}

// contactLasts is how long an answer of PostgreSQL's proves that it is there.
// The sweep asks at least every sweepSlow.
const contactLasts = 5 * time.Second

// outageReminder is the pause between two messages about the same outage.
const outageReminder = 15 * time.Second

// answers says that PostgreSQL has just answered.
func (e *Engine) answers() {
	h := &e.health
	h.answered.Store(time.Now().UnixNano())
	if h.failing.Load() && h.failing.CompareAndSwap(true, false) {
		e.opts.Log.Info("PostgreSQL answers again")
	}
}

// failing says that PostgreSQL could not be reached, or a connection was lost.
func (e *Engine) failing(err error) {
	h := &e.health
	now, told := time.Now().UnixNano(), h.told.Load()
	first := h.failing.CompareAndSwap(false, true)
	if (first || now-told > outageReminder.Nanoseconds()) && h.told.CompareAndSwap(told, now) {
		e.opts.Log.Warn("PostgreSQL does not answer, commands wait for it", "error", pg.ReasonOf(err))
	}
}

// Reached says that PostgreSQL has just answered somebody else, and its version.
func (e *Engine) Reached(version string) {
	e.health.version.Store(&version)
	e.answers()
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
