package commands

import (
	"github.com/mnorrsken/postkeys/commands/glob"
	"github.com/mnorrsken/postkeys/commands/spec"
)

var commandBindings = []binding{
	{name: "command", local: func(c *Call) { spec.AppendInfo(c.out, nil) }},
	{name: "command|count", local: func(c *Call) { spec.AppendCount(c.out) }},
	{name: "command|docs", local: func(c *Call) { spec.AppendDocs(c.out, c.args[2:]) }},
	{name: "command|getkeys", local: func(c *Call) { c.watchErrors(func() { spec.AppendGetKeys(c.out, c.args[2:]) }) }},
	{name: "command|getkeysandflags", local: func(c *Call) { c.watchErrors(func() { spec.AppendGetKeysAndFlags(c.out, c.args[2:]) }) }},
	{name: "command|help", local: func(c *Call) { c.help("COMMAND", commandHelpLines) }},
	{name: "command|info", local: func(c *Call) { spec.AppendInfo(c.out, c.args[2:]) }},
	{name: "command|list", local: func(c *Call) {
		c.watchErrors(func() { spec.AppendList(c.out, c.args[2:], matchName) })
	}},
}

// matchName is the glob matcher for names of commands.
func matchName(pattern, name []byte) bool { return glob.Match(pattern, name, true) }

// watchErrors notes that the command failed if what write wrote is an error,
// for writers that know nothing of calls.
func (c *Call) watchErrors(write func()) {
	start := len(c.out.Buf)
	write()
	if reply := c.out.Buf[start:]; len(reply) > 3 && reply[0] == '-' {
		c.failed, c.failure = true, string(reply[1:len(reply)-2])
	}
}

var commandHelpLines = []string{
	"(no subcommand)",
	"    Describe all commands.",
	"COUNT",
	"    Tell how many commands there are.",
	"DOCS [<command-name> [...]]",
	"    Document the named commands, or all.",
	"GETKEYS <full-command>",
	"    Tell which arguments of a command are keys.",
	"GETKEYSANDFLAGS <full-command>",
	"    Tell which arguments of a command are keys, and how each is used.",
	"INFO [<command-name> [...]]",
	"    Describe the named commands, or all.",
	"LIST [FILTERBY (MODULE <module-name>|ACLCAT <category>|PATTERN <pattern>)]",
	"    List the names of all commands, or of those that pass the filter.",
}
