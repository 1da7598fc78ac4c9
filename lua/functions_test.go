package lua_test

import (
	"testing"

	"github.com/mnorrsken/postkeys/codec"
	"github.com/mnorrsken/postkeys/lua"
	"github.com/mnorrsken/postkeys/lua/redistest"
)

// libraries are sources, and calls of their functions.
var libraries = []struct {
	code  string
	calls []string
}{
	{"#!lua name=a¶redis.register_function('f', function(keys, args) return {#keys, #args, args[1]} end)", []string{"f"}},
	{"#!lua name=a¶redis.register_function{function_name='f', callback=function() return 1 end, description='d', flags={'no-writes'}}", []string{"f"}},
	{"#!lua name=a¶local function g(x) return x * 2 end redis.register_function('f', function() return g(21) end)", []string{"f"}},
	{"#!lua name=a¶redis.register_function('f', function() return redis.call('ping') end)", []string{"f"}},
	{"#!lua name=a¶redis.register_function('f', function() return redis.call('nosuch') end)", []string{"f"}},
	{"#!lua name=a¶¶redis.register_function('f', function()¶ error('oops') end)", []string{"f"}},
	{"#!lua name=a¶redis.register_function('f', function() x = 1 end)", []string{"f"}},
	{"#!lua name=a¶redis.register_function('f', function() return x end)", []string{"f"}},
	{"#!lua name=a¶redis.register_function('f', function() return KEYS end)", []string{"f"}},
	{"#!lua name=a¶redis.register_function('f', function() return redis.breakpoint end)", []string{"f"}},
	{"#!lua name=a¶redis.register_function('f', function() return redis.register_function end)", []string{"f"}},
	{"#!lua name=a¶local r = redis.register_function r('f', function() return r('g', function() end) end)", []string{"f"}},
	{"#!lua name=a¶redis.register_function('f', function() return {redis.LOG_DEBUG, redis.REPL_ALL, type(redis.call), string.upper('x')} end)", []string{"f"}},
	{"#!lua name=a¶redis.register_function('f', function() return _G == getmetatable end)", []string{"f"}},
	{"#!lua name=a¶redis.register_function('f', tostring)", []string{"f"}},
	{"#!lua name=a¶redis.register_function('f', function(keys, args) redis.setresp(3) return true end)", []string{"f"}},
	{"#!lua name=a¶redis.register_function('f', function() return 1 end) redis.register_function('g', function() return 2 end)", []string{"f", "g"}},
	{"#!lua name=a¶redis.register_function('f', function() return 1 end) redis.register_function('f', function() return 2 end)", nil},
	{"#!lua name=a¶redis.register_function('bad name', function() return 1 end)", nil},
	{"#!lua name=a¶redis.register_function('f', 1)", nil},
	{"#!lua name=a¶redis.register_function({}, 1)", nil},
	{"#!lua name=a¶redis.register_function()", nil},
	{"#!lua name=a¶redis.register_function(1)", nil},
	{"#!lua name=a¶redis.register_function(1, 2, 3)", nil},
	{"#!lua name=a¶redis.register_function({})", nil},
	{"#!lua name=a¶redis.register_function{function_name='f'}", nil},
	{"#!lua name=a¶redis.register_function{callback=function() end}", nil},
	{"#!lua name=a¶redis.register_function{function_name={}, callback=function() end}", nil},
	{"#!lua name=a¶redis.register_function{function_name='f', callback=1}", nil},
	{"#!lua name=a¶redis.register_function{function_name='f', callback=function() end, description={}}", nil},
	{"#!lua name=a¶redis.register_function{function_name='f', callback=function() end, flags=1}", nil},
	{"#!lua name=a¶redis.register_function{function_name='f', callback=function() end, flags={'x'}}", nil},
	{"#!lua name=a¶redis.register_function{function_name='f', callback=function() end, nosuch=1}", nil},
	{"#!lua name=a¶redis.register_function{[{}]=1}", nil},
	{"#!lua name=a¶redis.call('ping')", nil},
	{"#!lua name=a¶redis.pcall('ping')", nil},
	{"#!lua name=a¶redis.log(redis.LOG_NOTICE, 'x') redis.register_function('f', function() return 1 end)", []string{"f"}},
	{"#!lua name=a¶return string.upper('x')", nil},
	{"#!lua name=a¶redis.setresp(3)", nil},
	{"#!lua name=a¶x = 1", nil},
	{"#!lua name=a¶redis.x = 1", nil},
	{"#!lua name=a¶local x = y", nil},
	{"#!lua name=a¶error('x')", nil},
	{"#!lua name=a¶error({err='x'})", nil},
	{"#!lua name=a¶local x = nil + 1", nil},
	{"#!lua name=a¶return", nil},
	{"#!lua name=a¶syntax error", nil},
	{"#!lua name=a", nil},
	{"#!lua¶return", nil},
	{"#!lua name=¶return", nil},
	{"#!lua name=a-b¶return", nil},
	{"#!lua name=a name=b¶return", nil},
	{"#!lua x=a¶return", nil},
	{"#!python name=a¶return", nil},
	{"#!LUA name=a¶redis.register_function('f', function() return 1 end)", []string{"f"}},
	{"#! name=a¶return", nil},
	{"return", nil},
	{"", nil},
}

