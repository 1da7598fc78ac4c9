package rdb

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"testing"
)

// forms are all encodings of collections that a server makes, with how many elements of which length lead to them.
var forms = []struct {
	t       Type
	e       Encoding
	n       []int
	longest int
}{
	{TypeString, 0, []int{0}, 1 << 20},
	{TypeList, EncodingQuicklist, []int{1, 2, 40, 127, 128, 400, 1200}, 1 << 20},
	{TypeSet, EncodingIntset, []int{1, 2, 100, 512}, 20},
	{TypeSet, EncodingHashtable, []int{600, 1500}, 1 << 20},
	{TypeZset, EncodingListpack, []int{1, 2, 30, 128}, 64},
	{TypeZset, EncodingSkiplist, []int{200, 1000}, 1 << 20},
	{TypeHash, EncodingListpack, []int{1, 2, 30, 64, 128}, 64},
	{TypeHash, EncodingHashtable, []int{600, 1000}, 1 << 20},
}

// eachForm runs test with random values of every form, with and without compression. Values of strings cost least, so
// there are more of them.
func eachForm(t *testing.T, p *peer, test func(v Value, compress bool)) {
	rng := rand.New(rand.NewPCG(1, 2))
	for _, compress := range []bool{true, false} {
		p.must("CONFIG", "SET", "rdbcompression", map[bool]string{true: "yes", false: "no"}[compress])
		for _, f := range forms {
			times := 3
			if f.t == TypeString {
				times = 300
			}
			for range times {
				for _, n := range f.n {
					v := randomValue(rng, f.t, f.e, n, f.longest)
					if test(v, compress); t.Failed() {
						t.Fatalf("%d elements of type %d, encoding %s, compression %v", n, f.t, encodingNames[f.e], compress)
					}
				}
			}
		}
	}
}

func TestDecodeWhatRedisDumps(t *testing.T) {
	t.Parallel()
	p := newPeer(t)
	eachForm(t, p, func(v Value, _ bool) {
		p.store("k", v)
		want := p.fetch("k")
		got, err := Decode(p.must("DUMP", "k").Str, DefaultMaxBytes)
		if err != nil {
			t.Errorf("decode: %v", err)
			return
		}
		if d := diff(got, want); d != "" {
			t.Error(d)
		}
		if v.Type == TypeString {
			return
		}
		if got, want := encodingNames[got.Encoding], p.encoding("k"); got != want {
			t.Errorf("decoded as %s, but it is %s", got, want)
		}
	})
}

func TestRedisRestoresWhatIsEncoded(t *testing.T) {
	t.Parallel()
	p := newPeer(t)
	eachForm(t, p, func(v Value, compress bool) {
		payload := Encode(nil, v, Options{Compress: compress})
		p.must("RESTORE", "k", "0", string(payload), "REPLACE")
		if d := diff(p.fetch("k"), v); d != "" {
			t.Errorf("restored: %s", d)
		}
		if v.Type != TypeString {
			if got, want := p.encoding("k"), encodingNames[v.Encoding]; got != want {
				t.Errorf("restored as %s, want %s", got, want)
			}
		}
		again, err := Decode(payload, DefaultMaxBytes)
		if err != nil {
			t.Errorf("decode: %v", err)
			return
		}
		if d := diff(again, v); d != "" || again.Encoding != v.Encoding {
			t.Errorf("decoded again: %s, encoding %s", d, encodingNames[again.Encoding])
		}
	})
}

// Without compression, and where the order is the same and scores are integers, the bytes are those of Redis.
func TestEncodeAsRedisDumps(t *testing.T) {
	t.Parallel()
	p := newPeer(t)
	version := p.version()
	same := 0
	eachForm(t, p, func(v Value, compress bool) {
		if compress || v.Encoding == EncodingHashtable {
			return
		}
		for i := range v.Members {
			v.Members[i].Score = float64(int64(i) << (i % 20))
		}
		p.store("k", v)
		want := p.must("DUMP", "k").Str
		if got := Encode(nil, v, Options{Version: version}); !bytes.Equal(got, want) {
			t.Errorf("got  %.200x\nwant %.200x", got, want)
		}
		same++
	})
	if same < 300 {
		t.Errorf("only %d payloads were compared", same)
	}
}

