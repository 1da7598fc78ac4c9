package spec_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/mnorrsken/postkeys/commands/spec"
)

func TestTableIsSortedAndComplete(t *testing.T) {
	groups := []string{
		"bitmap", "connection", "generic", "geo", "hash", "hyperloglog", "list", "pubsub", "scripting", "server", "set",
		"sorted-set", "stream", "string", "transactions",
	}
	var last string
	for i, s := range spec.All() {
		// A container comes before its subcommands, and the next command after them.
		if order := strings.ReplaceAll(s.Name, "|", "\x00"); order <= last {
			t.Errorf("%s is out of order or twice in the table", s.Name)
		} else {
			last = order
		}
		if s.ID != i {
			t.Errorf("%s has the ID %d at position %d", s.Name, s.ID, i)
		}
		if s.Name != strings.ToLower(s.Name) || s.Arity == 0 || s.Since == "" {
			t.Errorf("%s: bad name, arity or version", s.Name)
		}
		if s.Summary == "" || !strings.HasSuffix(s.Summary, ".") {
			t.Errorf("%s has no sentence as its summary", s.Name)
		}
		if !slices.Contains(groups, s.Group) {
			t.Errorf("%s has the unknown group %q", s.Name, s.Group)
		}
		checkParent(t, s)
		for j, k := range s.Keys {
			if k.Flags&spec.NotKey == 0 && !slices.ContainsFunc(s.Args, func(a spec.Arg) bool { return namesKeySpec(a, j) }) {
				t.Errorf("%s: no argument in the documentation belongs to key spec %d (%+v)", s.Name, j, k)
			}
		}
	}
}

func checkParent(t *testing.T, s *spec.Spec) {
	t.Helper()
	container, _, isSub := strings.Cut(s.Name, "|")
	if isSub != (s.Parent != nil) || isSub && s.Parent.Name != container {
		t.Errorf("%s has a wrong parent", s.Name)
	}
	if isSub && !slices.Contains(s.Parent.Subcommands, s) {
		t.Errorf("%s is not among the subcommands of its parent", s.Name)
	}
}

func namesKeySpec(a spec.Arg, index int) bool {
	return a.KeySpec == index || slices.ContainsFunc(a.Args, func(b spec.Arg) bool { return namesKeySpec(b, index) })
}

// TestEveryCommandOfRedisIsKnown holds the table and the list of the unsupported against redis-server's whole list.
func TestEveryCommandOfRedisIsKnown(t *testing.T) {
	if !slices.IsSorted(spec.Unsupported()) {
		t.Error("the list of unsupported commands is not sorted")
	}
	known := slices.Clone(spec.Unsupported())
	for _, s := range spec.All() {
		if _, found := slices.BinarySearch(spec.Unsupported(), s.Name); found {
			t.Errorf("%s is served and on the list of unsupported commands", s.Name)
		}
		if !addedAfter72(s) {
			known = append(known, s.Name)
		}
	}
	_, v := dial(t, false).do("COMMAND", "LIST")
	var theirs []string
	for i := range v.Elems {
		theirs = append(theirs, string(v.Elems[i].Str))
	}
	if redisServer.is70 {
		theirs = append(theirs, addedIn72...)
	}
	for _, name := range theirs {
		if !slices.Contains(known, name) {
			t.Errorf("redis-server's command %s is not known", name)
		}
	}
	for _, name := range known {
		if !slices.Contains(theirs, name) {
			t.Errorf("%s is no command of redis-server", name)
		}
	}
}

func TestArityOK(t *testing.T) {
	for _, c := range []struct {
		arity, argc int
		want        bool
	}{{2, 2, true}, {2, 1, false}, {2, 3, false}, {-2, 1, false}, {-2, 2, true}, {-2, 9, true}} {
		s := spec.Spec{Arity: c.arity}
		if got := s.ArityOK(c.argc); got != c.want {
			t.Errorf("arity %d with %d arguments: %v", c.arity, c.argc, got)
		}
	}
}

func TestCategories(t *testing.T) {
	for name, want := range map[string]spec.Category{
		"get":    spec.CatString | spec.CatRead | spec.CatFast,
		"config": spec.CatSlow,
		"keys":   spec.CatKeyspace | spec.CatRead | spec.CatSlow | spec.CatDangerous,
	} {
		if got := spec.ByName([]byte(name)).Categories(); got != want {
			t.Errorf("%s: %b, want %b", name, got, want)
		}
	}
	// EVAL_RO reads, but whoever may read may not run scripts therefore.
	if c := spec.ImpliedCategories(spec.ReadOnly, spec.CatScripting); c&spec.CatRead != 0 {
		t.Error("a read-only script counts as a read")
	}
}
