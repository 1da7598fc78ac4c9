package lua

import (
	"time"

	glua "github.com/yuin/gopher-lua"
)

// Function is one function of a library.
type Function struct {
	Name        string
	Description string
	HasDesc     bool // an empty description is not none
	Flags       Flags
}

// Library is what FUNCTION LOAD made of a source. It is immutable and safe from any goroutine.
type Library struct {
	name      string
	code      []byte
	functions []Function
	proto     *glua.FunctionProto
}

// Name is the library's name from its first line.
func (l *Library) Name() string { return l.name }

// Engine is the name of the language: "LUA".
func (l *Library) Engine() string { return "LUA" }

// Code is the source as it was given. It MUST NOT be changed.
func (l *Library) Code() []byte { return l.code }

// Functions are those that the library registered, in that order. They MUST NOT be changed.
func (l *Library) Functions() []Function { return l.functions }

// LoadOptions are for Engine.LoadLibrary.
type LoadOptions struct {
	// Timeout of the code that registers functions; none if 0. FUNCTION LOAD has DefaultLoadTimeout, FUNCTION RESTORE none.
	Timeout time.Duration
	// Log takes the messages of redis.log; nil drops them.
	Log func(level Level, message string)
}

// LibraryName reads the name in the first line of a source for FUNCTION LOAD. The error is a ReplyError.
func LibraryName(code []byte) (string, error) {
	head, err := parseLibraryShebang(code)
	return head.name, err
}

// DefaultLoadTimeout is that of FUNCTION LOAD.
const DefaultLoadTimeout = 500 * time.Millisecond

// LoadLibrary checks the source of FUNCTION LOAD and runs it, so that it registers its functions. The error is a ReplyError. Whether
// the name and those of the functions are free is for the caller to check.
func (e *Engine) LoadLibrary(code []byte, opts LoadOptions) (*Library, error) {
	head, err := parseLibraryShebang(code)
	if err != nil {
		return nil, err
	}
	proto, err := compile(code[head.length:], "user_function")
	if err != nil {
		return nil, ReplyError("ERR Error compiling function: " + err.Error())
	}
	lib := &Library{name: head.name, code: code, proto: proto}
	in := e.get(kindFunction)
	defer e.put(in)
	instance, err := in.instantiate(lib, opts)
	if err != nil {
		return nil, err
	}
	if len(instance.functions) == 0 {
		return nil, ReplyError("ERR No functions registered")
	}
	lib.functions = instance.functions
	return lib, nil
}

// RunFunction calls a function of a library; it is to Run what FCALL is to EVAL. The name MUST be one of the library's.
func (e *Engine) RunFunction(l *Library, name string, inv *Invocation) error {
	in := e.get(kindFunction)
	defer e.put(in)
	instance, err := in.instance(l)
	if err != nil {
		inv.Failed = true
		inv.Out.Error(err.Error())
		return nil
	}
	return in.run(inv, name, func(*glua.LState) (*glua.LFunction, []glua.LValue) {
		return instance.callbacks[name], []glua.LValue{in.stringArray(inv.Keys), in.stringArray(inv.Args)}
	})
}
