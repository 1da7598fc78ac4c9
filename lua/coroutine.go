package lua

import (
	glua "github.com/yuin/gopher-lua"

	"github.com/mnorrsken/postkeys/lua/auxlib"
)

// coroutinePrologue makes the first function of a coroutine: it installs hook, calls the script's function, and tells how many results
// that has, which gopher-lua does not. It is Lua because a Go function in its place could not be yielded across.
const coroutinePrologue = `local install, done = ...
return function(f) return function(...) install() return done(f(...)) end end`

// openCoroutines adds the coroutine library. gopher-lua's own gives each coroutine a context of its own, which would not see that the
// run is stopped, and does not mind a yield that it cannot do.
func (in *interp) openCoroutines() {
	t := in.L.NewTable()
	for name, fn := range map[string]glua.LGFunction{
		"create":  in.coCreate,
		"resume":  in.coResume,
		"running": in.coRunning,
		"status":  in.coStatus,
		"wrap":    in.coWrap,
		"yield":   in.coYield,
	} {
		t.RawSetString(name, in.L.NewFunction(fn))
	}
	in.globals.RawSetString("coroutine", t)

	proto, err := compile([]byte(coroutinePrologue), "coroutine")
	if err != nil {
		panic(err)
	}
	in.L.Push(in.L.NewFunctionFromProto(proto))
	in.L.Push(in.L.NewFunction(func(L *glua.LState) int {
		L.Panic = in.guards.hook
		return 0
	}))
	in.L.Push(in.L.NewFunction(func(L *glua.LState) int {
		in.moved = L.GetTop()
		return in.moved
	}))
	in.L.Call(2, 1)
	in.prologue = in.L.Get(-1)
	in.firstProto = proto.FunctionPrototypes[0].FunctionPrototypes[0]
	in.L.Pop(1)
}

// thread is a coroutine's first function, until it is resumed for the first time.
func (in *interp) newThread(L *glua.LState, fn *glua.LFunction) *glua.LState {
	L.Push(in.prologue)
	L.Push(fn)
	L.Call(1, 1)
	body := L.Get(-1)
	L.Pop(1)
	th, cancel := in.L.NewThread()
	if cancel != nil {
		cancel()
	}
	th.SetContext(&in.ctx)
	keepUpvalues(th)
	in.bodies[th], _ = body.(*glua.LFunction)
	return th
}

func (in *interp) checkThread(L *glua.LState) *glua.LState {
	th, ok := L.Get(1).(*glua.LState)
	if !ok {
		auxlib.ArgError(L, 1, "coroutine expected")
	}
	return th
}

func (in *interp) coCreate(L *glua.LState) int {
	fn := in.checkBody(L)
	L.Push(in.newThread(L, fn))
	return 1
}

func (in *interp) checkBody(L *glua.LState) *glua.LFunction {
	fn, ok := L.Get(1).(*glua.LFunction)
	if !ok || fn.IsG {
		auxlib.ArgError(L, 1, "Lua function expected")
	}
	return fn
}

func (in *interp) coResume(L *glua.LState) int {
	th := in.checkThread(L)
	args := make([]glua.LValue, 0, L.GetTop()-1)
	for i := 2; i <= L.GetTop(); i++ {
		args = append(args, L.Get(i))
	}
	results, failure := in.resume(L, th, args)
	if failure != nil {
		L.Push(glua.LFalse)
		L.Push(failure)
		return 2
	}
	L.Push(glua.LTrue)
	for _, v := range results {
		L.Push(v)
	}
	return 1 + len(results)
}

// resume continues a coroutine until it yields, ends or fails.
func (in *interp) resume(L, th *glua.LState, args []glua.LValue) (results []glua.LValue, failure glua.LValue) {
	if status := in.status(L, th); status != "suspended" {
		return nil, glua.LString("cannot resume " + status + " coroutine")
	}
	if in.depth >= maxDepth {
		return nil, glua.LString("C stack overflow")
	}
	in.depth++
	depth := in.depth
	body, fresh := in.bodies[th]
	if !fresh {
		if args = in.yielded(th, args); currentFrame(th) == nil {
			// Its function ended with "return yield(...)", whose frame the yield replaced.
			th.Dead = true
			in.depth--
			return args, nil
		}
	}
	delete(in.bodies, th)
	in.active = append(in.active, th)
	state, err, values := L.Resume(th, body, args...)
	in.active = in.active[:len(in.active)-1]
	in.depth = depth - 1
	if in.ctx.ctl.stopped() != 0 {
		panic(errStop)
	}
	if state == glua.ResumeError {
		in.thrown = false
		api, ok := err.(*glua.ApiError) //nolint:errorlint // Resume returns nothing else
		if !ok {
			return nil, glua.LString("coroutine failed")
		}
		if api.Object.String() == "lua callstack overflow" {
			return nil, glua.LString("stack overflow")
		}
		return nil, api.Object
	}
	if in.moved == 0 {
		return nil, nil // gopher-lua makes it one nil
	}
	return values, nil
}

// yielded makes the results of a yield as many as its call takes: gopher-lua leaves the others undefined.
func (in *interp) yielded(th *glua.LState, args []glua.LValue) []glua.LValue {
	f := currentFrame(th)
	if f == nil || f.Fn.IsG {
		return args
	}
	want := argC(f.Fn.Proto.Code[f.Pc-1]) - 1
	if want < 0 {
		return args
	}
	for len(args) < want {
		args = append(args, glua.LNil)
	}
	return args[:want]
}

// status is what coroutine.status says, asked by the coroutine L.
func (in *interp) status(L, th *glua.LState) string {
	switch {
	case th == L:
		return "running"
	case th.Dead:
		return "dead"
	}
	if th == in.L {
		return "normal"
	}
	for _, active := range in.active {
		if active == th {
			return "normal"
		}
	}
	return "suspended"
}

func (in *interp) coRunning(L *glua.LState) int {
	if L == in.L {
		return 0
	}
	L.Push(L)
	return 1
}

func (in *interp) coStatus(L *glua.LState) int {
	L.Push(glua.LString(in.status(L, in.checkThread(L))))
	return 1
}

func (in *interp) coWrap(L *glua.LState) int {
	th := in.newThread(L, in.checkBody(L))
	L.Push(L.NewFunction(func(L *glua.LState) int {
		args := make([]glua.LValue, 0, L.GetTop())
		for i := 1; i <= L.GetTop(); i++ {
			args = append(args, L.Get(i))
		}
		results, failure := in.resume(L, th, args)
		if failure != nil {
			if s, ok := failure.(glua.LString); ok {
				failure = glua.LString(in.where(L, 1)) + s
			}
			in.throw(L, failure)
		}
		for _, v := range results {
			L.Push(v)
		}
		return len(results)
	}))
	return 1
}

func (in *interp) coYield(L *glua.LState) int {
	if L == in.L || !yieldable(L) {
		in.throw(L, glua.LString("attempt to yield across metamethod/C-call boundary"))
	}
	in.moved = L.GetTop()
	return -1
}

// yieldable tells whether only Lua functions that were called by call instructions are between a yield and its coroutine's start.
func yieldable(L *glua.LState) bool {
	f := currentFrame(L)
	for f = f.Parent; f != nil; f = f.Parent {
		if f.Fn.IsG {
			return false
		}
		switch opcode(f.Fn.Proto.Code[f.Pc-1]) {
		case glua.OP_CALL, glua.OP_TAILCALL:
		default:
			return false
		}
	}
	return true
}

// opcode is the operation of an instruction.
func opcode(inst uint32) int { return int(inst >> 26) }
