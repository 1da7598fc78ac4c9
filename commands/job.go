package commands

import (
	"sync"
	"time"

	"github.com/mnorrsken/postkeys/codec"
	"github.com/mnorrsken/postkeys/commands/blocked"
	"github.com/mnorrsken/postkeys/commands/engine"
	"github.com/mnorrsken/postkeys/commands/spec"
	"github.com/mnorrsken/postkeys/pg"
)

// job is a batch on its way through the server. It is the engine's Runner for
// the storage commands of the batch. Jobs are pooled.
type job struct {
	session *Session
	batch   *codec.Batch
	started time.Time

	// out collects the replies in order. Up to kept they are final.
	out  codec.Encoder
	kept int
	// early holds replies that were written on the loop after a storage
	// command of the same batch: they wait for their turn.
	early codec.Encoder

	calls []Call
	task  engine.Task
	// nested are the commands of transactions among the calls; nestedOut takes what
	// they answer when they claim.
	nested    []Call
	nestedOut codec.Encoder
	// postponed are commands of a transaction that run once it is committed.
	postponed []postponed
	// writes: a call claims a key for more than reading; readsMany: a call
	// reads several keys.
	writes, readsMany bool

	// looked counts the keys looked up; up to keptLooked it is final.
	looked, keptLooked lookups
	// scripted counts the commands that scripts have called; up to keptScripted it
	// is final.
	scripted     []scriptedCalls
	keptScripted int
	// shown are the lines of MONITOR for them; up to keptShown it is final.
	shown     []scriptedLine
	keptShown int
	// changed is what the commands have changed in the unit of work that they are part
	// of; its memory is that unit's.
	changed []pg.Change
	// cached is what the job has to do with the cache.
	cached cachedJob
	// rest is what follows once this job is done, if its batch is not nil: what a
	// pause holds back, or what begins with an ordered command.
	rest parked
	// delay is how long the batch has to wait before it runs (DEBUG SLEEP).
	delay time.Duration
	// events are the keyspace events of the unit under way; absent are the keys that
	// were absent when the command at hand began.
	events []keyEvent
	absent []absentKey
	// published: a message was sent that other nodes have to hear of.
	published bool
	// alone: the only call is one that must not share its batch, see binding.alone.
	alone bool
	// migration is what is under way if that call is a MIGRATE.
	migration *migration
	// waiting is that call if it may block.
	waiting *waiting
	// woken keeps the replies back until clients that were woken have been served.
	woken *blocked.Hold
}

var jobPool = sync.Pool{New: func() any { return new(job) }}

// maxPooledCalls bounds what a pooled job keeps after a giant batch.
const maxPooledCalls = 4096

// newJob returns a job for commands of a batch, which is nil for a blocking command
// that is tried again.
func newJob(s *Session, b *codec.Batch) *job {
	j := jobPool.Get().(*job)
	j.session, j.batch, j.started = s, b, time.Now()
	j.out.Buf = codec.GetBuffer(replyGuess)
	j.task.Runner = j
	j.task.Lane = engine.Read
	if b != nil {
		j.task.Bytes = b.Bytes()
	}
	return j
}

// replyGuess is the size of buffer that a batch's replies start with.
const replyGuess = 512

// release gives the job and its batch back to their pools and returns the
// replies.
func (j *job) release() []byte {
	j.countCalls(time.Since(j.started))
	if t := j.session.server.trace; t != nil {
		t.job(j)
	}
	if m := &j.session.server.monitors; m.active() && j.waiting == nil && j.batch != nil {
		m.show(j.monitorLines(), j)
	}
	return j.recycle()
}

