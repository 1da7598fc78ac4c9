package glob

import (
	"bytes"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mnorrsken/postkeys/codec"
	"github.com/mnorrsken/postkeys/commands/servertest"
)

func TestMatch(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		pattern, name string
		fold, want    bool
	}{
		{"", "", false, true}, {"", "a", false, false}, {"a", "", false, false},
		{"*", "", false, false}, {"**", "", false, false}, {"*", "abc", false, true},
		{"a*", "a", false, true}, {"a**", "a", false, true}, {"*a", "a", false, true}, {"*a*b", "xaxxb", false, true},
		{"*a*b", "xaxxbc", false, false}, {"h?llo", "hello", false, true}, {"h?llo", "hllo", false, false},
		{"h[ae]llo", "hallo", false, true}, {"h[ae]llo", "hillo", false, false}, {"h[^e]llo", "hbllo", false, true},
		{"h[a-b]llo", "hallo", false, true}, {"h[b-a]llo", "hallo", false, true}, {"h[a-b]llo", "hcllo", false, false},
		{`h\*`, "h*", false, true}, {`h\*`, "hx", false, false}, {`a\`, `a\`, false, true},
		{"[", "a", false, false}, {"[^", "a", false, true}, {"[a", "a", false, true}, {"[a-", "-", false, true},
		{"[]", "a", false, false}, {"[^]", "a", false, true}, {`[\]]`, "]", false, true}, {`[\`, `\`, false, true},
		{"[a-]", "]", false, true}, {"[a-]b", "]", false, true},
		{"HeLLo", "hEllO", true, true}, {"[A-C]", "b", true, true}, {`[\A]`, "a", true, false}, {"[A]", "a", true, true},
		{"[\x7f-\x80]", "a", false, true}, {"[\x80-\xff]", "\x90", false, true}, {"[\x80-\xff]", "a", false, false},
		{"a\x00b", "a\x00b", false, true}, {"a%_b", "a%_b", false, true}, {"a%", "ab", false, false},
		{strings.Repeat("a*", 1000) + "a", strings.Repeat("a", 1001), false, true},
		{strings.Repeat("a*", 1001) + "a", strings.Repeat("a", 1002), false, false},
	} {
		if got := Match(c.pattern, c.name, c.fold); got != c.want {
			t.Errorf("%q %q fold=%v: %v", c.pattern, c.name, c.fold, got)
		}
		if got := Match([]byte(c.pattern), []byte(c.name), c.fold); got != c.want {
			t.Errorf("bytes %q %q: %v", c.pattern, c.name, got)
		}
	}
}

func TestMatchIsFastOnHostilePatterns(t *testing.T) {
	t.Parallel()
	start := time.Now()
	if Match(strings.Repeat("*a", 900)+"b", strings.Repeat("a", 20000), false) {
		t.Error("matched")
	}
	if took := time.Since(start); took > 5*time.Second {
		t.Errorf("took %v", took)
	}
}

func TestLiteralPrefix(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		pattern, prefix string
		exact           bool
	}{
		{"", "", true}, {"abc", "abc", true}, {"abc*", "abc", false}, {"a?c", "a", false}, {"a[b]", "a", false},
		{`a\*b`, "a*b", true}, {`a\*b*`, "a*b", false}, {`ab\`, `ab\`, true}, {"*", "", false}, {`\[x\?*`, "[x?", false},
	} {
		prefix, exact := LiteralPrefix([]byte(c.pattern))
		if string(prefix) != c.prefix || exact != c.exact {
			t.Errorf("%q: %q %v", c.pattern, prefix, exact)
		}
	}
}

func randomText(rng *rand.Rand, alphabet string, longest int) string {
	b := make([]byte, rng.IntN(longest+1))
	for i := range b {
		b[i] = alphabet[rng.IntN(len(alphabet))]
	}
	return string(b)
}

func TestMatchesLikeRedis(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(1, 2))
	c, err := servertest.Dial(servertest.Redis(t).Addr)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	var names []string
	for range 250 {
		names = append(names, randomText(rng, "ab-]^\\\x80\xffAB*", 6))
	}
	slices.Sort(names)
	names = slices.Compact(names)
	set := []string{"MSET"}
	for _, n := range names {
		set = append(set, n, "1")
	}
	if _, err := c.Do(set...); err != nil {
		t.Fatal(err)
	}
	var patterns []string
	var pipeline []byte
	for range 4000 {
		p := randomText(rng, "ab[]-^\\*?[\x80\xff-AB", 9)
		patterns = append(patterns, p)
		pipeline = servertest.AppendCommand(pipeline, "KEYS", p)
	}
	replies, err := c.Exchange(pipeline, len(patterns))
	if err != nil {
		t.Fatal(err)
	}
	for i, p := range patterns {
		v, _, err := codec.ParseValue(replies[i])
		if err != nil {
			t.Fatal(err)
		}
		var want, got []string
		for _, e := range v.Elems {
			want = append(want, string(e.Str))
		}
		slices.Sort(want)
		for _, n := range names {
			if p == "*" || Match(p, n, false) {
				got = append(got, n)
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("%q: got %q, redis has %q", p, got, want)
		}
	}
}

// COMMAND LIST ignores case.
func TestMatchesLikeRedisIgnoringCase(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(3, 4))
	c, err := servertest.Dial(servertest.Redis(t).Addr)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	list := func(args ...string) []string {
		reply, err := c.Do(append([]string{"COMMAND", "LIST"}, args...)...)
		if err != nil {
			t.Fatal(err)
		}
		v, _, err := codec.ParseValue(reply)
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, e := range v.Elems {
			names = append(names, string(e.Str))
		}
		slices.Sort(names)
		return names
	}
	all := list()
	for range 1500 {
		p := randomText(rng, "GeT[sR-z]^*?\\", 7)
		want := list("FILTERBY", "PATTERN", p)
		var got []string
		for _, n := range all {
			if Match(p, n, true) {
				got = append(got, n)
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("%q: got %q, redis has %q", p, got, want)
		}
	}
}

// matchRecursive is the plain definition: a star tries every length.
func matchRecursive(p, n []byte) bool {
	if len(p) == 0 {
		return len(n) == 0
	}
	if p[0] == '*' {
		for i := 0; i <= len(n); i++ {
			if matchRecursive(p[1:], n[i:]) {
				return true
			}
		}
		return false
	}
	if len(n) == 0 {
		return false
	}
	next, ok := matchOne(p, 0, n[0], false)
	return ok && matchRecursive(p[next:], n[1:])
}

func FuzzMatch(f *testing.F) {
	for _, s := range []string{"*a*b", "[a-c]*", `\**`, "a[^", "*?*"} {
		f.Add([]byte(s), []byte("abcab"))
	}
	f.Fuzz(func(t *testing.T, pattern, name []byte) {
		if len(pattern) > 12 || len(name) > 12 {
			return // the definition is exponential
		}
		got := Match(pattern, name, false)
		if want := matchRecursive(pattern, name) && (len(name) > 0 || len(pattern) == 0); got != want {
			t.Errorf("%q %q: %v", pattern, name, got)
		}
		if prefix, exact := LiteralPrefix(pattern); got && (!bytes.HasPrefix(name, prefix) || exact && len(name) != len(prefix)) {
			t.Errorf("%q matches %q, which does not start with %q (exact %v)", pattern, name, prefix, exact)
		}
	})
}

func BenchmarkMatchPrefix(b *testing.B) {
	pattern, name := []byte("user:*"), []byte("user:123456:profile")
	for b.Loop() {
		Match(pattern, name, false)
	}
}
