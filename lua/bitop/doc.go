// Package bitop is the bit library of Lua scripts: Lua BitOp 1.0 (Mike Pall's manual, section "Semantics") as Redis has it.
// Operands are reduced to 32 bits, results are signed.
package bitop
