package changes

import (
	"slices"
	"sync"
	"sync/atomic"

	"github.com/mnorrsken/postkeys/notify"
	"github.com/mnorrsken/postkeys/pg"
)

// Interest is what a listener wants to know.
type Interest uint8

// Interests are sets of bits.
const (
	// Filled is of keys that have become, or still are, lists, sorted sets or
	// streams: those that clients may wait for.
	Filled Interest = 1 << iota
	// Any is of all keys that have changed.
	Any
)

// wants reports whether a change is of interest.
func (i Interest) wants(c *pg.Change) bool {
	if i&Any != 0 {
		return true
	}
	if i&Filled == 0 {
		return false
	}
	return c.All || c.Type == pg.TypeList || c.Type == pg.TypeZset || c.Type == pg.TypeStream
}

// Origin is where a change comes from.
type Origin struct {
	// Client is the id of the client whose command it was, 0 for another node's
	// and for what the server does by itself.
	Client int64
	// Remote: another node has committed it.
	Remote bool
}

// Listener hears of changes. Its methods must not block, and are called from any
// goroutine, several at a time.
type Listener interface {
	// Changed gets what a unit of work has changed, in order. If any of it is of
	// interest to anybody, all of it comes, wanted or not. keys is valid during the call
	// only. On the node that has committed them it is called before the keys are free
	// for others, and before the client is answered.
	Changed(o Origin, keys []pg.Change)
	// Missed says that changes of other nodes may have been missed from the time
	// when the interest was declared, or Missed was called last, until now.
	Missed()
}

// Path is the way to the other nodes: a notify.Bus.
type Path interface {
	Alone() bool
	Hearing() bool
	Nodes() []int64
	Send(k notify.Kind, data ...[]byte)
	SendTo(node int64, k notify.Kind, data ...[]byte)
	Changed()
}

// Hub knows who is interested in what. Its methods are safe from any goroutine.
type Hub struct {
	path Path

	// wanted is what anybody here or on another node wants to know.
	wanted atomic.Uint32
	// abroad: another node wants to know of all keys.
	abroad atomic.Bool
	// listeners is replaced as a whole.
	listeners atomic.Pointer[[]*listening]

	mu     sync.Mutex
	others map[int64]Interest
	// number is that of the latest declaration of this node, declared what it
	// said, and noted the numbers that the other nodes have confirmed.
	number   uint64
	declared Interest
	noted    map[int64]uint64
	settled  atomic.Bool // all have confirmed the latest
}

// listening is what one listener wants to know now.
type listening struct {
	listener Listener
	here     Interest // on this node
	remote   Interest // of other nodes
}

// NewHub returns a hub; SetPath MUST be called before anything else.
func NewHub() *Hub {
	h := &Hub{others: make(map[int64]Interest), noted: make(map[int64]uint64)}
	h.listeners.Store(&[]*listening{})
	return h
}

// SetPath says which way the other nodes are reached.
func (h *Hub) SetPath(p Path) { h.path = p }

// Listen declares what a listener wants to know of this node's changes and of
// those of other nodes, in place of what it said before; 0 is nothing. Changes of
// this node that are committed after Listen has returned are heard. Other nodes
// learn of it a moment later: Missed is called when they have.
func (h *Hub) Listen(l Listener, here, remote Interest) {
	h.mu.Lock()
	defer h.mu.Unlock()
	list := slices.Clone(*h.listeners.Load())
	list = slices.DeleteFunc(list, func(o *listening) bool { return o.listener == l })
	if here|remote != 0 {
		list = append(list, &listening{l, here, remote})
	}
	h.listeners.Store(&list)
	h.weigh()
	h.declare()
}

// weigh works out what is wanted. MUST be called with mu held.
func (h *Hub) weigh() {
	var all Interest
	for _, l := range *h.listeners.Load() {
		all |= l.here
	}
	abroad := Interest(0)
	for _, i := range h.others {
		abroad |= i
	}
	all |= abroad
	h.abroad.Store(abroad&Any != 0)
	h.wanted.Store(uint32(all))
}

// declare tells the other nodes what this one wants to know, if that is new. MUST
// be called with mu held.
func (h *Hub) declare() {
	var remote Interest
	for _, l := range *h.listeners.Load() {
		remote |= l.remote
	}
	if remote == h.declared {
		return
	}
	h.declared = remote
	h.number++
	h.settled.Store(false)
	h.path.Changed()
	h.settle()
}

// Complete reports whether the changes of all other nodes are heard now, as far
// as anybody can know: the connection stands, and they have confirmed what this
// node wants to know. What was true when it was asked may just have ended; then
// Missed follows.
func (h *Hub) Complete() bool { return h.path.Alone() || h.settled.Load() && h.path.Hearing() }

// Publish tells of what a unit of work of this node has changed. MUST be called
// when it is committed and nobody else can change the keys yet.
func (h *Hub) Publish(client int64, keys []pg.Change) {
	wanted := Interest(h.wanted.Load())
	if wanted == 0 || len(keys) == 0 {
		return
	}
	if !slices.ContainsFunc(keys, func(c pg.Change) bool { return wanted.wants(&c) }) {
		return
	}
	for _, l := range *h.listeners.Load() {
		if l.here != 0 {
			l.listener.Changed(Origin{Client: client}, keys)
		}
	}
	if !h.path.Alone() {
		h.tell(keys)
	}
}

// Abroad reports whether another node wants to hear of all that changes on this one.
func (h *Hub) Abroad() bool { return h.abroad.Load() }

// missed tells all listeners that are interested in other nodes.
func (h *Hub) missed() {
	for _, l := range *h.listeners.Load() {
		if l.remote != 0 {
			l.listener.Missed()
		}
	}
}
