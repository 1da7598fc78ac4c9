package rdb

import "encoding/binary"

// Versions of the format: what Redis 7.0 and 7.2 write. Both are read.
const (
	Version70 = 10
	Version72 = 11
)

// footerBytes is the length of version and checksum.
const footerBytes = 2 + 8

// appendFooter completes the payload that begins at dst[start].
func appendFooter(dst []byte, start int, version uint16) []byte {
	dst = binary.LittleEndian.AppendUint16(dst, version)
	return binary.LittleEndian.AppendUint64(dst, CRC64(0, dst[start:]))
}

// Verify checks version and checksum of a payload; the error is ErrFooter.
func Verify(payload []byte) error {
	if len(payload) < footerBytes {
		return ErrFooter
	}
	summed, sum := payload[:len(payload)-8], payload[len(payload)-8:]
	if binary.LittleEndian.Uint16(summed[len(summed)-2:]) > Version72 {
		return ErrFooter
	}
	if binary.LittleEndian.Uint64(sum) != CRC64(0, summed) {
		return ErrFooter
	}
	return nil
}
