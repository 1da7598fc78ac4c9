package pgbench

import "encoding/binary"

const oidBytea = 17

// appendArrayHeader starts a one-dimensional array of n byte strings in PostgreSQL's binary form.
func appendArrayHeader(dst []byte, n int) []byte {
	for _, field := range [...]uint32{1, 0, oidBytea, uint32(n), 1} { // dimensions, no nulls, element type, length, lower bound
		dst = binary.BigEndian.AppendUint32(dst, field)
	}
	return dst
}

func appendElement(dst, b []byte) []byte {
	dst = binary.BigEndian.AppendUint32(dst, uint32(len(b)))
	return append(dst, b...)
}
