package lua

import (
	"math"
	"strings"

	glua "github.com/yuin/gopher-lua"

	"github.com/mnorrsken/postkeys/lua/auxlib"
	"github.com/mnorrsken/postkeys/lua/number"
	"github.com/mnorrsken/postkeys/lua/syntax"
)

// intrinsics are the functions behind operators that gopher-lua's instructions do not do as Lua 5.1 does. They are constants of
// compiled functions, so all interpreters share them.
var intrinsics [syntax.Intrinsics]*glua.LFunction

func init() {
	intrinsics = [...]*glua.LFunction{
		syntax.Concat:   intrinsic(concat),
		syntax.Mod:      intrinsic(mod),
		syntax.ForInit:  intrinsic(forBound("initial value")),
		syntax.ForLimit: intrinsic(forBound("limit")),
		syntax.ForStep:  intrinsic(forBound("step")),
	}
}

func intrinsic(fn func(in *interp, L *glua.LState) int) *glua.LFunction {
	return &glua.LFunction{IsG: true, GFunction: func(L *glua.LState) int { return fn(interpOf(L), L) }}
}

// isIntrinsic tells operators from functions that scripts can see.
func isIntrinsic(fn *glua.LFunction) bool {
	for _, known := range intrinsics {
		if fn == known {
			return true
		}
	}
	return false
}

// interpOf is the interpreter that a thread belongs to.
func interpOf(L *glua.LState) *interp { return L.Context().(*vmContext).in }

// concat is "a .. b .. c".
func concat(in *interp, L *glua.LState) int {
	n := L.GetTop()
	size := 0
	for i := 1; i <= n; i++ {
		switch v := L.Get(i).(type) {
		case glua.LString:
			size += len(v)
		case glua.LNumber:
			size += 16
		default:
			L.Push(in.concatSlow(L, n))
			return 1
		}
	}
	L.Push(in.join(L, 1, n, size))
	return 1
}

// join concatenates arguments that are strings and numbers.
func (in *interp) join(L *glua.LState, first, last, size int) glua.LValue {
	in.checkSize(L, size)
	var b strings.Builder
	b.Grow(size)
	for i := first; i <= last; i++ {
		switch v := L.Get(i).(type) {
		case glua.LString:
			b.WriteString(string(v))
		case glua.LNumber:
			b.WriteString(number.String(float64(v)))
		}
	}
	return glua.LString(b.String())
}

// concatSlow concatenates from right to left, with metamethods.
func (in *interp) concatSlow(L *glua.LState, n int) glua.LValue {
	right, rightArg := L.Get(n), n
	for i := n - 1; i >= 1; i-- {
		left := L.Get(i)
		if isText(left) && isText(right) {
			a, b := toText(left), toText(right)
			in.checkSize(L, len(a)+len(b))
			right, rightArg = glua.LString(a+b), 0
			continue
		}
		f := metamethod(L, left, "__concat")
		if f == glua.LNil {
			f = metamethod(L, right, "__concat")
		}
		if f == glua.LNil {
			bad, arg := left, i
			if isText(left) {
				bad, arg = right, rightArg
			}
			in.throwf(L, 1, "attempt to concatenate "+in.describeArg(L, bad, arg))
		}
		L.Push(f)
		L.Push(left)
		L.Push(right)
		L.Call(2, 1)
		right, rightArg = L.Get(-1), 0
		L.Pop(1)
	}
	return right
}

func isText(v glua.LValue) bool {
	switch v.(type) {
	case glua.LString, glua.LNumber:
		return true
	}
	return false
}

// mod is "a % b", as C computes it in Lua 5.1.
func mod(in *interp, L *glua.LState) int {
	a, ok1 := L.Get(1).(glua.LNumber)
	b, ok2 := L.Get(2).(glua.LNumber)
	if !ok1 || !ok2 {
		return in.modSlow(L)
	}
	L.Push(remainder(a, b))
	return 1
}

func remainder(a, b glua.LNumber) glua.LNumber {
	return a - glua.LNumber(math.Floor(float64(a/b)))*b
}

func (in *interp) modSlow(L *glua.LState) int {
	a, b := L.Get(1), L.Get(2)
	f := metamethod(L, a, "__mod")
	if f == glua.LNil {
		f = metamethod(L, b, "__mod")
	}
	if f != glua.LNil {
		L.Push(f)
		L.Push(a)
		L.Push(b)
		L.Call(2, 1)
		return 1
	}
	x, ok := auxlib.ToNumber(a)
	if !ok {
		in.throwf(L, 1, "attempt to perform arithmetic on "+in.describeArg(L, a, 1))
	}
	y, ok := auxlib.ToNumber(b)
	if !ok {
		in.throwf(L, 1, "attempt to perform arithmetic on "+in.describeArg(L, b, 2))
	}
	L.Push(remainder(glua.LNumber(x), glua.LNumber(y)))
	return 1
}

// forBound converts a number of a for loop.
func forBound(what string) func(*interp, *glua.LState) int {
	return func(in *interp, L *glua.LState) int {
		f, ok := auxlib.ToNumber(L.Get(1))
		if !ok {
			in.throwf(L, 1, "'for' "+what+" must be a number")
		}
		L.Push(glua.LNumber(f))
		return 1
	}
}

// metamethod is the handler of an event for a value; LNil if there is none. Strings have metatables too, without such handlers.
func metamethod(L *glua.LState, v glua.LValue, event string) glua.LValue {
	var mt *glua.LTable
	switch v := v.(type) {
	case *glua.LTable:
		mt, _ = v.Metatable.(*glua.LTable)
	case *glua.LUserData:
		mt, _ = v.Metatable.(*glua.LTable)
	}
	if mt == nil {
		return glua.LNil
	}
	return L.RawGet(mt, glua.LString(event))
}

// checkSize refuses a string that is larger than what a script may use.
func (in *interp) checkSize(L *glua.LState, size int) {
	if limit := in.eng.opts.MaxMemoryBytes; limit >= 0 && int64(size) > limit {
		in.ctx.ctl.stop(stopMemory)
		in.noteStop(L)
		panic(errStop)
	}
}
