package number

import (
	"math"
	"strconv"
)

// quietNaN is the NaN that strtod returns.
var quietNaN = math.Float64frombits(0x7FF8000000000000)

// Parse reads a number as tonumber and the coercion of strings do (luaO_str2d): anything that strtod takes, with white space
// around it. Like them it sees a C string: a NUL ends the text.
func Parse(s string) (float64, bool) {
	f, n := Prefix(s)
	if n == 0 {
		return 0, false
	}
	n += spaces(s[n:])
	return f, n == len(s) || s[n] == 0
}

// Prefix is strtod in the C locale: it reads the longest number at the start of s, after white space, and returns the number of
// bytes used, which is 0 if there is no number. Decimal and hexadecimal numbers, infinities and NaNs are taken; what is too
// large becomes an infinity.
func Prefix(s string) (f float64, n int) {
	start := spaces(s)
	i := start
	negative := false
	if i < len(s) && (s[i] == '-' || s[i] == '+') {
		negative = s[i] == '-'
		i++
	}
	if i == len(s) {
		return 0, 0
	}
	switch c := s[i]; {
	case c > '9':
		f, n = special(s[i:])
		if n == 0 {
			return 0, 0
		}
	case c == '0' && isHex(s[i:]):
		f, n = hexadecimal(s[i:])
	default:
		f, n = decimal(s[i:])
		if n == 0 {
			return 0, 0
		}
	}
	if negative {
		f = math.Copysign(f, -1)
	}
	return f, i + n
}

// spaces counts the white space of the C locale at the start of s.
func spaces(s string) int {
	i := 0
	for i < len(s) && (s[i] == ' ' || s[i] >= '\t' && s[i] <= '\r') {
		i++
	}
	return i
}

// special reads "inf", "infinity", "nan" and "nan(characters)" in any case.
func special(s string) (float64, int) {
	switch {
	case hasWord(s, "infinity"):
		return math.Inf(1), 8
	case hasWord(s, "inf"):
		return math.Inf(1), 3
	case !hasWord(s, "nan"):
		return 0, 0
	}
	if len(s) > 3 && s[3] == '(' {
		i := 4
		for i < len(s) && (digit(s[i], 36) || s[i] == '_') {
			i++
		}
		if i < len(s) && s[i] == ')' {
			return quietNaN, i + 1
		}
	}
	return quietNaN, 3
}

// hasWord tells whether s starts with a word of lower case letters, in any case.
func hasWord(s, word string) bool {
	if len(s) < len(word) {
		return false
	}
	for i := range len(word) {
		if s[i]|0x20 != word[i] {
			return false
		}
	}
	return true
}

// isHex tells whether s, which starts with a zero, is the start of a hexadecimal number and not just a zero before an x.
func isHex(s string) bool {
	if len(s) < 3 || s[1]|0x20 != 'x' {
		return false
	}
	return digit(s[2], 16) || s[2] == '.' && len(s) > 3 && digit(s[3], 16)
}

// decimal reads digits with an optional fraction and an optional exponent, which counts only if it has digits.
func decimal(s string) (float64, int) {
	var whole uint64
	i := 0
	for i < len(s) && digit(s[i], 10) {
		whole = whole*10 + uint64(s[i]-'0')
		i++
	}
	if i > 0 && i <= 15 && (i == len(s) || s[i] != '.' && s[i]|0x20 != 'e') {
		return float64(whole), i // few enough digits to be exact
	}
	n := fraction(s, i, 10)
	if n == 0 {
		return 0, 0
	}
	n = exponent(s, n, 'e')
	f, _ := strconv.ParseFloat(s[:n], 64) // the only error left is the range, with the right result
	return f, n
}

// hexadecimal reads 0x, digits with an optional fraction, and an optional power of two.
func hexadecimal(s string) (float64, int) {
	i := 2
	for i < len(s) && digit(s[i], 16) {
		i++
	}
	mantissa := fraction(s, i, 16)
	n := exponent(s, mantissa, 'p')
	text := s[:n]
	if n == mantissa {
		text += "p0" // Go insists on a power
	}
	f, _ := strconv.ParseFloat(text, 64)
	return f, n
}

// fraction returns where the digits of a mantissa end whose whole part ends at i; 0 if there are no digits at all.
func fraction(s string, i, base int) int {
	if i == len(s) || s[i] != '.' {
		return i
	}
	end := i + 1
	for end < len(s) && digit(s[end], base) {
		end++
	}
	if end == i+1 && i == 0 {
		return 0
	}
	return end
}

// exponent returns where an exponent ends that may start at i with the given lower case letter.
func exponent(s string, i int, letter byte) int {
	end := i + 1
	if i >= len(s) || s[i]|0x20 != letter {
		return i
	}
	if end < len(s) && (s[end] == '-' || s[end] == '+') {
		end++
	}
	first := end
	for end < len(s) && digit(s[end], 10) {
		end++
	}
	if end == first {
		return i
	}
	return end
}

// digit tells whether c is a digit in the base, in either case.
func digit(c byte, base int) bool {
	switch {
	case c >= '0' && c <= '9':
		return true
	case c|0x20 >= 'a':
		return int(c|0x20-'a') < base-10
	}
	return false
}
