package pg

import (
	"context"
	"errors"
	"io"
	"net"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
)

// SQLSTATE codes that this package acts on.
const (
	codeUniqueViolation      = "23505"
	codeInvalidCatalogName   = "3D000"
	codeDuplicateDatabase    = "42P04"
	codeSerializationFailure = "40001"
	codeDeadlockDetected     = "40P01"
	codeReadOnly             = "25006"
	codeOutOfRange           = "22003" // how sqlUpsert refuses to overwrite a collection
	codeLockNotAvailable     = "55P03"
	codeDiskFull             = "53100"
)

// Kind is what a failed unit of work means to its caller.
type Kind int

const (
	// KindStatement means that PostgreSQL refused a statement. Nothing was changed.
	KindStatement Kind = iota
	// KindRetry means that the transaction lost a race with another one.
	// Nothing was changed, and trying again is expected to work.
	KindRetry
	// KindUnavailable means that PostgreSQL could not be reached. Nothing was
	// changed.
	KindUnavailable
	// KindUnknown means that the connection was lost while the transaction
	// committed and PostgreSQL could not tell afterwards whether it did.
	KindUnknown
)

// Error is the outcome of a unit of work that did not commit, or of which
// nobody can tell.
type Error struct {
	Kind Kind
	Err  error
}

func (e *Error) Error() string { return e.Err.Error() }

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// KindOf returns the kind of err, KindStatement if it has none.
func KindOf(err error) Kind {
	var e *Error
	if errors.As(err, &e) {
		return e.Kind
	}
	return KindStatement
}

// classify wraps an error of pgconn that came before COMMIT was sent.
func classify(err error) error {
	var known *Error
	if errors.As(err, &known) {
		return err
	}
	var pgErr *pgconn.PgError
	if !errors.As(err, &pgErr) {
		return &Error{KindUnavailable, err}
	}
	switch {
	case pgErr.Code == codeSerializationFailure, pgErr.Code == codeDeadlockDetected, pgErr.Code == codeUniqueViolation,
		pgErr.Code == codeAppeared:
		return &Error{KindRetry, err}
	case connectionEnds(pgErr):
		return &Error{KindUnavailable, err}
	}
	return &Error{KindStatement, err}
}

// connectionEnds reports whether PostgreSQL closes the connection after this
// error: a shutdown, a crash of another backend, a server still starting, a
// terminated backend, no free connection slot.
func connectionEnds(e *pgconn.PgError) bool {
	if e.Severity == "FATAL" || e.Severity == "PANIC" {
		return true
	}
	return strings.HasPrefix(e.Code, "08") || strings.HasPrefix(e.Code, "57P")
}

// isConnectionError reports whether err leaves the connection unusable.
func isConnectionError(err error) bool {
	var pgErr *pgconn.PgError
	return !errors.As(err, &pgErr) || connectionEnds(pgErr)
}

// codeOf returns the SQLSTATE of an error, "" if it has none.
func codeOf(err error) string {
	var pgErr *pgconn.PgError
	if errors.As(err, &pgErr) {
		return pgErr.Code
	}
	return ""
}

// IsUnreachable reports whether err means that PostgreSQL could not be reached
// now, or cannot write now, and may be later: in contrast to a wrong password
// or a missing right.
func IsUnreachable(err error) bool {
	var pgErr *pgconn.PgError
	if errors.As(err, &pgErr) {
		return connectionMayReturn(pgErr.Code)
	}
	var netErr net.Error
	var connectErr *pgconn.ConnectError
	return errors.As(err, &connectErr) || errors.As(err, &netErr) || pgconn.Timeout(err) || pgconn.SafeToRetry(err) ||
		errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF)
}

// connectionMayReturn knows the states that end by themselves: PostgreSQL
// stops, starts, recovers or follows another one, has no connection, memory or
// disk left; or the connection broke.
func connectionMayReturn(code string) bool {
	return strings.HasPrefix(code, "57P") || strings.HasPrefix(code, "53") || strings.HasPrefix(code, "08") ||
		code == codeReadOnly
}

// ReasonOf renders err on one line for a client or a log, without connection
// details.
func ReasonOf(err error) string {
	var pgErr *pgconn.PgError
	if errors.As(err, &pgErr) {
		return oneLine(pgErr.Message) + " (SQLSTATE " + pgErr.Code + ")"
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return "timed out"
	}
	return oneLine(err.Error())
}

// oneLine keeps a text from breaking the line it is put into.
func oneLine(s string) string {
	return strings.Join(strings.Fields(s), " ")
}
