package lua

import (
	"strings"
	"time"

	glua "github.com/yuin/gopher-lua"

	"github.com/mnorrsken/postkeys/codec"
)

// loading is a library whose code runs, to register functions.
type loading struct {
	functions []Function
	callbacks map[string]*glua.LFunction
	log       func(level Level, message string)
}

// instantiate runs a library's code.
func (in *interp) instantiate(l *Library, opts LoadOptions) (*loading, error) {
	load := &loading{callbacks: make(map[string]*glua.LFunction), log: opts.Log}
	in.loading = load
	in.setGlobals(in.loadGlobals)
	defer func() {
		in.loading = nil
		in.setGlobals(in.globals)
	}()
	var out codec.Encoder
	inv := &Invocation{Out: &out, Control: &Control{}}
	if opts.Timeout > 0 {
		timer := time.AfterFunc(opts.Timeout, func() { inv.Control.stop(stopTimeout) })
		defer timer.Stop()
	}
	in.begin(inv, l.name)
	defer in.end()
	raised, err := in.runLoad(l)
	switch {
	case in.ctx.ctl.stopped()&stopTimeout != 0:
		return nil, ReplyError("ERR Error registering functions: " + loadTimeoutText)
	case in.ctx.ctl.stopped() != 0:
		return nil, ReplyError("ERR Error registering functions: not enough memory")
	case err != nil:
		return nil, err
	}
	switch v := raised.(type) {
	case nil:
		return load, nil
	case *glua.LTable:
		return nil, ReplyError("ERR Error registering functions: " + errorText(v))
	default:
		return nil, ReplyError("ERR Error registering functions: ERR " + cString(toText(v)))
	}
}

// runLoad calls the library's code; Redis has no error handler there, so errors keep their own text.
func (in *interp) runLoad(l *Library) (raised glua.LValue, err error) {
	defer func() {
		if p := recover(); p != nil && in.ctx.ctl.stopped() == 0 {
			in.ctx.ctl.stop(stopBroken)
		}
	}()
	L := in.L
	L.Push(in.guards.pcall)
	L.Push(L.NewFunctionFromProto(l.proto))
	if perr := L.PCall(1, 0, nil); perr != nil {
		return in.caught(L, perr), nil
	}
	L.SetTop(0)
	return nil, nil
}

// registerFunction is redis.register_function.
func (in *interp) registerFunction(L *glua.LState) int {
	if in.loading == nil {
		in.throwRedis(L, "redis.register_function can only be called on FUNCTION LOAD command")
	}
	var (
		f        Function
		callback *glua.LFunction
		problem  string
	)
	switch L.GetTop() {
	case 1:
		f, callback, problem = namedRegistration(L)
	case 2:
		f, callback, problem = positionalRegistration(L)
	default:
		problem = "wrong number of arguments to redis.register_function"
	}
	if problem == "" && !validName(f.Name) {
		problem = badName
	}
	if problem == "" && in.loading.callbacks[f.Name] != nil {
		problem = "Function already exists in the library"
	}
	if problem != "" {
		in.throwRedis(L, problem)
	}
	in.loading.functions = append(in.loading.functions, f)
	in.loading.callbacks[f.Name] = callback
	return 0
}

func positionalRegistration(L *glua.LState) (f Function, callback *glua.LFunction, problem string) {
	name, ok := textArg(L.Get(1))
	if !ok {
		return f, nil, "first argument to redis.register_function must be a string"
	}
	callback, ok = L.Get(2).(*glua.LFunction)
	if !ok {
		return f, nil, "second argument to redis.register_function must be a function"
	}
	return Function{Name: name}, callback, ""
}

func namedRegistration(L *glua.LState) (f Function, callback *glua.LFunction, problem string) {
	t, ok := L.Get(1).(*glua.LTable)
	if !ok {
		return f, nil, "calling redis.register_function with a single argument is only applicable to Lua table (representing named arguments)."
	}
	named := false
	eachPair(t, func(k, v glua.LValue) {
		if problem != "" {
			return
		}
		key, ok := textArg(k)
		if !ok {
			problem = "named argument key given to redis.register_function is not a string"
			return
		}
		switch strings.ToLower(key) {
		case "function_name":
			if f.Name, named = textArg(v); !named {
				problem = "function_name argument given to redis.register_function must be a string"
			}
		case "description":
			if f.Description, f.HasDesc = textArg(v); !f.HasDesc {
				problem = "description argument given to redis.register_function must be a string"
			}
		case "callback":
			if callback, ok = v.(*glua.LFunction); !ok {
				problem = "callback argument given to redis.register_function must be a function"
			}
		case "flags":
			f.Flags, problem = registrationFlags(v)
		default:
			problem = "unknown argument given to redis.register_function"
		}
	})
	switch {
	case problem != "":
	case !named:
		problem = "redis.register_function must get a function name argument"
	case callback == nil:
		problem = "redis.register_function must get a callback argument"
	}
	return f, callback, problem
}

func registrationFlags(v glua.LValue) (flags Flags, problem string) {
	t, ok := v.(*glua.LTable)
	if !ok {
		return 0, "flags argument to redis.register_function must be a table representing function flags"
	}
	for i := 1; ; i++ {
		item := t.RawGetInt(i)
		if item == glua.LNil {
			return flags, ""
		}
		name, ok := textArg(item)
		flag := flagNamed(strings.ToLower(name))
		if !ok || flag == 0 {
			return 0, "unknown flag given"
		}
		flags |= flag
	}
}

// textArg is a string, or a number as a string.
func textArg(v glua.LValue) (string, bool) {
	switch v.(type) {
	case glua.LString, glua.LNumber:
		return toText(v), true
	}
	return "", false
}
