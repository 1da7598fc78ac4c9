package pg_test

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/mnorrsken/postkeys/pg"
	"github.com/mnorrsken/postkeys/pg/pgtest"
)

// walk runs a whole SCAN and calls between after each step with what the walk
// has returned so far.
func walk(t *testing.T, c *pg.Conn, count int64, prefix string, between func(step int, seen map[string]int)) map[string]int {
	t.Helper()
	seen := map[string]int{}
	cursor := uint64(0)
	for step := 0; ; step++ {
		if step > 1000 {
			t.Fatal("the walk does not end")
		}
		next, err := c.Begin().Scan(0, cursor, count, []byte(prefix), func(k pg.KeyInfo) { seen[string(k.Name)]++ })
		if err != nil {
			t.Fatal(err)
		}
		if cursor = next; cursor == 0 {
			return seen
		}
		between(step, seen)
	}
}

// rename moves the contents of one key to another.
func rename(t *testing.T, c *pg.Conn, from, to string) {
	t.Helper()
	unit(t, c, []claim{stable(from), stable(to)}, func(tx *pg.Tx, e []*pg.Entry) { tx.Rename(e[0], e[1]) })
}

// TestScanGuarantee: a key that is there from the first step of a walk to the
// last is returned, and the walk ends, whatever another node does in between
// the steps: make keys, delete them, write or rename over them.
func TestScanGuarantee(t *testing.T) {
	t.Parallel()
	const lasting = 120
	name := func(i int) string { return fmt.Sprint("k", i) }
	for _, test := range []struct {
		name    string
		between func(t *testing.T, c *pg.Conn, step int, seen map[string]int)
	}{
		{"many new keys", func(t *testing.T, c *pg.Conn, step int, _ map[string]int) {
			for i := range 30 {
				set(t, c, fmt.Sprint("new", step, "-", i), "v")
			}
		}},
		{"deletes and creations", func(t *testing.T, c *pg.Conn, step int, _ map[string]int) {
			gone := fmt.Sprint("doomed", step%60)
			unit(t, c, []claim{update(gone)}, func(_ *pg.Tx, e []*pg.Entry) { e[0].Delete() })
			set(t, c, gone, "again")
		}},
		{"writes", func(t *testing.T, c *pg.Conn, _ int, seen map[string]int) {
			for i := range lasting {
				if seen[name(i)] == 0 {
					set(t, c, name(i), strings.Repeat("longer", 300))
				}
			}
		}},
		{"renames of new keys over them", func(t *testing.T, c *pg.Conn, step int, seen map[string]int) {
			for i := range lasting {
				if seen[name(i)] == 0 && i%7 == step%7 {
					set(t, c, "fresh", "v")
					rename(t, c, "fresh", name(i))
				}
			}
		}},
		{"renames of returned keys over them", func(t *testing.T, c *pg.Conn, step int, seen map[string]int) {
			old := fmt.Sprint("doomed", 59-step)
			for i := range lasting {
				if seen[old] > 0 && seen[name(i)] == 0 {
					rename(t, c, old, name(i))
					return
				}
			}
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			cfg := config(t)
			a, b := connect(t, cfg), connect(t, cfg)
			for i := range lasting {
				set(t, []*pg.Conn{a, b}[i%2], name(i), "v")
				if i%2 == 0 {
					set(t, []*pg.Conn{a, b}[i/2%2], fmt.Sprint("doomed", i/2), "v")
				}
			}
			seen := walk(t, a, 5, "", func(step int, seen map[string]int) { test.between(t, b, step, seen) })
			var missing []string
			for i := range lasting {
				if seen[name(i)] == 0 {
					missing = append(missing, name(i))
				}
			}
			if missing != nil {
				t.Errorf("%d of %d keys were not returned: %v", len(missing), lasting, missing)
			}
		})
	}
}

// TestScanPrefixAmongTooMany: a prefix of more keys than a step returns at once
// is walked like the whole keyspace, and what is returned at once at the end,
// when few are left, begins where the walk is.
func TestScanPrefixAmongTooMany(t *testing.T) {
	t.Parallel()
	const keys, left = 11_000, 600
	cfg := config(t)
	c := connect(t, cfg)
	fill(t, cfg.DSN, "some:", keys)
	fill(t, cfg.DSN, "other:", 500)
	steps := 0
	seen := walk(t, c, 3000, "some:", func(step int, _ map[string]int) {
		if steps = step + 1; steps == 3 { // keys 2501 to 11000 have been returned
			pgtest.Exec(t, cfg.DSN, fmt.Sprintf(`
DELETE FROM kv_keys k USING generate_series(%d, %d) n WHERE k.key = convert_to('some:' || n, 'UTF8')`, left+1, keys))
		}
	})
	for i := 1; i <= keys; i++ {
		want := 1
		if i > left && i <= 2500 {
			want = 0
		}
		if n := seen[fmt.Sprint("some:", i)]; n != want {
			t.Fatalf("some:%d was returned %d times, want %d", i, n, want)
		}
	}
	if steps != 3 {
		t.Errorf("%d steps before the last, want 3", steps)
	}
	if seen = walk(t, c, 10, "some:", func(int, map[string]int) { t.Error("a few keys were not returned at once") }); len(seen) != left {
		t.Errorf("%d keys, want %d", len(seen), left)
	}
}

// TestPrefixesOfAnyBytes compares walks by prefix with a look at every key.
func TestPrefixesOfAnyBytes(t *testing.T) {
	t.Parallel()
	c := connect(t, config(t))
	long := strings.Repeat("l", 600)
	names := []string{
		"", "\x00", "\x00\x00", "a", "a\x00", "a\xff", "a\xff\xff", "a\xffz", "b", "\xfe", "\xfe\xff", "\xff", "\xff\x00", "\xff\xff",
		"\xff\xff\xff", strings.Repeat("\xff", 512), strings.Repeat("\xff", 513), strings.Repeat("\xff", 600), long, long + "1", long[:512],
		long[:481], "ä", "x%_y", "x%zy",
	}
	for _, name := range names {
		set(t, c, name, "v")
	}
	prefixes := append([]string{long[:500], "l", "x%_", strings.Repeat("\xff", 490), "missing"}, names...)
	for _, prefix := range prefixes {
		var want []string
		for _, name := range names {
			if strings.HasPrefix(name, prefix) {
				want = append(want, name)
			}
		}
		slices.Sort(want)
		got := map[string][]string{}
		keep := func(walk string, name []byte) {
			if bytes.HasPrefix(name, []byte(prefix)) { // callers match the whole pattern
				got[walk] = append(got[walk], string(name))
			}
		}
		if err := c.Begin().Keys(0, []byte(prefix), func(name []byte) { keep("KEYS", name) }); err != nil {
			t.Fatal(err)
		}
		cursor, err := c.Begin().Scan(0, 0, 1000, []byte(prefix), func(k pg.KeyInfo) { keep("SCAN", k.Name) })
		if err != nil || cursor != 0 {
			t.Fatal(cursor, err)
		}
		for _, walk := range []string{"KEYS", "SCAN"} {
			if slices.Sort(got[walk]); !slices.Equal(got[walk], want) {
				t.Errorf("%s %.20q: got %.40q, want %.40q", walk, prefix, got[walk], want)
			}
		}
	}
}
