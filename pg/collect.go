package pg

// The collector frees the elements of dropped collections, a bounded number in
// one step. Nobody adds to a dropped collection: that takes the lock of the
// key's row, and the number was noted by its last holder. Nodes that collect at
// the same time take different collections.
const (
	sqlCollectHash = collectPick + `kv_hashes` + collectVictims + `kv_hashes` + collectRest
	sqlCollectSet  = collectPick + `kv_sets` + collectVictims + `kv_sets` + collectRest
	sqlCollectZset = collectPick + `kv_zsets` + collectVictims + `kv_zsets` + collectRest
	sqlCollectList = collectPick + `kv_lists` + collectVictims + `kv_lists` + collectRest

	collectPick = `
WITH pick AS MATERIALIZED (
    SELECT coll FROM kv_dropped_colls WHERE type = $1 ORDER BY coll LIMIT 100 FOR UPDATE SKIP LOCKED
), victim AS MATERIALIZED (
    SELECT f.ctid AS tid FROM pick JOIN `
	collectVictims = ` f ON f.coll = pick.coll LIMIT $2
), gone AS (
    DELETE FROM `
	collectRest = ` f USING victim WHERE f.ctid = victim.tid
), done AS (
    DELETE FROM kv_dropped_colls d USING pick WHERE d.coll = pick.coll AND (SELECT count(*) FROM victim) < $2
)
SELECT (SELECT count(*) FROM pick), (SELECT count(*) FROM victim)`
)

// collectRows is how many rows a step of the collector frees at most.
const collectRows = 2000

var collectors = []struct {
	typ Type
	s   statement
}{
	{TypeHash, stmtCollectHash}, {TypeSet, stmtCollectSet}, {TypeZset, stmtCollectZset}, {TypeList, stmtCollectList},
}

// Collect frees elements of dropped collections, some of each type. It returns
// the number of collections looked at and of rows freed.
func (c *Conn) Collect() (colls, rows int64, err error) {
	if c.Broken() {
		return 0, 0, errClosed
	}
	for _, k := range collectors {
		c.send(k.s, func(v [][]byte) error {
			colls += asInt(v[0])
			rows += asInt(v[1])
			return nil
		}, int2Param(int(k.typ)), int8Param(collectRows))
	}
	if err := c.sync(); err != nil {
		return 0, 0, classify(err)
	}
	return colls, rows, nil
}
