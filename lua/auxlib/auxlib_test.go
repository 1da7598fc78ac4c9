package auxlib_test

import (
	"context"
	"strings"
	"testing"

	glua "github.com/yuin/gopher-lua"

	"github.com/mnorrsken/postkeys/lua/auxlib"
	"github.com/mnorrsken/postkeys/lua/redistest"
)

// open sets up functions with the names and the arguments of two of Redis'.
func open(L *glua.LState) {
	library := auxlib.Register(L, "string", []auxlib.Function{
		{Name: "rep", Fn: func(L *glua.LState) int {
			s, n := auxlib.CheckString(L, 1), auxlib.CheckInt(L, 2)
			L.Push(glua.LString(strings.Repeat(s, n)))
			return 1
		}},
		{Name: "sub", Fn: func(L *glua.LState) int {
			auxlib.CheckString(L, 1)
			auxlib.CheckInteger(L, 2)
			auxlib.OptInteger(L, 3, -1)
			return 0
		}},
	})
	mt := L.CreateTable(0, 1)
	mt.RawSetString("__index", library)
	L.SetMetatable(glua.LString(""), mt)
}

func TestErrorsLikeRedis(t *testing.T) {
	t.Parallel()
	redistest.Compare(t, []string{
		"string.rep()",
		"string.rep({})",
		"string.rep('x')",
		"string.rep('x', {})",
		"('x'):rep()",
		"('x'):rep('y')",
		"('x'):rep(string.rep('x', {}))",
		"('x'):rep(('x'):rep({}))",
		"string.rep(('x'):rep(2), nil)",
		"string.rep('x', nil)",
		"local f = string.rep return f('x')",
		"local f = string.rep local function g() return f('x') .. '' end return g()",
		"local t = {string.rep} return t[1]('x')",
		"local t = {f = string.rep} return t.f('x')",
		"local t = {f = string.rep} return t:f(2)",
		"local x = string.rep('x') return x",
		"string.rep(string.rep('x', 3), string.rep('x', 2))",
		"string.rep(2, '3')",
		"string.rep(2.5, ' 0x2 ')",
		"pcall(string.rep)",
		"pcall(string.rep, 'x', {})",
		"pcall(string.sub, 'x', 1, true)",
		"string.sub('x', 1, true)",
		"setmetatable({}, {__index = string.rep}).x",
		"setmetatable({}, {__call = string.rep})()",
		"(string.rep)('x')",
		"(function() return string.rep end)()('x')",
		"local s = 'x' local r = s:rep(2) return string.rep(r)",
		"local s = 'x' return (s or r):rep({})",
		"select(2, pcall(function() ('x'):rep(tostring) end))",
		"string.rep('x', string)",
	}, open)
}

func TestInterruptEndsWithTheContext(t *testing.T) {
	t.Parallel()
	L := redistest.NewState(t, func(L *glua.LState) {
		auxlib.Register(L, "test", []auxlib.Function{{Name: "forever", Fn: func(L *glua.LState) int {
			for i := auxlib.NewInterrupt(L); ; {
				i.Step()
			}
		}}})
	})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	L.SetContext(ctx)
	L.Push(L.GetField(L.GetGlobal("test"), "forever"))
	if err := L.PCall(0, 0, nil); err == nil || !strings.Contains(err.Error(), "context canceled") {
		t.Errorf("got %v", err)
	}
}
