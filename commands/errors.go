package commands

import (
	"errors"

	"github.com/mnorrsken/postkeys/commands/engine"
	"github.com/mnorrsken/postkeys/pg"
)

// Error replies, word for word as Redis gives them: clients match on them.
const (
	errWrongType     = "WRONGTYPE Operation against a key holding the wrong kind of value"
	errSyntax        = "ERR syntax error"
	errNotInteger    = "ERR value is not an integer or out of range"
	errNotFloat      = "ERR value is not a valid float"
	errNoAuth        = "NOAUTH Authentication required."
	errNotInMulti    = "ERR Command not allowed inside a transaction"
	errNoReplicas    = "NOREPLICAS Not enough good replicas to write."
	errStringTooLong = "ERR string exceeds maximum allowed size (proto-max-bulk-len)"
	errOverflow      = "ERR increment or decrement would overflow"
	errNoSuchKey     = "ERR no such key"
	errIndexRange    = "ERR index out of range"
	errOutOfRange    = "ERR value is out of range"
	errNotPositive   = "ERR value is out of range, must be positive"

	errDebugNotAllowed = "ERR DEBUG command not allowed. If the enable-debug-command option is set to \"local\", " +
		"you can run it from a local connection, otherwise you need to set this option in the configuration file, " +
		"and then restart the server."
)

// Error replies of postkeys' own.
const (
	errLoading = "LOADING PostgreSQL is not reachable, the command was not executed"
	errUnknown = "ERR the outcome of this command is unknown: the connection to PostgreSQL was lost during the commit"
)

// errorReply translates an error of the storage into a reply.
func errorReply(err error) string {
	if errors.Is(err, engine.ErrBusy) {
		return errBusyScript
	}
	switch pg.KindOf(err) {
	case pg.KindUnavailable:
		return errLoading
	case pg.KindUnknown:
		return errUnknown
	case pg.KindRetry:
		return "TRYAGAIN the command lost too many races with other writers of its keys and was not executed"
	case pg.KindStatement:
	}
	if errors.As(err, new(*pg.Error)) {
		return "ERR PostgreSQL refused the command, nothing was changed: " + pg.ReasonOf(err)
	}
	return "ERR " + err.Error()
}
