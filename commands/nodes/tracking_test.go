package nodes

import (
	"strings"
	"testing"

	"github.com/mnorrsken/postkeys/commands/servertest"
	"github.com/mnorrsken/postkeys/pg/pgtest"
)

// tracks turns tracking on, and waits until the other nodes know.
func tracks(t *testing.T, s *servertest.Server, options ...string) *servertest.Client {
	t.Helper()
	c := dial(t, s)
	must(t, c, "HELLO", "3")
	must(t, c, append([]string{"CLIENT", "TRACKING", "ON"}, options...)...)
	return c
}

// invalidation reads the next message, as it came.
func invalidation(t *testing.T, c *servertest.Client) string {
	t.Helper()
	reply, err := c.Reply()
	if err != nil {
		t.Fatal(err)
	}
	return string(reply)
}

const forgetEverything = ">2\r\n$10\r\ninvalidate\r\n_\r\n"

func forget(key string) string {
	return strings.ReplaceAll(">2|$10|invalidate|*1|$1|"+key+"|", "|", "\r\n")
}

// TestTrackingAcrossNodes: a client hears of what other nodes have changed, and of
// everything when it may have missed something.
func TestTrackingAcrossNodes(t *testing.T) {
	t.Parallel()
	dsn, nodes := pair(t)
	other := dial(t, nodes[1])
	reader := tracks(t, nodes[0])
	// Until the other node knows, all that it changes counts as missed.
	must(t, other, "SET", "k", "0")
	must(t, reader, "GET", "k")
	must(t, other, "SET", "k", "1")
	if got := invalidation(t, reader); got != forgetEverything && got != forget("k") {
		t.Fatalf("%q", got)
	}
	eventually(t, "the other node's changes arrive one by one", func() bool {
		c := tracks(t, nodes[0])
		defer c.Close()
		must(t, c, "GET", "k")
		must(t, other, "INCR", "k")
		return invalidation(t, c) == forget("k")
	})
	everybody := tracks(t, nodes[0], "BCAST", "PREFIX", "x")
	must(t, other, "MSET", "x1", "1", "y", "1", "x2", "1")
	if got, want := invalidation(t, everybody), ">2\r\n$10\r\ninvalidate\r\n*2\r\n$2\r\nx1\r\n$2\r\nx2\r\n"; got != want {
		t.Errorf("%q", got)
	}
	must(t, everybody, "CLIENT", "TRACKING", "OFF")

	late := tracks(t, nodes[0])
	must(t, late, "GET", "k")
	must(t, other, "FLUSHALL")
	if got := invalidation(t, late); got != forgetEverything {
		t.Errorf("FLUSHALL of another node: %q", got)
	}
	must(t, late, "GET", "k")
	pgtest.Exec(t, dsn, `SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity
		WHERE datname = current_database() AND pid <> pg_backend_pid()`)
	if got := invalidation(t, late); got != forgetEverything {
		t.Errorf("lost connections: %q", got)
	}
}

// TestTrackingOfKeysThatExpire: the node that sweeps tells all.
func TestTrackingOfKeysThatExpire(t *testing.T) {
	t.Parallel()
	_, nodes := pair(t)
	other, reader := dial(t, nodes[1]), tracks(t, nodes[0])
	for got := ""; got != forget("p"); { // until the other node knows that it has to tell
		must(t, reader, "GET", "p")
		must(t, other, "SET", "p", "v")
		if got = invalidation(t, reader); got != forget("p") && got != forgetEverything {
			t.Fatalf("%q", got)
		}
	}
	must(t, other, "SET", "k", "v", "PX", "3000")
	must(t, reader, "GET", "k")
	if got := invalidation(t, reader); got != forget("k") {
		t.Errorf("%q", got)
	}
}
