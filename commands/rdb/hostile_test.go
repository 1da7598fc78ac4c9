package rdb

import (
	"bytes"
	"errors"
	"math"
	"math/rand/v2"
	"runtime"
	"testing"
)

// sampleBodies are payloads without footers: small values in all forms, old and new.
func sampleBodies(rng *rand.Rand, compress bool) (bodies [][]byte) {
	for _, f := range forms {
		v := randomValue(rng, f.t, f.e, 1+rng.IntN(6), 60)
		bodies = append(bodies, unsealed(Encode(nil, v, Options{Compress: compress})))
	}
	v := randomValue(rng, TypeSet, EncodingListpack, 1+rng.IntN(6), 60)
	bodies = append(bodies, unsealed(Encode(nil, v, Options{Version: Version72, Compress: compress})))
	for _, f := range oldForms {
		v := randomValue(rng, f.t, f.e, 1+rng.IntN(6), 60)
		if f.e == EncodingSkiplist {
			unsignZeros(v.Members)
		}
		e := encoder{Options: Options{Compress: compress}}
		f.write(&e, v)
		bodies = append(bodies, e.dst)
	}
	return bodies
}

func unsealed(payload []byte) []byte { return payload[:len(payload)-footerBytes] }

// Of payloads with changes somewhere, Redis and Decode accept the same ones and read the same from them.
func TestDamagedPayloadsLikeRedis(t *testing.T) {
	t.Parallel()
	p := newPeer(t)
	version := p.version()
	rng := rand.New(rand.NewPCG(13, 14))
	accepted, refused, ran := 0, 0, 0
	for range 300 {
		for _, sample := range sampleBodies(rng, rng.IntN(4) == 0) {
			body := mutate(rng, sample)
			if reservesMuch(body) || sample[0] == kindSetListpack && version < Version72 {
				continue
			}
			got, err := decodeBody(body, DefaultMaxBytes)
			if errors.Is(err, errOverlong) {
				continue
			}
			ran++
			payload := seal(body)
			reply := p.do("RESTORE", "k", "0", string(payload), "REPLACE")
			switch {
			case reply.IsError() && string(reply.Str) != "ERR Bad data format":
				t.Fatalf("%x: %s", body, reply.Str)
			case reply.IsError() && err == nil:
				t.Fatalf("Redis refuses %x", body)
			case reply.IsError():
				refused++
			case err == nil:
				accepted++
				unsignZeros(got.Members)
				there := p.fetch("k")
				unsignZeros(there.Members)
				if d := diff(got, there); d != "" {
					t.Fatalf("%x: %s", body, d)
				}
			case !knownStrictness(payload, err):
				t.Fatalf("Redis accepts %x as %s: %v", body, show(p.fetch("k")), err)
			}
		}
	}
	if accepted < ran/20 || refused < ran/4 {
		t.Errorf("of %d payloads %d were accepted and %d refused by both", ran, accepted, refused)
	}
	t.Logf("of %d payloads %d were accepted and %d refused by both", ran, accepted, refused)
}

// reservesMuch reports whether Redis would make a hash table for millions of elements that are not there.
func reservesMuch(body []byte) bool {
	if len(body) == 0 || body[0] < kindSet || body[0] > kindZset2 {
		return false
	}
	d := decoder{data: body[1:]}
	n, _, err := d.length()
	return err == nil && n > 1<<20
}

// knownStrictness reports whether Decode refuses on purpose what Redis accepts: malformed scores, and strings that
// reach into the footer.
func knownStrictness(payload []byte, err error) bool {
	if errors.Is(err, errScore) {
		return true
	}
	_, err = decodeBody(payload, DefaultMaxBytes)
	return err == nil || errors.Is(err, errScore)
}

