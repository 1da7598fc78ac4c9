package lua

import (
	"time"

	glua "github.com/yuin/gopher-lua"
)

// A library's functions share what its code made when it was loaded. In Redis there is one interpreter, in which that lives until the
// server ends. Here are many, on many nodes, and a round may be run twice: state that functions leave in variables would come and go.
// So a library is loaded anew for each call, unless its functions provably keep nothing; most do not, and stay loaded.

const (
	// maxInstances of libraries stay loaded in one interpreter.
	maxInstances = 64
	// reloadTimeout is more than what loading takes that once took DefaultLoadTimeout at most.
	reloadTimeout = 30 * time.Second
)

// instance is a library in this interpreter, ready to be called.
func (in *interp) instance(l *Library) (*loading, error) {
	if load := in.instances[l]; load != nil {
		return load, nil
	}
	load, err := in.instantiate(l, LoadOptions{Timeout: reloadTimeout})
	if err != nil {
		return nil, err
	}
	if in.keepsNothing(load) {
		if len(in.instances) >= maxInstances || in.instances == nil {
			in.instances = make(map[*Library]*loading)
		}
		in.instances[l] = load
	}
	return load, nil
}

// keepsNothing tells whether calls cannot leave anything in a loaded library.
func (in *interp) keepsNothing(load *loading) bool {
	seen := make(map[*glua.LFunction]bool)
	for _, fn := range load.callbacks {
		if !in.isPure(fn, seen) {
			return false
		}
	}
	return true
}

// isPure tells whether a function assigns no variable of the code around it, and has in them only values that cannot change.
func (in *interp) isPure(fn *glua.LFunction, seen map[*glua.LFunction]bool) bool {
	if seen[fn] {
		return true
	}
	seen[fn] = true
	if fn.IsG {
		return in.builtins[fn]
	}
	if fn.Env != in.env || assignsUpvalue(fn.Proto) {
		return false
	}
	for _, up := range fn.Upvalues {
		switch v := up.Value().(type) {
		case *glua.LTable:
			if !in.isProtected(v) {
				return false
			}
		case *glua.LFunction:
			if !in.isPure(v, seen) {
				return false
			}
		case *glua.LUserData, *glua.LState:
			return false
		}
	}
	return true
}

// assignsUpvalue tells whether a function or one inside it assigns a variable of the code around it.
func assignsUpvalue(proto *glua.FunctionProto) bool {
	for _, inst := range proto.Code {
		if opcode(inst) == glua.OP_SETUPVAL {
			return true
		}
	}
	for _, child := range proto.FunctionPrototypes {
		if assignsUpvalue(child) {
			return true
		}
	}
	return false
}
