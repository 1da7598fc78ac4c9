package engine

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mnorrsken/postkeys/pg"
	"github.com/mnorrsken/postkeys/pg/pgtest"
)

// refusing is a database that refuses to store keys that contain "poison".
func refusing(t *testing.T, e *Engine, dsn string) {
	t.Helper()
	try(t, e, Read, get("connects"))
	pgtest.Exec(t, dsn, `alter table kv_keys add constraint poison check (position('poison'::bytea in key) = 0)`)
}

func isRefusal(reply string) bool {
	return strings.HasPrefix(reply, fmt.Sprintf("kind %d: ", pg.KindStatement)) && strings.Contains(reply, "23514")
}

// TestErrorHurtsItsCommandAlone merges commands that PostgreSQL refuses with others.
func TestErrorHurtsItsCommandAlone(t *testing.T) {
	t.Parallel()
	dsn := pgtest.DSN(t)
	e := start(t, dsn, nil)
	refusing(t, e, dsn)

	healthy := []*client{newClient(Update, incr("a")), newClient(Update, incr("a"), incr("b")), newClient(Update, incr("c"))}
	alone := newClient(Update, incr("poison"))
	amid := newClient(Update, incr("d"), incr("poison d"), incr("d"))
	together(t, e, Update, healthy[0], alone, healthy[1], amid, healthy[2])
	expect(t, healthy[0], "1")
	expect(t, healthy[1], "2", "1")
	expect(t, healthy[2], "1")
	if got := alone.replies(t); len(got) != 1 || !isRefusal(got[0]) {
		t.Errorf("got %q", got)
	}
	if got := amid.replies(t); len(got) != 3 || got[0] != "1" || !isRefusal(got[1]) || got[2] != "2" {
		t.Errorf("got %q", got)
	}
	if got := try(t, e, Read, get("a"), get("b"), get("c"), get("d")); !slices.Equal(got, []string{"2", "1", "1", "2"}) {
		t.Errorf("stored: %q", got)
	}
	if n := e.Isolated.Load(); n != 1 {
		t.Errorf("%d rounds were taken apart", n)
	}
}

// TestRefusedClaimHurtsItsCommandAlone has a command that PostgreSQL refuses for a key that it only wants to stay absent.
func TestRefusedClaimHurtsItsCommandAlone(t *testing.T) {
	t.Parallel()
	dsn := pgtest.DSN(t)
	e := start(t, dsn, nil)
	refusing(t, e, dsn)
	reserve := func(name string) step {
		return step{[]Claim{claim(name, pg.ModeStable), claim("made", pg.ModeUpdate)}, func(_ *pg.Tx, keys []*pg.Entry) (string, error) {
			keys[1].SetString([]byte("1"), pg.EncodingNatural)
			return "stable", nil
		}}
	}
	got := try(t, e, Update, incr("a"), reserve("b"), reserve("poison"), incr("a"))
	if len(got) != 4 || got[0] != "1" || got[1] != "stable" || !isRefusal(got[2]) || got[3] != "2" {
		t.Errorf("got %q", got)
	}
}

// TestPanicHurtsItsCommandAlone merges a command that panics with others.
func TestPanicHurtsItsCommandAlone(t *testing.T) {
	t.Parallel()
	e := start(t, pgtest.DSN(t), nil)
	broken := step{[]Claim{claim("a", pg.ModeUpdate)}, func(_ *pg.Tx, keys []*pg.Entry) (string, error) {
		keys[0].SetString([]byte("half"), pg.EncodingNatural)
		panic("broken on purpose")
	}}
	before, after := newClient(Update, incr("a")), newClient(Update, incr("a"))
	amid := newClient(Update, incr("b"), broken, incr("b"))
	together(t, e, Update, before, amid, after)
	refusal := fmt.Sprintf("kind %d: %v", pg.KindStatement, errPanic)
	expect(t, before, "1")
	expect(t, amid, "1", refusal, "2")
	expect(t, after, "2")
}

// TestLockedKeyHoldsUpItsClientsOnly has a stranger lock a key for longer than a statement may take.
func TestLockedKeyHoldsUpItsClientsOnly(t *testing.T) {
	t.Parallel()
	dsn := pgtest.DSN(t)
	const timeout = 400 * time.Millisecond
	e := start(t, dsn, func(o *Options) {
		o.PG.StatementTimeout, o.Patience = timeout, timeout
		o.Lanes[Update] = 2
	})
	try(t, e, Update, incr("locked"), incr("free"))
	stranger := pgtest.Open(t, dsn)
	stranger.Exec("begin")
	stranger.Exec("select from kv_keys where key = 'locked' for update")

	var long []step
	for range 100 {
		long = append(long, incr("locked"))
	}
	pipeline := newClient(Update, long...)
	free := newClient(Update, incr("free"))
	began := time.Now()
	e.Submit(&pipeline.Task)
	awaitLockWait(t, dsn)
	e.Submit(&free.Task)
	expect(t, free, "2")
	for i, reply := range pipeline.replies(t) {
		if !strings.Contains(reply, "57014") {
			t.Fatalf("command %d: %q", i, reply)
		}
	}
	// Together, alone once, and then the time of the patience in single commands: not a timeout for each of them.
	if took := time.Since(began); took > 20*timeout {
		t.Errorf("took %v", took)
	}
	stranger.Exec("rollback")
	if got := try(t, e, Update, incr("locked")); got[0] != "2" {
		t.Errorf("got %q", got)
	}
}

// awaitLockWait waits until a connection of the database waits for a lock.
func awaitLockWait(t *testing.T, dsn string) {
	t.Helper()
	pgtest.Open(t, dsn).Until(`select exists (select from pg_stat_activity
		where datname = current_database() and wait_event_type = 'Lock')`)
}

// TestKeysAreLoadedAgainAfterAFlush has a command that writes the working set out in the middle of a task.
func TestKeysAreLoadedAgainAfterAFlush(t *testing.T) {
	t.Parallel()
	e := start(t, pgtest.DSN(t), nil)
	flush := step{run: func(tx *pg.Tx, _ []*pg.Entry) (string, error) { return "flushed", tx.FlushDB(0) }}
	count := step{run: func(tx *pg.Tx, _ []*pg.Entry) (string, error) {
		n, err := tx.Count(0)
		return fmt.Sprint(n), err
	}}
	got := try(t, e, Slow, incr("a"), incr("b"), count, incr("a"), get("b"), flush, incr("a"), get("b"), set("b", "x"), count, get("b"))
	want := []string{"1", "1", "2", "2", "1", "flushed", "1", "", "OK", "2", "x"}
	if !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}
