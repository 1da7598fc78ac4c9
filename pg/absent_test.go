package pg_test

import (
	"testing"

	"github.com/mnorrsken/postkeys/pg"
	"github.com/mnorrsken/postkeys/pg/pgtest"
)

// begin plans and loads the claims of a unit.
func begin(t *testing.T, c *pg.Conn, claims ...claim) (*pg.Tx, []*pg.Entry) {
	t.Helper()
	tx := c.Begin()
	var entries []*pg.Entry
	for _, cl := range claims {
		name := []byte(cl.name)
		entries = append(entries, tx.Plan(cl.db, name, pg.HashKey(cl.db, name), cl.mode, cl.part))
	}
	if err := tx.Load(); err != nil {
		t.Fatal(err)
	}
	return tx, entries
}

func wantRetry(t *testing.T, err error) {
	t.Helper()
	if err == nil || pg.KindOf(err) != pg.KindRetry {
		t.Errorf("error %v, want one that says to run again", err)
	}
}

// TestUnitsDoNotMissEachOther: of two units that each find a key absent and add
// the one that the other looked at, the one that commits later runs again.
func TestUnitsDoNotMissEachOther(t *testing.T) {
	for name, how := range map[string]struct {
		claims []claim
		hold   bool
	}{
		"claimed": {[]claim{stable("a"), stable("b")}, false},
		"held":    {[]claim{update("a"), update("b")}, true},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := config(t)
			one, other := connect(t, cfg), connect(t, cfg)
			first, of := begin(t, one, how.claims...)
			second, os := begin(t, other, how.claims...)
			if how.hold {
				for _, tx := range []*pg.Tx{first, second} {
					for _, name := range []string{"a", "b"} {
						tx.Hold(0, []byte(name), pg.HashKey(0, []byte(name)))
					}
				}
			}
			of[1].SetString([]byte("1"), pg.EncodingNatural)
			os[0].SetString([]byte("2"), pg.EncodingNatural)
			if err := first.Commit(); err != nil {
				t.Fatal(err)
			}
			wantRetry(t, second.Commit())
			want(t, one, "a", "(none)")
			want(t, one, "b", "1")
		})
	}
}

// TestAFlushKeepsWhatWasFoundAbsent: a unit that has written itself out goes on
// to rely on keys that it found absent before.
func TestAFlushKeepsWhatWasFoundAbsent(t *testing.T) {
	dsn := pgtest.DSN(t)
	cfg := pg.Config{DSN: dsn, Databases: 16}
	if err := pg.Migrate(t.Context(), cfg); err != nil {
		t.Fatal(err)
	}
	c := connect(t, cfg)
	tx, entries := begin(t, c, update("absent"), update("added"))
	entries[1].SetString([]byte("1"), pg.EncodingNatural)
	if err := tx.Flush(); err != nil {
		t.Fatal(err)
	}
	stranger := pgtest.Open(t, dsn)
	stranger.Exec("set lock_timeout = '20ms'")
	const add = `do $$ begin
	    insert into kv_keys (space, key, kind, value) select space, 'absent', 1, '2' from kv_databases where db = 0;
	    raise 'the key was added';
	exception when lock_not_available then null; end $$`
	stranger.Exec(add)
	if err := tx.Commit(); err != nil {
		t.Fatal(err)
	}
	want(t, c, "absent", "(none)")
	want(t, c, "added", "1")
}

// TestAbsentKeysOfUnitsThatWriteNothing: nothing is added for them, and the commit
// finds out when they have appeared.
func TestAbsentKeysOfUnitsThatWriteNothing(t *testing.T) {
	cfg := config(t)
	c, other := connect(t, cfg), connect(t, cfg)
	set(t, c, "b", "1")
	tx, _ := begin(t, c, stable("a"), stable("b"))
	if err := tx.Commit(); err != nil {
		t.Fatal(err)
	}
	tx, _ = begin(t, c, stable("a"), stable("b"))
	set(t, other, "a", "1")
	wantRetry(t, tx.Commit())
}
