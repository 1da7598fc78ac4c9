package commands

import (
	"crypto/sha1" //nolint:gosec // SHA1 is how Redis names scripts
	"encoding/hex"

	"github.com/mnorrsken/postkeys/commands/engine"
	"github.com/mnorrsken/postkeys/commands/number"
	"github.com/mnorrsken/postkeys/commands/spec"
	"github.com/mnorrsken/postkeys/lua"
	"github.com/mnorrsken/postkeys/pg"
)

// How a script runs:
//
//  1. EVAL and EVALSHA claim the keys that they are given, with their values, as
//     a transaction does, and share rounds with other commands. One whose
//     script took long when it last ran has a round of its own.
//  2. On a worker, lua runs the script and calls scriptRun.Call for each
//     redis.call: a command like any other, on the working set of the unit. Keys
//     that were not declared are loaded when they are used.
//  3. If the script takes too long for those who share its round, the round goes
//     on without it (scriptwatch.go). Nothing of it is committed until it ends.
//
// Package lua owns the language, this package what commands mean.
var scriptBindings = []binding{
	{name: "eval", claim: func(c *Call) { claimEval(c, false) }, run: runEval, quiet: true},
	{name: "eval_ro", claim: func(c *Call) { claimEval(c, true) }, run: runEval, quiet: true},
	{name: "evalsha", claim: func(c *Call) { claimEvalSHA(c, false) }, run: runEval, quiet: true},
	{name: "evalsha_ro", claim: func(c *Call) { claimEvalSHA(c, true) }, run: runEval, quiet: true},
}

const (
	errNoScript     = "NOSCRIPT No matching script. Please use EVAL."
	errWritesRO     = "ERR Can not execute a script with write flag using *_ro command."
	errTooManyKeys  = "ERR Number of keys can't be greater than number of args"
	errNegativeKeys = "ERR Number of keys can't be negative"
)

// program is what a call of EVAL, FCALL and their like is about to run.
type program struct {
	// keys and args are what the script is given.
	keys, args [][]byte
	// readOnly: its commands may not write.
	readOnly bool
	// outOfMemory: the memory was used up when the command came.
	outOfMemory bool

	// For scripts: the digest, the source if it was given, and the script once
	// it is known.
	digest scriptDigest
	body   []byte
	script *cachedScript
	// keep: PostgreSQL may not have the script.
	keep bool
	// function is what FCALL names, and wrong the error in its other arguments,
	// which counts only if there is such a function.
	function, wrong string
	// ended is why it was ended, and is not to run again.
	ended error
}

// parseProgram splits the arguments behind the name. It returns the error reply,
// or "".
func (c *Call) parseProgram(readOnly bool) (p *program, fail string) {
	n, ok := number.ParseInt64(c.args[2])
	switch {
	case !ok:
		return nil, errNotInteger
	case n > int64(len(c.args)-3):
		return nil, errTooManyKeys
	case n < 0:
		return nil, errNegativeKeys
	}
	return &program{keys: c.args[3 : 3+n], args: c.args[3+n:], readOnly: readOnly, outOfMemory: c.server().memory.exceeded.Load()}, ""
}

func claimEval(c *Call, readOnly bool) {
	p, fail := c.parseProgram(readOnly)
	if fail != "" {
		c.fail(fail)
		return
	}
	p.body = c.args[1]
	p.digest = sha1.Sum(p.body) //nolint:gosec // SHA1 is how Redis names scripts
	p.script = c.server().scripts.get(p.digest)
	if p.script == nil && len(p.body) <= maxCompiledOnLoop {
		if fail := c.server().compile(p); fail != "" {
			c.fail(fail)
			return
		}
	}
	c.claimScript(p)
}

// maxCompiledOnLoop is how long a script may be that an event loop compiles.
const maxCompiledOnLoop = 16 << 10

func claimEvalSHA(c *Call, readOnly bool) {
	d, known := parseDigest(c.args[1])
	if len(c.args[1]) != hex.EncodedLen(len(d)) {
		c.fail(errNoScript)
		return
	}
	p, fail := c.parseProgram(readOnly)
	if fail != "" {
		c.fail(fail)
		return
	}
	if !known {
		c.fail(errNoScript)
		return
	}
	p.digest = d
	p.script = c.server().scripts.get(p.digest)
	c.claimScript(p)
}

// compile makes a script of the source and remembers it. It returns the error
// reply, or "".
func (s *Server) compile(p *program) (fail string) {
	script, err := s.lua.Compile(append([]byte{}, p.body...))
	if err != nil {
		return err.Error()
	}
	p.script = s.scripts.put(&cachedScript{Script: script, digest: p.digest})
	return ""
}

// claimProgram claims the keys of a script or function. reads says that it
// writes nothing. What it reads decides on what it writes, and has to be so when it
// takes effect; with a single key there is nothing else to decide on, unless it
// uses more than it was given: scriptRun sees to it.
func (c *Call) claimProgram(p *program, reads bool) {
	c.program = p
	mode := pg.ModeStable
	switch {
	case reads:
		mode = pg.ModeRead
		c.task.Snapshot = true
	case len(p.keys) == 1:
		mode = pg.ModeUpdate
	}
	for _, name := range p.keys {
		c.claim(name, mode, pg.PartValue)
	}
	if mode != pg.ModeRead {
		c.writesWithoutKeys() // there may be none, and the script may write all the same
	}
	c.task.Epochs = true
}

