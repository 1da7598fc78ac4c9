package cjson

import (
	glua "github.com/yuin/gopher-lua"

	"github.com/mnorrsken/postkeys/lua/auxlib"
)

// Null is cjson.null, which stands for null in tables: one value for all states, as it is a constant in the original (a light
// userdata that points nowhere).
var Null = &glua.LUserData{Metatable: glua.LNil}

// registryKey is where a state keeps the settings of its global library.
const registryKey = "cjson.settings"

// Open sets the global "cjson".
func Open(L *glua.LState) {
	s := &settings{}
	s.reset()
	L.G.Registry.RawSetString(registryKey, &glua.LUserData{Value: s, Metatable: glua.LNil})
	L.SetGlobal("cjson", newLibrary(L, s))
}

// Reset undoes what scripts set with the functions of the global library. Those made by cjson.new keep their settings.
func Reset(L *glua.LState) {
	if ud, ok := L.G.Registry.RawGetString(registryKey).(*glua.LUserData); ok {
		if s, ok := ud.Value.(*settings); ok {
			s.reset()
		}
	}
}

// newLibrary makes a table of functions that share settings.
func newLibrary(L *glua.LState, s *settings) *glua.LTable {
	library := auxlib.NewLibrary(L, []auxlib.Function{
		{Name: "encode", Fn: s.encode},
		{Name: "decode", Fn: s.decode},
		{Name: "encode_sparse_array", Fn: s.encodeSparseArray},
		{Name: "encode_max_depth", Fn: s.setEncodeMaxDepth},
		{Name: "decode_max_depth", Fn: s.setDecodeMaxDepth},
		{Name: "encode_number_precision", Fn: s.setEncodeNumberPrecision},
		{Name: "encode_keep_buffer", Fn: s.setEncodeKeepBuffer},
		{Name: "encode_invalid_numbers", Fn: s.setEncodeInvalidNumbers},
		{Name: "decode_invalid_numbers", Fn: s.setDecodeInvalidNumbers},
		{Name: "new", Fn: newInstance},
	})
	library.RawSetString("null", Null)
	library.RawSetString("_NAME", glua.LString("cjson"))
	library.RawSetString("_VERSION", glua.LString("2.1.0"))
	return library
}

// newInstance is cjson.new: the library once more, with settings of its own.
func newInstance(L *glua.LState) int {
	s := &settings{}
	s.reset()
	L.Push(newLibrary(L, s))
	return 1
}
