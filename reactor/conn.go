package reactor

import (
	"net"
	"strings"
	"sync/atomic"
	"time"

	"github.com/panjf2000/gnet/v2"

	"github.com/mnorrsken/postkeys/codec"
)

// lastID is the id of the connection accepted last, in this process.
var lastID atomic.Int64

// Bits of Conn.flags: what other goroutines ask of a connection.
const (
	flagCloseAfter uint32 = 1 << iota // close when the output is out
	flagClose                         // close now
	flagExempt                        // the idle timeout does not apply
)

// Conn is one client's connection. Its methods are safe from any goroutine; after the connection has gone they do
// nothing. It stays small: ten thousand of them idle are the normal case.
type Conn struct {
	gc     gnet.Conn
	loop   *loop
	sess   Session
	remote net.Addr
	local  string
	id     int64
	fd     int32
	unix   bool

	class atomic.Uint32
	flags atomic.Uint32

	lastMs   atomic.Int64 // last traffic in either direction
	queued   atomic.Int64 // bytes in the outbox
	unsent   atomic.Int64 // bytes in gnet's output buffer when last looked at
	inUsed   atomic.Int64 // bytes of input kept
	inFree   atomic.Int64 // room left in the buffer that keeps them
	openedMs int64

	// All below belongs to the loop.
	dec       codec.Decoder
	in        input
	malformed *codec.ProtocolError // answered when nothing is in flight any more
	softMs    int64                // since when the soft output limit is exceeded, 0 if it is not
	index     int32                // in loop.conns
	first     int32                // chain of this connection's items in the round being drained, see outbox.go
	last      int32
	inFlight  bool // a batch waits for its Reply
	yielded   bool // waits in loop.yields for its turn
	paused    bool // its socket is not read, see regulate
	narrow    bool // its receive buffer has been made small
	draining  bool // no more input; close when gnet's output buffer is empty
	closing   bool // close as soon as the loop's code is back at a place where it may
	watched   bool // in loop.watched
	dead      bool
}

func newConn(l *loop, gc gnet.Conn) *Conn {
	c := &Conn{gc: gc, loop: l, remote: gc.RemoteAddr(), id: lastID.Add(1), fd: int32(gc.Fd())}
	_, c.unix = gc.LocalAddr().(*net.UnixAddr)
	if a, ok := c.remote.(*net.TCPAddr); ok && a.Zone != "" {
		// gnet recycles the bytes of the zone when the connection closes.
		c.remote = &net.TCPAddr{IP: a.IP, Port: a.Port, Zone: strings.Clone(a.Zone)}
	}
	c.local = localName(gc, l.names)
	c.openedMs = l.r.opts.Now().UnixMilli()
	c.lastMs.Store(c.openedMs)
	return c
}

// take returns the bytes gnet has read, which are valid until control goes back to gnet. With send it is the one place
// where bytes meet the socket; a TLS layer would go in between here.
func (c *Conn) take() []byte {
	p, _ := c.gc.Next(-1)
	c.loop.bytesIn.Add(int64(len(p)))
	return p
}

// send writes p to the socket; what the kernel does not take, gnet copies and sends later. An error closes the
// connection before send returns.
func (c *Conn) send(p []byte) {
	c.loop.bytesOut.Add(int64(len(p)))
	_, _ = c.gc.Write(p)
}

// Reply answers the batch in flight and takes ownership of buf. The bytes leave when a Flush of any connection on the
// same loop wakes it.
func (c *Conn) Reply(buf []byte) { c.loop.put(item{c: c, buf: buf, kind: itemReply}, false) }

// Flush wakes the loop, unless it is about to drain its outbox already: many replies, one wake-up.
func (c *Conn) Flush() { c.loop.flush() }

// Push queues bytes outside of the request and reply sequence, behind all that is queued already, and wakes the loop. It
// takes ownership of buf. A connection over its hard output limit is closed instead.
func (c *Conn) Push(buf []byte) { c.push(item{c: c, buf: buf, kind: itemPush}) }

// PushShared is Push for bytes that many connections get: nobody may change them from then on.
func (c *Conn) PushShared(buf []byte) { c.push(item{c: c, buf: buf, kind: itemShared}) }

func (c *Conn) push(it item) {
	lim := &c.loop.r.outLimits.Load()[c.class.Load()]
	if n := c.queued.Load() + c.unsent.Load() + int64(len(it.buf)); lim.HardBytes > 0 && n > lim.HardBytes {
		it.free()
		c.overflow()
		return
	}
	c.loop.put(it, true)
}

// CloseAfterReply closes the connection when the batch in flight is answered and all that is queued has been handed to
// the kernel. Input is ignored from then on.
func (c *Conn) CloseAfterReply() { c.ask(flagCloseAfter) }

// Close closes the connection as soon as possible. Output that is not sent yet may be lost.
func (c *Conn) Close() { c.ask(flagClose) }

// ask sets a flag and has the loop look at it.
func (c *Conn) ask(flag uint32) {
	if c.flags.Or(flag)&flag == 0 {
		c.loop.put(item{c: c, kind: itemLook}, true)
	}
}

func (c *Conn) has(flag uint32) bool { return c.flags.Load()&flag != 0 }

// SetClass says which output limit applies.
func (c *Conn) SetClass(cl Class) { c.class.Store(uint32(min(cl, numClasses-1))) }

// SetSubscriber says whether the client is a subscriber, to whom the limits of PubSub apply.
func (c *Conn) SetSubscriber(on bool) {
	if on {
		c.SetClass(PubSub)
	} else {
		c.SetClass(Normal)
	}
}

// SetIdleExempt says whether the idle timeout spares this connection. It spares those of a class other than Normal and
// those with a batch in flight anyway.
func (c *Conn) SetIdleExempt(on bool) {
	if on {
		c.flags.Or(flagExempt)
	} else {
		c.flags.And(^flagExempt)
	}
}

// ID is the connection's number: unique in the process, increasing, from 1.
func (c *Conn) ID() int64 { return c.id }

// FD is the number of the socket's file descriptor, for CLIENT LIST.
func (c *Conn) FD() int { return int(c.fd) }

// Unix tells whether the connection came through a unix socket.
func (c *Conn) Unix() bool { return c.unix }

// Loopback tells whether the client is on this machine: through a unix socket or a loopback address.
func (c *Conn) Loopback() bool {
	if c.unix {
		return true
	}
	a, ok := c.remote.(*net.TCPAddr)
	return ok && a.IP.IsLoopback()
}

// Remote is the client's address as Redis shows it; for a unix socket the socket's path and a port of 0.
func (c *Conn) Remote() string {
	if c.unix {
		return c.local
	}
	return c.remote.String()
}

// Local is the address of this end as Redis shows it.
func (c *Conn) Local() string { return c.local }

// Opened is when the connection was accepted.
func (c *Conn) Opened() time.Time { return time.UnixMilli(c.openedMs) }

// LastInteraction is when bytes last went either way, to about a tenth of a second.
func (c *Conn) LastInteraction() time.Time { return time.UnixMilli(c.lastMs.Load()) }

// QueryBuffer is the size of the undecoded input that is kept, and the room left in its buffer.
func (c *Conn) QueryBuffer() (used, free int) { return int(c.inUsed.Load()), int(c.inFree.Load()) }

// OutputBytes is how much output is waiting to be sent.
func (c *Conn) OutputBytes() int { return int(c.queued.Load() + c.unsent.Load()) }
