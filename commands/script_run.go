package commands

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/mnorrsken/postkeys/codec"
	"github.com/mnorrsken/postkeys/commands/engine"
	"github.com/mnorrsken/postkeys/commands/spec"
	"github.com/mnorrsken/postkeys/lua"
	"github.com/mnorrsken/postkeys/pg"
)

// Error replies to commands of scripts.
const (
	errScriptUnknown    = "ERR Unknown Redis command called from script"
	errScriptArity      = "ERR Wrong number of args calling Redis command from script"
	errScriptNotAllowed = "ERR This Redis command is not allowed from script"
	errScriptReadOnly   = "ERR Write commands are not allowed from read-only scripts."
)

// scriptRun is one run of a script or function: the server as it sees it.
type scriptRun struct {
	call    *Call // EVAL, FCALL or the like
	program *program
	db      int // SELECT in a script is the script's own
	// readOnly: commands may not write.
	readOnly bool
	// lean: commands that may use more memory are refused until one has written.
	lean bool

	// control stops the run.
	control lua.Control
	// entry is how scriptWatch lists the run.
	entry runningScript
	// inv is what package lua is given.
	inv lua.Invocation
	// task has the claims of the command at hand.
	task engine.Task
	out  codec.Encoder
}

// runProgram runs a script or function with run, which hands the invocation to
// package lua.
func (c *Call) runProgram(p *program, flagged bool, flags lua.Flags, run func(*lua.Invocation) error) error {
	if p.ended != nil {
		return p.ended
	}
	r := &scriptRun{
		call: c, program: p, db: c.db,
		readOnly: p.readOnly || flagged && flags&lua.NoWrites != 0,
		lean:     p.outOfMemory && (!flagged || flags&lua.AllowOOM == 0),
	}
	r.inv = lua.Invocation{Keys: p.keys, Args: p.args, Caller: r, Out: c.out, Control: &r.control}
	start := len(c.out.Buf)
	watch := &c.server().scriptWatch
	r.entry = runningScript{call: c, control: &r.control, shared: c.task.Shared()}
	watch.begin(&r.entry)
	err := run(&r.inv)
	watch.end(&r.entry)
	c.out.RESP3 = c.resp3
	switch {
	case errors.Is(err, errExpelled):
		return c.task.Expel()
	case errors.Is(err, errScriptTime), errors.Is(err, errScriptStopped):
		p.ended = err
		return err
	case err != nil:
		return err
	}
	if r.inv.Failed {
		c.failed, c.failure = true, errorText(c.out.Buf[start:])
		c.counted = r.inv.ErrorCounted
	}
	return nil
}

// errorText is the text of an error reply.
func errorText(reply []byte) string {
	if len(reply) < len("-\r\n") {
		return ""
	}
	return string(reply[1 : len(reply)-2])
}

// Call implements lua.Caller: redis.call.
func (r *scriptRun) Call(args [][]byte, resp3 bool) ([]byte, error) {
	r.out.Buf, r.out.RESP3 = r.out.Buf[:0], resp3
	sub := Call{job: r.call.job, args: args, db: r.db, script: r, task: &r.task, resp3: resp3, out: &r.out}
	if cap(r.out.Buf) > maxKeptReply {
		r.out.Buf = nil
	}
	started := r.call.server().scriptClock()
	err := r.serve(&sub)
	r.call.job.countScripted(&sub, r.call.server().scriptClock()-started)
	r.noteScripted(&sub)
	return r.out.Buf, err
}

// maxKeptReply is how large a buffer for replies a run keeps.
const maxKeptReply = 1 << 20

