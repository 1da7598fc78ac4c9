package cache

import (
	"sync"

	"github.com/mnorrsken/postkeys/commands/changes"
	"github.com/mnorrsken/postkeys/pg"
)

// How nothing old stays:
//
//  1. Begin remembers how often the keys of a stripe have changed, before the
//     read is on its way.
//  2. A unit of work of this node that is about to be committed holds the keys
//     that it has changed (Hold): their entries go, and none can come. From here
//     on somebody may see the new value, and from here on nobody finds the old
//     one in the cache.
//  3. When it is committed, or has failed, Release counts the change once more: a
//     read that began meanwhile may have found either value. The writer is
//     answered behind that.
//  4. Changes of other nodes are heard when they have been made: the entry goes,
//     and whoever is reading the key does not fill it.
//  5. All keys at once are a flush: the entries have its number in them, so all
//     of them are void at the same instant.

// stripes is the number of parts that keys are spread over by their hash. Keys that
// share one void each other's reads, no entries.
const stripes = 1 << 12

// stripe guards the entries of its keys against being filled with what is old.
type stripe struct {
	mu      sync.Mutex
	changes uint64
	held    int // changes about to be committed
}

func (c *Cache) stripe(hash uint64) *stripe { return &c.stripes[hash%stripes] }

// drop removes an entry. MUST be called with the stripe's mu held.
func (c *Cache) drop(s *stripe, hash uint64) {
	s.changes++
	// Most keys that are written are not here, and a look takes no lock.
	if _, ok := c.entries.GetEntryQuietly(hash); ok {
		c.entries.Invalidate(hash)
	}
}

// flush makes everything void. The memory is free a moment later.
func (c *Cache) flush() {
	c.flushes.Add(1)
	if !c.emptying.Swap(true) {
		go func() {
			c.emptying.Store(false) // what becomes void from here on may not be met any more
			c.entries.InvalidateAll()
		}()
	}
}

// Held are the keys of a unit of work that is about to be committed. Its memory
// may be used again.
type Held struct {
	hashes []uint64
	all    int
}

// Hold is called when a unit of work is about to be committed, with what it has
// changed. Release MUST follow before h is used again.
func (c *Cache) Hold(keys []pg.Change, h *Held) {
	for i := range keys {
		if keys[i].All {
			c.flushing.Add(1)
			h.all++
			c.flush()
			continue
		}
		hash := keys[i].Hash
		h.hashes = append(h.hashes, hash)
		s := c.stripe(hash)
		s.mu.Lock()
		s.held++
		c.drop(s, hash)
		s.mu.Unlock()
	}
}

// maxHeld bounds the memory that is used again after a large unit of work.
const maxHeld = 1 << 12

// Release is called when the unit is committed, or will not be.
func (c *Cache) Release(h *Held) {
	for ; h.all > 0; h.all-- {
		c.flushes.Add(1)
		c.flushing.Add(-1)
	}
	for _, hash := range h.hashes {
		s := c.stripe(hash)
		s.mu.Lock()
		s.held--
		s.changes++
		s.mu.Unlock()
	}
	if h.hashes = h.hashes[:0]; cap(h.hashes) > maxHeld {
		h.hashes = nil
	}
}

// Changed implements changes.Listener.
func (c *Cache) Changed(o changes.Origin, keys []pg.Change) {
	for i := range keys {
		k := &keys[i]
		if !k.All && c.writes != nil {
			c.writes.note(k.Hash)
		}
		switch {
		case !o.Remote: // held
		case k.All:
			c.flush()
		default:
			s := c.stripe(k.Hash)
			s.mu.Lock()
			c.drop(s, k.Hash)
			s.mu.Unlock()
		}
	}
}

// Missed implements changes.Listener.
func (c *Cache) Missed() { c.flush() }
