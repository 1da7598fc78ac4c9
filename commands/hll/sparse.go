package hll

// The sparse form is a sequence of runs that together cover all registers in order:
//
//	00llllll             ZERO   l+1 registers (up to 64) are zero
//	01llllll llllllll    XZERO  l+1 registers (up to 16384) are zero
//	1vvvvvll             VAL    l+1 registers (up to 4) have the value v+1 (up to 32)
const (
	xzeroBit       = 0x40
	valueBit       = 0x80
	maxZeroRun     = 64
	maxValueRun    = 4
	maxSparseValue = 32
)

// run is one opcode of the sparse form.
type run struct {
	length int   // registers it covers
	value  uint8 // what they hold; 0 for ZERO and XZERO
	size   int   // bytes it takes: 1 or 2
}

// runAt reads the opcode at p[at]. The second byte of an XZERO that ends with the string reads as zero, as it does in
// Redis, where a zero byte follows each string.
func runAt(p []byte, at int) run {
	c := p[at]
	switch {
	case c&valueBit != 0:
		return run{length: int(c&3) + 1, value: c>>2&31 + 1, size: 1}
	case c&xzeroBit != 0:
		low := 0
		if at+1 < len(p) {
			low = int(p[at+1])
		}
		return run{length: int(c&63)<<8 + low + 1, size: 2}
	default:
		return run{length: int(c) + 1, size: 1}
	}
}

// appendZeros appends the shortest opcode for n registers that are zero, and nothing for none.
func appendZeros(dst []byte, n int) []byte {
	switch {
	case n <= 0:
		return dst
	case n > maxZeroRun:
		n--
		return append(dst, byte(n>>8)|xzeroBit, byte(n))
	default:
		return append(dst, byte(n-1))
	}
}

// appendValues appends an opcode for n registers (up to maxValueRun) of a value, and nothing for none.
func appendValues(dst []byte, value uint8, n int) []byte {
	if n <= 0 {
		return dst
	}
	return append(dst, valueOpcode(value, n))
}

func valueOpcode(value uint8, n int) byte { return valueBit | (value-1)<<2 | byte(n-1) }

// walkSparse calls each for every run of values with its first register, and reports whether the runs cover the
// registers exactly. It ends early at a run of values that goes beyond the last register, so that each sees registers
// that exist.
func walkSparse(p []byte, each func(first int, r run)) bool {
	index := 0
	for at := 0; at < len(p); {
		r := runAt(p, at)
		if r.value != 0 {
			if index+r.length > registers {
				return false
			}
			each(index, r)
		}
		index += r.length
		at += r.size
	}
	return index == registers
}
