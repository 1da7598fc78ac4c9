package engine

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/mnorrsken/postkeys/pg"
)

// Sweep removes expired keys in the background, on a connection of its own.
// It takes one window of the table at a time and paces itself by what it finds:
// windows full of expired keys follow each other closely, and a keyspace
// without any costs one cheap statement a second.
type Sweep struct {
	// Active says whether expired keys are removed (DEBUG SET-ACTIVE-EXPIRE);
	// rows of flushed databases are freed in any case.
	Active atomic.Bool

	engine    *Engine
	onExpired func(db int, name []byte)
}

// NewSweep returns a sweep; onExpired is called for every key removed.
func (e *Engine) NewSweep(onExpired func(db int, name []byte)) *Sweep {
	s := &Sweep{engine: e, onExpired: onExpired}
	s.Active.Store(true)
	return s
}

const (
	sweepSlow         = time.Second
	sweepFast         = 25 * time.Millisecond
	sweepWalk         = 100 * time.Millisecond
	housekeepingEvery = time.Minute
	// sweepConnectTimeout bounds an attempt to connect if nothing else does.
	sweepConnectTimeout = 10 * time.Second
)

// Run sweeps until ctx is done.
func (s *Sweep) Run(ctx context.Context) {
	w := &worker{engine: s.engine}
	defer w.disconnect()
	var sweeper pg.Sweeper
	var tended time.Time
	// Whether the pass under way, or the one before it, met anything that can
	// expire: if not there is no hurry.
	found, foundBefore := false, false
	pause := sweepSlow
	for {
		timer := time.NewTimer(pause)
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case <-timer.C:
		}
		pause = sweepSlow
		if err := w.connect(sweepConnectTimeout); err != nil {
			s.engine.failing(err)
			continue
		}
		r, err := sweeper.Step(w.conn, s.Active.Load(), s.onExpired)
		if err != nil {
			if pg.KindOf(err) == pg.KindUnavailable {
				s.engine.failing(err)
			} else {
				s.engine.answers() // it refuses to write, and may still serve reads
			}
			s.engine.opts.Log.Debug("sweeping expired keys", "error", pg.ReasonOf(err))
			continue
		}
		s.engine.answers()
		s.engine.Expired.Add(r.Expired)
		found = found || r.Volatile > 0 || r.Freed > 0
		pause = pace(r, found || foundBefore)
		if r.Wrapped {
			found, foundBefore = false, found
		}
		if time.Since(tended) > housekeepingEvery {
			tended = time.Now()
			if err := w.conn.Housekeeping(); err != nil {
				s.engine.opts.Log.Debug("housekeeping", "error", pg.ReasonOf(err))
			}
		}
	}
}

// pace returns the pause before the next window.
func pace(r pg.SweepResult, found bool) time.Duration {
	switch {
	case r.More, r.Behind, 20*(r.Expired+r.Freed) > r.Rows:
		return sweepFast // more than one row in twenty: likely more to come
	case found && !r.Wrapped:
		return sweepWalk
	default:
		return sweepSlow
	}
}
