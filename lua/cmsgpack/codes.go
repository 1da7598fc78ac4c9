package cmsgpack

// First bytes of the MessagePack specification. The fix codes have a length in their low bits.
const (
	fixMap    = 0x80
	fixArray  = 0x90
	fixString = 0xa0

	codeNil      = 0xc0
	codeFalse    = 0xc2
	codeTrue     = 0xc3
	codeFloat32  = 0xca
	codeFloat64  = 0xcb
	codeUint8    = 0xcc
	codeUint16   = 0xcd
	codeUint32   = 0xce
	codeUint64   = 0xcf
	codeInt8     = 0xd0
	codeInt16    = 0xd1
	codeInt32    = 0xd2
	codeInt64    = 0xd3
	codeString8  = 0xd9
	codeString16 = 0xda
	codeString32 = 0xdb
	codeArray16  = 0xdc
	codeArray32  = 0xdd
	codeMap16    = 0xde
	codeMap32    = 0xdf
)
