package commands

import (
	"math"
	"runtime/debug"
	"time"

	"github.com/mnorrsken/postkeys/commands/engine"
	"github.com/mnorrsken/postkeys/commands/number"
	"github.com/mnorrsken/postkeys/pg"
)

// MIGRATE has three phases, so that nothing in PostgreSQL is locked while the
// values travel:
//
//  1. A unit of work reads the keys.
//  2. A goroutine sends them. The batch that MIGRATE came in waits; see
//     binding.alone.
//  3. A second unit deletes the keys that the target has taken, if they are
//     still what was sent. One that has changed meanwhile stays, and the reply
//     says so.
var migrateBindings = []binding{
	{name: "migrate", claim: claimMigrate, run: migrate, failing: failMigrate, slow: true, alone: true},
}

// migration is a MIGRATE on its way.
type migration struct {
	migrateOptions
	address string

	parcels []parcel
	// sent: phase 2 is over.
	sent bool
	// fail is the error reply of phase 2, "" if all went well.
	fail string
}

// migrateOptions are the arguments of MIGRATE behind host and port.
type migrateOptions struct {
	keys               [][]byte
	db                 int64
	timeout            time.Duration
	copied, replace    bool
	username, password []byte // password nil: none
}

// parcel is one key as it was read.
type parcel struct {
	claim    engine.Claim
	payload  []byte
	digest   digest
	expireAt int64
	ttl      int64 // 0: none
	readAt   time.Time
	// taken: the target has the key.
	taken bool
}

const defaultMigrateTimeout = time.Second

// parseMigrate reads the arguments of MIGRATE. It returns the error reply, or "".
func parseMigrate(args [][]byte) (o migrateOptions, fail string) {
	o.keys = args[3:4]
	for i := 6; i < len(args); i++ {
		left := len(args) - i - 1
		switch a := args[i]; {
		case isWord(a, "copy"):
			o.copied = true
		case isWord(a, "replace"):
			o.replace = true
		case isWord(a, "auth") && left >= 1:
			o.username, o.password = nil, args[i+1]
			i++
		case isWord(a, "auth2") && left >= 2:
			o.username, o.password = args[i+1], args[i+2]
			i += 2
		case isWord(a, "keys") && len(args[3]) > 0:
			return o, "ERR When using MIGRATE KEYS option, the key argument must be set to the empty string"
		case isWord(a, "keys"):
			o.keys = args[i+1:]
			i = len(args)
		default:
			return o, errSyntax
		}
	}
	timeout, ok := number.ParseInt64(args[5])
	if !ok {
		return o, errNotInteger
	}
	if o.db, ok = number.ParseInt64(args[4]); !ok {
		return o, errNotInteger
	}
	o.timeout = time.Duration(min(timeout, math.MaxInt64/int64(time.Millisecond))) * time.Millisecond
	if timeout <= 0 {
		o.timeout = defaultMigrateTimeout
	}
	return o, ""
}

func claimMigrate(c *Call) {
	o, fail := parseMigrate(c.args)
	if fail != "" {
		c.fail(fail)
		return
	}
	for _, name := range o.keys {
		c.claimWhole(name, pg.ModeRead)
	}
	c.job.migration = &migration{migrateOptions: o, address: joinHostPort(c.args[1], c.args[2])}
}

func migrate(c *Call) error {
	if c.job.migration.sent {
		return c.clearMigrated()
	}
	return c.readMigrated()
}

// readMigrated is phase 1.
func (c *Call) readMigrated() error {
	m := c.job.migration
	m.parcels = m.parcels[:0]
	now, err := c.tx.Now()
	if err != nil {
		return err
	}
	for i := range c.claims {
		e := c.key(i)
		if !e.Exists() {
			c.missKey(i)
			continue
		}
		p, fail, err := c.pack(e, now)
		switch {
		case err != nil:
			return err
		case fail != "":
			m.parcels = nil
			c.fail(fail)
			return nil
		}
		p.claim = c.claimed()[i]
		m.parcels = append(m.parcels, p)
	}
	if len(m.parcels) == 0 {
		c.out.Simple("NOKEY")
	}
	return nil
}

// pack reads one key.
func (c *Call) pack(e *pg.Entry, now int64) (p parcel, fail string, err error) {
	if p.payload, fail, err = c.server().dump(e); fail != "" || err != nil {
		return p, fail, err
	}
	if err = p.digest.addValue(e); err != nil {
		return p, "", err
	}
	if p.expireAt, err = e.ExpireAt(); p.expireAt != 0 {
		p.ttl = max(p.expireAt-now, 1)
	}
	p.readAt = time.Now()
	return p, "", err
}

// advance starts what follows a unit of work of a MIGRATE. It reports false if
// nothing does: the reply is written.
func (m *migration) advance(j *job) bool {
	if m.sent || len(m.parcels) == 0 {
		return false
	}
	go m.deliver(j)
	return true
}

// deliver is phase 2, in a goroutine that ends with the timeout at the latest.
func (m *migration) deliver(j *job) {
	defer func() {
		if v := recover(); v != nil {
			j.session.server.log.Error("MIGRATE panicked; the connection is closed.", "panic", v, "stack", string(debug.Stack()))
			j.session.conn.Close()
		}
	}()
	m.fail = m.send()
	m.sent = true
	j.task.Claims = j.task.Claims[:0]
	for i := range m.parcels {
		if p := &m.parcels[i]; p.taken && !m.copied {
			p.claim.Mode = pg.ModeUpdate
			j.task.Claims = append(j.task.Claims, p.claim)
		}
		m.parcels[i].payload = nil
	}
	c := &j.calls[0]
	c.claims = len(j.task.Claims)
	if c.claims > 0 {
		j.session.server.engine.Submit(&j.task)
		return
	}
	if !c.mute {
		c.out, c.out.RESP3 = &j.out, c.resp3
		c.answerMigrate(0)
	}
	conn := j.session.conn
	j.finish()
	conn.Flush()
}

// clearMigrated is phase 3.
func (c *Call) clearMigrated() error {
	m, next, changed := c.job.migration, 0, 0
	for i := range m.parcels {
		p := &m.parcels[i]
		if !p.taken {
			continue
		}
		e := c.key(next)
		next++
		if !e.Exists() {
			continue
		}
		var d digest
		if err := d.addValue(e); err != nil {
			return err
		}
		at, err := e.ExpireAt()
		if err != nil {
			return err
		}
		if d != p.digest || at != p.expireAt {
			changed++
			continue
		}
		e.Delete()
		c.notifyDel(next - 1)
	}
	c.answerMigrate(changed)
	return nil
}

// answerMigrate writes the reply, with the number of keys that were not deleted
// because they have changed.
func (c *Call) answerMigrate(changed int) {
	switch m := c.job.migration; {
	case m.fail != "":
		c.fail(m.fail)
	case changed > 0:
		c.fail("ERR a key was changed while it was sent: the target has what it was before, it was not deleted here")
	default:
		c.out.OK()
	}
}

// failMigrate answers for PostgreSQL. The target may have the keys already.
func failMigrate(c *Call, err error) {
	if m := c.job.migration; m != nil && m.sent {
		c.fail("ERR the target has taken the keys, but they may not have been deleted here: " + pg.ReasonOf(err))
	} else {
		c.fail(errorReply(err))
	}
	c.job.migration = nil
}
