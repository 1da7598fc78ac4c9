package commands

import (
	"cmp"
	"maps"
	"math"
	"runtime/debug"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/mnorrsken/postkeys/codec"
	"github.com/mnorrsken/postkeys/commands/number"
	"github.com/mnorrsken/postkeys/commands/spec"
)

// How CLIENT PAUSE holds commands back:
//
//  1. admit asks pause.holds for every command that has passed the gates. One
//     that is held, and all behind it in the batch, is not admitted.
//  2. What was admitted of the batch is served and answered as ever. Then the
//     rest is parked: the connection has a batch in flight, so the reactor
//     calls nothing of its session meanwhile but Closed.
//  3. When the pause ends, by its time or CLIENT UNPAUSE, one goroutine takes
//     the parked batches in order of their arrival and serves each from where
//     it stopped. A batch that meets another pause is parked again, in its old
//     place.
//
// A session that is closed takes its parked batch with it: what is parked is
// bounded by what open connections hold.

// pauseMode says which commands a pause holds; a higher one holds more.
type pauseMode uint32

const (
	pauseNothing pauseMode = iota
	pauseWrites
	pauseAll
)

func (m pauseMode) holds(flags spec.Flag) bool {
	return m == pauseAll || m == pauseWrites && flags&(spec.Write|spec.MayReplicate) != 0
}

// pause is the state of CLIENT PAUSE. Its methods are safe from any goroutine.
type pause struct {
	mode atomic.Uint32 // a pauseMode; changed with mu held
	// serve goes on with a parked batch. It is parked.resume, which leads to the
	// bindings and so to the handlers in this file: Go does not allow the circle.
	serve func(parked)
	// over is called when a pause has ended. It must not block.
	over func()

	mu       sync.Mutex
	until    time.Time
	timer    *time.Timer
	parked   map[*Session]parked
	arrivals uint64
	// due: parked batches are to be looked at; releasing: a goroutine does so.
	due, releasing bool
	// ended: the server stops, nothing that is held back will run.
	ended bool
}

// parked is the rest of a batch.
type parked struct {
	session *Session
	batch   *codec.Batch
	next    *spec.Spec // first command that waits,
	flags   spec.Flag  // what it may do,
	from    int        // and its place in the batch
	arrival uint64     // 0: not parked before
	paused  bool       // it waits for the end of a pause
}

// resume serves what was parked.
func (w parked) resume() {
	s := w.session
	defer func() {
		if v := recover(); v != nil {
			s.server.log.Error("A session panicked; its connection is closed.",
				"client_id", s.conn.ID(), "panic", v, "stack", string(debug.Stack()))
			s.conn.Close()
		}
	}()
	s.setSeen(seenPaused, false)
	if reply, done := s.serve(w.batch, w.from, w.arrival); done {
		s.conn.Reply(reply)
		s.conn.Flush()
	}
}

// active reports whether there is a pause: no other command needs its flags.
func (p *pause) active() bool { return pauseMode(p.mode.Load()) != pauseNothing }

// holds reports whether a command with these flags has to wait.
func (p *pause) holds(flags spec.Flag) bool {
	m := pauseMode(p.mode.Load())
	return m != pauseNothing && m.holds(flags)
}

// start begins a pause. One that is under way becomes neither shorter nor
// weaker.
func (p *pause) start(d time.Duration, mode pauseMode) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	if p.until.After(now) {
		mode = max(mode, pauseMode(p.mode.Load()))
	} else {
		p.finish()
	}
	if end := now.Add(d); end.After(p.until) {
		p.until = end
	}
	left := p.until.Sub(now)
	if left <= 0 {
		return
	}
	p.mode.Store(uint32(mode))
	if p.timer == nil {
		p.timer = time.AfterFunc(left, p.expire)
	} else {
		p.timer.Reset(left)
	}
}

// stop ends the pause.
func (p *pause) stop() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.finish()
}

// expire is the timer's function.
func (p *pause) expire() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if left := time.Until(p.until); left > 0 {
		p.timer.Reset(left) // it fired for an earlier end
		return
	}
	p.finish()
}

