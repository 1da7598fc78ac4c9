package blocked

import (
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/mnorrsken/postkeys/commands/engine"
	"github.com/mnorrsken/postkeys/pg"
)

// Options configure a Registry.
type Options struct {
	Engine *engine.Engine
	// Declare says whether other nodes have to tell what they fill.
	Declare func(on bool)
}

// Registry has all waiters of a node. Its methods are safe from any goroutine.
type Registry struct {
	opts    Options
	started time.Time

	listed atomic.Int64 // waiters

	mu      sync.Mutex
	lines   map[uint64]*line // by the hash of the key
	seq     uint64
	blocked int // waiters that have found nothing so far
	closed  bool
	wheel   wheel
	timer   *time.Timer
	timerAt int64 // what the timer is set to, 0 for nothing
	quiet   quiet
	recheck recheck
	// postponed: an attempt was put off, see Postpone.
	postponed bool

	// Woken counts attempts beside the first ones, Rechecks the looks at all keys.
	Woken, Rechecks atomic.Int64
}

// New returns a registry without waiters.
func New(o Options) *Registry {
	r := &Registry{opts: o, started: time.Now(), lines: make(map[uint64]*line)}
	r.recheck.init(r)
	return r
}

// effects are what is to be done once mu is free.
type effects struct {
	try     []*Waiter
	release []func()
	end     []*Waiter
}

func (e *effects) apply() {
	for _, w := range e.try {
		w.Client.Try()
	}
	for _, f := range e.release {
		f()
	}
	for _, w := range e.end {
		w.Client.End(w.ending)
	}
}

// Deadline returns the deadline for a timeout from now on, which is 0 for none.
func (r *Registry) Deadline(timeoutMs int64) int64 {
	if timeoutMs == 0 {
		return 0
	}
	now := (time.Since(r.started) + time.Millisecond - 1).Milliseconds()
	return now + min(timeoutMs, maxTimeoutMs)
}

// maxTimeoutMs is for ever, and can still be added to any time.
const maxTimeoutMs = 1 << 61

// now is the time that deadlines are compared with.
func (r *Registry) now() int64 { return time.Since(r.started).Milliseconds() }

