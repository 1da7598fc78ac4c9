package auxlib

import (
	"fmt"
	"reflect"

	glua "github.com/yuin/gopher-lua"
)

// Errorf raises an error like luaL_error: the text follows the position in the Lua function that called the library.
func Errorf(L *glua.LState, format string, args ...any) {
	L.Error(glua.LString(position(L)+fmt.Sprintf(format, args...)), 0)
}

// position is luaL_where(L, 1). A caller written in Go, as pcall is, has none.
func position(L *glua.LState) string {
	dbg, ok := L.GetStack(1)
	if !ok {
		return ""
	}
	if caller := function(L, dbg); caller == nil || caller.IsG {
		return ""
	}
	return L.Where(1) + " "
}

// ArgError raises the error for the argument n, counted from 1.
func ArgError(L *glua.LState, n int, message string) {
	name, isMethod := callee(L)
	if isMethod {
		n--
		if n == 0 {
			Errorf(L, "calling '%s' on bad self (%s)", name, message)
		}
	}
	Errorf(L, "bad argument #%d to '%s' (%s)", n, name, message)
}

// TypeError raises the error for the argument n that should have had another type.
func TypeError(L *glua.LState, n int, want string) {
	ArgError(L, n, want+" expected, got "+TypeName(L, n))
}

// TypeName is the name of the type of the argument n.
func TypeName(L *glua.LState, n int) string {
	if n > L.GetTop() {
		return "no value"
	}
	return L.Get(n).Type().String()
}

// function returns the function that runs at a level of the stack, nil if there is none.
func function(L *glua.LState, dbg *glua.Debug) *glua.LFunction {
	v, err := L.GetInfo("f", dbg, glua.LNil)
	if err != nil {
		return nil
	}
	fn, _ := v.(*glua.LFunction)
	return fn
}

// callee returns the name by which the caller calls the running function, "?" if it has none there, and whether it is called
// as a method.
func callee(L *glua.LState) (name string, isMethod bool) {
	running, ok := L.GetStack(0)
	if !ok {
		return "?", false
	}
	caller, ok := L.GetStack(1)
	if !ok {
		return "?", false
	}
	fn := function(L, caller)
	if fn == nil || fn.IsG {
		return "?", false
	}
	if _, err := L.GetInfo("n", running, glua.LNil); err != nil || running.Name == "" || running.Name == "(anonymous)" {
		return "?", false
	}
	return running.Name, calledAsMethod(fn.Proto, programCounter(caller)-1)
}

// programCounter returns the index of the next instruction of a function on the stack. gopher-lua shows the line only, which
// is too little to tell s:rep() from string.rep(s); the test of this package fails if its fields change.
func programCounter(dbg *glua.Debug) int {
	frame := reflect.ValueOf(dbg).Elem().FieldByName("frame")
	if frame.Kind() != reflect.Pointer || frame.IsNil() {
		return 0
	}
	pc := frame.Elem().FieldByName("Pc")
	if !pc.IsValid() {
		return 0
	}
	return int(pc.Int())
}

// calledAsMethod tells whether the call at pc takes its function from a SELF instruction. Arguments are computed in registers
// above that of the function, so the last instruction before the call that loads its register is the one.
func calledAsMethod(p *glua.FunctionProto, pc int) bool {
	if pc < 0 || pc >= len(p.Code) {
		return false
	}
	register := operandA(p.Code[pc])
	for i := pc - 1; i >= 0; i-- {
		if operandA(p.Code[i]) != register {
			continue
		}
		switch opcode(p.Code[i]) {
		case glua.OP_SELF:
			return true
		case glua.OP_MOVE, glua.OP_MOVEN, glua.OP_GETUPVAL, glua.OP_GETGLOBAL, glua.OP_GETTABLE, glua.OP_GETTABLEKS, glua.OP_CALL:
			return false
		}
	}
	return false
}

// opcode and operandA take an instruction apart (opcode.go of gopher-lua).
func opcode(instruction uint32) int   { return int(instruction >> 26) }
func operandA(instruction uint32) int { return int(instruction>>18) & 0xff }
