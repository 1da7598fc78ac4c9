package cache

import (
	"math/rand/v2"
	"sync/atomic"
	"time"

	"github.com/maypok86/otter/v2"
)

// Config says what is kept. Patterns are those of KEYS.
type Config struct {
	Enabled bool // default false
	// TTL is how long an entry may serve. Default 250 ms
	TTL time.Duration
	// MaxSize is how many entries of up to 4 KB are kept; larger ones count as
	// several. Default 10000
	MaxSize int
	// Distributed: other nodes tell of what they write. Default false
	Distributed bool

	// Smart: keys that expire within MinTTL, and keys written more than MaxWriteFreq
	// times a second over WriteWindow, are left out. Defaults false, 1 s, 10, 10 s
	Smart        bool
	MinTTL       time.Duration
	MaxWriteFreq int
	WriteWindow  time.Duration

	Exclude []string // keys never cached
	Include []string // keys always cached, whatever the rest says
}

const (
	// chunkBytes is what counts as one entry.
	chunkBytes = 4096
	// maxEntryBytes bounds an entry: a larger value is better fetched than copied
	// on an event loop, where others wait meanwhile.
	maxEntryBytes = 1 << 20
	// leastShare is the share of the cache that one entry may take.
	leastShare = 8
)

// Cache holds values. Its methods are safe from any goroutine.
type Cache struct {
	cfg      Config
	complete func() bool
	origin   time.Time
	entries  *otter.Cache[uint64, entry]
	maxBytes int

	stripes [stripes]stripe
	// flushes counts the times that everything became invalid; entries from before
	// the last one do not count.
	flushes atomic.Uint64
	// flushing is the number of units of work that empty a database index and are
	// about to be committed.
	flushing atomic.Int64
	// emptying: a goroutine is about to remove what is void.
	emptying atomic.Bool
	writes   *frequency // nil: not smart

	hits, misses atomic.Int64
	skipped      [skips]atomic.Int64
}

// New returns an empty cache. complete reports whether all news of other nodes
// arrive now; while it does not nothing is added. nil is a node that does not
// listen to others.
func New(cfg Config, complete func() bool) *Cache {
	if complete == nil {
		complete = func() bool { return true }
	}
	c := &Cache{
		cfg: cfg, complete: complete, origin: time.Now(),
		maxBytes: min(maxEntryBytes, max(1, cfg.MaxSize/leastShare)*chunkBytes),
	}
	c.entries = otter.Must(&otter.Options[uint64, entry]{
		MaximumWeight: uint64(cfg.MaxSize),
		Weigher:       func(_ uint64, e entry) uint32 { return uint32((e.size() + chunkBytes - 1) / chunkBytes) },
		// What a look leaves to be done takes less time than to wake somebody for it.
		Executor: func(task func()) { task() },
	})
	if cfg.Smart {
		c.writes = newFrequency(cfg.MaxWriteFreq, cfg.WriteWindow)
	}
	return c
}

// Get returns the value of a key whose pg.HashKey is hash, as of any time since
// now. The caller MUST NOT change it.
func (c *Cache) Get(db int, name []byte, hash uint64, now time.Time) (value []byte, ok bool) {
	e, ok := c.present(hash)
	if !ok || e.until() <= int64(now.Sub(c.origin)) || e.flushes() != c.flushes.Load() {
		return nil, false
	}
	return e.find(db, name)
}

// noteEvery is the share of looks that the library hears of, which decides by them what
// to keep: one in so many.
const noteEvery = 8

// present finds an entry, void or not.
func (c *Cache) present(hash uint64) (entry, bool) {
	if rand.Uint32()%noteEvery == 0 {
		return c.entries.GetIfPresent(hash)
	}
	e, ok := c.entries.GetEntryQuietly(hash)
	return e.Value, ok
}

// Count adds to the numbers of reads answered, and not answered, from the cache.
func (c *Cache) Count(hits, misses int) {
	if hits > 0 {
		c.hits.Add(int64(hits))
	}
	if misses > 0 {
		c.misses.Add(int64(misses))
	}
}

// Token stands for a read that has not begun.
type Token struct{ changes, flushes uint64 }

// Begin prepares for the read of a key. It returns ok false if the value is not to
// be kept, whatever it is.
func (c *Cache) Begin(name []byte, hash uint64) (t Token, ok bool) {
	if c.excludes(name) {
		c.skipped[skipExcluded].Add(1)
		return t, false
	}
	// Before complete is asked: what goes wrong behind its back is a flush.
	t.flushes = c.flushes.Load()
	if !c.complete() {
		return t, false
	}
	s := c.stripe(hash)
	s.mu.Lock()
	t.changes = s.changes
	s.mu.Unlock()
	return t, true
}

// Loaded is what a read has found.
type Loaded struct {
	DB   int
	Name []byte
	Hash uint64
	// Value is copied.
	Value []byte
	// Since is a time before the read, and TTL how long after it the key expires at
	// the earliest; 0 for never.
	Since time.Time
	TTL   time.Duration
}

// Fill keeps what a read has found, which began after Begin. It does nothing if
// the key was changed meanwhile, or is just being changed.
func (c *Cache) Fill(t Token, l Loaded) {
	if why := c.refuses(&l); why != fits {
		c.skipped[why].Add(1)
		return
	}
	ttl := c.cfg.TTL
	if l.TTL > 0 {
		ttl = min(ttl, l.TTL)
	}
	e := newEntry(l.DB, l.Name, l.Value, int64(l.Since.Add(ttl).Sub(c.origin)), t.flushes)
	s := c.stripe(l.Hash)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.changes == t.changes && s.held == 0 && c.flushing.Load() == 0 && c.flushes.Load() == t.flushes {
		c.entries.Set(l.Hash, e)
	}
}

// Figures are what a cache has counted.
type Figures struct {
	Hits, Misses int64
	// Skips are values that were not kept, by the reason.
	Skips [skips]SkipFigures
}

// SkipFigures are the values not kept for one reason.
type SkipFigures struct {
	Reason string
	Count  int64
}

// Figures reads the counters; those of no cache are zero.
func (c *Cache) Figures() (f Figures) {
	for why, reason := range skipReasons {
		f.Skips[why].Reason = reason
		if c != nil {
			f.Skips[why].Count = c.skipped[why].Load()
		}
	}
	if c != nil {
		f.Hits, f.Misses = c.hits.Load(), c.misses.Load()
	}
	return f
}
