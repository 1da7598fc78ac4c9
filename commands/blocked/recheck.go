package blocked

import (
	"time"

	"github.com/mnorrsken/postkeys/commands/engine"
	"github.com/mnorrsken/postkeys/pg"
)

// recheckKeys is how many keys one look asks PostgreSQL for.
const recheckKeys = 1024

// recheckPause is when a look that has failed is repeated.
const recheckPause = time.Second

// recheck looks which of the keys that are waited for are there, after changes
// may have been missed: one statement for very many keys, and then only those are
// tried who may find something. It is a task of the engine, one at a time.
type recheck struct {
	r    *Registry
	task engine.Task

	// With Registry.mu:
	running, again bool

	// Of the look under way.
	keys  []Key
	found []pg.Change
	lost  bool
}

func (c *recheck) init(r *Registry) {
	c.r = r
	c.task.Runner = c
}

// Recheck wakes who waits for keys that are there.
func (r *Registry) Recheck() {
	var e effects
	r.mu.Lock()
	r.recheck.ask(&e)
	r.mu.Unlock()
	e.apply()
}

// ask orders a look. MUST be called with Registry.mu held.
func (c *recheck) ask(e *effects) {
	switch {
	case c.running:
		c.again = true
	case c.r.listed.Load() > 0 && !c.r.closed:
		c.running = true
		c.r.Rechecks.Add(1)
		e.release = append(e.release, c.begin)
	}
}

// begin starts a look at all keys.
func (c *recheck) begin() {
	c.keys = c.keys[:0]
	c.r.mu.Lock()
	for _, l := range c.r.lines {
		for k := l.first; k != nil; k = k.next {
			// Of waiters for one key, which follow one another, the first will do.
			if key := &k.waiter.Keys[k.key]; k.prev == nil || !k.prev.waiter.Keys[k.prev.key].is(key.DB, key.Name) {
				c.keys = append(c.keys, *key)
			}
		}
	}
	c.r.mu.Unlock()
	c.next()
}

// next looks at some of the keys, or ends.
func (c *recheck) next() {
	if len(c.keys) == 0 {
		c.end()
		return
	}
	t := &c.task
	t.Claims, t.Items, t.Bytes, t.Lane = t.Claims[:0], 1, 0, engine.Read
	some := c.keys[:min(len(c.keys), recheckKeys)]
	for _, k := range some {
		t.Claims = append(t.Claims, engine.Claim{DB: k.DB, Name: k.Name, Hash: k.Hash, Mode: pg.ModeRead, Part: pg.PartHeader})
		t.Bytes += len(k.Name)
	}
	c.keys = c.keys[len(some):]
	c.r.opts.Engine.Submit(t)
}

// end ends a look. One that has failed, or was ordered again, is repeated.
func (c *recheck) end() {
	var e effects
	c.keys, c.task.Claims = nil, nil
	c.r.mu.Lock()
	c.running = false
	lost, again := c.lost, c.again
	c.lost, c.again = false, false
	if again && !lost {
		c.ask(&e)
	}
	c.r.mu.Unlock()
	if lost {
		time.AfterFunc(recheckPause, c.r.Recheck)
	}
	e.apply()
}

// Run implements engine.Runner.
func (c *recheck) Run(tx *pg.Tx, _, _ int) error {
	c.found = c.found[:0]
	if err := c.task.Resolve(tx, 0, len(c.task.Claims)); err != nil {
		return err
	}
	for i := range c.task.Claims {
		k := &c.task.Claims[i]
		if e := k.Entry(); e.Exists() {
			c.found = append(c.found, pg.Change{DB: k.DB, Name: k.Name, Hash: k.Hash, Type: e.Type()})
		}
	}
	return nil
}

// Keep implements engine.Runner.
func (c *recheck) Keep() {}

// Fail implements engine.Runner.
func (c *recheck) Fail(int, int, error) { c.found, c.lost = c.found[:0], true }

// Done implements engine.Runner.
func (c *recheck) Done() engine.Flusher {
	c.r.touchAll(c.found, nil)
	c.found = nil
	c.next()
	return nothing{}
}

// nothing is a flusher of no replies.
type nothing struct{}

// Flush implements engine.Flusher.
func (nothing) Flush() {}
