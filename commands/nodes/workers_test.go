package nodes

import (
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/mnorrsken/postkeys/commands/servertest"
	"github.com/mnorrsken/postkeys/pg/pgtest"
)

// workload is how much the test of workers does: WORKERS_LONG is set for all of it.
func workload() (jobs, workers, breaks int) {
	if os.Getenv("WORKERS_LONG") != "" {
		return 100000, 200, 12
	}
	return 600, 30, 3
}

// TestWorkersShareJobs: workers on three nodes wait for jobs that are pushed on all
// of them, while nodes and PostgreSQL are killed. Each job is handed out once, none
// is left, and whatever was acknowledged to a pusher or a worker is true in the end.
//
// A reply can get lost with its node. So what was pushed and what was handed out is
// written down by the commands themselves: a job is noted in the transaction that
// pushes it, and a worker moves it to a list of its own. A job whose push was not
// acknowledged is pushed again under another name.
func TestWorkersShareJobs(t *testing.T) {
	t.Parallel()
	jobs, workers, breaks := workload()
	cluster := pgtest.NewCluster(t, nil)
	var nodes [3]*servertest.Server
	for i := range nodes {
		nodes[i] = servertest.Postkeys(t, cluster.DSN("postkeys"))
	}
	const pushers = 6
	var done, pushing sync.WaitGroup
	var acknowledged atomic.Int64
	var stop atomic.Bool
	received, told := make([][]string, workers), make([][]string, pushers)
	for w := range workers {
		done.Go(func() { received[w] = work(nodes[w%3], name("taken", w), &stop) })
	}
	started := time.Now()
	for p := range pushers {
		pushing.Go(func() { told[p] = push(nodes[p%3], p, jobs/pushers, &acknowledged) })
	}
	for i := range breaks {
		progress(t, &acknowledged, int64(jobs*(i+1)/(breaks+1)))
		t.Logf("%d jobs are pushed after %v", acknowledged.Load(), time.Since(started))
		breakSomething(t, i, nodes[:], cluster)
	}
	progress(t, &acknowledged, int64(jobs/pushers*pushers))
	pushing.Wait()
	t.Logf("all are pushed after %v", time.Since(started))
	c := dial(t, nodes[0])
	eventually(t, "the queue is empty", func() bool {
		reply, err := do(c, "LLEN", "queue") // PostgreSQL may just have come back
		return err == nil && reply == "0"
	})
	took := time.Since(started)
	stop.Store(true)
	for range workers { // they notice with the next job
		must(t, c, "LPUSH", "queue", "stop")
	}
	done.Wait()

	handed := make(map[string]int)
	for w := range workers {
		taken := elements(t, c, "LRANGE", name("taken", w), "0", "-1")
		for _, job := range taken {
			if job != "stop" {
				handed[job]++
			}
		}
		slices.Sort(taken)
		for _, job := range received[w] {
			if _, found := slices.BinarySearch(taken, job); !found {
				t.Errorf("worker %d was given %s, which is not in its list", w, job)
			}
		}
	}
	pushed := map[string]bool{}
	for _, job := range elements(t, c, "SMEMBERS", "pushed") {
		pushed[job] = true
		if handed[job] != 1 {
			t.Errorf("%s was handed out %d times", job, handed[job])
		}
	}
	if len(handed) != len(pushed) {
		t.Errorf("%d jobs were handed out, %d were pushed", len(handed), len(pushed))
	}
	for _, job := range slices.Concat(told...) {
		if !pushed[job] {
			t.Errorf("%s was acknowledged and is lost", job)
		}
	}
	t.Logf("%d jobs through %d workers in %v", len(pushed), workers, took)
}

// progress waits until so many jobs are acknowledged, for as long as it goes on.
func progress(t *testing.T, acknowledged *atomic.Int64, n int64) {
	t.Helper()
	for last := acknowledged.Load(); last < n; last = acknowledged.Load() {
		eventually(t, "no push is acknowledged any more", func() bool { return acknowledged.Load() > last })
	}
}

