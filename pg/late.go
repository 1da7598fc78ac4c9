package pg

// Keys that come up while a unit runs, as those that a script does not declare, are
// locked when others are held. Two units that do so in different orders wait for each
// other, and PostgreSQL looks for that only after a second. So:
//
//  1. Whoever locks keys late, out of the order of keys, waits for no lock for long
//     from then on (sqlHurry).
//  2. If that is in vain, or anything else has the unit run again, the next unit of the
//     connection, which is the same one, locks the late keys with the first ones, in
//     order, and waits as long as it takes.
//
// A unit that needs other keys every time may still be the victim of a deadlock.

// lateKey is a key that was locked behind the first load.
type lateKey struct {
	db   int
	name []byte
	mode Mode
	part Part
}

// maxLateKeys is how many of them a unit that runs again locks at first.
const maxLateKeys = 256

// planLate plans the keys that the unit before has locked late.
func (tx *Tx) planLate() {
	for _, k := range tx.again {
		tx.Plan(k.db, k.name, HashKey(k.db, k.name), k.mode, k.part)
	}
	tx.again = nil
}

// noteLate notes the keys of a load that are going to be locked, in order, and has it
// not wait for long if others are held that come behind one of them.
func (tx *Tx) noteLate() {
	late := tx.loads > 1
	for _, e := range tx.planned {
		if !e.wantsLock() {
			continue
		}
		if late && len(tx.late) < maxLateKeys {
			tx.late = append(tx.late, lateKey{e.db, e.name, max(e.mode, ModeUpdate), e.part})
		}
		if tx.top.name != nil && (e.db < tx.top.db || e.db == tx.top.db && string(e.name) < string(tx.top.name)) {
			if late && !tx.orderly && !tx.excludes && !tx.hurried {
				tx.hurry()
			}
		} else {
			tx.top = lateKey{db: e.db, name: e.name}
		}
	}
}

// lateKeys returns copies of what noteLate has noted.
func (tx *Tx) lateKeys() []lateKey {
	var keys []lateKey
	for _, k := range tx.late {
		k.name = append([]byte{}, k.name...)
		keys = append(keys, k)
	}
	return keys
}

// resetLate begins a unit; again is what the one before it has found out.
func (tx *Tx) resetLate(again []lateKey) {
	clear(tx.late)
	tx.late, tx.again, tx.top, tx.loads = tx.late[:0], again, lateKey{}, 0
}
