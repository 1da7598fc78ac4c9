package bitop

import (
	"math"
	"math/bits"

	glua "github.com/yuin/gopher-lua"

	"github.com/mnorrsken/postkeys/lua/auxlib"
)

// Open sets the global "bit".
func Open(L *glua.LState) {
	auxlib.Register(L, "bit", []auxlib.Function{
		{Name: "tobit", Fn: unary(func(b uint32) uint32 { return b })},
		{Name: "bnot", Fn: unary(func(b uint32) uint32 { return ^b })},
		{Name: "bswap", Fn: unary(bits.ReverseBytes32)},
		{Name: "band", Fn: fold(func(a, b uint32) uint32 { return a & b })},
		{Name: "bor", Fn: fold(func(a, b uint32) uint32 { return a | b })},
		{Name: "bxor", Fn: fold(func(a, b uint32) uint32 { return a ^ b })},
		{Name: "lshift", Fn: shift(func(b, n uint32) uint32 { return b << n })},
		{Name: "rshift", Fn: shift(func(b, n uint32) uint32 { return b >> n })},
		{Name: "arshift", Fn: shift(func(b, n uint32) uint32 { return uint32(int32(b) >> n) })},
		{Name: "rol", Fn: shift(func(b, n uint32) uint32 { return bits.RotateLeft32(b, int(n)) })},
		{Name: "ror", Fn: shift(func(b, n uint32) uint32 { return bits.RotateLeft32(b, -int(n)) })},
		{Name: "tohex", Fn: toHex},
	})
}

// operand returns an argument reduced to 32 bits: it is rounded to a whole number, half to even, of which the low bits are
// kept. The sum puts them at the end of the mantissa; numbers beyond 2^51 have whatever bits are there then, as in the
// original.
func operand(L *glua.LState, n int) uint32 {
	const twoTo52And51 = 1<<52 + 1<<51
	return uint32(math.Float64bits(auxlib.CheckNumber(L, n) + twoTo52And51))
}

func push(L *glua.LState, b uint32) int {
	L.Push(glua.LNumber(int32(b)))
	return 1
}

func unary(op func(uint32) uint32) glua.LGFunction {
	return func(L *glua.LState) int { return push(L, op(operand(L, 1))) }
}

// fold combines all arguments, the last ones first, which decides which of several wrong ones is reported.
func fold(op func(a, b uint32) uint32) glua.LGFunction {
	return func(L *glua.LState) int {
		b := operand(L, 1)
		for i := L.GetTop(); i > 1; i-- {
			b = op(b, operand(L, i))
		}
		return push(L, b)
	}
}

// shift has only the low five bits of the second argument as its count.
func shift(op func(b, n uint32) uint32) glua.LGFunction {
	return func(L *glua.LState) int {
		b := operand(L, 1)
		return push(L, op(b, operand(L, 2)&31))
	}
}

// toHex writes the last digits of a number, as many as the second argument says; a negative one asks for upper case.
func toHex(L *glua.LState) int {
	b, n := operand(L, 1), int64(8)
	if L.GetTop() >= 2 {
		n = int64(int32(operand(L, 2))) // wide enough for the smallest count to have an opposite
	}
	digits := "0123456789abcdef"
	if n < 0 {
		n, digits = -n, "0123456789ABCDEF"
	}
	var buf [8]byte
	n = min(n, int64(len(buf)))
	for i := n - 1; i >= 0; i-- {
		buf[i] = digits[b&15]
		b >>= 4
	}
	L.Push(glua.LString(buf[:n]))
	return 1
}
