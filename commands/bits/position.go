package bits

import (
	"encoding/binary"
	"math/bits"
)

// Position is BITPOS: the first bit with the given value (0 or 1) in the range, -1 if there is none. If the client gave
// no end (endGiven false, r.End -1) a string of ones is followed by zeros for ever, so the bit after it is the answer.
// A missing key is no string: Redis answers 0 for the bit 0 and -1 for the bit 1 without a search.
func Position(b []byte, bit int, r Range, endGiven bool) int64 {
	first, last := r.Resolve(len(b))
	if first > last {
		return -1
	}
	if pos := search(b, bit, first, last); pos >= 0 {
		return pos
	}
	if bit == 0 && !endGiven {
		return last + 1
	}
	return -1
}

// search looks at the bits from first to last, eight bytes at a time. It returns -1 if none has the value.
func search(b []byte, bit int, first, last int64) int64 {
	flip := uint64(0) // makes a wanted bit a one
	if bit == 0 {
		flip = ^uint64(0)
	}
	i := int(first / 8)
	end := int(last/8) + 1
	// The first byte without the bits before the range; the result may still lie behind the range.
	if c := (b[i] ^ byte(flip)) & (0xff >> (first % 8)); c != 0 {
		return within(int64(i)*8+int64(bits.LeadingZeros8(c)), last)
	}
	for i++; end-i >= 8; i += 8 {
		if w := binary.BigEndian.Uint64(b[i:]) ^ flip; w != 0 {
			return within(int64(i)*8+int64(bits.LeadingZeros64(w)), last)
		}
	}
	for ; i < end; i++ {
		if c := b[i] ^ byte(flip); c != 0 {
			return within(int64(i)*8+int64(bits.LeadingZeros8(c)), last)
		}
	}
	return -1
}

func within(pos, last int64) int64 {
	if pos > last {
		return -1
	}
	return pos
}