// finish ends the pause. MUST be called with mu held.
func (p *pause) finish() {
	p.until = time.Time{}
	p.mode.Store(uint32(pauseNothing))
	if p.timer != nil {
		p.timer.Stop()
	}
	p.over()
	p.look()
}

// look has the parked batches looked at. MUST be called with mu held.
func (p *pause) look() {
	if p.ended || len(p.parked) == 0 {
		return
	}
	p.due = true
	if !p.releasing {
		p.releasing = true
		go p.release()
	}
}

// release serves the parked batches.
func (p *pause) release() {
	for {
		p.mu.Lock()
		if !p.due || p.ended {
			p.releasing = false
			p.mu.Unlock()
			return
		}
		p.due = false
		list := slices.SortedFunc(maps.Values(p.parked), func(a, b parked) int { return cmp.Compare(a.arrival, b.arrival) })
		p.mu.Unlock()
		for i := range list {
			if p.take(list[i].session) {
				p.serve(list[i])
			}
		}
	}
}

// take takes the batch of a session out, for the caller to serve; false if it
// is not parked any more.
func (p *pause) take(s *Session) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	_, ok := p.parked[s]
	delete(p.parked, s)
	return ok
}

// park keeps the rest of a batch.
func (p *pause) park(w parked) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if w.session.gone.Load() || p.ended {
		w.batch.Release()
		w.session.conn.Close()
		return
	}
	if w.arrival == 0 {
		p.arrivals++
		w.arrival = p.arrivals
	}
	if p.parked == nil {
		p.parked = make(map[*Session]parked)
	}
	w.session.setSeen(seenPaused, true)
	p.parked[w.session] = w
	if !p.holds(w.flags) { // the pause has ended in between
		p.look()
	}
}

// drop forgets what is parked of a session that is gone or about to be.
func (p *pause) drop(s *Session) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if w, ok := p.parked[s]; ok {
		delete(p.parked, s)
		w.batch.Release()
	}
}

// count is the number of clients that are held back.
func (p *pause) count() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.parked)
}

// end closes the connections that are held back.
func (p *pause) end() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.ended = true
	if p.timer != nil {
		p.timer.Stop()
	}
	for s, w := range p.parked {
		w.batch.Release()
		s.conn.Close()
	}
	clear(p.parked)
}

// Drain closes the connections that CLIENT PAUSE holds back, or that are blocked;
// their commands are not run. Scripts are given a few seconds more. For a shutdown,
// which would wait for the end of the pause otherwise, for keys that nobody fills,
// and for scripts that do not end.
func (s *Server) Drain() {
	s.pause.end()
	s.blocked.Close()
	s.scriptWatch.drain()
}

// clientPause holds commands back for a time.
func clientPause(c *Call) {
	if len(c.args) > 4 {
		c.fail("ERR unknown subcommand or wrong number of arguments for '" + cText(c.args[1]) + "'. Try CLIENT HELP.")
		return
	}
	mode := pauseAll
	if len(c.args) == 4 {
		switch {
		case isWord(c.args[3], "write"):
			mode = pauseWrites
		case !isWord(c.args[3], "all"):
			c.fail("ERR CLIENT PAUSE mode must be WRITE or ALL")
			return
		}
	}
	ms, ok := number.ParseInt64(c.args[2])
	switch {
	case !ok:
		c.fail("ERR timeout is not an integer or out of range")
	case ms < 0:
		c.fail("ERR timeout is negative")
	case ms > math.MaxInt64-time.Now().UnixMilli():
		c.fail("ERR timeout is out of range")
	default:
		c.server().pause.start(time.Duration(min(ms, maxPause.Milliseconds()))*time.Millisecond, mode)
		c.out.OK()
	}
}

// maxPause is for ever, and still can be added to any time.
const maxPause = 100 * 365 * 24 * time.Hour

func clientUnpause(c *Call) {
	c.server().pause.stop()
	c.out.OK()
}
