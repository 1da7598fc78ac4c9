package nodes

import (
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/mnorrsken/postkeys/commands/servertest"
	"github.com/mnorrsken/postkeys/pg/pgtest"
)

// block sends a blocking command on a connection of its own, and returns when the
// client is blocked.
func block(t *testing.T, s *servertest.Server, args ...string) *servertest.Client {
	t.Helper()
	c, watcher := dial(t, s), dial(t, s)
	before := info(t, watcher, "blocked_clients")
	if err := c.SendCommand(args...); err != nil {
		t.Fatal(err)
	}
	n, _ := strconv.Atoi(before)
	eventually(t, "a client blocks", func() bool { return info(t, watcher, "blocked_clients") == strconv.Itoa(n+1) })
	return c
}

// TestEverythingThatFillsWakes: a client that waits on one node gets what is
// brought by any command on either node.
func TestEverythingThatFillsWakes(t *testing.T) {
	t.Parallel()
	_, nodes := pair(t)
	for _, tc := range []struct {
		name string
		wait []string
		fill [][]string
		want string
	}{
		{"LPUSH", []string{"BRPOP", "k", "0"}, [][]string{{"LPUSH", "k", "a", "b"}}, "[k a]"},
		{"RENAME", []string{"BLPOP", "k", "0"}, [][]string{{"RPUSH", "o", "a"}, {"RENAME", "o", "k"}}, "[k a]"},
		{"RENAMENX", []string{"BLPOP", "x", "k", "0"}, [][]string{{"RPUSH", "o", "a"}, {"RENAMENX", "o", "k"}}, "[k a]"},
		{"COPY", []string{"BLPOP", "k", "0"}, [][]string{{"RPUSH", "o", "a"}, {"COPY", "o", "k"}}, "[k a]"},
		{"MOVE", []string{"BLPOP", "k", "0"}, [][]string{{"SELECT", "1"}, {"RPUSH", "k", "a"}, {"MOVE", "k", "0"}, {"SELECT", "0"}}, "[k a]"},
		{"SWAPDB", []string{"BLPOP", "k", "0"}, [][]string{{"SELECT", "1"}, {"RPUSH", "k", "a"}, {"SWAPDB", "0", "1"}, {"SELECT", "0"}}, "[k a]"},
		{"SORT", []string{"BLPOP", "k", "0"}, [][]string{{"RPUSH", "o", "1"}, {"SORT", "o", "STORE", "k"}}, "[k 1]"},
		{"LMOVE", []string{"BLPOP", "k", "0"}, [][]string{{"RPUSH", "o", "a"}, {"LMOVE", "o", "k", "LEFT", "LEFT"}}, "[k a]"},
		{"EXEC", []string{"BLPOP", "k", "0"}, [][]string{{"MULTI"}, {"RPUSH", "k", "a"}, {"RPUSH", "k", "b"}, {"EXEC"}}, "[k a]"},
		{"EVAL", []string{"BLMPOP", "0", "2", "x", "k", "LEFT", "COUNT", "5"}, [][]string{{"EVAL", "redis.call('rpush', KEYS[1], 'a', 'b')", "1", "k"}}, "[k [a b]]"},
		{"ZADD", []string{"BZPOPMIN", "k", "0"}, [][]string{{"ZADD", "k", "1", "a"}}, "[k a 1]"},
		{"ZUNIONSTORE", []string{"BZPOPMAX", "k", "0"}, [][]string{{"ZADD", "o", "1", "a"}, {"ZUNIONSTORE", "k", "1", "o"}}, "[k a 1]"},
		{"GEOADD", []string{"BZMPOP", "0", "1", "k", "MIN"}, [][]string{{"GEOADD", "k", "0", "0", "a"}}, "[k [[a 3377699720527872]]]"},
		{"a type that is waited for after others", []string{"BLPOP", "k", "0"}, [][]string{{"SET", "k", "v"}, {"DEL", "k"}, {"ZADD", "k", "1", "m"}, {"DEL", "k"}, {"LPUSH", "k", "a"}}, "[k a]"},
	} {
		for i, from := range nodes {
			c := block(t, nodes[0], tc.wait...)
			filler := dial(t, from)
			for _, command := range tc.fill {
				must(t, filler, command...)
			}
			if got := next(t, c); got != tc.want {
				t.Errorf("%s on node %d: %s, want %s", tc.name, i, got, tc.want)
			}
			must(t, filler, "FLUSHALL")
		}
	}
}

// TestChainsOfMoves: an element goes on through BLMOVEs of several nodes.
func TestChainsOfMoves(t *testing.T) {
	t.Parallel()
	_, nodes := pair(t)
	var chain []*servertest.Client
	for i := range 6 {
		chain = append(chain, block(t, nodes[i%2], "BLMOVE", name("k", i), name("k", i+1), "LEFT", "RIGHT", "0"))
	}
	last := block(t, nodes[0], "BLPOP", "k:6", "0")
	must(t, dial(t, nodes[1]), "RPUSH", "k:0", "job")
	for i, c := range chain {
		if got := next(t, c); got != "job" {
			t.Errorf("move %d: %s", i, got)
		}
	}
	if got := next(t, last); got != "[k:6 job]" {
		t.Errorf("at the end: %s", got)
	}
}

