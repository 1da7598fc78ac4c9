package conformance

import "slices"

// transaction makes a transaction of random commands, with or without watched keys, of which few are given up.
func (g *Generator) transaction() []Command {
	var commands []Command
	if g.IntN(3) == 0 {
		commands = append(commands, plain(append([]string{"WATCH"}, g.someKeys(3)...)...))
		if g.IntN(2) == 0 {
			commands = append(commands, g.telling())
		}
		if g.IntN(8) == 0 {
			commands = append(commands, plain("UNWATCH"))
		}
	}
	commands = append(commands, plain("MULTI"))
	for range g.IntN(9) {
		if g.IntN(16) == 0 {
			commands = append(commands, g.script())
		} else {
			commands = append(commands, g.command())
		}
	}
	if g.IntN(12) == 0 {
		return append(commands, plain("DISCARD"))
	}
	return append(commands, plain("EXEC"))
}

// watched makes a command between WATCH of all keys and EXEC, which shows whether it changed one of them.
func (g *Generator) watched() []Command {
	return []Command{
		plain(append([]string{"WATCH"}, g.keys...)...), g.telling(), plain("MULTI"), plain("EXEC"),
	}
}

// telling makes a command of which both servers know alike whether it changes a key: it is none of those that leave every
// byte as it was, or only the encoding, or that end with the key as absent as it was before.
func (g *Generator) telling() Command {
	for {
		c := g.command()
		switch name := c.Args[0]; {
		case slices.Contains([]string{"LTRIM", "LMOVE", "RPOPLPUSH", "SETBIT", "BITFIELD", "RESTORE"}, name):
		case name == "SET" && (slices.Contains(c.Args, "EXAT") || slices.Contains(c.Args, "PXAT")):
		default:
			return c
		}
	}
}
