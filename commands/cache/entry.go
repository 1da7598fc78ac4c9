package cache

import (
	"bytes"
	"encoding/binary"
)

// entry is a key and its value, which nobody changes. All is in one piece of memory, since a look at an entry of a large cache takes
// as long as the memory does, once for each piece:
//
//	until    8 bytes  when it ends, in nanoseconds since Cache.origin
//	flushes  8 bytes  Cache.flushes when it was about to be read
//	db       4 bytes
//	length   4 bytes  of the name
//	name, value
type entry []byte

const entryHeader = 24

// entryBytes is about what an entry takes beside its name and value.
const entryBytes = 200

// sizeOf is about the memory that an entry takes.
func sizeOf(name, value []byte) int { return entryBytes + len(name) + len(value) }

func (e entry) size() int { return entryBytes - entryHeader + len(e) }

func newEntry(db int, name, value []byte, until int64, flushes uint64) entry {
	e := make(entry, 0, entryHeader+len(name)+len(value))
	e = binary.LittleEndian.AppendUint64(e, uint64(until))
	e = binary.LittleEndian.AppendUint64(e, flushes)
	e = binary.LittleEndian.AppendUint32(e, uint32(db))
	e = binary.LittleEndian.AppendUint32(e, uint32(len(name)))
	return append(append(e, name...), value...)
}

func (e entry) until() int64 { return int64(binary.LittleEndian.Uint64(e)) }

func (e entry) flushes() uint64 { return binary.LittleEndian.Uint64(e[8:]) }

// find returns the value if the entry is of a key.
func (e entry) find(db int, name []byte) (value []byte, ok bool) {
	if binary.LittleEndian.Uint32(e[16:]) != uint32(db) || binary.LittleEndian.Uint32(e[20:]) != uint32(len(name)) {
		return nil, false
	}
	value = e[entryHeader+len(name):]
	return value, bytes.Equal(e[entryHeader:entryHeader+len(name)], name)
}
