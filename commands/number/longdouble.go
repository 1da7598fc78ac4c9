package number

import (
	"bytes"
	"math/big"
)

// LongDouble is an x86 extended precision number: 64 bits of mantissa, 15 bits of exponent, or an infinity. The zero
// value is zero. Values never change and may be copied.
type LongDouble struct{ f *big.Float }

const (
	mantissaBits = 64
	maxExponent  = 16384  // a finite value is below 2^maxExponent
	minExponent  = -16445 // the smallest value above zero is 2^minExponent
	maxText      = 5 * 1024
)

func newFloat() *big.Float { return new(big.Float).SetPrec(mantissaBits) }

func (l LongDouble) float() *big.Float {
	if l.f == nil {
		return newFloat()
	}
	return l.f
}

// LongDoubleFromInt converts an integer, always exactly.
func LongDoubleFromInt(n int64) LongDouble { return LongDouble{newFloat().SetInt64(n)} }

// IsInf reports whether l is an infinity.
func (l LongDouble) IsInf() bool { return l.float().IsInf() }

// ParseLongDouble reads a number as INCRBYFLOAT does: the same forms as ParseFloat with the range and the precision of
// a long double.
func ParseLongDouble(b []byte) (LongDouble, bool) {
	if n, ok := ParseInt64(b); ok {
		return LongDoubleFromInt(n), true
	}
	if len(b) == 0 || len(b) >= maxText {
		return LongDouble{}, false
	}
	negative := b[0] == '-'
	unsigned := b
	if negative || b[0] == '+' {
		unsigned = b[1:]
	}
	if lower := bytes.ToLower(unsigned); string(lower) == "inf" || string(lower) == "infinity" {
		return LongDouble{newFloat().SetInf(negative)}, true
	}
	parts, ok := scan(unsigned)
	if !ok {
		return LongDouble{}, false
	}
	f, ok := parts.value()
	if !ok {
		return LongDouble{}, false
	}
	if negative {
		f.Neg(f)
	}
	return LongDouble{f}, true
}

// parts are the pieces of a number: digits × base^-fraction × (10 or 2)^exponent.
type parts struct {
	digits   []byte // without the point, leading and trailing zeros included
	fraction int    // digits after the point
	exponent int
	hex      bool
}

// scan takes a number without a sign apart.
func scan(b []byte) (p parts, ok bool) {
	exponentMark := byte('e')
	isDigit := func(c byte) bool { return '0' <= c && c <= '9' }
	if isHex(b) {
		b, p.hex, exponentMark = b[2:], true, 'p'
		isDigit = func(c byte) bool { return '0' <= c && c <= '9' || 'a' <= c|0x20 && c|0x20 <= 'f' }
	}
	point := false
	i := 0
	for ; i < len(b); i++ {
		if b[i] == '.' && !point {
			point = true
			continue
		}
		if !isDigit(b[i]) {
			break
		}
		p.digits = append(p.digits, b[i])
		if point {
			p.fraction++
		}
	}
	if len(p.digits) == 0 {
		return p, false
	}
	if i == len(b) {
		return p, true
	}
	if b[i]|0x20 != exponentMark {
		return p, false
	}
	p.exponent, ok = scanExponent(b[i+1:])
	return p, ok
}

// scanExponent reads a signed decimal number and stops counting where every number is out of range anyway.
func scanExponent(b []byte) (exponent int, ok bool) {
	const enough = 1 << 24
	negative := len(b) > 0 && b[0] == '-'
	if len(b) > 0 && (negative || b[0] == '+') {
		b = b[1:]
	}
	for _, c := range b {
		if c < '0' || c > '9' {
			return 0, false
		}
		exponent = min(exponent*10+int(c-'0'), enough)
	}
	if negative {
		exponent = -exponent
	}
	return exponent, len(b) > 0
}

