package pg

import "encoding/binary"

// OIDs of the element types that statements take lists of.
const (
	oidBytea  = 17
	oidInt8   = 20
	oidInt2   = 21
	oidInt4   = 23
	oidText   = 25
	oidTID    = 27
	oidFloat8 = 701
)

// array is a one-dimensional PostgreSQL array in binary form, built up element
// by element in a buffer that is used again for the next round.
type array struct {
	b []byte
	n uint32
}

// reset writes the header: dimensions, has-nulls, element type, length, lower
// bound, four bytes each. The has-nulls flag is advisory and stays set.
func (a *array) reset(elem uint32) {
	a.b = binary.BigEndian.AppendUint32(a.b[:0], 1)
	a.b = binary.BigEndian.AppendUint32(a.b, 1)
	a.b = binary.BigEndian.AppendUint32(a.b, elem)
	a.b = binary.BigEndian.AppendUint32(a.b, 0)
	a.b = binary.BigEndian.AppendUint32(a.b, 1)
	a.n = 0
}

func (a *array) bytes(v []byte) {
	a.b = binary.BigEndian.AppendUint32(a.b, uint32(len(v)))
	a.b = append(a.b, v...)
	a.n++
}

func (a *array) null() {
	a.b = binary.BigEndian.AppendUint32(a.b, 0xffffffff)
	a.n++
}

func (a *array) int8(v int64) {
	a.b = binary.BigEndian.AppendUint32(a.b, 8)
	a.b = binary.BigEndian.AppendUint64(a.b, uint64(v))
	a.n++
}

func (a *array) int4(v int32) {
	a.b = binary.BigEndian.AppendUint32(a.b, 4)
	a.b = binary.BigEndian.AppendUint32(a.b, uint32(v))
	a.n++
}

func (a *array) int2(v int16) {
	a.b = binary.BigEndian.AppendUint32(a.b, 2)
	a.b = binary.BigEndian.AppendUint16(a.b, uint16(v))
	a.n++
}

// param completes the header and returns the parameter, valid until reset.
func (a *array) param() []byte {
	binary.BigEndian.PutUint32(a.b[12:], a.n)
	return a.b
}
