package engine

import "slices"

// How rounds are formed:
//
//  1. Submit numbers a task and appends it to the queue of its lane.
//  2. A worker of the lane walks the queue, oldest first. A task joins the
//     round unless a key that it writes is held by a round under way or wanted
//     by an older task, in whatever lane: connections queue here and not on row
//     locks. The keys of a task that stays are wanted from then on, so that a
//     task of many keys is not overtaken for ever.
//  3. The keys of the round are held until it has ended.
//
// Nothing of this is needed for correctness, which is PostgreSQL's business: it
// keeps rounds from waiting in PostgreSQL for what is known here.

// take moves tasks from the queue to a round. more is true if there may be
// another round to take. MUST be called with mu held.
func (e *Engine) take(l *lane, round []*Task) (_ []*Task, more bool) {
	items, bytes, kept, i := 0, 0, 0, 0
	for ; i < len(l.queue); i++ {
		t := l.queue[i]
		if e.mustWait(t) || t.alone() && len(round) > 0 {
			e.want(t)
			l.queue[kept] = t
			kept++
			continue
		}
		round = append(round, t)
		e.unwant(t)
		items += t.Items
		bytes += t.Bytes
		if t.alone() || items >= e.opts.MaxItems || bytes >= e.opts.MaxBytes {
			i++
			break
		}
	}
	more = i < len(l.queue)
	rest := copy(l.queue[kept:], l.queue[i:])
	clear(l.queue[kept+rest:])
	l.queue = l.queue[:kept+rest]
	for _, t := range round {
		e.hold(t)
	}
	return round, more
}

// mustWait reports whether a task has to wait for a round under way or for an
// older task.
func (e *Engine) mustWait(t *Task) bool {
	if !t.writes() || len(e.held) == 0 && len(e.wanted) == 0 {
		return false
	}
	for i := range t.Claims {
		c := &t.Claims[i]
		if !c.writes() {
			continue
		}
		if e.held[c.Hash] > 0 {
			return true
		}
		if seq, ok := e.wanted[c.Hash]; ok && seq < t.seq {
			return true
		}
	}
	return false
}

// want lists the keys of a task that stays in its queue. Each key is listed
// with the oldest task that wants it.
func (e *Engine) want(t *Task) {
	if !t.writes() {
		return
	}
	t.waits = true
	for i := range t.Claims {
		c := &t.Claims[i]
		if !c.writes() {
			continue
		}
		if seq, ok := e.wanted[c.Hash]; !ok || seq > t.seq {
			e.wanted[c.Hash] = t.seq
		}
	}
}

// unwant takes the keys of a task off the list. A younger task that wants one
// of them too lists it when its queue is next walked.
func (e *Engine) unwant(t *Task) {
	if !t.waits {
		return
	}
	t.waits = false
	for i := range t.Claims {
		if hash := t.Claims[i].Hash; e.wanted[hash] == t.seq {
			delete(e.wanted, hash)
		}
	}
}

func (e *Engine) hold(t *Task) {
	if !t.writes() {
		return
	}
	for i := range t.Claims {
		if c := &t.Claims[i]; c.writes() {
			e.held[c.Hash]++
		}
	}
	e.mostHeld = max(e.mostHeld, len(e.held))
}

// maxKeptKeys is how large the lists of keys may stay after a command with a
// huge number of keys: maps do not shrink.
const maxKeptKeys = 1 << 16

// release ends a round: its keys are free, and tasks that waited for them may
// go.
func (e *Engine) release(round []*Task) {
	if !round[0].writes() {
		return
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.free(round)
	e.wakeLanes()
}

// free takes the keys of a round off the list. MUST be called with mu held.
func (e *Engine) free(round []*Task) {
	if !round[0].writes() {
		return
	}
	for _, t := range round {
		if len(e.busy) > 0 {
			e.busy = slices.DeleteFunc(e.busy, func(b *Task) bool { return b == t })
		}
		for i := range t.Claims {
			c := &t.Claims[i]
			if !c.writes() {
				continue
			}
			if n := e.held[c.Hash]; n > 1 {
				e.held[c.Hash] = n - 1
			} else {
				delete(e.held, c.Hash)
			}
		}
	}
	if e.mostHeld > maxKeptKeys && len(e.held) == 0 && len(e.wanted) == 0 {
		e.held, e.wanted, e.mostHeld = make(map[uint64]int32), make(map[uint64]uint64), 0
	}
}

// isolate puts the tasks of a round that PostgreSQL refused back to the front
// of their queue, to run one by one.
func (e *Engine) isolate(round []*Task) {
	e.Isolated.Add(1)
	e.mu.Lock()
	defer e.mu.Unlock()
	e.free(round)
	l := &e.lanes[round[0].Lane]
	queue := make([]*Task, 0, len(round)+len(l.queue))
	for _, t := range round {
		t.isolated = true
		queue = append(queue, t)
	}
	l.queue = append(queue, l.queue...)
	e.wakeLanes()
}

// wakeLanes wakes a worker of every lane with something in its queue. MUST be
// called with mu held.
func (e *Engine) wakeLanes() {
	for l := range e.lanes {
		if lane := &e.lanes[l]; len(lane.queue) > 0 {
			lane.wakeOne()
		}
	}
}

// wakeOne takes an idle worker off the list and wakes it, if there is one.
// MUST be called with mu held.
func (l *lane) wakeOne() {
	if n := len(l.idle); n > 0 {
		l.idle[n-1].signal()
		l.idle = l.idle[:n-1]
	}
}

// wakeAll is wakeOne for all idle workers. MUST be called with mu held.
func (l *lane) wakeAll() {
	for _, w := range l.idle {
		w.signal()
	}
	l.idle = l.idle[:0]
}
