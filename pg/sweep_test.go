package pg_test

import (
	"fmt"
	"sync"
	"testing"

	"github.com/mnorrsken/postkeys/pg"
	"github.com/mnorrsken/postkeys/pg/pgtest"
)

// expireAll makes all keys of database 0 that begin with a prefix expired.
func expireAll(t *testing.T, dsn, prefix string) {
	t.Helper()
	pgtest.Exec(t, dsn, fmt.Sprintf(`UPDATE kv_keys SET expire_at = 1 WHERE key >= '%s' AND key < '%s'`, prefix, prefix+"~"))
}

// sweepOnce looks at the whole table once and returns how often each key was
// reported as removed.
func sweepOnce(t *testing.T, c *pg.Conn, swept map[string]int) (total pg.SweepResult) {
	t.Helper()
	total, err := trySweep(c, swept)
	if err != nil {
		t.Fatal(err)
	}
	return total
}

func trySweep(c *pg.Conn, swept map[string]int) (total pg.SweepResult, err error) {
	var s pg.Sweeper
	for {
		r, err := s.Step(c, true, func(db int, name []byte, _ pg.Type) { swept[fmt.Sprint(db, "/", string(name))]++ })
		if err != nil {
			return total, err
		}
		total.Rows += r.Rows
		total.Volatile += r.Volatile
		total.Expired += r.Expired
		total.Freed += r.Freed
		if r.Wrapped {
			return total, nil
		}
	}
}

// TestSweepPassesOverLockedRows: the sweeper neither waits for a writer nor
// takes away what it writes.
func TestSweepPassesOverLockedRows(t *testing.T) {
	t.Parallel()
	cfg := config(t)
	writer, sweeper := connect(t, cfg), connect(t, cfg)
	for _, name := range []string{"written", "left", "idle"} {
		set(t, writer, name, "old")
	}
	expireAll(t, cfg.DSN, "")
	unit(t, writer, []claim{update("written"), update("left")}, func(_ *pg.Tx, e []*pg.Entry) {
		if e[0].Exists() {
			t.Error("an expired key exists")
		}
		e[0].Replace([]byte("new"), pg.EncodingNatural)
		swept := map[string]int{}
		if r := sweepOnce(t, sweeper, swept); r.Expired != 1 || swept["0/idle"] != 1 {
			t.Errorf("beside the writer: %+v, %v", r, swept)
		}
	})
	swept := map[string]int{}
	if r := sweepOnce(t, sweeper, swept); r.Expired != 1 || swept["0/left"] != 1 {
		t.Errorf("after the writer: %+v, %v", r, swept)
	}
	want(t, writer, "written", "new")
}

// TestSweepTakesLittleAtATime: whoever writes a key that is being removed waits
// for one step, so that a step is short however much has expired.
func TestSweepTakesLittleAtATime(t *testing.T) {
	t.Parallel()
	const keys = 4500
	cfg := config(t)
	c := connect(t, cfg)
	fill(t, cfg.DSN, "volatile", keys)
	expireAll(t, cfg.DSN, "volatile")
	var s pg.Sweeper
	steps, total := 0, int64(0)
	for wrapped := false; !wrapped; steps++ {
		r, err := s.Step(c, true, func(int, []byte, pg.Type) {})
		if err != nil || r.Expired > 1000 || r.More != (r.Expired == 1000) {
			t.Fatalf("step %d: %+v, %v", steps, r, err)
		}
		total += r.Expired
		wrapped = r.Wrapped
	}
	if total != keys {
		t.Errorf("%d of %d keys were removed before the sweep began anew, in %d steps", total, keys, steps)
	}
}

