package lua

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"

	glua "github.com/yuin/gopher-lua"

	"github.com/mnorrsken/postkeys/lua/auxlib"
	"github.com/mnorrsken/postkeys/lua/cjson"
	"github.com/mnorrsken/postkeys/lua/number"
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

// toText is what lua_tostring makes of a string or a number; of other values nothing.
func toText(v glua.LValue) string {
	s, _ := auxlib.ToString(v)
	return s
}

// tostring is luaL_tostring without the check of what __tostring returns.
func (in *interp) tostring(L *glua.LState, v glua.LValue) string {
	switch v := v.(type) {
	case glua.LString:
		return string(v)
	case glua.LNumber:
		return number.String(float64(v))
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
	case *glua.LUserData:
		if v == cjson.Null {
			return "userdata: (nil)"
		}
	}
	return v.String()
}

// checkAny raises an error if an argument is missing.
func checkAny(L *glua.LState, n int) glua.LValue {
	if L.GetTop() < n {
		auxlib.ArgError(L, n, "value expected")
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
	base := auxlib.OptInt(L, 2, 10)
	if base == 10 {
		if f, ok := auxlib.ToNumber(checkAny(L, 1)); ok {
			L.Push(auxlib.Number(f))
		} else {
			L.Push(glua.LNil)
		}
		return 1
	}
	s := auxlib.CheckString(L, 1)
	if base < 2 || base > 36 {
		auxlib.ArgError(L, 2, "base out of range")
	}
	if f, ok := parseInteger(s, base); ok {
		L.Push(auxlib.Number(f))
	} else {
		L.Push(glua.LNil)
	}
	return 1
}

// parseInteger reads digits of a base, as strtoul does: a sign is allowed, and what is too large becomes the largest.
func parseInteger(s string, base int) (float64, bool) {
	s = strings.Trim(cString(s), " \t\n\v\f\r")
	digits := strings.TrimPrefix(s, "-")
	negative := digits != s
	if !negative {
		digits = strings.TrimPrefix(s, "+")
	}
	if base == 16 && len(digits) > 2 && strings.EqualFold(digits[:2], "0x") {
		digits = digits[2:]
	}
	n, err := strconv.ParseUint(digits, base, 64)
	if errors.Is(err, strconv.ErrRange) {
		return math.MaxUint64, true
	}
	if negative {
		n = -n
	}
	return float64(n), err == nil && digits[0] != '+' && digits[0] != '-'
}

func (in *interp) typeOf(L *glua.LState) int {
	L.Push(glua.LString(checkAny(L, 1).Type().String()))
	return 1
}

func (in *interp) assert(L *glua.LState) int {
	if glua.LVIsFalse(checkAny(L, 1)) {
		in.throwf(L, 1, auxlib.OptString(L, 2, "assertion failed!"))
	}
	return L.GetTop()
}

func (in *interp) error(L *glua.LState) int {
	level := auxlib.OptInt(L, 2, 1)
	v := L.Get(1)
	if s, ok := v.(glua.LString); ok && level > 0 {
		v = glua.LString(in.where(L, level)) + s
	} else if n, ok := v.(glua.LNumber); ok && level > 0 {
		v = glua.LString(in.where(L, level) + number.String(float64(n)))
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
	i := auxlib.CheckInt(L, 1)
	switch {
	case i < 0:
		i = n + i
	case i > n:
		i = n
	}
	if i < 1 {
		auxlib.ArgError(L, 1, "index out of range")
	}
	return n - i
}

// maxUnpack is how many values Lua 5.1's C stack takes.
const maxUnpack = 8000

func (in *interp) unpack(L *glua.LState) int {
	t := in.real(auxlib.CheckTable(L, 1))
	i := auxlib.OptInt(L, 2, 1)
	e := t.Len()
	if L.GetTop() >= 3 && L.Get(3) != glua.LNil {
		e = auxlib.CheckInt(L, 3)
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
	switch option := auxlib.OptString(L, 1, "collect"); option {
	case "count":
		L.Push(glua.LNumber(heapKB()))
	case "collect", "stop", "restart", "setpause", "setstepmul":
		L.Push(glua.LNumber(0))
	case "step":
		L.Push(glua.LTrue)
	default:
		auxlib.ArgError(L, 1, "invalid option '"+option+"'")
	}
	return 1
}

func (in *interp) gcInfo(L *glua.LState) int {
	L.Push(glua.LNumber(math.Floor(heapKB())))
	return 1
}

// heapKB is a constant on purpose: what the process uses is nobody's business in a script.
func heapKB() float64 { return 64 }
