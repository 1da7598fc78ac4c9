package pgbench

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"

	"github.com/jackc/pgx/v5/pgconn"
)

const (
	sqlReadMany = `SELECT key, kind, expire_at, value FROM kv_keys WHERE space = $1 AND key = ANY ($2::bytea[])`

	sqlReadOne = `SELECT key, kind, expire_at, value FROM kv_keys WHERE space = $1 AND key = $2`

	sqlWriteMany = `
INSERT INTO kv_keys (space, key, kind, value)
SELECT $1, u.key, 1, u.value FROM (SELECT unnest($2::bytea[]) AS key, unnest($3::bytea[]) AS value) AS u
ON CONFLICT (space, key) DO UPDATE
SET kind = excluded.kind, expire_at = excluded.expire_at, value = excluded.value`

	sqlWriteOne = `
INSERT INTO kv_keys (space, key, kind, value) VALUES ($1, $2, 1, $3)
ON CONFLICT (space, key) DO UPDATE
SET kind = excluded.kind, expire_at = excluded.expire_at, value = excluded.value`

	sqlLockMany = sqlReadMany + ` FOR NO KEY UPDATE`

	sqlUpdateMany = `
UPDATE kv_keys k SET value = u.value
FROM (SELECT unnest($2::bytea[]) AS key, unnest($3::bytea[]) AS value) AS u
WHERE k.space = $1 AND k.key = u.key`
)

// statements are prepared on every connection.
var statements = []struct{ name, sql string }{
	{"begin", "BEGIN"}, {"commit", "COMMIT"},
	{"read_many", sqlReadMany}, {"read_one", sqlReadOne},
	{"write_many", sqlWriteMany}, {"write_one", sqlWriteOne},
	{"lock_many", sqlLockMany}, {"update_many", sqlUpdateMany},
}

// Columns of the statements that read.
const (
	columnKey   = 0
	columnValue = 3
)

// The formats of PostgreSQL's protocol.
const (
	textFormat   int16 = 0
	binaryFormat int16 = 1
)

// Formats of parameters and results: the space travels as text, everything else in binary.
var (
	paramFormats  = []int16{textFormat, binaryFormat, binaryFormat}
	resultFormats = []int16{binaryFormat}
)

// worker makes the statements of one client.
type worker struct {
	space  []byte
	limit  int // of keys
	rng    *rand.Rand
	prefix string
	taken  int   // the collection to take elements from
	chosen []int // keys of the next statement, ascending, which is also the order of locks
	value  []byte
	keys   []byte // the parameter with the keys
	values []byte // and that with the values

	elements elements
}

func newWorker(r *Reference, seed uint64) *worker {
	return &worker{
		prefix: "key:", taken: r.taken, space: r.space, limit: r.cfg.Keys, rng: rand.New(rand.NewPCG(seed, 7)),
		value: bytes.Repeat([]byte("0"), max(1, r.cfg.ValueBytes)), // digits, so that it can be counted up
	}
}

// packedBytes is about what ten fields named field:0 with short values take when they are packed.
const packedBytes = 121

// packed makes the worker use rows of small hashes.
func (w *worker) packed() {
	w.prefix, w.value = "hash:", bytes.Repeat([]byte("0"), packedBytes)
}

// choose draws the keys of the next statement. An upsert refuses to touch one row twice, so duplicates are dropped.
func (w *worker) choose(n int) {
	w.chosen = w.chosen[:0]
	for range n {
		w.chosen = append(w.chosen, w.rng.IntN(w.limit))
	}
	slices.Sort(w.chosen)
	w.chosen = slices.Compact(w.chosen)
}

// appendKey appends a key as redis-benchmark writes it.
func (w *worker) appendKey(dst []byte, n int) []byte {
	return appendNumbered(append(dst, w.prefix...), n)
}

// appendNumbered appends a number as redis-benchmark writes it.
func appendNumbered(dst []byte, n int) []byte {
	digits := strconv.Itoa(n)
	dst = append(dst, "000000000000"[:12-len(digits)]...)
	return append(dst, digits...)
}

func (w *worker) encodeKeys() {
	w.keys = appendArrayHeader(w.keys[:0], len(w.chosen))
	var key [24]byte
	for _, n := range w.chosen {
		w.keys = appendElement(w.keys, w.appendKey(key[:0], n))
	}
}

func (w *worker) encodeValues() {
	w.values = appendArrayHeader(w.values[:0], len(w.chosen))
	for range w.chosen {
		w.values = appendElement(w.values, w.value)
	}
}

