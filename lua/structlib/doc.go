// Package structlib is the struct library of Lua scripts: Roberto Ierusalimschy's struct 0.3 (its manual has the formats) as
// Redis has it, with the sizes of C types on 64-bit Linux and with the checks that Redis added against overflow.
package structlib
