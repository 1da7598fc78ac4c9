package nodes

import (
	"fmt"
	"strconv"
	"sync"
	"testing"

	"github.com/mnorrsken/postkeys/commands/servertest"
)

// TestWatchSeesTheOtherNode: whatever another node does to a watched key, EXEC
// runs nothing; what leaves the key alone does no harm.
func TestWatchSeesTheOtherNode(t *testing.T) {
	t.Parallel()
	_, nodes := pair(t)
	here, there := dial(t, nodes[0]), dial(t, nodes[1])
	for i, test := range []struct {
		prepare, meanwhile [][]string
		runs               bool
	}{
		{[][]string{{"SET", "k", "1"}}, nil, true},
		{[][]string{{"SET", "k", "1"}}, [][]string{{"GET", "k"}, {"TTL", "k"}, {"SET", "other", "1"}}, true},
		{[][]string{{"SET", "k", "1"}}, [][]string{{"SET", "k", "1"}}, false},
		{[][]string{{"SET", "k", "1"}}, [][]string{{"DEL", "k"}, {"SET", "k", "1"}}, false},
		{[][]string{{"SET", "k", "1"}}, [][]string{{"PEXPIRE", "k", "100000"}}, false},
		{[][]string{{"SET", "k", "1"}}, [][]string{{"PEXPIREAT", "k", "1"}}, false},
		{[][]string{{"SET", "k", "1"}}, [][]string{{"PERSIST", "k"}, {"SETNX", "k", "2"}}, true},
		{[][]string{{"SET", "k", "1"}}, [][]string{{"FLUSHALL"}}, false},
		{[][]string{{"SET", "k", "1"}}, [][]string{{"RENAME", "k", "other"}}, false},
		{[][]string{{"SET", "k", "1"}}, [][]string{{"RENAME", "k", "x"}, {"RENAME", "x", "k"}}, false},
		{[][]string{{"SET", "k", "1"}}, [][]string{{"SWAPDB", "0", "1"}}, false},
		{nil, [][]string{{"SETNX", "k", "1"}}, false},
		{nil, [][]string{{"DEL", "k"}, {"LPOP", "k"}}, true},
		{nil, [][]string{{"SET", "from", "1"}, {"COPY", "from", "k"}}, false},
		{[][]string{{"SADD", "k", "a"}}, [][]string{{"SADD", "k", "a"}, {"SREM", "k", "b"}}, true},
		{[][]string{{"SADD", "k", "a"}}, [][]string{{"SADD", "k", "b"}, {"SREM", "k", "b"}}, false},
		{[][]string{{"RPUSH", "k", "a"}}, [][]string{{"LSET", "k", "0", "b"}}, false},
		{[][]string{{"HSET", "k", "f", "1"}}, [][]string{{"HINCRBY", "k", "f", "0"}}, false},
		{[][]string{{"ZADD", "k", "1", "a"}}, [][]string{{"ZADD", "k", "NX", "2", "a"}, {"ZRANGE", "k", "0", "-1"}}, true},
	} {
		t.Run(fmt.Sprint(i, test.meanwhile), func(t *testing.T) {
			must(t, here, "FLUSHALL")
			for _, command := range test.prepare {
				must(t, here, command...)
			}
			must(t, here, "WATCH", "k", "never")
			for _, command := range test.meanwhile {
				must(t, there, command...)
			}
			must(t, here, "MULTI")
			must(t, here, "SET", "done", "yes")
			want := "nil"
			if test.runs {
				want = "[OK]"
			}
			expect(t, here, want, "EXEC")
			must(t, here, "DEL", "done")
			must(t, here, "MULTI")
			must(t, here, "PING")
			expect(t, here, "[PONG]", "EXEC") // nothing is watched any more
		})
	}
}

// TestWatchIsOptimisticLocking: clients of two nodes count with WATCH, GET,
// MULTI, SET and EXEC, from an absent key on, and no count is lost.
func TestWatchIsOptimisticLocking(t *testing.T) {
	t.Parallel()
	_, nodes := pair(t)
	const clients, each = 8, 15
	var wg sync.WaitGroup
	for i := range clients {
		c := dial(t, nodes[i%2])
		wg.Go(func() {
			for done := 0; done < each; {
				executed, err := countWatched(c, "count")
				if err != nil {
					t.Error(err)
					return
				}
				if executed {
					done++
				}
			}
		})
	}
	wg.Wait()
	expect(t, dial(t, nodes[0]), strconv.Itoa(clients*each), "GET", "count")
}

// countWatched adds one to a key unless it changes meanwhile.
func countWatched(c *servertest.Client, key string) (executed bool, err error) {
	value, err := inTurn(c, []string{"WATCH", key}, []string{"GET", key})
	if err != nil {
		return false, err
	}
	n := 0
	if value != "nil" {
		if n, err = strconv.Atoi(value); err != nil {
			return false, err
		}
	}
	reply, err := inTurn(c, []string{"MULTI"}, []string{"SET", key, strconv.Itoa(n + 1)}, []string{"EXEC"})
	return reply != "nil", err
}

// TestTransactionsDoNotMissEachOther: of two transactions that each look at an
// absent key and make the other's, one comes first and the other sees it.
func TestTransactionsDoNotMissEachOther(t *testing.T) {
	t.Parallel()
	_, nodes := pair(t)
	cleaner := dial(t, nodes[0])
	var saw [2]string
	for round := range 60 {
		must(t, cleaner, "FLUSHALL")
		var wg sync.WaitGroup
		for i, keys := range [2][2]string{{"a", "b"}, {"b", "a"}} {
			c := dial(t, nodes[i])
			wg.Go(func() {
				var err error
				saw[i], err = inTurn(c, []string{"MULTI"}, []string{"GET", keys[0]}, []string{"SET", keys[1], "1"}, []string{"EXEC"})
				if err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if saw[0] == "[nil OK]" && saw[1] == "[nil OK]" {
			t.Fatalf("round %d: neither saw the other", round)
		}
	}
}
