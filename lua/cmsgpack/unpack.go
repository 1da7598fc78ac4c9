package cmsgpack

import (
	"math"

	glua "github.com/yuin/gopher-lua"

	"github.com/mnorrsken/postkeys/lua/auxlib"
)

// unpacker reads values. The elements of open arrays wait on a stack, so that tables are made in their final size and never
// in one that the input only declares.
type unpacker struct {
	L      *glua.LState
	data   string
	at     int
	values []glua.LValue
	gaps   int // places in array parts that maps have left empty
	interr auxlib.Interrupt
}

// take returns the next n bytes.
func (u *unpacker) take(n int) string {
	if len(u.data)-u.at < n {
		auxlib.Errorf(u.L, "Missing bytes in input.")
	}
	s := u.data[u.at : u.at+n]
	u.at += n
	return s
}

// unsigned reads n bytes as a big endian integer.
func (u *unpacker) unsigned(n int) uint64 {
	s := u.take(n)
	i := uint64(0)
	for j := range len(s) {
		i = i<<8 | uint64(s[j])
	}
	return i
}

// value reads a value. stack counts the values that the original has on Lua's stack, whose size is its limit on the depth and
// on the number of results.
func (u *unpacker) value(stack int) glua.LValue {
	u.interr.Step()
	if u.at == len(u.data) {
		u.take(1)
	}
	if stack+1 > auxlib.MaxStack {
		auxlib.Errorf(u.L, "stack overflow (too many return values at once; use unpack_one or unpack_limit instead.)")
	}
	code := u.data[u.at]
	u.at++
	switch {
	case code < fixMap:
		return auxlib.Number(float64(code))
	case code < fixArray:
		return u.mapping(int(code&0xf), stack)
	case code < fixString:
		return u.array(int(code&0xf), stack)
	case code < codeNil:
		return glua.LString(u.take(int(code & 0x1f)))
	case code >= 0xe0:
		return glua.LNumber(int8(code))
	}
	return u.coded(code, stack)
}

// coded reads a value whose first byte is a code only.
func (u *unpacker) coded(code byte, stack int) glua.LValue {
	switch code {
	case codeNil:
		return glua.LNil
	case codeFalse:
		return glua.LFalse
	case codeTrue:
		return glua.LTrue
	case codeFloat32:
		return glua.LNumber(math.Float32frombits(uint32(u.unsigned(4))))
	case codeFloat64:
		return glua.LNumber(math.Float64frombits(u.unsigned(8)))
	case codeUint8, codeUint16, codeUint32:
		return auxlib.Number(float64(u.unsigned(1 << (code - codeUint8))))
	case codeUint64, codeInt64: // the original reads both as signed
		return glua.LNumber(int64(u.unsigned(8)))
	case codeInt8:
		return glua.LNumber(int8(u.unsigned(1)))
	case codeInt16:
		return glua.LNumber(int16(u.unsigned(2)))
	case codeInt32:
		return glua.LNumber(int32(u.unsigned(4)))
	case codeString8, codeString16, codeString32:
		return glua.LString(u.take(int(u.unsigned(1 << (code - codeString8)))))
	case codeArray16, codeArray32:
		return u.array(int(u.unsigned(2<<(code-codeArray16))), stack)
	case codeMap16, codeMap32:
		return u.mapping(int(u.unsigned(2<<(code-codeMap16))), stack)
	}
	auxlib.Errorf(u.L, "Bad data format in input.")
	return nil
}

// array reads n elements. Elements that are nil leave their places empty.
func (u *unpacker) array(n, stack int) glua.LValue {
	if stack+2 > auxlib.MaxStack {
		auxlib.Errorf(u.L, "stack overflow (in function mp_decode_to_lua_array)")
	}
	first := len(u.values)
	for range n {
		v := u.value(stack + 2)
		u.values = append(u.values, v)
	}
	elements := u.values[first:]
	for len(elements) > 0 && elements[len(elements)-1] == glua.LNil {
		elements = elements[:len(elements)-1]
	}
	array := u.L.CreateTable(len(elements), 0)
	for i, v := range elements {
		array.RawSetInt(i+1, v)
	}
	clear(u.values[first:])
	u.values = u.values[:first]
	return array
}

// mapping reads n entries. A nil value leaves its entry out.
func (u *unpacker) mapping(n, stack int) glua.LValue {
	first := len(u.values)
	for range n {
		key := u.value(stack + 1)
		v := u.value(stack + 2)
		u.checkKey(key)
		u.values = append(u.values, key, v)
	}
	entries := u.values[first:]
	object := u.L.CreateTable(0, len(entries)/2)
	for i := 0; i < len(entries); i += 2 {
		u.set(object, entries[i], entries[i+1])
	}
	clear(u.values[first:])
	u.values = u.values[:first]
	return object
}

// checkKey raises the error that the virtual machine of the original has for keys that no table takes, which is without a
// position.
func (u *unpacker) checkKey(key glua.LValue) {
	if key == glua.LNil {
		u.L.Error(glua.LString("table index is nil"), 0)
	}
	if f, ok := key.(glua.LNumber); ok && f != f {
		u.L.Error(glua.LString("table index is NaN"), 0)
	}
}

// maxGaps is how many places may be left empty for one input: half a gigabyte.
const maxGaps = auxlib.MaxString / 16

// set sets an entry of a map. A key that is a whole number makes gopher-lua fill an array up to it, for which a few bytes of
// input could take any amount of memory.
func (u *unpacker) set(object *glua.LTable, key, v glua.LValue) {
	k, ok := key.(glua.LNumber)
	if ok && k >= 1 && k < glua.LNumber(glua.MaxArrayIndex) {
		if v == glua.LNil && object.RawGet(k) == glua.LNil {
			return
		}
		if u.gaps += max(int(k)-object.MaxN()-1, 0); u.gaps > maxGaps {
			auxlib.Errorf(u.L, "table overflow")
		}
	}
	object.RawSet(key, v)
}
