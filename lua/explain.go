package lua

import (
	"regexp"
	"strconv"
	"strings"

	glua "github.com/yuin/gopher-lua"
)

// explain puts an error message of gopher-lua's into Lua 5.1's words. What raised it is still the running function.
func (in *interp) explain(L *glua.LState, message string) string {
	f := currentFrame(L)
	text, ok := in.instructionError(L, f, stripPosition(f, message))
	switch {
	case !ok: // of a library, which words it as Lua does
		return message
	case f == nil || f.Fn.IsG: // an operation that a Go function did has no position
		return text
	}
	return in.where(L, 0) + text
}

// stripPosition takes off the position that gopher-lua puts in front: that of the nearest Lua function.
func stripPosition(f *frame, message string) string {
	for ; f != nil; f = f.Parent {
		if f.Fn.IsG {
			continue
		}
		if rest, ok := strings.CutPrefix(message, f.Fn.Proto.SourceName+":"+strconv.Itoa(f.line())+": "); ok {
			return rest
		}
		break
	}
	return strings.TrimPrefix(message, " ")
}

var (
	indexMessage   = regexp.MustCompile(`^attempt to index a non-table object\((\w+)\) with key '(?s:.*)'$`)
	arithMessage   = regexp.MustCompile(`^cannot perform \w+ operation between (\w+) and (\w+)$`)
	compareMessage = regexp.MustCompile(`^attempt to compare (\w+) with (\w+)$`)
)

// instructionError explains what an instruction could not do. ok is false if the message is not of that kind.
func (in *interp) instructionError(L *glua.LState, f *frame, message string) (text string, ok bool) {
	switch message {
	case "attempt to call a non-function object":
		return "attempt to call " + in.describeCallee(L, f), true
	case "__unm undefined":
		return "attempt to perform arithmetic on " + in.describeOperand(L, f, argB), true
	case "__len undefined":
		return "attempt to get length of " + in.describeOperand(L, f, argB), true
	case "too many recursions in gettable":
		return "loop in gettable", true
	case "too many recursions in settable":
		return "loop in settable", true
	case "stack overflow", "registry overflow":
		return "stack overflow", true
	case "table index is nil", "table index is NaN":
		return message, true
	case "for statement init must be a number":
		return "'for' initial value must be a number", true
	case "for statement limit must be a number":
		return "'for' limit must be a number", true
	case "for statement step must be a number":
		return "'for' step must be a number", true
	}
	if m := indexMessage.FindStringSubmatch(message); m != nil {
		return "attempt to index " + in.describeIndexed(L, f, m[1]), true
	}
	if m := compareMessage.FindStringSubmatch(message); m != nil {
		if m[1] == m[2] {
			return "attempt to compare two " + m[1] + " values", true
		}
		return message, true
	}
	if arithMessage.MatchString(message) {
		return "attempt to perform arithmetic on " + in.describeArith(L, f), true
	}
	return message, false
}
