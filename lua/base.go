package lua

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	glua "github.com/yuin/gopher-lua"
)

// openLibraries fills the globals with what Redis gives to scripts, and nothing else.
func (in *interp) openLibraries() {
	in.globals = in.L.G.Global
	for name, fn := range map[string]glua.LGFunction{
		"assert":         in.assert,
		"collectgarbage": in.collectGarbage,
		"error":          in.error,
		"gcinfo":         in.gcInfo,
		"getmetatable":   in.getMetatable,
		"load":           in.load,
		"loadstring":     in.loadString,
		"next":           in.next,
		"pcall":          in.pcall,
		"rawequal":       in.rawEqual,
		"rawget":         in.rawGet,
		"rawset":         in.rawSet,
		"select":         in.selectArgs,
		"setmetatable":   in.setMetatable,
		"tonumber":       in.toNumber,
		"tostring":       in.toString,
		"type":           in.typeOf,
		"unpack":         in.unpack,
		"xpcall":         in.xpcall,
	} {
		in.globals.RawSetString(name, in.L.NewFunction(fn))
	}
	in.globals.RawSetString("_VERSION", glua.LString("Lua 5.1"))
	in.openIterators()
	in.openCoroutines()
	in.openPackages()
	in.openRedis()
}

// numberText is a number as tostring shows it: "%.14g".
func numberText(f float64) string {
	switch {
	case math.IsNaN(f):
		if math.Signbit(f) {
			return "-nan"
		}
		return "nan"
	case math.IsInf(f, 1):
		return "inf"
	case math.IsInf(f, -1):
		return "-inf"
	}
	if n := int64(f); n > -1e14 && n < 1e14 && float64(n) == f && (n != 0 || !math.Signbit(f)) {
		return strconv.FormatInt(n, 10)
	}
	return strconv.FormatFloat(f, 'g', 14, 64)
}

// toText is what lua_tostring makes of a string or a number; of other values nothing.
func toText(v glua.LValue) string {
	switch v := v.(type) {
	case glua.LString:
		return string(v)
	case glua.LNumber:
		return numberText(float64(v))
	}
	return ""
}

// tostring is luaL_tostring without the check of what __tostring returns.
func (in *interp) tostring(L *glua.LState, v glua.LValue) string {
	switch v := v.(type) {
	case glua.LString:
		return string(v)
	case glua.LNumber:
		return numberText(float64(v))
	case *glua.LTable:
		if mt, ok := v.Metatable.(*glua.LTable); ok {
			if f := mt.RawGetString("__tostring"); f != glua.LNil {
				L.Push(f)
				L.Push(v)
				L.Call(1, 1)
				s := L.Get(-1)
				L.Pop(1)
				return toText(s)
			}
		}
		return fmt.Sprintf("table: %p", in.real(v))
	case *glua.LFunction:
		return fmt.Sprintf("function: %p", v)
	case *glua.LState:
		return fmt.Sprintf("thread: %p", v)
	}
	return v.String()
}

// checkAny raises an error if an argument is missing.
func checkAny(L *glua.LState, n int) glua.LValue {
	if L.GetTop() < n {
		L.ArgError(n, "value expected")
	}
	return L.Get(n)
}

func (in *interp) toString(L *glua.LState) int {
	v := checkAny(L, 1)
	if t, ok := v.(*glua.LTable); ok {
		if mt, ok := t.Metatable.(*glua.LTable); ok {
			if f := mt.RawGetString("__tostring"); f != glua.LNil {
				L.Push(f)
				L.Push(v)
				L.Call(1, 1)
				return 1
			}
		}
	}
	L.Push(glua.LString(in.tostring(L, v)))
	return 1
}

func (in *interp) toNumber(L *glua.LState) int {
	base := L.OptInt(2, 10)
	v := checkAny(L, 1)
	if base == 10 {
		switch v := v.(type) {
		case glua.LNumber:
			L.Push(v)
			return 1
		case glua.LString:
			if f, ok := parseNumber(string(v)); ok {
				L.Push(glua.LNumber(f))
				return 1
			}
		}
		L.Push(glua.LNil)
		return 1
	}
	s := L.CheckString(1)
	if base < 2 || base > 36 {
		L.ArgError(2, "base out of range")
	}
	if f, ok := parseInteger(s, base); ok {
		L.Push(glua.LNumber(f))
	} else {
		L.Push(glua.LNil)
	}
	return 1
}

func (in *interp) typeOf(L *glua.LState) int {
	L.Push(glua.LString(checkAny(L, 1).Type().String()))
	return 1
}

func (in *interp) assert(L *glua.LState) int {
	if glua.LVIsFalse(checkAny(L, 1)) {
		message := "assertion failed!"
		if L.GetTop() > 1 && L.Get(2) != glua.LNil {
			message = L.CheckString(2)
		}
		in.throw(L, glua.LString(message))
	}
	return L.GetTop()
}

func (in *interp) error(L *glua.LState) int {
	level := L.OptInt(2, 1)
	v := L.Get(1)
	if s, ok := v.(glua.LString); ok && level > 0 {
		v = glua.LString(in.where(L, level)) + s
	} else if n, ok := v.(glua.LNumber); ok && level > 0 {
		v = glua.LString(in.where(L, level) + numberText(float64(n)))
	}
	in.throw(L, v)
	return 0
}

func (in *interp) selectArgs(L *glua.LState) int {
	n := L.GetTop()
	if s, ok := L.Get(1).(glua.LString); ok && strings.HasPrefix(string(s), "#") {
		L.Push(glua.LNumber(n - 1))
		return 1
	}
	i := L.CheckInt(1)
	switch {
	case i < 0:
		i = n + i
	case i > n:
		i = n
	}
	if i < 1 {
		L.ArgError(1, "index out of range")
	}
	return n - i
}

// maxUnpack is how many values Lua 5.1's C stack takes.
const maxUnpack = 8000

func (in *interp) unpack(L *glua.LState) int {
	t := in.real(L.CheckTable(1))
	i := L.OptInt(2, 1)
	e := t.Len()
	if L.GetTop() >= 3 && L.Get(3) != glua.LNil {
		e = L.CheckInt(3)
	}
	if i > e {
		return 0
	}
	n := uint64(int64(e)-int64(i)) + 1
	if n >= maxUnpack {
		in.throwf(L, 1, "too many results to unpack")
	}
	for ; i <= e; i++ {
		L.Push(t.RawGet(glua.LNumber(i)))
	}
	return int(n)
}

// collectGarbage answers as Lua does; memory is Go's, which collects by itself.
func (in *interp) collectGarbage(L *glua.LState) int {
	switch option := L.OptString(1, "collect"); option {
	case "count":
		L.Push(glua.LNumber(heapKB()))
	case "collect", "stop", "restart", "setpause", "setstepmul":
		L.Push(glua.LNumber(0))
	case "step":
		L.Push(glua.LTrue)
	default:
		L.ArgError(1, "invalid option '"+option+"'")
	}
	return 1
}

func (in *interp) gcInfo(L *glua.LState) int {
	L.Push(glua.LNumber(math.Floor(heapKB())))
	return 1
}

// heapKB is a constant on purpose: what the process uses is nobody's business in a script.
func heapKB() float64 { return 64 }
