package pg

// Change is a key that a unit of work has changed, or all keys of a database
// index.
type Change struct {
	DB   int
	Name []byte // valid as long as the names of the unit's entries
	Hash uint64 // HashKey(DB, Name)
	// Type is what the key was when it was changed last before another key was,
	// TypeNone if it was removed.
	Type Type
	// All: every key of DB, or of all indexes if that is AllDatabases. Name is nil.
	All bool
	// Elements is how many a collection held that another node has changed, 0 if that
	// is not known.
	Elements int64

	entry *Entry // nil if it is not of a unit of this node
}

// Count returns how many elements the key holds at the end of the unit if it is a
// collection, as far as is known: at least one if it exists, none if it is not of Type
// any more. It is valid as long as Name.
func (c *Change) Count() int64 {
	e := c.entry
	switch {
	case c.Type == TypeNone || c.All || e != nil && e.typ != c.Type:
		return 0
	case e == nil:
		return max(c.Elements, 1)
	case e.list != nil:
		return max(e.list.count, 1)
	case e.members != nil:
		return max(e.members.count, 1)
	}
	return 1
}

// Changes returns what the unit has changed since Begin, in order. A key stands
// there again if it was changed again after another one, or into another type.
// It is valid until the Conn's next unit begins.
func (tx *Tx) Changes() []Change { return tx.changed }

// Mark returns how many changes there are so far. What is changed from here on stands
// in the list behind them, be it the key that was changed last.
func (tx *Tx) Mark() int {
	tx.marked = len(tx.changed)
	return tx.marked
}

// noteChange adds an entry to the changes of the unit.
func (tx *Tx) noteChange(e *Entry) {
	if n := len(tx.changed); e.noted == n && n > tx.marked && tx.changed[n-1].Type == e.typ {
		return
	}
	tx.changed = append(tx.changed, Change{DB: e.db, Name: e.name, Hash: e.hash, Type: e.typ, entry: e})
	e.noted = len(tx.changed)
}

// noteAll adds all keys of a database index to the changes.
func (tx *Tx) noteAll(db int) { tx.changed = append(tx.changed, Change{DB: db, All: true}) }

// maxKeptChanges bounds what a connection keeps of the changes of a large unit.
const maxKeptChanges = 1 << 12

// resetChanges begins the list anew.
func (tx *Tx) resetChanges() {
	if cap(tx.changed) > maxKeptChanges {
		tx.changed = nil
	}
	clear(tx.changed)
	tx.changed, tx.marked = tx.changed[:0], 0
}
