package pgbench

import (
	"context"
	"encoding/binary"
	"fmt"
	"math"
	"strconv"

	"github.com/jackc/pgx/v5/pgconn"
)

// The lines over elements work on one large collection of each type, since that is what redis-benchmark does. Its row in kv_keys is the
// lock: whoever changes elements locks it in the first of two round trips, and writes it in the second.
const (
	hashColl  = 1
	zsetColl  = 2
	setColl   = 3
	firstColl = 4 // of those whose elements are taken away, a new one for each run
)

const (
	sqlAddHeader = `
INSERT INTO kv_keys (space, key, kind, value, coll) VALUES ($1, convert_to('collection:' || $2::int8, 'UTF8'), 5, '\x00', $2::int8)
ON CONFLICT (space, key) DO UPDATE SET value = excluded.value`

	sqlLockHeader = `SELECT ctid, kind, expire_at, value FROM kv_keys WHERE space = $1 AND key = $2 FOR NO KEY UPDATE`

	sqlWriteHeader = `UPDATE kv_keys SET value = $3 WHERE space = $1 AND key = $2`

	lookedFor     = `(SELECT unnest($1::int8[]) AS hash) AS u`
	sqlFindFields = `SELECT f.hash, f.ctid, f.field, f.value, f.expire_at FROM ` + lookedFor + ` JOIN kv_hashes f ON f.coll = 1 AND f.hash = u.hash`
	sqlFindScores = `SELECT f.hash, f.ctid, f.member, f.score FROM ` + lookedFor + ` JOIN kv_zsets f ON f.coll = 2 AND f.hash = u.hash`
	sqlFindSet    = `SELECT f.hash, f.ctid, f.member FROM ` + lookedFor + ` JOIN kv_sets f ON f.coll = 3 AND f.hash = u.hash`
	sqlFindLowest = `SELECT f.hash, f.ctid, f.member, f.score FROM kv_zsets f WHERE f.coll = $1 ORDER BY f.score, f.member LIMIT $2`

	sqlUpdateFields = `
UPDATE kv_hashes f SET value = u.value FROM (SELECT unnest($1::tid[]) AS tid, unnest($2::bytea[]) AS value) AS u
WHERE f.ctid = u.tid`
	sqlUpdateScores = `
UPDATE kv_zsets f SET score = u.score FROM (SELECT unnest($1::tid[]) AS tid, unnest($2::float8[]) AS score) AS u
WHERE f.ctid = u.tid`
	sqlInsertMembers = `INSERT INTO kv_sets (coll, hash, member) SELECT 3, unnest($1::int8[]), unnest($2::bytea[])`
	sqlDeleteScores  = `DELETE FROM kv_zsets f USING (SELECT unnest($1::tid[]) AS tid) AS u WHERE f.ctid = u.tid`

	// Spread over the range of the hashes as those of names are, so that neighbours in the index are none in the table; see spread.
	sqlSpread     = `(n * 48271 % 2147483647) << 31`
	sqlElement    = `convert_to('element:' || lpad(n::text, 12, '0'), 'UTF8')`
	sqlLoadFields = `
INSERT INTO kv_hashes (coll, hash, field, value) SELECT 1, ` + sqlSpread + `, ` + sqlElement + `, $1::bytea FROM generate_series(0, $2::int8 - 1) n`
	sqlLoadScores = `
INSERT INTO kv_zsets (coll, hash, score, member) SELECT $1, ` + sqlSpread + `, n, ` + sqlElement + ` FROM generate_series(0, $2::int8 - 1) n`
)

// elementStatements are prepared beside the others.
var elementStatements = []struct{ name, sql string }{
	{"lock_header", sqlLockHeader}, {"write_header", sqlWriteHeader},
	{"find_fields", sqlFindFields}, {"find_scores", sqlFindScores}, {"find_set", sqlFindSet}, {"find_lowest", sqlFindLowest},
	{"update_fields", sqlUpdateFields}, {"update_scores", sqlUpdateScores}, {"insert_members", sqlInsertMembers}, {"delete_scores", sqlDeleteScores},
}

// takenAtOnce is how many elements a run that takes them away finds at its start; it ends early when there are none left.
const takenAtOnce = 300_000

// spread is the hash under which an element is found: the same as in SQL above.
func spread(n int) int64 { return int64(n) * 48271 % 2147483647 << 31 }

// loadElements fills the collections that stay.
func (r *Reference) loadElements(ctx context.Context) error {
	d := &Database{r.conns[0]}
	w := newWorker(r, 0)
	keys := []byte(strconv.Itoa(r.cfg.Keys))
	for coll := hashColl; coll <= setColl; coll++ {
		if err := r.addHeader(ctx, coll); err != nil {
			return err
		}
	}
	if err := d.change(ctx, sqlLoadFields, []byte(`\x`+fmt.Sprintf("%x", w.value)), keys); err != nil {
		return err
	}
	return d.change(ctx, sqlLoadScores, []byte(strconv.Itoa(zsetColl)), keys)
}

// refill makes a new collection for a run that takes elements away.
func (r *Reference) refill(ctx context.Context) error {
	if r.taken == 0 {
		r.taken = firstColl - 1
	}
	r.taken++
	if err := r.addHeader(ctx, r.taken); err != nil {
		return err
	}
	return (&Database{r.conns[0]}).change(ctx, sqlLoadScores, []byte(strconv.Itoa(r.taken)), []byte(strconv.Itoa(takenAtOnce)))
}

