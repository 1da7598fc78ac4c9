package notify

import (
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// peers are the other nodes that are known to be alive. How they learn of each
// other's state:
//
//  1. A node listens, registers, and reads who is there. Of two nodes that come
//     at the same time one reads the other's registration at least, and that one
//     listens already.
//  2. It asks all of them for their state (kindAsk).
//  3. Whoever is asked sends its state, for the asker alone, and asks back if it
//     does not know the asker's.
//  4. A packet whose number does not follow the last one's means that something
//     was missed: the sender is asked for its state again, once a second until
//     it comes.
//  5. A node that is not registered or not alive any more at the next beat is
//     forgotten, with what it has announced.
type peers struct {
	count atomic.Int32 // len(known)

	mu    sync.Mutex
	known map[int64]*peer
	asked []int64 // nodes that wait for our state
	// departed holds the last numbers of nodes that have left. Some come back, and
	// send again what they do not know to have arrived.
	departed map[int64]int64
}

// maxDeparted bounds the memory of nodes that have left.
const maxDeparted = 1000

// peer is what is known of another node.
type peer struct {
	last    int64     // number of its last packet
	synced  bool      // all that it has announced has arrived
	filling bool      // it is sending its state
	askedAt time.Time // when it was last asked for its state
}

// meet returns the peer with a number, which becomes one if it is not yet. MUST
// be called with mu held.
func (p *peers) meet(node int64) *peer {
	known := p.known[node]
	if known == nil {
		known = &peer{last: p.departed[node]}
		p.known[node] = known
		delete(p.departed, node)
		p.count.Store(int32(len(p.known)))
	}
	return known
}

// setAlive takes over what the registry says and returns who has left.
func (p *peers) setAlive(nodes []int64) (left []int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, n := range nodes {
		p.meet(n)
	}
	if len(p.departed) > maxDeparted {
		clear(p.departed)
	}
	for n, known := range p.known {
		if !slices.Contains(nodes, n) {
			p.departed[n] = known.last
			delete(p.known, n)
			left = append(left, n)
		}
	}
	p.count.Store(int32(len(p.known)))
	return left
}

// list returns the numbers of the peers.
func (p *peers) list() []int64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Collect(maps.Keys(p.known))
}

// note looks at the number of a packet; false if the packet has been seen.
func (p *peers) note(h header) (fresh bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	known := p.meet(h.node)
	if h.number <= known.last {
		return false
	}
	if h.number != known.last+1 {
		known.synced, known.filling = false, false
	}
	known.last = h.number
	return true
}

// filling notes that a node begins to send its state, or has sent it.
func (p *peers) fill(node int64, begins bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	known := p.meet(node)
	known.synced = !begins && known.filling
	known.filling = begins
}

// unsync forgets that anything is known of the peers.
func (p *peers) unsync() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, known := range p.known {
		known.synced, known.filling, known.askedAt = false, false, time.Time{}
	}
}

// toAsk returns the peers to be asked for their state now.
func (p *peers) toAsk(now time.Time) (list []int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for n, known := range p.known {
		if !known.synced && now.Sub(known.askedAt) >= time.Second {
			known.askedAt = now
			list = append(list, n)
		}
	}
	return list
}

// synced reports whether the state of all peers is known.
func (p *peers) synced() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, known := range p.known {
		if !known.synced {
			return false
		}
	}
	return true
}

// asks notes that a node waits for our state.
func (p *peers) asks(node int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.meet(node)
	if !slices.Contains(p.asked, node) {
		p.asked = append(p.asked, node)
	}
}

// takeAsked returns the nodes that wait for our state, and counts them as
// answered.
func (p *peers) takeAsked() []int64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	list := p.asked
	p.asked = nil
	return list
}
