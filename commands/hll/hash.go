package hll

import (
	"encoding/binary"
	"math/bits"
)

// seed is the one Redis hashes elements with.
const seed = 0xadc83b19

// murmur64A is MurmurHash2 in its variant for 64 bit machines, by Austin Appleby, reading words with the least
// significant byte first on every machine.
func murmur64A(data []byte) uint64 {
	const m, r = 0xc6a4a7935bd1e995, 47
	h := seed ^ uint64(len(data))*m
	for ; len(data) >= 8; data = data[8:] {
		k := binary.LittleEndian.Uint64(data) * m
		h = (h ^ (k^k>>r)*m) * m
	}
	if len(data) > 0 {
		var tail [8]byte
		copy(tail[:], data)
		h = (h ^ binary.LittleEndian.Uint64(tail[:])) * m
	}
	h = (h ^ h>>r) * m
	return h ^ h>>r
}

// pattern returns the register of an element and what the element raises it to: the position of the lowest one bit,
// counted from 1, in the bits of its hash above those that chose the register.
func pattern(element []byte) (index int, run uint8) {
	hash := murmur64A(element)
	// A bit above the counted ones ends a run of all zeros.
	counted := hash>>indexBits | 1<<countedBits
	return int(hash & (registers - 1)), uint8(bits.TrailingZeros64(counted) + 1)
}
