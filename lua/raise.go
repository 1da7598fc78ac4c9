package lua

import (
	"strconv"

	glua "github.com/yuin/gopher-lua"
)

// How an error travels:
//
//  1. Something raises it: an instruction through gopher-lua's RaiseError, or a function of ours through throw.
//  2. Both end in hook, while all frames still stand. A message of gopher-lua's is put into Lua 5.1's words (explain.go). An error
//     that nothing will catch gets its source and line, as Redis' error handler notes them.
//  3. The upvalues of the frames that die are closed, those only, and hook panics with the value.
//  4. The PCall below the nearest guard recovers it.
//
// A guard is a Go function that PCall runs in place of the protected one, which it calls: it is where hook is installed, and it marks
// in the stack where the protected frames begin. Guards do not count as levels.

// errStop is the panic of a run that may not go on. PCall takes it for an error, so whoever calls PCall asks whether the run was stopped.
var errStop = &glua.ApiError{Type: glua.ApiErrorRun, Object: glua.LString("stopped"), StackTrace: "-"}

// guards are the functions below which errors are caught.
type guards struct {
	top   *glua.LFunction // of a whole run
	pcall *glua.LFunction
	// handlers are the message handlers of running xpcalls, by the guard of each.
	handlers map[*glua.LFunction]*glua.LFunction
	hook     func(*glua.LState)
}

func newGuards(in *interp) guards {
	g := guards{handlers: make(map[*glua.LFunction]*glua.LFunction), hook: in.hook}
	g.top = in.L.NewFunction(in.guard)
	g.pcall = in.L.NewFunction(in.guard)
	return g
}

// guard calls its first argument with the others.
func (in *interp) guard(L *glua.LState) int {
	L.Panic = in.guards.hook
	keepUpvalues(L)
	L.Call(L.GetTop()-1, glua.MultRet)
	return L.GetTop()
}

// isGuard tells guards from functions that scripts can see.
func (in *interp) isGuard(fn *glua.LFunction) bool {
	if !fn.IsG {
		return false
	}
	if fn == in.guards.pcall || fn == in.guards.top {
		return true
	}
	_, ok := in.guards.handlers[fn]
	return ok
}

// protectedRun calls a function as the whole of a run. raised is the error that ended it.
func (in *interp) protectedRun(fn *glua.LFunction, args []glua.LValue) (value, raised glua.LValue) {
	L := in.L
	L.Push(in.guards.top)
	L.Push(fn)
	for _, arg := range args {
		L.Push(arg)
	}
	err := L.PCall(1+len(args), 1, nil)
	if err != nil {
		return nil, in.caught(L, err)
	}
	value = L.Get(-1)
	L.SetTop(0)
	return value, nil
}

// caught is the value of an error that PCall returned. It does not return if the run has been stopped: nothing may catch that.
func (in *interp) caught(L *glua.LState, err error) glua.LValue {
	keepUpvalues(L)
	in.thrown = false
	api, ok := err.(*glua.ApiError) //nolint:errorlint // PCall returns nothing else
	if !ok {
		in.ctx.ctl.stop(stopBroken)
	} else if api.Type == glua.ApiErrorPanic && in.ctx.ctl.stopped() == 0 {
		if api.Object.String() == "lua callstack overflow" { // of a coroutine
			return glua.LString("stack overflow")
		}
		in.ctx.ctl.stop(stopBroken)
	}
	if in.ctx.ctl.stopped() != 0 {
		panic(errStop)
	}
	return api.Object
}

// throw raises v as it is.
func (in *interp) throw(L *glua.LState, v glua.LValue) {
	in.thrown = true
	L.Push(v)
	in.hook(L)
}

// throwf raises a message with the position of the function at a level: 1 is the caller of the running Go function.
func (in *interp) throwf(L *glua.LState, level int, message string) {
	in.throw(L, glua.LString(in.where(L, level)+message))
}

// throwRedis raises an error of Redis' own API.
func (in *interp) throwRedis(L *glua.LState, message string) { in.throw(L, errorTable(L, message)) }

