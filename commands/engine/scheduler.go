package engine

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/mnorrsken/postkeys/pg"
)

// Options configure an Engine.
type Options struct {
	PG pg.Config
	// Lanes is how many rounds of each lane may run at once.
	Lanes [numLanes]int
	// MaxItems and MaxBytes bound a round: it takes no further task once it
	// holds as many commands, or as many bytes of arguments.
	MaxItems, MaxBytes int
	// Patience is how long a task waits for a PostgreSQL that is away,
	// counted from its submission.
	Patience time.Duration
	Log      *slog.Logger
}

// The bounds of a round, from measurement (see DESIGN.md).
const (
	DefaultMaxItems = 1024
	DefaultMaxBytes = 4 << 20
)

// DefaultLanes spreads connections over the lanes for a machine with this many
// processors and at most maxConns connections (0: no bound).
func DefaultLanes(processors, maxConns int) [numLanes]int {
	n := max(2, processors/2)
	lanes := [numLanes]int{Read: n, Blind: n, Update: n, Slow: max(1, n/2)}
	for maxConns > 0 && lanes[Read]+lanes[Blind]+lanes[Update]+lanes[Slow] > max(maxConns, int(numLanes)) {
		widest := Read
		for l, n := range lanes {
			if n > lanes[widest] {
				widest = Lane(l)
			}
		}
		lanes[widest]--
	}
	return lanes
}

// Engine owns the queues and the workers.
type Engine struct {
	opts Options

	mu     sync.Mutex
	lanes  [numLanes]lane
	held   map[uint64]int32 // hashes of keys in rounds under way, counted
	wanted map[uint64]struct{}
	closed bool

	workers sync.WaitGroup
	health  health
	// epoch grows when connections are to be replaced.
	epoch atomic.Int64
	Counters
}

// lane is the queue of one kind of rounds.
type lane struct {
	queue []*Task
	idle  []*worker
}

// New returns an engine; Start makes it run.
func New(opts Options) *Engine {
	if opts.MaxItems == 0 {
		opts.MaxItems = DefaultMaxItems
	}
	if opts.MaxBytes == 0 {
		opts.MaxBytes = DefaultMaxBytes
	}
	if opts.Log == nil {
		opts.Log = slog.Default()
	}
	return &Engine{opts: opts, held: make(map[uint64]int32), wanted: make(map[uint64]struct{})}
}

// Start starts the workers. Each connects when it first has something to do.
func (e *Engine) Start() {
	for l := range e.lanes {
		for range e.opts.Lanes[l] {
			w := &worker{engine: e, lane: Lane(l), wake: make(chan struct{}, 1)}
			e.workers.Add(1)
			go w.loop()
		}
	}
}

// Connections returns how many PostgreSQL connections the workers use at most.
func (e *Engine) Connections() (n int) {
	for _, lane := range e.opts.Lanes {
		n += lane
	}
	return n
}

// Stop ends the workers once the queues are empty, or when ctx is done. Tasks
// MUST NOT be submitted any more.
func (e *Engine) Stop(ctx context.Context) error {
	e.mu.Lock()
	e.closed = true
	for l := range e.lanes {
		for _, w := range e.lanes[l].idle {
			w.signal()
		}
		e.lanes[l].idle = nil
	}
	e.mu.Unlock()
	done := make(chan struct{})
	go func() {
		e.workers.Wait()
		close(done)
	}()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Submit queues a task. It does not block. The engine owns the task until its
// runner's Done.
func (e *Engine) Submit(t *Task) {
	t.submitted = time.Now()
	e.mu.Lock()
	l := &e.lanes[t.Lane]
	l.queue = append(l.queue, t)
	w := l.wakeOne()
	e.mu.Unlock()
	if w != nil {
		w.signal()
	}
}

// wakeOne takes an idle worker off the list, nil if there is none.
func (l *lane) wakeOne() *worker {
	n := len(l.idle)
	if n == 0 {
		return nil
	}
	w := l.idle[n-1]
	l.idle = l.idle[:n-1]
	return w
}

// next forms a round for a worker, or lists the worker as idle and returns
// nothing.
func (e *Engine) next(w *worker, round []*Task) (tasks []*Task, closed bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	l := &e.lanes[w.lane]
	round = e.take(l, round)
	if len(round) == 0 {
		if e.closed && len(l.queue) == 0 {
			return nil, true
		}
		l.idle = append(l.idle, w)
	}
	return round, false
}

// take moves tasks from the queue to a round, oldest first. A task that writes
// a key of a round under way stays, and so does every later task that shares a
// key with one that stays: connections queue here and not on row locks, and a
// task of many keys is not overtaken for ever.
func (e *Engine) take(l *lane, round []*Task) []*Task {
	items, bytes, kept, i := 0, 0, 0, 0
	clear(e.wanted)
	for ; i < len(l.queue) && items < e.opts.MaxItems && bytes < e.opts.MaxBytes; i++ {
		t := l.queue[i]
		if t.writes() && e.conflicts(t) {
			l.queue[kept] = t
			kept++
			continue
		}
		if t.Lane == Slow && len(round) > 0 {
			break
		}
		round = append(round, t)
		items += t.Items
		bytes += t.Bytes
	}
	rest := copy(l.queue[kept:], l.queue[i:])
	clear(l.queue[kept+rest:])
	l.queue = l.queue[:kept+rest]
	for _, t := range round {
		e.hold(t)
	}
	return round
}

// conflicts reports whether a task has to wait for a round under way. If so its
// keys count as wanted.
func (e *Engine) conflicts(t *Task) bool {
	if len(e.held) == 0 && len(e.wanted) == 0 {
		return false
	}
	waits := false
	for i := range t.Claims {
		c := &t.Claims[i]
		if c.Mode == pg.ModeRead {
			continue
		}
		if _, ok := e.wanted[c.Hash]; ok || e.held[c.Hash] > 0 {
			waits = true
			break
		}
	}
	if waits {
		for i := range t.Claims {
			if t.Claims[i].Mode != pg.ModeRead {
				e.wanted[t.Claims[i].Hash] = struct{}{}
			}
		}
	}
	return waits
}

func (e *Engine) hold(t *Task) {
	if !t.writes() {
		return
	}
	for i := range t.Claims {
		if c := &t.Claims[i]; c.Mode != pg.ModeRead {
			e.held[c.Hash]++
		}
	}
}

// release ends a round: its keys are free, and tasks that waited for them may
// go.
func (e *Engine) release(round []*Task) {
	if !round[0].writes() {
		return
	}
	e.mu.Lock()
	for _, t := range round {
		for i := range t.Claims {
			c := &t.Claims[i]
			if c.Mode == pg.ModeRead {
				continue
			}
			if n := e.held[c.Hash]; n > 1 {
				e.held[c.Hash] = n - 1
			} else {
				delete(e.held, c.Hash)
			}
		}
	}
	var woken [numLanes]*worker
	for l := range e.lanes {
		if lane := &e.lanes[l]; len(lane.queue) > 0 {
			woken[l] = lane.wakeOne()
		}
	}
	e.mu.Unlock()
	for _, w := range woken {
		if w != nil {
			w.signal()
		}
	}
}

// Waiting returns the number of tasks that no round has taken yet.
func (e *Engine) Waiting() (n int) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for l := range e.lanes {
		n += len(e.lanes[l].queue)
	}
	return n
}
