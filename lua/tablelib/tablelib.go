package tablelib

import (
	glua "github.com/yuin/gopher-lua"

	"github.com/mnorrsken/postkeys/lua/auxlib"
	"github.com/mnorrsken/postkeys/lua/number"
)

// Open sets the global "table".
func Open(L *glua.LState) {
	auxlib.Register(L, "table", []auxlib.Function{
		{Name: "concat", Fn: concat},
		{Name: "foreach", Fn: foreach},
		{Name: "foreachi", Fn: foreachi},
		{Name: "getn", Fn: getn},
		{Name: "insert", Fn: insert},
		{Name: "maxn", Fn: maxn},
		{Name: "remove", Fn: remove},
		{Name: "setn", Fn: setn},
		{Name: "sort", Fn: sort},
	})
}

// get returns t[i] for any i; RawGetInt looks into the array part of a table only.
func get(t *glua.LTable, i int) glua.LValue {
	if i >= 1 && i < glua.MaxArrayIndex {
		return t.RawGetInt(i)
	}
	return t.RawGet(glua.LNumber(i))
}

// set sets t[i]. Setting nil must not make the array part longer.
func set(t *glua.LTable, i int, v glua.LValue) {
	if v == glua.LNil && get(t, i) == glua.LNil {
		return
	}
	t.RawSetInt(i, v)
}

func getn(L *glua.LState) int {
	L.Push(glua.LNumber(auxlib.CheckTable(L, 1).Len()))
	return 1
}

func setn(L *glua.LState) int {
	auxlib.CheckTable(L, 1)
	auxlib.Errorf(L, "'setn' is obsolete")
	return 0
}

// maxn is the largest number among the keys, whole or not.
func maxn(L *glua.LState) int {
	t := auxlib.CheckTable(L, 1)
	interr := auxlib.NewInterrupt(L)
	largest := t.MaxN() // of the array part; what follows has the other keys
	result, last := glua.LNumber(largest), glua.LNil
	if largest > 0 {
		last = result
	}
	for k, _ := t.Next(last); k != glua.LNil; k, _ = t.Next(k) {
		interr.Step()
		if f, ok := k.(glua.LNumber); ok && f > result {
			result = f
		}
	}
	L.Push(result)
	return 1
}

func foreach(L *glua.LState) int {
	t, fn := auxlib.CheckTable(L, 1), auxlib.CheckFunction(L, 2)
	interr := auxlib.NewInterrupt(L)
	for k, v := t.Next(glua.LNil); k != glua.LNil; k, v = t.Next(k) {
		interr.Step()
		if visit(L, fn, k, v) {
			return 1
		}
	}
	return 0
}

func foreachi(L *glua.LState) int {
	t := auxlib.CheckTable(L, 1)
	n := t.Len()
	fn := auxlib.CheckFunction(L, 2)
	interr := auxlib.NewInterrupt(L)
	for i := 1; i <= n; i++ {
		interr.Step()
		if visit(L, fn, glua.LNumber(i), get(t, i)) {
			return 1
		}
	}
	return 0
}

// visit calls the function and leaves its result on the stack if it has one, which ends the traversal.
func visit(L *glua.LState, fn *glua.LFunction, k, v glua.LValue) bool {
	L.Push(fn)
	L.Push(k)
	L.Push(v)
	L.Call(2, 1)
	if L.Get(-1) != glua.LNil {
		return true
	}
	L.Pop(1)
	return false
}

func insert(L *glua.LState) int {
	t := auxlib.CheckTable(L, 1)
	n := t.Len()
	switch L.GetTop() {
	case 2:
		set(t, n+1, L.Get(2))
	case 3:
		at := auxlib.CheckInt(L, 2)
		if at >= 1 && at <= n {
			t.Insert(at, L.Get(3))
			return 0
		}
		interr := auxlib.NewInterrupt(L)
		for i := n + 1; i > at; i-- { // a position before the first moves what is there too
			interr.Step()
			set(t, i, get(t, i-1))
		}
		set(t, at, L.Get(3))
	default:
		auxlib.Errorf(L, "wrong number of arguments to 'insert'")
	}
	return 0
}

func remove(L *glua.LState) int {
	t := auxlib.CheckTable(L, 1)
	n := t.Len()
	at := auxlib.OptInt(L, 2, n)
	if at < 1 || at > n {
		return 0
	}
	L.Push(t.Remove(at))
	return 1
}

func concat(L *glua.LState) int {
	separator := auxlib.OptString(L, 2, "")
	t := auxlib.CheckTable(L, 1)
	first := auxlib.OptInt(L, 3, 1)
	last := auxlib.OptInt(L, 4, t.Len())
	interr := auxlib.NewInterrupt(L)
	var buf [256]byte
	out := buf[:0]
	for i := first; i <= last; i++ {
		interr.Step()
		switch v := get(t, i).(type) {
		case glua.LString:
			auxlib.CheckLength(L, len(out)+len(v)+len(separator))
			out = append(out, v...)
		case glua.LNumber:
			out = number.AppendNumber(out, float64(v))
		default:
			auxlib.Errorf(L, "invalid value (%s) at index %d in table for 'concat'", v.Type(), i)
		}
		if i < last {
			out = append(out, separator...)
		}
	}
	auxlib.CheckLength(L, len(out))
	L.Push(glua.LString(out))
	return 1
}
