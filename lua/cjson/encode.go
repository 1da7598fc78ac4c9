package cjson

import (
	"math"

	glua "github.com/yuin/gopher-lua"

	"github.com/mnorrsken/postkeys/lua/auxlib"
	"github.com/mnorrsken/postkeys/lua/number"
)

// encoder writes one value. No Lua code runs meanwhile: metamethods are not used.
type encoder struct {
	*settings
	L      *glua.LState
	out    []byte
	interr auxlib.Interrupt
}

func (s *settings) encode(L *glua.LState) int {
	if L.GetTop() != 1 {
		auxlib.ArgError(L, 1, "expected 1 argument")
	}
	e := encoder{settings: s, L: L, out: s.buf[:0], interr: auxlib.NewInterrupt(L)}
	e.value(L.Get(1), 0, 1)
	auxlib.CheckLength(L, len(e.out))
	L.Push(glua.LString(e.out))
	if s.keepBuffer == 1 && cap(e.out) <= keptBuffer {
		s.buf = e.out
	}
	return 1
}

// value writes a value that is depth tables deep. stack counts the values that the original has on Lua's stack, whose size is
// a second limit on the depth.
func (e *encoder) value(v glua.LValue, depth, stack int) {
	e.interr.Step()
	switch v := v.(type) {
	case glua.LString:
		e.string(string(v))
	case glua.LNumber:
		e.number(float64(v))
	case glua.LBool:
		if v {
			e.out = append(e.out, "true"...)
		} else {
			e.out = append(e.out, "false"...)
		}
	case *glua.LTable:
		e.table(v, depth+1, stack)
	case *glua.LNilType:
		e.out = append(e.out, "null"...)
	default:
		if v != Null {
			e.refuse(v, "type not supported")
		}
		e.out = append(e.out, "null"...)
	}
}

// refuse raises the error for a value that has no JSON.
func (e *encoder) refuse(v glua.LValue, reason string) {
	auxlib.Errorf(e.L, "Cannot serialise %s: %s", v.Type(), reason)
}

func (e *encoder) table(t *glua.LTable, depth, stack int) {
	if depth > e.encodeMaxDepth || stack+3 > auxlib.MaxStack {
		auxlib.Errorf(e.L, "Cannot serialise, excessive nesting (%d)", depth)
	}
	auxlib.CheckLength(e.L, len(e.out))
	if length := e.arrayLength(t); length > 0 {
		e.array(t, int(length), depth, stack)
		return
	}
	e.object(t, depth, stack)
}

func (e *encoder) array(t *glua.LTable, length, depth, stack int) {
	e.out = append(e.out, '[')
	for i := 1; i <= length; i++ {
		if i > 1 {
			e.out = append(e.out, ',')
		}
		e.value(element(t, i), depth, stack+1)
		if len(e.out) > auxlib.MaxString {
			auxlib.CheckLength(e.L, len(e.out))
		}
	}
	e.out = append(e.out, ']')
}

// element returns t[i]. Large indices are in another part of a table, which RawGetInt does not look into.
func element(t *glua.LTable, i int) glua.LValue {
	if i < glua.MaxArrayIndex {
		return t.RawGetInt(i)
	}
	return t.RawGet(glua.LNumber(i))
}

func (e *encoder) object(t *glua.LTable, depth, stack int) {
	e.out = append(e.out, '{')
	comma := false
	for k, v := t.Next(glua.LNil); k != glua.LNil; k, v = t.Next(k) {
		if comma {
			e.out = append(e.out, ',')
		}
		comma = true
		switch k := k.(type) {
		case glua.LString:
			e.string(string(k))
		case glua.LNumber:
			e.out = append(e.out, '"')
			e.number(float64(k))
			e.out = append(e.out, '"')
		default:
			e.refuse(k, "table key must be a number or string")
		}
		e.out = append(e.out, ':')
		e.value(v, depth, stack+2)
		if len(e.out) > auxlib.MaxString {
			auxlib.CheckLength(e.L, len(e.out))
		}
	}
	e.out = append(e.out, '}')
}

// arrayLength returns the largest key of a table whose keys are all whole numbers of 1 and more; 0 or less if it is to be an
// object. Keys and counts are C ints in the original, with what follows for those that do not fit.
func (e *encoder) arrayLength(t *glua.LTable) int32 {
	n := t.MaxN() // the keys in the array part of the table, which may have gaps
	largest := int32(n)
	last := glua.LNil
	if n > 0 {
		last = glua.LNumber(n)
	}
	k, _ := t.Next(last)
	if k == glua.LNil && (e.sparseRatio == 0 || n <= e.sparseSafe) {
		return largest
	}
	items := int32(0)
	for ; k != glua.LNil; k, _ = t.Next(k) {
		f, isNumber := k.(glua.LNumber)
		if !isNumber || f < 1 || math.Floor(float64(f)) != float64(f) {
			return -1
		}
		e.interr.Step()
		if float64(f) > float64(largest) {
			largest = number.ToInt32(float64(f))
		}
		items++
	}
	for i := 1; i <= n; i++ {
		if t.RawGetInt(i) != glua.LNil {
			items++
		}
	}
	if e.sparseRatio > 0 && largest > items*int32(e.sparseRatio) && largest > int32(e.sparseSafe) {
		if e.sparseConvert == 0 {
			e.refuse(t, "excessively sparse array")
		}
		return -1
	}
	return largest
}

func (e *encoder) number(f float64) {
	if f-f != 0 {
		switch {
		case e.encodeInvalid == refuseInvalid:
			e.refuse(glua.LNumber(f), "must not be NaN or Inf")
		case e.encodeInvalid == nullInvalid:
			e.out = append(e.out, "null"...)
			return
		case f != f: // whatever its sign
			e.out = append(e.out, "nan"...)
			return
		}
	}
	e.out = number.AppendPrecision(e.out, f, e.precision)
}

func (e *encoder) string(s string) {
	e.out = append(e.out, '"')
	copied := 0
	for i := range len(s) {
		if escapes[s[i]] == "" {
			continue
		}
		e.out = append(append(e.out, s[copied:i]...), escapes[s[i]]...)
		copied = i + 1
	}
	e.out = append(append(e.out, s[copied:]...), '"')
}

// escapes are what characters are written as that are not written as they are.
var escapes = func() (table [256]string) {
	const hex = "0123456789abcdef"
	for c := range 0x20 {
		table[c] = `\u00` + string(hex[c>>4]) + string(hex[c&15])
	}
	table[0x7f] = `\u007f`
	for i, c := range []byte("\b\t\n\f\r\"/\\") {
		table[c] = `\` + "btnfr\"/\\"[i:i+1]
	}
	return table
}()
