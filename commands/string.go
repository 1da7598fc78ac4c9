package commands

import (
	"strconv"

	"github.com/mnorrsken/postkeys/commands/number"
	"github.com/mnorrsken/postkeys/pg"
)

var stringBindings = []binding{
	{name: "set", claim: claimSet, run: set},
	{name: "get", claim: reads(1, pg.PartValue), run: get},
	{name: "mget", claim: readsAll(1, 1, pg.PartValue), run: mget},
	{name: "mset", claim: claimMset, run: mset},
	{name: "incr", claim: updates(1, pg.PartValue), run: func(c *Call) error { return c.increment(1) }},
	{name: "decr", claim: updates(1, pg.PartValue), run: func(c *Call) error { return c.increment(-1) }},
	{name: "incrby", claim: updates(1, pg.PartValue), run: incrby},
	{name: "decrby", claim: updates(1, pg.PartValue), run: decrby},
}

func get(c *Call) error {
	if e := c.key(0); c.isString(e) {
		c.valueOrNull(e)
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
	for i := range c.claims {
		c.key(i).Replace(c.args[2+2*i], pg.EncodingNatural)
	}
	c.out.OK()
	return nil
}

func incrby(c *Call) error {
	n, ok := number.ParseInt64(c.args[2])
	if !ok {
		c.fail(errNotInteger)
		return nil
	}
	return c.increment(n)
}

func decrby(c *Call) error {
	n, ok := number.ParseInt64(c.args[2])
	switch {
	case !ok:
		c.fail(errNotInteger)
	case -n == n && n != 0:
		c.fail("ERR decrement would overflow")
	default:
		return c.increment(-n)
	}
	return nil
}

// increment adds to the counter at the first claimed key. An expiry stays.
func (c *Call) increment(by int64) error {
	e := c.key(0)
	if !c.isString(e) {
		return nil
	}
	var old int64
	if e.Exists() {
		n, ok := number.ParseInt64(e.Value())
		if !ok {
			c.fail(errNotInteger)
			return nil
		}
		old = n
	}
	sum, ok := number.AddInt64(old, by)
	if !ok {
		c.fail(errOverflow)
		return nil
	}
	e.SetString(strconv.AppendInt(nil, sum, 10), pg.EncodingNatural)
	c.out.Int(sum)
	return nil
}
