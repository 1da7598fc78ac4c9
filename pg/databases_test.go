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

// TestStats: the figures of INFO keyspace, for each index that has keys.
func TestStats(t *testing.T) {
	t.Parallel()
	cfg := config(t)
	c := connect(t, cfg)
	stats := func() []pg.DatabaseStats {
		t.Helper()
		stats, err := c.Begin().Stats()
		if err != nil {
			t.Fatal(err)
		}
		return stats
	}
	if got := stats(); len(got) != 0 {
		t.Errorf("%+v without a key", got)
	}
	fill(t, cfg.DSN, "lasting", 20)
	unit(t, c, []claim{
		{0, "gone", pg.ModeUpdate, pg.PartValue},
		{0, "soon", pg.ModeUpdate, pg.PartValue},
		{0, "late", pg.ModeUpdate, pg.PartValue},
		{9, "lasting", pg.ModeUpdate, pg.PartValue},
	}, func(_ *pg.Tx, e []*pg.Entry) {
		for i, ttl := range []int64{1, 1_000_000, 3_000_000} {
			e[i].Replace([]byte("v"), pg.EncodingNatural)
			e[i].SetTTL(ttl)
		}
		e[3].Replace([]byte("v"), pg.EncodingNatural)
	})
	expireAll(t, cfg.DSN, "gone")
	got := stats()
	if len(got) != 2 || got[0].DB != 0 || got[0].Keys != 22 || got[0].Expires != 2 ||
		got[1] != (pg.DatabaseStats{DB: 9, Keys: 1}) {
		t.Fatalf("%+v", got)
	}
	if mean := got[0].AverageTTLMs; mean > 2_000_000 || mean < 1_900_000 {
		t.Errorf("mean time to live %d ms", mean)
	}
}
