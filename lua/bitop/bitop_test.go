package bitop_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/mnorrsken/postkeys/lua/bitop"
	"github.com/mnorrsken/postkeys/lua/redistest"
)

func TestLikeRedis(t *testing.T) {
	t.Parallel()
	numbers := []string{"0", "-0", "1", "-1", "0.5", "1.5", "2.5", "-0.5", "-1.5", "255", "0x7fffffff", "0x80000000", "0xffffffff", "-2^31", "-2^31 - 1", "2^32", "2^32 + 5", "2^40 + 3", "2^51 - 1", "2^51", "-2^51", "2^52", "2^53", "2^53 + 2", "-2^53", "2^60", "2^63", "1e100", "-1e100", "1/0", "-1/0", "0/0", "1e-300", "\"12\"", "\"0x10\"", "\" 7 \""}
	odd := []string{"nil", "{}", "\"x\"", "true", ""}
	codes := []string{"local t = {} for k, v in pairs(bit) do t[k] = type(v) end return t", "bit.band(1, {}, \"x\")", "bit.band(\"x\", {})", "bit.tohex(1, nil)", "bit.tohex(305419896, 3.5)", "bit.tohex(1, -2^31)", "bit.tohex(1, 2^31)", "bit.tohex(-1, -2^31 - 1)", "bit.bor()", "bit.bxor(1)"}
	for _, f := range []string{"tobit", "bnot", "bswap", "tohex", "band", "lshift"} {
		for _, n := range append(append([]string{}, numbers...), odd...) {
			codes = append(codes, fmt.Sprintf("bit.%s(%s)", f, n))
		}
	}
	rng := rand.New(rand.NewPCG(1, 2))
	number := func() string {
		switch rng.IntN(20) {
		case 0:
			return odd[rng.IntN(4)]
		case 1, 2, 3, 4, 5, 6, 7, 8:
			return numbers[rng.IntN(len(numbers))]
		case 9, 10, 11:
			return fmt.Sprint(rng.IntN(80) - 40)
		default:
			return fmt.Sprint(int32(rng.Uint32()))
		}
	}
	binary := []string{"band", "bor", "bxor", "lshift", "rshift", "arshift", "rol", "ror", "tohex"}
	for range 2000 {
		codes = append(codes, fmt.Sprintf("bit.%s(%s, %s)", binary[rng.IntN(len(binary))], number(), number()))
		codes = append(codes, fmt.Sprintf("bit.%s(%s, %s, %s)", binary[rng.IntN(3)], number(), number(), number()))
	}
	redistest.Compare(t, codes, bitop.Open)
}
