package pg_test

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/mnorrsken/postkeys/pg"
	"github.com/mnorrsken/postkeys/pg/pgtest"
)

// retried runs a unit until no race is lost, as the engine does.
func retried(t *testing.T, rng *rand.Rand, c *pg.Conn, claims []claim, apply func(e []*pg.Entry) error) {
	t.Helper()
	for range 10 {
		tx := c.Begin()
		var entries []*pg.Entry
		for _, cl := range claims {
			name := []byte(cl.name)
			e := tx.Plan(cl.db, name, pg.HashKey(cl.db, name), cl.mode, cl.part)
			e.Need(someNeeds(rng))
			entries = append(entries, e)
		}
		err := tx.Load()
		if err == nil {
			if err = apply(entries); err == nil {
				err = tx.Commit()
			}
		}
		if err == nil {
			return
		}
		tx.Rollback()
		if pg.KindOf(err) != pg.KindRetry {
			t.Fatal(err)
		}
	}
	t.Fatal("a unit was repeated too often")
}

// someNeeds says something about what will be looked at, true or not.
func someNeeds(rng *rand.Rand) *pg.Needs {
	n := &pg.Needs{}
	switch rng.IntN(8) {
	case 0:
		return nil
	case 5:
		n.Lowest, n.Highest = rng.Int64N(20), rng.Int64N(3)
	case 6:
		n.Questions = someQuestions(rng)
	case 1:
		n.All = true
	case 2:
		n.Left, n.Right = rng.Int64N(3), rng.Int64N(3)
	case 3:
		n.Range, n.Start, n.Stop = true, rng.Int64N(400)-200, rng.Int64N(400)-200
	case 4:
		n.Random = 5
	default:
		for range rng.IntN(100) {
			n.Names = append(n.Names, fmt.Appendf(nil, "member %d", rng.IntN(400)))
		}
	}
	return n
}

// someRange is a range of scores, and a part of it; there are few of them, so
// that questions are asked that are put later too.
func someRange(rng *rand.Rand) (pg.ScoreRange, pg.Slice) {
	return pg.ScoreRange{Min: float64(rng.IntN(2)) / 2, Max: float64(rng.IntN(3)) * 10},
		pg.Slice{Offset: int64(rng.IntN(2)), Count: int64(rng.IntN(3) - 1), Reverse: rng.IntN(2) == 0}
}

// someQuestions asks all that there is to ask.
func someQuestions(rng *rand.Rand) []pg.Question {
	start, stop := rng.Int64N(3), rng.Int64N(3)
	lex := pg.LexRange{Min: []byte("member 1"), Max: []byte("member 3"), OpenMax: true}
	questions := []pg.Question{
		pg.AskRangeByRank(func(n int64) (int64, int64) { return start, min(stop, n-1) }, rng.IntN(2) == 0),
		pg.AskRangeByLex(lex, pg.Slice{Count: 4}), pg.AskCountByLex(lex),
		pg.AskScan(rng.Uint64(), 10), pg.AskScan(0, 3),
	}
	for range 8 {
		r, s := someRange(rng)
		questions = append(questions, pg.AskRangeByScore(r, s), pg.AskCountByScore(r),
			pg.AskRank(fmt.Appendf(nil, "member %d", rng.IntN(400))))
	}
	return questions
}

// contents reads a whole key in a form that can be compared.
func contents(t *testing.T, rng *rand.Rand, c *pg.Conn, name string) (out string) {
	t.Helper()
	retried(t, rng, c, []claim{{0, name, pg.ModeRead, pg.PartValue}}, func(e []*pg.Entry) error {
		var err error
		out, err = describe(e[0])
		return err
	})
	return out
}

