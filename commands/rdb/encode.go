package rdb

import (
	"encoding/binary"
	"math"
	"slices"

	"github.com/mnorrsken/postkeys/commands/number"
)

// Options say how to write a payload. The zero value is what Redis 7.0 does by default, without compression.
type Options struct {
	// Version is Version70, which zero stands for too, or Version72. The latter is needed for sets as listpacks; with
	// the former they are written as hashtables, which Redis 7.2 turns into listpacks if they are small.
	Version uint16
	// Compress is the setting rdbcompression: strings and listpacks that become shorter are compressed.
	Compress bool
	// ListNode is the setting list-max-listpack-size: how many elements a node of a list holds or, if negative, -1 to -5
	// for 4 to 64 kB. Zero stands for -2.
	ListNode int
}

// Encode appends the payload of a value. A collection MUST have an element; its elements must differ unless it is a
// list. An encoding that the value does not allow (an intset of something else than integers, a listpack that becomes
// too long) is replaced by a hashtable or a skiplist.
func Encode(dst []byte, v Value, o Options) []byte {
	if o.Version == 0 {
		o.Version = Version70
	}
	e := encoder{Options: o, dst: dst}
	start := len(dst)
	switch v.Type {
	case TypeString:
		e.kind(kindString)
		e.string(v.String)
	case TypeList:
		e.list(v.Elements)
	case TypeSet:
		e.set(v)
	case TypeZset:
		e.zset(v)
	case TypeHash:
		e.hash(v)
	default:
		panic("rdb: value without a type")
	}
	return appendFooter(e.dst, start, o.Version)
}

// encoder writes one payload.
type encoder struct {
	Options
	dst     []byte
	scratch []byte      // a listpack or what was compressed
	lzf     *compressor // made when first needed
}

func (e *encoder) kind(k byte) { e.dst = append(e.dst, k) }

func (e *encoder) length(n int) { e.dst = appendLength(e.dst, n) }

// insertLengths writes lengths, known only now, before what was written from head on.
func (e *encoder) insertLengths(head int, lengths ...int) {
	var buf [2 * 9]byte
	b := buf[:0]
	for _, n := range lengths {
		b = appendLength(b, n)
	}
	e.dst = slices.Insert(e.dst, head, b...)
}

func appendLength(dst []byte, n int) []byte {
	switch {
	case n < 1<<6:
		return append(dst, length6Bit<<6|byte(n))
	case n < 1<<14:
		return append(dst, length14Bit<<6|byte(n>>8), byte(n))
	case n <= math.MaxUint32:
		return binary.BigEndian.AppendUint32(append(dst, length32Bit), uint32(n))
	}
	return binary.BigEndian.AppendUint64(append(dst, length64Bit), uint64(n))
}

// string writes a string in the encoding Redis chooses: as an integer, compressed if that saves four bytes, or as it is.
func (e *encoder) string(s []byte) {
	const (
		longestInteger = 11
		tooShort       = 20 // nothing of this length or less can be compressed
		saving         = 4
	)
	if len(s) <= longestInteger {
		if n, ok := number.ParseInt64(s); ok && e.integer(n) {
			return
		}
	}
	if e.Compress && len(s) > tooShort {
		if e.lzf == nil {
			e.lzf = new(compressor)
		}
		e.dst = append(e.dst, lengthSpecial<<6|stringLZF)
		head := len(e.dst)
		var ok bool
		if e.dst, ok = e.lzf.append(e.dst, s, len(s)-saving); ok {
			e.insertLengths(head, len(e.dst)-head, len(s))
			return
		}
		e.dst = e.dst[:head-1]
	}
	e.length(len(s))
	e.dst = append(e.dst, s...)
}

// integer writes n, if it has a short form.
func (e *encoder) integer(n int64) bool {
	switch n {
	case int64(int8(n)):
		e.dst = append(e.dst, lengthSpecial<<6|stringInt8, byte(n))
	case int64(int16(n)):
		e.dst = append(e.dst, lengthSpecial<<6|stringInt16, byte(n), byte(n>>8))
	case int64(int32(n)):
		e.dst = binary.LittleEndian.AppendUint32(append(e.dst, lengthSpecial<<6|stringInt32), uint32(n))
	default:
		return false
	}
	return true
}
