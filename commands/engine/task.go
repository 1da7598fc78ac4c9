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
	Item int    // the command's place in the task
	Mode pg.Mode
	Part pg.Part
	// Needs is which elements of a collection, nil for none or for strings.
	Needs *pg.Needs
	// Version: the key's version is needed as well.
	Version bool

	entry      *pg.Entry
	generation uint64 // of the unit when entry was planned
}

// writes reports whether the claim keeps others from the key.
func (c *Claim) writes() bool { return c.Mode != pg.ModeRead }

// Entry returns the key inside the unit, for a claim that [Task.Resolve] has
// made ready.
func (c *Claim) Entry() *pg.Entry { return c.entry }

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
	// is a reply. After an error, a panic, or a failed commit, Run is called
	// again for the same items: what it produced since the last Keep is void.
	Run(tx *pg.Tx, from, to int) error
	// Keep makes what Run produced final: it is committed.
	Keep()
	// Fail answers items from..to-1 with an error in place of running them,
	// finally. It must not panic.
	Fail(from, to int, err error)
	// Done ends the task. It is called exactly once, after the last Keep or
	// Fail, and must not block or panic. The task may be used again from then
	// on. What Done queued leaves when the flusher it returns is flushed, which
	// happens once every task of the round is done.
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
	// Snapshot: the commands only read, and have to see one state of the
	// database in all that they look at, the keys not claimed included.
	Snapshot bool
	// Epochs: the commands need the epochs of scripts and functions.
	Epochs bool

	submitted time.Time
	seq       uint64  // order of submission
	waits     bool    // its keys are listed as wanted
	isolated  bool    // it was part of a round that PostgreSQL refused
	shared    bool    // there are others in its round
	worker    *worker // that runs its round; with the engine's mu held
	end       int     // claims from here on are not part of the unit under way
}

// alone reports whether the task has a round of its own.
func (t *Task) alone() bool { return t.Lane == Slow || t.isolated }

// writes reports whether the task holds keys that rounds have to be ordered by.
func (t *Task) writes() bool { return t.Lane != Read }

// plan claims the keys of items from..to-1, in the order of the commands.
func (t *Task) plan(tx *pg.Tx, from, to int) {
	first := 0
	for first < len(t.Claims) && t.Claims[first].Item < from {
		first++
	}
	t.end = len(t.Claims)
	for t.end > first && t.Claims[t.end-1].Item >= to {
		t.end--
	}
	t.planFrom(tx, first)
}

func (t *Task) planFrom(tx *pg.Tx, first int) {
	generation := tx.Generation()
	for i := first; i < t.end; i++ {
		c := &t.Claims[i]
		c.entry = tx.Plan(c.DB, c.Name, c.Hash, c.Mode, c.Part)
		c.entry.Need(c.Needs)
		if c.Version {
			c.entry.WantVersion()
		}
		c.generation = generation
	}
}

// Resolve makes the entries of claims from..to-1 ready, for a command that is
// about to run. They are, unless an earlier command of the unit had everything
// written out, or brought a key here of which less is known than claimed: then
// these keys and those of all later commands of the task are loaded again, in
// one round trip.
func (t *Task) Resolve(tx *pg.Tx, from, to int) error {
	generation := tx.Generation()
	for i := from; i < to; i++ {
		if c := &t.Claims[i]; c.generation == generation && c.entry.Has(c.Part) {
			continue
		}
		// Some of the keys may be in the working set by now, with less than
		// is claimed here.
		if err := tx.Flush(); err != nil {
			return err
		}
		t.planFrom(tx, from)
		return tx.Load()
	}
	return nil
}

// Demand makes the entries of claims from..to-1 ready that were not planned with
// the round, for a command that has come up while another one runs. What is here
// already is used; the rest is loaded in one round trip. The unit is written out
// first if it holds a key and needs more of it.
func (t *Task) Demand(tx *pg.Tx, from, to int) error {
	for i := from; i < to; i++ {
		c := &t.Claims[i]
		if !tx.Serves(c.DB, c.Name, c.Hash, c.Mode, c.Part) {
			if err := tx.Flush(); err != nil {
				return err
			}
			break
		}
	}
	t.end = to
	t.planFrom(tx, from)
	return tx.Load()
}
