package notify

import (
	"sync"
	"time"
)

// The bounds of what waits to be sent.
const (
	// crowdedBytes is when publishers are asked to wait, and roomyBytes when they
	// may go on.
	crowdedBytes = 4 << 20
	roomyBytes   = 2 << 20
	// maxQueueBytes is when events are dropped. A single event may exceed it.
	maxQueueBytes = 64 << 20
	// patience is how long an event waits for a PostgreSQL that is away, and how
	// long a publisher waits for room.
	patience = time.Second
)

// packet is a part of the queue: what goes into one payload, or one event that
// is too large for that.
type packet struct {
	buf    []byte // with a header
	to     int64
	stored bool // goes by way of a table
}

// queue holds what is to be sent. Its methods are safe from any goroutine.
type queue struct {
	node int64
	wake chan struct{} // has room for one

	mu      sync.Mutex
	packets []packet
	bytes   int
	waiting map[*waiter]struct{}
}

// waiter is someone who waits for room.
type waiter struct {
	timer *time.Timer
	then  func()
}

// offer adds an event; false if there is no room for it.
func (q *queue) offer(k Kind, data ...[]byte) bool {
	n := dataBytes(data)
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.bytes > 0 && q.bytes+n > maxQueueBytes {
		return false
	}
	q.append(everybody, k, n, data)
	return true
}

// put adds an event that is not to be dropped. There are few of them.
func (q *queue) put(to int64, k Kind, data ...[]byte) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.append(to, k, dataBytes(data), data)
}

// append adds an event with n bytes of data. MUST be called with mu held.
func (q *queue) append(to int64, k Kind, n int, data [][]byte) {
	size := eventBytes(n)
	last := len(q.packets) - 1
	if last < 0 || q.packets[last].stored || q.packets[last].to != to || len(q.packets[last].buf)+size > maxPacket {
		room := maxPacket
		stored := headerBytes+size > maxPacket
		if stored || len(q.packets) == 0 {
			room = headerBytes + size
		}
		buf := appendHeader(make([]byte, 0, room), header{node: q.node, to: to})
		q.packets = append(q.packets, packet{buf, to, stored})
		last++
		q.bytes += headerBytes
	}
	p := &q.packets[last]
	before := len(p.buf)
	p.buf = appendEvent(p.buf, k, data...)
	q.bytes += len(p.buf) - before
	q.signal()
}

// signal wakes the sender.
func (q *queue) signal() {
	select {
	case q.wake <- struct{}{}:
	default:
	}
}

// take removes up to n packets from the front, at most one of them stored, and
// that one first.
func (q *queue) take(n int) (taken []packet) {
	q.mu.Lock()
	for len(taken) < n && len(q.packets) > 0 && (!q.packets[0].stored || len(taken) == 0) {
		p := q.packets[0]
		q.packets[0] = packet{}
		q.packets = q.packets[1:]
		q.bytes -= len(p.buf)
		taken = append(taken, p)
	}
	if len(q.packets) == 0 {
		q.packets = nil
	}
	free := q.freeWaiters()
	q.mu.Unlock()
	release(free)
	return taken
}

// freeWaiters returns those who need not wait any more. MUST be called with mu
// held.
func (q *queue) freeWaiters() map[*waiter]struct{} {
	if q.bytes > roomyBytes {
		return nil
	}
	free := q.waiting
	q.waiting = nil
	return free
}

// release lets waiters go on. MUST NOT be called with mu held.
func release(free map[*waiter]struct{}) {
	for w := range free {
		w.timer.Stop()
		w.then()
	}
}

// clear drops everything and tells how many packets that were.
func (q *queue) clear() int {
	q.mu.Lock()
	n := len(q.packets)
	q.packets, q.bytes = nil, 0
	free := q.freeWaiters()
	q.mu.Unlock()
	release(free)
	return n
}

// crowded reports whether publishers should wait for room.
func (q *queue) crowded() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.bytes > crowdedBytes
}

// awaitRoom has then called once, on another goroutine, when there is room or
// patience is at its end.
func (q *queue) awaitRoom(then func()) {
	w := &waiter{then: then}
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.bytes <= roomyBytes {
		go then()
		return
	}
	w.timer = time.AfterFunc(patience, func() {
		q.mu.Lock()
		_, waits := q.waiting[w]
		delete(q.waiting, w)
		q.mu.Unlock()
		if waits {
			then()
		}
	})
	if q.waiting == nil {
		q.waiting = make(map[*waiter]struct{})
	}
	q.waiting[w] = struct{}{}
}
