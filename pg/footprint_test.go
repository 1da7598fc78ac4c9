package pg_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/mnorrsken/postkeys/pg"
)

// fillers make values of all shapes, number i of many.
var fillers = map[string]func(e *pg.Entry, i int) error{
	"short string": func(e *pg.Entry, i int) error {
		e.SetString(fmt.Appendf(nil, "value %d", i), pg.EncodingNatural)
		return nil
	},
	"string of 1 kB": func(e *pg.Entry, _ int) error {
		e.SetString([]byte(strings.Repeat("x", 1000)), pg.EncodingNatural)
		return nil
	},
	"string of 20 kB": func(e *pg.Entry, _ int) error {
		e.SetString([]byte(strings.Repeat("x", 20_000)), pg.EncodingNatural)
		return nil
	},
	"packed hash": func(e *pg.Entry, _ int) error { return fillMembers(e, pg.TypeHash, 10) },
	"large hash":  func(e *pg.Entry, _ int) error { return fillMembers(e, pg.TypeHash, 300) },
	"large set":   func(e *pg.Entry, _ int) error { return fillMembers(e, pg.TypeSet, 300) },
	"large zset":  func(e *pg.Entry, _ int) error { return fillMembers(e, pg.TypeZset, 300) },
	"large list": func(e *pg.Entry, _ int) error {
		l, err := e.List()
		for i := 0; i < 1000 && err == nil; i++ {
			err = l.PushRight(fmt.Appendf(nil, "element %d", i))
		}
		return err
	},
}

func fillMembers(e *pg.Entry, t pg.Type, n int) error {
	ms, err := e.Members(t)
	if err != nil {
		return err
	}
	for i := range n {
		m, _, err := ms.Put(fmt.Appendf(nil, "member number %d", i))
		if err != nil {
			return err
		}
		if t == pg.TypeHash {
			m.Value = []byte("the value of the field")
		}
		m.Score = float64(i)
		ms.Changed(m)
	}
	return nil
}

// TestFootprintIsWhatTheFilesGrowBy compares estimates with the sizes of tables and indexes.
func TestFootprintIsWhatTheFilesGrowBy(t *testing.T) {
	t.Parallel()
	for name, fill := range fillers {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg := config(t)
			c := connect(t, cfg)
			db, err := pgx.Connect(context.Background(), cfg.DSN)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = db.Close(context.Background()) }()
			rng := rand.New(rand.NewPCG(1, 2))
			keys := 200
			if !strings.HasPrefix(name, "large") {
				keys = 1000
			}
			before := filesSize(t, db)
			for i := range keys {
				unit(t, c, []claim{update(fmt.Sprintf("key number %d", i))}, func(_ *pg.Tx, e []*pg.Entry) {
					if err := fill(e[0], i); err != nil {
						t.Error(err)
					}
				})
			}
			grown := filesSize(t, db) - before
			for _, samples := range []int64{5, 0} {
				sum := int64(0)
				for i := range keys {
					n := int64(0)
					retried(t, rng, c, []claim{{0, fmt.Sprintf("key number %d", i), pg.ModeRead, pg.PartHeader}},
						func(e []*pg.Entry) (err error) {
							n, err = e[0].Footprint(samples)
							return err
						})
					sum += n
				}
				t.Logf("%d samples: estimated %d, grown by %d", samples, sum, grown)
				if sum < (grown-firstPages)*3/4 || sum > grown*5/4 {
					t.Errorf("%d samples: estimated %d bytes, the files have grown by %d", samples, sum, grown)
				}
			}
		})
	}
}

// firstPages is what files hold besides rows: maps of free space and of what is visible, and a page of each index.
const firstPages = 6 * 8192

// filesSize is the size of all tables with elements, of TOAST and indexes.
func filesSize(t *testing.T, db *pgx.Conn) (bytes int64) {
	t.Helper()
	err := db.QueryRow(context.Background(), `SELECT sum(pg_total_relation_size(c)) FROM
		unnest(ARRAY['kv_keys', 'kv_hashes', 'kv_sets', 'kv_zsets', 'kv_lists']::regclass[]) c`).Scan(&bytes)
	if err != nil {
		t.Fatal(err)
	}
	return bytes
}
