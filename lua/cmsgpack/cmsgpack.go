package cmsgpack

import (
	"math"

	glua "github.com/yuin/gopher-lua"

	"github.com/mnorrsken/postkeys/lua/auxlib"
)

// Open sets the global "cmsgpack".
func Open(L *glua.LState) {
	p := &packer{}
	library := auxlib.Register(L, "cmsgpack", []auxlib.Function{
		{Name: "pack", Fn: p.pack},
		{Name: "unpack", Fn: unpackAll},
		{Name: "unpack_limit", Fn: unpackLimit},
		{Name: "unpack_one", Fn: unpackOne},
	})
	for name, value := range map[string]glua.LString{
		"_NAME":        "cmsgpack",
		"_VERSION":     "lua-cmsgpack 0.4.0",
		"_COPYRIGHT":   "Copyright (C) 2012, Salvatore Sanfilippo",
		"_DESCRIPTION": "MessagePack C implementation for Lua",
	} {
		library.RawSetString(name, value)
	}
}

func unpackAll(L *glua.LState) int {
	data := auxlib.CheckString(L, 1)
	return unpack(L, data, 0, math.MaxInt32, false)
}

func unpackOne(L *glua.LState) int {
	offset := auxlib.OptInteger(L, 2, 0)
	return unpackFrom(L, 1, offset)
}

func unpackLimit(L *glua.LState) int {
	limit := auxlib.CheckInteger(L, 2)
	offset := auxlib.OptInteger(L, 3, 0)
	return unpackFrom(L, limit, offset)
}

// unpackFrom returns where to go on, -1 at the end, before at most limit values. A limit and an offset of 0 together mean
// everything, without that.
func unpackFrom(L *glua.LState, limit, offset int64) int {
	L.SetTop(min(L.GetTop(), 1))
	data := auxlib.CheckString(L, 1)
	switch {
	case offset < 0 || limit < 0:
		// The second number is the length in the original too.
		auxlib.Errorf(L, "Invalid request to unpack with offset of %d and limit of %d.", int32(offset), len(data))
	case offset > int64(len(data)):
		auxlib.Errorf(L, "Start offset %d greater than input length %d.", int32(offset), len(data))
	case limit == 0 && offset == 0:
		return unpack(L, data, 0, math.MaxInt32, false)
	}
	return unpack(L, data, int(offset), limit, true)
}

// unpack pushes up to limit values.
func unpack(L *glua.LState, data string, offset int, limit int64, withOffset bool) int {
	u := unpacker{L: L, data: data, at: offset, interr: auxlib.NewInterrupt(L)}
	base := L.GetTop()
	var values []glua.LValue
	for int64(len(values)) < limit && u.at < len(data) {
		values = append(values, u.value(base+len(values)))
	}
	n := len(values)
	if withOffset {
		next := u.at
		if next == len(data) {
			next = -1
		}
		L.Push(glua.LNumber(next))
		n++
	}
	for _, v := range values {
		L.Push(v)
	}
	return n
}
