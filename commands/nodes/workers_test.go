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
func workload() (jobs, workers int) {
	if os.Getenv("WORKERS_LONG") != "" {
		return 100000, 200
	}
	return 600, 30
}

// TestWorkersShareJobs: workers on three nodes wait for jobs that are pushed on all
// of them, while nodes are killed and PostgreSQL is restarted. Each job is handed
// out once, and none is left.
//
// A reply can get lost with its node. So what was pushed and what was handed out is
// written down by the commands themselves: a job is noted in the transaction that
// pushes it, and a worker moves it to a list of its own. A job whose push was not
// acknowledged is pushed again under another name.
func TestWorkersShareJobs(t *testing.T) {
	t.Parallel()
	jobs, workers := workload()
	cluster := pgtest.NewCluster(t, nil)
	var nodes [3]*servertest.Server
	for i := range nodes {
		nodes[i] = servertest.Postkeys(t, cluster.DSN("postkeys"))
	}
	var done, pushing sync.WaitGroup
	var acknowledged atomic.Int64
	var stop atomic.Bool
	for w := range workers {
		done.Go(func() { work(nodes[w%3], name("taken", w), &stop) })
	}
	pushers := 6
	started := time.Now()
	for p := range pushers {
		pushing.Go(func() { push(nodes[p%3], p, jobs/pushers, &acknowledged) })
	}
	// Each third of the jobs, something breaks.
	reached := func(n int) func() bool { return func() bool { return acknowledged.Load() >= int64(n) } }
	eventually(t, "a third of the jobs is pushed", reached(jobs/3))
	t.Logf("a third is pushed after %v", time.Since(started))
	if err := nodes[1].Restart(); err != nil {
		t.Fatal(err)
	}
	cluster.Restart()
	t.Logf("a node and PostgreSQL are back after %v", time.Since(started))
	eventually(t, "two thirds of the jobs are pushed", reached(jobs*2/3))
	if err := nodes[2].Restart(); err != nil {
		t.Fatal(err)
	}
	pushing.Wait()
	t.Logf("all are pushed after %v", time.Since(started))
	c := dial(t, nodes[0])
	eventually(t, "the queue is empty", func() bool {
		reply, err := do(c, "LLEN", "queue")
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
		for _, job := range elements(t, c, "LRANGE", name("taken", w), "0", "-1") {
			if job != "stop" {
				handed[job]++
			}
		}
	}
	pushed := elements(t, c, "SMEMBERS", "pushed")
	for _, job := range pushed {
		if handed[job] != 1 {
			t.Errorf("%s was handed out %d times", job, handed[job])
		}
	}
	if len(handed) != len(pushed) {
		t.Errorf("%d jobs were handed out, %d were pushed", len(handed), len(pushed))
	}
	t.Logf("%d jobs through %d workers in %v", len(pushed), workers, took)
}

// work moves jobs to a list until it is told to stop. It connects again when its
// node has gone.
func work(s *servertest.Server, list string, stop *atomic.Bool) {
	var c *servertest.Client
	for {
		if c == nil {
			c, _ = s.Dial()
		}
		if c == nil {
			<-time.After(10 * time.Millisecond) // the node is not there yet
			continue
		}
		c.Timeout = time.Minute
		reply, err := do(c, "BLMOVE", "queue", list, "RIGHT", "LEFT", "5")
		switch {
		case reply == "stop", err == nil && stop.Load():
			c.Close()
			return
		case err != nil:
			c.Close()
			c = nil
		}
	}
}

// push pushes so many jobs, and counts those that are acknowledged.
func push(s *servertest.Server, pusher, jobs int, acknowledged *atomic.Int64) {
	var c *servertest.Client
	for attempt, pushed := 0, 0; pushed < jobs; attempt++ {
		if c == nil {
			if c, _ = s.Dial(); c == nil {
				<-time.After(10 * time.Millisecond) // the node is not there yet
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
		pushed++
		acknowledged.Add(1)
	}
	c.Close()
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
