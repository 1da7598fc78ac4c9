package cjson

import (
	"strings"

	glua "github.com/yuin/gopher-lua"

	"github.com/mnorrsken/postkeys/lua/auxlib"
)

// decoder reads one value. The elements of open arrays and objects wait on stacks, so that tables are made in their final
// size.
type decoder struct {
	scanner
	L        *glua.LState
	maxDepth int
	values   []glua.LValue
	keys     []string
	interr   auxlib.Interrupt
}

func (s *settings) decode(L *glua.LState) int {
	if L.GetTop() != 1 {
		auxlib.ArgError(L, 1, "expected 1 argument")
	}
	data := auxlib.CheckString(L, 1)
	if len(data) >= 2 && (data[0] == 0 || data[1] == 0) {
		auxlib.Errorf(L, "JSON parser does not support UTF-16 or UTF-32")
	}
	if i := strings.IndexByte(data, 0); i >= 0 {
		data = data[:i]
	}
	d := decoder{
		scanner:  scanner{data: data, takesInvalid: s.decodeInvalid == 1, scratch: s.scratch},
		L:        L,
		maxDepth: s.decodeMaxDepth,
		values:   s.values[:0],
		keys:     s.keys[:0],
		interr:   auxlib.NewInterrupt(L),
	}
	var t token
	d.next(&t)
	v := d.value(&t, 0, 1)
	d.next(&t)
	if t.kind != end {
		d.fail("the end", &t)
	}
	L.Push(v)
	s.scratch = d.scratch
	if cap(d.values) <= keptStack && cap(d.keys) <= keptStack {
		s.values, s.keys = d.values[:0], d.keys[:0]
	}
	return 1
}

// keptStack is the size of the largest stacks that are kept for the next call.
const keptStack = 1024

// fail raises the error for a token that is not what is expected.
func (d *decoder) fail(expected string, t *token) {
	auxlib.Errorf(d.L, "Expected %s but found %s at character %d", expected, t.kind, t.index+1)
}

// value makes the value that starts with t. stack counts the values that the original has on Lua's stack, whose size is a
// second limit on the depth.
func (d *decoder) value(t *token, depth, stack int) glua.LValue {
	d.interr.Step()
	switch t.kind {
	case text:
		return glua.LString(t.text)
	case numeral:
		return auxlib.Number(t.number)
	case boolean:
		return glua.LBool(t.truth)
	case null:
		return Null
	case objectBegin:
		d.descend(depth+1, stack+3)
		return d.object(t, depth+1, stack)
	case arrayBegin:
		d.descend(depth+1, stack+2)
		return d.array(t, depth+1, stack)
	default:
		d.fail("value", t)
		return nil
	}
}

// descend checks the limits on depth.
func (d *decoder) descend(depth, stack int) {
	if depth > d.maxDepth || stack > auxlib.MaxStack {
		auxlib.Errorf(d.L, "Found too many nested data structures (%d) at character %d", depth, d.at)
	}
}

func (d *decoder) object(t *token, depth, stack int) glua.LValue {
	firstKey, firstValue := len(d.keys), len(d.values)
	d.next(t)
	if t.kind == objectEnd {
		return d.L.CreateTable(0, 0)
	}
	for {
		if t.kind != text {
			d.fail("object key string", t)
		}
		d.keys = append(d.keys, t.text)
		d.next(t)
		if t.kind != colon {
			d.fail("colon", t)
		}
		d.next(t)
		v := d.value(t, depth, stack+2)
		d.values = append(d.values, v)
		d.next(t)
		if t.kind == objectEnd {
			break
		}
		if t.kind != comma {
			d.fail("comma or object end", t)
		}
		d.next(t)
	}
	object := d.L.CreateTable(0, len(d.keys)-firstKey)
	for i, key := range d.keys[firstKey:] {
		object.RawSetString(key, d.values[firstValue+i])
	}
	clear(d.keys[firstKey:]) // let go of what may be kept on the stacks for long
	clear(d.values[firstValue:])
	d.keys, d.values = d.keys[:firstKey], d.values[:firstValue]
	return object
}

func (d *decoder) array(t *token, depth, stack int) glua.LValue {
	first := len(d.values)
	d.next(t)
	if t.kind == arrayEnd {
		return d.L.CreateTable(0, 0)
	}
	for {
		v := d.value(t, depth, stack+1)
		d.values = append(d.values, v)
		d.next(t)
		if t.kind == arrayEnd {
			break
		}
		if t.kind != comma {
			d.fail("comma or array end", t)
		}
		d.next(t)
	}
	array := d.L.CreateTable(len(d.values)-first, 0)
	for i, v := range d.values[first:] {
		array.RawSetInt(i+1, v)
	}
	clear(d.values[first:])
	d.values = d.values[:first]
	return array
}
