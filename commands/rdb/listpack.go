package rdb

import (
	"encoding/binary"

	"github.com/mnorrsken/postkeys/commands/number"
)

// A listpack is a header (its length in bytes, 32 bits, and the number of elements, 16 bits), the elements, and an end
// byte. An element is an encoding byte that says how long it is, its data, and the length of both once more, so that
// a listpack can be walked backwards. Integers are little endian, but for the two in the 13 bit form and the 12 bit
// length of a string.
const (
	listpackHeader    = 4 + 2
	listpackEnd       = 0xff
	listpackUncounted = 0xffff // the number of elements when there are as many or more

	listpackUint7    = 0x00 // 0nnnnnnn
	listpackString6  = 0x80 // 10llllll
	listpackInt13    = 0xc0 // 110nnnnn nnnnnnnn
	listpackString12 = 0xe0 // 1110llll llllllll
	listpackString32 = 0xf0
	listpackInt16    = 0xf1
	listpackInt24    = 0xf2
	listpackInt32    = 0xf3
	listpackInt64    = 0xf4
)

// MaxListpackBytes is how long Redis lets a listpack become.
const MaxListpackBytes = 1 << 30

// Listpack builds a listpack. Begin with NewListpack.
type Listpack struct {
	buf   []byte
	count int
}

// NewListpack begins an empty listpack in the memory of buf, whose contents are lost.
func NewListpack(buf []byte) Listpack {
	return Listpack{buf: append(buf[:0], make([]byte, listpackHeader)...)}
}

// Bytes returns how long the listpack is, its end included.
func (l *Listpack) Bytes() int { return len(l.buf) + 1 }

// Len returns how many elements there are.
func (l *Listpack) Len() int { return l.count }

// Append adds an element: as an integer, if it is the text of one.
func (l *Listpack) Append(element []byte) {
	if n, ok := number.ParseInt64(element); ok {
		l.AppendInt(n)
		return
	}
	start := len(l.buf)
	switch n := len(element); {
	case n < 1<<6:
		l.buf = append(l.buf, listpackString6|byte(n))
	case n < 1<<12:
		l.buf = append(l.buf, listpackString12|byte(n>>8), byte(n))
	default:
		l.buf = append(l.buf, listpackString32)
		l.buf = binary.LittleEndian.AppendUint32(l.buf, uint32(n))
	}
	l.buf = append(l.buf, element...)
	l.end(start)
}

// AppendInt adds an integer.
func (l *Listpack) AppendInt(n int64) {
	start := len(l.buf)
	switch {
	case 0 <= n && n < 1<<7:
		l.buf = append(l.buf, listpackUint7|byte(n))
	case -1<<12 <= n && n < 1<<12:
		l.buf = append(l.buf, listpackInt13|byte(n>>8)&0x1f, byte(n))
	case -1<<15 <= n && n < 1<<15:
		l.buf = append(l.buf, listpackInt16, byte(n), byte(n>>8))
	case -1<<23 <= n && n < 1<<23:
		l.buf = append(l.buf, listpackInt24, byte(n), byte(n>>8), byte(n>>16))
	case -1<<31 <= n && n < 1<<31:
		l.buf = append(l.buf, listpackInt32)
		l.buf = binary.LittleEndian.AppendUint32(l.buf, uint32(n))
	default:
		l.buf = append(l.buf, listpackInt64)
		l.buf = binary.LittleEndian.AppendUint64(l.buf, uint64(n))
	}
	l.end(start)
}

// end completes the element that begins at start.
func (l *Listpack) end(start int) {
	l.buf = appendBacklen(l.buf, len(l.buf)-start)
	l.count++
}

// Finish returns the listpack. It refers to the builder's memory, which NewListpack can use again.
func (l *Listpack) Finish() []byte {
	l.buf = append(l.buf, listpackEnd)
	binary.LittleEndian.PutUint32(l.buf, uint32(len(l.buf)))
	binary.LittleEndian.PutUint16(l.buf[4:], uint16(min(l.count, listpackUncounted)))
	return l.buf
}

