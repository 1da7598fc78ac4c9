package commands

import (
	"bytes"
	"math"
	"strconv"

	"github.com/mnorrsken/postkeys/commands/number"
	"github.com/mnorrsken/postkeys/commands/settings"
)

var connectionBindings = []binding{
	{name: "ping", local: ping, whileSubscribed: true},
	{name: "echo", local: func(c *Call) { c.out.Bulk(c.args[1]) }},
	{name: "quit", local: quit, whileSubscribed: true},
	{name: "select", local: selectDB},
	{name: "reset", local: reset, whileSubscribed: true},
	{name: "auth", local: auth},
	{name: "hello", local: hello},
}

func ping(c *Call) {
	s := c.session()
	switch {
	case len(c.args) > 2:
		c.wrongArity()
	case s.subscribed() && !s.resp3:
		// A client that expects messages gets an answer that looks like one.
		c.out.Array(2)
		c.out.BulkString("pong")
		c.out.Bulk(bytes.Join(c.args[1:], nil))
	case len(c.args) == 1:
		c.out.Simple("PONG")
	default:
		c.out.Bulk(c.args[1])
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
		c.useDB(int(n))
		c.out.OK()
	}
}

// useDB changes the database that later commands of the session work on, or
// later commands of the script.
func (c *Call) useDB(n int) {
	if c.script != nil {
		c.script.db = n
		return
	}
	c.session().setDB(n)
}

// reset brings the session back to where it was when it began. What the client
// told about its library stays: it still is that library.
func reset(c *Call) {
	s := c.session()
	s.endTransaction()
	s.endSubscriptions()
	s.endTracking()
	s.setMonitor(false)
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
