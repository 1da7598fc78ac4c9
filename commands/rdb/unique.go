package rdb

import (
	"bytes"
	"hash/maphash"
	"math/bits"
)

// unique reports whether no two of n byte strings are equal. It takes at most 16 bytes of memory for each of them, and
// no choice of strings makes it slow: the seed differs each time.
func unique(n int, at func(i int) []byte) bool {
	if n < 2 {
		return true
	}
	seed := maphash.MakeSeed()
	slots := make([]uint32, 1<<bits.Len(uint(2*n-1))) // index plus one, or nothing; at most half of them are taken
	mask := uint64(len(slots) - 1)
	for i := range n {
		s := at(i)
		slot := maphash.Bytes(seed, s) & mask
		for ; slots[slot] != 0; slot = (slot + 1) & mask {
			if bytes.Equal(at(int(slots[slot]-1)), s) {
				return false
			}
		}
		slots[slot] = uint32(i + 1)
	}
	return true
}
