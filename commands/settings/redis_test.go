package settings_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/mnorrsken/postkeys/codec"
	"github.com/mnorrsken/postkeys/commands/glob"
	"github.com/mnorrsken/postkeys/commands/servertest"
	"github.com/mnorrsken/postkeys/commands/settings"
)

// newSince70 lists what Redis 7.2 has and the server of the comparison, 7.0, may not have.
var newSince70 = []string{"set-max-listpack-entries", "set-max-listpack-value", "locale-collate", "cluster-announce-human-nodename",
	"cluster-ping-interval"}

// ownParameters lists what Redis does not have.
var ownParameters = []string{"script-busy-scope"}

// ownDefaults lists the parameters whose default differs, each for the reason its table gives; port and dir follow the
// test's server.
var ownDefaults = []string{"protected-mode", "port", "bind", "dir", "enable-debug-command", "save"}

func parse(t *testing.T, reply []byte) codec.Value {
	t.Helper()
	v, _, err := codec.ParseValue(reply)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func redisConfig(t *testing.T, c *servertest.Client, pattern string) map[string]string {
	t.Helper()
	reply, err := c.Do("CONFIG", "GET", pattern)
	if err != nil {
		t.Fatal(err)
	}
	elems := parse(t, reply).Elems
	values := map[string]string{}
	for i := 0; i+1 < len(elems); i += 2 {
		values[string(elems[i].Str)] = string(elems[i+1].Str)
	}
	return values
}

func dial(t *testing.T) *servertest.Client {
	t.Helper()
	c, err := servertest.Dial(servertest.Redis(t).Addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

func TestDefaultsLikeRedis(t *testing.T) {
	t.Parallel()
	want := redisConfig(t, dial(t), "*")
	got := map[string]string{}
	for _, a := range settings.New().Get([]string{"*"}, match) {
		got[a.Name] = a.Value
	}
	t.Logf("%d parameters here, %d there", len(got), len(want))
	for name, value := range want {
		mine, ok := got[name]
		switch {
		case !ok && settings.Lookup(name) != nil: // hidden in 7.2
		case !ok:
			t.Errorf("%s is missing", name)
		case mine != value && !slices.Contains(ownDefaults, name):
			t.Errorf("%s is %q, redis has %q", name, mine, value)
		}
	}
	for name := range got {
		if _, ok := want[name]; !ok && !slices.Contains(newSince70, name) && !slices.Contains(ownParameters, name) {
			t.Errorf("%s is not a parameter of Redis", name)
		}
	}
}

func match(pattern, name string) bool { return glob.Match(pattern, name, true) }

// TestSetLikeRedis gives the same values to both, one after the other, and compares the answers and what is read back.
func TestSetLikeRedis(t *testing.T) {
	t.Parallel()
	c := dial(t)
	here := settings.New()
	here.Init(settings.Assignment{Name: "protected-mode", Value: "yes"})

	numbers := []string{"0", "1", "-1", "5", "99", "100", "101", "1000", "70000", "2147483647", "2147483648", "-2147483648",
		"9223372036854775807", "9223372036854775808", "18446744073709551615", "18446744073709551616", "", " 1", "1 ", "01", "+1", "abc",
		"1k", "2KB", "3mb", "1Gb", "1tb", "kb", "5%", "0%", "100%", "101%", "-5%", "%", "1.5"}
	for _, p := range settings.All() {
		if slices.Contains(newSince70, p.Name) || slices.Contains(ownParameters, p.Name) || p.Mutability == settings.Fixed || p.Hidden {
			continue
		}
		var values []string
		switch p.Kind {
		case settings.Bool:
			values = []string{"yes", "NO", "1", "", "true", "no"}
		case settings.Integer, settings.Memory, settings.Octal:
			values = numbers
			switch p.Name {
			case "maxclients", "repl-backlog-size", "maxmemory":
				// What the machine or the server cannot give is refused for other reasons.
				values = []string{"0", "-1", "200", "4294967296", "x", "", "1k", "150"}
			case "maxmemory-clients": // a small value ends this very connection
				values = []string{"0", "-1", "200mb", "1G", "5%", "0%", "100%", "101%", "-5%", "%", "x", "", "18446744073709551615"}
			}
		case settings.Enum, settings.Flags:
			values = append(slices.Clone(p.Values), strings.ToUpper(p.Values[0]), "", "x", strings.Join(p.Values, " "), p.Values[0]+"  "+p.Values[0])
			if p.Kind == settings.Flags {
				values = append(values, "now force", "FORCE nosave", "save nosave", "default save")
			}
			switch p.Name {
			case "oom-score-adj":
				values = []string{"x", "no"} // the others need privileges
			case "loglevel":
				values = []string{"debug", "VERBOSE"} // 7.2 has one more, so the errors differ
			}
		case settings.Text:
			values = []string{"x", "a b", "", "a/b", "a_b", "a-b.c", strings.Repeat("h", 300)}
			if p.Name == "proc-title-template" {
				values = []string{"", " ", "x", "{title}", "{title", "{nope}", "{{title}", "a } b", "{title} {listen-addr} {server-mode} {port} {tls-port} {unixsocket} {config-file}"}
			}
		}
		for _, v := range values {
			compareSet(t, c, here, p.Name, v)
		}
		compareSet(t, c, here, p.Name, p.Default)
	}
	for name, values := range map[string][]string{
		"save":                              {"", "1 1", "3600 1 300 100", "0 1", "1 -1", "1", "1 x", "x 1", "1 1 1", "100 ", " 1 1", "10  20", "+5 6", "1 4294967297"},
		"client-output-buffer-limit":        {"normal 1 2 3", "slave 1k 1kb 5 pubsub 1mb 2g 7", "REPLICA 0 0 0", "", "normal 1 2", "master 1 2 3", "nope 1 2 3", "normal x 2 3", "normal 1 2 -3", "normal 1 2 3x", "normal 1 2 ", "normal kb 2 3", "normal 99999999999999999999 1 1 normal 1 1 1", "normal 0 0 0"},
		"oom-score-adj-values":              {"1 2 3", "1 2", "1 2 x", "1 2 2001", "-2000 0 2000", "", "0 200 800"},
		"notify-keyspace-events":            {"KEA", "", "Kg$lshzxet", "AKEmdn", "g$lshzxetd", "n", "KEn", "mK", "x ", "q", "KEAx", "An", "dn", "g$lshzxetdn"},
		"latency-tracking-info-percentiles": {"50", "50 99 99.9", "", "0.001 100 0", "101", "-1", "x", "50 x", "1e1", "0.12345678", "100.0", " 50", "50  60", "nan", "inf", "0x10"},
		"nope":                              {"1"},
		"NotThere":                          {""},
	} {
		for _, v := range values {
			compareSet(t, c, here, name, v)
		}
	}
	for _, pairs := range [][]string{
		{"timeout", "1", "timeout", "2"}, {"timeout", "1", "TIMEOUT", "2"}, {"timeout", "5", "nope", "1"}, {"nope", "1", "databases", "1"},
		{"databases", "1", "nope", "1"}, {"timeout", "7", "hz", "x"}, {"hash-max-ziplist-entries", "3", "hash-max-listpack-entries", "4"},
		{"Hash-Max-Ziplist-Value", "x"}, {"timeout", "1", "databases", "1", "timeout", "2"}, {"timeout", "8", "hz", "20"},
		{"dir", "/"}, {"DBfilename", "x"}, {"timeout", "1", "dir", "/"},
	} {
		compareSet(t, c, here, pairs...)
	}
	// Everything that was changed reads back the same, aliases included.
	want := redisConfig(t, c, "*")
	for _, a := range here.Get([]string{"*"}, match) {
		value, ok := want[a.Name]
		if ok && value != a.Value && !slices.Contains(ownDefaults, a.Name) {
			t.Errorf("in the end %s is %q, redis has %q", a.Name, a.Value, value)
		}
	}
}

func compareSet(t *testing.T, c *servertest.Client, here *settings.Store, pairs ...string) {
	t.Helper()
	reply, err := c.Do(append([]string{"CONFIG", "SET"}, pairs...)...)
	if err != nil {
		t.Fatal(err)
	}
	var assignments []settings.Assignment
	var names []string
	for i := 0; i < len(pairs); i += 2 {
		assignments = append(assignments, settings.Assignment{Name: pairs[i], Value: pairs[i+1]})
		names = append(names, pairs[i])
	}
	got := "OK"
	if err := here.Set(assignments, true); err != nil {
		got = err.Error()
	}
	if want := string(parse(t, reply).Str); got != want {
		t.Errorf("%q: got %q, redis says %q", pairs, got, want)
	}
	for _, name := range names {
		for _, a := range here.Get([]string{name}, match) {
			if want := redisConfig(t, c, name)[name]; a.Value != want && !slices.Contains(ownDefaults, strings.ToLower(name)) {
				t.Errorf("after %q: %s is %q, redis has %q", pairs, name, a.Value, want)
			}
		}
	}
}

func TestRewriteLikeRedis(t *testing.T) {
	t.Parallel()
	reply, err := dial(t).Do("CONFIG", "REWRITE")
	if err != nil {
		t.Fatal(err)
	}
	if want := string(parse(t, reply).Str); settings.ErrRewrite.Reply != want {
		t.Errorf("got %q, redis says %q", settings.ErrRewrite.Reply, want)
	}
}
