package conformance

import (
	"strconv"
	"strings"
)

var hashTemplates = []Template{
	{10, func(g *Generator) Command {
		return plain(append([]string{g.pick("HSET", "HSET", "HMSET"), g.hashKey()}, g.fieldsAndValues(5)...)...)
	}},
	{1, func(g *Generator) Command { return plain(append([]string{"HSET", g.hashKey()}, g.manyFields()...)...) }},
	{3, func(g *Generator) Command { return plain("HSETNX", g.hashKey(), g.field(), g.value()) }},
	{4, func(g *Generator) Command { return plain("HGET", g.hashKey(), g.field()) }},
	{3, func(g *Generator) Command {
		return plain(append([]string{"HMGET", g.hashKey()}, g.someFields(4)...)...)
	}},
	{4, func(g *Generator) Command { return plain(append([]string{"HDEL", g.hashKey()}, g.someFields(4)...)...) }},
	{2, func(g *Generator) Command { return plain("HLEN", g.hashKey()) }},
	{2, func(g *Generator) Command { return plain("HEXISTS", g.hashKey(), g.field()) }},
	{2, func(g *Generator) Command { return plain("HSTRLEN", g.hashKey(), g.field()) }},
	{4, func(g *Generator) Command { return unordered("HGETALL", g.hashKey()) }},
	{2, func(g *Generator) Command { return unordered(g.pick("HKEYS", "HVALS"), g.hashKey()) }},
	{5, func(g *Generator) Command { return plain("HINCRBY", g.hashKey(), g.field(), g.integer()) }},
	{3, func(g *Generator) Command { return plain("HINCRBYFLOAT", g.hashKey(), g.field(), g.float()) }},
	{1, func(g *Generator) Command {
		return Command{Args: []string{"HSCAN", g.hashKey(), "0", "COUNT", "1000000", "MATCH", g.pick("*", "f*", "?")}, Match: Matcher{kind: "scan"}}
	}},
	{1, func(g *Generator) Command {
		return Command{Args: []string{"HRANDFIELD", g.hashKey(), g.pick("1000", "0")}, Match: Matcher{kind: "unordered"}}
	}},
}

// hashKey returns a key that commands on hashes have mostly to themselves.
func (g *Generator) hashKey() string {
	if g.IntN(6) == 0 {
		return g.key()
	}
	return g.keys[2+g.IntN(2)]
}

// field returns one of a few fields, so that they meet.
func (g *Generator) field() string {
	switch g.IntN(10) {
	case 0:
		return strings.Repeat(g.pick("f", "g"), 63+g.IntN(3))
	case 1:
		return strings.Repeat(g.pick("f", "g"), 500+g.IntN(3))
	case 2:
		return g.pick("", "a\x00b", "\xff", "01")
	default:
		return "f" + strconv.Itoa(g.IntN(10))
	}
}

func (g *Generator) someFields(n int) []string {
	fields := make([]string, 1+g.IntN(n))
	for i := range fields {
		fields[i] = g.field()
	}
	return fields
}

func (g *Generator) fieldsAndValues(n int) []string {
	var args []string
	for range 1 + g.IntN(n) {
		args = append(args, g.field(), g.value())
	}
	return args
}

// manyFields returns about so many that a hash takes another form.
func (g *Generator) manyFields() []string {
	var args []string
	for i := range 120 + g.IntN(15) {
		args = append(args, "f"+strconv.Itoa(i), strconv.Itoa(i))
	}
	return args
}
