package spec_test

import (
	"strings"
	"testing"

	"github.com/mnorrsken/postkeys/commands/spec"
)

func TestLookup(t *testing.T) {
	for _, c := range []struct {
		request       string
		name          string // empty: no command
		containerName string
	}{
		{"get k", "get", ""},
		{"GeT k", "get", ""},
		{"get", "get", ""},
		{"BITFIELD_RO k", "bitfield_ro", ""},
		{"client", "client", ""},
		{"CLIENT NO-EVICT on", "client|no-evict", "client"},
		{"client nosuch", "", "client"},
		{"client|list", "", ""},
		{"command", "command", ""},
		{"command count", "command|count", "command"},
		{"debug sleep", "debug", ""},
		{"nosuch", "", ""},
		{"ge", "", ""},
		{"gett", "", ""},
		{strings.Repeat("get", 100), "", ""},
		{"client " + strings.Repeat("x", 100), "", "client"},
	} {
		s, container := spec.Lookup(byteArgs(strings.Fields(c.request)))
		if nameOf(s) != c.name || nameOf(container) != c.containerName {
			t.Errorf("%.40q: %q in %q", c.request, nameOf(s), nameOf(container))
		}
	}
	for _, empty := range [][][]byte{{{}}, {nil}, {[]byte("client"), {}}} {
		if s, _ := spec.Lookup(empty); s != nil {
			t.Errorf("%q: %q", empty, s.Name)
		}
	}
}

func TestByName(t *testing.T) {
	for _, s := range spec.All() {
		if got := spec.ByName([]byte(strings.ToUpper(s.Name))); got != s {
			t.Errorf("%s: %q", s.Name, nameOf(got))
		}
	}
	for _, name := range []string{"", "|", "client|", "|list", "client|list|", "client|list|x", "get|x", "get|", "x|y"} {
		if got := spec.ByName([]byte(name)); got != nil {
			t.Errorf("%q: %q", name, got.Name)
		}
	}
}

func TestLookupDoesNotAllocate(t *testing.T) {
	for _, request := range benchmarkRequests {
		args := byteArgs(strings.Fields(request))
		if n := testing.AllocsPerRun(100, func() { spec.Lookup(args) }); n != 0 {
			t.Errorf("%s: %v allocations", request, n)
		}
	}
}

var benchmarkRequests = []string{"GET k", "incrbyfloat k 1", "Client No-Evict on", "nosuchcommand"}

func BenchmarkLookup(b *testing.B) {
	for _, request := range benchmarkRequests {
		b.Run(strings.Fields(request)[0], func(b *testing.B) {
			args := byteArgs(strings.Fields(request))
			b.ReportAllocs()
			for b.Loop() {
				spec.Lookup(args)
			}
		})
	}
}

func nameOf(s *spec.Spec) string {
	if s == nil {
		return ""
	}
	return s.Name
}
