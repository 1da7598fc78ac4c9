// Package tablelib is the table library of Lua 5.1. Its functions do not use metamethods. Where a table has nils in between,
// its length is what gopher-lua says, which may differ from Lua's; the manual leaves it open.
package tablelib
