package commands

import (
	"math"

	"github.com/mnorrsken/postkeys/commands/number"
	"github.com/mnorrsken/postkeys/commands/settings"
	"github.com/mnorrsken/postkeys/pg"
)

var setBindings = []binding{
	{name: "set", claim: claimSet, run: set},
	{name: "setex", claim: claimSetex(1000), run: setex(1000)},
	{name: "psetex", claim: claimSetex(1), run: setex(1)},
	{name: "setnx", claim: updates(1, pg.PartHeader), run: setnx},
	{name: "getset", claim: updates(1, pg.PartValue), run: getset},
	{name: "getex", claim: claimGetex, run: getex},
	{name: "getdel", claim: updates(1, pg.PartValue), run: getdel},
}

func claimSet(c *Call) {
	mode, part := pg.ModeBlind, pg.PartHeader
	if len(c.args) > 3 {
		o, ok := parseSetOptions(c.args[3:], optionNX|optionXX|optionGet|optionKeepTTL|anyExpiry)
		if !ok {
			c.fail(errSyntax)
			return
		}
		x, fail := o.expiry(c.spec.Name)
		if fail != "" {
			c.fail(fail)
			return
		}
		if o.has(optionNX|optionXX|optionKeepTTL) || x.absolute {
			mode = pg.ModeUpdate
		}
		if o.has(optionGet) {
			mode, part = pg.ModeUpdate, pg.PartValue
		}
	}
	c.claim(c.args[1], mode, part)
}

func set(c *Call) error {
	e, value := c.key(0), c.args[2]
	if len(c.args) == 3 {
		e.Replace(value, pg.EncodingNatural)
		c.notify(settings.EventString, "set", 0)
		c.out.OK()
		return nil
	}
	o, _ := parseSetOptions(c.args[3:], anyOption)
	if o.has(optionGet) {
		if !c.isString(e) {
			return nil
		}
		c.valueOrNull(e)
		c.missKey(0)
	}
	if o.has(optionNX) && e.Exists() || o.has(optionXX) && !e.Exists() {
		if !o.has(optionGet) {
			c.out.Null()
		}
		return nil
	}
	if o.has(optionKeepTTL) {
		e.SetString(value, pg.EncodingNatural)
	} else {
		e.Replace(value, pg.EncodingNatural)
	}
	c.notify(settings.EventString, "set", 0)
	if !o.has(optionGet) {
		c.out.OK()
	}
	x, _ := o.expiry(c.spec.Name)
	return x.applyToSet(c, e)
}

// claimSetex is for SETEX and PSETEX, which differ in the milliseconds that one
// counts.
func claimSetex(ms int64) func(*Call) {
	return func(c *Call) {
		if _, fail := parseExpiry(c.args[2], expiryUnit{ms: ms}, c.spec.Name); fail != "" {
			c.fail(fail)
			return
		}
		c.claim(c.args[1], pg.ModeBlind, pg.PartHeader)
	}
}

func setex(ms int64) func(*Call) error {
	return func(c *Call) error {
		e := c.key(0)
		e.Replace(c.args[3], pg.EncodingNatural)
		c.notify(settings.EventString, "set", 0)
		x, _ := parseExpiry(c.args[2], expiryUnit{ms: ms}, c.spec.Name)
		c.out.OK()
		return x.applyToSet(c, e)
	}
}

func setnx(c *Call) error {
	e := c.key(0)
	if e.Exists() {
		c.out.Int(0)
		return nil
	}
	e.Replace(c.args[2], pg.EncodingNatural)
	c.notify(settings.EventString, "set", 0)
	c.out.Int(1)
	return nil
}

func getset(c *Call) error {
	e := c.key(0)
	if !c.isString(e) {
		return nil
	}
	c.valueOrNull(e)
	e.Replace(c.args[2], pg.EncodingNatural)
	c.notify(settings.EventString, "set", 0)
	return nil
}

func getdel(c *Call) error {
	e := c.key(0)
	if c.isString(e) {
		c.valueOrNull(e)
		if e.Delete() {
			c.notifyDel(0)
		}
	}
	return nil
}

// claimGetex leaves the argument of an expiry alone: Redis looks at it only
// if the key exists.
func claimGetex(c *Call) {
	mode := pg.ModeRead
	if len(c.args) > 2 {
		if _, ok := parseSetOptions(c.args[2:], optionPersist|anyExpiry); !ok {
			c.fail(errSyntax)
			return
		}
		mode = pg.ModeUpdate
	}
	c.claim(c.args[1], mode, pg.PartValue)
}

func getex(c *Call) error {
	e := c.key(0)
	if !c.isString(e) {
		return nil
	}
	if !e.Exists() {
		c.out.Null()
		return nil
	}
	o, _ := parseSetOptions(c.args[2:], anyOption)
	x, fail := o.expiry(c.spec.Name)
	if fail != "" {
		c.fail(fail)
		return nil
	}
	c.out.Bulk(e.Value())
	switch {
	case o.has(optionPersist):
		if old, err := e.ExpireAt(); old == 0 || err != nil {
			return err
		}
		e.SetExpireAt(0)
		c.notify(settings.EventGeneric, "persist", 0)
		return nil
	case x.ms == 0:
		return nil
	}
	if err := x.apply(c, e); err != nil {
		return err
	}
	if e.Exists() {
		c.notify(settings.EventGeneric, "expire", 0)
	} else {
		c.notifyDel(0)
	}
	return nil
}

// expiry is the expiry that an option asks for.
type expiry struct {
	ms       int64 // 0: none
	absolute bool  // ms counts from 1970, else from now
}

// latestClock is the last reading of a clock, in the year 2248, that an
// expiry relative to it is guarded against: their sum has to fit.
const latestClock = 1 << 43

// expiryUnit is how the argument of an expiry counts.
type expiryUnit struct {
	absolute bool
	ms       int64 // milliseconds in one
}

// parseExpiry reads the argument of an expiry that must lie ahead.
func parseExpiry(arg []byte, unit expiryUnit, command string) (x expiry, fail string) {
	n, ok := number.ParseInt64(arg)
	if !ok {
		return x, errNotInteger
	}
	if n <= 0 || n > math.MaxInt64/unit.ms {
		return x, invalidExpire(command)
	}
	x = expiry{ms: n * unit.ms, absolute: unit.absolute}
	if !x.absolute && x.ms > math.MaxInt64-latestClock {
		return x, invalidExpire(command)
	}
	return x, ""
}

// invalidExpire is the error for an expiry that is not in range.
func invalidExpire(command string) string {
	return "ERR invalid expire time in '" + command + "' command"
}

// apply gives the expiry to an existing key. An absolute one MUST find the key
// claimed with ModeUpdate, and deletes it if it has passed.
func (x expiry) apply(c *Call, e *pg.Entry) error {
	switch {
	case x.ms == 0:
	case x.absolute:
		// Where an earlier command of the round overwrites the key, nothing has
		// been loaded and the clock not been read yet.
		if _, err := c.tx.Now(); err != nil {
			return err
		}
		e.SetExpireAt(x.ms)
	default:
		e.SetTTL(x.ms)
	}
	return nil
}

// applyToSet is apply for a command that has written the key of its first claim.
func (x expiry) applyToSet(c *Call, e *pg.Entry) error {
	if x.ms == 0 {
		return nil
	}
	if err := x.apply(c, e); err != nil {
		return err
	}
	c.notify(settings.EventGeneric, "expire", 0)
	if !e.Exists() { // which Redis finds out a moment later
		c.notify(settings.EventExpired, "expired", 0)
	}
	return nil
}
