package number

import "math"

// Limits of the 64-bit integers as doubles. Go leaves conversions beyond them to the implementation, so they are spelled out.
const (
	twoTo63 = 1 << 63
	twoTo31 = 1 << 31
)

// ToInt64 is C's (int64_t)f on x86-64: it truncates, and what does not fit becomes the smallest integer.
func ToInt64(f float64) int64 {
	if f >= -twoTo63 && f < twoTo63 {
		return int64(f)
	}
	return math.MinInt64
}

// ToInt32 is C's (int)f on x86-64. Lua's lua_tointeger followed by a cast to int is int32(ToInt64(f)) instead, which keeps
// the low bits of numbers that do not fit.
func ToInt32(f float64) int32 {
	if f > -twoTo31-1 && f < twoTo31 {
		return int32(f)
	}
	return math.MinInt32
}

// ToUint64 is C's (uint64_t)f as compilers emit it for x86-64: numbers of 2^63 and more are converted less 2^63, with the
// top bit set again afterwards.
func ToUint64(f float64) uint64 {
	if f >= twoTo63 {
		return uint64(ToInt64(f-twoTo63)) ^ 1<<63
	}
	return uint64(ToInt64(f))
}
