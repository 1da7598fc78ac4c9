package pg_test

import (
	"maps"
	"math/rand/v2"
	"testing"

	"github.com/mnorrsken/postkeys/pg"
)

// TestChainsOfRenames runs random renames, writes and deletes of a few keys,
// several in a unit, beside a map.
func TestChainsOfRenames(t *testing.T) {
	t.Parallel()
	c := connect(t, config(t))
	random := rand.New(rand.NewPCG(1, 2))
	names := []string{"a", "b", "c", "d"}
	claims := make([]claim, len(names))
	for i, name := range names {
		claims[i] = stable(name)
	}
	model := map[string]string{}
	for round := range 300 {
		unit(t, c, claims, func(tx *pg.Tx, e []*pg.Entry) {
			for range 1 + random.IntN(6) {
				i, j := random.IntN(len(names)), random.IntN(len(names))
				switch value := string(rune('A' + round%26)); {
				case random.IntN(4) == 0:
					e[i].Replace([]byte(value), pg.EncodingNatural)
					model[names[i]] = value
				case random.IntN(6) == 0:
					e[i].Delete()
					delete(model, names[i])
				case i != j && e[i].Exists():
					tx.Rename(e[i], e[j])
					model[names[j]] = model[names[i]]
					delete(model, names[i])
				}
			}
		})
		found := map[string]string{}
		for _, name := range names {
			if value := get(t, c, name); value != "(none)" {
				found[name] = value
			}
		}
		if !maps.Equal(found, model) {
			t.Fatalf("round %d: found %v, want %v", round, found, model)
		}
	}
}
