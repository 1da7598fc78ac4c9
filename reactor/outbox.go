package reactor

import "github.com/mnorrsken/postkeys/codec"

// item is something for a connection to do on its loop. It owns its buffer unless that is shared.
type item struct {
	c    *Conn
	buf  []byte
	next int32 // index of the same connection's next item in the round plus one, 0 at the end
	kind itemKind
}

type itemKind uint8

// free gives the buffer back once it is written.
func (it *item) free() {
	if it.kind != itemShared {
		codec.PutBuffer(it.buf)
	}
}

const (
	itemReply  itemKind = iota // bytes that answer the batch in flight
	itemPush                   // other bytes
	itemShared                 // other bytes that many connections get
	itemLook                   // flags have changed
)

const (
	// coalesceBytes is the most that is copied together to make one write of several items. A socket's buffer takes no more
	// at once anyway.
	coalesceBytes = 256 << 10
	// maxIdleItems bounds the memory that the two queues keep when rounds are small again after a burst.
	maxIdleItems = 64 << 10
)

// put queues an item and, if asked, wakes the loop. Safe from any goroutine.
func (l *loop) put(it item, wake bool) {
	l.mu.Lock()
	if l.sealed || it.c.has(flagClose) && it.kind != itemLook {
		l.mu.Unlock()
		it.free()
		return
	}
	it.c.queued.Add(int64(len(it.buf)))
	l.queue = append(l.queue, it)
	trigger := wake && !l.scheduled
	l.scheduled = l.scheduled || wake
	l.mu.Unlock()
	if trigger {
		l.trigger()
	}
}

// flush wakes the loop if its outbox holds anything and nobody has woken it. Safe from any goroutine.
func (l *loop) flush() {
	l.mu.Lock()
	trigger := len(l.queue) > 0 && !l.scheduled && !l.sealed
	l.scheduled = l.scheduled || trigger
	l.mu.Unlock()
	if trigger {
		l.trigger()
	}
}

// drain empties the outbox: one write per connection, then the connection moves on. Runs on the loop.
func (l *loop) drain() {
	l.mu.Lock()
	l.round, l.queue = l.queue, l.round[:0]
	if oversized(l.queue, len(l.round)) {
		l.queue = nil
	}
	l.scheduled = false
	l.mu.Unlock()
	// Each connection's items become a chain, so that all of them leave in one write.
	for i := range l.round {
		c, n := l.round[i].c, int32(i+1)
		if c.first == 0 {
			c.first = n
			l.touched = append(l.touched, c)
		} else {
			l.round[c.last-1].next = n
		}
		c.last = n
	}
	for i, c := range l.touched {
		l.touched[i] = nil
		l.deliver(c)
	}
	clear(l.round)
	l.touched = l.touched[:0]
	if oversized(l.round, len(l.round)) {
		l.round, l.touched = nil, nil
	}
}

// oversized reports whether a queue is left from a burst, with this many items in a round now. While rounds are large it is
// kept: to grow it anew each time costs more than all else that a message does.
func oversized(queue []item, now int) bool {
	return cap(queue) > maxIdleItems && now < cap(queue)/4
}

// deliver does what the chain of items of c says.
func (l *loop) deliver(c *Conn) {
	defer c.settleOutside()
	first := c.first
	c.first = 0
	answered, size := false, 0
	for n := first; n != 0; n = l.round[n-1].next {
		size += len(l.round[n-1].buf)
		answered = answered || l.round[n-1].kind == itemReply
	}
	c.queued.Add(-int64(size))
	l.write(c, first, size)
	if answered {
		c.inFlight = false
		c.run()
		c.noteInput()
	}
}

// write writes the chain of items of c that begins with first, size bytes in all, in as few writes as coalesceBytes allows.
func (l *loop) write(c *Conn, first int32, size int) {
	var buf []byte
	for n := first; n != 0; {
		it := &l.round[n-1]
		n = it.next
		if len(buf) > 0 && len(buf)+len(it.buf) > coalesceBytes {
			c.write(buf)
			buf = buf[:0]
		}
		if len(buf) == 0 && (n == 0 || len(it.buf) >= coalesceBytes) {
			c.write(it.buf)
		} else {
			if buf == nil {
				buf = codec.GetBuffer(min(size, coalesceBytes))
			}
			buf = append(buf, it.buf...)
		}
		it.free()
	}
	if buf != nil {
		c.write(buf)
		codec.PutBuffer(buf)
	}
}

// settleOutside closes c if it is time to, in a place that gnet's read path does not surround. Deferred, it is also where
// a session's panic ends.
func (c *Conn) settleOutside() {
	if v := recover(); v != nil {
		c.loop.r.logPanic(c, v)
		c.closing = true
	}
	if c.settle() && !c.dead {
		_ = c.loop.el.Close(c.gc)
	}
}
