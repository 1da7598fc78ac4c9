package pg

import (
	"cmp"
	"errors"
	"fmt"
	"time"
)

// Commit writes what the unit has changed and ends it. After a nil error the
// changes are durable. Errors are of type *Error; unless the kind is
// KindUnknown, nothing was changed.
//
// A connection lost during the commit leaves it open whether the changes are
// in; Commit then asks PostgreSQL through another connection, for as long as a
// statement may take. The Conn is Broken afterwards in any case.
func (tx *Tx) Commit() error {
	if len(tx.dirty) == 0 && !tx.open {
		return nil
	}
	writes := len(tx.dirty) > 0 || tx.wrote || tx.anyReserved()
	if writes && tx.c.writer == unregistered {
		return tx.registerFirst()
	}
	if writes {
		if err := tx.goesOnToWrite(); err != nil {
			return err
		}
		if err := tx.settleCollections(); err != nil {
			return tx.failed(err)
		}
		tx.keepAbsent(false)
		tx.c.stamp()
		tx.hurryInserts()
		tx.queueWrites()
	}
	if tx.hold {
		tx.noteStages()
	}
	tx.queueStillAbsent()
	if tx.open {
		tx.c.send(stmtCommit, nil)
	}
	sent := time.Now()
	err := tx.c.sync()
	switch {
	case err == nil:
		tx.open = false
		return nil
	case errors.Is(err, errRowCount):
		// It should not happen, and PostgreSQL has committed: to run the unit
		// again would apply it twice.
		return &Error{KindUnknown, err}
	case !tx.c.Broken():
		return tx.failed(err)
	case !writes:
		return classify(err)
	case errors.As(err, new(errNotSent)) && !tx.open:
		// Without the Sync at its end PostgreSQL commits nothing. In a
		// transaction it may have come to the COMMIT in front of it.
		return &Error{KindUnavailable, err}
	}
	return tx.c.settled(err, sent)
}

func (tx *Tx) anyReserved() bool {
	for _, e := range tx.list {
		if e.reserved {
			return true
		}
	}
	return false
}

// sqlHurry bounds how long the statements of a unit wait for a lock from here on. New keys
// come out of the order of locks when they are written, and a unit that has added one of them
// may wait for this one. To give up costs less than to wait until PostgreSQL
// looks for deadlocks, which is after a second.
const sqlHurry = `SET LOCAL lock_timeout = '5ms'`

// hurryInserts has the unit not wait for long if it is about to add keys late.
func (tx *Tx) hurryInserts() {
	if !tx.hurried && tx.insertsLate() {
		tx.hurry()
	}
}

// hurry has the unit wait for no lock for long from here on.
func (tx *Tx) hurry() {
	tx.c.send(stmtHurry, nil)
	tx.hurried = true
}

// insertsLate reports whether the unit adds keys while it holds locks on others.
func (tx *Tx) insertsLate() bool {
	if !tx.open || tx.orderly || tx.excludes {
		return false
	}
	inserts, holds := false, tx.wrote || len(tx.gone) > 0
	for _, e := range tx.list {
		holds = holds || e.row.exists
		inserts = inserts || !e.row.exists && e.typ != TypeNone && e.changes != 0 || e.keptAbsent
	}
	return inserts && holds
}

// Flush writes what the unit has changed so far without ending it, so that
// statements that look at the whole keyspace see it, and forgets all entries.
// A unit that was not a transaction becomes one.
func (tx *Tx) Flush() error {
	writes := len(tx.dirty) > 0 || tx.anyReserved()
	if writes {
		if err := tx.goesOnToWrite(); err != nil {
			return err
		}
		if !tx.open {
			tx.begin()
			tx.queueClock()
		}
		if err := tx.settleCollections(); err != nil {
			return tx.failed(err)
		}
		tx.keepAbsent(true)
		tx.hurryInserts()
		tx.queueWrites()
		tx.wrote = true
	}
	if looks := tx.queueStillAbsent(); looks || writes {
		if err := tx.c.sync(); err != nil {
			return tx.failed(err)
		}
	}
	tx.noteVolatiles()
	tx.forget()
	return nil
}

// Rollback ends the unit without changing anything.
func (tx *Tx) Rollback() {
	if tx.open && !tx.c.Broken() {
		_ = tx.end(stmtRollback) // a broken connection has rolled back too
	}
}

// end sends COMMIT or ROLLBACK alone.
func (tx *Tx) end(s statement) error {
	tx.c.send(s, nil)
	tx.open = false
	if err := tx.c.sync(); err != nil {
		return classify(err)
	}
	return nil
}

// failed rolls the transaction back after an error and classifies it.
func (tx *Tx) failed(err error) error {
	tx.Rollback()
	if isUnregistered(err) {
		// The writer's row is gone: nothing was committed, and a new
		// connection registers a new one.
		_ = tx.c.fail(err)
		return &Error{KindUnavailable, err}
	}
	switch codeOf(err) {
	case codeOutOfRange:
		tx.c.next.careful = true
		return &Error{KindRetry, err}
	case codeReadOnly:
		// A PostgreSQL that follows another one now. The next connection may
		// find the one that leads.
		_ = tx.c.fail(err)
		return &Error{KindUnavailable, err}
	}
	if tx.hurried && codeOf(err) == codeLockNotAvailable {
		err = &Error{KindRetry, err}
	}
	err = classify(err)
	// A unit that has lost a race locks all its keys in order next time, be they
	// there or not.
	if tx.c.next.orderly = KindOf(err) == KindRetry; tx.c.next.orderly {
		tx.c.next.late = tx.lateKeys()
	}
	return err
}

const (
	// leastSettleTime is how long the outcome of a commit is asked for at least.
	leastSettleTime = 2 * time.Second
	// unboundedSettleTime is how long it is without a statement timeout.
	unboundedSettleTime = 10 * time.Second
)

// settled turns a commit in doubt into an outcome.
//
// A client gets its answer within the statement timeout if the connection
// breaks at once. One that hangs has used it up: a moment is left to ask.
func (c *Conn) settled(cause error, sent time.Time) error {
	deadline := sent.Add(cmp.Or(c.cfg.StatementTimeout, unboundedSettleTime))
	if least := time.Now().Add(leastSettleTime); deadline.Before(least) {
		deadline = least
	}
	committed, err := c.settle(deadline)
	switch {
	case err != nil:
		return &Error{KindUnknown, fmt.Errorf("%w, and asking for the outcome failed: %w", cause, err)}
	case committed:
		return nil
	default:
		return &Error{KindUnavailable, cause}
	}
}
