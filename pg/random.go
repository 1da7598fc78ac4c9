package pg

import (
	"bytes"
	"math/rand/v2"
)

// RANDOMKEY tries in turn, until one of them finds a key:
//
//  1. Up to randomFew rows: one of those that are keys, each as likely.
//  2. A sample of the table's pages: one of the keys on them. Keys that share
//     their page with fewer others are hardly any likelier, as the pages of a
//     sample count together.
//  3. The rows that follow a random id, for a database that has next to nothing
//     of the table. Ids have gaps as wide as there were writes between the
//     making of two keys, so that this alone would not be fair.
//  4. Any key.
const (
	sqlRandomFew = `
WITH few AS MATERIALIZED (
    SELECT key, long_key, ` + live + ` AS live FROM kv_keys
    WHERE ` + inOrder + ` AND id >= $2 ORDER BY id LIMIT $3::int8 + 1)
SELECT looked_at, key, long_key
FROM (SELECT count(*) AS looked_at FROM few) AS c
LEFT JOIN (SELECT key, long_key FROM few WHERE live ORDER BY random() LIMIT 1) AS k ON true`

	// The inner limit, beyond what fits on a page, keeps the page a parameter
	// of a scan of its own.
	sqlRandomSample = `
SELECT k.key, k.long_key
FROM (SELECT floor(random() * (pg_relation_size('kv_keys') / current_setting('block_size')::int8))::int8 AS number
      FROM generate_series(1, 8)) AS page,
     LATERAL (SELECT key, long_key FROM kv_keys
              WHERE ctid >= format('(%s,0)', number)::tid AND ctid < format('(%s,0)', number + 1)::tid
                AND space = (SELECT space FROM kv_databases WHERE db = $1) AND ` + live + ` LIMIT 10000) AS k
ORDER BY random() LIMIT 1`

	sqlRandomRange = `
SELECT min(id), max(id) FROM kv_keys WHERE ` + inOrder

	sqlAnyKey = `
SELECT key, long_key FROM kv_keys
WHERE ` + inOrder + ` AND ` + live + `
ORDER BY id LIMIT 1`
)

const (
	// randomFew is how many rows one look at them in the order of ids covers.
	randomFew = 256
	// randomSamples is how often a sample of pages is taken.
	randomSamples = 4
)

// RandomKey returns a live key of a database index, nil if there is none. Keys
// are about equally likely, see the statements.
func (tx *Tx) RandomKey(db int) (name []byte, err error) {
	name, all, err := tx.randomAfter(db, 0)
	if all || err != nil {
		return name, err
	}
	take := func(v [][]byte) error {
		name = bytes.Clone(fullName(v[0], v[1]))
		return nil
	}
	for range randomSamples {
		name = nil // also that of step 1, which is one of the oldest
		if err = tx.query(take, stmtRandomSample, int2Param(db)); name != nil || err != nil {
			return name, err
		}
	}
	low, high := int64(0), int64(0)
	err = tx.query(func(v [][]byte) error {
		if v[0] != nil {
			low, high = asInt(v[0]), asInt(v[1])
		}
		return nil
	}, stmtRandomRange, int2Param(db))
	if err != nil {
		return nil, err
	}
	if name, _, err = tx.randomAfter(db, low+rand.Int64N(high-low+1)); name != nil || err != nil {
		return name, err
	}
	err = tx.query(take, stmtAnyKey, int2Param(db))
	return name, err
}

// randomAfter returns one of the keys among the rows that follow an id, nil if
// there is none, and whether that was all there are.
func (tx *Tx) randomAfter(db int, id int64) (name []byte, all bool, err error) {
	err = tx.query(func(v [][]byte) error {
		all = asInt(v[0]) <= randomFew
		if v[1] != nil {
			name = bytes.Clone(fullName(v[1], v[2]))
		}
		return nil
	}, stmtRandomFew, int2Param(db), int8Param(id), int8Param(randomFew))
	return name, all, err
}
