package pg

import "errors"

// Many brings keys that the commands have not claimed, in one round trip, for
// reading strings or, if needs is not nil, what it says of collections. Their
// entries are in the order of the names. Entries obtained earlier MUST NOT be
// used any more if the generation has changed. The error is KindRetry if the
// unit has not begun in a way that what it sees fits together; it does next
// time.
func (tx *Tx) Many(db int, names [][]byte, needs *Needs) ([]*Entry, error) {
	if !tx.open {
		tx.c.next.snapshot = true
		return nil, &Error{KindRetry, errors.New("keys are read in parts")}
	}
	if needs == nil {
		needs = &Needs{} // so that the keys are locked with the others
	}
	for _, name := range names {
		if e := tx.find(HashKey(db, name), db, name); e != nil && !e.serves(ModeRead, PartValue) {
			if err := tx.Flush(); err != nil {
				return nil, err
			}
			break
		}
	}
	entries := make([]*Entry, len(names))
	for i, name := range names {
		entries[i] = tx.Plan(db, name, HashKey(db, name), ModeRead, PartValue)
		if !entries[i].loaded {
			entries[i].Need(needs)
		}
	}
	return entries, tx.Load()
}
