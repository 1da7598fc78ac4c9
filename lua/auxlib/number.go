package auxlib

import glua "github.com/yuin/gopher-lua"

// smallNumbers are the values of 0 to 255. A number in an interface is a memory block of its own, and most are small.
var smallNumbers = func() (values [256]glua.LValue) {
	for i := range values {
		values[i] = glua.LNumber(i)
	}
	return values
}()

// Number returns a number as a value, without allocating if it is small and whole.
func Number(f float64) glua.LValue {
	if f > 0 && f < float64(len(smallNumbers)) {
		if i := int(f); float64(i) == f {
			return smallNumbers[i]
		}
	}
	return glua.LNumber(f)
}
