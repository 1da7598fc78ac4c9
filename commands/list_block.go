package commands

import "github.com/mnorrsken/postkeys/pg"

// Commands that wait for an element of a list.

var listBlockBindings = []binding{
	{name: "blpop", claim: claimBpop(leftEnd), run: bpop(leftEnd), waitsFor: pg.TypeList},
	{name: "brpop", claim: claimBpop(rightEnd), run: bpop(rightEnd), waitsFor: pg.TypeList},
	{name: "blmpop", claim: claimBlmpop, run: func(c *Call) error { return c.lmpop(c.args[2:]) }, waitsFor: pg.TypeList},
	{name: "blmove", claim: claimBlmove, run: lmove, waitsFor: pg.TypeList},
	{name: "brpoplpush", claim: claimBrpoplpush, run: rpoplpush, waitsFor: pg.TypeList},
}

// claimBpop claims the keys of BLPOP or BRPOP, which stand before the timeout.
func claimBpop(end listEnd) func(*Call) {
	return func(c *Call) {
		keys := c.args[1 : len(c.args)-1]
		if !c.mayWait(c.args[len(c.args)-1], 1, len(keys)) {
			return
		}
		for _, key := range keys {
			c.claimElements(key, c.waitMode(len(keys)), end.needs(1))
		}
	}
}

// bpop serves BLPOP and BRPOP.
func bpop(end listEnd) func(*Call) error {
	return func(c *Call) error {
		for i := range c.claims {
			l, err := c.list(i)
			if l == nil || err != nil {
				return err
			}
			if l.Len() == 0 {
				continue
			}
			if !c.take(i, l.Len()-1) {
				continue
			}
			v, err := end.pop(l)
			if err != nil {
				return err
			}
			c.out.Array(2)
			c.out.Bulk(c.args[1+i])
			c.out.Bulk(v)
			return c.listPopped(i, l, end)
		}
		c.nothing(c.out.NullArray)
		return nil
	}
}

func claimBlmpop(c *Call) {
	m, fail := parseMpop(c.args[2:])
	if fail != "" {
		c.fail(fail)
		return
	}
	if c.mayWait(c.args[1], 3, len(m.keys)) {
		c.claimMpop(m, c.waitMode(len(m.keys)))
	}
}

func claimBlmove(c *Call) {
	from, to, ok := c.parseEnds()
	if ok && c.mayWait(c.args[5], 1, 1) {
		c.claimMove(from, to)
	}
}

func claimBrpoplpush(c *Call) {
	if c.mayWait(c.args[3], 1, 1) {
		c.claimMove(rightEnd, leftEnd)
	}
}
