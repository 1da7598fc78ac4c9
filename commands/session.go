package commands

import (
	"time"

	"github.com/mnorrsken/postkeys/codec"
	"github.com/mnorrsken/postkeys/commands/settings"
)

// Conn is the connection under a session, as package reactor makes it. Its
// methods are safe from any goroutine.
type Conn interface {
	ID() int64
	// Reply answers the batch in flight and takes ownership of buf; it leaves
	// with the next Flush.
	Reply(buf []byte)
	Flush()
	// Push sends buf, which it owns from then on, in between replies.
	Push(buf []byte)
	CloseAfterReply()
	Close()
	Remote() string
	Local() string
	FD() int
	Unix() bool
	Loopback() bool
	Opened() time.Time
	LastInteraction() time.Time
	QueryBuffer() (used, free int)
	OutputBytes() int
}

// Session is one client. Its methods run on the connection's loop.
type Session struct {
	server *Server
	conn   Conn

	db            int
	resp3         bool
	authenticated bool
	reply         replyMode
	closing       bool
}

// replyMode is what CLIENT REPLY has asked for.
type replyMode uint8

const (
	replyOn replyMode = iota
	replyOff
	replySkipNext // CLIENT REPLY SKIP itself: the next command is the one
	replySkip
)

// Open makes a session for a connection.
func (s *Server) Open(c Conn) *Session {
	sess := &Session{server: s, conn: c}
	sess.authenticated = !s.passwordSet()
	s.clients.add(sess)
	return sess
}

func (s *Server) passwordSet() bool { return s.settings.Text(settings.RequirePass) != "" }

// Serve runs a batch: it implements reactor.Session. Replies that need no
// storage are returned at once, others follow through the connection.
func (s *Session) Serve(b *codec.Batch) (reply []byte, done bool) {
	j := newJob(s, b)
	for i := range b.Len() {
		s.admit(j, b.Args(i))
		if s.closing {
			break
		}
	}
	switch {
	case j.delay > 0:
		time.AfterFunc(j.delay, func() { s.resume(j) })
		return nil, false
	case !j.stored():
		return j.release(), true
	}
	s.server.engine.Submit(&j.task)
	return nil, false
}

// resume goes on with a batch that was held back. It may run on any goroutine.
func (s *Session) resume(j *job) {
	if j.stored() {
		s.server.engine.Submit(&j.task)
		return
	}
	s.conn.Reply(j.release())
	s.conn.Flush()
}

// Malformed implements reactor.Session.
func (s *Session) Malformed(err *codec.ProtocolError) []byte {
	return err.AppendReply(codec.GetBuffer(replyGuess))
}

// Limits implements reactor.Session.
func (s *Session) Limits() *codec.Limits {
	if !s.authenticated {
		return &codec.UnauthenticatedLimits
	}
	return s.server.limits()
}

// Closed implements reactor.Session.
func (s *Session) Closed(error) {
	s.closing = true
	s.server.clients.remove(s)
}

// muted reports whether the command at hand is not to be answered, and moves
// CLIENT REPLY SKIP on.
func (s *Session) muted() bool {
	switch s.reply {
	case replyOff:
		return true
	case replySkipNext:
		s.reply = replySkip
	case replySkip:
		s.reply = replyOn
		return true
	}
	return false
}
