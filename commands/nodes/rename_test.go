package nodes

import (
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/mnorrsken/postkeys/commands/servertest"
)

// carried is an expiry that has to come along to the millisecond.
const carried = "33177117420123"

// TestOneOfTwoGetsTheName: of two nodes that want one name, or one key, at the
// same time, one gets it.
func TestOneOfTwoGetsTheName(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name     string
		prepare  [][]string
		commands [2][]string
	}{
		{"RENAMENX", [][]string{{"SET", "a", "v", "PXAT", carried}, {"SET", "b", "v", "PXAT", carried}},
			[2][]string{{"RENAMENX", "a", "c"}, {"RENAMENX", "b", "c"}}},
		{"RENAME of one key", [][]string{{"SET", "a", "v", "PXAT", carried}}, [2][]string{{"RENAME", "a", "c"}, {"RENAME", "a", "c"}}},
		{"COPY", [][]string{{"SET", "a", "v", "PXAT", carried}, {"SET", "b", "v", "PXAT", carried}},
			[2][]string{{"COPY", "a", "c"}, {"COPY", "b", "c"}}},
		{"MOVE", [][]string{{"SET", "c", "v", "PXAT", carried}}, [2][]string{{"MOVE", "c", "1"}, {"MOVE", "c", "1"}}},
		{"MOVE and SETNX", [][]string{{"SELECT", "1"}, {"SET", "c", "v", "PXAT", carried}, {"SELECT", "0"}},
			[2][]string{{"MOVE", "c", "0"}, {"SET", "c", "v", "PXAT", carried, "NX"}}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			_, nodes := pair(t)
			var racers [2]*servertest.Client
			for i := range racers {
				racers[i] = dial(t, nodes[i])
			}
			for round := range 60 {
				must(t, racers[0], "FLUSHALL")
				for _, command := range test.prepare {
					must(t, racers[0], command...)
				}
				if strings.HasPrefix(test.name, "MOVE and") {
					must(t, racers[0], "SELECT", "1")
				}
				var won atomic.Int64
				var wg sync.WaitGroup
				for i, c := range racers {
					wg.Go(func() {
						reply, err := do(c, test.commands[i]...)
						switch {
						case err != nil && !strings.HasPrefix(err.Error(), "-ERR no such key"):
							t.Errorf("%q: %v", test.commands[i], err)
						case reply == "1" || reply == "OK":
							won.Add(1)
						}
					})
				}
				wg.Wait()
				must(t, racers[0], "SELECT", "0")
				if won.Load() != 1 {
					t.Fatalf("round %d: %d won", round, won.Load())
				}
				if test.name == "MOVE" {
					must(t, racers[0], "SELECT", "1")
				}
				expect(t, racers[0], "v", "GET", "c")
				expect(t, racers[0], carried, "PEXPIRETIME", "c")
				must(t, racers[0], "SELECT", "0")
			}
		})
	}
}

// TestAKeyInMotionIsOne: two nodes carry one key to and fro, between names and
// databases, and neither it nor its expiry is lost or doubled.
func TestAKeyInMotionIsOne(t *testing.T) {
	t.Parallel()
	_, nodes := pair(t)
	c := dial(t, nodes[0])
	must(t, c, "SET", "a", "v", "PXAT", carried)
	var wg sync.WaitGroup
	var moved atomic.Int64
	for i := range 4 {
		c := dial(t, nodes[i%2])
		must(t, c, "SELECT", strconv.Itoa(i/2))
		wg.Go(func() {
			for n := range 150 {
				command := [][]string{{"RENAME", "a", "b"}, {"RENAME", "b", "a"}, {"MOVE", "a", strconv.Itoa(1 - i/2)}}[(n+i)%3]
				switch reply, err := do(c, command...); {
				case err != nil && !strings.HasPrefix(err.Error(), "-ERR no such key"):
					t.Errorf("%q: %v", command, err)
					return
				case reply == "OK" || reply == "1":
					moved.Add(1)
				}
			}
		})
	}
	wg.Wait()
	found := 0
	for _, db := range []string{"0", "1"} {
		must(t, c, "SELECT", db)
		for _, key := range []string{"a", "b"} {
			if must(t, c, "EXISTS", key) == "1" {
				found++
				expect(t, c, "v", "GET", key)
				expect(t, c, carried, "PEXPIRETIME", key)
			}
		}
	}
	if found != 1 {
		t.Errorf("the key is there %d times", found)
	}
	if moved.Load() < 10 {
		t.Errorf("it moved %d times only", moved.Load())
	}
}
