package commands

import (
	"strconv"

	"github.com/mnorrsken/postkeys/commands/number"
	"github.com/mnorrsken/postkeys/commands/settings"
	"github.com/mnorrsken/postkeys/pg"
)

var counterBindings = []binding{
	{name: "incr", claim: updates(1, pg.PartValue), run: func(c *Call) error { return c.increment(1) }},
	{name: "decr", claim: updates(1, pg.PartValue), run: func(c *Call) error { return c.increment(-1) }},
	{name: "incrby", claim: claimIncrby, run: incrby},
	{name: "decrby", claim: claimDecrby, run: decrby},
	{name: "incrbyfloat", claim: updates(1, pg.PartValue), run: incrbyfloat},
}

func claimIncrby(c *Call) {
	if _, ok := number.ParseInt64(c.args[2]); !ok {
		c.fail(errNotInteger)
		return
	}
	c.claim(c.args[1], pg.ModeUpdate, pg.PartValue)
}

func incrby(c *Call) error {
	n, _ := number.ParseInt64(c.args[2])
	return c.increment(n)
}

func claimDecrby(c *Call) {
	n, ok := number.ParseInt64(c.args[2])
	switch {
	case !ok:
		c.fail(errNotInteger)
	case n == -n && n != 0: // the lowest integer
		c.fail("ERR decrement would overflow")
	default:
		c.claim(c.args[1], pg.ModeUpdate, pg.PartValue)
	}
}

func decrby(c *Call) error {
	n, _ := number.ParseInt64(c.args[2])
	return c.increment(-n)
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
	c.notify(settings.EventString, "incrby", 0)
	c.out.Int(sum)
	return nil
}

// incrbyfloat looks at the increment last, as Redis does: a key of another
// type, or one that is no number, is what it complains of first.
func incrbyfloat(c *Call) error {
	e := c.key(0)
	if !c.isString(e) {
		return nil
	}
	var old number.LongDouble
	ok := true
	if e.Exists() {
		old, ok = number.ParseLongDouble(e.Value())
	}
	by, valid := number.ParseLongDouble(c.args[2])
	if !ok || !valid {
		c.fail(errNotFloat)
		return nil
	}
	sum, err := old.Add(by)
	if err != nil {
		c.fail("ERR " + err.Error())
		return nil
	}
	value := sum.AppendTo(nil)
	e.SetString(value, pg.EncodingText)
	c.notify(settings.EventString, "incrbyfloat", 0)
	c.out.Bulk(value)
	return nil
}
