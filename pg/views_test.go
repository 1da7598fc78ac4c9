package pg_test

import (
	"bytes"
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"

	"github.com/mnorrsken/postkeys/pg"
)

// oddItems are names and values that a text column can't hold as they are, or nearly.
var oddItems = []string{
	"plain", "", "ünïcode", "\xff\xfe", "nul\x00", `back\slash`, "back\\\xff", "quote'\"", "line\r\n", strings.Repeat("long ", 200),
}

// viewText is what the views make of bytes: UTF-8 as it is, other bytes escaped.
func viewText(s string) string {
	if utf8.ValidString(s) && !strings.Contains(s, "\x00") {
		return s
	}
	var b strings.Builder
	for _, c := range []byte(s) {
		switch {
		case c == 0 || c >= 0x80:
			fmt.Fprintf(&b, `\%03o`, c)
		case c == '\\':
			b.WriteString(`\\`)
		default:
			b.WriteByte(c)
		}
	}
	return b.String()
}

// someItems returns the odd items and as many others as it takes.
func someItems(n int) []string {
	items := slices.Clone(oddItems)
	for i := len(items); i < n; i++ {
		items = append(items, fmt.Sprintf("item %d", i))
	}
	return items
}

// viewScores are scores of every kind.
var viewScores = []float64{
	0, 1, -1.5, 0.1, math.Inf(1), math.Inf(-1), 5e-324, -2.5e-310, math.MaxFloat64, -1e300, 1 << 53, 3.0000000000000004,
}

// rowsOf returns the rows of a query as text, sorted.
func rowsOf(t *testing.T, db *pgx.Conn, query string, args ...any) []string {
	t.Helper()
	rows, err := db.Query(context.Background(), query, args...)
	if err != nil {
		t.Fatal(err)
	}
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (string, error) {
		values, err := row.Values()
		var b strings.Builder
		for _, v := range values {
			fmt.Fprintf(&b, "%q ", fmt.Sprint(v))
		}
		return b.String(), err
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(list)
	return list
}

func compareRows(t *testing.T, what string, got, want []string) {
	t.Helper()
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("%s shows %d rows\n%.2000q\ninstead of %d\n%.2000q", what, len(got), got, len(want), want)
	}
}

// viewRow is a row as rowsOf shows it.
func viewRow(values ...any) string {
	var b strings.Builder
	for _, v := range values {
		fmt.Fprintf(&b, "%q ", fmt.Sprint(v))
	}
	return b.String()
}

// TestViewsShowCollections fills collections that are packed and others that are not, at keys of all kinds, reads them
// through the working set as commands do, and compares with what the views show.
func TestViewsShowCollections(t *testing.T) {
	t.Parallel()
	for _, n := range []int{1, len(oddItems), 700} {
		for i, key := range []string{"key", "\xff\x00key", strings.Repeat("long key ", 100)} {
			t.Run(fmt.Sprintf("%d elements at key %d", n, i), func(t *testing.T) {
				t.Parallel()
				cfg := config(t)
				c := connect(t, cfg)
				db, err := pgx.Connect(context.Background(), cfg.DSN)
				if err != nil {
					t.Fatal(err)
				}
				defer func() { _ = db.Close(context.Background()) }()
				viewsOfMembers(t, c, db, key, someItems(n)[:n])
				viewOfList(t, c, db, key, someItems(n)[:n])
			})
		}
	}
}

// viewsOfMembers checks a hash, a set and a sorted set in turn.
func viewsOfMembers(t *testing.T, c *pg.Conn, db *pgx.Conn, key string, items []string) {
	rng := rand.New(rand.NewPCG(1, 1))
	views := map[pg.Type]string{
		pg.TypeHash: `SELECT db, key, field, value FROM postkeys_hashes`,
		pg.TypeSet:  `SELECT db, key, member FROM postkeys_sets`,
		pg.TypeZset: `SELECT db, key, member, score FROM postkeys_zsets`,
	}
	for kind, view := range views {
		unit(t, c, []claim{update(key)}, func(_ *pg.Tx, e []*pg.Entry) {
			e[0].Delete()
			fillOdd(t, e[0], kind, items)
		})
		var want []string
		retried(t, rng, c, []claim{{0, key, pg.ModeRead, pg.PartValue}}, func(e []*pg.Entry) error {
			ms, err := e[0].Members(kind)
			if err != nil {
				return err
			}
			all, err := ms.All()
			want = want[:0]
			for _, m := range all {
				row := viewRow(0, viewText(key), viewText(string(m.Name)))
				switch kind {
				case pg.TypeHash:
					row += viewRow(viewText(string(m.Value)))
				case pg.TypeZset:
					row += viewRow(m.Score)
				default:
				}
				want = append(want, row)
			}
			return err
		})
		if len(want) != len(items) {
			t.Errorf("%s has %d members instead of %d", kind, len(want), len(items))
		}
		compareRows(t, kind.String(), rowsOf(t, db, view), want)
		compareRows(t, "postkeys_keys", rowsOf(t, db, `SELECT db, key, type, expires_at IS NULL FROM postkeys_keys`),
			[]string{viewRow(0, viewText(key), kind, true)})
		for other, view := range views {
			if other != kind {
				compareRows(t, other.String(), rowsOf(t, db, view), nil)
			}
		}
	}
}

