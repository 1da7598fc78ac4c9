package structlib

import (
	"math"
	"slices"
	"strings"

	glua "github.com/yuin/gopher-lua"

	"github.com/mnorrsken/postkeys/lua/auxlib"
	"github.com/mnorrsken/postkeys/lua/number"
)

// Open sets the global "struct".
func Open(L *glua.LState) {
	auxlib.Register(L, "struct", []auxlib.Function{
		{Name: "pack", Fn: pack},
		{Name: "unpack", Fn: unpack},
		{Name: "size", Fn: size},
	})
}

func pack(L *glua.LState) int {
	f := newFormat(L)
	L.Push(glua.LNil) // the original has a mark there, so that the first missing argument is nil
	var out []byte
	arg := 2
	for f.rest != "" {
		option, size := f.next()
		out = appendZeros(L, out, f.padding(len(out), option, size))
		switch option {
		case 'b', 'B', 'h', 'H', 'l', 'L', 'T', 'i', 'I':
			out = f.appendBytes(out, integerBits(auxlib.CheckNumber(L, arg)), size)
			arg++
		case 'x':
			out = append(out, 0)
		case 'f':
			out = f.appendBytes(out, uint64(math.Float32bits(float32(auxlib.CheckNumber(L, arg)))), size)
			arg++
		case 'd':
			out = f.appendBytes(out, math.Float64bits(auxlib.CheckNumber(L, arg)), size)
			arg++
		case 'c', 's':
			s := auxlib.CheckString(L, arg)
			arg++
			if size == 0 {
				size = len(s)
			}
			if len(s) < size {
				auxlib.ArgError(L, arg, "string too short") // the number after the argument's, as in the original
			}
			auxlib.CheckLength(L, len(out)+size)
			out = append(out, s[:size]...)
			if option == 's' {
				out = append(out, 0)
			}
		default:
			f.control(option)
		}
	}
	auxlib.CheckLength(L, len(out))
	L.Push(glua.LString(out))
	return 1
}

func appendZeros(L *glua.LState, out []byte, n int) []byte {
	auxlib.CheckLength(L, len(out)+n)
	return append(out, make([]byte, n)...)
}

// integerBits is the cast of a number to an integer of 64 bits, unsigned unless the number is negative.
func integerBits(n float64) uint64 {
	if n < 0 {
		return uint64(number.ToInt64(n))
	}
	return number.ToUint64(n)
}

// appendBytes appends an integer in so many bytes. Those beyond 64 bits are 0, for negative numbers too.
func (f *format) appendBytes(out []byte, bits uint64, size int) []byte {
	start := len(out)
	for range size {
		out = append(out, byte(bits))
		bits >>= 8
	}
	if f.bigEndian {
		slices.Reverse(out[start:])
	}
	return out
}

func unpack(L *glua.LState) int {
	f := newFormat(L)
	data := auxlib.CheckString(L, 2)
	start := auxlib.OptInteger(L, 3, 1)
	if start == 0 {
		auxlib.ArgError(L, 3, "offset must be 1 or greater")
	}
	at := int(start - 1) // a negative offset is beyond the data, as it is unsigned
	base := L.GetTop()
	for f.rest != "" {
		option, size := f.next()
		at += f.padding(at, option, size)
		f.need(data, at, size)
		if L.GetTop()+2 > auxlib.MaxStack {
			auxlib.Errorf(L, "stack overflow (too many results)")
		}
		switch option {
		case 'b', 'B', 'h', 'H', 'l', 'L', 'T', 'i', 'I':
			L.Push(glua.LNumber(integer(f.bits(data[at:at+size]), option >= 'a', size)))
		case 'x':
		case 'f':
			L.Push(glua.LNumber(math.Float32frombits(uint32(f.bits(data[at : at+size])))))
		case 'd':
			L.Push(glua.LNumber(math.Float64frombits(f.bits(data[at : at+size]))))
		case 'c':
			if size == 0 {
				size = f.countedSize(base)
				f.need(data, at, size)
			}
			L.Push(glua.LString(data[at : at+size]))
		case 's':
			length := strings.IndexByte(data[at:], 0)
			if length < 0 {
				auxlib.Errorf(L, "unfinished string in data")
			}
			L.Push(glua.LString(data[at : at+length]))
			size = length + 1
		default:
			f.control(option)
		}
		at += size
	}
	L.Push(glua.LNumber(at + 1))
	return L.GetTop() - base
}

// need raises an error if there are fewer bytes in the data.
func (f *format) need(data string, at, size int) {
	if size > len(data) || at < 0 || at > len(data)-size {
		auxlib.ArgError(f.L, 2, "data string too short")
	}
}

// countedSize takes the last result back, which is the size of the string that follows.
func (f *format) countedSize(base int) int {
	n, ok := auxlib.ToNumber(f.L.Get(-1))
	if f.L.GetTop() == base || !ok {
		auxlib.Errorf(f.L, "format 'c0' needs a previous size")
	}
	f.L.Pop(1)
	size := number.ToUint64(n)
	return int(min(size, math.MaxInt))
}

// bits reads an integer, of which 64 bits are kept.
func (f *format) bits(s string) (bits uint64) {
	for i := range len(s) {
		c := s[len(s)-1-i]
		if f.bigEndian {
			c = s[i]
		}
		bits = bits<<8 | uint64(c)
	}
	return bits
}

// integer gives bits of a size the value of a number.
func integer(bits uint64, signed bool, size int) float64 {
	if !signed {
		return float64(bits)
	}
	// The shift counts of x86-64, for sizes beyond those of its registers.
	mask := ^uint64(0) << (uint(size*8-1) & 63)
	if bits&mask != 0 {
		bits |= mask
	}
	return float64(int64(bits))
}

func size(L *glua.LState) int {
	f := newFormat(L)
	total := 0
	for f.rest != "" {
		option, size := f.next()
		total += f.padding(total, option, size)
		switch {
		case option == 's':
			auxlib.ArgError(L, 1, "option 's' has no fixed size")
		case option == 'c' && size == 0:
			auxlib.ArgError(L, 1, "option 'c0' has no fixed size")
		case !isAlphanumeric(option):
			f.control(option)
		}
		total += size
	}
	L.Push(glua.LNumber(total))
	return 1
}

func isAlphanumeric(c byte) bool {
	return c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'z'
}
