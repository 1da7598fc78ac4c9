package lua

import (
	"reflect"
	"unsafe"

	glua "github.com/yuin/gopher-lua"
)

// gopher-lua does not tell a Go function which instruction raised an error, and closes the upvalues of all frames when it raises one,
// though those below a pcall live on. Both need three of its unexported fields. Their layout is checked when the process starts, and
// go.mod pins the version.

// frame mirrors gopher-lua's callFrame.
type frame struct {
	Idx        int
	Fn         *glua.LFunction
	Parent     *frame
	Pc         int
	Base       int
	LocalBase  int
	ReturnBase int
	NArgs      int
	NRet       int
	TailCall   int
}

// upvalue mirrors gopher-lua's Upvalue.
type upvalue struct {
	next   *upvalue
	reg    unsafe.Pointer
	index  int
	value  glua.LValue
	closed bool
}

var (
	offCurrentFrame = fieldOf[glua.LState]("currentFrame", reflect.TypeFor[frame](), true)
	offUpvalues     = fieldOf[glua.LState]("uvcache", reflect.TypeFor[upvalue](), true)
	offHasErrorFunc = fieldOf[glua.LState]("hasErrorFunc", reflect.TypeFor[bool](), false)
)

// fieldOf finds a field of T and checks that it has the type that is mirrored here, or points to it.
func fieldOf[T any](name string, mirror reflect.Type, pointer bool) uintptr {
	f, ok := reflect.TypeFor[T]().FieldByName(name)
	if !ok {
		panic("lua: gopher-lua has no field " + name)
	}
	typ := f.Type
	if pointer {
		typ = typ.Elem()
	}
	if typ.Kind() != mirror.Kind() || typ.Size() != mirror.Size() {
		panic("lua: gopher-lua's " + name + " has another type")
	}
	if typ.Kind() == reflect.Struct {
		for i := range mirror.NumField() {
			a, b := mirror.Field(i), typ.Field(i)
			if a.Name != b.Name || a.Offset != b.Offset || a.Type.Size() != b.Type.Size() {
				panic("lua: gopher-lua's " + name + " has another layout")
			}
		}
	}
	return f.Offset
}

// currentFrame is the function that runs in L.
func currentFrame(L *glua.LState) *frame {
	return *(**frame)(unsafe.Add(unsafe.Pointer(L), offCurrentFrame))
}

// keepUpvalues tells L not to close upvalues when it raises an error. PCall takes this back: call it again after each.
func keepUpvalues(L *glua.LState) {
	*(*bool)(unsafe.Add(unsafe.Pointer(L), offHasErrorFunc)) = true
}

// closeUpvalues makes the captured variables of all frames from register base on independent of their registers.
func closeUpvalues(L *glua.LState, base int) {
	link := (**upvalue)(unsafe.Add(unsafe.Pointer(L), offUpvalues))
	for *link != nil && (*link).index < base {
		link = &(*link).next
	}
	rest := *link
	*link = nil
	for uv := rest; uv != nil; uv = uv.next {
		(*glua.Upvalue)(unsafe.Pointer(uv)).Close()
	}
}

// line is the source line that a Lua function's frame is at; 0 for a Go function.
func (f *frame) line() int {
	if f.Fn.IsG || f.Pc == 0 || f.Pc > len(f.Fn.Proto.DbgSourcePositions) {
		return 0
	}
	return f.Fn.Proto.DbgSourcePositions[f.Pc-1]
}
