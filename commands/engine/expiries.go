package engine

import (
	"container/heap"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/mnorrsken/postkeys/pg"
)

// expiries are keys that expire before long, as far as units of this node have met them
// since somebody wants to be told. The sweep removes them when their time has come, and
// those that a unit has found expired at once. What is forgotten here, as there is no
// room, or the node ends, the sweep finds when it comes to its page.
type expiries struct {
	// wanted reports whether anybody wants to be told.
	wanted func() bool
	// wake holds a value when the first key is another one.
	wake chan struct{}

	mu     sync.Mutex
	queue  expiryQueue
	byHash map[uint64]*expiry
}

// expiry is one key. Of several keys with one hash the last is remembered.
type expiry struct {
	db   int
	name string
	hash uint64
	at   time.Time
	// met: a unit has found it expired, so that it is removed even by a sweep that
	// removes nothing of its own accord.
	met   bool
	place int // in the queue
}

const (
	// maxExpiries is how many keys are remembered. If there are more, those that
	// expire later give way, roughly.
	maxExpiries = 1 << 16
	// maxExpiryName is how long a name may be and still be remembered.
	maxExpiryName = 512
	// maxExpiryIn is how long a key may have to live, likewise: the sweep comes by.
	maxExpiryIn = 24 * time.Hour
	// expireBatch is the most keys that are removed at a time, and expirePause the least
	// time between.
	expireBatch = 1000
	expirePause = 10 * time.Millisecond
	// expireAgain is when a key is tried again that somebody has locked.
	expireAgain = 50 * time.Millisecond
)

func newExpiries(wanted func() bool) *expiries {
	return &expiries{wanted: wanted, wake: make(chan struct{}, 1), byHash: make(map[uint64]*expiry)}
}

// note remembers keys that a unit has met.
func (x *expiries) note(keys []pg.Volatile) {
	if len(keys) == 0 {
		return
	}
	now := time.Now()
	x.mu.Lock()
	defer x.mu.Unlock()
	first := x.first()
	for i := range keys {
		x.add(&keys[i], now)
	}
	if x.first() != first {
		select {
		case x.wake <- struct{}{}:
		default:
		}
	}
}

// add remembers one key. MUST be called with mu held.
func (x *expiries) add(k *pg.Volatile, now time.Time) {
	if len(k.Name) > maxExpiryName || k.InMs > maxExpiryIn.Milliseconds() {
		return
	}
	// A moment later: the clock is PostgreSQL's, and counts whole milliseconds.
	at, met := now.Add(time.Duration(k.InMs+1)*time.Millisecond), k.InMs == 0
	if met {
		at = now
	}
	e := x.byHash[k.Hash]
	switch {
	case e != nil && e.db == k.DB && e.name == string(k.Name):
		e.at, e.met = at, met
		heap.Fix(&x.queue, e.place)
		return
	case e != nil:
	case len(x.queue) < maxExpiries:
		e = &expiry{hash: k.Hash}
		x.byHash[k.Hash] = e
		heap.Push(&x.queue, e)
	default:
		// Not the last one to expire, but one that none comes behind.
		e = x.queue[len(x.queue)/2+rand.IntN(len(x.queue)/2)]
		if !at.Before(e.at) {
			return
		}
		delete(x.byHash, e.hash)
		x.byHash[k.Hash] = e
	}
	e.db, e.name, e.hash, e.at, e.met = k.DB, string(k.Name), k.Hash, at, met
	heap.Fix(&x.queue, e.place)
}

// first is when the first key expires, zero if there is none. MUST be called with mu
// held.
func (x *expiries) first() time.Time {
	if len(x.queue) == 0 {
		return time.Time{}
	}
	return x.queue[0].at
}

// next returns when there will be something to remove, no earlier than a time.
func (x *expiries) next(earliest time.Time) (at time.Time, ok bool) {
	x.mu.Lock()
	defer x.mu.Unlock()
	at = x.first()
	if at.IsZero() {
		return at, false
	}
	if at.Before(earliest) {
		at = earliest
	}
	return at, true
}

// take returns keys whose time has come, by database index; only those that a unit has
// met, if metOnly. It forgets them, and all if nobody wants to be told any more.
func (x *expiries) take(metOnly bool) map[int][][]byte {
	now := time.Now()
	x.mu.Lock()
	defer x.mu.Unlock()
	if !x.wanted() {
		x.queue = nil
		clear(x.byHash)
		return nil
	}
	due := make(map[int][][]byte)
	for n := 0; n < expireBatch && len(x.queue) > 0 && !x.queue[0].at.After(now); {
		e := heap.Pop(&x.queue).(*expiry)
		delete(x.byHash, e.hash)
		if e.met || !metOnly {
			due[e.db] = append(due[e.db], []byte(e.name))
			n++
		}
	}
	return due
}

// expiryQueue is a heap of keys by their expiry.
type expiryQueue []*expiry

// Len implements heap.Interface.
func (q expiryQueue) Len() int { return len(q) }

// Less implements heap.Interface.
func (q expiryQueue) Less(i, j int) bool { return q[i].at.Before(q[j].at) }

// Swap implements heap.Interface.
func (q expiryQueue) Swap(i, j int) {
	q[i], q[j] = q[j], q[i]
	q[i].place, q[j].place = i, j
}

// Push implements heap.Interface.
func (q *expiryQueue) Push(x any) {
	e := x.(*expiry)
	e.place = len(*q)
	*q = append(*q, e)
}

// Pop implements heap.Interface.
func (q *expiryQueue) Pop() any {
	last := len(*q) - 1
	e := (*q)[last]
	(*q)[last] = nil
	*q = (*q)[:last]
	return e
}
