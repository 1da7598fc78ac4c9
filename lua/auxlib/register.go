package auxlib

import glua "github.com/yuin/gopher-lua"

// Function is a library function and its name.
type Function struct {
	Name string
	Fn   glua.LGFunction
}

// Register makes a table of functions, sets it as the global of that name and returns it.
func Register(L *glua.LState, name string, functions []Function) *glua.LTable {
	library := NewLibrary(L, functions)
	L.SetGlobal(name, library)
	return library
}

// NewLibrary makes a table of functions.
func NewLibrary(L *glua.LState, functions []Function) *glua.LTable {
	library := L.CreateTable(0, len(functions))
	for _, f := range functions {
		library.RawSetString(f.Name, L.NewFunction(f.Fn))
	}
	return library
}
