package commands

import (
	"math"
	"strconv"

	"github.com/mnorrsken/postkeys/commands/number"
	"github.com/mnorrsken/postkeys/commands/settings"
)

var connectionBindings = []binding{
	{name: "ping", local: ping},
	{name: "echo", local: func(c *Call) { c.out.Bulk(c.args[1]) }},
	{name: "quit", local: quit},
	{name: "select", local: selectDB},
	{name: "reset", local: reset},
	{name: "auth", local: auth},
	{name: "hello", local: hello},
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

func selectDB(c *Call) {
	n, ok := number.ParseInt64(c.args[1])
	switch {
	case !ok:
		c.fail(errNotInteger)
	case n < math.MinInt32 || n > math.MaxInt32:
		c.fail("ERR value is out of range, value must between " +
			strconv.Itoa(math.MinInt32) + " and " + strconv.Itoa(math.MaxInt32))
	case n < 0 || n >= c.server().settings.Int(settings.Databases):
		c.fail("ERR DB index is out of range")
	default:
		c.session().setDB(int(n))
		c.out.OK()
	}
}

// reset brings the session back to where it was when it began. What the client
// told about its library stays: it still is that library.
func reset(c *Call) {
	s := c.session()
	s.endTransaction()
	s.setDB(0)
	s.setRESP3(false)
	s.setSeen(seenNoEvict|seenNoTouch, false)
	s.setName("")
	s.authenticated = !s.server.passwordSet()
	if s.reply == replyOff {
		s.reply = replyOn
		c.mute = false
	}
	c.out.RESP3 = false
	c.out.Simple("RESET")
}
