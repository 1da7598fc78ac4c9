package conformance

import (
	"fmt"
	"testing"

	"github.com/mnorrsken/postkeys/commands/servertest"
)

// TestCombinations compares every combination in both protocols.
func TestCombinations(t *testing.T) { runCombinations(t, newPair(t)) }

// TestCombinationsAreStable runs them against two redis-servers, which must not differ.
func TestCombinationsAreStable(t *testing.T) {
	if testing.Short() {
		return // PostgreSQL has no part in it
	}
	t.Parallel()
	runCombinations(t, &Pair{Reference: servertest.Redis(t).Addr, Target: servertest.Redis(t).Addr})
}

func runCombinations(t *testing.T, pair *Pair) {
	for name, sequences := range Combinations() {
		for _, protocol := range []int{2, 3} {
			t.Run(fmt.Sprintf("%s/resp%d", name, protocol), func(t *testing.T) {
				failures, err := pair.Each(sequences, protocol)
				for _, f := range failures {
					t.Error(f)
				}
				if err != nil {
					t.Fatal(err)
				}
			})
		}
	}
}
