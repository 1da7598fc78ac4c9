// Package mathlib is the math library of Lua 5.1, with the generator of random numbers that Redis puts in its place, which
// gives the same sequence for a seed everywhere. Functions are those of Go's math package, whose last bits may differ from
// the C library's. "%.14g" seldom shows it: in math.pow with exponents of 100 and more.
package mathlib
