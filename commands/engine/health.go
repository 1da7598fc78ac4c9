package engine

import (
	"sync/atomic"
	"time"
)

// health is what the connections have noticed of PostgreSQL.
type health struct {
	answered atomic.Int64 // when it last did something it was asked, in nanoseconds since 1970
	failing  atomic.Bool  // nothing has worked since a connection was lost or refused
	version  atomic.Pointer[string]
}

// contactLasts is how long an answer of PostgreSQL's proves that it is there.
// The sweep asks at least every sweepSlow.
const contactLasts = 5 * time.Second

func (h *health) up() {
	h.answered.Store(time.Now().UnixNano())
	if h.failing.Load() {
		h.failing.Store(false)
	}
}

func (h *health) down() { h.failing.Store(true) }

// Reached says that PostgreSQL has just answered somebody else, and its version.
func (e *Engine) Reached(version string) {
	e.health.version.Store(&version)
	e.health.up()
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
