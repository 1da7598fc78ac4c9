package pg_test

import (
	"fmt"
	"testing"

	"github.com/mnorrsken/postkeys/pg"
	"github.com/mnorrsken/postkeys/pg/pgtest"
)

// fill adds n keys prefix1, prefix2... to database 0, each a row of its own
// making.
func fill(t *testing.T, dsn, prefix string, n int) {
	t.Helper()
	pgtest.Exec(t, dsn, fmt.Sprintf(`
INSERT INTO kv_keys (space, key, kind, value)
SELECT space, convert_to('%s' || n, 'UTF8'), 1, 'x' FROM kv_databases, generate_series(1, %d) n WHERE db = 0`, prefix, n))
}

// drawn counts how often RandomKey returns which group of keys.
func drawn(t *testing.T, c *pg.Conn, draws int, group func(name string) string) map[string]int {
	t.Helper()
	counts := map[string]int{}
	for range draws {
		name, err := c.Begin().RandomKey(0)
		if err != nil || name == nil {
			t.Fatalf("random key %q, %v", name, err)
		}
		counts[group(string(name))]++
	}
	return counts
}

// even checks that each of the groups was drawn between half and twice as often
// as the mean, which is several standard deviations away.
func even(t *testing.T, counts map[string]int, groups, draws int) {
	t.Helper()
	mean := draws / groups
	if len(counts) != groups {
		t.Errorf("%d of %d groups were drawn: %v", len(counts), groups, counts)
	}
	for name, n := range counts {
		if n < mean/2 || n > 2*mean {
			t.Errorf("%s was drawn %d times, the mean is %d", name, n, mean)
		}
	}
}

// TestRandomKeyOfFew: each of a few keys comes as often as another, however
// many writes of the same keys lie between the making of two of them.
func TestRandomKeyOfFew(t *testing.T) {
	t.Parallel()
	cfg := config(t)
	c := connect(t, cfg)
	if name, err := c.Begin().RandomKey(0); name != nil || err != nil {
		t.Errorf("of none: %q, %v", name, err)
	}
	fill(t, cfg.DSN, "early", 10)
	pgtest.Exec(t, cfg.DSN,
		`SELECT setval('kv_key_id', nextval('kv_key_id') + 1000000)`, // as much as SETs of one key for a minute
		`INSERT INTO kv_keys (space, key, kind, value, expire_at)
SELECT space, convert_to('expired' || n, 'UTF8'), 1, 'x', 1 FROM kv_databases, generate_series(1, 500) n WHERE db = 0`,
		`INSERT INTO kv_keys (space, key, kind, value)
SELECT space, convert_to('other' || n, 'UTF8'), 1, 'x' FROM kv_databases, generate_series(1, 500) n WHERE db = 1`)
	fill(t, cfg.DSN, "late", 10)
	even(t, drawn(t, c, 4000, func(name string) string { return name }), 20, 4000)
}

// TestRandomKeyOfMany: each part of a large keyspace comes as often as another,
// also if the rows of one lie thinner than those of others.
func TestRandomKeyOfMany(t *testing.T) {
	t.Parallel()
	cfg := config(t)
	c := connect(t, cfg)
	pgtest.Exec(t, cfg.DSN, `ALTER TABLE kv_keys SET (autovacuum_enabled = off)`)
	for i := range 8 {
		fill(t, cfg.DSN, fmt.Sprint(i, ":"), 1000)
		pgtest.Exec(t, cfg.DSN, `SELECT setval('kv_key_id', nextval('kv_key_id') + 100000)`)
		if i == 3 { // gone are nine of ten, so that pages of few rows lie in the middle
			fill(t, cfg.DSN, "thin:", 10_000)
			pgtest.Exec(t, cfg.DSN, `DELETE FROM kv_keys WHERE key >= 'thin:' AND key < 'thin;' AND id % 10 <> 0`)
		}
	}
	even(t, drawn(t, c, 3600, func(name string) string { return name[:1] }), 9, 3600)
}

// TestRandomKeyBesideMany: keys of a database that has next to nothing of the
// table are found.
func TestRandomKeyBesideMany(t *testing.T) {
	t.Parallel()
	cfg := config(t)
	c := connect(t, cfg)
	fill(t, cfg.DSN, "", 50_000)
	pgtest.Exec(t, cfg.DSN,
		`UPDATE kv_keys SET space = (SELECT space FROM kv_databases WHERE db = 1) WHERE id % 25 <> 0`)
	even(t, drawn(t, c, 200, func(string) string { return "found" }), 1, 200)
	pgtest.Exec(t, cfg.DSN, `UPDATE kv_keys SET expire_at = 1 WHERE space = (SELECT space FROM kv_databases WHERE db = 0)`)
	if name, err := c.Begin().RandomKey(0); name != nil || err != nil {
		t.Errorf("of 2000 expired keys: %q, %v", name, err)
	}
}