func describe(e *pg.Entry) (string, error) {
	switch e.Type() {
	case pg.TypeNone:
		return "none", nil
	case pg.TypeString:
		return "string " + string(e.Value()), nil
	case pg.TypeList:
		l, err := e.List()
		if err != nil {
			return "", err
		}
		var items []string
		err = l.Range(0, l.Len()-1, func(_ int64, v []byte) bool {
			items = append(items, string(v))
			return true
		})
		return fmt.Sprintf("list %q", items), err
	default:
		ms, err := e.Members(e.Type())
		if err != nil {
			return "", err
		}
		all, err := ms.All()
		if err == nil && int64(len(all)) != ms.Len() {
			return "", fmt.Errorf("%s %d members, Len is %d", e.Type(), len(all), ms.Len())
		}
		var items []string
		for _, m := range all {
			items = append(items, fmt.Sprintf("%.30q=%.30q/%v", m.Name, m.Value, m.Score))
		}
		slices.Sort(items)
		return fmt.Sprintf("%s %q", e.Type(), items), err
	}
}

// model is what a key should hold.
type model struct {
	typ     pg.Type
	members map[string]string
	scores  map[string]float64
	items   []string
	text    string
}

func (m *model) String() string {
	switch m.typ {
	case pg.TypeNone:
		return "none"
	case pg.TypeString:
		return "string " + m.text
	case pg.TypeList:
		return fmt.Sprintf("list %q", m.items)
	}
	var items []string
	for name, value := range m.members {
		items = append(items, fmt.Sprintf("%.30q=%.30q/%v", name, value, m.scores[name]))
	}
	slices.Sort(items)
	return fmt.Sprintf("%s %q", m.typ, items)
}

func (m *model) clone() *model {
	out := *m
	out.members, out.scores, out.items = maps.Clone(m.members), maps.Clone(m.scores), slices.Clone(m.items)
	return &out
}

// TestCollectionsAgainstAModel changes keys of all types at random, in units of
// several steps on two connections, and compares every key with a model.
func TestCollectionsAgainstAModel(t *testing.T) {
	for seed := range uint64(6) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			compareWithModel(t, seed)
		})
	}
}

func compareWithModel(t *testing.T, seed uint64) {
	cfg := config(t)
	conns := []*pg.Conn{connect(t, cfg), connect(t, cfg)}
	rng := rand.New(rand.NewPCG(seed, 2))
	models := map[string]*model{}
	names := []string{"a", "b", "c"}
	for _, n := range names {
		models[n] = &model{}
	}
	for range 300 {
		c := conns[rng.IntN(2)]
		seed := rng.Uint64()
		var next map[string]*model
		var claims []claim
		for _, n := range names {
			claims = append(claims, stable(n))
		}
		retried(t, rng, c, claims, func(e []*pg.Entry) error {
			next = map[string]*model{}
			for n, m := range models {
				next[n] = m.clone()
			}
			rng := rand.New(rand.NewPCG(seed, 3))
			for range 1 + rng.IntN(4) {
				if err := step(rng, e, next); err != nil {
					return err
				}
			}
			return nil
		})
		models = next
		for _, n := range names {
			if got, want := contents(t, rng, conns[rng.IntN(2)], n), models[n].String(); got != want {
				t.Fatalf("key %s: got\n%.600s\nwant\n%.600s", n, got, want)
			}
		}
	}
	noOrphans(t, cfg, conns[0])
}

// step changes one key, and its model alike.
func step(rng *rand.Rand, e []*pg.Entry, models map[string]*model) error {
	i := rng.IntN(len(e))
	key := e[i]
	m := models[string(key.Name())]
	switch rng.IntN(14) {
	case 0:
		key.Delete()
		*m = model{}
		return nil
	case 1:
		key.Replace([]byte("text"), pg.EncodingNatural)
		*m = model{typ: pg.TypeString, text: "text"}
		return nil
	case 2, 3:
		return renameOrCopy(rng, e, key, models)
	}
	if m.typ == pg.TypeNone {
		m.typ = []pg.Type{pg.TypeHash, pg.TypeSet, pg.TypeZset, pg.TypeList}[rng.IntN(4)]
		m.members, m.scores = map[string]string{}, map[string]float64{}
	}
	var err error
	switch m.typ {
	case pg.TypeString:
	case pg.TypeList:
		err = stepList(rng, key, m)
	default:
		err = stepMembers(rng, key, m)
	}
	if m.typ != pg.TypeString && len(m.items)+len(m.members) == 0 {
		*m = model{}
	}
	return err
}

