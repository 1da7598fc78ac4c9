package pg

import (
	"encoding/binary"
	"errors"
)

// The rows of a unit of work are loaded by lists of keys: one statement for
// those that are only read and one for those locked, each in a form that brings
// every value and one that brings a value of more than 2 KB only if its key is
// among $3, and the values' lengths. Columns cost time per row, so that no form
// has more than it needs. The clock is read per row, after the row's lock was
// granted, where an expiry has to be compared with it: that of the key, or of a
// field of a hash.
const (
	sqlRead      = selectRows + `value` + fromKeys
	sqlReadParts = selectRows + valueIfAsked + `, octet_length(value)` + fromKeys
	sqlLock      = selectRows + `value` + rowColumns + fromKeys + lockRows
	sqlLockParts = selectRows + valueIfAsked + rowColumns + `, octet_length(value)` + fromKeys + lockRows

	selectRows = `
SELECT key, long_key, kind, expire_at, CASE WHEN expire_at IS NOT NULL OR kind & 15 = 5 THEN clock_timestamp() END, coll, `
	valueIfAsked = `CASE WHEN octet_length(value) <= 2000 OR key = ANY ($3::bytea[]) THEN value END`
	rowColumns   = `, id, ctid, space`
	fromKeys     = `
FROM kv_keys
WHERE space = (SELECT space FROM kv_databases WHERE db = $1) AND key = ANY ($2::bytea[])`
	lockRows = `
FOR NO KEY UPDATE`
)

// sqlReserve locks every key of the list, one after the other: its row, or a row
// of type none where it is absent, so that there is something to lock. That one
// goes away with the transaction that made it. Units that have lost a race do
// so; the others find out at their commit whether a key was still absent. Two statements, one for rows that
// are there and one for those that are not, would take locks out of order, and
// two units could wait for each other. DO UPDATE locks the row that is in the
// way before it looks at its condition.
const sqlReserve = `
INSERT INTO kv_keys AS k (space, key, long_key, kind)
SELECT (SELECT space FROM kv_databases WHERE db = $1), u.key, u.long_key, 0
FROM (SELECT unnest($2::bytea[]) AS key, unnest($3::bytea[]) AS long_key) AS u
ON CONFLICT (space, key) DO UPDATE SET kind = k.kind WHERE false`

// sqlStillAbsent fails if one of the keys is there. A load that waits for a row
// finds it gone when the other unit has given its key to another row, as RENAME
// does, and does not see that one: the key was absent at no time. So units that
// found keys absent, and neither add nor keep them so, look again before they commit.
const sqlStillAbsent = `
SELECT (CASE WHEN count(*) > 0 THEN 'appeared' ELSE '0' END)::int FROM kv_keys
WHERE space = ` + newSpace + ` AND key = ANY ($3::bytea[]) AND kind & 15 <> 0`

// codeAppeared is how sqlStillAbsent fails.
const codeAppeared = "22P02"

const sqlClock = `SELECT clock_timestamp()`

// Columns of the load statements. The length is the last one if it is there.
const (
	colKey = iota
	colLongKey
	colKind
	colExpireAt
	colClock
	colColl
	colValue
	numReadColumns

	colID          = numReadColumns
	colTID         = colID + 1
	colSpace       = colID + 2
	numLockColumns = colID + 3
)

// errLost reports a key that was there when it was locked and then was not.
var errLost = &Error{KindRetry, errors.New("a key was removed while it was being locked")}

// queueLoad queues the statement that brings entries of one database index.
func (tx *Tx) queueLoad(db int, entries []*Entry, lock bool) {
	keys, values := &tx.buffers.keys, &tx.buffers.values
	keys.reset(oidBytea)
	values.reset(oidBytea)
	all := true
	for _, e := range entries {
		all = all && e.part == PartValue
	}
	for _, e := range entries {
		short := shortForm(e.name)
		keys.bytes(short)
		if !all && e.part == PartValue {
			values.bytes(short)
		}
	}
	s, parts := stmtRead, stmtReadParts
	if lock {
		if tx.orderly {
			tx.queueReserve(db, entries)
		}
		s, parts = stmtLock, stmtLockParts
	}
	if all {
		tx.c.send(s, tx.rowOf(db, lock), int2Param(db), keys.param())
	} else {
		tx.c.send(parts, tx.rowOf(db, lock), int2Param(db), keys.param(), values.param())
	}
}

// queueReserve makes sure that all keys have a row, and locks them.
func (tx *Tx) queueReserve(db int, entries []*Entry) {
	var keys, long array
	keys.reset(oidBytea)
	long.reset(oidBytea)
	for _, e := range entries {
		appendKey(&keys, &long, e.name)
	}
	tx.c.send(stmtReserve, nil, int2Param(db), keys.param(), long.param())
}

