package commands

import "github.com/mnorrsken/postkeys/commands/number"

// redisVersion is the version of Redis whose behaviour this server follows.
// Client libraries decide by it what they may ask for.
const redisVersion = "7.2.6"

const errHelloNoAuth = "NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO <proto> AUTH <user> <pass> option can be used to authenticate the client and select the RESP protocol version at the same time"

// helloOptions are the arguments of HELLO.
type helloOptions struct {
	protocol       int64 // 0: stay with the one in use
	user, password []byte
	login          bool
	name           []byte
	rename         bool
}

// parseHello reads the arguments of HELLO. fail is the error reply, if any.
func parseHello(args [][]byte) (o helloOptions, fail string) {
	if len(args) == 1 {
		return o, ""
	}
	var ok bool
	if o.protocol, ok = number.ParseInt64(args[1]); !ok {
		return o, "ERR Protocol version is not an integer or out of range"
	}
	if o.protocol != 2 && o.protocol != 3 {
		return o, "NOPROTO unsupported protocol version"
	}
	for rest := args[2:]; len(rest) > 0; {
		switch {
		case isWord(rest[0], "auth") && len(rest) > 2:
			o.user, o.password, o.login = rest[1], rest[2], true
			rest = rest[3:]
		case isWord(rest[0], "setname") && len(rest) > 1:
			if !validAttribute(rest[1]) {
				return o, errClientName
			}
			o.name, o.rename = rest[1], true
			rest = rest[2:]
		default:
			return o, "ERR Syntax error in HELLO option '" + cText(rest[0]) + "'"
		}
	}
	return o, ""
}

// hello chooses the protocol, logs in and names the session as asked for, and
// describes the server. Nothing is changed if any of it is refused.
func hello(c *Call) {
	s := c.session()
	o, fail := parseHello(c.args)
	if fail != "" {
		c.fail(fail)
		return
	}
	if o.login {
		if !s.server.passwordOf(o.user, o.password) {
			c.fail(errWrongPass)
			return
		}
		s.authenticated = true
	}
	if !s.authenticated {
		c.fail(errHelloNoAuth)
		return
	}
	if o.rename {
		s.setName(string(o.name))
	}
	if o.protocol != 0 {
		s.setRESP3(o.protocol == 3)
		c.out.RESP3 = s.resp3
	}
	c.describeServer()
}

func (c *Call) describeServer() {
	protocol := int64(2)
	if c.out.RESP3 {
		protocol = 3
	}
	out := c.out
	out.Map(7)
	out.BulkString("server")
	out.BulkString("redis")
	out.BulkString("version")
	out.BulkString(redisVersion)
	out.BulkString("proto")
	out.Int(protocol)
	out.BulkString("id")
	out.Int(c.session().conn.ID())
	out.BulkString("mode")
	out.BulkString("standalone")
	out.BulkString("role")
	out.BulkString("master")
	out.BulkString("modules")
	out.Array(0)
}
