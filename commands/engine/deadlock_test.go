package engine

import (
	"strings"
	"sync"
	"testing"

	"github.com/mnorrsken/postkeys/pg"
	"github.com/mnorrsken/postkeys/pg/pgtest"
)

// blindToDeadlocks is a database whose sessions never look for deadlocks: units that wait for each other do so until a statement
// times out, and fail.
func blindToDeadlocks(t *testing.T) (dsn string) {
	t.Helper()
	dsn = pgtest.DSN(t)
	pgtest.Exec(t, dsn, `do $$ begin execute format('alter database %I set deadlock_timeout = ''1h''', current_database()); end $$`)
	return dsn
}

// TestAbsentKeysAreLockedInOrder has a stranger add a key while a unit, which wants to keep it absent, waits for one that comes before it.
func TestAbsentKeysAreLockedInOrder(t *testing.T) {
	t.Parallel()
	dsn := blindToDeadlocks(t)
	e := start(t, dsn, nil)
	try(t, e, Blind, set("a", "1"))
	stranger := pgtest.Open(t, dsn)
	stranger.Exec("begin")
	stranger.Exec("select from kv_keys where key = 'a' for update")
	c := newClient(Update, step{
		[]Claim{claim("a", pg.ModeStable), claim("b", pg.ModeStable)},
		func(_ *pg.Tx, keys []*pg.Entry) (string, error) {
			return string(keys[0].Value()) + string(keys[1].Value()), nil
		},
	})
	e.Submit(&c.Task)
	awaitLockWait(t, dsn)
	stranger.Exec("insert into kv_keys (space, key, kind, value) select space, 'b', 1, '2' from kv_keys where key = 'a'")
	stranger.Exec("commit")
	expect(t, c, "12")
}

// TestNewKeysDoNotWaitOutOfOrder has a unit add a key, at its commit, that a stranger has added, who waits for another key of the unit.
func TestNewKeysDoNotWaitOutOfOrder(t *testing.T) {
	t.Parallel()
	dsn := blindToDeadlocks(t)
	e := start(t, dsn, nil)
	try(t, e, Blind, set("b", "1"))
	hold, open := gate()
	c := newClient(Update, incr("a"), incr("b"), hold)
	e.Submit(&c.Task)
	within(t, c.started, "the load")
	stranger := pgtest.Open(t, dsn)
	stranger.Exec("begin")
	stranger.Exec("insert into kv_keys (space, key, kind, value) select space, 'a', 1, '40' from kv_keys where key = 'b'")
	done := stranger.Go("select from kv_keys where key = 'b' for update", "commit")
	awaitLockWait(t, dsn)
	open()
	expect(t, c, "41", "2", "gate")
	within(t, done, "the stranger")
	if c.runs != 2 { // more after a timeout: its commands run one by one then
		t.Errorf("%d runs", c.runs)
	}
}

// TestFlushBehindWritesDoesNotWaitOutOfOrder has a unit lock a key and then flush, while a stranger who has locked a key waits for it.
func TestFlushBehindWritesDoesNotWaitOutOfOrder(t *testing.T) {
	t.Parallel()
	dsn := blindToDeadlocks(t)
	e := start(t, dsn, nil)
	try(t, e, Blind, set("a", "1"), set("b", "1"))
	hold, open := gate()
	flush := step{run: func(tx *pg.Tx, _ []*pg.Entry) (string, error) { return "flushed", tx.FlushDB(0) }}
	c := newClient(Slow, incr("a"), hold, flush)
	e.Submit(&c.Task)
	within(t, c.started, "the load")
	stranger := pgtest.Open(t, dsn)
	stranger.Exec("begin")
	stranger.Exec("select from kv_keys where key = 'b' for update")
	done := stranger.Go("select from kv_keys where key = 'a' for update", "commit")
	awaitLockWait(t, dsn)
	open()
	expect(t, c, "2", "gate", "flushed")
	within(t, done, "the stranger")
	if c.runs != 2 {
		t.Errorf("%d runs", c.runs)
	}
}

