package lua_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/mnorrsken/postkeys/codec"
	"github.com/mnorrsken/postkeys/lua"
)

// starter is a Caller that tells when a script calls its first command.
type starter struct{ started chan struct{} }

func (s *starter) Call([][]byte, bool) ([]byte, error) {
	select {
	case s.started <- struct{}{}:
	default:
	}
	return []byte("+PONG\r\n"), nil
}

func (*starter) CheckACL([][]byte) (allowed, known bool) { return true, true }
func (*starter) Log(lua.Level, string)                   {}

// endless are scripts that do not end by themselves.
var endless = []string{
	"while true do end",
	"repeat until false",
	"for i = 1, 1/0 do end",
	"while true do pcall(function() while true do end end) end",
	"while true do pcall(error) end",
	"while true do xpcall(function() while true do end end, function() while true do end end) end",
	"local function f() return f() end f()",
	"local function f() pcall(f) return f() end f()",
	"while true do coroutine.wrap(function() while true do end end)() end",
	"local co = coroutine.wrap(function() while true do pcall(coroutine.yield) end end) while true do pcall(co) end",
	"local t = setmetatable({}, {__index = function(t, k) return t[k + 1] end}) while true do pcall(function() return t[1] end) end",
	"table.sort({3, 1, 2}, function() while true do end end)",
	"string.gsub('x', 'x', function() while true do end end)",
	"while true do pcall(string.gsub, 'xxxx', 'x', error) end",
	"while true do string.rep('x', 1000) end",
	"string.find(string.rep('a', 3000), string.rep('a-', 200) .. 'b')",
	"while true do redis.call('ping') end",
	"while true do redis.pcall('ping') end",
	"while true do pcall(redis.call, 'ping') end",
	"while true do load(function() end) end",
	"load(function() while true do end end)",
	"while true do loadstring('return 1')() end",
	"for k in function() return 1 end do end",
	"while true do cjson.decode(cjson.encode({1, 2, 3})) end",
	"local t = setmetatable({}, {__tostring = function() while true do end end}) return tostring(t)",
	"local t = setmetatable({}, {__concat = function() while true do end end}) return t .. 'x'",
}

func TestScriptsCanBeKilled(t *testing.T) {
	t.Parallel()
	engine := lua.New(lua.Options{MaxMemoryBytes: 1 << 30})
	for _, src := range endless {
		script, err := engine.Compile([]byte("redis.call('ping') " + src))
		if err != nil {
			t.Fatalf("%s: %v", src, err)
		}
		caller := &starter{make(chan struct{}, 1)}
		var (
			out     codec.Encoder
			control lua.Control
		)
		done := make(chan error, 1)
		go func() { done <- engine.Run(script, &lua.Invocation{Caller: caller, Out: &out, Control: &control}) }()
		<-caller.started
		if _, ok := control.Started(); !ok || !control.Kill() {
			t.Fatalf("%s: not killed", src)
		}
		select {
		case err := <-done:
			if err != nil || !bytes.HasPrefix(out.Buf, []byte("-ERR Script killed by user with SCRIPT KILL...")) {
				t.Errorf("%s: %v, %q", src, err, out.Buf)
			}
		case <-time.After(30 * time.Second):
			t.Fatalf("%s: still runs", src)
		}
	}
}

func TestScriptThatWroteIsNotKilled(t *testing.T) {
	t.Parallel()
	var control lua.Control
	if !control.MarkWrote() || control.Kill() || control.Killed() || !control.Wrote() {
		t.Error("a script that has written was killed")
	}
	var other lua.Control
	if !other.Kill() || other.MarkWrote() {
		t.Error("a killed script was allowed to write")
	}
}

// failing is a Caller whose storage fails.
type failing struct {
	starter
	err error
}

func (f *failing) Call([][]byte, bool) ([]byte, error) { return nil, f.err }

