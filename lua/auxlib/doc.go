// Package auxlib checks the arguments of library functions and raises their errors with the texts of lauxlib of Lua 5.1, where
// those of gopher-lua differ: the name of the function as the caller wrote it, in quotes; "no value" for what is missing;
// methods that do not count the object; and no position where the caller is not a Lua function. It also has what every
// library needs that may work long without running Lua code: a check for the end of the state's context, and the limit on
// the length of strings. All functions must be called from a function that the virtual machine called, on its goroutine.
package auxlib
