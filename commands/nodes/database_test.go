package nodes

import (
	"strconv"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/mnorrsken/postkeys/commands/servertest"
)

// counterLoop increments a key until stop and returns the replies.
func counterLoop(t *testing.T, c *servertest.Client, key string, stop *atomic.Bool) (replies []int) {
	for !stop.Load() {
		reply, err := do(c, "INCR", key)
		n, notInt := strconv.Atoi(reply)
		if err != nil || notInt != nil {
			t.Errorf("INCR: %q, %v", reply, err)
			return replies
		}
		replies = append(replies, n)
	}
	return replies
}

// TestFlushWhileOthersWrite: a flush is over for every client of every node
// when it is answered, takes what was written before and nothing after.
func TestFlushWhileOthersWrite(t *testing.T) {
	t.Parallel()
	const flushes = 40
	_, nodes := pair(t)
	var stop atomic.Bool
	var writers sync.WaitGroup
	var replies [4][]int
	for w := range replies {
		c := dial(t, nodes[w%2])
		must(t, c, "SELECT", strconv.Itoa(w/2))
		writers.Go(func() { replies[w] = counterLoop(t, c, name("counter", w%2), &stop) })
	}
	flusher, other := dial(t, nodes[0]), dial(t, nodes[1])
	must(t, flusher, "SET", "lasting", "v") // goes with the first flush
	for i := range flushes {
		command := []string{"FLUSHDB"}
		if i%4 == 3 {
			command = []string{"FLUSHALL", "ASYNC"}
		}
		must(t, flusher, command...)
		expect(t, other, "nil", "GET", "mark")
		expect(t, other, "nil", "GET", "lasting")
		expect(t, other, "OK", "SET", "mark", strconv.Itoa(i))
		expect(t, flusher, strconv.Itoa(i), "GET", "mark")
	}
	stop.Store(true)
	writers.Wait()
	for w, list := range replies {
		resets := 0
		for i, n := range list {
			switch {
			case n == 1:
				resets++
			case i == 0 || n != list[i-1]+1:
				t.Fatalf("writer %d: %d follows %v", w, n, list[max(0, i-1):i])
			}
		}
		// FLUSHDB is for index 0 alone; writers 2 and 3 are in 1.
		most := flushes + 1
		if w/2 == 1 {
			most = flushes/4 + 1
		}
		if resets > most || resets < 2 {
			t.Errorf("writer %d began %d times, at most %d were to be expected", w, resets, most)
		}
	}
}

// TestSwapsWhileOthersWrite: two nodes exchange two indexes at the same time,
// and no write of a third client is lost or done twice.
func TestSwapsWhileOthersWrite(t *testing.T) {
	t.Parallel()
	const swaps = 60
	_, nodes := pair(t)
	c := dial(t, nodes[0])
	must(t, c, "SET", "who", "zero")
	must(t, c, "SELECT", "1")
	must(t, c, "SET", "who", "one")
	must(t, c, "SELECT", "0")

	var stop atomic.Bool
	var writers, swappers sync.WaitGroup
	var written [2]int
	for w := range written {
		c := dial(t, nodes[w])
		writers.Go(func() {
			for ; !stop.Load(); written[w]++ {
				if _, err := do(c, "APPEND", name("log", w), "x"); err != nil {
					t.Errorf("APPEND: %v", err)
					return
				}
				if who, err := do(c, "GET", "who"); err != nil || who != "zero" && who != "one" {
					t.Errorf("GET who: %s, %v", who, err)
					return
				}
			}
		})
	}
	for _, node := range nodes {
		c := dial(t, node)
		swappers.Go(func() {
			for range swaps + 1 { // both together: an even number
				if _, err := do(c, "SWAPDB", "0", "1"); err != nil {
					t.Errorf("SWAPDB: %v", err)
					return
				}
			}
		})
	}
	swappers.Wait()
	stop.Store(true)
	writers.Wait()
	expect(t, c, "zero", "GET", "who")
	total := [2]int{}
	for _, db := range []string{"0", "1"} {
		must(t, c, "SELECT", db)
		for w := range total {
			n, err := strconv.Atoi(must(t, c, "STRLEN", name("log", w)))
			if err != nil {
				t.Fatal(err)
			}
			total[w] += n
		}
	}
	if total != written {
		t.Errorf("%v writes are there, %v were made", total, written)
	}
	must(t, c, "SWAPDB", "1", "0")
	must(t, c, "SELECT", "0")
	expect(t, c, "one", "GET", "who")
}
