package commands

import (
	"time"

	"github.com/mnorrsken/postkeys/commands/cache"
	"github.com/mnorrsken/postkeys/commands/changes"
	"github.com/mnorrsken/postkeys/commands/engine"
	"github.com/mnorrsken/postkeys/commands/spec"
	"github.com/mnorrsken/postkeys/pg"
)

// How GET uses the cache:
//
//  1. A GET outside of transactions and scripts is looked up on the loop
//     (serveCached), unless a command before it in its batch waits for storage: a
//     client's commands take effect in their order.
//  2. One that is not found takes a token before it goes to the engine, and leaves
//     its value in the cache once it has it (fillCache), if its round has only read.
//  3. Commands that write hold the keys that they have changed from before the
//     commit until after it (hold, letGo).

var getSpec = spec.ByName([]byte("get"))

// openCache makes the cache, if there is to be one.
func (s *Server) openCache(cfg cache.Config) {
	if !cfg.Enabled {
		return
	}
	here, remote := changes.Any, changes.Interest(0)
	var complete func() bool
	if cfg.Distributed {
		remote, complete = changes.Any, s.changes.Complete
	}
	s.cache, s.cacheDistributed = cache.New(cfg, complete), cfg.Distributed
	s.changes.Listen(s.cache, here, remote)
}

// cachedJob is what a job has to do with the cache.
type cachedJob struct {
	hits, misses int
	tokens       []cache.Token // of the calls that may fill it
	held         cache.Held    // what the unit under way has changed
}

// maxPooledTokens bounds what a pooled job keeps after a giant batch.
const maxPooledTokens = 4096

// reset returns the memory for the next job.
func (cj *cachedJob) reset() cachedJob {
	tokens := cj.tokens[:0]
	if cap(tokens) > maxPooledTokens {
		tokens = nil
	}
	return cachedJob{tokens: tokens, held: cj.held}
}

// mayServeCached reports whether the session's reads may come from the cache. One
// that other nodes do not keep up to date is not for clients that keep copies: they
// could be told of a change before they read what was there before it.
func (s *Session) mayServeCached() bool {
	return s.server.cache != nil && (s.server.cacheDistributed || s.tracker.Load() == nil)
}

// serveCached answers a GET from the cache, and reports whether it could. All that
// GET does beside its answer happens here too: use of the key, hits and misses.
func (s *Session) serveCached(j *job, c *Call) bool {
	name, now := c.args[1], j.started
	hash := pg.HashKey(c.db, name)
	if !j.stored() {
		c.noteReadOf(name)
		if value, ok := s.server.cache.Get(c.db, name, hash, now); ok {
			j.onLoop(c, func(c *Call) { c.out.Bulk(value) })
			j.cached.hits++
			j.looked.hits++
			j.keptLooked.hits++
			if s.seen.Load()&seenNoTouch == 0 {
				u := s.server.uses
				u.table.Note(hash, now.Unix(), u.counting.Load())
			}
			return true
		}
	}
	j.cached.misses++
	if j.writes {
		return false
	}
	if token, ok := s.server.cache.Begin(name, hash); ok {
		j.cached.tokens = append(j.cached.tokens, token)
		c.token = len(j.cached.tokens)
	}
	return false
}

// fillCache leaves the value of a GET in the cache. The unit must have read what is
// committed: it may neither have written nor be about to.
func (c *Call) fillCache(e *pg.Entry) error {
	if c.task.Lane != engine.Read {
		return nil
	}
	l := cache.Loaded{DB: e.DB(), Name: e.Name(), Hash: c.claimed()[0].Hash, Value: e.Value(), Since: c.job.started}
	at, err := e.ExpireAt()
	if err != nil {
		return err
	}
	if at != 0 {
		// The clock was read after the batch arrived, and may be a millisecond further.
		now, err := c.tx.Now()
		if err != nil {
			return err
		}
		l.TTL = time.Duration(at-now-1) * time.Millisecond
		if l.TTL <= 0 {
			return nil
		}
	}
	c.server().cache.Fill(c.job.cached.tokens[c.token-1], l)
	return nil
}

// hold keeps what a unit of work has changed out of the cache until letGo.
func (j *job) hold() {
	if cache := j.session.server.cache; cache != nil && len(j.changed) > 0 {
		cache.Hold(j.changed, &j.cached.held)
	}
}

// letGo ends hold, if it was called: the unit is committed, or will not be.
func (j *job) letGo() {
	if cache := j.session.server.cache; cache != nil {
		cache.Release(&j.cached.held)
	}
}
