package lua

import (
	"strings"

	glua "github.com/yuin/gopher-lua"

	"github.com/mnorrsken/postkeys/lua/auxlib"
)

// enter counts a Go function that calls Lua functions.
func (in *interp) enter(L *glua.LState) {
	if in.depth >= maxDepth {
		in.throwf(L, 1, "C stack overflow")
	}
	in.depth++
}

// pcall is Redis' own: of an error that is a table with a field err, the script sees that field.
func (in *interp) pcall(L *glua.LState) int {
	checkAny(L, 1)
	in.enter(L)
	depth := in.depth
	L.Insert(in.guards.pcall, 1)
	err := L.PCall(L.GetTop()-1, glua.MultRet, nil)
	in.depth = depth - 1
	keepUpvalues(L)
	if err == nil {
		L.Insert(glua.LTrue, 1)
		return L.GetTop()
	}
	v := in.caught(L, err)
	if t, ok := v.(*glua.LTable); ok {
		switch text := L.GetField(t, "err").(type) {
		case glua.LString, glua.LNumber:
			v = text
		}
	}
	L.Push(glua.LFalse)
	L.Push(v)
	return 2
}

func (in *interp) xpcall(L *glua.LState) int {
	fn := L.Get(1)
	if L.GetTop() < 2 {
		auxlib.ArgError(L, 2, "value expected")
	}
	handler, ok := L.Get(2).(*glua.LFunction)
	if !ok {
		handler = in.badHandler()
	}
	in.enter(L)
	depth := in.depth
	guard := L.NewFunction(in.guard)
	in.guards.handlers[guard] = handler
	L.SetTop(0)
	L.Push(guard)
	L.Push(fn)
	err := L.PCall(1, glua.MultRet, nil)
	delete(in.guards.handlers, guard)
	in.depth = depth - 1
	keepUpvalues(L)
	if err == nil {
		L.Insert(glua.LTrue, 1)
		return L.GetTop()
	}
	v := in.caught(L, err)
	L.Push(glua.LFalse)
	L.Push(v)
	return 2
}

// badHandler stands for a message handler that cannot be called.
func (in *interp) badHandler() *glua.LFunction {
	return in.L.NewFunction(func(L *glua.LState) int {
		L.Push(glua.LNil)
		return 1
	})
}

func (in *interp) loadString(L *glua.LState) int {
	source := auxlib.CheckString(L, 1)
	return in.loadChunk(L, source, auxlib.OptString(L, 2, source))
}

func (in *interp) load(L *glua.LState) int {
	fn := auxlib.CheckFunction(L, 1)
	name := auxlib.OptString(L, 2, "=(load)")
	in.enter(L)
	defer func() { in.depth-- }()
	var source strings.Builder
	for {
		L.Push(fn)
		L.Call(0, 1)
		piece := L.Get(-1)
		L.Pop(1)
		if piece == glua.LNil {
			break
		}
		s := toText(piece)
		if s == "" && piece.Type() != glua.LTString {
			L.Push(glua.LNil)
			L.Push(glua.LString("reader function must return a string"))
			return 2
		}
		if s == "" {
			break
		}
		source.WriteString(s)
		if source.Len() > maxSourceBytes {
			break
		}
	}
	return in.loadChunk(L, source.String(), name)
}

// loadChunk compiles a source. Bytecode is no source: a chunk of it could do anything to an interpreter.
func (in *interp) loadChunk(L *glua.LState, source, name string) int {
	proto, err := compile([]byte(source), chunkID(name))
	if err != nil {
		L.Push(glua.LNil)
		L.Push(glua.LString(err.Error()))
		return 2
	}
	fn := L.NewFunctionFromProto(proto)
	fn.Env = in.env
	L.Push(fn)
	return 1
}

// chunkID is how error messages name a chunk.
func chunkID(name string) string {
	const size = 60
	switch {
	case strings.HasPrefix(name, "="):
		return cut(name[1:], size-1)
	case strings.HasPrefix(name, "@"):
		name = name[1:]
		if room := size - len(" '...' "); len(name) > room {
			return "..." + name[len(name)-room:]
		}
		return name
	}
	line, _, more := strings.Cut(name, "\n")
	if i := strings.IndexByte(line, '\r'); i >= 0 {
		line, more = line[:i], true
	}
	room := size - len(` [string "..."] `)
	if more || len(line) > room {
		return `[string "` + cut(line, room) + `..."]`
	}
	return `[string "` + line + `"]`
}

func cut(s string, n int) string { return s[:min(len(s), n)] }
