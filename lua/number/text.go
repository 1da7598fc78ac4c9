package number

import (
	"math"
	"strconv"
)

// precision is that of LUA_NUMBER_FMT, "%.14g".
const precision = 14

// exactDigits bounds the whole numbers that "%.14g" writes with all their digits and without an exponent.
const exactDigits = 1e14

// AppendNumber appends the text that tostring and concatenation give a number.
func AppendNumber(dst []byte, f float64) []byte { return AppendPrecision(dst, f, precision) }

// AppendPrecision appends a number as printf does with "%.<digits>g". digits is at least 1.
func AppendPrecision(dst []byte, f float64, digits int) []byte {
	switch {
	case digits >= precision && f > -exactDigits && f < exactDigits && f == math.Trunc(f) && (f != 0 || !math.Signbit(f)):
		return strconv.AppendInt(dst, int64(f), 10)
	case f != f || f-f != 0:
		return AppendSpecial(dst, f)
	default:
		return strconv.AppendFloat(dst, f, 'g', digits, 64)
	}
}

// AppendSpecial appends an infinity or a NaN as the C library of Linux writes it. NaNs keep their sign: 0/0 has one on
// x86-64, so a script sees "-nan".
func AppendSpecial(dst []byte, f float64) []byte {
	if math.Signbit(f) {
		dst = append(dst, '-')
	}
	if f != f {
		return append(dst, "nan"...)
	}
	return append(dst, "inf"...)
}

// String returns what AppendNumber appends.
func String(f float64) string {
	var buf [32]byte
	return string(AppendNumber(buf[:0], f))
}
