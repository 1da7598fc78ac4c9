package conformance

import "strconv"

var hyperloglogTemplates = []Template{
	{6, func(g *Generator) Command {
		args := []string{"PFADD", g.sketchKey()}
		for range g.IntN(6) {
			args = append(args, strconv.Itoa(g.IntN(500)))
		}
		return plain(args...)
	}},
	{3, func(g *Generator) Command { return plain("PFCOUNT", g.sketchKey()) }},
	{1, func(g *Generator) Command { return plain("PFCOUNT", g.sketchKey(), g.sketchKey(), g.sketchKey()) }},
	{2, func(g *Generator) Command { return plain("PFMERGE", g.sketchKey(), g.sketchKey(), g.sketchKey()) }},
	{2, func(g *Generator) Command { return plain("GET", g.sketchKey()) }},
	{1, func(g *Generator) Command {
		return plain("PFDEBUG", g.pick("ENCODING", "DECODE", "TODENSE", "GETREG"), g.sketchKey())
	}},
}

// sketchKey returns a key that mostly holds a HyperLogLog: few other keys ever do.
func (g *Generator) sketchKey() string {
	if g.IntN(8) == 0 {
		return g.key()
	}
	return g.prefix + "hll" + strconv.Itoa(g.IntN(2))
}
