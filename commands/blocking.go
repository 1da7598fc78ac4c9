package commands

import (
	"math"
	"time"

	"github.com/mnorrsken/postkeys/codec"
	"github.com/mnorrsken/postkeys/commands/blocked"
	"github.com/mnorrsken/postkeys/commands/number"
	"github.com/mnorrsken/postkeys/commands/spec"
	"github.com/mnorrsken/postkeys/pg"
)

// How a command blocks:
//
//  1. It has a job of its own (binding.waitsFor), as what comes before it in its
//     batch is answered first, and what is behind it waits. Session.await lists the
//     client with its keys in front of Submit.
//  2. The handler asks Call.take before it removes anything, and ends with
//     Call.nothing if there was nothing to remove: null inside of transactions
//     and scripts, no reply at all otherwise.
//  3. A job that has answered nothing is given back (waiting.attempted). The
//     connection still has a batch in flight, so that the reactor calls nothing
//     of its session but Closed. What is kept is a waiting.
//  4. Commands that are committed wake waiters (job.Keep), which get a new job
//     (waiting.Try). The reply to such a command is held back until then.
//
// Who waits, for how long, and who is next is package blocked's business.

// waiting is a blocking command from its first attempt to its reply.
type waiting struct {
	blocked.Waiter
	session *Session
	spec    *spec.Spec
	bind    *binding
	args    [][]byte
	db      int
	resp3   bool
	mute    bool
	// rest is what comes behind it in its batch.
	rest parked
	// again: an attempt has found nothing.
	again bool

	// Of the attempt under way: the claim that an element was taken of, and how
	// many are left; whether there is a reply, and whether it is committed.
	key            int
	left           int64
	answered, kept bool
}

// await lists a command that may block, and whose job it has to itself.
func (s *Session) await(j *job, c *Call) {
	w := &waiting{session: s, spec: c.spec, bind: c.bind, db: c.db, resp3: c.resp3, mute: c.mute}
	w.args = copyArgs(c.args)
	w.Client, w.Type, w.Keys = w, c.bind.waitsFor, make([]blocked.Key, c.waitKeys)
	for i := range w.Keys { // which are the first claims
		w.Keys[i] = blocked.Key{DB: c.db, Name: w.args[c.firstKey+i], Hash: c.claimed()[i].Hash}
	}
	j.waiting = w
	c.showWaiting()
	s.waiting.Store(w)
	s.server.blocked.Add(&w.Waiter, s.server.blocked.Deadline(c.timeoutMs))
	if s.gone.Load() {
		s.dropWaiting()
	}
}

// copyArgs copies the arguments of a command out of its batch.
func copyArgs(args [][]byte) [][]byte {
	size := 0
	for _, arg := range args {
		size += len(arg)
	}
	out, buf := make([][]byte, len(args)), make([]byte, 0, size)
	for i, arg := range args {
		buf = append(buf, arg...)
		out[i] = buf[len(buf)-len(arg) : len(buf) : len(buf)]
	}
	return out
}

// dropWaiting forgets what the session waits for: the client is gone or about to
// be.
func (s *Session) dropWaiting() {
	if w := s.waiting.Load(); w != nil && s.server.blocked.Drop(&w.Waiter) {
		w.forget()
	}
}

// forget ends a wait without a reply.
func (w *waiting) forget() {
	w.ended()
	if w.rest.batch != nil {
		w.rest.batch.Release()
	}
	w.session.conn.Close()
}

// ended says that the session is not blocked any more.
func (w *waiting) ended() {
	w.session.waiting.Store(nil)
	w.session.setSeen(seenBlocked, false)
}

// job makes a job of the command, for another attempt or for a reply.
func (w *waiting) job() (*job, *Call) {
	j := newJob(w.session, nil)
	j.calls = append(j.calls, Call{
		job: j, spec: w.spec, bind: w.bind, args: w.args, db: w.db, task: &j.task, resp3: w.resp3, mute: w.mute,
	})
	return j, &j.calls[0]
}

// Try implements blocked.Client.
func (w *waiting) Try() {
	s := w.session.server
	if s.pause.holds(w.spec.Flags) {
		s.blocked.Postpone(&w.Waiter)
		if !s.pause.holds(w.spec.Flags) { // the pause has ended in between
			s.blocked.Resume()
		}
		return
	}
	j, c := w.job()
	j.waiting = w
	c.quiet = w.session.seen.Load()&seenNoTouch != 0
	c.out = &j.early
	w.bind.claim(c)
	for _, arg := range w.args {
		j.task.Bytes += len(arg)
	}
	j.task.Items = 1
	j.submit()
}

// End implements blocked.Client.
func (w *waiting) End(how blocked.Ending) {
	if how == blocked.Closed {
		w.forget()
		return
	}
	j, c := w.job()
	j.onLoop(c, func(c *Call) {
		if how == blocked.UnblockedE {
			c.fail("UNBLOCKED client unblocked via CLIENT UNBLOCK")
		} else {
			c.out.NullArray()
		}
	})
	w.ended()
	j.rest = w.rest
	j.finish()
	w.session.conn.Flush()
}

