package cmsgpack

import (
	"encoding/binary"
	"math"

	glua "github.com/yuin/gopher-lua"

	"github.com/mnorrsken/postkeys/lua/auxlib"
	"github.com/mnorrsken/postkeys/lua/number"
)

// maxNesting is how many tables deep a value may be (LUACMSGPACK_MAX_NESTING), so that cycles end.
const maxNesting = 16

// keptBuffer is the largest buffer that is kept for the next call.
const keptBuffer = 1 << 20

// packer packs values. It belongs to one state; no Lua code runs while it works.
type packer struct {
	buf    []byte // kept between calls
	out    []byte
	interr auxlib.Interrupt
}

func (p *packer) pack(L *glua.LState) int {
	n := L.GetTop()
	if n == 0 {
		auxlib.ArgError(L, 0, "MessagePack pack needs input.")
	}
	p.out = p.buf[:0]
	p.interr = auxlib.NewInterrupt(L)
	for i := 1; i <= n; i++ {
		p.value(L.Get(i), 0)
	}
	auxlib.CheckLength(L, len(p.out))
	L.Push(glua.LString(p.out))
	p.buf = nil
	if cap(p.out) <= keptBuffer {
		p.buf = p.out
	}
	return 1
}

func (p *packer) value(v glua.LValue, level int) {
	p.interr.Step()
	switch v := v.(type) {
	case glua.LString:
		p.string(string(v))
	case glua.LBool:
		if v {
			p.out = append(p.out, codeTrue)
		} else {
			p.out = append(p.out, codeFalse)
		}
	case glua.LNumber:
		p.number(float64(v))
	case *glua.LTable:
		if level == maxNesting {
			p.out = append(p.out, codeNil)
			return
		}
		p.table(v, level+1)
	default:
		p.out = append(p.out, codeNil)
	}
}

func (p *packer) number(f float64) {
	if i := number.ToInt64(f); float64(i) == f && f < 1<<63 {
		p.integer(i)
		return
	}
	if single := float32(f); float64(single) == f {
		p.out = binary.BigEndian.AppendUint32(append(p.out, codeFloat32), math.Float32bits(single))
		return
	}
	p.out = binary.BigEndian.AppendUint64(append(p.out, codeFloat64), math.Float64bits(f))
}

// integer writes an integer in as few bytes as it fits, unsigned if it is not negative.
func (p *packer) integer(i int64) {
	switch {
	case i >= 0 && i <= math.MaxInt8, i < 0 && i >= -32:
		p.out = append(p.out, byte(i))
	case i >= 0 && i <= math.MaxUint8:
		p.out = append(p.out, codeUint8, byte(i))
	case i >= 0 && i <= math.MaxUint16:
		p.out = binary.BigEndian.AppendUint16(append(p.out, codeUint16), uint16(i))
	case i >= 0 && i <= math.MaxUint32:
		p.out = binary.BigEndian.AppendUint32(append(p.out, codeUint32), uint32(i))
	case i >= 0:
		p.out = binary.BigEndian.AppendUint64(append(p.out, codeUint64), uint64(i))
	case i >= math.MinInt8:
		p.out = append(p.out, codeInt8, byte(i))
	case i >= math.MinInt16:
		p.out = binary.BigEndian.AppendUint16(append(p.out, codeInt16), uint16(i))
	case i >= math.MinInt32:
		p.out = binary.BigEndian.AppendUint32(append(p.out, codeInt32), uint32(i))
	default:
		p.out = binary.BigEndian.AppendUint64(append(p.out, codeInt64), uint64(i))
	}
}

func (p *packer) string(s string) {
	switch n := len(s); {
	case n < 32:
		p.out = append(p.out, fixString|byte(n))
	case n <= math.MaxUint8:
		p.out = append(p.out, codeString8, byte(n))
	default:
		p.count(n, codeString16, codeString32)
	}
	if len(p.out)+len(s) > auxlib.MaxString {
		auxlib.CheckLength(p.interr.L, len(p.out)+len(s))
	}
	p.out = append(p.out, s...)
}

// count writes a length of 16 or 32 bits.
func (p *packer) count(n int, code16, code32 byte) {
	if n <= math.MaxUint16 {
		p.out = binary.BigEndian.AppendUint16(append(p.out, code16), uint16(n))
		return
	}
	p.out = binary.BigEndian.AppendUint32(append(p.out, code32), uint32(n))
}

func (p *packer) table(t *glua.LTable, level int) {
	auxlib.CheckLength(p.interr.L, len(p.out))
	n, isArray := p.measure(t)
	if !isArray {
		p.mapping(t, level)
		return
	}
	if n <= 15 {
		p.out = append(p.out, fixArray|byte(n))
	} else {
		p.count(n, codeArray16, codeArray32)
	}
	for i := 1; i <= n; i++ {
		p.value(t.RawGetInt(i), level)
	}
}

// measure tells whether the keys of a table are 1 to n.
func (p *packer) measure(t *glua.LTable) (n int, isArray bool) {
	n = t.MaxN() // the keys in the array part, which may have gaps
	last := glua.LNil
	if n > 0 {
		last = glua.LNumber(n)
	}
	if k, _ := t.Next(last); k != glua.LNil {
		return 0, false
	}
	for i := 1; i < n; i++ {
		p.interr.Step()
		if t.RawGetInt(i) == glua.LNil {
			return 0, false
		}
	}
	return n, true
}

func (p *packer) mapping(t *glua.LTable, level int) {
	n := 0
	for k, _ := t.Next(glua.LNil); k != glua.LNil; k, _ = t.Next(k) {
		p.interr.Step()
		n++
	}
	if n <= 15 {
		p.out = append(p.out, fixMap|byte(n))
	} else {
		p.count(n, codeMap16, codeMap32)
	}
	for k, v := t.Next(glua.LNil); k != glua.LNil; k, v = t.Next(k) {
		p.value(k, level)
		p.value(v, level)
	}
}