// recycle is release for a job whose commands have not been answered.
func (j *job) recycle() []byte {
	replies := j.out.Buf
	if j.batch != nil && j.rest.batch != j.batch {
		j.batch.Release()
	}
	calls, nested, claims, early, scripted, cached := j.calls, j.nested, j.task.Claims, j.early.Buf, j.scripted, j.cached.reset()
	if cap(calls) > maxPooledCalls || cap(nested) > maxPooledCalls || cap(claims) > maxPooledCalls || cap(scripted) > maxPooledCalls || cap(early) > 1<<16 {
		*j = job{}
		jobPool.Put(j)
		return replies
	}
	clear(calls)
	clear(nested)
	clear(claims)
	*j = job{calls: calls[:0], nested: nested[:0], scripted: scripted[:0], cached: cached}
	j.task.Claims = claims[:0]
	j.early.Buf = early[:0]
	jobPool.Put(j)
	return replies
}

// add appends a call to the job.
func (j *job) add(s *spec.Spec, b *binding, args [][]byte) *Call {
	j.calls = append(j.calls, Call{
		job: j, spec: s, bind: b, args: args, db: j.session.db,
		task: &j.task, item: len(j.calls),
		resp3: j.session.resp3, mute: j.session.muted(),
		firstClaim: len(j.task.Claims),
	})
	return &j.calls[len(j.calls)-1]
}

// stored reports whether a call of the job waits for storage.
func (j *job) stored() bool { return j.task.Items > 0 }

// submit hands the job to the engine.
func (j *job) submit() {
	if j.writes {
		j.task.Snapshot = false // transactions that read hold what they read instead
		if j.readsMany {
			j.holdReads()
		}
	}
	j.session.server.engine.Submit(&j.task)
}

// holdReads makes calls that read several keys hold them until the commit.
// What the unit writes shows to others at its commit, and what it reads is as
// old as its load: MGET of a key written by the unit and one read by it would
// mix two moments.
func (j *job) holdReads() {
	for i := range j.calls {
		c := &j.calls[i]
		if c.claims < 2 {
			continue
		}
		claims := j.task.Claims[c.firstClaim : c.firstClaim+c.claims]
		for k := range claims {
			if claims[k].Mode == pg.ModeRead {
				claims[k].Mode = pg.ModeStable
				j.task.Lane = laneOf(j.task.Lane, pg.ModeStable)
			}
		}
	}
}

// onLoop runs f, which writes a call's reply on the loop, and puts the reply
// in its place.
func (j *job) onLoop(c *Call, f func(c *Call)) {
	c.bind = nil
	c.out = &j.out
	if j.stored() {
		c.out = &j.early
		c.earlyFrom = len(j.early.Buf)
	}
	c.out.RESP3 = c.resp3
	start := len(c.out.Buf)
	f(c)
	if c.mute {
		c.out.Buf = c.out.Buf[:start]
	}
	c.earlyEnd, c.size = len(j.early.Buf), len(c.out.Buf)-start
	if j.stored() {
		j.task.Items = len(j.calls)
	} else {
		j.kept = len(j.out.Buf)
	}
}

// Run implements engine.Runner. Item i is call i.
func (j *job) Run(tx *pg.Tx, from, to int) error {
	j.letGo()
	j.out.Buf, j.looked = j.out.Buf[:j.kept], j.keptLooked
	j.postponed, j.scripted = j.postponed[:0], j.scripted[:j.keptScripted]
	j.shown = j.shown[:j.keptShown]
	j.dropEvents()
	if j.waiting != nil {
		j.waiting.begin()
	}
	before := len(tx.Changes())
	j.beginTracked(tx)
	for i := from; i < to; i++ {
		if err := j.runCall(&j.calls[i], tx); err != nil {
			return err
		}
	}
	j.changed = tx.Changes()[before:]
	j.hold()
	if w := j.waiting; w != nil && j.calls[0].failed {
		w.answered, w.left = true, nothingTaken
	}
	return nil
}

// runCall puts the reply of one command behind those before it.
func (j *job) runCall(c *Call, tx *pg.Tx) error {
	if c.bind == nil {
		j.out.Buf = append(j.out.Buf, j.early.Buf[c.earlyFrom:c.earlyEnd]...)
		return nil
	}
	if err := c.task.Resolve(tx, c.firstClaim, c.firstClaim+c.claims); err != nil {
		return err
	}
	if j.waiting != nil && j.waiting.inVain(c) {
		return nil
	}
	return c.perform(tx, &j.out)
}