func TestLibrariesLikeRedis(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	engine := lua.New(lua.Options{})
	redis := newClient(t, server, false)
	forward := &forwarder{newClient(t, server, false), newClient(t, server, true)}
	for _, tc := range libraries {
		code := lines(tc.code)
		redis.do([]byte("FUNCTION"), []byte("FLUSH"))
		want := redis.do([]byte("FUNCTION"), []byte("LOAD"), []byte(code))
		var out codec.Encoder
		lib, err := engine.LoadLibrary([]byte(code), lua.LoadOptions{Timeout: lua.DefaultLoadTimeout})
		if err != nil {
			out.Error(err.Error())
		} else {
			out.BulkString(lib.Name())
		}
		if string(out.Buf) != string(want) {
			t.Errorf("%s\nredis: %q\nhere:  %q", tc.code, want, out.Buf)
		}
		for _, name := range tc.calls {
			if err != nil {
				break
			}
			for range 2 { // a library that was kept must be as good as a new one
				want := redis.do([]byte("FCALL"), []byte(name), []byte("1"), []byte("k"), []byte("x"), []byte("y"))
				var out codec.Encoder
				inv := lua.Invocation{Keys: [][]byte{[]byte("k")}, Args: [][]byte{[]byte("x"), []byte("y")}, Caller: forward, Out: &out}
				if err := engine.RunFunction(lib, name, &inv); err != nil {
					t.Fatal(err)
				}
				if string(normal(out.Buf)) != string(normal(want)) {
					t.Errorf("%s: %s\nredis: %q\nhere:  %q", tc.code, name, want, out.Buf)
				}
			}
		}
	}
}

// TestFunctionsKeepNothing tells that a call finds a library as its code left it, whatever earlier calls did.
func TestFunctionsKeepNothing(t *testing.T) {
	t.Parallel()
	engine := lua.New(lua.Options{})
	for _, code := range []string{
		"local n = 0 redis.register_function('f', function() n = n + 1 return n end)",
		"local t = {n = 0} redis.register_function('f', function() t.n = t.n + 1 return t.n end)",
		"local n = 0 local function inc() n = n + 1 return n end redis.register_function('f', function() return inc() end)",
	} {
		lib, err := engine.LoadLibrary([]byte("#!lua name=a\n"+code), lua.LoadOptions{})
		if err != nil {
			t.Fatal(err)
		}
		for range 3 {
			var out codec.Encoder
			if err := engine.RunFunction(lib, "f", &lua.Invocation{Out: &out}); err != nil {
				t.Fatal(err)
			}
			if string(out.Buf) != ":1\r\n" {
				t.Errorf("%s: %q", code, out.Buf)
			}
		}
	}
}

func TestLibraryThatDoesNotEnd(t *testing.T) {
	t.Parallel()
	engine := lua.New(lua.Options{})
	_, err := engine.LoadLibrary([]byte("#!lua name=a\nwhile true do end"), lua.LoadOptions{Timeout: lua.DefaultLoadTimeout})
	if err == nil || err.Error() != "ERR Error registering functions: FUNCTION LOAD timeout" {
		t.Errorf("got %v", err)
	}
}
