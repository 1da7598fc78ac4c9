package pg

import "slices"

// instant is the expiry to store. One below zero is a time to live: the
// database's clock makes an instant of it.
const instant = `CASE WHEN u.expire_at < 0 THEN (SELECT kv_now_ms()) - u.expire_at ELSE u.expire_at END`

// Lists of rows are spread side by side in a target list, which costs less
// than unnest of several arrays in FROM: that one keeps each list in a
// tuplestore of its own. Long keys and large collections have statements of
// their own.
const (
	// sqlInsert adds keys that were absent when they were loaded. Someone
	// else's row with the same key is a unique violation, and the unit runs
	// again.
	sqlInsert = `
INSERT INTO kv_keys AS k (space, key, kind, expire_at, value)
SELECT ` + newSpace + `, u.key, u.kind, ` + instant + `, u.value
FROM (` + newRows + `) AS u`

	sqlInsertWide = `
INSERT INTO kv_keys AS k (space, key, kind, expire_at, value, long_key, coll)
SELECT ` + newSpace + `, u.key, u.kind, ` + instant + `, u.value, u.long_key, u.coll
FROM (` + newRows + `, unnest($7::bytea[]) AS long_key, unnest($8::int8[]) AS coll) AS u`

	// sqlUpsert writes keys without having looked at them.
	sqlUpsert     = sqlInsert + orUpdate
	sqlUpsertWide = sqlInsertWide + orUpdate

	// newSpace is where rows are added. $2 is the space that the transaction
	// has seen for the database index, null if it has not.
	newSpace = `coalesce($2::int, (SELECT space FROM kv_databases WHERE db = $1))`
	newRows  = `SELECT unnest($3::bytea[]) AS key, unnest($4::int2[]) AS kind,
      unnest($5::int8[]) AS expire_at, unnest($6::bytea[]) AS value`
	// A collection with elements elsewhere is not overwritten unseen: a kind out
	// of range ends the statement, and the unit runs again and looks first.
	orUpdate = `
ON CONFLICT (space, key) DO UPDATE
SET kind = CASE WHEN k.coll IS NULL THEN excluded.kind ELSE (excluded.kind + 40000)::int2 END, expire_at = excluded.expire_at, value = excluded.value`
)

// Locked rows are found by their place: the lock keeps it from changing. The
// id is compared as well, and a row that is not found is an error.
const sqlUpdate = `
UPDATE kv_keys k SET kind = u.kind, expire_at = ` + instant + `, value = u.value
FROM (SELECT unnest($1::tid[]) AS tid, unnest($2::int8[]) AS id, unnest($3::int2[]) AS kind,
      unnest($4::int8[]) AS expire_at, unnest($5::bytea[]) AS value) AS u
WHERE k.ctid = u.tid AND k.id = u.id`

// sqlUpdateWide also says where the elements are from now on.
const sqlUpdateWide = `
UPDATE kv_keys k SET kind = u.kind, expire_at = ` + instant + `, value = u.value, coll = u.coll
FROM (SELECT unnest($1::tid[]) AS tid, unnest($2::int8[]) AS id, unnest($3::int2[]) AS kind,
      unnest($4::int8[]) AS expire_at, unnest($5::bytea[]) AS value, unnest($6::int8[]) AS coll) AS u
WHERE k.ctid = u.tid AND k.id = u.id`

const sqlUpdateExpiry = `
UPDATE kv_keys k SET expire_at = ` + instant + `
FROM (SELECT unnest($1::tid[]) AS tid, unnest($2::int8[]) AS id, unnest($3::int8[]) AS expire_at) AS u
WHERE k.ctid = u.tid AND k.id = u.id`

const sqlDelete = `
DELETE FROM kv_keys k USING (SELECT unnest($1::tid[]) AS tid, unnest($2::int8[]) AS id) AS u
WHERE k.ctid = u.tid AND k.id = u.id`

// sqlDeleteKeys removes keys that were written blindly and then deleted in the
// same unit, whatever they held before.
const sqlDeleteKeys = `
WITH gone AS (
    DELETE FROM kv_keys WHERE space = ` + newSpace + ` AND key = ANY ($3::bytea[])
    RETURNING coll, kind)
INSERT INTO kv_dropped_colls (coll, type) SELECT coll, kind & 15 FROM gone WHERE coll IS NOT NULL`