// serve takes a command through the gates of scripts, claims its keys and runs
// it.
func (r *scriptRun) serve(c *Call) error {
	c.spec, _ = spec.Lookup(c.args)
	if fail := r.gate(c); fail != "" {
		c.reject(fail)
		return nil
	}
	c.bind = bindings[c.spec.ID]
	c.quiet = c.bind.quiet || c.session().seen.Load()&seenNoTouch != 0
	if c.bind.local != nil {
		c.bind.local(c)
		return nil
	}
	r.task.Claims, r.task.Lane = r.task.Claims[:0], engine.Read
	if c.bind.claim != nil {
		c.bind.claim(c)
		if len(r.out.Buf) > 0 {
			return nil
		}
		c.noteScriptRead()
	}
	if c.spec.Flags&spec.Write != 0 && !r.control.MarkWrote() {
		c.fail("ERR the script was killed")
		return nil
	}
	r.holdTogether(c)
	if err := r.task.Demand(r.call.tx, 0, c.claims); err != nil {
		return err
	}
	return c.perform(r.call.tx, &r.out)
}

// gate returns the error that keeps a command from running in a script, or "".
func (r *scriptRun) gate(c *Call) string {
	switch {
	case c.spec == nil:
		switch {
		case spec.UnsupportedFlags(c.args)&spec.NoScript != 0 && !c.server().debugInScripts.Load():
			return errScriptNotAllowed
		case spec.IsUnsupported(c.args):
			return spec.UnknownError(c.args)
		}
		return errScriptUnknown
	case !c.spec.ArityOK(len(c.args)):
		return errScriptArity
	case c.spec.Flags&spec.NoScript != 0 && !c.debugInScript():
		return errScriptNotAllowed
	case bindings[c.spec.ID] == nil, bindings[c.spec.ID].alone:
		return "ERR command '" + c.spec.Name + "' is not supported by postkeys inside a transaction or script"
	case c.spec.Flags&(spec.Write|spec.MayReplicate) != 0 && r.readOnly:
		return errScriptReadOnly
	case c.spec.Flags&spec.Write != 0 && c.session().lacksReplicas():
		return errNoReplicas
	case r.lean && c.spec.Flags&spec.DenyOOM != 0 && !r.control.Wrote():
		return errOOM
	}
	return ""
}

// sleep holds the script back, unless it is stopped.
func (r *scriptRun) sleep(d time.Duration) {
	for end := time.Now().Add(d); !r.control.Stopped() && time.Now().Before(end); {
		<-time.After(min(time.Until(end), watchEvery))
	}
}

// holdTogether strengthens the claims of a command of the script: what a script
// reads decides on what it writes.
func (r *scriptRun) holdTogether(c *Call) {
	if r.call.task.Snapshot && r.readOnly {
		return
	}
	claims, given := c.claimed(), r.call.claimed()
	for i := range claims {
		mode := pg.ModeStable
		if len(given) == 1 {
			if claims[i].Hash == given[0].Hash && given[0].Mode == pg.ModeUpdate {
				mode = pg.ModeUpdate
			} else {
				r.call.tx.Hold(given[0].DB, given[0].Name, given[0].Hash)
			}
		}
		if r.call.tx.Overwritten(claims[i].DB, claims[i].Name, claims[i].Hash) {
			mode = pg.ModeUpdate // as the script made it, with an expiry that the clock has not reached
		}
		if claims[i].Mode != pg.ModeBlind {
			claims[i].Mode = max(claims[i].Mode, mode)
		}
	}
}

// retryWriting has the unit run again with keys claimed for more than reading.
func (c *Call) retryWriting() error {
	for i := range c.claimed() {
		c.claimed()[i].Mode = pg.ModeStable
	}
	c.task.Snapshot = false
	return &pg.Error{Kind: pg.KindRetry, Err: errors.New("a function does more than it was known to do")}
}

// CheckACL implements lua.Caller. There is one user, who may do everything.
func (r *scriptRun) CheckACL(args [][]byte) (allowed, known bool) {
	s, _ := spec.Lookup(args)
	return s != nil, s != nil
}

// Log implements lua.Caller: redis.log.
func (r *scriptRun) Log(level lua.Level, message string) {
	r.call.server().logScript(level, message)
}

// logScript passes a message of redis.log on.
func (s *Server) logScript(level lua.Level, message string) {
	levels := [...]slog.Level{lua.LogDebug: slog.LevelDebug, lua.LogVerbose: slog.LevelDebug, lua.LogNotice: slog.LevelInfo, lua.LogWarning: slog.LevelWarn}
	s.log.Log(context.Background(), levels[level], "A script logs.", "message", message)
}
