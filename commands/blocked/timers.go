package blocked

import "time"

// arm has the deadline of a waiter observed, if it has one. MUST be called with
// mu held.
func (r *Registry) arm(w *Waiter, now int64) {
	if w.place.deadline == 0 {
		return
	}
	if r.wheel.count == 0 {
		r.wheel.now = max(r.wheel.now, now)
	}
	r.wheel.add(w)
	r.setTimer()
}

// setTimer sets the one timer to what comes next. One that is set to an earlier
// time is left alone. MUST be called with mu held.
func (r *Registry) setTimer() {
	at, _, _, ok := r.wheel.due()
	if !ok || r.timerAt != 0 && r.timerAt <= at {
		return
	}
	r.timerAt = at
	in := max(time.Duration(at)*time.Millisecond-time.Since(r.started), 0)
	if r.timer == nil {
		r.timer = time.AfterFunc(in, r.expire)
	} else {
		r.timer.Reset(in)
	}
}

// expire ends the waits whose time is up.
func (r *Registry) expire() {
	var e effects
	r.mu.Lock()
	r.timerAt = 0
	r.wheel.advance(r.now(), func(w *Waiter) {
		if w.available() {
			r.end(w, TimedOut, &e)
		}
	})
	r.setTimer()
	r.mu.Unlock()
	e.apply()
}

// quietTime is how long other nodes are asked to tell what they fill after the last
// waiter has left: workers come back soon, and asking takes a moment.
const quietTime = 10 * time.Second

// quiet watches whether anybody waits. All is guarded by Registry.mu.
type quiet struct {
	declared bool
	since    time.Time // nobody waits
	watched  bool      // look will be called
}

// ended says that somebody waits.
func (q *quiet) ended(r *Registry) {
	if !q.declared {
		q.declared = true
		r.opts.Declare(true)
	}
}

// began says that nobody waits.
func (q *quiet) began(r *Registry) {
	q.since = time.Now()
	if !q.watched {
		q.watched = true
		time.AfterFunc(quietTime, r.look)
	}
}

// look takes the declaration back if nobody has waited for long enough.
func (r *Registry) look() {
	r.mu.Lock()
	defer r.mu.Unlock()
	q := &r.quiet
	left := quietTime - time.Since(q.since)
	switch {
	case r.listed.Load() > 0:
		q.watched = false
	case left > 0:
		time.AfterFunc(left, r.look)
	default:
		q.watched, q.declared = false, false
		r.opts.Declare(false)
	}
}
