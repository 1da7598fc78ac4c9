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
	if bytes.IndexByte(b, '_') >= 0 { // Go allows it in hexadecimal
		return 0, false
	}
	s := string(b)
	hex := isHex(b)
	if hex && !bytes.ContainsAny(b, "pP") { // Go wants an exponent
		s += "p0"
	}
	f, err := strconv.ParseFloat(s, 64)
	switch {
	case err != nil:
		return 0, false
	case math.IsNaN(f):
		return 0, false
	case f == 0:
		return f, !hasDigits(b, hex)
	}
	return f, true
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