// sqlDropColls leaves the elements of collections to the collector.
const sqlDropColls = `
INSERT INTO kv_dropped_colls (coll, type) SELECT unnest($1::int8[]), unnest($2::int2[])`

// sqlMove gives a locked row another key or database, whatever its size.
const sqlMove = `
UPDATE kv_keys
SET space = coalesce($5::int, (SELECT space FROM kv_databases WHERE db = $4)), key = $6, long_key = $7, id = $8
WHERE (space + 0) = ` + newSpace + ` AND id = $3`

// writeBuffers are the parameter lists of the write statements, used again by
// each unit.
type writeBuffers struct {
	tids, ids, keys, long, kinds, expiries, values, colls array
	hashes, scores, counts                                array // of elements
}

func (w *writeBuffers) reset() {
	w.tids.reset(oidTID)
	w.ids.reset(oidInt8)
	w.keys.reset(oidBytea)
	w.long.reset(oidBytea)
	w.kinds.reset(oidInt2)
	w.expiries.reset(oidInt8)
	w.values.reset(oidBytea)
	w.colls.reset(oidInt8)
	w.hashes.reset(oidInt8)
	w.scores.reset(oidFloat8)
	w.counts.reset(oidInt4)
}

func (w *writeBuffers) place(r *row) {
	w.tids.bytes(r.tid[:])
	w.ids.int8(r.id)
}

func (w *writeBuffers) header(e *Entry) {
	w.kinds.int2(int16(kindOf(e.typ, e.encoding)))
	w.expiry(e.expireAt)
}

func (w *writeBuffers) expiry(ms int64) {
	if ms == 0 {
		w.expiries.null()
		return
	}
	w.expiries.int8(ms)
}

func (w *writeBuffers) value(e *Entry) {
	w.values.bytes(e.value)
}

func (w *writeBuffers) coll(e *Entry) {
	if e.coll == 0 {
		w.colls.null()
		return
	}
	w.colls.int8(e.coll)
}

// maxStatementBytes is where a list of values goes on in another statement:
// PostgreSQL takes no message of more than 1 GB.
const maxStatementBytes = 64 << 20

// queueWrites queues the statements that bring PostgreSQL to the state of the
// unit: rows that go, rows that change in place, rows that get another key (in
// the order of the commands), rows that are new.
func (tx *Tx) queueWrites() {
	// The order of keys is the order of locks, in every process.
	slices.SortFunc(tx.dirty, compareEntries)
	tx.queueDropped()
	tx.queueDeletes()
	tx.queueUpdates(stmtUpdate, false)
	tx.queueUpdates(stmtUpdateWide, true)
	tx.queueExpiries()
	for i := range tx.moves {
		tx.queueMove(&tx.moves[i])
	}
	tx.queueBlindDeletes()
	tx.queueNewRows(stmtInsert, stmtInsertWide, true)
	tx.queueKeptAbsent()
	tx.queueNewRows(stmtUpsert, stmtUpsertWide, false)
}

func (tx *Tx) queueDeletes() {
	w := &tx.buffers
	w.reset()
	for i := range tx.gone {
		w.place(&tx.gone[i])
	}
	for _, e := range tx.list {
		if e.row.exists && e.typ == TypeNone && (e.changes != 0 || e.reserved) {
			w.place(&e.row)
		}
	}
	if n := int(w.ids.n); n > 0 {
		tx.c.sendWrite(stmtDelete, n, w.tids.param(), w.ids.param())
	}
}

// queueDropped notes the collections that are not to be found any more.
func (tx *Tx) queueDropped() {
	w := &tx.buffers
	w.reset()
	drop := func(r *row) {
		w.colls.int8(r.coll)
		w.kinds.int2(int16(r.typ))
	}
	for i := range tx.gone {
		if r := &tx.gone[i]; r.coll != 0 {
			drop(r)
		}
	}
	for _, e := range tx.dirty {
		if e.row.exists && e.row.coll != 0 && e.coll != e.row.coll {
			drop(&e.row)
		}
	}
	for i := range tx.copied {
		r := &tx.copied[i]
		if !slices.ContainsFunc(tx.dirty, func(e *Entry) bool { return e.coll == r.coll }) {
			drop(r)
		}
	}
	if n := int(w.colls.n); n > 0 {
		tx.c.sendWrite(stmtDropColls, n, w.colls.param(), w.kinds.param())
	}
}

