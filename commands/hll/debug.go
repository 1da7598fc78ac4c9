package hll

import (
	"bytes"
	"fmt"
)

// Encoding answers PFDEBUG ENCODING: dense or sparse.
func Encoding(b []byte) (string, error) {
	switch {
	case !Valid(b):
		return "", ErrNotHLL
	case isDense(b):
		return "dense", nil
	default:
		return "sparse", nil
	}
}

// ToDense returns the value in the dense form with the same header, the cached count included, or b itself if it is
// dense. PFDEBUG TODENSE and GETREG store the result.
func ToDense(b []byte) ([]byte, error) {
	if !Valid(b) {
		return nil, ErrNotHLL
	}
	if isDense(b) {
		return b, nil
	}
	dense := make([]byte, denseBytes)
	copy(dense, b[:headerBytes])
	dense[encodingAt] = encodeDense
	ok := walkSparse(b[headerBytes:], func(first int, r run) {
		for i := range r.length {
			setDenseRegister(dense[headerBytes:], first+i, r.value)
		}
	})
	if !ok {
		return nil, ErrCorrupt
	}
	return dense, nil
}

// Registers answers PFDEBUG GETREG: what the 16384 registers hold.
func Registers(b []byte) ([]uint8, error) {
	dense, err := ToDense(b)
	if err != nil {
		return nil, err
	}
	all := new([registers]uint8)
	unpack(dense[headerBytes:], all)
	return all[:], nil
}

// Decode answers PFDEBUG DECODE: the opcodes of a sparse value as text, z:length, Z:length and v:value,length. They are
// not checked.
func Decode(b []byte) ([]byte, error) {
	if !Valid(b) {
		return nil, ErrNotHLL
	}
	if isDense(b) {
		return nil, ErrNotSparse
	}
	text := []byte{}
	p := b[headerBytes:]
	for at := 0; at < len(p); {
		r := runAt(p, at)
		switch {
		case r.value != 0:
			text = fmt.Appendf(text, "v:%d,%d ", r.value, r.length)
		case r.size == 2:
			text = fmt.Appendf(text, "Z:%d ", r.length)
		default:
			text = fmt.Appendf(text, "z:%d ", r.length)
		}
		at += r.size
	}
	return bytes.TrimSuffix(text, []byte(" ")), nil
}
