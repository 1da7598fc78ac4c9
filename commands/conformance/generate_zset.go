package conformance

import (
	"strconv"
	"strings"
)

var zsetTemplates = []Template{
	{12, func(g *Generator) Command { return plain(g.zadd()...) }},
	{4, func(g *Generator) Command { return plain("ZINCRBY", g.zsetKey(), g.score(), g.member()) }},
	{4, func(g *Generator) Command {
		return plain(append([]string{"ZREM", g.zsetKey()}, g.someMembers(4)...)...)
	}},
	{3, func(g *Generator) Command { return plain("ZSCORE", g.zsetKey(), g.member()) }},
	{2, func(g *Generator) Command {
		return plain(append([]string{"ZMSCORE", g.zsetKey()}, g.someMembers(4)...)...)
	}},
	{3, func(g *Generator) Command { return plain("ZCARD", g.zsetKey()) }},
	{3, func(g *Generator) Command { return plain("ZCOUNT", g.zsetKey(), g.scoreEnd(), g.scoreEnd()) }},
	{4, func(g *Generator) Command { return plain(g.pick("ZRANK", "ZREVRANK"), g.zsetKey(), g.member()) }},
	{8, func(g *Generator) Command { return plain(g.rankRange()...) }},
	{8, func(g *Generator) Command { return plain(g.scoreRange()...) }},
	{3, func(g *Generator) Command { return plain("ZREMRANGEBYRANK", g.zsetKey(), g.index(), g.index()) }},
	{3, func(g *Generator) Command { return plain("ZREMRANGEBYSCORE", g.zsetKey(), g.scoreEnd(), g.scoreEnd()) }},
	{3, func(g *Generator) Command {
		return plain(append([]string{g.pick("ZPOPMIN", "ZPOPMAX"), g.zsetKey()}, []string{g.pick("0", "1", "2", "5", "-1")}[:g.IntN(2)]...)...)
	}},
	{2, func(g *Generator) Command {
		return plain("ZMPOP", "2", g.zsetKey(), g.zsetKey(), g.pick("MIN", "MAX"), "COUNT", g.pick("1", "3", "10", "0"))
	}},
	{4, func(g *Generator) Command { return plain(g.algebra()...) }},
	{3, func(g *Generator) Command {
		args := append([]string{"ZRANGESTORE", g.zsetKey()}, g.rankRange()[1:4]...)
		return plain(append(args, []string{"REV"}[:g.IntN(2)]...)...)
	}},
	{2, func(g *Generator) Command { return plain(g.lexRange()...) }},
	{1, func(g *Generator) Command {
		return Command{Args: []string{"ZSCAN", g.zsetKey(), "0", "COUNT", "1000000", "MATCH", g.pick("*", "m*", "?")}, Match: Matcher{kind: "scan"}}
	}},
	{1, func(g *Generator) Command {
		return Command{Args: []string{"ZRANDMEMBER", g.zsetKey(), g.pick("-3", "1000", "0"), "WITHSCORES"}, Match: Matcher{kind: "shape"}}
	}},
}

// zsetKey returns a key that commands on sorted sets have mostly to themselves.
func (g *Generator) zsetKey() string {
	if g.IntN(6) == 0 {
		return g.key()
	}
	return g.keys[len(g.keys)-1-g.IntN(3)]
}

// member returns one of a few members, so that they meet; some are long.
func (g *Generator) member() string {
	switch g.IntN(12) {
	case 0:
		return strings.Repeat(g.pick("m", "n", "mn"), 100+g.IntN(3))
	case 1:
		return strings.Repeat(g.pick("long", "Long"), 127+g.IntN(3)) // about as long as an index entry may be
	case 2:
		return g.pick("", "\x00", "\xff", "m\x00", "M")
	default:
		return "m" + strconv.Itoa(g.IntN(25))
	}
}

func (g *Generator) someMembers(n int) []string {
	members := make([]string, 1+g.IntN(n))
	for i := range members {
		members[i] = g.member()
	}
	return members
}

// score returns a number that all versions of Redis print alike.
func (g *Generator) score() string {
	switch g.IntN(8) {
	case 0:
		return g.pick("inf", "-inf", "+inf", "1e5", "0x10", "1000000", "-1000000")
	case 1:
		return strconv.Itoa(g.IntN(40)-20) + g.pick(".5", ".25", ".125")
	default:
		return strconv.Itoa(g.IntN(20) - 5)
	}
}

