package lua

// ReplyError is a failure that a client is told of: the whole text of an error reply, with its code.
type ReplyError string

// Error implements error.
func (e ReplyError) Error() string { return string(e) }
