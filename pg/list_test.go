package pg_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/mnorrsken/postkeys/pg"
)

// TestListsAgainstAModel is TestCollectionsAgainstAModel for one list that
// lives long: it grows, shrinks and is changed in the middle.
func TestListsAgainstAModel(t *testing.T) {
	for seed := range uint64(6) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			cfg := config(t)
			conns := []*pg.Conn{connect(t, cfg), connect(t, cfg)}
			rng := rand.New(rand.NewPCG(seed, 4))
			m := &model{}
			for range 200 {
				seed := rng.Uint64()
				var next *model
				retried(t, rng, conns[rng.IntN(2)], []claim{update("l")}, func(e []*pg.Entry) error {
					next = m.clone()
					rng := rand.New(rand.NewPCG(seed, 5))
					for range 1 + rng.IntN(3) {
						if next.typ = pg.TypeList; rng.IntN(30) == 0 {
							e[0].Delete()
							next.items = nil
						} else if err := stepList(rng, e[0], next); err != nil {
							return err
						}
					}
					if len(next.items) == 0 {
						next.typ = pg.TypeNone
					}
					return nil
				})
				m = next
				if got, want := contents(t, rng, conns[rng.IntN(2)], "l"), m.String(); got != want {
					t.Fatalf("got\n%.600s\nwant\n%.600s", got, want)
				}
			}
			noOrphans(t, cfg, conns[0])
		})
	}
}

// TestNodesStaySmall replaces and inserts large elements in a list of small
// ones: no row may become larger than a few elements.
func TestNodesStaySmall(t *testing.T) {
	t.Parallel()
	cfg := config(t)
	c := connect(t, cfg)
	rng := rand.New(rand.NewPCG(1, 1))
	retried(t, rng, c, []claim{update("l")}, func(e []*pg.Entry) error {
		l, err := e[0].List()
		for i := 0; i < 1000 && err == nil; i++ {
			err = l.PushRight([]byte("x"))
		}
		return err
	})
	want := slices.Repeat([]string{"x"}, 1000)
	large := strings.Repeat("large", 200)
	for round := range 20 {
		retried(t, rng, c, []claim{update("l")}, func(e []*pg.Entry) error {
			l, err := e[0].List()
			for i := range 40 {
				if err != nil {
					return err
				}
				at := round*40 + i
				if want[at] = large; i%2 == 0 {
					err = l.Set(int64(at), []byte(large))
				} else if err = l.Insert(int64(at), []byte(large)); err == nil {
					err = l.Remove([]int64{int64(at) + 1})
				}
			}
			return err
		})
	}
	if got := contents(t, rng, c, "l"); got != fmt.Sprintf("list %q", want) {
		t.Errorf("the list is\n%.600s", got)
	}
	if got := largestNode(t, cfg); got > 8000 {
		t.Errorf("a node has %d bytes", got)
	}
}

// largestNode returns the size of the largest node in the table.
func largestNode(t *testing.T, cfg pg.Config) (size int) {
	t.Helper()
	ctx := context.Background()
	db, err := pgx.Connect(ctx, cfg.DSN)
	if err != nil {
		t.Fatal(err)
	}
	err = db.QueryRow(ctx, "SELECT max(octet_length(elements)) FROM kv_lists").Scan(&size)
	if err := errors.Join(err, db.Close(ctx)); err != nil {
		t.Fatal(err)
	}
	return size
}
