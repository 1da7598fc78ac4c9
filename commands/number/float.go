package number

import (
	"bytes"
	"errors"
	"math"
	"strconv"
)

// ParseFloat reads a double as Redis reads scores and increments: decimal or hexadecimal, or inf or infinity in any
// case, nothing before and nothing after. Not a number, a number too large, and one so small that it becomes zero are
// refused.
func ParseFloat(b []byte) (float64, bool) {
	if n, ok := ParseInt64(b); ok {
		return float64(n), true
	}
	f, err := parse(b)
	switch {
	case err != nil:
		return 0, false
	case math.IsNaN(f):
		return 0, false
	case f == 0:
		return f, !hasDigits(b, isHex(b))
	}
	return f, true
}

// ParseBound reads a double as Redis reads the ends of a range of scores, which is how C's strtod does: space may come
// before, nothing at all is zero, what follows a zero byte is not looked at, and a number out of range is an infinity
// or zero. Not a number is refused.
func ParseBound(b []byte) (float64, bool) {
	b, _, _ = bytes.Cut(b, []byte{0})
	if len(b) == 0 {
		return 0, true
	}
	f, err := parse(bytes.TrimLeft(b, " \t\n\v\f\r"))
	if err != nil && !errors.Is(err, strconv.ErrRange) {
		return 0, false
	}
	return f, !math.IsNaN(f)
}

// parse is strconv.ParseFloat for the spellings that C knows.
func parse(b []byte) (float64, error) {
	if bytes.IndexByte(b, '_') >= 0 { // Go allows it in hexadecimal
		return 0, strconv.ErrSyntax
	}
	s := string(b)
	if isHex(b) && !bytes.ContainsAny(b, "pP") { // Go wants an exponent
		s += "p0"
	}
	return strconv.ParseFloat(s, 64)
}

// isHex reports whether 0x comes first, after an optional sign.
func isHex(b []byte) bool {
	if len(b) > 0 && (b[0] == '+' || b[0] == '-') {
		b = b[1:]
	}
	return len(b) > 1 && b[0] == '0' && b[1]|0x20 == 'x'
}

// hasDigits reports whether a well-formed number has a digit other than zero before its exponent.
func hasDigits(b []byte, hex bool) bool {
	exponent := "eE"
	if hex {
		exponent = "pP"
		b = b[bytes.IndexAny(b, "xX")+1:]
	}
	if i := bytes.IndexAny(b, exponent); i >= 0 {
		b = b[:i]
	}
	return len(bytes.Trim(b, "+-.0")) > 0
}

// ErrNotFinite is what an increment that leaves the range of finite numbers gets.
var ErrNotFinite = errors.New("increment would produce NaN or Infinity")

// AppendFloat17 appends f with 17 significant digits, as C's %.17g does.
func AppendFloat17(dst []byte, f float64) []byte {
	switch {
	case math.IsInf(f, 1):
		return append(dst, "inf"...)
	case math.IsInf(f, -1):
		return append(dst, "-inf"...)
	}
	return strconv.AppendFloat(dst, f, 'g', 17, 64)
}
