package conformance

import "strconv"

var stringTemplates = []Template{
	{12, func(g *Generator) Command { return plain("GET", g.key()) }},
	{10, func(g *Generator) Command { return plain("SET", g.key(), g.value()) }},
	{8, func(g *Generator) Command {
		return plain(append([]string{"SET", g.key(), g.value()}, g.setOptions()...)...)
	}},
	{3, func(g *Generator) Command { return plain("SETNX", g.key(), g.value()) }},
	{2, func(g *Generator) Command {
		return plain("SETEX", g.key(), strconv.Itoa(g.lifetime()), g.value())
	}},
	{2, func(g *Generator) Command {
		return plain("PSETEX", g.key(), strconv.Itoa(g.lifetime())+"000", g.value())
	}},
	{3, func(g *Generator) Command { return plain("GETSET", g.key(), g.value()) }},
	{3, func(g *Generator) Command { return plain("GETDEL", g.key()) }},
	{4, func(g *Generator) Command { return plain(append([]string{"GETEX", g.key()}, g.getexOptions()...)...) }},
	{4, func(g *Generator) Command { return plain(append([]string{"MGET"}, g.someKeys(5)...)...) }},
	{4, func(g *Generator) Command { return plain(append([]string{"MSET"}, g.keysAndValues()...)...) }},
	{3, func(g *Generator) Command { return plain(append([]string{"MSETNX"}, g.keysAndValues()...)...) }},
	{6, func(g *Generator) Command { return plain("APPEND", g.key(), g.value()) }},
	{4, func(g *Generator) Command { return plain("STRLEN", g.key()) }},
	{4, func(g *Generator) Command {
		return plain(g.pick("GETRANGE", "SUBSTR"), g.key(), g.index(), g.index())
	}},
	{5, func(g *Generator) Command {
		return plain("SETRANGE", g.key(), strconv.Itoa(g.IntN(80)-2), g.value())
	}},
	{6, func(g *Generator) Command { return plain(g.pick("INCR", "DECR"), g.key()) }},
	{6, func(g *Generator) Command { return plain(g.pick("INCRBY", "DECRBY"), g.key(), g.integer()) }},
	{4, func(g *Generator) Command { return plain("INCRBYFLOAT", g.key(), g.float()) }},
	{2, func(g *Generator) Command {
		return plain(append([]string{"LCS", g.key(), g.key()}, g.lcsOptions()...)...)
	}},
}

// expiryOption returns an option of SET or GETEX with its argument.
func (g *Generator) expiryOption() []string {
	switch g.IntN(5) {
	case 0:
		return []string{"EX", strconv.Itoa(g.lifetime())}
	case 1:
		return []string{"px", strconv.Itoa(g.lifetime()) + "000"}
	case 2:
		return []string{"EXAT", g.pick("33177117420", "33177117421", g.past("1"))}
	case 3:
		return []string{"PXAT", g.pick("33177117420123", "33177117420999", g.past("1000"))}
	default:
		return []string{g.pick("EX", "PX", "EXAT", "PXAT"), g.pick("0", "-5", "x", "9223372036854775807")}
	}
}

// past returns a moment in the past. Redis counts a key that SET has given such an expiry until it looks at the key, so a
// sequence that counts keys gets a moment to come.
func (g *Generator) past(moment string) string {
	if g.emptied {
		return "33177117429000"
	}
	return moment
}

// setOptions returns options of SET in any order, sometimes in conflict.
func (g *Generator) setOptions() []string {
	var groups [][]string
	if g.IntN(2) == 0 {
		groups = append(groups, []string{g.pick("NX", "XX", "nx", "xX")})
	}
	if g.IntN(3) == 0 {
		groups = append(groups, []string{"GET"})
	}
	if g.IntN(2) == 0 {
		groups = append(groups, g.expiryOption())
	}
	if g.IntN(4) == 0 {
		groups = append(groups, []string{"KEEPTTL"})
	}
	g.Shuffle(len(groups), func(i, j int) { groups[i], groups[j] = groups[j], groups[i] })
	var options []string
	for _, group := range groups {
		options = append(options, group...)
	}
	return options
}

func (g *Generator) getexOptions() []string {
	switch g.IntN(4) {
	case 0:
		return nil
	case 1:
		return []string{"PERSIST"}
	case 2:
		return g.expiryOption()
	default:
		return append(g.expiryOption(), g.pick("PERSIST", "EX", "NX"))
	}
}

func (g *Generator) keysAndValues() []string {
	var args []string
	for _, key := range g.someKeys(4) {
		args = append(args, key, g.value())
	}
	return args
}

func (g *Generator) lcsOptions() []string {
	switch g.IntN(5) {
	case 0:
		return []string{"LEN"}
	case 1:
		return []string{"IDX"}
	case 2:
		return []string{"IDX", "WITHMATCHLEN"}
	case 3:
		return []string{"IDX", "MINMATCHLEN", strconv.Itoa(g.IntN(5) - 1), "WITHMATCHLEN"}
	default:
		return nil
	}
}