// value rounds the number once, from its exact value. It reports false if the result is infinite, or zero in spite of
// digits that are not.
func (p parts) value() (*big.Float, bool) {
	base, perDigit := 10, 1
	if p.hex {
		base, perDigit = 16, 4
	}
	digits := bytes.TrimLeft(p.digits, "0")
	if len(digits) == 0 {
		return newFloat(), true
	}
	mantissa, ok := new(big.Int).SetString(string(digits), base)
	if !ok {
		return nil, false
	}
	exponent := p.exponent - p.fraction*perDigit
	var f *big.Float
	if p.hex {
		f = newFloat().SetInt(mantissa)
		f.SetMantExp(f, exponent)
	} else {
		// The magnitude is about 10^(exponent+len(digits)): no need to compute powers far outside of the range.
		const outside = 6000
		if magnitude := exponent + len(digits); magnitude > outside || magnitude < -outside {
			return nil, false
		}
		f = scaleDecimal(mantissa, exponent)
	}
	return f, !outOfRange(f) && !vanishes(f)
}

// scaleDecimal returns m × 10^exponent, rounded once.
func scaleDecimal(m *big.Int, exponent int) *big.Float {
	power := powerOfTen(max(exponent, -exponent))
	if exponent >= 0 {
		return newFloat().SetInt(m.Mul(m, power))
	}
	// With precision 0 SetInt keeps all bits; a quotient of exact numbers is rounded correctly.
	return newFloat().Quo(new(big.Float).SetInt(m), new(big.Float).SetInt(power))
}

// smallPowers are the powers of ten that usual numbers need.
var smallPowers = func() (powers [20]*big.Int) {
	for i := range powers {
		powers[i] = new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(i)), nil)
	}
	return powers
}()

// powerOfTen returns 10^n. The caller must not change it.
func powerOfTen(n int) *big.Int {
	if n < len(smallPowers) {
		return smallPowers[n]
	}
	return new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(n)), nil)
}

func outOfRange(f *big.Float) bool { return f.IsInf() || f.MantExp(nil) > maxExponent }

// vanishes reports whether a number is closer to zero than to the smallest one there is.
func vanishes(f *big.Float) bool { return f.Cmp(halfSmallest) <= 0 }

var halfSmallest = newFloat().SetMantExp(big.NewFloat(1), minExponent-1)

// Milli returns a thousand times l, rounded up. If that is out of range, ok is false
// and n is the end of the range that is nearest.
func (l LongDouble) Milli() (n int64, ok bool) {
	f := newFloat().Mul(l.float(), big.NewFloat(1000))
	n, _ = f.Int64()
	if f.IsInf() || f.Cmp(big.NewFloat(1<<63)) >= 0 || f.Cmp(big.NewFloat(-1<<63)) < 0 {
		return n, false
	}
	if f.Cmp(newFloat().SetInt64(n)) > 0 {
		n++
	}
	return n, true
}

// Add returns the sum, rounded to nearest. The error is ErrNotFinite if it is infinite or not a number.
func (l LongDouble) Add(m LongDouble) (LongDouble, error) {
	if l.IsInf() || m.IsInf() {
		return LongDouble{}, ErrNotFinite
	}
	sum := newFloat().Add(l.float(), m.float())
	if outOfRange(sum) {
		return LongDouble{}, ErrNotFinite
	}
	return LongDouble{sum}, nil
}

// AppendTo appends l in plain notation with at most 17 digits after the point and no needless zero, as INCRBYFLOAT
// stores and answers it. A negative number that shows as zero has no sign.
func (l LongDouble) AppendTo(dst []byte) []byte {
	if l.IsInf() {
		if l.float().Signbit() {
			dst = append(dst, '-')
		}
		return append(dst, "inf"...)
	}
	const fraction = 17
	start := len(dst)
	dst = l.float().Append(dst, 'f', fraction)
	end := len(dst)
	for dst[end-1] == '0' {
		end--
	}
	if dst[end-1] == '.' {
		end--
	}
	dst = dst[:end]
	if string(dst[start:]) == "-0" {
		dst = append(dst[:start], '0')
	}
	return dst
}
