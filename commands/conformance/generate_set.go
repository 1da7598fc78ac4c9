package conformance

import (
	"strconv"
	"strings"
)

// SPOP is not among the templates: what it leaves behind is up to chance.
var setTemplates = []Template{
	{10, func(g *Generator) Command {
		return plain(append([]string{"SADD", g.setKey()}, g.someSetMembers(6)...)...)
	}},
	{1, func(g *Generator) Command { return plain(append([]string{"SADD", g.setKey()}, g.manyMembers()...)...) }},
	{4, func(g *Generator) Command {
		return plain(append([]string{"SREM", g.setKey()}, g.someSetMembers(4)...)...)
	}},
	{2, func(g *Generator) Command { return plain("SCARD", g.setKey()) }},
	{3, func(g *Generator) Command { return plain("SISMEMBER", g.setKey(), g.setMember()) }},
	{2, func(g *Generator) Command {
		return plain(append([]string{"SMISMEMBER", g.setKey()}, g.someSetMembers(4)...)...)
	}},
	{4, func(g *Generator) Command { return unordered("SMEMBERS", g.setKey()) }},
	{4, func(g *Generator) Command { return plain("SMOVE", g.setKey(), g.setKey(), g.setMember()) }},
	{5, func(g *Generator) Command {
		return unordered(append([]string{g.pick("SINTER", "SUNION", "SDIFF")}, g.setKeys()...)...)
	}},
	{5, func(g *Generator) Command {
		return plain(append([]string{g.pick("SINTERSTORE", "SUNIONSTORE", "SDIFFSTORE"), g.setKey()}, g.setKeys()...)...)
	}},
	{2, func(g *Generator) Command {
		keys := g.setKeys()
		args := append([]string{"SINTERCARD", strconv.Itoa(len(keys))}, keys...)
		return plain(append(args, []string{"LIMIT", g.pick("0", "1", "3", "-1")}[:2*g.IntN(2)]...)...)
	}},
	{1, func(g *Generator) Command {
		return Command{Args: []string{"SSCAN", g.setKey(), "0", "COUNT", "1000000", "MATCH", g.pick("*", "m*", "?")}, Match: Matcher{kind: "scan"}}
	}},
	{1, func(g *Generator) Command {
		return Command{Args: []string{"SRANDMEMBER", g.setKey(), g.pick("1000", "0")}, Match: Matcher{kind: "unordered"}}
	}},
}

func unordered(args ...string) Command { return Command{Args: args, Match: Matcher{kind: "unordered"}} }

// setKey returns a key that commands on sets have mostly to themselves.
func (g *Generator) setKey() string {
	if g.IntN(6) == 0 {
		return g.key()
	}
	return g.keys[g.IntN(3)]
}

func (g *Generator) setKeys() []string {
	keys := make([]string, 1+g.IntN(3))
	for i := range keys {
		keys[i] = g.setKey()
	}
	return keys
}

// setMember returns one of a few members, so that they meet: integers, short
// and long ones.
func (g *Generator) setMember() string {
	switch g.IntN(10) {
	case 0:
		return strings.Repeat(g.pick("m", "n"), 63+g.IntN(3))
	case 1:
		return strings.Repeat(g.pick("m", "n"), 500+g.IntN(3))
	case 2:
		return g.pick("", "a\x00b", "\xff", "01", "-0", "9223372036854775807", "-9223372036854775808", "9223372036854775808")
	case 3, 4:
		return "m" + strconv.Itoa(g.IntN(8))
	default:
		return strconv.Itoa(g.IntN(20) - 5)
	}
}

func (g *Generator) someSetMembers(n int) []string {
	members := make([]string, 1+g.IntN(n))
	for i := range members {
		members[i] = g.setMember()
	}
	return members
}

// manyMembers returns so many that sets take another form.
func (g *Generator) manyMembers() []string {
	prefix, n := g.pick("", "m"), 120+g.IntN(20)
	if g.IntN(3) == 0 {
		n = 505 + g.IntN(15)
	}
	members := make([]string, n)
	for i := range members {
		members[i] = prefix + strconv.Itoa(i)
	}
	return members
}