// perform runs a command whose keys are ready and appends its reply.
func (c *Call) perform(tx *pg.Tx, out *codec.Encoder) error {
	if c.bind.looks {
		c.job.countLookups(c)
	}
	if c.server().events.Load() != 0 {
		c.beginEvents()
	} else {
		c.job.absent = c.job.absent[:0] // of a command before they were turned off
	}
	if c.tracked {
		c.noteUnitRead(tx)
	}
	start := len(out.Buf)
	c.out, c.tx, c.failed = out, tx, false
	out.RESP3 = c.resp3
	err := c.bind.run(c)
	c.tx = nil
	switch {
	case err != nil:
	case !c.quiet:
		c.noteUses()
	case c.spec.Flags&spec.Write != 0:
		c.noteChanges()
	}
	if c.mute {
		out.Buf = out.Buf[:start]
	}
	c.size = len(out.Buf) - start
	return err
}

// Keep implements engine.Runner.
func (j *job) Keep() {
	s := j.session.server
	j.publishChanges()
	j.publishEvents() // before anybody is answered, or woken
	if j.waiting != nil {
		j.waiting.keep(j.changed)
	} else {
		j.woken = s.blocked.Touch(j.changed, j.woken)
	}
	j.changed = nil
	j.letGo()
	j.runPostponed()
	j.kept, j.keptLooked, j.keptScripted = len(j.out.Buf), j.looked, len(j.scripted)
	j.keptShown = len(j.shown)
}

// Fail implements engine.Runner.
func (j *job) Fail(from, to int, err error) {
	if pg.KindOf(err) == pg.KindUnknown { // it may have been committed
		j.publishChanges()
		j.session.server.blocked.Recheck()
	}
	j.changed = nil
	j.letGo()
	j.dropEvents()
	j.out.Buf = j.out.Buf[:j.kept]
	for i := from; i < to; i++ {
		c := &j.calls[i]
		if c.bind == nil {
			j.out.Buf = append(j.out.Buf, j.early.Buf[c.earlyFrom:c.earlyEnd]...)
		} else if c.size = 0; !c.mute {
			j.failCall(c, err)
		}
	}
	j.looked = j.keptLooked
	j.kept = len(j.out.Buf)
	if j.waiting != nil {
		j.waiting.answered, j.waiting.left = true, nothingTaken
	}
}

func (j *job) failCall(c *Call, err error) {
	start := len(j.out.Buf)
	c.out, c.out.RESP3 = &j.out, c.resp3
	if c.bind.failing != nil {
		c.bind.failing(c, err)
	} else {
		c.fail(errorReply(err))
	}
	c.size = len(j.out.Buf) - start
}

// Done implements engine.Runner.
func (j *job) Done() engine.Flusher {
	conn := j.session.conn
	switch {
	case j.waiting != nil && !j.waiting.attempted(j):
	case j.migration != nil && j.migration.advance(j):
	case j.woken != nil && j.session.server.blocked.Await(j.woken, j.afterHold):
	case j.awaitsRoom():
	default:
		j.finish()
	}
	return conn
}

// afterHold goes on with a job whose replies were held back.
func (j *job) afterHold() {
	if conn := j.session.conn; !j.awaitsRoom() {
		j.finish()
		conn.Flush()
	}
}

// finish answers the batch, or as much of it as has been run. The replies leave
// with the connection's next Flush at the latest.
func (j *job) finish() {
	s, rest := j.session, j.rest
	replies := s.handOver(j.release())
	if rest.batch == nil {
		s.conn.Reply(replies)
		return
	}
	s.conn.Push(replies)
	if rest.paused {
		s.server.pause.park(rest)
	} else {
		// Not here: finish may be in the middle of a round, or of serve.
		go rest.resume()
	}
}
