package nodes

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/mnorrsken/postkeys/codec"
	"github.com/mnorrsken/postkeys/commands/servertest"
)

// scan runs a whole walk, calls between after each step, and returns how often
// each key came.
func scan(t *testing.T, c *servertest.Client, between func(), options ...string) map[string]int {
	t.Helper()
	seen := map[string]int{}
	cursor := "0"
	for step := 0; ; step++ {
		if step > 100_000 {
			t.Fatal("the walk does not end")
		}
		reply, err := c.Do(append([]string{"SCAN", cursor}, options...)...)
		if err != nil {
			t.Fatal(err)
		}
		v, _, err := codec.ParseValue(reply)
		if err != nil || len(v.Elems) != 2 {
			t.Fatalf("SCAN %s: %.200q, %v", cursor, reply, err)
		}
		for _, key := range v.Elems[1].Elems {
			seen[string(key.Str)]++
		}
		if cursor = string(v.Elems[0].Str); cursor == "0" {
			return seen
		}
		between()
	}
}

// TestScanWhileOthersWrite: keys that are there all the time are returned by
// every walk, on either node, while clients of both make, delete, overwrite and
// rename keys.
func TestScanWhileOthersWrite(t *testing.T) {
	t.Parallel()
	const lasting = 300
	_, nodes := pair(t)
	c := dial(t, nodes[0])
	for i := range lasting {
		must(t, c, "SET", name("lasting", i), "0")
		must(t, c, "SET", name("passing", i), "0")
	}

	var stop atomic.Bool
	wrote := make(chan struct{})
	var writers sync.WaitGroup
	defer writers.Wait()
	defer stop.Store(true)
	for w := range 4 {
		c := dial(t, nodes[w%2])
		writers.Go(func() {
			for n := w; !stop.Load(); n += 4 {
				key, fresh := name("lasting", n*7%lasting), fmt.Sprint("fresh:", w)
				for _, command := range [][]string{
					{"SET", name("new", n), "v", "PX", "500"},
					{"DEL", name("passing", n%lasting)},
					{"SET", name("passing", n%lasting), "again"},
					{"SET", key, fmt.Sprint(n)},
					{"SET", fresh, "v"},
					{"RENAME", fresh, key},
					{"COPY", name("passing", n%lasting), key, "REPLACE"},
					{"APPEND", key, "x"},
				} {
					// Two writers have no key of a RENAME in common, so that no command may fail.
					if _, err := do(c, command...); err != nil {
						t.Errorf("%q: %v", command, err)
						return
					}
					select {
					case wrote <- struct{}{}:
					default:
					}
				}
			}
		})
	}

	// A few writes, at least, are over between two steps of a walk.
	writesBetween := func() {
		t.Helper()
		for range 3 {
			select {
			case <-wrote:
			case <-time.After(20 * time.Second):
				t.Fatal("the writers have stopped")
			}
		}
	}
	reader := [2]*servertest.Client{dial(t, nodes[0]), dial(t, nodes[1])}
	for i, options := range [][]string{
		{"COUNT", "11"}, {"COUNT", "50"}, {"COUNT", "1000"}, {"MATCH", "lasting:*"}, {"MATCH", "*ing:*", "COUNT", "30"},
		{"TYPE", "string", "COUNT", "40"}, {"MATCH", "*", "COUNT", "25"},
	} {
		seen := scan(t, reader[i%2], writesBetween, options...)
		missing := 0
		for i := range lasting {
			if seen[name("lasting", i)] == 0 {
				missing++
			}
		}
		if missing > 0 {
			t.Errorf("SCAN %v: %d of %d keys are missing", options, missing, lasting)
		}
	}
}
