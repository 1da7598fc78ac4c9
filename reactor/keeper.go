package reactor

import "time"

const (
	// tick is the keeper's normal pace: timeouts and soft limits are that precise.
	tick = 100 * time.Millisecond
	// drainTick is its pace while a connection waits for its last bytes to leave before it is closed.
	drainTick = 5 * time.Millisecond
)

// kickKeeper wakes the keeper early. Safe from any goroutine.
func (r *Reactor) kickKeeper() {
	select {
	case r.kick <- struct{}{}:
	default:
	}
}

// keep is the keeper's goroutine. It keeps the clock, orders sweeps, and gives yielded connections their turns.
func (r *Reactor) keep() {
	timer := time.NewTimer(tick)
	defer timer.Stop()
	due := time.Now().Add(tick)
	for {
		select {
		case <-r.done:
			return
		case <-r.kick:
			r.resumeLoops()
		case <-timer.C:
			r.clockMs.Store(r.opts.Now().UnixMilli())
			r.sweepLoops()
			due = time.Now().Add(tick)
		}
		if soon := time.Now().Add(drainTick); due.After(soon) && r.anyDraining() {
			due = soon
		}
		timer.Reset(time.Until(due))
	}
}

func (r *Reactor) resumeLoops() {
	for _, l := range r.allLoops() {
		if l.waiting.Load() > 0 {
			l.resumeDue.Store(true)
			l.wake()
		}
	}
}

// sweepLoops wakes only the loops that have something to look at.
func (r *Reactor) sweepLoops() {
	for _, l := range r.allLoops() {
		if l.watching.Load() > 0 || r.idleTimeout.Load() > 0 {
			l.sweepDue.Store(true)
			l.wake()
		}
	}
}

func (r *Reactor) anyDraining() bool {
	for _, l := range r.allLoops() {
		if l.drainings.Load() > 0 {
			return true
		}
	}
	return false
}

// watch has the sweeps look at c until its output is out. Runs on the loop.
func (l *loop) watch(c *Conn) {
	if !c.watched {
		c.watched = true
		l.watched = append(l.watched, c)
		l.watching.Store(int32(len(l.watched)))
	}
	if c.draining {
		l.drainings.Store(max(l.drainings.Load(), 1))
	}
}

// sweep looks at the connections with unsent output and at some of all others.
func (l *loop) sweep() {
	draining := int32(0)
	left := l.watched[:0]
	for _, c := range l.watched {
		if !c.dead {
			l.sweepOutput(c)
		}
		if c.dead || c.unsent.Load() == 0 {
			c.watched = false
			continue
		}
		if c.draining {
			draining++
		}
		left = append(left, c)
	}
	clear(l.watched[len(left):])
	l.watched = left
	l.watching.Store(int32(len(left)))
	l.drainings.Store(draining)
	l.sweepIdle()
}

func (l *loop) sweepOutput(c *Conn) {
	defer c.settleOutside()
	c.checkOutput()
}

// sweepIdle closes connections idle for too long. It looks at a tenth of all per tick, so at each about once a second.
func (l *loop) sweepIdle() {
	timeout := time.Duration(l.r.idleTimeout.Load()).Milliseconds()
	if timeout <= 0 {
		return
	}
	now := l.r.clockMs.Load()
	for n := len(l.conns)/10 + 50; n > 0 && len(l.conns) > 0; n-- {
		if l.cursor >= len(l.conns) {
			l.cursor = 0
			n = min(n, len(l.conns))
		}
		c := l.conns[l.cursor]
		if c.idle(now, timeout) {
			l.r.count.idleGone.Add(1)
			c.closing = true
			c.settleOutside() // its place is taken by another, which is looked at next
			continue
		}
		l.cursor++
	}
}

func (c *Conn) idle(nowMs, timeoutMs int64) bool {
	return nowMs-c.lastMs.Load() > timeoutMs && !c.inFlight && !c.has(flagExempt) && Class(c.class.Load()) == Normal
}
