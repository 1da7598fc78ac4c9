package pgbench

import "encoding/binary"

// Types of elements.
const (
	oidBytea  = 17
	oidInt8   = 20
	oidTID    = 27
	oidFloat8 = 701
)

// appendArrayHeader starts a one-dimensional array of n byte strings in PostgreSQL's binary form.
func appendArrayHeader(dst []byte, n int) []byte { return appendArrayHeaderOf(dst, oidBytea, n) }

func appendArrayHeaderOf(dst []byte, oid uint32, n int) []byte {
	for _, field := range [...]uint32{1, 0, oid, uint32(n), 1} { // dimensions, no nulls, element type, length, lower bound
		dst = binary.BigEndian.AppendUint32(dst, field)
	}
	return dst
}

func appendElement(dst, b []byte) []byte {
	dst = binary.BigEndian.AppendUint32(dst, uint32(len(b)))
	return append(dst, b...)
}
