package commands

import (
	"github.com/mnorrsken/postkeys/commands/settings"
	"github.com/mnorrsken/postkeys/pg"
)

var stringBindings = []binding{
	{name: "get", claim: reads(1, pg.PartValue), run: get},
	{name: "mget", claim: readsAll(1, 1, pg.PartValue), run: mget},
	{name: "mset", claim: claimMset, run: mset},
	{name: "msetnx", claim: claimMsetnx, run: msetnx},
	{name: "strlen", claim: reads(1, pg.PartHeader), run: strlen},
	{name: "append", claim: updates(1, pg.PartValue), run: appendString},
}

func get(c *Call) error {
	e := c.key(0)
	if !c.isString(e) {
		return nil
	}
	c.valueOrNull(e)
	if c.token > 0 && e.Exists() {
		return c.fillCache(e)
	}
	return nil
}

// valueOrNull answers with the value of a string key, or null if it is absent.
func (c *Call) valueOrNull(e *pg.Entry) {
	if e.Exists() {
		c.out.Bulk(e.Value())
	} else {
		c.out.Null()
	}
}

func mget(c *Call) error {
	c.out.Array(c.claims)
	for i := range c.claims {
		if e := c.key(i); e.Type() == pg.TypeString {
			c.out.Bulk(e.Value())
		} else {
			c.out.Null()
		}
	}
	return nil
}

func claimMset(c *Call) {
	if len(c.args)%2 == 0 {
		c.wrongArity()
		return
	}
	c.claimAll(1, 2, pg.ModeBlind, pg.PartHeader)
}

func mset(c *Call) error {
	c.setAll()
	c.out.OK()
	return nil
}

// setAll writes every pair of arguments. Of several values for one key the
// last stays.
func (c *Call) setAll() {
	for i := range c.claims {
		c.key(i).Replace(c.args[2+2*i], pg.EncodingNatural)
		c.notify(settings.EventString, "set", i)
	}
}

// claimMsetnx claims the keys for an update only: a key that was absent when
// it was loaded is created, and fails the round if someone else has done so,
// and if any was there, nothing is written.
func claimMsetnx(c *Call) {
	if len(c.args)%2 == 0 {
		c.wrongArity()
		return
	}
	c.claimAll(1, 2, pg.ModeUpdate, pg.PartHeader)
}

func msetnx(c *Call) error {
	for i := range c.claims {
		if c.key(i).Exists() {
			c.out.Int(0)
			return nil
		}
	}
	c.setAll()
	c.out.Int(1)
	return nil
}

func strlen(c *Call) error {
	if e := c.key(0); c.isString(e) {
		c.out.Int(e.Len())
	}
	return nil
}

func appendString(c *Call) error {
	e, tail := c.key(0), c.args[2]
	if !c.isString(e) {
		return nil
	}
	if !e.Exists() {
		e.SetString(tail, pg.EncodingNatural)
	} else {
		old := e.Value()
		if !c.fits(int64(len(old)), int64(len(tail))) {
			return nil
		}
		value := make([]byte, len(old)+len(tail))
		copy(value[copy(value, old):], tail)
		e.SetString(value, pg.EncodingRaw)
	}
	c.notify(settings.EventString, "append", 0)
	c.out.Int(e.Len())
	return nil
}

// fits reports whether a string of size and more bytes, neither of them
// negative, is within proto-max-bulk-len, and answers the error if not.
func (c *Call) fits(size, more int64) bool {
	if total := size + more; total < 0 || total > c.server().limits().MaxBulkBytes {
		c.fail(errStringTooLong)
		return false
	}
	return true
}
