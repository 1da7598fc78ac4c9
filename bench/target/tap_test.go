package target

import (
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/mnorrsken/postkeys/pg/pgbench"
	"github.com/mnorrsken/postkeys/pg/pgtest"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }

func TestTapCountsQuestions(t *testing.T) {
	t.Parallel()
	tap, err := NewTap(pgbench.WithSearchPath(pgtest.DSN(t), "of_its_own"))
	if err != nil {
		t.Fatal(err)
	}
	conn, err := pgconn.Connect(t.Context(), tap.DSN())
	if err != nil {
		t.Fatal(err)
	}
	before := tap.Asked()
	for range 3 {
		r := conn.ExecParams(t.Context(), "SHOW search_path", nil, nil, nil, nil).Read()
		if r.Err != nil || string(r.Rows[0][0]) != "of_its_own" {
			t.Errorf("%q, %v", r.Rows, r.Err)
		}
	}
	if got := tap.Asked() - before; got != 3 {
		t.Errorf("%d questions, want 3", got)
	}
	if err := tap.Close(); err != nil {
		t.Error(err)
	}
	if r := conn.ExecParams(t.Context(), "SELECT 1", nil, nil, nil, nil).Read(); r.Err == nil {
		t.Error("the connection works without the tap")
	}
	_ = conn.Close(t.Context())
}

func TestTapRefusesEncryption(t *testing.T) {
	t.Parallel()
	if _, err := NewTap("host=localhost user=app sslmode=require"); !errors.Is(err, ErrEncrypted) {
		t.Errorf("got %v", err)
	}
}

// Whatever the form and the characters of a connection string, the same database is reached.
func TestTappedKeepsTheRest(t *testing.T) {
	t.Parallel()
	cfg, err := pgconn.ParseConfig(`postgres://app:it%27s%5C@db.example/a%20b?search_path=x&sslmode=disable`)
	if err != nil {
		t.Fatal(err)
	}
	dsn := tapped(cfg, 4711)
	got, err := pgconn.ParseConfig(dsn)
	if err != nil {
		t.Fatal(err)
	}
	if got.Host != "127.0.0.1" || got.Port != 4711 || got.User != "app" || got.Password != `it's\` || got.Database != "a b" || got.RuntimeParams["search_path"] != "x" {
		t.Errorf("%s became %+v", strings.ReplaceAll(dsn, cfg.Password, "..."), got)
	}
}
