package conformance

import (
	"strings"
	"testing"
	"time"

	"github.com/mnorrsken/postkeys/commands/servertest"
)

func TestParseReadsEveryForm(t *testing.T) {
	t.Parallel()
	cases, err := Parse("f", `
# a comment
== first
SET "a b\x00\n\"" 'c\'d' @rep(xy,3)
[int~5] b> TTL k
[7.2 "+A\r\n" "+]\r\n"] PING
!raw 2 "*1\r\n"
!b> closed
== second
!resp3
!each-type
!create k
`)
	if err != nil {
		t.Fatal(err)
	}
	first := cases[0].Steps
	if got := []string{first[0].Args[1].Literal, first[0].Args[2].Literal, first[0].Args[3].Literal}; got[0] != "a b\x00\n\"" ||
		got[1] != "c'd" || got[2] != "xyxyxy" {
		t.Errorf("arguments %q", got)
	}
	if first[1].Conn != "b" || first[1].Match.tolerance != 5 || first[1].Args[0].Literal != "TTL" {
		t.Errorf("second step %+v", first[1])
	}
	if first[2].Match.stated != [2]string{"+A\r\n", "+]\r\n"} {
		t.Errorf("stated %q", first[2].Match.stated)
	}
	if first[3].Kind != stepRaw || first[3].Replies != 2 || first[4].Kind != stepClosed || first[4].Conn != "b" {
		t.Errorf("directives %+v %+v", first[3], first[4])
	}
	if second := cases[1]; !second.EachType || len(second.Protocols) != 1 || second.Protocols[0] != 3 {
		t.Errorf("second case %+v", second)
	}
}

func TestParseRefuses(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"GET k", "== a\n[nonsense] GET k", "== a\n[int~x] GET k", `== a` + "\n" + `GET "k`, "== a\nGET @rep(x)",
		"== a\nGET @later(5)", "== a\n!create k", "== a\n[type]", "== a\n!raw x y", "== a\n[differs x \"\"] GET k",
	} {
		if _, err := Parse("f", text); err == nil {
			t.Errorf("%q was accepted", text)
		}
	}
}

func TestMatchers(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		matcher, want, got string
		ok                 bool
	}{
		{"unordered", "*2\r\n:1\r\n:2\r\n", "*2\r\n:2\r\n:1\r\n", true},
		{"unordered", "*2\r\n:1\r\n:2\r\n", "*2\r\n:2\r\n:2\r\n", false},
		{"unordered", "%2\r\n+a\r\n:1\r\n+b\r\n:2\r\n", "%2\r\n+b\r\n:2\r\n+a\r\n:1\r\n", true},
		{"unordered", "%2\r\n+a\r\n:1\r\n+b\r\n:2\r\n", "%2\r\n+a\r\n:2\r\n+b\r\n:1\r\n", false},
		{"texts", "*2\r\n$1\r\na\r\n$3\r\nb\x00c\r\n", "*2\r\n$1\r\na\r\n$1\r\nb\r\n", true},
		{"texts", "*2\r\n$1\r\na\r\n$1\r\nb\r\n", "*2\r\n$1\r\nb\r\n$1\r\na\r\n", false},
		{"texts", "*1\r\n$1\r\na\r\n", "*1\r\n$2\r\nab\r\n", false},
		{"unordered", "~1\r\n:1\r\n", "*1\r\n:1\r\n", false},
		{"scan", "*2\r\n+0\r\n*2\r\n+a\r\n+b\r\n", "*2\r\n+0\r\n*2\r\n+b\r\n+a\r\n", true},
		{"scan", "*2\r\n+0\r\n*2\r\n+a\r\n+b\r\n", "*2\r\n+1\r\n*2\r\n+b\r\n+a\r\n", false},
		{"int~2", ":10\r\n", ":12\r\n", true},
		{"int~2", ":10\r\n", ":13\r\n", false},
		{"int~2", "*2\r\n:1\r\n+a\r\n", "*2\r\n:2\r\n+a\r\n", true},
		{"int~2", "*2\r\n:1\r\n+a\r\n", "*2\r\n:2\r\n+b\r\n", false},
		{"type", "$1\r\na\r\n", "$2\r\nab\r\n", true},
		{"type", "$1\r\na\r\n", "+a\r\n", false},
		{"shape", "*2\r\n:1\r\n+a\r\n", "*2\r\n:9\r\n+b\r\n", true},
		{"shape", "*2\r\n:1\r\n+a\r\n", "*2\r\n:9\r\n:1\r\n", false},
		{"shape", "*2\r\n:1\r\n+a\r\n", "*1\r\n:9\r\n", false},
		{`re "^\\+a.c"`, "+abc\r\n", "+a\nc\r\n", true},
		{`re "^\\+a.c"`, "+abc\r\n", "+xbc\r\n", false},
		{`lines "^a"`, "$9\r\na:1\r\nb:1\r\n", "$9\r\nb:2\r\na:1\r\n", true},
		{`lines "^a"`, "$9\r\na:1\r\nb:1\r\n", "$9\r\nb:1\r\na:2\r\n", false},
		{`7.2 "+x\r\n"`, "+y\r\n", "+x\r\n", true},
		{`differs 3 "+x\r\n"`, "+x\r\n", "+y\r\n", false},
	} {
		m, err := parseMatcher(test.matcher)
		if err != nil {
			t.Fatalf("%s: %v", test.matcher, err)
		}
		if err := m.check(2, []byte(test.want), []byte(test.got)); (err == nil) != test.ok {
			t.Errorf("[%s] %q %q: %v", test.matcher, test.want, test.got, err)
		}
	}
}

// TestRunShowsDifferences compares a redis-server with one that was told to behave differently.
func TestRunShowsDifferences(t *testing.T) {
	t.Parallel()
	pair := &Pair{
		Reference: servertest.Redis(t).Addr,
		Target: servertest.Redis(t, "--rename-command", "GET", "HELD",
			"--rename-command", "STRLEN", "GET", "--rename-command", "HELD", "STRLEN").Addr,
	}
	cases, err := Parse("f", "== title\nSET k value\nGET k\n[type] STRLEN k\nEXISTS k\n")
	if err != nil {
		t.Fatal(err)
	}
	for _, protocol := range []int{2, 3} {
		err := pair.Run(&cases[0], Mode{Protocol: protocol, Pipelined: protocol == 3})
		if err == nil || strings.Count(err.Error(), "replies differ") != 2 || !strings.Contains(err.Error(), "f:3: GET k") {
			t.Errorf("RESP%d: %v", protocol, err)
		}
	}
}

func TestMacrosAreResolved(t *testing.T) {
	t.Parallel()
	cases, err := Parse("f", "== t\nX @now(+5) @nowms(-7) @id(b) @addr(c)\n")
	if err != nil {
		t.Fatal(err)
	}
	now := time.UnixMilli(1_000_000_123)
	var got []string
	for i := range cases[0].Steps[0].Args {
		text, err := cases[0].Steps[0].Args[i].resolve(now, func(name, what string) (string, error) {
			return what + " of " + name, nil
		})
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, text)
	}
	if want := "X|1000005|1000000116|id of b|addr of c"; strings.Join(got, "|") != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
