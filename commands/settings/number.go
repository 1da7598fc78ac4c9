package settings

import (
	"errors"
	"fmt"
	"math"
	"math/bits"
	"strconv"
	"strings"
)

// parseNumber reads the value of a numeric kind. Unsigned values above the signed range come back negative.
func (p *Param) parseNumber(s string) (int64, error) {
	if n, ok := p.scanNumber(s); ok {
		return n, p.checkRange(n)
	}
	switch {
	case p.Kind == Memory && p.Percent:
		return 0, errors.New("argument must be a memory or percent value")
	case p.Kind == Memory:
		return 0, errors.New("argument must be a memory value")
	case p.Kind == Octal:
		return 0, errors.New("argument couldn't be parsed as an octal number")
	}
	return 0, errors.New("argument couldn't be parsed into an integer")
}

func (p *Param) scanNumber(s string) (int64, bool) {
	switch p.Kind {
	case Memory:
		if n, ok := ParseMemory(s); ok {
			return int64(n), true
		}
		if digits, found := strings.CutSuffix(s, "%"); found && p.Percent {
			n, ok := parseInteger(digits)
			return -n, ok && n >= 0
		}
		return 0, false
	case Octal:
		n, err := strconv.ParseInt(s, 8, 64)
		return n, err == nil
	default:
		return parseInteger(s)
	}
}

// parseInteger accepts only the shortest decimal form of a number.
func parseInteger(s string) (int64, bool) {
	n, err := strconv.ParseInt(s, 10, 64)
	return n, err == nil && strconv.FormatInt(n, 10) == s
}

// ParseMemory reads a number of bytes with an optional unit: b, k, kb, m, mb, g, gb in any case. As in Redis no digits
// mean zero, digits beyond 64 bits mean the largest number, and the product with the unit wraps around.
func ParseMemory(s string) (uint64, bool) {
	const maxDigits = 127
	end := 0
	for end < len(s) && '0' <= s[end] && s[end] <= '9' {
		end++
	}
	if end > maxDigits {
		return 0, false
	}
	unit, ok := memoryUnits[strings.ToLower(s[end:])]
	if !ok {
		return 0, false
	}
	var n uint64
	for _, c := range s[:end] {
		hi, lo := bits.Mul64(n, 10)
		sum, carry := bits.Add64(lo, uint64(c-'0'), 0)
		if n = sum; hi != 0 || carry != 0 {
			n = math.MaxUint64
			break
		}
	}
	return n * unit, true
}

var memoryUnits = map[string]uint64{
	"": 1, "b": 1,
	"k": 1000, "kb": 1 << 10,
	"m": 1000 * 1000, "mb": 1 << 20,
	"g": 1000 * 1000 * 1000, "gb": 1 << 30,
}

func (p *Param) checkRange(n int64) error {
	switch {
	case p.Unsigned:
		if uint64(n) >= uint64(p.Min) && uint64(n) <= p.Max {
			return nil
		}
		if p.Kind == Octal {
			return fmt.Errorf("argument must be between %o and %o inclusive", p.Min, p.Max)
		}
	case p.Percent && n < 0:
		if n < p.Min {
			return fmt.Errorf("percentage argument must be less or equal to %d", -p.Min)
		}
		return nil
	case n >= p.Min && n <= int64(p.Max):
		return nil
	}
	return fmt.Errorf("argument must be between %d and %d inclusive", p.Min, p.Max)
}

// format writes the value as CONFIG GET shows it.
func (p *Param) format(num int64, text string) string {
	switch p.Kind {
	case Bool:
		if num != 0 {
			return "yes"
		}
		return "no"
	case Integer:
		return strconv.FormatInt(num, 10)
	case Memory:
		if p.Percent && num < 0 {
			return strconv.FormatInt(-num, 10) + "%"
		}
		return strconv.FormatUint(uint64(num), 10)
	case Octal:
		return strconv.FormatInt(num, 8)
	case Enum:
		return p.Values[num]
	case Flags:
		return p.formatFlags(num)
	case Special:
		if p.show != nil {
			return p.show(text)
		}
	case Text:
	}
	return text
}

// parseEnum finds the place of a name in Values.
func (p *Param) parseEnum(s string) (int64, error) {
	for i, v := range p.Values {
		if strings.EqualFold(v, s) {
			return int64(i), nil
		}
	}
	return 0, p.enumError()
}

func (p *Param) enumError() error {
	return errors.New("argument(s) must be one of the following: " + strings.Join(p.Values, ", "))
}

// parseFlags joins names to a set of bits. The first of Values stands for the empty set.
func (p *Param) parseFlags(words []string) (int64, error) {
	if len(words) == 0 {
		return 0, p.enumError()
	}
	var set int64
	for _, w := range words {
		i, err := p.parseEnum(w)
		if err != nil {
			return 0, err
		}
		set |= 1 << i >> 1
	}
	return set, nil
}

func (p *Param) formatFlags(set int64) string {
	if set == 0 {
		return p.Values[0]
	}
	var names []string
	for i, v := range p.Values {
		if set&(1<<i>>1) != 0 {
			names = append(names, v)
		}
	}
	return strings.Join(names, " ")
}
