package conformance

import "strconv"

var keyTemplates = []Template{
	{5, func(g *Generator) Command {
		return plain(append([]string{g.pick("DEL", "UNLINK")}, g.someKeys(3)...)...)
	}},
	{4, func(g *Generator) Command {
		return plain(append([]string{g.pick("EXISTS", "TOUCH")}, g.someKeys(4)...)...)
	}},
	{2, func(g *Generator) Command { return plain("TYPE", g.key()) }},
	{3, func(g *Generator) Command {
		return Command{Args: []string{"OBJECT", "ENCODING", g.key()}, Match: Matcher{kind: "encoding"}}
	}},
	{6, func(g *Generator) Command { return plain(g.expire()...) }},
	{3, func(g *Generator) Command { return nearSeconds(g.pick("TTL", "EXPIRETIME"), g.key()) }},
	{3, func(g *Generator) Command { return nearMilliseconds(g.pick("PTTL", "PEXPIRETIME"), g.key()) }},
	{2, func(g *Generator) Command { return plain("PERSIST", g.key()) }},
	{4, func(g *Generator) Command { return plain(g.pick("RENAME", "RENAMENX"), g.key(), g.key()) }},
	{4, func(g *Generator) Command {
		return plain(append([]string{"COPY", g.key(), g.key()}, g.copyOptions()...)...)
	}},
	{2, func(g *Generator) Command {
		return plain("MOVE", g.key(), g.pick(g.firstDatabase(), g.otherDatabase(), g.otherDatabase(), "16", "x"))
	}},
	{2, func(g *Generator) Command {
		return plain("SELECT", g.pick(g.firstDatabase(), g.firstDatabase(), g.otherDatabase()))
	}},
	{1, func(g *Generator) Command {
		return Command{Args: []string{"KEYS", g.prefix + g.pick("*", "?", "[0-3]", "\\2", "[^1]*")}, Match: Matcher{kind: "unordered"}}
	}},
	{1, func(g *Generator) Command {
		return Command{
			Args:  []string{"SCAN", "0", "MATCH", g.prefix + "*", "COUNT", "1000000", "TYPE", g.pick("string", "hash")},
			Match: Matcher{kind: "scan"},
		}
	}},
}

// databaseTemplates make commands on whole databases, or PING where the sequence has to share them.
var databaseTemplates = []Template{
	{4, func(g *Generator) Command {
		if !g.emptied {
			return plain("PING")
		}
		switch g.IntN(6) {
		case 0:
			return plain(append([]string{"FLUSHDB"}, g.flushOption()...)...)
		case 1:
			return plain("SWAPDB", g.pick(g.firstDatabase(), g.otherDatabase()), g.otherDatabase())
		case 2:
			return Command{Args: []string{"KEYS", g.pick("*", "", "?*", "[^s]*")}, Match: Matcher{kind: "unordered"}}
		case 3:
			return Command{Args: []string{"RANDOMKEY"}, Match: Matcher{kind: "type"}}
		default:
			return plain("DBSIZE")
		}
	}},
}

func (g *Generator) flushOption() []string {
	if g.IntN(2) == 0 {
		return nil
	}
	return []string{g.pick("SYNC", "ASYNC", "async", "now")}
}

// expire returns one of the four commands that set an expiry.
func (g *Generator) expire() []string {
	var args []string
	switch g.IntN(6) {
	case 0:
		args = []string{"EXPIRE", g.key(), strconv.Itoa(g.lifetime())}
	case 1:
		args = []string{"PEXPIRE", g.key(), strconv.Itoa(g.lifetime()) + "000"}
	case 2:
		args = []string{"EXPIREAT", g.key(), g.pick("33177117420", "33177117421", "33177110000")}
	case 3:
		args = []string{"PEXPIREAT", g.key(), g.pick("33177117420123", "33177117420999", "33177110000000")}
	case 4:
		args = []string{g.pick("EXPIREAT", "PEXPIREAT"), g.key(), g.pick("1", "-1", "0")}
	default:
		args = []string{g.pick("EXPIRE", "PEXPIRE"), g.key(), g.pick("0", "-1", "9223372036854775807", "x")}
	}
	for range g.IntN(3) {
		args = append(args, g.pick("NX", "XX", "GT", "LT", "gt"))
	}
	return args
}

func (g *Generator) copyOptions() []string {
	var options []string
	if g.IntN(3) == 0 {
		options = append(options, "DB", g.pick(g.firstDatabase(), g.otherDatabase()))
	}
	if g.IntN(2) == 0 {
		options = append(options, "REPLACE")
	}
	return options
}
