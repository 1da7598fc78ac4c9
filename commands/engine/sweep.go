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
//
// If somebody wants to be told of keys that expire, it removes those that it knows of
// when their time has come, wherever in the table they are: see expiries.
type Sweep struct {
	// Active says whether expired keys are removed (DEBUG SET-ACTIVE-EXPIRE);
	// rows of flushed databases are freed in any case.
	Active atomic.Bool
	// Paused says that nothing is done of the sweep's own accord (DEBUG PAUSE-CRON).
	// Keys that units have found expired are removed all the same.
	Paused atomic.Bool

	engine    *Engine
	onExpired func(db int, name []byte, left pg.Type)
	expiries  *expiries
	// next is when the next window is to be looked at, and expired when keys of expiries were last removed.
	next, expired time.Time

	// begins: the next step begins a pass. found and foundBefore: the pass under way,
	// or the one before it, met anything that can expire; if not there is no hurry.
	begins, found, foundBefore bool
	// expects: between the beginnings of the pass before and this one the node has
	// committed keys that expire.
	expects bool
	// clean: the last pass met nothing.
	clean bool
	// untended is how often housekeeping is due before a rest: what the first time
	// marks, the second one removes.
	untended int
	stepped  time.Time
	tended   time.Time
}

// NewSweep returns a sweep; onExpired is called for every key removed, and for
// every hash that lost fields, with the type that is left. wanted reports whether
// somebody wants to hear of that at once. It is called for every unit of work.
func (e *Engine) NewSweep(onExpired func(db int, name []byte, left pg.Type), wanted func() bool) *Sweep {
	s := &Sweep{engine: e, onExpired: onExpired, expiries: newExpiries(wanted), begins: true, untended: housekeepings, next: time.Now().Add(sweepSlow)}
	s.Active.Store(true)
	e.expiries.Store(s.expiries)
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
	for {
		at := s.next
		if due, ok := s.expiries.next(s.expired.Add(expirePause)); ok && due.Before(at) {
			at = due
		}
		timer := time.NewTimer(time.Until(at))
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case <-s.expiries.wake:
			timer.Stop()
			continue
		case <-timer.C:
		}
		s.expire(w)
		if !time.Now().Before(s.next) {
			s.next = time.Now().Add(s.sweep(w, &sweeper))
		}
	}
}

// sweep looks at the next window and returns the pause before the one behind it.
func (s *Sweep) sweep(w *worker, sweeper *pg.Sweeper) time.Duration {
	if s.Paused.Load() || s.rests() || !s.connect(w) {
		return sweepSlow
	}
	r, err := s.step(w.conn, sweeper)
	if err != nil {
		s.clean = false
		s.failed("sweeping expired keys", err)
		return sweepSlow
	}
	s.engine.answers()
	s.engine.Expired.Add(r.Expired)
	pause := s.note(r)
	s.tend(w.conn)
	return pause
}

// expire removes keys whose time has come.
func (s *Sweep) expire(w *worker) {
	if due, ok := s.expiries.next(s.expired.Add(expirePause)); !ok || due.After(time.Now()) {
		return
	}
	s.expired = time.Now()
	for db, names := range s.expiries.take(!s.Active.Load() || s.Paused.Load()) {
		if !s.connect(w) {
			return
		}
		gone, left, err := w.conn.Expire(db, names)
		if err != nil {
			s.failed("removing expired keys", err)
			return
		}
		s.engine.answers()
		s.engine.Expired.Add(int64(len(gone)))
		for _, name := range gone {
			s.onExpired(db, name, pg.TypeNone)
		}
		for i := range left {
			left[i].InMs = max(left[i].InMs, expireAgain.Milliseconds())
		}
		s.expiries.note(left)
	}
}

// connect makes sure that there is a connection.
func (s *Sweep) connect(w *worker) bool {
	err := w.connect(context.Background(), sweepConnectTimeout)
	if err != nil {
		s.engine.failing(err)
	}
	return err == nil
}

// failed notes that PostgreSQL did not do what it was asked.
func (s *Sweep) failed(what string, err error) {
	if pg.KindOf(err) == pg.KindUnavailable {
		s.engine.failing(err)
	} else {
		s.engine.answers() // it refuses to write, and may still serve reads
	}
	s.engine.opts.Log.Debug(what, "error", pg.ReasonOf(err))
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
		s.expects = s.engine.expects.Swap(false)
	}
	sweeper.Soon = nil
	if s.expiries.wanted() {
		var soon []pg.Volatile
		sweeper.Soon = func(v pg.Volatile) { soon = append(soon, v) }
		sweeper.SoonMs = untilNextPass(sweeper.Steps()).Milliseconds()
		defer func() { s.expiries.note(soon) }()
	}
	return sweeper.Step(c, s.Active.Load(), s.onExpired)
}

// untilNextPass is how long it may take until a window is looked at again, with so many
// steps to a pass.
func untilNextPass(steps int64) time.Duration {
	return 10*sweepSlow + 2*time.Duration(steps)*sweepWalk
}

// note remembers what a window had in it, and returns the pause before the next.
func (s *Sweep) note(r pg.SweepResult) time.Duration {
	s.found = s.found || r.Volatile > 0 || r.Freed > 0
	pause := pace(r, s.found || s.foundBefore || s.expects || s.engine.expects.Load())
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
