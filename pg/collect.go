package pg

import "math"

// The collector frees the elements of dropped collections, a bounded number in
// one step. Nobody adds to a dropped collection: that takes the lock of the
// key's row, and the number was noted by its last holder. Nodes that collect at
// the same time take different collections.
//
// A large collection takes many steps, and each would pass again over the index
// entries of what the steps before it have deleted, which stay until vacuum
// comes by. So a step goes on behind the last element of the one before, $3 and
// $4. A collection is forgotten only by a step that began at its beginning and
// found less than it may take.
const (
	sqlCollectHash = collectPick + `hash` + collectFrom + `kv_hashes` + collectBehind + `hash` + collectOrder + `hash` +
		collectVictims + `kv_hashes` + collectRest
	sqlCollectSet = collectPick + `hash` + collectFrom + `kv_sets` + collectBehind + `hash` + collectOrder + `hash` +
		collectVictims + `kv_sets` + collectRest
	sqlCollectZset = collectPick + `hash` + collectFrom + `kv_zsets` + collectBehind + `hash` + collectOrder + `hash` +
		collectVictims + `kv_zsets` + collectRest
	sqlCollectList = collectPick + `anchor` + collectFrom + `kv_lists` + collectBehind + `anchor` + collectOrder + `anchor` +
		collectVictims + `kv_lists` + collectRest

	collectPick = `
WITH pick AS MATERIALIZED (
    SELECT coll FROM kv_dropped_colls WHERE type = $1 AND coll >= $3 ORDER BY coll LIMIT 100 FOR UPDATE SKIP LOCKED
), victim AS MATERIALIZED (
    SELECT f.ctid AS tid, f.coll, f.at FROM pick CROSS JOIN LATERAL (
        SELECT e.ctid, e.coll, e.`
	collectFrom   = ` AS at FROM `
	collectBehind = ` e
        WHERE e.coll = pick.coll AND e.`
	collectOrder = ` >= CASE WHEN pick.coll = $3 THEN $4 ELSE -9223372036854775808 END
        ORDER BY e.`
	collectVictims = `
    ) f LIMIT $2
), gone AS (
    DELETE FROM `
	collectRest = ` f USING victim WHERE f.ctid = victim.tid
), done AS (
    DELETE FROM kv_dropped_colls d USING pick WHERE d.coll = pick.coll AND $3 = 0 AND (SELECT count(*) FROM victim) < $2
)
SELECT (SELECT count(*) FROM pick), (SELECT count(*) FROM victim), coalesce(max(last.coll), 0), coalesce(max(last.at), 0)
FROM (SELECT coll, at FROM victim ORDER BY coll DESC, at DESC LIMIT 1) last`
)

// collectRows is how many rows a step of the collector frees at most, of each
// type. Nobody waits for a lock of it.
const collectRows = 10_000

// collectColls is how many collections a step looks at, see collectPick.
const collectColls = 100

var collectors = [...]struct {
	typ Type
	s   statement
}{
	{TypeHash, stmtCollectHash}, {TypeSet, stmtCollectSet}, {TypeZset, stmtCollectZset}, {TypeList, stmtCollectList},
}

// Collector remembers how far one node has come in freeing large collections.
// It belongs to one goroutine.
type Collector struct {
	behind [len(collectors)]struct{ coll, at int64 } // coll 0: the next step begins at the beginning
}

// CollectResult tells what one step found.
type CollectResult struct {
	Colls int64 // collections looked at
	Rows  int64 // rows freed
	More  bool  // there is more than one step does
}

// Step frees elements of dropped collections, some of each type.
func (k *Collector) Step(c *Conn) (r CollectResult, err error) {
	if c.Broken() {
		return r, errClosed
	}
	next := k.behind
	for i := range collectors {
		c.send(collectors[i].s, func(v [][]byte) error {
			colls, rows := asInt(v[0]), asInt(v[1])
			r.Colls += colls
			r.Rows += rows
			next[i].coll, next[i].at = 0, math.MinInt64
			if rows == collectRows {
				next[i].coll, next[i].at = asInt(v[2]), asInt(v[3])
			}
			r.More = r.More || rows == collectRows || colls == collectColls || k.behind[i].coll != 0
			return nil
		}, int2Param(int(collectors[i].typ)), int8Param(collectRows), int8Param(k.behind[i].coll), int8Param(k.behind[i].at))
	}
	if err := c.sync(); err != nil {
		return CollectResult{}, classify(err)
	}
	k.behind = next
	return r, nil
}
