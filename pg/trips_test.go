package pg_test

import (
	"bytes"
	"fmt"
	"math"
	"slices"
	"sync/atomic"
	"testing"

	"github.com/mnorrsken/postkeys/pg"
)

// TestPartsOfLargeCollectionsCostFewRoundTrips reads and changes parts of collections that are not packed, and counts.
func TestPartsOfLargeCollectionsCostFewRoundTrips(t *testing.T) {
	t.Parallel()
	var trips atomic.Int64
	cfg := config(t)
	cfg.RoundTrips = &trips
	writer, c := connect(t, cfg), connect(t, cfg)
	fillLarge(t, writer)
	all := pg.ScoreRange{Min: math.Inf(-1), Max: math.Inf(1)}
	lex := pg.LexRange{Min: []byte("member 10")}
	top := func(n int64) (int64, int64) { return n - 20, n - 1 }
	members := func(f func(ms *pg.Members) error) func(*pg.Entry) error {
		return func(e *pg.Entry) error {
			ms, err := e.Members(e.Type())
			if err != nil {
				return err
			}
			return f(ms)
		}
	}
	zsetRank := members(func(ms *pg.Members) error {
		m, err := ms.Find([]byte("member 77"))
		if err == nil {
			_, err = ms.Rank(m)
		}
		return err
	})
	byRank := members(func(ms *pg.Members) error {
		start, stop := top(ms.Len())
		got, err := ms.RangeByRank(start, stop, false)
		if err == nil && len(got) != 20 {
			err = fmt.Errorf("%d members", len(got))
		}
		return err
	})
	find := members(func(ms *pg.Members) error { _, err := ms.Find([]byte("member 77")); return err })
	random := members(func(ms *pg.Members) error { _, err := ms.Random(20); return err })
	scan := members(func(ms *pg.Members) error { _, err := ms.Scan(0, 10, func(*pg.Member) {}); return err })
	for _, test := range []struct {
		name, key string
		mode      pg.Mode
		needs     pg.Needs
		apply     func(*pg.Entry) error
		want      int64
	}{
		{"range by score", "zset", pg.ModeRead, asks(pg.AskRangeByScore(all, pg.Slice{Count: 10})),
			members(func(ms *pg.Members) error { _, err := ms.RangeByScore(all, pg.Slice{Count: 10}); return err }), 1},
		{"range by rank", "zset", pg.ModeRead, asks(pg.AskRangeByRank(top, false)), byRank, 1},
		{"range by name", "zset", pg.ModeRead, asks(pg.AskRangeByLex(lex, pg.Slice{Count: 10})),
			members(func(ms *pg.Members) error { _, err := ms.RangeByLex(lex, pg.Slice{Count: 10}); return err }), 1},
		{"count by score", "zset", pg.ModeRead, asks(pg.AskCountByScore(all)),
			members(func(ms *pg.Members) error { _, err := ms.CountByScore(all); return err }), 1},
		{"count by name", "zset", pg.ModeRead, asks(pg.AskCountByLex(lex)),
			members(func(ms *pg.Members) error { _, err := ms.CountByLex(lex); return err }), 1},
		{"rank", "zset", pg.ModeRead, pg.Needs{Names: [][]byte{[]byte("member 77")}, Questions: []pg.Question{pg.AskRank([]byte("member 77"))}},
			zsetRank, 1},
		{"one member", "zset", pg.ModeRead, pg.Needs{Names: [][]byte{[]byte("member 77")}}, find, 1},
		{"one field", "hash", pg.ModeRead, pg.Needs{Names: [][]byte{[]byte("member 77")}}, find, 1},
		{"random members", "set", pg.ModeRead, pg.Needs{Random: 20}, random, 1},
		{"random fields", "hash", pg.ModeRead, pg.Needs{Random: 20}, random, 1},
		{"a page of fields", "hash", pg.ModeRead, asks(pg.AskScan(0, 10)), scan, 1},
		{"deep in a list", "list", pg.ModeRead, pg.Needs{Range: true, Start: 500, Stop: 510},
			func(e *pg.Entry) error {
				l, err := e.List()
				if err != nil {
					return err
				}
				return l.Range(500, 510, func(int64, []byte) bool { return true })
			}, 1},
		{"not asked ahead", "zset", pg.ModeRead, pg.Needs{}, byRank, 3},
		{"pop", "zset", pg.ModeUpdate, pg.Needs{Lowest: 2}, members(func(ms *pg.Members) error {
			popped, err := ms.End(2, false)
			for _, m := range popped {
				ms.Drop(m)
			}
			return err
		}), 2},
		{"remove a range", "zset", pg.ModeUpdate, asks(pg.AskRangeByScore(all, pg.Slice{Count: 2})), members(func(ms *pg.Members) error {
			found, err := ms.RangeByScore(all, pg.Slice{Count: 2})
			for _, m := range found {
				ms.Drop(m)
			}
			return err
		}), 2},
	} {
		for try := range 3 {
			before := trips.Load()
			units := countUnits(t, c, claim{0, test.key, test.mode, pg.PartHeader}, &test.needs, test.apply)
			if used := trips.Load() - before; try > 0 && (used != test.want || units != 1) {
				t.Errorf("%s: %d round trips in %d units, want %d", test.name, used, units, test.want)
			}
		}
	}
}