// queueStillAbsent queues the second look at keys that were found absent and
// are so in the end; it comes behind what the unit writes. Keys that are added or kept absent (keepAbsent) need none: a row in
// their place is a unique violation. It reports whether there was anything to queue.
func (tx *Tx) queueStillAbsent() bool {
	if !tx.open {
		return false
	}
	w, queued := &tx.buffers, false
	for from := 0; from < len(tx.list); {
		db := tx.list[from].db
		w.keys.reset(oidBytea)
		for ; from < len(tx.list) && tx.list[from].db == db; from++ {
			if e := tx.list[from]; e.foundAbsent() && !e.keptAbsent {
				w.keys.bytes(shortForm(e.name))
			}
		}
		if w.keys.n > 0 {
			tx.c.send(stmtStillAbsent, ignoreRow, int2Param(db), tx.spaceParam(db), w.keys.param())
			queued = true
		}
	}
	return queued
}

// appendKey adds a key to the parallel lists of short and whole keys and
// reports whether it is a long one.
func appendKey(keys, long *array, name []byte) bool {
	if len(name) <= maxInlineKey {
		keys.bytes(name)
		long.null()
		return false
	}
	keys.bytes(shortForm(name))
	long.bytes(name)
	return true
}

// rowOf returns the function that takes the rows of a load statement.
func (tx *Tx) rowOf(db int, lock bool) func([][]byte) error {
	if db == 0 { // the common case without an allocation
		if lock {
			return tx.lockedRow0
		}
		return tx.readRow0
	}
	return func(v [][]byte) error { return tx.takeRow(db, lock, v) }
}

// takeRow fills the entry of one loaded row.
func (tx *Tx) takeRow(db int, lock bool, v [][]byte) error {
	columns := numReadColumns
	if lock {
		columns = numLockColumns
	}
	if len(v) != columns && len(v) != columns+1 {
		return errShape(stmtRead, v)
	}
	name := v[colKey]
	if v[colLongKey] != nil {
		name = v[colLongKey]
	}
	e := tx.find(HashKey(db, name), db, name)
	if e == nil {
		return errShape(stmtRead, v)
	}
	if lock {
		e.row = row{
			exists: true, id: asInt(v[colID]), space: int32(asInt(v[colSpace])),
			typ: kind(asInt(v[colKind])).typ(), coll: collOf(v),
		}
		copy(e.row.tid[:], v[colTID])
		tx.pinSpace(db, e.row.space)
	}
	expireAt := int64(0)
	if v[colClock] != nil {
		e.loadedAt = unixMilliOf(v[colClock])
		tx.now = max(tx.now, e.loadedAt)
	}
	if v[colExpireAt] != nil {
		expireAt = asInt(v[colExpireAt])
		if expireAt <= e.loadedAt {
			e.expired, e.due = lock, true
			return nil // absent for every command
		}
	}
	k := kind(asInt(v[colKind]))
	if k.typ() == TypeHash && v[colColl] == nil && allFieldsExpired(v[colValue], e.loadedAt) {
		e.expired, e.due = lock, true
		return nil
	}
	e.typ, e.encoding = k.typ(), k.encoding()
	e.reserved = e.typ == TypeNone
	e.expireAt, e.coll = expireAt, collOf(v)
	e.whole = v[colValue] != nil
	switch {
	case e.whole:
		e.value = tx.slabs.copyOf(v[colValue])
		e.length = int64(len(e.value))
	case len(v) > columns && v[columns] != nil:
		e.length = asInt(v[columns])
	}
	if e.coll != 0 {
		return e.openCollection()
	}
	return nil
}

// collOf returns where a loaded row's elements are, 0 if they are in its value.
func collOf(v [][]byte) int64 {
	if v[colColl] == nil {
		return 0
	}
	return asInt(v[colColl])
}

// finishLoad settles what the rows that came, and those that did not, mean.
func (tx *Tx) finishLoad() error {
	for _, e := range tx.planned {
		e.planned, e.loaded, e.locked = false, true, tx.open && e.wantsLock()
		if e.typ == TypeNone {
			e.whole = true
		}
		if tx.orderly && e.locked && !e.row.exists {
			return tx.failed(errLost)
		}
	}
	return nil
}

// unixMilliOf converts a binary timestamptz to milliseconds since 1970.
func unixMilliOf(b []byte) int64 { return unixMicroOf(b) / 1000 }

// unixMicroOf converts a binary timestamptz, microseconds since 2000, to
// microseconds since 1970.
func unixMicroOf(b []byte) int64 {
	const epochDifference = 946684800000000
	return int64(binary.BigEndian.Uint64(b)) + epochDifference
}
