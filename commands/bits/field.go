package bits

import (
	"bytes"

	"github.com/mnorrsken/postkeys/commands/number"
)

// FieldType is the type of an integer inside a string: i1 to i64, u1 to u63.
type FieldType struct {
	Signed bool
	Bits   uint8
}

// ParseFieldType reads a type such as i16 or u8.
func ParseFieldType(b []byte) (FieldType, bool) {
	if len(b) == 0 || b[0] != 'i' && b[0] != 'u' {
		return FieldType{}, false
	}
	t := FieldType{Signed: b[0] == 'i'}
	widest := int64(63)
	if t.Signed {
		widest = 64
	}
	n, ok := number.ParseInt64(b[1:])
	t.Bits = uint8(n)
	return t, ok && n >= 1 && n <= widest
}

// ParseOffset reads the bit offset of SETBIT, GETBIT and BITFIELD. With a width above 0, "#n" means n times that many
// bits. maxBytes is proto-max-bulk-len: an offset beyond it is refused.
func ParseOffset(b []byte, width uint8, maxBytes int64) (int64, bool) {
	times := int64(1)
	if width > 0 && len(b) > 0 && b[0] == '#' {
		b, times = b[1:], int64(width)
	}
	n, ok := number.ParseInt64(b)
	if !ok {
		return 0, false
	}
	n *= times // wraps around as it does in Redis
	return n, n >= 0 && n>>3 < maxBytes
}

// Overflow says what happens to a result that does not fit the field.
type Overflow uint8

// The three policies of BITFIELD.
const (
	Wrap     Overflow = iota // keep the low bits
	Saturate                 // the nearest number that fits
	Fail                     // change nothing and answer null
)

// ParseOverflow reads the name of a policy in any case.
func ParseOverflow(b []byte) (Overflow, bool) {
	switch string(bytes.ToLower(b)) {
	case "wrap":
		return Wrap, true
	case "sat":
		return Saturate, true
	case "fail":
		return Fail, true
	}
	return 0, false
}

// FieldOp is one operation of BITFIELD.
type FieldOp struct {
	Kind     FieldKind
	Type     FieldType
	Offset   int64 // in bits
	Value    int64 // FieldSet: the new value; FieldIncrBy: the increment
	Overflow Overflow
}

// FieldKind tells the operations of BITFIELD apart.
type FieldKind uint8

// The kinds.
const (
	FieldGet FieldKind = iota
	FieldSet
	FieldIncrBy
)

// Size returns how many bytes the string must have for the operation to write its field.
func (op FieldOp) Size() int { return int((op.Offset+int64(op.Type.Bits)-1)>>3) + 1 }

// Apply does the operation on b and returns what BITFIELD answers; ok is false for null (Fail). A Set or IncrBy needs
// at least Size bytes; changed tells whether it gave the field another value.
func (op FieldOp) Apply(b []byte) (answer int64, ok, changed bool) {
	old := op.Type.Get(b, op.Offset)
	if op.Kind == FieldGet {
		return old, true, false
	}
	var next int64
	var overflowed bool
	if op.Kind == FieldSet {
		next, overflowed = op.Type.fit(op.Value, op.Overflow)
	} else {
		next, overflowed = op.Type.add(old, op.Value, op.Overflow)
	}
	if overflowed && op.Overflow == Fail {
		return 0, false, false
	}
	op.Type.put(b, op.Offset, uint64(next))
	if op.Kind == FieldSet {
		return old, true, next != old
	}
	return next, true, next != old
}

// Get reads the field at a bit offset. Bytes beyond the end count as zero.
func (t FieldType) Get(b []byte, offset int64) int64 {
	var v uint64
	first := offset >> 3
	last := (offset + int64(t.Bits) - 1) >> 3
	for i := first; i <= last; i++ {
		var c byte
		if i < int64(len(b)) {
			c = b[i]
		}
		if i == first {
			c &= 0xff >> (offset & 7)
		}
		if i == last {
			spare := 7 - uint(offset+int64(t.Bits)-1)&7
			v = v<<(8-spare) | uint64(c>>spare)
		} else {
			v = v<<8 | uint64(c)
		}
	}
	return t.extend(v)
}

// extend keeps the low bits of v and, for a signed type, spreads the sign.
func (t FieldType) extend(v uint64) int64 {
	unused := 64 - uint(t.Bits)
	if t.Signed {
		return int64(v<<unused) >> unused
	}
	return int64(v << unused >> unused)
}

// put writes the low bits of v to the field.
func (t FieldType) put(b []byte, offset int64, v uint64) {
	end := offset + int64(t.Bits) // bit after the field
	for left := uint(t.Bits); left > 0; {
		i := (end - 1) >> 3
		spare := uint(7 - (end-1)&7) // bits of this byte behind the field
		n := min(8-spare, left)
		mask := byte(uint(1)<<n-1) << spare
		b[i] = b[i]&^mask | byte(v<<spare)&mask
		v >>= n
		left -= n
		end -= int64(n)
	}
}

// bounds returns the smallest and the largest value of the type.
func (t FieldType) bounds() (lowest, highest int64) {
	if t.Signed {
		highest = int64(uint64(1)<<(t.Bits-1) - 1)
		return -highest - 1, highest
	}
	return 0, int64(uint64(1)<<t.Bits - 1)
}

// fit brings a value into the type. For an unsigned type a negative value counts as one that is too large; for a signed
// one so does a negative value whose distance from the largest is more than 63 bits hold, because that is how Redis
// computes.
func (t FieldType) fit(v int64, policy Overflow) (fitted int64, overflowed bool) {
	lowest, highest := t.bounds()
	switch {
	case v >= lowest && v <= highest:
		return v, false
	case policy == Wrap:
		return t.extend(uint64(v)), true
	case v > highest || !t.Signed || highest-v < 0:
		return highest, true
	}
	return lowest, true
}

// add adds an increment of any size to a value of the type.
func (t FieldType) add(v, increment int64, policy Overflow) (sum int64, overflowed bool) {
	lowest, highest := t.bounds()
	// Neither difference overflows where it is looked at: v lies within the bounds.
	tooLarge := increment > 0 && uint64(increment) > uint64(highest)-uint64(v)
	tooSmall := increment < 0 && uint64(-increment) > uint64(v)-uint64(lowest)
	switch {
	case !tooLarge && !tooSmall:
		return v + increment, false
	case policy == Wrap:
		return t.extend(uint64(v) + uint64(increment)), true
	case tooLarge:
		return highest, true
	}
	return lowest, true
}
