package strlib

import (
	"strings"

	glua "github.com/yuin/gopher-lua"

	"github.com/mnorrsken/postkeys/lua/auxlib"
)

// functions are those of the library.
var functions = []auxlib.Function{
	{Name: "byte", Fn: toBytes},
	{Name: "char", Fn: fromBytes},
	{Name: "dump", Fn: dump},
	{Name: "find", Fn: find},
	{Name: "format", Fn: format},
	{Name: "gmatch", Fn: gmatch},
	{Name: "gsub", Fn: gsub},
	{Name: "len", Fn: length},
	{Name: "lower", Fn: lower},
	{Name: "match", Fn: match},
	{Name: "rep", Fn: rep},
	{Name: "reverse", Fn: reverse},
	{Name: "sub", Fn: sub},
	{Name: "upper", Fn: upper},
}

// Open sets the global "string" and makes its functions the methods of strings.
func Open(L *glua.LState) {
	library := auxlib.Register(L, "string", functions)
	library.RawSetString("gfind", library.RawGetString("gmatch")) // its old name
	mt := L.CreateTable(0, 1)
	mt.RawSetString("__index", library)
	L.SetMetatable(glua.LString(""), mt)
}

// position turns a position that may count from the end of a string into one from its start, 0 being before it.
func position(pos int64, length int) int64 {
	if pos < 0 {
		pos += int64(length) + 1
	}
	return max(pos, 0)
}

func length(L *glua.LState) int {
	L.Push(glua.LNumber(len(auxlib.CheckString(L, 1))))
	return 1
}

func sub(L *glua.LState) int {
	s := auxlib.CheckString(L, 1)
	start := max(position(auxlib.CheckInteger(L, 2), len(s)), 1)
	end := min(position(auxlib.OptInteger(L, 3, -1), len(s)), int64(len(s)))
	if start > end {
		L.Push(glua.LString(""))
		return 1
	}
	L.Push(glua.LString(s[start-1 : end]))
	return 1
}

func reverse(L *glua.LState) int {
	s := auxlib.CheckString(L, 1)
	b := make([]byte, len(s))
	for i := range len(s) {
		b[len(s)-1-i] = s[i]
	}
	L.Push(glua.LString(b))
	return 1
}

func lower(L *glua.LState) int { return mapBytes(L, toLower) }

func upper(L *glua.LState) int { return mapBytes(L, toUpper) }

// mapBytes changes the bytes of the first argument one by one. A string that stays the same is not copied.
func mapBytes(L *glua.LState, to func(byte) byte) int {
	s := auxlib.CheckString(L, 1)
	var b []byte
	for i := range len(s) {
		c := to(s[i])
		if c == s[i] {
			continue
		}
		if b == nil {
			b = []byte(s)
		}
		b[i] = c
	}
	if b != nil {
		s = string(b)
	}
	L.Push(glua.LString(s))
	return 1
}

func rep(L *glua.LState) int {
	s, n := auxlib.CheckString(L, 1), auxlib.CheckInt(L, 2)
	if n <= 0 || s == "" {
		L.Push(glua.LString(""))
		return 1
	}
	if len(s) > auxlib.MaxString/n {
		auxlib.CheckLength(L, auxlib.MaxString+1)
	}
	L.Push(glua.LString(strings.Repeat(s, n)))
	return 1
}

func toBytes(L *glua.LState) int {
	s := auxlib.CheckString(L, 1)
	first := position(auxlib.OptInteger(L, 2, 1), len(s))
	last := min(position(auxlib.OptInteger(L, 3, first), len(s)), int64(len(s)))
	first = max(first, 1)
	if first > last {
		return 0
	}
	n := int(last - first + 1)
	if L.GetTop()+n > auxlib.MaxStack {
		auxlib.Errorf(L, "stack overflow (string slice too long)")
	}
	for i := range n {
		L.Push(glua.LNumber(s[int(first)-1+i]))
	}
	return n
}

func fromBytes(L *glua.LState) int {
	b := make([]byte, L.GetTop())
	for i := range b {
		c := auxlib.CheckInt(L, i+1)
		if c < 0 || c > 255 {
			auxlib.ArgError(L, i+1, "invalid value")
		}
		b[i] = byte(c)
	}
	L.Push(glua.LString(b))
	return 1
}

// binaryHeader is how every function dumped by Lua 5.1 begins on a 64-bit machine.
const binaryHeader = "\x1bLua\x51\x00\x01\x04\x08\x04\x08\x00"

// dump gives the header alone: functions have no binary form here, and neither Redis nor this server loads one.
func dump(L *glua.LState) int {
	if auxlib.CheckFunction(L, 1).IsG {
		auxlib.Errorf(L, "unable to dump given function")
	}
	L.Push(glua.LString(binaryHeader))
	return 1
}
