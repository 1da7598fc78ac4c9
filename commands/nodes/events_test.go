package nodes

import (
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/mnorrsken/postkeys/commands/servertest"
)

// TestKeyspaceEventsOfAllNodes: a subscriber hears of what happens on another node, once for each command, though many have to
// run again since two nodes make the same keys at the same time.
func TestKeyspaceEventsOfAllNodes(t *testing.T) {
	t.Parallel()
	const keys = 200
	_, nodes := pair(t)
	clients := [2]*servertest.Client{dial(t, nodes[0]), dial(t, nodes[1])}
	for _, c := range clients {
		must(t, c, "CONFIG", "SET", "notify-keyspace-events", "E$xgn")
	}
	subscriber := dial(t, nodes[1])
	expect(t, subscriber, "[psubscribe __keyevent@0__:* 1]", "PSUBSCRIBE", "__keyevent@0__:*")
	event := func() (event, key string) {
		message := strings.Fields(strings.Trim(next(t, subscriber), "[]"))
		if len(message) != 4 {
			t.Fatalf("got %v", message)
		}
		return strings.TrimPrefix(message[2], "__keyevent@0__:"), message[3]
	}

	must(t, clients[0], "SET", "k", "v", "PX", "1")
	for _, want := range []string{"new", "set", "expire", "expired"} {
		if name, key := event(); name != want || key != "k" {
			t.Fatalf("got %s of %s, want %s", name, key, want)
		}
	}

	var writers sync.WaitGroup
	for _, c := range clients {
		writers.Go(func() {
			for i := range keys {
				if _, err := do(c, "INCR", name("counter", i)); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	writers.Wait()
	must(t, clients[1], "SET", "last", "v")
	heard := map[string][]string{}
	for range 3*keys + 2 {
		name, key := event()
		heard[key] = append(heard[key], name)
	}
	for i := range keys {
		events := heard[name("counter", i)]
		slices.Sort(events) // those of two nodes may overtake each other
		if !slices.Equal(events, []string{"incrby", "incrby", "new"}) {
			t.Errorf("events of %s: %v", name("counter", i), events)
		}
	}
}
