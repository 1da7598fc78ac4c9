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
		readsTracked(t, reader, "p")
		must(t, other, "SET", "p", "v")
		if got = invalidation(t, reader); got != forget("p") && got != forgetEverything {
			t.Fatalf("%q", got)
		}
	}
	must(t, other, "SET", "k", "v", "PX", "3000")
	for got := forgetEverything; got != forget("k"); got = invalidation(t, reader) {
		if got != forgetEverything {
			t.Fatalf("%q", got)
		}
		readsTracked(t, reader, "k")
	}
}

// readsTracked has a client read a key. What it is told in front of the reply is about
// what it has read before.
func readsTracked(t *testing.T, c *servertest.Client, key string) {
	t.Helper()
	if err := c.SendCommand("GET", key); err != nil {
		t.Fatal(err)
	}
	for {
		switch reply, err := c.Reply(); {
		case err != nil:
			t.Fatal(err)
		case reply[0] != '>':
			return
		}
	}
}

// TestKeysFoundExpiredAreTold: with nothing that removes keys in the background, one that
// a command finds expired is told, once, to those who keep it and as an event.
func TestKeysFoundExpiredAreTold(t *testing.T) {
	t.Parallel()
	dsn := pgtest.DSN(t)
	node := servertest.Postkeys(t, dsn)
	c, reader, subscriber := dial(t, node), tracks(t, node), dial(t, node)
	must(t, c, "CONFIG", "SET", "notify-keyspace-events", "Ex")
	expect(t, subscriber, "[subscribe __keyevent@0__:expired 1]", "SUBSCRIBE", "__keyevent@0__:expired")
	for i, stop := range [][]string{{"DEBUG", "SET-ACTIVE-EXPIRE", "0"}, {"DEBUG", "PAUSE-CRON", "1"}} {
		must(t, c, stop...)
		for j, find := range [][]string{{"GET"}, {"EVAL", "return redis.call('get', KEYS[1])", "1"}, {"GETEX"}} {
			key := string(rune('a' + 3*i + j))
			must(t, c, "SET", key, "v", "PX", "3600000")
			expect(t, reader, "v", "GET", key)
			pgtest.Exec(t, dsn, "UPDATE kv_keys SET expire_at = 1")
			expect(t, c, "nil", append(find, key)...)
			if got := invalidation(t, reader); got != forget(key) {
				t.Errorf("%q", got)
			}
			if got, want := next(t, subscriber), "[message __keyevent@0__:expired "+key+"]"; got != want {
				t.Errorf("%s, want %s", got, want)
			}
		}
		must(t, c, stop[0], stop[1], map[string]string{"0": "1", "1": "0"}[stop[2]])
	}
	// A client that looks at its copy again is told too.
	must(t, c, "DEBUG", "SET-ACTIVE-EXPIRE", "0")
	must(t, c, "SET", "k", "v", "PX", "3600000")
	expect(t, reader, "v", "GET", "k")
	pgtest.Exec(t, dsn, "UPDATE kv_keys SET expire_at = 1")
	expect(t, reader, "nil", "GET", "k")
	if got := invalidation(t, reader); got != forget("k") {
		t.Errorf("%q", got)
	}
}

// TestTrackingOfOwnChanges: a client that changes a key and then reads it in one
// transaction, script or pipeline may keep it; Redis 7.2.6 answers the same.
func TestTrackingOfOwnChanges(t *testing.T) {
	t.Parallel()
	node := servertest.Postkeys(t, pgtest.DSN(t))
	other := dial(t, node)
	for _, test := range []struct {
		name string
		unit [][]string
		told bool // behind the unit
		kept bool // told when another client changes the key afterwards
	}{
		{"changed, then read", [][]string{{"SET", "k", "2"}, {"GET", "k"}}, false, true},
		{"read, then changed", [][]string{{"GET", "k"}, {"SET", "k", "2"}}, true, false},
		{"changed, read, changed", [][]string{{"SET", "k", "2"}, {"GET", "k"}, {"SET", "k", "3"}}, true, false},
		{"read, changed, read", [][]string{{"GET", "k"}, {"SET", "k", "2"}, {"MGET", "x", "k"}}, true, true},
		{"a script changes, then reads", [][]string{{"EVAL", "redis.call('set', KEYS[1], 2) return redis.call('get', KEYS[1])", "1", "k"}}, false, true},
		{"a script reads, then changes", [][]string{{"EVAL", "redis.call('get', KEYS[1]) return redis.call('set', KEYS[1], 2)", "1", "k"}}, true, false},
		{"a script reads what was changed", [][]string{{"SET", "k", "2"}, {"EVAL_RO", "return redis.call('get', KEYS[1])", "1", "k"}}, false, true},
	} {
		for _, exec := range []bool{true, false} {
			must(t, other, "SET", "k", "1")
			c := tracks(t, node)
			unit := test.unit
			if exec {
				unit = append(append([][]string{{"MULTI"}}, unit...), []string{"EXEC"})
			}
			var pipeline []byte
			for _, command := range unit {
				pipeline = servertest.AppendCommand(pipeline, command...)
			}
			if _, err := c.Exchange(pipeline, len(unit)); err != nil {
				t.Fatal(err)
			}
			must(t, other, "SET", "k", "9")
			told := 0
			if err := c.SendCommand("PING"); err != nil {
				t.Fatal(err)
			}
			for {
				got := invalidation(t, c)
				if got == "+PONG\r\n" {
					break
				}
				if told++; got != forget("k") {
					t.Fatalf("%s: %q", test.name, got)
				}
			}
			want := 0
			if test.told {
				want++
			}
			if test.kept {
				want++
			}
			if told != want {
				t.Errorf("%s, in a transaction: %v: told %d times, want %d", test.name, exec, told, want)
			}
			c.Close()
		}
	}
}

// TestTrackingWithoutLoopInSharedRounds: a client that is not told of its own changes is
// told of those that others make at the same time, and so in the same unit of work.
func TestTrackingWithoutLoopInSharedRounds(t *testing.T) {
	t.Parallel()
	node := servertest.Postkeys(t, pgtest.DSN(t))
	reader, other := tracks(t, node, "BCAST", "PREFIX", "k", "NOLOOP"), dial(t, node)
	// What keeps the workers busy meanwhile, so that the two commands wait and meet.
	const large = 300
	busy := []*servertest.Client{dial(t, node), dial(t, node), dial(t, node)}
	var pipeline []byte
	for i := range large {
		pipeline = servertest.AppendCommand(pipeline, "SET", name("busy", i), "v")
	}
	for range 100 {
		for _, c := range busy {
			if err := c.Send(pipeline); err != nil {
				t.Fatal(err)
			}
		}
		for _, c := range []*servertest.Client{reader, other} {
			if err := c.SendCommand("SET", "k", "v"); err != nil {
				t.Fatal(err)
			}
		}
		for _, c := range busy {
			if _, err := c.Replies(large); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := other.Reply(); err != nil {
			t.Fatal(err)
		}
		if err := reader.SendCommand("PING"); err != nil {
			t.Fatal(err)
		}
		told := false
		for got := ""; got != "+PONG\r\n"; {
			got = invalidation(t, reader)
			told = told || got == forget("k")
		}
		if !told {
			t.Fatal("the client was not told that another one has changed the key")
		}
	}
}
