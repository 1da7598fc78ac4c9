package lua

import (
	"math"
	"strconv"
	"strings"
)

// parseNumber reads a number as Lua 5.1 does with the C library's strtod, which knows hexadecimal, "inf" and "nan" as well.
func parseNumber(s string) (f float64, ok bool) {
	s = strings.Trim(s, " \t\n\v\f\r")
	if s == "" || strings.IndexByte(s, '_') >= 0 {
		return 0, false
	}
	body, negative := s, false
	if body[0] == '-' || body[0] == '+' {
		negative = body[0] == '-'
		body = body[1:]
	}
	if len(body) > 1 && body[0] == '0' && (body[1] == 'x' || body[1] == 'X') {
		f, ok = parseHex(body)
	} else {
		f, ok = parseDecimal(body)
	}
	if negative {
		f = -f
	}
	return f, ok
}

func parseHex(s string) (float64, bool) {
	if !strings.ContainsAny(s, "pP") {
		s += "p0"
	}
	f, err := strconv.ParseFloat(s, 64)
	return f, err == nil || math.IsInf(f, 0)
}

func parseDecimal(s string) (float64, bool) {
	if s == "" {
		return 0, false
	}
	if c := s[0]; c != '.' && (c < '0' || c > '9') {
		switch strings.ToLower(s) {
		case "inf", "infinity":
			return math.Inf(1), true
		case "nan":
			return math.NaN(), true
		}
		return 0, false
	}
	f, err := strconv.ParseFloat(s, 64)
	return f, err == nil || math.IsInf(f, 0)
}

// parseInteger reads digits of a base from 2 to 36, as strtoul does: a sign is allowed, and what is too large becomes the largest.
func parseInteger(s string, base int) (float64, bool) {
	s = strings.Trim(s, " \t\n\v\f\r")
	body, negative := s, false
	if body != "" && (body[0] == '-' || body[0] == '+') {
		negative = body[0] == '-'
		body = body[1:]
	}
	if base == 16 && len(body) > 2 && (body[:2] == "0x" || body[:2] == "0X") {
		body = body[2:]
	}
	if body == "" || body[0] == '-' || body[0] == '+' || strings.IndexByte(body, '_') >= 0 {
		return 0, false
	}
	n, err := strconv.ParseUint(body, base, 64)
	if err != nil && n != math.MaxUint64 {
		return 0, false
	}
	if negative && n != math.MaxUint64 {
		n = -n
	}
	return float64(n), true
}
