package rdb

import (
	"encoding/binary"
	"fmt"
)

// A zipmap is the number of fields in one byte, the fields, and an end byte. A field is a length and the name, then a
// length, the number of unused bytes, the value, and the unused bytes. A length is one byte or, if that is 254 or more,
// the 32 bits behind it. Redis wrote hashes so before version 2.6.
const (
	zipmapUncounted = 254
	zipmapLong      = 254
	zipmapEnd       = 255
)

// errOverlong: Redis never writes a length in more bytes than necessary, and reads past the end of a zipmap with one.
var errOverlong = fmt.Errorf("%w: overlong length in a zipmap", ErrBadData)

// zipmap appends the fields of a zipmap to elements, which must be empty: names and values in turn.
func (d *decoder) zipmap(elements [][]byte, zm []byte) ([][]byte, error) {
	if len(zm) < 2 || zm[len(zm)-1] != zipmapEnd {
		return nil, ErrBadData
	}
	declared := int(zm[0])
	rest := zm[1:]
	for rest[0] != zipmapEnd {
		if err := d.charge(2 * elementCost); err != nil {
			return nil, err
		}
		name, after, err := zipmapString(rest, 0)
		if err != nil {
			return nil, err
		}
		value, after, err := zipmapString(after, 1)
		if err != nil {
			return nil, err
		}
		elements = append(elements, name, value)
		rest = after
	}
	// Like Redis, without a look at what may follow the first end.
	if declared != zipmapUncounted && declared != len(elements)/2 {
		return nil, ErrBadData
	}
	return elements, nil
}

// zipmapString reads a length, the number of unused bytes if that has spare bytes, and the string. At least one byte,
// the end, remains after it.
func zipmapString(b []byte, spare int) (s, rest []byte, err error) {
	n, head := uint64(b[0]), 1
	if b[0] >= zipmapLong {
		if len(b) < 5 {
			return nil, nil, ErrBadData
		}
		n, head = uint64(binary.LittleEndian.Uint32(b[1:])), 5
		if n < zipmapLong {
			return nil, nil, errOverlong
		}
	}
	if len(b) < head+spare {
		return nil, nil, ErrBadData
	}
	unused := uint64(0)
	if spare > 0 {
		unused = uint64(b[head])
		head += spare
	}
	if n+unused >= uint64(len(b)-head) {
		return nil, nil, ErrBadData
	}
	b = b[head:]
	return b[:n:n], b[n+unused:], nil
}
