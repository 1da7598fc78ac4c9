package lua

import (
	"strings"
	"testing"

	"github.com/mnorrsken/postkeys/codec"
)

type fixedCaller struct{ reply []byte }

func (c *fixedCaller) Call([][]byte, bool) ([]byte, error) { return c.reply, nil }
func (c *fixedCaller) CheckACL([][]byte) (bool, bool)      { return true, true }
func (c *fixedCaller) Log(Level, string)                   {}

func evalText(t testing.TB, e *Engine, src string) string {
	s, err := e.Compile([]byte(src))
	if err != nil {
		return err.Error()
	}
	var out codec.Encoder
	if err := e.Run(s, &Invocation{Caller: &fixedCaller{reply: []byte("$1\r\nv\r\n")}, Out: &out, Keys: [][]byte{[]byte("k")}}); err != nil {
		t.Fatal(err)
	}
	return string(out.Buf)
}

// TestErrorKeepsSharedVariables is a bug of gopher-lua's: an error made the variables of frames that live on lose their closures.
func TestErrorKeepsSharedVariables(t *testing.T) {
	e := New(Options{})
	const src = "local x = 1 local function inc() x = x + 1 end pcall(function() error('a') end) inc() return x"
	if got := evalText(t, e, src); got != ":2\r\n" {
		t.Errorf("got %q", got)
	}
}

// TestStatementsSeeErrors calls commands without a use for their results: an error ends the script all the same.
func TestStatementsSeeErrors(t *testing.T) {
	e := New(Options{})
	for reply, want := range map[string]string{
		"+OK\r\n":                  ":1\r\n",
		"*2\r\n:1\r\n$-1\r\n":      ":1\r\n",
		"-WRONGTYPE of a test\r\n": "-WRONGTYPE of a test script: ",
	} {
		s, err := e.Compile([]byte("local function f() return redis.call('x') end f() redis.call('set', 'k', 'v') return 1"))
		if err != nil {
			t.Fatal(err)
		}
		var out codec.Encoder
		if err := e.Run(s, &Invocation{Caller: &fixedCaller{reply: []byte(reply)}, Out: &out}); err != nil {
			t.Fatal(err)
		}
		if got := string(out.Buf); !strings.HasPrefix(got, want) {
			t.Errorf("%q: got %q, want %q", reply, got, want)
		}
	}
	if got := evalText(t, e, "local r = {pcall(redis.call, 'x')} return r[2]"); got != "$1\r\nv\r\n" {
		t.Errorf("a call through pcall: got %q", got)
	}
	if got := evalText(t, e, "local co = coroutine.wrap(function() return redis.call('x') end) return co()"); got != "$1\r\nv\r\n" {
		t.Errorf("a call in a coroutine: got %q", got)
	}
}

func BenchmarkGet(b *testing.B) {
	benchmarkRun(b, "return redis.call('get', KEYS[1])", "k")
}

func BenchmarkGetSet(b *testing.B) {
	benchmarkRun(b, "local v = redis.call('get', KEYS[1]); redis.call('set', KEYS[1], ARGV[1]); return v", "k")
}

func BenchmarkFiveKeys(b *testing.B) {
	benchmarkRun(b, "for i = 1, #KEYS do redis.call('incr', KEYS[i]) end return #KEYS", "k1", "k2", "k3", "k4", "k5")
}

func BenchmarkLoop(b *testing.B) {
	benchmarkRun(b, "local x = 0 for i=1,100000 do x = x + i % 7 end return x")
}

// benchmarkRun runs a script that is compiled already.
func benchmarkRun(b *testing.B, src string, keys ...string) {
	e := New(Options{})
	s, err := e.Compile([]byte(src))
	if err != nil {
		b.Fatal(err)
	}
	inv := &Invocation{Caller: &fixedCaller{reply: []byte("$1\r\nv\r\n")}, Out: &codec.Encoder{}, Args: [][]byte{[]byte("x")}}
	for _, key := range keys {
		inv.Keys = append(inv.Keys, []byte(key))
	}
	b.ReportAllocs()
	for b.Loop() {
		inv.Out.Buf = inv.Out.Buf[:0]
		if err := e.Run(s, inv); err != nil {
			b.Fatal(err)
		}
	}
}
