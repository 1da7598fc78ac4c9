package codec

import (
	"math"
	"strconv"
)

// maxDoubleBytes is enough for each float64 as AppendDouble spells it.
const maxDoubleBytes = 40

// AppendDouble appends f as Redis 7.2 prints it: the shortest digits that read back as f; whole numbers up to 2^62
// without an exponent; otherwise an exponent only where many zeros would be needed.
func AppendDouble(dst []byte, f float64) []byte {
	switch {
	case math.IsNaN(f):
		return append(dst, "nan"...)
	case math.IsInf(f, 1):
		return append(dst, "inf"...)
	case math.IsInf(f, -1):
		return append(dst, "-inf"...)
	case f == 0:
		if math.Signbit(f) {
			dst = append(dst, '-')
		}
		return append(dst, '0')
	}
	const limit = 1 << 62
	if f >= -limit && f <= limit {
		if n := int64(f); float64(n) == f {
			return strconv.AppendInt(dst, n, 10)
		}
	}
	return appendShortest(dst, f)
}

// appendShortest places the point: digits × 10^exp10 in plain notation if the zeros to add are few, else d.ddde±x.
func appendShortest(dst []byte, f float64) []byte {
	var text [32]byte
	if f < 0 {
		dst = append(dst, '-')
		f = -f
	}
	// The form is d.ddde±xx: take the digits out and read the exponent.
	s := strconv.AppendFloat(text[:0], f, 'e', -1, 64)
	var store [20]byte
	digits := append(store[:0], s[0])
	i := 1
	if s[i] == '.' {
		for i++; s[i] != 'e'; i++ {
			digits = append(digits, s[i])
		}
	}
	exp := 0 // of the first digit
	for _, c := range s[i+2:] {
		exp = exp*10 + int(c-'0')
	}
	if s[i+1] == '-' {
		exp = -exp
	}
	n := len(digits)
	exp10 := exp - (n - 1) // of the last digit
	switch {
	case exp10 >= 0 && exp < n+7:
		dst = append(dst, digits...)
		return appendZeros(dst, exp10)
	case exp10 < 0 && (exp10 > -7 || exp > -4 && exp < 4):
		if exp < 0 {
			dst = append(dst, '0', '.')
			dst = appendZeros(dst, -exp-1)
			return append(dst, digits...)
		}
		dst = append(dst, digits[:exp+1]...)
		dst = append(dst, '.')
		return append(dst, digits[exp+1:]...)
	}
	dst = append(dst, digits[0])
	if n > 1 {
		dst = append(dst, '.')
		dst = append(dst, digits[1:]...)
	}
	dst = append(dst, 'e')
	if exp >= 0 {
		dst = append(dst, '+')
	}
	return strconv.AppendInt(dst, int64(exp), 10)
}

func appendZeros(dst []byte, n int) []byte {
	for range n {
		dst = append(dst, '0')
	}
	return dst
}
