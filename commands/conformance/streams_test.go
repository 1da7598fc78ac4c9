package conformance

import (
	"bytes"
	"strings"
	"testing"

	"github.com/mnorrsken/postkeys/commands/servertest"
)

// streamCount is how many streams a run compares.
const streamCount = 500

// TestRandomStreams compares all that comes back on connections that switch the protocol, the database and replies in the
// middle of pipelines which arrive in pieces.
func TestRandomStreams(t *testing.T) {
	compareStreams(t, newPair(t), fromEnvironment(t, "CONFORMANCE_STREAMS", streamCount))
}

// TestStreamsAreDeterministic compares two redis-servers.
func TestStreamsAreDeterministic(t *testing.T) {
	if testing.Short() {
		return // PostgreSQL has no part in it
	}
	t.Parallel()
	compareStreams(t, &Pair{Reference: servertest.Redis(t).Addr, Target: servertest.Redis(t).Addr}, 200)
}

func compareStreams(t *testing.T, pair *Pair, count uint64) {
	if err := pair.flush(); err != nil {
		t.Fatal(err)
	}
	seed := fromEnvironment(t, "CONFORMANCE_SEED", 1)
	for index := range count {
		pieces := Stream(seed, index)
		want, err := playStream(pair.Reference, pieces)
		if err != nil {
			t.Fatalf("redis-server: stream %d: %v", index, err)
		}
		got, err := playStream(pair.Target, pieces)
		if err != nil {
			t.Fatalf("stream %d: %v", index, err)
		}
		if !bytes.Equal(want, got) {
			at := 0
			for at < min(len(want), len(got)) && want[at] == got[at] {
				at++
			}
			from := max(0, at-100)
			t.Fatalf("stream %d of seed %d differs in byte %d:\n  redis    ...%s\n  postkeys ...%s\n  sent %s", index, seed, at,
				brief(want[from:]), brief(got[from:]), strings.ToValidUTF8(brief(bytes.Join(pieces, nil)), "?"))
		}
	}
}
