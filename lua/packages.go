package lua

import (
	glua "github.com/yuin/gopher-lua"

	"github.com/mnorrsken/postkeys/lua/cjson"
	"github.com/mnorrsken/postkeys/lua/strlib"
)

// openPackages adds the libraries.
func (in *interp) openPackages() {
	for _, open := range []glua.LGFunction{glua.OpenMath, glua.OpenTable} {
		in.L.Push(in.L.NewFunction(open))
		in.L.Call(0, 0)
	}
	strlib.Open(in.L)
	cjson.Open(in.L)
}

// resetLibraries undoes what scripts can set in libraries.
func (in *interp) resetLibraries() {
	cjson.Reset(in.L)
}