// TestSweepersShareTheWork: two sweepers remove each expired key once, and none
// that is written again in the meantime.
func TestSweepersShareTheWork(t *testing.T) {
	t.Parallel()
	const keys = 6000
	cfg := config(t)
	fill(t, cfg.DSN, "volatile", keys)
	fill(t, cfg.DSN, "lasting", 1000)
	expireAll(t, cfg.DSN, "volatile")

	var wg sync.WaitGroup
	results := [2]map[string]int{{}, {}}
	for i := range results {
		c := connect(t, cfg)
		wg.Go(func() {
			if _, err := trySweep(c, results[i]); err != nil {
				t.Errorf("sweeping: %v", err)
			}
		})
	}
	// Meanwhile some of the keys are written again, and some for the first time.
	writers := [2]*pg.Conn{connect(t, cfg), connect(t, cfg)}
	for w, c := range writers {
		wg.Go(func() {
			for n := 1 + w; n <= keys; n += 20 {
				claims := []claim{blind(fmt.Sprint("volatile", n))}
				if n%3 == 0 {
					claims[0].mode = pg.ModeUpdate
				}
				err := pgRetry(c, claims, func(_ *pg.Tx, e []*pg.Entry) {
					e[0].Replace([]byte("again"), pg.EncodingNatural)
				})
				if err != nil {
					t.Errorf("writing beside two sweepers: %v", err)
				}
			}
		})
	}
	wg.Wait()
	swept := map[string]int{}
	for i := range results {
		for name, n := range results[i] {
			swept[name] += n
		}
	}
	sweepOnce(t, writers[0], swept)
	for name, n := range swept {
		if n != 1 {
			t.Errorf("%s was removed %d times", name, n)
		}
	}
	again := 0
	for w := range writers {
		for n := 1 + w; n <= keys; n += 20 {
			again++
			if got := get(t, writers[0], fmt.Sprint("volatile", n)); got != "again" {
				t.Errorf("volatile%d = %q after the sweep", n, got)
			}
		}
	}
	if total := len(swept); total > keys || total < keys-again {
		t.Errorf("%d keys were removed, %d had expired and %d of them were written again", total, keys, again)
	}
	if n, err := writers[0].Begin().Count(0); err != nil || n != int64(1000+again) {
		t.Errorf("%d keys are left, %v; want %d", n, err, 1000+again)
	}
}

// pgRetry runs a unit until it has not lost a race.
func pgRetry(c *pg.Conn, claims []claim, apply func(tx *pg.Tx, e []*pg.Entry)) error {
	for {
		err := tryUnit(c, claims, apply)
		if err == nil || pg.KindOf(err) != pg.KindRetry {
			return err
		}
	}
}

// TestSweepFreesDroppedCollections: the elements of collections that no key
// owns any more go with the sweep, and no others.
func TestSweepFreesDroppedCollections(t *testing.T) {
	t.Parallel()
	const members = 5000
	cfg := config(t)
	c := connect(t, cfg)
	pgtest.Exec(t, cfg.DSN, fmt.Sprintf(`
INSERT INTO kv_sets (coll, hash, member) SELECT 7, n, convert_to('m' || n, 'UTF8') FROM generate_series(1, %d) n;
INSERT INTO kv_lists (coll, anchor, first, count, elements) VALUES (8, 0, 0, 1, '\x000161'), (9, 0, 0, 1, '\x000161');
INSERT INTO kv_dropped_colls (coll, type) VALUES (7, 3), (8, 2)`, members))
	if freed := sweepOnce(t, c, nil).Freed; freed != members+1 {
		t.Errorf("%d rows were freed, want those of both collections, %d", freed, members+1)
	}
	if r, err := new(pg.Collector).Step(c); err != nil || r.Colls != 0 {
		t.Errorf("%d collections wait to be freed, %v", r.Colls, err)
	}
}

// TestCollectorsShareTheWork: two collectors free collections that take several
// steps, beside many small ones, while more are dropped, and nothing else.
func TestCollectorsShareTheWork(t *testing.T) {
	t.Parallel()
	cfg := config(t)
	c := connect(t, cfg)
	drop := func(first, last, rows int) {
		pgtest.Exec(t, cfg.DSN, fmt.Sprintf(`
INSERT INTO kv_zsets (coll, hash, score, member)
SELECT coll, hashint8extended(n, coll), n, convert_to('m' || n, 'UTF8') FROM generate_series(%[1]d, %[2]d) coll, generate_series(1, %[3]d) n;
INSERT INTO kv_dropped_colls (coll, type) SELECT coll, 4 FROM generate_series(%[1]d, %[2]d) coll`, first, last, rows))
	}
	pgtest.Exec(t, cfg.DSN, `INSERT INTO kv_zsets (coll, hash, score, member) SELECT 5, n, n, 'kept' FROM generate_series(1, 100) n`)
	drop(1, 3, 20)
	drop(10, 11, 23_000)
	drop(20, 170, 2)
	var collectors [2]pg.Collector
	freed, steps := int64(0), 0
	for busy := true; busy; steps++ {
		if busy = false; steps > 40 {
			t.Fatalf("no end after %d steps, %d rows", steps, freed)
		}
		for i := range collectors {
			r, err := collectors[i].Step(c)
			if err != nil {
				t.Fatal(err)
			}
			freed += r.Rows
			busy = busy || r.Colls > 0 || r.More
		}
		if steps == 1 {
			drop(9, 9, 12_000)
		}
	}
	if want := int64(3*20 + 2*23_000 + 151*2 + 12_000); freed != want {
		t.Errorf("%d rows were freed, want %d", freed, want)
	}
	s := pgtest.Open(t, cfg.DSN)
	var left int
	s.Get([]any{&left}, `SELECT count(*) FROM kv_zsets`)
	if left != 100 {
		t.Errorf("%d rows are left, want those of the collection that was not dropped, 100", left)
	}
}
