package mathlib

import (
	"math"

	glua "github.com/yuin/gopher-lua"

	"github.com/mnorrsken/postkeys/lua/auxlib"
)

// A NaN has a sign, which scripts see as "nan" or "-nan". Functions hand on the one they are given. What they make of arguments
// they are not defined for is negative on x86-64, but for those that the C library computes in another way.
var (
	positiveNaN = math.NaN()
	negativeNaN = math.Copysign(math.NaN(), -1)
)

// of makes a library function of a function of one number.
func of(f func(float64) float64) glua.LGFunction { return ofOne(f, negativeNaN) }

// ofOne makes a library function of a function of one number that is undefined where f has no result.
func ofOne(f func(float64) float64, undefined float64) glua.LGFunction {
	return func(L *glua.LState) int {
		x := auxlib.CheckNumber(L, 1)
		r := f(x)
		if r != r {
			r = undefined
			if x != x {
				r = x
			}
		}
		L.Push(glua.LNumber(r))
		return 1
	}
}

// ofTwo makes a library function of a function of two numbers.
func ofTwo(f func(x, y float64) float64) glua.LGFunction {
	return func(L *glua.LState) int {
		x, y := checkTwo(L)
		r := f(x, y)
		if r != r {
			r = negativeNaN
			if x != x {
				r = x
			} else if y != y {
				r = y
			}
		}
		L.Push(glua.LNumber(r))
		return 1
	}
}

// checkTwo checks the second argument first, as the compiler does that made Redis.
func checkTwo(L *glua.LState) (x, y float64) {
	y = auxlib.CheckNumber(L, 2)
	x = auxlib.CheckNumber(L, 1)
	return x, y
}

// atan2 hands on the NaN of its second argument before that of its first.
func atan2(L *glua.LState) int {
	y, x := checkTwo(L)
	r := math.Atan2(y, x)
	if r != r {
		r = y
		if x != x {
			r = x
		}
	}
	L.Push(glua.LNumber(r))
	return 1
}

// log10 is exact for powers of ten, which that of Go is not; scripts count digits with it.
func log10(x float64) float64 {
	r := math.Log10(x)
	if n := math.Round(r); math.Abs(r-n) < 1e-9 && math.Pow10(int(n)) == x {
		return n
	}
	return r
}
