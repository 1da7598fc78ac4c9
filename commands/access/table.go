// Package access remembers when keys were last used and how often, for OBJECT
// IDLETIME and OBJECT FREQ.
//
// A [Table] is the memory of one node: it is lost with the process and knows
// nothing of what other nodes serve. It has a fixed number of slots of one
// word each, chosen by the hash of the key; the key used last owns the slot.
// So the cost of noting a use is one word written, whatever the keyspace, and
// what the table tells of keys that are seldom used is a bound: see [Table.Idle].
//
// All methods may be called from any goroutine and never wait. Uses noted at
// the same instant may overwrite each other: nothing that matters depends on
// them.
package access

import (
	"math"
	"math/rand/v2"
	"sync/atomic"
)

// slots is the number of slots, a power of two: 1 MB in all.
const slots = 1 << 17

// A slot holds, from the top: a part of the hash that does not choose the
// slot, so that keys that share it are told apart; the time of the last use in
// seconds since 1970; the logarithmic counter. 0 is a free slot.
const (
	tagBits  = 24
	timeBits = 32
	freqBits = 8

	tagMask = (1<<tagBits - 1) << (timeBits + freqBits)
)

// Table remembers the last uses of keys. Make it with New.
type Table struct {
	slots [slots]atomic.Uint64
	since int64 // when the memory begins, in seconds since 1970
}

// New returns an empty table that begins at a time in seconds since 1970.
func New(now int64) *Table { return &Table{since: now} }

func (t *Table) slot(hash uint64) *atomic.Uint64 { return &t.slots[hash%slots] }

func pack(hash uint64, seconds int64, freq uint8) uint64 {
	return hash&tagMask | uint64(uint32(seconds))<<freqBits | uint64(freq)
}

func unpack(slot uint64) (seconds int64, freq uint8) {
	return int64(uint32(slot >> freqBits)), uint8(slot)
}

// owns reports whether a slot's content is about the key with a hash.
func owns(slot, hash uint64) bool { return slot != 0 && (slot^hash)&tagMask == 0 }

// Note records a use of a key. Counting uses is left out where nobody will
// ask: c is nil then.
func (t *Table) Note(hash uint64, now int64, c *Counting) {
	slot := t.slot(hash)
	old := slot.Load()
	if !owns(old, hash) {
		slot.Store(pack(hash, now, initialFreq))
		return
	}
	seconds, freq := unpack(old)
	if c != nil {
		freq = c.up(c.down(freq, now-seconds))
	} else if seconds == now {
		return
	}
	slot.Store(pack(hash, now, freq))
}

// Begin records a key that may be new. One with a record of its own keeps it.
func (t *Table) Begin(hash uint64, now int64) {
	if slot := t.slot(hash); !owns(slot.Load(), hash) {
		slot.Store(pack(hash, now, initialFreq))
	}
}

// Forget records that a key is gone, so that a later key of the same name
// starts afresh.
func (t *Table) Forget(hash uint64) {
	if slot := t.slot(hash); owns(slot.Load(), hash) {
		slot.Store(0)
	}
}

// Set records that a key has been idle for so many seconds and that its
// counter stands at freq.
func (t *Table) Set(hash uint64, now, idle int64, freq uint8) {
	t.slot(hash).Store(pack(hash, max(now-idle, 0), freq))
}

// Idle returns how many seconds ago a key was last used through this node. Of
// a key without a record of its own it tells the longest that can be known:
// the time since the node started.
func (t *Table) Idle(hash uint64, now int64) int64 {
	seconds := t.since
	if v := t.slot(hash).Load(); owns(v, hash) {
		seconds, _ = unpack(v)
	}
	return max(now-seconds, 0)
}

// Freq returns the counter of a key as it stands now, 0 for a key without a
// record.
func (t *Table) Freq(hash uint64, now int64, c Counting) uint8 {
	v := t.slot(hash).Load()
	if !owns(v, hash) {
		return 0
	}
	seconds, freq := unpack(v)
	return c.down(freq, now-seconds)
}

// Counting says how the counter of uses grows and falls. It is the Morris
// counter of Redis: the likelihood of a step falls as the counter grows.
type Counting struct {
	LogFactor    int64 // lfu-log-factor: 0 counts every use
	DecayMinutes int64 // lfu-decay-time: minutes that take one off, 0 never
}

// initialFreq is where the counter of a new key starts, above 0 so that it is
// not the first one to be given up.
const initialFreq = 5

func (c Counting) up(freq uint8) uint8 {
	if freq == math.MaxUint8 {
		return freq
	}
	above := float64(max(int64(freq)-initialFreq, 0))
	if rand.Float64() < 1/(above*float64(c.LogFactor)+1) {
		freq++
	}
	return freq
}

func (c Counting) down(freq uint8, idleSeconds int64) uint8 {
	if c.DecayMinutes <= 0 {
		return freq
	}
	periods := idleSeconds / 60 / c.DecayMinutes
	return uint8(max(int64(freq)-max(periods, 0), 0))
}
