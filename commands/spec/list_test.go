package spec_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/mnorrsken/postkeys/codec"
	"github.com/mnorrsken/postkeys/commands/spec"
)

// matchPrefix is as much of a glob matcher as these tests need: a prefix, a star, any case.
func matchPrefix(pattern, name []byte) bool {
	prefix, isPrefix := strings.CutSuffix(strings.ToLower(string(pattern)), "*")
	return isPrefix && strings.HasPrefix(string(name), prefix) || string(name) == prefix
}

func TestListEqualsRedis(t *testing.T) {
	filters := [][]string{
		{}, {"filterby", "pattern", "get*"}, {"FILTERBY", "Pattern", "CLIENT|*"}, {"filterby", "pattern", "nosuch"},
		{"filterby", "module", "nosuch"}, {"filterby", "aclcat", "nosuch"}, {"filterby", "aclcat", "@read"},
		{"filterby", "ACLCAT", "DANGEROUS"},
	}
	for _, name := range spec.CategoryNames() {
		filters = append(filters, []string{"filterby", "aclcat", name})
	}
	bothProtocols(t, func(t *testing.T, resp3 bool) {
		redis := dial(t, resp3)
		for _, f := range filters {
			_, theirs := redis.do(append([]string{"COMMAND", "LIST"}, f...)...)
			_, ours := reply(t, resp3, func(e *codec.Encoder) { spec.AppendList(e, byteArgs(f), matchPrefix) })
			if got, want := servedNames(&ours), servedNames(&theirs); ours.Kind != theirs.Kind || !slices.Equal(got, want) {
				t.Errorf("COMMAND LIST %q: %c %q\nredis-server's %c %q", f, ours.Kind, got, theirs.Kind, want)
			}
		}
	})
}

// servedNames returns the names in a list, sorted, without those that are not in the table or that the server can't know.
func servedNames(v *codec.Value) []string {
	var names []string
	for i := range v.Elems {
		name := string(v.Elems[i].Str)
		if served(name) && !addedAfter72(spec.ByName([]byte(name))) && (!redisServer.is70 || !slices.Contains(addedIn72, name)) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

func TestListErrorsEqualRedis(t *testing.T) {
	redis := dial(t, false)
	for _, args := range [][]string{
		{"x"}, {"filterby"}, {"filterby", "aclcat"}, {"filterby", "nosuch", "x"}, {"filterby", "module", "a", "b"},
		{"filterby", "aclcat", "read", "filterby", "aclcat", "read"}, {""},
	} {
		theirs, _ := redis.do(append([]string{"COMMAND", "LIST"}, args...)...)
		ours, _ := reply(t, false, func(e *codec.Encoder) { spec.AppendList(e, byteArgs(args), matchPrefix) })
		if string(ours) != string(theirs) {
			t.Errorf("COMMAND LIST %q: %q, redis-server's %q", args, ours, theirs)
		}
	}
}