func renameOrCopy(rng *rand.Rand, e []*pg.Entry, src *pg.Entry, models map[string]*model) error {
	dst := e[rng.IntN(len(e))]
	if dst == src || !src.Exists() {
		return nil
	}
	from, to := models[string(src.Name())], models[string(dst.Name())]
	if rng.IntN(2) == 0 {
		*to = *from.clone()
		return src.Tx().Copy(src, dst)
	}
	*to, *from = *from, model{}
	src.Tx().Rename(src, dst)
	return nil
}

func stepMembers(rng *rand.Rand, key *pg.Entry, m *model) error {
	ms, err := key.Members(m.typ)
	if err != nil {
		return err
	}
	if m.typ == pg.TypeZset && len(m.members) > 0 {
		if err := checkRanges(rng, ms, m); err != nil {
			return err
		}
	}
	n := []int{1, 5, 60, 300}[rng.IntN(4)]
	for range n {
		name := fmt.Sprintf("member %d", rng.IntN(400))
		if rng.IntN(40) == 0 {
			name = "long " + string(bytes.Repeat([]byte("x"), 700)) + name
		}
		if rng.IntN(3) == 0 && n < 300 || rng.IntN(20) == 0 {
			removed, err := ms.Remove([]byte(name))
			if err != nil {
				return err
			}
			if _, ok := m.members[name]; ok != removed {
				return fmt.Errorf("removing %s: %v", name, removed)
			}
			delete(m.members, name)
			delete(m.scores, name)
			if len(m.members) == 0 {
				return nil
			}
			continue
		}
		mem, added, err := ms.Put([]byte(name))
		if err != nil {
			return err
		}
		if _, ok := m.members[name]; ok == added {
			return fmt.Errorf("adding %s: %v", name, added)
		}
		m.members[name] = ""
		switch m.typ {
		case pg.TypeHash:
			mem.Value = fmt.Appendf(nil, "value %d", rng.IntN(1000))
			m.members[name] = string(mem.Value)
		case pg.TypeZset:
			mem.Score = float64(rng.IntN(50)) / 2
			m.scores[name] = mem.Score
		default:
		}
		ms.Changed(mem)
	}
	if m.typ == pg.TypeZset {
		if err := checkRanges(rng, ms, m); err != nil {
			return err
		}
		return takeEnds(rng, ms, m)
	}
	return nil
}

// takeEnds takes members off both ends of a sorted set, and changes it in
// between.
func takeEnds(rng *rand.Rand, ms *pg.Members, m *model) error {
	for range rng.IntN(12) {
		order := slices.SortedFunc(maps.Keys(m.members), func(a, b string) int {
			return cmp.Or(cmp.Compare(m.scores[a], m.scores[b]), cmp.Compare(a, b))
		})
		highest := rng.IntN(2) == 0
		if highest {
			slices.Reverse(order)
		}
		want := order[:min(1+rng.IntN(4), len(order))]
		got, err := ms.End(int64(len(want)), highest)
		if err != nil {
			return err
		}
		if err := sameMembers("at an end", got, want); err != nil {
			return err
		}
		if len(want) == len(order) {
			return nil
		}
		for i, mem := range got {
			ms.Drop(mem)
			delete(m.members, want[i])
			delete(m.scores, want[i])
		}
		if rng.IntN(4) == 0 {
			name := fmt.Sprintf("member %d", rng.IntN(400))
			mem, _, err := ms.Put([]byte(name))
			if err != nil {
				return err
			}
			mem.Score = float64(rng.IntN(60)/40) * 100
			ms.Changed(mem)
			m.members[name], m.scores[name] = "", mem.Score
		}
	}
	return nil
}

