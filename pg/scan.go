package pg

import "bytes"

// KeyInfo is one live key found by a walk over the keyspace.
type KeyInfo struct {
	Name     []byte
	Type     Type
	ExpireAt int64 // milliseconds since 1970, 0 none
}

// live is the condition for a row that is a key now.
const live = `kind & 15 <> 0 AND (expire_at IS NULL OR expire_at > (SELECT kv_now_ms()))`

const sqlCount = `
SELECT count(*) FROM kv_keys
WHERE ` + inOrder + ` AND ` + live

// sqlCountAll counts for INFO keyspace: keys, keys with an expiry, and their
// mean time to live.
const sqlCountAll = `
SELECT d.db, k.keys, k.volatile, coalesce(k.remaining / nullif(k.volatile, 0), 0)::bigint
FROM kv_databases d, LATERAL (
    SELECT count(*) AS keys, count(expire_at) AS volatile, sum(expire_at - (SELECT kv_now_ms())) AS remaining
    FROM kv_keys WHERE (space + 0) = d.space AND ` + live + `) AS k
WHERE k.keys > 0 ORDER BY d.db`

// inOrder is the condition for the rows of a database index where they are
// visited by their ids. It names the expression of the index kv_keys_scan.
const inOrder = `(space + 0) = (SELECT space FROM kv_databases WHERE db = $1)`

// SCAN walks down the ids: a key has its id from its creation to its end, and
// keys created during the walk get higher ones, so that the walk returns every
// key that was there all the time and ends however many are added.
const sqlScan = `
SELECT id, key, long_key, kind, ` + live + ` FROM kv_keys
WHERE ` + inOrder + ` AND id < $2
ORDER BY id DESC LIMIT $3`

// sqlScanPrefix answers a walk over few keys with a common prefix at once,
// through the index of keys; no row means that there are more than $5.
const sqlScanPrefix = `
WITH hit AS MATERIALIZED (
    SELECT id, key, long_key, kind, ` + live + ` AS live FROM kv_keys
    WHERE space = (SELECT space FROM kv_databases WHERE db = $1) AND key >= $3 AND key < $4
    LIMIT $5::int8 + 1)
SELECT id, key, long_key, kind, live FROM hit
WHERE id < $2 AND (SELECT count(*) FROM hit) <= $5
UNION ALL SELECT NULL, NULL, NULL, NULL, NULL WHERE (SELECT count(*) FROM hit) <= $5`

const sqlKeys = `
SELECT key, long_key FROM kv_keys
WHERE space = (SELECT space FROM kv_databases WHERE db = $1) AND key >= $2 AND key < $3 AND ` + live

const sqlAllKeys = `
SELECT key, long_key FROM kv_keys WHERE ` + inOrder + ` AND ` + live

// Count returns the number of live keys of a database index.
func (tx *Tx) Count(db int) (n int64, err error) {
	err = tx.query(func(v [][]byte) error {
		n = asInt(v[0])
		return nil
	}, stmtCount, int2Param(db))
	return n, err
}

// DatabaseStats are the figures of one database index in INFO keyspace.
type DatabaseStats struct {
	DB            int
	Keys, Expires int64
	AverageTTLMs  int64
}

// Stats returns the figures of every database index that has keys.
func (tx *Tx) Stats() (stats []DatabaseStats, err error) {
	err = tx.query(func(v [][]byte) error {
		stats = append(stats, DatabaseStats{int(asInt(v[0])), asInt(v[1]), asInt(v[2]), asInt(v[3])})
		return nil
	}, stmtCountAll)
	return stats, err
}

// Up to so many keys with a common prefix a SCAN returns in one go instead of
// walking the whole keyspace: more at the beginning, where it saves the most, and
// fewer later, since each step of the walk has a look whether few are left.
const (
	prefixScanFirst = 10_000
	prefixScanLater = 1000
)

// Scan visits about count keys of a database index, those below cursor in the
// order of SCAN (0 starts), and returns the cursor that goes on from there, 0
// at the end. Keys without the prefix may be passed over unseen. visit is
// called with memory that is valid during the call.
func (tx *Tx) Scan(db int, cursor uint64, count int64, prefix []byte, visit func(KeyInfo)) (uint64, error) {
	below := int64(cursor)
	if below <= 0 {
		below = 1<<63 - 1
	}
	if len(prefix) > 0 {
		most := int64(prefixScanLater)
		if cursor == 0 {
			most = prefixScanFirst
		}
		done, err := tx.scanPrefix(db, below, prefix, most, visit)
		if done || err != nil {
			return 0, err
		}
	}
	var seen, last int64
	err := tx.query(func(v [][]byte) error {
		seen, last = seen+1, asInt(v[0])
		visitRow(v, visit)
		return nil
	}, stmtScan, int2Param(db), int8Param(below), int8Param(count))
	if err != nil || seen < count || last <= 1 {
		return 0, err
	}
	return uint64(last), nil
}

func visitRow(v [][]byte, visit func(KeyInfo)) {
	if v[4][0] != 0 {
		visit(KeyInfo{Name: fullName(v[1], v[2]), Type: kind(asInt(v[3])).typ()})
	}
}

// scanPrefix visits all keys with a prefix unless there are more than most.
func (tx *Tx) scanPrefix(db int, below int64, prefix []byte, most int64, visit func(KeyInfo)) (done bool, err error) {
	lower, upper := prefixRange(prefix)
	err = tx.query(func(v [][]byte) error {
		if v[0] == nil {
			done = true
		} else {
			visitRow(v, visit)
		}
		return nil
	}, stmtScanPrefix, int2Param(db), int8Param(below), lower, upper, int8Param(most))
	return done, err
}

// Keys visits every live key of a database index that begins with prefix.
func (tx *Tx) Keys(db int, prefix []byte, visit func(name []byte)) error {
	row := func(v [][]byte) error {
		visit(fullName(v[0], v[1]))
		return nil
	}
	if len(prefix) == 0 {
		return tx.query(row, stmtAllKeys, int2Param(db))
	}
	lower, upper := prefixRange(prefix)
	return tx.query(row, stmtKeys, int2Param(db), lower, upper)
}

// query runs a statement that looks at the keyspace as the unit has made it.
func (tx *Tx) query(row func([][]byte) error, s statement, params ...[]byte) error {
	if err := tx.Flush(); err != nil {
		return err
	}
	tx.c.send(s, row, params...)
	if err := tx.c.sync(); err != nil {
		return tx.failed(err)
	}
	return nil
}

func fullName(short, long []byte) []byte {
	if long != nil {
		return long
	}
	return short
}

// beyondKeys is greater than whatever the column key may hold.
var beyondKeys = bytes.Repeat([]byte{0xff}, shortFormBytes+1)

// prefixRange returns the bounds of the short forms of keys that begin with
// prefix: at least lower, and below upper. There is always an upper bound: a
// plan that has to do without one in some cases does without it in all.
func prefixRange(prefix []byte) (lower, upper []byte) {
	prefix = prefix[:min(len(prefix), longKeyPrefix)]
	lower = append([]byte{}, prefix...)
	for n := len(prefix); n > 0; n-- {
		if prefix[n-1] != 0xff {
			upper = bytes.Clone(prefix[:n])
			upper[n-1]++
			return lower, upper
		}
	}
	return lower, beyondKeys
}
