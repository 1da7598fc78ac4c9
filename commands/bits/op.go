package bits

import (
	"crypto/subtle"
	"encoding/binary"
)

// Operation is what BITOP does with the bits of its sources.
type Operation uint8

// The operations.
const (
	And Operation = iota
	Or
	Xor
	Not
)

// ParseOperation reads the name of an operation in any case.
func ParseOperation(name []byte) (Operation, bool) {
	if len(name) > 3 {
		return 0, false
	}
	var lower [3]byte
	for i, c := range name {
		lower[i] = c | 0x20
	}
	switch string(lower[:len(name)]) {
	case "and":
		return And, true
	case "or":
		return Or, true
	case "xor":
		return Xor, true
	case "not":
		return Not, true
	}
	return 0, false
}

// Combine is BITOP: a new string as long as the longest source, the shorter ones followed by zeros. It is empty if all
// are. Not takes one source.
func Combine(op Operation, sources [][]byte) []byte {
	longest := 0
	for _, s := range sources {
		longest = max(longest, len(s))
	}
	dst := make([]byte, longest)
	copy(dst, sources[0])
	if op == Not {
		invert(dst)
	}
	for _, s := range sources[1:] {
		switch op {
		case And:
			and(dst, s)
			clear(dst[len(s):])
		case Or:
			or(dst, s)
		case Xor:
			subtle.XORBytes(dst, dst, s)
		case Not: // has no second source
		}
	}
	return dst
}

func invert(dst []byte) {
	for ; len(dst) >= 8; dst = dst[8:] {
		binary.NativeEndian.PutUint64(dst, ^binary.NativeEndian.Uint64(dst))
	}
	for i := range dst {
		dst[i] = ^dst[i]
	}
}

// and changes the first len(src) bytes of dst, which MUST NOT be shorter.
func and(dst, src []byte) {
	for ; len(src) >= 8; dst, src = dst[8:], src[8:] {
		binary.NativeEndian.PutUint64(dst, binary.NativeEndian.Uint64(dst)&binary.NativeEndian.Uint64(src))
	}
	for i, c := range src {
		dst[i] &= c
	}
}

// or changes the first len(src) bytes of dst, which MUST NOT be shorter.
func or(dst, src []byte) {
	for ; len(src) >= 8; dst, src = dst[8:], src[8:] {
		binary.NativeEndian.PutUint64(dst, binary.NativeEndian.Uint64(dst)|binary.NativeEndian.Uint64(src))
	}
	for i, c := range src {
		dst[i] |= c
	}
}
