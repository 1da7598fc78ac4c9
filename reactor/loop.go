package reactor

import (
	"context"
	"net/netip"
	"sync"
	"sync/atomic"

	"github.com/panjf2000/gnet/v2"
)

// loop is what the reactor keeps for one gnet event loop.
//
// Lock order: mu is never held while gate is taken or a session is called.
type loop struct {
	r      *Reactor
	el     gnet.EventLoop
	pollFD int // gnet's epoll instance, -1 if it can't be found, see regulate

	mu        sync.Mutex
	queue     []item // what other goroutines want done
	scheduled bool   // a wake-up is under way
	sealed    bool   // the engine is ending: nothing is queued any more

	stopDue   atomic.Bool  // Stop has begun
	sweepDue  atomic.Bool  // the keeper wants a sweep
	resumeDue atomic.Bool  // the keeper gives the next yielded connection its turn
	waiting   atomic.Int32 // len(yields)
	watching  atomic.Int32 // len(watched)
	drainings atomic.Int32 // watched connections that close when drained, as of the last sweep or watch

	bytesIn, bytesOut atomic.Int64

	// All below belongs to the loop.
	round   []item // what is being drained
	touched []*Conn
	conns   []*Conn
	yields  []*Conn // connections whose turn is over with input left, first come first served
	watched []*Conn // connections with output that the kernel did not take
	cursor  int     // in conns: where the search for idle ones goes on
	names   map[netip.AddrPort]string
}

func newLoop(r *Reactor, el gnet.EventLoop) *loop {
	return &loop{r: r, el: el, pollFD: pollFD(el), names: make(map[netip.AddrPort]string)}
}

func (l *loop) add(c *Conn) {
	c.index = int32(len(l.conns))
	l.conns = append(l.conns, c)
}

func (l *loop) remove(c *Conn) {
	last := l.conns[len(l.conns)-1]
	l.conns[c.index] = last
	last.index = c.index
	l.conns[len(l.conns)-1] = nil
	l.conns = l.conns[:len(l.conns)-1]
}

// wake has the loop run its duties. Safe from any goroutine.
func (l *loop) wake() {
	l.mu.Lock()
	trigger := !l.scheduled && !l.sealed
	l.scheduled = l.scheduled || trigger
	l.mu.Unlock()
	if trigger {
		l.trigger()
	}
}

// trigger hands the loop to gnet as a task. MUST be called by whoever has set scheduled.
func (l *loop) trigger() {
	l.r.gate.RLock()
	defer l.r.gate.RUnlock()
	if !l.r.gateClosed {
		_ = l.el.Execute(context.Background(), l)
	}
}

// seal refuses further items: the engine is ending.
func (l *loop) seal() {
	l.mu.Lock()
	l.sealed = true
	l.queue = nil
	l.mu.Unlock()
}

// Run is the loop's task, see trigger. The order matters: what is queued is sent before anything is closed.
func (l *loop) Run(context.Context) error {
	l.drain()
	if l.stopDue.Swap(false) {
		l.stop()
	}
	if l.sweepDue.Swap(false) {
		l.sweep()
	}
	if l.resumeDue.Swap(false) {
		l.resume()
	}
	return nil
}

// yield ends the turn of c, which has input left. gnet runs tasks to the last before it polls the sockets again, also
// those that a task adds: so the next turn is ordered by the keeper, from outside.
func (l *loop) yield(c *Conn) {
	c.yielded = true
	l.yields = append(l.yields, c)
	l.waiting.Store(int32(len(l.yields)))
	l.r.kickKeeper()
}

// resume gives one yielded connection its turn.
func (l *loop) resume() {
	if len(l.yields) == 0 {
		return
	}
	c := l.yields[0]
	n := copy(l.yields, l.yields[1:])
	l.yields[n] = nil
	l.yields = l.yields[:n]
	l.waiting.Store(int32(n))
	func() {
		defer c.settleOutside()
		c.yielded = false
		c.run()
		c.noteInput()
	}()
	if len(l.yields) > 0 {
		l.r.kickKeeper()
	}
}

// stop has every connection close when it is quiet.
func (l *loop) stop() {
	for i := len(l.conns) - 1; i >= 0; i-- {
		c := l.conns[i]
		c.flags.Or(flagCloseAfter)
		c.settleOutside()
	}
}
