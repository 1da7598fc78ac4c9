package lua

import (
	"bytes"
	"errors"

	glua "github.com/yuin/gopher-lua"
	"github.com/yuin/gopher-lua/parse"
)

// maxSourceBytes bounds a script's source.
const maxSourceBytes = 16 << 20

// compile turns a source into what interpreters run. The error's text is Lua's.
func compile(source []byte, name string) (proto *glua.FunctionProto, err error) {
	if len(source) > maxSourceBytes {
		return nil, errors.New(name + ": source too large")
	}
	chunk, err := parse.Parse(bytes.NewReader(source), name)
	if err != nil {
		return nil, err
	}
	return glua.Compile(chunk, name)
}