func (w *worker) readMany(ctx context.Context, conn *pgconn.PgConn) error {
	w.encodeKeys()
	return w.expectRows(conn.ExecPrepared(ctx, "read_many", [][]byte{w.space, w.keys}, paramFormats[:2], resultFormats), nil)
}

func (w *worker) readOne(ctx context.Context, conn *pgconn.PgConn) error {
	w.keys = w.appendKey(w.keys[:0], w.chosen[0])
	return w.expectRows(conn.ExecPrepared(ctx, "read_one", [][]byte{w.space, w.keys}, paramFormats[:2], resultFormats), nil)
}

// expectRows reads the rows to the end; all keys must be there. visit, if any, sees each row.
func (w *worker) expectRows(result *pgconn.ResultReader, visit func(row [][]byte) error) error {
	n := 0
	var visitErr error
	for result.NextRow() {
		n++
		if visit != nil && visitErr == nil {
			visitErr = visit(result.Values())
		}
	}
	if _, err := result.Close(); err != nil {
		return err
	}
	if n != len(w.chosen) {
		return fmt.Errorf("%d rows of %d keys", n, len(w.chosen))
	}
	return visitErr
}

func (w *worker) writeMany(ctx context.Context, conn *pgconn.PgConn) error {
	w.encodeKeys()
	w.encodeValues()
	return w.expectChanges(conn.ExecPrepared(ctx, "write_many", [][]byte{w.space, w.keys, w.values}, paramFormats, nil))
}

func (w *worker) writeOne(ctx context.Context, conn *pgconn.PgConn) error {
	w.keys = w.appendKey(w.keys[:0], w.chosen[0])
	return w.expectChanges(conn.ExecPrepared(ctx, "write_one", [][]byte{w.space, w.keys, w.value}, paramFormats, nil))
}

// expectChanges reads the result of a write; all keys must have been written.
func (w *worker) expectChanges(result *pgconn.ResultReader) error {
	tag, err := result.Close()
	if err == nil && tag.RowsAffected() != int64(len(w.chosen)) {
		err = fmt.Errorf("%d rows written of %d", tag.RowsAffected(), len(w.chosen))
	}
	return err
}

// modifyMany is the general way of a round: 1. lock and load the rows, 2. change them in Go, 3. write them back and commit.
func (w *worker) modifyMany(ctx context.Context, conn *pgconn.PgConn) error {
	return w.modify(ctx, conn, func(value []byte) ([]byte, error) {
		n, err := strconv.ParseInt(string(value), 10, 64)
		return strconv.AppendInt(nil, n+1, 10), err
	})
}

// modifyPacked writes another byte into each row: what a packed collection costs, but for taking it apart.
func (w *worker) modifyPacked(ctx context.Context, conn *pgconn.PgConn) error {
	return w.modify(ctx, conn, func(value []byte) ([]byte, error) {
		changed := bytes.Clone(value)
		changed[len(changed)/2]++
		return changed, nil
	})
}

func (w *worker) modify(ctx context.Context, conn *pgconn.PgConn, change func([]byte) ([]byte, error)) error {
	w.encodeKeys()
	var load pgconn.Batch
	load.ExecPrepared("begin", nil, nil, nil)
	load.ExecPrepared("lock_many", [][]byte{w.space, w.keys}, paramFormats[:2], resultFormats)
	loaded := conn.ExecBatch(ctx, &load)
	keys, values := appendArrayHeader(nil, len(w.chosen)), appendArrayHeader(w.values[:0], len(w.chosen))
	var err error
	if begun := loaded.NextResult(); begun && loaded.NextResult() {
		err = w.expectRows(loaded.ResultReader(), func(row [][]byte) error {
			value, err := change(row[columnValue])
			keys = appendElement(keys, row[columnKey])
			values = appendElement(values, value)
			return err
		})
	}
	if closeErr := loaded.Close(); closeErr != nil {
		return closeErr
	}
	if err != nil {
		return err
	}
	w.values = values
	var write pgconn.Batch
	write.ExecPrepared("update_many", [][]byte{w.space, keys, values}, paramFormats, nil)
	write.ExecPrepared("commit", nil, nil, nil)
	results, err := conn.ExecBatch(ctx, &write).ReadAll()
	if err != nil {
		return err
	}
	if n := results[0].CommandTag.RowsAffected(); n != int64(len(w.chosen)) {
		return fmt.Errorf("%d rows updated of %d", n, len(w.chosen))
	}
	return nil
}