// queueUpdates changes locked rows; wide ones are those whose elements are to be
// found elsewhere than before.
func (tx *Tx) queueUpdates(s statement, wide bool) {
	w := &tx.buffers
	w.reset()
	send := func() {
		n := int(w.ids.n)
		switch {
		case n == 0:
			return
		case wide:
			tx.c.sendWrite(s, n, w.tids.param(), w.ids.param(),
				w.kinds.param(), w.expiries.param(), w.values.param(), w.colls.param())
		default:
			tx.c.sendWrite(s, n, w.tids.param(), w.ids.param(),
				w.kinds.param(), w.expiries.param(), w.values.param())
		}
		w.reset()
	}
	for _, e := range tx.dirty {
		if !e.row.exists || e.typ == TypeNone || e.changes&changedValue == 0 || wide != (e.coll != e.row.coll) {
			continue
		}
		if len(w.values.b)+len(e.value) > maxStatementBytes {
			send()
		}
		w.place(&e.row)
		w.header(e)
		w.value(e)
		w.coll(e)
	}
	send()
}

func (tx *Tx) queueExpiries() {
	w := &tx.buffers
	w.reset()
	for _, e := range tx.dirty {
		if e.row.exists && e.typ != TypeNone && e.changes&(changedValue|changedExpiry) == changedExpiry {
			w.place(&e.row)
			w.expiry(e.expireAt)
		}
	}
	if n := int(w.ids.n); n > 0 {
		tx.c.sendWrite(stmtUpdateExpiry, n, w.tids.param(), w.ids.param(), w.expiries.param())
	}
}

func (tx *Tx) queueMove(m *move) {
	if tx.isGone(m.loaded) {
		return
	}
	var long []byte
	if len(m.name) > maxInlineKey {
		long = m.name
	}
	tx.c.sendWrite(stmtMove, 1, int2Param(m.fromDB), tx.spaceParam(m.fromDB), int8Param(m.id),
		int2Param(m.db), tx.spaceParam(m.db), shortForm(m.name), long, int8Param(m.newID))
}

// isGone reports whether a row that was given another key, and had this id
// before, has been deleted since.
func (tx *Tx) isGone(id int64) bool {
	for i := range tx.gone {
		if tx.gone[i].id == id {
			return true
		}
	}
	for _, e := range tx.dirty {
		if e.row.exists && e.row.id == id && e.typ == TypeNone {
			return true
		}
	}
	return false
}

// queueBlindDeletes removes what may be there under keys that were written
// blindly and ended absent.
func (tx *Tx) queueBlindDeletes() {
	w := &tx.buffers
	for i := 0; i < len(tx.dirty); {
		db := tx.dirty[i].db
		w.reset()
		for ; i < len(tx.dirty) && tx.dirty[i].db == db; i++ {
			if e := tx.dirty[i]; !e.locked && e.typ == TypeNone {
				w.keys.bytes(shortForm(e.name))
			}
		}
		if w.keys.n > 0 {
			tx.c.sendWrite(stmtDeleteKeys, anyCount, int2Param(db), tx.spaceParam(db), w.keys.param())
		}
	}
}

// queueNewRows adds the entries that have no row: those known to be absent
// (locked) or those that may be there (not locked). One statement for each
// database index and each maxStatementBytes; wide is the statement for lists
// with long keys or large collections.
func (tx *Tx) queueNewRows(s, wide statement, locked bool) {
	w := &tx.buffers
	for i := 0; i < len(tx.dirty); {
		db, narrow := tx.dirty[i].db, true
		w.reset()
		for ; i < len(tx.dirty) && tx.dirty[i].db == db; i++ {
			e := tx.dirty[i]
			if e.row.exists || e.typ == TypeNone && !e.keptAbsent || e.locked != locked {
				continue
			}
			if w.keys.n > 0 && len(w.values.b)+len(e.value) > maxStatementBytes {
				break
			}
			narrow = !appendKey(&w.keys, &w.long, e.name) && e.coll == 0 && narrow
			w.header(e)
			w.value(e)
			w.coll(e)
		}
		n := int(w.keys.n)
		switch {
		case n == 0:
		case !narrow:
			tx.c.sendWrite(wide, n, int2Param(db), tx.spaceParam(db), w.keys.param(),
				w.kinds.param(), w.expiries.param(), w.values.param(), w.long.param(), w.colls.param())
		default:
			tx.c.sendWrite(s, n, int2Param(db), tx.spaceParam(db), w.keys.param(),
				w.kinds.param(), w.expiries.param(), w.values.param())
		}
	}
}
