package lua

import (
	"errors"
	"strconv"

	glua "github.com/yuin/gopher-lua"

	"github.com/mnorrsken/postkeys/lua/syntax"
)

// maxSourceBytes bounds a script's source.
const maxSourceBytes = 16 << 20

// compile turns a source into what interpreters run. The error's text is Lua's. There is no other form of a script: what
// Lua's own compiler makes could do anything to an interpreter, and is no source.
func compile(source []byte, chunk string) (proto *glua.FunctionProto, err error) {
	if len(source) > maxSourceBytes {
		return nil, errors.New(chunk + ": source too large")
	}
	tree, err := syntax.Parse(string(source), chunk)
	if err != nil {
		return nil, err
	}
	defer func() {
		if recover() != nil { // a bug of gopher-lua's compiler
			proto, err = nil, errors.New(chunk+":1: source cannot be compiled")
		}
	}()
	proto, err = glua.Compile(tree.Stmts, chunk)
	if err != nil {
		var failure *glua.CompileError
		if errors.As(err, &failure) {
			return nil, errors.New(chunk + ":" + strconv.Itoa(failure.Line) + ": " + failure.Message)
		}
		return nil, err
	}
	finish(proto, tree, tree.Main)
	// The table arg of compatibility with Lua 5.0 belongs to functions. A chunk's cannot be reached, and would cost more than all else
	// that a short script needs.
	proto.IsVarArg &^= glua.VarArgNeedsArg
	return proto, nil
}

// finish puts the intrinsic functions into place, and corrects where local variables end.
func finish(proto *glua.FunctionProto, tree *syntax.Tree, info *syntax.Function) {
	for i, constant := range proto.Constants {
		if s, ok := constant.(glua.LString); ok && len(s) > 0 && s[0] == 0 {
			for n, name := range tree.Names {
				if string(s) == name {
					proto.Constants[i] = intrinsics[n]
				}
			}
		}
	}
	finishLocals(proto, info.Locals)
	for i, child := range proto.FunctionPrototypes {
		finish(child, tree, info.Functions[i])
	}
}

// finishLocals sets the last instruction of each variable's scope: gopher-lua's compiler sets it for another variable. What is known
// is the line, and that a variable is gone when another one takes its register.
func finishLocals(proto *glua.FunctionProto, locals []*syntax.Local) {
	if len(locals) != len(proto.DbgLocals) {
		return
	}
	for i, local := range locals {
		dbg := proto.DbgLocals[i]
		dbg.EndPc = len(proto.Code)
		for j := i + 1; j < len(locals); j++ {
			if locals[j].Register <= local.Register {
				dbg.EndPc = proto.DbgLocals[j].StartPc
				break
			}
		}
		for pc := max(dbg.StartPc, 0); pc < min(dbg.EndPc, len(proto.DbgSourcePositions)); pc++ {
			if proto.DbgSourcePositions[pc] > local.EndLine {
				dbg.EndPc = pc
				break
			}
		}
	}
}
