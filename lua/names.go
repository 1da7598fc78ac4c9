package lua

import (
	glua "github.com/yuin/gopher-lua"

	"github.com/mnorrsken/postkeys/lua/auxlib"
)

// Names of values in error messages: which variable or field an instruction took a value from. Lua 5.1 finds out by going through the
// code of the function; so does this.

func argA(inst uint32) int { return int(inst>>18) & 0xff }
func argB(inst uint32) int { return int(inst & 0x1ff) }
func argC(inst uint32) int { return int(inst>>9) & 0x1ff }

func argBx(inst uint32) int { return int(inst & 0x3ffff) }

func argSbx(inst uint32) int { return argBx(inst) - 0x1ffff }

// constantBit marks an operand that is a constant, not a register.
const constantBit = 1 << 8

// describe is how messages name a value: "global 'x' (a nil value)", or "a nil value".
func describe(kind, name, typ string) string {
	if kind == "" {
		return "a " + typ + " value"
	}
	return kind + " '" + name + "' (a " + typ + " value)"
}

// describeRegister names a register of the instruction that a function is at.
func describeRegister(L *glua.LState, f *frame, reg int) string {
	kind, name := registerName(f, reg, f.Pc-1)
	return describe(kind, name, registerValue(L, f, reg).Type().String())
}

// registerValue reads a register of the running function.
func registerValue(L *glua.LState, f *frame, reg int) glua.LValue {
	// Get counts from the base of the running function, which f is, or called.
	base := currentFrame(L).LocalBase
	if i := f.LocalBase + reg - base + 1; i > 0 {
		return L.Get(i)
	}
	return glua.LNil
}

// describeOperand names an operand of the current instruction.
func (in *interp) describeOperand(L *glua.LState, f *frame, arg func(uint32) int) string {
	if f == nil || f.Fn.IsG {
		return describe("", "", "nil")
	}
	reg := arg(f.Fn.Proto.Code[f.Pc-1])
	if reg&constantBit != 0 {
		return describe("", "", f.Fn.Proto.Constants[reg&^constantBit].Type().String())
	}
	return describeRegister(L, f, reg)
}

// describeArith names the operand that is no number.
func (in *interp) describeArith(L *glua.LState, f *frame) string {
	if f == nil || f.Fn.IsG {
		return describe("", "", "nil")
	}
	inst := f.Fn.Proto.Code[f.Pc-1]
	left := argB(inst)
	var v glua.LValue
	if left&constantBit != 0 {
		v = f.Fn.Proto.Constants[left&^constantBit]
	} else {
		v = registerValue(L, f, left)
	}
	if _, ok := auxlib.ToNumber(v); ok {
		return in.describeOperand(L, f, argC)
	}
	return in.describeOperand(L, f, argB)
}

// describeIndexed names what was indexed, if it is a value of the type that the message tells: else it was a metatable's __index.
func (in *interp) describeIndexed(L *glua.LState, f *frame, typ string) string {
	if f == nil || f.Fn.IsG {
		return describe("", "", typ)
	}
	inst := f.Fn.Proto.Code[f.Pc-1]
	var reg int
	switch opcode(inst) {
	case glua.OP_GETTABLE, glua.OP_GETTABLEKS, glua.OP_SELF:
		reg = argB(inst)
	case glua.OP_SETTABLE, glua.OP_SETTABLEKS:
		reg = argA(inst)
	default:
		return describe("", "", typ)
	}
	if reg&constantBit != 0 || registerValue(L, f, reg).Type().String() != typ {
		return describe("", "", typ)
	}
	return describeRegister(L, f, reg)
}

// describeCallee names what was called.
func (in *interp) describeCallee(L *glua.LState, f *frame) string {
	if f == nil {
		return describe("", "", "nil")
	}
	if f.Fn.IsG {
		return describe("", "", L.Get(1).Type().String())
	}
	inst := f.Fn.Proto.Code[f.Pc-1]
	switch opcode(inst) {
	case glua.OP_CALL, glua.OP_TAILCALL:
		return describeRegister(L, f, argA(inst))
	case glua.OP_TFORLOOP:
		return describe("", "", registerValue(L, f, argA(inst)).Type().String())
	}
	return describe("", "", "nil")
}

// describeArg names an argument of an intrinsic function: an operand, in the registers behind the function. 0 is none of them.
func (in *interp) describeArg(L *glua.LState, v glua.LValue, arg int) string {
	f := currentFrame(L).Parent
	if arg == 0 || f == nil || f.Fn.IsG {
		return describe("", "", v.Type().String())
	}
	inst := f.Fn.Proto.Code[f.Pc-1]
	kind, name := registerName(f, argA(inst)+arg, f.Pc-1)
	return describe(kind, name, v.Type().String())
}

