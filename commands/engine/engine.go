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
	// MaxDetained is how many workers more than Lanes says there may be while
	// others are kept busy by one round; DefaultMaxDetained if 0.
	MaxDetained int
	// Patience is how long a task waits for a PostgreSQL that is away,
	// counted from its submission.
	Patience time.Duration
	Log      *slog.Logger
}

// The bounds of a round.
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

// Engine owns the queues and the workers. Its methods are safe from any
// goroutine.
type Engine struct {
	opts Options

	mu       sync.Mutex
	lanes    [numLanes]lane
	tasks    uint64            // submitted so far
	held     map[uint64]int32  // hashes of keys in rounds under way, counted
	wanted   map[uint64]uint64 // hashes of keys that queued tasks wait for, with the oldest task's number
	mostHeld int               // how large held has been
	busy     []*Task           // whose keys are refused to others
	detained int               // workers that others stand in for
	closed   bool

	workers sync.WaitGroup
	// stopping ends when Stop is called: nobody waits for PostgreSQL any more.
	stopping context.Context
	stop     context.CancelFunc
	health   health
	// stirred: something was written since the sweep's pass began.
	stirred atomic.Bool
	// expects: keys that expire were, likewise.
	expects atomic.Bool
	// expiries are those of the sweep, nil before there is one.
	expiries atomic.Pointer[expiries]
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
	if opts.MaxDetained == 0 {
		opts.MaxDetained = DefaultMaxDetained
	}
	if opts.Log == nil {
		opts.Log = slog.Default()
	}
	e := &Engine{opts: opts, held: make(map[uint64]int32), wanted: make(map[uint64]uint64)}
	e.stopping, e.stop = context.WithCancel(context.Background())
	return e
}

// Start starts the workers. Each connects when it is first woken.
func (e *Engine) Start() {
	for l := range e.lanes {
		for range e.opts.Lanes[l] {
			e.startWorker(Lane(l))
		}
	}
}

// Connect has a worker of each lane connect, so that no client has to wait for that.
func (e *Engine) Connect() {
	e.mu.Lock()
	defer e.mu.Unlock()
	for l := range e.lanes {
		e.lanes[l].wakeOne()
	}
}

func (e *Engine) startWorker(l Lane) {
	w := &worker{engine: e, lane: l, wake: make(chan struct{}, 1), trips: &e.Trips}
	e.workers.Go(w.loop)
}

// Connections returns how many PostgreSQL connections the workers use at most,
// without those of MaxDetained.
func (e *Engine) Connections() (n int) {
	for _, lane := range e.opts.Lanes {
		n += lane
	}
	return n
}

// Stop ends the workers once the queues are empty; tasks that would have to
// wait for PostgreSQL fail instead. It returns when all have ended, or an error
// when ctx is done before. Tasks MUST NOT be submitted any more.
func (e *Engine) Stop(ctx context.Context) error {
	e.mu.Lock()
	e.closed = true
	for l := range e.lanes {
		e.lanes[l].wakeAll()
	}
	e.mu.Unlock()
	e.stop()
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
	t.submitted, t.isolated, t.waits = time.Now(), false, false
	e.mu.Lock()
	if len(e.busy) > 0 && e.refuses(t) {
		e.mu.Unlock()
		refuse([]*Task{t})
		return
	}
	defer e.mu.Unlock()
	e.tasks++
	t.seq = e.tasks
	l := &e.lanes[t.Lane]
	l.queue = append(l.queue, t)
	l.wakeOne()
}

// next forms a round for a worker, or lists the worker as idle and returns
// nothing. closed tells the worker to end.
func (e *Engine) next(w *worker, round []*Task) (_ []*Task, closed bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	l := &e.lanes[w.lane]
	more := false
	if !w.detained {
		round, more = e.take(l, round)
	}
	for _, t := range round {
		t.shared, t.worker = len(round) > 1, w
	}
	switch {
	case w.detained: // another one has its place
		e.detained--
		l.wakeOne() // which may have been told in vain
		return nil, true
	case len(round) > 0 && more:
		l.wakeOne()
	case len(round) > 0:
	case e.closed && len(l.queue) == 0:
		l.wakeAll() // those who waited for keys have nothing to wait for now
		return nil, true
	default:
		l.idle = append(l.idle, w)
	}
	return round, false
}

// Stir has expired keys looked for: some may have been written.
func (e *Engine) Stir() {
	if !e.stirred.Load() {
		e.stirred.Store(true)
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
