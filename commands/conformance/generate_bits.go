package conformance

import "strconv"

var bitTemplates = []Template{
	{5, func(g *Generator) Command {
		return plain("SETBIT", g.key(), strconv.Itoa(g.IntN(400)-3), g.pick("0", "1", "1", "2"))
	}},
	{4, func(g *Generator) Command { return plain("GETBIT", g.key(), strconv.Itoa(g.IntN(400)-3)) }},
	{4, func(g *Generator) Command { return plain(append([]string{"BITCOUNT", g.key()}, g.bitRange()...)...) }},
	{4, func(g *Generator) Command {
		return plain(append([]string{"BITPOS", g.key(), g.pick("0", "1")}, g.bitRange()...)...)
	}},
	{4, func(g *Generator) Command {
		return plain(append([]string{"BITOP", g.pick("AND", "OR", "XOR", "and"), g.key()}, g.someKeys(4)...)...)
	}},
	{2, func(g *Generator) Command { return plain("BITOP", "NOT", g.key(), g.key()) }},
	{6, func(g *Generator) Command { return plain(g.bitfield()...) }},
	{2, func(g *Generator) Command {
		return plain("BITFIELD_RO", g.key(), "GET", g.bitType(), g.bitOffset(), "GET", g.bitType(), g.bitOffset())
	}},
}

// bitRange returns none or some of start, end and unit.
func (g *Generator) bitRange() []string {
	all := []string{g.index(), g.index(), g.pick("BIT", "BYTE", "bit")}
	return all[:g.IntN(4)]
}

func (g *Generator) bitType() string {
	if g.IntN(20) == 0 {
		return g.pick("u64", "i65", "u0", "x8", "i")
	}
	if g.IntN(2) == 0 {
		return "u" + strconv.Itoa(1+g.IntN(63))
	}
	return "i" + strconv.Itoa(1+g.IntN(64))
}

func (g *Generator) bitOffset() string {
	if g.IntN(3) == 0 {
		return "#" + strconv.Itoa(g.IntN(6))
	}
	return strconv.Itoa(g.IntN(150))
}

// bitfield returns a BITFIELD of a few operations.
func (g *Generator) bitfield() []string {
	args := []string{"BITFIELD", g.key()}
	for range g.IntN(4) {
		if g.IntN(2) == 0 {
			args = append(args, "OVERFLOW", g.pick("WRAP", "SAT", "FAIL", "sat"))
		}
		switch g.IntN(3) {
		case 0:
			args = append(args, "GET", g.bitType(), g.bitOffset())
		case 1:
			args = append(args, "SET", g.bitType(), g.bitOffset(), g.integer())
		default:
			args = append(args, "INCRBY", g.bitType(), g.bitOffset(), g.integer())
		}
	}
	return args
}
