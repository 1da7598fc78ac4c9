package lua

import "github.com/mnorrsken/postkeys/codec"

// Level is the severity of a message of redis.log.
type Level int

// The levels of redis.log, by Redis' numbers.
const (
	LogDebug Level = iota
	LogVerbose
	LogNotice
	LogWarning
)

// Caller is the server as a running script sees it. Its methods are called on the goroutine of Run, never two at once.
type Caller interface {
	// Call runs one command. The reply is one RESP value, in RESP3 if resp3 (the script chose it with redis.setresp), else in RESP2; what
	// Redis refuses (an unknown command, a write in a read-only script) is an error reply. The reply is read before the next Call, and
	// args are the Caller's to keep: nothing changes them later.
	//
	// An error is trouble of the server itself. It ends the script at once, past every pcall, and Run returns it as it is.
	Call(args [][]byte, resp3 bool) (reply []byte, err error)
	// CheckACL tells whether the user may run a command with its arguments; known is false if there is no such command.
	CheckACL(args [][]byte) (allowed, known bool)
	// Log takes a message of redis.log. The caller filters by level.
	Log(level Level, message string)
}

// Invocation is one run of a script or function.
type Invocation struct {
	Keys, Args [][]byte
	Caller     Caller
	// Out takes the reply; its RESP3 is the client's protocol. It is only appended to.
	Out *codec.Encoder
	// Control lets others stop the run. Nil if nobody will.
	Control *Control

	// Failed is set by Run: the reply is an error that ended the script. An error value that a script returns does not count.
	Failed bool
	// ErrorCounted is set by Run: the error reply, raised or returned, came from a command of the Caller, who has counted it already.
	ErrorCounted bool
}