// breakSomething kills a node in the middle of its work, and all but the first time PostgreSQL too: without a checkpoint, or
// the postmaster itself while the node is away.
func breakSomething(t *testing.T, n int, nodes []*servertest.Server, cluster *pgtest.Cluster) {
	t.Helper()
	node := nodes[(n+1)%len(nodes)]
	if err := node.Kill(); err != nil {
		t.Fatal(err)
	}
	if n%3 == 2 {
		cluster.Kill()
		cluster.Start()
	}
	if err := node.Start(); err != nil {
		t.Fatal(err)
	}
	if n%3 == 1 {
		cluster.Restart()
	}
}

// work moves jobs to a list until it is told to stop, and returns those that it was
// given. It connects again when its node has gone.
func work(s *servertest.Server, list string, stop *atomic.Bool) (received []string) {
	var c *servertest.Client
	for {
		if c == nil {
			c, _ = s.Dial()
		}
		if c == nil {
			away()
			continue
		}
		c.Timeout = time.Minute
		reply, err := do(c, "BLMOVE", "queue", list, "RIGHT", "LEFT", "5")
		switch {
		case reply == "stop", err == nil && stop.Load():
			c.Close()
			return received
		case err != nil:
			c.Close()
			c = nil
		case reply != "nil":
			received = append(received, reply)
		}
	}
}

// push pushes so many jobs, counts those that are acknowledged, and returns them.
func push(s *servertest.Server, pusher, jobs int, acknowledged *atomic.Int64) (pushed []string) {
	var c *servertest.Client
	for attempt := 0; len(pushed) < jobs; attempt++ {
		if c == nil {
			if c, _ = s.Dial(); c == nil {
				away()
				continue
			}
		}
		job := fmt.Sprint(pusher, ".", attempt)
		pipeline := servertest.AppendCommand(nil, "MULTI")
		pipeline = servertest.AppendCommand(pipeline, "SADD", "pushed", job)
		pipeline = servertest.AppendCommand(pipeline, "LPUSH", "queue", job)
		pipeline = servertest.AppendCommand(pipeline, "EXEC")
		replies, err := c.Exchange(pipeline, 4)
		if err != nil || replies[3][0] != '*' {
			c.Close()
			c = nil
			continue
		}
		pushed = append(pushed, job)
		acknowledged.Add(1)
	}
	c.Close()
	return pushed
}

// elements returns what a command answers with, taken apart.
func elements(t *testing.T, c *servertest.Client, args ...string) []string {
	t.Helper()
	reply := must(t, c, args...)
	return strings.Fields(strings.Trim(reply, "[]"))
}

// TestFromPushToPop prints the time from a push on one node to the reply of a client
// that waits on another one.
func TestFromPushToPop(t *testing.T) {
	_, nodes := pair(t)
	for i, from := range nodes {
		waiter, pusher, watcher := dial(t, nodes[0]), dial(t, from), dial(t, nodes[0])
		var took []time.Duration
		for n := range 200 {
			if err := waiter.SendCommand("BRPOP", "k", "0"); err != nil {
				t.Fatal(err)
			}
			eventually(t, "the client blocks", func() bool { return info(t, watcher, "blocked_clients") == "1" })
			started := time.Now()
			if err := pusher.SendCommand("LPUSH", "k", strconv.Itoa(n)); err != nil {
				t.Fatal(err)
			}
			if got := next(t, waiter); got != "[k "+strconv.Itoa(n)+"]" {
				t.Fatal(got)
			}
			took = append(took, time.Since(started))
			if got := next(t, pusher); got != "1" {
				t.Fatal(got)
			}
		}
		slices.Sort(took)
		t.Logf("node %d: p50 %v, p99 %v", i, took[len(took)/2], took[len(took)*99/100])
	}
}
