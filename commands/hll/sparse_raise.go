package hll

import "slices"

// raiseSparse sets a register of a sparse value to value unless it is as high already. The steps, each of which decides
// which bytes come out:
//
//  1. Find the opcode that covers the register, and the one before it.
//  2. Replace it by up to three: what it covers before the register, the register, what it covers after it.
//  3. If that makes the value longer and longer than allowed, make it dense instead.
//  4. Join runs of the same value, from the opcode before on, looking at five opcodes at most.
//
// Only the opcodes up to the register are looked at: whether the rest is valid shows when it is counted.
func (s *sketch) raiseSparse(index int, value uint8, sparseMaxBytes int) (raised bool, err error) {
	if value > maxSparseValue {
		return s.promote(index, value)
	}
	at, before, first, found := find(s.b, index)
	if !found {
		return false, ErrCorrupt
	}
	r := runAt(s.b, at)
	if r.value >= value {
		return false, nil
	}
	if at+r.size > len(s.b) {
		// Redis would write behind the end of the string here.
		return false, ErrCorrupt
	}
	var buf [5]byte
	seq := split(buf[:0], r, index-first, value)
	if growth := len(seq) - r.size; growth > 0 && len(s.b)+growth > sparseMaxBytes {
		return s.promote(index, value)
	}
	s.mutable()
	s.b = slices.Replace(s.b, at, at+r.size, seq...)
	s.b = join(s.b, before)
	s.invalidate()
	return true, nil
}

// find returns the place of the opcode that covers register index, that of the opcode before it (its own if there is
// none), and the first register that it covers.
func find(b []byte, index int) (at, before, first int, found bool) {
	at, before = headerBytes, headerBytes
	for at < len(b) {
		r := runAt(b, at)
		if index < first+r.length {
			return at, before, first, true
		}
		before = at
		at += r.size
		first += r.length
	}
	return 0, 0, 0, false
}

// split appends the opcodes that replace r when its register number offset gets value.
func split(dst []byte, r run, offset int, value uint8) []byte {
	rest := r.length - offset - 1
	if r.value == 0 {
		dst = appendZeros(dst, offset)
		dst = appendValues(dst, value, 1)
		return appendZeros(dst, rest)
	}
	dst = appendValues(dst, r.value, offset)
	dst = appendValues(dst, value, 1)
	return appendValues(dst, r.value, rest)
}

// join merges neighbouring runs of one value where the sum fits an opcode. It looks five times at most, from the opcode
// at b[at] on; a merge counts as a look.
func join(b []byte, at int) []byte {
	for looks := 5; looks > 0 && at < len(b); looks-- {
		r := runAt(b, at)
		if r.value == 0 {
			at += r.size
			continue
		}
		if at+1 < len(b) {
			next := runAt(b, at+1)
			if next.value == r.value && r.length+next.length <= maxValueRun {
				b[at+1] = valueOpcode(r.value, r.length+next.length)
				b = slices.Delete(b, at, at+1)
				continue
			}
		}
		at++
	}
	return b
}
