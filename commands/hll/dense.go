package hll

// Dense registers have 6 bits each, one after the other, from the least significant bit of a byte on: the first byte
// holds register 0 and the lowest two bits of register 1 above it. p is the part of the value behind the header.

// denseRegister returns a register.
func denseRegister(p []byte, index int) uint8 {
	at, shift := index*bitsEach/8, index*bitsEach%8
	v := uint(p[at]) >> shift
	if shift > 8-bitsEach {
		v |= uint(p[at+1]) << (8 - shift)
	}
	return uint8(v & maxRegister)
}

// setDenseRegister overwrites a register; value is at most maxRegister.
func setDenseRegister(p []byte, index int, value uint8) {
	at, shift := index*bitsEach/8, index*bitsEach%8
	p[at] = p[at]&^byte(maxRegister<<shift) | value<<shift
	if shift > 8-bitsEach {
		p[at+1] = p[at+1]&^byte(maxRegister>>(8-shift)) | value>>(8-shift)
	}
}

// unpack writes all registers, four from each three bytes.
func unpack(p []byte, to *[registers]uint8) {
	for i := 0; i < registers; i += 4 {
		q := p[i/4*3:][:3]
		v := uint(q[0]) | uint(q[1])<<8 | uint(q[2])<<16
		to[i] = uint8(v & maxRegister)
		to[i+1] = uint8(v >> 6 & maxRegister)
		to[i+2] = uint8(v >> 12 & maxRegister)
		to[i+3] = uint8(v >> 18)
	}
}
