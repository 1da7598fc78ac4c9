package mathlib

import (
	"math"

	glua "github.com/yuin/gopher-lua"

	"github.com/mnorrsken/postkeys/lua/auxlib"
)

// The generator is lrand48 of POSIX: a linear congruence modulo 2^48, of which the upper 31 bits count.
const (
	multiplier   = 0x5DEECE66D
	increment    = 0xB
	seedLow      = 0x330E // what a seed has below its 32 bits
	modulusMask  = 1<<48 - 1
	droppedBits  = 17
	randomValues = math.MaxInt32 // the largest number drawn is one less, so that quotients stay below 1
)

// generator is the state of math.random in one Lua state.
type generator struct{ x uint64 }

// registryKey is where a state keeps its generator.
const registryKey = "math.random"

// Start is the state of the generator in a redis-server that has just started.
const Start = 0x1234ABCD330E

// Reset sets the state of math.random, of which 48 bits count. Redis 7 has one generator for all scripts, which starts with
// Start and goes on from one script to the next: a script that does not seed it gets other numbers each time. States that are
// reset to random bits before each script have that in common with it. A script that seeds gets Redis' sequence either way.
func Reset(L *glua.LState, state uint64) {
	if ud, ok := L.G.Registry.RawGetString(registryKey).(*glua.LUserData); ok {
		if g, ok := ud.Value.(*generator); ok {
			g.x = state & modulusMask
		}
	}
}

// seed is srand48.
func (g *generator) seed(seed int32) { g.x = uint64(uint32(seed))<<16 | seedLow }

// next draws a number from 0 up to, and without, 1.
func (g *generator) next() float64 {
	g.x = (g.x*multiplier + increment) & modulusMask
	return float64(int32(g.x>>droppedBits)%randomValues) / randomValues
}

// random is math.random: from 0 to 1, from 1 to an integer, or between two. Intervals wider than a C int wrap as it does.
func (g *generator) random(L *glua.LState) int {
	r := g.next()
	switch L.GetTop() {
	case 0:
	case 1:
		upper := auxlib.CheckInt(L, 1)
		if upper < 1 {
			auxlib.ArgError(L, 1, "interval is empty")
		}
		r = math.Floor(r*float64(upper)) + 1
	case 2:
		lower, upper := auxlib.CheckInt(L, 1), auxlib.CheckInt(L, 2)
		if lower > upper {
			auxlib.ArgError(L, 2, "interval is empty")
		}
		r = math.Floor(r*float64(int32(upper-lower+1))) + float64(lower)
	default:
		auxlib.Errorf(L, "wrong number of arguments")
	}
	L.Push(glua.LNumber(r))
	return 1
}

func (g *generator) randomSeed(L *glua.LState) int {
	g.seed(int32(auxlib.CheckInt(L, 1)))
	return 0
}
