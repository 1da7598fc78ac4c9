// Package syntax parses Lua 5.1 into gopher-lua's syntax tree, with the messages of Lua 5.1 where a source is wrong.
//
// gopher-lua's own parser accepts another language (goto, labels), words errors in its own way, and recurses as deep as a source nests.
// This one follows Lua 5.1's limits: 200 levels of syntax, 200 local variables, 60 upvalues; and since gopher-lua's compiler recurses
// along the tree and searches constants one by one, it bounds the depth of the tree and the work of the compiler too.
//
// The tree it returns makes up for what gopher-lua compiles to something else than Lua does: see the Intrinsic functions, and the
// comments at tableExpr and localStmt. The package has no state.
package syntax
