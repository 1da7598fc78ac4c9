package codec

import "errors"

// ErrIncomplete says that the bytes so far are a valid beginning and more of them are needed.
var ErrIncomplete = errors.New("codec: incomplete frame")

// ErrorKind tells bytes that break the protocol from bytes that only exceed a limit.
type ErrorKind uint8

const (
	// Malformed bytes can never become a frame, whatever the limits.
	Malformed ErrorKind = iota + 1
	// TooLarge frames are well formed as far as they were read, and exceed a limit of the server.
	TooLarge
)

// String names the kind for logs.
func (k ErrorKind) String() string {
	switch k {
	case Malformed:
		return "malformed"
	case TooLarge:
		return "too large"
	default:
		return "unknown"
	}
}

// ProtocolError ends a connection: the stream has no frame boundary to continue from.
type ProtocolError struct {
	Kind   ErrorKind
	Reason string // as Redis words it, without the "Protocol error: " in front
}

// Error implements error.
func (e *ProtocolError) Error() string { return "codec: " + e.Kind.String() + ": " + e.Reason }

// AppendReply appends the error reply that Redis sends before it closes the connection.
func (e *ProtocolError) AppendReply(dst []byte) []byte {
	dst = append(dst, "-ERR Protocol error: "...)
	dst = appendLine(dst, e.Reason)
	return append(dst, '\r', '\n')
}

// The errors without a variable part are shared, so that a flood of bad frames allocates nothing.
var (
	errMultibulkLength   = &ProtocolError{Malformed, "invalid multibulk length"}
	errMultibulkTooLarge = &ProtocolError{TooLarge, "invalid multibulk length"}
	errMultibulkUnauth   = &ProtocolError{TooLarge, "unauthenticated multibulk length"}
	errMultibulkHeader   = &ProtocolError{TooLarge, "too big mbulk count string"}
	errBulkLength        = &ProtocolError{Malformed, "invalid bulk length"}
	errBulkTooLarge      = &ProtocolError{TooLarge, "invalid bulk length"}
	errBulkUnauth        = &ProtocolError{TooLarge, "unauthenticated bulk length"}
	errBulkHeader        = &ProtocolError{TooLarge, "too big bulk count string"}
	errInlineTooLarge    = &ProtocolError{TooLarge, "too big inline request"}
	errUnbalancedQuotes  = &ProtocolError{Malformed, "unbalanced quotes in request"}
)

func errExpectedBulk(got byte) *ProtocolError {
	return &ProtocolError{Malformed, "expected '$', got '" + string([]byte{got}) + "'"}
}
