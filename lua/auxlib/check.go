package auxlib

import (
	glua "github.com/yuin/gopher-lua"

	"github.com/mnorrsken/postkeys/lua/number"
)

// ToString returns a string or the text of a number, as lua_tolstring does, and whether v is one of the two.
func ToString(v glua.LValue) (string, bool) {
	switch v := v.(type) {
	case glua.LString:
		return string(v), true
	case glua.LNumber:
		return number.String(float64(v)), true
	}
	return "", false
}

// ToNumber returns a number or that which a string holds, as lua_tonumber does, and whether v is one of the two.
func ToNumber(v glua.LValue) (float64, bool) {
	switch v := v.(type) {
	case glua.LNumber:
		return float64(v), true
	case glua.LString:
		return number.Parse(string(v))
	}
	return 0, false
}

// CheckString returns the argument n as a string or raises an error.
func CheckString(L *glua.LState, n int) string {
	s, ok := ToString(L.Get(n))
	if !ok {
		TypeError(L, n, "string")
	}
	return s
}

// OptString is CheckString with a default for nil and for what is missing.
func OptString(L *glua.LState, n int, missing string) string {
	if L.Get(n) == glua.LNil {
		return missing
	}
	return CheckString(L, n)
}

// CheckNumber returns the argument n as a number or raises an error.
func CheckNumber(L *glua.LState, n int) float64 {
	f, ok := ToNumber(L.Get(n))
	if !ok {
		TypeError(L, n, "number")
	}
	return f
}

// CheckInteger is luaL_checkinteger: a number converted as C does on a machine with 64 bits.
func CheckInteger(L *glua.LState, n int) int64 { return number.ToInt64(CheckNumber(L, n)) }

// OptInteger is CheckInteger with a default for nil and for what is missing.
func OptInteger(L *glua.LState, n int, missing int64) int64 {
	if L.Get(n) == glua.LNil {
		return missing
	}
	return CheckInteger(L, n)
}

// CheckInt is luaL_checkint: an integer of which 32 bits are kept.
func CheckInt(L *glua.LState, n int) int { return int(int32(CheckInteger(L, n))) }

// OptInt is CheckInt with a default for nil and for what is missing.
func OptInt(L *glua.LState, n, missing int) int {
	return int(int32(OptInteger(L, n, int64(missing))))
}

// CheckTable returns the argument n, which must be a table.
func CheckTable(L *glua.LState, n int) *glua.LTable {
	t, ok := L.Get(n).(*glua.LTable)
	if !ok {
		TypeError(L, n, "table")
	}
	return t
}

// CheckFunction returns the argument n, which must be a function.
func CheckFunction(L *glua.LState, n int) *glua.LFunction {
	f, ok := L.Get(n).(*glua.LFunction)
	if !ok {
		TypeError(L, n, "function")
	}
	return f
}
