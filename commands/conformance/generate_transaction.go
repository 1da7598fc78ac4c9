package conformance

// transaction makes a transaction of random commands, with or without watched keys, of which few are given up.
func (g *Generator) transaction() []Command {
	var commands []Command
	if g.IntN(3) == 0 {
		commands = append(commands, plain(append([]string{"WATCH"}, g.someKeys(3)...)...))
		for range g.IntN(3) {
			commands = append(commands, g.command())
		}
		if g.IntN(8) == 0 {
			commands = append(commands, plain("UNWATCH"))
		}
	}
	commands = append(commands, plain("MULTI"))
	for range g.IntN(9) {
		commands = append(commands, g.command())
	}
	if g.IntN(12) == 0 {
		return append(commands, plain("DISCARD"))
	}
	return append(commands, plain("EXEC"))
}

// watched makes a command between WATCH of all keys and EXEC, which shows whether it changed one of them.
func (g *Generator) watched() []Command {
	return []Command{
		plain(append([]string{"WATCH"}, g.keys...)...), g.command(), plain("MULTI"), plain("EXEC"),
	}
}
