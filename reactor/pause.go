package reactor

// narrowBytes is the receive buffer of a connection that has once sent faster than it is served. gnet reads on in tasks,
// which it does not interrupt, as long as each read fills its buffer; a kernel buffer below that size ends such a chain.
const narrowBytes = 128 << 10

// regulate stops and starts the reading of a socket. A client that sends its next million commands while a batch is in
// flight is held back by TCP, as Redis would, and neither fills the memory nor gets disconnected. A connection that waits
// for the end of a frame is always read: that is what the query buffer limit is for.
//
// gnet can't pause reading. Where its epoll instance can't be found either, the query buffer limit alone bounds the input.
func (c *Conn) regulate() {
	if c.dead || c.loop.pollFD < 0 {
		return
	}
	n, busy := int64(c.in.len()), c.inFlight || c.yielded
	bound := min(int64(c.loop.r.opts.PauseBytes), c.loop.r.queryLimit.Load()/2)
	switch {
	case !c.paused && busy && n >= bound:
		c.paused = setReading(c.loop.pollFD, int(c.fd), false)
		if c.paused && !c.narrow && !c.unix {
			c.narrow = c.gc.SetReadBuffer(narrowBytes) == nil
		}
	case c.paused && (!busy || n < bound/2):
		c.paused = !setReading(c.loop.pollFD, int(c.fd), true)
	}
}
