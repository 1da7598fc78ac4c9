package rdb

import "hash/crc64"

// jones is the polynomial of Redis' CRC64, bits reversed as hash/crc64 wants them.
const jones = 0x95ac9329ac4bc9b5

var jonesTable = crc64.MakeTable(jones)

// CRC64 continues the checksum crc of what came before with p; the first call has crc 0.
func CRC64(crc uint64, p []byte) uint64 {
	// Redis inverts neither before nor after; hash/crc64 does both.
	return ^crc64.Update(^crc, jonesTable, p)
}
