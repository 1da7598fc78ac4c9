package commands

import "github.com/mnorrsken/postkeys/commands/number"

// clientFilter selects sessions for CLIENT KILL. What is not set selects all.
type clientFilter struct {
	id          int64
	addr, laddr string
	kind        clientType
	byKind      bool
	byAddr      bool
	byLocalAddr bool
	skipMe      bool
}

// parseClientFilter reads the arguments of CLIENT KILL behind the subcommand.
// fail is the error reply, if any.
func parseClientFilter(args [][]byte) (f clientFilter, fail string) {
	if len(args) == 1 {
		// The old form, which may hit the caller.
		return clientFilter{addr: cText(args[0]), byAddr: true}, ""
	}
	f.skipMe = true
	for ; len(args) > 0; args = args[2:] {
		if len(args) == 1 {
			return f, errSyntax
		}
		if fail := f.set(args[0], args[1]); fail != "" {
			return f, fail
		}
	}
	return f, ""
}

// set adds one filter; of several of one kind the last counts.
func (f *clientFilter) set(name, value []byte) (fail string) {
	var ok bool
	switch {
	case isWord(name, "id"):
		if f.id, ok = number.ParseInt64(value); !ok || f.id < 1 {
			return "ERR client-id should be greater than 0"
		}
	case isWord(name, "type"):
		if f.kind, f.byKind = clientTypeOf(value); !f.byKind {
			return errClientType(value)
		}
	case isWord(name, "addr"):
		f.addr, f.byAddr = cText(value), true
	case isWord(name, "laddr"):
		f.laddr, f.byLocalAddr = cText(value), true
	case isWord(name, "user"):
		if string(value) != defaultUser {
			return "ERR No such user '" + cText(value) + "'"
		}
	case isWord(name, "skipme") && isWord(value, "yes"):
		f.skipMe = true
	case isWord(name, "skipme") && isWord(value, "no"):
		f.skipMe = false
	default:
		return errSyntax
	}
	return ""
}

// selects reports whether the filter selects a session; me is the caller's.
func (f *clientFilter) selects(s, me *Session) bool {
	switch {
	case f.id != 0 && s.conn.ID() != f.id,
		f.skipMe && s == me,
		f.byKind && s.clientType() != f.kind,
		f.byAddr && s.conn.Remote() != f.addr,
		f.byLocalAddr && s.conn.Local() != f.laddr:
		return false
	}
	return true
}

// clientKill closes sessions: the one at an address, or all that pass filters.
func clientKill(c *Call) {
	f, fail := parseClientFilter(c.args[2:])
	if fail != "" {
		c.fail(fail)
		return
	}
	me, killed := c.session(), 0
	for _, s := range c.server().clients.all() {
		if !f.selects(s, me) {
			continue
		}
		if s == me {
			// The reply comes first.
			me.closing = true
			me.conn.CloseAfterReply()
			killed++
		} else if s.kill() {
			killed++
		}
	}
	switch {
	case len(c.args) > 3:
		c.out.Int(int64(killed))
	case killed == 0:
		c.fail("ERR No such client")
	default:
		c.out.OK()
	}
}

// kill closes a session from anywhere. It is off the list at once, and a
// command that a pause held back is never run, nor one that has blocked. It reports false for a session
// that is gone already.
func (s *Session) kill() bool {
	if !s.server.clients.remove(s) {
		return false
	}
	s.server.pause.drop(s)
	s.dropWaiting()
	s.conn.Close()
	return true
}
