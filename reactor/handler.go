package reactor

import "github.com/mnorrsken/postkeys/codec"

// Handler makes a session for each accepted connection.
type Handler interface {
	// Open runs on the connection's loop and must not block. If refuse is not nil those bytes are sent, the connection is
	// closed, and the session (which may be nil) hears nothing more.
	Open(c *Conn) (s Session, refuse []byte)
}

// Session is what stands behind one connection. All methods run on the connection's loop, never two at a time, and must
// not block.
type Session interface {
	// Serve takes ownership of b. If done, reply is written at once (the reactor owns it from then on; it may be nil) and
	// decoding goes on. If not done, the session calls Conn.Reply exactly once, from any goroutine; until then the
	// connection gets no further batch.
	Serve(b *codec.Batch) (reply []byte, done bool)
	// Malformed is called when the input can't be decoded and everything before it has been answered. The bytes it
	// returns are written, then the connection is closed.
	Malformed(err *codec.ProtocolError) (reply []byte)
	// Limits bound the frames of the next batch. They may change between batches, with AUTH for instance.
	Limits() *codec.Limits
	// Closed is called once, when the connection is gone. A batch in flight goes on; its Reply is dropped. err is nil if
	// this side closed the connection.
	Closed(err error)
}

// Class says which output limit applies to a connection.
type Class uint8

// The classes of client-output-buffer-limit.
const (
	Normal Class = iota
	Replica
	PubSub
	numClasses
)
