package pg_test

import (
	"testing"
	"time"

	"github.com/mnorrsken/postkeys/pg"
	"github.com/mnorrsken/postkeys/pg/pgtest"
)

// A node removes its own messages that all have had time for, and what a killed node has left.
func TestStoredMessagesAreForgotten(t *testing.T) {
	t.Parallel()
	cfg := pg.Config{DSN: pgtest.DSN(t), ConnectTimeout: 5 * time.Second, Databases: 1}
	if err := pg.Migrate(t.Context(), cfg); err != nil {
		t.Fatal(err)
	}
	const self, killed, alive = 1, 2, 3
	store := func(node int64, numbers ...int64) *pg.Notifier {
		n, err := pg.ConnectNotifier(t.Context(), cfg, node)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(n.Close)
		for _, number := range numbers {
			if err := n.Store(t.Context(), number, make([]byte, 3<<20/2), time.Minute); err != nil { // in two pieces
				t.Fatal(err)
			}
		}
		return n
	}
	n := store(self, 1, 2, 3)
	store(killed, 1)
	store(alive, 1)
	s := pgtest.Open(t, cfg.DSN)
	s.Exec(`UPDATE kv_messages SET sent = sent - interval '11 minutes' WHERE node = $1`, killed)
	if err := n.ForgetStored(t.Context(), 2); err != nil {
		t.Fatal(err)
	}
	var left string
	s.Get([]any{&left}, `SELECT string_agg(concat(node, '/', number, '/', piece), ' ' ORDER BY node, number, piece) FROM kv_messages`)
	if want := "1/3/0 1/3/1 3/1/0 3/1/1"; left != want {
		t.Errorf("left are %q, want %q", left, want)
	}
}
