package commands

var connectionBindings = []binding{
	{name: "ping", local: ping},
	{name: "echo", local: func(c *Call) { c.out.Bulk(c.args[1]) }},
	{name: "quit", local: quit},
}

func ping(c *Call) {
	switch len(c.args) {
	case 1:
		c.out.Simple("PONG")
	case 2:
		c.out.Bulk(c.args[1])
	default:
		c.wrongArity()
	}
}

func quit(c *Call) {
	s := c.session()
	s.closing = true
	s.conn.CloseAfterReply()
	c.out.OK()
}
