package commands

import (
	"github.com/mnorrsken/postkeys/codec"
	"github.com/mnorrsken/postkeys/commands/engine"
	"github.com/mnorrsken/postkeys/commands/spec"
	"github.com/mnorrsken/postkeys/pg"
)

// Call is one command of a batch. Handlers read its arguments and write its
// reply; everything in it is valid until the batch is answered.
type Call struct {
	job  *job
	spec *spec.Spec
	bind *binding // nil: the reply was written on the loop and is in job.early
	args [][]byte
	db   int

	task *engine.Task // holds the claims
	item int          // the place in the task
	// For EXEC, the commands that it runs, in job.nested, and the keys watched,
	// which are its first claims.
	firstNested, nested int
	watched             []watched
	// For EVAL, FCALL and their like, what they run.
	program *program
	// script is the run that the command is part of, nil outside of scripts.
	script *scriptRun
	// answer is the reply of a nested command that needs no storage.
	answer []byte

	resp3  bool
	mute   bool // CLIENT REPLY: run it, but do not answer
	failed bool // the reply is an error
	// failure is the text of the error.
	failure string
	// counted: the error was counted where it came from
	counted bool
	// quiet: the keys do not count as used
	quiet bool
	// rejected: it did not get through the gates
	rejected bool
	// uncounted: it did not run, and was not rejected either
	uncounted bool
	// tracked: its keys were entered in the table of clients with copies.
	tracked bool

	// token is the place of its token in job.cached, counted from 1; 0: the value
	// that it reads is not for the cache.
	token int
	// For commands that may block: for how long, 0 for ever, and which arguments
	// are the keys that they wait for.
	timeoutMs          int64
	firstKey, waitKeys int

	firstClaim, claims  int // in task.Claims
	earlyFrom, earlyEnd int // in job.early
	size                int // of the reply, in bytes

	// out takes the reply, in the protocol that the client spoke when it sent
	// the command.
	out *codec.Encoder
	// tx is the unit of work that the command is part of, while run runs.
	tx *pg.Tx
}

// session is the session that sent the command. Handlers on a worker MUST NOT
// change it.
func (c *Call) session() *Session { return c.job.session }

// server is the server of the session.
func (c *Call) server() *Server { return c.job.session.server }

// claim says that the command uses a key.
func (c *Call) claim(name []byte, mode pg.Mode, part pg.Part) {
	c.claimIn(c.db, name, mode, part)
}

// claimIn is claim for a key of another database index.
func (c *Call) claimIn(db int, name []byte, mode pg.Mode, part pg.Part) {
	t := c.task
	if mode == pg.ModeBlind && c.server().looksBeforeWrites() {
		mode = pg.ModeUpdate
	}
	if mode != pg.ModeRead {
		c.job.writes = true
	} else if c.claims > 0 {
		c.job.readsMany = true
	}
	t.Claims = append(t.Claims, engine.Claim{
		DB: db, Name: name, Hash: pg.HashKey(db, name), Item: c.item, Mode: mode, Part: part,
	})
	t.Lane = laneOf(t.Lane, mode)
	c.claims++
}

func (c *Call) claimAll(from, step int, mode pg.Mode, part pg.Part) {
	for i := from; i < len(c.args); i += step {
		c.claim(c.args[i], mode, part)
	}
}

// claimed returns the claims of the command.
func (c *Call) claimed() []engine.Claim { return c.task.Claims[c.firstClaim : c.firstClaim+c.claims] }

// key returns the i-th key that the command claimed.
func (c *Call) key(i int) *pg.Entry { return c.task.Claims[c.firstClaim+i].Entry() }

// isString reports whether a key is a string or absent, and answers WRONGTYPE
// if it is neither.
func (c *Call) isString(e *pg.Entry) bool {
	if e.Exists() && e.Type() != pg.TypeString {
		c.fail(errWrongType)
		return false
	}
	return true
}

// wrongArity answers that the number of arguments is wrong, for commands that
// know better than the table.
func (c *Call) wrongArity() { c.fail(spec.WrongArityError(c.spec)) }

// fail answers with an error, given with its code.
func (c *Call) fail(text string) {
	c.failed, c.failure = true, text
	c.out.Error(text)
}
