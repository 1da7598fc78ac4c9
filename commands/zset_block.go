package commands

import "github.com/mnorrsken/postkeys/pg"

// Commands that wait for a member of a sorted set.

var zsetBlockBindings = []binding{
	{name: "bzpopmin", claim: claimBzpop(false), run: bzpop(false), waitsFor: pg.TypeZset},
	{name: "bzpopmax", claim: claimBzpop(true), run: bzpop(true), waitsFor: pg.TypeZset},
	{name: "bzmpop", claim: claimBzmpop, run: func(c *Call) error { return c.zmpop(c.args[2:]) }, waitsFor: pg.TypeZset},
}

// claimBzpop claims the keys of BZPOPMIN or BZPOPMAX, which stand before the
// timeout.
func claimBzpop(highest bool) func(*Call) {
	return func(c *Call) {
		keys := c.args[1 : len(c.args)-1]
		if !c.mayWait(c.args[len(c.args)-1], 1, len(keys)) {
			return
		}
		for _, key := range keys {
			c.claimElements(key, c.waitMode(len(keys)), needsEnd(1, highest))
		}
	}
}

// bzpop serves BZPOPMIN and BZPOPMAX.
func bzpop(highest bool) func(*Call) error {
	return func(c *Call) error {
		for i := range c.claims {
			ms, err := c.members(i, pg.TypeZset)
			if ms == nil || err != nil {
				return err
			}
			if ms.Len() == 0 {
				continue
			}
			if !c.take(i, ms.Len()-1) {
				continue
			}
			popped, err := c.popEnd(i, ms, 1, highest)
			if err != nil {
				return err
			}
			c.out.Array(3)
			c.out.Bulk(c.args[1+i])
			c.out.Bulk(popped[0].Name)
			c.out.Double(popped[0].Score)
			return nil
		}
		c.nothing(c.out.NullArray)
		return nil
	}
}

func claimBzmpop(c *Call) {
	o, fail := parseZmpop(c.args[2:])
	if fail != "" {
		c.fail(fail)
		return
	}
	if c.mayWait(c.args[1], 3, len(o.keys)) {
		c.claimZmpopKeys(o, c.waitMode(len(o.keys)))
	}
}
