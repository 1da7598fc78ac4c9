package conformance

import (
	"path"
	"strings"
	"testing"

	"github.com/mnorrsken/postkeys/commands/servertest"
)

// runCases runs every case in every protocol, the first time with keyspace events, and those about types for each type that use accepts.
// A short run has one protocol command by command and the other one in pipelines.
func runCases(t *testing.T, pair *Pair, use func(*Type) bool) {
	cases, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	for i := range cases {
		c := &cases[i]
		name := strings.TrimSuffix(path.Base(c.File), ".case") + "/" + c.Title
		kinds := []*Type{nil}
		if c.EachType {
			kinds = nil
			for j := range Types {
				if use(&Types[j]) {
					kinds = append(kinds, &Types[j])
				}
			}
		}
		for _, kind := range kinds {
			first, last := c.Protocols[0], c.Protocols[len(c.Protocols)-1]
			for _, protocol := range c.Protocols {
				if protocol == first || !testing.Short() {
					runCase(t, pair, c, name, Mode{Protocol: protocol, Kind: kind, Events: protocol == first && hasEvents(c)})
				}
				if c.canPipeline() && (protocol == last || !testing.Short()) {
					runCase(t, pair, c, name, Mode{Protocol: protocol, Kind: kind, Pipelined: true})
				}
			}
		}
	}
}

func runCase(t *testing.T, pair *Pair, c *Case, name string, mode Mode) {
	t.Run(name+"/"+mode.String(), func(t *testing.T) {
		if err := pair.Run(c, mode); err != nil {
			t.Error(err)
		}
	})
}

// TestCasesAreStable runs the cases against two redis-servers: a case that tells them apart could never pass. With
// REDIS_SERVER naming a Redis 7.2 it also checks the replies that the cases state.
func TestCasesAreStable(t *testing.T) {
	if testing.Short() {
		return // PostgreSQL has no part in it
	}
	t.Parallel()
	target := servertest.Redis(t)
	pair := &Pair{Reference: servertest.Redis(t).Addr, Target: target.Addr, CheckStated: is72(t, target), TargetIsRedis: true}
	runCases(t, pair, func(*Type) bool { return true })
}

func is72(t *testing.T, s *servertest.Server) bool {
	c, err := s.Dial()
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	info, err := c.Do("INFO", "server")
	if err != nil {
		t.Fatal(err)
	}
	return strings.Contains(string(info), "\nredis_version:7.2.")
}
