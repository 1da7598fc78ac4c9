package conformance

import (
	"fmt"
	"path"
	"strings"
	"testing"

	"github.com/mnorrsken/postkeys/commands/servertest"
)

// runCases runs every case in every protocol, and those about types for each type that use accepts.
func runCases(t *testing.T, pair *Pair, use func(*Type) bool) {
	cases, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	for i := range cases {
		c := &cases[i]
		name := strings.TrimSuffix(path.Base(c.File), ".case") + "/" + c.Title
		if !c.EachType {
			runCase(t, pair, c, name, nil)
			continue
		}
		for j := range Types {
			if use(&Types[j]) {
				runCase(t, pair, c, name+"/"+Types[j].Name, &Types[j])
			}
		}
	}
}

func runCase(t *testing.T, pair *Pair, c *Case, name string, kind *Type) {
	for _, protocol := range c.Protocols {
		t.Run(fmt.Sprintf("%s/resp%d", name, protocol), func(t *testing.T) {
			if err := pair.Run(c, protocol, kind); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestCasesAreStable runs the cases against two redis-servers: a case that tells them apart could never pass.
func TestCasesAreStable(t *testing.T) {
	pair := &Pair{Reference: servertest.Redis(t).Addr, Target: servertest.Redis(t).Addr}
	runCases(t, pair, func(*Type) bool { return true })
}
