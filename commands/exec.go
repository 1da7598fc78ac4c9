package commands

import (
	"github.com/mnorrsken/postkeys/codec"
	"github.com/mnorrsken/postkeys/commands/engine"
	"github.com/mnorrsken/postkeys/commands/spec"
	"github.com/mnorrsken/postkeys/pg"
)

// longTransaction is how many commands a transaction may have and still share
// a round with strangers.
const longTransaction = 512

// postponed is what runs once the unit of work is committed. It runs once,
// while the session is the job's.
type postponed struct {
	call *Call
	run  func(c *Call)
	// at is where in job.out the reply belongs, below 0 if there is none.
	at int
}

// runsApart reports whether EXEC needs a job of its own: if commands are queued
// that have to do with the session or the whole server, which run when the
// transaction is committed, if keys are watched, or if a command looks at keys
// that it does not name, which needs a snapshot.
func (t *transaction) runsApart() bool {
	if t == nil || !t.open || t.broken {
		return false
	}
	if len(t.watched) > 0 {
		return true
	}
	for i := range t.queued {
		if b := bindings[t.queued[i].spec.ID]; b.local != nil || b.slow {
			return true
		}
	}
	return false
}

// claimExec ends the transaction and claims what its commands use.
func claimExec(c *Call) {
	s := c.session()
	if !s.inMulti() {
		c.fail("ERR EXEC without MULTI")
		return
	}
	t := s.takeTransaction()
	defer t.release()
	if t.broken {
		c.fail("EXECABORT Transaction discarded because of previous errors.")
		return
	}
	c.watched = t.watched
	for i := range c.watched {
		c.claimVersion(c.watched[i].db, c.watched[i].name)
	}
	c.nestAll(t.queued)
	stored := len(c.watched) > 0
	for i := range c.nestedCalls() {
		stored = stored || c.nestedCalls()[i].bind.local == nil
	}
	if !stored {
		c.execLocally()
		return
	}
	c.task.Bytes += t.bytes
	c.job.writes = c.job.writes || t.flags&spec.Write != 0
	c.holdTogether(t.flags)
}

// nestedCalls returns the commands of the transaction that the call executes.
func (c *Call) nestedCalls() []Call { return c.job.nested[c.firstNested : c.firstNested+c.nested] }

// nestAll makes calls of the queued commands, in the database index and
// protocol that those before them will have chosen.
func (c *Call) nestAll(queued []queuedCommand) {
	j, db, resp3 := c.job, c.db, c.resp3
	c.firstNested, c.nested = len(j.nested), len(queued)
	for _, q := range queued {
		j.nested = append(j.nested, Call{
			job: j, spec: q.spec, bind: bindings[q.spec.ID], args: q.args, db: db, task: c.task, item: c.item,
			resp3: resp3, mute: c.mute, firstClaim: len(c.task.Claims), uncounted: true,
		})
		sub := &j.nested[len(j.nested)-1]
		if sub.bind.local == nil {
			sub.claimNested()
			c.claims += sub.claims
			continue
		}
		switch {
		case q.spec == cachingSpec:
			c.session().nestCaching(q.args[2])
		case q.spec == selectSpec:
			if n, fail := sub.parseDB(q.args[1]); fail == "" {
				db = n
			}
		case q.spec == helloSpec && len(q.args) > 1:
			resp3 = string(q.args[1]) == "3"
		}
	}
	if len(queued) > longTransaction {
		c.task.Lane = engine.Slow
	}
}

// claimNested claims what a command uses that is part of another one. A reply
// that needs no storage is kept in answer.
func (c *Call) claimNested() {
	c.quiet = c.bind.quiet || c.session().seen.Load()&seenNoTouch != 0
	if c.bind.alone {
		c.refuseNested()
		return
	}
	if c.bind.claim != nil {
		out := &c.job.nestedOut
		out.Buf, out.RESP3 = out.Buf[:0], c.resp3
		c.out = out
		c.bind.claim(c)
		c.noteRead()
		c.answer = append([]byte(nil), out.Buf...)
	}
	if c.bind.slow && c.answer == nil {
		c.task.Lane = engine.Slow
	}
}

