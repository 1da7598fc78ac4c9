package conformance

import (
	"path"
	"slices"
	"strings"
	"testing"
)

// withoutEvents are the case files that are about clients and the server itself, or meddle with those that watch.
var withoutEvents = []string{
	"client", "client_kill", "client_pause", "client_state", "connection", "differences", "events", "memory_limit", "migrate", "protocol", "pubsub",
	"server", "tracking",
}

// casesWithoutEvents are those whose events depend on the order of KEYS, or on time.
var casesWithoutEvents = []string{"undeclared keys", "what a script has written does not expire while it runs"}

// TestEvents compares the keyspace events of the steps of all cases.
func TestEvents(t *testing.T) {
	pair := newPair(t)
	cases, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	for i := range cases {
		c := &cases[i]
		file := strings.TrimSuffix(path.Base(c.File), ".case")
		if slices.Contains(withoutEvents, file) || slices.Contains(casesWithoutEvents, c.Title) {
			continue
		}
		kinds := []*Type{nil}
		if c.EachType {
			kinds = nil
			for j := range Types {
				if Types[j].Served {
					kinds = append(kinds, &Types[j])
				}
			}
		}
		for _, kind := range kinds {
			mode := Mode{Protocol: c.Protocols[0], Kind: kind}
			t.Run(file+"/"+c.Title+"/"+mode.String(), func(t *testing.T) {
				if err := pair.RunEvents(c, mode); err != nil {
					t.Error(err)
				}
			})
		}
	}
}
