package lua

import (
	"math"
	"strconv"
	"strings"

	glua "github.com/yuin/gopher-lua"

	"github.com/mnorrsken/postkeys/codec"
	"github.com/mnorrsken/postkeys/lua/auxlib"
	"github.com/mnorrsken/postkeys/lua/number"
)

// The numbers of redis.set_repl. There are no replicas to choose for: they are checked as in Redis, and have no effect.
const (
	replAOF     = 1
	replReplica = 2
)

// openRedis adds the redis table.
func (in *interp) openRedis() {
	t := in.L.NewTable()
	for name, fn := range map[string]glua.LGFunction{
		"call":          in.redisCall,
		"pcall":         in.redisPcall,
		"setresp":       in.redisSetresp,
		"sha1hex":       in.redisSha1hex,
		"error_reply":   in.redisErrorReply,
		"status_reply":  in.redisStatusReply,
		"set_repl":      in.redisSetRepl,
		"acl_check_cmd": in.redisACLCheck,
	} {
		t.RawSetString(name, in.L.NewFunction(fn))
	}
	for name, n := range map[string]int{
		"REPL_NONE":    0,
		"REPL_AOF":     replAOF,
		"REPL_SLAVE":   replReplica,
		"REPL_REPLICA": replReplica,
		"REPL_ALL":     replAOF | replReplica,
	} {
		t.RawSetString(name, glua.LNumber(n))
	}
	in.addLogAndVersion(t)
	if in.kind == kindEval {
		t.RawSetString("breakpoint", in.L.NewFunction(answer(glua.LFalse)))
		t.RawSetString("debug", in.L.NewFunction(func(*glua.LState) int { return 0 }))
		t.RawSetString("replicate_commands", in.L.NewFunction(answer(glua.LTrue)))
		in.globals.RawSetString("__redis__err__handler", in.L.NewFunction(in.errorHandler))
	}
	in.globals.RawSetString("redis", t)
}

// addLogAndVersion adds what the redis table has while a library loads, too.
func (in *interp) addLogAndVersion(t *glua.LTable) {
	t.RawSetString("log", in.L.NewFunction(in.redisLog))
	t.RawSetString("LOG_DEBUG", glua.LNumber(LogDebug))
	t.RawSetString("LOG_VERBOSE", glua.LNumber(LogVerbose))
	t.RawSetString("LOG_NOTICE", glua.LNumber(LogNotice))
	t.RawSetString("LOG_WARNING", glua.LNumber(LogWarning))
	t.RawSetString("REDIS_VERSION", glua.LString(in.eng.opts.Version))
	t.RawSetString("REDIS_VERSION_NUM", glua.LNumber(versionNumber(in.eng.opts.Version)))
}

// versionNumber packs a version of three numbers into three bytes.
func versionNumber(version string) (n int) {
	parts := strings.SplitN(version, ".", 3)
	for i := range 3 {
		n <<= 8
		if i < len(parts) {
			part, _ := strconv.Atoi(parts[i])
			n |= part & 0xff
		}
	}
	return n
}

func answer(v glua.LValue) glua.LGFunction {
	return func(L *glua.LState) int {
		L.Push(v)
		return 1
	}
}

// commandArgs copies the arguments of redis.call. problem is Redis' error text.
func commandArgs(L *glua.LState) (args [][]byte, problem string) {
	n := L.GetTop()
	if n == 0 {
		return nil, "Please specify at least one argument for this redis lib call"
	}
	size := 0
	for i := 1; i <= n; i++ {
		switch v := L.Get(i).(type) {
		case glua.LString:
			size += len(v)
		case glua.LNumber:
			size += 24
		default:
			return nil, "Lua redis lib command arguments must be strings or integers"
		}
	}
	args = make([][]byte, n)
	buf := make([]byte, 0, size)
	for i := range args {
		start := len(buf)
		switch v := L.Get(i + 1).(type) {
		case glua.LString:
			buf = append(buf, v...)
		case glua.LNumber:
			buf = appendArg(buf, float64(v))
		}
		args[i] = buf[start:len(buf):len(buf)]
	}
	return args, ""
}

// appendArg spells a number as an argument: a whole one without exponent, any other so that it reads back as the same.
func appendArg(dst []byte, f float64) []byte {
	switch {
	case f == 0:
		return append(dst, '0')
	case math.IsNaN(f) || math.IsInf(f, 0):
		return number.AppendSpecial(dst, f)
	}
	return codec.AppendDouble(dst, f)
}

// call runs a command. isError tells that v stands for an error.
func (in *interp) call(L *glua.LState) (v glua.LValue, isError bool) {
	args, problem := commandArgs(L)
	if problem != "" {
		return errorTable(L, problem), true
	}
	if in.inv.Caller == nil {
		return errorTable(L, "redis.call/pcall can only be called inside a script invocation"), true
	}
	reply, err := in.inv.Caller.Call(args, in.resp3)
	switch {
	case err != nil:
	case currentFrame(L).NRet == 0 && len(reply) > 0 && reply[0] != '-':
		v = glua.LNil // the call is a statement: nobody sees what a table would be made for
	default:
		v, isError, err = readReply(L, reply)
	}
	if err != nil {
		in.fail(err)
	}
	if in.ctx.ctl.stopped() != 0 {
		in.noteStop(L)
		panic(errStop)
	}
	return v, isError
}

