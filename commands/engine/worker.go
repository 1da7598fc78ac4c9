package engine

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync/atomic"
	"time"

	"github.com/mnorrsken/postkeys/pg"
)

// worker runs rounds of one lane on one connection.
type worker struct {
	engine *Engine
	lane   Lane
	wake   chan struct{}
	trips  *atomic.Int64 // nil for work in the background, which is not counted
	conn   *pg.Conn
	epoch  int64 // of the engine when conn was opened
	round  []*Task
	// detained: another worker has its place in the lane; with mu held.
	detained bool

	replies []Flusher
}

// signal wakes the worker; it MUST have been taken off the idle list.
func (w *worker) signal() { w.wake <- struct{}{} }

func (w *worker) loop() {
	defer w.disconnect()
	for {
		round, closed := w.engine.next(w, w.round[:0])
		if closed {
			return
		}
		if len(round) == 0 {
			<-w.wake
			w.connectAhead()
			continue
		}
		w.round = round
		asked := 0
		for _, t := range round {
			asked += t.Bytes
		}
		w.serve(round)
		clear(round)
		if w.conn != nil {
			w.conn.Rest(asked)
		}
	}
}

// serve runs a round to its end. If PostgreSQL refuses it, the tasks run again
// one by one, and the commands of the one that is refused again one by one: an
// error that one command causes reaches that command alone.
func (w *worker) serve(round []*Task) {
	if err := w.attempt(slice{round, 0, wholeTask}); err != nil {
		var x *expelled
		if errors.As(err, &x) && len(round) > 1 {
			w.engine.expel(round, x.task)
			return
		}
		if len(round) > 1 {
			w.engine.isolate(round)
			return
		}
		w.itemByItem(round, err)
	}
	// The keys are free before the clients hear of it: a client's next
	// command finds no trace of its last one.
	w.engine.release(round)
	w.finish(round)
}

// itemByItem runs the commands of a round's only task one by one, after
// PostgreSQL has refused them together. Once refusals have taken as long as a
// task may wait, which takes timeouts, the commands left get the last one's
// error: a pipeline on a key that somebody keeps locked does not occupy the
// worker for the timeouts of all its commands.
func (w *worker) itemByItem(round []*Task, err error) {
	t := round[0]
	wasted := time.Duration(0)
	for item := range t.Items {
		started := time.Now()
		if t.Items > 1 && wasted < w.engine.opts.Patience {
			err = w.attempt(slice{round, item, item + 1})
		}
		if err != nil {
			wasted += time.Since(started)
			w.engine.refused(err)
			t.Runner.Fail(item, item+1, err)
		}
	}
}

// finish ends the tasks of a round and lets the replies go.
func (w *worker) finish(round []*Task) {
	for _, t := range round {
		w.replies = append(w.replies, t.Runner.Done())
	}
	for _, r := range w.replies {
		r.Flush()
	}
	clear(w.replies)
	w.replies = w.replies[:0]
}

// connectAhead connects before there is a round to be run, which takes as long as many
// rounds do: another worker may run it meanwhile. Whether it fails shows with the round.
func (w *worker) connectAhead() {
	if w.conn == nil && w.engine.stopping.Err() == nil {
		_ = w.connect(w.engine.stopping, w.engine.opts.Patience)
	}
}

// connect makes sure that there is a connection, within a time.
func (w *worker) connect(ctx context.Context, timeout time.Duration) error {
	epoch := w.engine.epoch.Load()
	if w.conn != nil && !w.conn.Broken() && w.epoch == epoch {
		return nil
	}
	w.disconnect()
	if t := w.engine.opts.PG.ConnectTimeout; t > 0 {
		timeout = min(timeout, t)
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	cfg := w.engine.opts.PG
	cfg.RoundTrips = w.trips
	conn, err := pg.Connect(ctx, cfg)
	if err != nil {
		return &pg.Error{Kind: pg.KindUnavailable, Err: err}
	}
	w.conn, w.epoch = conn, epoch
	version := conn.ServerVersion()
	w.engine.health.version.Store(&version)
	return nil
}

func (w *worker) disconnect() {
	if w.conn == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	if err := w.conn.Close(ctx); err != nil && !errors.Is(err, context.Canceled) {
		w.engine.opts.Log.Debug("closing a connection", "error", pg.ReasonOf(err))
	}
	w.conn = nil
}

// pause waits for d and up to a quarter more, so that those who failed together
// do not try again together. It returns false at once when ctx is done.
func pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d + rand.N(d/4+1))
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
