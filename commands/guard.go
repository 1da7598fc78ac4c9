package commands

import (
	"sync/atomic"
	"time"
)

// guard notes when a client was last taken for a web browser.
type guard struct{ warnedMs atomic.Int64 }

// guardPause is the least time between two warnings.
const guardPause = time.Minute

// due reports whether it is time for a warning, and if so counts it as given.
func (g *guard) due(now time.Time) bool {
	last, ms := g.warnedMs.Load(), now.UnixMilli()
	return (last == 0 || ms-last >= guardPause.Milliseconds()) && g.warnedMs.CompareAndSwap(last, ms)
}

// isHTTP reports whether a word that is no command begins a line of HTTP: a web
// page can make its visitor's browser send a request with commands in its body
// to a server that only the visitor reaches.
func isHTTP(name []byte) bool { return isWord(name, "post") || isWord(name, "host:") }

// abandon closes a connection that speaks HTTP. What it sent before has been
// done, but is not answered.
func (s *Session) abandon(j *job) {
	if s.server.guard.due(time.Now()) {
		s.server.log.Warn("A client sent POST or Host: as a command and is disconnected: possibly a web page is trying to reach this server through a browser.",
			"client_id", s.conn.ID(), "addr", s.conn.Remote())
	}
	s.closing = true
	s.conn.Close()
	j.out.Buf = j.out.Buf[:0]
}
