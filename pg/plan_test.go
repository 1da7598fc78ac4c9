package pg

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/mnorrsken/postkeys/pg/pgtest"
)

// plan is a node of what EXPLAIN (ANALYZE, FORMAT JSON) prints.
type plan struct {
	Relation string  `json:"Relation Name"`
	Index    string  `json:"Index Name"`
	Rows     float64 `json:"Actual Rows"`
	Loops    float64 `json:"Actual Loops"`
	Removed  float64 `json:"Rows Removed by Filter"`
	Plans    []plan
}

// visits returns how many rows of kv_keys were looked at, and by which indexes.
func (p *plan) visits() (rows int, indexes string) {
	if p.Relation == "kv_keys" {
		rows, indexes = int((p.Rows+p.Removed)*p.Loops), p.Index
	}
	for i := range p.Plans {
		n, index := p.Plans[i].visits()
		rows, indexes = rows+n, strings.TrimSpace(indexes+" "+index)
	}
	return rows, indexes
}

// explain runs a statement of the catalogue as a connection of the server
// does, and returns the plan.
func explain(t *testing.T, db *pgx.Conn, s statement, args string) plan {
	t.Helper()
	name := "explained_" + catalogue[s].name
	if _, err := db.Exec(t.Context(), "PREPARE "+name+" AS "+catalogue[s].sql); err != nil {
		t.Fatal(err)
	}
	defer func() {
		if _, err := db.Exec(context.WithoutCancel(t.Context()), "DEALLOCATE "+name); err != nil {
			t.Error(err)
		}
	}()
	return explainPrepared(t, db, name, args)
}

func explainPrepared(t *testing.T, db *pgx.Conn, name, args string) plan {
	t.Helper()
	var text []byte
	err := db.QueryRow(t.Context(), "EXPLAIN (ANALYZE, FORMAT JSON) EXECUTE "+name+"("+args+")").Scan(&text)
	if err != nil {
		t.Fatal(err)
	}
	var out []struct{ Plan plan }
	if err := json.Unmarshal(text, &out); err != nil || len(out) != 1 {
		t.Fatalf("%v in %s", err, text)
	}
	return out[0].Plan
}

// session opens a connection with the settings of the server's.
func session(t *testing.T, cfg Config) *pgx.Conn {
	t.Helper()
	parsed, err := pgx.ParseConfig(cfg.DSN)
	if err != nil {
		t.Fatal(err)
	}
	for k, v := range sessionSettings {
		parsed.RuntimeParams[k] = v
	}
	db, err := pgx.ConnectConfig(t.Context(), parsed)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close(context.Background()) })
	return db
}

