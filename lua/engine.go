package lua

import (
	"sync"

	glua "github.com/yuin/gopher-lua"
)

// DefaultMaxMemoryBytes bounds what one script may add to the process' memory.
const DefaultMaxMemoryBytes = 256 << 20

// maxIdle interpreters are kept for the next scripts.
const maxIdle = 32

// Options configure an Engine. The zero value will do.
type Options struct {
	// Version is Redis' version for redis.REDIS_VERSION: three numbers. "7.2.0" if empty.
	Version string
	// MaxMemoryBytes bounds how much memory one script may add; DefaultMaxMemoryBytes if 0. It is watched by sampling the heap of
	// the whole process while a script runs for more than a moment, so what others allocate meanwhile counts too.
	MaxMemoryBytes int64
}

// Engine holds interpreters and runs scripts in them. All methods are safe from any goroutine; each run takes an interpreter of its own.
type Engine struct {
	opts  Options
	watch watchdog

	mu   sync.Mutex
	idle [2][]*interp // by kind
}

// New makes an Engine. It starts nothing and needs no Close.
func New(opts Options) *Engine {
	if opts.Version == "" {
		opts.Version = "7.2.0"
	}
	if opts.MaxMemoryBytes == 0 {
		opts.MaxMemoryBytes = DefaultMaxMemoryBytes
	}
	e := &Engine{opts: opts}
	e.watch.limit = uint64(max(opts.MaxMemoryBytes, 0))
	return e
}

// get takes an idle interpreter or makes one.
func (e *Engine) get(k kind) *interp {
	e.mu.Lock()
	if n := len(e.idle[k]); n > 0 {
		in := e.idle[k][n-1]
		e.idle[k] = e.idle[k][:n-1]
		e.mu.Unlock()
		return in
	}
	e.mu.Unlock()
	return newInterp(e, k)
}

// put gives an interpreter back after a run. One that has broken, or has grown, is left to the garbage collector.
func (e *Engine) put(in *interp) {
	if !in.reusable() {
		return
	}
	e.mu.Lock()
	if len(e.idle[in.kind]) < maxIdle {
		e.idle[in.kind] = append(e.idle[in.kind], in)
	}
	e.mu.Unlock()
}

// Compile checks the source of EVAL or SCRIPT LOAD. The error is a ReplyError.
func (e *Engine) Compile(body []byte) (*Script, error) {
	head, err := parseScriptShebang(body)
	if err != nil {
		return nil, err
	}
	proto, err := compile(body[head.length:], "user_script")
	if err != nil {
		return nil, ReplyError("ERR Error compiling script (new function): " + err.Error())
	}
	return &Script{sha: SHA1(body), body: body, shebang: head.length > 0, flags: head.flags, proto: proto}, nil
}

// Run executes a script. Its reply, a failure included, is appended to inv.Out. An error is the Caller's own, or that of
// Control.Abort: then inv.Out is as it was.
func (e *Engine) Run(s *Script, inv *Invocation) error {
	in := e.get(kindEval)
	defer e.put(in)
	return in.run(inv, s.sha, func(L *glua.LState) (*glua.LFunction, []glua.LValue) {
		in.globals.RawSetString("KEYS", in.stringArray(inv.Keys))
		in.globals.RawSetString("ARGV", in.stringArray(inv.Args))
		return L.NewFunctionFromProto(s.proto), nil
	})
}
