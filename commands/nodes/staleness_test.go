package nodes

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/mnorrsken/postkeys/commands/servertest"
	"github.com/mnorrsken/postkeys/pg/pgtest"
)

// stale checks the values that cached reads return against what was written. Each
// key has one writer, who counts up.
type stale struct {
	t     *testing.T
	nodes [3]*servertest.Server
	stop  atomic.Bool

	mu    sync.Mutex
	acked [8][]ack // by key: the writes that were acknowledged
	// unknown are the other ones: PostgreSQL may carry one out after its node was
	// killed, and behind later ones.
	unknown [8]map[int]bool
	ages    []time.Duration
	old     int
}

// ack is a write that was acknowledged.
type ack struct {
	number int
	node   int
	at     time.Time
}

// write counts a key up, on one node after the other.
func (s *stale) write(key int) {
	var clients [3]*servertest.Client
	for n := 1; !s.stop.Load(); n++ {
		node := rand.N(len(clients))
		c, err := clients[node], error(nil)
		if c == nil {
			if c, err = s.nodes[node].Dial(); err != nil {
				away()
				continue
			}
			clients[node] = c
		}
		if _, err := do(c, "SET", name("key", key), fmt.Sprint(n)); err != nil {
			c.Close()
			clients[node] = nil
			s.mu.Lock()
			s.unknown[key][n] = true
			s.mu.Unlock()
			continue
		}
		now := time.Now()
		s.mu.Lock()
		s.acked[key] = append(s.acked[key], ack{n, node, now})
		s.mu.Unlock()
		<-time.After(rand.N(20 * time.Millisecond)) // values have to be there for a while to be cached
	}
	for _, c := range clients {
		if c != nil {
			c.Close()
		}
	}
}

// read reads keys on one node.
func (s *stale) read(node int) {
	var c *servertest.Client
	for !s.stop.Load() {
		if c == nil {
			var err error
			if c, err = s.nodes[node].Dial(); err != nil {
				away()
				continue
			}
		}
		key, asked := rand.N(len(s.acked)), time.Now()
		got, err := do(c, "GET", name("key", key))
		if err != nil {
			c.Close()
			c = nil
			continue
		}
		n := 0
		if got != "nil" {
			if _, err := fmt.Sscan(got, &n); err != nil {
				s.t.Errorf("GET answers %q", got)
				return
			}
		}
		s.check(node, key, n, asked)
	}
	if c != nil {
		c.Close()
	}
}

// check finds out how long a value was superseded when it was asked for.
func (s *stale) check(node, key, n int, asked time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.unknown[key][n] {
		return
	}
	age := time.Duration(0)
	acked := s.acked[key]
	for i := len(acked) - 1; i >= 0 && acked[i].number > n; i-- {
		if newer := acked[i]; newer.at.Before(asked) {
			age = asked.Sub(newer.at)
			if newer.node == node {
				s.t.Errorf("node %d answers %d, %v after it has acknowledged %d", node, n, age, newer.number)
			}
		}
	}
	if s.ages = append(s.ages, age); age > 0 {
		s.old++
	}
}

// report prints how old values were since the last report, and returns the 99th
// percentile and the highest age.
func (s *stale) report(what string) (p99, highest time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	slices.Sort(s.ages)
	n := len(s.ages)
	if n == 0 {
		s.t.Fatal("nothing was read")
	}
	p99, highest = s.ages[n*99/100], s.ages[n-1]
	s.t.Logf("%s: %d reads, %d of them of a value that another node had superseded; age p50 %v, p99 %v, p99.9 %v, at most %v",
		what, n, s.old, s.ages[n/2], p99, s.ages[n*999/1000], highest)
	s.ages, s.old = nil, 0
	return p99, highest
}

// during lets the load run.
func (s *stale) during(reads int) {
	eventually(s.t, "there are too few reads", func() bool {
		s.mu.Lock()
		defer s.mu.Unlock()
		return len(s.ages) >= reads
	})
}

// TestStaleness writes and reads on three nodes that cache and tell each other. A
// node is never behind what it has acknowledged itself, and behind the others for
// the time only that news take.
func TestStaleness(t *testing.T) {
	t.Parallel()
	const reads = 20000
	dsn := pgtest.DSN(t)
	s := &stale{t: t}
	for i := range s.nodes {
		s.nodes[i] = cached(t, dsn, "CACHE_TTL=1h", "CACHE_DISTRIBUTED_INVALIDATION=true")
	}
	var busy sync.WaitGroup
	for key := range s.acked {
		s.unknown[key] = make(map[int]bool)
		busy.Go(func() { s.write(key) })
	}
	for node := range s.nodes {
		for range 2 {
			busy.Go(func() { s.read(node) })
		}
	}
	defer busy.Wait()
	defer s.stop.Store(true)

	s.during(reads)
	if p99, highest := s.report("undisturbed"); p99 > 500*time.Millisecond || highest > 5*time.Second {
		t.Error("news take too long")
	}
	for range 5 {
		pgtest.Exec(t, dsn, `SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity
			WHERE datname = current_database() AND application_name LIKE 'postkeys listener%'`)
		s.during(reads / 5)
		if _, highest := s.report("connections to listen on were ended"); highest > 5*time.Second {
			t.Error("news take too long")
		}
	}
	for i := range s.nodes {
		if err := s.nodes[i].Kill(); err != nil {
			t.Fatal(err)
		}
		s.during(reads / 5)
		if _, highest := s.report("a node was killed"); highest > 10*time.Second {
			t.Error("what a killed node has written stays unknown")
		}
		if err := s.nodes[i].Start(); err != nil {
			t.Fatal(err)
		}
	}
	hits := 0
	for i := range s.nodes {
		hits += metric(t, s.nodes[i], hitsMetric)
	}
	if hits == 0 {
		t.Error("the cache was not used")
	}
	t.Logf("%d hits since the last starts", hits)
}

// TestCacheEmptiesWithoutNews: a node that cannot hear others does not answer from
// its cache until it can.
func TestCacheEmptiesWithoutNews(t *testing.T) {
	t.Parallel()
	dsn := pgtest.DSN(t)
	s := cached(t, dsn, "CACHE_TTL=1h", "CACHE_DISTRIBUTED_INVALIDATION=true")
	c, writer := dial(t, s), dial(t, servertest.Postkeys(t, dsn))
	must(t, writer, "SET", "k", "0")
	answered(t, s, c, "0", "k")
	for i := 1; i <= 5; i++ {
		pgtest.Exec(t, dsn, `SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity
			WHERE datname = current_database() AND application_name LIKE 'postkeys listener%'`)
		must(t, writer, "SET", "k", fmt.Sprint(i))
		eventually(t, "the write does not show", func() bool { return must(t, c, "GET", "k") == fmt.Sprint(i) })
		answered(t, s, c, fmt.Sprint(i), "k")
	}
	if !strings.Contains(s.Logs(), "the connection on which other nodes are heard is lost") {
		t.Error("it has not lost the connection")
	}
}