// The bytes of lists are also those of Redis with every limit of their nodes, and a big element has a node of its own.
func TestNodesOfListsAsRedisHasThem(t *testing.T) {
	t.Parallel()
	p := newPeer(t, "--rdbcompression", "no")
	version := p.version()
	rng := rand.New(rand.NewPCG(3, 4))
	for _, setting := range []int{-5, -4, -3, -2, -1, 1, 2, 100, 5000} {
		p.must("CONFIG", "SET", "list-max-listpack-size", fmt.Sprint(setting))
		for range 5 {
			v := randomValue(rng, TypeList, EncodingQuicklist, 1000, 100_000)
			v.Elements = append(v.Elements, randomString(rng, 70_000), []byte("after"))
			p.store("k", v)
			want := p.must("DUMP", "k").Str
			if got := Encode(nil, v, Options{Version: version, ListNode: setting}); !bytes.Equal(got, want) {
				t.Fatalf("list-max-listpack-size %d\ngot  %.200x\nwant %.200x", setting, got, want)
			}
		}
	}
}

// Redis makes no node of a single element by itself unless that has a gigabyte, but can be told to.
func TestPlainNodesOfLists(t *testing.T) {
	t.Parallel()
	p := newPeer(t)
	p.must("DEBUG", "QUICKLIST-PACKED-THRESHOLD", "100B")
	rng := rand.New(rand.NewPCG(5, 6))
	for range 30 {
		v := randomValue(rng, TypeList, EncodingQuicklist, 60, 5000)
		v.Elements = append(v.Elements, randomString(rng, 3000))
		p.store("k", v)
		payload := p.must("DUMP", "k").Str
		got, err := Decode(payload, DefaultMaxBytes)
		if err != nil {
			t.Fatal(err)
		}
		if d := diff(got, v); d != "" {
			t.Fatal(d)
		}
	}
}

// Values as large as they come, so that lengths of 32 bits appear everywhere.
func TestLongElementsAndManyElements(t *testing.T) {
	t.Parallel()
	p := newPeer(t)
	rng := rand.New(rand.NewPCG(7, 8))
	long := randomString(rng, 3<<20)
	noise := make([]byte, 1<<20)
	for i := range noise {
		noise[i] = byte(rng.Uint32())
	}
	many := make([][]byte, 100_000)
	for i := range many {
		many[i] = fmt.Appendf(nil, "element %d", i)
	}
	for name, v := range map[string]Value{
		"a string":       {Type: TypeString, String: long},
		"noise":          {Type: TypeString, String: noise},
		"a list":         {Type: TypeList, Encoding: EncodingQuicklist, Elements: append([][]byte{long, noise}, many...)},
		"a set":          {Type: TypeSet, Encoding: EncodingHashtable, Elements: append([][]byte{long, noise}, many...)},
		"a listpack":     {Type: TypeHash, Encoding: EncodingListpack, Fields: []Field{{long, noise}, {noise, long}}},
		"a sorted set":   {Type: TypeZset, Encoding: EncodingSkiplist, Members: []Member{{long, 1}, {noise, 1}, {many[0], 0}}},
		"a large intset": {Type: TypeSet, Encoding: EncodingIntset, Elements: randomValue(rng, TypeSet, EncodingIntset, 70_000, 20).Elements},
	} {
		p.must("CONFIG", "SET", "set-max-intset-entries", "100000")
		for _, compress := range []bool{true, false} {
			p.must("RESTORE", "k", "0", string(Encode(nil, v, Options{Compress: compress})), "REPLACE")
			if d := diff(p.fetch("k"), v); d != "" {
				t.Errorf("%s: restored: %s", name, d)
			}
			if v.Type != TypeString && p.encoding("k") != encodingNames[v.Encoding] {
				t.Errorf("%s: restored as %s", name, p.encoding("k"))
			}
			got, err := Decode(p.must("DUMP", "k").Str, DefaultMaxBytes)
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			if d := diff(got, v); d != "" {
				t.Errorf("%s: %s", name, d)
			}
		}
	}
}