// checkRanges compares ranges of a sorted set with the model, in the middle of
// a unit.
func checkRanges(rng *rand.Rand, ms *pg.Members, m *model) error {
	order := slices.SortedFunc(maps.Keys(m.members), func(a, b string) int {
		return cmp.Or(cmp.Compare(m.scores[a], m.scores[b]), cmp.Compare(a, b))
	})
	r := pg.ScoreRange{Min: float64(rng.IntN(30)) / 2, Max: float64(rng.IntN(60)) / 2}
	s := pg.Slice{Offset: int64(rng.IntN([]int{5, 100}[rng.IntN(2)])), Count: int64(rng.IntN(20) - 1), Reverse: rng.IntN(2) == 0}
	if rng.IntN(2) == 0 {
		r, s = someRange(rng)
	}
	in := slices.DeleteFunc(slices.Clone(order), func(n string) bool { return m.scores[n] < r.Min || m.scores[n] > r.Max })
	count := int64(len(in))
	if s.Reverse {
		slices.Reverse(in)
	}
	in = in[min(int(s.Offset), len(in)):]
	if s.Count >= 0 {
		in = in[:min(int(s.Count), len(in))]
	}
	got, err := ms.RangeByScore(r, s)
	if err != nil {
		return err
	}
	if err := sameMembers("by score", got, in); err != nil {
		return err
	}
	if n, err := ms.CountByScore(r); err != nil || n != count {
		return fmt.Errorf("count by score: %d, want %d, %w", n, count, err)
	}
	start := rng.IntN(len(order))
	stop := start + rng.IntN(len(order)-start)
	if got, err = ms.RangeByRank(int64(start), int64(stop), false); err != nil {
		return err
	}
	if err := sameMembers("by rank", got, order[start:stop+1]); err != nil {
		return err
	}
	mem, err := ms.Find([]byte(order[start]))
	if err != nil {
		return err
	}
	if rank, err := ms.Rank(mem); err != nil || rank != int64(start) {
		return fmt.Errorf("rank: %d, want %d, %w", rank, start, err)
	}
	return nil
}

func sameMembers(what string, got []*pg.Member, want []string) error {
	names := make([]string, 0, len(got))
	for _, m := range got {
		names = append(names, string(m.Name))
	}
	if !slices.Equal(names, want) {
		return fmt.Errorf("%s: got %.20q, want %.20q", what, names, want)
	}
	return nil
}

func stepList(rng *rand.Rand, key *pg.Entry, m *model) error {
	l, err := key.List()
	if err != nil {
		return err
	}
	kind := rng.IntN(9)
	for range []int{1, 5, 60, 400}[rng.IntN(4)] {
		v := fmt.Sprintf("element %d", rng.IntN(1000))
		if rng.IntN(100) == 0 {
			v += string(bytes.Repeat([]byte("y"), 2500))
		}
		switch {
		case kind <= 1 || len(m.items) == 0:
			m.items = append(m.items, v)
			err = l.PushRight([]byte(v))
		case kind == 2:
			m.items = slices.Insert(m.items, 0, v)
			err = l.PushLeft([]byte(v))
		case kind == 3:
			err = popped(l.PopLeft, m.items[0])
			m.items = m.items[1:]
		case kind == 4:
			err = popped(l.PopRight, m.items[len(m.items)-1])
			m.items = m.items[:len(m.items)-1]
		case kind == 5:
			at := rng.IntN(len(m.items))
			m.items[at] = v
			err = l.Set(int64(at), []byte(v))
		case kind == 6:
			at := rng.IntN(len(m.items) + 1)
			m.items = slices.Insert(m.items, at, v)
			err = l.Insert(int64(at), []byte(v))
		case kind == 7:
			return removeSome(rng, l, m)
		default:
			start := rng.IntN(len(m.items))
			stop := start + rng.IntN(len(m.items)-start)
			m.items = slices.Clone(m.items[start : stop+1])
			return l.Trim(int64(start), int64(stop))
		}
		if err != nil {
			return err
		}
		if len(m.items) == 0 {
			return nil
		}
	}
	at := rng.IntN(len(m.items))
	if v, err := l.At(int64(at)); err != nil || string(v) != m.items[at] {
		return fmt.Errorf("element %d: %.20q, want %.20q, %w", at, v, m.items[at], err)
	}
	size := int64(7)
	for _, v := range m.items {
		size += pg.ListpackSize([]byte(v))
	}
	if rng.IntN(4) == 0 {
		if got, err := l.ListpackBytes(); err != nil || got != size {
			return fmt.Errorf("%d bytes as a listpack, want %d, %w", got, size, err)
		}
	}
	if rng.IntN(8) == 0 {
		slices.Reverse(m.items)
		items := make([][]byte, 0, len(m.items))
		for _, v := range m.items {
			items = append(items, []byte(v))
		}
		l.Rebuild(items)
	}
	return nil
}

