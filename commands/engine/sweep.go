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
// without any costs one cheap statement a second, as long as anything is written.
// It rests, and asks nothing, once a pass has met nothing that can expire and
// nothing was written since that pass began: see rests.
type Sweep struct {
	// Active says whether expired keys are removed (DEBUG SET-ACTIVE-EXPIRE);
	// rows of flushed databases are freed in any case.
	Active atomic.Bool

	engine    *Engine
	onExpired func(db int, name []byte, left pg.Type)

	// begins: the next step begins a pass. found and foundBefore: the pass under way,
	// or the one before it, met anything that can expire; if not there is no hurry.
	begins, found, foundBefore bool
	// clean: the last pass met nothing.
	clean bool
	// untended is how often housekeeping is due before a rest: what the first time
	// marks, the second one removes.
	untended int
	stepped  time.Time
	tended   time.Time
}

// NewSweep returns a sweep; onExpired is called for every key removed, and for
// every hash that lost fields, with the type that is left.
func (e *Engine) NewSweep(onExpired func(db int, name []byte, left pg.Type)) *Sweep {
	s := &Sweep{engine: e, onExpired: onExpired, begins: true, untended: housekeepings}
	s.Active.Store(true)
	return s
}

const (
	sweepSlow         = time.Second
	sweepFast         = 25 * time.Millisecond
	sweepWalk         = 100 * time.Millisecond
	housekeepingEvery = time.Minute
	housekeepings     = 2
	// restLasts is how long a sweep rests at most. Others than nodes may have written
	// keys that expire.
	restLasts = 10 * time.Minute
	// beatLasts is how long a heartbeat proves that PostgreSQL is there; somebody has
	// to ask when there is none.
	beatLasts = 2 * time.Second
	// sweepConnectTimeout bounds an attempt to connect if nothing else does.
	sweepConnectTimeout = 10 * time.Second
)

// Run sweeps until ctx is done.
func (s *Sweep) Run(ctx context.Context) {
	w := &worker{engine: s.engine}
	defer w.disconnect()
	var sweeper pg.Sweeper
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
		if s.rests() {
			continue
		}
		if err := w.connect(sweepConnectTimeout); err != nil {
			s.engine.failing(err)
			continue
		}
		r, err := s.step(w.conn, &sweeper)
		if err != nil {
			s.clean = false
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
		pause = s.note(r)
		s.tend(w.conn)
	}
}

// rests reports whether nothing has to be asked: there is nothing to expire, as far
// as the nodes know, and heartbeats show that PostgreSQL is there. A node that
// writes sweeps itself; when it has left, the others do.
func (s *Sweep) rests() bool {
	h := &s.engine.health
	return s.clean && s.untended == 0 && !s.engine.stirred.Load() && !h.failing.Load() &&
		time.Since(time.Unix(0, h.beaten.Load())) < beatLasts && time.Since(s.stepped) < restLasts
}

// step looks at the next window.
func (s *Sweep) step(c *pg.Conn, sweeper *pg.Sweeper) (pg.SweepResult, error) {
	s.stepped = time.Now()
	if s.begins {
		s.begins, s.clean = false, false
		// What is committed from here on may not be met.
		if s.engine.stirred.Swap(false) {
			s.untended = housekeepings
		}
	}
	return sweeper.Step(c, s.Active.Load(), s.onExpired)
}

// note remembers what a window had in it, and returns the pause before the next.
func (s *Sweep) note(r pg.SweepResult) time.Duration {
	s.found = s.found || r.Volatile > 0 || r.Freed > 0
	pause := pace(r, s.found || s.foundBefore)
	if r.Wrapped {
		s.begins, s.clean = true, !s.found
		s.found, s.foundBefore = false, s.found
	}
	return pause
}

// tend does what is due once in a while, and before a rest.
func (s *Sweep) tend(c *pg.Conn) {
	resting := s.clean && s.untended > 0 && !s.engine.stirred.Load()
	if !resting && time.Since(s.tended) < housekeepingEvery {
		return
	}
	s.tended = time.Now()
	if err := c.Housekeeping(); err != nil {
		s.engine.opts.Log.Debug("housekeeping", "error", pg.ReasonOf(err))
		return
	}
	if resting {
		s.untended--
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
