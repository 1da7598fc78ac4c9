package commands

import "github.com/mnorrsken/postkeys/pg"

var zsetRandomBindings = []binding{
	randomBinding("zrandmember", pg.TypeZset, "withscores", zrandmember),
}

func zrandmember(c *Call, _ *pg.Members, r *randomRequest, chosen []*pg.Member) {
	c.pairs(chosen, r.withMore)
}
