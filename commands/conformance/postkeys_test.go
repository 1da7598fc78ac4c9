package conformance

import (
	"os"
	"testing"

	"github.com/mnorrsken/postkeys/commands/servertest"
	"github.com/mnorrsken/postkeys/pg/pgtest"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }

// sequenceCount is how many random sequences a run compares.
func sequenceCount() uint64 {
	if testing.Short() {
		return 1600
	}
	return 9600
}

// newPair starts a redis-server and a postkeys server. CONFORMANCE_ADDR names a running server to test instead.
func newPair(t *testing.T) *Pair {
	pair := &Pair{Reference: servertest.Redis(t).Addr, Target: os.Getenv("CONFORMANCE_ADDR"), CheckStated: true, CheckLater: true}
	if pair.Target == "" {
		pair.Target = servertest.Postkeys(t, pgtest.DSN(t)).Addr
	}
	return pair
}

// TestCases runs every case file against postkeys.
func TestCases(t *testing.T) {
	runCases(t, newPair(t), func(kind *Type) bool { return kind.Served })
}

// TestRandomSequences compares random sequences. CONFORMANCE_SEED, CONFORMANCE_FIRST and CONFORMANCE_SEQUENCES choose
// others than those that every run compares.
func TestRandomSequences(t *testing.T) {
	pair := newPair(t)
	failures, err := pair.Sequences(fromEnvironment(t, "CONFORMANCE_SEED", 1), fromEnvironment(t, "CONFORMANCE_FIRST", 0),
		fromEnvironment(t, "CONFORMANCE_SEQUENCES", sequenceCount()))
	for _, f := range failures {
		t.Error(f)
	}
	if err != nil {
		t.Fatal(err)
	}
}
