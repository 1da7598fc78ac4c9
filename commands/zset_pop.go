package commands

import (
	"github.com/mnorrsken/postkeys/commands/number"
	"github.com/mnorrsken/postkeys/commands/settings"
	"github.com/mnorrsken/postkeys/pg"
)

var zsetPopBindings = []binding{
	{name: "zpopmin", claim: func(c *Call) { c.claimZpop(false) }, run: func(c *Call) error { return c.zpop(false) }},
	{name: "zpopmax", claim: func(c *Call) { c.claimZpop(true) }, run: func(c *Call) error { return c.zpop(true) }},
	{name: "zmpop", claim: claimZmpop, run: func(c *Call) error { return c.zmpop(c.args[1:]) }},
}

func (c *Call) claimZpop(highest bool) {
	count := int64(1)
	if len(c.args) > 3 {
		c.fail(errSyntax)
		return
	}
	if len(c.args) == 3 {
		var ok bool
		if count, ok = number.ParseInt64(c.args[2]); !ok || count < 0 {
			c.fail(errNotPositive)
			return
		}
	}
	c.claimElements(c.args[1], pg.ModeUpdate, needsEnd(count, highest))
}

// needsEnd asks for members at one end of a sorted set.
func needsEnd(count int64, highest bool) *pg.Needs {
	if highest {
		return &pg.Needs{Highest: count}
	}
	return &pg.Needs{Lowest: count}
}

// zpop serves ZPOPMIN and ZPOPMAX. With a count, RESP3 has a list of pairs.
func (c *Call) zpop(highest bool) error {
	ms, err := c.members(0, pg.TypeZset)
	if ms == nil || err != nil {
		return err
	}
	n, nested := int64(1), false
	if len(c.args) == 3 {
		n, _ = number.ParseInt64(c.args[2])
		nested = true
	}
	popped, err := c.popEnd(0, ms, n, highest)
	switch {
	case err != nil:
		return err
	case nested:
		c.pairs(popped, true)
		return nil
	}
	c.out.Array(2 * len(popped))
	for _, m := range popped {
		c.out.Bulk(m.Name)
		c.out.Double(m.Score)
	}
	return nil
}

// popEnd removes up to n members from one end of the sorted set of a claim and
// returns them, that end first.
func (c *Call) popEnd(claim int, ms *pg.Members, n int64, highest bool) ([]*pg.Member, error) {
	popped, err := ms.End(n, highest)
	for _, m := range popped {
		ms.Drop(m)
	}
	event := "zpopmin"
	if highest {
		event = "zpopmax"
	}
	c.notifyTaken(settings.EventZSet, event, claim, len(popped))
	return popped, err
}

// mpopOptions are the arguments of ZMPOP behind the number of keys.
type mpopOptions struct {
	keys    [][]byte
	highest bool
	count   int64
}

// parseZmpop reads the arguments from the number of keys on. It returns the
// error reply, or "".
func parseZmpop(args [][]byte) (o mpopOptions, fail string) {
	n, ok := number.ParseInt64(args[0])
	if !ok || n < 1 {
		return o, "ERR numkeys should be greater than 0"
	}
	args = args[1:]
	if n >= int64(len(args)) {
		return o, errSyntax
	}
	o.keys, args = args[:n], args[n:]
	switch {
	case isWord(args[0], "max"):
		o.highest = true
	case !isWord(args[0], "min"):
		return o, errSyntax
	}
	for args = args[1:]; len(args) > 0; args = args[2:] {
		if o.count != 0 || len(args) == 1 || !isWord(args[0], "count") {
			return o, errSyntax
		}
		if o.count, ok = number.ParseInt64(args[1]); !ok || o.count < 1 {
			return o, "ERR count should be greater than 0"
		}
	}
	o.count = max(o.count, 1)
	return o, ""
}

func claimZmpop(c *Call) {
	o, fail := parseZmpop(c.args[1:])
	if fail != "" {
		c.fail(fail)
		return
	}
	c.claimZmpopKeys(o, takeMode(len(o.keys)))
}

func (c *Call) claimZmpopKeys(o mpopOptions, mode pg.Mode) {
	for _, key := range o.keys {
		c.claimElements(key, mode, needsEnd(o.count, o.highest))
	}
}

// zmpop serves ZMPOP and BZMPOP, given the arguments from the number of keys on.
func (c *Call) zmpop(args [][]byte) error {
	o, _ := parseZmpop(args)
	for i, key := range o.keys {
		ms, err := c.members(i, pg.TypeZset)
		if ms == nil || err != nil {
			return err
		}
		if ms.Len() == 0 {
			continue
		}
		if !c.take(i, max(ms.Len()-o.count, 0)) {
			continue
		}
		popped, err := c.popEnd(i, ms, o.count, o.highest)
		if err != nil {
			return err
		}
		c.out.Array(2)
		c.out.Bulk(key)
		c.out.Array(len(popped))
		for _, m := range popped {
			c.out.Array(2)
			c.out.Bulk(m.Name)
			c.out.Double(m.Score)
		}
		return nil
	}
	c.nothing(c.out.NullArray)
	return nil
}