func TestFailureOfTheCallerCannotBeCaught(t *testing.T) {
	t.Parallel()
	engine := lua.New(lua.Options{})
	failure := errors.New("connection lost")
	for _, src := range []string{
		"redis.call('get', 'k')",
		"redis.pcall('get', 'k')",
		"pcall(redis.call, 'get', 'k') return 1",
		"while true do pcall(redis.call, 'get', 'k') end",
		"xpcall(function() redis.call('get', 'k') end, function() return 1 end) return 2",
		"return pcall(coroutine.wrap(function() redis.call('get', 'k') end))",
		"return pcall(table.sort, {2, 1}, function() redis.call('get', 'k') end)",
	} {
		script, err := engine.Compile([]byte(src))
		if err != nil {
			t.Fatal(err)
		}
		out := codec.Encoder{Buf: []byte("before")}
		err = engine.Run(script, &lua.Invocation{Caller: &failing{err: failure}, Out: &out})
		if !errors.Is(err, failure) || string(out.Buf) != "before" {
			t.Errorf("%s: %v, %q", src, err, out.Buf)
		}
	}
}

func TestAbort(t *testing.T) {
	t.Parallel()
	engine := lua.New(lua.Options{})
	script, err := engine.Compile([]byte("redis.call('ping') while true do end"))
	if err != nil {
		t.Fatal(err)
	}
	caller := &starter{make(chan struct{}, 1)}
	var (
		out     codec.Encoder
		control lua.Control
	)
	done := make(chan error, 1)
	go func() { done <- engine.Run(script, &lua.Invocation{Caller: caller, Out: &out, Control: &control}) }()
	<-caller.started
	shutdown := errors.New("shutting down")
	control.MarkWrote()
	control.Abort(shutdown)
	if err := <-done; !errors.Is(err, shutdown) || len(out.Buf) > 0 {
		t.Errorf("%v, %q", err, out.Buf)
	}
}

// TestMemoryIsBounded runs scripts that would take all memory there is.
func TestMemoryIsBounded(t *testing.T) {
	engine := lua.New(lua.Options{MaxMemoryBytes: 64 << 20})
	for _, src := range []string{
		"local s = 'x' while true do s = s .. s end",
		"local t = {} while true do t[#t + 1] = {} end",
		"local t = {} while true do t = {t} end",
		"local t, i = {}, 1 while true do local x = {} x[4e6] = 1 t[i] = x i = i + 1 end",
		"local t = {} while true do t[#t + 1] = coroutine.create(function() end) end",
		"local t = {} t[1] = t t[2] = t return t",
	} {
		got := string(eval(t, engine, nil, src, false))
		if !strings.HasPrefix(got, "-ERR not enough memory") {
			t.Errorf("%s: %.200q", src, got)
		}
	}
	if got := string(eval(t, engine, nil, "return 1", false)); got != ":1\r\n" {
		t.Errorf("then %q", got)
	}
}

func TestDepthIsBounded(t *testing.T) {
	t.Parallel()
	engine := lua.New(lua.Options{})
	for _, tc := range []struct{ src, want string }{
		{"local function f() return 1 + f() end return f()", "stack overflow"},
		{"local function f() local ok, e = pcall(f) error(e, 0) end f()", "C stack overflow"},
		{"local t = setmetatable({}, {}) getmetatable(t).__index = function(t, k) return t[k] end return t.x", "stack overflow"},
		{"local function f() return coroutine.wrap(f)() end f()", "C stack overflow"},
		{"local function f(x) return string.gsub('x', 'x', f) end f()", "stack overflow"},
		{"local function f() table.sort({1, 2, 3}, f) end f()", "stack overflow"},
		{"return unpack({}, 1, 8000)", "too many results to unpack"},
		{"local t = {} for i = 1, 9000 do t = {t} end return t", "reached lua stack limit"},
		{"local co = coroutine.wrap(function() local function f() return 1 + f() end return f() end) return co()", "stack overflow"},
	} {
		if got := string(eval(t, engine, nil, tc.src, false)); !strings.Contains(got, tc.want) {
			t.Errorf("%s: %.300q", tc.src, got)
		}
	}
}

