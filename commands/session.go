package commands

import (
	"sync/atomic"
	"time"

	"github.com/mnorrsken/postkeys/codec"
	"github.com/mnorrsken/postkeys/commands/pubsub"
	"github.com/mnorrsken/postkeys/commands/tracking"
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
	// PushShared is Push for bytes that others get too, and nobody changes.
	PushShared(buf []byte)
	// SetSubscriber says whether the output limits of subscribers apply.
	SetSubscriber(on bool)
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
	// transaction is what MULTI or WATCH has begun, nil for nothing.
	transaction *transaction

	// What others may see, see visible.go.
	gone        atomic.Bool  // Closed was called
	lastCommand atomic.Int32 // spec.Spec.ID plus 1, 0 for none
	seen        atomic.Uint64
	queued      atomic.Int32 // commands in a transaction plus 1, 0 for none
	told        atomic.Pointer[attributes]
	subscriber  atomic.Pointer[pubsub.Subscriber] // nil until it subscribes to something
	waiting     atomic.Pointer[waiting]           // nil while no blocking command is under way
	tracker     atomic.Pointer[tracking.Client]   // nil while CLIENT TRACKING is off
	redirected  atomic.Int64                      // the client that gets its invalidations
}

// replyMode is what CLIENT REPLY has asked for.
type replyMode uint8

const (
	replyOn replyMode = iota
	replyOff
	replySkip // the next command is not answered
)

// Open makes a session for a connection.
func (s *Server) Open(c Conn) *Session {
	sess := &Session{server: s, conn: c}
	sess.authenticated = !s.passwordSet()
	s.clients.add(sess)
	return sess
}

// Serve runs a batch: it implements reactor.Session. Replies that need no
// storage are returned at once, others follow through the connection.
func (s *Session) Serve(b *codec.Batch) (reply []byte, done bool) { return s.serve(b, 0, 0) }

// serve is Serve from a command on. arrival is the place of the batch among
// those that a pause held back, 0 if it was not.
func (s *Session) serve(b *codec.Batch, from int, arrival uint64) (reply []byte, done bool) {
	j := newJob(s, b)
	for i := from; i < b.Len() && !s.closing; i++ {
		if !s.admit(j, b.Args(i)) {
			j.rest.from = i
			if i == from {
				j.rest.arrival = arrival
			}
			break
		}
		s.endCaching(j.calls[len(j.calls)-1].spec)
	}
	s.noteLastCommand(j)
	s.keepQueued(j)
	switch {
	case j.delay > 0:
		time.AfterFunc(j.delay, func() { s.resume(j) })
		return nil, false
	case j.stored():
		j.submit()
		return nil, false
	case j.awaitsRoom():
		return nil, false
	case j.rest.batch != nil:
		j.finish()
		return nil, false
	}
	return s.handOver(j.release()), true
}

// resume goes on with a batch that was held back. It may run on any goroutine.
func (s *Session) resume(j *job) {
	if j.stored() {
		j.submit()
		return
	}
	j.finish()
	s.conn.Flush()
}

// Malformed implements reactor.Session.
func (s *Session) Malformed(err *codec.ProtocolError) []byte {
	if s.reply != replyOn {
		return nil
	}
	return err.AppendReply(codec.GetBuffer(replyGuess))
}

// Limits implements reactor.Session.
func (s *Session) Limits() *codec.Limits {
	if s.mustLogIn() {
		return &codec.UnauthenticatedLimits
	}
	return s.server.limits()
}

// Closed implements reactor.Session.
func (s *Session) Closed(error) {
	s.gone.Store(true)
	s.server.clients.remove(s)
	s.server.pause.drop(s)
	s.dropWaiting()
	s.endSubscriptions()
	s.setMonitor(false)
	if t := s.tracker.Load(); t != nil {
		s.server.tracking.Disable(t)
	}
}

// muted reports whether the command at hand is not to be answered, and moves
// CLIENT REPLY SKIP on.
func (s *Session) muted() bool {
	muted := s.reply != replyOn
	if s.reply == replySkip {
		s.reply = replyOn
	}
	return muted
}
