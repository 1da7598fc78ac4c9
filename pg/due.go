package pg

// Some want to know at once of keys that expire, long before the sweep comes to their
// pages. A unit of work tells which of its keys do, and [Conn.Expire] removes those
// whose time has come. It takes no more than what is expired still: several nodes may
// try, and one of them removes a key.
const sqlExpire = `
WITH victim AS MATERIALIZED (
    SELECT k.ctid AS tid FROM kv_keys k
    WHERE space = (SELECT space FROM kv_databases WHERE db = $1) AND key = ANY ($2::bytea[]) AND kind & 15 <> 0
      AND (expire_at <= (SELECT kv_now_ms()) OR ` + sweepFieldsExpired + `)
    FOR UPDATE SKIP LOCKED
), gone AS (
    DELETE FROM kv_keys k USING victim WHERE k.ctid = victim.tid
    RETURNING k.space, k.key, k.long_key, k.coll, k.kind
), dropped AS (
    INSERT INTO kv_dropped_colls (coll, type) SELECT coll, kind & 15 FROM gone WHERE coll IS NOT NULL
)
SELECT key, long_key, NULL::bigint FROM gone
UNION ALL
SELECT k.key, k.long_key, greatest(k.expire_at - (SELECT kv_now_ms()), 0) FROM kv_keys k
WHERE space = (SELECT space FROM kv_databases WHERE db = $1) AND key = ANY ($2::bytea[]) AND expire_at IS NOT NULL
  AND NOT EXISTS (SELECT FROM gone WHERE gone.space = k.space AND gone.key = k.key)`

// Volatile is a key that expires.
type Volatile struct {
	DB   int
	Name []byte
	Hash uint64 // HashKey(DB, Name)
	// InMs is how long it has to live, in milliseconds; 0: it has expired and nobody has
	// removed it yet.
	InMs int64
}

// Expire removes those of some keys of a database index that have expired. It passes
// over rows that others have locked. gone are those that it has removed, durably, left
// those that still are to expire or were locked.
func (c *Conn) Expire(db int, names [][]byte) (gone [][]byte, left []Volatile, err error) {
	var keys array
	keys.reset(oidBytea)
	for _, name := range names {
		keys.bytes(shortForm(name))
	}
	c.send(stmtExpire, func(v [][]byte) error {
		if len(v) != 3 {
			return errShape(stmtExpire, v)
		}
		name := append([]byte{}, fullName(v[0], v[1])...)
		if v[2] == nil {
			gone = append(gone, name)
		} else {
			left = append(left, Volatile{DB: db, Name: name, Hash: HashKey(db, name), InMs: asInt(v[2])})
		}
		return nil
	}, int2Param(db), keys.param())
	if err := c.sync(); err != nil {
		return nil, nil, classify(err)
	}
	return gone, left, nil
}

// WatchExpiries has the unit remember the keys that expire, see Volatiles.
func (tx *Tx) WatchExpiries() { tx.watches = true }

// Volatiles returns the keys of the unit that expire, or have expired and stand in
// their places still; what it has changed MUST be committed. They are valid as long as
// the names of its entries.
func (tx *Tx) Volatiles() []Volatile {
	tx.noteVolatiles()
	return tx.volatiles
}

// noteVolatiles adds the entries at hand to the volatile keys of the unit.
func (tx *Tx) noteVolatiles() {
	if !tx.watches {
		return
	}
	for _, e := range tx.list {
		v := Volatile{DB: e.db, Name: e.name, Hash: e.hash}
		switch {
		case e.due && e.changes == 0:
		case e.typ == TypeNone, e.expireAt == 0:
			continue
		case e.expireAt < 0:
			v.InMs = -e.expireAt
		case tx.now == 0:
			continue
		default:
			v.InMs = max(e.expireAt-tx.now, 1)
		}
		tx.volatiles = append(tx.volatiles, v)
	}
}

// resetVolatiles begins the list anew.
func (tx *Tx) resetVolatiles() {
	if cap(tx.volatiles) > maxKeptChanges {
		tx.volatiles = nil
	}
	clear(tx.volatiles)
	tx.watches, tx.volatiles = false, tx.volatiles[:0]
}

// SetsExpiry reports whether a key that the unit has written since it last wrote
// everything out expires.
func (tx *Tx) SetsExpiry() bool {
	for _, e := range tx.dirty {
		if e.expireAt != 0 {
			return true
		}
	}
	return false
}