// TestPlansOutliveASmallTable: a plan is made once for each connection, perhaps
// when there are hardly any keys, and has to find keys by the index of keys
// when there are many.
func TestPlansOutliveASmallTable(t *testing.T) {
	t.Parallel()
	cfg := Config{DSN: pgtest.DSN(t), StatementTimeout: time.Minute, Databases: 16}
	if err := Migrate(t.Context(), cfg); err != nil {
		t.Fatal(err)
	}
	db := session(t, cfg)
	exec := func(sql string) {
		t.Helper()
		if _, err := db.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	exec(`ALTER TABLE kv_keys SET (autovacuum_enabled = off)`)
	names := make([]string, 500)
	for i := range names {
		names[i] = fmt.Sprintf(`"\\\\x%x"`, fmt.Sprintf("k:%d", 20*(i+1)))
	}
	keys := "'{" + strings.Join(names, ",") + "}'"
	tests := []struct {
		s    statement
		args string
	}{
		{stmtRead, "0, " + keys}, {stmtReadParts, "0, " + keys + ", '{}'"},
		{stmtLock, "0, " + keys}, {stmtLockParts, "0, " + keys + ", '{}'"},
		{stmtDeleteKeys, "0, NULL, " + keys},
	}
	fill := `INSERT INTO kv_keys (space, key, kind, value)
SELECT space, convert_to('k:' || n, 'UTF8'), 1, 'x' FROM kv_databases, generate_series(%d, %d) n WHERE db = 0`
	exec(fmt.Sprintf(fill, 1, 1))
	exec(`VACUUM ANALYZE kv_keys`)
	for _, test := range tests {
		exec("PREPARE small_" + catalogue[test.s].name + " AS " + catalogue[test.s].sql)
		exec("EXECUTE small_" + catalogue[test.s].name + "(" + test.args + ")")
	}
	exec(fmt.Sprintf(fill, 2, 20_000))
	for _, test := range tests {
		p := explainPrepared(t, db, "small_"+catalogue[test.s].name, test.args)
		if rows, index := p.visits(); rows > 500 || index != "kv_keys_key" {
			t.Errorf("%s: %d rows by index %q", catalogue[test.s].name, rows, index)
		}
	}
}

// TestWalksCostWhatTheyFind: KEYS and SCAN with a prefix look at the keys that
// have it, a step of SCAN at as many as COUNT says, and RANDOMKEY at a few
// pages, whatever else there is, and whether or not PostgreSQL has statistics.
func TestWalksCostWhatTheyFind(t *testing.T) {
	t.Parallel()
	cfg := Config{DSN: pgtest.DSN(t), StatementTimeout: time.Minute, Databases: 16}
	if err := Migrate(t.Context(), cfg); err != nil {
		t.Fatal(err)
	}
	db := session(t, cfg)
	exec := func(sql string) {
		t.Helper()
		if _, err := db.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	exec(`ALTER TABLE kv_keys SET (autovacuum_enabled = off)`)
	for _, f := range []struct {
		prefix string
		n, db  int
	}{{"app", 100, 0}, {"many", 20_000, 0}, {"zebra", 100, 0}, {"app", 5000, 1}} {
		exec(fmt.Sprintf(`
INSERT INTO kv_keys (space, key, kind, value)
SELECT space, convert_to('%s:' || n, 'UTF8'), 1, 'x' FROM kv_databases, generate_series(1, %d) n WHERE db = %d`,
			f.prefix, f.n, f.db))
	}
	prefixed := func(prefix string) string {
		lower, upper := prefixRange([]byte(prefix))
		return fmt.Sprintf(`'\x%x', '\x%x'`, lower, upper)
	}
	for _, statistics := range []string{"before", "after"} {
		for _, test := range []struct {
			name  string
			s     statement
			args  string
			most  int
			index string
		}{
			{"KEYS app:*", stmtKeys, `0, ` + prefixed("app:"), 100, "kv_keys_key"},
			{"KEYS zebra:*", stmtKeys, `0, ` + prefixed("zebra:"), 100, "kv_keys_key"},
			{"KEYS many:1999*", stmtKeys, `0, ` + prefixed("many:1999"), 11, "kv_keys_key"},
			{"KEYS none:*", stmtKeys, `0, ` + prefixed("none:"), 0, "kv_keys_key"},
			{"SCAN 0 MATCH app:*", stmtScanPrefix, `0, 9223372036854775807, ` + prefixed("app:") + `, 1000`, 100, "kv_keys_key"},
			{"SCAN 0 MATCH many:*", stmtScanPrefix, `0, 9223372036854775807, ` + prefixed("many:") + `, 1000`, 1001, "kv_keys_key"},
			{"SCAN 0", stmtScan, `0, 9223372036854775807, 10`, 10, "kv_keys_scan"},
			{"RANDOMKEY, a look at the first", stmtRandomFew, `0, 0, 256`, 257, "kv_keys_scan"},
			{"RANDOMKEY, a sample", stmtRandomSample, `0`, 8 * 200, ""},
			{"SCAN 10100", stmtScan, `0, 10100, 10`, 10, "kv_keys_scan"},
		} {
			p := explain(t, db, test.s, test.args)
			if rows, index := p.visits(); rows > test.most || index != test.index {
				t.Errorf("%s, %s ANALYZE: %d rows by index %q, want at most %d by %s",
					test.name, statistics, rows, index, test.most, test.index)
			}
		}
		exec(`ANALYZE`)
	}
}
