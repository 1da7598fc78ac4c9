package rdb

import (
	"encoding/binary"
	"strconv"
)

// How a length is written: the two high bits of its first byte, or all of it.
const (
	length6Bit    = 0
	length14Bit   = 1
	length32Bit   = 0x80
	length64Bit   = 0x81
	lengthSpecial = 3 // no length: the low bits say how the string is encoded
)

// Encodings of strings.
const (
	stringInt8  = 0
	stringInt16 = 1
	stringInt32 = 2
	stringLZF   = 3
)

// elementCost is what an element costs besides its bytes: its slice header, the growth of slices, the search for
// duplicates.
const elementCost = 64

// textChunk is how much is allocated for the text of integers at a time.
const textChunk = 512

// decoder reads one payload. What it returns refers to the payload where that is possible.
type decoder struct {
	data   []byte // what is left
	budget int    // bytes of memory that may still be used
	text   []byte // room for the text of integers
}

// charge accounts for n bytes of memory.
func (d *decoder) charge(n int) error {
	if n > d.budget {
		return ErrTooLarge
	}
	d.budget -= n
	return nil
}

// take returns the next n bytes.
func (d *decoder) take(n uint64) ([]byte, error) {
	if n > uint64(len(d.data)) {
		return nil, ErrBadData
	}
	b := d.data[:n:n]
	d.data = d.data[n:]
	return b, nil
}

// length reads a length or, if special is true, the encoding of a string.
func (d *decoder) length() (n uint64, special bool, err error) {
	head, err := d.take(1)
	if err != nil {
		return 0, false, err
	}
	first := head[0]
	low := uint64(first & 0x3f)
	switch {
	case first>>6 == length6Bit:
		return low, false, nil
	case first>>6 == lengthSpecial:
		return low, true, nil
	case first>>6 == length14Bit:
		b, err := d.take(1)
		if err != nil {
			return 0, false, err
		}
		return low<<8 | uint64(b[0]), false, nil
	case first == length32Bit:
		b, err := d.take(4)
		if err != nil {
			return 0, false, err
		}
		return uint64(binary.BigEndian.Uint32(b)), false, nil
	case first == length64Bit:
		b, err := d.take(8)
		if err != nil {
			return 0, false, err
		}
		return binary.BigEndian.Uint64(b), false, nil
	}
	return 0, false, ErrBadData
}

// count reads how many elements or nodes follow. None is an error: there are no empty collections.
func (d *decoder) count() (uint64, error) {
	n, _, err := d.length()
	if err == nil && n == 0 {
		err = ErrBadData
	}
	return n, err
}

// capacity is what to allocate for n declared elements: a lie must not cost much.
func capacity(n uint64) int { return int(min(n, 256)) }

// element reads a string that is an element of a collection.
func (d *decoder) element() ([]byte, error) {
	if err := d.charge(elementCost); err != nil {
		return nil, err
	}
	return d.string()
}

// string reads a string in any encoding.
func (d *decoder) string() ([]byte, error) {
	n, special, err := d.length()
	if err != nil {
		return nil, err
	}
	if !special {
		return d.take(n)
	}
	switch n {
	case stringInt8:
		return d.integer(1)
	case stringInt16:
		return d.integer(2)
	case stringInt32:
		return d.integer(4)
	case stringLZF:
		return d.lzf()
	}
	return nil, ErrBadData
}

// integer reads an integer of some bytes as its text.
func (d *decoder) integer(size uint64) ([]byte, error) {
	b, err := d.take(size)
	if err != nil {
		return nil, err
	}
	return d.format(signed(b)), nil
}

// signed returns the little endian two's complement number in at most eight bytes.
func signed(b []byte) int64 {
	var u uint64
	for i, c := range b {
		u |= uint64(c) << (8 * i)
	}
	unused := 64 - 8*len(b)
	return int64(u<<unused) >> unused
}

// format returns the text of n.
func (d *decoder) format(n int64) []byte {
	const longest = 20
	if cap(d.text)-len(d.text) < longest {
		d.text = make([]byte, 0, textChunk)
	}
	start := len(d.text)
	d.text = strconv.AppendInt(d.text, n, 10)
	return d.text[start:len(d.text):len(d.text)]
}

// lzf reads a compressed string.
func (d *decoder) lzf() ([]byte, error) {
	compressed, _, err := d.length()
	if err != nil {
		return nil, err
	}
	size, _, err := d.length()
	if err != nil {
		return nil, err
	}
	src, err := d.take(compressed)
	if err != nil {
		return nil, err
	}
	if size == 0 {
		return src[:0], nil // Redis does not look at what should make nothing
	}
	// Three bytes stand for at most 264. What claims more cannot be true, and what remains may be allocated.
	if size > uint64(len(src))*(lzfMaxMatch/3) {
		return nil, ErrBadData
	}
	if err := d.charge(int(size)); err != nil {
		return nil, err
	}
	dst, ok := appendLZF(make([]byte, 0, size), src, int(size))
	if !ok {
		return nil, ErrBadData
	}
	return dst, nil
}
