// Package lua runs the scripts of EVAL and the functions of FUNCTION LOAD: Redis 7.2's Lua 5.1, on gopher-lua.
//
// It holds everything of Redis' scripting that is not storage: the sandbox and its globals, the redis table, conversions between
// replies and Lua values in both protocols, error texts with the script's digest and line, libraries of functions, and the bounds of
// a script's time, memory and depth. Commands reach storage through the Caller of each Invocation; the package itself does no I/O, keeps
// no keys and knows no clients.
//
//   - An Engine is one server's interpreters. It is safe from any goroutine.
//   - A Script is compiled source, immutable, and may run in many interpreters at once.
//   - A Library is the source of FUNCTION LOAD with what it registered, immutable as well.
//   - An Invocation is one run: arguments, Caller, and the encoder that takes the reply. It belongs to one goroutine.
//   - A Control is how others see and stop a run. It is safe from any goroutine.
//
// A run has no effect but calls to its Caller and bytes appended to its encoder, so one that is repeated has shown nothing to anybody.
package lua