// registerName tells what a register holds at an instruction: a local variable, or what the last instruction that wrote it loaded.
func registerName(f *frame, reg, pc int) (kind, name string) {
	proto := f.Fn.Proto
	if name, ok := localName(proto, reg, pc); ok {
		return "local", name
	}
	at := lastWrite(proto.Code, reg, pc)
	if at < 0 {
		return "", ""
	}
	inst := proto.Code[at]
	switch opcode(inst) {
	case glua.OP_GETGLOBAL:
		return "global", constantText(proto, argBx(inst))
	case glua.OP_MOVE, glua.OP_MOVEN:
		if b := argB(inst); b < argA(inst) && argA(inst) == reg {
			return registerName(f, b, at)
		}
		return movedName(f, reg, at)
	case glua.OP_GETTABLE, glua.OP_GETTABLEKS:
		return "field", operandText(proto, argC(inst))
	case glua.OP_GETUPVAL:
		if b := argB(inst); b < len(proto.DbgUpvalues) {
			return "upvalue", proto.DbgUpvalues[b]
		}
	case glua.OP_SELF:
		if reg == argA(inst) {
			return "method", operandText(proto, argC(inst))
		}
	}
	return "", ""
}

// movedName looks into a MOVEN, which does several moves: the further ones are in the instructions behind it.
func movedName(f *frame, reg, at int) (kind, name string) {
	code := f.Fn.Proto.Code
	if opcode(code[at]) != glua.OP_MOVEN {
		return "", ""
	}
	for i := at; i <= at+argC(code[at]) && i < len(code); i++ {
		if argA(code[i]) == reg && argB(code[i]) < reg {
			return registerName(f, argB(code[i]), at)
		}
	}
	return "", ""
}

// localName is the local variable in a register at an instruction.
func localName(proto *glua.FunctionProto, reg, pc int) (string, bool) {
	for _, local := range proto.DbgLocals {
		if local.StartPc > pc {
			break
		}
		if pc < local.EndPc {
			if reg == 0 {
				return local.Name, local.Name[0] != '('
			}
			reg--
		}
	}
	return "", false
}

// lastWrite finds the instruction before pc that wrote a register last, on the way that has no backward jumps.
func lastWrite(code []uint32, reg, pc int) int {
	last := -1
	for i := 0; i < pc; i++ {
		inst := code[i]
		a := argA(inst)
		switch opcode(inst) {
		case glua.OP_JMP:
			if to := i + 1 + argSbx(inst); i < to && to <= pc {
				i = to - 1
			}
		case glua.OP_CLOSURE:
			if a == reg {
				last = i
			}
			for i+1 < pc && (opcode(code[i+1]) == glua.OP_MOVE || opcode(code[i+1]) == glua.OP_GETUPVAL) && argA(code[i+1]) == 0 {
				i++ // what the closure captures
			}
		case glua.OP_MOVEN:
			for j := i; j <= i+argC(code[i]) && j < pc; j++ {
				if argA(code[j]) == reg {
					last = i
				}
			}
			i += argC(inst)
		case glua.OP_LOADNIL:
			if a <= reg && reg <= argB(inst) {
				last = i
			}
		case glua.OP_SELF:
			if reg == a || reg == a+1 {
				last = i
			}
		case glua.OP_CALL, glua.OP_TAILCALL, glua.OP_VARARG:
			if reg >= a {
				last = i
			}
		case glua.OP_TFORLOOP:
			if reg >= a+2 {
				last = i
			}
		case glua.OP_FORLOOP, glua.OP_FORPREP:
			if reg >= a && reg <= a+3 {
				last = i
			}
		case glua.OP_SETGLOBAL, glua.OP_SETUPVAL, glua.OP_SETTABLE, glua.OP_SETTABLEKS, glua.OP_EQ, glua.OP_LT, glua.OP_LE, glua.OP_TEST,
			glua.OP_RETURN, glua.OP_SETLIST, glua.OP_CLOSE, glua.OP_NOP:
		default:
			if a == reg {
				last = i
			}
		}
	}
	return last
}

func constantText(proto *glua.FunctionProto, i int) string {
	if i < len(proto.Constants) {
		if s, ok := proto.Constants[i].(glua.LString); ok {
			return cString(string(s))
		}
	}
	return "?"
}

// operandText is a constant operand's text.
func operandText(proto *glua.FunctionProto, operand int) string {
	if operand&constantBit == 0 {
		return "?"
	}
	return constantText(proto, operand&^constantBit)
}
