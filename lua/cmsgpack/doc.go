// Package cmsgpack is the MessagePack library of Lua scripts: lua-cmsgpack 0.4.0 as Redis has it. The format is that of the
// MessagePack specification without binary and extension types. A number is an integer if it is whole and fits 64 bits, else
// a float of 32 bits if that loses nothing, else one of 64. A table is an array if its keys are 1 to n, else a map. Tables
// nested deeper than 16 become nil, as does what has no representation.
//
// The order of a map's entries differs: Redis writes them as they lie in the hash of a Lua table, here they come in the order
// in which they were first set. A value with gaps in an array also differs where Lua leaves it open: gopher-lua fills an
// array up to its largest index, so that # may count past a nil.
package cmsgpack
