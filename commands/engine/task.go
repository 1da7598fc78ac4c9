// Package engine runs the commands of many connections in common rounds.
//
// A session submits a [Task]: the storage commands of one batch, with the keys
// they claim. Workers, each with a PostgreSQL connection of its own, take all
// tasks that wait, up to a bound, and run them as one unit of work: load,
// apply in order, write, commit. While one round waits for PostgreSQL the next
// one gathers, so that rounds grow with load.
//
// The scheduler's state is guarded by one mutex, held for the forming and the
// ending of a round only. A task belongs to the round that took it until Done.
package engine

import (
	"time"

	"github.com/mnorrsken/postkeys/pg"
)

// Claim is one key of one command and what the command does with it.
type Claim struct {
	DB   int
	Name []byte // valid until the task is done
	Hash uint64 // pg.HashKey(DB, Name)
	Mode pg.Mode
	Part pg.Part
	// Needs is which elements of a collection, nil for none or for strings.
	Needs *pg.Needs

	entry      *pg.Entry
	generation uint64
}

// Entry returns the claimed key inside the unit. It costs a round trip only
// after another command of the unit had everything written out in between.
func (c *Claim) Entry(tx *pg.Tx) (*pg.Entry, error) {
	if c.generation == tx.Generation() {
		return c.entry, nil
	}
	return tx.Entry(c.DB, c.Name, c.Mode, c.Part, c.Needs)
}

// Lane says which rounds a task may join.
type Lane uint8

// Lanes. Rounds of one lane share a form, so that a cheap one never becomes an
// expensive one for company's sake.
const (
	// Read: nothing is locked or written; one round trip.
	Read Lane = iota
	// Blind: keys are written without being looked at; one round trip.
	Blind
	// Update: keys are locked, read and written; two round trips.
	Update
	// Slow: may take long for its own reasons, and so runs alone.
	Slow
	numLanes
)

// Runner is the part of a task that knows what commands mean. The engine calls
// its methods one at a time.
type Runner interface {
	// Run applies items from..to-1 in order, using the claims of the task. An
	// error is one of PostgreSQL's and ends the round; a command's own failure
	// is a reply. After an error, or a failed commit, Run is called again for
	// the same items: what it produced since the last Keep is void.
	Run(tx *pg.Tx, from, to int) error
	// Keep makes what Run produced final: it is committed.
	Keep()
	// Fail answers items from..to-1 with an error in place of running them,
	// finally.
	Fail(from, to int, err error)
	// Done ends the task. It is called exactly once, after the last Keep or
	// Fail, and must not block. The task may be used again from then on. What
	// Done queued leaves when the flusher it returns is flushed, which happens
	// once every task of the round is done.
	Done() Flusher
}

// Flusher lets queued replies go.
type Flusher interface{ Flush() }

// Task is what a session asks for at one time.
type Task struct {
	Runner Runner
	Lane   Lane
	Items  int     // number of commands
	Bytes  int     // size of their arguments
	Claims []Claim // in the order of the commands

	submitted time.Time
}

// writes reports whether the task holds keys that rounds have to be ordered by.
func (t *Task) writes() bool { return t.Lane != Read }
