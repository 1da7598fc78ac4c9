// Package number converts the numbers of Lua 5.1, which are doubles, to text, from text and to integers, with the results
// that Lua has in Redis on Linux and x86-64: LUA_NUMBER_FMT "%.14g" one way, strtod of the C library the other, and the
// casts of C as the processor does them. It knows nothing of the virtual machine and keeps no state.
package number