// refuseNested answers that the command takes a time of its own, during which
// keys cannot be held.
func (c *Call) refuseNested() {
	out := codec.Encoder{RESP3: c.resp3}
	c.out = &out
	c.fail("ERR command '" + c.spec.Name + "' is not supported by postkeys inside a transaction or script")
	c.answer = out.Buf
}

// execLocally runs a transaction of which nothing is stored.
func (c *Call) execLocally() {
	c.out.Array(c.nested)
	for i := range c.nestedCalls() {
		sub := &c.nestedCalls()[i]
		sub.uncounted = false
		sub.out = c.out
		sub.out.RESP3 = sub.resp3
		sub.bind.local(sub)
	}
}

// holdTogether strengthens the claims of a transaction so that all of it takes
// effect at one moment. What is only written needs nothing. What is read and
// decides, with other keys, on what is written must stay as it is until the
// commit, absent keys too: two transactions could each miss the other's write
// otherwise. If nothing is written, one state of the database is looked at.
func (c *Call) holdTogether(flags spec.Flag) {
	claims := c.claimed()
	writes, looks, several := flags&spec.Write != 0, c.task.Lane == engine.Slow, false
	for i := range claims {
		writes = writes || claims[i].Mode != pg.ModeRead
		looks = looks || claims[i].Mode != pg.ModeBlind
		several = several || claims[i].Hash != claims[0].Hash
	}
	switch {
	case !writes:
		c.task.Snapshot = c.task.Snapshot || several || c.task.Lane == engine.Slow
		c.job.readsMany = c.job.readsMany || several
	case looks:
		c.task.Snapshot = false
		mode := pg.ModeUpdate
		if several {
			mode = pg.ModeStable
		}
		for i := range claims {
			if claims[i].Mode != pg.ModeBlind {
				claims[i].Mode = max(claims[i].Mode, mode)
			}
		}
		c.task.Lane = laneOf(c.task.Lane, mode)
	}
}

// exec runs the commands of a transaction, unless a watched key has changed.
func exec(c *Call) error {
	for i := range c.watched {
		if e := c.key(i); e.Version() != c.watched[i].version || e.Changed() {
			c.out.NullArray()
			return nil
		}
	}
	c.out.Array(c.nested)
	for i := range c.nestedCalls() {
		sub := &c.nestedCalls()[i]
		sub.uncounted = false
		if err := c.job.runNested(sub, c.tx); err != nil {
			return err
		}
	}
	c.out.RESP3 = c.resp3
	return nil
}

// runNested runs one command of a transaction.
func (j *job) runNested(c *Call, tx *pg.Tx) error {
	switch {
	case c.answer != nil:
		j.out.Buf = append(j.out.Buf, c.answer...)
	case c.bind.local != nil:
		j.postponed = append(j.postponed, postponed{c, c.bind.local, len(j.out.Buf)})
	default:
		return j.runCall(c, tx)
	}
	return nil
}

// afterCommit has f run once the unit is committed, and never if it is not.
func (c *Call) afterCommit(f func(c *Call)) {
	c.job.postponed = append(c.job.postponed, postponed{c, f, -1})
}

// runPostponed runs what had to wait for the commit, and puts the replies in
// their places.
func (j *job) runPostponed() {
	shift := 0
	for _, p := range j.postponed {
		var out codec.Encoder
		p.call.out, out.RESP3 = &out, p.call.resp3
		p.run(p.call)
		if p.at < 0 || p.call.mute {
			continue
		}
		at := p.at + shift
		j.out.Buf = append(j.out.Buf[:at], append(out.Buf, j.out.Buf[at:]...)...)
		shift += len(out.Buf)
	}
	if shift > 0 {
		j.calls[0].size += shift // a transaction with such commands runs apart
	}
	j.postponed = nil
}
