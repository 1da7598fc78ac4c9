package lua

import (
	"math"

	glua "github.com/yuin/gopher-lua"

	"github.com/mnorrsken/postkeys/lua/auxlib"
)

// openIterators adds pairs and ipairs, which give out functions of their own.
func (in *interp) openIterators() {
	next := in.globals.RawGetString("next")
	in.globals.RawSetString("pairs", in.L.NewFunction(func(L *glua.LState) int {
		t := auxlib.CheckTable(L, 1)
		L.Push(next)
		L.Push(t)
		L.Push(glua.LNil)
		return 3
	}))
	step := in.L.NewFunction(func(L *glua.LState) int {
		t := auxlib.CheckTable(L, 1)
		i := auxlib.CheckInt(L, 2) + 1
		v := in.real(t).RawGetInt(i)
		if v == glua.LNil {
			return 0
		}
		L.Push(glua.LNumber(i))
		L.Push(v)
		return 2
	})
	in.globals.RawSetString("ipairs", in.L.NewFunction(func(L *glua.LState) int {
		t := auxlib.CheckTable(L, 1)
		L.Push(step)
		L.Push(t)
		L.Push(glua.LNumber(0))
		return 3
	}))
}

func (in *interp) next(L *glua.LState) int {
	t := in.real(auxlib.CheckTable(L, 1))
	k, v := t.Next(L.Get(2))
	if k == glua.LNil {
		L.Push(glua.LNil)
		return 1
	}
	L.Push(k)
	L.Push(v)
	return 2
}

func (in *interp) rawEqual(L *glua.LState) int {
	L.Push(glua.LBool(L.RawEqual(checkAny(L, 1), checkAny(L, 2))))
	return 1
}

func (in *interp) rawGet(L *glua.LState) int {
	t := auxlib.CheckTable(L, 1)
	L.Push(in.real(t).RawGet(checkAny(L, 2)))
	return 1
}

func (in *interp) rawSet(L *glua.LState) int {
	t := auxlib.CheckTable(L, 1)
	key, v := checkAny(L, 2), checkAny(L, 3)
	in.refuseProtected(L)
	if n, ok := key.(glua.LNumber); ok && math.IsNaN(float64(n)) {
		in.throw(L, glua.LString("table index is NaN"))
	}
	if key == glua.LNil {
		in.throw(L, glua.LString("table index is nil"))
	}
	t.RawSet(key, v)
	L.SetTop(1)
	return 1
}

func (in *interp) getMetatable(L *glua.LState) int {
	switch v := checkAny(L, 1).(type) {
	case *glua.LTable:
		if in.isProtected(v) {
			if shown := in.metas[v]; shown != nil {
				L.Push(shown)
			} else {
				L.Push(glua.LNil)
			}
			return 1
		}
		L.Push(L.GetMetatable(v))
	case glua.LString:
		L.Push(in.stringMeta)
	default:
		L.Push(glua.LNil)
	}
	return 1
}

func (in *interp) setMetatable(L *glua.LState) int {
	t := auxlib.CheckTable(L, 1)
	meta := L.Get(2)
	if L.GetTop() < 2 || meta != glua.LNil && meta.Type() != glua.LTTable {
		auxlib.ArgError(L, 2, "nil or table expected")
	}
	if mt, ok := t.Metatable.(*glua.LTable); ok && mt.RawGetString("__metatable") != glua.LNil {
		in.throwf(L, 1, "cannot change a protected metatable")
	}
	in.refuseProtected(L)
	t.Metatable = meta
	L.SetTop(1)
	return 1
}