func asks(q ...pg.Question) pg.Needs { return pg.Needs{Questions: q} }

// fillLarge makes a collection of each type.
func fillLarge(t *testing.T, c *pg.Conn) {
	unit(t, c, []claim{update("hash"), update("set"), update("zset"), update("list")}, func(_ *pg.Tx, e []*pg.Entry) {
		for i, typ := range []pg.Type{pg.TypeHash, pg.TypeSet, pg.TypeZset} {
			ms, err := e[i].Members(typ)
			if err != nil {
				t.Fatal(err)
			}
			for n := range 2000 {
				if _, _, err := ms.Put(fmt.Appendf(nil, "member %d", n)); err != nil {
					t.Fatal(err)
				}
			}
		}
		l, err := e[3].List()
		for n := 0; n < 2000 && err == nil; n++ {
			err = l.PushRight(fmt.Appendf(nil, "element %d", n))
		}
		if err != nil {
			t.Fatal(err)
		}
	})
}

// countUnits runs a unit until it need not run again, and returns how often it ran.
func countUnits(t *testing.T, c *pg.Conn, cl claim, needs *pg.Needs, apply func(*pg.Entry) error) int {
	t.Helper()
	for n := 1; ; n++ {
		tx := c.Begin()
		e := tx.Plan(cl.db, []byte(cl.name), pg.HashKey(cl.db, []byte(cl.name)), cl.mode, cl.part)
		e.Need(needs)
		err := tx.Load()
		if err == nil {
			if err = apply(e); err == nil {
				err = tx.Commit()
			}
		}
		if err == nil {
			return n
		}
		tx.Rollback()
		if pg.KindOf(err) != pg.KindRetry {
			t.Fatal(err)
		}
	}
}

// TestDeepSlices compares slices of a large sorted set that leave out many members with what they should be.
func TestDeepSlices(t *testing.T) {
	t.Parallel()
	c := connect(t, config(t))
	fillLarge(t, c)
	want := make([]string, 2000)
	for i := range want {
		want[i] = fmt.Sprintf("member %d", i)
	}
	slices.Sort(want)
	lex := pg.LexRange{Min: []byte(want[5]), Max: []byte(want[1990]), OpenMin: true, OpenMax: true}
	for _, reverse := range []bool{false, true} {
		byName, byScore := slices.Clone(want[6:1990]), slices.Clone(want)
		if reverse {
			slices.Reverse(byName)
			slices.Reverse(byScore)
		}
		for _, s := range []pg.Slice{{Offset: 40, Count: 7}, {Offset: 1980, Count: 30}, {Offset: 1900, Count: -1}, {Offset: 5000, Count: -1}} {
			s.Reverse = reverse
			unit(t, c, []claim{update("zset")}, func(_ *pg.Tx, e []*pg.Entry) {
				ms, err := e[0].Members(pg.TypeZset)
				if err != nil {
					t.Fatal(err)
				}
				got, err := ms.RangeByLex(lex, s)
				if err == nil {
					err = sameMembers(fmt.Sprint("by name ", s), got, sliceOf(byName, s))
				}
				if err == nil {
					got, err = ms.RangeByScore(pg.ScoreRange{Min: -1, Max: 1}, s)
				}
				if err == nil {
					err = sameMembers(fmt.Sprint("by score ", s), got, sliceOf(byScore, s))
				}
				if err != nil {
					t.Error(err)
				}
			})
		}
	}
}

// sliceOf applies a slice to names that are in its direction.
func sliceOf(names []string, s pg.Slice) []string {
	names = names[min(int(s.Offset), len(names)):]
	if s.Count >= 0 {
		names = names[:min(int(s.Count), len(names))]
	}
	return names
}

// TestLongRequestsBesideLongResults has a unit ask for more than fits into the buffers of a socket while PostgreSQL has as much to say.
func TestLongRequestsBesideLongResults(t *testing.T) {
	t.Parallel()
	c := connect(t, config(t))
	value := bytes.Repeat([]byte("v"), 1000)
	var needs []*pg.Needs
	unit(t, c, []claim{update("a"), update("b")}, func(_ *pg.Tx, e []*pg.Entry) {
		for i := range e {
			ms, err := e[i].Members(pg.TypeHash)
			if err != nil {
				t.Fatal(err)
			}
			for n := range 3000 {
				m, _, err := ms.Put(fmt.Appendf(nil, "field %d", n))
				if err != nil {
					t.Fatal(err)
				}
				m.Value = value
			}
		}
	})
	names := make([][]byte, 100_000)
	for i := range names {
		names[i] = fmt.Appendf(nil, "none %d", i)
	}
	needs = append(needs, &pg.Needs{All: true}, &pg.Needs{Names: names})
	for range 2 {
		tx := c.Begin()
		for i, name := range []string{"a", "b"} {
			tx.Plan(0, []byte(name), pg.HashKey(0, []byte(name)), pg.ModeUpdate, pg.PartHeader).Need(needs[i])
		}
		if err := tx.Load(); err != nil {
			t.Fatal(err)
		}
		if err := tx.Commit(); err != nil {
			t.Fatal(err)
		}
	}
}