func (g *Generator) scoreEnd() string {
	if g.IntN(6) == 0 {
		return g.pick("-inf", "+inf", "(inf", "(-inf", "x", "")
	}
	return g.pick("", "", "(") + g.score()
}

func (g *Generator) limit() []string {
	if g.IntN(3) > 0 {
		return nil
	}
	return []string{"LIMIT", strconv.Itoa(g.IntN(6) - 1), strconv.Itoa(g.IntN(8) - 1)}
}

func (g *Generator) zadd() []string {
	args := []string{"ZADD", g.zsetKey()}
	if g.IntN(3) == 0 {
		args = append(args, g.pick("NX", "XX", "GT", "LT", "CH"))
		if g.IntN(3) == 0 {
			args = append(args, g.pick("XX", "GT", "LT", "CH", "INCR"))
		}
	}
	pairs := 1 + g.IntN(4)
	if g.IntN(10) == 0 {
		pairs = 10 + g.IntN(20)
	}
	for range pairs {
		args = append(args, g.score(), g.member())
	}
	return args
}

func (g *Generator) rankRange() []string {
	args := []string{g.pick("ZRANGE", "ZREVRANGE"), g.zsetKey(), g.index(), g.index()}
	if g.IntN(2) == 0 {
		args = append(args, "WITHSCORES")
	}
	return args
}

func (g *Generator) scoreRange() []string {
	var args []string
	low, high := g.scoreEnd(), g.scoreEnd()
	if g.IntN(2) == 0 {
		args = []string{g.pick("ZRANGEBYSCORE", "ZREVRANGEBYSCORE"), g.zsetKey(), low, high}
	} else {
		args = append([]string{"ZRANGE", g.zsetKey(), low, high, "BYSCORE"}, []string{"REV"}[:g.IntN(2)]...)
	}
	if g.IntN(2) == 0 {
		args = append(args, "WITHSCORES")
	}
	return append(args, g.limit()...)
}

// lexRange asks about names. Members of the sets have several scores, so that only ranges without ends, or without
// anything in them, have a right answer.
func (g *Generator) lexRange() []string {
	switch g.IntN(4) {
	case 0:
		return []string{"ZLEXCOUNT", g.zsetKey(), "-", "+"}
	case 1:
		return []string{g.pick("ZRANGEBYLEX", "ZREVRANGEBYLEX", "ZREMRANGEBYLEX", "ZLEXCOUNT"), g.zsetKey(), g.pick("+", "x"), g.pick("-", "+")}
	case 2:
		return append([]string{"ZREVRANGEBYLEX", g.zsetKey(), "+", "-"}, g.limit()...)
	default:
		return append([]string{"ZRANGEBYLEX", g.zsetKey(), "-", "+"}, g.limit()...)
	}
}

// algebra combines two or three sets. Negative zeros are not stored: versions of Redis differ in what they keep of them.
func (g *Generator) algebra() []string {
	keys := []string{g.zsetKey(), g.zsetKey(), g.zsetKey()}[:2+g.IntN(2)]
	args := append([]string{strconv.Itoa(len(keys))}, keys...)
	operation := g.pick("ZUNION", "ZINTER", "ZDIFF", "ZINTERCARD")
	weights := []string{"1", "2", "0.5", "inf", "x"}
	switch {
	case operation == "ZINTERCARD":
		return append([]string{operation}, append(args, []string{"LIMIT", g.pick("0", "1", "3", "-1")}[:2*g.IntN(2)]...)...)
	case g.IntN(2) == 0:
		args = append([]string{operation + "STORE", g.zsetKey()}, args...)
	default:
		args = append([]string{operation}, args...)
		args = append(args, []string{"WITHSCORES"}[:g.IntN(2)]...)
		weights = append(weights, "0", "-1")
	}
	if operation != "ZDIFF" && g.IntN(2) == 0 {
		args = append(args, "WEIGHTS")
		for range keys {
			args = append(args, g.pick(weights...))
		}
	}
	if operation != "ZDIFF" && g.IntN(2) == 0 {
		args = append(args, "AGGREGATE", g.pick("SUM", "MIN", "MAX", "avg"))
	}
	return args
}
