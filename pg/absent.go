package pg

// Keys that were absent when they were loaded have no row to lock. What a unit
// found out about them has to hold when it takes effect, which is at its commit:
//
//  1. A key that the unit adds is an INSERT. If somebody else has added it
//     meanwhile, that is a unique violation, and the unit runs again; from then on
//     everybody else waits for this unit.
//  2. A key that stays absent and was claimed with ModeStable in a unit that writes
//     others is added too, as a row of type none, in the same statement and so in
//     the order of keys, and removed again. Two units that each look at a key
//     which the other one adds do not miss each other.
//  3. At any other key that stays absent the unit looks again (sqlStillAbsent).
//
// So an absent key costs nothing before it is known what becomes of it. Where
// two units want the same keys often, one of them has to run again, and locks
// them all in order before it looks (sqlReserve).

// foundAbsent reports whether the key was absent when it was loaded, has no row
// of this unit to hold it, and is absent still.
func (e *Entry) foundAbsent() bool {
	return e.locked && !e.row.exists && !e.moved && e.typ == TypeNone
}

// keepAbsent puts the keys that have to stay absent among those to be written.
// all says that those claimed with ModeUpdate have to as well: their entries are
// about to be forgotten, and what the unit will do next is not known.
func (tx *Tx) keepAbsent(all bool) {
	if !tx.open {
		return
	}
	for _, e := range tx.list {
		if !e.foundAbsent() || e.mode != ModeStable && !all {
			continue
		}
		e.keptAbsent = true
		if e.changes == 0 {
			tx.dirty = append(tx.dirty, e)
		}
	}
}

// queueKeptAbsent removes the rows of keys that stay absent. Until the unit has
// ended, others who want to add one of them wait all the same.
func (tx *Tx) queueKeptAbsent() {
	w := &tx.buffers
	for i := 0; i < len(tx.dirty); {
		db := tx.dirty[i].db
		w.reset()
		for ; i < len(tx.dirty) && tx.dirty[i].db == db; i++ {
			if e := tx.dirty[i]; e.keptAbsent {
				w.keys.bytes(shortForm(e.name))
			}
		}
		if w.keys.n > 0 {
			tx.c.sendWrite(stmtDeleteKeys, anyCount, int2Param(db), tx.spaceParam(db), w.keys.param())
		}
	}
}
