package notify

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"github.com/mnorrsken/postkeys/pg"
)

// Receiver hears what other nodes say. Receive, Left and Lost are called from
// one goroutine, State and Changes from another. None may wait: the path stands
// still meanwhile.
type Receiver interface {
	// Receive gets an event; data is valid during the call only.
	Receive(from int64, k Kind, data []byte)
	// Left says that a node is gone or, if again is true, that it is about to send all
	// of its state again: what it has announced is to be forgotten. Something that it
	// has sent may have been missed.
	Left(node int64, again bool)
	// Lost says that events may have been missed: everything may have changed. It is
	// called when the connection is lost, and when there is a new one.
	Lost()
	// State sends all that a node has to know that has heard nothing so far, and
	// Changes what is new since Changes was called last.
	State(send Send)
	Changes(send Send)
}

// Send sends an event made of pieces of data.
type Send func(k Kind, data ...[]byte)

// Options configure a Bus.
type Options struct {
	PG       pg.Config
	Receiver Receiver
	// Beat is called after each heartbeat, once a second while the node is connected;
	// nil is not.
	Beat func()
	Log  *slog.Logger
}

// Bus connects a node with the others. Its methods are safe from any goroutine.
type Bus struct {
	opts  Options
	node  int64
	queue queue
	peers peers

	changed atomic.Bool // Changes has something to send
	resend  atomic.Bool // what was announced may not have arrived anywhere
	hearing atomic.Bool // the connection to listen on stands

	beaten time.Time // the last heartbeat; of the goroutine that listens

	joined     chan struct{}
	joinedOnce sync.Once

	Counters
}

// Counters tell what a Bus has done.
type Counters struct {
	// Sent and Received count payloads, Dropped the events and payloads that were
	// not sent since PostgreSQL was away or too slow.
	Sent, Received, Dropped atomic.Int64
	// Lost counts the times that the connection to listen on was lost.
	Lost atomic.Int64
}

// New returns a bus that connects when Run is called.
func New(o Options) *Bus {
	b := &Bus{opts: o, node: randomNode(), joined: make(chan struct{})}
	b.queue.node = b.node
	b.queue.wake = make(chan struct{}, 1)
	b.peers.known, b.peers.departed = make(map[int64]*peer), make(map[int64]int64)
	return b
}

// randomNode chooses a number for this process that no other has.
func randomNode() int64 {
	return rand.Int64N(1<<62) + 1
}

// Run keeps the node connected until ctx is done.
func (b *Bus) Run(ctx context.Context) {
	var sender sync.WaitGroup
	sender.Go(func() { b.send(ctx) })
	b.listen(ctx)
	sender.Wait()
}

// Joined is closed once the state of the nodes that were there before has
// arrived, or would have, were they able to answer.
func (b *Bus) Joined() <-chan struct{} { return b.joined }

func (b *Bus) join() { b.joinedOnce.Do(func() { close(b.joined) }) }

// Alone reports whether no other node is known.
func (b *Bus) Alone() bool { return b.peers.count.Load() == 0 }

// Peers is the number of other nodes.
func (b *Bus) Peers() int { return int(b.peers.count.Load()) }

// Nodes returns the numbers of the other nodes.
func (b *Bus) Nodes() []int64 { return b.peers.list() }

// Hearing reports whether the other nodes are heard: the connection to listen on
// stands, as far as is known.
func (b *Bus) Hearing() bool { return b.hearing.Load() }

// Send sends an event to all other nodes, if there are any.
func (b *Bus) Send(k Kind, data ...[]byte) {
	if !b.Alone() && !b.queue.offer(k, data...) {
		b.Dropped.Add(1)
		b.resend.Store(true) // which tells them that they have missed something
	}
}

// SendTo sends an event to one other node. It is for what is rare: it is never
// dropped for want of room.
func (b *Bus) SendTo(node int64, k Kind, data ...[]byte) { b.queue.put(node, k, data...) }

// Changed has Receiver.Changes called soon.
func (b *Bus) Changed() {
	if !b.Alone() && !b.changed.Swap(true) {
		b.queue.signal()
	}
}

// Crowded reports whether more is sent than PostgreSQL takes: whoever goes on
// should wait with AwaitRoom first.
func (b *Bus) Crowded() bool { return !b.Alone() && b.queue.crowded() }

// AwaitRoom has f called, on another goroutine, when there is room for more. It
// is called after a second at the latest.
func (b *Bus) AwaitRoom(f func()) { b.queue.awaitRoom(f) }

// backoff is the pause between two attempts to connect.
type backoff struct{ pause time.Duration }

const (
	firstPause   = 50 * time.Millisecond
	longestPause = 2 * time.Second
)

// wait waits; it returns false if ctx is done first. Nodes that have lost their
// connections at the same moment do not come back at the same moment.
func (b *backoff) wait(ctx context.Context) bool {
	b.pause = min(max(2*b.pause, firstPause), longestPause)
	timer := time.NewTimer(b.pause/2 + rand.N(b.pause/2))
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}
