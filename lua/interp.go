package lua

import (
	"strings"
	"time"

	glua "github.com/yuin/gopher-lua"
)

// kind tells the two environments of Redis apart: that of EVAL and that of functions.
type kind int

const (
	kindEval kind = iota
	kindFunction
)

const (
	// callDepth is Lua 5.1's limit of nested calls.
	callDepth = 20000
	// coroutineCallDepth is less, because coroutines nest: each resume takes stack of the goroutine below those of all outer ones.
	coroutineCallDepth = 2000
	// registrySize is that of a fresh interpreter, in values.
	registrySize = 1024
	// maxDepth of Go functions that call Lua functions: pcall, xpcall and resume. Lua 5.1's limit of C calls.
	maxDepth = 195
	// maxRegistrySize holds callDepth frames of ordinary functions.
	maxRegistrySize = 1 << 20
)

// interp is one Lua interpreter with the globals of Redis. It belongs to one goroutine at a time.
type interp struct {
	L    *glua.LState
	eng  *Engine
	kind kind
	slot *watchSlot

	// globals is what scripts see as _G, behind a proxy that refuses writes.
	globals *glua.LTable
	env     *glua.LTable
	// loadGlobals are there instead while a library loads.
	loadGlobals *glua.LTable
	protected

	ctx     vmContext
	own     Control // of runs that nobody else controls
	inv     *Invocation
	name    string // of the script or function, for error texts
	resp3   bool
	callErr error
	stopAt  string // where the run was when it was stopped, as error texts end

	guards guards
	depth  int  // of nested pcall, xpcall and resume
	thrown bool // the error on its way is one of ours, and final

	prologue   glua.LValue                      // makes the first function of a coroutine
	bodies     map[*glua.LState]*glua.LFunction // of coroutines that have not begun
	active     []*glua.LState                   // coroutines that run or wait for one that they resumed
	moved      int                              // how many values the last yield or return of a coroutine gave
	firstProto *glua.FunctionProto              // of what prologue makes

	loading   *loading
	instances map[*Library]*loading
	builtins  map[*glua.LFunction]bool // the functions of the globals
}

// maxArrayIndex bounds the array part of a table: gopher-lua fills it up to any index below, so that "t[n] = 1" may take 16 bytes
// times n at once. Behind it keys are hashed, and not counted by "#".
const maxArrayIndex = 1 << 22

func init() { glua.MaxArrayIndex = maxArrayIndex }

// newInterp opens the libraries and seals them.
func newInterp(e *Engine, k kind) *interp {
	L := glua.NewState(glua.Options{
		CallStackSize:    callDepth,
		RegistrySize:     registrySize,
		RegistryMaxSize:  maxRegistrySize,
		RegistryGrowStep: 16 * registrySize,
		SkipOpenLibs:     true,
	})
	in := &interp{L: L, eng: e, kind: k, slot: e.watch.attach(), bodies: make(map[*glua.LState]*glua.LFunction)}
	in.ctx = vmContext{ctl: &in.own, in: in}
	L.SetContext(&in.ctx)
	keepUpvalues(L)
	in.guards = newGuards(in)
	// The options from here on are those of coroutines.
	L.Options.CallStackSize = coroutineCallDepth
	L.Options.MinimizeStackMemory = true
	L.Options.RegistrySize = 128
	in.openLibraries()
	in.seal()
	return in
}

// run executes a function of Lua and writes its result. prepare makes the function and its arguments; it runs after the interpreter
// has been reset.
func (in *interp) run(inv *Invocation, name string, prepare func(*glua.LState) (*glua.LFunction, []glua.LValue)) (err error) {
	in.begin(inv, name)
	start := len(inv.Out.Buf)
	defer func() {
		if p := recover(); p != nil {
			if in.ctx.ctl.stopped() == 0 {
				in.ctx.ctl.stop(stopBroken)
			}
		}
		if in.ctx.ctl.stopped() != 0 {
			inv.Out.Buf = inv.Out.Buf[:start]
			err = in.stopReply(inv)
		}
		in.end()
	}()
	fn, args := prepare(in.L)
	value, raised := in.protectedRun(fn, args)
	if in.ctx.ctl.stopped() != 0 {
		return nil
	}
	if raised != nil {
		inv.Failed = true
		in.writeError(inv.Out, raised)
		return nil
	}
	w := replyWriter{in: in, out: inv.Out, start: start}
	w.write(value, 2)
	return nil
}

// begin resets what a run may have changed.
func (in *interp) begin(inv *Invocation, name string) {
	in.inv, in.name, in.resp3, in.callErr, in.stopAt, in.thrown, in.depth = inv, name, false, nil, "", false, 0
	inv.Failed, inv.ErrorCounted = false, false
	ctl := inv.Control
	if ctl == nil {
		in.own.state.Store(0)
		ctl = &in.own
	}
	in.ctx.ctl = ctl
	in.L.Env = in.env
	ctl.start(time.Now())
	in.eng.watch.begin(in.slot, ctl)
	in.resetLibraries()
}

func (in *interp) end() {
	in.slot.end()
	in.inv = nil
	clear(in.bodies)
	in.active = in.active[:0]
	in.globals.RawSetString("KEYS", glua.LNil)
	in.globals.RawSetString("ARGV", glua.LNil)
}

// reusable tells whether the interpreter is as good as new.
func (in *interp) reusable() bool {
	if in.ctx.ctl.stopped() != 0 || in.L.GetTop() != 0 || currentFrame(in.L) != nil {
		in.eng.watch.detach(in.slot)
		return false
	}
	in.ctx.ctl = &in.own // the other one may be part of something larger
	in.own.state.Store(0)
	return true
}

// stringArray makes KEYS or ARGV. The strings share their bytes.
func (in *interp) stringArray(items [][]byte) *glua.LTable {
	t := in.L.CreateTable(len(items), 0)
	size := 0
	for _, item := range items {
		size += len(item)
	}
	var b strings.Builder
	b.Grow(size)
	for _, item := range items {
		b.Write(item)
	}
	all := b.String()
	for i, item := range items {
		t.RawSetInt(i+1, glua.LString(all[:len(item)]))
		all = all[len(item):]
	}
	return t
}
