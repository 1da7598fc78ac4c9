package engine

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime/debug"
	"time"

	"github.com/mnorrsken/postkeys/pg"
)

// worker runs rounds of one lane on one connection.
type worker struct {
	engine *Engine
	lane   Lane
	wake   chan struct{}
	conn   *pg.Conn
	epoch  int64 // of the engine when conn was opened
	round  []*Task

	replies []Flusher
}

// signal wakes the worker; it MUST have been taken off the idle list.
func (w *worker) signal() { w.wake <- struct{}{} }

func (w *worker) loop() {
	defer w.engine.workers.Done()
	defer w.disconnect()
	for {
		round, closed := w.engine.next(w, w.round[:0])
		if closed {
			return
		}
		if len(round) == 0 {
			<-w.wake
			continue
		}
		w.round = round
		w.serve(round)
		// The keys are free before the clients hear of it: a client's next
		// command finds no trace of its last one.
		w.engine.release(round)
		w.finish(round)
		clear(round)
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

// slice is a part of a round: the items from..to-1 of each task.
type slice struct {
	tasks    []*Task
	from, to int // to is wholeTask for all items
}

const wholeTask = -1

func (s slice) bounds(t *Task) (from, to int) {
	if s.to == wholeTask {
		return 0, t.Items
	}
	return s.from, s.to
}

// serve runs a round. If PostgreSQL refuses it, the tasks run one by one, and
// the commands of the one that is refused again one by one: an error that one
// command causes reaches that command alone.
func (w *worker) serve(round []*Task) {
	if w.attempt(slice{round, 0, wholeTask}) == nil {
		return
	}
	w.engine.Isolated.Add(1)
	for i, t := range round {
		err := error(nil)
		if len(round) > 1 {
			err = w.attempt(slice{round[i : i+1], 0, wholeTask})
		}
		if len(round) == 1 || err != nil {
			for item := range t.Items {
				s := slice{round[i : i+1], item, item + 1}
				if err := w.attempt(s); err != nil {
					w.engine.opts.Log.Warn("a command was refused by PostgreSQL", "error", pg.ReasonOf(err))
					t.Runner.Fail(item, item+1, err)
				}
			}
		}
	}
}

// maxRetries bounds how often a slice is run again after losing a race.
const maxRetries = 100

// attempt runs a slice until it has an outcome. It returns an error only if
// PostgreSQL refused the slice and nothing was changed; every other outcome has
// been told to the runners.
func (w *worker) attempt(s slice) error {
	e := w.engine
	for try := 0; ; try++ {
		err := w.unit(s)
		if err == nil {
			e.answers()
			return nil
		}
		switch pg.KindOf(err) {
		case pg.KindRetry:
			e.Retries.Add(1)
			if try >= maxRetries {
				return err
			}
			if try > 2 {
				time.Sleep(time.Duration(rand.IntN(1000*min(try, 20))) * time.Microsecond)
			}
		case pg.KindUnavailable:
			e.Lost.Add(1)
			e.failing(err)
			if !w.waitForPostgres(s, try) {
				s.fail(err)
				return nil
			}
		case pg.KindUnknown:
			e.Unknown.Add(1)
			e.opts.Log.Error("the outcome of a commit is unknown", "error", pg.ReasonOf(err))
			s.fail(err)
			return nil
		default:
			return err
		}
	}
}

// waitForPostgres pauses before the next attempt to reach PostgreSQL. It
// returns false when the tasks have waited long enough.
func (w *worker) waitForPostgres(s slice, try int) bool {
	patience := w.engine.opts.Patience
	waited := time.Since(s.tasks[0].submitted)
	if waited >= patience {
		return false
	}
	pause := min(time.Duration(5<<min(try, 7))*time.Millisecond, patience-waited)
	time.Sleep(pause + time.Duration(rand.Int64N(int64(pause)/4+1)))
	return true
}

func (s slice) fail(err error) {
	for _, t := range s.tasks {
		from, to := s.bounds(t)
		t.Runner.Fail(from, to, err)
	}
}

// unit runs a slice once as one unit of work.
func (w *worker) unit(s slice) error {
	if err := w.connect(); err != nil {
		return err
	}
	tx := w.conn.Begin()
	plan(tx, s.tasks)
	err := tx.Load()
	items := 0
	for _, t := range s.tasks {
		if err != nil {
			break
		}
		from, to := s.bounds(t)
		items += to - from
		err = w.run(t, tx, from, to)
	}
	if err != nil {
		tx.Rollback()
		return err
	}
	if err := tx.Commit(); err != nil {
		return err
	}
	for _, t := range s.tasks {
		t.Runner.Keep()
	}
	w.engine.Rounds.Add(1)
	w.engine.Items.Add(int64(items))
	return nil
}

// plan claims the keys of all tasks in the order of the commands.
func plan(tx *pg.Tx, tasks []*Task) {
	generation := tx.Generation()
	for _, t := range tasks {
		for i := range t.Claims {
			c := &t.Claims[i]
			c.entry = tx.Plan(c.DB, c.Name, c.Hash, c.Mode, c.Part)
			c.generation = generation
		}
	}
}

// run applies a task, turning a panic into an error of that task.
func (w *worker) run(t *Task, tx *pg.Tx, from, to int) (err error) {
	defer func() {
		if v := recover(); v != nil {
			w.engine.opts.Log.Error("a command panicked", "panic", v, "stack", string(debug.Stack()))
			err = fmt.Errorf("internal error: %v", v)
		}
	}()
	return t.Runner.Run(tx, from, to)
}

// connect makes sure that there is a connection.
func (w *worker) connect() error {
	epoch := w.engine.epoch.Load()
	if w.conn != nil && !w.conn.Broken() && w.epoch == epoch {
		return nil
	}
	w.disconnect()
	ctx := context.Background()
	if t := w.engine.opts.PG.ConnectTimeout; t > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, t)
		defer cancel()
	}
	conn, err := pg.Connect(ctx, w.engine.opts.PG)
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