// TestHostileSources compiles what makes parsers and compilers overflow or take forever.
func TestHostileSources(t *testing.T) {
	t.Parallel()
	engine := lua.New(lua.Options{})
	for name, src := range map[string]string{
		"parentheses":  "return " + strings.Repeat("(", 100000) + "1",
		"tables":       "return " + strings.Repeat("{", 100000),
		"calls":        "return f" + strings.Repeat("()", 100000),
		"indexes":      "return f" + strings.Repeat("[1]", 100000),
		"fields":       "return f" + strings.Repeat(".x", 100000),
		"concats":      "return 'a'" + strings.Repeat("..'a'", 100000),
		"sums":         "return 1" + strings.Repeat("+x", 100000),
		"ands":         "return 1" + strings.Repeat(" and x", 100000),
		"nots":         "return " + strings.Repeat("not ", 100000) + "1",
		"minuses":      "return " + strings.Repeat("- ", 100000) + "1",
		"powers":       "return 1" + strings.Repeat("^x", 100000),
		"blocks":       strings.Repeat("do ", 100000),
		"functions":    strings.Repeat("return function() ", 100000),
		"elseifs":      "if x then " + strings.Repeat("elseif x then ", 100000) + "end",
		"ifs":          strings.Repeat("if x then ", 100000),
		"locals":       strings.Repeat("local x ", 100000),
		"upvalues":     upvalues(250),
		"parameters":   "return function(" + strings.Repeat("a,", 300) + "a) end",
		"targets":      "a" + strings.Repeat(",a", 10000) + " = 1",
		"arguments":    "f(" + strings.Repeat("a,", 1000) + "a)",
		"constants":    "return {" + numbers(200000) + "}",
		"strings":      strings.Repeat("x = '"+strings.Repeat("y", 100)+"' ", 10000),
		"brackets":     "return [" + strings.Repeat("=", 1000000) + "[",
		"digits":       "return " + strings.Repeat("9", 1000000),
		"statements":   strings.Repeat("x = 1 ", 200000),
		"long comment": "--[[" + strings.Repeat("]", 1000000),
		"bytecode":     "\x1bLua\x51\x00\x01\x04\x08\x04\x08\x00",
		"zeros":        strings.Repeat("\x00", 100000),
		"too large":    strings.Repeat(" ", 17<<20),
	} {
		start := time.Now()
		_, err := engine.Compile([]byte(src))
		if took := time.Since(start); took > 20*time.Second {
			t.Errorf("%s: took %v", name, took)
		}
		if err != nil && !strings.HasPrefix(err.Error(), "ERR Error compiling script (new function): user_script:") {
			t.Errorf("%s: %.200s", name, err)
		}
	}
}

// upvalues makes a function that uses many variables of the one around it.
func upvalues(n int) string {
	var b strings.Builder
	for i := range n {
		if i%150 == 0 {
			b.WriteString("return function() ")
		}
		b.WriteString("local v" + strings.Repeat("x", i) + " ")
	}
	b.WriteString("return function() return {")
	for i := range n {
		b.WriteString("v" + strings.Repeat("x", i) + ",")
	}
	return b.String() + "} end" + strings.Repeat(" end", (n+149)/150)
}

func numbers(n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString("x" + string(rune('a'+i%26)) + ",'" + strings.Repeat("z", i%17) + string(rune(0x4e00+i%20000)) + "',")
	}
	return b.String()
}

// runBriefly runs a script, kills it if it does not end, and fails if that does not help or the interpreter broke.
func runBriefly(t *testing.T, engine *lua.Engine, script *lua.Script) {
	t.Helper()
	var (
		out     codec.Encoder
		control lua.Control
	)
	kill := time.AfterFunc(100*time.Millisecond, func() { control.Kill() })
	defer kill.Stop()
	hung := time.AfterFunc(20*time.Second, func() { panic("script cannot be killed: " + string(script.Body())) })
	defer hung.Stop()
	if err := engine.Run(script, &lua.Invocation{Caller: &starter{}, Out: &out, Control: &control}); err != nil {
		t.Errorf("%q: %v", script.Body(), err)
	}
	if bytes.Contains(out.Buf, []byte("internal error")) {
		t.Errorf("%q: %q", script.Body(), out.Buf)
	}
}