// backlenBytes is how many bytes the length n of an element takes at its end: 7 bits in each, but the largest number
// of two and more bytes is not used.
func backlenBytes(n int) int {
	switch {
	case n <= 1<<7-1:
		return 1
	case n < 1<<14-1:
		return 2
	case n < 1<<21-1:
		return 3
	case n < 1<<28-1:
		return 4
	}
	return 5
}

// appendBacklen appends n with its high bits first; all bytes but the first have the top bit set, which says to a
// reader coming from behind that there is more.
func appendBacklen(dst []byte, n int) []byte {
	size := backlenBytes(n)
	for i := size - 1; i >= 0; i-- {
		b := byte(n>>(7*i)) & 0x7f
		if i < size-1 {
			b |= 0x80
		}
		dst = append(dst, b)
	}
	return dst
}

// ListpackElements returns the elements of a listpack, integers as their text. The others refer to lp. The error is
// ErrBadData.
func ListpackElements(lp []byte) ([][]byte, error) {
	d := decoder{budget: (len(lp) + 1) * elementCost}
	return d.listpack(nil, lp)
}

// listpack appends the elements of a listpack to dst.
func (d *decoder) listpack(dst [][]byte, lp []byte) ([][]byte, error) {
	if len(lp) < listpackHeader+1 || uint64(binary.LittleEndian.Uint32(lp)) != uint64(len(lp)) ||
		lp[len(lp)-1] != listpackEnd {
		return dst, ErrBadData
	}
	declared := int(binary.LittleEndian.Uint16(lp[4:]))
	end := len(lp) - 1
	before := len(dst)
	for pos := listpackHeader; pos < end; {
		if err := d.charge(elementCost); err != nil {
			return dst, err
		}
		element, size, ok := d.listpackElement(lp[pos:end])
		if !ok {
			return dst, ErrBadData
		}
		next := pos + size + backlenBytes(size)
		if next > end || backlen(lp[:next]) != size {
			return dst, ErrBadData
		}
		dst = append(dst, element)
		pos = next
	}
	if declared != listpackUncounted && declared != len(dst)-before {
		return dst, ErrBadData
	}
	return dst, nil
}

// listpackElement returns the first element of b and how many bytes it takes without its length at the end.
func (d *decoder) listpackElement(b []byte) (element []byte, size int, ok bool) {
	head, data, ok := listpackLayout(b)
	if !ok || data > len(b)-head {
		return nil, 0, false
	}
	size = head + data
	switch first := b[0]; {
	case first < listpackString6:
		element = d.format(int64(first))
	case first&0xe0 == listpackInt13:
		const unused = 64 - 13
		element = d.format((int64(first)<<8 | int64(b[1])) << unused >> unused)
	case first >= listpackInt16:
		element = d.format(signed(b[head:size]))
	default:
		element = b[head:size:size]
	}
	return element, size, true
}

// listpackLayout returns how long the encoding and the data of the first element of b are. Nothing is known yet of
// whether the data are there.
func listpackLayout(b []byte) (head, data int, ok bool) {
	switch first := b[0]; {
	case first < listpackString6:
		return 1, 0, true
	case first < listpackInt13:
		return 1, int(first & 0x3f), true
	case first < listpackString12:
		return 1, 1, true
	case first < listpackString32:
		if len(b) < 2 {
			return 0, 0, false
		}
		return 2, int(first&0x0f)<<8 | int(b[1]), true
	case first == listpackString32:
		if len(b) < 5 {
			return 0, 0, false
		}
		return 5, int(binary.LittleEndian.Uint32(b[1:])), true
	case first <= listpackInt32:
		return 1, int(first-listpackInt16) + 2, true
	case first == listpackInt64:
		return 1, 8, true
	}
	return 0, 0, false
}

// backlen reads the length that b ends with as one does who comes from behind: more bytes than necessary are fine, as
// they are for Redis. It returns -1 if there are too many.
func backlen(b []byte) int {
	n := 0
	for i := range min(len(b), 5) {
		c := b[len(b)-1-i]
		if n |= int(c&0x7f) << (7 * i); c < 0x80 {
			return n
		}
	}
	return -1
}
