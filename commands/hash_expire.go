package commands

import (
	"github.com/mnorrsken/postkeys/commands/number"
	"github.com/mnorrsken/postkeys/commands/settings"
	"github.com/mnorrsken/postkeys/pg"
)

// The expiry of single fields, which Redis has since 7.4. What such an expiry
// means for other commands is up to package pg: a field that has expired is not
// there.
var hashExpireBindings = []binding{
	{name: "hexpire", claim: inSeconds.claimFields, run: inSeconds.setFields},
	{name: "hpexpire", claim: inMilliseconds.claimFields, run: inMilliseconds.setFields},
	{name: "hexpireat", claim: unixSeconds.claimFields, run: unixSeconds.setFields},
	{name: "hpexpireat", claim: unixMilliseconds.claimFields, run: unixMilliseconds.setFields},
	{name: "httl", claim: claimFieldList(pg.ModeRead), run: inSeconds.getFields},
	{name: "hpttl", claim: claimFieldList(pg.ModeRead), run: inMilliseconds.getFields},
	{name: "hexpiretime", claim: claimFieldList(pg.ModeRead), run: unixSeconds.getFields},
	{name: "hpexpiretime", claim: claimFieldList(pg.ModeRead), run: unixMilliseconds.getFields},
	{name: "hpersist", claim: claimFieldList(pg.ModeUpdate), run: hpersist},
}

const (
	errNoFieldsWord   = "ERR Mandatory argument FIELDS is missing or not at the right position"
	errNumFields      = "ERR Parameter `numFields` should be greater than 0"
	errNumFieldsMatch = "ERR The `numfields` parameter must match the number of arguments"
	errNegativeExpire = "ERR invalid expire time, must be >= 0"
	errConditions     = "ERR Multiple condition flags specified"
)

// What the commands answer for a field.
const (
	fieldMissing    = -2
	fieldPersistent = -1
	fieldUnchanged  = 0
	fieldSet        = 1
	fieldDeleted    = 2
)

// maxFieldExpiry is the last expiry that a field can have, in milliseconds.
const maxFieldExpiry = 1<<46 - 1

// parseFieldList reads FIELDS, the number of fields and the fields, which must be
// all of args. It returns the error reply, or "".
func parseFieldList(args [][]byte) (fields [][]byte, fail string) {
	if len(args) < 2 || !isWord(args[0], "fields") {
		return nil, errNoFieldsWord
	}
	n, ok := number.ParseInt64(args[1])
	switch {
	case !ok || n < 1:
		return nil, errNumFields
	case n != int64(len(args)-2):
		return nil, errNumFieldsMatch
	}
	return args[2:], ""
}

// claimFieldList makes the claim of commands with a key and a list of fields.
func claimFieldList(mode pg.Mode) func(*Call) {
	return func(c *Call) {
		fields, fail := parseFieldList(c.args[2:])
		if fail != "" {
			c.fail(fail)
			return
		}
		c.claimElements(c.args[1], mode, &pg.Needs{Names: fields})
	}
}

// fieldExpiry is what HEXPIRE and its like ask for.
type fieldExpiry struct {
	expireRequest
	fields [][]byte
}

// parseFields reads the arguments after the key. It returns the error reply,
// or "".
func (f expiryForm) parseFields(c *Call) (x fieldExpiry, fail string) {
	rest := c.args[3:]
	given := 0
	for ; len(rest) > 0 && x.condition(rest[0]); rest = rest[1:] {
		given++
	}
	if given > 1 {
		return x, errConditions
	}
	if x.fields, fail = parseFieldList(rest); fail != "" {
		return x, fail
	}
	x.ms, fail = f.fieldTime(c.args[2], c.spec.Name)
	return x, fail
}

// condition notes a condition, and reports whether a word is one.
func (x *expireRequest) condition(word []byte) bool {
	switch {
	case isWord(word, "nx"):
		x.nx = true
	case isWord(word, "xx"):
		x.xx = true
	case isWord(word, "gt"):
		x.gt = true
	case isWord(word, "lt"):
		x.lt = true
	default:
		return false
	}
	return true
}

