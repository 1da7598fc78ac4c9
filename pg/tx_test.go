package pg_test

import (
	"context"
	"os"
	"testing"
	"time"

	"github.com/mnorrsken/postkeys/pg"
	"github.com/mnorrsken/postkeys/pg/pgtest"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }

// config returns the configuration for a fresh database with its schema made.
func config(t *testing.T) pg.Config {
	t.Helper()
	cfg := pg.Config{DSN: pgtest.DSN(t), StatementTimeout: 5 * time.Second, Databases: 16}
	if err := pg.Migrate(context.Background(), cfg); err != nil {
		t.Fatal(err)
	}
	return cfg
}

func connect(t *testing.T, cfg pg.Config) *pg.Conn {
	t.Helper()
	c, err := pg.Connect(context.Background(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close(context.Background()) })
	return c
}

// claim is one key a unit plans.
type claim struct {
	db   int
	name string
	mode pg.Mode
	part pg.Part
}

func update(name string) claim { return claim{0, name, pg.ModeUpdate, pg.PartValue} }
func stable(name string) claim { return claim{0, name, pg.ModeStable, pg.PartValue} }
func blind(name string) claim  { return claim{0, name, pg.ModeBlind, pg.PartHeader} }

// unit runs one unit of work over the claims and commits it.
func unit(t *testing.T, c *pg.Conn, claims []claim, apply func(tx *pg.Tx, e []*pg.Entry)) {
	t.Helper()
	if err := tryUnit(c, claims, apply); err != nil {
		t.Fatal(err)
	}
}

func tryUnit(c *pg.Conn, claims []claim, apply func(tx *pg.Tx, e []*pg.Entry)) error {
	tx := c.Begin()
	var entries []*pg.Entry
	for _, cl := range claims {
		name := []byte(cl.name)
		entries = append(entries, tx.Plan(cl.db, name, pg.HashKey(cl.db, name), cl.mode, cl.part))
	}
	if err := tx.Load(); err != nil {
		return err
	}
	apply(tx, entries)
	return tx.Commit()
}

// get returns the value of a key of database 0, "(none)" if it is absent.
func get(t *testing.T, c *pg.Conn, name string) string { return getIn(t, c, 0, name) }

func getIn(t *testing.T, c *pg.Conn, db int, name string) string {
	t.Helper()
	var out string
	unit(t, c, []claim{{db, name, pg.ModeRead, pg.PartValue}}, func(_ *pg.Tx, e []*pg.Entry) {
		out = "(none)"
		if e[0].Exists() {
			out = string(e[0].Value())
		}
	})
	return out
}

func set(t *testing.T, c *pg.Conn, name, value string) {
	t.Helper()
	unit(t, c, []claim{blind(name)}, func(_ *pg.Tx, e []*pg.Entry) {
		e[0].Delete()
		e[0].SetString([]byte(value), pg.EncodingNatural)
	})
}

func want(t *testing.T, c *pg.Conn, name, value string) {
	t.Helper()
	if got := get(t, c, name); got != value {
		t.Errorf("%s = %q, want %q", name, got, value)
	}
}

func TestBlindWriteThenRead(t *testing.T) {
	c := connect(t, config(t))
	set(t, c, "a", "1")
	set(t, c, "a", "2")
	want(t, c, "a", "2")
	want(t, c, "b", "(none)")
}

// TestBlindWriteBeforeALock covers a unit that comes across the first key to lock when it has written another one
// already: what it wrote is not loaded again.
func TestBlindWriteBeforeALock(t *testing.T) {
	c := connect(t, config(t))
	for _, value := range []string{"new", "changed"} {
		unit(t, c, []claim{blind("a")}, func(tx *pg.Tx, e []*pg.Entry) {
			e[0].Replace([]byte(value), pg.EncodingNatural)
			if _, err := tx.Entry(0, []byte("b"), pg.ModeStable, pg.PartValue, nil); err != nil {
				t.Fatal(err)
			}
		})
		want(t, c, "a", value)
	}
}

