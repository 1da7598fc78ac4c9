package reactor

import (
	"errors"

	"github.com/mnorrsken/postkeys/codec"
)

// How a connection moves on. All of this runs on its loop.
//
//  1. receive appends what was read to the input and runs the connection.
//  2. run decodes batch after batch and serves them, until the input is incomplete, a batch is in flight, the connection
//     has had its turn, or it is about to close.
//  3. answered continues with 2 when the Reply of the batch in flight has been written.
//  4. settle, after any of these, decides whether it is time to close. Only its callers close, each in the way that is
//     safe where it stands.

// receive takes in bytes that were read.
func (c *Conn) receive(p []byte) {
	c.lastMs.Store(c.loop.r.clockMs.Load())
	if len(p) == 0 || c.dead || c.closing || c.draining || c.malformed != nil || c.has(flagCloseAfter|flagClose) {
		return
	}
	c.in.add(p)
	c.run()
	if int64(c.in.len()) > c.loop.r.queryLimit.Load() && !c.closing {
		r := c.loop.r
		r.count.queryCloses.Add(1)
		r.opts.Log.Warn("A client exceeded the query buffer limit and is disconnected.",
			"client_id", c.id, "addr", c.Remote(), "bytes", c.in.len())
		c.closing = true
	}
	c.noteInput()
}

// noteInput publishes the size of the kept input and pauses or resumes reading.
func (c *Conn) noteInput() {
	c.regulate()
	used, free := int64(c.in.len()), int64(cap(c.in.buf)-len(c.in.buf))
	if used != c.inUsed.Load() || free != c.inFree.Load() {
		c.inUsed.Store(used)
		c.inFree.Store(free)
	}
}

// ready tells whether a batch may be decoded and served.
func (c *Conn) ready() bool {
	return !c.inFlight && !c.yielded && !c.draining && !c.closing && !c.dead && !c.has(flagCloseAfter|flagClose)
}

// run serves what the input holds.
func (c *Conn) run() {
	o := &c.loop.r.opts
	for n := 0; c.ready(); n++ {
		if c.malformed != nil {
			c.fail()
			return
		}
		if n == o.RunBatches && c.in.len() >= max(c.in.want, 1) {
			c.loop.yield(c)
			return
		}
		b, err := c.in.fill(&c.dec, c.sess.Limits(), o.BatchCommands, o.BatchBytes)
		if err != nil {
			c.in.drop()
			if !errors.As(err, &c.malformed) {
				c.closing = true
			}
		}
		switch {
		case b != nil:
			c.serve(b)
		case err == nil:
			return
		}
	}
}

// serve hands a batch to the session. The batch counts as in flight meanwhile, so a panic leaves it so.
func (c *Conn) serve(b *codec.Batch) {
	c.inFlight = true
	reply, done := c.sess.Serve(b)
	if !done {
		return
	}
	c.inFlight = false
	c.output(reply)
}

// fail answers input that can't be decoded.
func (c *Conn) fail() {
	reply := c.sess.Malformed(c.malformed)
	c.malformed = nil
	c.flags.Or(flagCloseAfter)
	c.output(reply)
}

// output sends bytes produced on the loop, behind what other goroutines have queued before.
func (c *Conn) output(buf []byte) {
	if c.queued.Load() > 0 {
		c.loop.put(item{c: c, buf: buf, kind: itemPush}, true)
		return
	}
	c.write(buf)
	codec.PutBuffer(buf)
}

// write sends buf, which stays the caller's, and looks at the output limit. What breaks the hard limit is not sent, as in
// Redis, even if the kernel would take all of it.
func (c *Conn) write(buf []byte) {
	lim := &c.loop.r.outLimits.Load()[c.class.Load()]
	switch {
	case len(buf) == 0 || c.dead:
	case lim.HardBytes > 0 && int64(c.gc.OutboundBuffered()+len(buf)) > lim.HardBytes:
		c.overflow()
		c.closing = true
	default:
		c.lastMs.Store(c.loop.r.clockMs.Load())
		c.send(buf)
		if !c.dead {
			c.checkOutput()
		}
	}
}

// checkOutput looks at what the kernel did not take. MUST NOT be called on a dead connection.
func (c *Conn) checkOutput() {
	n := int64(c.gc.OutboundBuffered())
	if n != c.unsent.Load() {
		c.unsent.Store(n)
	}
	if n == 0 {
		c.softMs = 0
		return
	}
	c.loop.watch(c)
	r := c.loop.r
	if lim := &r.outLimits.Load()[c.class.Load()]; lim.exceeded(n, r.clockMs.Load(), &c.softMs) {
		c.overflow()
		c.closing = true
	}
}

// overflow closes a connection that does not read its output. Safe from any goroutine.
func (c *Conn) overflow() {
	if c.flags.Or(flagClose)&flagClose != 0 {
		return
	}
	r := c.loop.r
	r.count.outCloses.Add(1)
	r.opts.Log.Warn("A client exceeded its output buffer limit and is disconnected.",
		"client_id", c.id, "addr", c.Remote(), "bytes", c.OutputBytes())
	c.loop.put(item{c: c, kind: itemLook}, true)
}

// settle decides whether the connection is to be closed now; it answers true as well if it is closed already.
func (c *Conn) settle() bool {
	if c.dead || c.closing || c.has(flagClose) {
		return true
	}
	if c.has(flagCloseAfter) && !c.draining && !c.inFlight && c.queued.Load() == 0 {
		c.in.drop()
		c.noteInput()
		c.draining = true
	}
	if !c.draining {
		return false
	}
	if c.gc.OutboundBuffered() == 0 {
		return true
	}
	// gnet tells nobody when its buffer is empty, and closing now would cut the output off: the keeper looks again soon.
	c.loop.watch(c)
	c.loop.r.kickKeeper()
	return false
}

// buried forgets everything but the identity of a connection that is gone.
func (c *Conn) buried() {
	c.dead = true
	c.loop.remove(c)
	c.in.drop()
	c.dec.Reset()
	c.noteInput()
	c.unsent.Store(0)
}