// nothingTaken is the number of elements left for a command that is answered
// otherwise.
const nothingTaken = -1

// begin is called when an attempt runs, perhaps again.
func (w *waiting) begin() {
	w.answered = false
	w.session.server.blocked.Begin(&w.Waiter)
}

// inVain reports whether a client that has blocked goes on waiting whatever the
// command says: a key of another type is an error when it is sent, and of no
// interest later.
func (w *waiting) inVain(c *Call) bool {
	if !w.again {
		return false
	}
	for i := range w.Keys {
		if c.key(i).Type() == w.Type {
			return false
		}
	}
	return true
}

// keep is called when an attempt is committed.
func (w *waiting) keep(changed []pg.Change) {
	if w.answered && w.left != nothingTaken {
		w.kept = true
		w.session.server.blocked.Served(&w.Waiter, w.key, w.left, changed)
	}
}

// attempted ends an attempt. It reports whether the command has its reply;
// otherwise the job has been given back.
func (w *waiting) attempted(j *job) bool {
	r := w.session.server.blocked
	if w.answered {
		if !w.kept {
			r.Leave(&w.Waiter)
		}
		w.ended()
		if w.rest.batch != nil {
			j.rest = w.rest
		}
		return true
	}
	if j.rest.batch != nil {
		w.rest, j.batch = j.rest, nil
	}
	codec.PutBuffer(j.recycle())
	w.again = true
	w.session.setSeen(seenBlocked, true)
	if !r.Settle(&w.Waiter) {
		w.forget()
	}
	return false
}

// mayWait is for claims: the command waits for its first claims, of the keys that
// stand from an argument on, if they hold nothing. The error reply to a wrong
// timeout has been given if ok is false.
func (c *Call) mayWait(timeout []byte, from, keys int) (ok bool) {
	ms, fail := parseTimeout(timeout)
	if fail != "" {
		c.fail(fail)
		return false
	}
	c.timeoutMs, c.firstKey, c.waitKeys = ms, from, keys
	return true
}

// parseTimeout reads a timeout in seconds. It returns the error reply, or "".
func parseTimeout(arg []byte) (ms int64, fail string) {
	l, ok := number.ParseLongDouble(arg)
	if !ok {
		return 0, "ERR timeout is not a float or out of range"
	}
	ms, ok = l.Milli()
	switch {
	case ms < 0:
		return 0, "ERR timeout is negative"
	case !ok || ms > math.MaxInt64-time.Now().UnixMilli():
		return 0, "ERR timeout is out of range"
	}
	return ms, ""
}

// waitMode is how a command that may block claims the keys that it takes from.
// Alone it holds what is there; take sees to it that what is absent stays so.
func (c *Call) waitMode(keys int) pg.Mode {
	if c.outermost() {
		return pg.ModeUpdate
	}
	return takeMode(keys)
}

// outermost reports whether the call is not part of a transaction or script.
func (c *Call) outermost() bool {
	return c.script == nil && c == &c.job.calls[len(c.job.calls)-1]
}

// take reports whether something may be removed from the key of a claim. The
// keys before it have been found empty, and have to stay so until the commit. left
// is how many elements will be left.
func (c *Call) take(i int, left int64) bool {
	w := c.job.waiting
	if w == nil {
		return true
	}
	for _, before := range c.claimed()[:i] {
		c.tx.Hold(before.DB, before.Name, before.Hash)
	}
	if !c.server().blocked.May(&w.Waiter, i) {
		return false
	}
	w.key, w.left, w.answered = i, left, true
	return true
}

// nothing ends a command that has found nothing to take. One that does not wait
// answers null.
func (c *Call) nothing(null func()) {
	if c.job.waiting == nil {
		null()
	}
}

// clientUnblock ends the wait of another client.
func clientUnblock(c *Call) {
	how := blocked.Unblocked
	switch {
	case len(c.args) > 4:
		c.fail("ERR unknown subcommand or wrong number of arguments for '" + cText(c.args[1]) + "'. Try CLIENT HELP.")
		return
	case len(c.args) < 4 || isWord(c.args[3], "timeout"):
	case isWord(c.args[3], "error"):
		how = blocked.UnblockedE
	default:
		c.fail("ERR CLIENT UNBLOCK reason should be TIMEOUT or ERROR")
		return
	}
	id, ok := number.ParseInt64(c.args[2])
	if !ok {
		c.fail(errNotInteger)
		return
	}
	if s := c.server().clients.get(id); s != nil {
		if w := s.waiting.Load(); w != nil && c.server().blocked.Unblock(&w.Waiter, how) {
			c.out.Int(1)
			return
		}
	}
	c.out.Int(0)
}
