package pg

import (
	"errors"
	"slices"
)

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

// A unit with keys of several database indexes reads them in several
// statements: the indexes keep their spaces from the first to the last. The
// lock is the weakest that a swap or a flush has to wait for.
const sqlHoldSpaces = `
SELECT db, space FROM kv_databases WHERE db = ANY ($1::int2[]) ORDER BY db FOR KEY SHARE`

// errMoved reports that a database index was swapped or flushed before the
// unit came to hold it.
var errMoved = &Error{KindRetry, errors.New("a database was swapped or flushed while keys of it were being locked")}

// holdSpaces keeps the spaces of all database indexes that the unit uses, once
// there are several.
func (tx *Tx) holdSpaces() {
	tx.dbs = tx.dbs[:0]
	for _, e := range tx.list {
		if !slices.Contains(tx.dbs, e.db) {
			tx.dbs = append(tx.dbs, e.db)
		}
	}
	for _, seen := range tx.spaces {
		if !slices.Contains(tx.dbs, seen.db) {
			tx.dbs = append(tx.dbs, seen.db)
		}
	}
	if len(tx.dbs) < 2 {
		return
	}
	var list array
	list.reset(oidInt2)
	for _, db := range tx.dbs {
		if !slices.Contains(tx.held, db) {
			tx.held = append(tx.held, db)
			list.int2(int16(db))
		}
	}
	if list.n == 0 {
		return
	}
	tx.c.send(stmtHoldSpaces, func(v [][]byte) error {
		db, space := int(asInt(v[0])), int32(asInt(v[1]))
		for _, seen := range tx.spaces {
			if seen.db == db && seen.space != space {
				return errMoved
			}
		}
		return nil
	}, list.param())
}

// AllDatabases stands for every database index in [Tx.FlushDB].
const AllDatabases = -1

// FlushDB empties a database index, or all of them, at once.
func (tx *Tx) FlushDB(db int) error {
	var param []byte
	if db != AllDatabases {
		param = int2Param(db)
	}
	return tx.exec(func() {
		tx.c.send(stmtDropSpace, nil, param)
		tx.c.send(stmtRenewSpace, nil, param)
	})
}

// SwapDB exchanges the contents of two database indexes at once.
func (tx *Tx) SwapDB(a, b int) error {
	if a == b {
		return nil
	}
	return tx.exec(func() {
		tx.c.send(stmtSwapSpaces, nil, int2Param(a), int2Param(b))
	})
}

// exec runs statements that change where keys are found, inside the unit's
// transaction.
func (tx *Tx) exec(queue func()) error {
	if err := tx.Flush(); err != nil {
		return err
	}
	if !tx.open {
		tx.begin()
	}
	queue()
	tx.wrote = true
	if err := tx.c.sync(); err != nil {
		return tx.failed(err)
	}
	tx.spaces = tx.spaces[:0]
	return nil
}
