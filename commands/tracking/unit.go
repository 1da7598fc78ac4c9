package tracking

import (
	"bytes"
	"slices"
)

// A client that changes a key is told to forget it if it had read it before the
// change, and may keep what it reads behind it. Keys are entered before they are
// loaded, and changes are told when they are committed, so that neither says in which
// order the commands of a unit of work came. The unit notes that:
//
//  1. BeginUnit begins it, also when it runs again.
//  2. UnitReads says how many changes there were when a command read keys.
//  3. Table.Changed gets the changes, in order.
//  4. EndUnit ends it.
//
// All of these are for whoever runs the unit.

// unitRead is a key that the unit under way has read, behind a number of changes.
type unitRead struct {
	name []byte
	at   int
	told bool // a change behind it has been told
}

// BeginUnit begins a unit of work of the client; before is how many changes its
// round has made so far.
func (c *Client) BeginUnit(before int) {
	clear(c.reads)
	c.reads, c.readsSorted, c.unitBase = c.reads[:0], false, before
}

// UnitReads notes that a command of the unit reads a key when its round has made some
// changes. name is kept until EndUnit.
func (c *Client) UnitReads(name []byte, changes int) {
	c.reads = append(c.reads, unitRead{name: name, at: changes - c.unitBase})
}

// EndUnit ends the unit once its changes have been told.
func (c *Client) EndUnit() {
	c.BeginUnit(0)
	c.unitKept = true
}

// around reports of a key that the client has read, and changes itself, whether it
// has read it before the change, which is the unit's at-th, and whether it reads it
// behind that, or may do so. MUST be called with Table.mu held.
func (c *Client) around(name string, how reading, at int) (before, after bool) {
	sameBatch := how.batch == c.batch && c.holds.Load()
	if c.unitKept {
		return true, sameBatch // which of the units of the batch has read it is not known
	}
	before, pending := !how.claimed || !sameBatch, true
	for i := c.firstRead(name); i < len(c.reads) && string(c.reads[i].name) == name; i++ {
		r := &c.reads[i]
		pending = false
		before = before || r.at <= at && !r.told
		after = after || r.at > at
		r.told = r.told || r.at <= at
	}
	return before, after || pending && sameBatch // a command is to come that it was entered for
}

// firstRead returns where the reads of a key begin.
func (c *Client) firstRead(name string) int {
	if !c.readsSorted {
		slices.SortFunc(c.reads, func(a, b unitRead) int { return bytes.Compare(a.name, b.name) })
		c.readsSorted = true
	}
	i, _ := slices.BinarySearchFunc(c.reads, name, func(r unitRead, name string) int {
		return bytes.Compare(r.name, []byte(name))
	})
	return i
}
