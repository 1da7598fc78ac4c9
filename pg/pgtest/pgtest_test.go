package pgtest

import (
	"context"
	"os"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

func TestMain(m *testing.M) { os.Exit(Main(m)) }

// value asks a database one question.
func value[T any](t *testing.T, dsn, sql string) T {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	conn, err := pgx.Connect(ctx, dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(ctx)
	var v T
	if err := conn.QueryRow(ctx, sql).Scan(&v); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return v
}

// run executes a statement or fails the test.
func run(t *testing.T, dsn, sql string) {
	t.Helper()
	if err := execute(t.Context(), dsn, sql); err != nil {
		t.Fatal(err)
	}
}

func TestDSNGivesEachTestItsOwnDatabase(t *testing.T) {
	t.Parallel()
	var names []string
	for range 2 {
		t.Run("database", func(t *testing.T) {
			name := value[string](t, DSN(t), "select current_database()::text")
			names = append(names, name)
			run(t, ServerDSN(t), "comment on database "+name+" is 'in use'")
		})
	}
	if names[0] == names[1] {
		t.Fatalf("both tests got %s", names[0])
	}
	left := value[int](t, ServerDSN(t), "select count(*)::int from pg_database where datname in ('"+names[0]+"', '"+names[1]+"')")
	if left != 0 {
		t.Fatalf("%d of the databases %v were not dropped", left, names)
	}
}

func TestVersionIsTheOneAskedFor(t *testing.T) {
	t.Parallel()
	version, _, err := environment()
	if err != nil {
		t.Fatal(err)
	}
	if got := value[string](t, DSN(t), "select (current_setting('server_version_num')::int / 10000)::text"); got != version {
		t.Fatalf("tests run on PostgreSQL %s, PG_VERSION asks for %s", got, version)
	}
}

func TestClusterSurvivesEveryEnd(t *testing.T) {
	t.Parallel()
	c := NewCluster(t, nil)
	dsn := c.DSN("postgres")
	run(t, dsn, "create table written (n int)")
	ends := []struct {
		name string
		end  func()
	}{{"stop", c.Stop}, {"crash", c.Crash}, {"kill", c.Kill}}
	for i, e := range ends {
		run(t, dsn, "insert into written values (1)")
		before := c.PID()
		e.end()
		c.Start()
		if c.PID() == before {
			t.Errorf("%s: PostgreSQL kept its process number %d", e.name, before)
		}
		if got := value[int](t, dsn, "select count(*)::int from written"); got != i+1 {
			t.Errorf("%s: %d rows are left of %d", e.name, got, i+1)
		}
	}
}

func TestWithDatabase(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ dsn, want string }{
		{"host=/run port=5432 dbname='postgres'", "fresh"},
		{"postgres://someone:p%40ss@127.0.0.1:5432/postgres?sslmode=disable", "fresh"},
	} {
		cfg, err := pgx.ParseConfig(withDatabase(c.dsn, "fresh"))
		if err != nil {
			t.Fatal(err)
		}
		if cfg.Database != c.want {
			t.Errorf("%s: the database is %q", c.dsn, cfg.Database)
		}
	}
}