// Add lists a waiter whose first attempt is about to be made; deadline is 0 for
// none.
func (r *Registry) Add(w *Waiter, deadline int64) {
	if len(w.Keys) == 1 {
		w.links = w.one[:]
	} else {
		w.links = make([]link, len(w.Keys))
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.seq++
	w.seq, w.place.deadline = r.seq, deadline
	w.listed, w.running, w.gone = true, true, r.closed
	for i := range w.links {
		k := &w.links[i]
		k.waiter, k.key = w, int32(i)
		l := r.lines[w.Keys[i].Hash]
		if l == nil {
			l = new(line)
			r.lines[w.Keys[i].Hash] = l
		}
		l.append(k)
	}
	if r.listed.Add(1) == 1 {
		r.quiet.ended(r)
	}
}

// unlist takes a waiter off all lists. MUST be called with mu held.
func (r *Registry) unlist(w *Waiter, e *effects) {
	for i := range w.links {
		hash := w.Keys[i].Hash
		l := r.lines[hash]
		l.remove(&w.links[i])
		if l.first == nil {
			delete(r.lines, hash)
		}
	}
	r.wheel.remove(w)
	if w.blocked {
		r.blocked--
	}
	w.listed = false
	r.releaseHolds(w, e)
	if r.listed.Add(-1) == 0 {
		r.quiet.began(r)
	}
}

// Begin says that an attempt starts to run, perhaps again.
func (r *Registry) Begin(w *Waiter) {
	r.mu.Lock()
	w.took = false
	r.mu.Unlock()
}

// May reports whether an attempt that has found something in a key may take it.
// One whose client has gone, or has been answered, may not, and others come first
// if they have waited for longer: they are woken.
func (r *Registry) May(w *Waiter, key int) bool {
	var e effects
	defer func() { e.apply() }()
	r.mu.Lock()
	defer r.mu.Unlock()
	if w.gone || w.ending != none {
		return false
	}
	k := &w.Keys[key]
	if l := r.lines[k.Hash]; l != nil {
		for o := l.first; o != nil && o.waiter != w; o = o.next {
			if o.waits(w.Type, k.DB, k.Name) && o.waiter.available() && !o.waiter.took {
				r.wake(o, nil, &e)
				return false
			}
		}
	}
	w.took, w.takes = true, int32(key)
	return true
}

// waits reports whether the link is for a key that holds values of a type.
func (k *link) waits(t pg.Type, db int, name []byte) bool {
	return k.waiter.Type == t && k.waiter.Keys[k.key].is(db, name)
}

// available reports whether the waiter can still be given something.
func (w *Waiter) available() bool { return !w.gone && w.ending == none }

// Settle ends an attempt that has found nothing. It reports false if the waiter is
// listed no more and its client is gone; otherwise Try or End is called for it,
// now or later.
func (r *Registry) Settle(w *Waiter) bool {
	var e effects
	defer func() { e.apply() }()
	r.mu.Lock()
	defer r.mu.Unlock()
	w.took = false
	now := r.now()
	if w.ending == none && w.place.deadline > 0 && w.place.deadline <= now {
		w.ending = TimedOut
	}
	switch {
	case w.gone:
		r.leave(w, &e)
		return false
	case w.ending != none:
		r.leave(w, &e)
		e.end = append(e.end, w)
	case w.again || w.recheck:
		w.again, w.recheck = false, false
		e.try = append(e.try, w)
		r.Woken.Add(1)
	default:
		w.running = false
		for i := range w.links {
			w.links[i].due = false
		}
		r.releaseHolds(w, &e)
	}
	if !w.blocked && w.listed {
		w.blocked = true
		r.blocked++
		r.arm(w, now)
	}
	return true
}

// Leave ends an attempt that was answered without having taken anything.
func (r *Registry) Leave(w *Waiter) {
	var e effects
	r.mu.Lock()
	r.leave(w, &e)
	r.mu.Unlock()
	e.apply()
}

// leave takes a running waiter off, and has others look at what it was to look
// at. MUST be called with mu held.
func (r *Registry) leave(w *Waiter, e *effects) {
	holds := w.holds
	w.holds = nil
	r.unlist(w, e)
	r.passOn(w, nowhere, holds, e)
	r.letGo(holds, e)
}

// nowhere is no key of a waiter.
const nowhere = -1

// passOn wakes the next waiter of each key that w was woken for, apart from one that it
// has taken from. MUST be called with mu held.
func (r *Registry) passOn(w *Waiter, taken int, holds []*Hold, e *effects) {
	for i := range w.links {
		if k := &w.Keys[i]; w.links[i].due && i != taken {
			r.touch(k.DB, k.Name, k.Hash, w.Type, 1, holds, e)
		}
	}
}

// Served ends an attempt that took something from a key, where so many elements
// are left. It MUST be called when that is committed and before others can change
// the key.
func (r *Registry) Served(w *Waiter, key int, left int64, changed []pg.Change) {
	var e effects
	r.mu.Lock()
	holds := w.holds
	w.holds = nil
	r.unlist(w, &e)
	r.passOn(w, key, holds, &e)
	k := &w.Keys[key]
	r.touch(k.DB, k.Name, k.Hash, w.Type, left-r.taking(w, key), holds, &e)
	r.touchLatest(slices.DeleteFunc(slices.Clone(changed), func(c pg.Change) bool { return k.is(c.DB, c.Name) }), holds, &e)
	r.letGo(holds, &e)
	r.mu.Unlock()
	e.apply()
}

// Drop forgets a waiter whose client is gone or about to be. It reports whether
// there is nothing under way for it any more.
func (r *Registry) Drop(w *Waiter) bool {
	var e effects
	defer func() { e.apply() }()
	r.mu.Lock()
	defer r.mu.Unlock()
	if !w.listed {
		return false
	}
	w.gone = true
	if w.running {
		return false
	}
	r.unlist(w, &e)
	return true
}

// Unblock ends a wait and reports whether there was one.
func (r *Registry) Unblock(w *Waiter, how Ending) bool {
	var e effects
	defer func() { e.apply() }()
	r.mu.Lock()
	defer r.mu.Unlock()
	if !w.listed || !w.blocked || !w.available() || w.took {
		return false
	}
	r.end(w, how, &e)
	return true
}

// end ends a wait, when the attempt under way has ended if there is one. MUST be
// called with mu held.
func (r *Registry) end(w *Waiter, how Ending, e *effects) {
	w.ending = how
	if !w.running {
		r.unlist(w, e)
		e.end = append(e.end, w)
	}
}

// Close ends all waits, and those that are yet to begin.
func (r *Registry) Close() {
	var e effects
	r.mu.Lock()
	r.closed = true
	for _, l := range r.lines {
		for k := l.first; k != nil; k = k.next {
			k.waiter.gone = true
			if !k.waiter.running && k.key == 0 {
				k.waiter.ending = Closed
				e.end = append(e.end, k.waiter)
			}
		}
	}
	ended := e.end
	for _, w := range ended {
		r.unlist(w, &e)
	}
	r.mu.Unlock()
	e.apply()
}

// Figures tells how many clients are blocked, how many of them with a timeout, and
// how many keys are waited for.
func (r *Registry) Figures() (clients, timeouts, keys int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.blocked, r.wheel.count, len(r.lines)
}
