package reactor

import (
	"net"
	"runtime/debug"
	"time"

	"github.com/panjf2000/gnet/v2"
)

// events receives what gnet reports and keeps gnet's methods off the Reactor.
type events struct {
	gnet.BuiltinEventEngine
	r *Reactor
}

// OnBoot runs once, when the sockets listen.
func (e *events) OnBoot(eng gnet.Engine) gnet.Action {
	r := e.r
	r.eng = eng
	addrs, err := listenAddrs(eng, r.opts.Addrs)
	if err != nil {
		r.elog.Errorf("%v", err)
		return gnet.Shutdown
	}
	r.addrs = addrs
	close(r.booted)
	return gnet.None
}

// OnShutdown runs when the engine is about to end its loops: from here on nothing may be handed to them.
func (e *events) OnShutdown(gnet.Engine) {
	r := e.r
	r.gate.Lock()
	r.gateClosed = true
	r.gate.Unlock()
	for _, l := range r.allLoops() {
		l.seal()
	}
}

var errMaxClients = []byte("-ERR max number of clients reached\r\n")

// OnOpen runs on the loop of a connection just accepted.
func (e *events) OnOpen(gc gnet.Conn) (out []byte, action gnet.Action) {
	r := e.r
	if r.stopping.Load() {
		return nil, gnet.Close
	}
	if r.count.current.Add(1) > r.maxClients.Load() {
		r.count.rejected.Add(1)
		r.left()
		return errMaxClients, gnet.Close
	}
	c := newConn(r.loopOf(gc.EventLoop()), gc)
	refused := true
	defer func() {
		if v := recover(); v != nil {
			r.logPanic(c, v)
			out = nil
		}
		if refused {
			c.dead = true
			action = gnet.Close
			r.left()
		}
	}()
	if d := time.Duration(r.keepAlive.Load()); d != r.opts.KeepAlive && !c.unix {
		_ = gc.SetKeepAlive(d > 0, max(d, time.Second), keepAliveInterval(d), keepAliveCount)
	}
	s, refuse := r.handler.Open(c)
	if refuse != nil || s == nil {
		r.count.rejected.Add(1)
		return refuse, gnet.Close
	}
	refused = false
	r.count.received.Add(1)
	c.sess = s
	c.loop.add(c)
	gc.SetContext(c)
	if r.stopping.Load() {
		return nil, gnet.Close // Stop has perhaps not seen this loop yet
	}
	return nil, gnet.None
}

// OnTraffic runs on the loop when bytes have been read. Everything is taken at once, so gnet keeps no input buffer.
func (e *events) OnTraffic(gc gnet.Conn) (action gnet.Action) {
	c, ok := gc.Context().(*Conn)
	if !ok {
		_, _ = gc.Discard(-1)
		return gnet.None
	}
	defer func() {
		if v := recover(); v != nil {
			c.loop.r.logPanic(c, v)
			action = gnet.Close
		}
	}()
	c.receive(c.take())
	if c.settle() {
		// gnet must hear of it here even if a failed write has closed the connection already, or it would read on from a
		// file descriptor that may have been given to another connection.
		return gnet.Close
	}
	return gnet.None
}

// OnClose runs on the loop when a connection is gone, possibly inside a write of ours that failed.
func (e *events) OnClose(gc gnet.Conn, err error) gnet.Action {
	c, ok := gc.Context().(*Conn)
	if !ok {
		return gnet.None
	}
	defer func() {
		if v := recover(); v != nil {
			c.loop.r.logPanic(c, v)
		}
	}()
	gc.SetContext(nil)
	c.buried()
	e.r.left()
	c.sess.Closed(err)
	return gnet.None
}

// left counts a connection out.
func (r *Reactor) left() {
	if r.count.current.Add(-1) == 0 && r.stopping.Load() {
		r.noteEmpty()
	}
}

func (r *Reactor) logPanic(c *Conn, v any) {
	r.opts.Log.Error("A session panicked; its connection is closed.",
		"client_id", c.id, "panic", v, "stack", string(debug.Stack()))
}

// listenAddrs asks the sockets where they listen: a port of 0 has become a real one.
func listenAddrs(eng gnet.Engine, addrs []string) ([]net.Addr, error) {
	out := make([]net.Addr, 0, len(addrs))
	for _, a := range addrs {
		addr, err := listenAddr(eng, a)
		if err != nil {
			return nil, err
		}
		out = append(out, addr)
	}
	return out, nil
}
