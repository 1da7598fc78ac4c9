package rdb

import "errors"

// Opcodes of libraries of functions.
const (
	opFunctionOld = 246 // of release candidates
	opFunction    = 245
)

// Errors of DecodeFunctions beside ErrFooter; the texts are Redis'.
var (
	ErrFunctionOld  = errors.New("Pre-GA function format not supported")
	ErrNoFunction   = errors.New("given type is not a function")
	ErrFunctionData = errors.New("failed loading the given functions payload")
)

// EncodeFunctions appends the payload of FUNCTION DUMP: the sources of
// libraries.
func EncodeFunctions(dst []byte, sources [][]byte, o Options) []byte {
	if o.Version == 0 {
		o.Version = Version70
	}
	e := encoder{Options: o, dst: dst}
	start := len(dst)
	for _, source := range sources {
		e.kind(opFunction)
		e.string(source)
	}
	return appendFooter(e.dst, start, o.Version)
}

// DecodeFunctions reads a payload of FUNCTION DUMP. The sources may refer to
// the payload. At most about maxBytes of memory are used besides.
func DecodeFunctions(payload []byte, maxBytes int) (sources [][]byte, err error) {
	if err := Verify(payload); err != nil {
		return nil, err
	}
	d := decoder{data: payload[:len(payload)-footerBytes], budget: maxBytes}
	for len(d.data) > 0 {
		op, err := d.take(1)
		switch {
		case err != nil:
			return nil, ErrFunctionData
		case op[0] == opFunctionOld:
			return nil, ErrFunctionOld
		case op[0] != opFunction:
			return nil, ErrNoFunction
		}
		source, err := d.string()
		if err != nil {
			return nil, ErrFunctionData
		}
		sources = append(sources, source)
	}
	return sources, nil
}