func fillOdd(t *testing.T, e *pg.Entry, kind pg.Type, items []string) {
	ms, err := e.Members(kind)
	if err != nil {
		t.Error(err)
		return
	}
	for i, item := range items {
		m, _, err := ms.Put([]byte(item))
		if err != nil {
			t.Error(err)
			return
		}
		switch kind {
		case pg.TypeHash:
			m.Value = []byte(items[len(items)-1-i])
		case pg.TypeZset:
			m.Score = viewScores[i%len(viewScores)]
		default:
		}
		ms.Changed(m)
	}
}

// viewOfList builds a list at both ends, over several units, so that its nodes have grown on either side.
func viewOfList(t *testing.T, c *pg.Conn, db *pgx.Conn, key string, items []string) {
	rng := rand.New(rand.NewPCG(1, 1))
	unit(t, c, []claim{update(key)}, func(_ *pg.Tx, e []*pg.Entry) { e[0].Delete() })
	for piece := range slices.Chunk(items, 100) {
		retried(t, rng, c, []claim{update(key)}, func(e []*pg.Entry) error {
			l, err := e[0].List()
			for i, item := range piece {
				switch {
				case err != nil:
				case i%3 == 0:
					err = l.PushLeft([]byte(item))
				default:
					err = l.PushRight([]byte(item))
				}
			}
			return err
		})
	}
	var want []string
	retried(t, rng, c, []claim{{0, key, pg.ModeRead, pg.PartValue}}, func(e []*pg.Entry) error {
		l, err := e[0].List()
		if err != nil {
			return err
		}
		want = want[:0]
		return l.Range(0, l.Len()-1, func(i int64, v []byte) bool {
			want = append(want, viewRow(0, viewText(key), i, viewText(string(bytes.Clone(v)))))
			return true
		})
	})
	if len(want) != len(items) {
		t.Errorf("the list has %d elements instead of %d", len(want), len(items))
	}
	compareRows(t, "postkeys_lists", rowsOf(t, db, `SELECT db, key, index, element FROM postkeys_lists`), want)
}

// TestViewsShowWhatHasNotExpired covers expiries of keys and of the fields of hashes, packed or not.
func TestViewsShowWhatHasNotExpired(t *testing.T) {
	t.Parallel()
	for _, n := range []int{4, 600} {
		cfg := config(t)
		c := connect(t, cfg)
		db, err := pgx.Connect(context.Background(), cfg.DSN)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = db.Close(context.Background()) }()
		var later int64
		unit(t, c, []claim{update("h"), update("s"), update("gone")}, func(tx *pg.Tx, e []*pg.Entry) {
			now, err := tx.Now()
			if err != nil {
				t.Error(err)
			}
			later = now + 1_000_000
			for i, kind := range []pg.Type{pg.TypeHash, pg.TypeSet, pg.TypeHash} {
				if err := fillMembers(e[i], kind, n); err != nil {
					t.Error(err)
				}
			}
			ms, err := e[0].Members(pg.TypeHash)
			if err != nil {
				t.Error(err)
			}
			m, err := ms.Find([]byte("member number 1"))
			if err != nil {
				t.Error(err)
			}
			m.ExpireAt = later
			ms.Changed(m)
			e[1].SetExpireAt(later)
		})
		if _, err := db.Exec(context.Background(), `UPDATE kv_keys SET expire_at = 1 WHERE key = 'gone'`); err != nil {
			t.Fatal(err)
		}
		compareRows(t, "postkeys_hashes", rowsOf(t, db, `SELECT field, (extract(epoch FROM field_expires_at) * 1000)::bigint
			FROM postkeys_hashes WHERE field_expires_at IS NOT NULL`), []string{viewRow("member number 1", later)})
		compareRows(t, "postkeys_hashes", rowsOf(t, db, `SELECT key, count(*) FROM postkeys_hashes GROUP BY key`), []string{viewRow("h", n)})
		compareRows(t, "postkeys_sets", rowsOf(t, db, `SELECT key, count(*), (extract(epoch FROM max(expires_at)) * 1000)::bigint
			FROM postkeys_sets GROUP BY key`), []string{viewRow("s", n, later)})
		compareRows(t, "postkeys_keys", rowsOf(t, db, `SELECT key, type FROM postkeys_keys`), []string{viewRow("h", "hash"), viewRow("s", "set")})
	}
}
