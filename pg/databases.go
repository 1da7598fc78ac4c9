package pg

import "errors"

// A flush gives the database index a fresh space, whatever the number of keys;
// the collector frees the rows of the old one. All indexes if $1 is null.
const sqlDropSpace = `
INSERT INTO kv_dropped_spaces (space)
SELECT space FROM kv_databases WHERE $1::int2 IS NULL OR db = $1 ORDER BY db FOR UPDATE`

const sqlRenewSpace = `
UPDATE kv_databases SET space = nextval('kv_space_id') WHERE $1::int2 IS NULL OR db = $1`

const sqlSwapSpaces = `
WITH old AS MATERIALIZED (SELECT db, space FROM kv_databases WHERE db IN ($1, $2) ORDER BY db FOR UPDATE)
UPDATE kv_databases d SET space = other.space
FROM old other WHERE d.db IN ($1, $2) AND other.db IN ($1, $2) AND other.db <> d.db`

// sqlExclude waits for all units that have locked or written a key, and keeps
// new ones out until the commit; reads go on. Without it a unit under way would
// write to a space that others find under another database index already, or
// not find at all. Swaps and flushes pay, so that no other command has to.
const sqlExclude = `LOCK TABLE kv_keys IN EXCLUSIVE MODE`

// AllDatabases stands for every database index in [Tx.FlushDB].
const AllDatabases = -1

// FlushDB empties a database index, or all of them, at once.
func (tx *Tx) FlushDB(db int) error {
	var param []byte
	if db != AllDatabases {
		param = int2Param(db)
	}
	err := tx.exec(func() {
		tx.c.send(stmtDropSpace, nil, param)
		tx.c.send(stmtRenewSpace, nil, param)
	})
	tx.noteAll(db)
	return err
}

// SwapDB exchanges the contents of two database indexes at once.
func (tx *Tx) SwapDB(a, b int) error {
	if a == b {
		return nil
	}
	err := tx.exec(func() {
		tx.c.send(stmtSwapSpaces, nil, int2Param(a), int2Param(b))
	})
	tx.noteAll(a)
	tx.noteAll(b)
	return err
}

// exec runs statements that change where keys are found, inside the unit's
// transaction.
func (tx *Tx) exec(queue func()) error {
	if tx.open && (!tx.excludes || tx.reads) {
		// Another unit may hold something and wait for this one, which must not ask for more. It runs again, and asks first.
		tx.Rollback()
		tx.c.next.excludes, tx.c.next.lockReads = true, tx.reads
		return &Error{KindRetry, errors.New("the keyspace has to be locked before its keys")}
	}
	tx.excludes = true
	if err := tx.Flush(); err != nil {
		return err
	}
	if !tx.open {
		tx.begin()
		tx.queueClock()
	}
	queue()
	tx.wrote = true
	if err := tx.c.sync(); err != nil {
		return tx.failed(err)
	}
	tx.spaces = tx.spaces[:0]
	return nil
}
