package commands

import (
	"github.com/mnorrsken/postkeys/commands/engine"
	"github.com/mnorrsken/postkeys/commands/settings"
	"github.com/mnorrsken/postkeys/commands/spec"
	"github.com/mnorrsken/postkeys/pg"
)

// admit takes one command through the gates, in Redis' order. What passes and
// needs no storage has its reply when admit returns; what needs storage is
// part of the job's task. It reports false for a command that has to wait, for
// the end of a pause or of the job, or because one that has to be alone is next
// to it: it is as if it had not been sent yet.
func (s *Session) admit(j *job, args [][]byte) bool {
	if j.alone {
		j.rest = parked{session: s, batch: j.batch, next: j.calls[0].spec}
		return false
	}
	sp, _ := spec.Lookup(args)
	if sp == nil && isHTTP(args[0]) {
		s.abandon(j)
		return true
	}
	reply := s.reply
	c := j.add(sp, nil, args)
	if text := s.gate(c); text != "" {
		text = s.transactionRejects(sp, text)
		j.onLoop(c, func(c *Call) { c.reject(text) })
		return true
	}
	b, flags, paused := bindings[sp.ID], spec.Flag(0), false
	if s.server.pause.active() {
		flags = s.flagsOf(sp, args)
		paused = s.server.pause.holds(flags)
	}
	ordered, alone := b.ordered, b.alone || b.waitsFor != pg.TypeNone
	queued := s.queues(sp)
	switch {
	case queued:
		ordered, alone = false, false
	case sp == execSpec:
		alone = s.transaction.runsApart()
	}
	if paused || (ordered || alone) && len(j.calls) > 1 {
		j.calls = j.calls[:len(j.calls)-1]
		j.rest = parked{session: s, batch: j.batch, next: sp, flags: flags, paused: paused}
		s.reply = reply
		return false
	}
	j.alone = alone
	if queued {
		j.onLoop(c, s.queue)
		return true
	}
	if b.local != nil {
		j.onLoop(c, b.local)
		return true
	}
	if sp == getSpec && s.mayServeCached() && s.serveCached(j, c) {
		return true
	}
	s.claim(j, c, b)
	return true
}

// gate returns the error that keeps a command from running, or "".
func (s *Session) gate(c *Call) string {
	switch {
	case c.spec == nil && s.inMulti() && spec.UnsupportedFlags(c.args)&spec.NoMulti != 0:
		return errNotInMulti
	case c.spec == nil:
		return spec.UnknownError(c.args)
	case !c.spec.ArityOK(len(c.args)):
		return spec.WrongArityError(c.spec)
	case c.spec.Flags&spec.Protected != 0 && !s.mayUseProtected():
		return errDebugNotAllowed
	case c.spec.Flags&spec.NoAuth == 0 && s.mustLogIn():
		return errNoAuth
	case c.spec.Flags&spec.NoMulti != 0 && s.inMulti():
		return errNotInMulti
	case bindings[c.spec.ID] == nil:
		return "ERR command '" + c.spec.Name + "' is not supported by postkeys"
	case s.outOfMemory(c):
		return errOOM
	case s.lacksReplicas() && s.flagsOf(c.spec, c.args)&spec.Write != 0:
		return errNoReplicas
	case s.subscribed() && !s.resp3 && !bindings[c.spec.ID].whileSubscribed:
		return "ERR Can't execute '" + c.spec.Name + "': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET " +
			"are allowed in this context"
	case !s.server.ready.Load() && c.spec.Flags&spec.Loading == 0:
		return errLoading
	}
	return s.server.scriptWatch.refuses(c.spec)
}

// mayUseProtected reports whether enable-debug-command lets this client use
// DEBUG.
func (s *Session) mayUseProtected() bool {
	return settings.Allowed(s.server.settings.Text(settings.EnableDebugCommand), s.conn.Loopback())
}

// lacksReplicas reports whether writes wait for replicas, of which there are
// none: PostgreSQL's are its own affair (synchronous_standby_names).
func (s *Session) lacksReplicas() bool {
	v := s.server.settings.Values()
	return v.Int(settings.MinReplicasToWrite) > 0 && v.Int(settings.MinReplicasMaxLag) > 0
}

// reject answers a command that did not get through the gates.
func (c *Call) reject(text string) {
	c.rejected = true
	c.fail(text)
}

// claim makes a storage command part of the job's task.
func (s *Session) claim(j *job, c *Call, b *binding) {
	c.bind, c.quiet = b, b.quiet || s.seen.Load()&seenNoTouch != 0
	c.out = &j.early
	c.out.RESP3 = c.resp3
	c.earlyFrom = len(j.early.Buf)
	if b.claim != nil {
		b.claim(c)
		c.noteRead()
	}
	if len(j.early.Buf) > c.earlyFrom { // answered without storage, often with an error
		reply := append([]byte(nil), j.early.Buf[c.earlyFrom:]...)
		j.early.Buf = j.early.Buf[:c.earlyFrom]
		j.onLoop(c, func(c *Call) { c.out.Raw(reply) })
		return
	}
	if b.slow {
		j.task.Lane = engine.Slow
	}
	j.task.Items = len(j.calls)
	if b.waitsFor != pg.TypeNone {
		s.await(j, c)
	}
}
