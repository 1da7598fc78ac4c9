package spec_test

import (
	"strings"
	"testing"

	"github.com/mnorrsken/postkeys/codec"
	"github.com/mnorrsken/postkeys/commands/spec"
)

// TestErrorsEqualRedis compares the error replies to requests that name no command or have a wrong number of arguments.
func TestErrorsEqualRedis(t *testing.T) {
	long := strings.Repeat("x", 127)
	redis := dial(t, false)
	for _, r := range [][]string{
		{"foo"}, {"FOO", "a", "b"}, {"foo", ""}, {"", "a"}, {"foo\x00bar", "a"}, {"foo", "a\x00b", "c"},
		{"fo\r\no", "a\nb", "\r"}, {"foo", "it's", `"q"`}, {"\xff\xfe", "\x80"},
		{long}, {long + "x"}, {long + "xyz", "a"}, {"foo", long}, {"foo", long, "b"}, {"foo", long + "xyz", "b"},
		{"foo", long[:100], long[:100], "c"}, {"foo", long[:124]}, {"foo", long[:124], "b"}, {"foo", long[:125], "b"},
		append([]string{"foo"}, strings.Split(strings.Repeat("ab ", 60), " ")...),
		{"client", "foo"}, {"CLIENT", "Foo", "bar"}, {"cLiEnT", ""}, {"client", "a\x00b"}, {"client", "a\r\nb"},
		{"client", long + "xyz"}, {"object", "nosuch", "k"}, {"config", "get2"}, {"command", "nosuch"}, {"client|list"},
		{"get"}, {"GET", "a", "b"}, {"set", "k"}, {"client"}, {"config"}, {"object"}, {"client", "kill"},
		{"CLIENT", "ID", "x"}, {"object", "encoding"}, {"mget"}, {"Config", "Resetstat", "x"}, {"debug"},
	} {
		theirs, _ := redis.do(r...)
		args := byteArgs(r)
		ours, _ := reply(t, false, func(e *codec.Encoder) {
			switch s, _ := spec.Lookup(args); {
			case s == nil:
				e.Error(spec.UnknownError(args))
			case !s.ArityOK(len(args)):
				e.Error(spec.WrongArityError(s))
			default:
				t.Errorf("%q is a good request", r)
				e.OK()
			}
		})
		if string(ours) != string(theirs) {
			t.Errorf("%.60q:\n%q\nredis-server's:\n%q", r, ours, theirs)
		}
	}
}

func TestUnsupportedCommands(t *testing.T) {
	for request, want := range map[string]string{
		"SHUTDOWN a b":   "ERR command 'shutdown' is not supported by postkeys",
		"cluster":        "ERR command 'cluster' is not supported by postkeys",
		"Cluster INFO":   "ERR command 'cluster|info' is not supported by postkeys",
		"cluster nosuch": "ERR command 'cluster' is not supported by postkeys",
		"acl WHOAMI":     "ERR command 'acl|whoami' is not supported by postkeys",
		"client nosuch":  "ERR unknown subcommand 'nosuch'. Try CLIENT HELP.",
		"nosuch migrate": "ERR unknown command 'nosuch', with args beginning with: 'migrate' ",
	} {
		args := byteArgs(strings.Fields(request))
		if s, _ := spec.Lookup(args); s != nil {
			t.Errorf("%s is served", request)
			continue
		}
		if got := spec.UnknownError(args); got != want {
			t.Errorf("%s: %s", request, got)
		}
	}
}
