package conformance

import (
	"os"
	"reflect"
	"strconv"
	"testing"

	"github.com/mnorrsken/postkeys/commands/servertest"
)

// fromEnvironment reads a number that a developer may set.
func fromEnvironment(t *testing.T, name string, otherwise uint64) uint64 {
	text := os.Getenv(name)
	if text == "" {
		return otherwise
	}
	n, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return n
}

func TestSequenceDependsOnItsSeedAlone(t *testing.T) {
	t.Parallel()
	if !reflect.DeepEqual(Sequence(1, 7), Sequence(1, 7)) {
		t.Error("one seed made two sequences")
	}
	if reflect.DeepEqual(Sequence(1, 7), Sequence(2, 7)) {
		t.Error("two seeds made one sequence")
	}
}

// TestSequencesAreDeterministic runs sequences against two redis-servers, which must not differ.
func TestSequencesAreDeterministic(t *testing.T) {
	if testing.Short() {
		return // PostgreSQL has no part in it
	}
	t.Parallel()
	pair := &Pair{Reference: servertest.Redis(t).Addr, Target: servertest.Redis(t).Addr}
	failures, err := pair.Sequences(fromEnvironment(t, "CONFORMANCE_SEED", 1), 0, 1000)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range failures {
		t.Error(f)
	}
}

// TestShrinkFindsTheCommandsThatMatter compares with a server whose STRLEN is BITCOUNT.
func TestShrinkFindsTheCommandsThatMatter(t *testing.T) {
	t.Parallel()
	pair := &Pair{
		Reference: servertest.Redis(t).Addr,
		Target: servertest.Redis(t, "--rename-command", "STRLEN", "HELD",
			"--rename-command", "BITCOUNT", "STRLEN", "--rename-command", "HELD", "BITCOUNT").Addr,
	}
	failures, err := pair.Sequences(1, 0, 100)
	if err != nil {
		t.Fatal(err)
	}
	if len(failures) != failuresMax {
		t.Fatalf("%d failures", len(failures))
	}
	for _, f := range failures {
		if !f.Reproduced || len(f.Commands) > 4 {
			t.Errorf("not shrunk: %v", f)
		}
	}
}
