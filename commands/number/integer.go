// Package number reads and writes numbers the way Redis does: integers in exactly one spelling, doubles as C's strtod
// reads them, and the arithmetic of INCRBYFLOAT with the 64 bit mantissa of an x86 long double.
//
// The functions keep nothing and may be called from anywhere.
package number

import "math"

// ParseInt64 reads a decimal integer in the one spelling Redis accepts: no plus sign, no leading zero, no "-0", no
// space, within 64 bits. Text of that form can be kept as an integer and written back unchanged.
func ParseInt64(b []byte) (int64, bool) {
	const maxDigits = 19
	digits := b
	negative := len(b) > 0 && b[0] == '-'
	if negative {
		digits = b[1:]
	}
	if len(digits) == 0 || len(digits) > maxDigits {
		return 0, false
	}
	if digits[0] == '0' {
		return 0, len(b) == 1
	}
	var u uint64 // 19 digits always fit
	for _, c := range digits {
		if c < '0' || c > '9' {
			return 0, false
		}
		u = u*10 + uint64(c-'0')
	}
	if negative {
		return -int64(u), u <= 1<<63
	}
	return int64(u), u <= math.MaxInt64
}

// AddInt64 returns a+b and whether it fits, as INCRBY and HINCRBY need it.
func AddInt64(a, b int64) (sum int64, ok bool) {
	sum = a + b
	return sum, (sum > a) == (b > 0)
}
