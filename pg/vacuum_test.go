package pg_test

import (
	"slices"
	"testing"
	"time"

	"github.com/mnorrsken/postkeys/pg"
	"github.com/mnorrsken/postkeys/pg/pgtest"
)

// To cut a table short, VACUUM locks it for as long as a look at all of PostgreSQL's buffers takes. That is only for tables that no
// ordinary command writes.
func TestVacuumLocksNobodyOut(t *testing.T) {
	dsn := pgtest.DSN(t)
	if err := pg.Migrate(t.Context(), pg.Config{DSN: dsn, ConnectTimeout: 5 * time.Second, Databases: 1}); err != nil {
		t.Fatal(err)
	}
	s := pgtest.Open(t, dsn)
	var cut []string
	s.Get([]any{&cut}, `SELECT array_agg(relname::text ORDER BY relname) FROM pg_class
		WHERE relkind = 'r' AND relname LIKE 'kv\_%' AND NOT coalesce('vacuum_truncate=off' = ANY (reloptions), false)`)
	want := []string{"kv_databases", "kv_functions", "kv_hash_seed", "kv_messages", "kv_schema", "kv_script_epochs", "kv_scripts"}
	if !slices.Equal(cut, want) {
		t.Errorf("VACUUM may cut %q, want %q", cut, want)
	}

	s.Exec(`INSERT INTO kv_sets SELECT 1, n, '\x00' FROM generate_series(1, 10000) n`)
	s.Exec(`DELETE FROM kv_sets`)
	s.Exec(`VACUUM kv_sets`)
	var bytes int64
	s.Get([]any{&bytes}, `SELECT pg_relation_size('kv_sets')`)
	if bytes == 0 {
		t.Error("VACUUM has cut a table")
	}
}
