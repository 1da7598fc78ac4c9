package lua

import (
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

func BenchmarkGet(b *testing.B) {
	e := New(Options{})
	s, _ := e.Compile([]byte("return redis.call('get', KEYS[1])"))
	inv := &Invocation{Caller: &fixedCaller{reply: []byte("$1\r\nv\r\n")}, Out: &codec.Encoder{}, Keys: [][]byte{[]byte("k")}}
	b.ReportAllocs()
	for b.Loop() {
		inv.Out.Buf = inv.Out.Buf[:0]
		if err := e.Run(s, inv); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkLoop(b *testing.B) {
	e := New(Options{})
	s, _ := e.Compile([]byte("local x = 0 for i=1,100000 do x = x + i % 7 end return x"))
	inv := &Invocation{Caller: &fixedCaller{}, Out: &codec.Encoder{}}
	b.ReportAllocs()
	for b.Loop() {
		inv.Out.Buf = inv.Out.Buf[:0]
		if err := e.Run(s, inv); err != nil {
			b.Fatal(err)
		}
	}
}
