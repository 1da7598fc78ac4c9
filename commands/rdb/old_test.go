package rdb

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"
	"strconv"
	"testing"

	"github.com/mnorrsken/postkeys/commands/number"
)

// Encodings that no Redis of today writes, made as the old ones did.

// ziplistOf makes a ziplist; integers get the shortest form, if short is set, else the longest.
func ziplistOf(elements [][]byte, short bool) []byte {
	zl := make([]byte, ziplistHeader)
	last := len(zl)
	for i, element := range elements {
		start := len(zl)
		switch previous := start - last; {
		case i == 0:
			zl = append(zl, 0)
		case previous < ziplistLongPrev:
			zl = append(zl, byte(previous))
		default:
			zl = binary.LittleEndian.AppendUint32(append(zl, ziplistLongPrev), uint32(previous))
		}
		zl = appendZiplistEntry(zl, element, short)
		last = start
	}
	zl = append(zl, ziplistEnd)
	binary.LittleEndian.PutUint32(zl, uint32(len(zl)))
	binary.LittleEndian.PutUint32(zl[4:], uint32(last))
	binary.LittleEndian.PutUint16(zl[8:], uint16(min(len(elements), ziplistUncounted)))
	return zl
}

func appendZiplistEntry(zl, element []byte, short bool) []byte {
	if n, ok := number.ParseInt64(element); ok {
		switch {
		case !short || n != int64(int32(n)):
			return binary.LittleEndian.AppendUint64(append(zl, ziplistInt64), uint64(n))
		case 0 <= n && n <= 12:
			return append(zl, ziplistUint4+byte(n))
		case n == int64(int8(n)):
			return append(zl, ziplistInt8, byte(n))
		case n == int64(int16(n)):
			return append(zl, ziplistInt16, byte(n), byte(n>>8))
		case -1<<23 <= n && n < 1<<23:
			return append(zl, ziplistInt24, byte(n), byte(n>>8), byte(n>>16))
		}
		return binary.LittleEndian.AppendUint32(append(zl, ziplistInt32), uint32(n))
	}
	switch n := len(element); {
	case n < 1<<6:
		zl = append(zl, ziplistString6|byte(n))
	case n < 1<<14:
		zl = append(zl, ziplistString14|byte(n>>8), byte(n))
	default:
		zl = binary.BigEndian.AppendUint32(append(zl, ziplistString32), uint32(n))
	}
	return append(zl, element...)
}

// zipmapOf makes a zipmap whose values have some unused bytes.
func zipmapOf(fields []Field, unused int) []byte {
	zm := []byte{byte(min(len(fields), zipmapUncounted))}
	appendLength := func(n int) {
		if n < zipmapLong {
			zm = append(zm, byte(n))
			return
		}
		zm = binary.LittleEndian.AppendUint32(append(zm, zipmapLong), uint32(n))
	}
	for _, f := range fields {
		appendLength(len(f.Name))
		zm = append(zm, f.Name...)
		appendLength(len(f.Value))
		zm = append(zm, byte(unused))
		zm = append(zm, f.Value...)
		zm = append(zm, make([]byte, unused)...)
	}
	return append(zm, zipmapEnd)
}

