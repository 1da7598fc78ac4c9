// Package bits has the bit operations of Redis strings as pure functions over bytes: BITCOUNT, BITPOS, BITOP and
// BITFIELD. Bit 0 is the most significant bit of byte 0, and bytes beyond the end count as zero.
//
// The functions keep nothing. Those that change bytes change only what they are given.
package bits

import (
	"encoding/binary"
	"math/bits"
)

// Count returns how many bits are set.
func Count(b []byte) int64 {
	var n int
	for ; len(b) >= 32; b = b[32:] {
		n += bits.OnesCount64(binary.LittleEndian.Uint64(b)) + bits.OnesCount64(binary.LittleEndian.Uint64(b[8:])) +
			bits.OnesCount64(binary.LittleEndian.Uint64(b[16:])) + bits.OnesCount64(binary.LittleEndian.Uint64(b[24:]))
	}
	for ; len(b) >= 8; b = b[8:] {
		n += bits.OnesCount64(binary.LittleEndian.Uint64(b))
	}
	for _, c := range b {
		n += bits.OnesCount8(c)
	}
	return int64(n)
}

// Range is a part of a string as BITCOUNT and BITPOS take it: first and last byte, or bit if InBits, both included.
// Negative numbers count from the end.
type Range struct {
	Start, End int64
	InBits     bool
}

// Resolve turns the range into bit positions [first, last] within size bytes. It is empty if first > last.
func (r Range) Resolve(size int) (first, last int64) {
	total := int64(size)
	if r.InBits {
		total *= 8
	}
	start, end := r.Start, r.End
	if start < 0 {
		start = max(start+total, 0)
	}
	if end < 0 {
		end = max(end+total, 0)
	}
	end = min(end, total-1)
	switch {
	case start > end:
		return 0, -1
	case r.InBits:
		return start, end
	}
	return start * 8, end*8 + 7
}

// CountRange is BITCOUNT with a range.
func CountRange(b []byte, r Range) int64 {
	if r.Start < 0 && r.End < 0 && r.Start > r.End {
		return 0
	}
	first, last := r.Resolve(len(b))
	if first > last {
		return 0
	}
	n := Count(b[first/8 : last/8+1])
	before := b[first/8] &^ (0xff >> (first % 8))
	after := b[last/8] & (0x7f >> (last % 8))
	return n - int64(bits.OnesCount8(before)) - int64(bits.OnesCount8(after))
}
