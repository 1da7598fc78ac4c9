package commands

import (
	"encoding/hex"
	"sync"
	"sync/atomic"

	"github.com/mnorrsken/postkeys/lua"
)

// scriptDigest is what EVALSHA names a script by.
type scriptDigest [20]byte

// parseDigest reads 40 hexadecimal digits in any case.
func parseDigest(arg []byte) (d scriptDigest, ok bool) {
	if len(arg) != hex.EncodedLen(len(d)) {
		return d, false
	}
	_, err := hex.Decode(d[:], arg)
	return d, err == nil
}

// cachedScript is a script that this node has compiled, and what it has learnt
// of it.
type cachedScript struct {
	*lua.Script
	digest scriptDigest
	// kept: PostgreSQL has the script, in the cache's epoch.
	kept atomic.Bool
	// slow: it took long when it last ran.
	slow atomic.Bool
}

// scriptCache holds compiled scripts. It is a memory of kv_scripts, which has
// them for all nodes, and holds for one epoch. Those used last stay: scripts
// move to the young generation when they are used, and when that one is full
// the old one goes. Its methods are safe from any goroutine.
type scriptCache struct {
	mu         sync.RWMutex
	epoch      int64
	young, old map[scriptDigest]*cachedScript
	bytes      int // of the young scripts
}

// generationBytes is how much source a generation holds. A compiled script takes
// some twenty times as much.
const generationBytes = 4 << 20

// scriptOverhead stands for what a script takes beside its source.
const scriptOverhead = 256

func (s *scriptCache) get(d scriptDigest) *cachedScript {
	s.mu.RLock()
	c, ok := s.young[d]
	if !ok {
		c = s.old[d]
	}
	s.mu.RUnlock()
	if !ok && c != nil {
		return s.put(c)
	}
	return c
}

// put adds a script, unless it has come in between, and returns the one that is
// there.
func (s *scriptCache) put(c *cachedScript) *cachedScript {
	s.mu.Lock()
	defer s.mu.Unlock()
	if known := s.young[c.digest]; known != nil {
		return known
	}
	if s.young == nil || s.bytes > generationBytes {
		s.young, s.old, s.bytes = make(map[scriptDigest]*cachedScript), s.young, 0
	}
	s.young[c.digest] = c
	s.bytes += len(c.Body()) + scriptOverhead
	return c
}

// reach tells the cache of an epoch of PostgreSQL's. One that is later than the
// cache's means that the scripts were flushed.
func (s *scriptCache) reach(epoch int64) {
	s.mu.RLock()
	known := s.epoch
	s.mu.RUnlock()
	if epoch <= known {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if epoch > s.epoch {
		if s.epoch != 0 {
			s.young, s.old, s.bytes = nil, nil, 0
		}
		s.epoch = epoch
	}
}

// forget drops all scripts. Those that are needed again come from PostgreSQL.
func (s *scriptCache) forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.young, s.old, s.bytes = nil, nil, 0
}

// figures returns the number of scripts and the size of their sources.
func (s *scriptCache) figures() (scripts, bytes int) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	for _, c := range s.young {
		scripts++
		bytes += len(c.Body())
	}
	for d, c := range s.old {
		if s.young[d] == nil {
			scripts++
			bytes += len(c.Body())
		}
	}
	return scripts, bytes
}
