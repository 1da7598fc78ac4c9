package cjson

import (
	"fmt"
	"math"

	glua "github.com/yuin/gopher-lua"

	"github.com/mnorrsken/postkeys/lua/auxlib"
)

// What encode does with infinities and NaNs.
const (
	refuseInvalid = iota
	writeInvalid
	nullInvalid
)

// keptBuffer is the largest buffer that is kept for the next call.
const keptBuffer = 1 << 20

// settings are what the functions of one library share.
type settings struct {
	sparseConvert  int // 1: excessively sparse arrays become objects
	sparseRatio    int // 0: no array is excessively sparse
	sparseSafe     int // up to this index an array may be as sparse as it likes
	encodeMaxDepth int
	decodeMaxDepth int
	precision      int // digits of a number
	keepBuffer     int
	encodeInvalid  int
	decodeInvalid  int

	buf     []byte        // of encode
	values  []glua.LValue // of decode: the elements of open arrays and objects
	keys    []string      // of decode: the keys of open objects
	scratch []byte        // of decode: a string with escapes
}

// reset sets the defaults.
func (s *settings) reset() {
	s.sparseConvert, s.sparseRatio, s.sparseSafe = 0, 2, 10
	s.encodeMaxDepth, s.decodeMaxDepth = 1000, 1000
	s.precision, s.keepBuffer = 14, 1
	s.encodeInvalid, s.decodeInvalid = refuseInvalid, 1
}

// checkCount raises an error if there are more arguments than a function takes, and makes those nil that are missing, so that
// results do not take their places.
func checkCount(L *glua.LState, most int) {
	if L.GetTop() > most {
		auxlib.ArgError(L, most+1, "found too many arguments")
	}
	L.SetTop(most)
}

// integer sets an integer from an argument, if it is given, and pushes the setting. An integer out of range is reported for
// the first argument whichever it is.
func integer(L *glua.LState, arg int, setting *int, least, most int) {
	if L.Get(arg) != glua.LNil {
		n := auxlib.CheckInt(L, arg)
		if n < least || n > most {
			auxlib.ArgError(L, 1, fmt.Sprintf("expected integer between %d and %d", least, most))
		}
		*setting = n
	}
	L.Push(glua.LNumber(*setting))
}

// enum sets one of several values from an argument, if it is given, by name or, the first two, as a boolean. It pushes the
// setting in the same way.
func enum(L *glua.LState, arg int, setting *int, names ...string) {
	switch v := L.Get(arg).(type) {
	case *glua.LNilType:
	case glua.LBool:
		*setting = 0
		if v {
			*setting = 1
		}
	default:
		*setting = option(L, arg, names)
	}
	if *setting < 2 {
		L.Push(glua.LBool(*setting == 1))
		return
	}
	L.Push(glua.LString(names[*setting]))
}

// option returns which of the names an argument is.
func option(L *glua.LState, arg int, names []string) int {
	name := auxlib.CheckString(L, arg)
	for i := range names {
		if names[i] == name {
			return i
		}
	}
	auxlib.ArgError(L, arg, fmt.Sprintf("invalid option '%s'", name))
	return 0
}

func (s *settings) encodeSparseArray(L *glua.LState) int {
	checkCount(L, 3)
	enum(L, 1, &s.sparseConvert, "off", "on")
	integer(L, 2, &s.sparseRatio, 0, math.MaxInt32)
	integer(L, 3, &s.sparseSafe, 0, math.MaxInt32)
	return 3
}

func (s *settings) setEncodeMaxDepth(L *glua.LState) int {
	checkCount(L, 1)
	integer(L, 1, &s.encodeMaxDepth, 1, math.MaxInt32)
	return 1
}

func (s *settings) setDecodeMaxDepth(L *glua.LState) int {
	checkCount(L, 1)
	integer(L, 1, &s.decodeMaxDepth, 1, math.MaxInt32)
	return 1
}

func (s *settings) setEncodeNumberPrecision(L *glua.LState) int {
	checkCount(L, 1)
	integer(L, 1, &s.precision, 1, 14)
	return 1
}

func (s *settings) setEncodeKeepBuffer(L *glua.LState) int {
	checkCount(L, 1)
	enum(L, 1, &s.keepBuffer, "off", "on")
	if s.keepBuffer == 0 {
		s.buf = nil
	}
	return 1
}

func (s *settings) setEncodeInvalidNumbers(L *glua.LState) int {
	checkCount(L, 1)
	enum(L, 1, &s.encodeInvalid, "off", "on", "null")
	return 1
}

func (s *settings) setDecodeInvalidNumbers(L *glua.LState) int {
	checkCount(L, 1)
	enum(L, 1, &s.decodeInvalid, "off", "on")
	return 1
}
