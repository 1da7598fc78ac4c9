package mathlib_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/mnorrsken/postkeys/lua/mathlib"
	"github.com/mnorrsken/postkeys/lua/redistest"
	"github.com/mnorrsken/postkeys/lua/strlib"
)

func TestRandomLikeRedis(t *testing.T) {
	t.Parallel()
	var codes []string
	for _, seed := range []string{"", "math.randomseed(0)", "math.randomseed(1)", "math.randomseed(-1)", "math.randomseed(2^31)", "math.randomseed(2^32 + 7)", "math.randomseed(1e300)", "math.randomseed(0/0)", "math.randomseed('12.9')"} {
		codes = append(codes, seed+" local r = {} for i = 1, 100 do r[i] = math.random() end return r",
			seed+" local r = {} for i = 1, 100 do r[i] = math.random(i) end return r",
			seed+" local r = {} for i = 1, 100 do r[i] = math.random(-i, i * 1000) end return r")
	}
	codes = append(codes, "math.random(0)", "math.random(-1)", "math.random(2, 1)", "math.random(1, 2, 3)", "math.random({})", "math.random(1, {})", "math.randomseed()", "math.randomseed({})",
		"math.random(-2^31, 2^31 - 1)", "math.random(0, 2^31 - 1)", "math.random(2^31 - 1)", "math.random(2^31)", "math.random(1.9)", "math.random(nil)", "math.random('3')", "math.random(5, 5)")
	L := redistest.NewState(t, mathlib.Open)
	for i, want := range redistest.Scripts(t, codes) {
		if got := redistest.Run(L, codes[i]); got != want {
			t.Errorf("%s\nredis: %.200s\nhere:  %.200s", codes[i], want, got)
		}
	}
}

func TestResetSetsTheState(t *testing.T) {
	t.Parallel()
	L := redistest.NewState(t, mathlib.Open)
	first := redistest.Run(L, "math.random()")
	if again := redistest.Run(L, "math.random()"); again == first {
		t.Errorf("%s twice", first)
	}
	mathlib.Reset(L, mathlib.Start)
	if again := redistest.Run(L, "math.random()"); again != first {
		t.Errorf("%s after %s", again, first)
	}
}

func TestFunctionsLikeRedis(t *testing.T) {
	t.Parallel()
	codes := []string{
		`local t = {} for k, v in pairs(math) do t[k] = type(v) == "number" and v or type(v) end return t`, `math.mod == math.fmod`,
		`math.max()`, `math.max(1)`, `math.max(1, 3, 2)`, `math.max(1, "5", 2)`, `math.max(1, {})`, `math.min(3, 1, 2)`, `math.min()`, `math.max(0/0, 1)`, `math.max(1, 0/0)`, `math.min(0/0, 1)`, `math.ldexp(1, 1e10)`, `math.ldexp(0.5, -1074)`, `math.ldexp(1)`, `math.ldexp()`, `math.ldexp({}, {})`,
		`math.frexp(8)`, `math.frexp(0)`, `math.frexp(-0.1)`, `math.frexp(1/0)`, `math.modf(3.7)`, `math.modf(-3.7)`, `math.modf(1/0)`, `math.modf(-1/0)`, `math.modf(0/0)`, `math.modf(5)`, `math.modf(-0.5)`, `math.modf()`,
		`math.floor(-0.5), math.ceil(-0.5), math.floor(2^60 + 0.5)`, `math.fmod()`, `math.fmod(1)`, `math.fmod({}, {})`, `math.pow(2)`, `math.pow({}, 1)`, `math.atan2(1)`, `math.sin()`, `math.sin("x")`, `math.sin("0")`, `math.log10(1000), math.log10(1e-5), math.log10(1e15), math.floor(math.log10(1e6))`, `math.sqrt(2), math.pow(2, 0.5), math.pow(10, 15), math.exp(1)`,
	}
	numbers := []string{"0", "1", "-1", "0.5", "-0.5", "2", "-2", "10", "100", "3.7", "1e10", "-1e-10", "1e300", "1/0", "-1/0", "0/0", "-(0/0)", "2^31", "1.5707963267948966"}
	rng := rand.New(rand.NewPCG(1, 2))
	for range 100 {
		numbers = append(numbers, fmt.Sprintf("%.6f", rng.NormFloat64()*10))
	}
	// Functions that need not agree in the last bit are compared as tostring shows them.
	for _, f := range strings.Fields("abs acos asin atan ceil cos cosh deg exp floor log log10 rad sin sinh sqrt tan tanh") {
		for _, x := range numbers {
			codes = append(codes, fmt.Sprintf("string.format('%%.14g', math.%s(%s))", f, x))
		}
	}
	for _, f := range strings.Fields("atan2 fmod mod pow") {
		for range 400 {
			x, y := numbers[rng.IntN(len(numbers))], numbers[rng.IntN(len(numbers))]
			if f == "pow" && y == "100" {
				continue // where Go's errors add up to more than the last bits
			}
			codes = append(codes, fmt.Sprintf("string.format('%%.13g', math.%s(%s, %s))", f, x, y))
		}
	}
	redistest.Compare(t, codes, strlib.Open, mathlib.Open)
}
