package hll

import (
	"encoding/binary"
	"slices"
)

// The header is the magic, the encoding, three bytes without meaning, and the cached count, eight bytes with the least
// significant first. The highest bit of the count says that it is out of date; the other bits then keep the old one.
const (
	magic        = "HYLL"
	encodingAt   = 4
	cacheAt      = 8
	headerBytes  = 16
	staleAt      = cacheAt + 7
	stale        = 0x80
	encodeDense  = 0
	encodeSparse = 1
	denseBytes   = headerBytes + registers*bitsEach/8
)

// New returns an empty HyperLogLog, as PFADD and PFMERGE create it: sparse, one run of zeros, the count cached as zero.
func New() []byte {
	b := make([]byte, headerBytes, headerBytes+16)
	copy(b, magic)
	b[encodingAt] = encodeSparse
	return appendZeros(b, registers)
}

// Valid reports whether the string b has a header that Redis accepts. Registers may still be corrupt.
func Valid(b []byte) bool {
	if len(b) < headerBytes || string(b[:len(magic)]) != magic {
		return false
	}
	switch b[encodingAt] {
	case encodeDense:
		return len(b) == denseBytes
	case encodeSparse:
		return true
	default:
		return false
	}
}

func isDense(b []byte) bool { return b[encodingAt] == encodeDense }

// cached returns the count in the header unless it is out of date.
func cached(b []byte) (n int64, ok bool) {
	if b[staleAt]&stale != 0 {
		return 0, false
	}
	return int64(binary.LittleEndian.Uint64(b[cacheAt:])), true
}

// withCache returns a copy of b that has n cached.
func withCache(b []byte, n int64) []byte {
	b = slices.Clone(b)
	binary.LittleEndian.PutUint64(b[cacheAt:], uint64(n))
	return b
}
