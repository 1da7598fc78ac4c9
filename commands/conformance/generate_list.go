package conformance

import (
	"strconv"
	"strings"
)

var listTemplates = []Template{
	{10, func(g *Generator) Command {
		return plain(append([]string{g.pick("LPUSH", "RPUSH", "RPUSH"), g.listKey()}, g.elements(6)...)...)
	}},
	{3, func(g *Generator) Command {
		return plain(append([]string{g.pick("LPUSHX", "RPUSHX"), g.listKey()}, g.elements(3)...)...)
	}},
	{2, func(g *Generator) Command {
		return plain(append([]string{"RPUSH", g.listKey()}, g.bulkyElements()...)...)
	}},
	{5, func(g *Generator) Command { return plain(g.pick("LPOP", "RPOP"), g.listKey()) }},
	{4, func(g *Generator) Command {
		return plain(g.pick("LPOP", "RPOP"), g.listKey(), strconv.Itoa(g.IntN(9)-1))
	}},
	{3, func(g *Generator) Command { return plain("LLEN", g.listKey()) }},
	{4, func(g *Generator) Command { return plain("LINDEX", g.listKey(), g.listIndex()) }},
	{6, func(g *Generator) Command { return plain("LRANGE", g.listKey(), g.listIndex(), g.listIndex()) }},
	{4, func(g *Generator) Command { return plain("LRANGE", g.listKey(), "0", "-1") }},
	{4, func(g *Generator) Command { return plain("LSET", g.listKey(), strconv.Itoa(g.IntN(20)-8), g.element()) }},
	{4, func(g *Generator) Command {
		return plain("LINSERT", g.listKey(), g.pick("BEFORE", "after"), g.element(), g.element())
	}},
	{4, func(g *Generator) Command { return plain("LREM", g.listKey(), strconv.Itoa(g.IntN(7)-3), g.element()) }},
	{2, func(g *Generator) Command { return plain("LTRIM", g.listKey(), g.listIndex(), g.listIndex()) }},
	{2, func(g *Generator) Command {
		return plain("LTRIM", g.listKey(), strconv.Itoa(g.IntN(3)), strconv.Itoa(-1-g.IntN(3)))
	}},
	{4, func(g *Generator) Command {
		return plain(append([]string{"LPOS", g.listKey(), g.element()}, g.lposOptions()...)...)
	}},
	{4, func(g *Generator) Command {
		return plain("LMOVE", g.listKey(), g.listKey(), g.pick("LEFT", "RIGHT"), g.pick("left", "right"))
	}},
	{2, func(g *Generator) Command { return plain("RPOPLPUSH", g.listKey(), g.listKey()) }},
	{3, func(g *Generator) Command { return plain(g.lmpop()...) }},
	{4, (*Generator).sort},
}

// listKey returns one of a few keys, so that lists grow, and any key now and then.
func (g *Generator) listKey() string {
	if g.IntN(8) == 0 {
		return g.key()
	}
	return g.keys[len(g.keys)-1-g.IntN(3)]
}

// element returns one of a few elements, so that some are equal, or any value.
func (g *Generator) element() string {
	if g.IntN(5) == 0 {
		return g.value()
	}
	return g.pick("a", "b", "c", "1", "-1", "300", "01", "70000", "", "\x00")
}

func (g *Generator) elements(n int) []string {
	elements := make([]string, 1+g.IntN(n))
	for i := range elements {
		elements[i] = g.element()
	}
	return elements
}

// bulkyElements returns elements that make a list of several nodes.
func (g *Generator) bulkyElements() []string {
	elements := make([]string, 1+g.IntN(12))
	for i := range elements {
		elements[i] = strings.Repeat(g.pick("a", "b", "1"), 100+g.IntN(4)*300)
	}
	return elements
}

func (g *Generator) listIndex() string {
	if g.IntN(40) == 0 {
		return g.pick("9223372036854775807", "-9223372036854775808", "100", "-100", "x")
	}
	return strconv.Itoa(g.IntN(20) - 8)
}

func (g *Generator) lposOptions() []string {
	var options []string
	if g.IntN(2) == 0 {
		options = append(options, "RANK", strconv.Itoa(g.IntN(7)-3))
	}
	if g.IntN(2) == 0 {
		options = append(options, "COUNT", strconv.Itoa(g.IntN(5)))
	}
	if g.IntN(3) == 0 {
		options = append(options, "MAXLEN", strconv.Itoa(g.IntN(10)))
	}
	return options
}

func (g *Generator) lmpop() []string {
	n := 1 + g.IntN(3)
	args := []string{"LMPOP", strconv.Itoa(n)}
	for range n {
		args = append(args, g.listKey())
	}
	args = append(args, g.pick("LEFT", "RIGHT"))
	if g.IntN(2) == 0 {
		args = append(args, "COUNT", strconv.Itoa(1+g.IntN(5)))
	}
	return args
}

// sort makes SORT of any key, with weights and values from keys of the sequence.
func (g *Generator) sort() Command {
	args := []string{g.pick("SORT", "SORT", "SORT_RO"), g.listKey()}
	by, sorted := g.IntN(3), true
	switch by {
	case 0:
		args = append(args, "BY", "nosort")
		sorted = false
	case 1:
		args = append(args, "BY", g.prefix+g.pick("*", "*->f", "w*"))
	}
	for range g.IntN(3) {
		args = append(args, "GET", g.pick("#", g.prefix+"*", g.prefix+"*->f", "none"))
	}
	alpha := g.IntN(2) == 0
	if alpha {
		args = append(args, "ALPHA")
	}
	if g.IntN(3) == 0 {
		args = append(args, "DESC")
	}
	if by == 2 && g.IntN(3) == 0 {
		args = append(args, "LIMIT", strconv.Itoa(g.IntN(5)-1), strconv.Itoa(g.IntN(6)-1))
	}
	if by == 2 && args[0] == "SORT" && g.IntN(3) == 0 {
		return plain(append(args, "STORE", g.listKey())...)
	}
	if !sorted || by == 1 {
		// Elements of equal weight have no order in a set.
		return Command{Args: args, Match: Matcher{kind: "unordered"}}
	}
	if alpha {
		return Command{Args: args, Match: Matcher{kind: "texts"}}
	}
	return plain(args...)
}
