package engine

import (
	"context"
	"errors"
	"runtime/debug"
	"time"

	"github.com/mnorrsken/postkeys/pg"
)

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

// fail answers all items of the slice with an error.
func (s slice) fail(err error) {
	for _, t := range s.tasks {
		from, to := s.bounds(t)
		t.Runner.Fail(from, to, err)
	}
}

// A slice that lost a race runs again: at once at first, then after growing
// pauses, and not for ever.
const (
	maxRetries     = 100
	promptRetries  = 3
	maxRetryMillis = 20
)

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
			if try >= maxRetries {
				return err
			}
			e.Retries.Add(1)
			if try >= promptRetries {
				pause(e.stopping, time.Duration(min(try, maxRetryMillis))*time.Millisecond)
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
		case pg.KindStatement:
			e.answers()
			return err
		}
	}
}

// patience returns how much longer a slice may wait for PostgreSQL; its first
// task has waited longest.
func (w *worker) patience(s slice) time.Duration {
	return w.engine.opts.Patience - time.Since(s.tasks[0].submitted)
}

// waitForPostgres pauses before the next attempt to reach PostgreSQL. It
// returns false when the tasks have waited long enough.
func (w *worker) waitForPostgres(s slice, try int) bool {
	left := w.patience(s)
	return left > 0 && pause(w.engine.stopping, min(time.Duration(5<<min(try, 7))*time.Millisecond, left))
}

// leastConnectTime is what an attempt to connect may take even if the tasks
// have no patience left: otherwise a slow PostgreSQL would never be reached.
const leastConnectTime = time.Second

// errPanic is what clients hear of a command that panicked.
var errPanic = errors.New("internal error, the command was not executed")

// unit runs a slice once as one unit of work.
func (w *worker) unit(s slice) (err error) {
	if err := w.connect(context.Background(), max(w.patience(s), leastConnectTime)); err != nil {
		return err
	}
	committing := false
	defer func() {
		if v := recover(); v != nil {
			w.engine.opts.Log.Error("a round panicked", "panic", v, "stack", string(debug.Stack()))
			// Nobody knows what is under way on the connection.
			w.disconnect()
			err = errPanic
			if committing {
				err = &pg.Error{Kind: pg.KindUnknown, Err: errors.New("internal error")}
			}
		}
	}()
	tx := w.conn.Begin()
	expiries := w.engine.expiries.Load()
	if expiries != nil && expiries.wanted() {
		tx.WatchExpiries()
	} else {
		expiries = nil
	}
	for _, t := range s.tasks {
		from, to := s.bounds(t)
		t.plan(tx, from, to)
		if t.Snapshot {
			tx.HoldSnapshot()
		}
		if t.Epochs {
			tx.WantScriptEpochs()
		}
	}
	if err := tx.Load(); err != nil {
		return err
	}
	items := 0
	for _, t := range s.tasks {
		from, to := s.bounds(t)
		items += to - from
		if err := t.Runner.Run(tx, from, to); err != nil {
			tx.Rollback()
			return err
		}
	}
	committing = true
	changed := len(tx.Changes()) > 0
	if changed && !w.engine.expects.Load() && tx.SetsExpiry() {
		w.engine.expects.Store(true)
	}
	err = tx.Commit()
	if changed { // even if that was lost: it may be committed
		w.engine.Stir()
	}
	if err != nil {
		return err
	}
	for _, t := range s.tasks {
		t.Runner.Keep()
	}
	if expiries != nil {
		expiries.note(tx.Volatiles())
	}
	w.engine.Rounds.Add(1)
	w.engine.Items.Add(int64(items))
	return nil
}
