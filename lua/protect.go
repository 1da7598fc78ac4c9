package lua

import glua "github.com/yuin/gopher-lua"

const readonlyText = "Attempt to modify a readonly table"

// protected are the tables that scripts can read but not change: the globals, the libraries, the redis table. gopher-lua has no
// such flag. A script is given an empty table instead, whose metatable leads reads to the real one and refuses writes; the base
// library looks through it, so that next, pairs, rawget and getmetatable show what Redis shows.
type protected struct {
	reals map[*glua.LTable]*glua.LTable // by proxy
	metas map[*glua.LTable]glua.LValue  // what getmetatable shows, by proxy; absent if nothing
	deny  *glua.LFunction
	// stringMeta is what getmetatable shows of strings.
	stringMeta *glua.LTable
}

// protect makes the proxy of a table.
func (in *interp) protect(t *glua.LTable) *glua.LTable {
	if in.reals == nil {
		in.reals = make(map[*glua.LTable]*glua.LTable)
		in.metas = make(map[*glua.LTable]glua.LValue)
		in.deny = in.L.NewFunction(func(L *glua.LState) int {
			in.throwf(L, 1, readonlyText)
			return 0
		})
	}
	meta := in.L.CreateTable(0, 2)
	meta.RawSetString("__index", t)
	meta.RawSetString("__newindex", in.deny)
	proxy := in.L.CreateTable(0, 0)
	proxy.Metatable = meta
	in.reals[proxy] = t
	return proxy
}

// real is the table behind a proxy, and any other table itself.
func (in *interp) real(t *glua.LTable) *glua.LTable {
	if t.Metatable == glua.LNil {
		return t
	}
	if behind, ok := in.reals[t]; ok {
		return behind
	}
	return t
}

// isProtected tells whether writing to the table is refused.
func (in *interp) isProtected(t *glua.LTable) bool {
	if t.Metatable == glua.LNil {
		return false
	}
	_, ok := in.reals[t]
	return ok
}

// refuseProtected raises Redis' error if the first argument is a protected table. For functions of the libraries that write.
func (in *interp) refuseProtected(L *glua.LState) {
	if t, ok := L.Get(1).(*glua.LTable); ok && in.isProtected(t) {
		in.throw(L, glua.LString(readonlyText))
	}
}

// seal replaces the tables of the globals by proxies, recursively, and makes the globals themselves read-only.
func (in *interp) seal() {
	sealed := make(map[*glua.LTable]*glua.LTable)
	in.builtins = make(map[*glua.LFunction]bool)
	in.sealFields(in.globals, sealed)
	in.env = in.protect(in.globals)
	in.globals.RawSetString("_G", in.env)
	in.sealStrings()

	// What is no global raises an error. The metatable that does so can be seen, as in Redis.
	missing := in.L.NewFunction(in.missingGlobal)
	shown := in.L.CreateTable(0, 1)
	shown.RawSetString("__index", missing)
	in.metas[in.env] = in.protect(shown)
	behind := in.L.CreateTable(0, 1)
	behind.RawSetString("__index", missing)
	in.globals.Metatable = behind
	if in.kind == kindFunction {
		in.loadGlobals = in.L.CreateTable(0, 1)
		in.loadGlobals.Metatable = behind
		api := in.L.NewTable()
		api.Metatable = behind
		in.addLogAndVersion(api)
		api.RawSetString("register_function", in.L.NewFunction(in.registerFunction))
		in.loadGlobals.RawSetString("redis", in.protect(api))
	}
	in.L.Env = in.env
	in.L.G.Global = in.env
}

// setGlobals chooses what the environment of all functions shows: while a library loads that is little more than the function that
// registers functions.
func (in *interp) setGlobals(t *glua.LTable) {
	in.env.Metatable.(*glua.LTable).RawSetString("__index", t)
	in.reals[in.env] = t
}

func (in *interp) sealFields(t *glua.LTable, sealed map[*glua.LTable]*glua.LTable) {
	eachPair(t, func(k, v glua.LValue) {
		if fn, ok := v.(*glua.LFunction); ok {
			in.builtins[fn] = true
		}
		child, ok := v.(*glua.LTable)
		if !ok || child == in.globals {
			return
		}
		proxy := sealed[child]
		if proxy == nil {
			proxy = in.protect(child)
			sealed[child] = proxy
			in.sealFields(child, sealed)
		}
		t.RawSet(k, proxy)
	})
}

// sealStrings makes methods of strings those of the string library, whose table and metatable scripts cannot change.
func (in *interp) sealStrings() {
	library, ok := in.globals.RawGetString("string").(*glua.LTable)
	if !ok {
		return
	}
	fast := in.L.CreateTable(0, 1)
	fast.RawSetString("__index", in.real(library))
	in.addStringArith(fast)
	in.L.SetMetatable(glua.LString(""), fast)
	shown := in.L.CreateTable(0, 1)
	shown.RawSetString("__index", library)
	in.stringMeta = in.protect(shown)
}

// missingGlobal is what reading an undefined global calls.
func (in *interp) missingGlobal(L *glua.LState) int {
	if L.GetTop() != 2 {
		in.throwf(L, 1, "Wrong number of arguments to luaProtectedTableError")
	}
	switch L.Get(2).(type) {
	case glua.LString, glua.LNumber:
	default:
		in.throwf(L, 1, "Second argument to luaProtectedTableError must be a string or number")
	}
	in.throwf(L, 1, "Script attempted to access nonexistent global variable '"+cString(toText(L.Get(2)))+"'")
	return 0
}
