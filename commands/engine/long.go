package engine

import "errors"

// How the engine lives with commands that take long, as scripts may:
//
//  1. A task that shares a round and takes too long is expelled: its Run returns
//     Expel's error, nothing of the round is committed, the others run again
//     without it, and it goes on to the slow lane, where rounds are its own.
//  2. A worker that a round of its own keeps busy for long is replaced: Detain
//     starts another one for the lane, and the first ends with the round. At
//     most MaxDetained workers are away like this.
//  3. Tasks that wait for keys of a task that takes very long are refused with
//     ErrBusy, those that wait already and those to come, from Refuse to the
//     end of that task.

// ErrBusy is what tasks fail with whose keys a task holds that takes very long.
var ErrBusy = errors.New("the keys are held by a script that runs for long")

// DefaultMaxDetained bounds the workers that rounds may keep from their lanes.
const DefaultMaxDetained = 4

// expelled is the error of a round that goes on without a task.
type expelled struct{ task *Task }

func (*expelled) Error() string { return "the round goes on without a task that takes long" }

// Shared reports whether other tasks are in the task's round. It may be called
// from Run.
func (t *Task) Shared() bool { return t.shared }

// Expel returns the error with which Run gives the round back to the others. It
// MUST be called from Run, of a task that is Shared.
func (t *Task) Expel() error { return &expelled{t} }

// expel puts the tasks of a round back to the front of their queue, and one of
// them into the slow lane.
func (e *Engine) expel(round []*Task, long *Task) {
	e.Expelled.Add(1)
	e.mu.Lock()
	defer e.mu.Unlock()
	e.free(round)
	lane := long.Lane
	long.Lane = Slow
	slow := &e.lanes[Slow]
	slow.queue = append(slow.queue, long)
	l := &e.lanes[lane]
	queue := make([]*Task, 0, len(round)-1+len(l.queue))
	for _, t := range round {
		if t != long {
			queue = append(queue, t)
		}
	}
	l.queue = append(queue, l.queue...)
	e.wakeLanes()
}

// Detain says that the round of a task keeps its worker busy. It reports
// whether the lane has a worker in its place; false if too many are away. It is
// safe from any goroutine, for a task whose Run has begun and not ended.
func (e *Engine) Detain(t *Task) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	w := t.worker
	switch {
	case w == nil || w.detained:
		return w != nil
	case e.detained >= e.opts.MaxDetained || e.closed:
		return false
	}
	e.detained++
	w.detained = true
	e.startWorker(w.lane)
	return true
}

// Refuse fails every task that waits for a key that the given one holds, now
// and until it ends. It is safe from any goroutine, for a task whose Run has
// begun and not ended.
func (e *Engine) Refuse(t *Task) {
	if !t.writes() {
		return
	}
	e.mu.Lock()
	e.busy = append(e.busy, t)
	var refused []*Task
	for l := range e.lanes {
		lane := &e.lanes[l]
		kept := lane.queue[:0]
		for _, waiting := range lane.queue {
			if e.refuses(waiting) {
				e.unwant(waiting)
				refused = append(refused, waiting)
			} else {
				kept = append(kept, waiting)
			}
		}
		clear(lane.queue[len(kept):])
		lane.queue = kept
	}
	e.mu.Unlock()
	refuse(refused)
}

// refuses reports whether a task wants a key of a task that takes very long.
// MUST be called with mu held.
func (e *Engine) refuses(t *Task) bool {
	if !t.writes() {
		return false
	}
	for _, busy := range e.busy {
		for i := range busy.Claims {
			b := &busy.Claims[i]
			if !b.writes() {
				continue
			}
			for k := range t.Claims {
				if c := &t.Claims[k]; c.writes() && c.Hash == b.Hash {
					return true
				}
			}
		}
	}
	return false
}

// refuse answers tasks that no queue holds any more.
func refuse(tasks []*Task) {
	flushers := make([]Flusher, len(tasks))
	for i, t := range tasks {
		t.Runner.Fail(0, t.Items, ErrBusy)
		flushers[i] = t.Runner.Done()
	}
	for _, f := range flushers {
		f.Flush()
	}
}
