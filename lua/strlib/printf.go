package strlib

import (
	"bytes"
	"math"
	"strconv"
	"strings"

	"github.com/mnorrsken/postkeys/lua/number"
)

// spec is a conversion specification of printf (C99, 7.19.6.1): %<flags><width>.<precision><conversion>.
type spec struct {
	left, plus, space, alternate, zeros bool // the flags - + space # 0

	width, precision int // a precision of -1 is none
	conversion       byte
}

// pad appends text padded to the width. With zeros they go between the prefix, a sign or 0x, and the rest.
func (s *spec) pad(out []byte, prefix string, text []byte, zeros bool) []byte {
	missing := s.width - len(prefix) - len(text)
	switch {
	case missing <= 0:
		return append(append(out, prefix...), text...)
	case s.left:
		out = append(append(out, prefix...), text...)
		return appendRepeated(out, ' ', missing)
	case zeros:
		out = appendRepeated(append(out, prefix...), '0', missing)
		return append(out, text...)
	default:
		out = append(appendRepeated(out, ' ', missing), prefix...)
		return append(out, text...)
	}
}

func appendRepeated(out []byte, c byte, n int) []byte {
	for range n {
		out = append(out, c)
	}
	return out
}

// sign is what stands before a number.
func (s *spec) sign(negative bool) string {
	switch {
	case negative:
		return "-"
	case s.plus:
		return "+"
	case s.space:
		return " "
	}
	return ""
}

// appendChar is %c. What it makes is a C string, so that a NUL ends it and the padding behind it is lost.
func (s *spec) appendChar(out []byte, c byte) []byte {
	if c != 0 {
		return s.pad(out, "", []byte{c}, false)
	}
	if s.left {
		return out
	}
	return appendRepeated(out, ' ', s.width-1)
}

// appendString is %s, which sees a C string.
func (s *spec) appendString(out []byte, text string) []byte {
	if i := strings.IndexByte(text, 0); i >= 0 {
		text = text[:i]
	}
	if s.precision >= 0 && len(text) > s.precision {
		text = text[:s.precision]
	}
	return s.pad(out, "", []byte(text), false)
}

// appendSigned is %d and %i.
func (s *spec) appendSigned(out []byte, n int64) []byte {
	magnitude := uint64(n)
	if n < 0 {
		magnitude = -magnitude
	}
	return s.appendDigits(out, s.sign(n < 0), strconv.AppendUint(nil, magnitude, 10))
}

// appendUnsigned is %o, %u, %x and %X.
func (s *spec) appendUnsigned(out []byte, n uint64) []byte {
	prefix := ""
	switch s.conversion {
	case 'o':
		digits := strconv.AppendUint(nil, n, 8)
		if s.alternate && len(digits) >= s.precision && (n != 0 || s.precision == 0) {
			s.precision = len(digits) // a leading zero, by way of the precision
			if n != 0 {
				s.precision++
			} else {
				s.precision = 1
			}
		}
		return s.appendDigits(out, "", digits)
	case 'u':
		return s.appendDigits(out, "", strconv.AppendUint(nil, n, 10))
	}
	if s.alternate && n != 0 {
		prefix = "0x"
	}
	digits := strconv.AppendUint(nil, n, 16)
	if s.conversion == 'X' {
		prefix, digits = strings.ToUpper(prefix), bytes.ToUpper(digits)
	}
	return s.appendDigits(out, prefix, digits)
}

// appendDigits appends an integer. The precision is the least number of digits; 0 with precision 0 has none.
func (s *spec) appendDigits(out []byte, prefix string, digits []byte) []byte {
	if s.precision == 0 && string(digits) == "0" {
		digits = nil
	}
	if missing := s.precision - len(digits); missing > 0 {
		digits = append(appendRepeated(nil, '0', missing), digits...)
	}
	return s.pad(out, prefix, digits, s.zeros && s.precision < 0)
}

// appendFloat is %e, %E, %f, %g and %G.
func (s *spec) appendFloat(out []byte, f float64) []byte {
	sign := s.sign(math.Signbit(f))
	f = math.Abs(f)
	var digits []byte
	finite := f-f == 0
	if finite {
		digits = s.floatDigits(f)
	} else {
		digits = number.AppendSpecial(nil, f)
	}
	if isUpper(s.conversion) {
		digits = bytes.ToUpper(digits)
	}
	return s.pad(out, sign, digits, s.zeros && finite)
}

// floatDigits writes a finite number without a sign.
func (s *spec) floatDigits(f float64) []byte {
	precision := s.precision
	if precision < 0 {
		precision = 6
	}
	var digits []byte
	switch toLower(s.conversion) {
	case 'e':
		digits = strconv.AppendFloat(nil, f, 'e', precision, 64)
	case 'f':
		digits = strconv.AppendFloat(nil, f, 'f', precision, 64)
	default:
		if !s.alternate {
			return strconv.AppendFloat(nil, f, 'g', precision, 64)
		}
		digits = keepZeros(f, max(precision, 1))
	}
	if s.alternate && bytes.IndexByte(digits, '.') < 0 {
		digits = withPoint(digits)
	}
	return digits
}

// keepZeros is %#g, which keeps the zeros at the end: the form is chosen by the exponent after rounding.
func keepZeros(f float64, precision int) []byte {
	digits := strconv.AppendFloat(nil, f, 'e', precision-1, 64)
	exponent, _ := strconv.Atoi(string(digits[bytes.IndexByte(digits, 'e')+1:]))
	if exponent < -4 || exponent >= precision {
		return digits
	}
	return strconv.AppendFloat(nil, f, 'f', precision-1-exponent, 64)
}

// withPoint puts a decimal point behind the whole part.
func withPoint(digits []byte) []byte {
	i := bytes.IndexByte(digits, 'e')
	if i < 0 {
		return append(digits, '.')
	}
	return append(append(bytes.Clone(digits[:i]), '.'), digits[i:]...)
}
