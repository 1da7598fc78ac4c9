package commands

import "github.com/mnorrsken/postkeys/pg"

var zsetRandomBindings = []binding{
	{name: "zrandmember", claim: claimRandom("withscores"), run: zrandmember},
}

func zrandmember(c *Call) error {
	r, _ := parseRandom(c.args, "withscores")
	ms, err := c.members(0, pg.TypeZset)
	if ms == nil || err != nil {
		return err
	}
	chosen, fail, err := r.choose(ms)
	switch {
	case err != nil:
		return err
	case fail != "":
		c.fail(fail)
		return nil
	case r.given:
		c.pairs(chosen, r.withMore)
	default:
		c.nameOrNull(chosen)
	}
	return nil
}
