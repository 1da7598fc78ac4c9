package pg_test

import (
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/mnorrsken/postkeys/pg"
)

// TestFlushAndSwapTouchNoKey: a database index is emptied or exchanged without
// a write to any row of its keys, and another node sees it at once. The rows of
// flushed keys go in the background, and do not count as expired.
func TestFlushAndSwapTouchNoKey(t *testing.T) {
	t.Parallel()
	const keys = 1500
	ctx := t.Context()
	cfg := config(t)
	node, other := connect(t, cfg), connect(t, cfg)
	fill(t, cfg.DSN, "some", keys)
	unit(t, node, []claim{{1, "lasting", pg.ModeBlind, pg.PartHeader}}, func(_ *pg.Tx, e []*pg.Entry) {
		e[0].Replace([]byte("v"), pg.EncodingNatural)
	})
	db, err := pgx.Connect(ctx, cfg.DSN)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close(ctx)
	fingerprint := func() (sum string) {
		err := db.QueryRow(ctx, `SELECT md5(string_agg(format('%s %s', ctid, xmax), ',' ORDER BY ctid)) FROM kv_keys`).Scan(&sum)
		if err != nil {
			t.Fatal(err)
		}
		return sum
	}
	counts := func(c *pg.Conn) (counts [3]int64) {
		for i := range counts {
			if counts[i], err = c.Begin().Count(i); err != nil {
				t.Fatal(err)
			}
		}
		return counts
	}

	before := fingerprint()
	for _, test := range []struct {
		name  string
		apply func(tx *pg.Tx) error
		want  [3]int64
	}{
		{"SWAPDB 0 2", func(tx *pg.Tx) error { return tx.SwapDB(0, 2) }, [3]int64{0, 1, keys}},
		{"SWAPDB 1 1", func(tx *pg.Tx) error { return tx.SwapDB(1, 1) }, [3]int64{0, 1, keys}},
		{"FLUSHDB of 0", func(tx *pg.Tx) error { return tx.FlushDB(0) }, [3]int64{0, 1, keys}},
		{"FLUSHDB of 2", func(tx *pg.Tx) error { return tx.FlushDB(2) }, [3]int64{0, 1, 0}},
		{"SWAPDB 2 1", func(tx *pg.Tx) error { return tx.SwapDB(2, 1) }, [3]int64{0, 0, 1}},
		{"FLUSHALL", func(tx *pg.Tx) error { return tx.FlushDB(pg.AllDatabases) }, [3]int64{0, 0, 0}},
	} {
		unit(t, node, nil, func(tx *pg.Tx, _ []*pg.Entry) {
			if err := test.apply(tx); err != nil {
				t.Fatal(err)
			}
		})
		if got := counts(other); got != test.want {
			t.Errorf("%s: %v keys, want %v", test.name, got, test.want)
		}
		if fingerprint() != before {
			t.Errorf("%s has written to rows of keys", test.name)
		}
	}
	set(t, other, "new", "v")
	swept := map[string]int{}
	if r := sweepOnce(t, node, swept); r.Freed != keys+1 || r.Expired != 0 || len(swept) != 0 {
		t.Errorf("sweeping: %+v, %v", r, swept)
	}
	want(t, node, "new", "v")
}
