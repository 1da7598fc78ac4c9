package blocked

import (
	"bytes"
	"slices"

	"github.com/mnorrsken/postkeys/commands/changes"
	"github.com/mnorrsken/postkeys/pg"
)

// Touch wakes who waits for keys that a unit of work of this node has changed. It
// MUST be called when that is committed, and before others can change the keys. The
// hold it returns, if not nil, is of those it has woken, and of those that the hold
// given is of, which may be nil.
func (r *Registry) Touch(changed []pg.Change, h *Hold) *Hold {
	if r.listed.Load() == 0 || len(changed) == 0 {
		return h
	}
	if h == nil {
		h = new(Hold)
	}
	r.touchAll(changed, []*Hold{h})
	r.mu.Lock()
	defer r.mu.Unlock()
	if h.left == 0 {
		return nil
	}
	return h
}

// Changed implements changes.Listener, for what other nodes have changed.
func (r *Registry) Changed(_ changes.Origin, keys []pg.Change) {
	if r.listed.Load() > 0 {
		r.touchAll(keys, nil)
	}
}

// Missed implements changes.Listener.
func (r *Registry) Missed() { r.Recheck() }

func (r *Registry) touchAll(changed []pg.Change, holds []*Hold) {
	var e effects
	r.mu.Lock()
	for _, h := range holds {
		h.seq = r.seq
	}
	r.touchLatest(changed, holds, &e)
	r.mu.Unlock()
	e.apply()
}

// touchLatest wakes who waits for one of the keys. What a key has become last in the
// list counts: what a transaction has pushed and removed again is not there for
// anybody. MUST be called with mu held.
func (r *Registry) touchLatest(changed []pg.Change, holds []*Hold, e *effects) {
	for i := range changed {
		c := &changed[i]
		if !c.All && (r.lines[c.Hash] == nil || slices.ContainsFunc(changed[i+1:], func(o pg.Change) bool {
			return o.Hash == c.Hash && o.DB == c.DB && !o.All && bytes.Equal(o.Name, c.Name)
		})) {
			continue
		}
		r.touchChange(c, holds, e)
	}
}

// touchChange wakes who waits for a key that has changed. MUST be called with mu
// held.
func (r *Registry) touchChange(c *pg.Change, holds []*Hold, e *effects) {
	switch {
	case c.All:
		r.recheck.ask(e)
	case c.Type != pg.TypeNone:
		r.touch(c.DB, c.Name, c.Hash, c.Type, c.Count(), holds, e)
	}
}

// touch sees to it that the first waiters of a key try, up to so many. One that takes
// something already may be late for what is there now. MUST be called with mu held.
func (r *Registry) touch(db int, name []byte, hash uint64, t pg.Type, count int64, holds []*Hold, e *effects) {
	l := r.lines[hash]
	if l == nil {
		return
	}
	for k := l.first; k != nil && count > 0; k = k.next {
		switch w := k.waiter; {
		case !k.waits(t, db, name) || !w.available():
		case w.took:
			w.recheck = true
		default:
			r.wake(k, holds, e)
			count--
		}
	}
}

// taking returns how many of those who wait for a key take from it in the unit of work
// that is being ended, in which w has: the first ones, since May lets nobody overtake.
// MUST be called with mu held.
func (r *Registry) taking(w *Waiter, key int) (n int64) {
	k := &w.Keys[key]
	l := r.lines[k.Hash]
	if l == nil {
		return 0
	}
	for o := l.first; o != nil; o = o.next {
		switch {
		case !o.waits(w.Type, k.DB, k.Name) || !o.waiter.available():
		case !o.waiter.took:
			return n
		case o.waiter.takes == o.key:
			o.due = true // if it does not in the end, it passes on what is left for it
			n++
		}
	}
	return n
}

// wake has a waiter try a key, again if it is running. MUST be called with mu held.
func (r *Registry) wake(k *link, holds []*Hold, e *effects) {
	w := k.waiter
	k.due = true
	for _, h := range holds {
		if w.seq <= h.seq && !slices.Contains(w.holds, h) {
			h.left++
			w.holds = append(w.holds, h)
		}
	}
	if w.running {
		w.again = true
		return
	}
	w.running = true
	r.Woken.Add(1)
	e.try = append(e.try, w)
}

// releaseHolds lets the commands go that wait for a waiter. MUST be called with mu
// held.
func (r *Registry) releaseHolds(w *Waiter, e *effects) {
	r.letGo(w.holds, e)
	w.holds = nil
}

func (r *Registry) letGo(holds []*Hold, e *effects) {
	for _, h := range holds {
		if h.left--; h.left == 0 && h.then != nil {
			e.release = append(e.release, h.then)
		}
	}
}

// Await has then called once the waiters that a hold is for have been tried. It
// reports false if they have been already.
func (r *Registry) Await(h *Hold, then func()) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if h.left == 0 {
		return false
	}
	h.then = then
	return true
}

// Postpone ends an attempt that could not be made. Resume makes up for it.
func (r *Registry) Postpone(w *Waiter) {
	r.mu.Lock()
	r.postponed = true
	r.mu.Unlock()
	r.Settle(w)
}

// Resume says that attempts can be made again.
func (r *Registry) Resume() {
	r.mu.Lock()
	due := r.postponed
	r.postponed = false
	r.mu.Unlock()
	if due {
		r.Recheck()
	}
}
