package commands

import (
	"strings"
	"sync"

	"github.com/mnorrsken/postkeys/commands/settings"
	"github.com/mnorrsken/postkeys/commands/spec"
	"github.com/mnorrsken/postkeys/pg"
)

// How a transaction comes about:
//
//  1. MULTI opens it. From then on admit queues commands that have passed the
//     gates, with their arguments, and answers QUEUED. One that does not pass
//     breaks the transaction.
//  2. EXEC (exec.go) claims the keys of all queued commands and is one item of
//     the engine: they are loaded, run, written and committed together, or run
//     again together.
//  3. WATCH notes the versions of keys as they are (pg.Version). EXEC loads
//     them again, with their keys locked, and runs nothing if one has changed.
//     So it works across nodes, and nobody has to be told of writes.
//
// Arguments belong to the batch that they came in. A transaction that is in one
// batch as a whole borrows them; what is still queued when its batch ends is
// copied.

// transaction is what MULTI and WATCH have begun on a session.
type transaction struct {
	open   bool // MULTI was given
	broken bool // a command was refused: EXEC will fail
	queued []queuedCommand
	// borrowed is the first queued command whose arguments belong to the batch
	// at hand.
	borrowed int
	flags    spec.Flag // of all queued commands
	bytes    int       // size of the arguments
	watched  []watched
}

// queuedCommand waits for EXEC. It has passed the gates.
type queuedCommand struct {
	spec *spec.Spec
	args [][]byte
}

// watched is a key and its version at the time of WATCH.
type watched struct {
	db      int
	name    []byte
	version pg.Version
}

var transactionBindings = []binding{
	{name: "multi", local: multi},
	{name: "discard", local: discard},
	{name: "watch", claim: claimWatch, run: watch, alone: true},
	{name: "unwatch", local: unwatch},
	{name: "exec", claim: claimExec, run: exec, quiet: true},
}

// Commands that are not queued, and those that the gates know.
var (
	execSpec    = spec.ByName([]byte("exec"))
	selectSpec  = spec.ByName([]byte("select"))
	helloSpec   = spec.ByName([]byte("hello"))
	discardSpec = spec.ByName([]byte("discard"))
	quitSpec    = spec.ByName([]byte("quit"))
	resetSpec   = spec.ByName([]byte("reset"))
	unqueued    = [...]*spec.Spec{execSpec, discardSpec, quitSpec, resetSpec, spec.ByName([]byte("multi")), spec.ByName([]byte("watch"))}
)

func (s *Session) inMulti() bool { return s.transaction != nil && s.transaction.open }

// flagsOf returns what a command may do: EXEC does what is queued, and EVAL what
// its script says.
func (s *Session) flagsOf(sp *spec.Spec, args [][]byte) spec.Flag {
	switch {
	case sp == execSpec && s.inMulti():
		return sp.Flags | s.transaction.flags
	case sp.Group == scriptingGroup && sp.Parent == nil && len(args) > 1:
		return s.programFlags(sp, args)
	}
	return sp.Flags
}

const scriptingGroup = "scripting"

// begun returns the session's transaction, a new one if there is none.
func (s *Session) begun() *transaction {
	if s.transaction == nil {
		s.transaction = transactionPool.Get().(*transaction)
	}
	return s.transaction
}

// transactionRejects notes that the gates have refused a command, which is nil
// if it is unknown, and returns the error to answer with.
func (s *Session) transactionRejects(sp *spec.Spec, text string) string {
	switch {
	case sp == execSpec: // without MULTI too
		s.endTransaction()
		return "EXECABORT Transaction discarded because of: " + strings.TrimPrefix(text, "ERR ")
	case s.inMulti():
		s.transaction.broken = true
	}
	return text
}

// endTransaction forgets what is queued and watched.
func (s *Session) endTransaction() {
	if t := s.takeTransaction(); t != nil {
		t.release()
	}
}

// takeTransaction ends the session's transaction and returns it, for the caller
// to release.
func (s *Session) takeTransaction() *transaction {
	t := s.transaction
	s.transaction = nil
	s.setQueued(-1)
	return t
}

var transactionPool = sync.Pool{New: func() any { return new(transaction) }}

// release gives the transaction back. What it had queued may be used on; the list
// of watched keys is not used again.
func (t *transaction) release() {
	queued := t.queued
	if cap(queued) > longTransaction {
		queued = nil
	}
	clear(queued)
	*t = transaction{queued: queued[:0]}
	transactionPool.Put(t)
}

// queues reports whether a command is to be queued.
func (s *Session) queues(sp *spec.Spec) bool {
	if !s.inMulti() {
		return false
	}
	for _, u := range unqueued {
		if sp == u {
			return false
		}
	}
	return true
}

// queue takes a command up. What a broken transaction would do does not matter.
func (s *Session) queue(c *Call) {
	t := s.transaction
	c.uncounted = true
	c.out.Simple("QUEUED")
	if t.broken {
		return
	}
	t.queued = append(t.queued, queuedCommand{c.spec, c.args})
	t.flags |= s.flagsOf(c.spec, c.args)
	for _, arg := range c.args {
		t.bytes += len(arg)
	}
	s.setQueued(len(t.queued))
	if int64(t.bytes) > s.server.settings.Int(settings.ClientQueryBufferLimit) {
		s.server.log.Warn("A client queued more than client-query-buffer-limit in a transaction and is disconnected.", "client_id", s.conn.ID())
		s.closing = true
		s.endTransaction()
		s.conn.Close()
	}
}

// keepQueued copies what is queued out of the batch that has just been
// admitted, unless more of it is to come.
func (s *Session) keepQueued(j *job) {
	t := s.transaction
	if t == nil || j.rest.batch != nil {
		return
	}
	for i := t.borrowed; i < len(t.queued); i++ {
		t.queued[i].args = copyArgs(t.queued[i].args)
	}
	t.borrowed = len(t.queued)
}

func multi(c *Call) {
	t := c.session().begun()
	if t.open {
		c.fail("ERR MULTI calls can not be nested")
		return
	}
	t.open = true
	c.session().setQueued(0)
	c.out.OK()
}

func discard(c *Call) {
	if !c.session().inMulti() {
		c.fail("ERR DISCARD without MULTI")
		return
	}
	c.session().endTransaction()
	c.out.OK()
}

// unwatch in a transaction comes too late, as in Redis: EXEC has forgotten the
// keys by then.
func unwatch(c *Call) {
	if t := c.session().transaction; t != nil {
		t.watched = nil
	}
	c.out.OK()
}

func claimWatch(c *Call) {
	if c.session().inMulti() {
		c.fail("ERR WATCH inside MULTI is not allowed")
		return
	}
	for _, name := range c.args[1:] {
		c.claimVersion(c.db, name)
	}
}

// claimVersion claims a key for its version alone.
func (c *Call) claimVersion(db int, name []byte) {
	c.claimIn(db, name, pg.ModeRead, pg.PartHeader)
	c.task.Claims[len(c.task.Claims)-1].Version = true
}

func watch(c *Call) error {
	c.out.OK()
	c.afterCommit(func(c *Call) {
		t := c.session().begun()
		for i, name := range c.args[1:] {
			if !t.watches(c.db, name) {
				t.watched = append(t.watched, watched{c.db, append([]byte{}, name...), c.key(i).Version()})
			}
		}
	})
	return nil
}

// watches reports whether a key is watched already: its first version counts.
func (t *transaction) watches(db int, name []byte) bool {
	for i := range t.watched {
		if t.watched[i].db == db && string(t.watched[i].name) == string(name) {
			return true
		}
	}
	return false
}
