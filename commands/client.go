package commands

import "bytes"

var clientBindings = []binding{
	{name: "client|help", local: func(c *Call) { c.help("CLIENT", clientHelpLines) }},
	{name: "client|id", local: func(c *Call) { c.out.Int(c.session().conn.ID()) }},
	{name: "client|getname", local: clientGetName},
	{name: "client|setname", local: clientSetName},
	{name: "client|setinfo", local: clientSetInfo},
	{name: "client|info", local: clientInfo},
	{name: "client|list", local: clientList},
	{name: "client|kill", local: clientKill},
	{name: "client|pause", local: clientPause},
	{name: "client|unpause", local: clientUnpause},
	{name: "client|unblock", local: clientUnblock},
	{name: "client|reply", local: clientReply},
	{name: "client|no-evict", local: func(c *Call) { c.switchSeen(seenNoEvict) }},
	{name: "client|no-touch", local: func(c *Call) { c.switchSeen(seenNoTouch) }},
}

const errClientName = "ERR Client names cannot contain spaces, newlines or special characters."

func clientGetName(c *Call) {
	if name := c.session().attributes().name; name != "" {
		c.out.BulkString(name)
	} else {
		c.out.Null()
	}
}

func clientSetName(c *Call) {
	if !validAttribute(c.args[2]) {
		c.fail(errClientName)
		return
	}
	c.session().setName(string(c.args[2]))
	c.out.OK()
}

func clientSetInfo(c *Call) {
	a := c.session().attributes()
	var attribute *string
	switch {
	case isWord(c.args[2], "lib-name"):
		attribute = &a.libName
	case isWord(c.args[2], "lib-ver"):
		attribute = &a.libVer
	default:
		c.fail("ERR Unrecognized option '" + cText(c.args[2]) + "'")
		return
	}
	if !validAttribute(c.args[3]) {
		c.fail("ERR " + cText(c.args[2]) + " cannot contain spaces, newlines or special characters.")
		return
	}
	*attribute = string(c.args[3])
	c.session().setAttributes(a)
	c.out.OK()
}

// validAttribute reports whether a value can stand in CLIENT LIST, whose fields
// are told apart by spaces. What follows a NUL is not shown.
func validAttribute(value []byte) bool {
	for _, b := range value {
		if b == 0 {
			return true
		}
		if b < '!' || b > '~' {
			return false
		}
	}
	return true
}

// cText is the part of an argument that Redis shows in texts: it ends where a
// string of C does.
func cText(arg []byte) string {
	if i := bytes.IndexByte(arg, 0); i >= 0 {
		arg = arg[:i]
	}
	return string(arg)
}

// clientReply turns replies on or off. Only ON is answered itself.
func clientReply(c *Call) {
	s := c.session()
	switch arg := c.args[2]; {
	case isWord(arg, "on"):
		s.reply = replyOn
		c.mute = false
		c.out.OK()
	case isWord(arg, "off"):
		s.reply = replyOff
	case isWord(arg, "skip"):
		if s.reply != replyOff {
			s.reply = replySkip
		}
	default:
		c.fail(errSyntax)
	}
}

// switchSeen turns a mode of the session on or off, as the argument says.
func (c *Call) switchSeen(mode uint64) {
	switch arg := c.args[2]; {
	case isWord(arg, "on"):
		c.session().setSeen(mode, true)
	case isWord(arg, "off"):
		c.session().setSeen(mode, false)
	default:
		c.fail(errSyntax)
		return
	}
	c.out.OK()
}

// clientHelpLines has the subcommands that are served.
var clientHelpLines = []string{
	"CACHING (YES|NO)",
	"    Keep track of the keys of the next command, or do not.",
	"GETREDIR",
	"    Tell the number of the connection that gets the invalidations of this one.",
	"GETNAME",
	"    Tell the name of this connection.",
	"ID",
	"    Tell the number of this connection.",
	"INFO",
	"    Describe this connection.",
	"KILL <ip:port>",
	"    Close the connection that comes from this address.",
	"KILL <filter> <value> [<filter> <value> [...]]",
	"    Close the connections that pass all filters, which are:",
	"    * ADDR (<ip:port>|<unixsocket>:0): the address of the client",
	"    * ID <client-id>: the number of the connection",
	"    * LADDR (<ip:port>|<unixsocket>:0): the address of the server",
	"    * SKIPME (YES|NO): whether this connection is spared (default: yes)",
	"    * TYPE (NORMAL|MASTER|REPLICA|PUBSUB): the kind of client",
	"    * USER <username>: who is logged in",
	"LIST [TYPE (NORMAL|MASTER|REPLICA|PUBSUB)] [ID <client-id> [...]]",
	"    Describe all connections, those of a kind, or the numbered ones.",
	"NO-EVICT (ON|OFF)",
	"    Spare this connection when connections are closed to save memory.",
	"NO-TOUCH (ON|OFF)",
	"    Leave no trace of this connection in when and how often keys are used.",
	"PAUSE <milliseconds> [WRITE|ALL]",
	"    Hold back the writes, or all commands, of all clients of this server.",
	"REPLY (ON|OFF|SKIP)",
	"    Answer this connection, or do not, or skip the next command.",
	"SETINFO (LIB-NAME|LIB-VER) <value>",
	"    Note the name or version of the client's library.",
	"SETNAME <name>",
	"    Give this connection a name.",
	"TRACKING (ON|OFF) [REDIRECT <id>] [BCAST] [PREFIX <prefix> [...]] [OPTIN] [OPTOUT] [NOLOOP]",
	"    Tell this connection, or another one, when keys that it has read have changed.",
	"TRACKINGINFO",
	"    Tell how the keys of this connection are tracked.",
	"UNBLOCK <client-id> [TIMEOUT|ERROR]",
	"    End the wait of a blocked client, as if its time were up or with an error.",
	"UNPAUSE",
	"    End a pause.",
}

// help answers with the subcommands of a container.
func (c *Call) help(container string, lines []string) {
	c.out.Array(len(lines) + 3)
	c.out.Simple(container + " <subcommand> [<arg> [value] [opt] ...]. Subcommands are:")
	for _, line := range lines {
		c.out.Simple(line)
	}
	c.out.Simple("HELP")
	c.out.Simple("    Print this help.")
}