func TestUpdateCreatesChangesAndDeletes(t *testing.T) {
	c := connect(t, config(t))
	for _, step := range []string{"x", "xy"} {
		unit(t, c, []claim{update("a")}, func(_ *pg.Tx, e []*pg.Entry) {
			e[0].SetString([]byte(step), pg.EncodingRaw)
		})
		want(t, c, "a", step)
	}
	unit(t, c, []claim{update("a")}, func(_ *pg.Tx, e []*pg.Entry) {
		if !e[0].Delete() {
			t.Error("Delete did not find the key")
		}
	})
	want(t, c, "a", "(none)")
}

// TestTimeToLiveOfLockedKey covers a blind write that shares its unit with a
// key that is locked: its row is locked and updated like the other.
func TestTimeToLiveOfLockedKey(t *testing.T) {
	c := connect(t, config(t))
	set(t, c, "a", "1")
	unit(t, c, []claim{blind("a"), update("b")}, func(_ *pg.Tx, e []*pg.Entry) {
		e[0].Replace([]byte("2"), pg.EncodingNatural)
		e[0].SetTTL(60_000)
	})
	want(t, c, "a", "2")
	unit(t, c, []claim{update("a")}, func(_ *pg.Tx, e []*pg.Entry) { e[0].SetTTL(60_000) })
	want(t, c, "a", "2")
}

func TestBlindWriteThenDeleteInOneUnit(t *testing.T) {
	c := connect(t, config(t))
	set(t, c, "a", "1")
	unit(t, c, []claim{blind("a")}, func(_ *pg.Tx, e []*pg.Entry) {
		e[0].SetString([]byte("2"), pg.EncodingNatural)
		e[0].Delete()
	})
	want(t, c, "a", "(none)")
}

func TestRename(t *testing.T) {
	c := connect(t, config(t))
	set(t, c, "a", "A")
	set(t, c, "b", "B")
	// a and b change places through a third name, and c is created on the way.
	unit(t, c, []claim{stable("a"), stable("b"), stable("tmp"), stable("new")}, func(tx *pg.Tx, e []*pg.Entry) {
		tx.Rename(e[0], e[2])
		tx.Rename(e[1], e[0])
		tx.Rename(e[2], e[1])
		e[3].SetString([]byte("N"), pg.EncodingNatural)
	})
	want(t, c, "a", "B")
	want(t, c, "b", "A")
	want(t, c, "tmp", "(none)")
	want(t, c, "new", "N")
	unit(t, c, []claim{stable("a"), stable("b")}, func(tx *pg.Tx, e []*pg.Entry) {
		tx.Rename(e[0], e[1])
		e[1].Delete()
		e[0].SetString([]byte("again"), pg.EncodingNatural)
	})
	want(t, c, "a", "again")
	want(t, c, "b", "(none)")
}

func TestRenameAcrossDatabasesAndLongKeys(t *testing.T) {
	c := connect(t, config(t))
	long := string(make([]byte, 3000))
	set(t, c, long, "L")
	want(t, c, long, "L")
	unit(t, c, []claim{stable(long), {3, long + "x", pg.ModeStable, pg.PartHeader}}, func(tx *pg.Tx, e []*pg.Entry) {
		tx.Rename(e[0], e[1])
	})
	want(t, c, long, "(none)")
	if got := getIn(t, c, 3, long+"x"); got != "L" {
		t.Errorf("moved key = %q", got)
	}
}

func TestStableLeavesNoRow(t *testing.T) {
	c := connect(t, config(t))
	unit(t, c, []claim{stable("a"), stable("b")}, func(_ *pg.Tx, e []*pg.Entry) {
		e[1].SetString([]byte("1"), pg.EncodingNatural)
		e[1].Delete()
	})
	tx := c.Begin()
	var names int
	if err := tx.Keys(0, nil, func([]byte) { names++ }); err != nil || names != 0 {
		t.Errorf("%d keys, error %v", names, err)
	}
}

func TestFlushAndSwap(t *testing.T) {
	c := connect(t, config(t))
	set(t, c, "a", "1")
	tx := c.Begin()
	if err := tx.SwapDB(0, 5); err != nil {
		t.Fatal(err)
	}
	if err := tx.Commit(); err != nil {
		t.Fatal(err)
	}
	want(t, c, "a", "(none)")
	if got := getIn(t, c, 5, "a"); got != "1" {
		t.Errorf("swapped key = %q", got)
	}
	tx = c.Begin()
	if err := tx.FlushDB(pg.AllDatabases); err != nil {
		t.Fatal(err)
	}
	if err := tx.Commit(); err != nil {
		t.Fatal(err)
	}
	if got := getIn(t, c, 5, "a"); got != "(none)" {
		t.Errorf("flushed key = %q", got)
	}
	var s pg.Sweeper
	r, err := s.Step(c, true, func(int, []byte, pg.Type) { t.Error("a flushed key counts as expired") })
	if err != nil || r.Freed != 1 {
		t.Errorf("sweep: %+v, %v", r, err)
	}
	for range 2 {
		if err := c.Housekeeping(); err != nil {
			t.Fatal(err)
		}
	}
}

