package commands

import (
	"github.com/mnorrsken/postkeys/commands/glob"
	"github.com/mnorrsken/postkeys/commands/settings"
)

var configBindings = []binding{
	{name: "config|get", local: configGet},
	{name: "config|set", local: configSet, ordered: true},
	{name: "config|resetstat", local: func(c *Call) { c.server().resetStats(); c.out.OK() }, ordered: true},
	{name: "config|rewrite", local: func(c *Call) { c.fail(settings.ErrRewrite.Reply) }},
	{name: "config|help", local: func(c *Call) { c.help("CONFIG", configHelpLines) }},
}

func configGet(c *Call) {
	patterns := make([]string, 0, len(c.args)-2)
	for _, a := range c.args[2:] {
		patterns = append(patterns, string(a))
	}
	found := c.server().settings.Get(patterns, func(pattern, name string) bool { return glob.Match(pattern, name, true) })
	c.out.Map(len(found))
	for _, a := range found {
		c.out.BulkString(a.Name)
		c.out.BulkString(a.Value)
	}
}

// configSet changes parameters on this node. Other nodes on the same database
// have their own.
func configSet(c *Call) {
	if len(c.args)%2 != 0 {
		c.fail(errSyntax)
		return
	}
	var assignments []settings.Assignment
	for i := 2; i < len(c.args); i += 2 {
		assignments = append(assignments, settings.Assignment{Name: string(c.args[i]), Value: string(c.args[i+1])})
	}
	if err := c.server().settings.Set(assignments, c.session().conn.Loopback()); err != nil {
		c.fail(err.Error())
		return
	}
	c.out.OK()
}

var configHelpLines = []string{
	"GET <pattern> [<pattern> [...]]",
	"    Show the parameters whose names match, with their values.",
	"SET <parameter> <value> [<parameter> <value> [...]]",
	"    Change parameters of this server, all of them or none.",
	"RESETSTAT",
	"    Make INFO count from zero again.",
	"REWRITE",
	"    Write the parameters to the configuration file. This server has none.",
}
