package pg

import "encoding/binary"

// Fields of a hash can have an expiry of their own. One that has passed is
// absent for every command, and a hash whose fields have all passed is an
// absent key:
//
//   - Of a packed hash, what has expired is left out when it is read, and gone
//     with the next write.
//   - A larger one notes in its summary when the next field may expire
//     (summary.first). Once that has passed, the rows are removed when the key
//     is loaded with its lock, or only counted if it is just read.
//
// What counts is the clock of the moment at which the key was loaded,
// Entry.loadedAt, for all that is loaded of it later.
const (
	sqlHashPurge = `
WITH gone AS (DELETE FROM kv_hashes WHERE coll = $1 AND expire_at <= $2 RETURNING expire_at)
SELECT (SELECT count(*) FROM gone), (SELECT min(expire_at) FROM kv_hashes WHERE coll = $1 AND expire_at > $2)`
	sqlHashExpired = `
SELECT count(*), NULL::int8 FROM kv_hashes WHERE coll = $1 AND expire_at <= $2`
)

func (e *Entry) fieldExpired(expireAt int64) bool {
	return expireAt != 0 && expireAt <= e.loadedAt && e.typ == TypeHash
}

// allFieldsExpired reports whether a packed hash has nothing left.
func allFieldsExpired(packed []byte, now int64) bool {
	if len(packed) == 0 || packed[0]&packedExpiries == 0 {
		return false
	}
	gone := true
	err := unpackMembers(TypeHash, packed, func(_, _ []byte, _ float64, expireAt int64) {
		gone = gone && expireAt != 0 && expireAt <= now
	})
	return err == nil && gone
}

// noteExpiry keeps account of when the next field may expire.
func (ms *Members) noteExpiry(expireAt int64) {
	if expireAt != 0 && (ms.sum.first == 0 || expireAt < ms.sum.first) {
		ms.sum.first = expireAt
	}
}

// queueDue lists a hash some of whose fields may have expired.
func (ms *Members) queueDue() {
	if ms.e.typ == TypeHash && ms.sum.first != 0 && ms.sum.first <= ms.e.loadedAt {
		ms.e.tx.due = append(ms.e.tx.due, ms)
	}
}

// expireDue takes expired fields out of the hashes that were loaded.
func (tx *Tx) expireDue() error {
	for len(tx.due) > 0 {
		ms := tx.due[0]
		tx.due = tx.due[1:]
		if err := ms.expire(); err != nil {
			tx.due = tx.due[:0]
			return err
		}
	}
	return nil
}

func (ms *Members) expire() error {
	e := ms.e
	if err := e.stable(); err != nil {
		return err
	}
	s := stmtHashExpired
	if e.locked {
		s = stmtHashPurge
	}
	e.tx.c.send(s, func(v [][]byte) error {
		ms.count -= asInt(v[0])
		if e.locked {
			e.purged = asInt(v[0]) > 0
			ms.sum.first = 0
			if v[1] != nil {
				ms.sum.first = asInt(v[1])
			}
		}
		return nil
	}, int8Param(e.coll), int8Param(e.loadedAt))
	if err := e.tx.c.sync(); err != nil {
		return e.tx.failed(err)
	}
	switch {
	case e.locked && ms.count == 0:
		e.tx.wrote = true
		e.Delete()
	case e.locked:
		e.tx.wrote = true
		e.touch(changedValue)
	case ms.count == 0:
		delete(e.tx.colls, e.coll)
		e.clearCollection()
		e.typ, e.encoding, e.value, e.length, e.expireAt = TypeNone, 0, nil, 0, 0
	}
	return nil
}

// expireFields frees a large hash of the fields that have expired. It reports
// whether there were any, and the type of the key that is left.
func (c *Conn) expireFields(db int, name []byte) (left Type, purged bool, err error) {
	tx := c.Begin()
	e := tx.Plan(db, name, HashKey(db, name), ModeUpdate, PartHeader)
	e.Need(&Needs{})
	if err = tx.Load(); err == nil {
		left, purged = e.Type(), e.TakePurged()
		err = tx.Commit()
	}
	if err != nil {
		tx.Rollback()
	}
	return left, purged, err
}

// expiryOf reads an expiry in packed form.
func expiryOf(item []byte) int64 {
	if len(item) != 8 {
		return 0
	}
	return int64(binary.BigEndian.Uint64(item))
}
