package structlib

import (
	"math"
	"strings"

	glua "github.com/yuin/gopher-lua"

	"github.com/mnorrsken/postkeys/lua/auxlib"
)

// maxIntegerSize is the size of the largest integer a format may have, in bytes (MAXINTSIZE).
const maxIntegerSize = 32

// maxAlignment is what "!" without a number stands for.
const maxAlignment = 8

// format goes through the options of a format and keeps byte order and alignment, which options change.
type format struct {
	L         *glua.LState
	rest      string
	bigEndian bool
	alignment int
	interr    auxlib.Interrupt
}

// newFormat starts with the defaults, little endian and no alignment. The original reads a C string: a NUL ends the format.
func newFormat(L *glua.LState) *format {
	text := auxlib.CheckString(L, 1)
	if i := strings.IndexByte(text, 0); i >= 0 {
		text = text[:i]
	}
	return &format{L: L, rest: text, alignment: 1, interr: auxlib.NewInterrupt(L)}
}

// next returns an option and the size that it has in itself: 0 for a string, whose size is that of the data, and for options
// that stand for no data.
func (f *format) next() (option byte, size int) {
	f.interr.Step()
	option, f.rest = f.rest[0], f.rest[1:]
	switch option {
	case 'b', 'B', 'x':
		return option, 1
	case 'h', 'H':
		return option, 2
	case 'l', 'L', 'T', 'd':
		return option, 8
	case 'f':
		return option, 4
	case 'c':
		return option, f.number(1)
	case 'i', 'I':
		size = f.number(4)
		if size > maxIntegerSize {
			auxlib.Errorf(f.L, "integral size %d is larger than limit of %d", size, maxIntegerSize)
		}
	}
	return option, size
}

// number reads the number after an option.
func (f *format) number(missing int) int {
	if f.rest == "" || f.rest[0] < '0' || f.rest[0] > '9' {
		return missing
	}
	n := 0
	for f.rest != "" && f.rest[0] >= '0' && f.rest[0] <= '9' {
		n = n*10 + int(f.rest[0]-'0')
		if n > math.MaxInt32 {
			auxlib.Errorf(f.L, "integral size overflow")
		}
		f.rest = f.rest[1:]
	}
	return n
}

// padding returns how many bytes go before an option of this size at an offset. The mask is that of the original and means
// little for sizes that are no power of two.
func (f *format) padding(offset int, option byte, size int) int {
	if size == 0 || option == 'c' {
		return 0
	}
	size = min(size, f.alignment)
	return (size - offset&(size-1)) & (size - 1)
}

// control does what an option says that stands for no data.
func (f *format) control(option byte) {
	switch option {
	case ' ':
	case '>':
		f.bigEndian = true
	case '<':
		f.bigEndian = false
	case '!':
		n := f.number(maxAlignment)
		if n <= 0 || n&(n-1) != 0 {
			auxlib.Errorf(f.L, "alignment %d is not a power of 2", n)
		}
		f.alignment = n
	default:
		auxlib.ArgError(f.L, 1, "invalid format option '"+string([]byte{option})+"'")
	}
}
