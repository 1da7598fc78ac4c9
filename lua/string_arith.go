package lua

import (
	"math"

	glua "github.com/yuin/gopher-lua"

	"github.com/mnorrsken/postkeys/lua/auxlib"
)

// addStringArith makes arithmetic on strings read them as Lua 5.1 does. gopher-lua itself would take "010" for 8; but it asks for
// metamethods first, and strings can have them, in the metatable that scripts do not see.
func (in *interp) addStringArith(meta *glua.LTable) {
	for event, op := range map[string]func(a, b float64) float64{
		"__add": func(a, b float64) float64 { return a + b },
		"__sub": func(a, b float64) float64 { return a - b },
		"__mul": func(a, b float64) float64 { return a * b },
		"__div": func(a, b float64) float64 { return a / b },
		"__mod": func(a, b float64) float64 { return float64(remainder(glua.LNumber(a), glua.LNumber(b))) },
		"__pow": math.Pow,
		"__unm": func(a, _ float64) float64 { return -a },
	} {
		meta.RawSetString(event, in.L.NewFunction(in.stringArith(event, op)))
	}
}

func (in *interp) stringArith(event string, op func(a, b float64) float64) glua.LGFunction {
	return func(L *glua.LState) int {
		a, b := L.Get(1), L.Get(2)
		if event == "__unm" {
			b = a
		}
		f := metamethod(L, a, event)
		if f == glua.LNil {
			f = metamethod(L, b, event)
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
			in.throwArith(L, a, argB)
		}
		y, ok := auxlib.ToNumber(b)
		if !ok {
			in.throwArith(L, b, argC)
		}
		L.Push(auxlib.Number(op(x, y)))
		return 1
	}
}

// throwArith raises the error for an operand of the instruction that called the running metamethod.
func (in *interp) throwArith(L *glua.LState, v glua.LValue, operand func(uint32) int) {
	kind, name := "", ""
	if f := currentFrame(L).Parent; f != nil && !f.Fn.IsG {
		if reg := operand(f.Fn.Proto.Code[f.Pc-1]); reg&constantBit == 0 {
			kind, name = registerName(f, reg, f.Pc-1)
		}
	}
	in.throwf(L, 1, "attempt to perform arithmetic on "+describe(kind, name, v.Type().String()))
}