// TestLateKeysDoNotWaitOutOfOrder has a unit ask for a key while it runs that a stranger holds, who waits for another key of the unit:
// it gives up, and locks both in order when it runs again.
func TestLateKeysDoNotWaitOutOfOrder(t *testing.T) {
	t.Parallel()
	dsn := blindToDeadlocks(t)
	e := start(t, dsn, nil)
	try(t, e, Blind, set("a", "1"), set("b", "2"))
	stranger := pgtest.Open(t, dsn)
	stranger.Exec("begin")
	stranger.Exec("select from kv_keys where key = 'a' for update")
	var seen []string
	c := newClient(Update, step{
		[]Claim{claim("b", pg.ModeUpdate)},
		func(tx *pg.Tx, keys []*pg.Entry) (string, error) {
			a, err := tx.Entry(0, []byte("a"), pg.ModeUpdate, pg.PartValue, nil)
			if err != nil {
				seen = append(seen, "gave up")
				return "", err
			}
			seen = append(seen, "has both")
			return string(a.Value()) + string(keys[0].Value()), nil
		},
	})
	e.Submit(&c.Task)
	within(t, c.started, "the load")
	stranger.Exec("select from kv_keys where key = 'b' for update")
	awaitLockWait(t, dsn) // of the unit that runs again, which holds nothing
	stranger.Exec("update kv_keys set value = '3' where key = 'b'")
	stranger.Exec("commit")
	expect(t, c, "13")
	if got := strings.Join(seen, ", "); got != "gave up, has both" {
		t.Errorf("the unit %s", got)
	}
}

// TestKeysKeptAbsentDoNotWaitOutOfOrder has a unit, in its midst, keep a key absent that a stranger has added, who waits for another key
// of the unit.
func TestKeysKeptAbsentDoNotWaitOutOfOrder(t *testing.T) {
	t.Parallel()
	dsn := blindToDeadlocks(t)
	e := start(t, dsn, nil)
	try(t, e, Blind, set("b", "1"))
	stranger := pgtest.Open(t, dsn)
	loaded, added := make(chan struct{}), make(chan struct{})
	once := sync.OnceFunc(func() {
		close(loaded)
		<-added
	})
	c := newClient(Update, step{
		[]Claim{claim("a", pg.ModeStable), claim("b", pg.ModeUpdate)},
		func(tx *pg.Tx, keys []*pg.Entry) (string, error) {
			reply := string(keys[0].Value()) + " " + string(keys[1].Value())
			once()
			keys[1].Replace([]byte("2"), pg.EncodingNatural)
			return reply, tx.Flush()
		},
	})
	e.Submit(&c.Task)
	within(t, loaded, "the load")
	stranger.Exec("begin")
	stranger.Exec("insert into kv_keys (space, key, kind, value) select space, 'a', 1, '40' from kv_keys where key = 'b'")
	close(added)
	done := stranger.Go("select from kv_keys where key = 'b' for update", "commit")
	expect(t, c, "40 1")
	<-done
}

// TestWritesBesideASnapshot: commands that change what is no key share a round with one that wants to see one state of the database.
// The round runs again with locks.
func TestWritesBesideASnapshot(t *testing.T) {
	t.Parallel()
	e := start(t, pgtest.DSN(t), nil)
	for name, write := range map[string]func(tx *pg.Tx) error{
		"FLUSHDB":     func(tx *pg.Tx) error { return tx.FlushDB(0) },
		"keep script": func(tx *pg.Tx) error { return tx.KeepScript([]byte("digest"), []byte("body"), false) },
	} {
		try(t, e, Blind, set("a", "1"))
		c := newClient(Slow, get("a"), step{run: func(tx *pg.Tx, _ []*pg.Entry) (string, error) { return name, write(tx) }})
		c.Snapshot = true
		e.Submit(&c.Task)
		expect(t, c, "1", name)
	}
}
