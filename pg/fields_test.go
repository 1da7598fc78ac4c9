package pg_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/mnorrsken/postkeys/pg"
)

// fill makes a hash of n fields, of which those before expired have expired
// and those before volatile expire in an hour.
func fillFields(t *testing.T, c *pg.Conn, key string, n, expired, volatile int) {
	t.Helper()
	unit(t, c, []claim{{0, key, pg.ModeUpdate, pg.PartHeader}}, func(_ *pg.Tx, e []*pg.Entry) {
		ms, err := e[0].Members(pg.TypeHash)
		if err != nil {
			t.Fatal(err)
		}
		for i := range n {
			m, _, err := ms.Put(fmt.Appendf(nil, "field %d", i))
			if err != nil {
				t.Fatal(err)
			}
			m.Value = fmt.Appendf(nil, "value %d", i)
			switch {
			case i < expired:
				m.ExpireAt = int64(i + 1)
			case i < volatile:
				m.ExpireAt = time.Now().Add(time.Hour).UnixMilli()
			}
		}
	})
}

// TestExpiredFieldsAreAbsent looks at hashes, small and large, in every mode.
func TestExpiredFieldsAreAbsent(t *testing.T) {
	c := connect(t, config(t))
	rng := rand.New(rand.NewPCG(1, 2))
	for _, size := range []int{10, 1000} {
		for _, mode := range []pg.Mode{pg.ModeRead, pg.ModeUpdate, pg.ModeStable} {
			key := fmt.Sprintf("%d %d", size, mode)
			fillFields(t, c, key, size, 4, 6)
			for range 2 { // the second time there may be nothing left to remove
				retried(t, rng, c, []claim{{0, key, mode, pg.PartHeader}}, func(e []*pg.Entry) error {
					ms, err := e[0].Members(pg.TypeHash)
					if err != nil {
						return err
					}
					for i := range 10 {
						m, err := ms.Find(fmt.Appendf(nil, "field %d", i))
						if err != nil {
							return err
						}
						if (m != nil) != (i >= 4) {
							t.Errorf("%s: field %d is %v", key, i, m)
						}
					}
					all, err := ms.All()
					if err == nil && (ms.Len() != int64(size-4) || len(all) != size-4) {
						t.Errorf("%s: Len is %d, All has %d", key, ms.Len(), len(all))
					}
					return err
				})
			}
		}
	}
}

// TestExpiredFieldsComeBack writes a field that has expired.
func TestExpiredFieldsComeBack(t *testing.T) {
	c := connect(t, config(t))
	rng := rand.New(rand.NewPCG(3, 4))
	for _, size := range []int{10, 1000} {
		key := fmt.Sprint(size)
		fillFields(t, c, key, size, 4, 4)
		retried(t, rng, c, []claim{{0, key, pg.ModeUpdate, pg.PartHeader}}, func(e []*pg.Entry) error {
			ms, err := e[0].Members(pg.TypeHash)
			if err != nil {
				return err
			}
			m, added, err := ms.Put([]byte("field 1"))
			if err != nil {
				return err
			}
			if !added {
				t.Errorf("%d: the field is there", size)
			}
			m.Value = []byte("new")
			return nil
		})
		retried(t, rng, c, []claim{{0, key, pg.ModeRead, pg.PartHeader}}, func(e []*pg.Entry) error {
			ms, err := e[0].Members(pg.TypeHash)
			if err != nil {
				return err
			}
			m, err := ms.Find([]byte("field 1"))
			if err == nil && (m == nil || string(m.Value) != "new" || ms.Len() != int64(size-3)) {
				t.Errorf("%d: the field is %v of %d", size, m, ms.Len())
			}
			return err
		})
	}
}

// TestHashWithoutFieldsLeftIsAbsent looks at keys all of whose fields have
// expired, and sweeps them.
func TestHashWithoutFieldsLeftIsAbsent(t *testing.T) {
	c := connect(t, config(t))
	rng := rand.New(rand.NewPCG(5, 6))
	for _, size := range []int{10, 1000} {
		for _, mode := range []pg.Mode{pg.ModeRead, pg.ModeUpdate, pg.ModeStable} {
			key := fmt.Sprintf("%d %d", size, mode)
			fillFields(t, c, key, size, size, size)
			retried(t, rng, c, []claim{{0, key, mode, pg.PartHeader}}, func(e []*pg.Entry) error {
				if e[0].Exists() {
					t.Errorf("%s exists", key)
				}
				return nil
			})
		}
	}
	fillFields(t, c, "", 10, 10, 10)
	fillFields(t, c, "some", 1000, 500, 600)
	fillFields(t, c, "kept", 10, 0, 10)
	fillFields(t, c, "left", 10, 9, 10)
	var s pg.Sweeper
	told := map[string]pg.Type{}
	for range 2 {
		if _, err := s.Step(c, true, func(_ int, name []byte, left pg.Type) { told[string(name)] = left }); err != nil {
			t.Fatal(err)
		}
	}
	if left := told["some"]; left != pg.TypeHash {
		t.Errorf("the sweep tells of a hash that lost fields as %v", left)
	}
	for _, name := range []string{"kept", "left"} {
		if _, ok := told[name]; ok {
			t.Errorf("the sweep tells of %s, which it has left alone", name)
		}
	}
	if n, err := c.Begin().Count(0); err != nil || n != 3 {
		t.Errorf("%d keys are left, %v", n, err)
	}
	r, err := s.Step(c, true, func(_ int, name []byte, left pg.Type) {
		if left == pg.TypeNone {
			t.Errorf("%s was removed", name)
		}
	})
	if err != nil || r.Freed != 0 || r.Volatile != 3 { // some, kept and left
		t.Errorf("sweep: %+v, %v", r, err)
	}
}

// TestRandomTakesOthersNextTime chooses from a large set again and again in one
// unit.
func TestRandomTakesOthersNextTime(t *testing.T) {
	c := connect(t, config(t))
	rng := rand.New(rand.NewPCG(7, 8))
	fillFields(t, c, "k", 10_000, 0, 0)
	retried(t, rng, c, []claim{{0, "k", pg.ModeUpdate, pg.PartHeader}}, func(e []*pg.Entry) error {
		ms, err := e[0].Members(pg.TypeHash)
		if err != nil {
			return err
		}
		seen := map[string]bool{}
		for range 20 {
			chosen, err := ms.Random(1)
			if err != nil {
				return err
			}
			seen[string(chosen[0].Name)] = true
			ms.Drop(chosen[0])
		}
		if len(seen) != 20 || ms.Len() != 9_980 {
			t.Errorf("%d different members, %d are left", len(seen), ms.Len())
		}
		if many, err := ms.Random(20_000); err != nil || len(many) != 9_980 {
			t.Errorf("%d members, %v", len(many), err)
		}
		return nil
	})
}