// TestFirstComeFirstServed: clients of one node are served in the order in which they
// have blocked, be the elements pushed one by one, together, or on another node.
func TestFirstComeFirstServed(t *testing.T) {
	t.Parallel()
	_, nodes := pair(t)
	const n = 12
	for round, push := range []func(c *servertest.Client){
		func(c *servertest.Client) {
			for i := range n {
				must(t, c, "RPUSH", "k", strconv.Itoa(i))
			}
		},
		func(c *servertest.Client) {
			command := []string{"RPUSH", "k"}
			for i := range n {
				command = append(command, strconv.Itoa(i))
			}
			must(t, c, command...)
		},
	} {
		for i, from := range nodes {
			var waiters []*servertest.Client
			for range n {
				waiters = append(waiters, block(t, nodes[0], "BLPOP", "k", "0"))
			}
			push(dial(t, from))
			for w, c := range waiters {
				if got := next(t, c); got != "[k "+strconv.Itoa(w)+"]" {
					t.Errorf("round %d, pushed on node %d: client %d got %s", round, i, w, got)
				}
			}
		}
	}
}

// TestWhoLeavesEatsNothing: a client that is gone gets nothing, and who waits behind
// it does.
func TestWhoLeavesEatsNothing(t *testing.T) {
	t.Parallel()
	_, nodes := pair(t)
	watcher := dial(t, nodes[0])
	for i := range 20 {
		leaver := block(t, nodes[0], "BLPOP", "k", "0")
		stayer := block(t, nodes[0], "BLPOP", "k", "0")
		leaver.Close()
		eventually(t, "the client is gone", func() bool { return info(t, watcher, "blocked_clients") == "1" })
		must(t, dial(t, nodes[i%2]), "RPUSH", "k", strconv.Itoa(i))
		if got := next(t, stayer); got != "[k "+strconv.Itoa(i)+"]" {
			t.Fatal(got)
		}
	}
}

// TestTimeoutsAreAccurate: a wait ends when its time is up, not before, and no
// later than a busy machine explains.
func TestTimeoutsAreAccurate(t *testing.T) {
	t.Parallel()
	_, nodes := pair(t)
	c := dial(t, nodes[0])
	var late []time.Duration
	for ms := 1; ms < 300; ms += 13 {
		timeout := time.Duration(ms) * time.Millisecond
		started := time.Now()
		expect(t, c, "nil", "BLPOP", "none", strconv.FormatFloat(timeout.Seconds(), 'f', -1, 64))
		took := time.Since(started)
		if took < timeout {
			t.Errorf("%v ended after %v", timeout, took)
		}
		late = append(late, took-timeout)
	}
	slices.Sort(late)
	t.Logf("late by %v in the median, at most %v", late[len(late)/2], late[len(late)-1])
	if late[len(late)/2] > 100*time.Millisecond {
		t.Errorf("timeouts end late: %v", late)
	}
}

// TestPipelinesArePushedTogether: whoever waits is served behind a batch that was
// carried out as one, and before what is sent after its replies.
func TestPipelinesArePushedTogether(t *testing.T) {
	t.Parallel()
	_, nodes := pair(t)
	waiter, c := block(t, nodes[0], "BLPOP", "k", "0"), dial(t, nodes[0])
	pipeline := servertest.AppendCommand(nil, "RPUSH", "k", "a", "b")
	pipeline = servertest.AppendCommand(pipeline, "LPOP", "k")
	replies, err := c.Exchange(pipeline, 2)
	if err != nil || string(replies[0]) != ":2\r\n" || string(replies[1]) != "$1\r\na\r\n" {
		t.Fatalf("%q, %v", replies, err)
	}
	expect(t, c, "0", "EXISTS", "k")
	if got := next(t, waiter); got != "[k b]" {
		t.Error(got)
	}
}

// TestPushOfUnknownOutcomeWakes: a client that waits gets what a command of its node has
// pushed that was committed, though the node has not heard of it and goes on hearing of all else.
func TestPushOfUnknownOutcomeWakes(t *testing.T) {
	t.Parallel()
	dsn := pgtest.DSN(t)
	proxy := pgtest.NewProxy(t, dsn)
	node := servertest.Postkeys(t, proxy.DSN(), "PG_STATEMENT_TIMEOUT=1s")
	pusher := dial(t, node)
	must(t, pusher, "RPUSH", "o", "v")
	waiter := block(t, node, "BLPOP", "k", "0")
	proxy.LoseCommit()
	if _, err := do(pusher, "RPUSH", "k", "v"); err == nil || !strings.Contains(err.Error(), "unknown") {
		t.Fatalf("got %v", err)
	}
	proxy.Admit()
	if got := next(t, waiter); got != "[k v]" {
		t.Errorf("got %s", got)
	}
}
