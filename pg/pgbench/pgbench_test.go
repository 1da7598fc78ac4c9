package pgbench

import (
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mnorrsken/postkeys/pg/pgtest"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }

// changedBy counts what a line has changed, by line.
var changedBy = map[Line]string{
	ModifyMany:     "SELECT max(convert_from(value, 'UTF8')::int) FROM kv_keys WHERE length(key) = 16",
	ModifyPacked:   "SELECT count(*) FROM kv_keys WHERE length(key) = 17 AND get_byte(value, length(value) / 2) > 48",
	UpdateScores:   "SELECT count(*) FROM kv_zsets WHERE coll = 2 AND score <> convert_from(substring(member FROM 9), 'UTF8')::int",
	InsertElements: "SELECT count(*) FROM kv_sets WHERE coll = 3",
	DeleteElements: "SELECT 300000 - count(*) FROM kv_zsets WHERE coll = 4",
}

func TestLines(t *testing.T) {
	t.Parallel()
	dsn := pgtest.DSN(t)
	r, err := Open(t.Context(), Config{DSN: dsn, Connections: 2, Keys: 2500, ValueBytes: 3})
	if err != nil {
		t.Fatal(err)
	}
	db, err := Connect(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close(t.Context()) }()
	count := func() int64 {
		n, err := db.number(t.Context(), "SELECT count(*) FROM "+schema+".kv_keys WHERE kind = 1 AND length(key) = 16 AND value IS NOT NULL")
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	if n := count(); n != 2500 {
		t.Errorf("%d keys loaded", n)
	}
	for _, line := range Lines {
		l := Load{Line: line, Clients: 5, Keys: 1, Duration: 50 * time.Millisecond}
		if line.Many() {
			l.Keys = 100
		}
		got, err := r.Run(t.Context(), l)
		if err != nil {
			t.Fatal(err)
		}
		if got.Statements < 1 || got.Rows < got.Statements || got.Rows > got.Statements*int64(l.Keys) || got.RowsPerSecond() <= 0 {
			t.Errorf("%s: %+v", line, got)
		}
		if sql := changedBy[line]; sql != "" {
			if n, err := db.number(t.Context(), strings.ReplaceAll(sql, "kv_", schema+".kv_")); err != nil || n < 1 {
				t.Errorf("%s changed %d rows, %v", line, n, err)
			}
		}
	}
	if n := count(); n != 2500 {
		t.Errorf("%d keys after the lines", n)
	}
	if n, err := db.Connections(t.Context(), "postkeys reference"); err != nil || n != r.Connections() {
		t.Errorf("%d connections, %v", n, err)
	}
	if _, err := r.Run(t.Context(), Load{Line: "no such line", Clients: 1, Keys: 1, Duration: time.Second}); err == nil {
		t.Error("an unknown line was accepted")
	}
	if err := r.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n, err := db.number(t.Context(), "SELECT count(*) FROM pg_namespace WHERE nspname = $1", []byte(schema)); err != nil || n != 0 {
		t.Errorf("the schema is still there: %d, %v", n, err)
	}
}

func TestFacts(t *testing.T) {
	t.Parallel()
	db, err := Connect(t.Context(), pgtest.DSN(t))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close(t.Context()) }()
	facts, err := db.Facts(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	seen := make(map[string]string)
	for _, f := range facts {
		seen[f.Name] = f.Value
	}
	if seen["version"] == "" || seen["fsync"] == "" || seen["synchronous_commit"] == "" {
		t.Errorf("facts %v", facts)
	}
	before, err := db.WALBytes(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := db.exec(t.Context(), "CREATE TABLE t AS SELECT generate_series(1, 1000)"); err != nil {
		t.Fatal(err)
	}
	if after, err := db.WALBytes(t.Context()); err != nil || after <= before {
		t.Errorf("write-ahead log from %d to %d, %v", before, after, err)
	}
	activity, err := db.Activity(t.Context())
	if err != nil || !slices.ContainsFunc(activity, func(line string) bool { return strings.Contains(line, "checkpointer") }) {
		t.Errorf("activity %q, %v", activity, err)
	}
	if db.BackendPID() <= 1 {
		t.Errorf("backend %d", db.BackendPID())
	}
}

func TestWithSearchPath(t *testing.T) {
	t.Parallel()
	for dsn, want := range map[string]string{
		"host=/tmp user=a":              "host=/tmp user=a search_path=s",
		"postgres://a@b/c":              "postgres://a@b/c?search_path=s",
		"postgresql://a@b/c?sslmode=no": "postgresql://a@b/c?sslmode=no&search_path=s",
	} {
		if got := WithSearchPath(dsn, "s"); got != want {
			t.Errorf("%s: got %s", dsn, got)
		}
	}
}

func TestChooseHasNoDuplicates(t *testing.T) {
	t.Parallel()
	w := newWorker(&Reference{cfg: Config{Keys: 50}}, 1)
	w.choose(200)
	for i := 1; i < len(w.chosen); i++ {
		if w.chosen[i] <= w.chosen[i-1] {
			t.Fatalf("%v", w.chosen)
		}
	}
	if string(w.appendKey(nil, 99999)) != "key:000000099999" {
		t.Errorf("%s", w.appendKey(nil, 99999))
	}
}