func TestRefusedFooters(t *testing.T) {
	t.Parallel()
	good := Encode(nil, Value{Type: TypeString, String: []byte("value")}, Options{})
	change := func(at int, by byte) []byte {
		b := bytes.Clone(good)
		b[len(b)+at] += by
		return b
	}
	for name, payload := range map[string][]byte{
		"nothing":           nil,
		"nine bytes":        good[len(good)-9:],
		"a changed value":   change(-11, 1),
		"a changed sum":     change(-1, 1),
		"a changed version": change(-10, 0xff),
		"a later version":   appendFooter([]byte{kindString, 0}, 0, Version72+1),
		"no sum":            append(bytes.Clone(good[:len(good)-8]), make([]byte, 8)...),
	} {
		if _, err := Decode(payload, DefaultMaxBytes); !errors.Is(err, ErrFooter) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, version := range []uint16{0, 1, 6, Version70, Version72} {
		v, err := Decode(appendFooter([]byte{kindString, 1, 'x'}, 0, version), DefaultMaxBytes)
		if err != nil || string(v.String) != "x" {
			t.Errorf("version %d: %v", version, err)
		}
	}
}

func TestRefusedBodies(t *testing.T) {
	t.Parallel()
	listpack := func(kind byte, elements ...string) []byte {
		l := NewListpack(nil)
		for _, e := range elements {
			l.Append([]byte(e))
		}
		e := encoder{}
		e.kind(kind)
		e.listpack(&l)
		return e.dst
	}
	nan := []byte("\x00\x00\x00\x00\x00\x00\xf8\x7f")
	for name, tc := range map[string]struct {
		body []byte
		want error
	}{
		"nothing":                      {nil, ErrBadData},
		"an unknown kind":              {[]byte{8, 0}, ErrBadData},
		"a kind of later versions":     {[]byte{22, 0}, ErrBadData},
		"an opcode":                    {[]byte{0xff, 0}, ErrBadData},
		"a stream":                     {[]byte{kindStream, 0}, ErrUnsupported},
		"a second kind of stream":      {[]byte{kindStream2, 0}, ErrUnsupported},
		"a third kind of stream":       {[]byte{kindStream3, 0}, ErrUnsupported},
		"a module":                     {[]byte{kindModule, 0}, ErrUnsupported},
		"an old module":                {[]byte{kindModulePre, 0}, ErrUnsupported},
		"no length":                    {[]byte{kindString}, ErrBadData},
		"a string that ends early":     {[]byte{kindString, 3, 'a', 'b'}, ErrBadData},
		"an unknown length":            {[]byte{kindString, 0x82, 0}, ErrBadData},
		"an unknown string":            {[]byte{kindString, 0xc4, 0}, ErrBadData},
		"an integer that ends early":   {[]byte{kindString, 0xc2, 0, 0, 0}, ErrBadData},
		"LZF of too much":              {[]byte{kindString, 0xc3, 2, 2, 0, 'a'}, ErrBadData},
		"LZF of too little":            {[]byte{kindString, 0xc3, 3, 1, 1, 'a', 'b'}, ErrBadData},
		"LZF from before the start":    {[]byte{kindString, 0xc3, 4, 5, 0, 'a', 0x40, 1}, ErrBadData},
		"LZF that ends in a match":     {[]byte{kindString, 0xc3, 3, 12, 0, 'a', 0xe0}, ErrBadData},
		"an empty list":                {[]byte{kindList, 0}, ErrBadData},
		"an empty quicklist":           {[]byte{kindListQuicklist2, 0}, ErrBadData},
		"a quicklist of nothing":       {[]byte{kindListQuicklist2, 1, nodePacked, 7, 7, 0, 0, 0, 0, 0, 0xff}, ErrBadData},
		"an empty plain node":          {[]byte{kindListQuicklist2, 1, nodePlain, 0}, ErrBadData},
		"an unknown node":              {[]byte{kindListQuicklist2, 1, 3, 1, 'a'}, ErrBadData},
		"an empty set":                 {[]byte{kindSet, 0}, ErrBadData},
		"an empty intset":              {[]byte{kindSetIntset, 8, 2, 0, 0, 0, 0, 0, 0, 0}, ErrBadData},
		"an unsorted intset":           {[]byte{kindSetIntset, 12, 2, 0, 0, 0, 2, 0, 0, 0, 2, 0, 1, 0}, ErrBadData},
		"a duplicate in an intset":     {[]byte{kindSetIntset, 12, 2, 0, 0, 0, 2, 0, 0, 0, 2, 0, 2, 0}, ErrBadData},
		"an intset of 3 byte integers": {[]byte{kindSetIntset, 11, 3, 0, 0, 0, 1, 0, 0, 0, 2, 0, 2}, ErrBadData},
		"an intset of too few":         {[]byte{kindSetIntset, 10, 2, 0, 0, 0, 2, 0, 0, 0, 2, 0}, ErrBadData},
		"duplicates in a set":          {[]byte{kindSet, 2, 1, 'a', 1, 'a'}, ErrBadData},
		"duplicates as two encodings":  {[]byte{kindSet, 2, 1, '5', 0xc0, 5}, ErrBadData},
		"duplicates in a listpack":     {listpack(kindSetListpack, "a", "b", "a"), ErrBadData},
		"duplicates in a hash":         {[]byte{kindHash, 2, 1, 'a', 1, 'b', 1, 'a', 1, 'c'}, ErrBadData},
		"duplicates in a small hash":   {listpack(kindHashListpack, "a", "1", "a", "2"), ErrBadData},
		"half a field":                 {listpack(kindHashListpack, "a", "1", "b"), ErrBadData},
		"an empty small hash":          {listpack(kindHashListpack), ErrBadData},
		"duplicates in a sorted set":   {listpack(kindZsetListpack, "a", "1", "a", "2"), ErrBadData},
		"a member without score":       {listpack(kindZsetListpack, "a", "1", "b"), ErrBadData},
		"a score that is none":         {listpack(kindZsetListpack, "a", "b"), ErrBadData},
		"a score that is NaN":          {listpack(kindZsetListpack, "a", "nan"), ErrBadData},
		"a binary score that is NaN":   {append([]byte{kindZset2, 1, 1, 'a'}, nan...), ErrBadData},
		"a text score that is NaN":     {[]byte{kindZset, 1, 1, 'a', scoreNaN}, ErrBadData},
		"a text score that says NaN":   {[]byte{kindZset, 1, 1, 'a', 3, 'n', 'a', 'n'}, ErrBadData},
		"no score":                     {[]byte{kindZset, 1, 1, 'a'}, ErrBadData},
		"an empty zipmap":              {[]byte{kindHashZipmap, 2, 0, zipmapEnd}, ErrBadData},
		"duplicates in a zipmap":       {[]byte("\x09\x0c\x02\x01a\x01\x00b\x01a\x01\x00c\xff"), ErrBadData},
	} {
		if _, err := decodeBody(tc.body, DefaultMaxBytes); !errors.Is(err, tc.want) {
			t.Errorf("%s: got %v, want %v", name, err, tc.want)
		}
	}
}

// What a payload declares costs nothing; what it expands to is bounded.
func TestMemoryIsBounded(t *testing.T) {
	bomb := func(size int) []byte { // a string of zeros, 264 for every three bytes
		e := encoder{Options: Options{Compress: true}}
		e.string(make([]byte, size))
		return e.dst
	}
	list := append([]byte{kindList, 0x80, 0, 0, 0, 100}, bytes.Repeat(bomb(1<<20), 100)...)
	empty := append([]byte{kindList, 0x80, 0, 0x10, 0, 0}, make([]byte, 1<<20)...)
	for name, tc := range map[string]struct {
		body []byte
		want error
	}{
		"a string of 2^63 bytes":    {[]byte{kindString, 0x81, 0x80, 0, 0, 0, 0, 0, 0, 0}, ErrBadData},
		"LZF of 2^63 bytes":         {[]byte{kindString, 0xc3, 2, 0x81, 0x7f, 0xff, 0, 0, 0, 0, 0, 0, 0, 'a'}, ErrBadData},
		"a list of 2^64-1 elements": {append([]byte{kindList}, bytes.Repeat([]byte{0x81, 0xff}, 5)...), ErrBadData},
		"a set of 2^32-1 members":   {[]byte{kindSet, 0x80, 0xff, 0xff, 0xff, 0xff, 1, 'a'}, ErrBadData},
		"a zset of 2^32-1 members":  {[]byte{kindZset2, 0x80, 0xff, 0xff, 0xff, 0xff, 1, 'a'}, ErrBadData},
		"a hash of 2^32-1 fields":   {[]byte{kindHash, 0x80, 0xff, 0xff, 0xff, 0xff, 1, 'a'}, ErrBadData},
		"an intset of 2^32-1":       {[]byte{kindSetIntset, 10, 2, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 1, 0}, ErrBadData},
		"100 MB of zeros":           {list, ErrTooLarge},
		"a million empty elements":  {empty, ErrTooLarge},
	} {
		const limit = 4 << 20
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err := decodeBody(tc.body, limit)
		runtime.ReadMemStats(&after)
		if !errors.Is(err, tc.want) {
			t.Errorf("%s: got %v, want %v", name, err, tc.want)
		}
		// What was given up while slices grew counts too.
		if used := after.TotalAlloc - before.TotalAlloc; used > 3*limit {
			t.Errorf("%s: %d bytes were allocated", name, used)
		}
	}
	if v, err := decodeBody(list, 101<<20); err != nil || len(v.Elements) != 100 {
		t.Errorf("with enough memory: %v", err)
	}
}

func TestEncodingsThatDoNotFit(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		v    Value
		want Encoding
	}{
		"an intset of words":    {Value{Type: TypeSet, Encoding: EncodingIntset, Elements: [][]byte{[]byte("1"), []byte("a")}}, EncodingHashtable},
		"an intset of 20 digit": {Value{Type: TypeSet, Encoding: EncodingIntset, Elements: [][]byte{[]byte("9223372036854775808")}}, EncodingHashtable},
		"a listpack for 7.0":    {Value{Type: TypeSet, Encoding: EncodingListpack, Elements: [][]byte{[]byte("a")}}, EncodingHashtable},
	} {
		got, err := Decode(Encode(nil, tc.v, Options{}), DefaultMaxBytes)
		if err != nil {
			t.Fatal(err)
		}
		if d := diff(got, tc.v); d != "" || got.Encoding != tc.want {
			t.Errorf("%s: %s, encoding %s", name, d, encodingNames[got.Encoding])
		}
	}
	if fits(1, MaxListpackBytes-16) || !fits(1, MaxListpackBytes-18) || fits(math.MaxInt32, 0) {
		t.Error("listpacks have another limit than a gigabyte")
	}
}
