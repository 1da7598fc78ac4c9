package rdb

import "encoding/binary"

// A ziplist is a header (its length in bytes and the offset of its last element, 32 bits each, and the number of
// elements, 16 bits), the elements, and an end byte. An element is the length of the one before it, an encoding byte,
// and its data. Lengths of strings are big endian, all else is little endian. Redis wrote them before version 7.0.
const (
	ziplistHeader    = 4 + 4 + 2
	ziplistEnd       = 0xff
	ziplistUncounted = 0xffff // the number of elements when there are as many or more
	ziplistLongPrev  = 0xfe   // 32 bits follow with the length of the element before

	ziplistString6  = 0x00 // 00llllll
	ziplistString14 = 0x40 // 01llllll llllllll
	ziplistString32 = 0x80 // 10......, and 32 bits with the length
	ziplistInt16    = 0xc0
	ziplistInt32    = 0xd0
	ziplistInt64    = 0xe0
	ziplistInt24    = 0xf0
	ziplistUint4    = 0xf1 // 1111nnnn, 0 to 12 and plus one
	ziplistUint4Max = 0xfd
	ziplistInt8     = 0xfe
)

// ziplist appends the elements of a ziplist to dst.
func (d *decoder) ziplist(dst [][]byte, zl []byte) ([][]byte, error) {
	end := len(zl) - 1
	if end < ziplistHeader || uint64(binary.LittleEndian.Uint32(zl)) != uint64(len(zl)) || zl[end] != ziplistEnd {
		return dst, ErrBadData
	}
	tail := uint64(binary.LittleEndian.Uint32(zl[4:]))
	declared := int(binary.LittleEndian.Uint16(zl[8:]))
	before := len(dst)
	last, pos := -1, ziplistHeader
	for pos < end {
		if err := d.charge(elementCost); err != nil {
			return dst, err
		}
		element, size, previous, ok := d.ziplistElement(zl[pos:end])
		if !ok || last < 0 && previous != 0 || last >= 0 && previous != uint64(pos-last) {
			return dst, ErrBadData
		}
		dst = append(dst, element)
		last = pos
		pos += size
	}
	if last >= 0 && tail != uint64(last) || tail > uint64(end) {
		return dst, ErrBadData
	}
	if declared != ziplistUncounted && declared != len(dst)-before {
		return dst, ErrBadData
	}
	return dst, nil
}

// ziplistElement returns the first element of b, how many bytes it takes, and how many it says that the one before
// takes.
func (d *decoder) ziplistElement(b []byte) (element []byte, size int, previous uint64, ok bool) {
	start := 1
	previous = uint64(b[0])
	switch b[0] {
	case ziplistEnd:
		return nil, 0, 0, false
	case ziplistLongPrev:
		if start = 5; len(b) < start {
			return nil, 0, 0, false
		}
		previous = uint64(binary.LittleEndian.Uint32(b[1:]))
	}
	entry := b[start:]
	head, data, ok := ziplistLayout(entry)
	if !ok || data > len(entry)-head {
		return nil, 0, 0, false
	}
	size = head + data
	switch first := entry[0]; {
	case first < ziplistInt16:
		element = entry[head:size:size]
	case ziplistUint4 <= first && first <= ziplistUint4Max:
		element = d.format(int64(first - ziplistUint4))
	default:
		element = d.format(signed(entry[head:size]))
	}
	return element, start + size, previous, true
}

// ziplistLayout returns how long the encoding and the data of an element are, whose encoding b begins with. Nothing is
// known yet of whether the data are there.
func ziplistLayout(b []byte) (head, data int, ok bool) {
	if len(b) == 0 {
		return 0, 0, false
	}
	switch first := b[0]; {
	case first < ziplistString14:
		return 1, int(first), true
	case first < ziplistString32:
		if len(b) < 2 {
			return 0, 0, false
		}
		return 2, int(first&0x3f)<<8 | int(b[1]), true
	case first < ziplistInt16:
		if len(b) < 5 {
			return 0, 0, false
		}
		return 5, int(binary.BigEndian.Uint32(b[1:])), true
	case first == ziplistInt16:
		return 1, 2, true
	case first == ziplistInt32:
		return 1, 4, true
	case first == ziplistInt64:
		return 1, 8, true
	case first == ziplistInt24:
		return 1, 3, true
	case first == ziplistInt8:
		return 1, 1, true
	case ziplistUint4 <= first && first <= ziplistUint4Max:
		return 1, 0, true
	}
	return 0, 0, false
}
