package engine

import (
	"slices"
	"sync"
	"testing"

	"github.com/mnorrsken/postkeys/pg"
	"github.com/mnorrsken/postkeys/pg/pgtest"
)

// TestLostRaceRunsAgain lets another node create the key that a command has found absent.
func TestLostRaceRunsAgain(t *testing.T) {
	t.Parallel()
	dsn := pgtest.DSN(t)
	one, two := start(t, dsn, nil), start(t, dsn, nil)
	hold, open := gate()
	slow := newClient(Update, incr("a"), hold)
	one.Submit(&slow.Task)
	within(t, slow.started, "the load")
	try(t, two, Blind, set("a", "41"))
	open()
	expect(t, slow, "42", "gate")
	if slow.runs != 2 || one.Retries.Load() != 1 {
		t.Errorf("%d runs, %d retries", slow.runs, one.Retries.Load())
	}
}

// TestDeadlockRunsAgain makes the engine the victim of a deadlock with a stranger.
func TestDeadlockRunsAgain(t *testing.T) {
	t.Parallel()
	dsn := pgtest.DSN(t)
	e := start(t, dsn, nil)
	try(t, e, Update, incr("a"), incr("b"))
	stranger := pgtest.Open(t, dsn)
	stranger.Exec("set deadlock_timeout = '1h'") // it never looks
	stranger.Exec("begin")
	stranger.Exec("select from kv_keys where key = 'b' for update")
	c := newClient(Update, incr("b"), incr("a")) // locks a, then b
	e.Submit(&c.Task)
	awaitLockWait(t, dsn)
	stranger.Exec("select from kv_keys where key = 'a' for update") // granted when the engine gives up
	stranger.Exec("rollback")
	expect(t, c, "2", "2")
	if n := e.Retries.Load(); n == 0 {
		t.Error("there was no deadlock")
	}
}

// TestSerializationFailureRunsAgain has PostgreSQL refuse a commit twice for reasons of its own.
func TestSerializationFailureRunsAgain(t *testing.T) {
	t.Parallel()
	dsn := pgtest.DSN(t)
	e := start(t, dsn, nil)
	pgtest.Exec(t, dsn, "create sequence attempts", `
create function fail_twice() returns trigger language plpgsql as $$
begin
    if nextval('attempts') <= 2 then
        raise exception 'try again' using errcode = 'serialization_failure';
    end if;
    return null;
end $$`, "create constraint trigger fail after insert on kv_keys deferrable initially deferred for each row execute function fail_twice()")
	c := newClient(Update, incr("a"))
	e.Submit(&c.Task)
	expect(t, c, "1")
	if c.runs != 3 || e.Retries.Load() != 2 {
		t.Errorf("%d runs, %d retries", c.runs, e.Retries.Load())
	}
}

// TestManyNodesCountTogether runs colliding rounds of several engines, with keys that come and go, and counts.
func TestManyNodesCountTogether(t *testing.T) {
	t.Parallel()
	dsn := pgtest.DSN(t)
	const nodes, clients, turns = 3, 8, 40
	take := step{[]Claim{claim("c", pg.ModeUpdate)}, func(_ *pg.Tx, keys []*pg.Entry) (string, error) {
		value := string(keys[0].Value())
		keys[0].Delete()
		return value, nil
	}}
	add := step{take.claims, func(_ *pg.Tx, keys []*pg.Entry) (string, error) {
		keys[0].SetString(append(slices.Clone(keys[0].Value()), 'x'), pg.EncodingNatural)
		return "", nil
	}}
	var mu sync.Mutex
	taken := 0
	var running sync.WaitGroup
	for range nodes {
		e := start(t, dsn, func(o *Options) { o.Lanes = [numLanes]int{2, 2, 2, 1} })
		for range clients {
			running.Go(func() {
				for range turns {
					c := newClient(Update, incr("a"), incr("b"), add, take)
					e.Submit(&c.Task)
					<-c.done
					mu.Lock()
					taken += len(c.kept[3])
					mu.Unlock()
				}
			})
		}
	}
	running.Wait()
	e := start(t, dsn, nil)
	if got := try(t, e, Read, get("a"), get("b")); got[0] != "960" || got[1] != "960" {
		t.Errorf("counted %q", got)
	}
	if taken != nodes*clients*turns {
		t.Errorf("took %d", taken)
	}
}

// TestSwapWhileLoading has another node swap two database indexes between the statements that load keys of both.
func TestSwapWhileLoading(t *testing.T) {
	t.Parallel()
	dsn := pgtest.DSN(t)
	e, other := start(t, dsn, nil), start(t, dsn, nil)
	in := func(db int, s step) step {
		c := s.claims[0]
		c.DB, c.Hash = db, pg.HashKey(db, c.Name)
		return step{[]Claim{c}, s.run}
	}
	try(t, e, Blind, set("k", "50"), in(1, set("k", "70")))

	stranger := pgtest.Open(t, dsn)
	stranger.Exec("begin")
	stranger.Exec("select from kv_keys where value = '50' for update")
	zero, one := newClient(Update, incr("k")), newClient(Update, in(1, incr("k")))
	together(t, e, Update, zero, one)
	awaitLockWait(t, dsn)
	swap := newClient(Slow, step{run: func(tx *pg.Tx, _ []*pg.Entry) (string, error) { return "swapped", tx.SwapDB(0, 1) }})
	other.Submit(&swap.Task)
	pgtest.Open(t, dsn).Until(`select count(*) = 2 from pg_stat_activity
		where datname = current_database() and wait_event_type = 'Lock'`) // it waits for the unit
	stranger.Exec("rollback")
	zero.replies(t)
	one.replies(t)
	expect(t, swap, "swapped")
	got := try(t, e, Read, get("k"), in(1, get("k")))
	slices.Sort(got)
	if !slices.Equal(got, []string{"51", "71"}) {
		t.Errorf("stored %q", got)
	}
}

// TestRenameWhileLoading has a command wait for a key whose row another unit replaces by one of another name. The key is there all
// the time, and must not be found absent.
func TestRenameWhileLoading(t *testing.T) {
	t.Parallel()
	dsn := pgtest.DSN(t)
	e, other := start(t, dsn, nil), start(t, dsn, nil)
	try(t, e, Blind, set("a", "1"), set("b", "2"))
	hold, open := gate()
	rename := newClient(Update, step{
		[]Claim{claim("a", pg.ModeStable), claim("b", pg.ModeStable)},
		func(tx *pg.Tx, keys []*pg.Entry) (string, error) {
			tx.Rename(keys[0], keys[1])
			return "renamed", nil
		},
	}, hold)
	other.Submit(&rename.Task)
	within(t, rename.started, "the load")
	look := newClient(Update, step{[]Claim{claim("b", pg.ModeUpdate)}, func(_ *pg.Tx, keys []*pg.Entry) (string, error) {
		return string(keys[0].Value()), nil
	}})
	e.Submit(&look.Task)
	awaitLockWait(t, dsn)
	open()
	expect(t, look, "1")
	expect(t, rename, "renamed", "gate")
}
