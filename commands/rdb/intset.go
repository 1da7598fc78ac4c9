package rdb

import (
	"encoding/binary"
	"slices"

	"github.com/mnorrsken/postkeys/commands/number"
)

// An intset is the number of bytes of one integer and the number of integers, 32 bits each, and the integers in
// ascending order; everything is little endian.
const intsetHeader = 4 + 4

// intset returns the members of an intset as text.
func (d *decoder) intset(is []byte) ([][]byte, error) {
	if len(is) < intsetHeader {
		return nil, ErrBadData
	}
	size, count := int(binary.LittleEndian.Uint32(is)), uint64(binary.LittleEndian.Uint32(is[4:]))
	is = is[intsetHeader:]
	if size != 2 && size != 4 && size != 8 || count == 0 || count*uint64(size) != uint64(len(is)) {
		return nil, ErrBadData
	}
	if count > uint64(d.budget/elementCost) {
		return nil, ErrTooLarge
	}
	d.budget -= int(count) * elementCost
	elements := make([][]byte, 0, count) // there are as many
	for previous := int64(0); len(is) > 0; is = is[size:] {
		n := signed(is[:size])
		if len(elements) > 0 && n <= previous {
			return nil, ErrBadData
		}
		elements = append(elements, d.format(n))
		previous = n
	}
	return elements, nil
}

// appendIntset appends the intset of the integers, which it sorts.
func appendIntset(dst []byte, integers []int64) []byte {
	slices.Sort(integers)
	size := 2
	for _, n := range integers {
		switch {
		case n != int64(int32(n)):
			size = 8
		case n != int64(int16(n)):
			size = max(size, 4)
		}
	}
	dst = binary.LittleEndian.AppendUint32(dst, uint32(size))
	dst = binary.LittleEndian.AppendUint32(dst, uint32(len(integers)))
	for _, n := range integers {
		var b [8]byte
		binary.LittleEndian.PutUint64(b[:], uint64(n))
		dst = append(dst, b[:size]...)
	}
	return dst
}

// parseIntegers returns the elements as integers, if all of them are the text of one.
func parseIntegers(elements [][]byte) ([]int64, bool) {
	integers := make([]int64, 0, len(elements))
	for _, e := range elements {
		n, ok := number.ParseInt64(e)
		if !ok {
			return nil, false
		}
		integers = append(integers, n)
	}
	return integers, true
}