// claimScript claims the keys of a script.
func (c *Call) claimScript(p *program) {
	s := p.script
	if s == nil {
		c.claimProgram(p, false)
		return
	}
	c.claimProgram(p, s.kept.Load() && p.reads(s.Flags()))
	if s.slow.Load() {
		c.task.Lane = engine.Slow
	}
}

// reads reports whether a program with these flags writes nothing.
func (p *program) reads(flags lua.Flags) bool { return p.readOnly || flags&lua.NoWrites != 0 }

// runEval serves EVAL, EVALSHA and their _RO forms.
func runEval(c *Call) error {
	p := c.program
	if fail, err := c.findScript(p); fail != "" || err != nil {
		if fail != "" {
			c.fail(fail)
		}
		return err
	}
	s := p.script
	if s.HasShebang() {
		if fail := c.mayRun(p, s.Flags()); fail != "" {
			c.fail(fail)
			return nil
		}
	}
	started := c.server().scriptClock()
	err := c.runProgram(p, s.HasShebang(), s.Flags(), func(inv *lua.Invocation) error {
		return c.server().lua.Run(s.Script, inv)
	})
	s.slow.Store(c.server().scriptClock()-started > slowScript)
	if err == nil && p.keep {
		// Behind the run, so that no lock is held for its time.
		return c.keepScript(s)
	}
	return err
}

// findScript makes sure that the script of a call is known, here and, by the
// end of the unit, in PostgreSQL. It returns the error reply, or "".
func (c *Call) findScript(p *program) (fail string, err error) {
	cache := &c.server().scripts
	epochs, err := c.tx.ScriptEpochs()
	if err != nil {
		return "", err
	}
	// A unit that has flushed the scripts itself cannot believe what is
	// remembered, and nobody else is to hear of it before the commit.
	flushed := c.tx.OwnEpochs()
	p.script = nil
	if !flushed {
		cache.reach(epochs.Scripts)
		p.script = cache.get(p.digest)
	}
	if p.script == nil && p.body == nil {
		if p.body, err = c.tx.Script(p.digest[:]); err != nil {
			return "", err
		}
		if p.body == nil {
			return errNoScript, nil
		}
		if fail = c.server().compile(p); fail == "" {
			p.script.kept.Store(true)
		}
		p.body = nil
		return fail, nil
	}
	if p.script == nil {
		if fail = c.server().compile(p); fail != "" {
			return fail, nil
		}
	}
	p.keep = flushed || !p.script.kept.Load()
	return "", nil
}

// keepScript gives PostgreSQL a script that EVAL has brought.
func (c *Call) keepScript(s *cachedScript) error {
	if c.task.Snapshot {
		return nil // a unit that only reads leaves it to the next
	}
	if err := c.tx.KeepScript(s.digest[:], s.Body(), false); err != nil {
		return err
	}
	if c.server().scriptsKept.Add(1)%forgetEvery == 0 {
		if err := c.tx.ForgetScripts(); err != nil {
			return err
		}
	}
	c.afterCommit(func(*Call) { s.kept.Store(true) })
	return nil
}

// forgetEvery is how many scripts a node adds between two times that it removes
// the oldest.
const forgetEvery = 100

// mayRun says what keeps a script with flags from running, or "".
func (c *Call) mayRun(p *program, flags lua.Flags) string {
	writes := flags&lua.NoWrites == 0
	switch {
	case writes && p.readOnly:
		return errWritesRO
	case writes && c.session().lacksReplicas():
		return errNoReplicas
	case p.outOfMemory && flags&(lua.AllowOOM|lua.NoWrites) == 0:
		return errScriptOOM
	}
	return ""
}

// programFlags returns the flags of the command that a script or function makes
// of EVAL or FCALL, if they are known.
func (s *Session) programFlags(sp *spec.Spec, args [][]byte) spec.Flag {
	var script *cachedScript
	switch sp.Name {
	case "fcall", "fcall_ro":
		set := s.server.functions.get()
		if set == nil {
			return sp.Flags
		}
		if f, ok := set.function(string(args[1])); ok {
			return flagsOfProgram(sp, f.flags)
		}
	case "eval", "eval_ro":
		p := &program{body: args[1], digest: sha1.Sum(args[1])} //nolint:gosec // SHA1 is how Redis names scripts
		if script = s.server.scripts.get(p.digest); script == nil && len(p.body) <= maxCompiledOnLoop && s.server.compile(p) == "" {
			script = p.script
		}
	case "evalsha", "evalsha_ro":
		if d, ok := parseDigest(args[1]); ok {
			script = s.server.scripts.get(d)
		}
	}
	if script == nil || !script.HasShebang() {
		return sp.Flags
	}
	return flagsOfProgram(sp, script.Flags())
}

func flagsOfProgram(sp *spec.Spec, declared lua.Flags) spec.Flag {
	flags := sp.Flags &^ (spec.MayReplicate | spec.DenyOOM)
	if declared&(lua.AllowOOM|lua.NoWrites) == 0 {
		flags |= spec.DenyOOM
	}
	if declared&lua.NoWrites == 0 {
		flags |= spec.Write
	}
	return flags
}
