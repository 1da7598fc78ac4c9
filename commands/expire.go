package commands

import (
	"math"

	"github.com/mnorrsken/postkeys/commands/number"
	"github.com/mnorrsken/postkeys/commands/settings"
	"github.com/mnorrsken/postkeys/pg"
)

// expiryForm is how a command counts the expiry in its arguments or reply.
type expiryForm struct {
	absolute bool  // from 1970, else from now
	unit     int64 // milliseconds in one
}

var (
	inSeconds        = expiryForm{false, 1000}
	inMilliseconds   = expiryForm{false, 1}
	unixSeconds      = expiryForm{true, 1000}
	unixMilliseconds = expiryForm{true, 1}
)

var expireBindings = []binding{
	{name: "expire", claim: inSeconds.claim, run: inSeconds.set},
	{name: "pexpire", claim: inMilliseconds.claim, run: inMilliseconds.set},
	{name: "expireat", claim: unixSeconds.claim, run: unixSeconds.set},
	{name: "pexpireat", claim: unixMilliseconds.claim, run: unixMilliseconds.set},
	{name: "ttl", claim: reads(1, pg.PartHeader), run: inSeconds.get, quiet: true},
	{name: "pttl", claim: reads(1, pg.PartHeader), run: inMilliseconds.get, quiet: true},
	{name: "expiretime", claim: reads(1, pg.PartHeader), run: unixSeconds.get, quiet: true},
	{name: "pexpiretime", claim: reads(1, pg.PartHeader), run: unixMilliseconds.get, quiet: true},
	{name: "persist", claim: updates(1, pg.PartHeader), run: persist},
}

// expireRequest is what EXPIRE and its like ask for.
type expireRequest struct {
	nx, xx, gt, lt bool
	ms             int64 // from 1970 or from now, and then maybe negative
}

// parse reads the arguments after the key. It returns the error reply, or "".
func (f expiryForm) parse(c *Call) (x expireRequest, fail string) {
	for _, a := range c.args[3:] {
		switch {
		case isWord(a, "nx"):
			x.nx = true
		case isWord(a, "xx"):
			x.xx = true
		case isWord(a, "gt"):
			x.gt = true
		case isWord(a, "lt"):
			x.lt = true
		default:
			return x, "ERR Unsupported option " + cText(a)
		}
	}
	if x.nx && (x.xx || x.gt || x.lt) {
		return x, "ERR NX and XX, GT or LT options at the same time are not compatible"
	}
	if x.gt && x.lt {
		return x, "ERR GT and LT options at the same time are not compatible"
	}
	n, ok := number.ParseInt64(c.args[2])
	if !ok {
		return x, errNotInteger
	}
	if n > math.MaxInt64/f.unit || n < math.MinInt64/f.unit {
		return x, invalidExpire(c.spec.Name)
	}
	x.ms = n * f.unit
	return x, ""
}

// allows reports whether the options let a new expiry take the place of an old
// one, 0 if there is none. No expiry counts as one that never comes.
func (x *expireRequest) allows(old, at int64) bool {
	switch {
	case x.nx && old != 0,
		x.xx && old == 0,
		x.gt && (old == 0 || at <= old),
		x.lt && old != 0 && at >= old:
		return false
	}
	return true
}

func (f expiryForm) claim(c *Call) {
	if _, fail := f.parse(c); fail != "" {
		c.fail(fail)
		return
	}
	c.claim(c.args[1], pg.ModeUpdate, pg.PartHeader)
}

// set answers one of the commands that set an expiry. One that has passed
// deletes the key.
func (f expiryForm) set(c *Call) error {
	x, _ := f.parse(c)
	now, err := c.tx.Now()
	if err != nil {
		return err
	}
	at := x.ms
	if !f.absolute {
		if at > math.MaxInt64-now {
			c.fail(invalidExpire(c.spec.Name))
			return nil
		}
		at += now
	}
	e := c.key(0)
	old, err := e.ExpireAt()
	if err != nil {
		return err
	}
	switch {
	case !e.Exists() || !x.allows(old, at):
		c.out.Int(0)
		return nil
	case at <= now:
		e.Delete()
		c.notifyDel(0)
	default:
		e.SetExpireAt(at)
		c.notify(settings.EventGeneric, "expire", 0)
	}
	c.out.Int(1)
	return nil
}

// get answers with a key's expiry: -1 if it has none, -2 if there is no key.
func (f expiryForm) get(c *Call) error {
	e := c.key(0)
	at, err := e.ExpireAt()
	if err != nil {
		return err
	}
	switch {
	case !e.Exists():
		c.out.Int(-2)
		return nil
	case at == 0:
		c.out.Int(-1)
		return nil
	}
	if !f.absolute {
		now, err := c.tx.Now()
		if err != nil {
			return err
		}
		at = max(at-now, 0)
	}
	// Rounded as Redis does. The latest time of all does not fit with the half of a second added.
	c.out.Int(int64((uint64(at) + uint64(f.unit/2)) / uint64(f.unit)))
	return nil
}

func persist(c *Call) error {
	e := c.key(0)
	at, err := e.ExpireAt()
	if err != nil {
		return err
	}
	if !e.Exists() || at == 0 {
		c.out.Int(0)
		return nil
	}
	e.SetExpireAt(0)
	c.notify(settings.EventGeneric, "persist", 0)
	c.out.Int(1)
	return nil
}