// oldForms are how old versions wrote values.
var oldForms = []struct {
	name  string
	t     Type
	e     Encoding
	write func(e *encoder, v Value)
}{
	{"linked list", TypeList, EncodingQuicklist, func(e *encoder, v Value) {
		e.kind(kindList)
		e.length(len(v.Elements))
		for _, element := range v.Elements {
			e.string(element)
		}
	}},
	{"ziplist", TypeList, EncodingQuicklist, func(e *encoder, v Value) {
		e.kind(kindListZiplist)
		e.string(ziplistOf(v.Elements, true))
	}},
	{"ziplist with long integers", TypeList, EncodingQuicklist, func(e *encoder, v Value) {
		e.kind(kindListZiplist)
		e.string(ziplistOf(v.Elements, false))
	}},
	{"quicklist of ziplists", TypeList, EncodingQuicklist, func(e *encoder, v Value) {
		half := len(v.Elements) / 2
		e.kind(kindListQuicklist)
		e.length(3)
		e.string(ziplistOf(v.Elements[:half], true))
		e.string(ziplistOf(nil, true))
		e.string(ziplistOf(v.Elements[half:], true))
	}},
	{"quicklist with plain nodes", TypeList, EncodingQuicklist, func(e *encoder, v Value) {
		e.kind(kindListQuicklist2)
		e.length(len(v.Elements) + 1)
		for i, element := range v.Elements {
			if len(element) > 0 && i%2 == 0 {
				e.length(nodePlain)
				e.string(element)
				continue
			}
			l := NewListpack(nil)
			l.Append(element)
			e.length(nodePacked)
			e.listpack(&l)
		}
		l := NewListpack(nil)
		e.length(nodePacked)
		e.listpack(&l)
	}},
	{"scores as text", TypeZset, EncodingSkiplist, func(e *encoder, v Value) {
		e.kind(kindZset)
		e.length(len(v.Members))
		for _, m := range v.Members {
			e.string(m.Name)
			switch {
			case math.IsInf(m.Score, 1):
				e.dst = append(e.dst, scorePositive)
			case math.IsInf(m.Score, -1):
				e.dst = append(e.dst, scoreNegative)
			default:
				text := strconv.FormatFloat(m.Score, 'g', 17, 64)
				e.dst = append(append(e.dst, byte(len(text))), text...)
			}
		}
	}},
	{"ziplist", TypeZset, EncodingListpack, func(e *encoder, v Value) {
		var elements [][]byte
		for _, m := range inOrder(v.Members) {
			elements = append(elements, m.Name, appendScore(nil, m.Score))
		}
		e.kind(kindZsetZiplist)
		e.string(ziplistOf(elements, true))
	}},
	{"ziplist", TypeHash, EncodingListpack, func(e *encoder, v Value) {
		var elements [][]byte
		for _, f := range v.Fields {
			elements = append(elements, f.Name, f.Value)
		}
		e.kind(kindHashZiplist)
		e.string(ziplistOf(elements, true))
	}},
	{"zipmap", TypeHash, EncodingListpack, func(e *encoder, v Value) {
		e.kind(kindHashZipmap)
		e.string(zipmapOf(v.Fields, 0))
	}},
	{"zipmap with unused bytes", TypeHash, EncodingListpack, func(e *encoder, v Value) {
		e.kind(kindHashZipmap)
		e.string(zipmapOf(v.Fields, 3))
	}},
}

// unsignZeros makes zeros positive: Redis 7.0 loses their sign when it makes a listpack of what was none.
func unsignZeros(members []Member) {
	for i := range members {
		members[i].Score += 0
	}
}

func TestOldEncodings(t *testing.T) {
	t.Parallel()
	p := newPeer(t)
	rng := rand.New(rand.NewPCG(9, 10))
	for _, f := range oldForms {
		for _, n := range []int{1, 2, 3, 50, 110, 300, 700} {
			for _, compress := range []bool{true, false} {
				longest := 1 << 20
				if f.t == TypeZset && n < 129 {
					longest = 64
				}
				v := randomValue(rng, f.t, f.e, n, longest)
				if f.e == EncodingSkiplist {
					unsignZeros(v.Members)
				}
				e := encoder{Options: Options{Compress: compress}}
				f.write(&e, v)
				payload := appendFooter(e.dst, 0, 6)
				name := fmt.Sprintf("%s, %d elements", f.name, n)
				p.must("RESTORE", "k", "0", string(payload), "REPLACE")
				if d := diff(p.fetch("k"), v); d != "" {
					t.Fatalf("%s: redis-server has: %s", name, d)
				}
				got, err := Decode(payload, DefaultMaxBytes)
				if err != nil {
					t.Fatalf("%s: %v", name, err)
				}
				if d := diff(got, v); d != "" {
					t.Fatalf("%s: %s", name, d)
				}
				if got.Encoding != f.e {
					t.Fatalf("%s: encoding %s", name, encodingNames[got.Encoding])
				}
			}
		}
	}
}

// Sets as listpacks came with Redis 7.2; others than that do not know them.
func TestSetAsListpack(t *testing.T) {
	t.Parallel()
	p := newPeer(t)
	rng := rand.New(rand.NewPCG(11, 12))
	for _, n := range []int{1, 2, 100} {
		v := randomValue(rng, TypeSet, EncodingListpack, n, 64)
		payload := Encode(nil, v, Options{Version: Version72})
		got, err := Decode(payload, DefaultMaxBytes)
		if err != nil {
			t.Fatal(err)
		}
		if d := diff(got, v); d != "" || got.Encoding != EncodingListpack {
			t.Fatalf("%s, encoding %s", d, encodingNames[got.Encoding])
		}
		old := Encode(nil, v, Options{})
		if bytes.Equal(payload, old) {
			t.Fatal("the older version knows sets as listpacks")
		}
		p.must("RESTORE", "k", "0", string(old), "REPLACE")
		if d := diff(p.fetch("k"), v); d != "" {
			t.Fatalf("redis-server has: %s", d)
		}
		if p.version() < Version72 {
			continue
		}
		p.must("RESTORE", "k", "0", string(payload), "REPLACE")
		if d := diff(p.fetch("k"), v); d != "" || p.encoding("k") != "listpack" {
			t.Fatalf("redis-server has %s: %s", p.encoding("k"), d)
		}
	}
}