// fieldTime reads an expiry in milliseconds. It returns the error reply, or "".
func (f expiryForm) fieldTime(arg []byte, command string) (ms int64, fail string) {
	n, ok := number.ParseInt64(arg)
	switch {
	case !ok:
		return 0, errNotInteger
	case n < 0:
		return 0, errNegativeExpire
	case n > maxFieldExpiry/f.unit:
		return 0, invalidExpire(command)
	}
	return n * f.unit, ""
}

// fieldExpireAt makes an instant of what fieldTime has read. It answers with an
// error, and returns false, if that is too late.
func (c *Call) fieldExpireAt(f expiryForm, ms int64) (at int64, ok bool, err error) {
	if f.absolute {
		return max(ms, 1), true, nil // 0 would be none
	}
	now, err := c.tx.Now()
	if err != nil {
		return 0, false, err
	}
	if ms > maxFieldExpiry-now {
		c.fail(invalidExpire(c.spec.Name))
		return 0, false, nil
	}
	return now + ms, true, nil
}

func (f expiryForm) claimFields(c *Call) {
	x, fail := f.parseFields(c)
	if fail != "" {
		c.fail(fail)
		return
	}
	c.claimElements(c.args[1], pg.ModeUpdate, &pg.Needs{Names: x.fields})
}

// setFields gives fields an expiry. One that has passed removes the field.
func (f expiryForm) setFields(c *Call) error {
	x, _ := f.parseFields(c)
	at, ok, err := c.fieldExpireAt(f, x.ms)
	if !ok || err != nil {
		return err
	}
	now, err := c.tx.Now()
	if err != nil {
		return err
	}
	var done fieldsDone
	err = c.eachNamed(pg.TypeHash, x.fields, func(ms *pg.Members, m *pg.Member) {
		switch {
		case m == nil:
			c.out.Int(fieldMissing)
		case !x.allows(m.ExpireAt, at):
			c.out.Int(fieldUnchanged)
		case expireField(ms, m, at, now):
			done.deleted = true
			c.out.Int(fieldDeleted)
		default:
			done.expiring = true
			c.out.Int(fieldSet)
		}
	})
	c.notifyFields(done)
	return err
}

// expireField gives a field an expiry, 0 for none, and reports whether that has
// passed and the field is gone.
func expireField(ms *pg.Members, m *pg.Member, at, now int64) bool {
	if at != 0 && at <= now {
		ms.Drop(m)
		return true
	}
	if m.ExpireAt != at {
		m.ExpireAt = at
		ms.Changed(m)
	}
	return false
}

// fieldsDone is what a command has done to fields of a hash.
type fieldsDone struct{ set, deleted, expiring, persisted bool }

// notifyFields tells of it.
func (c *Call) notifyFields(done fieldsDone) {
	for _, e := range []struct {
		happened bool
		name     string
	}{{done.set, "hset"}, {done.deleted, "hdel"}, {done.expiring, "hexpire"}, {done.persisted, "hpersist"}} {
		if e.happened {
			c.notify(settings.EventHash, e.name, 0)
		}
	}
	if done.deleted {
		c.notifyEmptied(0)
	}
}

// getFields answers with the expiry of fields.
func (f expiryForm) getFields(c *Call) error {
	now := int64(0)
	if !f.absolute {
		var err error
		if now, err = c.tx.Now(); err != nil {
			return err
		}
	}
	return c.eachNamed(pg.TypeHash, c.args[4:], func(_ *pg.Members, m *pg.Member) {
		switch {
		case m == nil:
			c.out.Int(fieldMissing)
		case m.ExpireAt == 0:
			c.out.Int(fieldPersistent)
		default:
			c.out.Int((max(m.ExpireAt-now, 0) + f.unit - 1) / f.unit)
		}
	})
}

func hpersist(c *Call) error {
	var done fieldsDone
	err := c.eachNamed(pg.TypeHash, c.args[4:], func(ms *pg.Members, m *pg.Member) {
		switch {
		case m == nil:
			c.out.Int(fieldMissing)
		case m.ExpireAt == 0:
			c.out.Int(fieldPersistent)
		default:
			expireField(ms, m, 0, 0)
			done.persisted = true
			c.out.Int(fieldSet)
		}
	})
	c.notifyFields(done)
	return err
}