func (in *interp) redisCall(L *glua.LState) int {
	v, isError := in.call(L)
	if isError {
		in.throw(L, v)
	}
	L.Push(v)
	return 1
}

func (in *interp) redisPcall(L *glua.LState) int {
	v, _ := in.call(L)
	L.Push(v)
	return 1
}

func (in *interp) redisSetresp(L *glua.LState) int {
	if L.GetTop() != 1 {
		in.throwRedis(L, "redis.setresp() requires one argument.")
	}
	switch int(toFloat(L.Get(1))) {
	case 2:
		in.resp3 = false
	case 3:
		in.resp3 = true
	default:
		in.throwRedis(L, "RESP version must be 2 or 3.")
	}
	return 0
}

func (in *interp) redisSha1hex(L *glua.LState) int {
	if L.GetTop() != 1 {
		in.throwRedis(L, "wrong number of arguments")
	}
	L.Push(glua.LString(SHA1([]byte(toText(L.Get(1))))))
	return 1
}

func (in *interp) redisErrorReply(L *glua.LState) int {
	s, ok := L.Get(1).(glua.LString)
	if !ok || L.GetTop() != 1 {
		L.Push(errorTable(L, "wrong number or type of arguments"))
		return 1
	}
	text := cString(string(s))
	if !strings.HasPrefix(text, "-") {
		text = "-" + text
	}
	L.Push(errorTable(L, text))
	return 1
}

func (in *interp) redisStatusReply(L *glua.LState) int {
	s, ok := L.Get(1).(glua.LString)
	if !ok || L.GetTop() != 1 {
		L.Push(errorTable(L, "wrong number or type of arguments"))
		return 1
	}
	t := L.CreateTable(0, 1)
	t.RawSetString("ok", s)
	L.Push(t)
	return 1
}

func (in *interp) redisSetRepl(L *glua.LState) int {
	if L.GetTop() != 1 {
		in.throwRedis(L, "redis.set_repl() requires one argument.")
	}
	if int32(number.ToInt64(toFloat(L.Get(1))))&^(replAOF|replReplica) != 0 {
		in.throwRedis(L, "Invalid replication flags. Use REPL_AOF, REPL_REPLICA, REPL_ALL or REPL_NONE.")
	}
	return 0
}

func (in *interp) redisACLCheck(L *glua.LState) int {
	args, problem := commandArgs(L)
	if problem != "" {
		in.throwRedis(L, problem)
	}
	if in.inv.Caller == nil {
		in.throwRedis(L, "redis.acl_check_cmd can only be called inside a script invocation")
	}
	allowed, known := in.inv.Caller.CheckACL(args)
	if !known {
		in.throwRedis(L, "Invalid command passed to redis.acl_check_cmd()")
	}
	L.Push(glua.LBool(allowed))
	return 1
}

func (in *interp) redisLog(L *glua.LState) int {
	if L.GetTop() < 2 {
		in.throwRedis(L, "redis.log() requires two arguments or more.")
	}
	level, ok := auxlib.ToNumber(L.Get(1))
	if !ok {
		in.throwRedis(L, "First argument must be a number (log level).")
	}
	n := Level(number.ToInt64(level))
	if n < LogDebug || n > LogWarning {
		in.throwRedis(L, "Invalid debug level.")
	}
	var message strings.Builder
	for i := 2; i <= L.GetTop(); i++ {
		switch v := L.Get(i).(type) {
		case glua.LString, glua.LNumber:
			if i > 2 {
				message.WriteByte(' ')
			}
			message.WriteString(toText(v))
		}
	}
	in.log(n, message.String())
	return 0
}

func (in *interp) log(level Level, message string) {
	switch {
	case in.inv.Caller != nil:
		in.inv.Caller.Log(level, message)
	case in.loading != nil && in.loading.log != nil:
		in.loading.log(level, message)
	}
}

// errorHandler is Redis' own, which scripts can see: it notes in an error where it was raised.
func (in *interp) errorHandler(L *glua.LState) int {
	L.Push(in.annotate(L, L.Get(1)))
	return 1
}

// toFloat is lua_tonumber: 0 for what is no number.
func toFloat(v glua.LValue) float64 {
	f, _ := auxlib.ToNumber(v)
	return f
}

// noteCounted tells the server whether it has counted an error already.
func (in *interp) noteCounted(t *glua.LTable) {
	if counted, ok := t.RawGetString("ignore_error_stats_update").(glua.LBool); ok && bool(counted) {
		in.inv.ErrorCounted = true
	}
}

// writeError answers for an error that ended a run.
func (in *interp) writeError(out *codec.Encoder, raised glua.LValue) {
	t, ok := raised.(*glua.LTable)
	if !ok {
		out.Error("ERR Error running script " + in.name + ", " + cut(toText(raised), 100))
		return
	}
	in.noteCounted(t)
	text := errorText(t)
	source, line := t.RawGetString("source"), t.RawGetString("line")
	if source != glua.LNil && line != glua.LNil {
		text += " script: " + in.name + ", on " + cString(toText(source)) + ":" + toText(line) + "."
	}
	out.Error(text)
}

// errorText is the text of an error table. One without a text has none in Redis either, which crashes.
func errorText(t *glua.LTable) string {
	switch v := t.RawGetString("err").(type) {
	case glua.LString, glua.LNumber:
		return cString(toText(v))
	}
	return "ERR unknown error"
}
