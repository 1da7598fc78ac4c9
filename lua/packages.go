package lua

import (
	"math/rand/v2"

	glua "github.com/yuin/gopher-lua"

	"github.com/mnorrsken/postkeys/lua/bitop"
	"github.com/mnorrsken/postkeys/lua/cjson"
	"github.com/mnorrsken/postkeys/lua/cmsgpack"
	"github.com/mnorrsken/postkeys/lua/mathlib"
	"github.com/mnorrsken/postkeys/lua/strlib"
	"github.com/mnorrsken/postkeys/lua/structlib"
	"github.com/mnorrsken/postkeys/lua/tablelib"
)

// openPackages adds the libraries.
func (in *interp) openPackages() {
	strlib.Open(in.L)
	tablelib.Open(in.L)
	mathlib.Open(in.L)
	cjson.Open(in.L)
	cmsgpack.Open(in.L)
	structlib.Open(in.L)
	bitop.Open(in.L)
	in.guardTables()
}

// guardTables makes the functions that change a table refuse protected ones.
func (in *interp) guardTables() {
	library, ok := in.globals.RawGetString("table").(*glua.LTable)
	if !ok {
		return
	}
	for _, name := range []string{"insert", "remove", "sort", "setn"} {
		if fn, ok := library.RawGetString(name).(*glua.LFunction); ok {
			change := fn.GFunction
			library.RawSetString(name, in.L.NewFunction(func(L *glua.LState) int {
				in.refuseProtected(L)
				return change(L)
			}))
		}
	}
}

// resetLibraries undoes what scripts can set in libraries. Random numbers go on from another place for each run, as in Redis 7: a script
// that wants the same ones each time seeds them.
func (in *interp) resetLibraries() {
	cjson.Reset(in.L)
	mathlib.Reset(in.L, rand.Uint64())
}
