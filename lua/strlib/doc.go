// Package strlib is the string library of Lua 5.1.5 as Redis has it. gopher-lua's own differs in patterns, formats and error
// texts. Patterns are matched by backtracking as the manual of Lua 5.1 describes them (section 5.4.1), formats follow printf
// of the C library. What depends on the C strings of the original is kept: a pattern ends at its first NUL, as does what
// string.format writes with %s.
//
// Where the original has no bounds there are some here: strings longer than auxlib.MaxString are refused before memory is
// taken, the depth of a match is bounded ("pattern too complex" instead of the end of the stack), and work that can take
// long looks at the context of the state.
package strlib
