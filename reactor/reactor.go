package reactor

import (
	"context"
	"errors"
	"net"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/panjf2000/gnet/v2"
)

// Reactor listens, and serves the connections it accepts. All methods are safe from any goroutine.
type Reactor struct {
	opts    Options
	handler Handler
	elog    *engineLog
	count   counters

	maxClients  atomic.Int64
	queryLimit  atomic.Int64
	idleTimeout atomic.Int64 // nanoseconds
	keepAlive   atomic.Int64 // nanoseconds
	outLimits   atomic.Pointer[OutputLimits]
	clockMs     atomic.Int64 // the time of the keeper's last tick

	mu     sync.Mutex
	loops  []*loop
	byLoop sync.Map // gnet.EventLoop -> *loop

	// gate is held for reading while a task is handed to a gnet loop, and closed for good before gnet closes its pollers:
	// a late task would write to a file descriptor that may by then belong to somebody else.
	gate       sync.RWMutex
	gateClosed bool

	eng      gnet.Engine
	addrs    []net.Addr
	booted   chan struct{}
	kick     chan struct{} // wakes the keeper
	done     chan struct{} // the engine has stopped
	err      error         // why, read after done
	stopping atomic.Bool
	emptied  chan struct{} // closed when the last connection goes while stopping
	once     sync.Once
}

// New makes a Reactor that is not yet listening.
func New(h Handler, opts Options) (*Reactor, error) {
	if err := opts.check(); err != nil {
		return nil, err
	}
	opts = opts.withDefaults()
	r := &Reactor{
		opts:    opts,
		handler: h,
		elog:    &engineLog{log: opts.Log},
		booted:  make(chan struct{}),
		kick:    make(chan struct{}, 1),
		done:    make(chan struct{}),
		emptied: make(chan struct{}),
	}
	r.SetMaxClients(opts.MaxClients)
	r.SetQueryBufferLimit(opts.QueryBufferLimit)
	r.SetIdleTimeout(opts.IdleTimeout)
	r.SetKeepAlive(opts.KeepAlive)
	r.SetOutputLimits(*opts.OutputLimits)
	r.clockMs.Store(opts.Now().UnixMilli())
	return r, nil
}

// Start listens on all addresses and returns; it is called once. Connections are served until Stop.
func (r *Reactor) Start() error {
	go func() {
		err := gnet.Rotate(&events{r: r}, r.opts.Addrs, r.engineOptions()...)
		if err == nil && !r.stopping.Load() {
			err = errors.New("reactor: the network engine stopped by itself")
			if s := r.elog.last.Load(); s != nil {
				err = errors.New("reactor: the network engine stopped: " + *s)
			}
		}
		r.err = err
		close(r.done)
	}()
	select {
	case <-r.booted:
	case <-r.done:
		return r.err
	}
	if r.opts.UnixPerm != 0 {
		for _, a := range r.opts.Addrs {
			if path, ok := strings.CutPrefix(a, "unix://"); ok {
				if err := os.Chmod(path, r.opts.UnixPerm); err != nil {
					return errors.Join(err, r.Stop(context.Background()))
				}
			}
		}
	}
	go r.keep()
	return nil
}

// engineOptions are gnet's options. The chunk is the least there is: a read that did not fill the buffer has emptied the
// socket, so asking once more, as gnet does below its chunk, would cost a system call per request for nothing.
func (r *Reactor) engineOptions() []gnet.Option {
	opts := []gnet.Option{
		gnet.WithNumEventLoop(r.opts.Loops),
		gnet.WithReuseAddr(true),
		gnet.WithTCPNoDelay(gnet.TCPNoDelay),
		gnet.WithEdgeTriggeredIO(true),
		gnet.WithEdgeTriggeredIOChunk(1),
		gnet.WithReadBufferCap(r.opts.ReadBuffer),
		gnet.WithLogger(r.elog),
	}
	if d := r.opts.KeepAlive; d >= time.Second {
		opts = append(opts, gnet.WithTCPKeepAlive(d),
			gnet.WithTCPKeepInterval(keepAliveInterval(d)), gnet.WithTCPKeepCount(keepAliveCount))
	}
	return opts
}

// keepAliveCount and keepAliveInterval are Redis': three probes, a third of the idle time apart.
const keepAliveCount = 3

func keepAliveInterval(d time.Duration) time.Duration { return max(d/3, time.Second) }

// Wait blocks until the reactor has stopped and tells why; nil after Stop.
func (r *Reactor) Wait() error {
	<-r.done
	return r.err
}

// Addrs are the addresses listened on, in the order of Options.Addrs, with real port numbers.
func (r *Reactor) Addrs() []net.Addr { return r.addrs }

// Stop refuses new connections, lets batches in flight be answered and sent, and closes each connection as soon as it
// is quiet. When ctx ends, what is left is closed at once. It returns ctx's error if it came to that. Start MUST have
// been called.
func (r *Reactor) Stop(ctx context.Context) error {
	r.stopping.Store(true)
	select {
	case <-r.booted:
	case <-r.done:
		return r.err
	}
	for _, l := range r.allLoops() {
		l.stopDue.Store(true)
		l.wake()
	}
	r.kickKeeper()
	if r.count.current.Load() == 0 {
		r.noteEmpty()
	}
	var err error
	select {
	case <-r.emptied:
	case <-r.done:
	case <-ctx.Done():
		err = ctx.Err()
	}
	// gnet's Stop polls twice a second; with a context that is over it only gives the order.
	over, cancel := context.WithCancel(context.Background())
	cancel()
	_ = r.eng.Stop(over)
	<-r.done
	return err
}

func (r *Reactor) noteEmpty() { r.once.Do(func() { close(r.emptied) }) }

// MaxClientsAllowed is the most that the process' file limit allows as maxclients.
func (r *Reactor) MaxClientsAllowed() int {
	return max(fileLimit()-r.opts.ReservedFiles, 1)
}

// SetMaxClients changes maxclients and returns what is now in force: n, or less if the file limit is lower. gnet stops
// the whole engine when accept fails, so running out of file descriptors is not an option.
func (r *Reactor) SetMaxClients(n int) int {
	n = min(n, r.MaxClientsAllowed())
	r.maxClients.Store(int64(n))
	return n
}

// SetQueryBufferLimit changes client-query-buffer-limit, in bytes.
func (r *Reactor) SetQueryBufferLimit(n int64) { r.queryLimit.Store(n) }

// SetIdleTimeout changes timeout; 0 is never.
func (r *Reactor) SetIdleTimeout(d time.Duration) { r.idleTimeout.Store(int64(d)) }

// SetKeepAlive changes tcp-keepalive for connections accepted from now on; 0 is none.
func (r *Reactor) SetKeepAlive(d time.Duration) { r.keepAlive.Store(int64(d)) }

// SetOutputLimits changes client-output-buffer-limit; it applies to all connections from their next output or tick on.
func (r *Reactor) SetOutputLimits(l OutputLimits) { r.outLimits.Store(&l) }

// allLoops returns the loops seen so far; the slice is never changed in place.
func (r *Reactor) allLoops() []*loop {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.loops
}

// loopOf returns the loop behind el, made when el brings its first connection.
func (r *Reactor) loopOf(el gnet.EventLoop) *loop {
	if l, ok := r.byLoop.Load(el); ok {
		return l.(*loop)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	l := newLoop(r, el)
	r.byLoop.Store(el, l)
	r.loops = append(r.loops[:len(r.loops):len(r.loops)], l)
	return l
}