// removeSome removes a few elements or many.
func removeSome(rng *rand.Rand, l *pg.List, m *model) error {
	var indexes []int64
	kept := m.items[:0:0]
	odds := 1 + len(m.items)/[]int{1, 10, 40}[rng.IntN(3)]
	for i, v := range m.items {
		if rng.IntN(odds) == 0 {
			indexes = append(indexes, int64(i))
		} else {
			kept = append(kept, v)
		}
	}
	m.items = kept
	slices.Reverse(indexes)
	return l.Remove(indexes)
}

func popped(pop func() ([]byte, error), want string) error {
	v, err := pop()
	if err == nil && string(v) != want {
		err = fmt.Errorf("popped %.20q, want %.20q", v, want)
	}
	return err
}

// noOrphans lets the collector finish and checks that no element is left that
// no key owns.
func noOrphans(t *testing.T, cfg pg.Config, c *pg.Conn) {
	t.Helper()
	var collector pg.Collector
	for {
		r, err := collector.Step(c)
		if err != nil {
			t.Fatal(err)
		}
		if r.Colls == 0 && !r.More {
			break
		}
	}
	db, err := pgx.Connect(context.Background(), cfg.DSN)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { err = errors.Join(err, db.Close(context.Background())) }()
	for _, table := range []string{"kv_hashes", "kv_sets", "kv_zsets", "kv_lists"} {
		var owned, orphans int
		err := db.QueryRow(context.Background(), "SELECT count(*) FILTER (WHERE k.id IS NOT NULL), count(*) FILTER (WHERE k.id IS NULL) FROM "+
			table+" e LEFT JOIN kv_keys k ON k.coll = e.coll").Scan(&owned, &orphans)
		if err != nil || orphans != 0 {
			t.Errorf("%s: %d rows of keys, %d orphans, %v", table, owned, orphans, err)
		}
	}
}

// TestReadingInPartsBesideAWrite: a unit that reads a large collection in parts sees one state of it, though it also writes a key
// without a look, and so can't run in a transaction that only reads.
func TestReadingInPartsBesideAWrite(t *testing.T) {
	cfg := config(t)
	c := connect(t, cfg)
	fillFields(t, c, "hash", 400, 0, 0)
	for seed := range uint64(12) {
		value := fmt.Sprint("v", seed)
		rng := rand.New(rand.NewPCG(seed, 0))
		retried(t, rng, connect(t, cfg), []claim{{0, "hash", pg.ModeRead, pg.PartValue}, blind("key")}, func(e []*pg.Entry) error {
			text, err := describe(e[0])
			if err == nil && strings.Count(text, "value ") != 400 {
				t.Errorf("only %q is there", text)
			}
			e[1].Delete()
			e[1].SetString([]byte(value), pg.EncodingNatural)
			return err
		})
		want(t, c, "key", value)
	}
}

// TestFailedReadLeavesNoTransaction: after a read of elements that took too long the connection goes on.
func TestFailedReadLeavesNoTransaction(t *testing.T) {
	cfg := config(t)
	cfg.StatementTimeout = 2 * time.Second
	c := connect(t, cfg)
	fillFields(t, c, "hash", 400, 0, 0)
	read := func() error {
		tx := c.Begin()
		e := tx.Plan(0, []byte("hash"), pg.HashKey(0, []byte("hash")), pg.ModeRead, pg.PartHeader)
		e.Need(&pg.Needs{All: true})
		if err := tx.Load(); err != nil {
			return err
		}
		return tx.Commit()
	}
	stranger := pgtest.Open(t, cfg.DSN)
	stranger.Exec("begin")
	stranger.Exec("lock table kv_hashes in access exclusive mode")
	if err := read(); err == nil || pg.KindOf(err) != pg.KindStatement {
		t.Fatalf("behind a lock: %v", err)
	}
	stranger.Exec("rollback")
	if err := read(); err != nil {
		t.Errorf("afterwards: %v", err)
	}
}