func TestExpiry(t *testing.T) {
	c := connect(t, config(t))
	unit(t, c, []claim{blind("gone"), blind("kept")}, func(_ *pg.Tx, e []*pg.Entry) {
		e[0].SetString([]byte("1"), pg.EncodingNatural)
		e[0].SetExpireAt(1000)
		e[1].SetString([]byte("1"), pg.EncodingNatural)
		e[1].SetTTL(60_000)
	})
	want(t, c, "gone", "(none)")
	want(t, c, "kept", "1")
	tx := c.Begin()
	if n, err := tx.Count(0); err != nil || n != 1 {
		t.Errorf("Count = %d, %v", n, err)
	}
	var s pg.Sweeper
	var swept []string
	r, err := s.Step(c, true, func(_ int, name []byte, _ pg.Type) { swept = append(swept, string(name)) })
	if err != nil || r.Expired != 1 || len(swept) != 1 || swept[0] != "gone" {
		t.Errorf("sweep: %+v, %v, %v", r, swept, err)
	}
}

func TestScanReturnsEveryKeyOnce(t *testing.T) {
	c := connect(t, config(t))
	for i := range 50 {
		set(t, c, string(rune('a'+i%26))+string(rune('0'+i/26)), "v")
	}
	seen := map[string]int{}
	for cursor := uint64(0); ; {
		tx := c.Begin()
		next, err := tx.Scan(0, cursor, 7, nil, func(k pg.KeyInfo) { seen[string(k.Name)]++ })
		if err != nil {
			t.Fatal(err)
		}
		if cursor = next; cursor == 0 {
			break
		}
	}
	if len(seen) != 50 {
		t.Errorf("%d keys", len(seen))
	}
	found := 0
	if _, err := c.Begin().Scan(0, 0, 1, []byte("a"), func(pg.KeyInfo) { found++ }); err != nil || found != 2 {
		t.Errorf("prefix scan: %d keys, %v", found, err)
	}
	if name, err := c.Begin().RandomKey(0); err != nil || seen[string(name)] == 0 {
		t.Errorf("random key %q, %v", name, err)
	}
}

// Two connections create one key: one of them has to see the other's.
func TestCreationRaceIsRetried(t *testing.T) {
	cfg := config(t)
	a, b := connect(t, cfg), connect(t, cfg)
	err := tryUnit(a, []claim{update("k")}, func(_ *pg.Tx, e []*pg.Entry) {
		e[0].SetString([]byte("a"), pg.EncodingNatural)
		unit(t, b, []claim{update("k")}, func(_ *pg.Tx, e []*pg.Entry) {
			e[0].SetString([]byte("b"), pg.EncodingNatural)
		})
	})
	if err == nil || pg.KindOf(err) != pg.KindRetry {
		t.Fatalf("error %v, want a retry", err)
	}
	want(t, a, "k", "b")
}

// TestMark: what is changed behind Mark is listed again, be it the key that was changed last.
func TestMark(t *testing.T) {
	t.Parallel()
	c := connect(t, config(t))
	unit(t, c, []claim{update("a")}, func(tx *pg.Tx, e []*pg.Entry) {
		e[0].Replace([]byte("1"), pg.EncodingNatural)
		e[0].Replace([]byte("2"), pg.EncodingNatural)
		if n := tx.Mark(); n != 1 || len(tx.Changes()) != 1 {
			t.Errorf("%d changes of one key", n)
		}
		e[0].Replace([]byte("3"), pg.EncodingNatural)
		e[0].Replace([]byte("4"), pg.EncodingNatural)
		if n := len(tx.Changes()); n != 2 {
			t.Errorf("%d changes behind the mark, want one more", n)
		}
	})
}