// hook ends the frames above the nearest guard with the error on top of the stack.
func (in *interp) hook(L *glua.LState) {
	v := L.Get(-1)
	if in.ctx.ctl.stopped() != 0 {
		in.noteStop(L)
		panic(errStop)
	}
	if s, ok := v.(glua.LString); ok && !in.thrown {
		v = glua.LString(in.explain(L, string(s)))
	}
	in.thrown = false
	base := 0
	if g := in.nearestGuard(L); g != nil {
		base = g.LocalBase
		if handler, ok := in.guards.handlers[g.Fn]; ok {
			v = in.handle(L, handler, v)
		} else if g.Fn == in.guards.top {
			v = in.annotate(L, v)
		}
	}
	closeUpvalues(L, base)
	panic(&glua.ApiError{Type: glua.ApiErrorRun, Object: v, StackTrace: "-"})
}

// nearestGuard finds the guard that the running function is below; nil in a coroutine without one.
func (in *interp) nearestGuard(L *glua.LState) *frame {
	for f := currentFrame(L); f != nil; f = f.Parent {
		if in.isGuard(f.Fn) {
			return f
		}
	}
	return nil
}

// up is the caller of a frame, without the functions that scripts do not know of.
func (in *interp) up(f *frame) *frame { return in.visible(f.Parent) }

// visible is the frame itself, or the nearest caller, that scripts know of.
func (in *interp) visible(f *frame) *frame {
	for f != nil && (in.isGuard(f.Fn) || isIntrinsic(f.Fn) || in.firstProto != nil && f.Fn.Proto == in.firstProto) {
		f = f.Parent
	}
	return f
}

// frameAt finds the function at a level, as lua_getstack does: 0 is the running one. tail tells that the level was lost in a tail call.
func (in *interp) frameAt(L *glua.LState, level int) (f *frame, tail bool) {
	f = currentFrame(L)
	for ; level > 0 && f != nil; f = in.up(f) {
		level--
		if !f.Fn.IsG {
			level -= f.TailCall
		}
	}
	if level < 0 {
		return nil, true
	}
	return f, false
}

// where is the position in front of an error message, as luaL_where makes it.
func (in *interp) where(L *glua.LState, level int) string {
	f, _ := in.frameAt(L, level)
	if f == nil || f.line() == 0 {
		return ""
	}
	return f.Fn.Proto.SourceName + ":" + strconv.Itoa(f.line()) + ": "
}

// annotate does what Redis' error handler does with an error that ends a run: it becomes a table that tells where it was raised.
func (in *interp) annotate(L *glua.LState, v glua.LValue) glua.LValue {
	source, line, ok := in.origin(L)
	t, isTable := v.(*glua.LTable)
	switch {
	case !isTable:
		t = L.CreateTable(0, 3)
		t.RawSetString("err", glua.LString("ERR "+in.tostring(L, v)))
	case in.isProtected(t):
		t = L.CreateTable(0, 3)
		t.RawSetString("err", glua.LString("ERR err_handler_def:10: "+readonlyText))
		source, line, ok = "@err_handler_def", 10, true
	}
	if ok {
		t.RawSetString("source", glua.LString(source))
		t.RawSetString("line", glua.LNumber(line))
	}
	return t
}

// origin is where an error was raised: in the running function, or if that is one of Go, in its caller.
func (in *interp) origin(L *glua.LState) (source string, line int, ok bool) {
	f := in.visible(currentFrame(L))
	if f == nil {
		return "", 0, false
	}
	if f.Fn.IsG {
		if f = in.up(f); f == nil {
			return "", 0, false
		}
	}
	if f.Fn.IsG {
		return "=[C]", -1, true
	}
	return "@" + f.Fn.Proto.SourceName, f.line(), true
}

// handle calls the message handler of an xpcall.
func (in *interp) handle(L *glua.LState, handler *glua.LFunction, v glua.LValue) glua.LValue {
	if in.depth >= maxDepth {
		return glua.LString("error in error handling")
	}
	in.depth++
	L.Push(handler)
	L.Push(v)
	L.Call(1, 1)
	in.depth--
	return L.Get(-1)
}
