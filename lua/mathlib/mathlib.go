package mathlib

import (
	"math"

	glua "github.com/yuin/gopher-lua"

	"github.com/mnorrsken/postkeys/lua/auxlib"
)

// Open sets the global "math" with the generator of random numbers at its Start.
func Open(L *glua.LState) {
	g := &generator{x: Start}
	L.G.Registry.RawSetString(registryKey, &glua.LUserData{Value: g, Metatable: glua.LNil})
	library := auxlib.Register(L, "math", []auxlib.Function{
		{Name: "abs", Fn: abs},
		{Name: "acos", Fn: ofOne(math.Acos, positiveNaN)},
		{Name: "asin", Fn: ofOne(math.Asin, positiveNaN)},
		{Name: "atan", Fn: of(math.Atan)},
		{Name: "atan2", Fn: atan2},
		{Name: "ceil", Fn: of(math.Ceil)},
		{Name: "cos", Fn: of(math.Cos)},
		{Name: "cosh", Fn: of(math.Cosh)},
		{Name: "deg", Fn: of(func(x float64) float64 { return x / radiansPerDegree })},
		{Name: "exp", Fn: of(math.Exp)},
		{Name: "floor", Fn: of(math.Floor)},
		{Name: "fmod", Fn: ofTwo(math.Mod)},
		{Name: "frexp", Fn: frexp},
		{Name: "ldexp", Fn: ldexp},
		{Name: "log", Fn: of(math.Log)},
		{Name: "log10", Fn: ofOne(log10, positiveNaN)},
		{Name: "max", Fn: extreme(func(x, most float64) bool { return x > most })},
		{Name: "min", Fn: extreme(func(x, least float64) bool { return x < least })},
		{Name: "modf", Fn: modf},
		{Name: "pow", Fn: ofTwo(math.Pow)},
		{Name: "rad", Fn: of(func(x float64) float64 { return x * radiansPerDegree })},
		{Name: "random", Fn: g.random},
		{Name: "randomseed", Fn: g.randomSeed},
		{Name: "sin", Fn: of(math.Sin)},
		{Name: "sinh", Fn: of(math.Sinh)},
		{Name: "sqrt", Fn: of(math.Sqrt)},
		{Name: "tan", Fn: of(math.Tan)},
		{Name: "tanh", Fn: of(math.Tanh)},
	})
	library.RawSetString("mod", library.RawGetString("fmod")) // its old name
	library.RawSetString("pi", glua.LNumber(math.Pi))
	library.RawSetString("huge", glua.LNumber(math.Inf(1)))
}

const radiansPerDegree = math.Pi / 180

func abs(L *glua.LState) int {
	L.Push(glua.LNumber(math.Abs(auxlib.CheckNumber(L, 1))))
	return 1
}

func frexp(L *glua.LState) int {
	fraction, exponent := math.Frexp(auxlib.CheckNumber(L, 1))
	L.Push(glua.LNumber(fraction))
	L.Push(glua.LNumber(exponent))
	return 2
}

func ldexp(L *glua.LState) int {
	exponent := auxlib.CheckInt(L, 2)
	L.Push(glua.LNumber(math.Ldexp(auxlib.CheckNumber(L, 1), exponent)))
	return 1
}

func modf(L *glua.LState) int {
	x := auxlib.CheckNumber(L, 1)
	whole, fraction := math.Modf(x)
	if math.IsInf(x, 0) {
		fraction = math.Copysign(0, x) // C has no NaN here
	}
	L.Push(glua.LNumber(whole))
	L.Push(glua.LNumber(fraction))
	return 2
}

// extreme is math.max and math.min.
func extreme(better func(x, best float64) bool) glua.LGFunction {
	return func(L *glua.LState) int {
		best := auxlib.CheckNumber(L, 1)
		for i := 2; i <= L.GetTop(); i++ {
			if x := auxlib.CheckNumber(L, i); better(x, best) {
				best = x
			}
		}
		L.Push(glua.LNumber(best))
		return 1
	}
}