func (r *Reference) addHeader(ctx context.Context, coll int) error {
	return (&Database{r.conns[0]}).change(ctx, sqlAddHeader, r.space, []byte(strconv.Itoa(coll)))
}

func headerKey(coll int) []byte { return []byte("collection:" + strconv.Itoa(coll)) }

// elements are the parameters of the statements over elements.
type elements struct {
	hashes, names, scores []byte
	tids                  []byte
	found                 int
}

// encodeHashes lists the hashes of the chosen elements, and their names where they may have to be added.
func (w *worker) encodeHashes() {
	w.elements.hashes = appendArrayHeaderOf(w.elements.hashes[:0], oidInt8, len(w.chosen))
	w.elements.names = appendArrayHeader(w.elements.names[:0], len(w.chosen))
	var hash [8]byte
	var name []byte
	for _, n := range w.chosen {
		w.elements.hashes = appendElement(w.elements.hashes, binary.BigEndian.AppendUint64(hash[:0], uint64(spread(n))))
		name = appendNumbered(append(name[:0], "element:"...), n)
		w.elements.names = appendElement(w.elements.names, name)
	}
}

func (w *worker) readFields(ctx context.Context, conn *pgconn.PgConn) error {
	w.encodeHashes()
	return w.expectRows(conn.ExecPrepared(ctx, "find_fields", [][]byte{w.elements.hashes}, resultFormats, resultFormats), nil)
}

// change is one unit: lock the row of the collection and find elements; change them, write the row, commit.
func (w *worker) change(ctx context.Context, conn *pgconn.PgConn, coll int, find string, findParams [][]byte, change func(*pgconn.Batch)) error {
	key := headerKey(coll)
	var load pgconn.Batch
	load.ExecPrepared("begin", nil, nil, nil)
	load.ExecPrepared("lock_header", [][]byte{w.space, key}, paramFormats[:2], resultFormats)
	load.ExecPrepared(find, findParams, resultFormats, resultFormats)
	found, err := conn.ExecBatch(ctx, &load).ReadAll()
	if err != nil {
		return err
	}
	if len(found[1].Rows) != 1 {
		return fmt.Errorf("%d rows of the collection %s", len(found[1].Rows), key)
	}
	rows := found[2].Rows
	w.elements.found = len(rows)
	w.elements.tids = appendArrayHeaderOf(w.elements.tids[:0], oidTID, len(rows))
	for _, row := range rows {
		w.elements.tids = appendElement(w.elements.tids, row[1])
	}
	var write pgconn.Batch
	change(&write)
	write.ExecPrepared("write_header", [][]byte{w.space, key, w.value}, paramFormats, nil)
	write.ExecPrepared("commit", nil, nil, nil)
	results, err := conn.ExecBatch(ctx, &write).ReadAll()
	if err != nil {
		return err
	}
	if n := results[0].CommandTag.RowsAffected(); n != int64(len(w.chosen)) {
		return fmt.Errorf("%d elements changed of %d", n, len(w.chosen))
	}
	return nil
}

func (w *worker) updateFields(ctx context.Context, conn *pgconn.PgConn) error {
	w.encodeHashes()
	w.encodeValues()
	return w.change(ctx, conn, hashColl, "find_fields", [][]byte{w.elements.hashes}, func(b *pgconn.Batch) {
		b.ExecPrepared("update_fields", [][]byte{w.elements.tids, w.values}, resultFormats, nil)
	})
}

func (w *worker) updateScores(ctx context.Context, conn *pgconn.PgConn) error {
	w.encodeHashes()
	w.elements.scores = appendArrayHeaderOf(w.elements.scores[:0], oidFloat8, len(w.chosen))
	for range w.chosen {
		score := math.Float64bits(float64(w.rng.IntN(w.limit)))
		w.elements.scores = appendElement(w.elements.scores, binary.BigEndian.AppendUint64(nil, score))
	}
	return w.change(ctx, conn, zsetColl, "find_scores", [][]byte{w.elements.hashes}, func(b *pgconn.Batch) {
		b.ExecPrepared("update_scores", [][]byte{w.elements.tids, w.elements.scores}, resultFormats, nil)
	})
}

// newElements is from how many numbers new members are drawn: hardly any is drawn twice.
const newElements = 1_000_000_000_000

func (w *worker) insertMembers(ctx context.Context, conn *pgconn.PgConn) error {
	n := len(w.chosen)
	limit := w.limit
	w.limit = newElements
	w.choose(n)
	w.limit = limit
	w.encodeHashes()
	return w.change(ctx, conn, setColl, "find_set", [][]byte{w.elements.hashes}, func(b *pgconn.Batch) {
		b.ExecPrepared("insert_members", [][]byte{w.elements.hashes, w.elements.names}, resultFormats, nil)
	})
}

func (w *worker) deleteLowest(ctx context.Context, conn *pgconn.PgConn) error {
	coll := binary.BigEndian.AppendUint64(nil, uint64(w.taken))
	n := binary.BigEndian.AppendUint64(nil, uint64(len(w.chosen)))
	return w.change(ctx, conn, w.taken, "find_lowest", [][]byte{coll, n}, func(b *pgconn.Batch) {
		w.chosen = w.chosen[:min(len(w.chosen), w.elements.found)]
		b.ExecPrepared("delete_scores", [][]byte{w.elements.tids}, resultFormats, nil)
	})
}
