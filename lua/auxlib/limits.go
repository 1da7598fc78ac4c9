package auxlib

import glua "github.com/yuin/gopher-lua"

// MaxString is the length of the longest string a library makes, that of the longest value in Redis
// (proto-max-bulk-len). A script could otherwise take all memory with one call.
const MaxString = 512 << 20

// MaxStack is LUAI_MAXCSTACK: how many values a function may have on Lua's stack, results included.
const MaxStack = 8000

// CheckLength raises an error if a string of this length is longer than MaxString. Call it before taking the memory.
func CheckLength(L *glua.LState, length int) {
	if length > MaxString || length < 0 {
		Errorf(L, "string length overflow")
	}
}

// stepsPerCheck is how much work is done between two looks at the context.
const stepsPerCheck = 4096

// Interrupt ends loops in Go when the context of a state ends, as the virtual machine ends those in Lua.
// Make one per call of a library function.
type Interrupt struct {
	L    *glua.LState
	left int
}

// NewInterrupt returns an Interrupt for the running function.
func NewInterrupt(L *glua.LState) Interrupt { return Interrupt{L: L, left: stepsPerCheck} }

// Step counts one step of work, and raises the error of the context now and then if it has ended.
func (i *Interrupt) Step() { i.Steps(1) }

// Steps counts n steps of work.
func (i *Interrupt) Steps(n int) {
	i.left -= n
	if i.left < 0 {
		i.check()
	}
}

func (i *Interrupt) check() {
	i.left = stepsPerCheck
	ctx := i.L.Context()
	if ctx == nil {
		return
	}
	if err := ctx.Err(); err != nil {
		Errorf(i.L, "%s", err)
	}
}
