package nodes

import (
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/mnorrsken/postkeys/commands/servertest"
)

// TestExpiredKeysAreCountedOnce: two nodes sweep one keyspace, and each key that
// expires is counted by one of them, while clients of both keep writing.
func TestExpiredKeysAreCountedOnce(t *testing.T) {
	t.Parallel()
	const keys = 3000
	_, nodes := pair(t)
	clients := [2]*servertest.Client{dial(t, nodes[0]), dial(t, nodes[1])}
	expired := func() (total int) {
		for _, c := range clients {
			n, err := strconv.Atoi(info(t, c, "expired_keys"))
			if err != nil {
				t.Fatal(err)
			}
			total += n
		}
		return total
	}

	var stop atomic.Bool
	var slowest atomic.Int64
	var writers sync.WaitGroup
	defer writers.Wait()
	defer stop.Store(true)
	for _, node := range nodes {
		c := dial(t, node)
		writers.Go(func() {
			for want := 1; !stop.Load(); want++ {
				start := time.Now()
				got, err := do(c, "INCR", node.Addr)
				if err != nil || got != strconv.Itoa(want) {
					t.Errorf("INCR number %d: %s, %v", want, got, err)
					return
				}
				slowest.Store(max(slowest.Load(), int64(time.Since(start))))
			}
		})
	}
	var pipeline []byte
	for i := range keys {
		pipeline = servertest.AppendCommand(pipeline, "SET", name("volatile", i), strings.Repeat("v", 100), "PX", "300")
	}
	if _, err := clients[0].Exchange(pipeline, keys); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the sum of expired_keys is not as many as have expired", func() bool { return expired() == keys })
	for i := range keys {
		if i%100 == 0 {
			expect(t, clients[i/100%2], "nil", "GET", name("volatile", i))
		}
	}
	must(t, clients[1], "SET", "one more", "v", "PX", "1")
	eventually(t, "expired_keys does not count one more", func() bool { return expired() > keys })
	if n := expired(); n != keys+1 {
		t.Errorf("%d keys are counted, want %d", n, keys+1)
	}
	t.Logf("the slowest INCR beside it took %v", time.Duration(slowest.Load()))
}

// TestExpiryCountsOnEveryNode: whether a key has expired is the same on every
// node, swept or not.
func TestExpiryCountsOnEveryNode(t *testing.T) {
	t.Parallel()
	_, nodes := pair(t)
	a, b := dial(t, nodes[0]), dial(t, nodes[1])
	for _, c := range []*servertest.Client{a, b} {
		must(t, c, "DEBUG", "SET-ACTIVE-EXPIRE", "0")
	}
	must(t, a, "SET", "k", "v", "PX", "100")
	eventually(t, "the key has not expired", func() bool { return must(t, a, "EXISTS", "k") == "0" })
	expect(t, b, "nil", "GET", "k")
	expect(t, b, "0", "DBSIZE")
	expect(t, b, "[]", "KEYS", "*")
	expect(t, b, "[0 []]", "SCAN", "0")
	expect(t, b, "[0 []]", "SCAN", "0", "MATCH", "k*")
	expect(t, b, "nil", "RANDOMKEY")
	expect(t, b, "-2", "TTL", "k")
	expect(t, b, "0", "PERSIST", "k")
	expect(t, b, "0", "EXPIRE", "k", "100")
	expect(t, b, "0", "MOVE", "k", "1")
	expect(t, b, "0", "COPY", "k", "other")
	expect(t, b, "0", "DEL", "k")
	expect(t, b, "1", "SETNX", "k", "new")
	expect(t, a, "new", "GET", "k")
	expect(t, a, "-1", "TTL", "k")
}
